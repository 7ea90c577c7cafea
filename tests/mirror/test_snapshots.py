"""Snapshots, a process's own copy of them, and who answers."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import column, func, select, table, text

from crmlib.cli.main import main
from crmlib.errors import SetupError
from crmlib.mirror.data_copy import DataCopy
from crmlib.mirror.fetch import COLUMN, DATABASE, fetch
from crmlib.mirror.own_copy import PREFIX
from crmlib.mirror.snapshots import KEPT, publish, snapshots
from crmlib.model.changes import start_following, stop_following
from crmlib.model.custom import CustomField, Customization, customize
from crmlib.model.org import Org
from tests.conftest import add
from tests.reports.asking import ask, settle

ACCOUNTS = select(func.count()).select_from(table("accounts"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """For snapshots; copies of processes lie beside it."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setenv("CRM_MIRROR", str(tmp_path / "snapshots"))
    return tmp_path / "snapshots"


@pytest.fixture
def mirrored(org: Org, folder: Path) -> Org:
    """A base with one account and a snapshot."""
    add(org, "account")
    with org.begin() as connection:
        start_following(connection, org.schema.metadata)
    publish(org, folder)
    return org


def accounts(org: Org) -> tuple[str, int]:
    """Who said so, and how many there are."""
    answer = fetch(org, ACCOUNTS)
    return answer.engine, answer.rows[0][0][0]


