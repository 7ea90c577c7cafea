"""A copy in DuckDB holds what the database holds, whatever has happened to it since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, text

from crmlib.mirror.data_copy import DataCopy
from crmlib.model.changes import Gap, followed_tables, forget_before, set_milestone, start_following, stop_following
from crmlib.model.custom import CustomField, Customization, customize
from crmlib.model.org import Org
from crmlib.model.upgrade import upgrade
from tests.conftest import add

TEXTS = ("", " ", ".", ",", '"', '""', "'", "\\N", "\\", "NULL", "a\nb", "a\r\nb\r", "\t", "\x01", "বাংলা", "ΑΣ İ", "=cmd|'/c calc'!A0",
         "x" * 100_000, "\ufeff", "# no comment", "1e5", "-")


@pytest.fixture
def followed(org: Org) -> Org:
    """A base without records whose changes are followed."""
    follow(org)
    return org


@pytest.fixture
def copy(followed: Org, tmp_path: Path) -> Iterator[DataCopy]:
    """A copy of it, made before anything happened."""
    yield from opened(followed, tmp_path / "copy.duckdb")


def opened(org: Org, path: Path) -> Iterator[DataCopy]:
    made = DataCopy(path)
    made.bring_up_to_date(org)
    yield made
    made.close()


def follow(org: Org) -> None:
    with org.begin() as connection:
        start_following(connection, org.schema.metadata)


def check(copy: DataCopy, org: Org) -> int:
    """Brings the copy up to date and compares all there is; returns how many records that was."""
    copy.bring_up_to_date(org)
    return compare(copy, org)


def compare(copy: DataCopy, org: Org) -> int:
    count = 0
    with copy.snapshot() as duck:
        for table in followed_tables(org.schema.metadata):
            query = select(table).order_by(*table.primary_key.columns)
            found = duck.execute(query).all()
            assert found == org.fetch(query), table.name
            count += len(found)
    return count


def write(org: Org, sql: str) -> None:
    with org.begin() as connection:
        connection.execute(text(sql))


def drop_trigger(org: Org) -> None:
    write(org, "DROP TRIGGER mirror_accounts_insert" + (" ON accounts" if org.engine.dialect.name == "postgresql" else ""))


class TestAllRecords:
    def test_of_the_demo_organisation(self, demo_orgs: Org, tmp_path: Path) -> None:
        with demo_orgs.begin() as connection:
            start_following(connection, demo_orgs.schema.metadata)
        try:
            for copy in opened(demo_orgs, tmp_path / "demo.duckdb"):
                assert compare(copy, demo_orgs) > 5000
        finally:
            with demo_orgs.begin() as connection:
                stop_following(connection)

    def test_texts_are_kept_letter_by_letter(self, copy: DataCopy, followed: Org) -> None:
        for words in TEXTS:
            add(followed, "account", name="first", industry=None, phone=words, website="last")
            add(followed, "account", name=words, phone=None)
        assert check(copy, followed) == 2 * len(TEXTS)

    def test_values_at_their_limits(self, copy: DataCopy, followed: Org) -> None:
        least, most = Decimal("-9999999999999999.99"), Decimal("9999999999999999.99")
        for amount in (least, most, Decimal("0.01"), Decimal("-0.01"), Decimal(0), None):
            add(followed, "campaign", actual_cost=amount)
        for day in (date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29), None):
            add(followed, "campaign", start_date=day)
        first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
        for moment in (first, last, datetime(2026, 3, 29, 1, 0, 0, 1, UTC)):
            add(followed, "call", starts_at=moment)
        add(followed, "user", username="one", is_active=True)
        add(followed, "user", username="two", is_active=False)
        assert check(copy, followed) == 15


class TestChanges:
    def test_inserted_changed_and_deleted_records(self, copy: DataCopy, followed: Org) -> None:
        ids = [add(followed, "account", name=f"Account {number}") for number in range(5)]
        assert check(copy, followed) == 5
        write(followed, f"UPDATE accounts SET name = 'Other' WHERE id = {ids[0]}")
        write(followed, f"DELETE FROM accounts WHERE id = {ids[1]}")
        write(followed, f"UPDATE accounts SET deleted_at = created_at WHERE id = {ids[2]}")
        add(followed, "contact", name="Somebody", account=ids[3])
        assert check(copy, followed) == 5

    def test_what_comes_and_goes_between(self, copy: DataCopy, followed: Org) -> None:
        account = add(followed, "account")
        write(followed, f"DELETE FROM accounts WHERE id = {account}")
        assert check(copy, followed) == 0

    def test_what_is_rolled_back_never_was(self, copy: DataCopy, followed: Org) -> None:
        with pytest.raises(ZeroDivisionError), followed.begin() as connection:
            connection.execute(text("INSERT INTO accounts (name, created_at, modified_at) "
                                    "VALUES ('x', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"))
            1 / 0  # noqa: B018
        assert check(copy, followed) == 0

    def test_a_table_without_ids(self, copy: DataCopy, followed: Org) -> None:
        top, below = add(followed, "role"), add(followed, "role")
        write(followed, f"INSERT INTO role_closure VALUES ({top}, {below}, 1)")
        assert check(copy, followed) == 3
        write(followed, "DELETE FROM role_closure")
        assert check(copy, followed) == 2

    def test_more_than_one_reader(self, copy: DataCopy, followed: Org, tmp_path: Path) -> None:
        for other in opened(followed, tmp_path / "other.duckdb"):
            add(followed, "account")
            assert check(copy, followed) == check(other, followed) == 1

    def test_nothing_is_read_when_nothing_changed(self, copy: DataCopy, followed: Org) -> None:
        add(followed, "account")
        copy.bring_up_to_date(followed)
        before = copy.mark
        copy.bring_up_to_date(followed)
        assert copy.mark == before

    def test_it_goes_on_after_it_was_closed(self, followed: Org, tmp_path: Path) -> None:
        for copy in opened(followed, tmp_path / "copy.duckdb"):
            assert compare(copy, followed) == 0
        add(followed, "account")
        for copy in opened(followed, tmp_path / "copy.duckdb"):
            assert compare(copy, followed) == 1

    def test_a_reader_keeps_its_moment(self, copy: DataCopy, followed: Org) -> None:
        accounts = select(followed.schema.describe("account").table.c.id)
        with copy.snapshot() as reader:
            assert reader.execute(accounts).all() == []
            add(followed, "account")
            copy.bring_up_to_date(followed)
            assert reader.execute(accounts).all() == []
        assert compare(copy, followed) == 1


class TestOtherTables:
    def test_new_fields_and_objects(self, copy: DataCopy, followed: Org) -> None:
        add(followed, "account")
        price = CustomField(name="price_c", type="currency", label="Price", scale=3)
        fields = (CustomField(name="floor_c", type="integer", label="Floor"), price)
        customize(followed, Customization(object="account", fields=fields))
        customize(followed, Customization(object="flat_c", label="Flat", plural_label="Flats", fields=fields))
        add(followed, "account", floor_c=3, price_c=Decimal("1.125"))
        flat = add(followed, "flat_c", price_c=Decimal("0.001"))
        assert check(copy, followed) == 3
        write(followed, f"DELETE FROM flats_c WHERE id = {flat}")
        assert check(copy, followed) == 2

    def test_after_an_upgrade(self, copy: DataCopy, followed: Org) -> None:
        """A migration may make a table anew, without triggers; `crm upgrade` gives it new ones."""
        add(followed, "account")
        drop_trigger(followed)
        add(followed, "account")
        upgrade(followed.engine)
        assert check(copy, followed) == 2
        add(followed, "account")
        assert check(copy, followed) == 3


class TestGaps:
    def test_changes_that_were_forgotten(self, copy: DataCopy, followed: Org) -> None:
        add(followed, "account")
        with followed.begin() as connection:
            set_milestone(connection)
        with followed.begin() as connection:
            newest = connection.execute(text("SELECT MAX(seq) FROM mirror_changes")).scalar_one()
            forget_before(connection, newest)
        with pytest.raises(Gap):
            copy.bring_up_to_date(followed)

    def test_a_copy_that_saw_the_milestone_goes_on(self, copy: DataCopy, followed: Org) -> None:
        add(followed, "account")
        with followed.begin() as connection:
            set_milestone(connection)
        add(followed, "account")
        assert check(copy, followed) == 2
        add(followed, "account")
        assert copy.mark is not None
        with followed.begin() as connection:
            forget_before(connection, copy.mark.milestone)
        assert check(copy, followed) == 3

    def test_another_database(self, copy: DataCopy, new_postgres: Callable[[], str], new_sqlite: Callable[[], str], followed: Org) -> None:
        add(followed, "account")
        copy.bring_up_to_date(followed)
        other = Org.open(new_sqlite() if followed.engine.dialect.name == "sqlite" else new_postgres())
        follow(other)
        with pytest.raises(Gap):
            copy.bring_up_to_date(other)
        other.engine.dispose()

    def test_an_older_backup_of_the_same(self, sqlite_org: Org, tmp_path: Path) -> None:
        """As many changes have been made since as the copy had seen, only others."""
        follow(sqlite_org)
        file = Path(str(sqlite_org.engine.url.database))
        write(sqlite_org, "UPDATE organizations SET name = name")
        sqlite_org.engine.dispose()
        backup = file.read_bytes()
        for copy in opened(sqlite_org, tmp_path / "copy.duckdb"):
            add(sqlite_org, "account", name="lost")
            copy.bring_up_to_date(sqlite_org)
            sqlite_org.engine.dispose()
            for beside in file.parent.glob(f"{file.name}-*"):
                beside.unlink()
            file.write_bytes(backup)
            add(sqlite_org, "account", name="made after the backup was restored")
            with pytest.raises(Gap):
                copy.bring_up_to_date(sqlite_org)

    def test_a_table_nobody_follows(self, followed: Org, tmp_path: Path) -> None:
        with followed.begin() as connection:
            stop_following(connection)
            start_following(connection, followed.schema.metadata)
        drop_trigger(followed)
        copy = DataCopy(tmp_path / "copy.duckdb")
        with pytest.raises(Gap):
            copy.bring_up_to_date(followed)
        copy.close()


class TestCommitOrder:
    """PostgreSQL numbers changes when they are made, and shows them when they are committed: an earlier number may come later."""

    def test_a_transaction_that_commits_after_later_ones(self, postgres_org: Org, tmp_path: Path) -> None:
        follow(postgres_org)
        insert = "INSERT INTO accounts (name, created_at, modified_at) VALUES ('{}', now(), now())"
        for copy in opened(postgres_org, tmp_path / "copy.duckdb"):
            with postgres_org.begin() as early:
                early.execute(text(insert.format("early")))
                with postgres_org.begin() as late:
                    late.execute(text(insert.format("late")))
                assert check(copy, postgres_org) == 1
                add(postgres_org, "account", name="later still")
                assert check(copy, postgres_org) == 2
                early.execute(text(insert.format("early again")))
                assert check(copy, postgres_org) == 2
            assert check(copy, postgres_org) == 4

    def test_a_copy_made_meanwhile(self, postgres_org: Org, tmp_path: Path) -> None:
        follow(postgres_org)
        add(postgres_org, "account", name="there")
        with postgres_org.begin() as early:
            early.execute(text("UPDATE accounts SET name = 'changed'"))
            add(postgres_org, "account", name="between")
            for copy in opened(postgres_org, tmp_path / "copy.duckdb"):
                assert compare(copy, postgres_org) == 2
        for copy in opened(postgres_org, tmp_path / "copy.duckdb"):
            assert compare(copy, postgres_org) == 2

    def test_nothing_is_forgotten_that_a_copy_still_needs(self, postgres_org: Org, tmp_path: Path) -> None:
        follow(postgres_org)
        with postgres_org.begin() as early:
            early.execute(text("INSERT INTO accounts (name, created_at, modified_at) VALUES ('early', now(), now())"))
            with postgres_org.begin() as connection:
                set_milestone(connection)
            for copy in opened(postgres_org, tmp_path / "copy.duckdb"):
                assert copy.mark is not None
                with postgres_org.begin() as connection:
                    forget_before(connection, copy.mark.milestone)
                assert check(copy, postgres_org) == 0
        with postgres_org.begin() as connection:
            milestone = connection.execute(text("SELECT MAX(seq) FROM mirror_changes WHERE table_name = ''")).scalar_one()
            forget_before(connection, milestone)
        for copy in opened(postgres_org, tmp_path / "copy.duckdb"):
            assert compare(copy, postgres_org) == 1

    def test_truncate(self, postgres_org: Org, tmp_path: Path) -> None:
        follow(postgres_org)
        add(postgres_org, "case")
        for copy in opened(postgres_org, tmp_path / "copy.duckdb"):
            write(postgres_org, "TRUNCATE cases CASCADE")
            assert check(copy, postgres_org) == 0
