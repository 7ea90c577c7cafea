"""Eight reports that ship with crmlib, each with the same question as an analyst would ask it without crmlib: in SQL, and in pandas.

Words in braces are what DuckDB, PostgreSQL and SQLite say differently; `by_hand` puts them in. A query gives what its report
shows, its figures first among the numbers (a report also counts its rows); of periods each database has its own idea. To add a question: a
line here; `python benchmarks/reports.py --only NAME` says whether it is answered as the report does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pandas as pd

    Read = Callable[..., pd.DataFrame]
    """`read("accounts", ["name", "owner_id"])`: columns of a table by the record's id, without deleted records."""


@dataclass(frozen=True)
class Question:
    """kind: what it stands for. levels: whether the query gives totals of groups too, where the database can (not SQLite)."""

    kind: str
    sql: str
    pandas: Callable[[Read, date], object]
    levels: bool = False


def pipeline_by_stage(read: Read, today: date) -> object:
    stages = read("stages", ["name", "outcome"])
    deals = read("opportunities", ["stage_id", "amount", "expected_revenue"]).merge(stages, left_on="stage_id", right_index=True)
    return deals[deals.outcome == "Open"].groupby("name").agg(
        deals=("name", "size"), amount=("amount", "sum"), expected=("expected_revenue", "sum"), average=("amount", "mean"))


def won_by_manager_and_quarter(read: Read, today: date) -> object:
    stages, users = read("stages", ["outcome"]), read("users", ["name"])
    deals = read("opportunities", ["stage_id", "owner_id", "amount"], dates=["close_date"])
    since, until = (f"{value}" for value in quarters(today))
    won = deals[(deals.close_date >= since) & (deals.close_date < until)].merge(stages, left_on="stage_id", right_index=True)
    won = won[won.outcome == "Won"].merge(users, left_on="owner_id", right_index=True, how="left")
    table = won.pivot_table(index=["owner_id", "name"], columns=won.close_date.dt.to_period("Q"), values="amount", aggfunc="sum")
    return table, table / table.sum() * 100


def sales_by_product_family(read: Read, today: date) -> object:
    stages, products = read("stages", ["name"]), read("products", ["family", "name"])
    deals = read("opportunities", ["stage_id", "amount"], dates=["close_date"])
    deals = deals[(deals.close_date >= f"{today.year}-01-01") & (deals.close_date < f"{today.year + 1}-01-01")]
    deals = deals[deals.stage_id.isin(stages.index[stages.name == "Closed won"])]
    lines = read("opportunity_line_items", ["opportunity_id", "product_id", "quantity", "total_price"])
    sold = lines.merge(deals, left_on="opportunity_id", right_index=True)
    sold = sold.merge(products, left_on="product_id", right_index=True, how="left")

    def totals(keys: list[str]) -> pd.DataFrame:
        once = sold.drop_duplicates([*keys, "opportunity_id"]).groupby(keys).amount.sum()
        return sold.groupby(keys).agg(quantity=("quantity", "sum"), sold=("total_price", "sum")).join(once)
    return totals(["family", "name"]), totals(["family"]), sold.drop_duplicates("opportunity_id").amount.sum()


def calls_by_manager_and_week(read: Read, today: date) -> object:
    users = read("users", ["name"])
    calls = read("calls", ["owner_id", "account_id", "seconds"], dates=["starts_at"])
    local = calls.starts_at.dt.tz_localize("UTC").dt.tz_convert(ZONE)
    monday = today - timedelta(days=today.weekday())
    is_in = (local >= str(monday - timedelta(weeks=12))) & (local < str(monday + timedelta(weeks=1)))
    calls = calls[is_in].merge(users, left_on="owner_id", right_index=True, how="left")
    week = local[is_in].dt.tz_localize(None).dt.to_period("W").rename("week")
    return [calls.groupby(keys, dropna=False).agg(calls=("seconds", "size"), seconds=("seconds", "sum"), clients=("account_id", "nunique"))
            for keys in (["owner_id", "name", week], ["owner_id", "name"])] + [calls.account_id.nunique()]


