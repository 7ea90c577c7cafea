"""Formula fields of objects in reports: the same values as records have, on every engine, for whoever may see what they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import update

from crmlib.definition import parse_definition
from crmlib.errors import AccessDenied, DefinitionError
from crmlib.model.custom import Customization, customize
from crmlib.model.org import Org
from crmlib.records.records import Records
from crmlib.reports.definition import ReportType, RowFormula
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, ask, figures, rows
from tests.reports.test_cases import with_formula_fields

ACCOUNT = """\
object: account
fields:
  - {name: per_head_c, type: currency, label: Revenue per head, formula: annual_revenue / employees, blank_as: blank}
  - {name: points_c, type: number, label: Points, scale: 0, formula: 'IF(industry = "Energy", 10, 1)'}
  - {name: group_points_c, type: number, label: Points of the group, scale: 0, formula: points_c + parent.points_c}
"""
OPPORTUNITY = """\
object: opportunity
fields:
  - {name: weighted_c, type: currency, label: Weighted, formula: amount * probability}
  - {name: share_c, type: percent, label: Share, formula: weighted_c / amount}
  - {name: is_big_c, type: boolean, label: Big, formula: weighted_c >= 50 && account.points_c > 5}
  - {name: days_left_c, type: number, label: Days left, scale: 0, formula: close_date - TODAY()}
  - {name: heads_c, type: currency, label: Heads, formula: account.per_head_c + 1}
  - {name: who_c, type: text, label: Who, formula: 'account.owner & "/" & Account.Owner.Name'}
"""
LINE = """\
object: opportunity_line_item
fields:
  - {name: cheap_c, type: number, label: Cheap, scale: 1, formula: total_price / opportunity.amount * 10}
