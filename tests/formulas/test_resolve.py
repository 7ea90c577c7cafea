"""Formulas that use formulas: in any order, with the same answers everywhere; a circle is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from crmlib.errors import DefinitionError
from crmlib.formulas.resolve import check_all
from tests.formulas.conftest import CONTEXT, FIELDS, Ask, stored, value_of

TYPES = FIELDS | {"net": "currency", "gross": "currency", "share": "percent", "label": "text", "late": "boolean",
                  "a": "number", "b": "number", "c": "number"}
TEXTS = {
    "label": 'IF(late, "late: ", "") & TEXT(gross)',
    "gross": "Net * 1.2",
    "net": "amount / quantity",
    "late": "day < TODAY()",
    "share": "net / gross",
}


def test_each_stands_after_those_it_uses() -> None:
    names = list(check_all(TEXTS, TYPES))
    assert names.index("net") < names.index("gross") < names.index("share")
    assert names.index("late") < names.index("label")
    assert sorted(names) == sorted(TEXTS)


def test_a_formula_within_a_formula_is_not_rounded(ask: Ask) -> None:
    formulas = check_all(TEXTS, TYPES)
    row = {"amount": Decimal(10), "quantity": Decimal(3)}
    assert value_of(formulas["gross"], row) == 4
    assert value_of(formulas["label"], row | {"day": CONTEXT.today.replace(day=1)}) == "late: 4"
    assert ask([row], formulas["label"], CONTEXT) == ["4"]
    assert formulas["label"].fields == ("day", "amount", "quantity")


@pytest.mark.parametrize("blank_as", ["zero", "blank"])
@pytest.mark.parametrize("text", ["net", "BLANKVALUE(net, 7)", "IF(ISBLANK(net), 1, 2)", "gross + 1", "share", "c + 1",
                                  "IF(1 / quantity > 1, 1, net)"])
def test_blanks_and_errors_of_inner_formulas_are_the_same_in_sql(ask: Ask, text: str, blank_as: str) -> None:
    context = replace(CONTEXT, blank_as=blank_as)
    formula = check_all(TEXTS | {"a": text, "c": "NULL"}, TYPES)["a"]
    rows = [{"amount": Decimal(10), "quantity": Decimal(4)}, {"quantity": Decimal(4)}, {"amount": Decimal(10)}, {}]
    assert ask(rows, formula, context) == [stored(value_of(formula, row, context), "number") for row in rows]


@pytest.mark.parametrize(("texts", "circle"), [
    ({"a": "a + 1"}, "a -> a"),
    ({"a": "b", "b": "C", "c": "a * 2"}, "a -> b -> c -> a"),
])
def test_a_circle_is_named(texts: dict[str, str], circle: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        check_all(texts, TYPES)
    assert [(problem.code, problem.message) for problem in raised.value.problems] == [
        ("formula-circle", f"the formula uses itself: {circle}")]


def test_problems_of_all_formulas_come_together() -> None:
    with pytest.raises(DefinitionError) as raised:
        check_all({"a": "b + ", "b": "nope", "c": "c"}, TYPES)
    assert [(problem.code, problem.where) for problem in raised.value.problems] == [
        ("formula-syntax", "a 1:5"), ("formula-circle", "c"), ("unknown-field", "b 1:1")]


def test_formulas_within_each_other_have_a_limit() -> None:
    texts = {f"f{number}": f"f{number - 1} + 1" for number in range(1, 60)} | {"f0": "amount"}
    with pytest.raises(DefinitionError) as raised:
        check_all(texts, TYPES | dict.fromkeys(texts, "number"))
    assert (raised.value.problems[0].code, raised.value.problems[0].where) == ("formula-too-deep", "f50")


def test_formulas_that_grow_beyond_all_measure_are_refused_at_once() -> None:
    texts = {f"f{number}": f"f{number - 1} + f{number - 1}" for number in range(1, 40)} | {"f0": "amount"}
    with pytest.raises(DefinitionError) as raised:
        check_all(texts, TYPES | dict.fromkeys(texts, "number"))
    assert (raised.value.problems[0].code, raised.value.problems[0].where) == ("formula-too-large", "f12")


def test_a_formula_of_another_record_reads_that_one() -> None:
    """It takes blanks in its own way, and is blank where there is no such record."""
    types = FIELDS | {"more": "number", "account.score": "number", "account.id": "id", "account.amount": "currency"}
    texts = {"account.score": "Amount + 1", "more": "BLANKVALUE(account.score, 5) * 2"}
    formulas = check_all(texts, types, blank_as={"account.score": "blank"})
    assert formulas["more"].fields == ("account.id", "account.amount")
    assert formulas["more"].uses == ("account.score",)
    blank = replace(CONTEXT, blank_as="blank")
    rows = [{"account.id": record, "account.amount": amount} for record, amount in ((7, Decimal(2)), (7, None), (None, None))]
    for context, expected in ((CONTEXT, [6, 0, 0]), (blank, [6, 10, 10])):
        assert [value_of(formulas["more"], row, context) for row in rows] == expected
