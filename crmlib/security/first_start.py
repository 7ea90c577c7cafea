"""A new base needs somebody who may do everything: user `admin` with the permission set "Administrator"."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Table, select

from crmlib.errors import NotFound, Problem
from crmlib.model.org import Org


def ensure_administrator(org: Org) -> None:
    """Make the first administrator if there is no user at all."""
    user, permission_set, assignment, object_permission, field_permission = (
        org.schema.describe(name).table
        for name in ("user", "permission_set", "permission_assignment", "object_permission", "field_permission"))
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
        rights = insert(permission_set, name="Administrator")
        insert(object_permission, name="*", permission_set_id=rights, can_read=True, can_create=True, can_edit=True, can_delete=True,
               view_all=True, edit_all=True)
        insert(field_permission, name="*", permission_set_id=rights, can_read=True, can_edit=True)
        insert(assignment, name="Administrator: admin", permission_set_id=rights, user_id=admin)


def default_username(org: Org) -> str:
    """CRM_USER, or else the first active user who may edit everything. Sign-in will replace this."""
    if given := os.environ.get("CRM_USER"):
        return given
    user, permission_set, assignment, object_permission = tables = [
        org.schema.describe(name).table for name in ("user", "permission_set", "permission_assignment", "object_permission")]
    found = org.fetch(
        select(user.c.username).join(assignment, assignment.c.user_id == user.c.id)
        .join(permission_set, permission_set.c.id == assignment.c.permission_set_id)
        .join(object_permission, object_permission.c.permission_set_id == permission_set.c.id)
        .where(object_permission.c.name == "*", object_permission.c.edit_all, user.c.is_active,
               *(table.c.deleted_at.is_(None) for table in tables))
        .order_by(user.c.id).limit(1))
    if not found:
        raise NotFound(Problem("no-user", "nobody in this base may do everything", "CRM_USER", "set CRM_USER to the username to work as"))
    return str(found[0].username)
