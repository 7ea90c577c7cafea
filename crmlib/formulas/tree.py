"""A formula as a tree: literals, fields and calls. Operators are calls too: `a + b` is the function "+".

`parse` makes the tree; `check` gives back a copy in which every node has its type and every call its way (overload).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmlib.formulas.check import Checked
    from crmlib.formulas.rows import Way

Place = tuple[int, int]
"""Line and column, both counted from 1."""


@dataclass(frozen=True)
class Literal:
    """A number, a text, TRUE, FALSE or NULL as it was written."""

    value: Any
    type: str
    at: Place = (1, 1)


@dataclass(frozen=True)
class Field:
    """A field, a summary operand (`amount:sum`) or a grouping. `definition`: the checked formula it stands for, if it is one."""

    name: str
    at: Place = (1, 1)
    type: str = ""
    field_type: str = ""
    definition: Checked | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Call:
    """A function or an operator with its arguments."""

    function: str
    arguments: tuple[Node, ...]
    at: Place = (1, 1)
    type: str = ""
    way: Way | None = field(default=None, compare=False)


Node = Literal | Field | Call


@dataclass(frozen=True)
class Formula:
    """A parsed formula. `where` says to a person which one it is; it stands before line and column in problems.

    prefix: the lookups that lead to the record whose fields it names (`of_record`).
    """

    text: str
    root: Node
    where: str = ""
    prefix: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every field named in it, as written, each once, in order."""
        return tuple(dict.fromkeys(node.name for node in walk(self.root) if isinstance(node, Field)))


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, from left to right."""
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from walk(argument)


def of_record(formula: Formula, prefix: str) -> Formula:
    """A formula over the record that a lookup leads to: `industry` in it means `account.industry`. Blank where there is none."""
    if not prefix:
        return formula

    def led(node: Node) -> Node:
        if isinstance(node, Call):
            return replace(node, arguments=tuple(led(argument) for argument in node.arguments))
        return replace(node, name=f"{prefix}.{node.name}") if isinstance(node, Field) and node.name[0] != "$" else node

    is_none = Call("ISBLANK", (Field(f"{prefix}.id"),))
    return replace(formula, root=Call("IF", (is_none, Literal(None, "null"), led(formula.root))), prefix=prefix)


def place_of(where: str, at: Place) -> str:
    """`where line:column`, as problems say it."""
    return f"{where} {at[0]}:{at[1]}".strip()
