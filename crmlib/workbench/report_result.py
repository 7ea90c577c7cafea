"""A report's full result: table, chart, the records behind a group, and files to take away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from traitlets import Any as AnyTrait
from traitlets import Bool, Dict, HasTraits, Instance, Int, Tuple, Unicode

from crmlib.errors import DefinitionError, Problem, UserError
from crmlib.render.views import ReportView
from crmlib.reports.catalog import name_for
from crmlib.reports.definition import Report
from crmlib.reports.parameters import NOTHING_GIVEN, Values, address, read_address
from crmlib.reports.result import Key, walk
from crmlib.workbench import sent
from crmlib.workbench.asked_values import AskedValues
from crmlib.workbench.filter_form import date_help, date_words, value_actions
from crmlib.workbench.report_questions import Questions
from crmlib.workbench.screen import CSV, EXCEL, in_background, render
from crmlib.workspace import RunnableReport

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage

SHOWN_LINES, SHOWN_CELLS = 2000, 20_000
"""More than this is slow to draw and nobody reads; files hold all of it."""

MOST_BESIDE = 6
"""A table of more columns has no room for a chart beside it."""

CellKey = tuple[Key, Key]
"""The groups down and across where a figure stands."""


class Result(HasTraits):
    """A report being run beside the page.

    values: for what it asks; ran: those with which the outcome was made. outcome: the whole report; chart: its SVG,
    where a chart says it better than a table; no_chart: why the one that the report asks for can't be drawn. drilled: the
    records behind the cell `key`, while one looks at these. `shown` counts what became ready, for whoever waits for it.
    """

    report = Instance(Report)
    values = Dict()
    ran = Dict()
    outcome = AnyTrait(allow_none=True)
    chart = AnyTrait(allow_none=True)
    no_chart = Unicode()
    key = AnyTrait(allow_none=True)
    drilled = AnyTrait(allow_none=True)
    problems = Tuple()
    is_running = Bool(False)
    shown = Int()

    def __init__(self, org: Any, report: Report, values: Values = NOTHING_GIVEN) -> None:
        self.org = org
        super().__init__(report=report, values=dict(values))

    @property
    def table(self) -> Any:
        """What is looked at: the records behind a group, or the whole report."""
        return self.outcome if self.drilled is None else self.drilled

    def run(self) -> None:
        values = self.values
        self._ask(lambda: self.org.report(self.report).run(parameters=values), lambda outcome: self._ran(values, outcome))

    def drill(self, key: CellKey) -> None:
        """Look at the records behind a cell of the outcome."""
        values = self.ran
        self._ask(lambda: self.org.report(self.report).set(values).drill(*key), lambda outcome: self._drilled(key, outcome))

    def leave_records(self) -> None:
        self.key = self.drilled = None

    def _ask(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.is_running, self.problems = True, ()
        in_background(work, lambda outcome: self._answered(outcome, done))

    def _answered(self, outcome: Any, done: Callable[[Any], None]) -> None:
        self.is_running = False
        if isinstance(outcome, UserError):
            self.problems = outcome.problems
        elif isinstance(outcome, Exception):
            self.problems = (Problem("internal", "the report could not be run; the server's log says why"),)
        else:
            done(outcome)
        self.shown += 1

    def _ran(self, values: dict[str, Any], outcome: Any) -> None:
        self.outcome, self.ran = outcome, values
        self.leave_records()
        in_background(lambda: _chart(outcome), self._drawn)

    def _drilled(self, key: CellKey, outcome: ReportView) -> None:
        """As a plain list: there is one group only, and its figures stand above the records."""
        result = replace(outcome.result, format="tabular", groupings=(), groups=(), across=(), groups_across=())
        self.key, self.drilled = key, ReportView(result)

    def _drawn(self, drawn: Any) -> None:
        self.chart, self.no_chart = drawn if isinstance(drawn, tuple) else (None, "")
        self.shown += 1


def _chart(outcome: Any) -> tuple[str | None, str]:
    from crmlib.render.chart import chart_or_why

    return chart_or_why(outcome.result)


class ResultView:
    """A result on the screen. `keys`: of its cells, in the order in which the page numbers them.

    asked: the values that the report asks for, which stand in its address too. back: the designer it came from, "" for the list.
    """

    kind, tab = "run", ""

    def __init__(self, page: ReportsPage, report: Report, route: str, back: str) -> None:
        self.page, self.back = page, back
        self.place, values = read_address(route)
        self.state = Result(page.org, report, values)
        self.asked = AskedValues(page.org, report, values, page.refresh)
        self.questions = Questions(self.asked_report, page.refresh, page.download)
        self.keys: list[CellKey] = []
        self.drawn: tuple[Any, Markup | None] = (None, None)
        self.state.observe(lambda change: page.refresh(), "shown")
        if self.asked.check(values):
            self.state.run()

    @property
    def route(self) -> str:
        return address(self.place, self.state.values)

    @property
    def title(self) -> str:
        return self.state.report.label

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {
            "download_excel": lambda item, value: self.download("xlsx", EXCEL, lambda outcome: outcome.to_xlsx()),
            "download_csv": lambda item, value: self.download("csv", CSV, lambda outcome: outcome.to_csv().encode("utf-8-sig")),
            "run_again": lambda item, value: self.state.run(),
            "drill": lambda item, value: self.drill(sent.number(value)),
            "leave_records": lambda item, value: self.state.leave_records(),
            "apply": lambda item, value: self.apply(),
            **value_actions(self.asked),
            **self.questions.actions,
        }

    def asked_report(self) -> RunnableReport:
        """The report as it was run; the saved one if it is that."""
        org, report = self.page.org, self.state.report
        path = self.place.partition("report/")[2]
        is_saved = any(saved.path == path for saved in org.catalog.reports()) and org.catalog.load(path)[0] == report
        return org.report(path if is_saved else report).set(self.state.ran)

    def apply(self) -> None:
        """Run it with what was filled in; if that is wrong, what was shown stays."""
        values = self.asked.given()
        if self.asked.check(values):
            self.state.values = values
            self.state.run()

    def drill(self, number: int) -> None:
        if number >= len(self.keys):
            raise DefinitionError(Problem("no-such-part", "this figure is not in the report any more"))
        self.state.drill(self.keys[number])

    def download(self, ending: str, media_type: str, content: Callable[[Any], bytes]) -> None:
        """The file holds all rows, also those that the page cuts."""
        outcome = self.state.table
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
        state = self.state
        result = state.outcome.result if state.outcome else None
        is_narrow = (result is not None and not result.show_details and not result.across
                     and len(result.groupings) + len(result.aggregates) <= MOST_BESIDE)
        return render("result.html", label=state.report.label, back=self.back, running=state.is_running,
                      problems_found=(*state.problems, *self.asked.general_problems()), asked=list(self.asked.rows()),
                      unapplied=state.key is None and self.asked.given() != state.values,
                      date_words=date_words(), date_help=date_help, table=self.table_html(),
                      chart=Markup(state.chart) if state.chart and state.key is None else None,
                      no_chart=state.no_chart if state.key is None else "",
                      questions=self.questions.html() if result and not state.report.blocks else None,
                      beside=is_narrow, records_of=None if state.key is None else self.path_to(state.key))

    def table_html(self) -> Markup | None:
        """Drawn once: while values are filled in, it stays."""
        if self.drawn[0] is not self.state.table:
            self.drawn = (self.state.table, self.draw_table())
        return self.drawn[1]

    def draw_table(self) -> Markup | None:
        from crmlib.render.html import to_html
        from crmlib.render.lay_out import layout_columns

        if self.state.drilled is not None:
            return Markup(to_html(self.state.drilled.result, SHOWN_LINES))
        if self.state.outcome is None:
            return None
        result = self.state.outcome.result
        down = [(), *(group.key for group in result.walk())]
        self.keys = [*((key, ()) for key in down), *(key for key in result.cells if key[1])]
        lines = min(SHOWN_LINES, SHOWN_CELLS // len(layout_columns(result)))
        return Markup(to_html(result, lines, link=_Links(self.keys) if result.groupings else None))

    def path_to(self, key: CellKey) -> str:
        """'Closed won, March 2026', or 'Total'; a group stands behind those around it: 'Closed won › Maria'."""
        result = self.state.outcome.result
        paths = []
        for groups, one in zip((result.groups, result.groups_across), key, strict=True):
            labels = {group.key: group.label for group in walk(groups)}
            paths.append(" › ".join(labels[one[:length]] for length in range(1, len(one) + 1)))
        return ", ".join(filter(None, paths)) or "Total"


class _Links:
    """Makes buttons that lead to the records; of several that lead to the same ones, the Tab key stops at the first."""

    def __init__(self, keys: list[CellKey]) -> None:
        self.numbers = {key: number for number, key in enumerate(keys)}
        self.made: set[int] = set()

    def __call__(self, down: Key, html: str, across: Key = ()) -> str:
        number = self.numbers[down, across]
        skipped = ' tabindex="-1"' if number in self.made else ""
        self.made.add(number)
        sent_value = f'data-click="drill" data-value="{number}"'
        return f'<button type="button" class="drill" {sent_value}{skipped} title="Show the records">{html}</button>'
