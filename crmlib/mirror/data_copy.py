"""A DuckDB file with the records of a database as of one moment, and how it is brought up to the present one.

Rows leave the database as CSV: PostgreSQL writes it itself, SQLite's rows are written by Python. That needs no further
library, and is the fastest way into DuckDB. Texts get a point before them, so that an empty text is not taken for none.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table

from crmlib.mirror.dialect import DuckDialect, add_functions, engine_on, set_zone
from crmlib.mirror.formula_words import exact_decimal
from crmlib.model.changes import Changes, Gap, Mark, changes_since, first_mark, followed_tables, rows_query, tables_without_triggers
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.model.types import ExactDecimal

STATE = "mirror_state"
LONGEST_TEXT = 64 * 2**20
"""A row with more than this many bytes can't be copied."""
LITTLE_MEMORY = "200MB"

_dialect = DuckDialect()


class DataCopy:
    """One file, open for this process alone. Threads may share it."""

    def __init__(self, path: Path) -> None:
        import duckdb

        self.path = path
        self._duck = duckdb.connect(str(path), config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
        add_functions(self._duck)
        self._engine: Engine = engine_on(self._duck)
        self._zone = ""
        self._schema: Schema | None = None
        self._seen: frozenset[int] = frozenset()
        self._lock = Lock()

    def close(self) -> None:
        """Afterwards all is in the one file."""
        self._duck.execute("CHECKPOINT")
        self._duck.close()

    @contextmanager
    def snapshot(self, sparing: bool = False, in_given_order: bool = False) -> Iterator[Connection]:
        """A connection that sees one state of the copy.

        sparing: meanwhile DuckDB sorts on the disk what needs more than LITTLE_MEMORY. in_given_order: it joins tables as they stand.
        """
        settings = {"memory_limit": LITTLE_MEMORY} if sparing else {}
        settings |= {"disabled_optimizers": "join_order"} if in_given_order else {}
        with self._engine.connect() as connection, connection.begin():
            try:
                for name, value in settings.items():
                    self._duck.cursor().execute(f"SET {name} = '{value}'")
                yield connection
            finally:
                for name in settings:
                    self._duck.cursor().execute(f"RESET {name}")

    def bring_up_to_date(self, org: Org) -> datetime:
        """Take over what changed; returns the moment as of which the copy now is. Raises Gap when it must be made anew instead."""
        with self._lock:
            if self._zone != org.settings.time_zone:
                self._zone = org.settings.time_zone
                set_zone(self._duck, self._zone)
            with org.snapshot() as source:
                moment, anew = org.now(), self._tables_to_make(org.schema)
                if anew and tables_without_triggers(source, org.schema.metadata):
                    raise Gap("not all tables are followed")
                changes = self._changes(source)
                if anew or changes.records or changes.mark != self.mark:
                    self._take_over(source, followed_tables(org.schema.metadata), anew, changes)
                self._schema = org.schema
                return moment

    def _tables_to_make(self, schema: Schema) -> set[str]:
        """Names of the tables that are not here, or have other columns than the database's."""
        if schema is self._schema:
            return set()
        shapes: dict[str, list[tuple[str, str]]] = {}
        for table, column, type_ in self._duck.execute("SELECT table_name, column_name, data_type FROM duckdb_columns() "
                                                       "WHERE NOT internal ORDER BY table_name, column_index").fetchall():
            shapes.setdefault(table, []).append((column, type_))
        return {table.name for table in followed_tables(schema.metadata) if shapes.get(table.name) != _shape(table)}

    @property
    def mark(self) -> Mark | None:
        """How far it has come; None while it is empty."""
        if "_mark" not in self.__dict__:
            there = self._duck.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [STATE]).fetchone()
            row = self._duck.execute(f"SELECT * FROM {STATE}").fetchone() if there else None
            self._mark: Mark | None = None if row is None else Mark(*row)
        return self._mark

    def _changes(self, source: Connection) -> Changes:
        return Changes({}, first_mark(source), frozenset()) if self.mark is None else changes_since(source, self.mark, self._seen)

    def _take_over(self, source: Connection, tables: list[Table], anew: set[str], changes: Changes) -> None:
        self._duck.execute("BEGIN TRANSACTION")
        try:
            for table in tables:
                ids = None if table.name in anew else changes.records.get(table.name, set())
                if table.name in anew:
                    columns = ", ".join(f"{name} {type_}" for name, type_ in _shape(table))
                    self._duck.execute(f'CREATE OR REPLACE TABLE "{table.name}" ({columns})')
                elif ids is None:
                    self._duck.execute(f'DELETE FROM "{table.name}"')
                elif ids:
                    self._duck.execute(f'DELETE FROM "{table.name}" WHERE id IN (SELECT unnest(?))', [sorted(ids)])
                if ids is None or ids:
                    self._load(source, table, ids)
            self._write_mark(changes.mark)
            self._duck.execute("COMMIT")
        except BaseException:
            self._duck.execute("ROLLBACK")
            raise
        self._mark, self._seen = changes.mark, changes.seen

    def _write_mark(self, mark: Mark) -> None:
        self._duck.execute(f"CREATE OR REPLACE TABLE {STATE} (database TEXT, milestone BIGINT, position BIGINT, last BIGINT, last_at TEXT)")
        self._duck.execute(f"INSERT INTO {STATE} VALUES (?, ?, ?, ?, ?)", list(astuple(mark)))

    def _load(self, source: Connection, table: Table, ids: set[int] | None) -> None:
        """Insert rows as they are in the database now."""
        file = self.path.with_suffix(".csv")
        try:
            _write_csv(source, table, ids, file)
            columns = {f"c{index}": _csv_type(column, source.dialect.name) for index, column in enumerate(table.columns)}
            values = ", ".join(_value(f"c{index}", column, source.dialect.name) for index, column in enumerate(table.columns))
            self._duck.execute(f"""
                INSERT INTO "{table.name}" SELECT {values} FROM read_csv(
                    ?, columns = {columns}, auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
                    parallel = false, nullstr = '', allow_quoted_nulls = true, max_line_size = {LONGEST_TEXT})""", [str(file)])
        finally:
            file.unlink(missing_ok=True)