def clients_by_industry(read: Read, today: date) -> object:
    accounts = read("accounts", ["industry", "country"])
    deals = read("opportunities", ["account_id", "amount"])
    clients = accounts.groupby(["industry", "country"], dropna=False).size()
    lines = read("opportunity_line_items", ["opportunity_id"]).groupby("opportunity_id").size().rename("lines")
    bought = deals.join(lines).merge(accounts, left_on="account_id", right_index=True).groupby(["industry", "country"], dropna=False)
    return clients, bought.agg(deals=("amount", "size"), amount=("amount", "sum"), lines=("lines", "sum"))


def sales_cycle(read: Read, today: date) -> object:
    stages, users = read("stages", ["outcome"]), read("users", ["name"])
    deals = read("opportunities", ["stage_id", "owner_id"], dates=["close_date", "created_at"])
    since, until = (f"{value}" for value in twelve_months(today))
    won = deals[(deals.close_date >= since) & (deals.close_date < until) & deals.stage_id.isin(stages.index[stages.outcome == "Won"])]
    created = won.created_at.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize()
    won = won.assign(days=(won.close_date - created).dt.days).merge(users, left_on="owner_id", right_index=True, how="left")
    return won.groupby(["owner_id", "name"]).days.agg(["size", "mean", "median", lambda days: days.quantile(0.9, "inverted_cdf")])


def not_contacted_for_30_days(read: Read, today: date) -> object:
    since, until = (moment(day) for day in (today - timedelta(days=30), today + timedelta(days=1)))
    users = read("users", ["name"]).rename(columns={"name": "owner"})
    accounts = read("accounts", ["name", "owner_id", "type", "industry", "country", "phone", "email"])
    found = accounts[accounts.type == "Customer"]
    for table in ("calls", "meetings"):
        contacts = read(table, ["account_id"], dates=["starts_at"])
        found = found[~found.index.isin(contacts.account_id[(contacts.starts_at >= since) & (contacts.starts_at < until)])]
    return found.merge(users, left_on="owner_id", right_index=True, how="left").sort_values(["owner", "name"])


def largest_open_deals(read: Read, today: date) -> object:
    stages, users = read("stages", ["name", "outcome"]), read("users", ["name"])
    accounts, contacts = read("accounts", ["name"]), read("contacts", ["name", "phone"])
    deals = read("opportunities", ["name", "account_id", "amount", "stage_id", "owner_id", "contact_id", "next_step"], dates=["close_date"])
    largest = deals[deals.stage_id.isin(stages.index[stages.outcome == "Open"])].nlargest(50, "amount")
    for key, table in (("account_id", accounts), ("stage_id", stages), ("owner_id", users), ("contact_id", contacts)):
        largest = largest.merge(table, left_on=key, right_index=True, how="left", suffixes=("", f"_{key}"))
    return largest


