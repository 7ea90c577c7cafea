"""`crm backup`, `crm restore`, `crm check`: keep a base whole (docs/upkeep.md)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmlib.delivery.run import deliveries_root
from crmlib.model.org import open_engine
from crmlib.workspace import report_types_folder

if TYPE_CHECKING:
    from crmlib.upkeep.backup import Progress

FOLDER = Path("backups")


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Of this base's backups in the folder, keep the newest N.")
@click.option("--with-deliveries", is_flag=True, help="And the folders that scheduled runs left, as far as the base knows of them.")
def backup_command(file: Path | None, keep: int | None, with_deliveries: bool) -> None:
    """Back up the base to FILE while others work: the database and the report types and reports.

    FILE can be a folder: the backup then gets the base's name and the time, such as crm_2026-11-21_180000.zip. Without FILE, the
    folder is backups.
    """
    from crmlib.upkeep.backup import back_up, keep_newest, name_by_date

    now, engine = datetime.now().astimezone(), open_engine()
    folder = FOLDER if file is None else file if file.is_dir() or not file.suffix else None
    if folder is None and keep:
        raise click.UsageError("--keep counts backups in a folder; leave the file's name away")
    target = folder / name_by_date(engine, now) if folder else file
    assert target is not None
    with _progress() as progress:
        manifest = back_up(engine, report_types_folder(), target, now, deliveries_root() if with_deliveries else None, progress)
    engine.dispose()
    click.echo(f"{target}: {target.stat().st_size / 1e6:,.1f} MB, {manifest}")
    for gone in keep_newest(folder, engine, keep) if folder and keep else ():
        click.echo(f"Deleted {gone}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Only look whether the backup is whole, and say what is in it.")
@click.option("--replace", is_flag=True, help="Also where there is a base already; the old one is kept aside.")
def restore_command(file: Path, check: bool, replace: bool) -> None:
    """Make a base of a backup: the database at CRM_DATABASE_URL, and the folder of report types.

    The backup is checked before anything is touched, and one of an older version of the program is upgraded. Restore only backups
    that you made: who can write one can put anything into the base.
    """
    from crmlib.upkeep.restore import Places, check_backup, restore

    with _progress() as progress:
        said = [f"Whole: {check_backup(file, progress)}."] if check else restore(
            file, Places(open_engine(), report_types_folder(), deliveries_root()), datetime.now().astimezone(), replace, progress)
    click.echo("\n".join(said))


@click.command()
@click.option("--repair", "repairing", is_flag=True, help="Work out anew what can be without loss: the tree of roles, triggers, indexes.")
def check_command(repairing: bool) -> None:
    """Look for damage in the base and what belongs to it, and say what to do. Exit code 1 if something is wrong and was not repaired.

    Lookups that lead nowhere, blank required fields, values of no picklist, unreadable amounts and dates, records without owner, the tree
    of roles, missing tables, indexes and triggers, snapshots of the column engine, deliveries, faults in reports and report types.
    """
    from crmlib.model.org import Org
    from crmlib.upkeep.check import check_base, repair

    findings = []
    with _progress() as progress:
        for finding in check_base(None, report_types_folder(), deliveries_root(), progress):
            click.echo(str(finding))
            findings.append(finding)
    repairable = [finding for finding in findings if finding.repairable]
    if repairing and repairable:
        for line in repair(Org.open(create=False), findings):
            click.echo(line)
        findings = [finding for finding in findings if not finding.repairable]
    click.echo(f"{len(findings)} findings{' are left' if repairing else ''}." if findings else "Nothing is wrong." if not repairable
               else "Nothing else is wrong.")
    sys.exit(int(bool(findings)))


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar in a terminal; nothing where the output goes into a file."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), console=console, transient=True,
             disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda step, part: bar.update(task, description=step, completed=part)
