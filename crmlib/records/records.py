"""Single records as a user: read, create, update, delete, restore.

    records = org.records
    deal = records.get("opportunity", 5)
    deal.amount, deal.account.name, [line.total_price for line in deal.line_items]
    records.update("opportunity", 5, stage=6, seen=deal.modified_at)

Fields are named as `Schema.describe` names them; a lookup takes a record's id. All faults come at once (InvalidData), and
nothing is written unless all of it can be. Entering a stage is kept as a `stage_change` in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, select

from crmlib.errors import AccessDenied, Conflict, InvalidData, NotFound, Problem, did_you_mean, raise_if_any
from crmlib.model.formula_fields import ensure_sound
from crmlib.model.org import Org
from crmlib.model.schema import ObjectType
from crmlib.records.formula_columns import formula_columns
from crmlib.security.access import Access
from crmlib.security.role_tree import rebuild_role_closure
from crmlib.security.sharing import row_predicate, row_rule

KEPT_BY_THE_SYSTEM = ("id", "created_at", "created_by", "modified_at", "modified_by", "deleted_at")
SECONDS_A_DAY = 86_400


class Records:
    """The door to single records for one user."""

    def __init__(self, org: Org, access: Access) -> None:
        self.org = org
        self.access = access

    def get(self, object_name: str, record_id: int) -> Record:
        """Raises NotFound for a record that isn't there or that this user may not see: which of both is not told."""
        described = self.org.schema.describe(object_name)
        found = self.org.fetch(self._to_show(described).where(described.table.c.id == record_id))
        if not found:
            raise _not_found(described, record_id)
        return Record(self, described, dict(found[0]._mapping))

    def children(self, object_name: str, lookup: str, parent_id: int) -> list[Record]:
        """The records of an object whose lookup points to a parent, as far as this user may see them, by id."""
        described = self.org.schema.describe(object_name)
        column = described.field(lookup).column
        rows = self.org.fetch(self._to_show(described).where(column == parent_id).order_by(described.table.c.id))
        return [Record(self, described, dict(row._mapping)) for row in rows]

    def create(self, object_name: str, **values: Any) -> int:
        """A new record's id. The owner is this user unless given."""
        described = self.org.schema.describe(object_name)
        if not self.access.may("create", object_name):
            raise AccessDenied(Problem("create", f"{self.access.username} may not create {described.plural_label}"))
        values = _with_name(described, {"owner": self.access.user_id, **values})
        defaults = {name: field.default for name, field in described.fields.items() if field.default is not None and name not in values}
        parsed = self._parsed(described, {**defaults, **values}, given=values)
        raise_if_any(_missing(described, parsed), InvalidData)
        now = self.org.now()
        stamps = {"created_at": now, "created_by_id": self.access.user_id, "modified_at": now, "modified_by_id": self.access.user_id}
        with self.org.begin() as connection:
            self._check_lookups(connection, described, parsed)
            insert = described.table.insert().values(_columns(described, parsed) | stamps).returning(described.table.c.id)
            record_id: int = connection.execute(insert).scalar_one()
            if object_name == "opportunity":
                self._enter_stage(connection, record_id, None, parsed)
            if object_name == "role":
                rebuild_role_closure(connection, self.org.schema)
        return record_id

    def update(self, object_name: str, record_id: int, seen: datetime | None = None, **values: Any) -> None:
        """Change fields. seen: the `modified_at` one has read; raises Conflict if somebody has changed the record since."""
        described = self.org.schema.describe(object_name)
        parsed = self._parsed(described, values, given=values)
        with self.org.begin() as connection:
            before = self._for_writing(connection, described, record_id, "edit")
            if seen is not None and before["modified_at"] != seen:
                when = f"{before['modified_at']:%d %b %Y %H:%M:%S} UTC"
                raise Conflict(Problem("changed-meanwhile", f"somebody changed this {described.label} at {when}",
                                       hint="read it again and repeat your change"))
            self._check_lookups(connection, described, parsed)
            after = {name: before[field.column.name] for name, field in described.stored.items()} | parsed
            raise_if_any(_missing(described, after), InvalidData)
            changed = {name: value for name, value in parsed.items() if before[described.fields[name].column.name] != value}
            if not changed:
                return
            self._write(connection, described, record_id, _columns(described, changed))
            if object_name == "opportunity" and "stage" in changed:
                self._enter_stage(connection, record_id, before, after)
            if object_name == "role" and "parent" in changed:
                rebuild_role_closure(connection, self.org.schema)

    def delete(self, object_name: str, record_id: int) -> None:
        """Put a record into the recycle bin: it is seen nowhere until `restore`."""
        described = self.org.schema.describe(object_name)
        with self.org.begin() as connection:
            self._for_writing(connection, described, record_id, "delete")
            self._write(connection, described, record_id, {"deleted_at": self.org.now()})

    def restore(self, object_name: str, record_id: int) -> None:
        """Take a record out of the recycle bin."""
        described = self.org.schema.describe(object_name)
        with self.org.begin() as connection:
            self._for_writing(connection, described, record_id, "delete", deleted=True)
            self._write(connection, described, record_id, {"deleted_at": None})

    def _to_show(self, described: ObjectType) -> Select[Any]:
        """Records this user may read, with their formula fields."""
        formulas = formula_columns(described, self.org, self.access)
        return self._select(described, "read").add_columns(*formulas.columns).select_from(formulas.tables)

    def _select(self, described: ObjectType, right: str, deleted: bool = False) -> Select[Any]:
        """Records this user may read, edit or delete."""
        table = described.table
        rule = row_predicate(row_rule(self.access, described.name, self.org.schema, right), table, self.org.schema)
        query = select(table).where(table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None))
        return query if rule is None else query.where(rule)

    def _for_writing(self, connection: Connection, described: ObjectType, record_id: int, right: str,
                     deleted: bool = False) -> Mapping[str, Any]:
        """The row as it is now, locked. Raises NotFound if it can't be seen, AccessDenied if it can but may not be written."""
        chosen = described.table.c.id == record_id
        if connection.execute(self._select(described, "read", deleted).where(chosen)).first() is None:
            raise _not_found(described, record_id)
        row = connection.execute(self._select(described, right, deleted).where(chosen).with_for_update()).first()
        if row is None:
            raise AccessDenied(Problem(right, f"{self.access.username} may not {right} this {described.label}",
                                       hint=row_rule(self.access, described.name, self.org.schema, right).reason))
        return dict(row._mapping)

    def _write(self, connection: Connection, described: ObjectType, record_id: int, columns: Mapping[str, Any]) -> None:
        stamps = {"modified_at": self.org.now(), "modified_by_id": self.access.user_id}
        connection.execute(described.table.update().where(described.table.c.id == record_id).values({**columns, **stamps}))

    def _parsed(self, described: ObjectType, values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Values as their fields take them. Raises InvalidData or AccessDenied with every fault of what was given."""
        parsed: dict[str, Any] = {}
        faults: list[Problem] = []
        denied: list[Problem] = []
        for name, value in values.items():
            if name not in described.fields:
                faults.append(Problem("unknown-field", f"{described.label} has no field {name!r}", name,
                                      did_you_mean(name, described.fields)))
            elif name in KEPT_BY_THE_SYSTEM:
                faults.append(Problem("read-only", f"{described.fields[name].label} is kept by the system", name))
            elif described.fields[name].formula:
                faults.append(Problem("read-only", f"{described.fields[name].label} is calculated", name,
                                      "change what it is calculated of"))
            elif name in given and name != "owner" and not self.access.may_edit_field(described.name, name):
                denied.append(Problem("field", f"{self.access.username} may not change {described.fields[name].label}", name))
            else:
                try:
                    parsed[name] = described.fields[name].parse(value)
                except ValueError as error:
                    faults.append(Problem("bad-value", f"{described.fields[name].label}: {error}", name))
        raise_if_any(faults, InvalidData)
        raise_if_any(denied, AccessDenied)
        return parsed

    def _check_lookups(self, connection: Connection, described: ObjectType, values: Mapping[str, Any]) -> None:
        """A lookup may only point to a record that is there and that this user may see."""
        faults = []
        for name, value in values.items():
            target = described.fields[name].to
            if target is not None and value is not None:
                pointed = self.org.schema.describe(target)
                if connection.execute(self._select(pointed, "read").where(pointed.table.c.id == value)).first() is None:
                    faults.append(Problem("unknown-record", f"{described.fields[name].label}: there is no {pointed.label} {value}", name))
        raise_if_any(faults, InvalidData)

    def _enter_stage(self, connection: Connection, record_id: int, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
        """Keep that an opportunity entered a stage, and how many days it was in the one before."""
        changes, now = self.org.schema.describe("stage_change").table, self.org.now()
        last = connection.execute(select(changes.c.changed_at).where(changes.c.opportunity_id == record_id)
                                  .order_by(changes.c.changed_at.desc()).limit(1)).scalar()
        days = Decimal((now - last).total_seconds()) / SECONDS_A_DAY if last is not None and before is not None else None
        connection.execute(changes.insert().values(
            name=str(after["name"]), opportunity_id=record_id, from_stage_id=before["stage_id"] if before is not None else None,
            to_stage_id=after["stage"], amount=after.get("amount"), changed_at=now, days_in_stage=days,
            owner_id=after.get("owner"), created_at=now, created_by_id=self.access.user_id,
            modified_at=now, modified_by_id=self.access.user_id))


class Record(Mapping[str, Any]):
    """A record as one user sees it: `record["amount"]`, `record.amount`; lookups and children lead to further records.

    As a mapping it has the fields this user may read, lookups as ids.
    """

    def __init__(self, records: Records, described: ObjectType, row: Mapping[str, Any]) -> None:
        self._records = records
        self._described = described
        self._values = {name: row[field.column.name] for name, field in described.fields.items()
                        if field.column.name in row and records.access.may_read_field(described.name, name)}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        described = self._described
        known = [*described.fields, *described.children]
        if name not in known:
            raise AttributeError(f"{described.label} has no {name!r}; {did_you_mean(name, known)}")
        if name in described.children:
            child = described.children[name]
            return self._records.children(child.object, child.lookup, self._values["id"])
        if name not in self._values:
            ensure_sound(self._records.org.schema, described.fields[name])
            raise AccessDenied(Problem("field", f"{self._records.access.username} may not read {described.fields[name].label}", name))
        value, target = self._values[name], described.fields[name].to
        return value if target is None or value is None else self._records.get(target, value)

    def __repr__(self) -> str:
        return f"<{self._described.label} {self._values['id']}: {self._values['name']}>"


def _not_found(described: ObjectType, record_id: int) -> NotFound:
    return NotFound(Problem("unknown-record", f"there is no {described.label} {record_id}, or none that you may see"))


def _with_name(described: ObjectType, values: dict[str, Any]) -> dict[str, Any]:
    """A person's name, where it isn't given, is made of first and last name."""
    if "name" not in values and "last_name" in described.fields:
        parts = (values.get("first_name"), values.get("last_name"))
        values["name"] = " ".join(str(part).strip() for part in parts if part)
    return values


def _missing(described: ObjectType, values: Mapping[str, Any]) -> Iterator[Problem]:
    for name, field in described.fields.items():
        if field.required and name not in KEPT_BY_THE_SYSTEM and values.get(name) is None:
            yield Problem("required", f"{field.label} is missing", name)


def _columns(described: ObjectType, values: Mapping[str, Any]) -> dict[str, Any]:
    return {described.fields[name].column.name: value for name, value in values.items()}
