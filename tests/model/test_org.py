"""One database: what it promises to readers and writers, the same on SQLite and PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from crmlib.model.org import Org, Settings, open_engine
from tests.conftest import TODAY, add

AT_NINE = datetime(2026, 5, 13, 9, tzinfo=UTC)


def names(org: Org) -> list[str]:
    accounts = org.schema.describe("account").table
    return [row.name for row in org.fetch(select(accounts.c.name).order_by(accounts.c.id))]


def new_account(org: Org, name: str) -> Any:
    return insert(org.schema.describe("account").table).values(name=name, created_at=AT_NINE, modified_at=AT_NINE)


class TestReading:
    def test_a_snapshot_does_not_see_what_is_written_meanwhile(self, org: Org) -> None:
        add(org, "account", name="Before")
        accounts = org.schema.describe("account").table
        count = select(func.count()).select_from(accounts)
        with org.snapshot() as reader:
            assert reader.execute(count).scalar() == 1
            add(org, "account", name="Meanwhile")
            with org.begin() as writer:
                writer.execute(update(accounts).values(name="Changed"))
            assert reader.execute(count).scalar() == 1
            assert reader.execute(select(accounts.c.name)).scalars().all() == ["Before"]
        assert names(org) == ["Changed", "Changed"]

    def test_reading_does_not_wait_for_a_writer(self, org: Org) -> None:
        add(org, "account", name="Before")
        with org.begin() as writer:
            writer.execute(new_account(org, "Unfinished"))
            assert names(org) == ["Before"]

    def test_nothing_is_written_through_a_snapshot(self, org: Org) -> None:
        with pytest.raises(DBAPIError, match=r"read-?only"), org.snapshot() as reader:
            reader.execute(new_account(org, "Smuggled"))
        with pytest.raises(DBAPIError, match=r"read-?only"):
            org.fetch(new_account(org, "Smuggled"))
        assert names(org) == []

    def test_after_reading_the_same_connections_write_again(self, org: Org) -> None:
        for number in range(20):
            assert len(names(org)) == number
            add(org, "account")

    def test_threads_may_share_an_org(self, org: Org) -> None:
        def add_and_count(number: int) -> int:
            add(org, "account", name=f"Account {number}")
            return len(names(org))

        with ThreadPoolExecutor(8) as pool:
            counts = list(pool.map(add_and_count, range(40)))
        assert max(counts) == 40
        assert sorted(names(org)) == sorted(f"Account {number}" for number in range(40))


class TestWriting:
    def test_a_transaction_is_all_or_nothing(self, org: Org) -> None:
        with pytest.raises(RuntimeError), org.begin() as connection:
            connection.execute(new_account(org, "First"))
            raise RuntimeError("the second never came")
        assert names(org) == []

    def test_writers_that_meet_wait_for_each_other(self, org: Org) -> None:
        """Each reads before it writes: the pattern that fails at once on SQLite unless a writer says what it is."""
        accounts = org.schema.describe("account").table
        record = add(org, "account", employees=0)
        start = threading.Barrier(4)

        def count_up(_: int) -> None:
            start.wait()
            for _ in range(5):
                with org.begin() as connection:
                    this = accounts.c.id == record
                    employees = connection.execute(select(accounts.c.employees).where(this).with_for_update()).scalar_one()
                    connection.execute(update(accounts).where(this).values(employees=employees + 1))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count_up, range(4)))
        assert org.fetch(select(accounts.c.employees)) == [(20,)]

    def test_a_lookup_to_nobody_is_refused(self, org: Org) -> None:
        with pytest.raises(IntegrityError):
            add(org, "contact", account=12345)

    def test_a_record_others_point_to_stays(self, org: Org) -> None:
        account = add(org, "account")
        add(org, "contact", account=account)
        accounts = org.schema.describe("account").table
        with pytest.raises(IntegrityError), org.begin() as connection:
            connection.execute(accounts.delete().where(accounts.c.id == account))

    def test_an_external_id_belongs_to_one_record(self, org: Org) -> None:
        add(org, "account", external_id="Z-1")
        with pytest.raises(IntegrityError):
            add(org, "account", external_id="Z-1")
        add(org, "account")
        add(org, "account", external_id=None)


class TestConnecting:
    def test_sqlite_is_set_up_for_many_readers_and_for_keys(self, sqlite_org: Org) -> None:
        for connection in (sqlite_org.engine.connect(), sqlite_org.engine.connect()):
            expected = {"journal_mode": "wal", "foreign_keys": 1, "query_only": 0}
            assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected} == expected
            connection.close()

    def test_postgres_counts_in_utc_whatever_the_server_prefers(self, postgres_org: Org) -> None:
        assert postgres_org.fetch(text("SHOW timezone")) == [("UTC",)]

    def test_the_environment_names_the_database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_DATABASE_URL", f"sqlite:///{tmp_path / 'named.sqlite'}")
        assert open_engine().url.database == str(tmp_path / "named.sqlite")
        assert open_engine("sqlite:///other.sqlite").url.database == "other.sqlite"

    def test_else_it_is_a_file_in_the_current_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Org.open().engine.dispose()
        assert (tmp_path / "crm.sqlite").exists()


class TestSettings:
    def test_without_any_there_are_sensible_ones(self, org: Org) -> None:
        assert org.settings == Settings("Organization", "UTC", "EUR", "en_GB", 0, 1)

    def test_they_are_read_from_the_one_record(self, org: Org) -> None:
        add(org, "organization", name="Buna", time_zone="Africa/Addis_Ababa", currency="ETB", locale="am_ET", week_start="Sunday",
            fiscal_year_start=7)
        assert org.settings == Settings("Buna", "Africa/Addis_Ababa", "ETB", "am_ET", 6, 7)

    def test_what_is_left_empty_is_as_without_any(self, org: Org) -> None:
        add(org, "organization", name="Buna", currency="ETB")
        assert org.settings == Settings("Buna", "UTC", "ETB", "en_GB", 0, 1)

    def test_a_deleted_record_does_not_count(self, org: Org) -> None:
        add(org, "organization", name="Old", deleted_at=AT_NINE)
        add(org, "organization", name="New")
        assert org.settings.name == "New"

    def test_a_change_shows_after_reload(self, org: Org) -> None:
        assert org.settings.currency == "EUR"
        add(org, "organization", currency="BDT")
        assert org.settings.currency == "EUR"
        org.reload()
        assert org.settings.currency == "BDT"

    @pytest.mark.parametrize(("zone", "today"), [("UTC", TODAY), ("Asia/Dhaka", date(2026, 5, 14)), ("Pacific/Pago_Pago", TODAY)])
    def test_today_is_the_day_where_the_organization_is(self, sqlite_org: Org, monkeypatch: pytest.MonkeyPatch, zone: str,
                                                        today: date) -> None:
        add(sqlite_org, "organization", time_zone=zone)
        monkeypatch.setattr(sqlite_org, "now", lambda: datetime(2026, 5, 13, 19, tzinfo=UTC))
        assert sqlite_org.today() == today
