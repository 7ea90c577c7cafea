"""Records of a demo organisation as dicts of field names, for tests to look at."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from crmlib.model.org import Org


def rows(org: Org, object_name: str) -> list[dict[str, Any]]:
    """All records of an object by id, as dicts of field names."""
    described = org.schema.describe(object_name)
    statement = select(*(field.column.label(field.name) for field in described.stored.values())).order_by(described.table.c.id)
    return [dict(row._mapping) for row in org.fetch(statement)]


def by_id(org: Org, object_name: str) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows(org, object_name)}


def grouped(found: list[dict[str, Any]], key: str) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        groups[row[key]].append(row)
    return groups


def contents(org: Org) -> dict[str, list[dict[str, Any]]]:
    return {name: rows(org, name) for name in org.schema.names}
