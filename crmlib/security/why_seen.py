"""Why somebody may or may not see a record or a field: told by the rules that decide it (`sharing`, `access`)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select, true

from crmlib.errors import NotFound, Problem
from crmlib.model.formula_fields import guards_of
from crmlib.model.org import Org
from crmlib.model.schema import ObjectType
from crmlib.security.access import ALWAYS_READABLE, RIGHTS, Access, access_of, may_see
from crmlib.security.sharing import row_predicate, row_rule
from crmlib.security.users import HeldPermission, check_administrator, list_permissions


def why_seen(org: Org, by: Access, username: str, object_name: str, record_id: int | None = None, field: str | None = None) -> list[str]:
    """What a user may do with an object, a record of it and a field of it, and which rule says so; for administrators.

    Raises NotFound, AccessDenied also for a user who is not active.
    """
    check_administrator(by)
    access = access_of(org, username)
    described = org.schema.describe(object_name)
    held = [one for one in list_permissions(org) if access.username in one.usernames]
    told = [f"{access.username} holds {', '.join(one.name for one in held) or 'no permission set, so may do nothing'}."]
    told += _about_object(access, described, held)
    if record_id is not None:
        with org.snapshot() as connection:
            told += _about_record(connection, org, access, described, record_id)
    return told + (list(_about_field(org, access, described, field, held)) if field is not None else [])


def _about_object(access: Access, described: ObjectType, held: list[HeldPermission]) -> Iterator[str]:
    for right in RIGHTS:
        by = [one.name for one in held if right in one.objects.get(described.name, ()) or right in one.objects.get("*", ())]
        words = f"{right.replace('_', ' ')} {described.plural_label}"
        yield f"May {words}: {', '.join(by)}." if access.may(right, described.name) else f"May not {words}: none of these sets says so."


def _about_record(connection: Connection, org: Org, access: Access, described: ObjectType, record_id: int) -> Iterator[str]:
    table, users, roles = described.table, org.schema.describe("user").table, org.schema.describe("role").table
    row = connection.execute(select(table.c.deleted_at, users.c.username, roles.c.name.label("role")).select_from(
        table.outerjoin(users, users.c.id == table.c.owner_id).outerjoin(roles, roles.c.id == users.c.role_id))
        .where(table.c.id == record_id)).first()
    if row is None:
        raise NotFound(Problem("unknown-record", f"there is no {described.label} {record_id}"))
    if row.deleted_at is not None:
        yield f"{described.label} {record_id} is in the recycle bin: nobody sees it until it is restored."
        return
    role = f"role {row.role}" if row.role else "without a role"
    yield f"{described.label} {record_id} " + (f"is owned by {row.username}, {role}." if row.username else "has no owner.")
    for right, words in (("read", "sees"), ("edit", "may edit"), ("delete", "may delete")):
        rule = row_rule(access, described.name, org.schema, right)
        condition = row_predicate(rule, table, org.schema)
        seen = connection.execute(select(table.c.id).where(table.c.id == record_id, true() if condition is None else condition)).first()
        verdict = f"{access.username} {words} it" if seen else f"{access.username} {_not(words)} it"
        only = "the rule is: only " if rule.kind == "owner" else ""
        yield f"{verdict}: {only}{rule.reason}."


def _not(words: str) -> str:
    return {"sees": "does not see"}.get(words, words.replace("may", "may not"))


def _about_field(org: Org, access: Access, described: ObjectType, name: str, held: list[HeldPermission]) -> Iterator[str]:
    field = described.field(name)
    keys = ("*", f"{described.name}.*", f"{described.name}.{name}")
    readers = [one.name for one in held if any(key in one.fields for key in keys)]
    editors = [one.name for one in held if any(one.fields.get(key) for key in keys)]
    if not access.may("read", described.name):
        yield f"{field.label} is hidden, since {described.plural_label} may not be read."
    elif may_see(access, field, org.schema):
        by = ", ".join(readers) or ("everybody who may read the object reads it" if name in ALWAYS_READABLE else "what it is calculated of")
        yield f"May read {field.label}: {by}."
    elif field.formula and readers:
        missing = [f"{org.schema.describe(of).label} {org.schema.describe(of).field(read).label}"
                   for of, read in sorted(guards_of(org.schema, field)) if not access.may_read_field(of, read)]
        yield f"{field.label} is hidden, since it is calculated of {', '.join(missing)}."
    else:
        yield f"{field.label} is hidden: none of these sets lets it be read."
    if field.formula:
        yield f"{field.label} is calculated; nobody edits it."
    else:
        yield f"May edit {field.label}: {', '.join(editors)}." if editors else f"May not edit {field.label}: none of these sets says so."
