"""Text to tree: the grammar of Salesforce's formula language, read by lark.

From loosest to tightest: `||`, `&&`, `= == <> !=`, `< > <= >=`, `+ - &`, `* /`, `^`, then the signs `+ - ! NOT`. All are read
from the left, so `2 ^ 3 ^ 2` is 64, and a sign belongs to its number, so `-2 ^ 2` is 4. Why `^` binds tighter than `*`, other
than in the published grammar of the engine: see docs/formulas.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from crmlib.errors import DefinitionError, Problem
from crmlib.formulas.tree import Call, Field, Formula, Literal, Node, Place, place_of

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.exceptions import UnexpectedInput

LONGEST = 20_000
"""Characters of a formula. Salesforce stops at 3,900."""

DEEPEST = 100
"""Levels of a formula. More would need more of Python's stack when SQL is made of it."""

GRAMMAR = r"""
    start: any

    ?any: all (OR all)*
    ?all: equal (AND equal)*
    ?equal: order (EQUAL order)*
    ?order: sum (ORDER sum)*
    ?sum: product ((PLUS | MINUS | JOIN) product)*
    ?product: power ((TIMES | OVER) power)*
    ?power: signed (POWER signed)*
    ?signed: (PLUS | MINUS | NOT) signed -> sign
           | value
    ?value: NUMBER -> number
          | TEXT -> text
          | TRUE -> true
          | FALSE -> false
          | NULL -> null
          | NAME -> field
          | NAME "(" [any ("," any)*] ")" -> call
          | "(" any ")"

    OR: "||"
    AND: "&&"
    EQUAL: "==" | "=" | "<>" | "!="
    ORDER: "<=" | ">=" | "<" | ">"
    PLUS: "+"
    MINUS: "-"
    JOIN: "&"
    TIMES: "*"
    OVER: "/"
    POWER: "^"
    NOT.3: /!|not(?![A-Za-z0-9_$:.#])/i
    TRUE.3: /true(?![A-Za-z0-9_$:.#])/i
    FALSE.3: /false(?![A-Za-z0-9_$:.#])/i
    NULL.3: /null(?![A-Za-z0-9_$:.#])/i
    NAME: /[A-Za-z$][A-Za-z0-9_$:.#]*/
    NUMBER: /[0-9]+(\.[0-9]+)?|\.[0-9]+/
    TEXT: /"([^"\\\n\r]|\\[nrt"'\\])*"|'([^'\\\n\r]|\\[nrt"'\\])*'/
    COMMENT: /\/\*[\s\S]*?\*\//
    BLANKS: /[\s\u200b\ufeff]+/

    %ignore COMMENT
    %ignore BLANKS
"""

SAME_OPERATOR = {"==": "=", "!=": "<>", "&&": "AND", "||": "OR", "!": "NOT"}
"""Operators with two spellings, or that are a function in another dress."""

CHAINED = ("AND", "OR", "&")
"""`a & b & c` is one call with three arguments."""

ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@lru_cache(maxsize=1000)
def parse(text: str, where: str = "") -> Formula:
    """The tree of a formula. `where` (a field's or report's name) stands before line and column in every problem.

    Raises DefinitionError with one problem: what stands where something else should, or what is never closed.
    """
    from lark.exceptions import UnexpectedInput

    if len(text) > LONGEST:
        raise DefinitionError(Problem("formula-too-long", f"the formula has {len(text):,} characters; {LONGEST:,} are allowed", where))
    if not text.strip():
        raise DefinitionError(Problem("empty-formula", "the formula is empty", where))
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise DefinitionError(_problem(error, text, where)) from None
    return Formula(text, _node(tree.children[0], where, 1), where)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False)


def _node(tree: Any, where: str, level: int) -> Node:
    """Our node of lark's: the trees of `any` .. `power` are operands with operators between them, read from the left."""
    kind, children = tree.data, tree.children
    if kind in LEAVES:
        return LEAVES[kind](children[0])
    level += 1 + (sum(sign != "&" for sign in children[3::2]) if kind in LEFT_DEEP else 0)
    if level > DEEPEST:
        at = place_of(where, (tree.meta.line, tree.meta.column))
        raise DefinitionError(Problem("formula-too-deep", f"more than {DEEPEST} operations stand within each other", at,
                                      "split it into several fields"))
    if kind == "call":
        return Call(str(children[0]).upper(), tuple(_node(child, where, level) for child in children[1:]), _at(children[0]))
    if kind == "sign":
        operator = str(children[0]).upper()
        return Call(SAME_OPERATOR.get(operator, operator), (_node(children[1], where, level),), _at(children[0]))
    node = _node(children[0], where, level)
    for sign, operand in zip(children[1::2], children[2::2], strict=True):
        operator, right = SAME_OPERATOR.get(sign, str(sign)), _node(operand, where, level)
        if operator in CHAINED and isinstance(node, Call) and node.function == operator:
            node = Call(operator, (*node.arguments, right), node.at)
        else:
            node = Call(operator, (node, right), _at(sign))
    return node


def _at(token: Token) -> Place:
    return token.line or 1, token.column or 1


LEFT_DEEP = ("equal", "order", "sum", "product", "power")
"""What becomes one call within another for each operator of a row of them."""

LEAVES: dict[str, Callable[[Any], Node]] = {
    "number": lambda token: Literal(Decimal(token), "number", _at(token)),
    "text": lambda token: Literal(_unquoted(token) or None, "text", _at(token)),
    "true": lambda token: Literal(True, "boolean", _at(token)),
    "false": lambda token: Literal(False, "boolean", _at(token)),
    "null": lambda token: Literal(None, "null", _at(token)),
    "field": lambda token: Field(str(token), _at(token)),
}


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", lambda escaped: ESCAPES.get(escaped[1], escaped[1]), token[1:-1])


def _problem(error: UnexpectedInput, text: str, where: str) -> Problem:
    """What went wrong, in the words of whoever wrote the formula."""
    line, column = error.line, error.column
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        lines = text.split("\n")
        at = place_of(where, (len(lines), len(lines[-1]) + 1))
        missing = text.count("(") - text.count(")")
        open_ = f"{missing} '(' {'is' if missing == 1 else 'are'} never closed"
        hint = open_ if missing > 0 else "an operand is missing after the last operator"
        return Problem("formula-syntax", "the formula ends too early", at, hint)
    at = place_of(where, (line, column))
    if token is None:
        return _bad_character(text[error.pos_in_stream or 0], at)
    hint = {
        "NAME": "is an operator or a comma missing before it?", "NUMBER": "is an operator or a comma missing before it?",
        "TEXT": "is an operator (&) or a comma missing before it?", "RPAR": "there are more ')' than '(', or an argument is missing",
        "COMMA": "a comma stands only between arguments of a function",
    }.get(token.type, "an operand is missing before it")
    return Problem("formula-syntax", f"{str(token)!r} can't stand here", at, hint)


def _bad_character(character: str, at: str) -> Problem:
    if character in "\"'":
        return Problem("formula-syntax", f"the text that begins with {character} never ends", at,
                       r"close it on the same line; within a text write \n for a new line, \" for a quote and \\ for a backslash")
    if character in "“”„‘’":
        return Problem("formula-syntax", f"{character} is no quote of this language", at, "write \" or '")
    return Problem("formula-syntax", f"{character!r} means nothing here", at)
