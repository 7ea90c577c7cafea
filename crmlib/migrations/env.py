"""Alembic's entry. Called with an open connection by `crmlib.model.upgrade`; `make migration` calls it for a new one."""

from typing import Any, Literal

from alembic import context

from crmlib.model.org import open_engine
from crmlib.model.tables import build_metadata


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Our own column types as migrations write them."""
    if kind == "type" and type(item).__module__ == "crmlib.model.types":
        autogen.imports.add("from crmlib.model import types")
        arguments = f"scale={item.scale}" if hasattr(item, "scale") else ""
        return f"types.{type(item).__name__}({arguments})"
    return False


def leave_out_info(migration: Any, revision: Any, directives: Any) -> None:
    """`Table.info` is read from the definitions, never from migrations."""
    for operation in directives[0].upgrade_ops.ops:
        getattr(operation, "info", {}).clear()


def run(connection: Any) -> None:
    context.configure(connection=connection, target_metadata=build_metadata(), render_item=render_item,
                      process_revision_directives=leave_out_info)
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    with open_engine().connect() as opened:
        run(opened)
