"""Blanks: what is not there counts nowhere, is a group of its own, and is never taken for a total."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crmlib.model.org import Org
from crmlib.reports.definition import ReportType
from tests.conftest import TODAY, add
from tests.reports.asking import ask, figures, labels, rows

D = Decimal


class TestBlankGroups:
    """Deals of which some lack type, amount or owner.

        deal  type          amount  owner
        A     New business      10  Amina
        B     New business          Amina
        C                       20
        D                                 (type '' and not NULL)
        E     (deleted)         99  Amina
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        amina = add(shared, "user", name="Amina", username="amina", is_active=True)
        deals = (("A", "New business", 10, amina), ("B", "New business", None, amina), ("C", None, 20, None), ("D", "", None, None))
        for name, kind, amount, owner in deals:
            add(shared, "opportunity", name=name, type=kind, amount=amount, owner=owner, stage=stage, close_date=TODAY)
        add(shared, "opportunity", name="E", type="New business", amount=99, owner=amina, stage=stage, close_date=TODAY,
            deleted_at=datetime(2026, 5, 1, tzinfo=UTC))
        return shared

    def test_the_blank_group_is_not_the_total(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["type", "owner"], show=["amount:sum", "record_count"])
        assert figures(result) == {
            ("(blank)",): (D("20.00"), 2), ("(blank)", "(blank)"): (D("20.00"), 2),
            ("New business",): (D("10.00"), 2), ("New business", "Amina"): (D("10.00"), 2), (): (D("30.00"), 4)}
        assert result.groups[0].value is None and result.groups[0].groups[0].key == (None, None)

    def test_empty_text_and_no_text_are_one_blank_group(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["type"], columns=["name"], sort=["name"], details=True)
        assert [(row.key, *row.values) for row in result.details] == [((None,), "C"), ((None,), "D"), (("New business",), "A"),
                                                                      (("New business",), "B")]

    def test_blanks_count_in_no_aggregate(self, records: Org) -> None:
        shown = ("amount:sum", "amount:average", "amount:smallest", "amount:largest", "amount:unique", "type:unique", "owner:unique",
                 "record_count")
        assert figures(ask(records, "opportunities", show=shown)) == {
            (): (D("30.00"), D("15.00"), D("10.00"), D("20.00"), 2, 1, 1, 4)}

    def test_aggregates_of_nothing_but_blanks(self, records: Org) -> None:
        """A sum of nothing is 0; of an average, smallest or largest of nothing there is none."""
        shown = ("amount:sum", "amount:average", "amount:smallest", "amount:largest", "amount:unique", "close_date:largest")
        result = ask(records, "opportunities", by=["name"], show=shown, where=[("name", "equals", ["B", "D"])])
        assert figures(result)[("B",)] == (D("0.00"), None, None, None, 0, TODAY)
        assert figures(result)[()] == (D("0.00"), None, None, None, 0, TODAY)

    def test_drilling_into_the_blank_group(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["type", "owner"], show=["amount:sum"], columns=["name"], sort=["name"],
                     within=(None, None))
        assert [row.values[0] for row in result.details] == ["C", "D"]
        assert result.grand_total == {"amount:sum": D("20.00")}

    def test_drilling_into_the_grand_total(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["type"], show=["amount:sum"], columns=["name"], within=())
        assert sorted(row.values[0] for row in result.details) == ["A", "B", "C", "D"]

    def test_drilling_into_what_is_not_there(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["type"], show=["amount:sum"], columns=["name"], within=("Existing business",))
        assert (result.details, result.row_count, result.grand_total) == ((), 0, {"amount:sum": D("0.00")})