QUESTIONS: dict[str, Question] = {
    "sales/pipeline_by_stage": Question("summary", """
        SELECT s.name, count(*), sum(o.amount){hundredths}, sum(o.expected_revenue){hundredths}, avg(o.amount){hundredths}
        FROM opportunities o JOIN stages s ON s.id = o.stage_id
        WHERE o.deleted_at IS NULL AND s.outcome = 'Open' GROUP BY s.name""", pipeline_by_stage),
    "sales/won_by_manager_and_quarter": Question("matrix", """
        SELECT name, amount{hundredths}, 100.0 * amount / sum(amount) OVER (PARTITION BY quarter)
        FROM (SELECT u.name AS name, {quarter:o.close_date} AS quarter, sum(o.amount) AS amount
              FROM opportunities o JOIN stages s ON s.id = o.stage_id LEFT JOIN users u ON u.id = o.owner_id
              WHERE o.deleted_at IS NULL AND s.outcome = 'Won' AND o.close_date >= '{quarters_ago}' AND o.close_date < '{next_quarter}'
              GROUP BY u.id, u.name, 2) AS won""", won_by_manager_and_quarter),
    "sales/sales_by_product_family": Question("fan-out, each deal once", """
        WITH sold AS (
            SELECT p.family, p.name AS product, l.quantity, l.total_price, o.id, o.amount
            FROM opportunities o JOIN stages s ON s.id = o.stage_id
            JOIN opportunity_line_items l ON l.opportunity_id = o.id AND l.deleted_at IS NULL
            LEFT JOIN products p ON p.id = l.product_id
            WHERE o.deleted_at IS NULL AND s.name = 'Closed won' AND o.close_date >= '{this_year}' AND o.close_date < '{next_year}'),
        totals AS (SELECT family, product, sum(quantity) AS quantity, sum(total_price) AS sold FROM sold GROUP BY {rollup:family, product}),
        deals AS (
            SELECT family, product, sum(amount) AS amount FROM (SELECT DISTINCT family, product, id, amount FROM sold) AS once
            GROUP BY family, product {or_of:
            UNION ALL SELECT family, NULL, sum(amount) FROM (SELECT DISTINCT family, id, amount FROM sold) AS once GROUP BY family
            UNION ALL SELECT NULL, NULL, sum(amount) FROM (SELECT DISTINCT id, amount FROM sold) AS once})
        SELECT t.family, t.product, t.quantity{hundredths}, t.sold{hundredths}, d.amount{hundredths}
        FROM totals t JOIN deals d ON t.family IS NOT DISTINCT FROM d.family
            AND t.product IS NOT DISTINCT FROM d.product""", sales_by_product_family, levels=True),
    "activities/calls_by_manager_and_week": Question("weeks in a time zone, unique counts", """
        SELECT min(u.name), {week:c.starts_at}, count(*), sum(c.seconds), count(DISTINCT c.account_id)
        FROM calls c LEFT JOIN users u ON u.id = c.owner_id
        WHERE c.deleted_at IS NULL AND c.starts_at >= '{weeks_ago}' AND c.starts_at < '{next_week}'
        GROUP BY {rollup:u.id, {week:c.starts_at}}""", calls_by_manager_and_week, levels=True),
    "clients/clients_by_industry": Question("with or without related records", """
        SELECT a.industry, a.country, count(DISTINCT a.id), count(o.id), coalesce(sum(o.amount), 0){hundredths}, sum(coalesce(l.lines, 1))
        FROM accounts a LEFT JOIN opportunities o ON o.account_id = a.id AND o.deleted_at IS NULL
        LEFT JOIN (SELECT opportunity_id, count(*) AS lines FROM opportunity_line_items WHERE deleted_at IS NULL
                   GROUP BY opportunity_id) l ON l.opportunity_id = o.id
        WHERE a.deleted_at IS NULL GROUP BY 1, 2""", clients_by_industry),
    "sales/sales_cycle": Question("row formula, median, percentile", """
        SELECT min(name), count(*), round(avg(days)), round({median:days}), {percentile:days} FROM (
            SELECT u.id, u.name, {days:o.close_date, o.created_at} AS days
            FROM opportunities o JOIN stages s ON s.id = o.stage_id LEFT JOIN users u ON u.id = o.owner_id
            WHERE o.deleted_at IS NULL AND s.outcome = 'Won' AND o.close_date >= '{year_ago}' AND o.close_date < '{this_month}') AS won
        GROUP BY {rollup:id}""", sales_cycle, levels=True),
    "clients/not_contacted_for_30_days": Question("records without related ones, details", """
        SELECT a.name, a.industry, a.country, a.phone, a.email, u.name AS owner
        FROM accounts a LEFT JOIN users u ON u.id = a.owner_id
        WHERE a.deleted_at IS NULL AND a.type = 'Customer'
        AND NOT EXISTS (SELECT 1 FROM calls c WHERE c.account_id = a.id AND c.deleted_at IS NULL
                        AND c.starts_at >= '{days_ago}' AND c.starts_at < '{tomorrow}')
        AND NOT EXISTS (SELECT 1 FROM meetings m WHERE m.account_id = a.id AND m.deleted_at IS NULL
                        AND m.starts_at >= '{days_ago}' AND m.starts_at < '{tomorrow}')
        ORDER BY u.name, a.name""", not_contacted_for_30_days),
    "sales/largest_open_deals": Question("largest fifty, six lookups", """
        SELECT o.name, a.name, o.amount{hundredths}, s.name, o.close_date, u.name, c.name, c.phone, o.next_step
        FROM opportunities o JOIN stages s ON s.id = o.stage_id LEFT JOIN accounts a ON a.id = o.account_id
        LEFT JOIN users u ON u.id = o.owner_id LEFT JOIN contacts c ON c.id = o.contact_id
        WHERE o.deleted_at IS NULL AND s.outcome = 'Open' ORDER BY o.amount DESC {nulls_last}, o.id LIMIT 50""", largest_open_deals),
}

