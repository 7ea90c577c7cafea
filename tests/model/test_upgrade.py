"""Migrations make exactly what the definitions say, and a database is opened only when it is of this version."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from crmlib.errors import SetupError
from crmlib.model.org import Org, open_engine
from crmlib.model.tables import build_metadata
from crmlib.model.upgrade import MIGRATIONS, version_of, versions
from tests.conftest import add


def set_version(org: Org, version: str) -> None:
    with org.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_migrations_make_exactly_the_tables_of_the_definitions(org: Org) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with org.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), build_metadata()) == []


def test_every_lookup_is_a_foreign_key_in_the_database(org: Org) -> None:
    """Also those of roles, which point at users who point at roles."""
    database = inspect(org.engine)
    tables = {table: {key["constrained_columns"][0]: key["referred_table"] for key in database.get_foreign_keys(table)}
              for table in database.get_table_names()}
    missing = [f"{described.name}.{field.name}" for described in org.schema for field in described.fields.values()
               if field.to and tables[described.table.name].get(field.column.name) != org.schema.describe(field.to).table.name]
    assert missing == []


def test_versions_are_those_that_alembic_sees() -> None:
    from alembic.script import ScriptDirectory

    assert versions() == tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def test_an_empty_database_is_filled_when_opened(blank_url: str) -> None:
    assert version_of(open_engine(blank_url)) is None
    org = Org.open(blank_url)
    assert version_of(org.engine) == versions()[0]
    assert add(org, "account") == 1
    org.engine.dispose()


def test_an_empty_database_can_be_left_empty(blank_url: str) -> None:
    with pytest.raises(SetupError) as caught:
        Org.open(blank_url, create=False)
    assert caught.value.codes == ["empty-database"]
    assert version_of(open_engine(blank_url)) is None


def test_opening_again_changes_nothing(org: Org, database_url: str) -> None:
    add(org, "account", name="Kept")
    again = Org.open(database_url)
    assert [row.name for row in again.fetch(text("SELECT name FROM accounts"))] == ["Kept"]
    again.engine.dispose()


def test_an_old_database_is_refused_with_what_to_do(org: Org, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_version(org, "0000")
    monkeypatch.setattr("crmlib.model.upgrade.versions", lambda: ("0002", "0001", "0000"))
    with pytest.raises(SetupError) as caught:
        Org.open(database_url)
    assert caught.value.codes == ["old-database"]
    assert "crm upgrade" in caught.value.problems[0].hint


def test_a_database_of_a_newer_program_is_refused_too(org: Org, database_url: str) -> None:
    set_version(org, "9999")
    with pytest.raises(SetupError) as caught:
        Org.open(database_url)
    assert caught.value.codes == ["newer-database"]


def test_several_processes_may_open_an_empty_database_at_once(blank_url: str) -> None:
    code = f"from crmlib.model.org import Org; print(len(Org.open({blank_url!r}).schema.names))"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outcomes = [process.communicate() for process in running]
    assert [errors for _, errors in outcomes] == ["", ""]
    assert len({output for output, _ in outcomes}) == 1


@pytest.mark.parametrize("url", ["postgresql://nobody:secret@127.0.0.1:1/none", "sqlite:////no/such/folder/crm.sqlite"])
def test_a_database_out_of_reach_is_explained_without_its_password(url: str) -> None:
    with pytest.raises(SetupError) as caught:
        Org.open(url)
    assert caught.value.codes == ["unreachable-database"]
    assert "secret" not in str(caught.value)


def test_so_is_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.sqlite").write_text("Not a database, but longer than the header that SQLite looks at first." * 3)
    with pytest.raises(SetupError) as caught:
        Org.open(f"sqlite:///{tmp_path / 'notes.sqlite'}")
    assert caught.value.codes == ["unreachable-database"]


def test_and_a_kind_of_database_that_nobody_tested() -> None:
    with pytest.raises(SetupError) as caught:
        Org.open("mysql://localhost/crm")
    assert caught.value.codes == ["unknown-database"]