class TestWhoAnswers:
    def test_the_copy_knows_what_was_written_a_moment_ago(self, mirrored: Org) -> None:
        assert accounts(mirrored) == (COLUMN, 1)
        for number in range(2, 5):
            add(mirrored, "account")
            assert accounts(mirrored) == (COLUMN, number)

    def test_without_snapshots_the_database(self, org: Org, folder: Path) -> None:
        assert accounts(org) == (DATABASE, 0)

    def test_when_it_is_told_to(self, mirrored: Org, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_ENGINE", "database")
        assert accounts(mirrored) == (DATABASE, 1)
        monkeypatch.setenv("CRM_ENGINE", "column")
        assert accounts(mirrored) == (COLUMN, 1)

    def test_an_engine_that_does_not_exist(self, org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_ENGINE", "quantum")
        with pytest.raises(SetupError, match="quantum"):
            accounts(org)

    def test_what_the_copy_does_not_know_the_database_answers(self, sqlite_org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add(sqlite_org, "account")
        with sqlite_org.begin() as connection:
            start_following(connection, sqlite_org.schema.metadata)
        publish(sqlite_org, folder)
        query = select(func.julianday(column("created_at"))).select_from(table("accounts"))
        assert fetch(sqlite_org, query).engine == DATABASE
        monkeypatch.setenv("CRM_ENGINE", "column")
        with pytest.raises(SetupError, match="julianday"):
            fetch(sqlite_org, query)

    def test_a_copy_that_must_answer_and_cannot(self, org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_ENGINE", "column")
        with pytest.raises(SetupError, match="no snapshot"):
            accounts(org)

    def test_a_snapshot_of_another_base(self, mirrored: Org, folder: Path) -> None:
        """The folder was left from before; nobody is told figures of the old base."""
        with mirrored.begin() as connection:
            stop_following(connection)
            connection.execute(text("DELETE FROM accounts"))
            start_following(connection, mirrored.schema.metadata)
        assert accounts(mirrored) == (DATABASE, 0)
        publish(mirrored, folder)
        assert accounts(mirrored) == (COLUMN, 0)

    def test_a_base_that_is_not_followed_any_more(self, mirrored: Org) -> None:
        with mirrored.begin() as connection:
            stop_following(connection)
        add(mirrored, "account")
        assert accounts(mirrored) == (DATABASE, 2)

    def test_a_broken_snapshot(self, mirrored: Org, folder: Path) -> None:
        snapshots(folder)[0].write_bytes(b"no DuckDB file")
        assert accounts(mirrored) == (DATABASE, 1)

    def test_new_fields_are_there_at_once(self, mirrored: Org) -> None:
        accounts(mirrored)
        customize(mirrored, Customization(object="account", fields=(CustomField(name="floor_c", type="integer", label="Floor"),)))
        add(mirrored, "account", floor_c=4)
        floors = fetch(mirrored, select(mirrored.schema.describe("account").table.c.floor_c))
        assert floors.engine == COLUMN
        assert sorted(floors.rows[0], key=str) == [(4,), (None,)]

    def test_a_report_says_so(self, mirrored: Org) -> None:
        result = ask(mirrored, "accounts", show=["record_count"])
        assert (result.engine, result.grand_total["record_count"]) == (COLUMN, 1)

    def test_another_time_zone(self, mirrored: Org) -> None:
        for zone, label in (("Asia/Dhaka", "15:00–15:59"), ("America/New_York", "05:00–05:59")):
            settle(mirrored, time_zone=zone)
            result = ask(mirrored, "accounts", by=["created_at/hour"], show=["record_count"])
            assert (result.engine, result.groups[0].label) == (COLUMN, label)


class TestPublishing:
    def test_older_ones_are_pruned(self, mirrored: Org, folder: Path) -> None:
        for _ in range(3):
            publish(mirrored, folder)
        assert [path.name for path in snapshots(folder)] == ["mirror-4.duckdb", "mirror-3.duckdb"]
        assert len(snapshots(folder)) == KEPT

    def test_changes_that_no_snapshot_needs_are_forgotten(self, mirrored: Org, folder: Path) -> None:
        changes = select(func.count()).select_from(table("mirror_changes"))
        for _ in range(50):
            add(mirrored, "account")
        assert mirrored.fetch(changes)[0][0] > 50
        for _ in range(KEPT):
            publish(mirrored, folder)
        assert mirrored.fetch(changes)[0][0] < 10
        assert accounts(mirrored) == (COLUMN, 51)

    def test_a_process_that_rested_through_it_all(self, mirrored: Org, folder: Path) -> None:
        accounts(mirrored)
        for _ in range(KEPT + 1):
            add(mirrored, "account")
            publish(mirrored, folder)
        add(mirrored, "account")
        assert accounts(mirrored) == (COLUMN, 2 + KEPT + 1)

    def test_made_anew(self, mirrored: Org, folder: Path) -> None:
        add(mirrored, "account")
        assert publish(mirrored, folder, anew=True) == snapshots(folder)[0]
        assert accounts(mirrored) == (COLUMN, 2)

    def test_only_one_at_a_time(self, mirrored: Org, folder: Path) -> None:
        holder = "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); print(1, flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", holder, str(folder / "publish.lock")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            other.stdout.readline()
            assert publish(mirrored, folder) is None
            other.kill()
        assert publish(mirrored, folder) is not None

    def test_nobody_else_may_read_them(self, mirrored: Org, folder: Path) -> None:
        assert folder.stat().st_mode & 0o077 == 0
        assert snapshots(folder)[0].stat().st_mode & 0o077 == 0
        accounts(mirrored)
        for copy in (folder.parent / "scratch").iterdir():
            assert copy.stat().st_mode & 0o077 == 0

    def test_without_following_there_is_nothing_to_publish(self, org: Org, folder: Path) -> None:
        with pytest.raises(SetupError, match="not followed"):
            publish(org, folder)


PUBLISH = """
import sys
from pathlib import Path
from crmlib.mirror.snapshots import publish
from crmlib.model.org import Org
org = Org.open(sys.argv[1])
print("ready", flush=True)
while True:
    publish(org, Path(sys.argv[2]), anew=True)
"""


class TestKilled:
    @pytest.mark.parametrize("after", [0.02, 0.15, 0.4])
    def test_a_publisher_killed_at_any_moment_leaves_the_older_snapshot_whole(self, demo_copy: Org, folder: Path, after: float) -> None:
        publish(demo_copy, folder)
        url = demo_copy.engine.url.render_as_string(hide_password=False)
        publisher = subprocess.Popen([sys.executable, "-c", PUBLISH, url, str(folder)], stdout=subprocess.PIPE)
        assert publisher.stdout is not None
        publisher.stdout.readline()
        while not (folder / "publishing.duckdb").exists():
            time.sleep(0.001)
        time.sleep(after)
        publisher.send_signal(signal.SIGKILL)
        publisher.wait()
        assert snapshots(folder)
        for snapshot in snapshots(folder):
            assert number_of_accounts(snapshot) == 100
        add(demo_copy, "account")
        assert accounts(demo_copy) == (COLUMN, 101)
        published = publish(demo_copy, folder)
        assert published is not None and number_of_accounts(published) == 101
        assert not list(folder.glob("publishing*"))

    def test_copies_of_killed_processes_are_deleted(self, mirrored: Org, folder: Path) -> None:
        process = subprocess.Popen([sys.executable, "-c", "pass"])
        process.wait()
        left, running = (folder.parent / "scratch" / f"{PREFIX}{number}-abc" for number in (process.pid, os.getppid()))
        left.mkdir()
        running.mkdir()
        accounts(mirrored)
        assert running.exists() and not left.exists()


@pytest.fixture
def demo_copy(demo_org: Org, tmp_path: Path) -> Iterator[Org]:
    """The demo organisation, followed, to be written to."""
    file = tmp_path / "demo.sqlite"
    with closing(sqlite3.connect(str(demo_org.engine.url.database))) as connection:
        connection.execute("VACUUM INTO ?", [str(file)])
    org = Org.open(f"sqlite:///{file}")
    with org.begin() as connection:
        start_following(connection, org.schema.metadata)
    yield org
    org.engine.dispose()


def number_of_accounts(snapshot: Path) -> int:
    copy = DataCopy(snapshot)
    with copy.snapshot() as connection:
        found = connection.execute(ACCOUNTS).scalar_one()
    copy.close()
    return int(found)


class TestCommands:
    def test_from_enabling_to_disabling(self, sqlite_org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_DATABASE_URL", str(sqlite_org.engine.url))
        add(sqlite_org, "account")
        assert "database: its changes are not followed" in crm("status")
        assert "mirror-1.duckdb" in crm("enable")
        assert "by the column engine" in crm("status")
        assert accounts(sqlite_org) == (COLUMN, 1)
        assert "mirror-2.duckdb" in crm("publish")
        crm("disable")
        assert accounts(sqlite_org) == (DATABASE, 1)
        assert "database: its changes are not followed" in crm("status")
        add(sqlite_org, "account")

    def test_beside_the_file_unless_told_otherwise(self, sqlite_org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CRM_MIRROR")
        monkeypatch.setenv("CRM_DATABASE_URL", str(sqlite_org.engine.url))
        assert f"{sqlite_org.engine.url.database}.mirror" in crm("enable")
        assert accounts(sqlite_org) == (COLUMN, 0)

    def test_a_server_needs_a_folder(self, postgres_org: Org, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CRM_MIRROR")
        monkeypatch.setenv("CRM_DATABASE_URL", postgres_org.engine.url.render_as_string(hide_password=False))
        result = CliRunner().invoke(main, ["mirror", "enable"])
        assert result.exit_code == 1 and "CRM_MIRROR" in result.output


def crm(command: str) -> str:
    result = CliRunner().invoke(main, ["mirror", command], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output
