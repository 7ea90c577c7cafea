"""The reports page: one page per session, in which people go from the list to a designer, a result or a report type.

Where one is stands in the address behind '#', so that back, forward and reload work:

    (nothing)                    saved reports                new                 choose a report type
    report/sales/pipeline        the designer                 draft/1             a report not saved yet
    run/report/sales/pipeline    its full result              types               report types
    run/report/sales/won?period=LAST_MONTH                    with values for what it asks
    types/NAME, types/new, types/copy/NAME                    one being made      runs    what ran by itself
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crmlib.errors import NotFound, Problem, UserError
from crmlib.reports.parameters import read_address
from crmlib.workbench import sent
from crmlib.workbench.designer import Designer, new_report
from crmlib.workbench.designer_view import DesignerView
from crmlib.workbench.new_report import NewReportView
from crmlib.workbench.report_list import ReportListView
from crmlib.workbench.report_result import ResultView
from crmlib.workbench.runs import RunsView
from crmlib.workbench.screen import Screen, render
from crmlib.workbench.type_builder import TypeBuilder
from crmlib.workbench.type_builder_view import TypeBuilderView
from crmlib.workbench.type_list import TypeListView

TABS = (("", "Reports"), ("types", "Report types"), ("runs", "Weekly runs"))


@dataclass(frozen=True)
class Notice:
    """What just happened, with one thing to do about it: 'Deleted X.' and Undo."""

    number: int
    text: str = ""
    problems: tuple[Problem, ...] = ()
    kind: str = "done"
    action: str = ""
    act: Callable[[], None] | None = None


class ReportsPage:
    """Knows where one is and keeps what is not saved yet; each view knows the rest."""

    def __init__(self, org: Any) -> None:
        self.org = org
        self.screen: Screen | None = None
        self.notice: Notice | None = None
        self.notices = self.visits = 0
        self.drafts: dict[str, DesignerView] = {}
        self.draft_number = 0
        self.usual_folder = "my_reports"
        self.view: Any = ReportListView(self)

    # --- Going somewhere

    def navigate(self, route: str) -> None:
        """Show what this address stands for; one that is not there any more is said, above the list."""
        self.keep_draft(route)
        self.notice = None
        self.visits += 1
        try:
            self.view = self.view_of(route)
        except UserError as error:
            self.view = ReportListView(self)
            self.tell(error)

    def view_of(self, route: str) -> Any:
        first, _, rest = route.partition("/")
        if route in self.drafts:
            return self.drafts[route]
        if route == "":
            return ReportListView(self)
        if route == "new":
            return NewReportView(self)
        if route == "types":
            return TypeListView(self)
        if first == "types":
            return TypeBuilderView(self, TypeBuilder.open(self.org, rest), route)
        if route == "runs":
            return RunsView(self)
        if first == "report":
            report = self.org.catalog.load(rest)[0]
            if report.blocks:  # the designer has no form for it
                return ResultView(self, report, f"run/{route}", back="")
            return DesignerView(self, Designer(self.org, report, rest), route)
        if first == "run":
            place, _ = read_address(rest)
            report = self.report_at(place)
            return ResultView(self, report, route, back="" if report.blocks else place)
        raise NotFound(Problem("unknown-page", f"there is no page {route!r}"))

    def report_at(self, route: str) -> Any:
        """The report of a designer, as it stands there, or as it is saved."""
        if route in self.drafts:
            return self.drafts[route].state.runnable
        if isinstance(self.view, DesignerView) and self.view.route == route:
            return self.view.state.runnable
        first, _, path = route.partition("/")
        if first != "report":
            raise NotFound(Problem("unknown-report", "this report was not saved and is gone"))
        return self.org.catalog.load(path)[0]

    def begin_report(self, report_type: str) -> None:
        """A designer for a new report on this type."""
        state = Designer(self.org, new_report(self.org.catalog.report_type(report_type), self.org.user))
        self.keep_draft("")
        self.notice = None
        self.draft_number += 1
        self.view = DesignerView(self, state, f"draft/{self.draft_number}")

    def keep_draft(self, route: str) -> None:
        """A designer that is left with changes, or to see its result, waits until one comes back."""
        if isinstance(self.view, DesignerView):
            self.drafts.pop(self.view.route, None)
            if self.view.state.is_unsaved or read_address(route)[0] == f"run/{self.view.route}":
                self.drafts[self.view.route] = self.view

    def moved(self, view: DesignerView, route: str) -> None:
        """A designer's report was saved somewhere else."""
        self.drafts.pop(view.route, None)
        view.route = route
        self.usual_folder = view.state.folder

    def discard(self, route: str) -> None:
        """Forget a draft, with a way back."""
        view = self.drafts.pop(route, None)
        if view is not None:
            self.say(f"Discarded '{view.state.report.label}'.", "Undo", lambda: self.drafts.__setitem__(route, view))

    # --- Saying something

    def say(self, text: str, action: str = "", act: Callable[[], None] | None = None) -> None:
        self.notices += 1
        self.notice = Notice(self.notices, text, action=action, act=act)

    def tell(self, error: Exception) -> None:
        self.notices += 1
        if isinstance(error, UserError):
            self.notice = Notice(self.notices, problems=error.problems, kind="failed")
        else:
            self.notice = Notice(self.notices, "That did not work, and it is our fault. The server's log says why.", kind="failed")

    def forget_failure(self) -> None:
        if self.notice and self.notice.kind == "failed":
            self.notice = None

    def notice_action(self) -> None:
        notice, self.notice = self.notice, None
        if notice and notice.act:
            notice.act()

    def dismiss(self) -> None:
        self.notice = None

    # --- The screen

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        own: dict[str, Callable[[Any, Any], None]] = {
            "navigate": lambda item, value: self.navigate(sent.text(value)),
            "notice_action": lambda item, value: self.notice_action(),
            "dismiss": lambda item, value: self.dismiss(),
            "discard": lambda item, value: self.discard(sent.text(value)),
        }
        return {**own, **self.view.actions}

    @property
    def is_unsaved(self) -> bool:
        designers = [view for view in (self.view, *self.drafts.values()) if isinstance(view, DesignerView)]
        return any(view.state.is_unsaved for view in designers)

    def html(self) -> str:
        user = self.org.user
        return str(render("frame.html", route=self.view.route, title=f"{self.view.title} · {self.org.settings.name}", kind=self.view.kind,
                          visit=self.visits, tab=self.view.tab, tabs=TABS, unsaved=self.is_unsaved, organization=self.org.settings.name,
                          user=user.name, username=user.username, notice=self.notice, content=self.view.html()))

    def refresh(self) -> None:
        if self.screen is not None:
            self.screen.refresh()

    def download(self, name: str, content: bytes, media_type: str) -> None:
        if self.screen is not None:
            self.screen.download(name, content, media_type)
