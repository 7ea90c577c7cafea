"""Quotes, orders and invoices of the demo organization's deals; each total is, to the cent, the sum of its lines.

Of a document: total = subtotal - discount + tax + adjustment, of a line: total price = subtotal - discount + tax.
Clients in the Netherlands pay 21 % VAT, others none (reverse charge or export).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crmlib.demo.company import Demo
from crmlib.demo.rows import Rows
from crmlib.demo.sales import CENT, OPEN_STAGES, Deal

VAT = {"Netherlands": Decimal("0.21")}
PAYMENT_DAYS = 30


def make_documents(demo: Demo, deal: Deal) -> None:
    """Let the deal's quote wait and, when it was won, its order and invoice; many deals have none."""
    rows, rng, calendar, _ = demo
    if not deal.lines or deal.deleted:
        return
    if not deal.won:
        if deal.stage in OPEN_STAGES[2:] and rng.random() < 0.8:
            _quote(demo, deal, deal.created, ("Draft", "Delivered", "Negotiation", "On hold"))
        elif deal.stage == "Closed lost" and rng.random() < 0.35:
            _quote(demo, deal, deal.created, ("Lost",))
        return
    if rng.random() < 0.12 or deal.ended is None:
        return  # settled by phone: nothing on paper here
    quote = _quote(demo, deal, deal.created, ("Won", "Won", "Confirmed")) if rng.random() < 0.85 else None
    ordered = calendar.after(deal.ended, rng.choice((0, 0, 1, 1, 2, 4)))
    age = (calendar.last - ordered.date()).days
    is_cancelled = rng.random() < 0.02
    status = "Cancelled" if is_cancelled else "Delivered" if age > 14 else "Approved" if age > 3 else "Created"
    order = _document(rows, "order", deal, ordered, calendar.after(ordered, 10), f"O{ordered:%y%m}", status, quote_id=quote,
                      ordered_at=ordered, due_date=ordered.date() + timedelta(days=14))
    if age < 2 or is_cancelled:
        return
    invoiced = calendar.after(ordered, rng.choice((1, 2, 3, 7, 14)))
    due = invoiced.date() + timedelta(days=PAYMENT_DAYS)
    paid = invoiced.date() + timedelta(days=int(rng.lognormvariate(3.2, 0.5)))
    is_fresh = (calendar.last - invoiced.date()).days < 2
    status = "Paid" if paid <= calendar.last and rng.random() < 0.97 else "Created" if is_fresh else "Delivered"
    _document(rows, "invoice", deal, invoiced, calendar.moment(paid) if status == "Paid" else invoiced, f"I{invoiced:%y%m}", status,
              order_id=order, invoice_date=invoiced.date(), due_date=due)


def _quote(demo: Demo, deal: Deal, created: datetime, statuses: tuple[str, ...]) -> int:
    rows, rng, calendar, _ = demo
    made = calendar.between(created, deal.ended or calendar.now)
    valid_until: date = made.date() + timedelta(days=30)
    return _document(rows, "quote", deal, made, deal.ended or made, f"Q{made:%y%m}", rng.choice(statuses), valid_until=valid_until)


def _document(rows: Rows, kind: str, deal: Deal, created: datetime, modified: datetime, prefix: str, status: str, **fields: Any) -> int:
    rate = VAT.get(deal.client.firm.country.name, Decimal(0))
    taxes = [(line.total * rate).quantize(CENT, ROUND_HALF_UP) for line in deal.lines]
    subtotal = sum((line.subtotal for line in deal.lines), Decimal(0))
    discount = sum((line.discount for line in deal.lines), Decimal(0))
    tax = sum(taxes, Decimal(0))
    identity = rows.new_id(kind)
    number = f"{prefix}-{identity:05}"
    rows.add(kind, deal.owner, created, max(created, modified), id=identity, name=f"{kind.capitalize()} {number} for {deal.client.name}",
             number=number, account_id=deal.client.id, contact_id=deal.person.id if deal.person else None, opportunity_id=deal.id,
             status=status, subtotal=subtotal, discount=discount, tax=tax, adjustment=Decimal(0), total=subtotal - discount + tax, **fields)
    for line, line_tax in zip(deal.lines, taxes, strict=True):
        parent: dict[str, Any] = {f"{kind}_id": identity}
        rows.add(f"{kind}_line_item", deal.owner, created, name=line.product.name, product_id=line.product.id, quantity=line.quantity,
                 unit_price=line.unit_price, subtotal=line.subtotal, discount=line.discount, tax=line_tax,
                 total_price=line.total + line_tax, **parent)
    return identity
