"""Naming a large part of a statement, so that it is written and calculated once though it is used several times.

CEILING needs its argument twice; CEILING within CEILING within CEILING would be written eight times. Instead:
`(SELECT CASE WHEN let_1.x >= 0 THEN ceil(let_1.x) ... END FROM (SELECT the argument AS x OFFSET 0) AS let_1)`.
OFFSET 0 keeps PostgreSQL from putting the argument back into its places.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

DEEPEST = 180
"""Levels of an expression that SQLAlchemy, which needs about four calls for each, writes within Python's usual limit of 1,000."""

LARGE = 40
"""Parts from which on an expression is named when it is used more than once."""


class Let(FunctionElement[Any]):
    """`body`, in which `name` stands for `value`."""

    inherit_cache = True
    name = "let"

    def __init__(self, name: str, value: ColumnElement[Any], body: ColumnElement[Any]) -> None:
        super().__init__(literal_column(name), value, body)
        self.type = body.type


@compiles(Let)
def _let(element: Let, compiler: SQLCompiler, **kw: Any) -> str:
    name, value, body = (compiler.process(clause, **kw) for clause in element.clauses.clauses)
    return f"(SELECT {body} FROM (SELECT {value} AS x OFFSET 0) AS {name})"


def placeholder(name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    return literal_column(f"{name}.x", value.type)


class Sizes:
    """How large and deep expressions are once written out. Each part is looked at once, however often it is used."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[ClauseElement, int, int]] = {}

    def of(self, element: ClauseElement) -> int:
        """Parts of the expression."""
        return self._measured(element)[1]

    def depth(self, element: ClauseElement) -> int:
        """Levels of the expression; a function has three: itself, its brackets and its arguments."""
        return self._measured(element)[2]

    def _measured(self, element: ClauseElement) -> tuple[ClauseElement, int, int]:
        if id(element) not in self.known:
            parts = [self._measured(child) for child in element.get_children()]
            deepest = max((part[2] for part in parts), default=0)
            # the element too: as long as it lives, nothing else has its id
            self.known[id(element)] = element, 1 + sum(part[1] for part in parts), 1 + deepest
        return self.known[id(element)]


def uses(element: ClauseElement | None, part: ClauseElement) -> int:
    """How often the part would be written."""
    known: dict[int, int] = {}

    def count(inside: ClauseElement) -> int:
        if id(inside) not in known:
            known[id(inside)] = int(inside is part) + sum(map(count, inside.get_children()))
        return known[id(inside)]

    return 0 if element is None else count(element)
