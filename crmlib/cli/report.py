"""`crm report`: list, run and explain saved reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crmlib.errors import NotFound, Problem, did_you_mean
from crmlib.model.fields import FIELD_TYPES
from crmlib.render.outputs import OUTPUTS
from crmlib.reports.parameters import Parameter, address, gathered
from crmlib.workspace import RunnableReport, connect


def _values(context: click.Context, option: click.Parameter, written: tuple[str, ...]) -> dict[str, Any]:
    for one in written:
        if "=" not in one:
            raise click.BadParameter(f"{one!r} gives nothing a value; write period=LAST_MONTH")
    return gathered((name.strip(), value) for name, _, value in (one.partition("=") for one in written))


def _asked(report: RunnableReport, block: str | None) -> RunnableReport:
    """The report, or one block of a joined one."""
    if block is None:
        return report
    if block not in report.blocks:
        raise NotFound(Problem("unknown-block", f"the report has no block {block!r}", hint=did_you_mean(block, report.blocks)))
    return report.blocks[block]


of_block = click.option("--block", metavar="NAME", help="Of a joined report: this block of it.")
as_user = click.option("--as", "username", metavar="USER", help="Run as this user, with their rights.")
with_values = click.option("--set", "values", metavar="NAME=VALUE", multiple=True, callback=_values,
                           help="A value for what the report asks, such as period=LAST_MONTH; twice for any of two, empty for all.")


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
@with_values
@click.option("--output", type=click.Choice(list(OUTPUTS)), default="table", show_default=True)
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; xlsx needs one.")
def run(report: str, username: str | None, values: dict[str, Any], output: str, file: Path | None) -> None:
    """Run a report."""
    if output == "xlsx" and file is None:
        raise click.UsageError("an xlsx goes into a file: add --file report.xlsx")
    runnable = connect(user=username).report(report).set(values)
    if output == "csv" and file is not None:
        count = runnable.write_csv(file)
    else:
        result = runnable.run().result
        content, count = OUTPUTS[output].write(result), result.row_count
        if file is None:
            click.echo(content, nl=False)
            return
        file.write_bytes(content)
    click.echo(f"{file}: {count:,} records", err=True)


@report_group.command("explain")
@click.argument("report", metavar="FOLDER/NAME")
@as_user
@with_values
def explain(report: str, username: str | None, values: dict[str, Any]) -> None:
    """What a report will ask the data: sources, the rules that apply, filters, totals, SQL."""
    click.echo(connect(user=username).report(report).set(values).explain())


@report_group.command("code")
@click.argument("report", metavar="FOLDER/NAME")
@as_user
@with_values
@of_block
def code(report: str, username: str | None, values: dict[str, Any], block: str | None) -> None:
    """A Python script that works out the same figures in pandas, to go on from."""
    click.echo(_asked(connect(user=username).report(report).set(values), block).code(), nl=False)


@report_group.command("why")
@click.argument("report", metavar="FOLDER/NAME")
@click.argument("record", metavar="RECORD")
@click.option("--of", "of_object", metavar="OBJECT", help="The record is one of this object, instead of the primary one.")
@as_user
@with_values
@of_block
@click.option("--user", metavar="USER", help="Whether it is in the report for this user; for those who may see all records.")
def why(report: str, record: str, of_object: str | None, username: str | None, values: dict[str, Any], block: str | None,
        user: str | None) -> None:
    """Why a record, by its id or name, is in a report or is not."""
    asked = int(record) if record.isdecimal() else record
    found = _asked(connect(user=username).report(report).set(values), block)
    click.echo(found.why((of_object, asked) if of_object else asked, user), nl=False)


@report_group.command("parameters")
@click.argument("report", metavar="FOLDER/NAME")
@as_user
def parameters(report: str, username: str | None) -> None:
    """What a report asks for when it runs, for --set."""
    asked = connect(user=username).report(report).parameters
    if not asked:
        click.echo("It asks for nothing.")
    for one in asked:
        click.echo("\n".join(_described(one)))


def _described(one: Parameter) -> list[str]:
    default = " or ".join(map(str, one.default if isinstance(one.default, tuple) else (one.default,)))
    unless_set = "all" if one.default is None else default
    return [f"{one.name:24} {one.label} ({FIELD_TYPES[one.type].label.lower()}), {unless_set} unless set",
            *([f"    {'; '.join(one.choices)}"] if one.choices else [])]


@report_group.command("compare")
@click.argument("report", metavar="FOLDER/NAME or FILE.json")
@click.option("--with", "earlier", metavar="last or FILE.json", required=True, help="The run delivered last, or one kept as JSON.")
@as_user
@with_values
@click.option("--output", type=click.Choice(["table", "csv", "html"]), default="table", show_default=True,
              help="csv: the groups alone, or the records of a report without groups.")
@click.option("--all", "everything", is_flag=True, help="Also groups where nothing changed.")
def compare(report: str, earlier: str, username: str | None, values: dict[str, Any], output: str, everything: bool) -> None:
    """Compare a report, as it is now or was kept, with an earlier run: groups, figures and records that came, went or changed."""
    org = connect(user=username)
    before = org.last_delivered(address(report, values)) if earlier == "last" else org.read_result(earlier)
    after = org.read_result(report) if report.endswith(".json") else org.report(report).run(parameters=values)
    comparison = after.compare(before)
    if output == "html":
        click.echo(comparison.to_html(everything))
    else:
        tables = list(comparison.comparison.tables(everything))
        click.echo(b"\n".join(OUTPUTS[output].write(table) for table in (tables[:1] if output == "csv" else tables)), nl=False)
