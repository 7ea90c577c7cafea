"""Users and the permission sets they hold, as administrators look after them (`crm user`, `crm permission`).

Nothing is lost: who leaves is deactivated and stays the owner of their records; what is revoked goes to the recycle bin.
One administrator always stays. Usernames are told apart without case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from crmlib.errors import AccessDenied, InvalidData, NotFound, Problem, did_you_mean, raise_if_any
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.model.sql_functions import lower_text
from crmlib.security.access import RIGHTS, Access
from crmlib.security.first_start import administrators

LEFT_BEHIND = ("account", "contact", "lead", "opportunity", "case", "task", "meeting", "call")
"""Objects whose owner is told of when they are deactivated."""


@dataclass(frozen=True)
class User:
    """A user and the names of the permission sets they hold."""

    id: int
    username: str
    name: str
    is_active: bool
    role: str | None
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class HeldPermission:
    """A permission set as it is in this base. objects: their rights; fields: whether they may be edited, else only read."""

    id: int
    name: str
    description: str
    objects: dict[str, frozenset[str]]
    fields: dict[str, bool]
    usernames: tuple[str, ...]


def check_administrator(access: Access) -> None:
    """Raises AccessDenied."""
    if not access.may("edit_all", "*"):
        raise AccessDenied(Problem("not-administrator", f"{access.username} is no administrator; users and their rights are for those who "
                                   "may edit all records of every object", hint="set CRM_USER to an administrator, or leave it unset"))


def list_users(org: Org) -> list[User]:
    """All users, deactivated ones too, by username."""
    users, roles = org.schema.describe("user").table, org.schema.describe("role").table
    with org.snapshot() as connection:
        held: dict[int, list[str]] = defaultdict(list)
        for row in connection.execute(_assignments(org.schema)):
            if row.name not in held[row.user_id]:
                held[row.user_id].append(row.name)
        found = connection.execute(select(users.c.id, users.c.username, users.c.name, users.c.is_active, roles.c.name.label("role"))
                                   .outerjoin(roles, roles.c.id == users.c.role_id).where(users.c.deleted_at.is_(None))
                                   .order_by(lower_text(users.c.username), users.c.id))
        return [User(row.id, row.username, row.name, bool(row.is_active), row.role, tuple(held[row.id])) for row in found]


def list_permissions(org: Org) -> list[HeldPermission]:
    """All permission sets, with what they let do and the active users who hold them."""
    sets, objects, fields = (org.schema.describe(name).table for name in ("permission_set", "object_permission", "field_permission"))
    holders = [(user, name) for user in list_users(org) if user.is_active for name in user.permissions]
    with org.snapshot() as connection:
        rights: dict[int, dict[str, frozenset[str]]] = defaultdict(dict)
        for row in connection.execute(select(objects).where(objects.c.deleted_at.is_(None)).order_by(objects.c.id)):
            given = frozenset(right for right, column in RIGHTS.items() if getattr(row, column))
            rights[row.permission_set_id][row.name] = rights[row.permission_set_id].get(row.name, frozenset()) | given
        editable: dict[int, dict[str, bool]] = defaultdict(dict)
        for row in connection.execute(select(fields).where(fields.c.deleted_at.is_(None)).order_by(fields.c.id)):
            if row.can_read or row.can_edit:
                editable[row.permission_set_id][row.name] = bool(row.can_edit) or editable[row.permission_set_id].get(row.name, False)
        return [HeldPermission(row.id, row.name, row.description or "", rights[row.id], editable[row.id],
                               tuple(user.username for user, name in holders if name == row.name))
                for row in connection.execute(select(sets).where(sets.c.deleted_at.is_(None)).order_by(sets.c.id))]


def find_permission(org: Org, name: str) -> HeldPermission:
    """By name, whatever its case. Raises NotFound."""
    with org.snapshot() as connection:
        wanted, = _permissions(connection, org.schema, [name])
    return next(one for one in list_permissions(org) if one.id == wanted.id)


def add_user(org: Org, by: Access, username: str, name: str = "", email: str | None = None, role: str | None = None,
             permissions: Sequence[str] = ()) -> int:
    """A new active user's id. Raises InvalidData for a username that is taken, NotFound for a role or permission set."""
    check_administrator(by)
    username = username.strip()
    if not username or any(character.isspace() for character in username):
        raise InvalidData(Problem("bad-username", f"{username!r} is not a username", "username", "write it without spaces"))
    with _changing(org) as connection:
        users = org.schema.describe("user").table
        taken = _called(connection, org.schema, username)
        if taken:
            state = "" if taken[0].is_active else ", who is not active: crm user activate " + taken[0].username
            raise InvalidData(Problem("username-taken", f"there is a user {taken[0].username!r} already{state}", "username"))
        stamps = _stamps(org, by)
        values = {"name": name.strip() or username, "username": username, "email": email, "is_active": True,
                  "role_id": _role(connection, org.schema, role) if role else None, "owner_id": by.user_id}
        made: int = connection.execute(users.insert().values(**values, **stamps).returning(users.c.id)).scalar_one()
        user = connection.execute(select(users).where(users.c.id == made)).one()
        _assign(connection, org, by, [user], _permissions(connection, org.schema, permissions))
    return made