_TYPES = {"TEXT": "VARCHAR", "TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP"}


def _type(column: Column[Any]) -> str:
    """As DuckDB names it in its catalog."""
    written = column.type.compile(_dialect)
    return _TYPES.get(written, written.replace("NUMERIC(18, ", "DECIMAL(18,"))


def _shape(table: Table) -> list[tuple[str, str]]:
    return [(column.name, _type(column)) for column in table.columns]


def _write_csv(source: Connection, table: Table, ids: set[int] | None, file: Path) -> None:
    dialect = source.dialect.name
    columns = ", ".join(_outgoing(column, dialect) for column in table.columns)
    query = f"SELECT {columns} FROM {table.name} {'ORDER BY id' if 'id' in table.columns else ''}" if ids is None else (
        rows_query(table, columns, dialect))
    parameters = {} if ids is None else {"ids": json.dumps(sorted(ids))}
    assert source.connection.dbapi_connection is not None
    cursor = source.connection.dbapi_connection.cursor()
    if dialect == "sqlite":
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows(cursor.execute(query, parameters))
        return
    with file.open("wb") as binary, cursor.copy(f"COPY ({query.replace(':ids', '%(ids)s')}) TO STDOUT (FORMAT csv)", parameters) as rows:
        for block in rows:
            binary.write(block)


def _outgoing(column: Column[Any], dialect: str) -> str:
    """A column as the database is asked for it."""
    if _type(column) == "VARCHAR":
        return f"'.' || {column.name}"
    if _type(column) == "TIMESTAMP" and dialect == "postgresql":
        return f"{column.name} AT TIME ZONE 'UTC'"
    return column.name


def _csv_type(column: Column[Any], dialect: str) -> str:
    """A column as it stands in the CSV: of decimals, SQLite holds a whole number of their smallest unit."""
    return "BIGINT" if isinstance(column.type, ExactDecimal) and dialect == "sqlite" else _type(column)


def _value(name: str, column: Column[Any], dialect: str) -> str:
    """What a column of the CSV becomes."""
    if _type(column) == "VARCHAR":
        return f"substr({name}, 2)"
    if isinstance(column.type, ExactDecimal) and dialect == "sqlite":
        return exact_decimal(name, column.type.scale)
    return name
