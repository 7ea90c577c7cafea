"""A report's full result: table, chart, the records behind a group, and files to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from traitlets import Any as AnyTrait
from traitlets import Bool, HasTraits, Instance, Int, Tuple

from crmlib.errors import Problem, UserError
from crmlib.reports.catalog import name_for
from crmlib.reports.definition import Report
from crmlib.workbench.screen import CSV, EXCEL, in_background, render

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage

SHOWN_LINES = 2000
"""More lines than this are slow to draw and nobody reads; files hold all of them."""


class Result(HasTraits):
    """A report being run beside the page: `outcome`, then `chart` (SVG) where a chart says it better than a table."""

    report = Instance(Report)
    outcome = AnyTrait(allow_none=True)
    chart = AnyTrait(allow_none=True)
    problems = Tuple()
    is_running = Bool(True)
    shown = Int()

    def __init__(self, org: Any, report: Report) -> None:
        self.org = org
        super().__init__(report=report)

    def run(self) -> None:
        self.is_running = True
        in_background(lambda: self.org.report(self.report).run(), self._ran)

    def _ran(self, outcome: Any) -> None:
        self.is_running = False
        if isinstance(outcome, UserError):
            self.problems = outcome.problems
        elif isinstance(outcome, Exception):
            self.problems = (Problem("internal", "the report could not be run; the server's log says why"),)
        else:
            self.outcome = outcome
            in_background(lambda: _svg(outcome), self._drawn)
        self.shown += 1

    def _drawn(self, svg: Any) -> None:
        if isinstance(svg, str):
            self.chart = svg
            self.shown += 1


def _svg(outcome: Any) -> str | None:
    from crmlib.render.chart import chart_svg

    return chart_svg(outcome.result)


class ResultView:
    """A result on the screen."""

    kind, tab = "run", ""

    def __init__(self, page: ReportsPage, report: Report, route: str, back: str) -> None:
        self.page, self.route, self.back = page, route, back
        self.state = Result(page.org, report)
        self.state.observe(lambda change: page.refresh(), "shown")
        self.state.run()

    @property
    def title(self) -> str:
        return self.state.report.label

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {
            "download_excel": lambda item, value: self.download("xlsx", EXCEL, lambda outcome: outcome.to_xlsx()),
            "download_csv": lambda item, value: self.download("csv", CSV, lambda outcome: outcome.to_csv().encode("utf-8-sig")),
            "run_again": lambda item, value: self.state.run(),
        }

    def download(self, ending: str, media_type: str, content: Callable[[Any], bytes]) -> None:
        """The file holds all rows, also those that the page cuts."""
        outcome = self.state.outcome
        if outcome is None:
            return
        name = f"{name_for(self.state.report.label)}_{self.page.org.org.today():%Y-%m-%d}.{ending}"
        in_background(lambda: content(outcome), lambda made: self.hand_over(name, made, media_type))

    def hand_over(self, name: str, made: Any, media_type: str) -> None:
        if isinstance(made, Exception):
            self.page.tell(made)
            self.page.refresh()
        else:
            self.page.download(name, made, media_type)

    def html(self) -> Markup:
        outcome = self.state.outcome
        return render("result.html", label=self.state.report.label, back=self.back, running=self.state.is_running,
                      problems_found=self.state.problems, table=Markup(outcome.to_html(max_rows=SHOWN_LINES)) if outcome else None,
                      chart=Markup(self.state.chart) if self.state.chart else None)
