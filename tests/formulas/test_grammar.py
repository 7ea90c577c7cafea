"""How formulas are read: what binds tighter, what is ignored, and what is said of what can't be read."""

from __future__ import annotations

import time

import pytest

from crmlib.errors import DefinitionError
from crmlib.formulas.grammar import DEEPEST, LONGEST, parse
from crmlib.formulas.tree import Call, Field, Literal, Node


def shape(node: Node) -> str:
    """The tree with every call in brackets, so that one sees what belongs together."""
    if isinstance(node, Literal):
        return str(node.value)
    return node.name if isinstance(node, Field) else f"({' '.join([node.function, *map(shape, node.arguments)])})"


@pytest.mark.parametrize(("formula", "read_as"), [
    ("a + b * c", "(+ a (* b c))"),
    ("a * b ^ c", "(* a (^ b c))"),
    ("-a ^ b", "(^ (- a) b)"),
    ("a ^ b ^ c", "(^ (^ a b) c)"),
    ("a - b - c", "(- (- a b) c)"),
    ("a / b * c", "(* (/ a b) c)"),
    ("a -- b", "(- a (- b))"),
    ("a & b + c", "(+ (& a b) c)"),
    ("a & b & c", "(& a b c)"),
    ("a < b = c", "(= (< a b) c)"),
    ("a = b && c <> d || e", "(OR (AND (= a b) (<> c d)) e)"),
    ("a || b || c", "(OR a b c)"),
    ("a == b != c", "(<> (= a b) c)"),
    ("NOT a = b", "(= (NOT a) b)"),
    ("not(a = b)", "(NOT (= a b))"),
    ("!a && b", "(AND (NOT a) b)"),
    ("if(a, true, Null)", "(IF a True None)"),
    ("notes & nullable & trueish", "(& notes nullable trueish)"),
    ("account.owner.name", "account.owner.name"),
    ("AMOUNT:SUM / RowCount", "(/ AMOUNT:SUM RowCount)"),
    ("parentgroupval(amount:sum, stage)", "(PARENTGROUPVAL amount:sum stage)"),
    ("$User.Id", "$User.Id"),
    ("PI()", "(PI)"),
    ("a /* what * is > this? */ + /**/ b", "(+ a b)"),
    ("a\u200b +\n\tb\ufeff", "(+ a b)"),
    (".5 + 0.50", "(+ 0.5 0.50)"),
    (r"""'it\'s' & "\"x\"" & "\\" & "\n" """, "(& it's \"x\" \\ \n)"),
    ("''", "None"),
])
def test_reading(formula: str, read_as: str) -> None:
    assert shape(parse(formula).root) == read_as


@pytest.mark.parametrize(("formula", "code", "where", "message"), [
    ("", "empty-formula", "bonus", "the formula is empty"),
    ("1 +", "formula-syntax", "bonus 1:4", "the formula ends too early"),
    ("IF(a,\n  b", "formula-syntax", "bonus 2:4", "the formula ends too early"),
    ("f(1,)", "formula-syntax", "bonus 1:5", "')' can't stand here"),
    ("a b", "formula-syntax", "bonus 1:3", "'b' can't stand here"),
    ("a = = b", "formula-syntax", "bonus 1:5", "'=' can't stand here"),
    ("1 2", "formula-syntax", "bonus 1:3", "'2' can't stand here"),
    ("a + 'x", "formula-syntax", "bonus 1:5", "the text that begins with ' never ends"),
    ("a + “x”", "formula-syntax", "bonus 1:5", "“ is no quote of this language"),
    ("a ; b", "formula-syntax", "bonus 1:3", "';' means nothing here"),
    ('"a\nb"', "formula-syntax", "bonus 1:1", 'the text that begins with " never ends'),
    ("a" * (LONGEST + 1), "formula-too-long", "bonus", f"the formula has {LONGEST + 1:,} characters; {LONGEST:,} are allowed"),
])
def test_what_cannot_be_read(formula: str, code: str, where: str, message: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parse(formula, "bonus")
    problem = raised.value.problems[0]
    assert (problem.code, problem.where, problem.message) == (code, where, message)


def test_brackets_that_are_never_closed_are_counted() -> None:
    with pytest.raises(DefinitionError) as raised:
        parse("IF(AND(a, b")
    assert raised.value.problems[0].hint == "2 '(' are never closed"


@pytest.mark.parametrize("formula", ["+".join(["1"] * (DEEPEST + 2)), "ABS(" * DEEPEST + "a + 1" + ")" * DEEPEST,
                                     "-" * (DEEPEST + 1) + "1"])
def test_deep_formulas_are_refused(formula: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parse(formula)
    assert raised.value.codes == ["formula-too-deep"]


def test_many_brackets_and_long_rows_are_fine() -> None:
    assert shape(parse("(" * 3000 + "a" + ")" * 3000).root) == "a"
    joined = parse(" & ".join(["a"] * 3000)).root
    assert isinstance(joined, Call)
    assert len(joined.arguments) == 3000


def test_a_long_formula_is_read_in_a_moment() -> None:
    formula = "CASE(stage, " + ", ".join(f'"Stage {number}", {number} * amount + 1' for number in range(400)) + ", 0)"
    parse("1")  # makes the parser
    started = time.perf_counter()
    parse(formula)
    assert time.perf_counter() - started < 2
