"""`crm backup`, `crm restore` and `crm check` as somebody types them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crmlib.cli.main import main
from tests.conftest import add
from tests.upkeep.conftest import Base, base

__all__ = ["base"]


@pytest.fixture
def crm(base: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """`crm(words)`: what the command says and its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_DATABASE_URL", base.org.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("CRM_REPORT_TYPES", str(base.report_types))
    monkeypatch.setenv("CRM_DELIVERIES", str(base.deliveries))
    base.org.engine.dispose()

    def run(*words: str) -> tuple[str, int]:
        result = CliRunner().invoke(main, words)
        return result.output, result.exit_code
    return run


def test_a_backup_every_night_and_back(crm, base: Base, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    said, code = crm("backup", "--keep", "1", "--with-deliveries")
    assert code == 0 and "1 reports, with deliveries" in said
    older = next((tmp_path / "backups").iterdir())
    older = older.rename(older.with_name(older.name[:-21] + "2020-01-01_000000.zip"))
    said, code = crm("backup", "--keep", "1")
    assert code == 0 and f"Deleted backups/{older.name}" in said
    file, = (tmp_path / "backups").iterdir()
    assert crm("restore", str(file), "--check")[0].startswith("Whole: ")
    said, code = crm("restore", str(file))
    assert code == 1 and "[base-not-empty]" in said and "--replace" in said
    said, code = crm("restore", str(file), "--replace")
    assert code == 0 and "is kept" in said


def test_keep_needs_a_folder(crm) -> None:  # type: ignore[no-untyped-def]
    assert crm("backup", "one.zip", "--keep", "3")[1] == 2


def test_check_tells_and_repairs(crm, base: Base) -> None:  # type: ignore[no-untyped-def]
    add(base.org, "role", name="Boss")
    base.org.engine.dispose()
    said, code = crm("check")
    assert code == 1 and "role_closure: 1 rows do not say" in said and "hint: crm check --repair" in said and said.endswith("1 findings.\n")
    assert crm("check", "--repair")[1] == 0
    assert crm("check") == ("Nothing is wrong.\n", 0)
