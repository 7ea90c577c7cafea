"""The report designer's state: a report that grows, its problems in words, a preview of real records, undo.

    state = Designer(org, new_report(view, org.user))
    state.add_column("amount"); state.group_by("stage"); state.undo()
    state.report, state.problems, state.preview

The report in the making is a `Report` all along, also while something in it is still wrong: what was typed stays, the
problem is said beside it, and the preview keeps showing the last version that could be run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from traitlets import Any as AnyTrait
from traitlets import Bool, HasTraits, Instance, Int, List, Tuple, Unicode, observe

from crmlib.errors import Conflict, DefinitionError, Problem, UserError, raise_if_any
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.catalog import name_for
from crmlib.reports.definition import Aggregate, Column, Filter, Grouping, Report, Sort
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.report_types import ReportField, ReportTypeView
from crmlib.security.access import Access
from crmlib.workbench.filter_form import (
    is_plain,
    is_unfinished,
    new_filter,
    with_ask,
    with_choice,
    with_date,
    with_operator,
    with_value,
    without_value,
)
from crmlib.workbench.screen import in_background

PREVIEW_ROWS = 50
MOST_UNDO = 100
FIRST_COLUMNS = 3
SCOPES = {"all": "all that I may see", "mine": "my own", "team": "my own and my team's"}
GROUPS = ("groupings_down", "groupings_across")
PARTS = {"columns": "column", "groupings_down": "group", "groupings_across": "group across", "aggregates": "figure", "filters": "filter",
         "sort": "sorting"}
"""What a report is made of, and what people call one of it."""


def new_report(view: ReportTypeView, user: Access) -> Report:
    """What the designer begins with: the type's default columns, else the primary records' names, or the first fields of a type
    without them: there is data to see."""
    readable = {path: field for path, field in view.fields.items() if view.may_be_seen(field, user)}
    defaults = [column.field for section in view.definition.sections for column in section.columns if column.default]
    others = [path for path, field in readable.items() if field.field.family != "id"]
    first = [path for path in defaults if path in readable] or (["name"] if "name" in readable else others[:FIRST_COLUMNS])
    return Report(label=f"New {view.label} report", report_type=view.name, columns=tuple(Column(field=path) for path in first))


class Designer(HasTraits):
    """One report being made or changed.

    path: where it is saved, "" if nowhere yet. saved: as it is saved. undone, done: versions for redo and undo, each with
    the words for what was done. preview: the result of `previewed`, the last version that could be run; `shown` counts
    the previews, for whoever waits for the next one.
    """

    report = Instance(Report)
    saved = Instance(Report, allow_none=True)
    path = Unicode()
    done: List[tuple[str, Report]] = List()
    undone: List[tuple[str, Report]] = List()
    problems = Tuple()
    preview = AnyTrait(allow_none=True)
    previewed = Instance(Report, allow_none=True)
    preview_error = Tuple()
    is_previewing = Bool(False)
    shown = Int()

    def __init__(self, org: Any, report: Report, path: str = "") -> None:
        if report.blocks:
            raise DefinitionError(Problem("joined-report", "the designer has no form for joined reports",
                                          hint=f"change its YAML file: {path}.yaml" if path else "write it as a YAML file"))
        self.org = org
        self.view: ReportTypeView = org.catalog.report_type(report.report_type)
        self._typing = ""
        super().__init__(report=report, saved=report if path else None, path=path)

    # --- What may be chosen from

    @property
    def sections(self) -> Iterator[tuple[str, tuple[ReportField, ...]]]:
        """The report type's fields by section, without those that this user may not see."""
        for label, fields in self.view.sections:
            readable = tuple(field for field in fields if self.view.may_be_seen(field, self.org.user))
            if readable:
                yield label, readable

    def field(self, path: str) -> ReportField | None:
        """The field at this path, None when there is none (a report from a file may name one)."""
        try:
            return self.view.find(path)
        except UserError:
            return None

    # --- Changes

    def change(self, what: str, typing: str = "", **parts: Any) -> None:
        """The one way the report changes: remembered for undo, its format following from its groups.

        typing: what is being typed into; letter after letter there is undone at once.
        """
        report = self.report.model_copy(update=parts)
        report = report.model_copy(update={"format": report.fitting_format})
        if report == self.report:
            return
        if not (typing and typing == self._typing):
            self.done = [*self.done, (what, self.report)][-MOST_UNDO:]
        self._typing = typing
        self.undone = []
        self.report = report

    def undo(self) -> None:
        self._typing = ""
        if self.done:
            *rest, (what, report) = self.done
            self.done, self.undone = rest, [*self.undone, (what, self.report)]
            self.report = report

    def redo(self) -> None:
        self._typing = ""
        if self.undone:
            *rest, (what, report) = self.undone
            self.undone, self.done = rest, [*self.done, (what, self.report)]
            self.report = report

    def add_column(self, path: str) -> None:
        """At the end; a column that is there already is not added again."""
        field = self._offered(path)
        if all(column.field != path for column in self.report.columns):
            self.change(f"add column {field.label}", columns=(*self.report.columns, Column(field=path)))

    def group_by(self, path: str, part: str = "groupings_down") -> None:
        """As the innermost group, dates by month; a report that groups shows at least how many records there are."""
        field = self._offered(path)
        groups = self.report.groupings_across if part == "groupings_across" else self.report.groupings_down
        if any(grouping.field == path for grouping in groups):
            return
        granularity = "month" if field.field.family in ("date", "datetime") else None
        changed: dict[str, Any] = {part: (*groups, Grouping(field=path, date_granularity=granularity))}
        self.change(f"group by {field.label}", aggregates=self.report.aggregates or (Aggregate(aggregate="record_count"),), **changed)

    def add_aggregate(self, path: str | None, name: str) -> None:
        """A figure: `record_count` of the rows without a path, else of the field."""
        row = _known(AGGREGATES, name, "aggregate")
        new = Aggregate(aggregate=row.name, field=path)
        words = "record count" if path is None else row.label.format(self._offered(path).label)
        if new not in self.report.aggregates:
            self.change(f"add {words}", aggregates=(*self.report.aggregates, new))

    def add_filter(self, path: str) -> None:
        """With a filter logic, the new one must hold as well."""
        field = self._offered(path)
        filters = (*self.report.filters, new_filter(path, field.field))
        logic = self.report.filter_logic.strip()
        self.change(f"filter {field.label}", filters=filters, filter_logic=f"({logic}) AND {len(filters)}" if logic else "")

    def remove(self, part: str, index: int) -> None:
        items = self._items(part, index)
        changed: dict[str, Any] = {part: items[:index] + items[index + 1:]}
        if part == "columns":  # records can't stay sorted by what is not there to see
            changed["sort"] = tuple(sort for sort in self.report.sort if sort.field != items[index].field)
        self.change(f"remove a {PARTS[part]}", **changed)

    def move(self, part: str, index: int, by: int) -> None:
        """Up (-1) or down (+1); beyond the ends nothing happens."""
        items = self._items(part, index)
        if not 0 <= index + by < len(items):
            return
        order = list(items)
        order.insert(index + by, order.pop(index))
        changed: dict[str, Any] = {part: tuple(order)}
        self.change(f"move a {PARTS[part]}", **changed)

    def set_granularity(self, part: str, index: int, name: str) -> None:
        self._group(part, index)
        self._replace(part, index, "change the period", date_granularity=_known(GRANULARITIES, name, "period").name)

    def turn_group(self, part: str, index: int) -> None:
        """Ascending groups become descending, and the other way round."""
        order = self._group(part, index).order
        self._replace(part, index, "turn the groups' order", order="descending" if order == "ascending" else "ascending")

    def set_label(self, part: str, index: int, label: str) -> None:
        self._items(part, index)
        if part in ("columns", "aggregates"):
            self._replace(part, index, "rename a column", label=label.strip())

    def sort_by(self, path: str) -> None:
        """Not sorted, ascending, descending, and round again."""
        field = self._offered(path)
        now = {sort.field: sort.order for sort in self.report.sort}
        others = tuple(sort for sort in self.report.sort if sort.field != path)
        if path not in now:
            changed = (*others, Sort(field=path))
        elif now[path] == "ascending":
            changed = tuple(Sort(field=path, order="descending") if sort.field == path else sort for sort in self.report.sort)
        else:
            changed = others
        self.change(f"sort by {field.label}", sort=changed)

    def set_operator(self, index: int, operator: str) -> None:
        condition, field = self._filter(index)
        self._set_filter(index, with_operator(field.field, condition, operator))

    def set_value(self, index: int, position: int, text: str) -> None:
        """What was typed as one of the filter's values; a position one past the last adds a value."""
        condition, field = self._filter(index)
        self._set_filter(index, with_value(field.field, condition, position, text), f"{index}.{position}")

    def add_value(self, index: int) -> None:
        """One more to compare with, still empty."""
        condition, _ = self._filter(index)
        self.set_value(index, len(condition.values), "")

    def remove_value(self, index: int, position: int) -> None:
        condition, _ = self._filter(index)
        self._set_filter(index, without_value(condition, position))

    def tick_value(self, index: int, choice: str, ticked: bool) -> None:
        condition, field = self._filter(index)
        self._set_filter(index, with_choice(field.field, condition, choice, ticked))

    def set_date(self, index: int, position: int, word: str, number: str = "") -> None:
        """A relative date, or "date" for a day of its own."""
        condition, field = self._filter(index)
        self._set_filter(index, with_date(field.field, condition, position, word, number, self.org.org.today()), f"{index}.{position}")

    def set_ask(self, index: int, label: str) -> None:
        """Ask for the value under this label when the report runs; empty: no longer."""
        condition, field = self._filter(index)
        self._set_filter(index, with_ask(field.field, condition, label.strip()))

    def ask(self, index: int, asked: bool) -> None:
        """Under the field's label, or one that is like it: equal labels share one answer."""
        _, field = self._filter(index)
        taken = {one.ask for one in self.report.filters if isinstance(one, Filter)}
        labels = (field.label, *(f"{field.label} {number}" for number in range(2, len(taken) + 3)))
        self.set_ask(index, next(label for label in labels if label not in taken) if asked else "")

    def set_filter_logic(self, text: str) -> None:
        """How the filters, counted from 1, go together; empty: all must hold."""
        self.change("change the filter logic", "logic", filter_logic=text)

    def set_scope(self, name: str) -> None:
        _known(SCOPES, name, "scope")
        self.change("change whose records", scope=name)

    def set_details(self, shown: bool) -> None:
        self.change("show the records" if shown else "hide the records", show_details=shown)

    def set_row_limit(self, text: str) -> None:
        """Empty for no limit. Raises DefinitionError for what is no number."""
        if not text.strip():
            self.change("remove the row limit", row_limit=None)
        elif text.strip().isdecimal() and int(text) > 0:
            self.change("set the row limit", row_limit=int(text))
        else:
            raise DefinitionError(not_a_row_limit(text))

    def name_it(self, label: str, description: str | None = None) -> None:
        parts = {"label": label.strip() or self.report.label}
        if description is not None:
            parts["description"] = description.strip()
        self.change("rename the report", **parts)

    # --- Saving

    @property
    def is_unsaved(self) -> bool:
        return self.report != self.saved and bool(self.path or self.done)

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    def save(self) -> None:
        """Where it was opened from. Raises Conflict when somebody else saved it meanwhile, DefinitionError with all problems."""
        folder, _, name = self.path.rpartition("/")
        self._refuse_problems()
        if self.org.catalog.load(self.path)[0] != self.saved:
            raise Conflict(Problem("saved-meanwhile", f"{self.path!r} was changed by somebody else since you opened it",
                                   hint="save yours under another name, or open theirs and change it"))
        self.org.catalog.save(self.report, folder, name, overwrite=True)
        self.saved = self.report

    def save_as(self, folder: str, label: str, description: str = "", overwrite: bool = False) -> None:
        """Under a folder and a name. Raises DefinitionError when the name is taken or the report has problems."""
        self._refuse_problems()
        report = self.report.model_copy(update={"label": label.strip(), "description": description.strip()})
        given = {"name": label, "folder": folder}
        raise_if_any(Problem("missing-value", f"a {what} is missing", what) for what, text in given.items() if not text.strip())
        self.path = self.org.catalog.save(report, name_for(folder), name_for(label), overwrite=overwrite)
        self.saved = self.report = report

    def _refuse_problems(self) -> None:
        if self.problems:
            raise DefinitionError(self.problems)

    # --- What follows from a change

    @observe("report")
    def _check_and_preview(self, change: Any) -> None:
        self.problems = tuple(self.org.report(self.report).problems())
        self.refresh_preview()

    @property
    def runnable(self) -> Report:
        """The report without filters that still wait for their value; a filter logic counts all of them, and waits too."""
        if self.report.filter_logic.strip():
            return self.report
        return self.report.model_copy(update={"filters": tuple(one for one in self.report.filters if not is_unfinished(one))})

    @property
    def is_preview_current(self) -> bool:
        return self.previewed == self.runnable and not self.preview_error

    def refresh_preview(self) -> None:
        """Run the report's first rows beside the page; changes that come meanwhile are shown by a further run."""
        report = self.runnable
        if self.is_previewing or report == self.previewed or (self.problems and self.org.report(report).problems()):
            return
        self.is_previewing = True
        in_background(lambda: self.org.report(report).run(detail_limit=PREVIEW_ROWS), lambda outcome: self._show(report, outcome))

    def _show(self, report: Report, outcome: Any) -> None:
        self.is_previewing = False
        self.previewed = report
        if isinstance(outcome, Exception):
            self.preview_error = outcome.problems if isinstance(outcome, UserError) else (
                Problem("internal", "the preview could not be made; the server's log says why"),)
        else:
            self.preview_error, self.preview = (), outcome
        self.refresh_preview()
        self.shown += 1

    # --- What a browser sends is checked here

    def _offered(self, path: str) -> ReportField:
        field = self.view.find(path)
        if not self.view.may_be_seen(field, self.org.user):
            raise DefinitionError(Problem("unknown-field", f"there is no field {path!r}"))
        return field

    def _items(self, part: str, index: int) -> tuple[Any, ...]:
        items = getattr(self.report, part) if part in PARTS else ()
        if not 0 <= index < len(items):
            raise DefinitionError(Problem("no-such-part", "this is not in the report any more"))
        return tuple(items)

    def _replace(self, part: str, index: int, what: str, **values: Any) -> None:
        items = self._items(part, index)
        changed: dict[str, Any] = {part: (*items[:index], items[index].model_copy(update=values), *items[index + 1:])}
        self.change(what, **changed)

    def _group(self, part: str, index: int) -> Grouping:
        if part not in GROUPS:
            raise DefinitionError(Problem("no-such-part", "this is not in the report any more"))
        group: Grouping = self._items(part, index)[index]
        return group

    def _filter(self, index: int) -> tuple[Filter, ReportField]:
        condition = self._items("filters", index)[index]
        if not is_plain(condition):
            raise DefinitionError(Problem("not-plain", "this filter can only be changed in its file"))
        return condition, self._offered(condition.field)

    def _set_filter(self, index: int, condition: Filter, typing: str = "") -> None:
        filters = self.report.filters
        self.change("change a filter", typing, filters=(*filters[:index], condition, *filters[index + 1:]))


def not_a_row_limit(text: str) -> Problem:
    return Problem("bad-value", f"{text!r} is not a number of rows", "row_limit", "give a number from 1, or nothing")


def _known(vocabulary: dict[str, Any], name: str, what: str) -> Any:
    if name not in vocabulary:
        raise DefinitionError(Problem(f"unknown-{what}", f"there is no {what} {name!r}"))
    return vocabulary[name]
