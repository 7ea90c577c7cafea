"""`crm report` on the command line: questions to a report."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

import crmlib
from crmlib.cli.main import main
from crmlib.delivery.history import FAILED, SUCCEEDED, finish, keep_in, start
from crmlib.model.org import Org
from tests.conftest import TODAY, add

REPORT = "sales/pipeline_by_stage"
NOW = datetime(2026, 5, 13, 9, tzinfo=UTC)


@pytest.fixture
def base(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Org:
    """Two stages, an open deal and a lost one, which `crm` finds by CRM_DATABASE_URL."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
    org = crmlib.connect(create=True).org
    for place, outcome in enumerate(("Open", "Lost"), 1):
        stage = add(org, "stage", name=f"{outcome} stage", outcome=outcome, position=place)
        add(org, "opportunity", name=f"{outcome} deal", stage=stage, amount=Decimal(500), close_date=TODAY)
    return org


def crm(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["report", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


class TestWhy:
    def test_by_id_and_by_name(self, base: Org) -> None:
        assert crm("why", REPORT, "1") == crm("why", REPORT, "open DEAL")
        code, output = crm("why", REPORT, "1")
        assert code == 0 and "is in “Pipeline by stage”" in output and "\n    Open stage\n" in output

    def test_what_left_it_out(self, base: Org) -> None:
        assert "✗ Filter 1: Stage Outcome equals Open (Stage Outcome: Lost)" in crm("why", REPORT, "2")[1]

    def test_of_another_object_and_for_another_user(self, base: Org) -> None:
        assert "Stage 2 “Lost stage” is not in" in crm("why", REPORT, "2", "--of", "stage")[1]
        add(base, "user", name="Maria", username="maria", is_active=True)
        code, output = crm("why", REPORT, "1", "--user", "maria")
        assert (code, "maria may not read Opportunities" in output) == (1, True)

    def test_what_is_not_in_the_report(self, base: Org) -> None:
        assert crm("why", REPORT, "1", "--of", "invoice")[0] == 1
        assert crm("why", REPORT, "No such deal")[0] == 1


class TestCompare:
    def test_with_a_run_that_was_kept(self, base: Org, tmp_path: Path) -> None:
        crm("run", REPORT, "--output", "json", "--file", "may.json")
        add(base, "opportunity", name="New deal", stage=1, amount=Decimal("250.10"), close_date=TODAY)
        code, output = crm("compare", REPORT, "--with", "may.json")
        line = next(line for line in output.splitlines() if line.startswith("Open stage"))
        assert code == 0 and line.split()[2:10] == ["changed", "1", "2", "1", "100.00%", "€500.00", "€750.10", "€250.10"]
        as_csv = crm("compare", REPORT, "--with", "may.json", "--output", "csv")[1]
        assert as_csv.splitlines()[1].startswith("Open stage,changed,1,2,1,100.00,")
        as_html = crm("compare", REPORT, "--with", "may.json", "--output", "html")[1]
        assert as_html.count("<table") == 1 and "€250.10" in as_html
        crm("run", REPORT, "--output", "json", "--file", "june.json")
        assert "250.10" in crm("compare", "june.json", "--with", "may.json")[1]

    def test_with_the_last_delivery(self, base: Org, tmp_path: Path) -> None:
        """The latest of this user's that succeeded and is still there."""
        assert crm("compare", REPORT, "--with", "last")[0] == 1
        maria = add(base, "user", name="Maria", username="maria", is_active=True)
        runs = ((1, SUCCEEDED, True), (1, SUCCEEDED, False), (1, FAILED, True), (maria, SUCCEEDED, True))
        for number, (user, outcome, keeps) in enumerate(runs):
            folder = tmp_path / str(number)
            folder.mkdir()
            run = start(base, REPORT, user, NOW.replace(minute=number))
            keep_in(base, run, folder)
            finish(base, run, outcome, "", 1, NOW)
            if keeps:
                crm("run", REPORT, "--output", "json", "--file", str(folder / "pipeline_by_stage.json"))
            add(base, "opportunity", name=f"Deal {number}", stage=1, amount=Decimal(1), close_date=TODAY)
        code, output = crm("compare", REPORT, "--with", "last")
        assert code == 0 and "Open stage" in output
        assert next(line for line in output.splitlines() if line.startswith("Open stage")).split()[3:5] == ["1", "5"]

    def test_other_reports_are_refused(self, base: Org) -> None:
        crm("run", "sales/won_by_manager_and_quarter", "--output", "json", "--file", "other.json")
        code, output = crm("compare", REPORT, "--with", "other.json")
        assert code == 1 and "grouped across by Quarter (fiscal_quarter), the other by nothing" in output.replace("one run is ", "")
        assert crm("compare", REPORT, "--with", "missing.json")[0] == 1


def test_the_code_of_a_report(base: Org) -> None:
    code, output = crm("code", REPORT)
    assert code == 0 and "org = crmlib.connect(user='admin')" in output and "print(groups)" in output


def test_one_block_of_a_joined_report(base: Org) -> None:
    joined = "sales/plan_against_fact"
    assert "is not in “Won”" in crm("why", joined, "1", "--block", "won")[1]
    assert "org.report('sales/plan_against_fact').blocks['won']" in crm("code", joined, "--block", "won")[1]
    for arguments in (["why", joined, "1"], ["code", joined]):
        code, output = crm(*arguments)
        assert code == 1 and "ask one of its blocks: plan, won" in output
    assert "did you mean 'won'" in crm("why", joined, "1", "--block", "wn")[1]


def test_a_joined_report_is_compared_too(base: Org) -> None:
    joined = "sales/plan_against_fact"
    crm("run", joined, "--output", "json", "--file", "before.json")
    won = add(base, "stage", name="Won", outcome="Won", position=3)
    add(base, "opportunity", name="New", stage=won, amount=Decimal("10.10"), close_date=base.today(), owner=1)
    code, output = crm("compare", joined, "--with", "before.json")
    assert code == 0 and "came" in output and "€10.10" in output
