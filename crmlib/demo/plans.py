"""Plans of the demo organization: what each seller is to reach in each month, set a little above what they usually reach."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Select, func, select

from crmlib.demo.company import Company, Demo
from crmlib.demo.rows import BUSY_BY_MONTH, HISTORY_DAYS
from crmlib.model.schema import Schema

MONTHS_BACK, MONTHS_AHEAD = 12, 3


def make_plans(demo: Demo, schema: Schema, connection: Connection) -> None:
    """Let a plan wait for each seller, measure and month, from a year ago to three months ahead. The other records must be written."""
    rows, rng, calendar, company = demo
    months = HISTORY_DAYS / 30.4
    this_month = calendar.today.replace(day=1)
    year_ago = calendar.now - timedelta(days=365)
    for measure, statement in _usual(schema, company, year_ago).items():
        usual = {owner: float(total or 0) / months for owner, total in connection.execute(statement).all()}
        for seller in company.sellers:
            for number in range(-MONTHS_BACK, MONTHS_AHEAD + 1):
                start = add_months(this_month, number)
                growth = 1.32 + 0.012 * number
                aim = usual.get(seller.id, 0) * growth * BUSY_BY_MONTH[start.month - 1] * rng.uniform(0.92, 1.12)
                target = Decimal(max(500, round(aim, -2))) if measure == "Amount won" else Decimal(max(1, round(aim)))
                created = min(calendar.now, calendar.moment(start - timedelta(days=10)))
                rows.add("plan", seller.id, created, by=company.admin, name=f"{measure} {start:%Y-%m}", user_id=seller.id, measure=measure,
                         period_start=start, period_end=add_months(start, 1) - timedelta(days=1), target=target)


def add_months(first_of_month: date, months: int) -> date:
    number = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _usual(schema: Schema, company: Company, year_ago: datetime) -> dict[str, Select[int, Decimal]]:
    """For each measure, who reached how much in the two years; of contacts twice that of the last, since at first all clients are new."""
    deal, meeting, call, contact = (schema.describe(name).table for name in ("opportunity", "meeting", "call", "contact"))
    won = deal.c.stage_id == company.stages["Closed won"]
    return {
        "Amount won": select(deal.c.owner_id, func.sum(deal.c.amount)).where(won, deal.c.deleted_at.is_(None)).group_by(deal.c.owner_id),
        "Deals won": select(deal.c.owner_id, func.count()).where(won, deal.c.deleted_at.is_(None)).group_by(deal.c.owner_id),
        "Meetings held": select(meeting.c.owner_id, func.count()).where(meeting.c.status == "Held").group_by(meeting.c.owner_id),
        "Calls made": select(call.c.owner_id, func.count()).where(call.c.direction == "Outbound").group_by(call.c.owner_id),
        "New contacts": select(contact.c.owner_id, 2 * func.count()).where(contact.c.created_at >= year_ago, contact.c.deleted_at.is_(None))
        .group_by(contact.c.owner_id),
    }
