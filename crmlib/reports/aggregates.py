"""Aggregates: sum, average and so on, one row each. To add one: a row in AGGREGATES and a line in docs/reports.md.

`sql` gives the pieces that the database computes for a group. Where pieces of subgroups can be merged into those of
their group, `merge` says how, and subtotals need no further question to the data; where they can't (`merge=None`, such
as a count of different values) every level of totals is asked of the data. `finish` makes the figure of the pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, func

Pieces = tuple[Any, ...]


@dataclass(frozen=True)
class Aggregate:
    """One way to make a figure of many values. Blanks (NULL) never count, in any of them.

    families: field families it takes. result_type: None means the field's own type. repeats_matter: whether a record
    that stands in several rows would change the figure, and must be counted once.
    """

    name: str
    label: str
    families: tuple[str, ...]
    sql: Callable[[ColumnElement[Any]], tuple[ColumnElement[Any], ...]]
    merge: Callable[[Pieces, Pieces], Pieces] | None
    finish: Callable[[Pieces, int], Any]
    result_type: str | None = None
    repeats_matter: bool = True
    pieces: int = 1


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


EVERY_FAMILY = ("text", "number", "date", "datetime", "boolean", "picklist", "multi_picklist", "lookup", "id")

AGGREGATES: dict[str, Aggregate] = {row.name: row for row in (
    Aggregate("sum", "Sum of {}", ("number",), lambda value: (func.sum(value),), _add, _first_or_zero),
    Aggregate("average", "Average {}", ("number",), lambda value: (func.sum(value), func.count(value)), _add, _average, pieces=2),
    Aggregate("smallest", "Smallest {}", ("number", "date", "datetime"), lambda value: (func.min(value),), _choose(min), _first,
              repeats_matter=False),
    Aggregate("largest", "Largest {}", ("number", "date", "datetime"), lambda value: (func.max(value),), _choose(max), _first,
              repeats_matter=False),
    Aggregate("unique", "Unique {}", EVERY_FAMILY, lambda value: (func.count(value.distinct()),), None, _first_or_zero, "integer",
              repeats_matter=False),
    Aggregate("record_count", "Number of {}", ("id",), lambda value: (func.count(value),), _add, _first_or_zero, "integer"),
)}
