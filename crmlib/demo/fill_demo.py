"""A demo organization to look at, try things on and measure with: `fill_demo`.

Everything follows from (today, seed, scale): the same call gives the same records on any database and machine. Client after
client is drawn with all that belongs to it and written in batches, so that memory stays the same at any scale.
"""

from __future__ import annotations

from datetime import date
from random import Random

from sqlalchemy import Connection, select

from crmlib.demo.activities import make_client_activities, make_deal_activities, make_lead_calls, make_wrong_numbers
from crmlib.demo.campaigns import RunningCampaigns, make_campaigns
from crmlib.demo.clients import Names, make_account, make_client, names_to_give
from crmlib.demo.company import USERS, Demo, finish_company, make_company
from crmlib.demo.documents import make_documents
from crmlib.demo.leads import make_converted_lead, make_invitations, make_open_lead
from crmlib.demo.plans import make_plans
from crmlib.demo.rows import Calendar, Progress, Rows, spread
from crmlib.demo.sales import make_deal
from crmlib.errors import Problem, UserError
from crmlib.model.org import Org
from crmlib.model.schema import Schema

ACCOUNTS, CONTACTS, OPPORTUNITIES, LEADS, WRONG_NUMBERS = 2_000, 6_000, 8_000, 3_000, 350
"""At scale 1."""
SHARE_OF_BUYERS = 0.75
"""Of all accounts, those that ever had an opportunity."""
BATCH = 20_000
MANY_ACCOUNTS = 10_000
"""From here on, indexes are made afterwards."""
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
    with org.begin() as connection:
        rows, calendar = Rows(org.schema, connection), Calendar(rng, today)
        demo = Demo(rows, rng, calendar, make_company(rows, rng, calendar, org.schema, connection, scale))
        _fill(demo, org.schema, connection, scale, progress or (lambda part: None))
    org.reload()
    return dict(rows.counts)


def _fill(demo: Demo, schema: Schema, connection: Connection, scale: float, report: Progress) -> None:
    rows, rng, calendar, company = demo
    campaigns = RunningCampaigns(make_campaigns(demo, scale), calendar)
    names = names_to_give(calendar.today)
    accounts = max(40, round(ACCOUNTS * scale))
    contacts = [1 + more for more in spread(max(0, round(CONTACTS * scale) - accounts), accounts, rng, 1.4)]
    buyers = round(SHARE_OF_BUYERS * accounts)
    deals = spread(round(OPPORTUNITIES * scale), buyers, rng, 1.5) + [0] * (accounts - buyers)
    rng.shuffle(deals)
    leads = round(LEADS * scale)
    parents: list[int] = []
    if accounts >= MANY_ACCOUNTS:
        rows.drop_indexes(connection)
    for number in range(accounts):
        _make_client(demo, campaigns, names, contacts[number], deals[number], parents)
        if rows.waiting > BATCH:
            rows.write(connection)
            report(0.7 * number / accounts)
    while rows.counts["lead"] < leads:
        lead = make_open_lead(demo, campaigns, names.firms)
        make_lead_calls(demo, lead)
        if rows.waiting > BATCH:
            rows.write(connection)
            report(0.7 + 0.1 * rows.counts["lead"] / leads)
    make_wrong_numbers(demo, round(WRONG_NUMBERS * scale))
    rows.write(connection)
    make_plans(demo, schema, connection)
    rows.write(connection)
    finish_company(connection, schema, company)
    rows.finish(connection)
    report(1)


def _make_client(demo: Demo, campaigns: RunningCampaigns, names: Names, contacts: int, deals: int, parents: list[int]) -> None:
    """Let one client with everything that belongs to it wait."""
    _, rng, calendar, _ = demo
    days = sorted(calendar.busy_day() for _ in range(deals))
    client = make_client(demo, names, days[0] if days else None, contacts)
    came_as_lead = bool(days) and rng.random() < 0.35
    customer_since: date | None = None
    for number, day in enumerate(days):
        campaign = campaigns.on(day, rng) if rng.random() < 0.22 else None
        is_first = customer_since is None or day <= customer_since
        deal = make_deal(demo, client, day, is_first, campaign)
        if deal.won and deal.ended and not deal.deleted:
            customer_since = min(customer_since or deal.ended.date(), deal.ended.date())
        make_documents(demo, deal)
        make_deal_activities(demo, deal)
        if number == 0 and came_as_lead and not deal.deleted:
            make_converted_lead(demo, client, deal, campaign)
    make_account(demo, client, bool(days), customer_since is not None, parents)
    make_invitations(demo, client, campaigns)
    make_client_activities(demo, client)
