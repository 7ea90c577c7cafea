"""A demo organization to look at, try things on and measure with: `fill_demo`.

Everything follows from (today, seed, scale): the same call gives the same records on any database and machine. Client after
client is drawn with all that belongs to it and written in batches, so that memory stays the same at any scale.
"""

from __future__ import annotations

from datetime import date
from random import Random

from sqlalchemy import Connection, select

from crmlib.errors import Problem, UserError
from crmlib.exchange.demo_activities import make_client_activities, make_deal_activities, make_lead_calls, make_wrong_numbers
from crmlib.exchange.demo_campaigns import RunningCampaigns, make_campaigns
from crmlib.exchange.demo_clients import Names, make_account, make_client, names_to_give
from crmlib.exchange.demo_company import USERS, Company, finish_company, make_company
from crmlib.exchange.demo_documents import make_documents
from crmlib.exchange.demo_leads import make_converted_lead, make_invitations, make_open_lead
from crmlib.exchange.demo_plans import make_plans
from crmlib.exchange.demo_rows import Calendar, Progress, Rows, spread
from crmlib.exchange.demo_sales import make_deal
from crmlib.model.org import Org
from crmlib.model.schema import Schema

ACCOUNTS, CONTACTS, OPPORTUNITIES, LEADS, WRONG_NUMBERS = 2_000, 6_000, 8_000, 3_000, 350
"""At scale 1."""
SHARE_OF_BUYERS = 0.75
"""Of all accounts, those that ever had an opportunity."""
BATCH = 20_000
DEFAULT_SEED = 1887


def is_empty(org: Org) -> bool:
    """Whether demo data may go into this base: it has no accounts, no stages and none of the users that would be made."""
    account, stage, user = (org.schema.describe(name).table for name in ("account", "stage", "user"))
    ours = select(user.c.id).where(user.c.username.in_([one.username for one in USERS]))
    return not any(org.fetch(statement.limit(1)) for statement in (select(account.c.id), select(stage.c.id), ours))


def fill_demo(org: Org, today: date, seed: int = DEFAULT_SEED, scale: float = 1, progress: Progress | None = None) -> dict[str, int]:
    """Fill an empty base with two years of a company's work up to the day before `today`; returns the number of records by object.

    scale 1 is 2,000 accounts, 6,000 contacts and 8,000 opportunities; 100 is for benchmarks, 0.02 for tests. All or nothing.
    Raises UserError when the base is not empty.
    """
    if not is_empty(org):
        raise UserError(Problem("not-empty", "demo data goes into an empty base; this one has records", org.engine.url.render_as_string(),
                                "choose another database, for instance --database sqlite:///demo.sqlite"))
    rng = Random(seed)
    calendar = Calendar(rng, today)
    with org.begin() as connection:
        rows = Rows(org.schema, connection)
        _fill(rows, rng, calendar, org.schema, connection, scale, progress or (lambda part: None))
    org.reload()
    return dict(rows.counts)


def _fill(rows: Rows, rng: Random, calendar: Calendar, schema: Schema, connection: Connection, scale: float, report: Progress) -> None:
    company = make_company(rows, rng, calendar, schema, connection, scale)
    campaigns = RunningCampaigns(make_campaigns(rows, rng, calendar, company, scale), calendar)
    names = names_to_give(calendar.today)
    accounts = max(40, round(ACCOUNTS * scale))
    contacts = [1 + more for more in spread(max(0, round(CONTACTS * scale) - accounts), accounts, rng, 1.4)]
    buyers = round(SHARE_OF_BUYERS * accounts)
    deals = spread(round(OPPORTUNITIES * scale), buyers, rng, 1.5) + [0] * (accounts - buyers)
    rng.shuffle(deals)
    leads = round(LEADS * scale)
    parents: list[int] = []
    for number in range(accounts):
        _make_client(rows, rng, calendar, company, campaigns, names, contacts[number], deals[number], parents)
        if rows.waiting > BATCH:
            rows.write(connection)
            report(0.85 * number / accounts)
    while rows.counts["lead"] < leads:
        lead = make_open_lead(rows, rng, calendar, company, campaigns, names.firms)
        make_lead_calls(rows, rng, calendar, lead)
        if rows.waiting > BATCH:
            rows.write(connection)
            report(0.85 + 0.1 * rows.counts["lead"] / leads)
    make_wrong_numbers(rows, rng, calendar, company, round(WRONG_NUMBERS * scale))
    rows.write(connection)
    make_plans(rows, rng, calendar, company, schema, connection)
    rows.write(connection)
    finish_company(connection, schema, company)
    rows.finish(connection)
    report(1)


def _make_client(rows: Rows, rng: Random, calendar: Calendar, company: Company, campaigns: RunningCampaigns, names: Names,
                 contacts: int, deals: int, parents: list[int]) -> None:
    """Let one client with everything that belongs to it wait."""
    days = sorted(calendar.busy_day() for _ in range(deals))
    client = make_client(rows, rng, calendar, company, names, days[0] if days else None, contacts)
    came_as_lead = bool(days) and rng.random() < 0.35
    has_won = False
    for number, day in enumerate(days):
        campaign = campaigns.on(day, rng) if rng.random() < 0.22 else None
        deal = make_deal(rows, rng, calendar, company, client, day, not has_won, campaign)
        has_won = has_won or (deal.won and not deal.deleted)
        make_documents(rows, rng, calendar, deal)
        make_deal_activities(rows, rng, calendar, deal)
        if number == 0 and came_as_lead and not deal.deleted:
            make_converted_lead(rows, rng, calendar, client, deal, campaign)
    make_account(rows, rng, calendar, company, client, bool(days), has_won, parents)
    make_invitations(rows, rng, calendar, client, campaigns)
    make_client_activities(rows, rng, calendar, company, client)
