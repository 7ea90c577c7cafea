"""Conditions, comparisons and blanks in SQL. What each does is said in `logic`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, or_

from crmlib.formulas.sql_value import FALSE, TRUE, Sql, any_error, plain, seen


def if_(condition: Sql, then: Sql, otherwise: Sql) -> Sql:
    return choice([(condition, then)], otherwise)


def choice(whens: list[tuple[Sql, Sql]], otherwise: Sql) -> Sql:
    """CASE. Only what is chosen can be wrong, and the conditions up to there."""
    results = [result for _, result in whens] + [otherwise]
    value = case(*((condition.value, result.value) for condition, result in whens), else_=otherwise.value)
    quiet = all(condition.error is None for condition, _ in whens) and all(map(_quiet, results))
    return Sql(value, _error_of(whens, otherwise), any(result.nullable for result in results), max(result.scale for result in results),
               max(result.digits for result in results), blank_on_error=quiet)


def _error_of(whens: list[tuple[Sql, Sql]], otherwise: Sql) -> ColumnElement[bool] | None:
    if not any(part.error is not None for when in [*whens, (otherwise, otherwise)] for part in when):
        return None
    error = FALSE if otherwise.error is None else otherwise.error
    for condition, result in reversed(whens):
        error = case((condition.value, FALSE if result.error is None else result.error), else_=error)
        if condition.error is not None:
            error = or_(condition.error, error)
    return error


def _quiet(value: Sql) -> bool:
    return value.error is None or value.blank_on_error


def all_of(*conditions: Sql) -> Sql:
    """Blank counts as false. What stands after the condition that decides can't be wrong."""
    certain = [true_or_false(condition) for condition in conditions]
    return Sql(and_(*certain), _error_until(not_, conditions, certain), nullable=False, blank_on_error=False)


def any_of(*conditions: Sql) -> Sql:
    certain = [true_or_false(condition) for condition in conditions]
    return Sql(or_(*certain), _error_until(lambda decides: decides, conditions, certain), nullable=False, blank_on_error=False)


def _error_until(decides: Callable[[Any], Any], conditions: tuple[Sql, ...],
                 certain: list[ColumnElement[bool]]) -> ColumnElement[bool] | None:
    """One condition after the other: whether it is wrong, then whether it decides."""
    last = max((place for place, condition in enumerate(conditions) if condition.error is not None), default=-1)
    steps: list[tuple[Any, Any]] = []
    for place, condition in enumerate(conditions[: last + 1]):
        if condition.error is not None:
            steps.append((condition.error, TRUE))
        if place < last:
            steps.append((decides(certain[place]), FALSE))
    return case(*steps, else_=FALSE) if steps else None


def true_or_false(condition: Sql) -> ColumnElement[bool]:
    return func.coalesce(condition.value, FALSE) if condition.nullable else condition.value


def negated(condition: Sql) -> Sql:
    return plain(not_(condition.value))


def compared(compare: Callable[[Any, Any], ColumnElement[bool]]) -> Callable[[Sql, Sql], Sql]:
    """A comparison of what isn't text; blank if one side is."""
    return lambda one, other: plain(compare(one.value, other.value))


def compared_numbers(compare: Callable[[Any, Any], ColumnElement[bool]]) -> Callable[[Sql, Sql], Sql]:
    return lambda one, other: plain(compare(seen(one), seen(other)))


def case_of(equal: Callable[[Sql, Sql], Sql]) -> Callable[..., Sql]:
    """CASE with this kind of equality."""
    def of(value: Sql, *rest: Sql) -> Sql:
        whens: list[tuple[Sql, Sql]] = []
        for candidate, result in zip(rest[:-1:2], rest[1::2], strict=True):
            error = any_error((candidate.error,) if whens else (value.error, candidate.error))
            whens.append((replace(equal(value, candidate), error=error), result))
        return choice(whens, rest[-1])
    return of


def value_or(value: Sql, instead: Sql) -> Sql:
    if not value.nullable:
        return value
    error = value.error
    if instead.error is not None:
        error = any_error((error, and_(value.value.is_(None), instead.error)))
    return Sql(func.coalesce(value.value, instead.value), error, instead.nullable, max(value.scale, instead.scale),
               max(value.digits, instead.digits), blank_on_error=False)


def as_it_is(value: Sql, *rest: Sql) -> Sql:
    return value


def is_blank(value: Sql) -> Sql:
    return Sql(value.value.is_(None) if value.nullable else FALSE, nullable=False)


def never(*values: Sql) -> Sql:
    return Sql(FALSE, nullable=False)
