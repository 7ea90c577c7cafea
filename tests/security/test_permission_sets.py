"""The permission sets that come with the program: what they let do, and when a base gets them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from crmlib.demo.company import HOLDERS
from crmlib.model.org import Org
from crmlib.security.first_start import ensure_administrator
from crmlib.security.permission_sets import PERMISSION_SETS, PermissionSet, ensure_permission_sets
from tests.conftest import TODAY, add
from tests.security.world import LONG_AGO, make_world

ADMINISTRATION = {"permission_set", "object_permission", "field_permission", "permission_assignment", "sharing_default",
                  "report_schedule", "report_run"}


def named(shipped: PermissionSet) -> set[str]:
    return {row["name"] for row in shipped.object_rows()}


def sets(org: Org) -> list[str]:
    table = org.schema.describe("permission_set").table
    return [row.name for row in org.fetch(select(table.c.name).order_by(table.c.id))]


def test_they_name_what_there_is_and_no_object_is_forgotten(sqlite_org: Org) -> None:
    schema = sqlite_org.schema
    for shipped in PERMISSION_SETS:
        assert named(shipped) - {"*"} <= set(schema.names)
        for row in shipped.field_rows():
            object_name, _, field = row["name"].partition(".")
            assert object_name == "*" or field == "*" or field in schema.describe(object_name).fields, row
    integration = next(shipped for shipped in PERMISSION_SETS if shipped.name == "Integration")
    assert set(schema.names) - named(integration) == ADMINISTRATION


def test_demo_holds_only_what_is_shipped() -> None:
    assert set(HOLDERS) <= {shipped.name for shipped in PERMISSION_SETS}


def test_first_start_makes_them_once(org: Org) -> None:
    for _ in range(2):
        ensure_administrator(org)
        ensure_permission_sets(org)
        assert sets(org) == [shipped.name for shipped in PERMISSION_SETS]


def test_a_base_keeps_its_own_and_gets_what_it_lacks(org: Org) -> None:
    add(org, "permission_set", name="MANAGER")
    add(org, "permission_set", name="Analyst", deleted_at=LONG_AGO)
    ensure_permission_sets(org)
    assert sets(org) == ["MANAGER", "Analyst", "Administrator", "Supervisor", "Operator", "Integration"]
    rights = org.schema.describe("object_permission").table
    assert org.fetch(select(func.count()).where(rights.c.permission_set_id <= 2)) == [(0,)]


class TestWhatTheyLetDo:
    @pytest.fixture(scope="class")
    @classmethod
    def world(cls, shared: Org):  # type: ignore[no-untyped-def]
        world = make_world(shared)
        ensure_permission_sets(shared)
        ids = {row.name: row.id for row in shared.fetch(select(shared.schema.describe("permission_set").table))}
        for username, name in (("mia", "Manager"), ("tom", "Supervisor"), ("sue", "Operator"), ("dora", "Analyst"), ("zoe", "Integration"),
                               ("max", "Manager"), ("max", "Operator")):
            add(shared, "permission_assignment", user=world.users[username], permission_set=ids[name])
        return world

    def test_managers_work_on_their_own_and_operators_on_personal_data(self, world) -> None:  # type: ignore[no-untyped-def]
        from crmlib.errors import AccessDenied, NotFound
        from crmlib.records.records import Records

        person = add(world.org, "contact", name="Ada", owner=world.users["dora"])
        mia, sue, both = (Records(world.org, world.access(name)) for name in ("mia", "sue", "max"))
        mia.update("opportunity", world.deals["mia"], close_date=TODAY, amount=5)
        with pytest.raises(NotFound):
            mia.update("opportunity", world.deals["max"], amount=5)
        with pytest.raises(AccessDenied):
            mia.update("contact", person, birthday="1980-02-03")
        sue.update("contact", person, birthday="1980-02-03")
        assert mia.get("contact", person).birthday.year == 1980
        with pytest.raises(NotFound):
            sue.get("opportunity", world.deals["sue"])
        both.update("contact", person, birthday="1981-02-03")
        both.update("opportunity", world.deals["max"], amount=5)

    def test_a_supervisor_works_on_what_is_below(self, world) -> None:  # type: ignore[no-untyped-def]
        from crmlib.errors import NotFound
        from crmlib.records.records import Records

        tom = Records(world.org, world.access("tom"))
        tom.update("opportunity", world.deals["mia"], amount=7)
        tom.delete("opportunity", world.deals["mia"])
        tom.restore("opportunity", world.deals["mia"])
        with pytest.raises(NotFound):
            tom.get("opportunity", world.deals["dora"])

    def test_only_an_administrator_touches_rights(self, world) -> None:  # type: ignore[no-untyped-def]
        for username in ("mia", "tom", "sue", "dora", "zoe", "max"):
            access = world.access(username)
            writes = {(right, name) for name in (*ADMINISTRATION, "user", "role", "organization") for right in ("create", "edit", "delete")
                      if access.may(right, name)}
            assert writes == set() and not access.builds_report_types, username
        assert not world.access("dora").may_edit_field("account", "city")
