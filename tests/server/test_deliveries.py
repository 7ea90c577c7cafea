"""A running server delivers weekly reports by itself, and stops doing so when it stops."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from crmlib.delivery.history import SUCCEEDED, list_runs
from crmlib.delivery.schedule import add_schedule
from crmlib.model.org import Org
from crmlib.security.first_start import ensure_administrator
from tests.server.conftest import serving

LONGEST_WAIT = 120


@pytest.mark.slow
def test_what_is_due_is_delivered_while_the_server_runs(sqlite_org: Org, sqlite_url: str, tmp_path: Path) -> None:
    ensure_administrator(sqlite_org)
    yesterday = sqlite_org.now() - timedelta(days=1)
    weekday, at = f"{yesterday:%A}", f"{yesterday:%H:%M}"
    add_schedule(sqlite_org, "sales/pipeline_by_stage", weekday, at, "admin", yesterday - timedelta(days=1))
    with serving(tmp_path, sqlite_url):
        until = time.monotonic() + LONGEST_WAIT
        while not any(run.seconds is not None for run in list_runs(sqlite_org, 1)) and time.monotonic() < until:
            time.sleep(0.5)
    assert [run.outcome for run in list_runs(sqlite_org, 5)] == [SUCCEEDED], list_runs(sqlite_org, 5)
    assert sorted(file.suffix for file in (tmp_path / "deliveries").rglob("*.*")) == [".html", ".ipynb", ".json", ".xlsx"]
