"""How long reports take, beside the same question in hand-written SQL, in one run.

    python benchmarks/reports.py                         a demo organisation in a temporary SQLite file
    python benchmarks/reports.py --database URL          a base that is there, such as one of --scale 100 or on PostgreSQL
    python benchmarks/reports.py --scale 10 --runs 20

Columns, in milliseconds, medians of warm runs taken in turn:
  report    load, validate, plan, secure, compile, two statements, assemble: all that a viewer waits for but drawing
  corridor  of that, everything up to the statements' text: the program's own cost before the database is asked
  by hand   the question in SQL as an analyst would write it, its rows fetched with the database's own driver
The figures of both are compared; a report that answers otherwise than its SQL stops the run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

from crmlib.demo.fill_demo import fill_demo
from crmlib.model.org import Org
from crmlib.reports.compile_plan import compile_plan
from crmlib.reports.run_report import prepare
from crmlib.workspace import RunnableReport, Workspace, connect

TOTAL = "total"
"""Names the column of the check query whose sum must be the report's grand total of the first currency aggregate."""

QUESTIONS: dict[str, str] = {
    "sales/pipeline_by_stage": """
        SELECT s.name, COUNT(*), SUM(o.amount) AS total, SUM(o.expected_revenue), AVG(o.amount)
        FROM opportunities o JOIN stages s ON s.id = o.stage_id
        WHERE o.deleted_at IS NULL AND s.outcome = 'Open' GROUP BY s.name, s.position ORDER BY s.position""",
    "sales/won_by_month_and_manager": """
        SELECT {month:o.close_date}, u.name, COUNT(*), SUM(o.amount) AS total, AVG(o.amount)
        FROM opportunities o JOIN stages s ON s.id = o.stage_id LEFT JOIN users u ON u.id = o.owner_id
        WHERE o.deleted_at IS NULL AND s.outcome = 'Won' AND o.close_date >= '{last_year}' AND o.close_date < '{next_year}'
        GROUP BY 1, 2 ORDER BY 1, 2""",
    "sales/sales_by_product_family": """
        WITH sold AS (
            SELECT p.family, p.name AS product, l.quantity, l.total_price, o.id, o.amount
            FROM opportunities o JOIN stages s ON s.id = o.stage_id
            JOIN opportunity_line_items l ON l.opportunity_id = o.id AND l.deleted_at IS NULL
            LEFT JOIN products p ON p.id = l.product_id
            WHERE o.deleted_at IS NULL AND s.name = 'Closed won' AND o.close_date >= '{this_year}' AND o.close_date < '{next_year}'),
        deals AS (SELECT DISTINCT family, product, id, amount FROM sold)
        SELECT a.family, a.product, a.quantity, a.sold AS total, b.amount FROM
            (SELECT family, product, SUM(quantity) AS quantity, SUM(total_price) AS sold FROM sold GROUP BY 1, 2) a
            JOIN (SELECT family, product, SUM(amount) AS amount FROM deals GROUP BY 1, 2) b
            ON a.family = b.family AND a.product = b.product ORDER BY 1, 2""",
    "activities/calls_by_manager_and_week": """
        SELECT u.name, {day:c.starts_at}, COUNT(*), SUM(c.seconds) AS total, COUNT(DISTINCT c.account_id)
        FROM calls c LEFT JOIN users u ON u.id = c.owner_id
        WHERE c.deleted_at IS NULL AND c.starts_at >= '{weeks_ago}' AND c.starts_at < '{next_week}' GROUP BY 1, 2 ORDER BY 1, 2""",
    "clients/clients_by_industry": """
        SELECT a.industry, a.country, COUNT(DISTINCT a.id), COUNT(DISTINCT o.id), SUM(o.amount) AS total
        FROM accounts a LEFT JOIN opportunities o ON o.account_id = a.id AND o.deleted_at IS NULL
        WHERE a.deleted_at IS NULL GROUP BY 1, 2 ORDER BY 1, 2""",
    "marketing/campaigns_cost_and_result": """
        SELECT c.type, c.name, c.actual_cost, COUNT(o.id), SUM(o.amount) AS amount, c.actual_cost AS total
        FROM campaigns c LEFT JOIN opportunities o ON o.campaign_id = c.id AND o.deleted_at IS NULL
        WHERE c.deleted_at IS NULL GROUP BY c.id, c.type, c.name, c.actual_cost ORDER BY 1, 2""",
    "sales/largest_open_deals": """
        SELECT o.name, a.name, o.amount AS total, s.name, o.close_date, u.name, c.name, c.phone, o.next_step
        FROM opportunities o JOIN stages s ON s.id = o.stage_id LEFT JOIN accounts a ON a.id = o.account_id
        LEFT JOIN users u ON u.id = o.owner_id LEFT JOIN contacts c ON c.id = o.contact_id
        WHERE o.deleted_at IS NULL AND s.outcome = 'Open' ORDER BY o.amount DESC {nulls_last} LIMIT 50""",
}


