"""Which records of an object a user may see or edit, as plain data (`RowRule`) and as a SQL predicate.

A record is seen by everybody who may read its object, unless the object is private: then by its owner and by those
whose role is above the owner's in the tree (`role_closure`). Records controlled by a parent are seen with the parent.
A record is edited and deleted by its owner and those above, or with the parent.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, or_, select

from crmlib.model.schema import Schema
from crmlib.security.access import Access


@dataclass(frozen=True)
class RowRule:
    """Why records of an object may be seen or edited. kind: "all", "none", "owner" or "parent" (then `parent` is the rule there)."""

    object: str
    kind: str
    reason: str
    user_id: int = 0
    role_id: int | None = None
    parent: RowRule | None = None
    parent_lookup: str = ""


def row_rule(access: Access, object_name: str, schema: Schema, right: str = "read") -> RowRule:
    """The rule for one user and object. right: "read", "edit" or "delete"."""
    described = schema.describe(object_name)
    every = "view_all" if right == "read" else "edit_all"
    if not access.may(right, object_name):
        return RowRule(object_name, "none", f"no permission set lets {access.username} {right} {described.plural_label}")
    if access.may(every, object_name):
        return RowRule(object_name, "all", f"{access.username} may {every.replace('_', ' ')} {described.plural_label}")
    level = access.sharing.get(object_name, described.sharing)
    if level == "read" and right == "read":
        return RowRule(object_name, "all", f"{described.plural_label} are visible to all who may read them")
    if level == "parent" and described.controlled_by:
        lookup = described.field(described.controlled_by)
        assert lookup.to is not None
        parent = row_rule(access, lookup.to, schema, "read" if right == "read" else "edit")
        if parent.kind in ("all", "none"):
            return RowRule(object_name, parent.kind, f"{described.plural_label} follow their {lookup.label}: {parent.reason}")
        return RowRule(object_name, "parent", f"{described.plural_label} are visible with their {lookup.label}: {parent.reason}",
                       parent=parent, parent_lookup=lookup.name)
    return RowRule(object_name, "owner", f"{described.plural_label} owned by {access.username} or by a role below theirs",
                   user_id=access.user_id, role_id=access.role_id)


def row_predicate(rule: RowRule, records: FromClause, schema: Schema) -> ColumnElement[bool] | None:
    """The condition that rows of `records` (the object's table or an alias of it) must meet; None when all may be seen."""
    if rule.kind == "all":
        return None
    if rule.kind == "none":
        return records.c.id.is_(None)
    if rule.kind == "parent":
        assert rule.parent is not None
        lookup = schema.describe(rule.object).field(rule.parent_lookup)
        parents = schema.describe(rule.parent.object).table.alias()
        condition = row_predicate(rule.parent, parents, schema)
        assert condition is not None
        return records.c[lookup.column.name].in_(select(parents.c.id).where(condition))
    users, closure = schema.describe("user").table.alias(), schema.metadata.tables["role_closure"].alias()
    below = select(users.c.id).join(closure, closure.c.descendant_id == users.c.role_id).where(
        closure.c.ancestor_id == rule.role_id, closure.c.depth > 0)
    mine = records.c.owner_id == rule.user_id
    return mine if rule.role_id is None else or_(mine, records.c.owner_id.in_(below))
