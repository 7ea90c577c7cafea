"""Traps that need several features at once; others stand where their feature is tested.

Fan-out, chasm, hidden by filters or missing children: test_joins. Blank groups, blanks in averages, no records: test_blanks. Fiscal
years, 29 February, weeks across years, clocks that change: test_periods. Decimals: test_order.
"""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from crmlib.model.org import Org
from crmlib.reports.definition import Report
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from crmlib.security.access import Access, access_of
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, ask, figures, joined, view_of


class TestEqualValuesOfDifferentParents:
    """The same city, and an owner of the same name, under two countries: groups of their own, counted once in the whole.

        country      city       owner     employees
        Netherlands  Bergen     Jan (1)          10
        Netherlands  Bergen     Jan (2)          20
        Norway       Bergen     Jan (1)          40
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        first, second = (add(shared, "user", name="Jan", username=username) for username in ("jan1", "jan2"))
        for country, owner, employees in (("Netherlands", first, 10), ("Netherlands", second, 20), ("Norway", first, 40)):
            add(shared, "account", country=country, city="Bergen", owner=owner, employees=employees)
        return shared

    def test_text(self, records: Org) -> None:
        assert figures(ask(records, "accounts", by=["country", "city"], show=["employees:sum", "city:unique"])) == {
            ("Netherlands",): (30, 1), ("Netherlands", "Bergen"): (30, 1), ("Norway",): (40, 1), ("Norway", "Bergen"): (40, 1), (): (70, 1)}

    def test_records_of_one_name(self, records: Org) -> None:
        result = ask(records, "accounts", by=["country", "owner"], show=["employees:sum", "owner:unique"])
        assert [[group.label for group in country.groups] for country in result.groups] == [["Jan", "Jan"], ["Jan"]]
        assert sorted(figure for key, (figure, _) in ((key, values) for (key, _), values in result.cells.items()) if len(key) == 2) == [
            10, 20, 40]
        assert result.grand_total == {"employees:sum": 70, "owner:unique": 2}

    def test_each_is_drilled_under_its_own_parent(self, records: Org) -> None:
        for key, rows in ((("Netherlands", "Bergen"), 2), (("Norway", "Bergen"), 1)):
            assert ask(records, "accounts", by=["country", "city"], show=["record_count"], within=key).row_count == rows


class TestPercentOfZero:
    """Shares of a whole of 0 and changes from 0 are empty, not an error and not 0; what there is of something is a share.

        type               amount
        New business          100
        New business         -100
        Existing business       0
        (blank)            (blank)
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        account, stage = add(shared, "account", name="Acme"), add(shared, "stage", name="Open", position=1)
        for kind, amount in (("New business", 100), ("New business", -100), ("Existing business", 0), (None, None)):
            add(shared, "opportunity", account=account, stage=stage, close_date=TODAY, type=kind, amount=amount)
        return shared

    @pytest.mark.parametrize("show_as", ["share_of_total", "share_of_parent", "change"])
    def test_of_a_sum_of_zero(self, records: Org, show_as: str) -> None:
        assert set(self.shown(records, {"field": "amount", "aggregate": "sum", "show_as": show_as})) == {None}

    def test_of_records_there_are_shares(self, records: Org) -> None:
        assert self.shown(records, {"aggregate": "record_count", "show_as": "share_of_total"}) == [D("100.00"), D(25), D(50), D(25)]

    def test_a_formula_says_so(self, records: Org) -> None:
        formula = {"name": "share", "formula": "amount:sum / PARENTGROUPVAL(amount:sum, GRAND_SUMMARY)", "type": "percent"}
        assert set(self.shown(records, formula)) == {None}
        assert self.result(records, formula).notes == ("share: empty where it can't be calculated (division by zero).",)

    def shown(self, org: Org, figure: dict[str, Any]) -> list[Any]:
        result = self.result(org, figure)
        return [result.cells[(), ()][0], *(result.cells[group.key, ()][0] for group in result.groups)]

    def result(self, org: Org, figure: dict[str, Any]) -> ReportResult:
        report = {"label": "Asked", "report_type": "opportunities", "groupings_down": [{"field": "type"}], "aggregates": [figure]}
        return run_report(Report.model_validate(report), view_of(org.schema, "opportunities"), org, EVERYTHING, TODAY)


class TestHiddenChild:
    """A child that Mia may not see is as one that is not there: with or without, the parent stays; with, it goes; without, it comes.

        account  deal     owner
        Acme     Canteen  Mia
        Acme     Kiosk    Tom
        Bolt     Foyer    Tom
        Cave
    """

    @pytest.fixture(scope="class")
    @classmethod
    def mia(cls, shared: Org) -> Access:
        ids = {name: add(shared, "user", name=name, username=name.lower()) for name in ("Mia", "Tom")}
        ids |= {name: add(shared, "account", name=name) for name in ("Acme", "Bolt", "Cave")}
        stage = add(shared, "stage", name="Open", position=1)
        for account, deal, owner, amount in (("Acme", "Canteen", "Mia", 5), ("Acme", "Kiosk", "Tom", 70), ("Bolt", "Foyer", "Tom", 900)):
            add(shared, "opportunity", name=deal, account=ids[account], owner=ids[owner], amount=amount, stage=stage, close_date=TODAY)
        return Access(ids["Mia"], "mia", "Mia", None, {"*": frozenset(["read"])}, frozenset("*"), frozenset(), {})

    @pytest.mark.parametrize(("join", "expected"), [
        ("with_or_without", {("Acme",): (5, 1), ("Bolt",): (0, 1), ("Cave",): (0, 1), (): (5, 3)}),
        ("with", {("Acme",): (5, 1), (): (5, 1)})])
    def test_joined(self, shared: Org, mia: Access, join: str, expected: dict[Any, Any]) -> None:
        kind = joined("account", opportunities=join)
        result = ask(shared, kind, user=mia, by=["name"], show=["opportunities.amount:sum", "record_count"])
        assert figures(result) == expected

    def test_without(self, shared: Org, mia: Access) -> None:
        result = ask(shared, joined("account", opportunities="without"), user=mia, by=["name"], show=["record_count"])
        assert figures(result) == {("Bolt",): 1, ("Cave",): 1, (): 2}


def test_a_join_that_duckdb_orders_wrongly_is_asked_as_it_stands(demo_org: Org, demo_org_column: Org) -> None:
    """DuckDB 2.0: INTERNAL Error: Failed to bind column reference "owner_id"."""
    def asked(org: Org) -> ReportResult:
        return ask(org, "calls", user=access_of(org, "selam"), by=["account.owner.role"], show=["opportunity.amount:sum"],
                   where=[("owner.time_zone", "not_equal", "_")])

    found = asked(demo_org_column)
    assert found.engine == "column engine" and found.row_count and found.cells == asked(demo_org).cells
