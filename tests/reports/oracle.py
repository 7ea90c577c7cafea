"""What a report must say, in plain Python over its rows: groups in order, the figure of each cell, what it is beside others.

A cell's key holds plain values: of a period its first day (or its number, of what comes round), of a lookup the record's id.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cached_property
from typing import Any

from crmlib.model.org import Settings
from crmlib.model.sql_functions import text_sort_key
from crmlib.reports.definition import Aggregate, Grouping, Report, SummaryFormula
from crmlib.reports.result import OTHER, Key
from tests.reports.plain_rows import Paths, Row, keeps

CellKey = tuple[Key, Key]
CENT = Decimal("0.01")


def period(value: date, granularity: str, settings: Settings) -> Any:
    """The first day of the period that a date lies in, or the number of what comes round."""
    moment = value.astimezone(settings.zone) if isinstance(value, datetime) else value
    day = moment.date() if isinstance(moment, datetime) else moment
    weekday = (day.weekday() - settings.week_start) % 7
    into_fiscal_year = (day.month - settings.fiscal_year_start) % 12

    def months_back(count: int) -> date:
        number = day.year * 12 + day.month - 1 - count
        return date(number // 12, number % 12 + 1, 1)

    if granularity == "hour":
        return moment.hour  # type: ignore[union-attr]
    return {"day": day, "week": day - timedelta(weekday), "month": months_back(0), "quarter": months_back((day.month - 1) % 3),
            "year": months_back(day.month - 1), "fiscal_quarter": months_back(into_fiscal_year % 3),
            "fiscal_year": months_back(into_fiscal_year), "month_in_year": day.month - 1, "day_in_month": day.day,
            "weekday": weekday}[granularity]


def figure(paths: Paths, aggregate: Aggregate, rows: Sequence[Row]) -> Any:
    """One aggregate of these rows: each record of its source once, blanks never."""
    path, name = aggregate.field, aggregate.aggregate
    if path is None:
        return len(rows)
    values = {paths.record_of(row, path): row for row in rows if paths.record_of(row, path) is not None}
    found = {number: paths.value(row, path) for number, row in values.items() if paths.value(row, path) is not None}
    if aggregate.by:
        dated = [(by, number) for number in found if (by := paths.value(values[number], aggregate.by)) is not None]
        return found[(min if name == "first" else max)(dated)[1]] if dated else None
    present = list(found.values())
    if name in ("record_count", "unique"):
        return len(present if name == "record_count" else set(present))
    if name in ("smallest", "largest"):
        return (min if name == "smallest" else max)(present, default=None)
    is_whole, unit = _digits(paths, path)
    if name == "sum":
        return sum(present) if is_whole else sum(present, Decimal(0)).quantize(unit)
    if not present or (name == "standard_deviation" and len(present) == 1):
        return None
    if name.startswith("percentile_"):
        return sorted(present)[max(0, math.ceil(int(name[11:]) * len(present) / 100) - 1)]
    with localcontext(prec=60):
        exact = list(map(Decimal, present))
        found_one = {"average": statistics.mean, "median": statistics.median, "standard_deviation": statistics.stdev}[name](exact)
        return found_one.quantize(unit, ROUND_HALF_UP)


def _digits(paths: Paths, path: str) -> tuple[bool, Decimal]:
    """Whether a field holds whole numbers, and the unit that its figures are rounded to."""
    if path in paths.formulas:
        return False, CENT
    stored = paths.field(path)
    return stored.type.name == "integer", Decimal(1).scaleb(-stored.scale)


@dataclass
class At:
    """A cell, as a summary formula sees it and the others; what there is no cell for is blank. blank: what a blank figure counts as."""

    oracle: Oracle
    key: CellKey

    def own(self, name: str, blank: Any = None) -> Any:
        value = self.oracle.raw(name, self.key)
        return blank if value is None else value

    def parent(self, name: str, grouping: str, blank: Any = None) -> Any:
        """In the group of that grouping around the cell, or in the whole."""
        down, across = self.key
        if grouping.endswith("GRAND_SUMMARY"):
            whole = (() if grouping != "COLUMN_GRAND_SUMMARY" else down, () if grouping != "ROW_GRAND_SUMMARY" else across)
            return At(self.oracle, whole).own(name, blank)
        place = self.oracle.place(grouping)
        if place is None or len(self.key[place[0]]) <= place[1]:
            return None
        return self.moved(place[0], self.key[place[0]][:place[1] + 1]).own(name, blank)

    def before(self, name: str, grouping: str, blank: Any = None) -> Any:
        """In the group before, within the same group around."""
        place = self.oracle.place(grouping)
        if place is None or len(self.key[place[0]]) <= place[1]:
            return None
        direction, level = place
        own = self.key[direction][:level + 1]
        siblings = self.oracle.groups[direction][own[:-1]]
        at = siblings.index(own) - 1
        return None if at < 0 or own[-1] is OTHER else self.moved(direction, siblings[at]).own(name, blank)

    def moved(self, direction: int, key: Key) -> At:
        return At(self.oracle, (key, self.key[1]) if direction == 0 else (self.key[0], key))


@dataclass
class Oracle:
    """A report's result, as it must be. formulas: what its summary formulas mean, and the figures that each reads."""

    report: Report
    paths: Paths
    answers: Mapping[str, Any] = field(default_factory=dict)
    formulas: Mapping[str, tuple[tuple[str, ...], Callable[[At], Any]]] = field(default_factory=dict)

    known: dict[tuple[str, CellKey], Any] = field(default_factory=dict)

    # Rights

    def is_refused(self) -> bool:
        """Whether the user may not run the report at all."""
        eyes, user = self.paths.eyes, self.paths.eyes.user
        if not all(user.may("read", one) and (not lookup or user.may_read_field(one, lookup))
                   for one, lookup in self.paths.objects.values()):
            return True
        if self.report.scope != "all" and not user.may_read_field(self.paths.type.primary_object, "owner"):
            return True
        joined = (self.paths.reads(f"{path.rpartition('.')[0]}.id".removeprefix(".")) for path in self.paths.objects if path)
        by_having = (self.aggregate_reads(self.aggregate(one.aggregate)) for one in self.report.having)
        return not all(eyes.readable(one) for one in (*joined, *self.paths.conditions_read(self.report.filters), *by_having))

    def aggregate(self, name: str) -> Aggregate:
        """By its name, whether the report shows it or only a formula reads it."""
        for one in self.report.asked_aggregates:
            if one.name == name:
                return one
        path, _, aggregate = name.rpartition(":")
        return Aggregate(field=path or None, aggregate=aggregate)

    def aggregate_reads(self, aggregate: Aggregate) -> set[tuple[str, str]]:
        return set().union(*(self.paths.reads(path) for path in (aggregate.field, aggregate.by) if path))

    def is_seen(self, figure: Aggregate | SummaryFormula) -> bool:
        read = [figure] if isinstance(figure, Aggregate) else map(self.aggregate, self.formulas[figure.name][0])
        return all(self.paths.eyes.readable(self.aggregate_reads(one)) for one in read)

    @cached_property
    def shown(self) -> list[Aggregate | SummaryFormula]:
        """The figures that the user may see."""
        return [one for one in self.report.aggregates if self.is_seen(one)]

    @cached_property
    def groupings(self) -> tuple[list[Grouping], list[Grouping]]:
        """Down and across, those that the user may see; the order goes by no figure that they may not see."""
        names = {one.name for one in self.shown}
        return tuple([one if one.order_by in names else one.model_copy(update={"order_by": None, "top": None})  # type: ignore[return-value]
                      for one in direction if self.paths.eyes.readable(self.paths.reads(one.field))]
                     for direction in (self.report.groupings_down, self.report.groupings_across))

    def place(self, grouping: str) -> tuple[int, int] | None:
        """Where a grouping stands that a formula names."""
        return next(((direction, level) for direction in (0, 1) for level, one in enumerate(self.groupings[direction])
                     if grouping == self.called(one)), None)

    def called(self, grouping: Grouping) -> str:
        return f"{grouping.field}:{self.granularity(grouping)}" if self.granularity(grouping) else grouping.field

    def granularity(self, grouping: Grouping) -> str:
        return grouping.date_granularity or "day" if self.paths.family(grouping.field) in ("date", "datetime") else ""

    # Rows and where they stand

    @cached_property
    def placed(self) -> list[tuple[Row, CellKey]]:
        """Every row with its finest cell: first groups are left out by their figures, then those beyond the top become Other."""
        rows = [(row, self.key_of(row)) for row in self.paths.rows(self.report, self.answers)]
        for condition in self.report.having:
            figures = self.figures_by(self.aggregate(condition.aggregate), rows, lambda key: key[0])
            settings = self.paths.eyes.records.settings
            rows = [(row, key) for row, key in rows
                    if keeps(condition.operator, "number", figures[key[0]], list(condition.values), settings)]
        for direction, groupings in enumerate(self.groupings):
            for level, grouping in enumerate(groupings):
                if grouping.top:
                    rows = self.with_other(rows, direction, level, grouping)
        return rows

    def with_other(self, rows: list[tuple[Row, CellKey]], direction: int, level: int, grouping: Grouping) -> list[tuple[Row, CellKey]]:
        figures = self.figures_by(self.aggregate(str(grouping.order_by)), rows, lambda key: key[direction][:level + 1])
        top: set[Key] = set()
        for around in {key[:-1] for key in figures}:
            keys = sorted((key for key in figures if key[:-1] == around), key=lambda key: (key[-1] is not None, key[-1]))
            keys.sort(key=lambda key: _comparable(figures[key]), reverse=grouping.order == "descending")
            top.update(keys[:grouping.top])

        def moved(key: CellKey) -> CellKey:
            own = key[direction]
            if own[:level + 1] not in top:
                own = (*own[:level], OTHER, *own[level + 1:])
            return (own, key[1]) if direction == 0 else (key[0], own)
        return [(row, moved(key)) for row, key in rows]

    def figures_by(self, aggregate: Aggregate, rows: list[tuple[Row, CellKey]], group: Callable[[CellKey], Key]) -> dict[Key, Any]:
        found: dict[Key, list[Row]] = defaultdict(list)
        for row, key in rows:
            found[group(key)].append(row)
        return {key: figure(self.paths, aggregate, those) for key, those in found.items()}

    def key_of(self, row: Row) -> CellKey:
        down, across = (tuple(self.group_of(row, one) for one in groupings) for groupings in self.groupings)
        return down, across

    def group_of(self, row: Row, grouping: Grouping) -> Any:
        value, granularity = self.paths.value(row, grouping.field), self.granularity(grouping)
        return period(value, granularity, self.paths.eyes.records.settings) if granularity and value is not None else value

    @cached_property
    def rows_in(self) -> dict[CellKey, list[Row]]:
        """The rows of every cell, subtotal and total."""
        found: dict[CellKey, list[Row]] = {((), ()): []}
        for row, (down, across) in self.placed:
            for kept_down in range(len(down) + 1):
                for kept_across in range(len(across) + 1):
                    found.setdefault((down[:kept_down], across[:kept_across]), []).append(row)
        return found

    # Groups

    @cached_property
    def empty(self) -> list[CellKey]:
        """Groups without rows that are shown all the same."""
        found: list[CellKey] = []
        for direction, groupings in enumerate(self.groupings):
            for level, grouping in enumerate(groupings):
                if grouping.show_empty:
                    there = [key for key in self.filled(direction) if len(key) == level + 1]
                    for around in {key[:-1] for key in there}:
                        values = [key[-1] for key in there if key[:-1] == around]
                        missing = [(*around, value) for value in self.expected(grouping, values) if value not in values]
                        found += [(key, ()) if direction == 0 else ((), key) for key in missing]
        return found

    def filled(self, direction: int) -> list[Key]:
        return [key[direction] for key in self.rows_in if key[direction] and not key[1 - direction]]

    def expected(self, grouping: Grouping, values: list[Any]) -> Sequence[Any]:
        """All values that a group shows if it shows empty ones: those of the picklist, periods from the first to the last."""
        granularity, present = self.granularity(grouping), [value for value in values if value is not None]
        if not granularity:
            return () if OTHER in values else self.choices(grouping.field)
        if not present:
            return ()
        first, last = min(present), max(present)
        if isinstance(first, int):
            return range(first, last + 1)
        days = (first + timedelta(number) for number in range((last - first).days + 1))
        return list(dict.fromkeys(period(day, granularity, self.paths.eyes.records.settings) for day in days))

    def choices(self, path: str) -> tuple[str, ...]:
        if path in self.paths.buckets:
            bucket = self.paths.buckets[path]
            left_over = not bucket.ranges or bucket.ranges[-1].up_to is not None
            return tuple(dict.fromkeys([*(one.label for one in (*bucket.ranges, *bucket.values)), *([bucket.other] if left_over else [])]))
        return () if path in self.paths.formulas else self.paths.field(path).values

    @cached_property
    def groups(self) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
        """The groups of each parent in their order, down and across."""
        down, across = (self.ordered(direction) for direction in (0, 1))
        return down, across

    def ordered(self, direction: int) -> dict[Key, list[Key]]:
        found: dict[Key, list[Key]] = {}
        for key in (*self.filled(direction), *(key[direction] for key in self.empty if key[direction])):
            found.setdefault(key[:-1], []).append(key)
        for around, keys in found.items():
            grouping = self.groupings[direction][len(around)]
            goes_down, in_order = grouping.order == "descending", self.in_order(grouping.field)
            keys.sort(key=lambda key: in_order(key[-1]), reverse=goes_down and not grouping.order_by)
            if grouping.order_by:
                name = grouping.order_by
                keys.sort(key=lambda key: _comparable(self.raw(name, (key, ()) if direction == 0 else ((), key))),
                          reverse=goes_down)
                keys.sort(key=lambda key: key[-1] is OTHER)
        return found

    def in_order(self, path: str) -> Callable[[Any], tuple[Any, ...]]:
        """Blank first; picklists in their own order, stages too; others by what is read."""
        choices, eyes = self.choices(path), self.paths.eyes
        if not self.paths.is_lookup(path):
            return lambda value: (1, choices.index(value)) if value in choices else _comparable(value)
        to = str(self.paths.field(path).to)
        has_places = to == "stage" and eyes.user.may_read_field(to, "position")

        def of(value: Any) -> tuple[Any, ...]:
            record = eyes.records.all[to].get(value)
            return (_comparable(record["position"] if record and has_places else None), _comparable(record["name"] if record else None),
                    _comparable(value))
        return of

    # Figures

    def raw(self, name: str, key: CellKey) -> Any:
        """A figure by its name, before it is shown as anything."""
        if (name, key) not in self.known:
            if name in self.formulas:
                value = self.formulas[name][1](At(self, key))
                self.known[name, key] = Decimal(value).quantize(CENT, ROUND_HALF_UP) if isinstance(value, Decimal | int) else value
            else:
                self.known[name, key] = figure(self.paths, self.aggregate(name), self.rows_in.get(key, []))
        return self.known[name, key]

    @cached_property
    def cells(self) -> dict[CellKey, tuple[Any, ...]]:
        """What the result's cells must be."""
        keys = [*self.rows_in, *self.empty]
        return {key: tuple(shown_as(one.show_as, key, self, one.name) if one.show_as else self.raw(one.name, key) for one in self.shown)
                for key in keys}

    def walk(self, direction: int, parent: Key = ()) -> Iterator[Key]:
        """Every group, each before those in it."""
        for key in self.groups[direction].get(parent, ()):
            yield key
            yield from self.walk(direction, key)


