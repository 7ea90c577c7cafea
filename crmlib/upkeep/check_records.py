"""Are the records what their fields say: lookups that lead somewhere, values of their picklist, nothing blank that is required?

One statement per object counts all faults of all fields; records with faults are only looked for where there are some.
Records in the recycle bin may be incomplete, but not unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Text, and_, case, exists, func, or_, select, type_coerce
from sqlalchemy.exc import DatabaseError

from crmlib.errors import Problem
from crmlib.model.fields import MOST_DIGITS
from crmlib.model.schema import Field, ObjectType, Schema
from crmlib.upkeep.check_tables import BACKUP, Finding

EXAMPLES = 5
"""So many ids, and so many values, are named."""


@dataclass(frozen=True)
class Fault:
    """One thing that can be wrong with a field: a condition that no record should meet. words: what is told of those that do."""

    code: str
    field: Field
    condition: ColumnElement[bool]
    words: str
    hint: str
    shows_values: bool = False


def check_records(connection: Connection, schema: Schema, described: ObjectType) -> Iterator[Finding]:
    """All faults of one object's records. One statement, and one or two more per fault."""
    faults = list(_faults(connection, schema, described))
    try:
        counts = connection.execute(select(*(func.sum(case((fault.condition, 1), else_=0)) for fault in faults))
                                    .select_from(described.table)).one()
        for fault, count in zip(faults, counts, strict=True):
            if count:
                yield _finding(connection, described, fault, int(count))
    except DatabaseError as error:
        yield Finding(Problem("unreadable-table", f"its records can't be read: {error.orig}", described.table.name, BACKUP))


def _finding(connection: Connection, described: ObjectType, fault: Fault, count: int) -> Finding:
    key = described.table.c.id
    ids = connection.execute(select(key).where(fault.condition).order_by(key).limit(EXAMPLES)).scalars().all()
    told = f"{count:,} record{'s' if count > 1 else ''} {fault.words}"
    if fault.shows_values:
        value = type_coerce(fault.field.column, Text)
        values = connection.execute(select(value).where(fault.condition).distinct().order_by(value).limit(EXAMPLES)).scalars()
        told += f" ({', '.join(repr(one) for one in values)})"
    where = ", ".join(map(str, ids)) + (", ..." if count > len(ids) else "")
    return Finding(Problem(fault.code, f"{told}: id {where}", f"{described.name}.{fault.field.name}", fault.hint), count)


def _faults(connection: Connection, schema: Schema, described: ObjectType) -> Iterator[Fault]:
    alive = described.table.c.deleted_at.is_(None)
    for field in described.stored.values():
        column, label = field.column, field.label
        if connection.dialect.name == "sqlite":
            yield from _stored_wrongly(field)
        if field.to:
            target = schema.describe(field.to).table.alias()
            yield Fault("lookup-nowhere", field, and_(column.is_not(None), ~exists().where(target.c.id == column)),
                        f"point by {label} at a {field.to} that is not there",
                        "choose another, or none, in these records; if they are many, restore a backup")
        if field.required:
            blank = column.is_(None) if field.family not in ("text", "picklist") else or_(column.is_(None), func.trim(column) == "")
            yield Fault("required-blank", field, and_(alive, blank), f"have no {label}, which is required", "fill it in")
        if field.family in ("picklist", "multi_picklist"):
            yield Fault("not-in-picklist", field, and_(alive, _none_of_its_values(field)), f"have a {label} that is not in its picklist",
                        "choose one of its values in these records", shows_values=True)
    if _needs_owner(connection, schema, described):
        yield Fault("no-owner", described.field("owner"), and_(alive, described.table.c.owner_id.is_(None)),
                    "have no owner: only who may view all sees them", "give them an owner")


def _none_of_its_values(field: Field) -> ColumnElement[bool]:
    value: ColumnElement[str] = type_coerce(field.column, Text)
    if field.family == "picklist":
        return value.not_in(field.values)
    for known in field.values:  # of `;a;b;` one after the other goes, until a single semicolon is left
        value = func.replace(value, f";{known};", ";")
    return value != ";"


def _stored_wrongly(field: Field) -> Iterator[Fault]:
    """SQLite keeps any value in any column; what another program wrote there may be none that this one can read."""
    column, kind = field.column, func.typeof(field.column)
    as_text = type_coerce(column, Text)
    if field.type.name in ("currency", "number", "percent"):
        beyond = func.abs(column) >= 10 ** MOST_DIGITS
        yield Fault("wrong-scale", field, or_(kind.not_in(("integer", "null")), and_(kind == "integer", beyond)),
                    f"hold in {field.label} no whole number of its smallest unit (scale {field.scale})",
                    "another program wrote them: enter the amounts again, or import them (crm import)")
        return
    wrong: ColumnElement[bool]
    if field.family == "date":  # "+0 days" makes 3 March of 31 February, which SQLite else lets pass
        wrong = func.coalesce(func.date(as_text, "+0 days"), "") != as_text
    elif field.family == "datetime":
        wrong = func.coalesce(func.strftime("%Y-%m-%d %H:%M:%S", as_text, "+0 days"), "") != func.substr(as_text, 1, 19)
    elif field.family == "boolean":
        wrong = and_(column.is_not(None), type_coerce(column, Text).not_in((0, 1)))
    else:
        wrong = kind.not_in(("integer" if field.type.name in ("id", "lookup", "integer") else "text", "null"))
    yield Fault("unreadable-value", field, wrong, f"hold in {field.label} what is no {field.type.label.lower()}",
                "another program wrote them: enter the values again, or import them (crm import)")


def _needs_owner(connection: Connection, schema: Schema, described: ObjectType) -> bool:
    """Whether who sees a record depends on its owner."""
    defaults = schema.describe("sharing_default").table
    given = connection.execute(select(defaults.c.level).where(defaults.c.name == described.name, defaults.c.deleted_at.is_(None))).scalar()
    level = given or described.sharing
    return level == "private" or (level == "parent" and not described.controlled_by)
