"""Two runs of a report side by side: groups that came and went, figures that changed, records that came, went or moved.

    comparison = compare(before, after)
    comparison.groups        each cell of either, with both figures, their difference and the change in percent
    comparison.figures()     the same as a result, so that every output there is can show it; unchanged groups left out
    comparison.records()     the records as a result

The runs may be of two moments, users or definitions, as long as groupings and aggregates are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from crmlib.errors import DefinitionError, Problem, raise_if_any
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.definition import Chart
from crmlib.reports.result import DetailRow, Group, Key, ReportResult, ResultColumn, walk

NUMBERS = ("integer", "number", "currency", "percent")
CAME, WENT, CHANGED, SAME = "came", "went", "changed", ""
CHANGE = ResultColumn("change", "Change", "text")

CellKey = tuple[Key, Key]


@dataclass(frozen=True)
class FigureChange:
    """A figure then and now. difference, percent: None where they mean nothing; of a figure that adds up, nothing there is 0."""

    before: Any
    after: Any
    difference: Any
    percent: Decimal | None


@dataclass(frozen=True)
class GroupChange:
    """A cell of either run, by its groups down and across. change: "came", "went", "changed" or ""; one figure per aggregate."""

    down: Key
    across: Key
    change: str
    figures: tuple[FigureChange, ...]


@dataclass(frozen=True)
class RecordChange:
    """A row whose record came, went, or stands in other groups than before (`moved`: their labels)."""

    change: str
    row: DetailRow
    labels: tuple[str, ...]
    moved: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        return f"moved from {', '.join(self.moved)}" if self.moved else self.change


@dataclass(frozen=True)
class Comparison:
    """Both runs and what is different. groups: totals come before what they are totals of, the whole first."""

    before: ReportResult
    after: ReportResult
    groups: tuple[GroupChange, ...]
    changed_records: tuple[RecordChange, ...]
    notes: tuple[str, ...]

    @cached_property
    def by_key(self) -> dict[CellKey, GroupChange]:
        return {(one.down, one.across): one for one in self.groups}

    def figures(self, everything: bool = False) -> ReportResult:
        """Then, now, difference and percent of every figure, as a result. everything: also of groups where nothing changed."""
        after, notes = self.after, self.notes
        groups, across = _merged(self.before.groups, after.groups), _merged(self.before.groups_across, after.groups_across)
        if not everything:
            changed = [one for one in self.groups if one.change]
            groups, said = _kept(groups, {one.down for one in changed}, "groups")
            across, said_across = _kept(across, {one.across for one in changed}, "groups across")
            notes = (*notes, *said, *said_across)
        cells = {key: (one.change, *(value for pair in zip(one.figures, after.aggregates, strict=True) for value in _told(*pair)))
                 for key, one in self.by_key.items()}
        return replace(self._about(notes), groups=groups, groups_across=across,
                       aggregates=(CHANGE, *(column for one in after.aggregates for column in _columns(one))),
                       cells=cells, details=(), show_details=False)

    def records(self) -> ReportResult:
        """The records that came, went or moved, as a list."""
        after = self.after
        groupings = tuple(replace(one, name=f"in {one.name}", type="text", granularity=None) for one in (*after.groupings, *after.across))
        rows = [DetailRow((), one.row.record_id, (one.in_words, *one.labels, *one.row.values)) for one in self.changed_records]
        figures = self.figures() if not after.groupings else None
        aggregates, cells = (figures.aggregates, figures.cells) if figures else ((), {((), ()): ()})
        return replace(self._about(self.notes), format="tabular", columns=(CHANGE, *groupings, *after.columns), groupings=(), across=(),
                       groups=(), groups_across=(), aggregates=aggregates, cells=cells, details=tuple(rows), row_count=len(rows),
                       show_details=True)

    def tables(self, everything: bool = False) -> Iterator[ReportResult]:
        """What there is to read: the groups, and the records if some came or went."""
        if self.after.groupings:
            yield self.figures(everything)
        if self.changed_records or not self.after.groupings:
            yield replace(self.records(), label="Records that came, went or moved") if self.after.groupings else self.records()

    def _about(self, notes: tuple[str, ...]) -> ReportResult:
        before = self.before
        when = before.run_at.astimezone(self.after.settings.zone)
        return replace(self.after, description=f"Compared with the run of {when:%d %b %Y, %H:%M} as seen by {before.user}.", notes=notes,
                       chart=Chart(type="none"), conditional_formats=())


def compare(before: ReportResult, after: ReportResult) -> Comparison:
    """What is different. Raises DefinitionError for runs that can't be compared, with every reason."""
    raise_if_any(_not_comparable(before, after), DefinitionError)
    keys = list(dict.fromkeys([*after.cells, *before.cells]))
    groups = tuple(_group(key, before.cells.get(key), after.cells.get(key), after.aggregates) for key in keys)
    records = tuple(_records(before, after)) if _shows_all_records(before, after) else ()
    return Comparison(before, after, groups, records, tuple(_notes(before, after)))