def deactivate_user(org: Org, by: Access, username: str) -> list[str]:
    """They can do nothing from now on; their records stay theirs. Returns what they leave, such as '3 Accounts'."""
    check_administrator(by)
    with _changing(org) as connection:
        user, = _users(connection, org.schema, [username])
        _set_active(connection, org, by, user, False)
        left = []
        for described in map(org.schema.describe, LEFT_BEHIND):
            table = described.table
            count = connection.execute(select(func.count()).where(table.c.owner_id == user.id, table.c.deleted_at.is_(None))).scalar_one()
            if count:
                left.append(f"{count:,} {described.plural_label if count > 1 else described.label}")
        schedules = org.schema.describe("report_schedule").table.c
        running = connection.execute(select(schedules.id).where(schedules.run_as_id == user.id, schedules.is_active,
                                                                schedules.deleted_at.is_(None)).order_by(schedules.id)).scalars().all()
        return left + [f"schedule {number}, which will fail" for number in running]


def activate_user(org: Org, by: Access, username: str) -> None:
    """Undo `deactivate_user`; they hold what they held."""
    check_administrator(by)
    with _changing(org) as connection:
        user, = _users(connection, org.schema, [username])
        _set_active(connection, org, by, user, True)


def grant(org: Org, by: Access, usernames: Sequence[str], permissions: Sequence[str]) -> int:
    """Let each of these users hold each of these permission sets; returns how many they did not hold before."""
    check_administrator(by)
    with _changing(org) as connection:
        return _assign(connection, org, by, *_named(connection, org.schema, usernames, permissions))


def revoke(org: Org, by: Access, usernames: Sequence[str], permissions: Sequence[str]) -> int:
    """Take these permission sets from these users; returns how many they held. The last administrator stays one."""
    check_administrator(by)
    with _changing(org) as connection:
        users, sets = _named(connection, org.schema, usernames, permissions)
        table = org.schema.describe("permission_assignment").table
        taken = connection.execute(table.update().where(
            table.c.user_id.in_([user.id for user in users]), table.c.permission_set_id.in_([one.id for one in sets]),
            table.c.deleted_at.is_(None)).values(deleted_at=org.now(), modified_at=org.now(), modified_by_id=by.user_id)).rowcount
        _check_an_administrator_stays(connection, org.schema, f"{', '.join(usernames)}: this would leave nobody")
        return taken


@contextmanager
def _changing(org: Org) -> Iterator[Connection]:
    """One change of users at a time, so that two can't take each other's rights and leave nobody; SQLite has one writer anyway."""
    with org.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('crmlib users'))")
        yield connection


def _stamps(org: Org, by: Access) -> dict[str, Any]:
    now = org.now()
    return {"created_at": now, "created_by_id": by.user_id, "modified_at": now, "modified_by_id": by.user_id}


def _assignments(schema: Schema) -> Any:
    assigned, sets = schema.describe("permission_assignment").table, schema.describe("permission_set").table
    return (select(assigned.c.user_id, assigned.c.permission_set_id, sets.c.name).join(sets, sets.c.id == assigned.c.permission_set_id)
            .where(assigned.c.deleted_at.is_(None), sets.c.deleted_at.is_(None)).order_by(sets.c.id))


