"""Which chart fits a result, and the points it shows; read by the drawings and by Excel's charts.

A chart stands on the outermost groups of one direction, in series of the groups next to them, and shows the first
numbers among the aggregates (else how many records there are), unless the report says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from crmlib.errors import DefinitionError, Problem, did_you_mean
from crmlib.render.chart_points import NUMBERS, RECORDS, Measure, Point, Points
from crmlib.render.formats import counted, one_line
from crmlib.render.lay_out import is_empty
from crmlib.reports.charts import AUTO, CHARTS, NOTHING, Axes, ChartKind, axes, misfit
from crmlib.reports.result import Group, ReportResult, ResultColumn

COLUMNS, SHORT = 12, 14
"""Up to so many groups with labels of up to so many letters stand as columns; others lie as bars."""
SERIES, SQUARES = 8, 40
"""As many colours as can be told apart, also by the colour-blind; as many rows of a heat map as can be read."""
PERIODS = 60
"""So many periods stand as columns; of more, the latest."""


@dataclass(frozen=True)
class ChartData:
    """Points in the order of the groups; `labels` and `series` are in the order in which they are to stand.

    measures: one per value of a point (of a metric, one per point). subtitle: what of the result is not shown. others: the
    label or series in which small parts stand together.
    """

    kind: ChartKind
    title: str
    subtitle: str
    measures: tuple[ResultColumn, ...]
    dimension: str
    series_label: str
    labels: tuple[str, ...]
    series: tuple[str, ...]
    points: tuple[Point, ...]
    others: str = ""

    @property
    def measure(self) -> ResultColumn:
        return self.measures[0]


def chart_data(result: ReportResult) -> ChartData | None:
    """What to draw; None where nothing is asked for, or a table says it better. Raises DefinitionError for what does not fit."""
    asked = result.chart.type
    if asked not in CHARTS:
        raise DefinitionError(Problem("unknown-chart", f"there is no chart {asked!r}", "chart",
                                      did_you_mean(asked, CHARTS) or f"charts: {', '.join(CHARTS)}"))
    if asked in NOTHING or is_empty(result) or (asked == AUTO and not result.groupings):
        return None
    offer = _Offer(result)
    kind = offer.proposed() if asked == AUTO else CHARTS[asked]
    if why := offer.misfit(kind):
        fitting = [name for name, other in CHARTS.items() if name not in (AUTO, *NOTHING) and not offer.misfit(other)]
        raise DefinitionError(Problem("unfit-chart", why, "chart", f"charts that fit: {', '.join(fitting)}"))
    return _whole(offer, kind) if kind.groupings == 0 else _grouped(offer, kind)


def chart_data_or_why(result: ReportResult) -> tuple[ChartData | None, str]:
    """What to draw; or why there is no chart, in a sentence, for outputs that show the table in any case."""
    try:
        return chart_data(result), ""
    except DefinitionError as error:
        return None, no_chart(error)


def no_chart(error: DefinitionError) -> str:
    """'No chart: ... (charts that fit: ...)'"""
    return "No chart: " + "; ".join(problem.message + (f" ({problem.hint})" if problem.hint else "") for problem in error.problems)


class _Offer:
    """What a result has for a chart, and for which charts that is enough."""

    def __init__(self, result: ReportResult) -> None:
        self.result, self.chart = result, result.chart
        self.points = Points(result, self.axes())
        numbers = {column.name: (index, column) for index, column in enumerate(result.aggregates) if column.type in NUMBERS}
        missing = [name for name in self.chart.values if name not in numbers]
        if missing:  # such as one that this user may not see
            raise DefinitionError(Problem("unfit-chart", f"{missing[0]!r} is no number that this report shows to {result.user}",
                                          "chart.values", did_you_mean(missing[0], numbers)))
        self.named: list[Measure] = [numbers[name] for name in self.chart.values]
        self.measures: list[Measure] = self.named or [*numbers.values()] or [RECORDS]
        if self.measures == [RECORDS] and self.points.axes and not self.points.axes.is_nested:
            self.points.series = {}  # how many records are where groups down and across meet, nobody asked

    def axes(self) -> Axes | None:
        if not self.result.groupings:
            return None
        names = ([(column.name, column.granularity) for column in columns] for columns in (self.result.groupings, self.result.across))
        found = axes(self.chart, *names)
        if isinstance(found, Problem):
            raise DefinitionError(found)
        return found

    @property
    def groupings(self) -> int:
        return bool(self.points.groups) + bool(self.points.series)

    def of_unit(self) -> list[Measure]:
        """The numbers that can share an axis with the first."""
        return [one for one in self.measures if unit_of(one[1]) == unit_of(self.measures[0][1])]

    def taken(self, kind: ChartKind) -> list[Measure]:
        """The numbers that it would show."""
        at_least, at_most = kind.values
        if self.named:
            return self.measures
        if kind.several_instead and kind.groupings > self.groupings:
            return self.of_unit()[:at_most]
        return self.measures[:at_most if kind.takes_all else at_least]

    def shows_series(self, kind: ChartKind) -> bool:
        """Whether groups stand in series; figures may do so instead. Where they need not, too many don't unless they are asked for."""
        if not kind.in_series or self.groupings < 2 or (kind.several_instead and len(self.taken(kind)) > 1):
            return False
        return kind.groupings == 2 or self.chart.series is not None or len(self.points.series) <= SERIES

    def misfit(self, kind: ChartKind) -> str | None:
        """Why the result can't be shown so, in a sentence."""
        taken = self.taken(kind)
        if (kind.several_instead or kind.name == "gauge") and len({unit_of(column) for _, column in taken}) > 1:
            return f"figures of different units can't share the axis of a {kind.name!r} chart"
        why = misfit(kind, self.groupings, len(self.of_unit() if kind.several_instead else self.measures), bool(self.named))
        if why is not None:
            return why
        if kind.name == "gauge":
            return self.why_no_gauge(taken)
        in_series, label = self.shows_series(kind), taken[0][1].label
        if kind.of_whole:
            wholes = {False: kind.groupings == 1, True: in_series}
            if not all(self.points.make_up(taken[0], within) for within, asked in wholes.items() if asked):
                return f"{label} of the groups does not add up to that of the whole, so a {kind.name!r} chart can't show it as parts"
        shown = self.points.in_series(self.points.groups, taken) if in_series else self.points.alone(self.points.groups, taken)
        if kind.positive and any((point.value or 0) < 0 for point in shown):
            return f"{label} is below zero in places, which a {kind.name!r} chart can't show"
        if kind.name == "bubble" and any((point.values[2] or 0) < 0 for point in shown):
            return f"{taken[2][1].label} is below zero in places; it can't be the size of a bubble"
        return None

    def why_no_gauge(self, taken: Sequence[Measure]) -> str | None:
        value, target = self.points.value(taken[0]), self.target(taken)
        if target is None:
            return "a 'gauge' chart needs something to reach: write a target, or name a second figure"
        if target <= 0 or value is None or value < 0:
            return f"a 'gauge' chart can't show {taken[0][1].label}: it, or what it is to reach, is not above zero"
        return None

    def target(self, taken: Sequence[Measure]) -> Decimal | None:
        """What a gauge is full at."""
        if self.chart.target is not None:
            return self.chart.target
        if len(taken) > 1:
            return self.points.value(taken[1])
        return Decimal(100) if taken[0][1].type == "percent" else None

    def proposed(self) -> ChartKind:
        """For `auto`."""
        groups, series = self.points.groups, len(self.points.series)
        is_matrix = self.points.axes is not None and not self.points.axes.is_nested
        few = 1 < series <= SERIES
        if few and len(groups) <= (CHARTS["stacked_column"].most or 0) and not self.misfit(CHARTS["stacked_column"]):
            return CHARTS["stacked_column"]
        if is_matrix and SERIES < series <= SQUARES:
            return CHARTS["heat_map"]
        if self.points.column.granularity and len(groups) > 1:
            return CHARTS["line"]
        if is_matrix and few:
            return CHARTS["grouped_column" if len(groups) * series <= PERIODS else "heat_map"]
        if len(groups) <= COLUMNS and all(len(group.label) <= SHORT for group in groups):
            return CHARTS["column"]
        return CHARTS["bar"]


