"""Saved reports by folder: search, open, run, delete with a way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from traitlets import HasTraits, Unicode

from crmlib.reports.catalog import Catalog
from crmlib.workbench import sent
from crmlib.workbench.screen import render

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage


@dataclass(frozen=True)
class ListedReport:
    """A saved report as listed. `broken`: why it can't be used, if it can't."""

    path: str
    folder: str
    label: str
    description: str
    type_label: str
    broken: str = ""


class ReportList(HasTraits):
    """What the list shows of a catalog. The files are looked at each time, so that others' reports appear."""

    text = Unicode()
    folder = Unicode()

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        super().__init__()

    @property
    def reports(self) -> list[ListedReport]:
        labels = {view.name: view.label for view in self.catalog.report_types()}
        return [ListedReport(saved.path, saved.folder, saved.label, saved.description, labels.get(saved.report_type, saved.report_type),
                             saved.problems[0].message if saved.problems else "") for saved in self.catalog.reports()]

    def found(self, reports: list[ListedReport]) -> list[ListedReport]:
        """Those in the folder that have all the words, anywhere in what is listed of them."""
        words = self.text.casefold().split()
        return [report for report in reports if self.folder in ("", report.folder)
                and all(word in f"{report.label} {report.description} {report.type_label} {report.path}".casefold() for word in words)]


class ReportListView:
    """The list on the screen."""

    kind, tab, route, title = "reports", "", "", "Reports"

    def __init__(self, page: ReportsPage) -> None:
        self.page, self.state = page, ReportList(page.org.catalog)

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {
            "search": lambda item, value: self.search(value),
            "choose_folder": lambda item, value: self.choose_folder(sent.text(value)),
            "show_all": lambda item, value: self.show_all(),
            "delete": lambda item, value: self.delete(sent.text(value)),
        }

    def search(self, value: Any) -> None:
        """While typing the text itself is sent, with Enter the form."""
        self.state.text = sent.fields(value).get("text", "") if isinstance(value, dict) else sent.text(value)

    def choose_folder(self, folder: str) -> None:
        self.state.folder = folder

    def show_all(self) -> None:
        self.state.text = self.state.folder = ""

    def delete(self, path: str) -> None:
        catalog = self.page.org.catalog
        label = next((report.label for report in self.state.reports if report.path == path), path)
        token = catalog.delete(path)
        self.page.say(f"Deleted '{label}'.", "Undo", lambda: self.restore(token, label))

    def restore(self, token: str, label: str) -> None:
        self.page.org.catalog.restore(token)
        self.page.say(f"'{label}' is back.")

    def html(self) -> Markup:
        reports = self.state.reports
        drafts = {route: view for route, view in self.page.drafts.items() if view.state.is_unsaved}
        groups = [(folder, list(found)) for folder, found in groupby(self.state.found(reports), key=lambda report: report.folder)]
        return render("report_list.html", text=self.state.text, folder=self.state.folder, folders=self.page.org.catalog.folders,
                      groups=groups, total=len(reports),
                      drafts=[{"route": route, "label": view.state.report.label} for route, view in drafts.items()])
