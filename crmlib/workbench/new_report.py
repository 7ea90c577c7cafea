"""Choosing what a new report is about: the report types by category, with their objects and some of their fields."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from traitlets import HasTraits, Unicode

from crmlib.reports.report_types import ReportTypeView
from crmlib.workbench import sent
from crmlib.workbench.screen import render

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage

SAMPLE_SECTIONS, SAMPLE_FIELDS = 3, 8


class TypeChoice(HasTraits):
    """The report types a user may use, those found, and the one looked at."""

    text = Unicode()
    chosen = Unicode()

    def __init__(self, org: Any) -> None:
        self.org = org
        super().__init__()

    @property
    def types(self) -> list[ReportTypeView]:
        """Custom ones first, by category. Those with an object that this user may not read are left out."""
        readable = [view for view in self.org.catalog.report_types() if view.may_be_read(self.org.user)]
        return sorted(readable, key=lambda view: (view.standard, view.category))

    @property
    def offered(self) -> list[ReportTypeView]:
        """Those this user may make a report on: types in development are for those who build them."""
        return [view for view in self.types if view.definition.deployed or self.org.user.builds_report_types]

    def found(self, types: list[ReportTypeView]) -> list[ReportTypeView]:
        """Those that have all the words in their label, description, category, objects or, for custom ones, fields."""
        words = self.text.casefold().split()
        return [view for view in types if all(word in self.words(view) for word in words)]

    def words(self, view: ReportTypeView) -> str:
        fields = "" if view.standard else " ".join(field.label for field in view.fields.values())
        return " ".join((view.label, view.name, view.description, view.category, *view.objects, fields)).casefold()

    def view(self, found: list[ReportTypeView]) -> ReportTypeView | None:
        """The type looked at: the one chosen, else the first found."""
        return next((view for view in found if view.name == self.chosen), found[0] if found else None)


class NewReportView:
    """The choice on the screen."""

    kind, tab, route, title = "new", "", "new", "New report"

    def __init__(self, page: ReportsPage) -> None:
        self.page, self.state = page, TypeChoice(page.org)

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {
            "search_types": lambda item, value: self.search(sent.text(value)),
            "look_at": lambda item, value: self.look_at(sent.text(value)),
            "begin": lambda item, value: self.page.begin_report(sent.text(value)),
            "begin_first": lambda item, value: self.begin_first(),
        }

    def search(self, text: str) -> None:
        self.state.text, self.state.chosen = text, ""

    def look_at(self, name: str) -> None:
        self.state.chosen = name

    def begin_first(self) -> None:
        chosen = self.state.view(self.state.found(self.state.offered))
        if chosen is not None:
            self.page.begin_report(chosen.name)

    def html(self) -> Markup:
        types = self.state.offered
        found = self.state.found(types)
        groups = [(category, list(views)) for category, views in groupby(found, key=lambda view: view.category)]
        return render("new_report.html", text=self.state.text, total=len(types), groups=groups, chosen=card_of(self.state.view(found)),
                      looked_at=bool(self.state.chosen))


def card_of(view: ReportTypeView | None) -> dict[str, Any] | None:
    """What one should know of a report type before choosing it."""
    if view is None:
        return None
    sample = [(label, [field.label for field in fields[:SAMPLE_FIELDS]]) for label, fields in view.sections[:SAMPLE_SECTIONS]]
    return {"name": view.name, "label": view.label, "deployed": view.definition.deployed, "description": view.description,
            "objects": view.objects, "problems": "", "field_count": len(view.fields), "sample": sample}
