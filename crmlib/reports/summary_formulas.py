"""Summary formulas: figures calculated of a report's other figures, cell by cell.

An operand is an aggregate by name (`amount:sum`, `record_count`), whether or not the report shows it; in a joined report
with its block (`plan#amount:sum`). PARENTGROUPVAL and PREVGROUPVAL read other cells, by the names of groupings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from crmlib.errors import DefinitionError, NotFound, Problem
from crmlib.formulas.check import Checked
from crmlib.formulas.context import FormulaError
from crmlib.formulas.evaluate import as_field, evaluate
from crmlib.formulas.grammar import parse
from crmlib.formulas.resolve import check_all
from crmlib.model.formula_fields import context_of
from crmlib.model.org import Settings
from crmlib.reports.aggregates import AGGREGATES, figure_type
from crmlib.reports.definition import Aggregate, Report, SummaryFormula
from crmlib.reports.plan import PlannedSummary, ReportPlan
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import OTHER, Key
from crmlib.reports.show_as import CellKey

Places = Mapping[str, tuple[int, int]]
"""What formulas call each grouping, with its direction (0 down, 1 across) and level."""


def operand(view: ReportTypeView, name: str) -> Aggregate | None:
    """`amount:sum` as an aggregate of the report type; None if it is none."""
    path, _, aggregate = name.lower().rpartition(":")
    row = AGGREGATES.get(aggregate)
    if row is None or row.needs_by:
        return None
    if not path:
        return Aggregate(aggregate=aggregate) if aggregate == "record_count" else None
    try:
        family = view.find(path).field.family
    except (NotFound, DefinitionError):
        return None
    return Aggregate(aggregate=aggregate, field=path) if family in row.families else None


def operand_types(report: Report, view: ReportTypeView, needed: Iterable[str] = ()) -> dict[str, str]:
    """The field type of every operand that the report's formulas, or others, name, of its own aggregates, and of the formulas."""
    found = {one.name: one for one in report.asked_aggregates if one.show_as is None}
    for name in (*names_in(report.summary_formulas), *needed):
        one = operand(view, name)
        if one is not None:
            found.setdefault(one.name, one)
    types = {name: type_ for name, one in found.items() if (type_ := _type_of(one, view))}
    return types | {one.name: one.type for one in report.summary_formulas}


def names_in(formulas: Iterable[SummaryFormula]) -> Iterator[str]:
    """Every name the formulas use; those of a formula that can't be read are left to `checked`."""
    for one in formulas:
        try:
            yield from parse(one.formula).names
        except DefinitionError:
            continue


def _type_of(aggregate: Aggregate, view: ReportTypeView) -> str | None:
    """None where the aggregate is a wrong one, which is told where it stands."""
    if aggregate.field is None:
        return "integer"
    try:
        field = view.find(aggregate.field).field
    except (NotFound, DefinitionError):
        return None
    return figure_type(aggregate.aggregate, field.type.name) if aggregate.aggregate in AGGREGATES else None


def places_of(report: Report) -> Places:
    return _places(*([(one.field, one.date_granularity or "day") for one in groupings]
                     for groupings in (report.groupings_down, report.groupings_across)))


def places_in(plan: ReportPlan) -> Places:
    """Of the groupings that the running user may see."""
    names = [(one.key.path, one.granularity) for one in plan.groupings]
    return _places(names[:plan.down], names[plan.down:])


def _places(*directions: Sequence[tuple[str, str | None]]) -> Places:
    """`stage`, `close_date`, `close_date:month`; of two groupings by one field the bare name means the outer one."""
    found: dict[str, tuple[int, int]] = {}
    for direction, groupings in enumerate(directions):
        for level, (path, granularity) in enumerate(groupings):
            for name in (path, f"{path}:{granularity}"):
                found.setdefault(name, (direction, level))
    return found


def checked(formulas: Sequence[SummaryFormula], types: Mapping[str, str], places: Places) -> dict[str, Checked]:
    """The formulas by name. Raises DefinitionError with every problem."""
    return check_all({one.name: one.formula for one in formulas}, types, tuple(places), {one.name: one.blank_as for one in formulas})


