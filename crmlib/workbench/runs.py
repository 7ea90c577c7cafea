"""What ran by itself: the weekly runs that this user may see, latest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from crmlib.errors import UserError
from crmlib.reports.definition import Column, Report, Sort
from crmlib.workbench.screen import render

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage

MOST_RUNS = 200
RUNS = Report(label="Weekly runs", report_type="report_runs", sort=(Sort(field="started_at", order="descending"),), columns=tuple(
    Column(field=field) for field in ("started_at", "report", "run_as", "outcome", "seconds", "message", "folder")))


class RunsView:
    """The list on the screen: a report like any other, so that rights hold for it too."""

    kind, tab, route, title = "runs", "runs", "runs", "Weekly runs"

    def __init__(self, page: ReportsPage) -> None:
        self.page = page
        self.actions: dict[str, Callable[[Any, Any], None]] = {}

    def html(self) -> Markup:
        try:
            outcome = self.page.org.report(RUNS).run(detail_limit=MOST_RUNS)
        except UserError as error:
            return render("runs.html", table=None, problems_found=error.problems)
        return render("runs.html", table=Markup(outcome.to_html()) if outcome.result.row_count else None, problems_found=())
