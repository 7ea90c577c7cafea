"""Campaigns of the demo organization: what was planned and spent to win clients, from two years ago to next half year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from crmlib.demo.company import Demo
from crmlib.demo.rows import HISTORY_DAYS, Calendar

USUAL_CAMPAIGNS = 28

# Name, type, source that its leads and deals show, usual budget, usual length in days
_KINDS = (
    ("Coffee fair {city}", "Trade show", "Trade show", 95000, 5),
    ("Open roastery day {city}", "Conference", "Seminar", 38000, 2),
    ("Better office coffee", "E-mail", "E-mail", 24000, 30),
    ("Barista talk", "Webinar", "Seminar", 16000, 14),
    ("Search advertising", "Advertisement", "Advertisement", 88000, 60),
    ("Hotel breakfast letters", "Direct mail", "Advertisement", 60000, 21),
    ("Bring a neighbour", "Referral program", "External referral", 45000, 90),
    ("Latte art contest", "Social network", "Social network", 32000, 30),
    ("Neighbourhood calls", "Telemarketing", "Cold call", 48000, 30),
    ("Machine partners", "Partners", "Partner", 70000, 60),
)
_CITIES = ("Amsterdam", "Berlin", "Milano", "Gent", "London", "Kraków")


@dataclass(frozen=True)
class Campaign:
    id: int
    source: str
    start: date
    end: date


def make_campaigns(demo: Demo, scale: float) -> list[Campaign]:
    """Let the campaigns wait; returns them by start. A seventh of them lies ahead."""
    rows, rng, calendar, company = demo
    count = round(USUAL_CAMPAIGNS * max(1, scale))
    starts = sorted(calendar.first + timedelta(days=int(rng.random() * (HISTORY_DAYS + 120))) for _ in range(count))
    found: list[Campaign] = []
    for number, start in enumerate(starts):
        if number % len(_KINDS) == 0:
            kinds = rng.sample(_KINDS, len(_KINDS))
        name, type, source, usual, days = kinds[number % len(_KINDS)]
        end = start + timedelta(days=max(1, int(days * rng.uniform(0.7, 1.4))))
        budget = Decimal(round(usual * rng.uniform(0.6, 1.6), -2))
        passed = min(1.0, max(0.0, (calendar.today - start).days / (end - start).days))
        cost = (budget * Decimal(str(round(passed * rng.gauss(1.02, 0.15), 4)))).quantize(Decimal("0.01"))
        status = "Planning" if passed == 0 else "Active" if passed < 1 else rng.choices(("Completed", "Aborted"), (95, 5))[0]
        created = min(calendar.now, calendar.moment(start - timedelta(days=rng.randint(20, 70))))
        modified = max(created, min(calendar.now, calendar.moment(end)))
        ours = rows.add("campaign", company.marketing, created, modified,
                        name=f"{name.format(city=rng.choice(_CITIES))} {start:%B %Y}", type=type, status=status,
                        parent_id=found[-1].id if found and rng.random() < 0.1 else None, start_date=start, end_date=end,
                        expected_revenue=budget * rng.randint(3, 12) / 4, budget=budget, actual_cost=max(Decimal(0), cost),
                        description=None)
        found.append(Campaign(ours, source, start, end))
    return found


class RunningCampaigns:
    """Which campaigns drew people on a day: from a campaign's start to six weeks after its end."""

    def __init__(self, campaigns: list[Campaign], calendar: Calendar) -> None:
        self._by_day: dict[date, list[Campaign]] = {}
        for campaign in campaigns:
            day = campaign.start
            while day <= min(campaign.end + timedelta(days=42), calendar.last):
                self._by_day.setdefault(day, []).append(campaign)
                day += timedelta(days=1)
        self._started = [campaign for campaign in campaigns if campaign.start <= calendar.last]

    def on(self, day: date, rng: Random) -> Campaign | None:
        running = self._by_day.get(day)
        return rng.choice(running) if running else None

    def any_since(self, moment: datetime, rng: Random) -> Campaign | None:
        """A campaign that started after this moment, if the one drawn did."""
        campaign = rng.choice(self._started) if self._started else None
        return campaign if campaign and campaign.start > moment.date() else None
