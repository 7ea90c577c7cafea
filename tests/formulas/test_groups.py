"""Summary formulas: operands like `amount:sum`, and values of other cells of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from crmlib.formulas.check import check
from crmlib.formulas.context import FormulaError
from crmlib.formulas.evaluate import evaluate
from crmlib.formulas.grammar import parse
from tests.formulas.conftest import CONTEXT

TYPES = {"amount:sum": "currency", "won:sum": "number", "RowCount": "integer", "rate:avg": "percent"}
MONTHS = {
    "2026-01": {"amount:sum": 100, "RowCount": 4},
    "2026-02": {"amount:sum": 150, "RowCount": 0},
    "2026-03": {"amount:sum": 120, "RowCount": 3},
}


@dataclass(frozen=True)
class Months:
    """A report by month, seen from one of them."""

    month: str

    def parent(self, groupings: tuple[str, ...]) -> Mapping[str, Any] | None:
        return {"amount:sum": 370, "RowCount": 7} if groupings in (("GRAND_SUMMARY",), ("close_month", "COLUMN_GRAND_SUMMARY")) else None

    def previous(self, grouping: str, steps: int) -> Mapping[str, Any] | None:
        months = list(MONTHS)
        place = months.index(self.month) - steps
        return MONTHS[months[place]] if grouping == "close_month" and place >= 0 else None


def at(month: str, text: str) -> Any:
    formula = check(parse(text), TYPES, groupings=("close_month", "stage"))
    formula.raise_problems()
    return evaluate(formula, MONTHS[month], replace(CONTEXT, cells=Months(month)))


@pytest.mark.parametrize(("month", "text", "value"), [
    ("2026-01", "amount:sum / RowCount", 25),
    ("2026-01", "AMOUNT:SUM / rowcount", 25),
    ("2026-01", "ROUND(amount:sum / PARENTGROUPVAL(amount:sum, GRAND_SUMMARY), 4)", Decimal("0.2703")),
    ("2026-01", "PARENTGROUPVAL(amount:sum, close_month, COLUMN_GRAND_SUMMARY)", 370),
    ("2026-01", "PARENTGROUPVAL(amount:sum, stage)", None),
    ("2026-03", "amount:sum - PREVGROUPVAL(amount:sum, close_month)", -30),
    ("2026-03", "amount:sum - PREVGROUPVAL(amount:sum, close_month, 2)", 20),
    ("2026-01", "PREVGROUPVAL(amount:sum, close_month)", None),
    ("2026-01", "amount:sum - PREVGROUPVAL(amount:sum, close_month)", None),
    ("2026-01", "BLANKVALUE(PREVGROUPVAL(amount:sum, close_month), 0)", 0),
    ("2026-03", "PREVGROUPVAL(amount:sum / RowCount, close_month, 2)", 25),
    ("2026-02", "IF(RowCount = 0, 0, amount:sum / RowCount)", 0),
])
def test_value(month: str, text: str, value: Any) -> None:
    assert at(month, text) == value


def test_division_by_a_group_without_rows_is_an_error() -> None:
    with pytest.raises(FormulaError, match="division by zero"):
        at("2026-02", "amount:sum / RowCount")


def test_groupings_are_known() -> None:
    text = "PARENTGROUPVAL(amount:sum, clos_month) + PREVGROUPVAL(amount:sum, stage, 'x')"
    formula = check(parse(text), TYPES, groupings=("close_month", "stage"))
    assert [(problem.code, problem.hint) for problem in formula.problems] == [
        ("unknown-grouping", "did you mean 'close_month'?"), ("wrong-type", "VALUE(...) makes a number of it")]


def test_only_cells_that_are_needed_are_asked_for() -> None:
    class Asked(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            names.append(name)
            return 1

    names: list[str] = []
    formula = check(parse("IF(RowCount > 0, amount:sum, won:sum)"), TYPES)
    assert evaluate(formula, Asked(), CONTEXT) == 1
    assert names == ["RowCount", "amount:sum"]
