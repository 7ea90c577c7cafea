"""`crm report`: list, run and explain saved reports."""

from __future__ import annotations

from pathlib import Path

import click

from crmlib.render.outputs import OUTPUTS
from crmlib.workspace import connect

as_user = click.option("--as", "username", metavar="USER", help="Run as this user, with their rights.")


@click.group()
def report_group() -> None:
    """List, run and explain saved reports."""


@report_group.command("list")
def list_reports() -> None:
    """The saved reports by folder."""
    for saved in connect().catalog.reports():
        fault = f"  (cannot be read: {saved.problems[0].message})" if saved.problems else ""
        click.echo(f"{saved.path:45} {saved.label}{fault}")


@report_group.command("run")
@click.argument("report", metavar="FOLDER/NAME")
@as_user
@click.option("--output", type=click.Choice(list(OUTPUTS)), default="table", show_default=True)
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; xlsx needs one.")
def run(report: str, username: str | None, output: str, file: Path | None) -> None:
    """Run a report."""
    if output == "xlsx" and file is None:
        raise click.UsageError("an xlsx goes into a file: add --file report.xlsx")
    result = connect(user=username).report(report).run().result
    content = OUTPUTS[output].write(result)
    if file is not None:
        file.write_bytes(content)
        click.echo(f"{file}: {result.row_count:,} records", err=True)
    else:
        click.echo(content, nl=False)


@report_group.command("explain")
@click.argument("report", metavar="FOLDER/NAME")
@as_user
def explain(report: str, username: str | None) -> None:
    """What a report will ask the data: sources, the rules that apply, totals, SQL."""
    click.echo(connect(user=username).report(report).explain())


@report_group.command("why")
@click.argument("report", metavar="FOLDER/NAME")
@click.argument("record", metavar="RECORD")
@click.option("--of", "of_object", metavar="OBJECT", help="The record is one of this object, instead of the primary one.")
@as_user
@click.option("--user", metavar="USER", help="Whether it is in the report for this user; for those who may see all records.")
def why(report: str, record: str, of_object: str | None, username: str | None, user: str | None) -> None:
    """Why a record, by its id or name, is in a report or is not."""
    asked = int(record) if record.isdecimal() else record
    click.echo(connect(user=username).report(report).why((of_object, asked) if of_object else asked, user), nl=False)