def unit_of(column: ResultColumn) -> str:
    return "number" if column.type == "integer" else column.type


def _whole(offer: _Offer, kind: ChartKind) -> ChartData:
    """Figures of the whole report."""
    taken, reader = offer.taken(kind), offer.points
    columns = tuple(column for _, column in taken)
    if kind.name == "gauge":
        target = offer.target(taken)
        measures = [taken[0], taken[1] if len(taken) > 1 else taken[0]]
        point = reader.made(columns[0].label, "", measures, [reader.value(taken[0]), target])
        title, points, columns = columns[0].label, [point], tuple(column for _, column in measures)
    else:
        title, points = offer.result.label, [reader.point(column.label, "", [one]) for one, column in zip(taken, columns, strict=True)]
    return ChartData(kind, one_line(title), "", columns, "", "", tuple(point.label for point in points), (), tuple(points))


def _grouped(offer: _Offer, kind: ChartKind) -> ChartData:
    taken, reader = offer.taken(kind), offer.points
    in_series = offer.shows_series(kind)
    side_by_side = kind.several_instead and len(taken) > 1
    groups, said = _legible(offer, kind, taken[0])
    points = (reader.in_series(groups, taken) if in_series else reader.side_by_side(groups, taken) if side_by_side
              else reader.alone(groups, taken))
    labels = list(dict.fromkeys(point.label for point in points))
    if reader.is_periodic and kind.most in (None, CHARTS["column"].most):
        labels = _without_gaps(reader.every_period(), labels)
    if kind.name == "cumulative_line":
        labels, points = _cumulated(reader, labels, points, taken)
    series = list(dict.fromkeys(point.series for point in points)) if side_by_side else list(reader.series.values()) if in_series else []
    most, others = SQUARES if kind.name == "heat_map" else SERIES, reader.others
    if len(series) > most:
        points, series, others, cut = _fewer_series(offer, kind, points, series, most, taken)
        said += cut
    if kind.name in ("pie", "donut"):
        points, together = _fewer_parts(offer, kind, points, taken)
        others = together or others
        labels = [point.label for point in points]
    dimension, series_label = reader.column.label, reader.series_column.label if in_series else ""
    columns = tuple(column for _, column in taken)
    title = f"{_listed([column.label for column in columns])} by {dimension}" + (f" and {series_label}" if series_label else "")
    return ChartData(kind, one_line(title), "; ".join(said), columns, dimension, series_label, tuple(labels), tuple(series), tuple(points),
                     others)


