"""Why somebody sees a record or a field: the answer is that of the rules, and only administrators get it."""

from __future__ import annotations

import pytest

from crmlib.errors import AccessDenied, NotFound
from crmlib.model.org import Org
from crmlib.records.records import Records
from crmlib.security.why_seen import why_seen
from tests.conftest import TODAY, add
from tests.security.world import LONG_AGO, World, make_world


@pytest.fixture
def world(sqlite_org: Org) -> World:
    world = make_world(sqlite_org)
    world.grant("zoe", objects={"*": "read edit view_all edit_all"})
    world.grant("mia", "tom", "max", objects={"opportunity": "read edit"}, fields=("opportunity.amount",), name="Deals")
    world.grant("dora", objects={"account": "read"}, fields=("account.city",), name="Accounts")
    return world


def test_the_answer_is_what_happens(world: World) -> None:
    for username in ("mia", "tom", "max", "dora"):
        for deal in world.deals.values():
            told = why_seen(world.org, world.access("zoe"), username, "opportunity", deal)
            try:
                Records(world.org, world.access(username)).get("opportunity", deal)
                assert any(line.startswith(f"{username} sees it: ") for line in told)
            except NotFound:
                assert any(line.startswith(f"{username} does not see it: ") for line in told)


def test_it_names_the_set_and_the_rule(world: World) -> None:
    told = why_seen(world.org, world.access("zoe"), "MIA", "opportunity", world.deals["max"], "close_date")
    assert "mia holds Deals." in told and "May read Opportunities: Deals." in told
    assert f"Opportunity {world.deals['max']} is owned by max, role Manager." in told
    assert "mia does not see it: the rule is: only Opportunities owned by mia or by a role below theirs." in told
    assert "Close date is hidden: none of these sets lets it be read." in told
    assert "May read Amount: Deals." in why_seen(world.org, world.access("zoe"), "mia", "opportunity", None, "amount")
    assert "City is hidden, since Accounts may not be read." in why_seen(world.org, world.access("zoe"), "mia", "account", None, "city")
    assert "sue holds no permission set, so may do nothing." in why_seen(world.org, world.access("zoe"), "sue", "account")


def test_what_is_deleted_or_not_there(world: World) -> None:
    gone = add(world.org, "opportunity", owner=world.users["mia"], stage=1, close_date=TODAY, deleted_at=LONG_AGO)
    assert "recycle bin" in why_seen(world.org, world.access("zoe"), "mia", "opportunity", gone)[-1]
    for wrong in (("nobody", "opportunity", None, None), ("mia", "oportunity", None, None), ("mia", "opportunity", 999, None),
                  ("mia", "opportunity", None, "amont")):
        with pytest.raises(NotFound):
            why_seen(world.org, world.access("zoe"), *wrong)


def test_only_administrators_are_told(world: World) -> None:
    with pytest.raises(AccessDenied) as error:
        why_seen(world.org, world.access("mia"), "max", "opportunity", world.deals["max"])
    assert error.value.codes == ["not-administrator"]
