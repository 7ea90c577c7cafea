"""Totals under joins: a record counts once per group and once in the grand total, however many rows it stands in."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crmlib.errors import DefinitionError
from crmlib.model.org import Org
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.run_report import run_report
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, ask, figures, joined, labels, rows, view_of

D = Decimal


class TestOrdersWithItems:
    """Orders and their items; each order's total is what its items come to (the example of Looker's "SQL fanouts").

        order  total        order  item  pieces  unit price
            1  50.36            1    50       1       23.00
            2  24.12            1    63       2       13.68
            3  50.36            2    63       1       13.68
                                2    72       1        5.08
                                2    79       1        5.36
                                3    78       1       50.36

    Adding the order totals up by item rows would give 50.36 * 2 + 24.12 * 3 + 50.36 = 223.44.
    """

    ITEMS = ((1, "50", 1, "23.00"), (1, "63", 2, "13.68"), (2, "63", 1, "13.68"), (2, "72", 1, "5.08"), (2, "79", 1, "5.36"),
             (3, "78", 1, "50.36"))

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        products = {name: add(shared, "product", name=name) for name in ("50", "63", "72", "78", "79")}
        orders = {number: add(shared, "order", name=f"Order {number}", total=D(total))
                  for number, total in ((1, "50.36"), (2, "24.12"), (3, "50.36"))}
        for order, item, pieces, price in cls.ITEMS:
            add(shared, "order_line_item", order=orders[order], product=products[item], quantity=pieces, unit_price=D(price))
        return shared

    SHOWN = ("total:sum", "total:average", "line_items.quantity:sum", "id:record_count", "record_count")

    def test_grand_total(self, records: Org) -> None:
        result = ask(records, "orders_with_line_items", show=self.SHOWN)
        assert figures(result) == {(): (D("124.84"), D("41.61"), D(7), 3, 6)}

    def test_by_an_attribute_of_the_order(self, records: Org) -> None:
        result = ask(records, "orders_with_line_items", by=["name"], show=self.SHOWN)
        assert figures(result) == {
            ("Order 1",): (D("50.36"), D("50.36"), D(3), 1, 2), ("Order 2",): (D("24.12"), D("24.12"), D(3), 1, 3),
            ("Order 3",): (D("50.36"), D("50.36"), D(1), 1, 1), (): (D("124.84"), D("41.61"), D(7), 3, 6)}

    def test_by_an_attribute_of_the_item(self, records: Org) -> None:
        """Item 63 is in orders 1 and 2: 74.48. The groups come to 223.44, the total stays 124.84."""
        result = ask(records, "orders_with_line_items", by=["line_items.product"], show=["total:sum", "line_items.quantity:sum"])
        assert figures(result) == {("50",): (D("50.36"), D(1)), ("63",): (D("74.48"), D(3)), ("72",): (D("24.12"), D(1)),
                                   ("78",): (D("50.36"), D(1)), ("79",): (D("24.12"), D(1)), (): (D("124.84"), D(7))}
        assert any("less than the sum of its groups" in note for note in result.notes)

    def test_equal_totals_of_two_orders_both_count(self, records: Org) -> None:
        """Orders 1 and 3 have the same total: counting different values, not different records, would lose one."""
        result = ask(records, "orders_with_line_items", where=[("total", "equals", D("50.36"))], show=["total:sum", "total:unique"])
        assert figures(result) == {(): (D("100.72"), 1)}

    def test_seen_from_the_items(self, records: Org) -> None:
        """The order is a lookup of the item here, and counts once all the same."""
        result = ask(records, "order_line_items", by=["product"], show=["order.total:sum", "quantity:sum"])
        assert figures(result)[()] == (D("124.84"), D(7))
        assert figures(result)[("63",)] == (D("74.48"), D(3))

    def test_of_what_a_filter_leaves(self, records: Org) -> None:
        result = ask(records, "orders_with_line_items", show=self.SHOWN, where=[("line_items.unit_price", "less_than", 10)])
        assert figures(result) == {(): (D("24.12"), D("24.12"), D(2), 1, 2)}


class TestOpportunityWithProductsOfTwoFamilies:
    """An opportunity of 500 with a product of each of two families, one of 80 with two products of one family.

        opportunity  amount  product family
        Canteen         500  Hardware
        Canteen         500  Service
        Kiosk            80  Service
        Kiosk            80  Service
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        products = {name: add(shared, "product", name=name, family=family)
                    for name, family in (("Machine", "Hardware"), ("Training", "Service"), ("Repair", "Service"))}
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        for name, amount, sold in (("Canteen", 500, ("Machine", "Training")), ("Kiosk", 80, ("Training", "Repair"))):
            deal = add(shared, "opportunity", name=name, amount=amount, stage=stage, close_date=TODAY)
            for product in sold:
                add(shared, "opportunity_line_item", opportunity=deal, product=products[product], quantity=1)
        return shared

    def test_one_opportunity_in_both_families(self, records: Org) -> None:
        result = ask(records, "opportunities_with_line_items", by=["line_items.product.family"], show=["amount:sum"],
                     where=[("name", "equals", "Canteen")])
        assert figures(result) == {("Hardware",): D("500.00"), ("Service",): D("500.00"), (): D("500.00")}

    def test_each_once_per_group(self, records: Org) -> None:
        result = ask(records, "opportunities_with_line_items", by=["line_items.product.family", "line_items.product"],
                     show=["amount:sum", "id:record_count", "record_count"])
        assert figures(result) == {
            ("Hardware",): (D("500.00"), 1, 1), ("Hardware", "Machine"): (D("500.00"), 1, 1),
            ("Service",): (D("580.00"), 2, 3), ("Service", "Repair"): (D("80.00"), 1, 1), ("Service", "Training"): (D("580.00"), 2, 2),
            (): (D("580.00"), 2, 4)}

    def test_average_is_of_opportunities_not_of_rows(self, records: Org) -> None:
        result = ask(records, "opportunities_with_line_items", show=["amount:average"])
        assert figures(result) == {(): D("290.00")}


