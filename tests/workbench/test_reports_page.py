"""The reports page as a whole, driven as a browser drives it, without one: every page, every action, and nonsense."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from crmlib.model.org import Org
from crmlib.workbench import report_result
from crmlib.workbench.reports_page import ReportsPage
from crmlib.workbench.screen import Screen

ROUTES = ("", "new", "types", "types/new", "types/opportunities_with_products", "types/copy/accounts", "runs",
          "report/sales/pipeline_by_stage", "report/activities/meetings_next_month",
          "run/report/sales/pipeline_by_stage", "run/report/sales/largest_open_deals")

Do = Callable[..., str]


@pytest.fixture
def do(reports_page: ReportsPage) -> Do:
    """`do("navigate", value="new")`: what a click sends; the HTML that comes of it. `fails`: whether it is told that it failed."""
    def act(action: str, item: Any = None, value: Any = None, fails: bool = False) -> str:
        screen = reports_page.screen
        assert screen is not None
        assert action in reports_page.actions
        screen.handle(action, item, value)
        notice = reports_page.notice
        assert bool(notice and notice.kind == "failed") is fails, notice
        return str(screen.html)
    return act


@pytest.fixture
def files(reports_page: ReportsPage, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """The files handed to the browser."""
    handed: list[tuple[str, bytes]] = []
    monkeypatch.setattr(Screen, "download", lambda screen, name, content, media_type: handed.append((name, content)))
    return handed


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))


class TestEveryPage:
    @pytest.mark.parametrize("route", ROUTES)
    def test_shows_itself_and_knows_each_action_it_offers(self, reports_page: ReportsPage, do: Do, route: str) -> None:
        html = do("navigate", value=route)
        assert reports_page.view.route == route
        assert reports_page.notice is None
        offered = set(re.findall(r'data-(?:click|change|input|submit|escape)="([^"]*)"', html))
        assert offered
        assert offered <= set(reports_page.actions)

    @pytest.mark.parametrize("route", ROUTES)
    def test_labels_every_field_and_button(self, do: Do, route: str) -> None:
        html = do("navigate", value=route)
        for tag in re.findall(r"<(?:input|select)\b[^>]*>", html):
            before = html[:html.index(tag)]
            assert "aria-label=" in tag or before.rfind("<label") > before.rfind("</label"), tag
        for content in re.findall(r"<button\b[^>]*>.*?</button>", html, flags=re.DOTALL):
            assert "aria-label=" in content or words(content).strip(), content

    def test_an_address_that_leads_nowhere_is_said(self, reports_page: ReportsPage, do: Do) -> None:
        for route in ("nowhere", "report/sales/nothing", "report/../../secrets", "run/draft/7", "types/nothing", "types/opportunities"):
            html = do("navigate", value=route, fails=True)
            assert reports_page.view.route == ""
            assert reports_page.notice is not None
            assert reports_page.notice.problems
            assert 'class="notice failed"' in html

    def test_text_is_text(self, reports_page: ReportsPage, do: Do) -> None:
        do("navigate", value="new")
        do("begin", value="opportunities")
        html = do("set_name", value='<img src=x onerror="alert(1)">')
        assert "<img" not in html
        do("save_as", value={"label": "<b>bold</b>", "folder": "team", "description": "<script>"})
        html = do("navigate", value="")
        assert "&lt;b&gt;bold&lt;/b&gt;" in html
        assert "<b>bold" not in html
        assert "<script" not in html


class TestReportList:
    def test_lists_every_saved_report_by_folder(self, reports_page: ReportsPage, do: Do) -> None:
        html = do("navigate", value="")
        for saved in reports_page.org.catalog.reports():
            assert f'data-value="report/{saved.path}"' in html
        assert html.index('data-key="folder-activities"') < html.index('data-key="folder-sales"')

    def test_finds_by_any_words_in_any_order(self, do: Do) -> None:
        html = do("search", value="stage PIPELINE")
        assert "Pipeline by stage" in html
        assert "Leads by source" not in html
        assert "Nothing found" in do("search", value="pipeline zebra")
        assert "Leads by source" in do("show_all")
        html = do("choose_folder", value="marketing")
        assert "Leads by source" in html
        assert "Pipeline by stage" not in html

    def test_delete_and_undo(self, reports_page: ReportsPage, do: Do) -> None:
        before = reports_page.org.catalog.load("sales/pipeline_by_stage")[0]
        html = do("delete", value="sales/pipeline_by_stage")
        assert "Deleted &#39;Pipeline by stage&#39;." in html
        assert 'data-value="report/sales/pipeline_by_stage"' not in html
        assert "is back" in do("notice_action")
        assert reports_page.org.catalog.load("sales/pipeline_by_stage")[0] == before

    def test_undo_of_a_name_that_was_given_away_meanwhile(self, reports_page: ReportsPage, do: Do) -> None:
        do("delete", value="sales/pipeline_by_stage")
        notice = reports_page.notice
        do("navigate", value="new")
        do("begin", value="accounts")
        do("save_as", value={"label": "Pipeline by stage", "folder": "sales", "description": ""})
        reports_page.notice = notice
        assert "by now" in words(do("notice_action", fails=True))
        assert reports_page.org.catalog.load("sales/pipeline_by_stage")[0].report_type == "accounts"

    def test_a_broken_file_is_listed_with_what_is_wrong(self, reports_page: ReportsPage, do: Do) -> None:
        file = reports_page.org.catalog.folder / "reports" / "sales" / "broken.yaml"
        file.write_text("label: Broken\nreport_type: opportunities\nrow_limt: 3\n")
        assert "cannot be used: unknown key" in words(do("navigate", value=""))


class TestDesigning:
    def test_from_new_report_to_the_file(self, reports_page: ReportsPage, do: Do, files: list[tuple[str, bytes]]) -> None:
        do("navigate", value="new")
        assert "Begin the report" in do("search_types", value="sales pipeline")
        do("begin_first", value={"text": "sales pipeline"})
        do("add_column", value="amount")
        do("group_by", value="stage")
        do("add_figure", value="sum:amount")
        html = do("save_as", value={"label": "Amount by stage", "folder": "team", "description": ""})
        assert "Saved &#39;Amount by stage&#39; in team/amount_by_stage." in html
        assert 'data-route="report/team/amount_by_stage"' in html
        html = do("run")
        assert 'data-route="run/report/team/amount_by_stage"' in html
        do("download_excel")
        do("download_csv")
        (excel, content), (csv, text) = files
        assert excel.startswith("amount_by_stage_")
        assert (excel[-5:], csv[-4:]) == (".xlsx", ".csv")
        rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        total = reports_page.org.report("team/amount_by_stage").run().result.grand_total["amount:sum"]
        assert any(isinstance(cell, float) and Decimal(str(round(cell, 2))) == total for cell in rows[-1])
        assert text.decode("utf-8-sig").count("\n") > 3

    def test_what_is_left_unsaved_waits(self, reports_page: ReportsPage, do: Do) -> None:
        do("navigate", value="report/sales/pipeline_by_stage")
        assert "Not saved yet" not in do("navigate", value="")
        do("navigate", value="report/sales/pipeline_by_stage")
        html = do("set_name", value="Pipeline, mine")
        assert "data-unsaved" in html
        html = do("navigate", value="")
        assert "Not saved yet" in html
        assert "data-unsaved" in html
        assert "Pipeline, mine" in do("navigate", value="report/sales/pipeline_by_stage")
        do("undo")
        html = do("navigate", value="")
        assert "Not saved yet" not in html
        assert "data-unsaved" not in html

    def test_discarding_can_be_undone(self, do: Do) -> None:
        do("navigate", value="new")
        do("begin", value="accounts")
        do("set_name", value="Half done")
        do("navigate", value="")
        assert "Half done</strong>" not in do("discard", value="draft/1")
        assert "Half done</strong>" in do("notice_action")
        assert 'value="Half done"' in do("navigate", value="draft/1")

    def test_running_a_new_report_and_coming_back(self, do: Do) -> None:
        do("navigate", value="new")
        do("begin", value="accounts")
        assert 'data-route="run/draft/1"' in do("run")
        assert 'data-route="draft/1"' in do("navigate", value="draft/1")
        assert "Not saved yet" not in do("navigate", value="")

    def test_a_name_that_is_taken_is_told_in_the_form_with_what_was_typed(self, do: Do) -> None:
        do("navigate", value="new")
        do("begin", value="accounts")
        html = do("save_as", value={"label": "Pipeline by stage", "folder": "sales", "description": "Mine"})
        assert "already" in words(html)
        assert 'value="Mine"' in html
        assert 'name="overwrite"' in html
        html = do("save_as", value={"label": "Pipeline by stage", "folder": "sales", "description": "Mine", "overwrite": "yes"})
        assert "Saved &#39;Pipeline by stage&#39;" in html

    def test_searching_fields_opens_what_is_found(self, do: Do) -> None:
        do("navigate", value="new")
        do("begin", value="opportunities")
        html = do("search_fields", value="account industry")
        assert 'data-value="account.industry"' in html
        assert 'data-key="amount"' not in html
        do("add_first", value={"text": "account industry"})
        assert 'data-key="columns-account.industry:-1"' in do("search_fields", value="")

    def test_filters_without_a_form_are_said_in_words(self, reports_page: ReportsPage, do: Do) -> None:
        (reports_page.org.catalog.folder / "reports" / "sales" / "called.yaml").write_text("""
