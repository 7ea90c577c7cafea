"""`crm demo-data` on the command line."""

from __future__ import annotations

from click.testing import CliRunner
from sqlalchemy import func, select

from crmlib.cli.main import main
from crmlib.model.org import Org


def accounts(url: str) -> int:
    org = Org.open(url)
    number = org.fetch(select(func.count()).select_from(org.schema.describe("account").table))[0][0]
    org.engine.dispose()
    return int(number)


def crm(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["demo-data", "--scale", "0.02", *arguments])
    return done.exit_code, done.output


def test_fills_an_empty_base_and_says_what_with(sqlite_url: str) -> None:
    code, output = crm("--database", sqlite_url, "--today", "2026-05-13", "--seed", "3")
    assert code == 0
    assert "12 users, 40 accounts" in output
    assert accounts(sqlite_url) == 40


def test_refuses_a_base_with_records_but_not_with_if_empty(sqlite_url: str) -> None:
    crm("--database", sqlite_url)
    code, output = crm("--database", sqlite_url)
    assert code == 1
    assert "[not-empty]" in output
    assert crm("--database", sqlite_url, "--if-empty") == (0, "")
    assert accounts(sqlite_url) == 40


def test_if_empty_fills_an_empty_base(sqlite_url: str) -> None:
    assert crm("--database", sqlite_url, "--if-empty")[0] == 0
    assert accounts(sqlite_url) == 40


def test_today_must_be_a_date(sqlite_url: str) -> None:
    code, output = crm("--database", sqlite_url, "--today", "tomorrow")
    assert code == 2
    assert "tomorrow" in output
