"""A backup holds the base of one moment, whoever writes meanwhile, and comes into being whole or not at all."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text

from crmlib.errors import SetupError
from crmlib.model.org import Org, open_engine
from crmlib.upkeep.backup import back_up, keep_newest, name_by_date
from crmlib.upkeep.restore import check_backup, restore
from tests.conftest import add
from tests.upkeep.conftest import Base, damage

NOW = datetime(2026, 5, 13, 18, 0, 5, tzinfo=UTC)


def test_a_backup_says_what_is_in_it(base: Base, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    manifest = back_up(base.org.engine, base.report_types, file, NOW)
    assert check_backup(file) == manifest
    assert (manifest.records["accounts"], manifest.kind, manifest.deliveries) == (2, base.org.engine.dialect.name, "")
    assert "report_types/reports/sales/accounts.yaml" in manifest.files
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert sorted(os.listdir(tmp_path)) == ["backup.zip", "company"]


def test_deliveries_come_along_when_asked_for(base: Base, tmp_path: Path) -> None:
    (base.deliveries / "2026-05-11" / "of_nobody").mkdir()
    (base.deliveries / "2026-05-11" / "of_nobody" / "left.html").write_text("left")
    manifest = back_up(base.org.engine, base.report_types, tmp_path / "backup.zip", NOW, base.deliveries)
    delivered = [name for name in manifest.files if name.startswith("deliveries/")]
    assert delivered == ["deliveries/2026-05-11/0700_sales-accounts_ann/accounts.html"]


def test_the_backup_of_a_base_that_is_written_to_is_of_one_moment(base: Base, tmp_path: Path, new_target) -> None:  # type: ignore[no-untyped-def]
    """The writer adds an account and a case in one transaction, again and again: any one moment has as many of both."""
    stop, begun = Event(), Event()
    writer = Org.open(base.org.engine.url.render_as_string(hide_password=False))
    with base.org.begin() as connection:
        connection.execute(text("DELETE FROM accounts"))
    accounts, cases = (writer.schema.describe(name).table for name in ("account", "case"))

    def write() -> None:
        while not stop.is_set():
            with writer.begin() as connection:
                connection.execute(accounts.insert().values(name="A" * 500, created_at=NOW, modified_at=NOW))
                connection.execute(cases.insert().values(name="C" * 500, created_at=NOW, modified_at=NOW))
            begun.set()

    thread = Thread(target=write)
    thread.start()
    begun.wait(20)
    try:
        manifest = back_up(base.org.engine, base.report_types, tmp_path / "backup.zip", NOW)
        Event().wait(0.2)
    finally:
        stop.set()
        thread.join()
        writer.engine.dispose()
    places = new_target()
    restore(tmp_path / "backup.zip", places, NOW)
    restored = Org.open(places.engine.url.render_as_string(hide_password=False))
    found = [restored.fetch(text(f"SELECT count(*) FROM {table}"))[0][0] for table in ("accounts", "cases")]
    restored.engine.dispose()
    assert found[0] == found[1] == manifest.records["accounts"] > 0
    assert base.org.fetch(text("SELECT count(*) FROM accounts"))[0][0] > found[0]  # it did go on


def test_a_sqlite_backup_ends_though_somebody_writes_between_all_its_steps(sqlite_org: Org, tmp_path: Path,
                                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmlib.upkeep.sqlite_file.PAGES", 10)
    add(sqlite_org, "account")
    steps = []

    def write(step: str, part: float) -> None:
        if step == "Database":
            steps.append(part)
            add(sqlite_org, "account")
            assert len(steps) < 1000, "it begins anew whenever somebody writes"

    manifest = back_up(sqlite_org.engine, tmp_path / "none", tmp_path / "backup.zip", NOW, progress=write)
    assert manifest.records["accounts"] == 1
    assert len(steps) > 5 and steps == sorted(steps)


def test_what_a_killed_backup_left_is_removed_in_time(base: Base, tmp_path: Path) -> None:
    for name, days in ((".backup-old", 3), (".backup-running", 1)):
        (tmp_path / "kept" / name).mkdir(parents=True)
        moment = NOW.timestamp() - days * 86_400
        os.utime(tmp_path / "kept" / name, (moment, moment))
    back_up(base.org.engine, base.report_types, tmp_path / "kept" / "backup.zip", NOW)
    assert sorted(os.listdir(tmp_path / "kept")) == [".backup-running", "backup.zip"]


def test_nothing_is_overwritten(base: Base, tmp_path: Path) -> None:
    (tmp_path / "backup.zip").write_text("dear to somebody")
    with pytest.raises(SetupError) as caught:
        back_up(base.org.engine, base.report_types, tmp_path / "backup.zip", NOW)
    assert caught.value.codes == ["file-exists"]


def test_where_there_is_no_base_there_is_no_backup(blank_url: str, tmp_path: Path) -> None:
    engine = open_engine(blank_url)
    with pytest.raises(SetupError) as caught:
        back_up(engine, tmp_path, tmp_path / "backup.zip", NOW)
    engine.dispose()
    assert caught.value.codes == ["empty-database"] and not (tmp_path / "blank.sqlite").exists()


def test_a_damaged_file_gives_no_backup(sqlite_org: Org, tmp_path: Path) -> None:
    damage(sqlite_org, "accounts")
    with pytest.raises(SetupError) as caught:
        back_up(sqlite_org.engine, tmp_path / "none", tmp_path / "backup.zip", NOW)
    assert caught.value.codes == ["damaged-database"] and not (tmp_path / "backup.zip").exists()


def test_a_missing_client_program_is_named(postgres_org: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError) as caught:
        back_up(postgres_org.engine, tmp_path / "none", tmp_path / "backup.zip", NOW)
    assert caught.value.codes == ["no-postgresql-client"] and "pg_dump" in str(caught.value)


def test_only_the_newest_are_kept_and_only_of_this_base(sqlite_org: Org, tmp_path: Path) -> None:
    names = [name_by_date(sqlite_org.engine, NOW.replace(day=day)) for day in (1, 2, 3)]
    for name in [*names, "other_2026-01-01_000000.zip", names[0].replace(".zip", "_mine.zip")]:
        (tmp_path / name).touch()
    assert [file.name for file in keep_newest(tmp_path, sqlite_org.engine, 2)] == names[:1]
    assert len(list(tmp_path.iterdir())) == 4


def test_files_can_be_taken_out_with_any_tool(base: Base, tmp_path: Path) -> None:
    back_up(base.org.engine, base.report_types, tmp_path / "backup.zip", NOW)
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("report_types/reports/sales/accounts.yaml").startswith(b"label: Accounts")