label: Called
report_type: accounts
columns: [name]
filters:
- {related: opportunities, at_least: 2}
- {related: calls, without: true}
- {field: created_at, operator: less_or_equal, other_field: modified_at}
""")
        shown = words(do("navigate", value="report/sales/called"))
        assert "At least 2 opportunities" in shown
        assert "No calls" in shown
        assert "Created at is at most Modified at" in shown

    def test_a_row_limit_that_is_no_number_is_told_beside_it(self, do: Do) -> None:
        do("navigate", value="report/sales/largest_open_deals")
        html = do("set_row_limit", value="many")
        assert "is not a number of rows" in words(html)
        assert 'value="many"' in html
        assert "is not a number of rows" not in words(do("set_row_limit", value="10"))


class TestResult:
    def test_the_records_behind_a_group(self, reports_page: ReportsPage, do: Do, files: list[tuple[str, bytes]]) -> None:
        do("navigate", value="run/report/sales/pipeline_by_stage")
        result = reports_page.view.state.outcome.result
        for number, group in enumerate(result.walk(), 1):
            html = do("drill", value=str(number))
            assert f"Records behind <strong>{group.label}</strong>" in html
            assert len(reports_page.view.state.drilled.result.details) == group.rows
        do("download_csv")
        assert len(files[0][1].decode("utf-8-sig").splitlines()) >= group.rows
        assert "Records behind" not in do("leave_records")
        do("drill", value="0")
        assert len(reports_page.view.state.drilled.result.details) == result.row_count

    def test_the_records_behind_each_cell_of_a_matrix(self, reports_page: ReportsPage, do: Do) -> None:
        (reports_page.org.catalog.folder / "reports" / "sales" / "matrix.yaml").write_text("""
