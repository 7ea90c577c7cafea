"""Kinds of charts and what each needs of a report, for validation, forms and drawing.

To add one: a row in CHARTS, a drawing in `render.drawings`, a line in docs/reports.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crmlib.definition import Source
from crmlib.errors import Problem, did_you_mean
from crmlib.reports.definition import Chart, Report

GroupingName = tuple[str, str | None]
"""A grouping's field path and its date granularity."""


@dataclass(frozen=True)
class ChartKind:
    """groupings: how many it needs. values: how many figures it shows, at least and at most.

    in_series: can show a second grouping. takes_all: shows all figures it can, where none are named.
    several_instead: several figures do in place of a second grouping. of_whole: its parts must make up their whole.
    positive: nothing may be negative. most: so many groups are legible; None: any number.
    excel: type and subtype in a workbook, None for none of its own.
    """

    name: str
    label: str
    groupings: int = 1
    values: tuple[int, int] = (1, 1)
    in_series: bool = False
    takes_all: bool = False
    several_instead: bool = False
    of_whole: bool = False
    positive: bool = False
    most: int | None = 20
    excel: tuple[str, str | None] | None = None


def _in_groups(name: str, label: str, excel: str) -> ChartKind:
    return ChartKind(name, label, 2, (1, 8), in_series=True, several_instead=True, excel=(excel, None))


def _stacked(name: str, label: str, excel: tuple[str, str], positive: bool = False) -> ChartKind:
    return ChartKind(name, label, 2, in_series=True, of_whole=True, positive=positive, excel=excel)


AUTO, NOTHING = "auto", ("none", "table")

CHARTS: dict[str, ChartKind] = {row.name: row for row in (
    ChartKind("auto", "Whatever fits", 0, (0, 8)),
    ChartKind("bar", "Bars", excel=("bar", None)),
    ChartKind("column", "Columns", excel=("column", None)),
    _in_groups("grouped_bar", "Grouped bars", "bar"),
    _in_groups("grouped_column", "Grouped columns", "column"),
    _stacked("stacked_bar", "Stacked bars", ("bar", "stacked")),
    _stacked("stacked_column", "Stacked columns", ("column", "stacked")),
    _stacked("percent_bar", "100 % stacked bars", ("bar", "percent_stacked"), positive=True),
    _stacked("percent_column", "100 % stacked columns", ("column", "percent_stacked"), positive=True),
    ChartKind("line", "Line", 1, (1, 8), in_series=True, several_instead=True, most=None, excel=("line", None)),
    ChartKind("cumulative_line", "Cumulative line", in_series=True, of_whole=True, most=None, excel=("line", None)),
    ChartKind("combined", "Columns and a line", 1, (2, 2), excel=("column", None)),
    ChartKind("pie", "Pie", of_whole=True, positive=True, most=8, excel=("pie", None)),
    ChartKind("donut", "Donut", of_whole=True, positive=True, most=8, excel=("doughnut", None)),
    ChartKind("funnel", "Funnel", positive=True, excel=("bar", None)),
    ChartKind("scatter", "Scatter", 1, (2, 2), in_series=True, most=500, excel=("scatter", None)),
    ChartKind("bubble", "Bubbles", 1, (3, 3), in_series=True, most=500, excel=("scatter", None)),
    ChartKind("heat_map", "Heat map", 2, in_series=True, most=40),
    ChartKind("gauge", "Gauge", 0, (1, 2), excel=("bar", "percent_stacked")),
    ChartKind("metric", "Metric", 0, (1, 6), takes_all=True),
    ChartKind("table", "Table only", 0, (0, 8)),
    ChartKind("none", "No chart", 0, (0, 8)),
)}
"""`table` and `none` are the same: the table stands there in any case."""

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


@dataclass(frozen=True)
class Axes:
    """What a chart stands on: the outermost groups of a direction, and what it shows in series.

    across: whether x are groups across. series_across: the direction of the groups in series, None for no series. If
    both are of one direction, series are the groups within those of x.
    """

    across: bool
    series_across: bool | None

    @property
    def is_nested(self) -> bool:
        return self.series_across is self.across


def axes(chart: Chart, down: Sequence[GroupingName], across: Sequence[GroupingName]) -> Axes | Problem:
    """From the groupings down and across. Unless said, periods stand on x rather than other groups, and groups down otherwise."""
    outermost = {False: down[:1], True: across[:1]}
    x = bool(across and across[0][1] and not down[0][1])
    if chart.x is not None:
        fitting = [direction for direction, groupings in outermost.items() if any(_is(chart.x, one) for one in groupings)]
        if not fitting:
            return _no_such("x", chart.x, [*down, *across], [*down[:1], *across[:1]])
        x = fitting[0]
    inner = (across if x else down)[1:2]
    beside = outermost[not x]
    series = not x if beside else x if inner else None
    if chart.series is not None:
        if any(_is(chart.series, one) for one in beside):
            series = not x
        elif any(_is(chart.series, one) for one in inner):
            series = x
        else:
            return _no_such("series", chart.series, [*down, *across], [*beside, *inner])
    return Axes(x, series)


