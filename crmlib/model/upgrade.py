"""Brings a database to this version's tables, by Alembic migrations (`crmlib/migrations`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError

from crmlib.errors import Problem, SetupError

MIGRATIONS = Path(__file__).parent.parent / "migrations"


@lru_cache
def versions() -> tuple[str, ...]:
    """All versions this program knows, newest first: the numbers its migrations' files begin with. Alembic need not load to know."""
    return tuple(sorted((path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")), reverse=True))


def version_of(engine: Engine) -> str | None:
    """The version this database stands at; None when it is empty. Raises SetupError when there is no getting at it."""
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DatabaseError as error:
        raise SetupError(Problem("unreachable-database", f"cannot be opened: {error.orig}", engine.url.render_as_string(),
                                 "is CRM_DATABASE_URL right, and does its server run?")) from error


def ensure_current(engine: Engine, create: bool) -> None:
    """Fill an empty database if that is wanted; raise SetupError for one of another version, which only `crm upgrade` changes."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    missing = file is not None and not Path(file).exists()  # looking into a missing file would make it
    version = None if missing and not create else version_of(engine)
    if version is None and not create:
        raise SetupError(Problem("empty-database", "there is no base here yet", engine.url.render_as_string(),
                                 "fill one with 'crm demo-data' or 'crm import', or set CRM_DATABASE_URL to where yours is"))
    if version is None:
        upgrade(engine)
    elif version not in versions():
        raise SetupError(Problem("newer-database", f"the database stands at version {version}, which this program does not know",
                                 engine.url.render_as_string(), "use a newer version of the program"))
    elif version != versions()[0]:
        raise SetupError(Problem("old-database", f"the database stands at version {version}, this program needs {versions()[0]}",
                                 engine.url.render_as_string(), "run: crm backup, and then: crm upgrade"))


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction. Of several processes at once, the others wait for the first."""
    from alembic import command
    from alembic.config import Config

    from crmlib.model.changes import keep_following
    from crmlib.model.custom import schema_in

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":  # SQLite's write transaction is a lock by itself
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('crm upgrade'))"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        keep_following(connection, schema_in(connection).metadata)