def shown_as(how: str, key: CellKey, oracle: Oracle, name: str) -> Any:
    """What a figure is to others, by the table in docs/reports.md."""
    down, across = key
    own, siblings = oracle.raw(name, key), oracle.groups[0].get(down[:-1], []) if down else [()]
    place = siblings.index(down)

    def of(*at: Key) -> Any:
        return oracle.raw(name, (at[0], at[1])) if at in oracle.rows_in or at in oracle.empty else None

    def share(part: Any, whole: Any) -> Any:
        return (Decimal(part) * 100 / Decimal(whole)).quantize(CENT, ROUND_HALF_UP) if part is not None and whole else None

    if how.startswith("share_of_"):
        whole = {"total": ((), ()), "parent": (down[:-1], across), "row": (down, ()), "column": ((), across)}[how.removeprefix("share_of_")]
        return share(own, of(*whole))
    if how == "running_total":
        return sum(one for one in (of(sibling, across) for sibling in siblings[:place + 1]) if one is not None)
    if how == "rank":
        others = [of(sibling, across) for sibling in siblings if not down or sibling[-1] is not OTHER]
        is_one = own is not None and down and down[-1] is not OTHER
        return 1 + sum(one is not None and one > own for one in others) if is_one else None
    before = of(siblings[place - 1], across) if place and down[-1] is not OTHER else None
    difference = None if own is None or before is None else own - before
    return difference if how == "difference" else share(difference, abs(before)) if before else None


def _comparable(value: Any) -> tuple[Any, ...]:
    """None and Other before everything; text as people sort it."""
    if value is None or value is OTHER:
        return (0,)
    return (1, text_sort_key(value), value) if isinstance(value, str) else (1, value)
