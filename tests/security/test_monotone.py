"""Rights only add: whatever is granted on top, nobody sees less than before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import AccessDenied
from crmlib.model.org import Org
from crmlib.reports.definition import ReportType
from tests.conftest import add
from tests.reports.asking import ask
from tests.security.world import AMOUNTS, READ_SALES, USERS, World, make_world

SETS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    (READ_SALES, ("*",)),
    ({"opportunity": "read"}, ("opportunity.amount", "opportunity.account")),
    ({"opportunity": "read view_all"}, ()),
    ({"opportunity": "view_all"}, ()),
    ({"account": "read", "contact": "read"}, ("account.*", "contact.account")),
    ({"opportunity_line_item": "read"}, ("opportunity_line_item.opportunity", "opportunity_line_item.total_price")),
    ({"opportunity_line_item": "read view_all"}, ("opportunity_line_item.*",)),
    ({"task": "read", "contact": "view_all"}, ("task.*",)),
    ({"*": "read"}, ("opportunity.owner", "stage.*")),
)
ROLES = ("Support", "Manager", "Team lead", "Director")
"""Each of the last three above the one before."""

ACCOUNTS_AND_DEALS = ReportType.model_validate({"label": "T", "primary_object": "account", "related_objects": [
    {"relationship": "opportunities"}, {"relationship": "opportunities.line_items"}]})
ASKED: tuple[tuple[str | ReportType, tuple[str, ...]], ...] = (
    ("opportunities", ("id",)), ("accounts", ("id",)), ("contacts", ("id",)), ("opportunity_line_items", ("id",)),
    ("tasks", ("id", "opportunity.id")), ("accounts_with_opportunities", ("id", "opportunities.id")),
    (ACCOUNTS_AND_DEALS, ("id", "opportunities.id", "opportunities.line_items.id")),
    ("opportunities_with_line_items", ("id", "line_items.id", "account.id")),
)


@pytest.fixture(scope="module")
def world(new_sqlite) -> Iterator[World]:  # type: ignore[no-untyped-def]
    org = Org.open(new_sqlite())
    world = make_world(org)
    for objects, fields in SETS:
        world.grant(objects=objects, fields=fields)
    for username in AMOUNTS:
        deal, account = world.deals[username], world.accounts[username]
        add(org, "opportunity_line_item", opportunity=deal, total_price=5)
        add(org, "contact", account=account, owner=world.users[username])
        add(org, "task", opportunity=deal, account=account)
    yield world
    org.engine.dispose()


def become(world: World, sets: set[int], role: str, levels: dict[str, str]) -> None:
    """Give zoe these permission sets and this role; set what objects are shared by default."""
    schema, zoe = world.org.schema, world.users["zoe"]
    users, assigned, defaults = (schema.describe(name).table for name in ("user", "permission_assignment", "sharing_default"))
    with world.org.begin() as connection:
        connection.execute(assigned.delete())
        connection.execute(defaults.delete())
        connection.execute(users.update().where(users.c.id == zoe).values(role_id=world.roles[role]))
    for number in sets:
        add(world.org, "permission_assignment", permission_set=number + 1, user=zoe)
    for name, level in levels.items():
        add(world.org, "sharing_default", name=name, level=level)


def seen(world: World, report_type: str | ReportType, ids: tuple[str, ...]) -> tuple[set[tuple[int, ...]], set[str], int]:
    """Which records, alone and together; which columns; how many in all."""
    try:
        result = ask(world.org, report_type, user=world.access("zoe"), columns=[*ids, "owner", "created_at"], show=["id:record_count"])
    except AccessDenied:
        return set(), set(), 0
    columns = [column.name for column in result.columns]
    found = set()
    for row in result.details:
        present = {name: value for name, value in zip(columns, row.values, strict=True) if name in ids and value is not None}
        found |= {tuple(sorted(part)) for part in _parts(tuple(present.items()))}
    return found, set(columns), result.grand_total["id:record_count"]


def _parts(items: tuple) -> list[tuple]:
    """Each alone, and all together in the order of joining: what a row with fewer records would have shown too."""
    return [items[:length] for length in range(1, len(items) + 1)] + [(item,) for item in items]


number = st.integers(0, len(SETS) - 1)


@given(held=st.sets(number, max_size=4), more=st.sets(number, max_size=3), role=st.sampled_from(ROLES), steps=st.integers(0, 3),
       levels=st.dictionaries(st.sampled_from(["account", "opportunity", "contact", "task"]), st.sampled_from(["read", "private"])))
def test_more_rights_never_hide_anything(world: World, held: set[int], more: set[int], role: str, steps: int,
                                         levels: dict[str, str]) -> None:
    become(world, held, role, levels)
    before = [seen(world, *asked) for asked in ASKED]
    higher = role if role == "Support" else ROLES[min(ROLES.index(role) + steps, len(ROLES) - 1)]
    become(world, held | more, higher, levels)
    for asked, (records, columns, count) in zip(ASKED, before, strict=True):
        records_now, columns_now, count_now = seen(world, *asked)
        assert records <= records_now and columns <= columns_now and count <= count_now, asked


def test_the_world_has_something_to_hide(world: World) -> None:
    """Or the test above could not fail: between nothing and everything there are steps."""
    counts = []
    for sets, role in (({1}, "Support"), ({1}, "Manager"), ({1}, "Team lead"), ({1}, "Director"), ({1, 2}, "Support")):
        become(world, sets, role, {})
        counts.append(seen(world, "opportunities", ("id",))[2])
    assert counts == [0, 0, 2, 3, 5] and len(USERS) == 6
