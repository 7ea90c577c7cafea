"""The points that a chart can show, read from a result: groups on an axis, groups or figures in series, a value for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from itertools import chain, pairwise
from typing import Any

from crmlib.render.formats import one_line, show
from crmlib.render.short_numbers import compact
from crmlib.reports.charts import Axes
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import OTHER, Group, Key, ReportResult, ResultColumn, walk

NUMBERS = ("currency", "number", "percent", "integer")
FILLED = 400
"""An axis of time is filled with empty periods up to so many; one deal of the year 1900 shall not fill it with days."""

Measure = tuple[int | None, ResultColumn]
"""Which of the aggregates, None for the number of records, and how it looks."""
RECORDS: Measure = (None, ResultColumn("record_count", "Record count", "integer", 0))


@dataclass(frozen=True)
class Point:
    """label, series: distinct texts. values: one per figure; None where there are no records. texts: the values for people,
    exact. shorts: in three digits."""

    label: str
    series: str
    values: tuple[Decimal | None, ...]
    texts: tuple[str, ...]
    shorts: tuple[str, ...]

    @property
    def value(self) -> Decimal | None:
        return self.values[0]

    @property
    def text(self) -> str:
        return self.texts[0]


class Points:
    """Reads a result along axes; None for a report without groups.

    groups, names: those on x and their labels; series: labels of the values in series. column, series_column: the groupings.
    """

    def __init__(self, result: ReportResult, axes: Axes | None) -> None:
        self.result, self.axes = result, axes
        self.groups: Sequence[Group] = ()
        self.names: dict[Key, str] = {}
        self.series: dict[Any, str] = {}
        self.column = self.series_column = RECORDS[1]
        self.counts = {(group.key, ()): group.rows for group in result.walk()}
        self.counts |= {((), group.key): group.rows for group in walk(result.groups_across)}
        self.counts[(), ()] = result.row_count
        if axes is not None:
            self.groups = result.groups_across if axes.across else result.groups
            self.column = (result.across if axes.across else result.groupings)[0]
            self.names = dict(zip((group.key for group in self.groups), distinct(group.label for group in self.groups), strict=True))
            self._read_series(axes)

    def _read_series(self, axes: Axes) -> None:
        if axes.series_across is None:
            return
        self.series_column = (self.result.across if axes.series_across else self.result.groupings)[1 if axes.is_nested else 0]
        beside = self.result.groups_across if axes.series_across else self.result.groups
        lists = [group.groups for group in self.groups] if axes.is_nested else [beside]
        labels = {group.value: group.label for group in chain(*lists)}
        in_time = self.series_column.granularity is not None
        order = _merged([[group.value for group in groups] for groups in lists],
                        lambda value: (value is not None, value if in_time and isinstance(value, int) else 0, labels[value]))
        self.series = dict(zip(order, distinct(labels[value] for value in order), strict=True))

    @property
    def others(self) -> str:
        """The label of the report's own group of others, if it has one among x or in series."""
        found = [self.names[group.key] for group in self.groups if group.value is OTHER]
        return self.series.get(OTHER, found[0] if found else "")

    @property
    def is_periodic(self) -> bool:
        """Whether x is time that runs on."""
        granularity = self.column.granularity
        return granularity is not None and GRANULARITIES[granularity].is_range

    def key(self, group: Group, *inner: object) -> tuple[Key, Key]:
        """Of the cell of a group, or of where it meets a value in series."""
        assert self.axes is not None
        if inner and not self.axes.is_nested:
            return (inner, group.key) if self.axes.across else (group.key, inner)
        return ((), group.key + inner) if self.axes.across else (group.key + inner, ())

    def value(self, measure: Measure, key: tuple[Key, Key] = ((), ())) -> Decimal | None:
        index = measure[0]
        value = self.counts.get(key) if index is None else self.result.cells.get(key, (None,) * len(self.result.aggregates))[index]
        return None if value is None else Decimal(str(value))

    def point(self, label: str, series: str, measures: Sequence[Measure], key: tuple[Key, Key] = ((), ())) -> Point:
        return self.made(label, series, measures, [self.value(measure, key) for measure in measures])

    def made(self, label: str, series: str, measures: Sequence[Measure], values: Sequence[Decimal | None]) -> Point:
        settings = self.result.settings
        return Point(label, series, tuple(values),
                     tuple(show(value, column.type, settings, column.scale) for value, (_, column) in zip(values, measures, strict=True)),
                     tuple(compact(value, column, settings) for value, (_, column) in zip(values, measures, strict=True)))

    def alone(self, groups: Iterable[Group], measures: Sequence[Measure]) -> list[Point]:
        return [self.point(self.names[group.key], "", measures, self.key(group)) for group in groups]

    def in_series(self, groups: Iterable[Group], measures: Sequence[Measure]) -> list[Point]:
        """Of groups, where they meet those in series; nothing where they have no records in common."""
        pairs = [(group, value) for group in groups for value in self.series if self.key(group, value) in self.result.cells]
        return [self.point(self.names[group.key], self.series[value], measures, self.key(group, value)) for group, value in pairs]

    def side_by_side(self, groups: Iterable[Group], measures: Sequence[Measure]) -> list[Point]:
        """The figures of groups in series."""
        labels = distinct(column.label for _, column in measures)
        return [self.point(self.names[group.key], label, [measure], self.key(group))
                for group in groups for label, measure in zip(labels, measures, strict=True)]

    def make_up(self, measure: Measure, in_series: bool) -> bool:
        """Whether parts make up their whole. Averages and unique counts don't, nor what counts in several groups."""
        if not in_series:
            wholes = [(((), ()), [self.key(group) for group in self.groups])]
        else:
            wholes = [(self.key(group), [self.key(group, value) for value in self.series]) for group in self.groups]
        return all(sum((self.value(measure, part) or 0 for part in parts), Decimal(0)) == (self.value(measure, whole) or 0)
                   for whole, parts in wholes)

    def every_period(self) -> list[str]:
        """Labels of all periods from the first to the last, those without records too, in the order of the groups."""
        granularity = self.column.granularity
        found = {group.value: self.names[group.key] for group in self.groups if isinstance(group.value, int)}
        if not self.is_periodic or not granularity or not found or max(found) - min(found) >= FILLED:
            return list(self.names.values())
        text = GRANULARITIES[granularity].text
        labels = [found.get(number) or text(number, self.result.settings) for number in range(min(found), max(found) + 1)]
        if list(found) != sorted(found):
            labels.reverse()
        return labels + [self.names[group.key] for group in self.groups if group.value not in found]


def distinct(labels: Iterable[str]) -> list[str]:
    """Two people of one name are two points: the second is called "Amina (2)"."""
    seen: Counter[str] = Counter()
    found = []
    for label in map(one_line, labels):
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return found


def _merged(orders: Iterable[Sequence[Any]], place: Callable[[Any], Any]) -> list[Any]:
    """One order of what stands in several: of [B, C] and [A, B] it is [A, B, C]; where they leave it open, by place."""
    orders = list(orders)
    sorter: TopologicalSorter[Any] = TopologicalSorter(dict.fromkeys(chain(*orders), ()))
    for before, after in chain(*map(pairwise, orders)):
        sorter.add(after, before)
    try:
        sorter.prepare()
    except CycleError:  # each in an order of its own, such as that of a figure
        return list(dict.fromkeys(chain(*orders)))
    merged: list[Any] = []
    ready: list[Any] = []
    while sorter.is_active():
        ready = sorted((*ready, *sorter.get_ready()), key=place)
        merged.append(ready.pop(0))
        sorter.done(merged[-1])
    return merged