class TestChasm:
    """An account with two deals and three cases, side by side: 2 * 3 rows, though nothing has to do with anything else.

        account  deal     amount        account  case
        Acme     Canteen     100        Acme     Broken
        Acme     Kiosk        50        Acme     Leaking
        Bolt     Foyer         7        Acme     Noisy
        Cave                            Bolt
    """

    TYPE = ReportType.model_validate({"label": "Both branches", "primary_object": "account", "related_objects": [
        {"relationship": "opportunities"}, {"relationship": "cases"}]})
    WITH_BOTH = ReportType.model_validate({"label": "Both branches", "primary_object": "account", "related_objects": [
        {"relationship": "opportunities", "join": "with"}, {"relationship": "cases", "join": "with"}]})

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        accounts = {name: add(shared, "account", name=name, employees=employees) for name, employees in
                    (("Acme", 10), ("Bolt", 4), ("Cave", 1))}
        for name, account, amount in (("Canteen", "Acme", 100), ("Kiosk", "Acme", 50), ("Foyer", "Bolt", 7)):
            add(shared, "opportunity", name=name, account=accounts[account], amount=amount, stage=stage, close_date=TODAY)
        for name in ("Broken", "Leaking", "Noisy"):
            add(shared, "case", name=name, account=accounts["Acme"])
        return shared

    SHOWN = ("employees:sum", "opportunities.amount:sum", "opportunities.id:record_count", "cases.id:record_count", "record_count")

    def test_every_branch_counts_its_own_records_once(self, records: Org) -> None:
        result = ask(records, self.TYPE, by=["name"], show=self.SHOWN)
        assert figures(result) == {("Acme",): (10, D("150.00"), 2, 3, 6), ("Bolt",): (4, D("7.00"), 1, 0, 1),
                                   ("Cave",): (1, D("0.00"), 0, 0, 1), (): (15, D("157.00"), 3, 3, 8)}

    def test_grouped_by_one_branch(self, records: Org) -> None:
        """Each case stands beside each deal of its account, and counts once in the total."""
        result = ask(records, self.TYPE, by=["opportunities.name"], show=self.SHOWN)
        assert figures(result) == {
            ("(blank)",): (1, D("0.00"), 0, 0, 1), ("Canteen",): (10, D("100.00"), 1, 3, 3), ("Foyer",): (4, D("7.00"), 1, 0, 1),
            ("Kiosk",): (10, D("50.00"), 1, 3, 3), (): (15, D("157.00"), 3, 3, 8)}

    def test_with_both_leaves_out_who_lacks_one(self, records: Org) -> None:
        result = ask(records, self.WITH_BOTH, by=["name"], show=self.SHOWN)
        assert figures(result) == {("Acme",): (10, D("150.00"), 2, 3, 6), (): (10, D("150.00"), 2, 3, 6)}

    def test_averages_of_both(self, records: Org) -> None:
        result = ask(records, self.TYPE, show=["opportunities.amount:average", "employees:average"])
        assert figures(result) == {(): (D("52.33"), D("5.00"))}


