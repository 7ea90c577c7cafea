"""Names and types are checked before anything runs: every problem at once, with its place and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Integer, column

from crmlib.errors import DefinitionError
from crmlib.formulas.check import check
from crmlib.formulas.compile_sql import compile_sql, not_in_sql
from crmlib.formulas.evaluate import evaluate
from crmlib.formulas.functions import FUNCTIONS, NOT_OFFERED
from crmlib.formulas.grammar import parse
from tests.formulas.conftest import CONTEXT, FIELDS, RESULTS


def problems(formula: str) -> list[tuple[str, str, str, str]]:
    return [(problem.code, problem.where, problem.message, problem.hint) for problem in check(parse(formula, "bonus"), FIELDS).problems]


@pytest.mark.parametrize(("formula", "code", "where", "message", "hint"), [
    ("amont * 2", "unknown-field", "bonus 1:1", "there is no field 'amont'", "did you mean 'amount'?"),
    ("TODAY - 1", "unknown-field", "bonus 1:1", "there is no field 'TODAY'", "TODAY is a function: write TODAY()"),
    ("RUOND(amount)", "unknown-function", "bonus 1:1", "there is no function 'RUOND'", "did you mean 'ROUND'?"),
    ("1 + VLOOKUP(name, note)", "function-not-offered", "bonus 1:5",
     "VLOOKUP is not offered here: a formula reads its own record and those its lookups point to", ""),
    ("LEFT(name)", "wrong-number-of-arguments", "bonus 1:1", "LEFT can't take 1 argument", "write LEFT(text, count)"),
    ("CASE(stage, 1)", "wrong-number-of-arguments", "bonus 1:1", "CASE can't take 2 arguments",
     "write CASE(value, case, result, ..., otherwise)"),
    ("LEFT(amount, 2)", "wrong-type", "bonus 1:6", "the first argument of LEFT is a number, but should be a text",
     "TEXT(...) makes a text of it"),
    ("ABS(name)", "wrong-type", "bonus 1:5", "the first argument of ABS is a text, but should be a number",
     "VALUE(...) makes a number of it"),
    ("YEAR(moment)", "wrong-type", "bonus 1:6", "the first argument of YEAR is a moment (date and time), but should be a date",
     "DATEVALUE(...) makes a date of it"),
    ("IF(amount, 1, 2)", "wrong-type", "bonus 1:4", "the first argument of IF is a number, but should be a condition (true or false)",
     "write IF(condition, then, otherwise)"),
    ("IF(open, 1, name)", "wrong-type", "bonus 1:13", "the third argument of IF is a text, but should be a number",
     "VALUE(...) makes a number of it"),
    ('CASE(count, 1, "a", "2", "b", "c")', "wrong-type", "bonus 1:21", "the 4th argument of CASE is a text, but should be a number",
     "VALUE(...) makes a number of it"),
    ("day + other_day", "wrong-type", "bonus 1:7", "'+' can't be used with a date and a date", ""),
    ("name - note", "wrong-type", "bonus 1:1", "'-' can't be used with a text and a text", "VALUE(...) makes a number of it"),
    ("day < 1", "wrong-type", "bonus 1:7", "'<' can't be used with a date and a number", ""),
    ("-name", "wrong-type", "bonus 1:2", "'-' can't be used with a text", "VALUE(...) makes a number of it"),
    ("tags = 'vip'", "wrong-type", "bonus 1:1", "'=' can't be used with a multi-picklist and a text",
     "a multi-picklist can be used in INCLUDES, PICKLISTCOUNT and ISBLANK"),
    ("ISCHANGED(amount + 1)", "not-a-field", "bonus 1:18", "ISCHANGED takes a field", "write ISCHANGED(field)"),
])
def test_problem(formula: str, code: str, where: str, message: str, hint: str) -> None:
    assert problems(formula) == [(code, where, message, hint)]


def test_every_problem_is_said_at_once_and_each_once() -> None:
    assert [problem[:2] for problem in problems("IF(amont > 1,\n  NOPE(stage),\n  LEFT(amount) & quantity)")] == [
        ("unknown-field", "bonus 1:4"), ("unknown-function", "bonus 2:3"), ("wrong-number-of-arguments", "bonus 3:3"),
        ("wrong-type", "bonus 3:18")]


@pytest.mark.parametrize(("formula", "type_"), [
    ("amount", "number"), ("rate", "number"), ("stage", "picklist"), ("IF(open, stage, name)", "text"), ("IF(open, NULL, day)", "date"),
    ("IF(open, NULL, NULL)", "null"), ("day - other_day", "number"), ("moment - 1", "datetime"), ("NULL + 1", "number"),
    ("1 + day", "date"),
    ("CASE(stage, 'a', day, NULL)", "date"), ("BLANKVALUE(NULL, day)", "date"), ("PRIORVALUE(stage)", "picklist"), ("account", "id"),
    ("$System.originDateTime", "datetime"), ("AMOUNT > 1", "boolean"),
])
def test_type(formula: str, type_: str) -> None:
    checked = check(parse(formula), FIELDS)
    assert (checked.type, checked.problems) == (type_, ())


def test_fields_are_named_as_they_are_defined() -> None:
    assert check(parse("Amount + AMOUNT + quantity"), FIELDS).fields == ("amount", "quantity")


@pytest.mark.parametrize("use", [lambda formula: evaluate(formula, {}, CONTEXT),
                                 lambda formula: compile_sql(formula, {}, CONTEXT, Integer())])
def test_a_formula_with_problems_is_not_used(use: Callable[..., object]) -> None:
    with pytest.raises(DefinitionError) as raised:
        use(check(parse("amont + 1"), FIELDS))
    assert raised.value.codes == ["unknown-field"]


def test_what_cannot_be_in_sql_is_refused_with_its_place() -> None:
    formula = check(parse('IF(REGEX(name, "a+"), ISNEW(), FALSE)', "is_a"), FIELDS)
    with pytest.raises(DefinitionError) as raised:
        compile_sql(formula, {"name": column("name")}, CONTEXT, RESULTS["boolean"])
    assert [(problem.code, problem.where) for problem in raised.value.problems] == [
        ("formula-not-in-sql", "is_a 1:4"), ("formula-not-in-sql", "is_a 1:23")]


@pytest.mark.parametrize("text", ["tags", "IF(open, tags, NULL)", "GEOLOCATION(1, 2)"])
def test_what_no_column_holds_is_not_in_sql(text: str) -> None:
    formula = check(parse(text), FIELDS)
    assert (formula.problems, [problem.code for problem in not_in_sql(formula)]) == ((), ["formula-not-in-sql"])


def test_functions_are_offered_or_not() -> None:
    assert set(FUNCTIONS) & set(NOT_OFFERED) == set()
