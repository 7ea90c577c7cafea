"""A new base needs kinds of users, and somebody who may do everything: user `admin` with the permission set "Administrator"."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Select, Table, select

from crmlib.errors import NotFound, Problem
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.security.permission_sets import ADMINISTRATOR, make_permission_sets


def ensure_administrator(org: Org) -> None:
    """Make the shipped permission sets and the first administrator if there is no user at all."""
    user, permission_set, assignment = (
        org.schema.describe(name).table for name in ("user", "permission_set", "permission_assignment"))
    anybody = select(user.c.id).limit(1)
    if org.fetch(anybody):
        return  # without waiting for whoever is writing
    with org.begin() as connection:
        if connection.execute(anybody).first():
            return
        stamps = {"created_at": org.now(), "modified_at": org.now()}

        def insert(table: Table, **values: Any) -> int:
            return connection.execute(table.insert().values(**values, **stamps).returning(table.c.id)).scalar_one()

        admin = insert(user, name="Administrator", username="admin", is_active=True)
        make_permission_sets(connection, org.schema, stamps["created_at"])
        rights = connection.execute(select(permission_set.c.id).where(permission_set.c.name == ADMINISTRATOR)).scalar_one()
        insert(assignment, name="Administrator: admin", permission_set_id=rights, user_id=admin)


def default_username(org: Org) -> str:
    """CRM_USER, or else the first active user who may edit everything. Sign-in will replace this."""
    if given := os.environ.get("CRM_USER"):
        return given
    found = org.fetch(administrators(org.schema).limit(1))
    if not found:
        raise NotFound(Problem("no-user", "nobody in this base may do everything", "CRM_USER", "set CRM_USER to the username to work as"))
    return str(found[0].username)


def administrators(schema: Schema) -> Select[Any]:
    """The active users who may edit everything, the first made first."""
    user, permission_set, assignment, object_permission = tables = [
        schema.describe(name).table for name in ("user", "permission_set", "permission_assignment", "object_permission")]
    return (select(user.c.id, user.c.username).join(assignment, assignment.c.user_id == user.c.id)
            .join(permission_set, permission_set.c.id == assignment.c.permission_set_id)
            .join(object_permission, object_permission.c.permission_set_id == permission_set.c.id)
            .where(object_permission.c.name == "*", object_permission.c.edit_all, user.c.is_active,
                   *(table.c.deleted_at.is_(None) for table in tables))
            .order_by(user.c.id))
