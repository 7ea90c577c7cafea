"""Keeps `role_closure`, which says of every role which roles are below it, however far."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from crmlib.errors import InvalidData, Problem
from crmlib.model.schema import Schema


def rebuild_role_closure(connection: Connection, schema: Schema) -> None:
    """Make it anew from the roles, after one was added or moved. Raises InvalidData if a role would stand above itself."""
    roles, closure = schema.describe("role").table, schema.metadata.tables["role_closure"]
    rows = closure_of({row.id: row.parent_id for row in connection.execute(select(roles.c.id, roles.c.parent_id))})
    connection.execute(closure.delete())
    if rows:
        names = ("ancestor_id", "descendant_id", "depth")
        connection.execute(closure.insert(), [dict(zip(names, row, strict=True)) for row in sorted(rows)])


def closure_of(parents: Mapping[int, int | None]) -> set[tuple[int, int, int]]:
    """(role above, role below, how far) of a tree given by each role's parent. Raises InvalidData if a role would stand above itself."""
    rows = set()
    for role in parents:
        above: int | None = role
        depth = 0
        while above is not None:
            rows.add((above, role, depth))
            parent = parents[above]
            above, depth = parent if parent in parents else None, depth + 1
            if above == role or depth > len(parents):
                raise InvalidData(Problem("role-cycle", "a role can't report to itself, nor to a role below it", "parent"))
    return rows
