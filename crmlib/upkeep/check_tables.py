"""Is the database itself sound: its file, its tables, columns and indexes, and the rows between tables?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, inspect, text
from sqlalchemy.exc import DatabaseError

from crmlib.errors import Problem
from crmlib.model.schema import Schema

BACKUP = "restore a backup (crm restore), and look at the disk and its cables: software rarely does this"


@dataclass(frozen=True)
class Finding:
    """Something wrong: what, where, how often, and what to do. repairable: `repair` rebuilds it, and nothing is lost by that."""

    problem: Problem
    count: int = 1
    repairable: bool = False

    def __str__(self) -> str:
        return str(self.problem)


def check_file(engine: Engine) -> Iterator[Finding]:
    """SQLite's own check of its file; on PostgreSQL, indexes and foreign keys that the server knows to be unfinished."""
    where = engine.url.render_as_string()
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            try:
                found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
            except DatabaseError as error:
                found = [str(error.orig)]
            if found != ["ok"]:
                yield Finding(Problem("damaged-file", f"SQLite finds the file damaged: {'; '.join(found)}", where, BACKUP), len(found))
            return
        invalid = connection.execute(text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"))
        for name in invalid.scalars():
            yield Finding(Problem("invalid-index", "PostgreSQL does not use this index, since making it has failed", name,
                                  f"in psql: REINDEX INDEX {name}"))
        unchecked = connection.execute(text("""SELECT conrelid::regclass::text, conname FROM pg_constraint
                                               WHERE contype = 'f' AND NOT convalidated ORDER BY 1, 2""")).all()
        for table, name in unchecked:
            yield Finding(Problem("unchecked-key", f"PostgreSQL has not checked the foreign key {name}", table,
                                  f"in psql: ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))


def missing_parts(connection: Connection, schema: Schema) -> dict[str, list[str]]:
    """Columns that the database lacks, by table; all of them where there is no such table."""
    found = inspect(connection).get_multi_columns(filter_names=list(schema.metadata.tables))
    there = {table: {column["name"] for column in columns} for (_, table), columns in found.items()}
    lacking = {table.name: [column.name for column in table.columns if column.name not in there.get(table.name, ())]
               for table in schema.metadata.tables.values()}
    return {table: columns for table, columns in lacking.items() if columns}


def check_tables(connection: Connection, schema: Schema, lacking: Mapping[str, list[str]]) -> Iterator[Finding]:
    """Tables, columns and indexes that the definitions have and the database has not; rows of role_closure without their roles."""
    for table, columns in lacking.items():
        yield Finding(Problem("missing-columns", f"the database has no {', '.join(columns)} here", table,
                              "somebody changed the tables by hand: restore a backup"), len(columns))
    for table_, names in missing_indexes(connection, schema, lacking):
        yield Finding(Problem("missing-index", f"the database has no index {', '.join(names)}: reports are slow, and doubles may come in",
                              table_.name, "crm check --repair makes it"), len(names), repairable=True)
    if connection.dialect.name == "sqlite" and "role_closure" not in lacking:
        rows = connection.exec_driver_sql("PRAGMA foreign_key_check(role_closure)").all()
        if rows:
            yield Finding(Problem("rows-of-nobody", f"{len(rows)} rows are about roles that are not there", "role_closure",
                                  "crm check --repair works them out anew"), len(rows), repairable=True)


def missing_indexes(connection: Connection, schema: Schema, lacking: Mapping[str, list[str]]) -> list[tuple[Table, list[str]]]:
    """By table, of tables that are there with all their columns."""
    by_table = inspect(connection).get_multi_indexes(filter_names=list(schema.metadata.tables))
    there = {index["name"] for indexes in by_table.values() for index in indexes}
    found = [(table, sorted(str(index.name) for index in table.indexes if index.name not in there))
             for table in schema.metadata.tables.values() if table.name not in lacking]
    return [(table, names) for table, names in found if names]
