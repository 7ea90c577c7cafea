"""Alembic's entry. Called with an open connection by `crmlib.model.upgrade`; `make migration` calls it for a new one.

Migrations only go up, and the same ones run on SQLite and PostgreSQL. The way back is a backup.
"""

from collections.abc import Iterator
from typing import Any, Literal

from alembic import context
from alembic.operations import ops

from crmlib.model.org import open_engine
from crmlib.model.tables import build_metadata


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Our own column types as migrations write them."""
    if kind == "type" and type(item).__module__ == "crmlib.model.types":
        autogen.imports.add("from crmlib.model import types")
        arguments = f"scale={item.scale}" if hasattr(item, "scale") else ""
        return f"types.{type(item).__name__}({arguments})"
    return False


def adapt(migration: Any, revision: Any, directives: Any) -> None:
    """What Alembic proposes, as we want it written."""
    script = directives[0]
    script.downgrade_ops.ops.clear()
    for operation in script.upgrade_ops.ops:
        getattr(operation, "info", {}).clear()  # `Table.info` is read from the definitions, never from migrations
        if isinstance(operation, ops.ModifyTableOps):
            operation.ops = list(_with_their_keys(operation.ops))


def _with_their_keys(operations: list[Any]) -> Iterator[Any]:
    """New lookups with their foreign key in one statement, since SQLite can't add the key later.

    INT8 means INTEGER to SQLite and BIGINT to PostgreSQL.
    """
    keys = {key.local_cols[0]: key for key in operations if isinstance(key, ops.CreateForeignKeyOp)}
    for operation in operations:
        if isinstance(operation, ops.AddColumnOp) and (key := keys.pop(operation.column.name, None)):
            yield ops.ExecuteSQLOp(f"ALTER TABLE {operation.table_name} ADD COLUMN {operation.column.name} INT8 "
                                   f"CONSTRAINT {key.constraint_name} REFERENCES {key.referent_table} (id)")
        elif not isinstance(operation, ops.CreateForeignKeyOp) or operation.local_cols[0] in keys:
            yield operation


def run(connection: Any) -> None:
    context.configure(connection=connection, target_metadata=build_metadata(), render_item=render_item,
                      process_revision_directives=adapt)
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    with open_engine().connect() as opened:
        run(opened)
