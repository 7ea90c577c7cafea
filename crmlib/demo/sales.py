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

from crmlib.demo.campaigns import Campaign
from crmlib.demo.clients import Client, Person
from crmlib.demo.company import STAGES, Company, Demo, Product
from crmlib.demo.rows import Calendar, next_workday, workday

CENT = Decimal("0.01")
OPEN_STAGES = [name for name, outcome, _ in STAGES if outcome == "Open"]
PROBABILITY = {name: Decimal(probability) for name, _, probability in STAGES}
USUAL_AMOUNT = 2300
USUAL_DAYS = 38
SHARE_WITH_LINES = 0.6
LEFT_OPEN_EVERY, NO_AMOUNT_EVERY, DELETED_EVERY = 15, 200, 170
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


@dataclass(frozen=True)
class Course:
    """The stages a deal went through, when it entered each, and when it was or is to be closed."""

    path: tuple[str, ...]
    moments: tuple[datetime, ...]
    ended: datetime | None
    close_date: date


def make_deal(demo: Demo, client: Client, day: date, is_first: bool, campaign: Campaign | None) -> Deal:
    """Let an opportunity that began this day wait, with its lines, history and contact roles."""
    rows, rng, calendar, company = demo
    number = rows.counts["opportunity"]
    created = max(calendar.moment(day), client.created)
    type = "New business" if is_first else "Existing business"
    seller = client.seller if rng.random() < 0.92 else company.draw_seller(rng)
    source = campaign.source if campaign else client.source if is_first else rng.choice(_SOURCES_OF_FURTHER_DEALS)
    book = company.price_books[1 if client.source == "Partner" else 0]
    lines, amount = _worth(rng, company, client, book) if number % NO_AMOUNT_EVERY != 7 else ((), None)
    chance = min(0.9, _WIN_CHANCE[type] * seller.skill * _SOURCE_CHANCE.get(source, 1.0))
    course = _course(rng, calendar, created, chance, may_stay_open=number % LEFT_OPEN_EVERY == 3)
    stage, latest = course.path[-1], course.moments[-1]
    deleted = calendar.after(latest, rng.randint(1, 20)) if number % DELETED_EVERY == 11 else None
    modified = latest if course.ended or rng.random() < 0.5 else calendar.between(latest, calendar.now)
    people = [person for person in client.people if person.created <= created]
    person = people[int(len(people) * rng.random() ** 2)] if people and rng.random() < 0.95 else None
    topic = rng.choice(_TOPICS) if not lines or rng.random() < 0.3 else lines[0].product.name
    deal = Deal(rows.new_id("opportunity"), client, person, seller.id, stage, created, course.ended, lines, amount, deleted)
    rows.add("opportunity", seller.id, created, modified, deleted=deleted, id=deal.id, name=f"{client.name}: {topic}",
             account_id=client.id, contact_id=person.id if person else None, campaign_id=campaign.id if campaign else None,
             stage_id=company.stages[stage], amount=amount, probability=PROBABILITY[stage],
             expected_revenue=None if amount is None else (amount * PROBABILITY[stage] / 100).quantize(CENT, ROUND_HALF_UP),
             close_date=course.close_date, type=type, source=source, price_book_id=book if lines else None,
             next_step=None if course.ended else rng.choice(_NEXT_STEPS),
             loss_reason=rng.choices(*_LOSS_REASONS)[0] if stage == "Closed lost" else None, description=None)
    for line in lines:
        rows.add("opportunity_line_item", seller.id, created, deleted=deleted, name=line.product.name, opportunity_id=deal.id,
                 product_id=line.product.id, quantity=line.quantity, unit_price=line.unit_price, subtotal=line.subtotal,
                 discount=line.discount, tax=None, total_price=line.total)
    _write_history(demo, deal, course)
    _write_contact_roles(demo, deal, people)
    return deal


def _course(rng: Random, calendar: Calendar, created: datetime, chance: float, may_stay_open: bool) -> Course:
    """How it went: over by yesterday if the days it takes have passed, else on its way."""
    days = min(170, max(2, int(rng.lognormvariate(log(USUAL_DAYS), 0.75))))
    close_date = next_workday(created.date() + timedelta(days=days))
    is_over = close_date <= calendar.last
    if may_stay_open and (calendar.last - close_date).days < 120:
        is_over = False  # nobody has looked after it: its close date has passed
    if not is_over:
        path = _path(rng, min(1.0, (calendar.last - created.date()).days / days))
        moments = sorted(calendar.between(created, calendar.now) for _ in path[1:])
        return Course(tuple(path), (created, *moments), None, close_date)
    ended = max(created + timedelta(hours=1), calendar.moment(workday(close_date)))
    path = [*_path(rng, 1.0), "Closed won"] if rng.random() < chance else [*_path(rng, rng.random() ** 1.4), "Closed lost"]
    moments = sorted(calendar.between(created, ended) for _ in path[2:])
    return Course(tuple(path), (created, *moments, ended), ended, ended.date())


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


def _path(rng: Random, progress: float) -> list[str]:
    """The open stages gone through. progress: the part of its way that the deal has gone, 1 being all of it."""
    last = len(OPEN_STAGES) - 1
    reached = last if progress == 1 and rng.random() < 0.85 else int(progress * last * rng.uniform(0.6, 1.0) + 0.3)
    path = [OPEN_STAGES[0], *(stage for stage in OPEN_STAGES[1:reached] if rng.random() > 0.12)]
    if reached:
        path.append(OPEN_STAGES[reached])
    if len(path) > 2 and rng.random() < 0.05:
        path += [path[-2], path[-1]]  # a step back, and forward again
    return path


def _write_history(demo: Demo, deal: Deal, course: Course) -> None:
    rows, rng, _, company = demo
    estimate = None if deal.amount is None else Decimal(max(100, round(float(deal.amount) * rng.uniform(0.7, 1.3), -2)))
    before: str | None = None
    since = deal.created
    is_final = False
    for stage, moment in zip(course.path, course.moments, strict=True):
        is_final = is_final or stage not in ("Qualification", "Needs analysis")
        days = None if before is None else (Decimal((moment - since).total_seconds()) / 86400).quantize(CENT, ROUND_HALF_UP)
        is_last = moment is course.moments[-1]
        rows.add("stage_change", deal.owner, moment, deleted=deal.deleted, name=f"{before} → {stage}" if before else stage,
                 opportunity_id=deal.id, from_stage_id=company.stages[before] if before else None, to_stage_id=company.stages[stage],
                 amount=deal.amount if is_final or is_last else estimate, changed_at=moment, days_in_stage=days)
        before, since = stage, moment


def _write_contact_roles(demo: Demo, deal: Deal, people: list[Person]) -> None:
    rows, rng, _, _ = demo
    if not deal.person:
        return
    others = [person for person in people if person is not deal.person]
    involved = [deal.person, *(rng.sample(others, min(len(others), rng.choice((0, 0, 0, 1, 2)))))]
    for person in involved:
        is_primary = person is deal.person
        role = rng.choice(_MAIN_ROLES if is_primary else _OTHER_ROLES)
        rows.add("opportunity_contact_role", deal.owner, deal.created, deleted=deal.deleted, name=f"{role}: {person.name}",
                 opportunity_id=deal.id, contact_id=person.id, role=role, is_primary=is_primary)
