"""What a user may do with objects and fields: the sum of their permission sets, read from the data.

Rights only add: a further permission set never takes anything away. Without any, a user may do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Row, select

from crmlib.errors import AccessDenied, DefinitionError, NotFound, Problem, did_you_mean
from crmlib.model.formula_fields import guards_of
from crmlib.model.org import Org
from crmlib.model.schema import Field, Schema
from crmlib.model.sql_functions import lower_text

RIGHTS = {"read": "can_read", "create": "can_create", "edit": "can_edit", "delete": "can_delete",
          "view_all": "view_all", "edit_all": "edit_all"}
"""Each right and the column of object_permission that grants it."""

ALWAYS_READABLE = ("id", "name")
"""Whoever may read an object may read these: without them a record can't be told from another."""


@dataclass(frozen=True)
class Access:
    """A user with their rights, as of the moment it was read.

    objects: rights per object name; "*" holds those for every object. fields: "contact.birthday", "contact.*" or "*".
    sharing: per object, who sees a record by default, where the company changed it.
    """

    user_id: int
    username: str
    name: str
    role_id: int | None
    objects: Mapping[str, frozenset[str]]
    readable_fields: frozenset[str]
    editable_fields: frozenset[str]
    sharing: Mapping[str, str]

    def may(self, right: str, object_name: str) -> bool:
        """Whether a right ("read", "create", "edit", "delete", "view_all", "edit_all") is held for an object."""
        return right in self.objects.get(object_name, ()) or right in self.objects.get("*", ())

    @property
    def builds_report_types(self) -> bool:
        """Whether report types in development are for this user: those who may edit everything."""
        return self.may("edit_all", "*")

    def may_read_field(self, object_name: str, field: str) -> bool:
        return self.may("read", object_name) and (field in ALWAYS_READABLE or _covers(self.readable_fields, object_name, field))

    def may_edit_field(self, object_name: str, field: str) -> bool:
        return _covers(self.editable_fields, object_name, field)


def may_see(access: Access, field: Field, schema: Schema) -> bool:
    """Whether a user may see a field's values: of a formula field only who may read all that it reads. Nobody, if it is broken."""
    try:
        return all(access.may_read_field(object_name, name) for object_name, name in guards_of(schema, field))
    except DefinitionError:
        return False


def _covers(granted: frozenset[str], object_name: str, field: str) -> bool:
    return not granted.isdisjoint(("*", f"{object_name}.*", f"{object_name}.{field}"))


def access_of(org: Org, username: str) -> Access:
    """The access of an active user. Raises NotFound or AccessDenied. Five statements in one snapshot."""
    table = {name: org.schema.describe(name).table for name in
             ("user", "permission_set", "permission_assignment", "object_permission", "field_permission", "sharing_default")}
    with org.snapshot() as connection:
        users = table["user"].c
        user = connection.execute(select(table["user"]).where(
            lower_text(users.username) == username.lower(), users.deleted_at.is_(None)).order_by(users.id).limit(1)).first()
        if user is None:
            known = connection.execute(select(users.username).where(users.is_active, users.deleted_at.is_(None))).scalars()
            raise NotFound(Problem("unknown-user", f"there is no user {username!r}", hint=did_you_mean(username, known)))
        if not user.is_active:
            raise AccessDenied(Problem("inactive-user", f"user {username!r} is not active"))
        sets, assigned = table["permission_set"].c, table["permission_assignment"].c
        held = select(sets.id).join(table["permission_assignment"], assigned.permission_set_id == sets.id).where(
            assigned.user_id == user.id, assigned.deleted_at.is_(None), sets.deleted_at.is_(None))

        def granted(name: str) -> list[Row]:
            return list(connection.execute(select(table[name]).where(
                table[name].c.permission_set_id.in_(held), table[name].c.deleted_at.is_(None))))

        objects: dict[str, frozenset[str]] = {}
        for row in granted("object_permission"):
            rights = frozenset(right for right, column in RIGHTS.items() if getattr(row, column))
            objects[row.name] = objects.get(row.name, frozenset()) | rights
        fields = granted("field_permission")
        defaults = connection.execute(select(table["sharing_default"]).where(table["sharing_default"].c.deleted_at.is_(None)))
        return Access(user.id, user.username, user.name, user.role_id, objects,
                      frozenset(row.name for row in fields if row.can_read), frozenset(row.name for row in fields if row.can_edit),
                      {row.name: row.level for row in defaults})
