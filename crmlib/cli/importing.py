"""`crm import`: another system's export into the base."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from crmlib.exchange.summary import ImportSummary

WIDE_ENOUGH_FOR_FILES = 110


@click.command("import")
@click.argument("mapping")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--database", metavar="URL", help="Default: CRM_DATABASE_URL, or crm.sqlite in this folder.")
@click.option("--as", "username", metavar="USER", help="Creator of the new records. Default: CRM_USER, or the first administrator.")
@click.option("--rejected", type=click.Path(path_type=Path, file_okay=False), default=Path("rejected"), show_default=True,
              help="Where a dated folder with the rejected rows goes.")
@click.option("--permission", "permissions", metavar="SET", multiple=True,
              help="A permission set for the users this import makes, such as Manager; may be given several times. Default: none.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; load nothing.")
def import_command(mapping: str, folder: Path, database: str | None, username: str | None, rejected: Path, permissions: tuple[str, ...],
                   dry_run: bool) -> None:
    """Load FOLDER, an export of another system, as MAPPING says: a shipped name such as zoho, or a YAML file.

    All or nothing. Rows that can't be loaded are kept with their reasons. Importing again changes only what changed.
    """
    from rich.console import Console
    from rich.progress import Progress

    from crmlib.exchange.import_folder import import_folder
    from crmlib.model.org import Org
    from crmlib.security.access import access_of
    from crmlib.security.first_start import default_username, ensure_administrator
    from crmlib.security.permission_sets import ensure_permission_sets
    from crmlib.security.users import check_administrator, find_permission, grant, list_users

    org = Org.open(database)
    ensure_administrator(org)
    ensure_permission_sets(org)
    user = access_of(org, username or default_username(org))
    for name in permissions:
        check_administrator(user)
        find_permission(org, name)
    before = {one.id for one in list_users(org)}
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        summary = import_folder(org, mapping, folder, user_id=user.user_id, rejected=rejected, dry_run=dry_run,
                                progress=lambda what, done, total: bar.update(task, description=what, completed=done, total=total))
    _print(summary)
    if not dry_run:
        new = [one.username for one in list_users(org) if one.id not in before]
        if new and permissions:
            grant(org, user, new, permissions)
            click.echo(f"The {len(new)} users it made hold {', '.join(permissions)}.")
        _tell_who_may_do_nothing([one.username for one in list_users(org) if one.is_active and not one.permissions])


def _tell_who_may_do_nothing(usernames: list[str]) -> None:
    if usernames:
        click.echo(f"{len(usernames)} active users hold no permission set and may do nothing yet. To let them work (crm permission list):\n"
                   f"  crm user grant {' '.join(map(shlex.quote, usernames))} --permission Manager")


def _print(summary: ImportSummary) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, markup=False)
    with_files = console.width >= WIDE_ENOUGH_FOR_FILES
    table = Table("Records", *(["File"] if with_files else []))
    for heading in ("Read", "Created", "Updated", "Unchanged", "Rejected"):
        table.add_column(heading, justify="right")
    for file in summary.files:
        counts = (file.read, file.created, file.updated, file.unchanged, file.rejected)
        table.add_row(file.label, *([file.file] if with_files else []), *(f"{count:,}" for count in counts))
    console.print(table)
    for text in (*summary.warnings, *summary.notes):
        console.print(f"- {text}", soft_wrap=True)
    if summary.rejected_folder:
        console.print(f"Rejected rows, with every reason, are in {summary.rejected_folder}:", soft_wrap=True)
        for reason, count in summary.reasons:
            console.print(f"  {count:,}  {reason}", soft_wrap=True)
    outcome = ", ".join(f"{summary.total(what):,} {what}" for what in ("created", "updated", "unchanged", "rejected"))
    console.print(f"{'Dry run, nothing was loaded' if summary.dry_run else 'Done'}: {outcome} in {summary.seconds:.1f} s", soft_wrap=True)
