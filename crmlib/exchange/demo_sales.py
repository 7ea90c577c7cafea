"""Opportunities of the demo organization: how they came about, went through the funnel and ended.

A deal is drawn from its beginning: who leads it, how much it is about, how long it takes. Whether it is over by
yesterday decides the rest, so that the open pipeline, the history and the win rate fit each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import log
from random import Random

from crmlib.exchange.demo_campaigns import Campaign
from crmlib.exchange.demo_clients import Client, Person
from crmlib.exchange.demo_company import STAGES, Company, Product
from crmlib.exchange.demo_rows import Calendar, Rows, next_workday, workday

CENT = Decimal("0.01")
OPEN_STAGES = [name for name, outcome, _ in STAGES if outcome == "Open"]
PROBABILITY = {name: Decimal(probability) for name, _, probability in STAGES}
USUAL_AMOUNT = 2300
USUAL_DAYS = 38
SHARE_WITH_LINES = 0.6
SHARE_LEFT_OPEN = 0.035
NO_AMOUNT_EVERY, DELETED_EVERY = 200, 170
_WIN_CHANCE = {"New business": 0.36, "Existing business": 0.52}
_SOURCE_CHANCE = {"Employee referral": 1.25, "External referral": 1.25, "Partner": 1.15, "Cold call": 0.7, "Advertisement": 0.85,
                  "Trade show": 1.1}
_SOURCES_OF_FURTHER_DEALS = ("Phone", "E-mail", "Web form", "Messenger", "Chat")
_LOSS_REASONS = ("Price", "Competitor", "No budget", "No decision", "Timing", "Other"), (30, 22, 14, 20, 9, 5)
_NEXT_STEPS = ("Call about the offer", "Send the contract", "Show the machine", "Taste the beans together", "Wait for the budget",
               "Meet the director", "Ask the accountant for the invoice details", None)
_TOPICS = ("Coffee corner", "Office refurbishment", "New branch", "Breakfast bar", "Beans for a year", "Trial month", "Machine exchange",
           "Rental extension", "Service contract", "Canteen")
_MAIN_ROLES = ("Decision maker", "Buyer", "Director")
_OTHER_ROLES = ("Influencer", "End user", "Chief accountant", "Lawyer")
_DISCOUNTS = (0, 0, 0, 0, 0, 3, 5, 5, 8, 10, 12, 15)


@dataclass(frozen=True)
class Line:
    """What is sold, to the cent: subtotal = quantity times unit price, total = subtotal - discount. Taxes come with documents."""

    product: Product
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    discount: Decimal

    @property
    def total(self) -> Decimal:
        return self.subtotal - self.discount


@dataclass(frozen=True)
class Deal:
    """An opportunity with what was decided about it. `ended` is the moment it was won or lost, None while it is open."""

    id: int
    client: Client
    person: Person | None
    owner: int
    stage: str
    created: datetime
    ended: datetime | None
    lines: tuple[Line, ...]
    amount: Decimal | None
    deleted: datetime | None

    @property
    def won(self) -> bool:
        return self.stage == "Closed won"


def make_deal(rows: Rows, rng: Random, calendar: Calendar, company: Company, client: Client, day: date, is_first: bool,
              campaign: Campaign | None) -> Deal:
    """Let an opportunity that began this day wait, with its lines, history and contact roles."""
    created = max(calendar.moment(day), client.created)
    type = "New business" if is_first else "Existing business"
    seller = client.seller if rng.random() < 0.92 else rng.choices(company.sellers, company.shares)[0]
    source = campaign.source if campaign else client.source if is_first else rng.choice(_SOURCES_OF_FURTHER_DEALS)
    book = company.price_books[1 if client.source == "Partner" else 0]
    number = rows.counts["opportunity"]
    lines, amount = _worth(rng, company, client, book) if number % NO_AMOUNT_EVERY != 7 else ((), None)

    days = min(170, max(2, int(rng.lognormvariate(log(USUAL_DAYS), 0.75))))
    close_date = next_workday(created.date() + timedelta(days=days))
    is_over = close_date <= calendar.last
    if is_over and rng.random() < SHARE_LEFT_OPEN and (calendar.last - close_date).days < 120:
        is_over = False  # nobody has looked after it: its close date has passed
    chance = min(0.9, _WIN_CHANCE[type] * seller.skill * _SOURCE_CHANCE.get(source, 1.0))
    ended = max(created + timedelta(hours=1), calendar.moment(workday(close_date))) if is_over else None
    if ended:
        close_date = ended.date()
    path = _path(rng, chance, min(1.0, (calendar.last - created.date()).days / days) if not is_over else None)
    moments = [created, *sorted(calendar.between(created, ended or calendar.now) for _ in path[1:])]
    if ended:
        moments[-1] = ended
    deleted = calendar.after(moments[-1], rng.randint(1, 20)) if number % DELETED_EVERY == 11 else None
    people = [person for person in client.people if person.created <= created]
    person = people[int(len(people) * rng.random() ** 2)] if people and rng.random() < 0.95 else None
    modified = moments[-1] if ended or rng.random() < 0.5 else calendar.between(moments[-1], calendar.now)
    stage = path[-1]
    topic = rng.choice(_TOPICS) if not lines or rng.random() < 0.3 else lines[0].product.name
    deal = Deal(rows.new_id("opportunity"), client, person, seller.id, stage, created, ended, lines, amount, deleted)
    rows.add("opportunity", seller.id, created, modified, deleted=deleted, id=deal.id,
             name=f"{client.name}: {topic}", account_id=client.id, contact_id=person.id if person else None,
             campaign_id=campaign.id if campaign else None,
             stage_id=company.stages[stage], amount=amount, probability=PROBABILITY[stage],
             expected_revenue=None if amount is None else (amount * PROBABILITY[stage] / 100).quantize(CENT, ROUND_HALF_UP),
             close_date=close_date, type=type, source=source, price_book_id=book if lines else None,
             next_step=None if ended else rng.choice(_NEXT_STEPS),
             loss_reason=rng.choices(*_LOSS_REASONS)[0] if stage == "Closed lost" else None, description=None)
    for line in lines:
        rows.add("opportunity_line_item", seller.id, created, deleted=deleted, name=line.product.name, opportunity_id=deal.id,
                 product_id=line.product.id, quantity=line.quantity, unit_price=line.unit_price, subtotal=line.subtotal,
                 discount=line.discount, tax=None, total_price=line.total)
    _write_history(rows, rng, company, deal, path, moments)
    _write_contact_roles(rows, rng, deal, people)
    return deal


def _worth(rng: Random, company: Company, client: Client, book: int) -> tuple[tuple[Line, ...], Decimal]:
    """Lines and amount: the amount is the sum of the lines where there are any."""
    aim = client.size * rng.lognormvariate(log(USUAL_AMOUNT), 0.95)
    if rng.random() < SHARE_WITH_LINES:
        lines = []
        count = rng.choices((1, 2, 3, 4), (35, 35, 20, 10))[0]
        for product in rng.choices(company.products, company.product_weights, k=count):
            price = product.price[book]
            quantity = max(1, min(product.most, round(aim / count * rng.uniform(0.5, 1.5) / float(price))))
            subtotal = (quantity * price).quantize(CENT, ROUND_HALF_UP)
            discount = (subtotal * rng.choice(_DISCOUNTS) / 100).quantize(CENT, ROUND_HALF_UP)
            lines.append(Line(product, quantity, price, subtotal, discount))
        return tuple(lines), sum((line.total for line in lines), Decimal(0))
    how_exact = rng.random()
    if how_exact < 0.5:
        return (), Decimal(max(100, round(aim, -2))).quantize(CENT)
    if how_exact < 0.8:
        return (), Decimal(max(10, round(aim))).quantize(CENT)
    return (), Decimal(str(round(max(10.0, aim), 2))).quantize(CENT)


def _path(rng: Random, chance: float, progress: float | None) -> list[str]:
    """The stages gone through. progress: of an open deal, the part of its time that has passed; None when it is over."""
    if progress is None:
        won = rng.random() < chance
        reached = len(OPEN_STAGES) - 1 if won else rng.choices(range(len(OPEN_STAGES)), (26, 24, 28, 16, 6))[0]
    else:
        reached = min(len(OPEN_STAGES) - 1, int(progress * len(OPEN_STAGES) * rng.uniform(0.5, 1.1)))
    path = [OPEN_STAGES[0], *(stage for stage in OPEN_STAGES[1:reached] if rng.random() > 0.12)]
    if reached:
        path.append(OPEN_STAGES[reached])
    if len(path) > 2 and rng.random() < 0.05:
        path[-1:] = [path[-1], path[-2], path[-1]]  # a step back, and forward again
    if progress is None:
        path.append("Closed won" if won else "Closed lost")
    return path


def _write_history(rows: Rows, rng: Random, company: Company, deal: Deal, path: list[str], moments: list[datetime]) -> None:
    estimate = None if deal.amount is None else Decimal(max(100, round(float(deal.amount) * rng.uniform(0.7, 1.3), -2)))
    before: str | None = None
    since = deal.created
    is_final = False
    for stage, moment in zip(path, moments, strict=True):
        is_final = is_final or stage not in ("Qualification", "Needs analysis")
        days = None if before is None else (Decimal((moment - since).total_seconds()) / 86400).quantize(CENT, ROUND_HALF_UP)
        is_last = moment is moments[-1]
        rows.add("stage_change", deal.owner, moment, deleted=deal.deleted, name=f"{before} → {stage}" if before else stage,
                 opportunity_id=deal.id, from_stage_id=company.stages[before] if before else None, to_stage_id=company.stages[stage],
                 amount=deal.amount if is_final or is_last else estimate, changed_at=moment, days_in_stage=days)
        before, since = stage, moment


def _write_contact_roles(rows: Rows, rng: Random, deal: Deal, people: list[Person]) -> None:
    if not deal.person:
        return
    others = [person for person in people if person is not deal.person]
    involved = [deal.person, *(rng.sample(others, min(len(others), rng.choice((0, 0, 0, 1, 2)))))]
    for person in involved:
        is_primary = person is deal.person
        role = rng.choice(_MAIN_ROLES if is_primary else _OTHER_ROLES)
        rows.add("opportunity_contact_role", deal.owner, deal.created, deleted=deal.deleted, name=f"{role}: {person.name}",
                 opportunity_id=deal.id, contact_id=person.id, role=role, is_primary=is_primary)
