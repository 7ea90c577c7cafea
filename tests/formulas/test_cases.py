"""The formulas in cases.yaml give what stands there, in Python and on both databases; every function has one at least."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from crmlib.formulas.check import check
from crmlib.formulas.compile_sql import not_in_sql
from crmlib.formulas.context import Context
from crmlib.formulas.functions import FUNCTIONS
from crmlib.formulas.grammar import parse
from tests.formulas.conftest import CONTEXT, FIELDS, Ask, checked, python_value, stored, value_of

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


def values_of(case: dict[str, Any]) -> dict[str, Any]:
    return {name: python_value(value, FIELDS[name]) for name, value in case.get("with", {}).items()}


def context_of(case: dict[str, Any]) -> Context:
    before = case.get("before")
    given = {name: python_value(value, FIELDS[name]) for name, value in before.items()} if before else None
    return replace(CONTEXT, blank_as="blank" if case.get("blank") else "zero", zone=case.get("zone", "UTC"), before=given)


def named(case: dict[str, Any]) -> str:
    return f"{case['formula']} {case.get('with', '')}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_formula_gives(case: dict[str, Any]) -> None:
    formula = checked(str(case["formula"]))
    wanted = case["gives"] if case["gives"] == "ERROR" else python_value(case["gives"], formula.type)
    found = value_of(formula, values_of(case), context_of(case))
    assert (found, type(found)) == (wanted, type(wanted))


def test_formulas_give_the_same_in_sql(ask: Ask) -> None:
    wrong = []
    rows = [values_of(case) for case in CASES]
    for number, case in enumerate(CASES):
        formula = checked(str(case["formula"]))
        if not not_in_sql(formula):
            wanted = stored(value_of(formula, rows[number], context_of(case)), formula.type)
            found = ask(rows, formula, context_of(case))[number]
            if (found, type(found)) != (wanted, type(wanted)):
                wrong.append(f"{named(case)}: {found!r}, not {wanted!r}")
    assert wrong == []


def test_every_function_has_a_case() -> None:
    used = {name for case in CASES for name in check(parse(str(case["formula"])), FIELDS).functions}
    assert set(FUNCTIONS) - used == set()


def test_functions_without_sql_are_few_and_known() -> None:
    """Records of the past, cells of a report, ids of Salesforce, and patterns, which every program reads otherwise."""
    assert {name for name, function in FUNCTIONS.items() if not function.in_sql} == {
        "CASESAFEID", "ISCHANGED", "ISNEW", "PARENTGROUPVAL", "PREVGROUPVAL", "PRIORVALUE", "REGEX"}