def _without_gaps(every: list[str], labels: Sequence[str]) -> list[str]:
    """All periods from the first shown to the last."""
    places = [every.index(label) for label in labels]
    return every[min(places):max(places) + 1]


def _legible(offer: _Offer, kind: ChartKind, measure: Measure) -> tuple[Sequence[Group], list[str]]:
    """As many groups as can be read, and what is said of the others."""
    reader, settings = offer.points, offer.result.settings
    groups = reader.groups
    if kind.most is None or kind.name in ("pie", "donut"):
        return groups, []
    if reader.is_periodic and kind.most <= PERIODS:
        periods = [group.key for group in groups if isinstance(group.value, int)]
        latest = set(sorted(periods)[-PERIODS:])
        shown = [group for group in groups if group.key in latest or group.key not in periods]
        return shown, [f"latest {PERIODS} of {counted(len(periods), 'period', settings)}"] if len(periods) > PERIODS else []
    if len(groups) <= kind.most:
        return groups, []
    largest = sorted(groups, key=lambda group: reader.value(measure, reader.key(group)) or Decimal(0), reverse=True)[:kind.most]
    shown = largest if kind.name == "bar" else [group for group in groups if group in largest]
    return shown, [f"{kind.most} largest of {counted(len(groups), 'group', settings)}"]


def _cumulated(reader: Points, labels: list[str], points: Sequence[Point], taken: Sequence[Measure]) -> tuple[list[str], list[Point]]:
    """Running totals from the earliest period on."""
    numbers = [group.value for group in reader.groups if isinstance(group.value, int)]
    if reader.is_periodic and numbers != sorted(numbers):
        blank = [reader.names[group.key] for group in reader.groups if not isinstance(group.value, int)]
        labels = [label for label in reversed(labels) if label not in blank] + blank
    found = {(point.label, point.series): point.value or Decimal(0) for point in points}
    so_far: defaultdict[str, Decimal] = defaultdict(Decimal)
    running = []
    for label in labels:
        for series in dict.fromkeys(point.series for point in points):
            so_far[series] += found.get((label, series), Decimal(0))
            running.append(reader.made(label, series, taken, [so_far[series]]))
    return labels, running


def _fewer_series(offer: _Offer, kind: ChartKind, points: Sequence[Point], series: Sequence[str], most: int,
                  taken: Sequence[Measure]) -> tuple[list[Point], list[str], str, list[str]]:
    """The largest series. Of parts of a whole the others stand together, elsewhere they are left out, which is said."""
    sizes: defaultdict[str, Decimal] = defaultdict(Decimal)
    for point in points:
        sizes[point.series] += abs(point.value or Decimal(0))
    largest = sorted(series, key=lambda one: sizes[one], reverse=True)[:most - kind.of_whole]
    kept = [one for one in series if one in largest]
    shown = [point for point in points if point.series in largest]
    if not kind.of_whole:
        return shown, kept, "", [f"{most} largest of {len(series)} in {offer.points.series_column.label}"]
    others = f"{len(series) - len(kept)} others"
    sums: dict[str, Decimal] = {}
    for point in points:
        if point.series not in largest:
            sums[point.label] = sums.get(point.label, Decimal(0)) + (point.value or 0)
    return [*shown, *(offer.points.made(label, others, taken, [value]) for label, value in sums.items())], [*kept, others], others, []


def _fewer_parts(offer: _Offer, kind: ChartKind, points: Sequence[Point], taken: Sequence[Measure]) -> tuple[list[Point], str]:
    """Parts from the largest on; the smallest of many stand together."""
    ordered = sorted(points, key=lambda point: point.value or 0, reverse=True)
    most = kind.most or len(ordered)
    if len(ordered) <= most:
        return ordered, ""
    rest = ordered[most - 1:]
    together = sum((point.value or Decimal(0) for point in rest), Decimal(0))
    others = f"{len(rest)} others"
    return [*ordered[:most - 1], offer.points.made(others, "", taken, [together])], others


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
