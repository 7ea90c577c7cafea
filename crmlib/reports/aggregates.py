"""Aggregates: sum, average and so on, one row each. To add one: a row in AGGREGATES and a line in docs/reports.md.

`sql` gives the pieces that the database computes for a group. Where pieces of subgroups can be merged into those of
their group, `merge` says how, and subtotals need no further question to the data; where they can't (`merge=None`, such
as a count of different values) every level of totals is asked of the data. `finish` makes the figure of the pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from sqlalchemy import ColumnElement, Integer, func, literal, type_coerce

from crmlib.model.sql_functions import first_by, last_by, percentile, sum_of_squares, twice_median

Pieces = tuple[Any, ...]
Window = Callable[[ColumnElement[Any], Sequence[ColumnElement[Any]]], ColumnElement[Any]]


@dataclass(frozen=True)
class Aggregate:
    """One way to make a figure of many values. Blanks (NULL) never count, in any of them.

    families: field families it takes. result_type: None means the field's own type. repeats_matter: whether a record
    that stands in several rows would change the figure, and must be counted once. window: the figure beside each row of
    its group, by which groups are ordered or left out; None where no database has such a window. adds_up: whether parts
    make a whole, so that shares and running totals mean something. needs_by: a second field says which record is meant;
    `sql` is given that field and the record's id as well. is_offered: whether lists of all aggregates name it.
    """

    name: str
    label: str
    families: tuple[str, ...]
    sql: Callable[..., tuple[ColumnElement[Any], ...]]
    merge: Callable[[Pieces, Pieces], Pieces] | None
    finish: Callable[[Pieces, int], Any]
    result_type: str | None = None
    repeats_matter: bool = True
    pieces: int = 1
    window: Window | None = None
    adds_up: bool = False
    needs_by: bool = False
    is_offered: bool = True


def _add(left: Pieces, right: Pieces) -> Pieces:
    return tuple(right_piece if left_piece is None else left_piece if right_piece is None else left_piece + right_piece
                 for left_piece, right_piece in zip(left, right, strict=True))


def _choose(choose: Callable[[Any, Any], Any]) -> Callable[[Pieces, Pieces], Pieces]:
    def merge(left: Pieces, right: Pieces) -> Pieces:
        return right if left[0] is None else left if right[0] is None else (choose(left[0], right[0]),)
    return merge


def _first(pieces: Pieces, scale: int) -> Any:
    return pieces[0]


def _first_or_zero(pieces: Pieces, scale: int) -> Any:
    return 0 if pieces[0] is None else pieces[0]


def _average(pieces: Pieces, scale: int) -> Decimal | None:
    """Rounded half up to the field's digits; whole numbers to two."""
    total, count = pieces
    if not count:
        return None
    return (Decimal(total) / count).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def _deviation(pieces: Pieces, scale: int) -> Decimal | None:
    """Of a sample: the root of the squared distances from the mean by one less than their number."""
    total, squares, count = pieces
    if not count or count < 2:
        return None
    with localcontext(prec=60):
        variance = (Decimal(squares) - Decimal(total) ** 2 / count) / (count - 1)
        return max(variance, Decimal(0)).sqrt()


def _half(pieces: Pieces, scale: int) -> Decimal | None:
    return None if pieces[0] is None else Decimal(pieces[0]) / 2


def _over(function: Callable[[ColumnElement[Any]], Any]) -> Window:
    return lambda value, group: function(value).over(partition_by=group or None)


def _sum_over(value: ColumnElement[Any], group: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(value).over(partition_by=group or None), 0, type_=value.type)


def _average_over(value: ColumnElement[Any], group: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """In the field's own type, whose unit the database counts in."""
    return type_coerce(func.avg(value).over(partition_by=group or None), value.type)


def _percentile(percent: int) -> Aggregate:
    """The smallest value that so many percent of the values do not exceed (nearest rank)."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(percent % 10, "th") if percent // 10 != 1 else "th"
    return Aggregate(f"percentile_{percent}", f"{percent}{ending} percentile of {{}}", ("number",),
                     lambda value: (percentile(value, literal(percent, Integer)),), None, _first,
                     is_offered=percent in (10, 25, 75, 90))


EVERY_FAMILY = ("text", "number", "date", "datetime", "boolean", "picklist", "multi_picklist", "lookup", "id")
ORDERED = ("number", "date", "datetime")
PLAIN = ("text", "number", "date", "datetime", "boolean", "picklist")
FRACTIONS = ("average", "median", "standard_deviation")
"""Aggregates that have digits after the point even of whole numbers."""

AGGREGATES: dict[str, Aggregate] = {row.name: row for row in (
    Aggregate("sum", "Sum of {}", ("number",), lambda value: (func.sum(value),), _add, _first_or_zero, window=_sum_over, adds_up=True),
    Aggregate("average", "Average {}", ("number",), lambda value: (func.sum(value), func.count(value)), _add, _average, pieces=2,
              window=_average_over),
    Aggregate("smallest", "Smallest {}", ORDERED, lambda value: (func.min(value),), _choose(min), _first, repeats_matter=False,
              window=_over(func.min)),
    Aggregate("largest", "Largest {}", ORDERED, lambda value: (func.max(value),), _choose(max), _first, repeats_matter=False,
              window=_over(func.max)),
    Aggregate("median", "Median {}", ("number",), lambda value: (twice_median(value),), None, _half),
    *(_percentile(percent) for percent in range(1, 100)),
    Aggregate("standard_deviation", "Standard deviation of {}", ("number",),
              lambda value: (func.sum(value), sum_of_squares(value), func.count(value)), _add, _deviation, pieces=3),
    Aggregate("unique", "Unique {}", EVERY_FAMILY, lambda value: (func.count(value.distinct()),), None, _first_or_zero, "integer",
              repeats_matter=False, window=_over(func.count)),
    Aggregate("record_count", "Number of {}", ("id",), lambda value: (func.count(value),), _add, _first_or_zero, "integer",
              window=_over(func.count), adds_up=True),
    Aggregate("first", "First {}", PLAIN, lambda value, by, record: (first_by(value, by, record),), None, _first, repeats_matter=False,
              needs_by=True),
    Aggregate("last", "Last {}", PLAIN, lambda value, by, record: (last_by(value, by, record),), None, _first, repeats_matter=False,
              needs_by=True),
)}
OFFERED = {name: row for name, row in AGGREGATES.items() if row.is_offered}


def figure_type(aggregate: str, field_type: str) -> str:
    """The field type of an aggregate's figures, of a field of this type."""
    kind = AGGREGATES[aggregate].result_type or field_type
    return "number" if kind == "integer" and aggregate in FRACTIONS else kind