def _shows_all_records(before: ReportResult, after: ReportResult) -> bool:
    """Those of a joined report are of several objects, so that their ids don't tell them apart."""
    return all(one.show_details and not one.is_cut and one.format != "joined" for one in (before, after))


def _not_comparable(before: ReportResult, after: ReportResult) -> Iterator[Problem]:
    if before.report_type != after.report_type:
        yield Problem("not-comparable", f"one run is of {before.report_type!r}, the other of {after.report_type!r}")
    for what, one, other in (("grouped down", before.groupings, after.groupings), ("grouped across", before.across, after.across)):
        if [(column.name, column.granularity) for column in one] != [(column.name, column.granularity) for column in other]:
            yield Problem("not-comparable", f"one run is {what} by {_named(one)}, the other by {_named(other)}")
    names = [[column.name for column in one.aggregates] for one in (before, after)]
    if names[0] != names[1]:
        withheld = ", ".join(dict.fromkeys((*before.withheld, *after.withheld)))
        yield Problem("not-comparable", f"one run shows {_named(before.aggregates)}, the other {_named(after.aggregates)}",
                      hint=f"withheld from one of their users: {withheld}" if withheld else "run the earlier definition again")
    if before.settings.currency != after.settings.currency:
        yield Problem("not-comparable", f"one run is in {before.settings.currency}, the other in {after.settings.currency}")


def _named(columns: Sequence[ResultColumn]) -> str:
    return ", ".join(f"{one.label} ({one.granularity})" if one.granularity else one.label for one in columns) or "nothing"


def _notes(before: ReportResult, after: ReportResult) -> Iterator[str]:
    if before.filters != after.filters:
        yield f"The filters differ; of the earlier run they were: {'; '.join(before.filters) or 'none'}."
    if before.show_details and after.show_details and not _shows_all_records(before, after):
        why = "The runs are of a joined report" if after.format == "joined" else "One of the runs does not hold all its records"
        yield f"{why}, so nothing is said about records that came or went."
    for result in (before, after):
        if result.withheld:
            yield f"Withheld from {result.user}: {', '.join(result.withheld)}."


def _group(key: CellKey, before: tuple[Any, ...] | None, after: tuple[Any, ...] | None, columns: Sequence[ResultColumn]) -> GroupChange:
    nothing = (None,) * len(columns)
    change = CAME if before is None else WENT if after is None else CHANGED if before != after else SAME
    figures = (_figure(*three) for three in zip(before or nothing, after or nothing, columns, strict=True))
    return GroupChange(*key, change, tuple(figures))


