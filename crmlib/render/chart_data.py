"""Which chart fits a result, and the points it shows; read by the Altair charts and by Excel's.

A chart shows the first number among the aggregates (else the record count) by the first grouping, in series by the
second where that is legible. To add a kind of chart: a row in CHARTS here and a drawing in `chart`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from crmlib.errors import DefinitionError, Problem, did_you_mean
from crmlib.render.formats import counted, one_line, show
from crmlib.render.lay_out import is_empty
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import Group, ReportResult, ResultColumn

TOP = 20
"""A chart of more groups shows only the largest, and says so."""
COLUMNS, SHORT = 12, 14
"""Up to so many groups with labels of up to so many letters stand as columns; others lie as bars."""
SERIES = 8
"""As many colours as can be told apart, also by the colour-blind."""
PERIODS = 400
"""The time axis is filled with empty periods up to so many; one deal of the year 1900 shall not fill it with days."""


@dataclass(frozen=True)
class ChartKind:
    """excel: type and subtype in a workbook, None for no chart. in_series: can show a second grouping."""

    name: str
    label: str
    excel: tuple[str, str | None] | None
    in_series: bool = False
    of_whole: bool = False


CHARTS: dict[str, ChartKind] = {row.name: row for row in (
    ChartKind("auto", "Whatever fits", None),
    ChartKind("column", "Columns", ("column", None)),
    ChartKind("bar", "Bars", ("bar", None)),
    ChartKind("line", "Line", ("line", None), in_series=True),
    ChartKind("stacked_column", "Stacked columns", ("column", "stacked"), in_series=True),
    ChartKind("pie", "Pie", ("pie", None), of_whole=True),
    ChartKind("donut", "Donut", ("doughnut", None), of_whole=True),
    ChartKind("none", "No chart", None),
)}
"""Pies, donuts and stacks are for parts that make up their whole; of others bars and columns are drawn, whatever was asked for."""


@dataclass(frozen=True)
class Point:
    """label, series: distinct texts. value None: a period without records. text: the value for people, exact."""

    label: str
    series: str
    value: Decimal | None
    text: str


@dataclass(frozen=True)
class ChartData:
    """Points in the order of the groups; `labels` and `series` are in the order in which they are to stand."""

    kind: ChartKind
    title: str
    subtitle: str
    measure: ResultColumn
    dimension: str
    series_label: str
    labels: tuple[str, ...]
    series: tuple[str, ...]
    points: tuple[Point, ...]


RECORDS = ResultColumn("record_count", "Record count", "integer", 0)


def chart_data(result: ReportResult) -> ChartData | None:
    """What to draw, or None where a table says it better. Raises DefinitionError for an unknown chart."""
    if result.chart not in CHARTS:
        raise DefinitionError(Problem("unknown-chart", f"there is no chart {result.chart!r}", "chart",
                                      did_you_mean(result.chart, CHARTS) or f"known: {', '.join(CHARTS)}"))
    if result.chart == "none" or not result.groupings or is_empty(result):
        return None
    index, measure = next(((n, one) for n, one in enumerate(result.aggregates) if one.type in ("currency", "number", "percent", "integer")),
                          (None, RECORDS))
    reader = _Reader(result, index, measure)
    kind = _kind(result, reader)
    groups, shown = reader.groups, ""
    if len(groups) > TOP and kind.name != "line":
        largest = sorted(groups, key=lambda group: reader.value(group) or Decimal(0), reverse=True)[:TOP]
        shown = f"{TOP} largest of {counted(len(groups), 'group', result.settings)}"
        groups = largest if kind.name == "bar" else [group for group in groups if group in largest]
    points = reader.in_series(groups) if kind.in_series and reader.series else reader.alone(groups)
    labels = tuple(dict.fromkeys(point.label for point in points))
    if kind.name == "line":
        labels = reader.every_period() or labels
    if kind.of_whole:
        points = tuple(sorted(points, key=lambda point: point.value or 0, reverse=True))
    dimension = result.groupings[0].label
    series_label = result.groupings[1].label if reader.series and kind.in_series else ""
    title = f"{measure.label} by {dimension}" + (f" and {series_label}" if series_label else "")
    return ChartData(kind, one_line(title), shown, measure, dimension, series_label, labels,
                     tuple(reader.series.values()) if kind.in_series else (), points)


def _kind(result: ReportResult, reader: _Reader) -> ChartKind:
    asked, groups = CHARTS[result.chart], reader.groups
    if asked.of_whole:
        return asked if reader.is_whole and len(groups) <= SERIES else CHARTS["bar"]
    if asked.name == "stacked_column" and not reader.can_stack:
        return CHARTS["column"]
    if asked.name != "auto":
        return asked
    if reader.can_stack and len(groups) <= TOP:
        return CHARTS["stacked_column"]
    if result.groupings[0].granularity and len(groups) > 1:
        return CHARTS["line"]
    if len(groups) <= COLUMNS and all(len(group.label) <= SHORT for group in groups):
        return CHARTS["column"]
    return CHARTS["bar"]


class _Reader:
    """Reads points of one measure from a result."""

    def __init__(self, result: ReportResult, index: int | None, measure: ResultColumn) -> None:
        self.result, self.index, self.measure = result, index, measure
        self.groups: Sequence[Group] = result.groups
        self.names = dict(zip((group.key for group in self.groups), _distinct(group.label for group in self.groups), strict=True))
        inner = {group.value: group.label for outer in self.groups for group in outer.groups}
        fits = len(result.groupings) > 1 and 1 < len(inner) <= SERIES
        self.series = dict(zip(inner, _distinct(inner.values()), strict=True)) if fits else {}

    def value(self, group: Group) -> Decimal | None:
        value = group.rows if self.index is None else self.result.cells[group.key, ()][self.index]
        return None if value is None else Decimal(str(value))

    def adds_up(self, groups: Sequence[Group], whole: Decimal | None) -> bool:
        """Whether parts make up their whole. Averages and unique counts don't, nor what counts in several groups: they can't be stacked."""
        return sum((self.value(group) or Decimal(0) for group in groups), Decimal(0)) == (whole or 0)

    @property
    def can_stack(self) -> bool:
        return bool(self.series) and all(self.adds_up(group.groups, self.value(group)) for group in self.groups)

    @property
    def is_whole(self) -> bool:
        """Whether the groups are parts of the grand total, none of them negative."""
        total = self.result.row_count if self.index is None else self.result.cells[(), ()][self.index]
        whole = None if total is None else Decimal(str(total))
        return self.adds_up(self.groups, whole) and all((self.value(group) or 0) >= 0 for group in self.groups)

    def point(self, group: Group, label: str, series: str = "") -> Point:
        value = self.value(group)
        return Point(label, series, value, show(value, self.measure.type, self.result.settings, self.measure.scale))

    def alone(self, groups: Iterable[Group]) -> tuple[Point, ...]:
        return tuple(self.point(group, self.names[group.key]) for group in groups)

    def in_series(self, groups: Iterable[Group]) -> tuple[Point, ...]:
        return tuple(self.point(inner, self.names[outer.key], self.series[inner.value]) for outer in groups for inner in outer.groups)

    def every_period(self) -> tuple[str, ...]:
        """Labels of all periods from the first to the last, those without records too, in the order of the groups."""
        granularity = self.result.groupings[0].granularity
        found = {group.value: self.names[group.key] for group in self.groups if group.value is not None}
        if not granularity or not found or max(found) - min(found) >= PERIODS:
            return ()
        text = GRANULARITIES[granularity].text
        labels = [found.get(number) or text(number, self.result.settings) for number in range(min(found), max(found) + 1)]
        if list(found) != sorted(found):
            labels.reverse()
        blank = [self.names[group.key] for group in self.groups if group.value is None]
        return tuple(labels + blank)


def _distinct(labels: Iterable[str]) -> list[str]:
    """Two people of one name are two points: the second is called "Amina (2)"."""
    seen: Counter[str] = Counter()
    distinct = []
    for label in map(one_line, labels):
        seen[label] += 1
        distinct.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return distinct
