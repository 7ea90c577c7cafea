"""Questions to a result: why a record is in it, and the SQL and Python behind it."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from crmlib.workbench.reports_page import ReportsPage

PIPELINE = "run/report/sales/pipeline_by_stage"
PRODUCTS = "run/report/sales/sales_by_product_family"
Do = Callable[..., str]


@pytest.fixture
def do(reports_page: ReportsPage) -> Do:
    def act(action: str, item: Any = None, value: Any = None) -> str:
        assert reports_page.screen is not None
        reports_page.screen.handle(action, item, value)
        return unescape(reports_page.screen.html)
    return act


def of_outcome(page: ReportsPage, outcome: str) -> Any:
    """The id and name of a deal."""
    listing = page.org.report("sales/largest_open_deals").change(
        filters=[{"field": "stage.outcome", "value": outcome}], columns=["name"], row_limit=1, aggregates=[])
    row = listing.run().result.details[0]
    return row.record_id, row.values[0]


class TestWhy:
    def test_it_is_there(self, reports_page: ReportsPage, do: Do) -> None:
        record, name = of_outcome(reports_page, "Open")
        do("navigate", value=PIPELINE)
        html = do("ask_why", value={"record": str(record)})
        assert f"Opportunity {record} “{name}” is in “Pipeline by stage” as Tester sees it: 1 row, in" in html
        assert "crm-why-holds" in html and "crm-why-decides" not in html

    def test_it_is_not_and_why(self, reports_page: ReportsPage, do: Do) -> None:
        record, _ = of_outcome(reports_page, "Lost")
        do("navigate", value=PIPELINE)
        html = do("ask_why", value={"record": f" {record} "})
        assert "Filter 1: Stage Outcome equals Open (Stage Outcome: Lost)" in html.split("crm-why-decides")[1]
        assert "crm-why" not in do("close_answer")

    def test_of_a_related_object(self, reports_page: ReportsPage, do: Do) -> None:
        html = do("navigate", value=PRODUCTS)
        assert '<option value="line_items">Opportunity Line Item</option>' in html
        assert "Opportunity Line Item 1 " in do("ask_why", value={"record": "1", "of": "line_items"})
        assert '<option value="line_items" selected>' in reports_page.screen.html  # type: ignore[union-attr]

    def test_what_was_typed_stays_and_hostile_names_stay_text(self, reports_page: ReportsPage, do: Do) -> None:
        do("navigate", value=PIPELINE)
        do("ask_why", value={"record": "<b>\"No such deal\"</b>"})
        html = reports_page.screen.html  # type: ignore[union-attr]
        assert "<b>" not in html and "There is no Opportunity" in unescape(html) and "&lt;b&gt;" in html

    @pytest.mark.parametrize("value", [None, "", 5, {"record": 5}, {"record": ""}, {}, {"record": "1", "of": "nothing"},
                                       {"record": "9" * 30}])
    def test_nonsense_is_told(self, value: Any, do: Do) -> None:
        do("navigate", value=PIPELINE)
        html = do("ask_why", value=value)
        assert 'class="problem"' in html or "notice" in html
        assert "crm-why" not in html


class TestCode:
    def test_of_a_saved_report(self, reports_page: ReportsPage, do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
        do("navigate", value=PIPELINE)
        assert "report = org.report('sales/pipeline_by_stage')" in do("show_code")
        files: list[tuple[str, bytes, str]] = []
        monkeypatch.setattr(reports_page.screen, "download", lambda *file: files.append(file))
        do("download_code")
        assert files[0][0] == "pipeline_by_stage.py" and b"print(groups)" in files[0][1]

    def test_of_one_that_is_not_saved_so(self, reports_page: ReportsPage, do: Do) -> None:
        do("navigate", value="report/sales/pipeline_by_stage")
        do("set_name", value="Mine")
        do("run")
        assert "Report.model_validate({'label': 'Mine'" in do("show_code")

    def test_with_the_values_it_was_run_with(self, do: Do) -> None:
        do("navigate", value="run/report/clients/buyers_by_product?product=Gift+box")
        assert ".set({'product': 'Gift box'})" in do("show_code")

    def test_sql(self, do: Do) -> None:
        do("navigate", value=PIPELINE)
        html = do("show_sql")
        assert "-- groups and totals" in html and "GROUP BY" in html
