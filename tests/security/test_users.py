"""Users and the permission sets they hold: nothing is lost, one administrator stays, names are told apart without case."""

from __future__ import annotations

import pytest

from crmlib.errors import AccessDenied, InvalidData, NotFound, UserError
from crmlib.model.org import Org
from crmlib.security.access import Access, access_of
from crmlib.security.first_start import ensure_administrator
from crmlib.security.users import activate_user, add_user, deactivate_user, grant, list_permissions, list_users, revoke
from tests.conftest import add


@pytest.fixture
def admin(org: Org) -> Access:
    ensure_administrator(org)
    return access_of(org, "admin")


def held(org: Org) -> dict[str, tuple[str, ...]]:
    return {user.username: user.permissions for user in list_users(org)}


def test_permission_sets_are_granted_and_revoked(org: Org, admin: Access) -> None:
    add_user(org, admin, "Mia", permissions=["manager"])
    add_user(org, admin, "jo")
    assert held(org) == {"admin": ("Administrator",), "jo": (), "Mia": ("Manager",)}
    assert grant(org, admin, ["mia", "JO"], ["manager", "Operator"]) == 3
    assert grant(org, admin, ["mia"], ["Operator"]) == 0
    assert access_of(org, "mia").may_edit_field("contact", "birthday")
    assert revoke(org, admin, ["mia", "jo"], ["operator"]) == 2
    assert held(org)["Mia"] == held(org)["jo"] == ("Manager",)
    assert revoke(org, admin, ["mia"], ["Analyst"]) == 0
    assert next(one for one in list_permissions(org) if one.name == "Manager").usernames == ("jo", "Mia")


def test_who_leaves_keeps_their_records(org: Org, admin: Access) -> None:
    mia = add_user(org, admin, "mia", permissions=["Manager"])
    add(org, "account", owner=mia)
    schedule = add(org, "report_schedule", report="a/b", weekday="Monday", at_time="07:00", run_as=mia, is_active=True)
    assert deactivate_user(org, admin, "MIA") == ["1 Account", f"schedule {schedule}, which will fail"]
    with pytest.raises(AccessDenied):
        access_of(org, "mia")
    assert [(user.is_active, user.permissions) for user in list_users(org) if user.id == mia] == [(False, ("Manager",))]
    activate_user(org, admin, "mia")
    assert access_of(org, "mia").may("edit", "opportunity")


def test_one_administrator_stays(org: Org, admin: Access) -> None:
    add_user(org, admin, "second", permissions=["Administrator"])
    deactivate_user(org, admin, "second")
    for change in (lambda: deactivate_user(org, admin, "admin"), lambda: revoke(org, admin, ["admin"], ["Administrator"])):
        with pytest.raises(AccessDenied) as error:
            change()
        assert error.value.codes == ["last-administrator"]
        assert access_of(org, "admin").builds_report_types
    activate_user(org, admin, "second")
    revoke(org, admin, ["admin"], ["Administrator"])
    assert not access_of(org, "admin").objects


def test_everything_wrong_is_told_at_once_and_nothing_is_done(org: Org, admin: Access) -> None:
    add_user(org, admin, "mia")
    with pytest.raises(NotFound) as error:
        grant(org, admin, ["mai", "mia", "zz"], ["Manger", "Analyst"])
    assert [(one.code, one.hint) for one in error.value.problems] == [
        ("unknown-user", "did you mean 'mia'?"), ("unknown-user", "crm user list"), ("unknown-permission", "did you mean 'Manager'?")]
    with pytest.raises(NotFound):
        add_user(org, admin, "new", permissions=["Manger"])
    assert held(org) == {"admin": ("Administrator",), "mia": ()}


@pytest.mark.parametrize(("username", "code"), [("MIA", "username-taken"), ("Élodie", "username-taken"), ("a b", "bad-username"),
                                                (" ", "bad-username")])
def test_usernames_are_told_apart_without_case(org: Org, admin: Access, username: str, code: str) -> None:
    add_user(org, admin, "mia")
    add_user(org, admin, "élodie")
    with pytest.raises(InvalidData) as error:
        add_user(org, admin, username)
    assert error.value.codes == [code]


def test_of_users_an_import_brought_twice_nobody_is_guessed(org: Org, admin: Access) -> None:
    for username in ("Jo", "jo"):
        add(org, "user", username=username, is_active=True)
    with pytest.raises(NotFound) as error:
        grant(org, admin, ["JO"], ["Manager"])
    assert error.value.codes == ["several-users"]
    grant(org, admin, ["jo"], ["Manager"])
    assert held(org)["jo"] == ("Manager",) and held(org)["Jo"] == ()


def test_only_administrators_look_after_users(org: Org, admin: Access) -> None:
    add_user(org, admin, "ann", permissions=["Analyst", "Integration"])
    ann = access_of(org, "ann")
    for change in (lambda: grant(org, ann, ["ann"], ["Administrator"]), lambda: add_user(org, ann, "b"), lambda: revoke(org, ann, [], []),
                   lambda: deactivate_user(org, ann, "admin"), lambda: activate_user(org, ann, "admin")):
        with pytest.raises(UserError) as error:
            change()
        assert error.value.codes == ["not-administrator"]
