"""`crm report` on the command line: values for what a report asks."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crmlib.cli.main import main
from crmlib.model.org import Org

ASKING = "clients/buyers_by_product"


@pytest.fixture(autouse=True)
def base(demo_org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_DATABASE_URL", demo_org.engine.url.render_as_string(hide_password=False))


def crm(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ("report", *arguments))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_what_is_asked_is_told() -> None:
    code, output = crm("parameters", ASKING)
    assert code == 0
    for told in ("product                  Product (lookup), all unless set", "House blend beans, kg", "bought", "LAST_MONTH"):
        assert told in output
    assert crm("parameters", "sales/pipeline_by_stage") == (0, "It asks for nothing.\n")


def test_values_are_set() -> None:
    code, output = crm("run", ASKING, "--set", "product=House blend beans, kg", "--set", "product=Gift box", "--set", "bought=")
    assert code == 0
    assert "Filters: Stage equals Closed won; Product equals House blend beans, kg or Gift box\n" in output
    assert "Close date equals the year before this one" in crm("explain", ASKING, "--set", "bought=LAST_YEAR")[1]


def test_faults_are_told_at_once() -> None:
    code, output = crm("run", ASKING, "--set", "prodct=Gift box", "--set", "bought=LAST_YER")
    assert code == 1
    for told in ("prodct: the report does not ask for 'prodct'", "did you mean 'product'?", "did you mean 'LAST_YEAR'?"):
        assert told in output
    code, output = crm("run", ASKING, "--set", "product")
    assert (code, "write period=LAST_MONTH" in output) == (2, True)


@pytest.mark.parametrize("report", ["sales/largest_open_deals", "sales/pipeline_by_stage", "sales/plan_against_fact"])
def test_a_csv_goes_into_a_file_as_it_goes_to_the_screen(report: str, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    code, told = crm("run", report, "--output", "csv", "--file", str(file))
    assert (code, told.startswith(f"{file}: ")) == (0, True)
    assert file.read_text(encoding="utf-8").splitlines() == crm("run", report, "--output", "csv")[1].splitlines()
