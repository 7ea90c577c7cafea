"""The permission sets that come with the program: kinds of users, to be combined. What a user may do is the sum of theirs.

To add a kind of user: a `PermissionSet` in PERMISSION_SETS. A base gets those it lacks at first start, with demo data, and
whenever users are imported or looked after; what a company changed in one, or deleted, stays as it made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.security.access import RIGHTS


@dataclass(frozen=True)
class PermissionSet:
    """objects: their rights as words ("*": every object). reads, edits: fields, as "contact.birthday", "contact.*" or "*"."""

    name: str
    description: str
    objects: Mapping[tuple[str, ...], str]
    reads: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()

    def object_rows(self) -> Iterator[dict[str, Any]]:
        """What object_permission holds of it."""
        for names, words in self.objects.items():
            for name in names:
                yield {"name": name, **{column: right in words.split() for right, column in RIGHTS.items()}}

    def field_rows(self) -> Iterator[dict[str, Any]]:
        """What field_permission holds of it; what may be edited may be read."""
        yield from ({"name": name, "can_read": True, "can_edit": False} for name in self.reads)
        yield from ({"name": name, "can_read": True, "can_edit": True} for name in self.edits)


PEOPLE = ("contact", "contact_point", "contact_role", "lead")
"""Objects with personal data of clients."""
DEALS = ("opportunity", "stage_change", "opportunity_contact_role", "opportunity_line_item", "quote", "quote_line_item", "order",
         "order_line_item", "invoice", "invoice_line_item", "campaign_member", "case")
EVENTS = ("task", "meeting", "call")
LISTS = ("stage", "campaign", "product", "price_book", "price_book_entry", "plan")
COMPANY = ("organization", "role", "user")

OWN_WORK = ("account.*", *(f"{name}.*" for name in (*DEALS, *EVENTS)), "lead.status")
"""Fields of what a manager does. Personal data of clients is not among them: that is an operator's."""

ADMINISTRATOR = "Administrator"

PERMISSION_SETS = (
    PermissionSet(ADMINISTRATOR, "Everything, of everybody, and who may do what",
                  {("*",): "read create edit delete view_all edit_all"}, edits=("*",)),
    PermissionSet("Manager", "Leads clients: works on their own deals and events, reads what the selling needs",
                  {("account", *DEALS, *EVENTS): "read create edit", ("lead",): "read edit",
                   ("contact", "contact_point", "contact_role", *LISTS, *COMPANY): "read"},
                  reads=("*",), edits=OWN_WORK),
    PermissionSet("Supervisor", "Leads managers: also deletes, and plans campaigns and targets; whose work they see, their role says",
                  {("account", *DEALS, *EVENTS, "campaign", "plan"): "read create edit delete", ("lead",): "read edit",
                   ("contact", "contact_point", "contact_role", "stage", "product", "price_book", "price_book_entry", *COMPANY): "read"},
                  reads=("*",), edits=(*OWN_WORK, "lead.owner", "campaign.*", "plan.*")),
    PermissionSet("Operator", "Keeps the personal data of all clients",
                  {("account", *PEOPLE): "read create edit view_all edit_all", ("user", "campaign"): "read"},
                  reads=("user.*", "campaign.*"), edits=("account.*", *(f"{name}.*" for name in PEOPLE))),
    PermissionSet("Analyst", "Reads all records, changes none", {("*",): "read view_all"}, reads=("*",)),
    PermissionSet("Integration", "Another program that brings and fetches records; it does not see who may do what",
                  {("account", *PEOPLE, *DEALS, *EVENTS, *LISTS): "read create edit view_all edit_all", COMPANY: "read"}, edits=("*",)),
)


def ensure_permission_sets(org: Org) -> None:
    """Make the shipped permission sets that are missing; usually none, and then nobody is waited for."""
    with org.snapshot() as connection:
        missing = missing_permission_sets(connection, org.schema)
    if missing:
        with org.begin() as connection:
            make_permission_sets(connection, org.schema, org.now())


def missing_permission_sets(connection: Connection, schema: Schema) -> list[PermissionSet]:
    """Those no permission set is called like. One in the recycle bin counts: somebody did not want it."""
    known = {name.casefold() for name in connection.execute(select(schema.describe("permission_set").table.c.name)).scalars()}
    return [shipped for shipped in PERMISSION_SETS if shipped.name.casefold() not in known]


def make_permission_sets(connection: Connection, schema: Schema, now: datetime) -> None:
    """Make those that are missing."""
    tables = {name: schema.describe(name).table for name in ("permission_set", "object_permission", "field_permission")}
    stamps = {"created_at": now, "modified_at": now}
    for shipped in missing_permission_sets(connection, schema):
        made = connection.execute(tables["permission_set"].insert().values(
            name=shipped.name, description=shipped.description, **stamps).returning(tables["permission_set"].c.id)).scalar_one()
        for name, rows in (("object_permission", shipped.object_rows()), ("field_permission", shipped.field_rows())):
            connection.execute(tables[name].insert(), [{**row, "permission_set_id": made, **stamps} for row in rows])
