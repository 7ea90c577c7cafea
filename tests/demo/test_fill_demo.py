"""Making the demo organisation: its size, where it may go, the same everywhere, and the company that works in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select

from crmlib.demo.company import finish_company, make_company
from crmlib.demo.fill_demo import fill_demo, is_empty
from crmlib.demo.rows import Calendar, Rows, next_workday, spread, workday
from crmlib.errors import UserError
from crmlib.model.org import Org
from crmlib.security.access import access_of
from crmlib.security.first_start import ensure_administrator
from tests.conftest import TODAY, add
from tests.demo.demo_records import by_id, contents, rows

SMALL = 0.02


# --- How much, and always the same


def test_size_follows_the_scale(demo_org: Org) -> None:
    sizes = {name: len(rows(demo_org, name)) for name in ("user", "account", "contact", "opportunity", "lead")}
    assert sizes == {"user": 12, "account": 100, "contact": 300, "opportunity": 400, "lead": 150}


def test_every_object_has_records(demo_org: Org) -> None:
    empty = {name for name in demo_org.schema.names if not rows(demo_org, name)}
    assert empty == {"sharing_default", "report_schedule", "report_run"}  # made by people, not by demo data


@pytest.mark.slow
def test_the_default_company(sqlite_org: Org) -> None:
    started = time.monotonic()
    counts = fill_demo(sqlite_org, TODAY)
    assert time.monotonic() - started < 20
    expected = {"user": 12, "account": 2_000, "contact": 6_000, "opportunity": 8_000, "lead": 3_000}
    assert {name: counts[name] for name in expected} == expected
    assert 28_000 < counts["call"] + counts["meeting"] + counts["task"] < 42_000
    assert counts["opportunity"] * 3 < counts["stage_change"]


def test_counts_are_those_of_the_base(sqlite_org: Org) -> None:
    told: list[float] = []
    counts = fill_demo(sqlite_org, TODAY, scale=SMALL, progress=told.append)
    assert counts == {name: len(found) for name, found in contents(sqlite_org).items() if found}
    assert told == sorted(told)
    assert told[-1] == 1


def test_same_day_and_seed_make_the_same_company(new_sqlite: Callable[[], str]) -> None:
    first, again, other = (Org.open(new_sqlite()) for _ in range(3))
    fill_demo(first, TODAY, seed=5, scale=SMALL)
    fill_demo(again, TODAY, seed=5, scale=SMALL)
    fill_demo(other, TODAY, seed=6, scale=SMALL)
    assert contents(first) == contents(again)
    assert contents(first)["contact"] != contents(other)["contact"]


def test_same_records_on_both_databases(demo_org: Org, demo_org_postgres: Org) -> None:
    for name in demo_org.schema.names:
        assert rows(demo_org, name) == rows(demo_org_postgres, name), name


# --- Where it may go


def test_base_with_clients_is_refused_and_stays_as_it_is(org: Org) -> None:
    add(org, "account", name="Ours")
    assert not is_empty(org)
    with pytest.raises(UserError) as refused:
        fill_demo(org, TODAY, scale=SMALL)
    assert refused.value.codes == ["not-empty"]
    assert [row["name"] for row in rows(org, "account")] == ["Ours"]
    assert rows(org, "user") == []


def test_second_filling_is_refused(sqlite_org: Org) -> None:
    fill_demo(sqlite_org, TODAY, scale=SMALL)
    with pytest.raises(UserError, match="empty base"):
        fill_demo(sqlite_org, TODAY, scale=SMALL)


def test_failure_half_way_leaves_nothing(sqlite_org: Org) -> None:
    def fail(part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_demo(sqlite_org, TODAY, scale=SMALL, progress=fail)
    assert not any(contents(sqlite_org).values())


def test_base_with_only_its_first_administrator_is_filled(org: Org) -> None:
    ensure_administrator(org)
    counts = fill_demo(org, TODAY, scale=SMALL)
    users = by_id(org, "user")
    assert users[1]["username"] == "admin"
    assert len(users) == counts["user"] + 1
    assert {row["owner"] for row in rows(org, "opportunity")} <= set(users) - {1}
    assert access_of(org, "demo").may("edit_all", "account")
    assert_closure_is_right(org)


def test_settings_that_are_there_are_kept(sqlite_org: Org) -> None:
    add(sqlite_org, "organization", name="Mine", time_zone="Asia/Dhaka", currency="BDT", locale="bn_BD", week_start="Sunday",
        fiscal_year_start=7)
    fill_demo(sqlite_org, TODAY, scale=SMALL)
    assert sqlite_org.settings.name == "Mine"


def test_indexes_made_afterwards_are_all_there(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    before = index_names(org)
    assert len(before) > 200
    monkeypatch.setattr("crmlib.demo.fill_demo.MANY_ACCOUNTS", 0)
    fill_demo(org, TODAY, scale=SMALL)
    assert index_names(org) == before


def index_names(org: Org) -> set[str]:
    inspector = inspect(org.engine)
    return {str(index["name"]) for table in inspector.get_table_names() for index in inspector.get_indexes(table)}


def test_records_can_be_added_afterwards(org: Org) -> None:
    counts = fill_demo(org, TODAY, scale=SMALL)
    assert add(org, "account", name="The next one") == counts["account"] + 1


# --- The company


def test_settings(demo_org: Org) -> None:
    settings = demo_org.settings
    assert (settings.time_zone, settings.currency, settings.fiscal_year_start) == ("Europe/Amsterdam", "EUR", 4)


def assert_closure_is_right(org: Org) -> None:
    parents = {row["id"]: row["parent"] for row in rows(org, "role")}
    expected = set()
    for role in parents:
        above: int | None = role
        depth = 0
        while above is not None:
            expected.add((above, role, depth))
            above, depth = parents[above], depth + 1
    closure = org.schema.metadata.tables["role_closure"]
    assert {tuple(row) for row in org.fetch(select(closure.c.ancestor_id, closure.c.descendant_id, closure.c.depth))} == expected


def test_role_closure_holds_everybody_above(demo_orgs: Org) -> None:
    assert_closure_is_right(demo_orgs)


def test_director_stands_above_every_seller(demo_org: Org) -> None:
    roles = {row["name"]: row["id"] for row in rows(demo_org, "role")}
    closure = demo_org.schema.metadata.tables["role_closure"]
    below = {row[0] for row in demo_org.fetch(select(closure.c.descendant_id).where(closure.c.ancestor_id == roles["Sales director"]))}
    assert {roles[name] for name in ("Team lead North", "Team lead South", "Managers North", "Managers South")} < below
    assert roles["Operator"] not in below


@pytest.mark.parametrize(("username", "may", "may_not"), [
    ("demo", [("edit_all", "account"), ("delete", "role")], []),
    ("femke", [("edit", "opportunity"), ("read", "plan")], [("view_all", "opportunity"), ("delete", "account"), ("edit", "user")]),
    ("margriet", [("view_all", "opportunity")], [("edit_all", "opportunity")]),
    ("joris", [("edit_all", "contact")], [("read", "opportunity"), ("delete", "contact")]),
    ("oksana", [("delete", "opportunity"), ("create", "plan")], [("view_all", "opportunity"), ("edit", "contact")]),
])
def test_rights(demo_org: Org, username: str, may: list[tuple[str, str]], may_not: list[tuple[str, str]]) -> None:
    access = access_of(demo_org, username)
    assert [(right, name) for right, name in may if not access.may(right, name)] == []
    assert [(right, name) for right, name in may_not if access.may(right, name)] == []


def test_operator_edits_birthdays_and_analyst_edits_nothing(demo_org: Org) -> None:
    manager = access_of(demo_org, "femke")
    assert manager.may_read_field("contact", "birthday") and not manager.may_edit_field("contact", "birthday")
    assert manager.may_edit_field("meeting", "outcome")
    assert access_of(demo_org, "joris").may_edit_field("contact", "birthday")
    assert not access_of(demo_org, "joris").may_edit_field("opportunity", "amount")
    readers = {row["name"]: row for row in rows(demo_org, "field_permission") if not row["can_edit"]}
    assert "*" in readers


def test_every_user_has_rights_and_every_seller_has_clients(demo_org: Org) -> None:
    assert [row["username"] for row in rows(demo_org, "user") if not access_of(demo_org, row["username"]).objects] == []
    sellers = {row["user"] for row in rows(demo_org, "plan")}
    assert {row["owner"] for row in rows(demo_org, "account")} <= sellers
    assert len(sellers) == 7


def test_a_larger_company_has_more_teams(sqlite_org: Org) -> None:
    with sqlite_org.begin() as connection:
        waiting = Rows(sqlite_org.schema, connection)
        rng = Random(1)
        company = make_company(waiting, rng, Calendar(rng, TODAY), sqlite_org.schema, connection, scale=10)
        waiting.write(connection)
        finish_company(connection, sqlite_org.schema, company)
    users = by_id(sqlite_org, "user")
    assert len(users) == 12 + 36
    assert len({user["username"] for user in users.values()}) == 48
    assert_closure_is_right(sqlite_org)
    leads = {user["manager"] for user in users.values() if user["title"] == "Sales Manager"}
    assert {users[lead]["title"] for lead in leads} == {"Team Lead"}


# --- The small tools


@given(total=st.integers(0, 500), among=st.integers(1, 60), skew=st.floats(1, 3))
def test_spread_gives_everything_away(total: int, among: int, skew: float) -> None:
    shares = spread(total, among, Random(1), skew)
    assert (len(shares), sum(shares)) == (among, total)
    assert min(shares) >= 0


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)))
def test_workdays(day: date) -> None:
    assert workday(day).weekday() < 5 and timedelta(0) <= day - workday(day) < timedelta(3)
    assert next_workday(day).weekday() < 5 and timedelta(0) <= next_workday(day) - day < timedelta(3)


@given(today=st.dates(date(2000, 1, 1), date(2060, 1, 1)), seed=st.integers(0, 100), hours=st.integers(0, 2000))
def test_moments_stay_between_their_ends(today: date, seed: int, hours: int) -> None:
    calendar = Calendar(Random(seed), today)
    start = calendar.now - timedelta(hours=hours)
    assert start <= calendar.between(start, calendar.now) <= calendar.now
    assert calendar.first <= calendar.busy_day() < today <= calendar.future_day(30)


def test_database_knows_how_its_tables_are_filled(demo_org: Org) -> None:
    with demo_org.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_stat1").scalar_one() > 30
    opportunity = demo_org.schema.describe("opportunity").table
    assert demo_org.fetch(select(func.count()).select_from(opportunity))[0][0] == 400
