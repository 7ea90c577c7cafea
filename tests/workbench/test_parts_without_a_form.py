"""What the designer has no form for yet: it is shown, kept, renamed and removed; a joined report is shown as its result."""

from __future__ import annotations

import pytest

from crmlib.errors import DefinitionError
from crmlib.reports.catalog import JOINED
from crmlib.reports.definition import Report
from crmlib.workbench.designer import Designer
from crmlib.workbench.designer_view import DesignerView
from crmlib.workbench.reports_page import ReportsPage
from crmlib.workspace import Workspace


def test_formulas_over_figures_are_kept_renamed_and_removed(desk: Workspace, reports_page: ReportsPage) -> None:
    report = Report.model_validate({"label": "Average", "report_type": "opportunities", "format": "summary",
                                    "groupings_down": [{"field": "owner"}], "aggregates": [
                                        {"name": "average_deal", "formula": "amount:sum / record_count"},
                                        {"field": "amount", "aggregate": "last", "by": "close_date"}]})
    designer = Designer(desk, report)
    assert (designer.problems, designer.preview_error) == ((), ())
    view = DesignerView(reports_page, designer, "")
    assert [row.label for row in view.rows("aggregates")] == ["average_deal", "Last Amount"]
    designer.set_label("aggregates", 0, "Average deal")
    assert [row.label for row in view.rows("aggregates")] == ["Average deal", "Last Amount"]
    designer.remove("aggregates", 0)
    assert designer.report.aggregates == report.aggregates[1:]


def test_every_shipped_report_opens_without_a_problem_and_unchanged(desk: Workspace) -> None:
    for saved in (one for one in desk.catalog.reports() if one.report_type != JOINED):
        designer = Designer(desk, desk.catalog.load(saved.path)[0], saved.path)
        assert (designer.problems, designer.preview_error, designer.is_unsaved) == ((), (), False), saved.path


def test_a_joined_report_has_no_designer(desk: Workspace) -> None:
    with pytest.raises(DefinitionError, match="no form for joined reports"):
        Designer(desk, desk.catalog.load("sales/plan_against_fact")[0], "sales/plan_against_fact")


@pytest.mark.parametrize("route", ["report/sales/plan_against_fact", "run/report/sales/plan_against_fact"])
def test_a_joined_report_opens_with_its_result(route: str, reports_page: ReportsPage) -> None:
    reports_page.navigate(route)
    view = reports_page.view
    html = view.html()
    assert "Plan: Target" in html and "Back to the list" in html and ">Edit<" not in html and "Period" in html
    assert view.route.startswith("run/report/sales/plan_against_fact")
    view.drill(1)
    group = view.state.outcome.result.groups[0]
    assert len(view.state.drilled.result.details) == group.rows
