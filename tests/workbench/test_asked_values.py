"""Values that a report asks for: filled in above its result, applied, wrong, in the address; and how the designer has it ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crmlib.reports.definition import Report
from crmlib.reports.parameters import address
from crmlib.workbench.asked_values import AskedValues
from crmlib.workbench.designer import Designer
from crmlib.workbench.reports_page import ReportsPage
from crmlib.workspace import Workspace

ASKING = """
label: Asking
report_type: opportunities
format: summary
groupings_down: [{field: owner}]
aggregates: [{aggregate: record_count}]
filters:
- {field: close_date, value: THIS_YEAR, ask: Period}
- {field: stage.outcome, value: [Won, Open], ask: Outcome}
- {field: owner, ask: Manager}
- {field: amount, operator: greater_or_equal, value: 100, ask: Minimal amount}
having: [{aggregate: record_count, operator: greater_or_equal, ask: At least deals}]
"""
PLACE = "run/report/sales/asking"
PERIOD, OUTCOME, MANAGER, AMOUNT, DEALS = range(5)


@pytest.fixture
def bench(reports_page: ReportsPage) -> ReportsPage:
    (reports_page.org.catalog.folder / "reports" / "sales" / "asking.yaml").write_text(ASKING)
    return reports_page


@pytest.fixture
def do(bench: ReportsPage) -> Callable[..., str]:
    def act(action: str, item: Any = None, value: Any = None) -> str:
        assert bench.screen is not None
        bench.screen.handle(action, item, value)
        return str(bench.screen.html)
    return act


Do = Callable[..., str]


def filters_of(bench: ReportsPage) -> tuple[str, ...]:
    told: tuple[str, ...] = bench.view.state.table.result.filters
    return told


class TestResult:
    def test_begins_with_the_defaults(self, bench: ReportsPage, do: Do) -> None:
        html = do("navigate", value=PLACE)
        asked = [row.label for row in bench.view.asked.rows()]
        assert asked == ["Period", "Outcome", "Manager", "Minimal amount", "At least deals"]
        assert filters_of(bench) == ("Close date equals this year", "Stage Outcome equals Won or Open", "Amount is at least 100")
        assert f'data-route="{PLACE}"' in html
        assert '<option value="THIS_YEAR" selected>' in html

    def test_names_of_records_are_offered(self, bench: ReportsPage, do: Do) -> None:
        html = do("navigate", value=PLACE)
        assert bench.view.asked.names.of("user") == bench.org.names_of("user")
        assert all(f'<option value="{name}">' in html for name in bench.org.names_of("user")[:3])

    def test_what_is_filled_in_is_applied_and_stands_in_the_address(self, bench: ReportsPage, do: Do) -> None:
        do("navigate", value=PLACE)
        manager = bench.org.names_of("user")[0]
        do("set_date_word", f"{PERIOD}.0", "LAST_N_DAYS")
        do("set_date_number", f"{PERIOD}.0:LAST_N_DAYS", "900")
        do("tick_value", f"{OUTCOME}:Won", False)
        do("set_value", f"{MANAGER}.0", manager)
        do("set_value", f"{AMOUNT}.0", "")
        html = do("set_value", f"{DEALS}.0", "1")
        assert filters_of(bench)[0] == "Close date equals this year"
        assert "not applied yet" in html
        html = do("apply", value={})
        assert filters_of(bench) == ("Close date equals 900 days ago up to today, today included", "Stage Outcome equals Open",
                                    f"Owner equals {manager}", "Record count is at least 1")
        route = address(PLACE, {"period": "LAST_N_DAYS:900", "outcome": "Open", "manager": manager, "minimal_amount": "",
                                "at_least_deals": "1"})
        assert bench.view.route == route
        assert "not applied yet" not in html
        html = do("navigate", value="")
        do("navigate", value=route)
        assert bench.view.route == route
        assert filters_of(bench)[2] == f"Owner equals {manager}"
        assert bench.view.back == "report/sales/asking"

    def test_several_values_and_back_to_one(self, bench: ReportsPage, do: Do) -> None:
        do("navigate", value=PLACE)
        first, second = bench.org.names_of("user")[:2]
        do("set_value", f"{MANAGER}.0", first)
        assert "Value 2 of Manager" in do("add_value", str(MANAGER))
        do("set_value", f"{MANAGER}.1", second)
        do("apply")
        assert filters_of(bench)[2] == f"Owner equals {first} or {second}"
        do("remove_value", f"{MANAGER}.0")
        do("apply")
        assert filters_of(bench)[2] == f"Owner equals {second}"

    def test_what_is_wrong_stays_typed_with_the_fault_beside_it_and_the_result_as_it_was(self, bench: ReportsPage, do: Do) -> None:
        do("navigate", value=PLACE)
        do("set_value", f"{AMOUNT}.0", "lots")
        html = do("apply")
        field = html[html.index('data-key="asked-minimal_amount"'):]
        assert 'value="lots"' in field
        assert "&#39;lots&#39; is not a number" in field[:field.index("</fieldset>")]
        assert filters_of(bench)[2] == "Amount is at least 100"
        assert bench.view.route == PLACE
        do("set_value", f"{AMOUNT}.0", "5000")
        assert "is not a number" not in do("apply")
        assert filters_of(bench)[2] == "Amount is at least 5000"

    def test_an_address_with_faults_says_them(self, bench: ReportsPage, do: Do) -> None:
        html = do("navigate", value=f"{PLACE}?period=soon&perod=TODAY")
        assert bench.view.state.outcome is None
        assert "The report does not ask for &#39;perod&#39;" in html
        field = html[html.index('data-key="asked-period"'):]
        assert "is neither a date" in field[:field.index("</fieldset>")]
        do("set_date_word", f"{PERIOD}.0", "")
        do("apply")
        assert bench.view.route == f"{PLACE}?period="
        assert filters_of(bench)[0] == "Stage Outcome equals Won or Open"

    def test_records_behind_a_figure_are_of_the_run_not_of_what_is_being_typed(self, bench: ReportsPage, do: Do) -> None:
        do("navigate", value=f"{PLACE}?period=LAST_YEAR")
        total = bench.view.state.outcome.result.row_count
        do("set_date_word", f"{PERIOD}.0", "TODAY")
        html = do("drill", value="0")
        assert bench.view.state.drilled.result.row_count == total > 0
        assert filters_of(bench)[0] == "Close date equals the year before this one"
        assert "asked-period" not in html
        do("leave_records")
        do("run_again")
        assert bench.view.state.outcome.result.row_count == total

    def test_the_table_is_drawn_once(self, bench: ReportsPage, do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
        do("navigate", value=PLACE)
        monkeypatch.setattr("crmlib.render.html.to_html", None)
        assert "crm-report" in do("set_value", f"{AMOUNT}.0", "7")

    @pytest.mark.parametrize(("action", "item", "value"), [
        ("set_value", "9.0", "x"), ("set_value", "0.5", "x"), ("tick_value", "9:Won", True), ("tick_value", "Won", True),
        ("set_date_word", None, "TODAY"), ("set_date_number", "0", "x"), ("remove_value", "9.0", None), ("add_value", "9", None)])
    def test_nonsense_is_refused(self, bench: ReportsPage, do: Do, action: str, item: Any, value: Any) -> None:
        do("navigate", value=PLACE)
        do(action, item, value)
        do("apply")
        assert bench.view.state.outcome is not None
        assert filters_of(bench)[:1] == ("Close date equals this year",)

    def test_a_report_that_asks_nothing_has_no_form(self, do: Do) -> None:
        assert 'data-submit="apply"' not in do("navigate", value="run/report/sales/pipeline_by_stage")


def test_names_of_many_records_are_looked_for_while_one_types(desk: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmlib.workspace.Workspace.names_of.__defaults__", ("", 3))
    form = AskedValues(desk, Report.model_validate({"label": "x", "report_type": "opportunities", "columns": ["name"], "filters": [
        {"field": "account", "ask": "Client"}]}), {}, lambda: None)
    [row] = form.rows()
    assert (row.suggestions, row.searches) == ((), True)
    name = desk.names_of("account", most=10_000)[0]
    form.set_value(0, 0, name[0])
    assert next(form.rows()).suggestions == ()
    form.set_value(0, 0, name[:4].upper())
    found = next(form.rows()).suggestions
    assert 0 < len(found) <= 3
    assert all(name[:4].casefold() in one.casefold() for one in found)


def test_yes_and_no_may_be_left_open(desk: Workspace) -> None:
    form = AskedValues(desk, Report.model_validate({"label": "x", "report_type": "calls", "columns": ["name"], "filters": [
        {"field": "is_billable", "ask": "Billable"}]}), {}, lambda: None)
    [row] = form.rows()
    assert (row.form.kind, row.form.values, form.given()) == ("yes_no", ("",), {})
    form.set_value(0, 0, "false")
    assert (form.given(), form.check(form.given())) == ({"billable": "false"}, True)
    form.set_value(0, 0, "")
    assert form.given() == {}


class TestDesigner:
    @pytest.fixture
    def designer(self, begin: Callable[[str], Designer]) -> Designer:
        return begin("opportunities")

    def test_a_filter_asks_and_no_longer(self, designer: Designer) -> None:
        designer.add_filter("owner")
        designer.ask(0, True)
        condition = designer.report.filters[0]
        assert (condition.ask, designer.problems, designer.runnable) == ("Owner", (), designer.report)
        designer.set_ask(0, " Manager ")
        assert [one.label for one in designer.org.report(designer.report).parameters] == ["Manager"]
        designer.ask(0, False)
        assert designer.report.filters[0] == condition.model_copy(update={"ask": ""})
        designer.undo()
        assert designer.report.filters[0].ask == "Manager"

    def test_two_filters_on_a_field_ask_twice_unless_one_says_otherwise(self, designer: Designer) -> None:
        for index, operator in enumerate(("greater_or_equal", "less_or_equal")):
            designer.add_filter("close_date")
            designer.set_operator(index, operator)
            designer.ask(index, True)
        assert [one.ask for one in designer.report.filters] == ["Close date", "Close date 2"]
        designer.set_date(1, 0, "TODAY")
        designer.set_ask(1, "Close date")
        assert [problem.code for problem in designer.problems] == ["two-defaults"]

    def test_the_default_may_be_taken_away(self, designer: Designer) -> None:
        designer.add_filter("close_date")
        designer.ask(0, True)
        designer.set_date(0, 0, "")
        assert designer.problems == ()
        assert designer.preview.result.filters == ()
        designer.ask(0, False)
        assert designer.report.filters[0].value == "THIS_YEAR"

    def test_it_is_shown_with_its_label(self, bench: ReportsPage, do: Do) -> None:
        html = do("navigate", value="report/sales/asking")
        assert html.count(" Ask when it runs, as") == 4
        assert 'value="Minimal amount"' in html
        assert 'value="Least"' in do("set_ask", "3", "Least")
        assert do("ask", "3", False).count(" Ask when it runs, as") == 3
        assert "is blank" not in html
