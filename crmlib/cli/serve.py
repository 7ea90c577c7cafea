"""`crm serve`: the workbench in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

LOOKS_EVERY = 60
"""Seconds between two looks for weekly reports that are due."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8866, show_default=True)
@click.option("--ip", default="127.0.0.1", show_default=True, help="Other addresses let others in: there is no sign-in yet.")
@click.option("--database", metavar="URL", help="Default: CRM_DATABASE_URL, or crm.sqlite in this folder.")
@click.option("--report-types", type=click.Path(file_okay=False, path_type=Path), help="Default: CRM_REPORT_TYPES, or report_types.")
@click.option("--as", "username", metavar="USER", help="Everybody works as this user; default: CRM_USER, or the first administrator.")
@click.option("--deliver/--no-deliver", default=True, show_default=True, help="Also run weekly reports when they are due.")
def serve_command(port: int, ip: str, database: str | None, report_types: Path | None, username: str | None, deliver: bool) -> None:
    """Serve the workbench (reports, designer, report types) to a browser, and run weekly reports when they are due."""
    from crmlib.server.app import serve

    with _deliveries(database, report_types) if deliver else nullcontext():
        serve(port, ip, database, report_types, username)


@contextmanager
def _deliveries(database: str | None, report_types: Path | None) -> Iterator[None]:
    """A `crm schedule run-due --every` beside the server, in a process of its own: a run must not slow down the pages."""
    given = {"CRM_DATABASE_URL": database, "CRM_REPORT_TYPES": report_types and str(report_types.resolve())}
    command = "from crmlib.cli.main import main; main(['schedule', 'run-due', '--quiet', '--every', sys.argv[1]])"
    process = subprocess.Popen([sys.executable, "-c", f"import sys; {command}", str(LOOKS_EVERY)],
                               env=os.environ | {name: value for name, value in given.items() if value})
    try:
        yield
    finally:
        process.terminate()
        process.wait()