def _figure(before: Any, after: Any, column: ResultColumn) -> FigureChange:
    """Of sums and counts, a group that is not there has 0."""
    row = AGGREGATES.get(column.name.rpartition("#")[2].rpartition(":")[2])  # "deals#amount:sum" in a joined report
    zero = 0 if column.type in NUMBERS and row is not None and row.adds_up else None
    was, became = zero if before is None else before, zero if after is None else after
    if column.type not in NUMBERS or was is None or became is None:
        return FigureChange(before, after, None, None)
    percent = (Decimal(became - was) * 100 / abs(Decimal(was))).quantize(Decimal("0.01"), ROUND_HALF_UP) if was else None
    return FigureChange(before, after, became - was, percent)


def _columns(column: ResultColumn) -> Iterator[ResultColumn]:
    """Of an aggregate, the columns in which it is compared."""
    yield replace(column, name=f"before {column.name}", label=f"{column.label} before")
    yield column
    if column.type in NUMBERS:
        yield replace(column, name=f"difference {column.name}", label="Difference")
        yield ResultColumn(f"percent {column.name}", "Difference in %", "percent")


def _told(figure: FigureChange, column: ResultColumn) -> tuple[Any, ...]:
    both = (figure.before, figure.after)
    return (*both, figure.difference, figure.percent) if column.type in NUMBERS else both


def _merged(before: Sequence[Group], after: Sequence[Group]) -> tuple[Group, ...]:
    """The groups of both in the order of `after`; those that went stand last among their neighbours."""
    earlier, later = ({group.key: group for group in groups} for groups in (before, after))
    both = [replace(group, groups=_merged(earlier[key].groups if key in earlier else (), group.groups)) for key, group in later.items()]
    return (*both, *(_without_rows(group) for key, group in earlier.items() if key not in later))


def _without_rows(group: Group) -> Group:
    return replace(group, rows=0, groups=tuple(map(_without_rows, group.groups)))


def _kept(groups: Sequence[Group], changed: set[Key], called: str) -> tuple[tuple[Group, ...], list[str]]:
    """Those that changed, with the groups around them; and a sentence on how many are left out."""
    keys = {key[:length] for key in changed for length in range(len(key) + 1)}
    finest = [group.key for group in walk(groups) if not group.groups]
    same = sum(key not in keys for key in finest)

    def kept(groups: Sequence[Group]) -> tuple[Group, ...]:
        return tuple(replace(group, groups=kept(group.groups)) for group in groups if group.key in keys)
    return kept(groups), [f"{same:,} of {len(finest):,} {called} are the same and not shown; totals are of all."] if same else []


def _records(before: ReportResult, after: ReportResult) -> Iterator[RecordChange]:
    """Those that came or moved in the order of `after`, then those that went."""
    earlier, later = _places(before), _places(after)
    labels_before, labels_after = _labels(before), _labels(after)
    for row in after.details:
        was = earlier.get(row.record_id)
        if was is None:
            yield RecordChange(CAME, row, labels_after(row.key, row.across))
        elif (row.key, row.across) not in was:
            left = [key for key in was if key not in later[row.record_id]] or list(was)
            yield RecordChange("moved", row, labels_after(row.key, row.across), tuple(" › ".join(labels_before(*key)) for key in left))
    names = [column.name for column in before.columns]
    for row in before.details:
        if row.record_id not in later:
            values = tuple(row.values[names.index(column.name)] if column.name in names else None for column in after.columns)
            yield RecordChange(WENT, row._replace(values=values), labels_before(row.key, row.across))


def _places(result: ReportResult) -> dict[int, dict[CellKey, None]]:
    """The groups in which each record stands."""
    found: dict[int, dict[CellKey, None]] = {}
    for row in result.details:
        found.setdefault(row.record_id, {})[row.key, row.across] = None
    return found


def _labels(result: ReportResult) -> Callable[[Key, Key], tuple[str, ...]]:
    """What gives the labels of groups down and across by their keys."""
    down, across = ({group.key: group.label for group in walk(groups)} for groups in (result.groups, result.groups_across))

    def of(key: Key, key_across: Key) -> tuple[str, ...]:
        return tuple(labels[one[:length]] for labels, one in ((down, key), (across, key_across)) for length in range(1, len(one) + 1))
    return of
