"""A base with an administrator, and the commands as somebody types them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from crmlib.cli.main import main
from crmlib.model.org import Org
from crmlib.security.first_start import ensure_administrator


@pytest.fixture
def crm(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """`crm(words)`: what the command says and whether it went well."""
    monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
    monkeypatch.delenv("CRM_USER", raising=False)
    org = Org.open(sqlite_url)
    ensure_administrator(org)
    org.engine.dispose()

    def run(*words: str) -> tuple[str, bool]:
        result = CliRunner().invoke(main, words)
        return result.output, result.exit_code == 0
    return run
