"""How numbered filters go together: "1 AND (2 OR NOT 3)". NOT binds tightest, then AND, then OR; any case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from crmlib.errors import Problem

Logic = int | tuple[str, tuple["Logic", ...]]
"""A filter's number, counted from 1, or ("and" | "or" | "not", parts)."""

Condition = TypeVar("Condition")

GRAMMAR = """
?any: all ("OR"i all)*
?all: one ("AND"i one)*
?one: NUMBER -> number | "NOT"i one -> negation | "(" any ")"
NUMBER: /[1-9][0-9]*/
%ignore /\\s+/
"""


@lru_cache
def _parser() -> Any:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", start="any", maybe_placeholders=False)


@lru_cache
def parse_logic(text: str) -> Logic:
    """Raises ValueError in the user's words, with the column where it stopped making sense."""
    from lark.exceptions import UnexpectedInput

    try:
        return _logic(_parser().parse(text))
    except UnexpectedInput as error:
        column = getattr(error, "column", 0)
        where = f"at column {column}" if isinstance(column, int) and column > 0 else "at its end"
        raise ValueError(f"{text!r} makes no sense {where}; write it like 1 AND (2 OR NOT 3)") from None


def _logic(tree: Any) -> Logic:
    if tree.data == "number":
        return int(tree.children[0])
    word = {"any": "or", "all": "and", "negation": "not"}[str(tree.data)]
    return word, tuple(_logic(child) for child in tree.children)


def all_of(count: int) -> Logic:
    """What holds when nothing is said: every filter."""
    return "and", tuple(range(1, count + 1))


def in_words(logic: Logic, texts: Sequence[str]) -> tuple[str, ...]:
    """What must hold, a sentence each: `2 AND (1 OR NOT 3)` is ("b", "(a) or (not (c))"), of the texts a, b and c."""
    if isinstance(logic, tuple) and logic[0] == "and":
        return tuple(text for part in logic[1] for text in in_words(part, texts))
    return (_in_words(logic, texts),)


def _in_words(logic: Logic, texts: Sequence[str]) -> str:
    if isinstance(logic, int):
        return texts[logic - 1]
    word, parts = logic
    written = [f"({_in_words(part, texts)})" for part in parts]
    return f"not {written[0]}" if word == "not" else f" {word} ".join(written)


def numbers_in(logic: Logic) -> set[int]:
    return {logic} if isinstance(logic, int) else set().union(*map(numbers_in, logic[1]))


def check_logic(text: str, count: int, where: str) -> Iterator[Problem]:
    """Every filter takes part, and none is named that isn't there."""
    try:
        named = numbers_in(parse_logic(text))
    except ValueError as error:
        yield Problem("filter-logic", str(error), where)
        return
    for number in sorted(named - set(range(1, count + 1))):
        yield Problem("filter-logic", f"there is no filter {number}; there are {count}", where)
    for number in sorted(set(range(1, count + 1)) - named):
        yield Problem("filter-logic", f"filter {number} does not take part", where, "name it, or remove the filter")


def without(text: str, gone: set[int]) -> str:
    """The logic as if these filters had never been there: the others counted anew. Empty when none is left."""
    def left(logic: Logic) -> str:
        if isinstance(logic, int):
            return "" if logic in gone else str(logic - sum(number < logic for number in gone))
        word, parts = logic
        written = list(filter(None, map(left, parts)))
        if word == "not":
            return f"NOT {written[0]}" if written else ""
        return f"({f' {word.upper()} '.join(written)})" if len(written) > 1 else "".join(written)

    return left(parse_logic(text))


def combine(logic: Logic, conditions: Callable[[int], Condition], join: Callable[[str, list[Condition]], Condition]) -> Condition:
    """The whole condition: `conditions(number)` gives one filter's, `join(word, parts)` puts "and", "or", "not" together."""
    if isinstance(logic, int):
        return conditions(logic)
    word, parts = logic
    return join(word, [combine(part, conditions, join) for part in parts])