class TestChainOfChildren:
    """Accounts, their deals, the lines of these: a record of each level counts once.

        account  employees  deal     amount  line  pieces
        Acme            10  Canteen     100  A          1
        Acme            10  Canteen     100  B          2
        Acme            10  Kiosk        50
        Bolt             4
    """

    CHAIN = ReportType.model_validate({"label": "Chain", "primary_object": "account", "related_objects": [
        {"relationship": "opportunities"}, {"relationship": "opportunities.line_items"}]})
    WITH_LAST = ReportType.model_validate({"label": "Chain", "primary_object": "account", "related_objects": [
        {"relationship": "opportunities"}, {"relationship": "opportunities.line_items", "join": "with"}]})

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        acme, _ = add(shared, "account", name="Acme", employees=10), add(shared, "account", name="Bolt", employees=4)
        canteen, _ = (add(shared, "opportunity", name=name, account=acme, amount=amount, stage=stage, close_date=TODAY)
                      for name, amount in (("Canteen", 100), ("Kiosk", 50)))
        for name, pieces in (("A", 1), ("B", 2)):
            add(shared, "opportunity_line_item", name=name, opportunity=canteen, quantity=pieces)
        return shared

    SHOWN = ("employees:sum", "opportunities.amount:sum", "opportunities.line_items.quantity:sum", "record_count")

    def test_with_or_without(self, records: Org) -> None:
        result = ask(records, self.CHAIN, by=["name"], show=self.SHOWN)
        assert figures(result) == {("Acme",): (10, D("150.00"), D(3), 3), ("Bolt",): (4, D("0.00"), D("0.00"), 1),
                                   (): (14, D("150.00"), D(3), 4)}

    def test_grouped_by_the_last(self, records: Org) -> None:
        result = ask(records, self.CHAIN, by=["opportunities.line_items.name"], show=self.SHOWN)
        assert figures(result) == {("(blank)",): (14, D("50.00"), D("0.00"), 2), ("A",): (10, D("100.00"), D(1), 1),
                                   ("B",): (10, D("100.00"), D(2), 1), (): (14, D("150.00"), D(3), 4)}

    def test_with_after_with_or_without_leaves_out_what_lacks_the_last(self, records: Org) -> None:
        """Each join works on the rows that the ones before it gave."""
        result = ask(records, self.WITH_LAST, columns=["name", "opportunities.name"], sort=["name"])
        assert rows(result) == [("Acme", "Canteen"), ("Acme", "Canteen")]


