"""Keeps `role_closure`, which says of every role which roles are below it, however far."""

from __future__ import annotations

from sqlalchemy import Connection, select

from crmlib.errors import InvalidData, Problem
from crmlib.model.schema import Schema


def rebuild_role_closure(connection: Connection, schema: Schema) -> None:
    """Make it anew from the roles, after one was added or moved. Raises InvalidData if a role would stand above itself."""
    roles, closure = schema.describe("role").table, schema.metadata.tables["role_closure"]
    parents = {row.id: row.parent_id for row in connection.execute(select(roles.c.id, roles.c.parent_id))}
    rows = []
    for role in parents:
        above, depth = role, 0
        while above is not None:
            rows.append({"ancestor_id": above, "descendant_id": role, "depth": depth})
            above, depth = parents[above], depth + 1
            if above == role or depth > len(parents):
                raise InvalidData(Problem("role-cycle", "a role can't report to itself, nor to a role below it", "parent"))
    connection.execute(closure.delete())
    if rows:
        connection.execute(closure.insert(), rows)
