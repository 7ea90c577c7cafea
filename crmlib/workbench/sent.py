"""What a browser sends, checked: it may send anything, whatever the page shows."""

from __future__ import annotations

from typing import Any

from crmlib.errors import DefinitionError, Problem

LONGEST = 10_000
"""No field of a page takes longer text."""


def text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise _not_understood("text")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _not_understood("yes or no")
    return value


def number(value: Any) -> int:
    """Of digits, as elements carry them in `data-item`."""
    if not isinstance(value, str) or not value.isdecimal() or len(value) > 9:
        raise _not_understood("a number")
    return int(value)


def place(value: Any) -> tuple[str, int]:
    """('columns', 2) of 'columns.2'."""
    before, _, after = text(value).rpartition(".")
    return before, number(after)


def numbers(value: Any) -> tuple[int, int]:
    """(2, 0) of '2.0': the first value of the third filter."""
    before, after = place(value)
    return number(before), after


def fields(value: Any) -> dict[str, str]:
    """A form's fields by name."""
    if not isinstance(value, dict):
        raise _not_understood("a form")
    return {text(name): text(content) for name, content in value.items()}


def _not_understood(expected: str) -> DefinitionError:
    return DefinitionError(Problem("not-understood", f"the page sent something other than {expected}", hint="reload the page"))
