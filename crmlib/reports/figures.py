"""What the data says of each group: the pieces that the database gave, rolled up where they may be, finished to figures."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from itertools import repeat
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Row

from crmlib.reports.aggregates import AGGREGATES, figure_type
from crmlib.reports.compile_plan import Part, Statements
from crmlib.reports.plan import PlannedAggregate
from crmlib.reports.result import OTHER, Key, ResultColumn
from crmlib.reports.secure import SecuredPlan
from crmlib.reports.show_as import CellKey

T = TypeVar("T")


class Names:
    """Where each column stands in the rows of a statement."""

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self.at = {name: index for index, name in enumerate(rows[0]._fields)} if rows else {}

    def key(self, groupings: Iterable[int]) -> Callable[[Row[Any]], Key]:
        """What gives the values of these groupings in a row."""
        keys = [(self.at.get(f"key{index}", 0), self.at.get(f"other{index}")) for index in groupings]
        if all(other is None for _, other in keys):
            return _values_at([key for key, _ in keys])
        return lambda row: tuple(OTHER if other is not None and row[other] == 1 else row[key] for key, other in keys)

    def values(self, prefix: str) -> Callable[[Row[Any]], tuple[Any, ...]]:
        return _values_at([index for name, index in self.at.items() if name.startswith(prefix)])


def _values_at(places: Sequence[int]) -> Callable[[Row[Any]], tuple[Any, ...]]:
    if len(places) > 1:
        return itemgetter(*places)
    if not places:
        return lambda row: ()
    place, = places
    return lambda row: (row[place],)


class Figures:
    """The figures of every cell and total of one plan, in the order of its aggregates.

    row_counts: report rows by key, of all cells there are. shown, order: what else is known of a group's value, by grouping.
    """

    def __init__(self, plan: SecuredPlan, statements: Statements, rows: Sequence[Row[Any]]) -> None:
        self.plan = plan
        self.row_counts: dict[CellKey, int] = {((), ()): 0}
        self.shown: dict[tuple[int, Any], Any] = {}
        self.order: dict[tuple[int, Any], Any] = {}
        self.columns = [aggregate_column(aggregate) for aggregate in plan.aggregates]
        self.pieces: list[dict[CellKey, tuple[Any, ...]]] = [{} for _ in plan.aggregates]
        self.names = Names(rows)
        by_part: dict[int, list[Row[Any]]] = {}
        for row in rows:
            by_part.setdefault(row[0], []).append(row)
        for number, part in enumerate(statements.parts):
            self._take(number, part, by_part.get(number, []))

    def _take(self, number: int, part: Part, rows: list[Row[Any]]) -> None:
        """The rows of one part of the statement."""
        down, across = self.names.key(range(part.down)), self.names.key(range(self.plan.down, self.plan.down + part.across))
        keys = [(down(row), across(row)) for row in rows]
        if number == 0:
            self._take_groups(keys, rows)
        known: dict[PlannedAggregate, dict[CellKey, tuple[Any, ...]]] = {}  # a sum and its share are asked alike
        for index in part.aggregates:
            planned = self.plan.aggregates[index]
            asked = replace(planned, name="", label="", show_as=None)
            if asked in known:
                self.pieces[index].update(known[asked])
                continue
            aggregate = AGGREGATES[planned.aggregate]
            first = self.names.at.get(f"piece{index}_0", 0)
            pieces = dict(zip(keys, map(_values_at(range(first, first + aggregate.pieces)), rows), strict=True))
            if planned.additive and aggregate.merge is not None:
                pieces = _with_totals(pieces, aggregate.merge, self.plan.down, self.plan.across)
            known[asked] = pieces
            self.pieces[index].update(pieces)

    def _take_groups(self, keys: list[CellKey], rows: list[Row[Any]]) -> None:
        """Which groups there are, how many rows each has, and what else is known of their values."""
        counts = {key: row.row_count for key, row in zip(keys, rows, strict=True) if row.row_count}  # no rows at all: the total of nothing
        self.row_counts.update(_with_totals(counts, operator.add, self.plan.down, self.plan.across))
        for index in range(len(self.plan.groupings)):
            for name, known in (("shown", self.shown), ("order", self.order)):
                place = self.names.at.get(f"{name}{index}")
                if place is not None:
                    value = self.names.key([index])
                    known.update({(index, *value(row)): row[place] for row in rows})

    def of(self, keys: Collection[CellKey]) -> Iterator[tuple[Any, ...]]:
        """One value per aggregate for each of these cells; of a cell without rows, what the aggregate makes of nothing."""
        columns = [self._column(index, keys, column) for index, column in enumerate(self.columns)]
        return zip(*columns, strict=True) if columns else repeat((), len(keys))

    def _column(self, index: int, keys: Iterable[CellKey], column: ResultColumn) -> Iterator[Any]:
        """One aggregate of these cells."""
        planned = self.plan.aggregates[index]
        if planned.field is None:
            yield from (self.row_counts.get(key, 0) for key in keys)
            return
        aggregate, found, scale = AGGREGATES[planned.aggregate], self.pieces[index], planned.field.scale
        nothing, unit = (None,) * aggregate.pieces, Decimal(1).scaleb(-column.scale)
        is_number = planned.field.family == "number" or aggregate.result_type is not None
        for key in keys:
            value = aggregate.finish(found.get(key, nothing), scale)
            if value is not None and is_number:
                value = int(value) if column.type == "integer" else Decimal(value).quantize(unit, ROUND_HALF_UP)
            yield value


def aggregate_column(aggregate: PlannedAggregate) -> ResultColumn:
    """The figure itself, whatever is shown of it."""
    if aggregate.field is None:
        return ResultColumn(aggregate.name, aggregate.label, "integer", 0)
    kind = figure_type(aggregate.aggregate, aggregate.field.type)
    return ResultColumn(aggregate.name, aggregate.label, kind, 0 if kind == "integer" else aggregate.field.scale)


def _with_totals(finest: dict[CellKey, T], merge: Callable[[T, T], T], down: int, across: int) -> dict[CellKey, T]:
    """The finest cells and every total they are part of: each level is made of the next finer one."""
    found, level = dict(finest), finest
    for kept_down in range(down, -1, -1):
        if kept_down < down:
            level = _merged(level, lambda key: (key[0][:-1], key[1]), merge)
            found |= level
        totals = level
        for _ in range(across):
            totals = _merged(totals, lambda key: (key[0], key[1][:-1]), merge)
            found |= totals
    return found


def _merged(cells: dict[CellKey, T], around: Callable[[CellKey], CellKey], merge: Callable[[T, T], T]) -> dict[CellKey, T]:
    """The next coarser level."""
    found: dict[CellKey, T] = {}
    for key, value in cells.items():
        total = around(key)
        found[total] = merge(found[total], value) if total in found else value
    return found
