"""Daily work of the demo organization: calls, meetings, tasks and cases around its clients and deals.

Whatever is done was done by yesterday; what is planned is for today or later, except tasks, of which some are overdue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from crmlib.demo.clients import Client, Person
from crmlib.demo.company import Demo
from crmlib.demo.leads import Lead
from crmlib.demo.places import COUNTRIES, draw_phone
from crmlib.demo.sales import Deal

_PURPOSES = {"Prospecting": 25, "Negotiation": 30, "Demo": 10, "Administrative": 12, "Project": 6, "Support": 12, "Other": 5}
_CALL_SUBJECTS = {"Prospecting": "First talk", "Negotiation": "About the offer", "Demo": "Fix a demonstration",
                  "Administrative": "Invoice address", "Project": "Installation date", "Support": "Machine question", "Other": "Call"}
_CALL_STATUSES = ("Completed", "Taken to work", "No answer", "Call back"), (66, 12, 14, 8)
_CALL_NOTES = ("Asks for a better price", "Is on holiday until Monday", "Liked the beans", "Will decide with the director",
               "Wants a longer service plan", None, None, None, None)
_MEETING_SUBJECTS = ("Demonstration", "First meeting", "Offer review", "Tasting", "Contract talk", "Site visit", "Yearly review")
_MEETING_NOTES = ("They liked the Polaris M and ask for a trial", "The budget comes in the next quarter",
                  "A competitor was there last week", "The director wants to taste the Yirgacheffe",
                  "Agreed on the installation date", None)
_OUTCOMES = {"Went well": 0.93, "Neutral": 0.7, "Went badly": 0.3}
"""Of a meeting, with the chance that the next one was agreed on there."""
_PLACES = ("At the client's", "Our showroom", "Online", "Roastery")
_TASK_SUBJECTS = ("Send the offer", "Check the contract with the lawyer", "Prepare a demonstration", "Call back", "Send samples",
                  "Ask for payment", "Plan the installation", "Update the contact details", "Send the service plan")
_CASE_SUBJECTS = ("Machine shows error E04", "Beans arrived late", "Invoice has the wrong address", "Milk system leaks",
                  "Grinder is too loud", "Payment module declines cards", "Asks for another service date", "Wrong cups delivered",
                  "Coffee tastes bitter")
_ORIGINS = ("Chat", "E-mail", "Messenger", "Phone", "Social network", "Web form", "Other"), (8, 30, 10, 32, 3, 15, 2)
CALL_DELETED_EVERY, TASK_DELETED_EVERY = 300, 200


@dataclass(frozen=True)
class Subject:
    """Whom and what an activity concerns."""

    name: str
    owner: int
    account: int | None = None
    person: Person | None = None
    lead: int | None = None
    deal: int | None = None

    @property
    def lookups(self) -> dict[str, Any]:
        return {"account_id": self.account, "contact_id": self.person.id if self.person else None, "lead_id": self.lead,
                "opportunity_id": self.deal}


def make_deal_activities(demo: Demo, deal: Deal) -> None:
    """Let the calls, meetings and tasks of a deal wait; more for a large one, and planned ones while it is open."""
    _, rng, calendar, _ = demo
    if deal.deleted:
        return
    subject = Subject(deal.client.name, deal.owner, deal.client.id, deal.person, None, deal.id)
    end = deal.ended or calendar.now
    effort = 1.6 if (deal.amount or 0) > 6000 else 0.9
    for _ in range(_count(rng, 1.35 * effort)):
        _make_call(demo, subject, calendar.between(deal.created, end))
    _make_meetings(demo, subject, deal.created, end, _count(rng, 0.62 * effort), will_go_on=deal.ended is None)
    for _ in range(_count(rng, 1.0 * effort)):
        _make_task(demo, subject, calendar.between(deal.created, end), is_over=deal.ended is not None)


def make_client_activities(demo: Demo, client: Client) -> None:
    """Let what happened with a client outside its deals wait: calls, visits, tasks and cases. Every fourth client was left alone."""
    _, rng, calendar, _ = demo
    if client.deleted or rng.random() < 0.25:
        return
    start = max(client.created, calendar.moment(calendar.first))
    subject = Subject(client.name, client.seller.id, client.id, rng.choice(client.people) if client.people else None)
    for _ in range(_count(rng, 1.9)):
        _make_call(demo, subject, calendar.between(start, calendar.now))
    _make_meetings(demo, subject, start, calendar.now, _count(rng, 0.35), will_go_on=True)
    for _ in range(_count(rng, 0.9)):
        _make_task(demo, subject, calendar.between(start, calendar.now), is_over=False)
    for _ in range(_count(rng, 0.8)):
        _make_case(demo, client, subject, calendar.between(start, calendar.now))


def make_lead_calls(demo: Demo, lead: Lead) -> None:
    """Let the calls to a lead wait."""
    _, rng, calendar, _ = demo
    subject = Subject(lead.name, lead.owner, lead=lead.id)
    for number in range(_count(rng, 0.7)):
        _make_call(demo, subject, calendar.after(lead.created, 1 + 5 * number), lead.phone)


def make_wrong_numbers(demo: Demo, count: int) -> None:
    """Let calls from strangers wait: a wrong number asks for nothing but its status."""
    rows, rng, calendar, company = demo
    for _ in range(count):
        starts = calendar.moment(calendar.busy_day())
        nobody = Subject("Wrong number", company.draw_seller(rng).id)
        rows.add("call", nobody.owner, starts, name=nobody.name, **nobody.lookups, starts_at=starts, seconds=rng.randint(4, 40),
                 direction="Inbound", status="Wrong number", purpose=None, phone=draw_phone(rng, rng.choice(COUNTRIES)),
                 is_billable=False, recording_url=None, description=None)


def _count(rng: Random, mean: float) -> int:
    """How often something happens: at random, this often on average, mostly seldom and sometimes often."""
    return int(rng.expovariate(1 / (mean + 0.5)) + 0.04)


def _make_call(demo: Demo, subject: Subject, starts: datetime, phone: str | None = None) -> None:
    rows, rng, calendar, _ = demo
    purpose = rng.choices(list(_PURPOSES), list(_PURPOSES.values()))[0]
    status = rng.choices(*_CALL_STATUSES)[0]
    direction = "Outbound" if rng.random() < 0.68 else "Inbound"
    created = starts
    if rng.random() < 0.02:  # to be made in the next weeks
        day = calendar.future_day(21)
        starts, status, direction = calendar.moment(day), "Planned", "Outbound"
    elif status == "No answer" and direction == "Inbound":
        direction = "Missed"
    talked = status in ("Completed", "Taken to work", "Call back")
    seconds = int(rng.lognormvariate(4.9, 0.9)) + 5 if talked else None if status == "Planned" else 0
    deleted = calendar.after(created, 3) if rows.counts["call"] % CALL_DELETED_EVERY == 99 else None
    rows.add("call", subject.owner, created, deleted=deleted, name=f"{_CALL_SUBJECTS[purpose]}: {subject.name}", **subject.lookups,
             starts_at=starts, seconds=seconds, direction=direction, status=status, purpose=purpose,
             phone=subject.person.phone if subject.person else phone, is_billable=purpose == "Support" and rng.random() < 0.3,
             recording_url=None, description=rng.choice(_CALL_NOTES) if talked else None)


def _make_meetings(demo: Demo, subject: Subject, start: datetime, end: datetime, count: int, will_go_on: bool) -> None:
    """A chain of meetings: each held one may name the next, which may lie ahead."""
    rows, rng, calendar, _ = demo
    if not count and not (will_go_on and rng.random() < 0.05):
        return
    moments: list[datetime] = sorted(calendar.between(start, end) for _ in range(count))
    planned = [calendar.moment(calendar.future_day(45))] if will_go_on and rng.random() < 0.35 else []
    following: int | None = None
    for starts in reversed(moments + planned):  # the last first, so that the one before can name it
        is_ahead = starts.date() >= calendar.today
        status = "Planned" if is_ahead else rng.choices(("Held", "Cancelled", "No show"), (86, 9, 5))[0]
        held = status == "Held"
        created = min(starts, max(start, min(calendar.now, starts - timedelta(days=rng.randint(2, 16)))))
        ends = starts + timedelta(minutes=rng.choice((30, 45, 60, 60, 90)))
        reluctance = rng.random() if following and held else 1
        outcome = rng.choices(list(_OUTCOMES), (58, 29, 13))[0] if held else None
        next_meeting = following if outcome and reluctance < _OUTCOMES[outcome] else None
        following = rows.add("meeting", subject.owner, created, created if is_ahead else max(created, min(ends, calendar.now)),
                             name=f"{rng.choice(_MEETING_SUBJECTS)}: {subject.name}", **subject.lookups, starts_at=starts, ends_at=ends,
                             location=rng.choice(_PLACES), status=status, outcome=outcome, next_meeting_id=next_meeting,
                             description=rng.choice(_MEETING_NOTES) if held else None)


def _make_task(demo: Demo, subject: Subject, created: datetime, is_over: bool) -> None:
    rows, rng, calendar, _ = demo
    due = (created + timedelta(days=rng.choice((1, 2, 3, 5, 7, 14, 30)))).date()
    completed: datetime | None = None
    if is_over or rng.random() < (0.93 if due < calendar.today else 0.2):
        completed = calendar.after(created, max(0, (due - created.date()).days + rng.randint(-3, 2)))
        status = "Completed"
    else:
        status = rng.choices(("Not started", "In progress", "Waiting", "Deferred"), (55, 25, 14, 6))[0]
    deleted = calendar.after(created, 5) if rows.counts["task"] % TASK_DELETED_EVERY == 77 else None
    rows.add("task", subject.owner, created, completed, deleted=deleted, name=f"{rng.choice(_TASK_SUBJECTS)}: {subject.name}",
             **subject.lookups, case_id=None, due_date=due if rng.random() < 0.95 else None, status=status,
             priority=rng.choices(("Low", "Normal", "High"), (15, 65, 20))[0], completed_at=completed, description=None)


def _make_case(demo: Demo, client: Client, subject: Subject, opened: datetime) -> None:
    rows, rng, calendar, company = demo
    age = (calendar.now - opened).days
    closed = calendar.after(opened, rng.lognormvariate(1.0, 1.0)) if rng.random() < (0.93 if age > 20 else 0.5) else None
    status = "Closed" if closed else rng.choices(("New", "Open", "Waiting for client", "Escalated", "On hold"), (25, 35, 22, 8, 10))[0]
    name = rng.choice(_CASE_SUBJECTS)
    contact = subject.person.id if subject.person else None
    case = rows.add("case", company.support, opened, closed, name=name, account_id=client.id, contact_id=contact, status=status,
                    origin=rng.choices(*_ORIGINS)[0], priority=rng.choices(("Low", "Normal", "High", "Urgent"), (15, 55, 22, 8))[0],
                    opened_at=opened, closed_at=closed, description=None)
    if rng.random() < 0.4:
        due = (opened + timedelta(days=2)).date()
        rows.add("task", company.support, opened, closed, name=f"{name}: {client.name}", account_id=client.id,
                 contact_id=contact, lead_id=None, opportunity_id=None, case_id=case, due_date=due,
                 status="Completed" if closed else "In progress", priority="High", completed_at=closed, description=None)