def told_of(problem: Problem) -> tuple[str, Problem]:
    """The name of the formula that a problem of `checked` belongs to, and the problem for whoever wrote it."""
    name, hint = problem.where.split(" ")[0], problem.hint
    if problem.code == "unknown-field" and not hint:
        hint = "figures are named field:aggregate, such as amount:sum, or record_count"
    return name, replace(problem, message=f"{name}: {problem.message}", hint=hint)


def planned_summary(formula: SummaryFormula, found: Checked, settings: Settings, today: date) -> PlannedSummary:
    return PlannedSummary(formula.name, formula.label or formula.name, found, context_of(settings, today), formula.type, formula.scale,
                          formula.show_as)


def needs_order(formula: Checked) -> bool:
    """Whether its value depends on the order of the groups."""
    return "PREVGROUPVAL" in formula.functions


@dataclass(frozen=True)
class Scope:
    """What the formulas of a report, or of one block of a joined report, see: the place of each figure they may name."""

    formulas: tuple[PlannedSummary, ...]
    figures: dict[str, int]


class Calculated:
    """The value of each formula in each cell, calculated when asked for and once only.

    figure: any figure of a cell by its place, calculated ones included. siblings: the groups of one parent, in their order,
    of a direction.
    """

    def __init__(self, places: Places, figure: Callable[[CellKey, int], Any], siblings: Callable[[int, Key], Sequence[Key]]) -> None:
        self.places, self.figure, self.siblings = places, figure, siblings
        self.known: dict[tuple[str, int, CellKey], Any] = {}
        self.failed: dict[str, str] = {}  # the label of a formula without a value somewhere, and the first reason

    def value(self, scope: Scope, index: int, key: CellKey) -> Any:
        """None where there is no value, as after a division by zero."""
        planned = scope.formulas[index]
        at = (planned.name, id(scope), key)
        if at not in self.known:
            context = replace(planned.context, cells=_Around(self, scope, key))
            try:
                value = as_field(evaluate(planned.formula, self.values(scope, key), context), planned.type, planned.scale)
                self.known[at] = int(value) if planned.type == "integer" and value is not None else value
            except FormulaError as error:
                self.failed.setdefault(planned.label, error.problems[0].message)
                self.known[at] = None
        return self.known[at]

    def values(self, scope: Scope, key: CellKey) -> Mapping[str, Any]:
        return _Values(self.figure, scope.figures, key)


class _Values(dict[str, Any]):
    """The figures of a cell by name, looked up when needed."""

    def __init__(self, figure: Callable[[CellKey, int], Any], places: Mapping[str, int], key: CellKey) -> None:
        super().__init__()
        self.figure, self.places, self.key = figure, places, key

    def __missing__(self, name: str) -> Any:
        return self.figure(self.key, self.places[name])


@dataclass(frozen=True)
class _Around:
    """The other cells as one of them sees them (`crmlib.formulas.context.Cells`)."""

    calculated: Calculated
    scope: Scope
    key: CellKey

    def parent(self, groupings: tuple[str, ...]) -> Mapping[str, Any] | None:
        """In a matrix, a grouping changes its own direction only."""
        key = list(self.key)
        for name in groupings:
            if name in ("GRAND_SUMMARY", "ROW_GRAND_SUMMARY"):
                key[0] = ()
            if name in ("GRAND_SUMMARY", "COLUMN_GRAND_SUMMARY"):
                key[1] = ()
            if not name.endswith("GRAND_SUMMARY"):
                if name not in self.calculated.places:
                    return None  # the running user may not see that grouping
                direction, level = self.calculated.places[name]
                if len(key[direction]) <= level:
                    return None  # this cell stands above that grouping
                key[direction] = key[direction][:level + 1]
        return self.calculated.values(self.scope, (key[0], key[1]))

    def previous(self, grouping: str, steps: int) -> Mapping[str, Any] | None:
        """Other comes after none."""
        if grouping not in self.calculated.places:
            return None  # the whole, which has none before it, or a grouping that the running user may not see
        direction, level = self.calculated.places[grouping]
        if len(self.key[direction]) <= level:
            return None
        own = self.key[direction][:level + 1]
        siblings = self.calculated.siblings(direction, own[:-1])
        place = siblings.index(own) - steps
        if own[-1] is OTHER or not 0 <= place < len(siblings):
            return None
        key = (siblings[place], self.key[1]) if direction == 0 else (self.key[0], siblings[place])
        return self.calculated.values(self.scope, key)
