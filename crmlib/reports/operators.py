"""Filter operators, one row each. To add one: a row in OPERATORS and a line in docs/reports.md.

Blank rules (Salesforce's, reference 3.2): `equals` and `not_equal` with an empty value ask for blank; `not_equal` and
`not_contain` keep blank rows; the comparisons never match a blank. Text is compared without case, in every script.
Dates and datetimes are compared with half-open ranges: less_than ends before a range, greater_than starts after it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, false, not_, or_, true, type_coerce

from crmlib.model.sql_functions import lower_text

TEXTS = ("text", "picklist")
RANGED = ("date", "datetime")

Condition = Callable[[ColumnElement[Any], Sequence[Any], str], ColumnElement[bool]]


@dataclass(frozen=True)
class Operator:
    """`sql(column, values, family)`: any of the values; None stands for blank, (start, end) for a date or datetime.

    takes_part: its value may be a part of what the field holds, so that it need not be a value of the field itself.
    compare: of two fields; None where that makes no sense.
    """

    name: str
    label: str
    families: tuple[str, ...]
    sql: Condition
    takes_blank: bool = False
    takes_part: bool = False
    compare: Callable[[Any, Any], ColumnElement[bool]] | None = None


def is_blank(column: ColumnElement[Any], family: str) -> ColumnElement[bool]:
    """No value; for text an empty one is none."""
    return or_(column.is_(None), column == "") if family in TEXTS else column.is_(None)


def _any(conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(false(), *conditions)


def _equals(column: ColumnElement[Any], values: Sequence[Any], family: str) -> ColumnElement[bool]:
    given = [value for value in values if value is not None]
    blank = [is_blank(column, family)] if len(given) < len(values) else []
    if family in RANGED:
        return _any(blank + [and_(column >= start, column < end) for start, end in _merged(given)])
    if family == "multi_picklist":
        return _any(blank + [type_coerce(column, Text) == f";{';'.join(value)};" for value in given])
    if family == "text":
        column, given = lower_text(column), [value.lower() for value in given]
    return _any(blank + ([column.in_(given)] if given else []))


def _merged(ranges: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """This year and last are one range, which an index or a block of a column answers at once."""
    merged: list[tuple[Any, Any]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _same(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    """Two blanks are the same."""
    return one.is_not_distinct_from(other)


def _includes(column: ColumnElement[Any], values: Sequence[Any], family: str) -> ColumnElement[bool]:
    """One value written 'a;b' asks for both."""
    stored = type_coerce(column, Text)
    return _any(and_(true(), *(stored.contains(f";{part};", autoescape=True) for part in value)) for value in values)


def _like(pattern: str) -> Condition:
    def condition(column: ColumnElement[Any], values: Sequence[Any], family: str) -> ColumnElement[bool]:
        escaped = (value.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for value in values)
        return _any(lower_text(column).like(pattern.format(text), escape="\\") for text in escaped)
    return condition


def _compare(plain: Callable[[Any, Any], Any], ranged: Callable[[Any, Any, Any], Any]) -> Condition:
    """A comparison with a value, or with the start and end of a range of days."""
    def condition(column: ColumnElement[Any], values: Sequence[Any], family: str) -> ColumnElement[bool]:
        return _any(ranged(column, *value) if family in RANGED else plain(column, value) for value in values)
    return condition


def _negated(positive: Condition) -> Condition:
    """The opposite, keeping blank rows unless blank is what is excluded."""
    def condition(column: ColumnElement[Any], values: Sequence[Any], family: str) -> ColumnElement[bool]:
        blank, matches = is_blank(column, family), positive(column, values, family)
        return and_(not_(blank), not_(matches)) if None in values else or_(blank, not_(matches))
    return condition


ORDERED = ("number", "date", "datetime")
ANY = ("text", "number", "date", "datetime", "boolean", "picklist", "multi_picklist", "id")

OPERATORS: dict[str, Operator] = {row.name: row for row in (
    Operator("equals", "equals", ANY, _equals, takes_blank=True, compare=_same),
    Operator("not_equal", "does not equal", ANY, _negated(_equals), takes_blank=True,
             compare=lambda one, other: not_(_same(one, other))),
    Operator("less_than", "is less than", ORDERED, _compare(operator.lt, lambda column, start, end: column < start),
             compare=operator.lt),
    Operator("greater_than", "is greater than", ORDERED, _compare(operator.gt, lambda column, start, end: column >= end),
             compare=operator.gt),
    Operator("less_or_equal", "is at most", ORDERED, _compare(operator.le, lambda column, start, end: column < end),
             compare=operator.le),
    Operator("greater_or_equal", "is at least", ORDERED, _compare(operator.ge, lambda column, start, end: column >= start),
             compare=operator.ge),
    Operator("contains", "contains", TEXTS, _like("%{}%"), takes_part=True),
    Operator("not_contain", "does not contain", TEXTS, _negated(_like("%{}%")), takes_part=True),
    Operator("starts_with", "starts with", TEXTS, _like("{}%"), takes_part=True),
    Operator("includes", "includes", ("multi_picklist",), _includes),
    Operator("excludes", "excludes", ("multi_picklist",), _negated(_includes)),
)}