class TestBlanksInFilters:
    """Accounts with and without an industry, a city, a number of employees, a high season, a parent.

        account  industry  city       employees  high season    parent
        A        Banking   Amsterdam         10  Spring;Autumn
        B        Energy    ''                    Spring         A
        C                                     0                 A
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        first = add(shared, "account", name="A", industry="Banking", city="Amsterdam", employees=10, high_season=("Spring", "Autumn"))
        add(shared, "account", name="B", industry="Energy", city="", employees=None, high_season=("Spring",), parent=first)
        add(shared, "account", name="C", employees=0, parent=first)
        return shared

    @pytest.mark.parametrize(("field", "operator", "value", "expected"), [
        ("industry", "equals", None, "C"), ("industry", "equals", "", "C"), ("industry", "equals", "  ", "C"),
        ("industry", "equals", ["", "Banking"], "AC"), ("industry", "not_equal", "", "AB"), ("industry", "not_equal", "Banking", "BC"),
        ("industry", "not_equal", ["Banking", ""], "B"), ("industry", "contains", "an", "A"), ("industry", "not_contain", "an", "BC"),
        ("industry", "starts_with", "EN", "B"), ("industry", "contains", ["BANK", "energy"], "AB"),
        ("city", "equals", "", "BC"), ("city", "not_equal", "", "A"), ("city", "not_equal", "amsterdam", "BC"),
        ("city", "not_contain", "dam", "BC"), ("city", "contains", "DAM", "A"),
        ("employees", "equals", "", "B"), ("employees", "equals", 0, "C"), ("employees", "not_equal", 10, "BC"),
        ("employees", "not_equal", ["", 10], "C"), ("employees", "less_than", 5, "C"), ("employees", "greater_or_equal", 0, "AC"),
        ("employees", "less_or_equal", 10, "AC"), ("employees", "greater_than", 0, "A"), ("employees", "less_than", [1, 100], "AC"),
        ("high_season", "equals", "", "C"), ("high_season", "not_equal", "", "AB"), ("high_season", "equals", "Autumn;Spring", "A"),
        ("high_season", "not_equal", "Spring", "AC"), ("high_season", "includes", "spring", "AB"),
        ("high_season", "includes", "Autumn;Spring", "A"), ("high_season", "includes", ["Autumn", "Winter"], "A"),
        ("high_season", "excludes", "Autumn", "BC"), ("high_season", "excludes", ["Winter", "Summer"], "ABC"),
        ("parent", "equals", "", "A"), ("parent", "equals", "a", "BC"), ("parent", "not_equal", "A", "A"),
        ("parent.city", "equals", "", "A"), ("parent.city", "not_equal", "Utrecht", "ABC"), ("parent.employees", "greater_than", 1, "BC"),
    ])
    def test_blank_rules(self, records: Org, field: str, operator: str, value: object, expected: str) -> None:
        assert "".join(rows(ask(records, "accounts", columns=["name"], sort=["name"], where=[(field, operator, value)]))) == expected

    def test_every_filter_must_hold(self, records: Org) -> None:
        where = [("employees", "greater_or_equal", 0), ("industry", "equals", "")]
        assert rows(ask(records, "accounts", columns=["name"], where=where)) == ["C"]


class TestYesAndNo:
    """Calls that are billable, not billable, and of which nobody said."""

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for name, billable in (("yes", True), ("no", False), ("unsaid", None)):
            add(shared, "call", name=name, is_billable=billable, starts_at=datetime(2026, 5, 1, tzinfo=UTC))
        return shared

    def test_groups(self, records: Org) -> None:
        result = ask(records, "calls", by=["is_billable"], show=["is_billable:unique", "record_count"])
        assert labels(result) == ["(blank)", "No", "Yes"]
        assert [group.value for group in result.groups] == [None, False, True]
        assert figures(result)[()] == (2, 3)

    @pytest.mark.parametrize(("operator", "value", "expected"), [
        ("equals", True, ["yes"]), ("equals", "no", ["no"]), ("equals", "", ["unsaid"]), ("not_equal", True, ["no", "unsaid"]),
        ("not_equal", ["", False], ["yes"])])
    def test_filters(self, records: Org, operator: str, value: object, expected: list[str]) -> None:
        assert rows(ask(records, "calls", columns=["name"], sort=["name"], where=[("is_billable", operator, value)])) == expected

    @pytest.mark.parametrize("value", [True, False, None])
    def test_drilling_down(self, records: Org, value: bool | None) -> None:
        result = ask(records, "calls", by=["is_billable"], columns=["name"], within=(value,))
        assert len(result.details) == 1


class TestWithOrWithout:
    """Accounts with or without deals; a filter on a deal is asked of the joined rows.

        account  deal     amount
        Acme     Canteen     100
        Acme     Kiosk        50
        Bolt     Foyer         7
        Cave
        Dune     (deleted)
    """

    TYPE = ReportType.model_validate({"label": "With or without", "primary_object": "account",
                                      "related_objects": [{"relationship": "opportunities"}]})

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        accounts = {name: add(shared, "account", name=name) for name in ("Acme", "Bolt", "Cave", "Dune")}
        for name, account, amount, deleted in (("Canteen", "Acme", 100, None), ("Kiosk", "Acme", 50, None), ("Foyer", "Bolt", 7, None),
                                               ("Gone", "Dune", 1000, datetime(2026, 5, 1, tzinfo=UTC))):
            add(shared, "opportunity", name=name, account=accounts[account], amount=amount, stage=stage, close_date=TODAY,
                deleted_at=deleted)
        return shared

    def test_who_has_none_stands_in_one_row(self, records: Org) -> None:
        result = ask(records, self.TYPE, columns=["name", "opportunities.name"], sort=["name", "opportunities.name"],
                     show=["opportunities.amount:sum", "opportunities.id:record_count", "id:record_count", "record_count"])
        assert rows(result) == [("Acme", "Canteen"), ("Acme", "Kiosk"), ("Bolt", "Foyer"), ("Cave", None), ("Dune", None)]
        assert figures(result) == {(): (D("157.00"), 3, 4, 5)}

    @pytest.mark.parametrize(("operator", "value", "expected"), [
        ("greater_than", 60, [("Acme", "Canteen")]), ("less_than", 60, [("Acme", "Kiosk"), ("Bolt", "Foyer")]),
        ("equals", "", [("Cave", None), ("Dune", None)]), ("not_equal", 100, [("Acme", "Kiosk"), ("Bolt", "Foyer"), ("Cave", None),
                                                                              ("Dune", None)])])
    def test_a_filter_on_the_child(self, records: Org, operator: str, value: object, expected: list) -> None:
        """It leaves out whole rows: with a comparison, accounts without a deal go as well; blank finds just these."""
        result = ask(records, self.TYPE, columns=["name", "opportunities.name"], sort=["name", "opportunities.name"],
                     where=[("opportunities.amount", operator, value)])
        assert rows(result) == expected

    def test_grouped_by_the_child(self, records: Org) -> None:
        result = ask(records, self.TYPE, by=["opportunities.name"], show=["id:record_count"])
        assert figures(result) == {("(blank)",): 2, ("Canteen",): 1, ("Foyer",): 1, ("Kiosk",): 1, (): 4}

    def test_with_leaves_them_out(self, records: Org) -> None:
        assert rows(ask(records, "accounts_with_opportunities", columns=["name"], sort=["name"])) == ["Acme", "Acme", "Bolt"]


class TestNothing:
    """No records at all.

    | stage | month | sum | average | unique | rows |
    | ----- | ----- | ---: | --- | ---: | ---: |
    | total |       |  0 |     |      0 |    0 |
    """

    def test_summary(self, org: Org) -> None:
        result = ask(org, "opportunities", by=["stage", "close_date/month"], show=["amount:sum", "amount:average", "owner:unique",
                                                                                   "record_count"])
        assert figures(result) == {(): (D("0.00"), None, 0, 0)}
        assert (result.groups, result.row_count, result.is_cut) == ((), 0, False)

    def test_tabular(self, org: Org) -> None:
        result = ask(org, "accounts_with_opportunities", columns=["name"], show=["opportunities.amount:largest"], sort=["name"], limit=3)
        assert (rows(result), result.row_count, result.is_cut) == ([], 0, False)
        assert result.grand_total == {"opportunities.amount:largest": None}


class TestSmallestDate:
    """Dates and moments have a smallest and a largest, the same through every level.

    | task    | due                  |
    | ------- | -------------------- |
    | Meeting | 3 May, 9 May         |
    | Other   | blank, 5 May         |
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for kind, day in (("Meeting", 3), ("Meeting", 9), ("Other", None), ("Other", 5)):
            add(shared, "task", name=kind, due_date=day and date(2026, 5, day), completed_at=day and datetime(2026, 5, day, 10, tzinfo=UTC))
        return shared

    def test_smallest_and_largest(self, records: Org) -> None:
        result = ask(records, "tasks", by=["name"], show=["due_date:smallest", "due_date:largest", "completed_at:largest"])
        assert figures(result) == {
            ("Meeting",): (date(2026, 5, 3), date(2026, 5, 9), datetime(2026, 5, 9, 10, tzinfo=UTC)),
            ("Other",): (date(2026, 5, 5), date(2026, 5, 5), datetime(2026, 5, 5, 10, tzinfo=UTC)),
            (): (date(2026, 5, 3), date(2026, 5, 9), datetime(2026, 5, 9, 10, tzinfo=UTC))}