"""


def define(org: Org, yaml: str) -> None:
    customize(org, *parse_definition(yaml, Customization, "fields.yaml"))


@pytest.fixture(scope="class")
def records(shared: Org) -> Iterator[Org]:
    """Two deals of a client whose parent is in energy, one of that parent, one of nobody; with two lines, one, none, none."""
    for yaml in (ACCOUNT, OPPORTUNITY, LINE):
        define(shared, yaml)
    ann = add(shared, "user", name="Ann", username="ann")
    parent = add(shared, "account", name="Parent", industry="Energy", annual_revenue=100, employees=0, owner=ann)
    client = add(shared, "account", name="Client", parent=parent, annual_revenue=100, employees=3)
    stage = add(shared, "stage", name="Open", position=1)
    deals = {}
    asked = (("a", client, 100, 50), ("b", client, "33.33", 10), ("c", parent, 1000, 5), ("d", None, None, 20))
    for name, account, amount, probability in asked:
        deals[name] = add(shared, "opportunity", name=name, account=account, stage=stage, amount=amount, probability=probability,
                          close_date=date(2026, 5, 20))
    for deal, price in (("a", 5), ("a", 2), ("b", 10)):
        add(shared, "opportunity_line_item", opportunity=deals[deal], total_price=price)
    yield shared


class TestValues:
    def test_in_columns_they_are_what_the_records_say(self, records: Org) -> None:
        fields = ("weighted_c", "share_c", "is_big_c", "days_left_c", "heads_c", "who_c", "account.per_head_c", "account.group_points_c")
        found = rows(ask(records, "opportunities", columns=fields, sort=["name"]))
        assert found == [
            (D("50.00"), D("50.00"), False, D(7), D("34.33"), "/", D("33.33"), D(11)),
            (D("3.33"), D("10.00"), False, D(7), D("34.33"), "/", D("33.33"), D(11)),
            (D("50.00"), D("5.00"), True, D(7), None, "Ann/Ann", None, D(10)),  # 100 / 0 is an error, wherever it is used
            (D("0.00"), None, False, D(7), D("1.00"), "/", None, None),  # no account: nothing is known of it
        ]
        records.today = lambda: TODAY  # type: ignore[method-assign]
        for deal, values in enumerate(found, 1):
            record = Records(records, EVERYTHING).get("opportunity", deal)
            account = record.account
            assert tuple(record[name] for name in fields[:6]) == values[:6]
            assert tuple(account and account[name.partition(".")[2]] for name in fields[6:]) == values[6:]

    def test_in_groups_filters_order_and_buckets(self, records: Org) -> None:
        assert figures(ask(records, "opportunities", by=["account.group_points_c"], show=["weighted_c:sum"])) == {
            ("(blank)",): D("0.00"), ("10",): D("50.00"), ("11",): D("53.33"), (): D("103.33")}
        assert rows(ask(records, "opportunities", columns=["name"], sort=["-weighted_c", "name"],
                        where=[("weighted_c", "greater_than", 0)])) == ["a", "c", "b"]
        assert rows(ask(records, "opportunities", columns=["name"], where=[("is_big_c", "equals", True)])) == ["c"]

    def test_of_a_parent_they_count_once_for_each_parent(self, records: Org) -> None:
        assert figures(ask(records, "opportunities", by=["stage"], show=["account.points_c:sum", "account.points_c:average"])) == {
            ("Open",): (D(11), D(6)), (): (D(11), D(6))}

    def test_of_children_and_of_those_that_are_not_there(self, records: Org) -> None:
        with_or_without = ReportType.model_validate({"label": "T", "primary_object": "opportunity", "related_objects": [
            {"relationship": "line_items"}]})
        asked = ask(records, with_or_without, columns=["name", "line_items.cheap_c", "weighted_c"], sort=["name", "-line_items.cheap_c"],
                    show=["line_items.cheap_c:sum", "weighted_c:sum"])
        assert rows(asked) == [("a", D("0.5"), D("50.00")), ("a", D("0.2"), D("50.00")), ("b", D("3.0"), D("3.33")),
                               ("c", None, D("50.00")), ("d", None, D("0.00"))]
        assert figures(asked) == {(): (D("3.7"), D("103.33"))}

    def test_in_filters_on_related_records(self, records: Org) -> None:
        assert rows(ask(records, "accounts", columns=["name"], where=[
            {"related": "opportunities", "filters": [{"field": "is_big_c", "value": True}]}])) == ["Parent"]

    def test_in_row_formulas_and_buckets(self, records: Org) -> None:
        made = ReportType.model_validate({
            "label": "T", "primary_object": "opportunity",
            "formulas": [{"name": "more", "formula": "Weighted_C + account.points_c", "type": "currency"}],
            "buckets": [{"name": "size", "field": "weighted_c", "ranges": [{"label": "Small", "up_to": 10}, {"label": "Large"}]}]})
        assert rows(ask(records, made, columns=["more", "size"], sort=["name"])) == [
            (D("51.00"), "Large"), (D("4.33"), "Small"), (D("60.00"), "Large"), (D("0.00"), "Small")]


RIGHTS = {name: frozenset({"read", "view_all"}) for name in ("opportunity", "account", "stage", "user")}
NEEDED = {"opportunity.is_big_c", "opportunity.weighted_c", "opportunity.amount", "opportunity.probability", "opportunity.account",
          "account.points_c", "account.industry"}


class TestRights:
    @pytest.mark.parametrize("hidden", sorted(NEEDED))
    def test_whoever_may_not_read_one_of_the_fields_does_not_see_it(self, records: Org, hidden: str) -> None:
        seeing = replace(EVERYTHING, objects=RIGHTS, readable_fields=frozenset(NEEDED))
        blind = replace(seeing, readable_fields=frozenset(NEEDED - {hidden}))
        assert ask(records, "opportunities", user=seeing, columns=["name", "is_big_c"]).withheld == ()
        assert ask(records, "opportunities", user=blind, columns=["name", "is_big_c"]).withheld == ("Big",)
        with pytest.raises(AccessDenied):
            ask(records, "opportunities", user=blind, columns=["name"], where=[("is_big_c", "equals", True)])
        assert "is_big_c" in Records(records, seeing).get("opportunity", 1)
        assert "is_big_c" not in Records(records, blind).get("opportunity", 1)

    @pytest.mark.parametrize("hidden", sorted(NEEDED))
    def test_nor_what_is_made_of_it(self, records: Org, hidden: str) -> None:
        made = ReportType.model_validate({
            "label": "T", "primary_object": "opportunity", "formulas": [{"name": "how", "formula": 'IF(is_big_c, 1, 0)'}],
            "buckets": [{"name": "size", "field": "how", "ranges": [{"label": "Small", "up_to": 0}, {"label": "Large"}]}]})
        blind = replace(EVERYTHING, objects=RIGHTS, readable_fields=frozenset(NEEDED - {hidden}))
        asked = ask(records, made, user=blind, by=["is_big_c", "size"], show=["how:sum", "is_big_c:unique"], columns=["name"], details=True)
        assert (asked.groups, asked.aggregates, set(asked.withheld)) == ((), (), {"Big", "Sum of how", "Unique Big", "how"})
        with pytest.raises(AccessDenied):
            ask(records, "accounts", user=blind, columns=["name"], where=[
                {"related": "opportunities", "filters": [{"field": "is_big_c", "value": True}]}])

    def test_of_records_one_may_not_see_nothing_is_told(self, records: Org) -> None:
        """Clients that are private and of others are as if they were not there."""
        user = replace(EVERYTHING, objects=RIGHTS | {"account": frozenset({"read"})}, sharing={"account": "private"})
        found = rows(ask(records, "opportunities", user=user, columns=["is_big_c", "account.points_c"], sort=["name"]))
        assert found == [(False, None)] * 4
        assert [Records(records, user).get("opportunity", deal).is_big_c for deal in (1, 2, 3, 4)] == [False] * 4


MADE = [{"name": name, "type": type_, "label": name, "formula": formula} for name, type_, formula in (
    ("due", "date", "ADDMONTHS(close_date, 2)"),
    ("season", "text", 'IF(INCLUDES(account.high_season, "Summer"), "S", account.country)'),
    ("part", "percent", "amount / account.annual_revenue"),
    ("worth", "currency", "amount * probability"),
    ("then", "datetime", "created_at + 0.5"),
    ("good", "boolean", 'ISPICKVAL(stage.outcome, "Won") || CONTAINS(name, "a")'))]
DEALS = ReportType(label="T", primary_object="opportunity")
CLIENTS = ReportType.model_validate({"label": "T", "primary_object": "account", "related_objects": [
    {"relationship": "opportunities", "join": "with"}]})


@pytest.mark.parametrize("asked", [
    {"by": ["due/month"], "show": ["worth:sum", "worth:median"]},
    {"by": ["season"], "across": ["good"], "show": ["worth:sum", "part:percentile_90", "then:largest"]},
    {"columns": ["name", "due", "season", "part", "worth", "then", "good"], "sort": ["-worth", "season", "id"], "limit": 20,
     "where": [("due", "greater_than", "TODAY"), ("good", "equals", True),
               {"field": "worth", "operator": "less_or_equal", "other_field": "expected_revenue"}]},
], ids=["summary", "matrix", "tabular"])
def test_the_same_as_a_row_formula(demo_orgs: Org, asked: dict[str, Any]) -> None:
    org = with_formula_fields(demo_orgs, (Customization.model_validate({"object": "opportunity", "fields": MADE}),))
    by_rows = DEALS.model_copy(update={"formulas": tuple(RowFormula.model_validate(one) for one in MADE)})
    by_field, by_row = ask(org, DEALS, **asked), ask(demo_orgs, by_rows, **asked)
    assert (by_field.details, by_field.groups, by_field.cells) == (by_row.details, by_row.groups, by_row.cells)
    assert len(by_field.details) == 20 or len(by_field.cells) > 5


def test_the_same_from_the_parent(demo_orgs: Org) -> None:
    org = with_formula_fields(demo_orgs, (Customization.model_validate({"object": "opportunity", "fields": MADE}),))
    names = ("due", "season", "worth")
    above = ask(org, CLIENTS, columns=[f"opportunities.{name}" for name in names], sort=["opportunities.id"],
                show=["opportunities.worth:sum"])
    here = ask(org, DEALS, columns=names, sort=["id"], show=["worth:sum"], where=[("account.name", "not_equal", "")])
    assert rows(above) == rows(here) != []
    assert figures(above) == figures(here)


def test_a_formula_that_is_broken_says_so(org: Org) -> None:
    """As when a later version has renamed the field."""
    define(org, OPPORTUNITY.partition("  - {name: share")[0])
    stage = add(org, "stage", name="Open", position=1)
    deal = add(org, "opportunity", name="a", stage=stage, amount=1, probability=1)
    table = org.schema.metadata.tables["custom_definitions"]
    with org.begin() as connection:
        stored = connection.execute(table.select()).one().definition
        stored["fields"][0]["formula"] = "amuont * probability"
        connection.execute(update(table).values(definition=stored))
    org.reload()
    for columns in (["name", "weighted_c"], ["name", "stage.name", "weighted_c"]):
        with pytest.raises(DefinitionError) as raised:
            ask(org, "opportunities", columns=columns)
        assert [(one.code, one.message, one.hint) for one in raised.value.problems] == [
            ("broken-formula", "Opportunity Weighted can't be calculated: Opportunity has no field 'amuont'", "did you mean 'amount'?")]
    assert rows(ask(org, "opportunities", columns=["amount"])) == [D("1.00")]
    record = Records(org, EVERYTHING).get("opportunity", deal)
    assert record.amount == D("1.00") and "weighted_c" not in record
    with pytest.raises(DefinitionError, match="can't be calculated"):
        _ = record.weighted_c
