"""Report types: our own to change, standard ones to look at and to begin from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from crmlib.errors import Problem
from crmlib.workbench import sent
from crmlib.workbench.new_report import TypeChoice
from crmlib.workbench.screen import render

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage


class TypeListView:
    """The list on the screen; which types there are and which are found is `TypeChoice`'s business."""

    kind, tab, route, title = "typelist", "types", "types", "Report types"

    def __init__(self, page: ReportsPage) -> None:
        self.page, self.state = page, TypeChoice(page.org)

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {
            "search_types": lambda item, value: self.search(value),
            "begin": lambda item, value: self.page.begin_report(sent.text(value)),
        }

    def search(self, value: Any) -> None:
        self.state.text = sent.fields(value).get("text", "") if isinstance(value, dict) else sent.text(value)

    @property
    def faulty(self) -> list[tuple[str, list[Problem]]]:
        """Files in the folder that are no usable report types, with what is wrong with them."""
        catalog = self.page.org.catalog
        checked = ((name, list(catalog.check_report_type(name))) for name in catalog.custom_names())
        return [(name, problems) for name, problems in checked if problems]

    def html(self) -> Markup:
        types = self.state.types
        found = self.state.found(types)
        groups = [("Our own", [view for view in found if not view.standard]), ("Standard", [view for view in found if view.standard])]
        return render("type_list.html", text=self.state.text, total=len(types), faulty=self.faulty,
                      may_build=self.page.org.user.builds_report_types, groups=[(label, views) for label, views in groups if views])
