"""`crm report-type`: what there is, and every fault of the files."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import crmlib
from crmlib.cli.main import main


@pytest.fixture
def folder(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A type in development without calls, and a shared bucket, where `crm` finds them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
    (tmp_path / "report_types" / "buckets").mkdir(parents=True)
    (tmp_path / "report_types" / "quiet.yaml").write_text("label: Quiet clients\nprimary_object: account\ndeployed: false\n"
                                                          "related_objects: [{relationship: calls, join: without}]\n")
    (tmp_path / "report_types" / "buckets" / "account.yaml").write_text(
        "buckets: [{name: people, label: People, field: employees, ranges: [{label: Few, up_to: 9}, {label: Many}]}]\n")
    crmlib.connect(create=True)
    return tmp_path / "report_types"


def crm(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["report-type", *arguments])
    return done.exit_code, done.output


def test_lists_and_shows(folder: Path) -> None:
    assert "Quiet clients (in development)" in crm("list", "--custom")[1]
    shown = crm("show", "quiet")[1]
    assert "In development" in shown and "Objects: Accounts, without Calls" in shown and "calls." not in shown
    assert "People (Picklist)" in shown and "opportunities.account.people" not in crm("show", "accounts_with_opportunities")[1]


def test_checks_shared_buckets_too(folder: Path) -> None:
    assert crm("check")[0] == 0
    (folder / "buckets" / "account.yaml").write_text("buckets: [{name: people, field: employes, ranges: [{label: All}]}]\n")
    code, said = crm("check")
    assert code == 1 and "buckets/account.yaml:1" in said and "did you mean 'employees'?" in said