def by_hand(question: str, org: Org, today: date) -> str:
    """The check query with its dates, as this database writes them."""
    sqlite = org.engine.dialect.name == "sqlite"
    monday = today - timedelta(days=today.weekday())
    words = {"this_year": f"{today.year}-01-01", "last_year": f"{today.year - 1}-01-01", "next_year": f"{today.year + 1}-01-01",
             "weeks_ago": str(monday - timedelta(weeks=12)), "next_week": str(monday + timedelta(weeks=1)),
             "nulls_last": "" if sqlite else "NULLS LAST"}
    for word, value in words.items():
        question = question.replace("{" + word + "}", value)
    for unit, width in (("month", 7), ("day", 10)):
        start = question.find("{" + unit + ":")
        if start >= 0:
            end = question.index("}", start)
            column = question[start + len(unit) + 2: end]
            replacement = f"substr({column}, 1, {width})" if sqlite else f"date_trunc('{unit}', {column})"
            question = question[:start] + replacement + question[end + 1:]
    return question


def median_ms(runs: int, *functions: Callable[[], Any]) -> list[float]:
    """Medians of warm runs of these functions, taken in turn so that a slow moment of the machine hits all alike."""
    for function in functions:
        function()
    taken: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for index, function in enumerate(functions):
            begun = time.perf_counter()
            function()
            taken[index].append((time.perf_counter() - begun) * 1000)
    return [statistics.median(times) for times in taken]


def measure(workspace: Workspace, path: str, today: date, runs: int) -> tuple[float, float, float]:
    """(report, corridor, by hand) of one question. Raises SystemExit when they answer differently."""
    org = workspace.org
    query = by_hand(QUESTIONS[path], org, today)

    def report() -> RunnableReport:
        return workspace.report(path)

    def corridor() -> None:
        runnable = report()
        statements = compile_plan(prepare(runnable.definition, runnable.view, org, workspace.user, today), org.schema)
        for statement in (statements.cells, statements.details):
            if statement is not None:
                str(statement.compile(dialect=org.engine.dialect))

    def hand_written() -> list[Any]:
        with org.engine.connect() as connection:
            return list(connection.connection.cursor().execute(query).fetchall())

    check(workspace, path, query)
    full, own, hand = median_ms(runs, lambda: report().run(), corridor, hand_written)
    return full, own, hand


def check(workspace: Workspace, path: str, query: str) -> None:
    """The report's grand total must be that of the hand-written query."""
    result = workspace.report(path).run().result
    column = next(one for one in result.aggregates if one.name.endswith(":sum") and (one.type != "number" or one.scale == 0))
    with workspace.org.engine.connect() as connection:
        rows = connection.execute(text(query.replace(":", r"\:"))).mappings().all()
    expected = sum(Decimal(row[TOTAL] or 0) for row in rows)
    if column.type == "currency" and workspace.org.engine.dialect.name == "sqlite":
        expected = expected.scaleb(-column.scale)
    found = result.grand_total[column.name]
    if found != expected:
        raise SystemExit(f"{path}: the report says {found}, the hand-written SQL {expected}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", help="a base that is there; otherwise a demo organisation is made")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database
        if url is None:
            url = f"sqlite:///{Path(folder) / 'benchmark.sqlite'}"
            fill_demo(Org.open(url), date.today(), scale=options.scale)
        workspace = connect(url, report_types=Path(__file__).parent.parent / "report_types")
        count = workspace.org.fetch(text("SELECT COUNT(*) FROM opportunities"))[0][0]
        print(f"{workspace.org.engine.dialect.name}, {count:,} opportunities, {options.runs} runs, milliseconds\n")
        print(f"| {'report':38} | report | corridor | by hand | report / by hand |\n| {'---':38} | ---: | ---: | ---: | ---: |")
        for path in QUESTIONS:
            full, own, hand = measure(workspace, path, workspace.org.today(), options.runs)
            print(f"| {path:38} | {full:6.1f} | {own:8.1f} | {hand:7.1f} | {full / hand:6.1f} |", flush=True)


if __name__ == "__main__":
    main()
