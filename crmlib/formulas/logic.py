"""Conditions, comparisons and blanks. NULL is neither true nor false: a comparison with a blank is blank, and IF takes it as false."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from crmlib.formulas.numbers import outer

Lazy = Callable[[], Any]
"""An argument that is only calculated when it is asked for."""


def if_(condition: Lazy, then: Lazy, otherwise: Lazy) -> Any:
    return then() if condition() else otherwise()


def all_of(*conditions: Lazy) -> bool:
    return all(condition() for condition in conditions)


def any_of(*conditions: Lazy) -> bool:
    return any(condition() for condition in conditions)


def case(value: Lazy, *rest: Lazy) -> Any:
    """The result of the first equal case, else the last argument. No two blanks are equal, except for blank texts."""
    return _case(value, rest, lambda left, right: left is not None and left == right)


def case_of_texts(value: Lazy, *rest: Lazy) -> Any:
    return _case(value, rest, operator.eq)


def case_of_numbers(value: Lazy, *rest: Lazy) -> Any:
    return _case(value, rest, lambda left, right: left is not None and right is not None and outer(left) == outer(right))


def _case(value: Lazy, rest: tuple[Lazy, ...], equal: Callable[[Any, Any], bool]) -> Any:
    looked_at = value()
    for candidate, result in zip(rest[:-1:2], rest[1::2], strict=True):
        if equal(looked_at, candidate()):
            return result()
    return rest[-1]()


def value_or(value: Lazy, instead: Lazy) -> Any:
    found = value()
    return instead() if found is None else found


def as_it_is(value: Any, *rest: Any) -> Any:
    return value


def is_blank(value: Any) -> bool:
    return value is None or value == ()


def never(*values: Any) -> bool:
    return False


def compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of numbers, of the digits that are seen of them."""
    return lambda left, right: compare(outer(left), outer(right))
