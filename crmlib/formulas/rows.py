"""What a row of FUNCTIONS looks like: a function and the ways it can be called, each in Python and in SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crmlib.formulas.types import Signature, signature


@dataclass(frozen=True)
class Way:
    """One overload: what it takes (`signature`), what it is in Python (`value`) and in SQL (`sql`; None: not in SQL).

    `sees_blanks`: it is called with None where an argument is blank; else a blank argument makes the result blank.
    `lazy`: it is given the values and the context, then a function of both for each argument, and calls those it needs (in
    SQL: each `Sql` as it is, errors not yet joined). `asks`: it is given the Context first. `named`: its arguments are
    fields, and it is given (name, value) of each.
    """

    signature: Signature
    value: Callable[..., Any]
    sql: Callable[..., Any] | None = None
    sees_blanks: bool = False
    lazy: bool = False
    asks: bool = False
    named: bool = False


@dataclass(frozen=True)
class Function:
    """A function or operator. `usage` shows how to write it, `help` says what it gives."""

    name: str
    usage: str
    help: str
    ways: tuple[Way, ...]

    @property
    def in_sql(self) -> bool:
        return all(way.sql is not None for way in self.ways)


def way(words: str, value: Callable[..., Any], sql: Callable[..., Any] | None = None, *, sees_blanks: bool = False,
        lazy: bool = False, asks: bool = False, named: bool = False) -> Way:
    """A Way, its signature written in words."""
    return Way(signature(words), value, sql, sees_blanks, lazy, asks, named)


def row(usage: str, help: str, *ways: Way, name: str = "") -> Function:
    """A Function; its name is what `usage` begins with."""
    return Function(name or usage.partition("(")[0], usage, help, ways)