class TestWithout:
    """Clients whom nobody called, and deals without lines.

        account  call     deal     lines
        Acme     (gone)   Canteen      2
        Acme              Kiosk
        Bolt     Hello    Foyer
        Cave
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        acme, bolt, _ = (add(shared, "account", name=name) for name in ("Acme", "Bolt", "Cave"))
        add(shared, "call", name="Gone", account=acme, deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
        add(shared, "call", name="Hello", account=bolt)
        deals = [add(shared, "opportunity", name=name, account=account, amount=amount, stage=stage, close_date=TODAY)
                 for name, account, amount in (("Canteen", acme, 100), ("Kiosk", acme, 50), ("Foyer", bolt, 7))]
        for quantity in (1, 2):
            add(shared, "opportunity_line_item", opportunity=deals[0], quantity=quantity)
        return shared

    def test_leaves_only_what_has_none(self, records: Org) -> None:
        result = ask(records, joined("account", calls="without"), columns=["name"], sort=["name"])
        assert rows(result) == ["Acme", "Cave"] and result.filters == ("without Calls",)

    def test_beside_others(self, records: Org) -> None:
        """The rows of clients without calls, each with its deals."""
        shape = joined("account", calls="without", opportunities="with_or_without")
        result = ask(records, shape, by=["name"], show=["opportunities.amount:sum", "record_count"])
        assert figures(result) == {("Acme",): (D("150.00"), 2), ("Cave",): (D("0.00"), 1), (): (D("150.00"), 3)}

    def test_below_another_it_asks_the_rows_of_that(self, records: Org) -> None:
        """A client without deals stands in a row that has no lines either."""
        shape = joined("account", opportunities="with_or_without", opportunities__line_items="without")
        assert rows(ask(records, shape, columns=["name", "opportunities.name"], sort=["name"])) == [
            ("Acme", "Kiosk"), ("Bolt", "Foyer"), ("Cave", None)]

    def test_whatever_the_filters_say(self, records: Org) -> None:
        """A filter logic with OR does not let in whom the report type leaves out."""
        result = ask(records, joined("account", calls="without"), columns=["name"], sort=["name"], logic="1 OR 2",
                     where=[("name", "equals", "Bolt"), ("name", "equals", "Cave")])
        assert rows(result) == ["Cave"]

    def test_it_has_nothing_to_show(self, records: Org) -> None:
        view = view_of(records.schema, joined("account", calls="without"))
        assert view.objects == ("Accounts", "without Calls")
        assert not any(path.startswith("calls.") for path in view.fields)
        for asked in ({"columns": ["calls.name"]}, {"show": ["calls.id:record_count"]}):
            with pytest.raises(DefinitionError, match="without 'calls'"):
                ask(records, joined("account", calls="without"), **asked)

    def test_a_drill_down_and_a_limit_keep_to_it(self, records: Org) -> None:
        shape = joined("account", calls="without")
        assert rows(ask(records, shape, columns=["name"], sort=["-name"], limit=1)) == ["Cave"]
        drilled = ask(records, shape, by=["industry"], show=["record_count"], columns=["name"], within=())
        assert sorted(row.values[0] for row in drilled.details) == ["Acme", "Cave"]


class TestJunction:
    """Campaigns with the people they reached: a member joins a campaign with a contact.

        campaign  member  contact
        Fair      first   Amina
        Fair      second  Amina
        Fair      third   Bram
        Mail      fourth  Amina
    """

    def test_its_other_parents_can_be_shown_and_counted(self, shared: Org) -> None:
        people = {name: add(shared, "contact", name=name, city=city) for name, city in (("Amina", "Ghent"), ("Bram", "Breda"))}
        for name, reached in (("Fair", ("Amina", "Amina", "Bram")), ("Mail", ("Amina",))):
            campaign = add(shared, "campaign", name=name)
            for contact in reached:
                add(shared, "campaign_member", campaign=campaign, contact=people[contact])
        counts = ("members.id:record_count", "members.contact.id:record_count")
        result = ask(shared, "campaigns_with_members", by=["name"], show=counts)
        assert figures(result) == {("Fair",): (3, 2), ("Mail",): (1, 1), (): (4, 2)}
        result = ask(shared, "campaigns_with_members", by=["members.contact.city"], show=counts)
        assert figures(result) == {("Breda",): (1, 1), ("Ghent",): (3, 1), (): (4, 2)}

    def test_related_objects_hang_on_its_other_parents(self, shared: Org) -> None:
        """Amina's two cases stand beside each of her three memberships, and count once in each campaign and once in all."""
        amina = next(row.id for row in shared.fetch(shared.schema.describe("contact").table.select()) if row.name == "Amina")
        for name in ("Broken", "Leaking"):
            add(shared, "case", name=name, contact=amina, opened_at=datetime(2026, 1, 1 + len(name), tzinfo=UTC))
        shape = joined("campaign", members="with", members__contact__cases="with_or_without")
        shown = ("members.id:record_count", "members.contact.cases.id:record_count", "record_count")
        assert figures(ask(shared, shape, by=["name"], show=shown)) == {("Fair",): (3, 2, 5), ("Mail",): (1, 2, 2), (): (4, 2, 7)}
        assert figures(run_report(Report.model_validate({"label": "L", "report_type": "type", "aggregates": [
            {"field": "members.contact.cases.name", "aggregate": "last", "by": "members.contact.cases.opened_at"}]}),
            view_of(shared.schema, shape), shared, EVERYTHING, TODAY)) == {(): "Leaking"}
        lonely = joined("campaign", members="with", members__contact__cases="without")
        assert rows(ask(shared, lonely, columns=["name", "members.contact"])) == [("Fair", "Bram")]
        view = view_of(shared.schema, shape)
        assert view.objects == ("Campaigns", "Campaign Members", "Cases")
        assert view.find("members.contact.cases.status").label == "Case Status"  # campaigns have one too


