"""From a result to lines with roles: every output is a short walk over the same lines, so they cannot disagree.

    summary                  GROUP lines of the finest groups with their figures, a SUBTOTAL closing each group around them
    summary with details     a GROUP line opens each group, its DETAIL lines follow, a SUBTOTAL closes it
    matrix                   as a summary; each group across, and the total across, has columns of its own; with details,
                             each says in columns of their own in which groups across it counts
    tabular                  DETAIL lines; the figures of the whole stand in `Layout.figures`, above the table

A GRAND_TOTAL closes every summary and matrix. Nothing is computed here: all figures are read from `result.cells`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from crmlib.render.formats import counted, show
from crmlib.reports.result import DetailRow, Group, Key, ReportResult, walk


class Role(StrEnum):
    HEADER, GROUP, DETAIL, SUBTOTAL, GRAND_TOTAL = "header", "group", "detail", "subtotal", "grand total"


@dataclass(frozen=True)
class LayoutColumn:
    """kind: "grouping" (its values are labels of groups, ready to read, so its type is text), "across" (the same, of the
    groups across in which a record counts), "detail" or "aggregate".

    across, across_key: of a matrix, the labels and the key of the groups across that the column stands in, from the
    outermost; is_total: it is a total of several of them.
    """

    label: str
    type: str
    scale: int
    kind: str
    name: str
    across: tuple[str, ...] = ()
    across_key: Key = ()
    is_total: bool = False

    @property
    def heading(self) -> str:
        """For outputs with one line of headings: 'Q1 2026 · Amount'."""
        return " · ".join((*self.across, self.label))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    values: one per column; labels of all groups around the line stand in the grouping columns, also when they repeat.
    opens: the first grouping column whose label is new here; those to its left repeat the line above.
    label: what a GROUP, SUBTOTAL or GRAND_TOTAL is called. rows: report rows behind it. has_figures: False for the
    GROUP line that only opens its details.
    """

    role: Role
    depth: int
    values: tuple[Any, ...]
    key: Key = ()
    record_id: int | None = None
    label: str = ""
    rows: int = 0
    opens: int = 0
    has_figures: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure of the whole report, for the strip above the table."""

    label: str
    value: Any
    type: str
    scale: int
    name: str


@dataclass(frozen=True)
class Layout:
    """Columns and lines; the first line is the HEADER. `cut` says what is not shown, None when everything is."""

    columns: tuple[LayoutColumn, ...]
    lines: tuple[Line, ...]
    figures: tuple[Figure, ...]
    cut: str | None = None

    @property
    def groupings(self) -> int:
        """How many of the columns, from the left, are groupings."""
        return sum(column.kind == "grouping" for column in self.columns)


@dataclass(frozen=True)
class HeaderCell:
    """A heading over `width` columns from `first` on, `rows` rows high. is_across: it names a group across."""

    label: str
    first: int
    width: int = 1
    rows: int = 1
    is_across: bool = False


def header_rows(columns: Sequence[LayoutColumn]) -> list[list[HeaderCell]]:
    """One row of headings; of a matrix, a row for each level across above that of the aggregates."""
    levels = max((len(column.across) for column in columns), default=0)
    return [list(_header_row(columns, level, levels)) for level in range(levels + 1)]


def _header_row(columns: Sequence[LayoutColumn], level: int, levels: int) -> Iterator[HeaderCell]:
    """Neighbours in the same group across share a heading."""
    def place(index: int) -> object:
        column = columns[index]
        return (column.across_key[:level + 1], column.across[:level + 1]) if column.across else index

    for _, together in groupby(range(len(columns)), key=place):
        indexes = list(together)
        column = columns[indexes[0]]
        if not column.across:
            if level == 0:
                yield HeaderCell(column.label, indexes[0], rows=levels + 1)
        elif level == levels:
            yield from (HeaderCell(columns[index].label, index) for index in indexes)
        elif level < len(column.across):
            is_last = level == len(column.across) - 1  # a total spans the rows that its deeper neighbours fill
            yield HeaderCell(column.across[level], indexes[0], len(indexes), levels - level if is_last else 1, is_across=True)


@dataclass(frozen=True)
class PlainTable:
    """The finest lines alone: one record or one finest group a row, every label filled in, no totals. For other programs."""

    columns: tuple[LayoutColumn, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def headings(self) -> list[str]:
        """Labels that are all different: of two columns called Name, the second also says its field."""
        taken: set[str] = set()
        headings = []
        for column in self.columns:
            heading = column.heading
            if heading in taken:
                heading = f"{column.heading} ({column.name})"
            while heading in taken:
                heading += "*"
            taken.add(heading)
            headings.append(heading)
        return headings


def plain_table(layout: Layout, has_details: bool) -> PlainTable:
    """Of records with the labels of their groups, or of the finest groups with their figures."""
    kinds = ("grouping", "across", "detail") if has_details else ("grouping", "aggregate")
    kept = [index for index, column in enumerate(layout.columns) if column.kind in kinds and not column.is_total]
    role = Role.DETAIL if has_details else Role.GROUP
    rows = tuple(tuple(line.values[index] for index in kept) for line in layout.lines if line.role is role)
    return PlainTable(tuple(layout.columns[index] for index in kept), rows)


def lay_out(result: ReportResult, max_rows: int | None = None) -> Layout:
    """The result as lines. `max_rows` limits details, or finest groups where no details are shown; totals stay those of all."""
    columns = layout_columns(result)
    header = Line(Role.HEADER, 0, tuple(column.heading for column in columns))
    body = [] if is_empty(result) else list(_details(result, max_rows) if not result.groupings else _Groups(result, max_rows).lines())
    return Layout(columns, (header, *body), _figures(result), _cut(result, body))


def is_empty(result: ReportResult) -> bool:
    return result.row_count == 0 and not result.groups


def layout_columns(result: ReportResult) -> tuple[LayoutColumn, ...]:
    """Groupings, then detail columns if they are shown, then aggregates (a tabular report has those above the table)."""
    has_details = shows_details(result)
    details = result.columns if has_details else ()
    aggregates = result.aggregates if result.groupings else ()
    return (*(LayoutColumn(column.label, "text", column.scale, "grouping", column.name) for column in result.groupings),
            *(LayoutColumn(column.label, "text", column.scale, "across", column.name) for column in result.across if has_details),
            *(LayoutColumn(column.label, column.type, column.scale, "detail", column.name) for column in details),
            *(LayoutColumn(column.label, column.type, column.scale, "aggregate", column.name, labels, key, is_total)
              for key, labels, is_total in columns_across(result) for column in aggregates))


def columns_across(result: ReportResult) -> list[tuple[Key, tuple[str, ...], bool]]:
    """(key, labels, whether it is a total) of each group across, in order; totals follow their groups, the whole comes last."""
    def of(groups: tuple[Group, ...], labels: tuple[str, ...]) -> Iterator[tuple[Key, tuple[str, ...], bool]]:
        for group in groups:
            yield from of(group.groups, (*labels, group.label))
            is_total = bool(group.groups)
            yield group.key, (*labels, group.label, "Total") if is_total else (*labels, group.label), is_total

    if not result.across:
        return [((), (), False)]
    return [*of(result.groups_across, ()), ((), ("Total",), True)]


def shows_details(result: ReportResult) -> bool:
    return result.show_details or not result.groupings


def _figures(result: ReportResult) -> tuple[Figure, ...]:
    cells = result.cells.get(((), ()), ()) if result.aggregates else ()
    return tuple(Figure(column.label, value, column.type, column.scale, column.name)
                 for column, value in zip(result.aggregates, cells, strict=False))


def _details(result: ReportResult, limit: int | None) -> Iterator[Line]:
    for row in result.details[:limit]:
        yield Line(Role.DETAIL, 0, row.values, row.key, row.record_id)


class _Groups:
    """Walks the groups and counts the body lines that may still be written."""

    def __init__(self, result: ReportResult, limit: int | None) -> None:
        self.result, self.limit, self.written = result, limit, 0
        self.levels = len(result.groupings)
        self.details_width = len(result.across) + len(result.columns) if shows_details(result) else 0
        self.labels_across = {group.key: group.label for group in walk(result.groups_across)}
        self.across = [key for key, _, _ in columns_across(result)]
        self.no_figure = (None,) * len(result.aggregates)
        self.no_figures = self.no_figure * len(self.across)
        details = result.details if shows_details(result) else ()
        self.rows: dict[Key, list[DetailRow]] = {}
        for key, rows in groupby(details, key=lambda row: row.key):
            self.rows.setdefault(key, []).extend(rows)
        self.above: Key = ()

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.written >= self.limit

    def lines(self) -> Iterator[Line]:
        for group in self.result.groups:
            yield from self.group(group, ())
        yield Line(Role.GRAND_TOTAL, 0, self.values((), self.figures(())), (), label="Total", rows=self.result.row_count,
                   has_figures=True)

    def group(self, group: Group, outer: tuple[str, ...]) -> Iterator[Line]:
        if self.is_full:
            return
        depth, labels = len(outer), (*outer, group.label)
        if group.groups:
            if self.details_width:
                yield self.line(Role.GROUP, group, labels, with_figures=False)
            for inner in group.groups:
                yield from self.group(inner, labels)
            yield self.line(Role.SUBTOTAL, group, labels)
        elif rows := self.rows.get(group.key):
            yield self.line(Role.GROUP, group, labels, with_figures=False)
            for row in rows[:None if self.limit is None else self.limit - self.written]:
                self.written += 1
                values = (*labels, *self.path_across(row.across), *row.values, *self.no_figures)
                yield Line(Role.DETAIL, depth, values, row.key, row.record_id, opens=depth + 1)
            yield self.line(Role.SUBTOTAL, group, labels)
        else:
            self.written += 1
            yield self.line(Role.GROUP, group, labels)

    def line(self, role: Role, group: Group, labels: tuple[str, ...], with_figures: bool = True) -> Line:
        depth = len(labels) - 1
        shared = next((n for n, pair in enumerate(zip(self.above, group.key, strict=False)) if pair[0] != pair[1]), len(self.above))
        self.above = group.key
        figures = self.figures(group.key) if with_figures else self.no_figures
        label = f"Total {group.label}" if role is Role.SUBTOTAL else group.label
        return Line(role, depth, self.values(labels, figures), group.key, label=label, rows=group.rows,
                    opens=depth if role is Role.SUBTOTAL else min(shared, depth), has_figures=with_figures)

    def figures(self, down: Key) -> tuple[Any, ...]:
        """The figures of a group down, for each group across in turn; nothing where they have no record in common."""
        return tuple(value for across in self.across for value in self.result.cells.get((down, across), self.no_figure))

    def path_across(self, key: Key) -> Iterator[str]:
        """The labels of the groups across, from the outermost."""
        return (self.labels_across[key[:length]] for length in range(1, len(key) + 1))

    def values(self, labels: tuple[str, ...], figures: tuple[Any, ...]) -> tuple[Any, ...]:
        blank = (None,) * (self.levels - len(labels) + self.details_width)
        return (*labels, *blank, *figures)


def _cut(result: ReportResult, body: list[Line]) -> str | None:
    """'first 50 of 8,012 records shown; totals are of all of them'."""
    if shows_details(result):
        shown, there, noun = sum(line.role is Role.DETAIL for line in body), result.row_count, "record"
    else:
        finest = len(result.groupings) - 1
        shown = sum(line.role is Role.GROUP for line in body)
        there, noun = sum(len(group.key) - 1 == finest for group in result.walk()), "group"
    if shown >= there:
        return None
    totals = "; totals are of all of them" if result.aggregates else ""
    return f"first {show(shown, 'integer', result.settings)} of {counted(there, noun, result.settings)} shown{totals}"
