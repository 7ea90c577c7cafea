"""The real export: its figures, found in the files by hand, are those of the base, on SQLite and PostgreSQL."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Select, func, select

from crmlib.exchange.import_folder import import_folder
from crmlib.exchange.summary import ImportSummary
from crmlib.model.org import Org
from tests.exchange.acme import everything

EXPORT = Path(__file__).parents[3] / "shared" / "data" / "zoho_crm"
SECONDS = 15

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not EXPORT.is_dir(), reason="the export ../shared/data/zoho_crm is not here")]


class Imported:
    def __init__(self, url: str, rejected: Path) -> None:
        self.org, self.rejected = Org.open(url), rejected
        started = time.process_time()
        self.summary = self.again()
        self.seconds = time.process_time() - started

    def again(self, **options: Any) -> ImportSummary:
        return import_folder(self.org, "zoho", EXPORT, rejected=self.rejected, **options)

    def one(self, statement: Select[Any]) -> Any:
        return self.org.fetch(statement)[0][0]

    def table(self, name: str) -> Any:
        return self.org.schema.describe(name).table

    def count(self, name: str, *conditions: ColumnElement[bool]) -> int:
        return int(self.one(select(func.count()).select_from(self.table(name)).where(*conditions)))

    def record(self, name: str, key: str) -> dict[str, Any]:
        table = self.table(name)
        row, = self.org.fetch(select(table).where(table.c.external_id == key))
        return dict(row._mapping)

    def key(self, name: str, id_: int | None) -> str | None:
        table = self.table(name)
        return None if id_ is None else str(self.one(select(table.c.external_id).where(table.c.id == id_)))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def zoho(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    new = request.getfixturevalue({"sqlite": "new_sqlite", "postgresql": "new_postgres"}[request.param])
    imported = Imported(new(), tmp_path_factory.mktemp("rejected"))
    yield imported
    imported.org.engine.dispose()


def test_everything_with_a_home_arrives(zoho: Imported) -> None:
    assert {file.object: (file.read, file.created, file.rejected) for file in zoho.summary.files} == {
        "user": (11, 11, 0), "stage": (8, 8, 0), "account": (2229, 2229, 0), "contact": (1265, 1265, 0), "campaign": (110, 110, 0),
        "opportunity": (3632, 3632, 0), "lead": (3900, 3900, 0), "campaign_member": (3900, 3900, 0), "call": (4100, 4100, 0),
        "meeting": (2978, 2978, 0), "task": (2978, 2978, 0), "case": (797, 797, 0), "product": (2000, 2000, 0), "price_book": (10, 10, 0),
        "quote": (3000, 3000, 0), "order": (2061, 2061, 0), "order_line_item": (6138, 6108, 30), "invoice": (1300, 1300, 0),
        "invoice_line_item": (3051, 3044, 7)}
    assert all(zoho.count(file.object) == file.created for file in zoho.summary.files)


def test_money(zoho: Imported) -> None:
    deals, stages, campaigns, quotes, orders = (zoho.table(name) for name in ("opportunity", "stage", "campaign", "quote", "order"))
    assert zoho.one(select(func.sum(deals.c.amount))) == Decimal("231380900.00")
    assert zoho.one(select(func.sum(deals.c.amount)).join(stages, deals.c.stage_id == stages.c.id).where(stages.c.outcome == "Won")) == (
        Decimal("89066200.00"))
    assert zoho.one(select(func.sum(campaigns.c.actual_cost))) == Decimal("44209580.00")
    first = zoho.record("campaign", "zoho:campaigns:24000011")
    assert (first["expected_revenue"], first["budget"], first["actual_cost"]) == (Decimal("342090"), Decimal("115000"), Decimal("141560"))
    assert zoho.one(select(func.sum(orders.c.subtotal))) == Decimal("35214084.76")
    assert zoho.one(select(quotes.c.total).where(quotes.c.number == "19000435")) == Decimal("2372.00")


def test_days_and_moments(zoho: Imported) -> None:
    order = zoho.record("order", "zoho:orders:21000837")  # 03-07-2021 12:59 is the third of July
    assert (order["ordered_at"], order["due_date"]) == (datetime(2021, 7, 3, 12, 59, tzinfo=UTC), date(2021, 7, 3))
    assert zoho.record("opportunity", "zoho:opportunities:1832")["close_date"] == date(2021, 4, 16)
    assert zoho.record("call", "zoho:calls:5000309")["starts_at"] == datetime(2021, 4, 15, 23, 3, tzinfo=UTC)
    cases = zoho.table("case")
    assert zoho.count("case", cases.c.closed_at.is_not(None)) == zoho.count("case", cases.c.status == "Closed") == 249


def test_owners_are_found_by_name(zoho: Imported) -> None:
    for name in ("account", "contact", "opportunity", "lead", "call", "meeting", "task", "case", "product", "quote", "order", "invoice"):
        assert zoho.count(name, zoho.table(name).c.owner_id.is_(None)) == 0, name
    tina = zoho.record("user", "zoho:users:1011")
    assert (tina["name"], tina["email"]) == ("Tina Thomas", "tina@finepick.com")
    accounts = zoho.table("account")
    assert zoho.count("account", accounts.c.owner_id == tina["id"]) == 212


def test_sources_written_in_two_ways_are_one(zoho: Imported) -> None:
    contacts, deals = zoho.table("contact"), zoho.table("opportunity")
    assert zoho.count("contact", contacts.c.source == "Online store") == 139  # Online Store
    assert zoho.count("opportunity", deals.c.source == "Online store") == 369  # OnlineStore


def test_a_converted_lead_leads_to_what_was_made_of_it(zoho: Imported) -> None:
    lead = zoho.record("lead", "zoho:leads:1385")  # of contact 2585, at account 386
    assert zoho.key("contact", lead["converted_contact_id"]) == "zoho:contacts:2585"
    assert zoho.key("account", lead["converted_account_id"]) == "zoho:accounts:386"
    assert lead["email"] == zoho.record("contact", "zoho:contacts:2585")["email"]
    leads = zoho.table("lead")
    assert zoho.count("lead", leads.c.is_converted) == zoho.count("lead", leads.c.converted_opportunity_id.is_not(None)) == 3632


def test_the_numberings_run_in_parallel(zoho: Imported) -> None:
    """What the mapping's 'add' rests on: e-mail addresses and websites agree wherever both are known."""
    leads, contacts, accounts = zoho.table("lead"), zoho.table("contact"), zoho.table("account")
    by_contact = select(func.count()).join_from(leads, contacts, leads.c.converted_contact_id == contacts.c.id)
    by_account = select(func.count()).join_from(leads, accounts, leads.c.converted_account_id == accounts.c.id)
    assert zoho.one(by_contact.where(leads.c.email != contacts.c.email)) == 0
    assert zoho.one(by_account.where(leads.c.website != accounts.c.website)) == 0
    assert zoho.one(by_account) == 2001


