"""Brings a database to this version's tables, by Alembic migrations (`crmlib/migrations`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from crmlib.errors import Problem, SetupError

MIGRATIONS = Path(__file__).parent.parent / "migrations"


@lru_cache
def _newest() -> str:
    from alembic.script import ScriptDirectory

    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None
    return head


def version_of(engine: Engine) -> str | None:
    """The migration this database stands at; None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def ensure_current(engine: Engine, create: bool) -> None:
    """Fill an empty database if that is wanted; raise SetupError for one of another version, which only `crm upgrade` changes."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    version = None if file and not Path(file).exists() else version_of(engine)  # looking into a missing file would make it
    if version is None and not create:
        raise SetupError(Problem("empty-database", "there is no base here yet", engine.url.render_as_string(),
                                 "fill one with 'crm demo-data' or 'crm import', or set CRM_DATABASE_URL to where yours is"))
    if version is None:
        upgrade(engine)
    elif version != _newest():
        raise SetupError(Problem("old-database", f"the database stands at version {version}, this program needs {_newest()}",
                                 engine.url.render_as_string(), "make a backup, then run: crm upgrade"))


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
