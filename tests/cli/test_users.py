"""`crm user` and `crm permission`: what administrators are told."""

from __future__ import annotations

import pytest


def test_a_user_from_beginning_to_end(crm, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    assert crm("user", "add", "mia", "--name", "Mia Berg") == (
        "mia is made and may do nothing yet: crm user grant mia --permission SET.\n", True)
    assert crm("user", "grant", "mia", "--permission", "Manager") == ("Manager granted to mia.\n", True)
    assert crm("user", "grant", "mia", "--permission", "Manager") == ("Manager held already by mia.\n", True)
    assert "Mia Berg" in crm("user", "list")[0]
    said, well = crm("permission", "show", "manager")
    assert well and "read, create, edit: account, opportunity" in said and "Held by mia." in said
    assert "Manager              1 user " in crm("permission", "list")[0]
    said, well = crm("permission", "why", "mia", "contact", "birthday")
    assert well and "May read Birthday: Manager." in said and "May not edit Birthday" in said
    assert crm("permission", "why", "mia", "contact", "7", "birthday", "city")[1] is False
    assert crm("user", "revoke", "mia", "--permission", "Manager") == ("Manager revoked from mia.\n", True)
    said, well = crm("user", "deactivate", "admin")
    assert not well and "[last-administrator]" in said
    assert crm("user", "deactivate", "mia") == ("mia is not active any more.\n", True)
    assert crm("user", "activate", "mia") == ("mia is active again.\n", True)
    monkeypatch.setenv("CRM_USER", "mia")
    said, well = crm("user", "list")
    assert not well and "[not-administrator]" in said
