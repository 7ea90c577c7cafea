"""Conditions, comparisons and blanks. NULL is neither true nor false: a comparison with a blank is blank, and IF takes it as false."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from crmlib.formulas.context import Context
from crmlib.formulas.numbers import outer

Lazy = Callable[[Mapping[str, Any], Context], Any]
"""An argument that is only calculated when it is asked for: a function of the values and the context."""


def if_(values: Mapping[str, Any], context: Context, condition: Lazy, then: Lazy, otherwise: Lazy) -> Any:
    return then(values, context) if condition(values, context) else otherwise(values, context)


def all_of(values: Mapping[str, Any], context: Context, *conditions: Lazy) -> bool:
    return all(condition(values, context) for condition in conditions)


def any_of(values: Mapping[str, Any], context: Context, *conditions: Lazy) -> bool:
    return any(condition(values, context) for condition in conditions)


def case_where(equal: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    """CASE with this equality: the result of the first equal case, else the last argument."""
    def case(values: Mapping[str, Any], context: Context, value: Lazy, *rest: Lazy) -> Any:
        looked_at = value(values, context)
        for candidate, result in zip(rest[:-1:2], rest[1::2], strict=True):
            if equal(looked_at, candidate(values, context)):
                return result(values, context)
        return rest[-1](values, context)
    return case


def both_and_equal(left: Any, right: Any) -> bool:
    """No two blanks are equal."""
    return left is not None and left == right


def equal_numbers(left: Decimal | None, right: Decimal | None) -> bool:
    return left is not None and right is not None and outer(left) == outer(right)


def value_or(values: Mapping[str, Any], context: Context, value: Lazy, instead: Lazy) -> Any:
    found = value(values, context)
    return instead(values, context) if found is None else found


def as_it_is(value: Any, *rest: Any) -> Any:
    return value


def is_blank(value: Any) -> bool:
    return value is None or value == ()


def never(*values: Any) -> bool:
    return False


def compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of numbers, of the digits that are seen of them."""
    return lambda left, right: compare(outer(left), outer(right))
