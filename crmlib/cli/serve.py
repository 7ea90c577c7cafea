"""`crm serve`: the workbench in a browser."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8866, show_default=True)
@click.option("--ip", default="127.0.0.1", show_default=True, help="Other addresses let others in: there is no sign-in yet.")
@click.option("--database", metavar="URL", help="Default: CRM_DATABASE_URL, or crm.sqlite in this folder.")
@click.option("--report-types", type=click.Path(file_okay=False, path_type=Path), help="Default: CRM_REPORT_TYPES, or report_types.")
@click.option("--as", "username", metavar="USER", help="Everybody works as this user; default: CRM_USER, or the first administrator.")
def serve_command(port: int, ip: str, database: str | None, report_types: Path | None, username: str | None) -> None:
    """Serve the workbench (reports, designer, report types) to a browser."""
    from crmlib.server.app import serve

    serve(port, ip, database, report_types, username)