class TestLookupsOfTheSameKind:
    """Two accounts of the same name, and three deals: equal names are different groups, equal records are one.

        deal     account    contact's account
        Canteen  Acme (1)   Acme (1)
        Kiosk    Acme (2)   Acme (1)
        Foyer    Acme (2)
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        first, second = (add(shared, "account", name="Acme", employees=employees) for employees in (10, 4))
        amina = add(shared, "contact", name="Amina", account=first)
        for name, account, contact, amount in (("Canteen", first, amina, 100), ("Kiosk", second, amina, 50), ("Foyer", second, None, 7)):
            add(shared, "opportunity", name=name, account=account, contact=contact, amount=amount, stage=stage, close_date=TODAY)
        return shared

    def test_equal_names_of_different_records_are_different_groups(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["account"], show=["amount:sum"])
        assert labels(result) == ["Acme", "Acme"]
        assert sorted(result.cells.values()) == [(D("57.00"),), (D("100.00"),), (D("157.00"),)]

    def test_equal_names_as_text_are_one_group(self, records: Org) -> None:
        assert figures(ask(records, "opportunities", by=["account.name"], show=["amount:sum"])) == {
            ("Acme",): D("157.00"), (): D("157.00")}

    def test_each_way_to_the_same_object_is_its_own(self, records: Org) -> None:
        result = ask(records, "opportunities", by=["name"], show=["account.employees:sum", "contact.account.employees:sum"])
        assert figures(result) == {("Canteen",): (10, 10), ("Foyer",): (4, 0), ("Kiosk",): (4, 10), (): (14, 10)}

    def test_values_of_a_lookup_count_once_per_record(self, records: Org) -> None:
        result = ask(records, "opportunities", show=["account.employees:sum", "account.employees:average", "account:unique",
                                                     "account.name:unique"])
        assert figures(result) == {(): (14, D("7.00"), 2, 1)}


class TestSelfRelationship:
    """A group of companies: an account, its subsidiaries, and theirs.

        account   parent   employees
        Holding                  100
        North     Holding         20
        South     Holding         30
        Harbour   South            5
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        made: dict[str, int] = {}
        for name, parent, employees in (("Holding", "", 100), ("North", "Holding", 20), ("South", "Holding", 30), ("Harbour", "South", 5)):
            made[name] = add(shared, "account", name=name, parent=made.get(parent), employees=employees)
        return shared

    def test_parents_with_children(self, records: Org) -> None:
        result = ask(records, "accounts_with_subsidiaries", by=["name"], show=["employees:sum", "subsidiaries.employees:sum"])
        assert figures(result) == {("Holding",): (100, 50), ("South",): (30, 5), (): (130, 55)}

    def test_three_generations(self, records: Org) -> None:
        generations = ReportType.model_validate({"label": "Generations", "primary_object": "account", "related_objects": [
            {"relationship": "subsidiaries", "join": "with"}, {"relationship": "subsidiaries.subsidiaries"}]})
        result = ask(records, generations, columns=["name", "subsidiaries.name", "subsidiaries.subsidiaries.name"],
                     sort=["name", "subsidiaries.name"], show=["employees:sum"])
        assert rows(result) == [("Holding", "North", None), ("Holding", "South", "Harbour"), ("South", "Harbour", None)]
        assert figures(result) == {(): 130}

    def test_lookups_upwards(self, records: Org) -> None:
        result = ask(records, "accounts", columns=["name", "parent.name", "parent.parent.name", "parent.parent.parent.name"], sort=["name"])
        assert rows(result) == [("Harbour", "South", "Holding", None), ("Holding", None, None, None), ("North", "Holding", None, None),
                                ("South", "Holding", None, None)]

    def test_long_ways_stay_apart(self, records: Org) -> None:
        """A name longer than PostgreSQL's 63 bytes must not be mistaken for another that begins alike."""
        far, farther = "parent." * 12 + "name", "parent." * 13 + "name"
        assert rows(ask(records, "accounts", columns=["name", far, farther], sort=["name"], limit=1)) == [("Harbour", None, None)]
