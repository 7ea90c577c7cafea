"""docs/formulas.md lists every function as the code has it, its table of blanks is true, and its example runs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table

from crmlib.errors import DefinitionError
from crmlib.formulas.check import check
from crmlib.formulas.functions import FUNCTIONS, NOT_OFFERED
from crmlib.formulas.grammar import parse
from crmlib.model.types import ExactDecimal
from tests.formulas.conftest import CONTEXT, ROOT, value_of

TEXT = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
ROWS = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in TEXT.splitlines() if line.startswith("| ")]


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_function_is_listed_with_its_help() -> None:
    listed = {usage.strip("`"): help for usage, help in (row for row in ROWS if len(row) == 2)}
    for function in FUNCTIONS.values():
        assert listed.pop(function.usage.replace("|", "\\|")) == function.help.replace("|", "&#124;") + ("" if function.in_sql else " (1)")
    assert {usage: help for usage, help in listed.items() if usage.strip("- ")} == NOT_OFFERED


BLANKS = {"blank_number": "number", "blank_text": "text", "blank_date": "date", "blank": "boolean"}
SHOWN = {"5": Decimal(5), "0": Decimal(0), "7": Decimal(7), "blank": None, "error": "ERROR", "true": True, "false": False,
         '"a"': "a", "b": "b"}


def blank_cases() -> list[tuple[str, str, str]]:
    """Formula, how blanks are treated, and what the table says it gives."""
    cases = []
    for formulas, *answers in (row for row in ROWS if len(row) == 3 and row[0].startswith("`") and "(" in row[0] + row[0]):
        for way, answer in zip(("zero", "blank"), answers, strict=True):
            told = re.sub("(:| which).*", "", answers[0] if answer == "the same" else answer).split(", ")
            for place, formula in enumerate(re.findall("`(.*?)`", formulas)):
                cases.append((formula, way, told[min(place, len(told) - 1)].strip(",")))
    return cases


@pytest.mark.parametrize(("formula", "blank_as", "told"), [case for case in blank_cases() if case[0] not in ("AND", "OR")])
def test_the_table_of_blanks_is_true(formula: str, blank_as: Any, told: str) -> None:
    text = formula.replace("NOT(blank)", "NOT(NULL)").replace("IF(blank, a, b)", 'IF(NULL, "a", "b")').replace(", a, b)", ', "a", "b")')
    checked = check(parse(text), BLANKS)
    assert checked.problems == ()
    assert value_of(checked, dict.fromkeys(BLANKS), replace(CONTEXT, blank_as=blank_as)) == SHOWN[told]


def test_the_example_of_mistakes_is_true() -> None:
    types = {"amount": "currency", "quantity": "number"}
    shown = "\n".join(map(str, check(parse("IF(amont > 1,\n  LEFT(quantity, 2), NULL)", "margin"), types).problems))
    assert shown.replace("2:8", "2:8") in TEXT


def test_the_example_for_developers_runs() -> None:
    code = section("For developers").split("```python\n")[1].split("```")[0]
    table = Table("t", MetaData(), Column("amount", ExactDecimal(2)), Column("rate", ExactDecimal(2)))
    names: dict[str, Any] = {"Decimal": Decimal, "ExactDecimal": ExactDecimal, "table": table, "today": date(2026, 5, 13),
                             "now": datetime(2026, 5, 13, tzinfo=UTC)}
    exec(code, names)
    assert names["evaluate"](names["checked"], {"amount": Decimal(200), "rate": Decimal(5)}, names["context"]) == Decimal("10.00")


def test_what_it_says_of_precedence_is_true() -> None:
    for formula, value in (("2 ^ 3 ^ 2", 64), ("-2 ^ 2", 4), ("2 * 3 ^ 2", 18), ("CASE(0, 0, 0, 10 / 0)", 0)):
        assert f"`{formula}`" in TEXT or "CASE" in formula
        assert value_of(check(parse(formula), {}), {}) == value


def test_a_function_that_is_not_offered_says_why() -> None:
    for name, why in NOT_OFFERED.items():
        with pytest.raises(DefinitionError, match=re.escape(why)):
            check(parse(f"{name}()"), {}).raise_problems()
