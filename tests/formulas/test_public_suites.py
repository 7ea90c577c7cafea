"""The public suites of Salesforce's own formula engine and of formulon: their formulas give what they say, but for deviations.yaml.

The cases lie beside the repository, which may not hold them. A number is the same if it differs by no more than a part in 10^12:
the suites' own have the 15 to 17 digits of floats. An empty text is blank, as in Salesforce.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from crmlib.errors import DefinitionError
from crmlib.formulas.check import Checked
from crmlib.formulas.context import FormulaError
from crmlib.formulas.evaluate import as_field, evaluate
from crmlib.formulas.resolve import check_all
from tests.formulas.conftest import CONTEXT, ROOT

FILE = ROOT.parent / "shared" / "salesforce" / "formula_cases.json"
DEVIATIONS = {case: entry for entry in yaml.safe_load((Path(__file__).parent / "deviations.yaml").read_text(encoding="utf-8"))
              for case in entry["cases"]}
NUMBERS = ("number", "percent", "currency")
HAIR = Decimal("1e-12")
NOTHING = Decimal("1e-30")

Case = dict[str, Any]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """All but those with functions outside Salesforce's public list, and those that ask the clock."""
    if not FILE.exists():
        pytest.skip(f"the cases of the public suites are not there ({FILE.relative_to(ROOT.parent)}); nothing was checked")
    every = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
    return [case for case in every if not case.get("nonstandard_functions") and not case.get("volatile")]


def python_value(given: Mapping[str, Any]) -> Any:
    type_, value = given["type"], given["value"]
    if value is None:
        return None
    if type_ in NUMBERS:
        return Decimal(str(value))
    if type_ == "geolocation":
        return tuple(Decimal(str(part)) for part in value)
    kinds: dict[str, Any] = {"date": date, "datetime": datetime, "time": time}
    return kinds[type_].fromisoformat(value) if type_ in kinds else value


def checked(case: Case, formula: str) -> Checked:
    """With the formulas that the case's formula names."""
    types = {name: given["type"] for name, given in case["variables"].items()}
    named = case.get("derived_fields") or []
    types |= {other["name"]: other["type"] for other in named}
    texts = {other["name"]: other["formula"] for other in named}
    return check_all(texts | {"case": formula}, types)["case"]


def value_of(case: Case, formula: str) -> Any:
    """What the formula gives; "error" where it is refused or has no value."""
    context = replace(CONTEXT, blank_as=case["blank_as"])
    try:
        found = evaluate(checked(case, formula), {name: python_value(given) for name, given in case["variables"].items()}, context)
    except (DefinitionError, FormulaError):
        return "error"
    if case["return_type"] == "percent" and isinstance(found, Decimal):
        return found.scaleb(2)
    return as_field(found, "boolean") if case["id"].startswith("fe-xml") and case["return_type"] == "boolean" else found


def same(case: Case) -> bool:
    expected, found = case["expected"], value_of(case, case["formula"])
    type_, value = expected["type"], expected.get("value")
    if type_ == "error" or found == "error":
        return type_ == "error" and found == "error"
    if type_ == "same_as_formula":
        return bool(found == value_of(case, value))
    if type_ == "text" and case["id"].startswith("fe-xml"):  # which trims what it expects
        return (found or "").strip() == value.strip()
    if type_ == "text":
        return (found or "") == value
    if type_ == "number":
        return isinstance(found, Decimal) and abs(found - Decimal(str(value))) <= max(abs(found) * HAIR, NOTHING)
    wanted = None if type_ == "null" else python_value(expected)
    if type_ == "datetime" and type(found) is date:  # the suite runs some formulas of dates as moments
        return found.isoformat() == value[:10]
    return type(found) is type(wanted) and bool(found == wanted)


def test_the_public_suites_agree_but_for_known_deviations(cases: list[Case]) -> None:
    different = {case["id"] for case in cases if not same(case)}
    assert {case["id"]: case["formula"] for case in cases if case["id"] in different - set(DEVIATIONS)} == {}
    assert set(DEVIATIONS) - different == set(), "these are no deviations any more"


def test_every_deviation_says_why() -> None:
    assert all(entry["why"] and entry["gives"] for entry in DEVIATIONS.values())


def test_dates_are_those_of_the_zone() -> None:
    formula = checked({"variables": {}}, 'DATEVALUE(DATETIMEVALUE("2004-12-31 11:32:10") + 3.60)')
    assert evaluate(formula, {}, CONTEXT) == date(2005, 1, 4)
    assert evaluate(formula, {}, replace(CONTEXT, zone="America/Los_Angeles")) == date(2005, 1, 3)
