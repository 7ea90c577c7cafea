"""What a report does with objects and fields its user may not see: refuses, or leaves out and says so. Never guesses, never leaks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crmlib.errors import AccessDenied
from crmlib.model.org import Org
from crmlib.reports.compile_plan import compile_plan
from crmlib.reports.definition import ReportType
from crmlib.reports.make_plan import make_plan
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from tests.conftest import TODAY, add
from tests.reports.asking import ask, figures, joined, labels, report, rows, view_of
from tests.security.world import World, make_world

D = Decimal
FIELDS = ("opportunity.stage", "opportunity.account", "opportunity.owner", "opportunity.close_date", "opportunity_line_item.*",
          "account.owner", "contact.account", "contact.birthday", "user.*", "stage.outcome")
"""Of opportunities neither amount nor type; of accounts not the industry; of stages not the position; no contact's city."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    org = Org.open(request.getfixturevalue({"sqlite": "new_sqlite", "postgresql": "new_postgres"}[request.param])())
    request.addfinalizer(org.engine.dispose)
    world = make_world(org)
    readable = ("opportunity", "opportunity_line_item", "account", "contact", "user", "stage")
    world.grant("tom", objects=dict.fromkeys(readable, "read") | {"opportunity": "read view_all"}, fields=FIELDS)
    add(org, "stage", name="Aardvark", position=9, outcome="Open")
    add(org, "opportunity", name="late", stage=2, owner=world.users["tom"], account=world.accounts["tom"], close_date=TODAY, amount=3)
    return world


def asked(world: World, report_type: str | ReportType = "opportunities", **parts: Any) -> ReportResult:
    return ask(world.org, report_type, user=world.access("tom"), **parts)


def refusal(world: World, report_type: str | ReportType = "opportunities", **parts: Any) -> list[str]:
    with pytest.raises(AccessDenied) as error:
        asked(world, report_type, **parts)
    return error.value.codes


class TestObjects:
    def test_a_primary_object_refuses(self, world: World) -> None:
        assert refusal(world, "cases", columns=["name"]) == ["object-hidden"]

    def test_a_related_object_refuses(self, world: World) -> None:
        assert refusal(world, "opportunities_with_stage_changes", columns=["name"]) == ["object-hidden"]

    def test_so_does_one_with_or_without(self, world: World) -> None:
        """Nothing of cases would be shown, but how many rows there are would tell."""
        outer = ReportType.model_validate({"label": "T", "primary_object": "account", "related_objects": [{"relationship": "cases"}]})
        assert refusal(world, outer, columns=["name"]) == ["object-hidden"]

    def test_every_reason_at_once(self, world: World) -> None:
        both = ReportType.model_validate({"label": "T", "primary_object": "account", "related_objects": [
            {"relationship": "cases"}, {"relationship": "tasks"}, {"relationship": "opportunities"}]})
        assert refusal(world, both, columns=["name"]) == ["object-hidden", "object-hidden"]

    def test_a_lookup_is_withheld(self, world: World) -> None:
        result = asked(world, columns=["name", "campaign", "price_book.name"])
        assert [column.name for column in result.columns] == ["name"] and result.withheld == ("Campaign", "Price book")

    def test_a_hidden_lookup_between_related_objects_refuses(self, world: World) -> None:
        """Joining contacts to accounts by a lookup that one may not see would tell it."""
        world.grant("sue", objects={"account": "read", "contact": "read"}, fields=("contact.city",))
        with pytest.raises(AccessDenied) as error:
            ask(world.org, "accounts_with_contacts", user=world.access("sue"), columns=["name"])
        assert error.value.codes == ["relationship-hidden"]
        assert asked(world, "accounts_with_contacts", columns=["contacts.birthday"]).row_count == 0


