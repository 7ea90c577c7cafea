"""Leads of the demo organization: people who asked or were found, some of whom became clients; and who answered which campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crmlib.demo.campaigns import Campaign, RunningCampaigns
from crmlib.demo.clients import SOURCE_WEIGHTS, SOURCES, Client
from crmlib.demo.company import Demo
from crmlib.demo.names import PEOPLE
from crmlib.demo.places import draw_firm, draw_phone
from crmlib.demo.rows import workday
from crmlib.demo.sales import Deal

_STATUSES = ("New", "Attempted to contact", "Contacted", "Contact in future", "Qualified", "Unqualified", "Lost", "Junk")
_STATUS_WEIGHTS = (14, 16, 18, 9, 12, 14, 10, 7)
_YOUNG_STATUS_WEIGHTS = (55, 25, 15, 2, 3, 0, 0, 0)
_WISHES = ("Wants to try a machine for a month", "Asks for prices of beans", "Has a machine of another make that leaks",
           "Opens a second office", "Looks for a breakfast bar for 80 rooms", "Saw us at the fair", None, None, None)
_MEMBER_STATUSES = ("Planned", "Invited", "Sent", "Received", "Opened", "Responded", "Bounced", "Opted out")


def make_converted_lead(demo: Demo, client: Client, deal: Deal, campaign: Campaign | None) -> None:
    """Let the lead wait from which this client and its first deal came."""
    rows, rng, calendar, _ = demo
    person = deal.person or client.people[0]
    first_name, _, last_name = person.name.partition(" ")
    created = calendar.moment(workday(client.created.date() - timedelta(days=rng.randint(1, 25))))
    lead = rows.add("lead", client.seller.id, created, deal.created, name=person.name, first_name=first_name, last_name=last_name or None,
                    company=client.name, email=f"info@{client.firm.domain}", phone=person.phone, mobile=None, website=None,
                    industry=client.firm.industry, source=campaign.source if campaign else client.source, status="Converted",
                    campaign_id=campaign.id if campaign else None, is_converted=True, converted_at=deal.created,
                    converted_account_id=client.id, converted_contact_id=person.id, converted_opportunity_id=deal.id,
                    description=rng.choice(_WISHES))
    if campaign:
        _make_member(demo, client.seller.id, campaign, person.name, created, lead_id=lead)


@dataclass(frozen=True)
class Lead:
    id: int
    name: str
    owner: int
    phone: str | None
    created: datetime


def make_open_lead(demo: Demo, campaigns: RunningCampaigns, taken: set[str]) -> Lead:
    """Let a lead wait that has not become a client."""
    rows, rng, calendar, company = demo
    firm = draw_firm(rng, taken)
    given, family = PEOPLE[firm.country.language].draw(rng)
    day = calendar.busy_day()
    created = calendar.moment(day)
    age = (calendar.last - day).days
    campaign = campaigns.on(day, rng) if rng.random() < 0.45 else None
    seller = company.draw_seller(rng).id
    deleted = calendar.after(created, 30) if rng.random() < 0.01 else None
    modified = calendar.after(created, rng.expovariate(1 / 12))
    status = rng.choices(_STATUSES, _YOUNG_STATUS_WEIGHTS if age < 10 else _STATUS_WEIGHTS)[0]
    name = f"{given.native} {family.native}"
    phone = draw_phone(rng, firm.country) if rng.random() < 0.75 else None
    lead = rows.add("lead", seller, created, modified, deleted=deleted,
                    by=company.marketing if campaign else None, name=name, first_name=given.native, last_name=family.native,
                    company=firm.name,
                    email=f"{given.latin}.{family.latin}@{firm.domain}".replace(" ", "") if rng.random() < 0.85 else None,
                    phone=phone, mobile=draw_phone(rng, firm.country, mobile=True) if rng.random() < 0.4 else None,
                    website=f"https://www.{firm.domain}" if rng.random() < 0.5 else None, industry=firm.industry,
                    source=campaign.source if campaign else rng.choices(SOURCES, SOURCE_WEIGHTS)[0], status=status,
                    campaign_id=campaign.id if campaign else None, is_converted=False, converted_at=None, converted_account_id=None,
                    converted_contact_id=None, converted_opportunity_id=None, description=rng.choice(_WISHES))
    if campaign and not deleted:
        _make_member(demo, seller, campaign, name, created, lead_id=lead)
    return Lead(lead, name, seller, phone, created)


def make_invitations(demo: Demo, client: Client, campaigns: RunningCampaigns) -> None:
    """Let the campaigns wait to which this client's contacts were invited."""
    _, rng, _, _ = demo
    for person in client.people:
        if rng.random() < 0.6 and (campaign := campaigns.any_since(person.created, rng)):
            _make_member(demo, client.seller.id, campaign, person.name, person.created, contact_id=person.id)


def _make_member(demo: Demo, owner: int, campaign: Campaign, name: str, known_since: datetime,
                 lead_id: int | None = None, contact_id: int | None = None) -> None:
    rows, rng, calendar, _ = demo
    weights = (2, 6, 10, 10, 20, 45, 4, 3) if lead_id else (6, 16, 26, 14, 20, 10, 5, 3)
    status = rng.choices(_MEMBER_STATUSES, weights)[0]
    invited = max(known_since, min(calendar.now, calendar.moment(workday(campaign.start))))
    responded = calendar.after(invited, rng.expovariate(1 / 6)) if status == "Responded" else None
    rows.add("campaign_member", owner, invited, responded, name=name, campaign_id=campaign.id, lead_id=lead_id, contact_id=contact_id,
             status=status, responded_at=responded)
