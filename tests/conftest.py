"""What tests stand on: real databases of both kinds, demo data, a browser.

    def test_something(org): ...            runs twice: on SQLite and on PostgreSQL, each time in a fresh org without records
    def test_something(sqlite_org): ...     once
    from tests.conftest import TODAY, add   the day all tests live in; put a record in by its field names

The PostgreSQL server is started once per run in a temporary folder; fresh databases are copies of a prepared one.
Tests that need a program which this machine lacks are skipped, saying which.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest

from crmlib.model.org import Org

TODAY = date(2026, 5, 13)
"""A Wednesday in the middle of a quarter. Tests never ask the clock."""

DEMO_SEED = 20260513
DEMO_SCALE = 0.05
"""Of the default demo organisation: about 100 accounts and 400 opportunities."""

NO_POSTGRES = "no PostgreSQL server found (on Debian: apt-get install postgresql); tests on it are skipped"
NO_CHROMIUM = "no Chromium found (on Debian: apt-get install chromium); tests in the browser are skipped"

hypothesis.settings.register_profile("fixed", deadline=None, derandomize=True,  # the same examples in every run
                                     suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
hypothesis.settings.register_profile("explore", parent=hypothesis.settings.get_profile("fixed"), derandomize=False, max_examples=1000)
hypothesis.settings.register_profile("deep", parent=hypothesis.settings.get_profile("explore"), max_examples=3200, print_blob=True,
                                     database=hypothesis.database.DirectoryBasedExampleDatabase(".hypothesis/examples"),
                                     phases=set(hypothesis.Phase) - {hypothesis.Phase.explain})  # which would run each failure often
hypothesis.settings.load_profile("fixed")

os.environ.pop("CRM_DATABASE_URL", None)  # no test may touch the database of whoever runs it


def add(org: Org, object_name: str, **values: Any) -> int:
    """Insert a record by field names (`account=3` for a lookup), past all checks and rights; returns its id.

    `name`, `created_at` and `modified_at` are filled when not given; nothing else is.
    """
    described = org.schema.describe(object_name)
    morning = datetime.combine(TODAY, time(9), UTC)
    filled = {"name": described.label, "created_at": morning, "modified_at": morning} | values
    row = {described.field(name).column.name: value for name, value in filled.items()}
    with org.begin() as connection:
        return int(connection.execute(described.table.insert().values(row)).inserted_primary_key[0])


# --- SQLite


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all standard tables and no records."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    Org.open(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture(scope="session")
def new_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """`new_sqlite()`: the URL of a fresh copy of the template."""
    folder, numbers = tmp_path_factory.mktemp("databases"), count(1)

    def copy() -> str:
        return f"sqlite:///{shutil.copy(sqlite_template, folder / f'{next(numbers)}.sqlite')}"

    return copy


# --- PostgreSQL


def _postgres_programs() -> Path | None:
    """The folder with initdb and pg_ctl: Debian keeps it outside PATH, one per version."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """How to run PostgreSQL, which refuses root, as somebody else."""
    return {"user": _postgres_user(), "group": pwd.getpwnam(_postgres_user()).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _postgres_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Folder of the socket of a server that lives as long as the test run."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip(NO_POSTGRES)
    folder = Path(tempfile.mkdtemp(prefix="crm-postgres-"))  # not below pytest's own folder, which only its owner may enter

    def run(program: str, *arguments: str) -> None:
        subprocess.run([str(programs / program), "-D", str(folder / "data"), *arguments], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, **_unprivileged())

    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _postgres_user())
        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "synchronous_commit": "off",
                    "full_page_writes": "off", "autovacuum": "off"}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", options)
        try:
            yield str(folder)
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_command(postgres_server: str) -> Iterator[Callable[[str], Any]]:
    """`postgres_command(sql)`: run it outside any transaction, as CREATE DATABASE wants."""
    with closing(psycopg.connect(f"postgresql://postgres@/postgres?host={postgres_server}", autocommit=True)) as connection:
        yield lambda sql: connection.execute(sql)


@pytest.fixture(scope="session")
def new_blank_postgres(postgres_server: str, postgres_command: Callable[[str], Any]) -> Callable[..., str]:
    """`new_blank_postgres()`: the URL of a fresh database without tables."""
    numbers = count(1)

    def create(template: str = "template0") -> str:
        name = f"test_{next(numbers)}"
        postgres_command(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"postgresql://postgres@/{name}?host={postgres_server}"

    return create


@pytest.fixture(scope="session")
def new_postgres(new_blank_postgres: Callable[..., str]) -> Callable[[], str]:
    """`new_postgres()`: the URL of a fresh database with all standard tables and no records."""
    template = new_blank_postgres()
    org = Org.open(template)
    org.engine.dispose()
    name = org.engine.url.database
    return lambda: new_blank_postgres(template=str(name))


def _drop(url: str, postgres_command: Callable[[str], Any]) -> None:
    postgres_command(f"DROP DATABASE {url.partition('@/')[2].partition('?')[0]} WITH (FORCE)")


# --- Orgs


def _opened(url: str) -> Iterator[Org]:
    org = Org.open(url)
    yield org
    org.engine.dispose()


@pytest.fixture
def sqlite_url(new_sqlite: Callable[[], str]) -> str:
    return new_sqlite()


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str], postgres_command: Callable[[str], Any]) -> Iterator[str]:
    url = new_postgres()
    yield url
    _drop(url, postgres_command)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database with all standard tables and no records, of each kind in turn; `org` is the same one, opened."""
    return str(request.getfixturevalue({"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]))


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite'}"
        return
    url = request.getfixturevalue("new_blank_postgres")()
    yield url
    _drop(url, request.getfixturevalue("postgres_command"))


@pytest.fixture
def org(database_url: str) -> Iterator[Org]:
    yield from _opened(database_url)


@pytest.fixture
def sqlite_org(sqlite_url: str) -> Iterator[Org]:
    yield from _opened(sqlite_url)


@pytest.fixture
def postgres_org(postgres_url: str) -> Iterator[Org]:
    yield from _opened(postgres_url)


@pytest.fixture(scope="class", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest) -> Iterator[Org]:
    """A fresh org for a whole class, on each kind of database in turn: its tests only read what a `records` fixture put there."""
    url = request.getfixturevalue({"sqlite": "new_sqlite", "postgresql": "new_postgres"}[request.param])()
    yield from _opened(url)
    if request.param == "postgresql":
        _drop(url, request.getfixturevalue("postgres_command"))


def _demo(url: str) -> Iterator[Org]:
    from crmlib.demo.fill_demo import fill_demo

    org = Org.open(url)
    fill_demo(org, TODAY, DEMO_SEED, DEMO_SCALE)
    yield org
    org.engine.dispose()


@pytest.fixture(scope="session")
def demo_org(new_sqlite: Callable[[], str]) -> Iterator[Org]:
    """A small demo organisation on SQLite, shared by the whole run: for reading only."""
    yield from _demo(new_sqlite())


@pytest.fixture(scope="session")
def demo_org_postgres(new_postgres: Callable[[], str]) -> Iterator[Org]:
    """The same records on PostgreSQL: for reading only."""
    yield from _demo(new_postgres())


@pytest.fixture(params=["sqlite", "postgresql"])
def demo_orgs(request: pytest.FixtureRequest) -> Org:
    """The demo organisation on each kind of database in turn: for reading only."""
    return request.getfixturevalue({"sqlite": "demo_org", "postgresql": "demo_org_postgres"}[request.param])


# --- Browser: `page` and the rest come from pytest-playwright


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in the browser get their mark and come last: Playwright leaves an event loop running, where others want their own."""
    for item in items:
        if {"page", "browser", "context"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip(NO_CHROMIUM)
    # root cannot use Chromium's sandbox, and no test may reach beyond this machine
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, "executable_path": chromium, "args": quiet}
