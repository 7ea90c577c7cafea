"""The order of groups and rows, row limits, and decimals that stay exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crmlib.model.org import Org
from tests.conftest import TODAY, add
from tests.reports.asking import ask, figures, labels, rows

D = Decimal


class TestOrderOfGroups:
    """Blank first, picklists in their own order, stages by position, text as people sort it; all turned round when descending."""

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stages = {name: add(shared, "stage", name=name, position=position, outcome="Open")
                  for name, position in (("Alpha", 3), ("Beta", 1), ("Gamma", 2))}
        for name, reason, stage in (("a", "Timing", "Alpha"), ("b", "Price", "Beta"), ("c", None, "Gamma"), ("d", "Competitor", "Beta")):
            add(shared, "opportunity", name=name, loss_reason=reason, stage=stages[stage], close_date=TODAY, amount=1)
        return shared

    @pytest.mark.parametrize(("by", "expected"), [
        ("loss_reason", ["(blank)", "Price", "Competitor", "Timing"]), ("-loss_reason", ["Timing", "Competitor", "Price", "(blank)"]),
        ("stage", ["Beta", "Gamma", "Alpha"]), ("-stage", ["Alpha", "Gamma", "Beta"]),
        ("stage.name", ["Alpha", "Beta", "Gamma"]), ("-name", ["d", "c", "b", "a"])])
    def test_groups_and_details_in_one_order(self, records: Org, by: str, expected: list[str]) -> None:
        result = ask(records, "opportunities", by=[by], show=["record_count"], columns=["name"], details=True)
        assert labels(result) == expected
        assert list(dict.fromkeys(row.key for row in result.details)) == [group.key for group in result.groups]

    def test_subgroups(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["-stage", "loss_reason"], show=["record_count"])
        assert [[group.label for group in outer.groups] for outer in result.groups] == [["Timing"], ["(blank)"], ["Price", "Competitor"]]

    @pytest.mark.parametrize(("sort", "expected"), [
        (["loss_reason"], "cbda"), (["-loss_reason"], "adbc"), (["stage", "-name"], "dbca"), (["-stage", "name"], "acbd")])
    def test_details(self, records: Org, sort: list[str], expected: str) -> None:
        assert "".join(rows(ask(records, "opportunities", columns=["name"], sort=sort))) == expected


class TestOrderOfContacts:
    """A contact's position is a job, no place in an order: contacts sort by name."""

    def test_by_name(self, org: Org) -> None:
        for name, job in (("Amina", "Secretary"), ("Boris", "Director"), ("Chen", "Lawyer")):
            add(org, "task", name=name, contact=add(org, "contact", name=name, position=job))
        assert rows(ask(org, "tasks", columns=["name"], sort=["-contact"])) == ["Chen", "Boris", "Amina"]
        assert labels(ask(org, "tasks", by=["contact"], show=["record_count"])) == ["Amina", "Boris", "Chen"]


class TestOrderOfText:
    """Names in several scripts: without case and accents, each script by itself, exact order among equals."""

    EXPECTED = ("1 Ltd", "_x", "angle", "Ångström", "EMIL", "Emil", "emil", "Émile", "izmir", "İzmir", "Strasse", "straße", "zebra",
                "Ωmega", "Ёлка", "елка", "Яна", "অনিতা", "মোহাম্মদ", "አበበ", "ኢትዮጵያ", "株式会社", "ﬀ ligature", "\U0001f600 smile")

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for name in reversed(cls.EXPECTED):
            add(shared, "account", name=name, city=name)
        return shared

    def test_rows(self, records: Org) -> None:
        assert tuple(rows(ask(records, "accounts", columns=["name"], sort=["name"]))) == self.EXPECTED

    def test_groups(self, records: Org) -> None:
        result = ask(records, "accounts", by=["-city"], show=["record_count"])
        assert tuple(reversed(labels(result))) == self.EXPECTED

    @pytest.mark.parametrize(("operator", "value", "expected"), [
        ("equals", "EMIL", 3), ("equals", "ЁЛКА", 1), ("contains", "ЯН", 1), ("starts_with", "አበ", 1), ("contains", "হাম্ম", 1),
        ("starts_with", "ΩMEG", 1), ("not_equal", "яна", 23), ("not_contain", "ЛКА", 22), ("contains", "😀", 1),
        ("equals", ["ÉMILE", "株式会社"], 2)])
    def test_found_in_any_case(self, records: Org, operator: str, value: object, expected: int) -> None:
        for field in ("name", "city"):
            assert ask(records, "accounts", columns=["name"], where=[(field, operator, value)]).row_count == expected


