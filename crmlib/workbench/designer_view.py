"""The designer as a page: what of its state is shown where, and what each button and field does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from crmlib.errors import DefinitionError, Problem, UserError
from crmlib.reports.aggregates import AGGREGATES, OFFERED
from crmlib.reports.definition import CrossFilter, Filter, SummaryFormula
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS
from crmlib.reports.report_types import ReportField
from crmlib.workbench import sent
from crmlib.workbench.designer import GROUPS, PREVIEW_ROWS, SCOPES, Designer, not_a_row_limit
from crmlib.workbench.filter_form import FilterForm, date_help, date_words, filter_form, is_plain, is_unfinished, value_actions
from crmlib.workbench.record_names import RecordNames
from crmlib.workbench.screen import render

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage

KIND_SIGNS = {"text": "abc", "number": "123", "date": "date", "datetime": "date", "boolean": "y/n", "picklist": "list",
              "multi_picklist": "list", "lookup": "→", "id": "id"}
ONE_CLICK = tuple(row for row in OFFERED.values() if not row.needs_by)


@dataclass(frozen=True)
class Row:
    """A line of the outline: a column, group, figure, filter or sorting. `standard`: its label when it has none of its own."""

    index: int
    key: str
    item: Any
    label: str
    standard: str
    problems: tuple[Problem, ...] = ()
    is_date: bool = False
    sorted: str = ""
    sort_place: int = 0
    form: FilterForm | None = None
    is_unfinished: bool = False
    is_new: bool = False
    has_new_value: bool = False
    suggestions: tuple[str, ...] = ()


class DesignerView:
    """One designer on the screen. What is only about looking (search, open sections) lives here, not in the state."""

    kind = "designer"
    tab = ""

    def __init__(self, page: ReportsPage, state: Designer, route: str) -> None:
        self.page, self.state, self.route = page, state, route
        self.text, self.menu, self.pane, self.renaming = "", "", "outline", ""
        self.open_sections: set[int] = {0}
        self.saving: dict[str, Any] | None = None
        self.row_limit_typed: str | None = None
        self.new_filter = -1
        self.new_value = -1
        self.names = RecordNames(page.org, page.refresh)
        state.observe(lambda change: page.refresh(), "shown")

    @property
    def title(self) -> str:
        return self.state.report.label

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        state = self.state
        return {
            "search_fields": lambda item, value: self.search(sent.text(value)),
            "add_first": lambda item, value: self.add_first(sent.fields(value).get("text", "")),
            "open_section": lambda item, value: self.open_sections.symmetric_difference_update({sent.number(value)}),
            "open_menu": lambda item, value: self.open_menu(sent.text(value)),
            "close_menu": lambda item, value: self.open_menu(""),
            "add_column": lambda item, value: state.add_column(sent.text(value)),
            "group_by": lambda item, value: state.group_by(sent.text(value)),
            "add_filter": lambda item, value: self.add_filter(sent.text(value)),
            "add_aggregate": lambda item, value: state.add_aggregate(sent.text(item), sent.text(value)),
            "add_figure": lambda item, value: self.add_figure(sent.text(value)),
            "remove": lambda item, value: state.remove(*sent.place(item)),
            "move_up": lambda item, value: state.move(*sent.place(item), by=-1),
            "move_down": lambda item, value: state.move(*sent.place(item), by=1),
            "group_across": lambda item, value: state.group_by(sent.text(value), "groupings_across"),
            "turn_group": lambda item, value: state.turn_group(*sent.place(item)),
            "set_granularity": lambda item, value: state.set_granularity(*sent.place(item), sent.text(value)),
            "set_filter_logic": lambda item, value: state.set_filter_logic(sent.text(value)),
            "set_scope": lambda item, value: state.set_scope(sent.text(value)),
            "rename": lambda item, value: self.rename(sent.text(value)),
            "stop_renaming": lambda item, value: self.rename(""),
            "set_label": lambda item, value: self.set_label(*sent.place(item), sent.text(value)),
            "sort_by": lambda item, value: state.sort_by(sent.text(value)),
            "set_operator": lambda item, value: state.set_operator(sent.number(item), sent.text(value)),
            **value_actions(state),
            "add_value": lambda item, value: self.add_value(sent.number(item)),
            "ask": lambda item, value: state.ask(sent.number(item), sent.flag(value)),
            "set_ask": lambda item, value: state.set_ask(sent.number(item), sent.text(value)),
            "set_details": lambda item, value: state.set_details(sent.flag(value)),
            "set_row_limit": lambda item, value: self.set_row_limit(sent.text(value)),
            "set_name": lambda item, value: state.name_it(sent.text(value)),
            "undo": lambda item, value: state.undo(),
            "redo": lambda item, value: state.redo(),
            "save": lambda item, value: self.save(),
            "open_save_as": lambda item, value: self.open_save_as(),
            "close_save_as": lambda item, value: self.close_save_as(),
            "save_as": lambda item, value: self.save_as(sent.fields(value)),
            "run": lambda item, value: self.page.navigate(f"run/{self.route}"),
            "show_pane": lambda item, value: self.show_pane(sent.text(value)),
        }

    # --- What people do that is more than one change of the state

    def search(self, text: str) -> None:
        self.text = text

    def add_first(self, text: str) -> None:
        """Enter in the search: the first field found becomes a column."""
        self.text = text
        first = next((field for _, _, fields in self.found_sections() for field in fields), None)
        if text.strip() and first is not None:
            self.state.add_column(first.path)

    def open_menu(self, path: str) -> None:
        self.menu = "" if path == self.menu else path

    def add_filter(self, path: str) -> None:
        if not path:
            return
        self.state.add_filter(path)
        self.new_filter, self.menu, self.pane = len(self.state.report.filters) - 1, "", "outline"

    def add_figure(self, words: str) -> None:
        """'sum:amount', or 'record_count:' for the rows."""
        name, _, path = words.partition(":")
        if name:
            self.state.add_aggregate(path or None, name)

    def rename(self, place: str) -> None:
        self.renaming = place

    def set_label(self, part: str, index: int, label: str) -> None:
        self.renaming = ""
        self.state.set_label(part, index, label)

    def add_value(self, index: int) -> None:
        self.state.add_value(index)
        self.new_value = index

    def set_row_limit(self, typed: str) -> None:
        """What is no number stays as it was typed, with the problem beside it."""
        self.row_limit_typed = typed
        with suppress(DefinitionError):
            self.state.set_row_limit(typed)
            self.row_limit_typed = None

    def show_pane(self, name: str) -> None:
        if name in ("fields", "outline", "preview"):
            self.pane = name

    def save(self) -> None:
        if not self.state.path:
            self.open_save_as()
            return
        self.state.save()
        self.page.say(f"Saved '{self.state.report.label}' in {self.state.path}.")

    def open_save_as(self) -> None:
        report = self.state.report
        self.saving = {"label": report.label, "folder": self.state.folder or self.page.usual_folder, "description": report.description,
                       "problems": (), "taken": False}

    def close_save_as(self) -> None:
        self.saving = None

    def save_as(self, form: dict[str, str]) -> None:
        typed = {name: form.get(name, "") for name in ("label", "folder", "description")}
        try:
            self.state.save_as(**typed, overwrite=form.get("overwrite") == "yes")
        except UserError as error:
            self.saving = {**typed, "problems": error.problems, "taken": "name-taken" in error.codes}
            return
        self.saving = None
        self.page.moved(self, f"report/{self.state.path}")
        self.page.say(f"Saved '{self.state.report.label}' in {self.state.path}.")

    # --- What is shown

    def html(self) -> Markup:
        state, report = self.state, self.state.report
        html = render(
            "designer.html", report=report, type_label=state.view.label, path=state.path, unsaved=state.is_unsaved,
            undo=state.done[-1][0] if state.done else "", redo=state.undone[-1][0] if state.undone else "",
            saving=self.saving, folders=self.page.org.catalog.folders, pane=self.pane, text=self.text, menu=self.menu,
            renaming=self.renaming, field_count=sum(len(fields) for _, fields in state.sections), sections=list(self.shown_sections()),
            columns=list(self.rows("columns")), groupings=list(self.rows("groupings_down")),
            across=list(self.rows("groupings_across")), scopes=SCOPES.items(), aggregates=list(self.rows("aggregates")),
            filters=list(self.rows("filters")), sorts=list(self.rows("sort")), general=self.general_problems(),
            granularities=[(row.name, row.label.lower()) for row in GRANULARITIES.values()], date_words=date_words(), date_help=date_help,
            groupable=self.adder(lambda field: [(field.path, field.label)] if is_groupable(field) else []),
            filterable=self.adder(lambda field: [(field.path, field.label)] if field.field.family != "id" else []),
            figures=[("Records", [("record_count:", "Record count")]), *self.adder(self.figures_of)],
            row_limit=report.row_limit or "" if self.row_limit_typed is None else self.row_limit_typed,
            limit_problems=self.limit_problems(),
            logic_problems=[problem for problem in state.problems if problem.where.startswith("filter_logic")],
            preview=self.preview_html(), preview_error=state.preview_error,
            previewing=state.is_previewing, blocked=not state.is_preview_current and not state.is_previewing and bool(state.preview),
            waiting=any(map(is_unfinished, report.filters)))
        self.new_filter = self.new_value = -1
        return html

    def preview_html(self) -> Markup | None:
        return Markup(self.state.preview.to_html(max_rows=PREVIEW_ROWS)) if self.state.preview is not None else None

    def found_sections(self) -> Iterator[tuple[int, str, list[ReportField]]]:
        """Sections with the fields that have all the words searched for, in their label, path or section."""
        words = self.text.casefold().split()
        for number, (label, fields) in enumerate(self.state.sections):
            found = [field for field in fields if all(word in f"{field.label} {field.path} {label}".casefold() for word in words)]
            if found:
                yield number, label, found

    def shown_sections(self) -> Iterator[dict[str, Any]]:
        used = {column.field for column in self.state.report.columns}
        for number, label, fields in self.found_sections():
            is_open = bool(self.text.strip()) or number in self.open_sections
            yield {"number": number, "label": label, "count": len(fields), "is_open": is_open, "fields": [
                {"path": field.path, "label": field.label, "help": field.field.help, "used": field.path in used,
                 "kind": KIND_SIGNS.get(field.field.family, ""), "groups": is_groupable(field),
                 "aggregates": [(row.name, _short(row.label)) for row in ONE_CLICK if field.field.family in row.families]}
                for field in fields] if is_open else []}

    def adder(self, options: Callable[[ReportField], list[tuple[str, str]]]) -> list[tuple[str, list[tuple[str, str]]]]:
        """What the outline's own lists offer: the objects' own fields; those behind lookups are in the list of fields."""
        found = []
        for label, fields in self.state.sections:
            offered = [option for field in fields if not field.lookups for option in options(field)]
            if offered:
                found.append((label, offered))
        return found

    def figures_of(self, field: ReportField) -> list[tuple[str, str]]:
        if field.field.family == "number":
            return [(f"{row.name}:{field.path}", row.label.format(field.label)) for row in ONE_CLICK if "number" in row.families]
        return [(f"record_count:{field.path}", f"Number of {self.plural(field)}")] if field.field.name == "id" else []

    def plural(self, field: ReportField) -> str:
        return self.state.view.schema.describe(field.field.object).plural_label.lower()

    def rows(self, part: str) -> Iterator[Row]:
        report = self.state.report
        sorts: dict[str, tuple[int, str]] = {sort.field: (number, sort.order) for number, sort in enumerate(report.sort, 1)}
        seen: dict[str, int] = {}
        for index, item in enumerate(getattr(report, part)):
            path = str(getattr(item, "field", None) or getattr(item, "related", ""))
            field = self.state.field(path) if path else None
            standard = self.standard_label(part, item, field)
            key = f"{path}:{getattr(item, 'aggregate', '')}"
            seen[key] = seen.get(key, 0) + 1
            found = tuple(problem for problem in self.state.problems if f"{problem.where}.".startswith(f"{part}.{index}."))
            number, order = sorts.get(path, (0, ""))
            row: dict[str, Any] = {"index": index, "key": f"{key}-{seen[key]}", "item": item, "standard": standard, "problems": found,
                                   "label": getattr(item, "label", "") or standard}
            if part == "columns":
                row |= {"sorted": order, "sort_place": number if len(sorts) > 1 else 0}
            if part in GROUPS:
                row["is_date"] = field is not None and field.field.family in ("date", "datetime")
            if part == "filters" and field is not None and is_plain(item):
                row |= self.filter_row(index, item, field)
            yield Row(**row)

    def filter_row(self, index: int, condition: Filter, field: ReportField) -> dict[str, Any]:
        names = self.names.of(field.field.to, condition.values[-1] if condition.values else "")
        return {"form": filter_form(field.field, condition), "is_unfinished": is_unfinished(condition), "is_new": index == self.new_filter,
                "has_new_value": index == self.new_value, "suggestions": names}

    def standard_label(self, part: str, item: Any, field: ReportField | None) -> str:
        if isinstance(item, CrossFilter):
            return f"{'No' if item.without else f'At least {item.at_least}'} {item.related.replace('_', ' ')}"
        if isinstance(item, SummaryFormula):
            return item.name
        label = field.label if field else item.field or ""
        if isinstance(item, Filter) and item.other_field:
            other = self.state.field(item.other_field)
            return f"{label} {OPERATORS[item.operator].label} {other.label if other else item.other_field}"
        if part != "aggregates":
            return label
        row = AGGREGATES.get(item.aggregate)
        if item.field is None or row is None:
            return "Record count"
        return row.label.format(self.plural(field) if field and row.name == "record_count" else label)

    def general_problems(self) -> tuple[Problem, ...]:
        """Those that belong to no line of the outline."""
        shown = ("columns.", "groupings_down.", "groupings_across.", "aggregates.", "filters.", "filter_logic", "sort.", "row_limit")
        return tuple(problem for problem in self.state.problems if not problem.where.startswith(shown))

    def limit_problems(self) -> tuple[Problem, ...]:
        if self.row_limit_typed is not None:
            return (not_a_row_limit(self.row_limit_typed),)
        return tuple(problem for problem in self.state.problems if problem.where.startswith("row_limit"))


def is_groupable(field: ReportField) -> bool:
    return field.field.family not in ("multi_picklist", "id") and field.field.type.name != "long_text"


def _short(label: str) -> str:
    """'Sum' of 'Sum of {}'."""
    return label.replace(" of {}", "").replace(" {}", "")


