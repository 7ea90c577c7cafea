"""Migrations keep what a filled base holds: from every version there was, to the newest and one step beyond.

The step beyond is a migration made here of what migrations do most (a table, a column, a lookup), so that this is tested also
while there is only one version. Records are made of the tables as the old version has them, not of today's definitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Date, DateTime, Engine, Integer, MetaData, Numeric, Table, inspect, select

from crmlib.model import upgrade as upgrading
from crmlib.model.custom import CustomField, Customization, customize, load_schema
from crmlib.model.org import Org, open_engine
from crmlib.upkeep.backup import back_up
from crmlib.upkeep.restore import Places, restore

ROWS = 3
NEXT = "9001"
KNOWN = upgrading.versions()
STEP = f'''
from alembic import op
import sqlalchemy as sa
revision = "{NEXT}"
down_revision = "{KNOWN[0]}"
def upgrade():
    op.create_table("planets", sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True))
    op.add_column("accounts", sa.Column("motto", sa.Text()))
    op.execute("ALTER TABLE accounts ADD COLUMN planet_id INT8 CONSTRAINT fk_accounts_planet_id REFERENCES planets (id)")
    op.create_index("ix_accounts_planet_id", "accounts", ["planet_id"])
'''


@pytest.fixture
def one_step_beyond(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This program, with one migration more."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for file in (upgrading.MIGRATIONS / "versions").glob("[0-9]*.py"):
        (folder / "versions" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "env.py").write_text((upgrading.MIGRATIONS / "env.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "versions" / f"{NEXT}_step.py").write_text(STEP)
    monkeypatch.setattr(upgrading, "MIGRATIONS", folder)
    upgrading.versions.cache_clear()
    yield
    upgrading.versions.cache_clear()


def at_version(url: str, version: str) -> Engine:
    """A base of this version, filled."""
    from alembic import command
    from alembic.config import Config

    engine, config = open_engine(url), Config()
    config.set_main_option("script_location", str(upgrading.MIGRATIONS))
    with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # roles and users point at each other
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in metadata.tables.values():
            if table.name not in ("alembic_version", "custom_definitions", "role_closure"):
                connection.execute(table.insert(), [{column.name: value_of(column, number) for column in table.columns}
                                                    for number in range(1, ROWS + 1)])
        connection.execute(metadata.tables["role_closure"].insert(), [{"ancestor_id": 1, "descendant_id": 1, "depth": 0}])
    return engine


def value_of(column: Column[Any], number: int) -> Any:
    if column.name == "id" or column.foreign_keys:
        return number
    kinds: list[tuple[type, Any]] = [(Boolean, number % 2 == 0), (DateTime, datetime(2026, 2, 28, 23, 59, number, tzinfo=None)),
                                     (Date, date(2024, 2, 29)), (Integer, number * 100), (Numeric, Decimal(number))]
    if getattr(column.type, "timezone", False):
        return datetime(2026, 2, 28, 23, 59, number, tzinfo=UTC)
    return next((value for kind, value in kinds if isinstance(column.type, kind)), f"{column.name} {number} – Ünïcode; 'quoted'")


def records(engine: Engine, like: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, list[dict[str, Any]]]:
    """All rows by table; of `like`, only the tables and columns that it has."""
    metadata = MetaData()
    metadata.reflect(engine)
    found = {}
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            if name == "alembic_version" or (like is not None and name not in like):
                continue
            columns = kept_columns(table, like)
            rows = [dict(row._mapping) for row in connection.execute(select(*columns))]
            found[name] = sorted(rows, key=repr)
    return found


def kept_columns(table: Table, like: dict[str, list[dict[str, Any]]] | None) -> list[Column[Any]]:
    return [column for column in table.columns if like is None or not like[table.name] or column.name in like[table.name][0]]


@pytest.mark.parametrize("version", KNOWN)
def test_records_are_the_same_after_an_upgrade(blank_url: str, version: str, one_step_beyond: None) -> None:
    engine = at_version(blank_url, version)
    before = records(engine)
    assert len(before["accounts"]) == len(before["opportunities"]) == ROWS
    upgrading.upgrade(engine)
    assert upgrading.version_of(engine) == NEXT
    assert records(engine, before) == before
    assert "motto" in {column["name"] for column in inspect(engine).get_columns("accounts")}
    engine.dispose()


def test_custom_objects_and_fields_stay_too(blank_url: str, one_step_beyond: None) -> None:
    engine = at_version(blank_url, KNOWN[0])
    fields = (CustomField(name="price", type="currency", label="Price"),)
    customize(Org(engine, load_schema(engine)), Customization(object="flat_c", label="Flat", plural_label="Flats", fields=fields))
    before = records(engine)
    upgrading.upgrade(engine)
    assert records(engine, before) == before
    engine.dispose()


def test_a_backup_of_an_older_version_is_upgraded_when_it_is_restored(sqlite_url: str, tmp_path: Path,
                                                                      request: pytest.FixtureRequest) -> None:
    engine = open_engine(sqlite_url)
    now = datetime(2026, 5, 13, tzinfo=UTC)
    back_up(engine, tmp_path / "none", tmp_path / "backup.zip", now)
    engine.dispose()
    request.getfixturevalue("one_step_beyond")
    target = open_engine(f"sqlite:///{tmp_path}/restored/crm.sqlite")
    said = restore(tmp_path / "backup.zip", Places(target, tmp_path / "restored" / "types", tmp_path), now)
    assert f"Upgraded from version {KNOWN[0]} to {NEXT}." in said
    assert upgrading.version_of(target) == NEXT
    target.dispose()
