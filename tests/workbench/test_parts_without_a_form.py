"""What the designer has no form for yet: it is shown, kept, renamed and removed."""

from __future__ import annotations

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