class TestWithout:
    """What a report type is without: what a user may not see is not there for them, and must not tell itself by its absence."""

    SHAPE = joined("account", opportunities="without")

    def test_a_hidden_child_counts_as_none(self, world: World) -> None:
        """Mia sees her own deal only; the clients of the others look to her as if they had none."""
        world.grant("mia", objects={"account": "read", "opportunity": "read"})
        result = ask(world.org, self.SHAPE, user=world.access("mia"), columns=["name"], sort=["name"])
        assert rows(result) == ["dora", "max", "sue", "tom"]
        assert rows(ask(world.org, self.SHAPE, columns=["name"])) == []

    def test_an_object_that_may_not_be_read_refuses(self, world: World) -> None:
        assert refusal(world, joined("account", cases="without"), columns=["name"]) == ["object-hidden"]

    def test_so_does_a_lookup_on_which_a_related_object_hangs(self, world: World) -> None:
        """Which campaign a deal is of would be told by the leads beside it; and of a user by what hangs on them."""
        assert refusal(world, joined("opportunity", campaign__leads="with"), columns=["name"]) == [
            "object-hidden", "object-hidden"]  # campaigns and leads
        assert refusal(world, joined("opportunity", contact__account_roles="with"), columns=["name"])[0] == "relationship-hidden"
        asked(world, joined("opportunity", account__contacts="with_or_without"), columns=["name", "account.contacts.birthday"])

    def test_so_does_the_lookup_between(self, world: World) -> None:
        world.grant("zoe", objects={"account": "read", "opportunity": "read view_all"}, fields=("opportunity.stage",))
        with pytest.raises(AccessDenied) as error:
            ask(world.org, self.SHAPE, user=world.access("zoe"), columns=["name"])
        assert error.value.codes == ["relationship-hidden"]


class TestInDevelopment:
    SHAPE = ReportType(label="Not ready", primary_object="account", deployed=False)

    def test_is_for_those_who_build_report_types(self, world: World) -> None:
        assert refusal(world, self.SHAPE, columns=["name"]) == ["in-development"]
        assert ask(world.org, self.SHAPE, columns=["name"]).row_count == len(world.accounts)


class TestFilters:
    @pytest.mark.parametrize("field", ["amount", "account.industry", "account.owner.role", "campaign", "stage.position"])
    def test_a_hidden_field_refuses(self, world: World, field: str) -> None:
        assert refusal(world, columns=["name"], where=[("name", "contains", "a"), (field, "equals", None)]) == ["filter-hidden"]

    def test_a_scope_goes_by_the_owner(self, world: World) -> None:
        world.grant("zoe", objects={"account": "read"}, fields=("account.city",))
        for scope in ("mine", "team"):
            with pytest.raises(AccessDenied) as error:
                ask(world.org, "accounts", user=world.access("zoe"), columns=["name"], scope=scope)
            assert error.value.codes == ["filter-hidden"]

    def test_also_when_drilling_down(self, world: World) -> None:
        assert refusal(world, by=["owner"], show=["record_count"], where=[("amount", "greater_than", 5)], within=()) == ["filter-hidden"]

    def test_a_hidden_field_that_is_asked_for_takes_no_value(self, world: World) -> None:
        """Without one it filters nothing, so nothing can be guessed."""
        asking = report("opportunities", columns=["name"], where=[{"field": "amount", "ask": "Amount"}])
        view, tom = view_of(world.org.schema, "opportunities"), world.access("tom")
        assert run_report(asking, view, world.org, tom, TODAY).row_count > 0
        with pytest.raises(AccessDenied) as error:
            run_report(asking, view, world.org, tom, TODAY, parameters={"amount": 3})
        assert error.value.codes == ["filter-hidden"]

    def test_what_may_be_seen_filters(self, world: World) -> None:
        assert rows(asked(world, columns=["name"], where=[("account.owner", "equals", "mia")])) == ["mia"]
        assert rows(asked(world, columns=["name"], where=[("stage.outcome", "equals", "Open"), ("id", "equals", 1)])) == ["dora"]


class TestRelatedRecords:
    def test_of_an_object_that_is_hidden(self, world: World) -> None:
        assert refusal(world, columns=["name"], where=[{"related": "stage_changes"}]) == ["object-hidden"]
        assert refusal(world, columns=["name"], where=[{"related": "line_items", "without": True, "filters": [
            {"related": "product.price_book_entries"}]}]) == ["object-hidden"]

    def test_by_a_field_that_is_hidden(self, world: World) -> None:
        hidden = {"related": "contacts", "filters": [{"field": "city", "value": "Ghent"}]}
        assert refusal(world, "accounts", columns=["name"], where=[hidden]) == ["filter-hidden"]
        assert refusal(world, columns=["name"], where=[{"related": "account.contacts", "filters": [
            {"field": "name", "other_field": "position"}]}]) == ["filter-hidden"]

    def test_by_a_lookup_that_is_hidden(self, world: World) -> None:
        world.grant("max", objects={"account": "read", "contact": "read"}, fields=("contact.city",))
        with pytest.raises(AccessDenied) as error:
            ask(world.org, "accounts", user=world.access("max"), columns=["name"], where=[{"related": "contacts"}])
        assert error.value.codes == ["relationship-hidden"]

    def test_beside_a_field_that_is_hidden(self, world: World) -> None:
        assert refusal(world, "accounts", columns=["name"], where=[{"field": "owner", "other_field": "created_by"}]) == ["filter-hidden"]
        assert refusal(world, columns=["name"], where=[{"field": "name", "other_field": "next_step"}]) == ["filter-hidden"]


