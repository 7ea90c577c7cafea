"""A small company to try rights on. Three roles in a line, one aside:

    Director      dora
      Team lead   tom
        Manager   mia, max
    Support       sue
                  zoe (no role)

Everybody but zoe owns a deal named after them, at an account that is named after them too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from crmlib.model.org import Org
from crmlib.security.access import Access, access_of
from crmlib.security.role_tree import rebuild_role_closure
from tests.conftest import TODAY, add

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
RIGHT_COLUMNS = {"read": "can_read", "edit": "can_edit", "view_all": "view_all", "edit_all": "edit_all"}
USERS = {"dora": "Director", "tom": "Team lead", "mia": "Manager", "max": "Manager", "sue": "Support", "zoe": None}
AMOUNTS = {"dora": 1, "tom": 10, "mia": 100, "max": 1000, "sue": 10000}


@dataclass
class World:
    """The company's ids by name."""

    org: Org
    users: dict[str, int] = field(default_factory=dict)
    roles: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    deals: dict[str, int] = field(default_factory=dict)

    def grant(self, *usernames: str, objects: dict[str, str], fields: tuple[str, ...] = ("*",), **values: Any) -> int:
        """A permission set. objects: rights by object, as words; fields: what may be read, and edited where an object may be."""
        rights = add(self.org, "permission_set", **values)
        for name, words in objects.items():
            add(self.org, "object_permission", name=name, permission_set=rights, **{RIGHT_COLUMNS[word]: True for word in words.split()})
        for name in fields:
            add(self.org, "field_permission", name=name, permission_set=rights, can_read=True, can_edit="edit" in " ".join(objects.values()))
        for username in usernames:
            add(self.org, "permission_assignment", user=self.users[username], permission_set=rights)
        return rights

    def access(self, username: str) -> Access:
        return access_of(self.org, username)


READ_SALES = dict.fromkeys(("account", "opportunity", "opportunity_line_item", "contact", "task", "user", "role", "stage", "product",
                            "stage_change", "case"), "read")


def make_world(org: Org) -> World:
    """Roles, users, accounts and deals; nobody has any right yet."""
    world = World(org)
    for name, parent in (("Director", None), ("Team lead", "Director"), ("Manager", "Team lead"), ("Support", None)):
        world.roles[name] = add(org, "role", name=name, parent=world.roles.get(parent or ""))
    with org.begin() as connection:
        rebuild_role_closure(connection, org.schema)
    for username, role in USERS.items():
        world.users[username] = add(org, "user", name=username.title(), username=username, is_active=True, role=world.roles.get(role or ""))
    stage = add(org, "stage", name="Open", position=1, outcome="Open")
    for username, amount in AMOUNTS.items():
        owner = world.users[username]
        world.accounts[username] = add(org, "account", name=username, owner=owner, industry="Energy", employees=amount)
        world.deals[username] = add(org, "opportunity", name=username, owner=owner, amount=amount, account=world.accounts[username],
                                    stage=stage, close_date=TODAY)
    return world
