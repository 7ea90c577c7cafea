"""A base with records, report types and a delivery, of each kind of database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from crmlib.model.org import Org, open_engine
from crmlib.security.first_start import ensure_administrator
from crmlib.upkeep.restore import Places
from tests.conftest import add


@dataclass
class Base:
    """An org and the folders that belong to it."""

    org: Org
    report_types: Path
    deliveries: Path

    @property
    def places(self) -> Places:
        return Places(self.org.engine, self.report_types, self.deliveries)


def damage(org: Org, table: str) -> None:
    """Overwrite the first page of a table in a SQLite file."""
    path = Path(str(org.engine.url.database))
    org.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        page, = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x99" * 4096)


@pytest.fixture
def base(org: Org, tmp_path: Path) -> Base:
    """An administrator, Ann and her two accounts, one report, and a run with its delivery."""
    report_types, deliveries = tmp_path / "company" / "report_types", tmp_path / "company" / "deliveries"
    (report_types / "reports" / "sales").mkdir(parents=True)
    (report_types / "reports" / "sales" / "accounts.yaml").write_text("label: Accounts\nreport_type: accounts\ncolumns: [{field: name}]\n")
    ensure_administrator(org)
    user = add(org, "user", name="Ann", username="ann", is_active=True)
    for name in ("Alpha", "Beta"):
        add(org, "account", name=name, owner=user)
    run = deliveries / "2026-05-11" / "0700_sales-accounts_ann"
    run.mkdir(parents=True)
    (run / "accounts.html").write_text("<p>Alpha")
    add(org, "report_run", name="sales/accounts", report="sales/accounts", run_as=user, outcome="Succeeded", folder=str(run))
    return Base(org, report_types, deliveries)


@pytest.fixture
def new_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Places]]:
    """`new_target()`: an empty database of the same kind as `org`, and new folders."""
    made: list[Places] = []

    def make() -> Places:
        folder = tmp_path / f"target{len(made)}"
        folder.mkdir()
        kind = request.getfixturevalue("org").engine.dialect.name
        url = f"sqlite:///{folder / 'crm.sqlite'}" if kind == "sqlite" else request.getfixturevalue("new_blank_postgres")()
        made.append(Places(open_engine(url), folder / "report_types", folder / "deliveries"))
        return made[-1]

    yield make
    for places in made:
        places.engine.dispose()
