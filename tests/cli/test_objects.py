"""`crm object`: what people are told when they define, look at and take away fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crmlib.cli.main import main
from crmlib.model.org import Org
from crmlib.security.first_start import ensure_administrator


@pytest.fixture
def crm(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """`crm(words)`: what the command says and whether it went well."""
    monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
    org = Org.open(sqlite_url)
    ensure_administrator(org)
    org.engine.dispose()

    def run(*words: str) -> tuple[str, bool]:
        result = CliRunner().invoke(main, words)
        return result.output, result.exit_code == 0
    return run


def test_a_formula_field_from_beginning_to_end(crm, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "score.yaml"
    file.write_text("object: account\nfields:\n  - {name: score_c, type: number, label: Score, formula: employes / 10}\n")
    said, well = crm("object", "define", str(file))
    assert not well and "score.yaml:3" in said and "did you mean 'employees'?" in said
    file.write_text(file.read_text().replace("employes", "employees"))
    assert crm("object", "define", str(file)) == ("account: 1 fields defined.\n", True)
    assert "Number; = employees / 10\n" in crm("object", "describe", "account")[0]
    assert crm("object", "remove-formula", "account", "score_c") == ("account: score_c removed.\n", True)
    assert "score_c" not in crm("object", "describe", "account")[0]