class TestRowLimit:
    """Five deals, two of the same amount; each has two lines.

        deal    e  d  c  b  a
        amount  5  4  4  2  1
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        for name, amount in zip("abcde", (1, 2, 4, 4, 5), strict=True):
            deal = add(shared, "opportunity", name=name, amount=amount, stage=stage, close_date=TODAY, type="New business")
            for number in (1, 2):
                add(shared, "opportunity_line_item", name=f"{name}{number}", opportunity=deal, quantity=number)
        return shared

    def test_totals_are_of_the_rows_that_are_left(self, records: Org) -> None:
        result = ask(records, "opportunities", columns=["name"], sort=["-amount"], limit=2,
                     show=["amount:sum", "name:unique", "record_count"])
        assert rows(result) == ["e", "c"]
        assert figures(result) == {(): (D("9.00"), 2, 2)}
        assert not result.is_cut

    def test_with_groups(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["-amount"], show=["record_count"], columns=["name"], details=True,
                     sort=["-amount"], limit=3)
        assert figures(result) == {("5.00",): 1, ("4.00",): 2, (): 3}
        assert rows(result) == ["e", "c", "d"]

    def test_it_counts_rows_not_records(self, records: Org) -> None:
        """Three rows are one deal with both of its lines and another with one: their amounts count once each."""
        result = ask(records, "opportunities_with_line_items", columns=["line_items.name"], sort=["-amount", "-line_items.name"], limit=3,
                     show=["amount:sum", "line_items.quantity:sum", "id:record_count"])
        assert rows(result) == ["e2", "e1", "d2"]
        assert figures(result) == {(): (D("9.00"), D(5), 2)}

    def test_drilling_down_stays_within_it(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["type"], columns=["name"], show=["amount:sum"], sort=["name"], limit=2,
                     within=("New business",))
        assert [row.values[0] for row in result.details] == ["a", "b"]
        assert result.grand_total == {"amount:sum": D("3.00")}

    @pytest.mark.parametrize(("detail_limit", "given", "cut"), [(0, 0, True), (2, 2, True), (5, 5, False), (6, 5, False), (None, 5, False)])
    def test_a_detail_limit_changes_no_total(self, records: Org, detail_limit: int | None, given: int, cut: bool) -> None:
        result = ask(records, "opportunities", columns=["name"], show=["amount:sum"], sort=["name"], detail_limit=detail_limit)
        assert (len(result.details), result.is_cut, result.row_count) == (given, cut, 5)
        assert figures(result) == {(): D("16.00")}

    def test_a_summary_without_details_is_not_cut(self, records: Org) -> None:
        assert not ask(records, "opportunities", by=["type"], show=["record_count"]).is_cut


class TestDecimals:
    """Tenths, thirds, the largest amount there is, prices of four digits.

    | product | unit cost                | account | annual revenue                     |
    | ------- | ------------------------ | ------- | ---------------------------------- |
    | a       | 0.1, 0.2                 | large   | 9,999,999,999,999,999.99, 0.01, -0.01 |
    | b       | 0.0001, 0.0002, 0.0002   | plus    | 0.01, 0.02                         |
    | c       | -0.3                     | minus   | -0.01, -0.02                       |
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for name, price in (("a", "0.1"), ("a", "0.2"), ("b", "0.0001"), ("b", "0.0002"), ("b", "0.0002"), ("c", "-0.3")):
            add(shared, "product", name=name, unit_cost=D(price), in_stock=D(price))
        for amount in ("9999999999999999.99", "0.01", "-0.01"):
            add(shared, "account", annual_revenue=D(amount), name="large")
        for name, amount in (("plus", "0.01"), ("plus", "0.02"), ("minus", "-0.01"), ("minus", "-0.02")):
            add(shared, "account", annual_revenue=D(amount), name=name)
        return shared

    def test_tenths_come_to_three_tenths(self, records: Org) -> None:
        result = ask(records, "products", by=["name"], show=["unit_cost:sum", "unit_cost:average", "in_stock:sum"])
        assert figures(result) == {
            ("a",): (D("0.3000"), D("0.1500"), D("0.30")), ("b",): (D("0.0005"), D("0.0002"), D("0.00")),
            ("c",): (D("-0.3000"), D("-0.3000"), D("-0.30")), (): (D("0.0005"), D("0.0001"), D("0.00"))}
        assert ask(records, "products", columns=["name"], where=[("unit_cost", "equals", 0.1)]).row_count == 1

    def test_large_amounts_lose_no_cent(self, records: Org) -> None:
        shown = ("annual_revenue:sum", "annual_revenue:largest", "annual_revenue:smallest")
        assert figures(ask(records, "accounts", by=["name"], show=shown))[("large",)] == (
            D("9999999999999999.99"), D("9999999999999999.99"), D("-0.01"))

    def test_averages_round_half_away_from_zero(self, records: Org) -> None:
        """Of 0.01 and 0.02 it is 0.015, which becomes 0.02."""
        assert figures(ask(records, "accounts", by=["name"], show=["annual_revenue:average"]))[("plus",)] == D("0.02")
        assert figures(ask(records, "accounts", by=["name"], show=["annual_revenue:average"]))[("minus",)] == D("-0.02")
