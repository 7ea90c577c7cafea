"""An org: one database with its schema and settings. It hands out rows; who may see them is decided above (`security`).

    org = Org.open()                      CRM_DATABASE_URL, else crm.sqlite in the current folder
    org.schema.describe("opportunity")
    org.fetch(select(...))                one consistent read
    with org.begin() as connection: ...   one write transaction
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, make_url, select

from crmlib.errors import Problem, SetupError
from crmlib.model.organization import WEEKDAYS
from crmlib.model.schema import Schema
from crmlib.model.sql_functions import register

DEFAULT_URL = "sqlite:///crm.sqlite"


@dataclass(frozen=True)
class Settings:
    """How the organization counts its time and money. `week_start`: 0 Monday .. 6 Sunday; `fiscal_year_start`: a month."""

    name: str = "Organization"
    time_zone: str = "UTC"
    currency: str = "EUR"
    locale: str = "en_GB"
    week_start: int = 0
    fiscal_year_start: int = 1

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Org:
    """One database. Cheap to keep for the life of a process; threads may share it."""

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self.engine = engine
        self.schema = schema
        self._settings: Settings | None = None

    @classmethod
    def open(cls, url: str | None = None, create: bool = True) -> Org:
        """Connects; makes the tables when the database is empty. Raises SetupError when it needs `crm upgrade`, or is empty
        and shall not be filled."""
        from crmlib.model.custom import load_schema
        from crmlib.model.upgrade import ensure_current

        engine = open_engine(url)
        ensure_current(engine, create)
        return cls(engine, load_schema(engine))

    @property
    def settings(self) -> Settings:
        if self._settings is None:
            organizations = self.schema.describe("organization").table
            row = next(iter(self.fetch(select(organizations).where(organizations.c.deleted_at.is_(None)).limit(1))), None)
            given = {} if row is None else {name: value for name, value in row._mapping.items() if value is not None}
            if "week_start" in given:
                given["week_start"] = WEEKDAYS.index(given["week_start"])
            self._settings = Settings(**{field.name: given[field.name] for field in fields(Settings) if field.name in given})
        return self._settings

    def reload(self) -> None:
        """Read settings and schema again, after they were changed."""
        from crmlib.model.custom import load_schema

        self._settings = None
        self.schema = load_schema(self.engine)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        """Today in the organization's time zone."""
        return self.now().astimezone(self.settings.zone).date()

    def fetch(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows of one statement."""
        with self.snapshot() as connection:
            return connection.execute(statement).all()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees the data as it is now, whatever others write meanwhile; for reading only."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    yield connection
                return
            with connection.begin():
                connection.exec_driver_sql("PRAGMA query_only = ON")
                try:
                    yield connection
                finally:
                    connection.exec_driver_sql("PRAGMA query_only = OFF")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: all or nothing."""
        with self.engine.connect().execution_options(crm_write=True) as connection, connection.begin():
            yield connection


def open_engine(url: str | None = None) -> Engine:
    """An engine for SQLite (WAL, foreign keys on) or PostgreSQL. Raises SetupError for anything else."""
    address = make_url(url or os.environ.get("CRM_DATABASE_URL") or DEFAULT_URL)
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": 30})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if address.get_backend_name() == "postgresql":
        return create_engine(address, pool_pre_ping=True, connect_args={"options": "-c timezone=UTC"})
    raise SetupError(Problem("unknown-database", f"{address.get_backend_name()!r} is not supported", "CRM_DATABASE_URL",
                             "use sqlite:///file.sqlite or postgresql://user:password@host/database"))


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # sqlite3 would start transactions late and only for writes; `_begin_sqlite` does
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -65536")
    register(connection)


def _begin_sqlite(connection: Connection) -> None:
    # A writer that begins as a reader can't wait for another writer, only fail: so it says at once what it is.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("crm_write") else "BEGIN")