def _assign(connection: Connection, org: Org, by: Access, users: Sequence[Row[Any]], sets: Sequence[Row[Any]]) -> int:
    table = org.schema.describe("permission_assignment").table
    held = {(row.user_id, row.permission_set_id) for row in connection.execute(_assignments(org.schema))}
    new = {(user.id, one.id): f"{one.name}: {user.username}" for user in users for one in sets if (user.id, one.id) not in held}
    for (user_id, set_id), name in new.items():
        connection.execute(table.insert().values(name=name, user_id=user_id, permission_set_id=set_id, owner_id=by.user_id,
                                                 **_stamps(org, by)))
    return len(new)


def _set_active(connection: Connection, org: Org, by: Access, user: Row[Any], is_active: bool) -> None:
    if bool(user.is_active) == is_active:
        raise InvalidData(Problem("unchanged", f"{user.username} is {'active' if is_active else 'not active'} already", "username"))
    users = org.schema.describe("user").table
    connection.execute(users.update().where(users.c.id == user.id).values(is_active=is_active, modified_at=org.now(),
                                                                          modified_by_id=by.user_id))
    _check_an_administrator_stays(connection, org.schema, f"{user.username} is the last one")


def _check_an_administrator_stays(connection: Connection, schema: Schema, message: str) -> None:
    if connection.execute(administrators(schema).limit(1)).first() is None:
        raise AccessDenied(Problem("last-administrator", f"{message} who may edit all records of every object",
                                   hint="make somebody else one first: crm user grant USERNAME --permission Administrator"))


# --- Found by what people call them


def _named(connection: Connection, schema: Schema, usernames: Sequence[str],
           permissions: Sequence[str]) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Users and permission sets; raises NotFound with everything that isn't there."""
    problems: list[Problem] = []
    for find, names in ((_users, usernames), (_permissions, permissions)):
        try:
            find(connection, schema, names)
        except NotFound as error:
            problems += error.problems
    raise_if_any(problems, NotFound)
    return _users(connection, schema, usernames), _permissions(connection, schema, permissions)


def _called(connection: Connection, schema: Schema, username: str) -> list[Row[Any]]:
    users = schema.describe("user").table
    return list(connection.execute(select(users).where(lower_text(users.c.username) == username.strip().lower(),
                                                       users.c.deleted_at.is_(None)).order_by(users.c.id)))


def _users(connection: Connection, schema: Schema, usernames: Sequence[str]) -> list[Row[Any]]:
    found, problems = [], []
    for username in usernames:
        called = _called(connection, schema, username)
        if len(called) > 1:  # an import may have brought them; written exactly it may be one
            called = [one for one in called if one.username == username] if sum(one.username == username for one in called) == 1 else called
        if len(called) == 1:
            found.append(called[0])
        elif called:
            problems.append(Problem("several-users", f"several users are called {username!r}: "
                                    + ", ".join(f"{one.username} (id {one.id})" for one in called), hint="write it in the same case"))
        else:
            users = schema.describe("user").table
            known = connection.execute(select(users.c.username).where(users.c.deleted_at.is_(None))).scalars()
            problems.append(Problem("unknown-user", f"there is no user {username!r}",
                                    hint=did_you_mean(username, known) or "crm user list"))
    raise_if_any(problems, NotFound)
    return found


def _permissions(connection: Connection, schema: Schema, names: Sequence[str]) -> list[Row[Any]]:
    sets = schema.describe("permission_set").table
    known = {row.name.casefold(): row for row in connection.execute(
        select(sets).where(sets.c.deleted_at.is_(None)).order_by(sets.c.id.desc()))}  # of two with one name the first
    raise_if_any((Problem("unknown-permission", f"there is no permission set {name!r}",
                          hint=did_you_mean(name, (row.name for row in known.values())) or "crm permission list")
                  for name in names if name.strip().casefold() not in known), NotFound)
    return [known[name.strip().casefold()] for name in names]


def _role(connection: Connection, schema: Schema, name: str) -> int:
    roles = schema.describe("role").table
    known = {row.name.casefold(): row for row in connection.execute(
        select(roles).where(roles.c.deleted_at.is_(None)).order_by(roles.c.id.desc()))}
    if name.strip().casefold() not in known:
        raise NotFound(Problem("unknown-role", f"there is no role {name!r}", "role",
                               did_you_mean(name, (row.name for row in known.values()))))
    return int(known[name.strip().casefold()].id)
