"""What the demo organisation holds: each value fits its field, times are in order, money adds up, and work is as people do it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import pytest

from crmlib.demo.fill_demo import fill_demo
from crmlib.model.org import Org
from tests.conftest import TODAY
from tests.demo.demo_records import by_id, contents, grouped, rows

THIS_MORNING = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
CENT = Decimal("0.01")


# --- Every value is what its field says


def test_every_value_is_one_its_field_takes(demo_orgs: Org) -> None:
    wrong = []
    for described in demo_orgs.schema:
        for row in rows(demo_orgs, described.name):
            for field in described.stored.values():
                value = row[field.name]
                if value is None:
                    wrong += [f"{described.name}.{field.name} is empty"] * field.required
                    continue
                parsed = field.parse(value)
                if parsed != value and value != str(parsed):
                    wrong.append(f"{described.name}.{field.name}: {value!r} is read as {parsed!r}")
    assert wrong == []


def test_every_lookup_finds_its_record(demo_org: Org) -> None:
    with demo_org.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_everything_has_an_owner(demo_org: Org) -> None:
    for name, found in contents(demo_org).items():
        assert [row["id"] for row in found if not (row["owner"] and row["created_by"] and row["modified_by"])] == [], name


def test_nothing_of_the_past_is_ahead_and_nothing_is_changed_before_it_was_made(demo_org: Org) -> None:
    for name, found in contents(demo_org).items():
        for row in found:
            assert row["created_at"] <= row["modified_at"] < THIS_MORNING, (name, row)
            assert row["deleted_at"] is None or row["created_at"] <= row["deleted_at"] <= row["modified_at"], (name, row)


PARENTS = [("contact", "account"), ("contact_point", "contact"), ("contact_role", "account"), ("opportunity", "account"),
           ("opportunity", "contact"), ("opportunity_contact_role", "contact"), ("stage_change", "opportunity"),
           ("opportunity_line_item", "opportunity"), ("quote", "opportunity"), ("order", "quote"), ("invoice", "order"),
           ("call", "account"), ("call", "opportunity"), ("call", "lead"), ("campaign_member", "contact"),
           ("meeting", "opportunity"), ("task", "opportunity"), ("task", "case"), ("case", "account"), ("campaign_member", "lead")]


@pytest.mark.parametrize(("child", "lookup"), PARENTS)
def test_no_record_is_older_than_what_it_belongs_to(demo_org: Org, child: str, lookup: str) -> None:
    parents = by_id(demo_org, demo_org.schema.describe(child).field(lookup).to or "")
    linked = [(row, parents[row[lookup]]) for row in rows(demo_org, child) if row[lookup]]
    assert linked
    assert [row["id"] for row, parent in linked if row["created_at"] < parent["created_at"]] == []


# --- Deals


def test_amount_is_the_sum_of_the_lines(demo_org: Org) -> None:
    lines = grouped(rows(demo_org, "opportunity_line_item"), "opportunity")
    deals = by_id(demo_org, "opportunity")
    assert {number: deals[number]["amount"] for number in lines} == {
        number: sum(line["total_price"] for line in its_lines) for number, its_lines in lines.items()}
    assert 0.5 < len(lines) / len(deals) < 0.7
    assert all(deals[number]["price_book"] for number in lines)


@pytest.mark.parametrize("kind", ["opportunity", "quote", "order", "invoice"])
def test_lines_add_up(demo_org: Org, kind: str) -> None:
    for line in rows(demo_org, f"{kind}_line_item"):
        assert line["subtotal"] == (line["quantity"] * line["unit_price"]).quantize(CENT, ROUND_HALF_UP)
        assert line["total_price"] == line["subtotal"] - line["discount"] + (line["tax"] or 0)


@pytest.mark.parametrize("kind", ["quote", "order", "invoice"])
def test_document_is_the_sum_of_its_lines(demo_org: Org, kind: str) -> None:
    lines = grouped(rows(demo_org, f"{kind}_line_item"), kind)
    deals = by_id(demo_org, "opportunity")
    for document in rows(demo_org, kind):
        its_lines = lines[document["id"]]
        assert document["total"] == document["subtotal"] - document["discount"] + document["tax"] + document["adjustment"]
        assert document["total"] == sum(line["total_price"] for line in its_lines)
        assert document["subtotal"] - document["discount"] == deals[document["opportunity"]]["amount"]


def test_history_leads_to_the_present_stage(demo_org: Org) -> None:
    stages = by_id(demo_org, "stage")
    histories = grouped(rows(demo_org, "stage_change"), "opportunity")
    for deal in rows(demo_org, "opportunity"):
        history = histories[deal["id"]]
        assert history[0]["from_stage"] is None
        assert history[0]["changed_at"] == deal["created_at"]
        for before, after in pairwise(history):
            assert after["from_stage"] == before["to_stage"] != after["to_stage"]
            days = Decimal((after["changed_at"] - before["changed_at"]).total_seconds()) / 86400
            assert after["days_in_stage"] == days.quantize(CENT, ROUND_HALF_UP) >= 0
        last = history[-1]
        assert (last["to_stage"], last["amount"]) == (deal["stage"], deal["amount"])
        stage = stages[deal["stage"]]
        assert deal["probability"] == stage["probability"]
        if stage["outcome"] != "Open":
            assert deal["close_date"] == last["changed_at"].astimezone(demo_org.settings.zone).date()
        assert (deal["loss_reason"] is not None) == (stage["outcome"] == "Lost")


def test_funnel_is_believable(demo_org: Org) -> None:
    stages = by_id(demo_org, "stage")
    deals = [deal for deal in rows(demo_org, "opportunity") if not deal["deleted_at"]]
    outcomes = Counter(stages[deal["stage"]]["outcome"] for deal in deals)
    assert 0.33 < outcomes["Won"] / (outcomes["Won"] + outcomes["Lost"]) < 0.6
    assert 0.03 < outcomes["Open"] / len(deals) < 0.2
    open_dates = [deal["close_date"] for deal in deals if stages[deal["stage"]]["outcome"] == "Open"]
    assert min(open_dates) < TODAY < max(open_dates) < TODAY + timedelta(days=190)
    assert min(deal["created_at"] for deal in deals).date() < TODAY - timedelta(days=650)
    assert {deal["created_at"].weekday() for deal in deals} == {0, 1, 2, 3, 4}
    amounts = [deal["amount"] for deal in deals if deal["amount"]]
    assert any(amount % 1 for amount in amounts)
    assert sum(amounts) / len(amounts) > sorted(amounts)[len(amounts) // 2]  # a few large ones, as everywhere


def test_business_is_existing_once_something_was_won(demo_org: Org) -> None:
    stages = by_id(demo_org, "stage")
    for deals in grouped([deal for deal in rows(demo_org, "opportunity") if not deal["deleted_at"]], "account").values():
        first_won = min((deal["close_date"] for deal in deals if stages[deal["stage"]]["outcome"] == "Won"), default=None)
        for deal in deals:
            is_existing = first_won is not None and deal["created_at"].date() > first_won
            assert deal["type"] == ("Existing business" if is_existing else "New business")


def test_customers_are_those_who_bought(demo_org: Org) -> None:
    won = {row["id"] for row in rows(demo_org, "stage") if row["outcome"] == "Won"}
    bought = {deal["account"] for deal in rows(demo_org, "opportunity") if deal["stage"] in won and not deal["deleted_at"]}
    assert {account["id"] for account in rows(demo_org, "account") if account["type"] == "Customer"} == bought


def test_campaign_of_a_deal_ran_when_it_began(demo_org: Org) -> None:
    campaigns = by_id(demo_org, "campaign")
    linked = [deal for deal in rows(demo_org, "opportunity") if deal["campaign"]]
    assert linked
    for deal in linked:
        campaign = campaigns[deal["campaign"]]
        assert campaign["start_date"] <= deal["created_at"].date()
    for campaign in campaigns.values():
        assert (campaign["actual_cost"] == 0) == (campaign["status"] == "Planning")


def test_converted_lead_keeps_its_links(demo_org: Org) -> None:
    leads = rows(demo_org, "lead")
    contacts = by_id(demo_org, "contact")
    deals = by_id(demo_org, "opportunity")
    links = ("converted_at", "converted_account", "converted_contact", "converted_opportunity")
    for lead in leads:
        assert {lead[link] is not None for link in links} == {lead["is_converted"]} == {lead["status"] == "Converted"}
        if lead["is_converted"]:
            deal = deals[lead["converted_opportunity"]]
            assert contacts[lead["converted_contact"]]["account"] == deal["account"] == lead["converted_account"]
            assert lead["created_at"] < lead["converted_at"] == deal["created_at"]
    assert 0.1 < sum(lead["is_converted"] for lead in leads) / len(leads) < 0.4


# --- People and daily work


def test_somebody_is_born_on_each_day_of_this_week_and_on_the_leap_day(demo_org: Org) -> None:
    monday = TODAY - timedelta(days=TODAY.weekday())
    birthdays = {(row["birthday"].month, row["birthday"].day) for row in rows(demo_org, "contact")
                 if row["birthday"] and not row["deleted_at"]}
    wanted = [monday + timedelta(days=number) for number in range(7)]
    assert {(day.month, day.day) for day in wanted} | {(2, 29)} <= birthdays


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2027, 1, 1), date(2026, 3, 1), date(2026, 11, 29)])
def test_any_day_will_do(sqlite_org: Org, today: date) -> None:
    fill_demo(sqlite_org, today, scale=0.02)
    latest = max(row["changed_at"] for row in rows(sqlite_org, "stage_change"))
    assert today - timedelta(days=14) < latest.date() < today


def test_names_come_in_four_scripts(demo_org: Org) -> None:
    for name in ("account", "contact", "lead"):
        text = "".join(row["name"] for row in rows(demo_org, name))
        scripts = {unicodedata.name(letter).split()[0] for letter in set(text) if letter.isalpha()}
        assert {"LATIN", "CYRILLIC", "ETHIOPIC", "BENGALI"} <= scripts, name


def test_nobody_real_can_be_reached(demo_org: Org) -> None:
    for name in ("account", "contact", "lead", "user"):
        addresses = [row["email"] for row in rows(demo_org, name) if row["email"]]
        assert addresses
        assert [address for address in addresses if not address.endswith(".example")] == []


def test_some_contacts_cannot_be_reached_at_all(demo_org: Org) -> None:
    contacts = rows(demo_org, "contact")
    assert [row for row in contacts if not row["phone"] and not row["mobile"] and not row["email"]]
    assert [row for row in contacts if row["phone"] and row["email"]]


def test_one_person_per_client_is_being_talked_to(demo_org: Org) -> None:
    talking = Counter(row["account"] for row in rows(demo_org, "contact_role") if row["is_talking_to_us"])
    assert talking == {row["id"]: 1 for row in rows(demo_org, "account")}
    assert {row["role"] for row in rows(demo_org, "contact_role")} >= {"Director", "Chief accountant", "Lawyer", "Secretary"}


def test_meetings(demo_org: Org) -> None:
    meetings = by_id(demo_org, "meeting")
    for meeting in meetings.values():
        assert (meeting["status"] == "Planned") == (meeting["starts_at"] >= THIS_MORNING)
        assert (meeting["outcome"] is not None) == (meeting["status"] == "Held")
        if meeting["next_meeting"]:
            following = meetings[meeting["next_meeting"]]
            assert following["account"] == meeting["account"]
            assert following["starts_at"] >= meeting["starts_at"]
    assert "Planned" in {meetings[meeting["next_meeting"]]["status"] for meeting in meetings.values() if meeting["next_meeting"]}
    assert {meeting["outcome"] for meeting in meetings.values()} == {None, "Went well", "Neutral", "Went badly"}


def test_calls(demo_org: Org) -> None:
    calls = rows(demo_org, "call")
    assert {call["status"] for call in calls} == set(demo_org.schema.describe("call").field("status").values)
    for call in calls:
        assert (call["status"] == "Planned") == (call["starts_at"] >= THIS_MORNING) == (call["seconds"] is None)
        if call["status"] == "Wrong number":
            assert (call["account"], call["contact"], call["lead"], call["purpose"], call["description"]) == (None,) * 5


def test_tasks(demo_org: Org) -> None:
    tasks = rows(demo_org, "task")
    assert all((task["completed_at"] is not None) == (task["status"] == "Completed") for task in tasks)
    to_do = [task for task in tasks if not task["completed_at"] and task["due_date"]]
    assert [task for task in to_do if task["due_date"] < TODAY]
    assert [task for task in to_do if task["due_date"] >= TODAY]


def test_plans_cover_a_year_back_and_a_quarter_ahead(demo_org: Org) -> None:
    plans = rows(demo_org, "plan")
    assert min(plan["period_start"] for plan in plans) == date(2025, 5, 1)
    assert max(plan["period_end"] for plan in plans) == date(2026, 8, 31)
    kinds = Counter((plan["user"], plan["measure"], plan["period_start"]) for plan in plans)
    assert set(kinds.values()) == {1}
    assert all(plan["period_start"].day == 1 and (plan["period_end"] + timedelta(days=1)).day == 1 and plan["target"] > 0 for plan in plans)


# --- What breaks other programs


def test_awkward_records(demo_org: Org) -> None:
    accounts = rows(demo_org, "account")
    names = Counter(account["name"] for account in accounts)
    assert names["Hotel Continental"] == 2
    assert any("<b>" in name and '"' in name for name in names)
    assert any(name.startswith("=") for name in names)
    assert any(contact["name"].startswith("=") for contact in rows(demo_org, "contact"))
    assert any(deal["amount"] is None for deal in rows(demo_org, "opportunity"))
    busy = {row["account"] for name in ("call", "meeting", "task", "opportunity") for row in rows(demo_org, name)}
    assert {account["id"] for account in accounts if not account["deleted_at"]} - busy


@pytest.mark.parametrize("name", ["account", "contact", "opportunity", "call", "task"])
def test_some_records_are_in_the_recycle_bin(demo_org: Org, name: str) -> None:
    assert 0 < sum(row["deleted_at"] is not None for row in rows(demo_org, name)) < 0.05 * len(rows(demo_org, name))


def test_what_belongs_to_a_deleted_record_is_deleted_too(demo_org: Org) -> None:
    gone = {name: {row["id"] for row in rows(demo_org, name) if row["deleted_at"]} for name in demo_org.schema.names}
    for described in demo_org.schema:
        owner = described.controlled_by
        if owner in ("account", "contact", "opportunity"):
            for row in rows(demo_org, described.name):
                assert (row["deleted_at"] is not None) or row[owner] not in gone[owner], (described.name, row)
    for deal in rows(demo_org, "opportunity"):
        assert deal["account"] not in gone["account"] and deal["contact"] not in gone["contact"]
