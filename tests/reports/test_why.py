"""Why a record is in a report, or is not: the answer is what the report's rows say, and names what decided."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.errors import AccessDenied, NotFound
from crmlib.model.org import Org
from crmlib.render.why import why_text
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.asked_record import check_may_ask_for, record_called, source_asked
from crmlib.reports.definition import Report
from crmlib.reports.result import OTHER
from crmlib.reports.run_report import prepare, run_report
from crmlib.reports.secure import SecuredPlan
from crmlib.reports.why import Why, why
from crmlib.security.access import Access, access_of
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, joined, report, view_of
from tests.reports.random_reports import TYPES, Asked, fields_of, reports, schema
from tests.reports.whole_reports import logic

FEWER = settings.default.max_examples // 2  # type: ignore[union-attr]


def planned(org: Org, report_type: Any, user: Access = EVERYTHING, **parts: Any) -> SecuredPlan:
    view = view_of(org.schema, report_type)
    parts = parts if "columns" in parts or "show" in parts else parts | {"columns": ["name"]}
    return prepare(definition_of(view.name, parts), view, org, user, TODAY)


def definition_of(report_type: str, parts: dict[str, Any]) -> Report:
    """parts: as `report` takes them, and `having`, and `top` by index of the groupings down."""
    plain = {name: value for name, value in parts.items() if name not in ("having", "top")}
    content = report(report_type, **plain).model_dump() | {"having": parts.get("having", ())}
    for index, top in parts.get("top", {}).items():
        content["groupings_down"][index]["top"] = top
    return Report.model_validate(content)


def asked_why(org: Org, report_type: Any, record: int, of: str = "", user: Access = EVERYTHING, **parts: Any) -> Why:
    return why(org, planned(org, report_type, user, **parts), of, record)


def decided(answer: Why) -> list[str]:
    return [step.kind for step in answer.reasons]


class TestWithout:
    """What the report type is without decides as its own step, whatever the filter logic says."""

    def test_it_is_named(self, shared: Org) -> None:
        record = add(shared, "account", name="Called")
        add(shared, "call", account=record)
        answer = asked_why(shared, joined("account", calls="without"), record, logic="1 OR 2",
                           where=[("name", "equals", "Called"), ("name", "equals", "x")])
        assert [step.text for step in answer.reasons] == ["It must be without Calls that Tester may see"]


# --- Any report


@st.composite
def any_report(draw: st.DrawFn) -> Asked:
    """A random report, with a filter on related records, logic, a condition on figures and top groups as chance will have it."""
    asked = draw(reports())
    parts = dict(asked.parts)
    children = sorted(schema().describe(view_of(schema(), TYPES[asked.type]).sources[""].object).children)
    if children and draw(st.booleans()):
        related = {"related": draw(st.sampled_from(children)), "at_least": draw(st.integers(1, 3)), "without": draw(st.booleans())}
        parts["where"] = [*parts["where"], related]
    numbers = [str(number) for number in range(1, len(parts["where"]) + 1)]
    if numbers and draw(st.booleans()):
        parts["logic"] = logic(draw, numbers)
    windowed = [one for one in parts["show"] if one == "record_count" or AGGREGATES[one.rpartition(":")[2]].window is not None]
    counting = [one for one in windowed if one.endswith(("record_count", ":unique", ":sum"))]
    if parts["by"] and counting and draw(st.booleans()):
        parts["having"] = [{"aggregate": draw(st.sampled_from(counting)), "operator": "greater_than", "value": draw(st.integers(0, 9))}]
    parts["top"] = {index: draw(st.integers(1, 3)) for index, one in enumerate(parts["by"])
                    if one.partition("@")[2] in windowed and may_have_top(asked.type, one)}
    return Asked(asked.type, asked.user, parts)


def may_have_top(type_name: str, written: str) -> bool:
    """Dates and the like have an order of their own, in which there is no place for Other."""
    path = written.removeprefix("-").partition("@")[0]
    return "/" not in path and fields_of(type_name)[path].field.family in ("text", "picklist", "lookup")


@pytest.fixture(scope="session")
def access(demo_org: Org) -> Any:
    return cache(lambda name: access_of(demo_org, name) if name else EVERYTHING)


@pytest.mark.random
@settings(max_examples=FEWER)
@given(asked=any_report(), on=st.integers(0, 2), data=st.data())
def test_the_answer_is_what_the_rows_say(asked: Asked, on: int, data: st.DataObject, access: Any, demo_org: Org, demo_org_postgres: Org,
                                         demo_org_column: Org) -> None:
    org = (demo_org, demo_org_postgres, demo_org_column)[on]
    view, user = view_of(org.schema, TYPES[asked.type]), access(asked.user)
    try:
        plan = prepare(definition_of(view.name, asked.parts), view, org, user, TODAY)
    except AccessDenied:
        return
    path = data.draw(st.sampled_from([source.path for source in plan.sources]), "source")
    definition = definition_of(view.name, {**asked.parts, "columns": [f"{path}.id" if path else "id"]})
    result = run_report(definition, view, org, user, TODAY)
    if not result.columns:
        with pytest.raises(NotFound):  # a lookup that the user may not see
            source_asked(plan, path, org.schema)
        return
    places: dict[Any, Counter] = {}
    for row in result.details:
        places.setdefault(row.values[0], Counter())[row.key, row.across] += 1
    there = data.draw(st.sampled_from(sorted(places, key=str)), "there") if places else 1
    for record in {there, data.draw(st.integers(1, 450), "other")} - {None}:
        answer = why(org, plan, path, record)
        assert answer.is_there == (record in places), (record, answer)
        assert Counter({(one.down, one.across): one.rows for one in answer.places}) == places.get(record, Counter())
        assert bool(answer.reasons) != answer.is_there and all(not step.holds for step in answer.reasons)
        assert not answer.is_there or all(step.holds for step in answer.steps if step.kind not in ("filter", "top"))
        assert why_text(answer)


# --- What decides


class TestWhatDecides:
    """name       amount  stage  account  products             calls
    Canteen    500     Open   Acme     Hardware, Service    2
    Printers   900     Won    Acme     Hardware             none
    Shelves    100     Open   Brick    none                 none
    Gone       700     Open   Acme     none                 none       deleted
    """

    @pytest.fixture(scope="class")
    @classmethod
    def deals(cls, shared: Org) -> dict[str, int]:
        ids = {"Maria": add(shared, "user", name="Maria", username="maria")}
        for place, name in enumerate(("Open", "Won")):
            ids[name] = add(shared, "stage", name=name, outcome=name, position=place)
        for kind, names in (("account", ("Acme", "Brick")), ("product", ("Hardware", "Service"))):
            ids |= {name: add(shared, kind, name=name, owner=ids["Maria"]) for name in names}
        for name, amount, stage, account, products in (
                ("Canteen", 500, "Open", "Acme", ("Hardware", "Service")), ("Printers", 900, "Won", "Acme", ("Hardware",)),
                ("Shelves", 100, "Open", "Brick", ()), ("Gone", 700, "Open", "Acme", ())):
            gone = datetime(2026, 5, 1, tzinfo=UTC) if name == "Gone" else None
            ids[name] = add(shared, "opportunity", name=name, amount=Decimal(amount), stage=ids[stage], account=ids[account],
                            owner=ids["Maria"], close_date=TODAY, deleted_at=gone)
            for product in products:
                ids[f"{name} {product}"] = add(shared, "opportunity_line_item", opportunity=ids[name], product=ids[product])
        for _ in range(2):
            add(shared, "call", opportunity=ids["Canteen"], starts_at=datetime(2026, 5, 1, 9, tzinfo=UTC))
        return ids

    def test_it_is_there_in_its_groups(self, shared: Org, deals: dict[str, int]) -> None:
        answer = asked_why(shared, "opportunities_with_line_items", deals["Canteen"], by=["line_items.product.name"], across=["stage"],
                           show=["record_count"])
        assert answer.is_there and answer.name == "Canteen" and not answer.reasons
        assert [(one.labels_down, one.labels_across, one.rows) for one in answer.places] == [
            (("Hardware",), ("Open",), 1), (("Service",), ("Open",), 1)]
        assert [one.down for one in answer.places] == [("Hardware",), ("Service",)]

    def test_no_record_and_a_deleted_one(self, shared: Org, deals: dict[str, int]) -> None:
        nothing = asked_why(shared, "opportunities", 4711)
        assert (nothing.is_there, nothing.name, decided(nothing)) == (False, "", ["record"])
        gone = asked_why(shared, "opportunities", deals["Gone"])
        assert not gone.is_there and gone.reasons[0].found[0].label == "deleted"

    def test_an_object_that_it_must_be_joined_with(self, shared: Org, deals: dict[str, int]) -> None:
        answer = asked_why(shared, "opportunities_with_line_items", deals["Shelves"])
        assert decided(answer) == ["join"] and "Opportunity Line Items" in answer.reasons[0].text

    def test_every_filter_that_fails_is_named_with_the_value(self, shared: Org, deals: dict[str, int]) -> None:
        answer = asked_why(shared, "opportunities", deals["Printers"], where=[
            ("amount", "less_than", 600), ("account", "equals", "Acme"), ("stage.outcome", "equals", "Open")])
        assert [(step.text, step.found[0].values) for step in answer.reasons] == [
            ("Filter 1: Amount is less than 600", (Decimal(900),)), ("Filter 3: Stage Outcome equals Open", ("Won",))]

    def test_with_logic_the_logic_decides(self, shared: Org, deals: dict[str, int]) -> None:
        where, either = [("amount", "greater_than", 600), ("account", "equals", "Acme")], "1 OR 2"
        assert asked_why(shared, "opportunities", deals["Canteen"], where=where, logic=either).is_there
        answer = asked_why(shared, "opportunities", deals["Shelves"], where=where, logic=either)
        assert decided(answer) == ["logic"] and [step.holds for step in answer.steps] == [True, False, False, False]

    def test_filters_that_hold_in_different_rows(self, shared: Org, deals: dict[str, int]) -> None:
        """Canteen has Hardware and has Service, but no row has both."""
        where = [("line_items.product", "equals", name) for name in ("Hardware", "Service")]
        answer = asked_why(shared, "opportunities_with_line_items", deals["Canteen"], where=where)
        assert [step.holds for step in answer.steps] == [True, True, True, True, False]
        assert decided(answer) == ["logic"] and not answer.steps[2].in_all

    def test_related_records_are_counted(self, shared: Org, deals: dict[str, int]) -> None:
        where = [{"related": "calls", "at_least": 3}]
        answer = asked_why(shared, "opportunities", deals["Canteen"], where=where)
        assert answer.reasons[0].found[0].values == (2,)
        assert "(found: 2)" in why_text(answer)

    def test_two_fields_are_both_told(self, shared: Org, deals: dict[str, int]) -> None:
        where = [{"field": "amount", "operator": "less_than", "other_field": "expected_revenue"}]
        answer = asked_why(shared, "opportunities", deals["Canteen"], where=where)
        assert [one.values for one in answer.reasons[0].found] == [(Decimal(500),), (None,)]

    def test_the_scope(self, shared: Org, deals: dict[str, int]) -> None:
        assert decided(asked_why(shared, "opportunities", deals["Canteen"], scope="mine")) == ["scope"]
        assert asked_why(shared, "opportunities", deals["Canteen"], scope="mine", user=as_maria(shared, deals)).is_there

    def test_the_row_limit(self, shared: Org, deals: dict[str, int]) -> None:
        answer = asked_why(shared, "opportunities", deals["Canteen"], sort=["-amount"], limit=1)
        assert decided(answer) == ["row limit"] and answer.reasons[0].found[0].values == (2,)
        assert asked_why(shared, "opportunities", deals["Printers"], sort=["-amount"], limit=1).is_there

    def test_a_condition_on_groups(self, shared: Org, deals: dict[str, int]) -> None:
        having = [{"aggregate": "record_count", "operator": "greater_than", "value": 0},
                  {"aggregate": "amount:sum", "operator": "greater_than", "value": 1000}]
        parts = {"by": ["account"], "show": ["amount:sum", "record_count"], "having": having}
        answer = asked_why(shared, "opportunities", deals["Shelves"], **parts)
        assert decided(answer) == ["having"] and answer.reasons[0].found[0].values == (Decimal(100),)
        assert answer.reasons[0].found[0].label == "Brick"
        assert asked_why(shared, "opportunities", deals["Canteen"], **parts).is_there

    def test_beyond_the_top_it_stands_in_other(self, shared: Org, deals: dict[str, int]) -> None:
        answer = asked_why(shared, "opportunities", deals["Shelves"], by=["-account@amount:sum"], show=["amount:sum"], top={0: 1})
        assert answer.is_there and answer.places[0].down == (OTHER,) and answer.places[0].labels_down == ("Other",)
        assert answer.steps[-1].kind == "top" and answer.steps[-1].found[0].values == ("Brick",)

    def test_a_record_of_another_source(self, shared: Org, deals: dict[str, int]) -> None:
        plan = planned(shared, "opportunities_with_line_items", columns=["account.industry"])
        assert source_asked(plan, "opportunity_line_item", shared.schema).path == "line_items"
        account = source_asked(plan, "account", shared.schema).path
        assert why(shared, plan, account, deals["Acme"]).is_there
        brick = why(shared, plan, account, deals["Brick"])
        assert decided(brick) == ["join"]
        assert why(shared, plan, "line_items", deals["Canteen Service"]).is_there

    def test_the_primary_object_comes_before_others_of_its_kind(self, shared: Org, deals: dict[str, int]) -> None:
        plan = planned(shared, "accounts_with_subsidiaries")
        assert [source_asked(plan, name, shared.schema).path for name in ("", "account", "subsidiaries")] == ["", "", "subsidiaries"]

    def test_a_record_that_nothing_leads_to(self, shared: Org, deals: dict[str, int]) -> None:
        lonely = add(shared, "account", name="Lonely")
        plan = planned(shared, "opportunities", columns=["account.industry"])
        answer = why(shared, plan, "account", lonely)
        assert decided(answer) == ["join"] and "reached from Opportunity" in answer.reasons[0].text

    def test_names(self, shared: Org, deals: dict[str, int]) -> None:
        plan = planned(shared, "opportunities", columns=["owner.name", "created_by.name"])
        source = source_asked(plan, "opportunity", shared.schema)
        assert record_called(shared, plan, source, "canTEEN") == deals["Canteen"]
        for name, code in (("Nobody", "unknown-record"), ("Gone", "unknown-record")):
            with pytest.raises(NotFound) as error:
                record_called(shared, plan, source, name)
            assert error.value.codes == [code]
        for name, code in (("user", "several-sources"), ("campaign", "unknown-source")):
            with pytest.raises(NotFound) as error:
                source_asked(plan, name, shared.schema)
            assert error.value.codes == [code]


# --- Rights


def as_maria(org: Org, ids: dict[str, int], **changes: Any) -> Access:
    """Reads everything, but of private objects only her own records."""
    everything = {"user_id": ids["Maria"], "username": "maria", "name": "Maria", "role_id": None, "objects": {"*": frozenset(["read"])},
                  "readable_fields": frozenset("*"), "editable_fields": frozenset(), "sharing": {}}
    return Access(**{**everything, **changes})


class TestRights:
    """Two deals: one of Maria's, one of Joris's."""

    @pytest.fixture(scope="class")
    @classmethod
    def ids(cls, shared: Org) -> dict[str, int]:
        ids = {name: add(shared, "user", name=name, username=name.lower()) for name in ("Maria", "Joris")}
        account = add(shared, "account", name="Acme")
        stage = add(shared, "stage", name="Open", outcome="Open", position=1)
        for name in ("Maria", "Joris"):
            ids[f"of {name}"] = add(shared, "opportunity", name=f"Deal of {name}", owner=ids[name], stage=stage, account=account,
                                    close_date=TODAY)
        return ids | {"Acme": account}

    def test_a_hidden_record_is_as_one_that_is_not_there(self, shared: Org, ids: dict[str, int]) -> None:
        maria = as_maria(shared, ids)
        hidden = asked_why(shared, "opportunities", ids["of Joris"], user=maria)
        nothing = asked_why(shared, "opportunities", 4711, user=maria)
        assert why_text(hidden).replace(str(ids["of Joris"]), "4711") == why_text(nothing)
        assert asked_why(shared, "opportunities", ids["of Maria"], user=maria).is_there

    def test_a_hidden_record_has_no_name(self, shared: Org, ids: dict[str, int]) -> None:
        plan = planned(shared, "opportunities", as_maria(shared, ids))
        with pytest.raises(NotFound):
            record_called(shared, plan, plan.sources[0], "Deal of Joris")

    def test_administrators_ask_for_others(self, shared: Org, ids: dict[str, int]) -> None:
        plan, own = planned(shared, "opportunities", as_maria(shared, ids)), planned(shared, "opportunities")
        check_may_ask_for(EVERYTHING, plan, own, shared.schema)
        answer = why(shared, plan, "", ids["of Joris"], by_administrator=True)
        assert (answer.user, answer.is_there, answer.name, decided(answer)) == ("Maria", False, "Deal of Joris", ["record"])
        assert "owned by maria" in answer.reasons[0].text

    def test_others_may_not(self, shared: Org, ids: dict[str, int]) -> None:
        maria = as_maria(shared, ids)
        with pytest.raises(AccessDenied) as denied:
            check_may_ask_for(maria, planned(shared, "opportunities"), planned(shared, "opportunities", maria), shared.schema)
        assert set(denied.value.codes) == {"not-all-records"}

    def test_a_hidden_lookup_tells_nothing(self, shared: Org, ids: dict[str, int]) -> None:
        parts = {"columns": ["name", "account.industry"]}
        blind = as_maria(shared, ids, readable_fields=frozenset(["account.*"]))
        with pytest.raises(NotFound) as error:
            source_asked(planned(shared, "opportunities", blind, **parts), "account", shared.schema)
        assert error.value.codes == ["unknown-source"]
        assert source_asked(planned(shared, "opportunities", as_maria(shared, ids), **parts), "account", shared.schema).path == "account"