label: Deals by stage and quarter
report_type: opportunities
format: matrix
groupings_down: [{field: stage}]
groupings_across: [{field: close_date, date_granularity: quarter}]
aggregates: [{aggregate: record_count}]
filters: [{field: close_date, value: THIS_YEAR}]
""")
        html = do("navigate", value="run/report/sales/matrix")
        view = reports_page.view
        result = view.state.outcome.result
        numbers = [int(number) for number in re.findall(r'data-click="drill" data-value="(\d+)"', html)]
        assert {view.keys[number] for number in numbers} == set(result.cells)
        stops = re.findall(r'data-value="(\d+)" title', html)
        assert len(stops) == len(set(stops)) == len(result.cells)
        down, across = next((down, across) for down, across in view.keys if down and across)
        html = do("drill", value=str(view.keys.index((down, across))))
        labels = {group.key: group.label for group in (*result.groups, *result.groups_across)}
        assert f"Records behind <strong>{labels[down]}, {labels[across]}</strong>" in html
        assert len(view.state.drilled.result.details) == result.cell(down, across)["record_count"]

    def test_a_chart_that_does_not_fit_is_said(self, reports_page: ReportsPage, do: Do) -> None:
        path = reports_page.org.catalog.folder / "reports" / "sales" / "pipeline_by_stage.yaml"
        path.write_text(path.read_text() + "chart: {type: gauge, target: -1}\n")
        shown = words(do("navigate", value="run/report/sales/pipeline_by_stage"))
        assert "No chart: a &#39;gauge&#39; chart can&#39;t show Deals" in shown
        assert "No chart" not in words(do("drill", value="0"))

    def test_a_chart_is_drawn_where_there_are_groups(self, do: Do) -> None:
        assert "<svg" in do("navigate", value="run/report/sales/pipeline_by_stage").split('class="chart"')[1]
        assert 'class="chart"' not in do("navigate", value="run/report/sales/largest_open_deals")

    def test_long_results_are_cut_on_screen_and_say_so_but_not_in_the_file(
            self, demo_org: Org, do: Do, files: list[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
        table = demo_org.schema.describe("call").table
        calls = demo_org.fetch(select(func.count()).select_from(table).where(table.c.deleted_at.is_(None)))[0][0]
        monkeypatch.setattr(report_result, "SHOWN_LINES", 100)
        do("navigate", value="new")
        do("begin", value="calls")
        html = do("run")
        do("download_csv")
        assert f"First 100 of {calls} records shown" in words(html)
        assert html.count("<tr") == 102
        assert len(files[0][1].decode("utf-8-sig").splitlines()) == calls + 1

    def test_a_type_in_development_is_for_those_who_build_them(self, reports_page: ReportsPage, do: Do, narrow_desk: Any) -> None:
        """Others find it among the report types, marked, but can't make reports on it."""
        do("navigate", value="types/copy/opportunities")
        do("deploy", value=False)
        do("save_type")
        assert "Opportunities (copy) in development" in words(do("navigate", value="new"))
        page = ReportsPage(narrow_desk)
        page.screen = Screen(page)
        page.screen.handle("navigate", None, "new")
        assert "(copy)" not in page.screen.html
        page.screen.handle("navigate", None, "types")
        assert "Opportunities (copy) in development" in words(page.screen.html)
        assert 'aria-label="New report on Opportunities (copy)"' not in page.screen.html
        page.begin_report("opportunities_copy")
        assert "is in development" in words(page.screen.refresh() or page.screen.html)

    def test_a_report_that_one_may_not_run_says_why(self, narrow_desk: Any) -> None:
        page = ReportsPage(narrow_desk)
        page.screen = Screen(page)
        page.screen.handle("navigate", None, "run/report/activities/meetings_next_month")
        assert 'class="problem"' in page.screen.html
        assert "crm-report-table" not in page.screen.html


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.text(max_size=3), max_size=3),
                     st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
                     st.sampled_from(["columns.0", "filters.0", "0.0", "0:x", "amount", "name", "stage", "sort", "sum", "sum:amount",
                                      "record_count:", "line_items", "account.", "0", "1", "with", "x" * 20_000, "../..", "opportunity"]))


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_a_browser_sends_the_page_stands(reports_page: ReportsPage, route: str) -> None:
    screen = reports_page.screen
    assert screen is not None

    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def send(data: st.DataObject) -> None:
        screen.handle("navigate", None, route)
        for _ in range(4):
            action = data.draw(st.sampled_from(sorted(set(reports_page.actions) - {"download_excel", "download_csv", "download_yaml"})))
            screen.handle(action, data.draw(ANYTHING), data.draw(ANYTHING))
            assert "our fault" not in screen.html, (action, reports_page.notice)

    send()