def _is(name: str, grouping: GroupingName) -> bool:
    return name in (grouping[0], f"{grouping[0]}:{grouping[1]}")


def _no_such(key: str, name: str, groupings: Sequence[GroupingName], fitting: Sequence[GroupingName]) -> Problem:
    names = [path if [one[0] for one in groupings].count(path) == 1 else f"{path}:{granularity}" for path, granularity in fitting]
    hint = did_you_mean(name, names) or (f"groupings that can: {', '.join(names)}" if names else f"leave {key} out")
    if any(_is(name, one) for one in groupings):
        why = "others than the outermost have no totals of their own" if key == "x" else "series are of the grouping next to x"
        return Problem("unfit-grouping", f"the chart can't show {name!r} as {key}: {why}", f"chart.{key}", hint)
    return Problem("unknown-grouping", f"the report has no grouping {name!r} to show as {key}", f"chart.{key}", hint)


def chart_problems(report: Report, names: Sequence[str], numbers: Mapping[str, bool], source: Source) -> Iterator[Problem]:
    """What is wrong with a report's chart before one sees its figures; some of it only these can tell.

    numbers: names of its aggregates that are numbers, and whether they add up.
    """
    chart, where = report.chart, source.place("chart")
    if chart.type not in CHARTS:
        yield Problem("unknown-chart", f"there is no chart {chart.type!r}", source.place("chart", "type"),
                      did_you_mean(chart.type, CHARTS) or f"charts: {', '.join(CHARTS)}")
        return
    unknown = [name for name in chart.values if name not in numbers]
    for name in unknown:
        there = name in names
        yield Problem("unfit-chart" if there else "unknown-aggregate",
                      f"{name!r} is no number, and no chart shows it" if there else f"the report has no aggregate {name!r} for its chart",
                      source.place("chart", "values"), did_you_mean(name, numbers) or f"numbers: {', '.join(numbers) or 'none'}")
    if not report.groupings_down and report.groupings_across:
        return  # told as such
    groupings = 0
    if report.groupings_down:
        found = axes(chart, *([(one.field, one.date_granularity) for one in groupings]
                              for groupings in (report.groupings_down, report.groupings_across)))
        if isinstance(found, Problem):
            yield replace(found, where=source.place(*found.where.split(".")))
            return
        groupings = 1 if found.series_across is None else 2
    if not unknown and (why := _unfit(CHARTS[chart.type], groupings, numbers, chart)):
        fitting = [name for name, kind in CHARTS.items() if name not in (AUTO, *NOTHING) and not _unfit(kind, groupings, numbers, chart)]
        yield Problem("unfit-chart", why, where, f"charts that fit: {', '.join(fitting)}")


def _unfit(kind: ChartKind, groupings: int, numbers: Mapping[str, bool], chart: Chart) -> str | None:
    why = misfit(kind, groupings, len(chart.values) or len(numbers) or 1, bool(chart.values))
    first = next(iter(chart.values or numbers), None)
    if why is None and kind.of_whole and first is not None and not numbers[first]:
        return f"{first!r} does not add up, so a {kind.name!r} chart can't show it as parts of a whole"
    return why


def misfit(kind: ChartKind, groupings: int, values: int, named: bool) -> str | None:
    """Why a report with so many groupings and numbers as figures can't be shown so; None if it can. named: whether the chart names them."""
    at_least, at_most = kind.values
    subject = f"a {kind.name!r} chart"
    if groupings < kind.groupings and not (kind.several_instead and groupings == 1 and values > 1):
        others = ", or several figures of one unit" if kind.several_instead and groupings == 1 else ""
        return f"{subject} needs {_counted(kind.groupings, 'grouping')}{others}; the report has {COUNTS[groupings]}"
    if values < at_least:
        return f"{subject} needs {_counted(at_least, 'number')} as figures; the {'chart names' if named else 'report has'} {COUNTS[values]}"
    if named and values > at_most:
        return f"{subject} shows {_counted(at_most, 'figure')}; the chart names {COUNTS[values] if values < len(COUNTS) else values}"
    return None


def _counted(number: int, noun: str) -> str:
    return f"{COUNTS[number]} {noun}{'' if number == 1 else 's'}"
