"""What was backed up comes back, an older version is upgraded, and nothing that is there is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from crmlib.errors import InvalidData, SetupError
from crmlib.model.changes import first_mark, start_following, tables_without_triggers
from crmlib.model.org import Org
from crmlib.upkeep.backup import MANIFEST, back_up
from crmlib.upkeep.restore import Places, check_backup, restore
from tests.conftest import add
from tests.upkeep.conftest import Base, damage

NOW = datetime(2026, 5, 13, 18, 0, 5, tzinfo=UTC)
NewTarget = Callable[[], Places]


@pytest.fixture
def file(base: Base, tmp_path: Path) -> Path:
    back_up(base.org.engine, base.report_types, tmp_path / "backup.zip", NOW, base.deliveries)
    base.org.engine.dispose()
    return tmp_path / "backup.zip"


def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, as the database has them."""
    with engine.connect() as connection:
        return {name: sorted(map(tuple, connection.execute(text(f'SELECT * FROM "{name}"'))), key=repr)
                for name in inspect(connection).get_table_names()}


def names(engine: Engine, table: str = "accounts") -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.execute(text(f"SELECT name FROM {table}")).scalars())


def changed(file: Path, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    """The same backup with another manifest."""
    with zipfile.ZipFile(file) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(inside[MANIFEST])
    change(manifest)
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in (inside | {MANIFEST: json.dumps(manifest).encode()}).items():
            archive.writestr(name, content)


def test_everything_comes_back_to_a_new_place(base: Base, file: Path, new_target: NewTarget) -> None:
    before, places = rows(base.org.engine), new_target()
    said = restore(file, places, NOW)
    after = rows(places.engine)
    assert {table: found for table, found in after.items() if table != "report_runs"} == \
           {table: found for table, found in before.items() if table != "report_runs"}
    assert (places.report_types / "reports/sales/accounts.yaml").read_text().startswith("label: Accounts")
    with places.engine.connect() as connection:  # the run says where its delivery is now
        folder = connection.execute(text("SELECT folder FROM report_runs")).scalar_one()
    assert Path(folder).is_relative_to(places.deliveries) and (Path(folder) / "accounts.html").read_text() == "<p>Alpha"
    assert said[0].startswith("Restored: ") and not any(" kept " in line for line in said)
    restored = Org.open(places.engine.url.render_as_string(hide_password=False), create=False)
    assert add(restored, "account", name="Gamma") > 2  # numbers go on where they stood
    restored.engine.dispose()


def test_a_base_that_is_there_is_left_alone(base: Base, file: Path) -> None:
    add(base.org, "account", name="Later")
    (base.report_types / "new.yaml").write_text("label: New\n")
    with pytest.raises(SetupError) as caught:
        restore(file, base.places, NOW)
    assert caught.value.codes == ["base-not-empty", "report-types-not-empty"]
    assert names(base.org.engine) == ["Alpha", "Beta", "Later"]


def test_or_replaced_and_kept_aside(base: Base, file: Path) -> None:
    add(base.org, "account", name="Later")
    (base.report_types / "new.yaml").write_text("label: New\n")
    base.org.engine.dispose()
    for second in (5, 6):  # twice: also what was restored can be replaced
        said = restore(file, base.places, NOW.replace(second=second), replace=True)
    assert names(base.org.engine) == ["Alpha", "Beta"]
    assert not (base.report_types / "new.yaml").exists()
    assert (base.report_types.parent / "report_types.before-restore-2026-05-13_180005" / "new.yaml").exists()
    kept = [line for line in said if " kept " in line]
    assert len(kept) == 1  # the second time the report types were the same
    if base.org.engine.dialect.name == "postgresql":
        assert names(base.org.engine, "before_restore_2026_05_13_180005.accounts") == ["Alpha", "Beta", "Later"]
        back_up(base.org.engine, base.report_types, file.with_name("again.zip"), NOW)  # without what was set aside
        assert b"Later" not in zipfile.ZipFile(file.with_name("again.zip")).read("database.dump")
    else:
        database = Path(str(base.org.engine.url.database))
        aside = database.with_name(f"{database.stem}.before-restore-2026-05-13_180005.sqlite")
        old = Org.open(f"sqlite:///{aside}", create=False)
        assert names(old.engine) == ["Alpha", "Beta", "Later"]
        old.engine.dispose()


def test_a_base_that_others_have_open_is_not_replaced(base: Base, file: Path) -> None:
    other = Org.open(base.org.engine.url.render_as_string(hide_password=False))
    with other.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM accounts"))
        with pytest.raises(SetupError) as caught:
            restore(file, base.places, NOW, replace=True)
    assert caught.value.codes == ["base-in-use"]
    assert names(other.engine) == ["Alpha", "Beta"]
    other.engine.dispose()


def test_a_damaged_base_can_be_replaced(sqlite_org: Org, tmp_path: Path) -> None:
    add(sqlite_org, "account", name="Alpha")
    back_up(sqlite_org.engine, tmp_path / "none", tmp_path / "backup.zip", NOW)
    damage(sqlite_org, "accounts")
    path = Path(str(sqlite_org.engine.url.database))
    for content in (None, b"not a database at all" * 300):
        if content:
            path.write_bytes(content)
        places = Places(sqlite_org.engine, tmp_path / "none", tmp_path / "deliveries")
        restore(tmp_path / "backup.zip", places, NOW.replace(minute=len(content or b"") % 60), replace=True)
        assert names(sqlite_org.engine) == ["Alpha"]
        sqlite_org.engine.dispose()


def test_a_failing_restore_leaves_the_base_as_it_was(postgres_org: Org, tmp_path: Path) -> None:
    """A dump that ends too early, with the right checksum: nothing of it may be committed."""
    add(postgres_org, "account", name="Alpha")
    manifest = back_up(postgres_org.engine, tmp_path / "none", tmp_path / "whole.zip", NOW)
    with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
        dump = archive.read("database.dump")
    from crmlib.upkeep.postgres_dump import load_postgres

    (tmp_path / "half.dump").write_bytes(dump[: len(dump) // 2])
    postgres_org.engine.dispose()
    with pytest.raises(SetupError) as caught:
        load_postgres(postgres_org.engine, tmp_path / "half.dump", "before_restore_x", len(manifest.records), lambda part: None)
    assert caught.value.codes == ["postgresql-client-failed"]
    assert names(postgres_org.engine) == ["Alpha"]


def test_a_backup_of_the_other_kind_is_refused(sqlite_org: Org, tmp_path: Path, new_blank_postgres: Callable[[], str]) -> None:
    from crmlib.model.org import open_engine

    back_up(sqlite_org.engine, tmp_path / "none", tmp_path / "backup.zip", NOW)
    engine = open_engine(new_blank_postgres())
    with pytest.raises(SetupError) as caught:
        restore(tmp_path / "backup.zip", Places(engine, tmp_path / "reports", tmp_path), NOW)
    engine.dispose()
    assert caught.value.codes == ["other-database"]


def test_copies_for_the_column_engine_are_not_taken_for_the_restored_base(base: Base, tmp_path: Path, new_target: NewTarget) -> None:
    with base.org.begin() as connection:
        start_following(connection, base.org.schema.metadata)
    with base.org.snapshot() as connection:
        mark = first_mark(connection)
    back_up(base.org.engine, base.report_types, tmp_path / "backup.zip", NOW)
    places = new_target()
    restore(tmp_path / "backup.zip", places, NOW)
    with places.engine.connect() as connection:
        assert tables_without_triggers(connection, base.org.schema.metadata) == []
        assert first_mark(connection).last_at != mark.last_at


class TestFaultyBackups:
    @pytest.fixture
    def faulty(self, sqlite_org: Org, tmp_path: Path) -> Path:
        reports = tmp_path / "reports"
        reports.mkdir()
        (reports / "one.yaml").write_text("label: One\n" * 50)
        back_up(sqlite_org.engine, reports, tmp_path / "backup.zip", NOW)
        return tmp_path / "backup.zip"

    def refused(self, file: Path) -> list[str]:
        folder = file.parent / "new"
        from crmlib.model.org import open_engine

        with pytest.raises(InvalidData) as caught:
            restore(file, Places(open_engine(f"sqlite:///{folder}/crm.sqlite"), folder / "reports", folder), NOW)
        assert not folder.exists() or list(folder.iterdir()) == []
        with pytest.raises(InvalidData):
            check_backup(file)
        return caught.value.codes

    def test_cut_off(self, faulty: Path) -> None:
        faulty.write_bytes(faulty.read_bytes()[:-2000])
        assert self.refused(faulty) == ["not-a-backup"]

    def test_some_other_file(self, faulty: Path) -> None:
        faulty.write_text("a letter")
        assert self.refused(faulty) == ["not-a-backup"]

    def test_a_flipped_bit(self, faulty: Path) -> None:
        content = bytearray(faulty.read_bytes())
        content[5000] ^= 1
        faulty.write_bytes(content)
        assert self.refused(faulty) == ["damaged-backup"]

    def test_another_content_than_was_written(self, faulty: Path) -> None:
        changed(faulty, lambda manifest: manifest["files"]["report_types/one.yaml"].update(sha256="0" * 64))
        assert self.refused(faulty) == ["damaged-backup"]

    def test_rows_missing(self, faulty: Path) -> None:
        changed(faulty, lambda manifest: manifest["records"].update(accounts=7))
        folder = faulty.parent / "new"
        from crmlib.model.org import open_engine

        with pytest.raises(InvalidData) as caught:
            restore(faulty, Places(open_engine(f"sqlite:///{folder}/crm.sqlite"), folder / "reports", folder), NOW)
        assert "accounts: 0 rows of 7" in str(caught.value) and not (folder / "crm.sqlite").exists()

    def test_a_name_that_leads_elsewhere(self, faulty: Path) -> None:
        changed(faulty, lambda manifest: manifest["files"].update({"report_types/../../evil.yaml": {"size": 1, "sha256": ""}}))
        assert self.refused(faulty) == ["damaged-backup"]

    @pytest.mark.parametrize("key", ["version", "format"])
    def test_of_a_newer_program(self, faulty: Path, key: str) -> None:
        changed(faulty, lambda manifest: manifest.update({key: 99 if key == "format" else "9999", "program": "7.0"}))
        assert self.refused(faulty) == ["newer-backup"]


def test_killed_at_any_moment_there_is_a_whole_base(sqlite_org: Org, tmp_path: Path) -> None:
    """kill -9 of a restoring process: the base is the old one or the new one."""
    add(sqlite_org, "account", name="In the backup")
    back_up(sqlite_org.engine, tmp_path / "none", tmp_path / "backup.zip", NOW)
    add(sqlite_org, "account", name="Later")
    url = sqlite_org.engine.url.render_as_string()
    sqlite_org.engine.dispose()
    code = f"""if True:
        import os, signal, sys
        from datetime import datetime, UTC
        from pathlib import Path
        from crmlib.model.org import open_engine
        from crmlib.upkeep import sqlite_file
        from crmlib.upkeep.restore import Places, restore
        calls = []
        def die(event, arguments):
            if event in ("os.rename", "os.link"):
                calls.append(event)
                if len(calls) == int(sys.argv[1]):
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(die)
        folder = Path({str(tmp_path)!r})
        restore(folder / "backup.zip", Places(open_engine({url!r}), folder / "none", folder), datetime.now(UTC), replace=True)
        print("done")"""
    found = []
    for moment in ("1", "2", "9"):
        done = subprocess.run([sys.executable, "-B", "-c", code, moment], capture_output=True, text=True)
        found.append((names(sqlite_org.engine), "done" in done.stdout))
        sqlite_org.engine.dispose()
        shutil.rmtree(tmp_path / ".restore", ignore_errors=True)
    assert found == [(["In the backup", "Later"], False), (["In the backup", "Later"], False), (["In the backup"], True)]
