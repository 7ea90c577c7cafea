"""`crm mirror`: the column engine's copy of the data."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from crmlib.errors import Problem, SetupError
from crmlib.model.org import Org


@click.group()
def mirror_group() -> None:
    """Let a column engine (DuckDB) answer reports over many records.

    It answers from a copy of the data that each process brings up to date before each report. The copy needs to know what
    changed, so 'enable' puts triggers on the tables of the base; 'disable' takes them away again. Snapshots lie in the
    folder CRM_MIRROR, or beside a SQLite file. CRM_ENGINE (auto, database, column, spark) says who answers.

    For a base beyond one machine, 'publish-parquet' writes the copy into files that a Spark cluster reads.
    """


@mirror_group.command("enable")
def enable() -> None:
    """Follow changes from now on, and publish a first snapshot."""
    from crmlib.mirror.snapshots import publish
    from crmlib.model.changes import start_following

    org = Org.open(create=False)
    folder = _folder(org)
    with org.begin() as connection:
        start_following(connection, org.schema.metadata)
    _tell(publish(org, folder, anew=True))


@mirror_group.command("publish")
@click.option("--anew", is_flag=True, help="Of the whole database, not of the snapshot before.")
def publish_command(anew: bool) -> None:
    """Make a new snapshot, so that processes start with less to take over. Let it run every hour or so."""
    from crmlib.mirror.snapshots import publish

    org = Org.open(create=False)
    _tell(publish(org, _folder(org), anew))


@mirror_group.command("publish-parquet")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def publish_parquet_command(folder: Path) -> None:
    """Write all data as it is now into Parquet files below FOLDER, for a Spark cluster.

    With CRM_ENGINE=spark the cluster at CRM_SPARK answers reports of the files that were published last in CRM_SPARK_DATA: this
    folder, as the cluster sees it.
    """
    from crmlib.mirror.fetch import why_not
    from crmlib.mirror.parquet import publish_parquet
    from crmlib.model.changes import Gap

    org = Org.open(create=False)
    try:
        reason = why_not(org)
        files = publish_parquet(org, folder) if reason is None else None
    except Gap as gap:
        reason, files = str(gap), None
    if files is None:
        raise SetupError(Problem("no-column-engine", f"there is no copy of the data to publish: {reason}", str(folder),
                                 "run: crm mirror enable"))
    click.echo(f"{files}: {sum(file.stat().st_size for file in files.iterdir()) / 1e6:,.0f} MB")


@mirror_group.command("disable")
def disable() -> None:
    """Take triggers and snapshots away; the database answers everything again."""
    from crmlib.mirror.snapshots import folder_of, snapshots
    from crmlib.model.changes import stop_following

    org = Org.open(create=False)
    with org.begin() as connection:
        stop_following(connection)
    folder = folder_of(org)
    for snapshot in snapshots(folder) if folder else []:
        snapshot.unlink()
    click.echo("The database answers every report.")


@mirror_group.command("status")
def status() -> None:
    """Who answers reports, and from which snapshot."""
    from crmlib.mirror.fetch import engine_choice, why_not
    from crmlib.mirror.snapshots import folder_of, snapshots
    from crmlib.mirror.spark import why_no_spark
    from crmlib.model.changes import is_followed

    org, choice = Org.open(create=False), engine_choice()
    if choice == "spark":
        reason = why_no_spark()
        click.echo(f"Reports can't be answered: {reason}" if reason else
                   f"Reports are answered by the Spark cluster at {os.environ['CRM_SPARK'].partition(';')[0]}, of the files in "
                   f"{os.environ['CRM_SPARK_DATA']}.")  # behind a ; stands a token
        return
    with org.snapshot() as connection:
        followed = is_followed(connection)
    reason = why_not(org) if followed else "its changes are not followed (crm mirror enable)"
    if choice == "database":
        reason = "CRM_ENGINE says so"
    click.echo(f"Reports are answered by the {'database: ' + reason if reason else 'column engine.'}")
    folder = folder_of(org)
    for snapshot in snapshots(folder) if folder else []:
        about = snapshot.stat()
        click.echo(f"  {snapshot}  {about.st_size / 1e6:,.0f} MB  {datetime.fromtimestamp(about.st_mtime, UTC):%Y-%m-%d %H:%M:%S} UTC")


def _folder(org: Org) -> Path:
    from crmlib.mirror.snapshots import folder_of

    folder = folder_of(org)
    if folder is None:
        raise SetupError(Problem("no-mirror-folder", "there is no folder for snapshots", "CRM_MIRROR",
                                 "set it to a folder that all processes on this machine can reach"))
    return folder


def _tell(published: Path | None) -> None:
    if published is None:
        click.echo("Another process is publishing already.")
    else:
        click.echo(f"{published}: {published.stat().st_size / 1e6:,.0f} MB")
