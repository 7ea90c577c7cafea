"""`crm demo-data` fills an empty base with a believable company."""

from __future__ import annotations

from datetime import datetime

import click


@click.command()
@click.option("--scale", type=click.FloatRange(min=0.01, max=1000), default=1.0, show_default=True,
              help="1: 2,000 accounts and 8,000 opportunities; 100: the size of the benchmarks.")
@click.option("--seed", type=int, help="Another seed makes another company; the same seed and day make the same one.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day the two years of work end at; default: today.")
@click.option("--database", metavar="URL", help="Default: CRM_DATABASE_URL, or crm.sqlite in this folder.")
@click.option("--if-empty", is_flag=True, help="Do nothing when the base has records already.")
def demo_command(scale: float, seed: int | None, today: datetime | None, database: str | None, if_empty: bool) -> None:
    """Fill an empty base with a demo company: 12 users, two years of deals, meetings, calls, invoices."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from crmlib.demo.fill_demo import DEFAULT_SEED, fill_demo, is_empty
    from crmlib.model.org import Org

    org = Org.open(database)
    if if_empty and not is_empty(org):
        return
    with Progress(TextColumn("Demo data"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()) as bar:
        task = bar.add_task("Demo data", total=1.0)
        counts = fill_demo(org, today.date() if today else org.today(), DEFAULT_SEED if seed is None else seed, scale,
                           lambda part: bar.update(task, completed=part))
    shown = ("user", "account", "contact", "lead", "opportunity", "meeting", "call", "task", "case", "invoice")
    click.echo(", ".join(f"{counts[name]:,} {org.schema.describe(name).plural_label.lower()}" for name in shown)
               + f"; {sum(counts.values()):,} records in all.")