ZONE = "Europe/Amsterdam"
"""Of the demo organisation."""

WORDS: dict[str, dict[str, str]] = {
    "duckdb": {
        "hundredths": "", "nulls_last": "NULLS LAST", "rollup": "ROLLUP ({0})", "or_of": "{0}",
        "quarter": "date_trunc('quarter', {0})", "week": f"date_trunc('week', {{0}} AT TIME ZONE 'UTC' AT TIME ZONE '{ZONE}')",
        "days": f"{{0}} - CAST({{1}} AT TIME ZONE 'UTC' AT TIME ZONE '{ZONE}' AS DATE)",
        "median": "median({0})", "percentile": "quantile_disc({0}, 0.9)",
    },
    "postgresql": {
        "hundredths": "", "nulls_last": "NULLS LAST", "rollup": "ROLLUP ({0})", "or_of": "{0}",
        "quarter": "date_trunc('quarter', {0})", "week": f"date_trunc('week', {{0}} AT TIME ZONE '{ZONE}')",
        "days": f"{{0}} - CAST({{1}} AT TIME ZONE '{ZONE}' AS DATE)",
        "median": "CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY {0}) AS NUMERIC)",
        "percentile": "percentile_disc(0.9) WITHIN GROUP (ORDER BY {0})",
    },
    "sqlite": {  # no totals of groups, no median; the only time zone is the process's own
        "hundredths": " / 100.0", "nulls_last": "", "rollup": "{0}", "or_of": "",
        "quarter": "substr({0}, 1, 4) * 4 + (substr({0}, 6, 2) + 2) / 3",
        "week": "date({0}, 'localtime', 'weekday 0', '-6 days')", "days": "julianday({0}) - julianday(date({1}, 'localtime'))",
        "median": "NULL", "percentile": "NULL",
    },
}


def by_hand(question: Question, dialect: str, today: date) -> str:
    """The query with its dates, as this database writes it."""
    sql, words = question.sql, WORDS[dialect] | dates(today)
    while (start := sql.rfind("{")) >= 0:  # the innermost of several comes first
        end = sql.index("}", start)
        word, _, arguments = sql[start + 1: end].partition(":")
        said = words[word]
        for place, argument in enumerate(arguments.split(", ") if word == "days" else [arguments]):
            said = said.replace("{" + str(place) + "}", argument)
        sql = sql[:start] + said + sql[end + 1:]
    return sql


def dates(today: date) -> dict[str, str]:
    """The days and moments that the questions speak of; moments in UTC."""
    monday = today - timedelta(days=today.weekday())
    first_quarter, next_quarter = quarters(today)
    year_ago, this_month = twelve_months(today)
    return {"this_year": f"{today.year}-01-01", "next_year": f"{today.year + 1}-01-01",
            "quarters_ago": str(first_quarter), "next_quarter": str(next_quarter), "year_ago": str(year_ago), "this_month": str(this_month),
            "weeks_ago": moment(monday - timedelta(weeks=12)), "next_week": moment(monday + timedelta(weeks=1)),
            "days_ago": moment(today - timedelta(days=30)), "tomorrow": moment(today + timedelta(days=1))}


def quarters(today: date) -> tuple[date, date]:
    """From the beginning of the quarter a year ago to the end of this one."""
    first = (today.month - 1) // 3 * 3 + 1
    return date(today.year - 1, first, 1), date(today.year + first // 10, (first + 2) % 12 + 1, 1)


def twelve_months(today: date) -> tuple[date, date]:
    """The twelve months before this one."""
    return date(today.year - 1, today.month, 1), date(today.year, today.month, 1)


def moment(day: date) -> str:
    """When this day begins, in UTC."""
    return f"{datetime.combine(day, time(), ZoneInfo(ZONE)).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
