"""Reports are asked of three engines: both databases, and the column engine over SQLite, which may then leave nothing to the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from crmlib.mirror.snapshots import folder_of, publish
from crmlib.model.changes import start_following
from crmlib.model.org import Org

ENGINES = ["sqlite", "postgresql", "column"]


@contextmanager
def mirrored(url: str) -> Iterator[Org]:
    """An org whose changes are followed, with a snapshot beside its file."""
    org = Org.open(url)
    with org.begin() as connection:
        start_following(connection, org.schema.metadata)
    folder = folder_of(org)
    assert folder is not None
    publish(org, folder)
    yield org
    org.engine.dispose()


@contextmanager
def answering(url: str, engine: str) -> Iterator[Org]:
    """An org whose reports are answered by this engine, or not at all."""
    if engine == "column":
        with pytest.MonkeyPatch.context() as patch, mirrored(url) as org:
            patch.setenv("CRM_ENGINE", "column")
            yield org
        return
    org = Org.open(url)
    yield org
    org.engine.dispose()


@pytest.fixture(params=ENGINES)
def org(request: pytest.FixtureRequest) -> Iterator[Org]:
    with answering(request.getfixturevalue("postgres_url" if request.param == "postgresql" else "sqlite_url"), request.param) as opened:
        yield opened


@pytest.fixture(scope="class", params=ENGINES)
def shared(request: pytest.FixtureRequest) -> Iterator[Org]:
    new: Callable[[], str] = request.getfixturevalue("new_postgres" if request.param == "postgresql" else "new_sqlite")
    with answering(new(), request.param) as opened:
        yield opened


@pytest.fixture(scope="session")
def demo_org_column(demo_org: Org, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    """The demo organisation with a snapshot, so that the column engine answers: for reading only."""
    file = tmp_path_factory.mktemp("mirrored") / "demo.sqlite"
    with closing(sqlite3.connect(str(demo_org.engine.url.database))) as connection:
        connection.execute("VACUUM INTO ?", [str(file)])
    with mirrored(f"sqlite:///{file}") as org:
        yield org


@pytest.fixture(params=ENGINES)
def demo_orgs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "column":
        monkeypatch.setenv("CRM_ENGINE", "column")
    return request.getfixturevalue({"sqlite": "demo_org", "postgresql": "demo_org_postgres", "column": "demo_org_column"}[request.param])