class TestWithheld:
    def test_columns(self, world: World) -> None:
        result = asked(world, columns=["name", "amount", "account", "account.industry", "type"], sort=["name"], limit=2)
        assert rows(result) == [("dora", "dora"), ("late", "tom")]
        assert result.withheld == ("Amount", "Account Industry", "Type")

    def test_aggregates(self, world: World) -> None:
        result = asked(world, by=["owner"], show=["amount:sum", "record_count", "type:unique", "account:unique"])
        assert [aggregate.name for aggregate in result.aggregates] == ["record_count", "account:unique"]
        assert figures(result)[()] == (6, 5)
        assert result.withheld == ("Sum of Amount", "Unique Type")

    def test_a_grouping_among_others(self, world: World) -> None:
        result = asked(world, by=["owner", "type", "stage"], show=["record_count"])
        assert [grouping.name for grouping in result.groupings] == ["owner", "stage"]
        assert figures(result)[("Tom", "Open")] == 1 and result.withheld == ("Type",)

    def test_the_only_grouping(self, world: World) -> None:
        """What is left is the grand total; the rows do not show instead."""
        result = asked(world, by=["type"], show=["record_count"], columns=["name"])
        assert (result.groups, result.details, result.is_cut, figures(result)) == ((), (), False, {(): 6})

    def test_a_sort(self, world: World) -> None:
        """Sorted by amount, the order would tell who has the larger."""
        result = asked(world, columns=["name"], sort=["-amount", "name"])
        assert rows(result) == ["dora", "late", "max", "mia", "sue", "tom"] and result.withheld == ("Amount",)

    def test_a_sort_under_a_row_limit_refuses(self, world: World) -> None:
        assert refusal(world, columns=["name"], sort=["-amount"], limit=1) == ["sort-hidden"]

    def test_an_order_behind_a_lookup(self, world: World) -> None:
        """Stages stand in the order of their position, which is hidden: then by name."""
        assert labels(asked(world, by=["stage"], show=["record_count"])) == ["Aardvark", "Open"]
        admin = world.access("dora") if world.grant("dora", objects={"*": "read view_all"}) else None
        assert admin and labels(ask(world.org, "opportunities", user=admin, by=["stage"], show=["record_count"])) == ["Open", "Aardvark"]

    def test_an_order_by_a_figure(self, world: World) -> None:
        """Owners in the order of their amounts would tell who has the largest."""
        result = asked(world, by=["-owner@amount:sum"], show=["amount:sum", "record_count"])
        assert result.withheld == ("Sum of Amount",)
        by_name = asked(world, by=["-owner"], show=["record_count"])
        assert labels(result) == labels(by_name)

    def test_groupings_of_a_matrix(self, world: World) -> None:
        result = asked(world, by=["owner"], across=["type", "stage"], show=["record_count"])
        assert ([one.name for one in result.groupings], [one.name for one in result.across]) == (["owner"], ["stage"])
        assert result.withheld == ("Type",) and {group.label for group in result.groups_across} == {"Aardvark", "Open"}

    def test_everything(self, world: World) -> None:
        result = asked(world, columns=["amount"], show=["amount:sum"], sort=["amount"])
        assert (result.columns, result.aggregates, result.withheld) == ((), (), ("Amount", "Sum of Amount"))
        assert [row.values for row in result.details] == [()] * 6

    def test_each_label_once(self, world: World) -> None:
        assert asked(world, columns=["name", "type"], by=["type"], show=["record_count"]).withheld == ("Type",)

    def test_names_and_ids_are_always_there(self, world: World) -> None:
        result = asked(world, columns=["id", "name", "account.id", "account.name"], where=[("id", "equals", 3)])
        assert rows(result) == [(3, "mia", world.accounts["mia"], "mia")] and result.withheld == ()

    def test_a_drill_down_shows_no_more(self, world: World) -> None:
        result = asked(world, by=["type", "owner"], show=["amount:sum", "record_count"], columns=["name", "amount"],
                       within=(world.users["mia"],))
        assert [column.name for column in result.columns] == ["name", "owner.name"]
        assert rows(result) == [("mia", "Mia")]


def test_an_unsecured_plan_is_not_compiled(world: World) -> None:
    """mypy refuses it; and it does not work either."""
    view = view_of(world.org.schema, "opportunities")
    plan = make_plan(report("opportunities", columns=["name"]), view, world.org.settings, TODAY)
    with pytest.raises(AttributeError, match="rules"):
        compile_plan(plan, world.org.schema)  # type: ignore[arg-type]
