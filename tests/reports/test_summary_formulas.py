"""Figures calculated of figures, in every cell and total: operands, other cells, blanks, order, rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from crmlib.errors import DefinitionError
from crmlib.model.org import Org
from crmlib.reports.definition import Report
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from crmlib.security.access import Access
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, figures, labels, view_of

DEALS = (("Won", date(2025, 12, 3), 100), ("Won", date(2026, 1, 5), 300), ("Won", date(2026, 1, 9), 100),
         ("Lost", date(2026, 1, 7), 100), ("Lost", date(2026, 2, 7), 0), ("Open", date(2026, 2, 8), None))


@pytest.fixture
def deals(org: Org) -> Org:
    """| | Dec 25 | Jan 26 | Feb 26 |: Won 100, 400 of two, -; Lost -, 100, 0; Open -, -, blank. In all 600 of six."""
    account = add(org, "account", name="Client")
    stages = {name: add(org, "stage", name=name, position=number) for number, name in enumerate(("Won", "Lost", "Open"))}
    for stage, closed, amount in DEALS:
        add(org, "opportunity", account=account, stage=stages[stage], close_date=closed, amount=amount)
    return org


def ask(org: Org, *aggregates: dict[str, Any], user: Access = EVERYTHING, by: tuple[dict[str, Any], ...] = ({"field": "stage"},),
        across: tuple[dict[str, Any], ...] = (), **parts: Any) -> ReportResult:
    report = Report.model_validate({
        "label": "Asked", "report_type": "opportunities", "format": "matrix" if across else "summary" if by else "tabular",
        "groupings_down": by, "groupings_across": across, "aggregates": aggregates, **parts})
    return run_report(report, view_of(org.schema, "opportunities"), org, user, TODAY)


def formula(text: str, **parts: Any) -> dict[str, Any]:
    return {"name": "made", "formula": text, **parts}


MONTH = {"field": "close_date", "date_granularity": "month"}
YEAR = {"field": "close_date", "date_granularity": "year"}
SUM = {"field": "amount", "aggregate": "sum"}


class TestOperands:
    """| stage | records | sum of amount |: Won 3, 500; Lost 2, 100; Open 1, of a blank 0; in all 6, 600."""

    def test_an_average_of_all_records(self, deals: Org) -> None:
        found = ask(deals, formula("amount:sum / record_count", type="currency"))
        assert figures(found) == {("Won",): D("166.67"), ("Lost",): D("50.00"), ("Open",): D("0.00"), (): D("100.00")}

    def test_what_only_the_formula_needs_is_not_shown(self, deals: Org) -> None:
        found = ask(deals, SUM, formula("amount:largest - amount:smallest"))
        assert [column.name for column in found.aggregates] == ["amount:sum", "made"]
        assert figures(found)[("Won",)] == (D("500.00"), D("200.00"))

    def test_formulas_use_formulas(self, deals: Org) -> None:
        found = ask(deals, {"name": "rate", "formula": "amount:sum / record_count"}, formula("rate * 2"))
        assert figures(found)[("Lost",)] == (D("50.00"), D("100.00"))

    def test_a_percent_of_a_percent(self, deals: Org) -> None:
        """A percent field holds 25 for 25 %, a formula sees 0.25."""
        found = ask(deals, {"name": "share", "formula": "record_count / 12", "type": "percent"}, formula("share * 100"))
        assert figures(found)[("Won",)] == (D("25.00"), D("25.00"))

    def test_a_text(self, deals: Org) -> None:
        found = ask(deals, formula("IF(amount:sum > 100, 'much', 'little')", type="text"))
        assert figures(found) == {("Won",): "much", ("Lost",): "little", ("Open",): "little", (): "much"}

    def test_names_in_any_case(self, deals: Org) -> None:
        assert figures(ask(deals, formula("AMOUNT:SUM")))[()] == D("600.00")

    def test_a_blank_operand_counts_as_zero_unless_it_shall_not(self, deals: Org) -> None:
        assert figures(ask(deals, formula("amount:largest + 1")))[("Open",)] == D("1.00")
        assert figures(ask(deals, formula("amount:largest + 1", blank_as="blank")))[("Open",)] is None

    def test_of_a_report_without_groups(self, deals: Org) -> None:
        assert ask(deals, formula("amount:sum / record_count"), by=(), columns=["name"]).grand_total == {"made": D("100.00")}

    def test_division_by_zero_is_empty_and_said(self, deals: Org) -> None:
        found = ask(deals, formula("100 / amount:sum", label="Price"))
        assert figures(found)[("Open",)] is None and figures(found)[("Won",)] == D("0.20")
        assert found.notes == ("Price: empty where it can't be calculated (division by zero).",)


class TestOtherCells:
    """| | Dec 25 | Jan 26 | Feb 26 | |: Won 100, 400, -, 500; Lost -, 100, 0, 100; Open -, -, 0, 0; in all 100, 500, 0, 600."""

    def test_share_of_the_whole(self, deals: Org) -> None:
        found = ask(deals, formula("amount:sum / PARENTGROUPVAL(amount:sum, GRAND_SUMMARY)", type="percent"))
        assert figures(found) == {("Won",): D("83.33"), ("Lost",): D("16.67"), ("Open",): D("0.00"), (): D("100.00")}

    def test_share_of_the_group_around(self, deals: Org) -> None:
        share = formula("amount:sum / PARENTGROUPVAL(amount:sum, stage)", type="percent")
        found = figures(ask(deals, share, by=({"field": "stage"}, MONTH)))
        assert found[("Won", "January 2026")] == D("80.00") and found[("Won",)] == D("100.00")
        assert found[()] is None  # above the grouping that it names

    def test_the_group_before(self, deals: Org) -> None:
        found = figures(ask(deals, formula("amount:sum - PREVGROUPVAL(amount:sum, close_date)", blank_as="blank"), by=(MONTH,)))
        assert found == {("December 2025",): None, ("January 2026",): D("400.00"), ("February 2026",): D("-500.00"), (): None}

    def test_several_groups_before(self, deals: Org) -> None:
        found = figures(ask(deals, formula("PREVGROUPVAL(amount:sum, close_date, 2)", blank_as="blank"), by=(MONTH,)))
        assert found[("February 2026",)] == D("100.00") and found[("January 2026",)] is None

    def test_before_is_within_the_group_around_and_in_the_order_shown(self, deals: Org) -> None:
        by = (YEAR, MONTH | {"order": "descending"})
        found = figures(ask(deals, formula("PREVGROUPVAL(amount:sum, close_date:month)", blank_as="blank"), by=by))
        assert found[("2026", "February 2026")] is None and found[("2026", "January 2026")] == D("0.00")
        assert found[("2025", "December 2025")] is None

    def test_before_passes_empty_groups(self, deals: Org) -> None:
        add(deals, "opportunity", account=1, stage=1, close_date=date(2026, 4, 1), amount=7)
        found = figures(ask(deals, formula("amount:sum - PREVGROUPVAL(amount:sum, close_date)"), by=(MONTH | {"show_empty": True},)))
        assert found[("March 2026",)] == D("0.00") and found[("April 2026",)] == D("7.00")

    @pytest.mark.parametrize(("groupings", "expected"), [
        ("close_date", 500), ("stage", 500), ("GRAND_SUMMARY", 600), ("ROW_GRAND_SUMMARY", 500), ("COLUMN_GRAND_SUMMARY", 500),
        ("stage, COLUMN_GRAND_SUMMARY", 500), ("ROW_GRAND_SUMMARY, close_date", 500), ("ROW_GRAND_SUMMARY, COLUMN_GRAND_SUMMARY", 600)])
    def test_in_a_matrix(self, deals: Org, groupings: str, expected: int) -> None:
        """Of Won in January 2026, which is 400: its row is 500, its column 500, all 600."""
        found = ask(deals, formula(f"PARENTGROUPVAL(amount:sum, {groupings})"), across=(MONTH,))
        won = next(group.key for group in found.groups if group.label == "Won")
        january = next(group.key for group in found.groups_across if group.label == "January 2026")
        wanted = 400 if groupings in ("close_date", "stage") else expected
        assert found.cell(won, january) == {"made": D(wanted)}

    def test_the_column_before(self, deals: Org) -> None:
        found = ask(deals, formula("PREVGROUPVAL(amount:sum, close_date)", blank_as="blank"), across=(MONTH,))
        won = next(group.key for group in found.groups if group.label == "Won")
        across = {group.label: group.key for group in found.groups_across}
        assert found.cell(won, across["January 2026"]) == {"made": D("100.00")}
        assert found.cell(won, across["December 2025"]) == {"made": None}


class TestWhatFormulasServe:
    def test_groups_are_ordered_by_them(self, deals: Org) -> None:
        found = ask(deals, formula("amount:sum / record_count"), by=({"field": "stage", "order_by": "made", "order": "descending"},))
        assert labels(found) == ["Won", "Lost", "Open"]
        assert labels(ask(deals, formula("-amount:sum"), by=({"field": "stage", "order_by": "made", "order": "descending"},)))[0] == "Open"

    def test_they_are_shown_as_ranks(self, deals: Org) -> None:
        assert figures(ask(deals, formula("amount:sum / record_count", show_as="rank")))[("Lost",)] == 2

    def test_the_rows_of_a_cell_show_what_it_is_made_of(self, deals: Org) -> None:
        report = Report.model_validate({"label": "Asked", "report_type": "opportunities", "format": "summary",
                                        "groupings_down": [{"field": "stage"}], "aggregates": [formula("amount:sum / record_count")]})
        found = run_report(report, view_of(deals.schema, "opportunities"), deals, EVERYTHING, TODAY, within=(1,))
        assert [column.name for column in found.columns] == ["name", "amount", "stage.name"]
        assert [row.values[1] for row in found.details] == [D(100), D(300), D(100)]


def without(hidden: str) -> Access:
    """Somebody who may see all but this field of opportunities."""
    others = {f"opportunity.{name}" for name in ("amount", "stage", "close_date", "account", "name")} - {f"opportunity.{hidden}"}
    return replace(EVERYTHING, readable_fields=frozenset({*others, "stage.*"}))


class TestRights:
    def test_a_formula_over_a_hidden_field_is_withheld(self, deals: Org) -> None:
        found = ask(deals, formula("amount:sum / record_count", label="Average deal"), {"aggregate": "record_count"},
                    user=without("amount"), by=({"field": "stage", "order_by": "made"},))
        assert found.withheld == ("Average deal",)
        assert figures(found) == {("Won",): 3, ("Lost",): 2, ("Open",): 1, (): 6}

    def test_a_hidden_grouping_leaves_what_names_it_blank(self, deals: Org) -> None:
        found = ask(deals, formula("PARENTGROUPVAL(amount:sum, stage)", blank_as="blank"), user=without("stage"),
                    by=({"field": "stage"}, MONTH))
        assert found.withheld == ("Stage",) and set(figures(found).values()) == {None}


@pytest.mark.parametrize(("text", "parts", "code", "told"), [
    ("amount:sun", {}, "unknown-field", "did you mean 'amount:sum'?"),
    ("revenue:sum", {}, "unknown-field", "field:aggregate"),
    ("name:sum", {}, "unknown-field", "no field 'name:sum'"),
    ("amount:last", {}, "unknown-field", "no field 'amount:last'"),
    ("amount:sum +", {}, "formula-syntax", ""),
    ("made + 1", {}, "formula-circle", "made -> made"),
    ("PREVGROUPVAL(amount:sum, owner)", {}, "unknown-grouping", "'owner' is no grouping"),
    ("amount:sum", {"show_as": "share_of_total"}, "meaningless-share", "a formula has no parts"),
    ("amount:sum", {"show_as": "rnk"}, "unknown-show-as", "did you mean 'rank'?"),
])
def test_problems(deals: Org, text: str, parts: dict[str, Any], code: str, told: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        ask(deals, SUM, formula(text, **parts))
    assert [problem.code for problem in caught.value.problems] == [code]
    problem = caught.value.problems[0]
    assert problem.where.startswith("aggregates.1") and told in f"{problem.message} {problem.hint}"


def test_groups_can_not_be_ordered_by_what_needs_their_order(deals: Org) -> None:
    first, second = {"name": "growth", "formula": "amount:sum - PREVGROUPVAL(amount:sum, stage)"}, formula("growth * 2")
    with pytest.raises(DefinitionError, match="reads the groups before each"):
        ask(deals, first, second, by=({"field": "stage", "order_by": "made"},))


@pytest.mark.parametrize("part", [{"having": [{"aggregate": "made", "value": 1}]},
                                  {"by": ({"field": "account", "order_by": "made", "top": 2},)}])
def test_groups_can_not_be_left_out_by_formulas(deals: Org, part: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError, match="groups can't be left out by a formula"):
        ask(deals, formula("record_count"), **part)
