"""What a report asks when it runs: what may be asked, values and their faults, conditions without a value, addresses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from crmlib.errors import InvalidData
from crmlib.model.org import Org, Settings
from crmlib.model.schema import Schema
from crmlib.reports.catalog import Catalog, name_for
from crmlib.reports.definition import CrossFilter, Filter, Report
from crmlib.reports.filter_logic import without
from crmlib.reports.parameters import Parameter, Values, address, answered, answers_to, asked_by, parameters_of, read_address
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import explain, prepare, run_report
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, labels, view_of
from tests.reports.random_reports import schema
from tests.reports.test_cases import CASES, REPORT_TYPES, with_formula_fields

PERIOD = {"field": "close_date", "value": "THIS_MONTH", "ask": "Period"}
CALLED = {"related": "calls", "filters": [{"field": "starts_at", "ask": "Period"}, {"field": "direction", "value": "Inbound"}]}
DEALS = {"aggregate": "record_count", "operator": "greater_or_equal", "value": 1, "ask": "At least deals"}


def report(*filters: dict[str, Any], logic: str = "", having: tuple[dict[str, Any], ...] = ()) -> Report:
    return Report.model_validate({
        "label": "Asked", "report_type": "opportunities", "format": "summary", "groupings_down": [{"field": "name"}],
        "aggregates": [{"aggregate": "record_count"}, {"field": "amount", "aggregate": "sum"}],
        "filters": filters, "filter_logic": logic, "having": having})


def parameters(asked: Report, schema: Schema) -> tuple[Parameter, ...]:
    return parameters_of(asked_by(asked, view_of(schema, asked.report_type)))


def answer(asked: Report, schema: Schema, values: Values) -> Report:
    return answered(asked, answers_to(parameters(asked, schema), values, TODAY, Settings()))


@pytest.fixture(scope="module")
def model() -> Schema:
    return schema()


class TestWhatIsAsked:
    def test_name_label_type_default_and_choices(self, model: Schema) -> None:
        asked = parameters(report(PERIOD, {"field": "type", "value": ["Existing business", "New business"], "ask": "Type of deal"},
                                  {"field": "owner", "ask": "Manager"}, {"field": "is_open", "ask": "x"}, having=(DEALS,)), model)
        period, kind, manager, deals = asked
        assert (period.name, period.label, period.type, period.default) == ("period", "Period", "date", "THIS_MONTH")
        assert {"THIS_MONTH", "LAST_N_DAYS:30"} < set(period.choices)
        assert (kind.name, kind.type, kind.default) == ("type_of_deal", "picklist", ("Existing business", "New business"))
        assert kind.choices == ("New business", "Existing business")
        assert (manager.type, manager.to, manager.default, manager.choices) == ("lookup", "user", None, ())
        assert (deals.name, deals.type, deals.default) == ("at_least_deals", "integer", 1)

    def test_one_label_is_one_question(self, model: Schema) -> None:
        """Also of a figure, of related records, and with a default said once."""
        [period] = parameters(report(CALLED, PERIOD), model)
        assert (period.default, len(period.asked)) == ("THIS_MONTH", 2)

    def test_choices_are_those_that_fit_everywhere(self, model: Schema) -> None:
        [priority] = parameters(Report.model_validate({
            "label": "x", "report_type": "cases", "columns": ["name"], "filters": [
                {"field": "priority", "ask": "Priority"},
                {"related": "tasks", "filters": [{"field": "priority", "ask": "Priority"}]}]}), model)
        assert priority.choices == ("Low", "Normal", "High")  # a case may be urgent, a task may not


class TestAnswers:
    @pytest.mark.parametrize(("values", "expected"), [
        ({}, ["THIS_MONTH", "THIS_MONTH"]), ({"period": "last month"}, ["last month", "last month"]),
        ({"Period": date(2026, 5, 1)}, [date(2026, 5, 1)] * 2), ({"period": ["TODAY", "YESTERDAY"]}, [("TODAY", "YESTERDAY")] * 2),
    ])
    def test_stand_in_each_condition(self, model: Schema, values: dict[str, Any], expected: list[Any]) -> None:
        filled = answer(report(PERIOD, CALLED), model, values)
        deal, calls = filled.filters
        assert isinstance(deal, Filter) and isinstance(calls, CrossFilter) and isinstance(calls.filters[0], Filter)
        assert [deal.value, calls.filters[0].value] == expected
        assert parameters(filled, model) == ()

    @pytest.mark.parametrize("nothing", [None, "", [], " "])
    def test_no_value_leaves_the_condition_out(self, model: Schema, nothing: Any) -> None:
        asked = report(PERIOD, CALLED, {"field": "type", "value": "Existing business"}, logic="(1 OR 2) AND NOT 3", having=(DEALS,))
        filled = answer(asked, model, {"period": nothing, "at least deals": nothing})
        called, _ = filled.filters
        assert isinstance(called, CrossFilter)
        assert [one.field for one in called.filters if isinstance(one, Filter)] == ["direction"]
        assert (filled.filter_logic, filled.having) == ("(1 AND NOT 2)", ())

    def test_every_fault_at_once_by_its_name(self, model: Schema) -> None:
        asked = report(PERIOD, CALLED, {"field": "type", "ask": "Type"}, {"field": "amount", "ask": "Amount"}, having=(DEALS,))
        with pytest.raises(InvalidData) as caught:
            answer(asked, model, {
                "perod": "TODAY", "period": "NEXT_MOTH", "type": "Existing busines", "amount": "0.125", "at_least_deals": {"a": 1},
            })
        problems = {problem.where: (problem.code, problem.message, problem.hint) for problem in caught.value.problems}
        assert problems["perod"] == ("unknown-parameter", "the report does not ask for 'perod'", "did you mean 'period'?")
        assert problems["period"][0] == "bad-value" and "did you mean 'NEXT_MONTH'?" in problems["period"][1]
        assert problems["type"][2] == "did you mean 'Existing business'?"
        assert "more than 2 digits" in problems["amount"][1]
        assert problems["at_least_deals"][:2] == ("bad-value", "At least deals: {'a': 1} is neither a value nor a list of values")
        assert len(caught.value.problems) == 5

    def test_a_report_that_asks_nothing_takes_nothing(self, model: Schema) -> None:
        with pytest.raises(InvalidData) as caught:
            answer(report({"field": "amount", "value": 1}), model, {"amount": 2})
        assert caught.value.problems[0].hint == "it asks for nothing"


def test_blocks_of_a_joined_report_have_one_answer_together(model: Schema) -> None:
    """Each on its own report type; what one of them asks, the others need not."""
    deals, calls = report(PERIOD, {"field": "owner", "ask": "Manager"}), Report.model_validate(
        {"label": "Calls", "report_type": "calls", "columns": ["name"], "filters": [{"field": "starts_at", "ask": "Period"}]})
    asked = [one for number, block in enumerate((deals, calls))
             for one in asked_by(block, view_of(model, block.report_type), ("blocks", number))]
    assert [one.place for one in asked] == [("blocks", 0, "filters", 0), ("blocks", 0, "filters", 1), ("blocks", 1, "filters", 0)]
    answers = answers_to(parameters_of(asked), {"period": "TODAY"}, TODAY, Settings())
    filled = [answered(block, answers).filters for block in (deals, calls)]
    assert [[one.value for one in filters if isinstance(one, Filter)] for filters in filled] == [["TODAY"], ["TODAY"]]


@pytest.mark.parametrize("name", CASES)
def test_every_case_means_the_same_when_its_values_are_asked_for(name: str, demo_org: Org) -> None:
    """Given as text, as an address has them; the defaults are none."""
    case = CASES[name]
    org = with_formula_fields(demo_org, case.formula_fields) if case.formula_fields else demo_org
    given: dict[str, Any] = {}

    def asking(condition: Any, place: str) -> Any:
        if isinstance(condition, CrossFilter):
            return condition.model_copy(update={"filters": tuple(asking(one, f"{place} {at}") for at, one in enumerate(condition.filters))})
        if condition.ask or getattr(condition, "other_field", None) or all(value in (None, "") for value in condition.values):
            return condition
        given[name_for(place)] = condition.value
        return condition.model_copy(update={"ask": place, "value": None})

    asked = case.report.model_copy(update={
        "filters": tuple(asking(one, f"Filter {at}") for at, one in enumerate(case.report.filters)),
        "having": tuple(asking(one, f"Having {at}") for at, one in enumerate(case.report.having))})
    view = ReportTypeView("type", case.report_type, org.schema) if case.report_type else (
        Catalog(REPORT_TYPES, org.schema).report_type(case.report.report_type))
    _, values = read_address(address("a/b", given))
    plain = prepare(case.report, view, org, EVERYTHING, TODAY, parameters=case.parameters)
    filled = prepare(asked, view, org, EVERYTHING, TODAY, parameters=values | case.parameters)
    assert (filled.filters, filled.having, filled.logic) == (plain.filters, plain.having, plain.logic)


@pytest.mark.parametrize(("logic", "gone", "left"), [
    ("1 AND (2 OR NOT 3)", {2}, "(1 AND NOT 2)"), ("1 AND (2 OR NOT 3)", {3}, "(1 AND 2)"), ("1 OR NOT (2 AND 3)", {2, 3}, "1"),
    ("NOT NOT 1", {1}, ""), ("NOT NOT 2 OR 1", {1}, "NOT NOT 1"), ("1 AND 2 OR 3 AND 4", {1}, "(1 OR (2 AND 3))")])
def test_logic_without_a_filter(logic: str, gone: set[int], left: str) -> None:
    assert without(logic, gone) == left


class TestAddress:
    @pytest.mark.parametrize("values", [{}, {"period": "LAST_MONTH"}, {"produkt": "Tee & Café 100 %", "дата": ("TODAY", "2026-05-01")},
                                        {"amount": ""}])
    def test_there_and_back(self, values: dict[str, Any]) -> None:
        assert read_address(address("sales/won", values)) == ("sales/won", values)

    def test_what_python_gives_is_written_as_one_types_it(self) -> None:
        assert address("a/b", {"day": date(2026, 5, 1), "yes": True, "n": D("1.50"), "all": None, "none": []}) == (
            "a/b?all=&day=2026-05-01&n=1.50&none=&yes=true")

    def test_others_are_added(self) -> None:
        assert address("a/b?z=1&day=TODAY", {"day": "2026-05-01"}) == "a/b?day=2026-05-01&z=1"


class TestFigures:
    """| deal | close date | amount | inbound call |: April 500 2026-04-10 2026-05-02, May 300 2026-05-10 none, June 100 2026-06-01 none."""

    @pytest.fixture
    def records(self, org: Org) -> Org:
        stage = add(org, "stage", name="Open", position=1)
        deals = {"April": (date(2026, 4, 10), 500), "May": (date(2026, 5, 10), 300), "June": (date(2026, 6, 1), 100)}
        for name, (day, amount) in deals.items():
            add(org, "opportunity", name=name, stage=stage, amount=amount, close_date=day)
        return org

    def run(self, org: Org, asked: Report, /, *, within: tuple[Any, ...] | None = None, **values: Any) -> ReportResult:
        return run_report(asked, view_of(org.schema, "opportunities"), org, EVERYTHING, TODAY, within=within, parameters=values)

    def test_the_result_says_the_values_and_a_drill_down_keeps_them(self, records: Org) -> None:
        asked = report(PERIOD, having=({"aggregate": "amount:sum", "operator": "greater_than", "ask": "More than"},))
        by_default = self.run(records, asked)
        assert (labels(by_default), by_default.filters) == (["May"], ("Close date equals this month",))
        said = self.run(records, asked, period="LAST_N_MONTHS:6", more_than="400")
        assert labels(said) == ["April"]
        assert said.filters == ("Close date equals 6 whole months before this one", "Sum of Amount is greater than 400")
        everything = self.run(records, asked, period="")
        assert (labels(everything), everything.filters) == (["April", "June", "May"], ())
        drilled = self.run(records, asked, within=("April",), period="LAST_MONTH")
        assert [row.values[0] for row in drilled.details] == ["April"]
        assert self.run(records, asked, within=("April",)).row_count == 0

    def test_explain_tells_the_same(self, records: Org) -> None:
        view = view_of(records.schema, "opportunities")
        told = explain(prepare(report(PERIOD), view, records, EVERYTHING, TODAY, parameters={"period": "2025-12-24"}), records)
        assert "2025-12-24" in told and "2026-05-01" not in told