def test_calls_of_no_deal_and_of_a_deal(zoho: Imported) -> None:
    assert zoho.record("call", "zoho:calls:5000309")["opportunity_id"] is None  # 0
    calls = zoho.table("call")
    assert zoho.count("call", calls.c.opportunity_id.is_not(None)) == 1461
    assert any("Calls.csv: Account left empty in 20 rows" in warning for warning in zoho.summary.warnings)


def test_lines_make_the_subtotal_of_their_order_and_no_line_is_guessed(zoho: Imported) -> None:
    orders, lines = zoho.table("order"), zoho.table("order_line_item")
    per_order = select(lines.c.order_id, func.sum(lines.c.total_price).label("total")).group_by(lines.c.order_id).subquery()
    compared = zoho.org.fetch(select(orders.c.subtotal, per_order.c.total).join(per_order, per_order.c.order_id == orders.c.id))
    assert len(compared) >= 2040
    assert all(abs(subtotal - total) <= Decimal("0.02") for subtotal, total in compared)
    products = zoho.table("product")
    assert zoho.one(select(func.count()).join_from(lines, products).where(lines.c.name != products.c.name)) == 0


def test_an_invoice_line_bills_a_line_of_its_invoices_order(zoho: Imported) -> None:
    ours, theirs, invoices, orders = (zoho.table(name) for name in ("invoice_line_item", "order_line_item", "invoice", "order"))
    rows = zoho.org.fetch(select(ours.c.external_id, ours.c.product_id, ours.c.quantity, invoices.c.order_id)
                          .join(invoices, ours.c.invoice_id == invoices.c.id))
    billed = {row.external_id: (row.product_id, row.quantity, row.order_id) for row in zoho.org.fetch(select(theirs))}
    assert all((row.product_id, row.quantity, row.order_id) == billed[f"zoho:order_lines:{int(row.external_id.split(':')[2]) - 2_000_000}"]
               for row in rows)
    assert zoho.one(select(func.count(orders.c.quote_id))) == 2061


def test_what_was_not_imported_is_said(zoho: Imported) -> None:
    assert [note.partition(":")[0] for note in zoho.summary.notes] == [
        "Purchase_Order_Line_Items.csv is not imported", "Purchase_Orders.csv is not imported", "Vendors.csv is not imported"]
    assert sorted(path.name for path in (zoho.summary.rejected_folder or Path()).iterdir()) == [
        "Invoice_Line_Items.csv", "Sales_Order_Line_Items.csv"]


def test_a_second_import_changes_nothing(zoho: Imported) -> None:
    before = everything(zoho.org)
    summary = zoho.again()
    assert (summary.total("created"), summary.total("updated"), summary.total("rejected")) == (0, 0, 37)
    assert everything(zoho.org) == before


def test_it_takes_seconds(zoho: Imported) -> None:
    assert zoho.seconds < SECONDS
