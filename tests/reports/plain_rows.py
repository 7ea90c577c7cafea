"""What rows a report has, in plain Python: joins, rights, scope, fields made of others, filters. Written after docs/reports.md.

No plan and no SQL of crmlib's reports is used, so that a fault there can't be here as well. `oracle` makes figures of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import select

from crmlib.model.org import Org, Settings
from crmlib.model.schema import Field
from crmlib.reports.date_literals import date_range
from crmlib.reports.definition import Bucket, CrossFilter, Filter, Report, ReportType
from crmlib.security.access import Access
from tests.conftest import TODAY

Record = dict[str, Any]
FORMULA_FIELDS = {("opportunity", "age"): ("stage.outcome", "close_date", "created_at"), ("case", "age"): ("closed_at", "opened_at")}
"""The fields that a formula field of an object reads; `Paths.calculated` says what of them."""
Row = dict[str, Record | None]
"""A record for the primary object, at "", and for each related one, at its path; None where there is none."""


class Records:
    """Every record of an organisation, as plain values by object, id and field."""

    def __init__(self, org: Org) -> None:
        self.schema, self.settings = org.schema, org.settings
        self.all: dict[str, dict[int, Record]] = {}
        for described in org.schema:
            names = {one.name: one.column.name for one in described.stored.values()}
            found = [row._mapping for row in org.fetch(select(described.table).order_by(described.table.c.id))]
            self.all[described.name] = {row["id"]: {name: row[column] for name, column in names.items()} for row in found}
        self.children: dict[tuple[str, str], dict[int, list[Record]]] = {}

    def below(self, object_name: str, lookup: str, parent: int) -> list[Record]:
        """The records whose lookup points there, by id."""
        if (object_name, lookup) not in self.children:
            found: dict[int, list[Record]] = {}
            for record in self.all[object_name].values():
                found.setdefault(record[lookup], []).append(record)
            self.children[object_name, lookup] = found
        return self.children[object_name, lookup].get(parent, [])


class Eyes:
    """What one user sees of the records."""

    def __init__(self, records: Records, user: Access) -> None:
        self.records, self.user, self.schema = records, user, records.schema
        self.known: dict[tuple[str, int], bool] = {}

    def sees(self, object_name: str, record: Record) -> bool:
        """Whether a record is there for the user at all."""
        at = (object_name, record["id"])
        if at not in self.known:
            self.known[at] = record["deleted_at"] is None and self.may_see(object_name, record)
        return self.known[at]

    def may_see(self, object_name: str, record: Record | None) -> bool:
        """By permission, the object's default, the record controlling it, its owner."""
        described = self.schema.describe(object_name)
        if not self.user.may("read", object_name):
            return False
        level = self.user.sharing.get(object_name, described.sharing)
        if self.user.may("view_all", object_name) or level == "read":
            return True
        if level == "parent" and described.controlled_by:
            lookup = described.field(described.controlled_by)
            parent = self.records.all[str(lookup.to)].get(record[lookup.name]) if record else None
            return self.may_see(str(lookup.to), parent)
        return record is not None and record["owner"] in self.team

    @cached_property
    def team(self) -> set[int]:
        """The user and everybody whose role stands below theirs."""
        roles, found = self.records.all["role"], set()
        for other in self.records.all["user"].values():
            above = roles[other["role"]]["parent"] if other["role"] else None
            while above is not None:
                if above == self.user.role_id:
                    found.add(other["id"])
                above = roles[above]["parent"]
        return {self.user.user_id, *found}

    def record(self, object_name: str, number: int | None) -> Record | None:
        """What a lookup leads to; None if there is nothing for the user."""
        record = self.records.all[object_name].get(number) if number is not None else None
        return record if record and self.sees(object_name, record) else None

    def children(self, object_name: str, lookup: str, parent: int | None) -> list[Record]:
        """The records that have this one in a lookup."""
        found = self.records.below(object_name, lookup, parent) if parent is not None else ()
        return [one for one in found if self.sees(object_name, one)]

    def readable(self, reads: set[tuple[str, str]]) -> bool:
        return all(self.user.may_read_field(*one) for one in reads)


@dataclass(frozen=True)
class Formula:
    """What a drawn row formula means: the fields that it reads, and its value of theirs."""

    reads: tuple[str, ...]
    means: Callable[..., Any]
    family: str


@dataclass
class Paths:
    """The fields of a report type, as one user sees them: what a path leads to, in a row."""

    eyes: Eyes
    type: ReportType
    buckets: Mapping[str, Bucket] = field(default_factory=dict)
    formulas: Mapping[str, Formula] = field(default_factory=dict)

    @cached_property
    def objects(self) -> dict[str, tuple[str, str]]:
        """The primary and the related objects by path, each with its lookup back; those that must be absent, too."""
        found = {"": (self.type.primary_object, "")}
        for one in self.type.related_objects:
            parent, _, name = one.relationship.rpartition(".")
            steps = list(self.walk(f"{parent}.id".removeprefix("."), found))
            child = self.eyes.schema.describe(steps[-1].object).child(name)
            found[one.relationship] = child.object, child.lookup
        return found

    def walk(self, path: str, objects: dict[str, tuple[str, str]] | None = None) -> Iterator[Field]:
        """The lookups that a path goes along, and the field it ends at."""
        start = self.start(path, objects)
        at = (objects or self.objects)[start][0]
        for name in path[len(start):].removeprefix(".").split("."):
            step = self.eyes.schema.describe(at).field(name)
            yield step
            at = step.to or ""

    def start(self, path: str, objects: dict[str, tuple[str, str]] | None = None) -> str:
        """The path of the object that the way begins at."""
        return max((one for one in objects or self.objects if not one or path.startswith(f"{one}.")), key=len)

    def field(self, path: str) -> Field:
        return list(self.walk(path))[-1]

    def family(self, path: str) -> str:
        return "picklist" if path in self.buckets else self.formulas[path].family if path in self.formulas else self.field(path).family

    def is_lookup(self, path: str) -> bool:
        return path not in self.buckets and path not in self.formulas and self.field(path).to is not None

    def reads(self, path: str) -> set[tuple[str, str]]:
        """Every field that one must be allowed to read to see this one."""
        if path in self.buckets:
            return self.reads(self.buckets[path].field)
        if path in self.formulas:
            return set().union(*(self.reads(one) for one in self.formulas[path].reads))
        steps = list(self.walk(path))
        calculated_of = (f"{path.rpartition('.')[0]}.{one}".removeprefix(".")
                         for one in FORMULA_FIELDS.get((steps[-1].object, steps[-1].name), ()))
        return {(step.object, step.name) for step in steps}.union(
            {(steps[-1].to, "name")} if steps[-1].to else set(), *map(self.reads, calculated_of))

    def value(self, row: Row, path: str) -> Any:
        """As grouped and aggregated: of a lookup, the id of the record that it leads to."""
        if path in self.buckets:
            return self.bucket(self.buckets[path], row)
        if path in self.formulas:
            return self.formulas[path].means(*(self.shown(row, one) for one in self.formulas[path].reads))
        value, record = None, row[self.start(path)]
        for step in self.walk(path):
            value = self.calculated(step, record) if step.formula and record else record[step.name] if record else None
            if step.to:
                record = self.eyes.record(step.to, value)
                value = record["id"] if record else None
        return None if value in ("", ()) else value

    def calculated(self, step: Field, record: Record) -> Decimal | None:
        """Days from the beginning to the end, or until today."""
        if step.object == "opportunity":
            stage = self.eyes.record("stage", record["stage"])
            first, last = record["created_at"], TODAY if stage and stage["outcome"] == "Open" else record["close_date"]
        else:
            first, last = record["opened_at"], record["closed_at"] or TODAY
        zone = self.eyes.records.settings.zone
        days = [one.astimezone(zone).date() if isinstance(one, datetime) else one for one in (first, last)]
        return None if None in days else Decimal((days[1] - days[0]).days)

    def shown(self, row: Row, path: str) -> Any:
        """As a column shows it: of a lookup, the name of the record."""
        return self.value(row, f"{path}.name" if self.is_lookup(path) else path)

    def record_of(self, row: Row, path: str) -> Any:
        """The id of the record that a field is of; a formula is of the last related record that it reads."""
        if path in self.buckets:
            return self.record_of(row, self.buckets[path].field)
        if path in self.formulas:
            record = row[max((self.start(one) for one in self.formulas[path].reads), key=len)]
            return record["id"] if record else None
        return self.value(row, f"{path.rpartition('.')[0]}.id".removeprefix("."))

    def bucket(self, bucket: Bucket, row: Row) -> str | None:
        value = self.shown(row, bucket.field)
        if value is None:
            return None
        family = "text" if self.is_lookup(bucket.field) else self.family(bucket.field)
        for one in bucket.ranges:
            if one.up_to is None or matches("less_or_equal", family, value, one.up_to, self.eyes.records.settings):
                return one.label
        for named in bucket.values:
            if str(value).lower() in [text.lower() for text in named.values]:
                return named.label
        return bucket.other

    # Conditions

    def holds(self, condition: Filter | CrossFilter, row: Row) -> bool:
        if isinstance(condition, CrossFilter):
            return (len(self.related(condition, row)) >= condition.at_least) != condition.without
        family = "text" if self.is_lookup(condition.field) else self.family(condition.field)
        return keeps(condition.operator, family, self.shown(row, condition.field), list(condition.values), self.eyes.records.settings)

    def related(self, condition: CrossFilter, row: Row) -> list[Record]:
        parent = condition.related.rpartition(".")[0]
        inner, lookup = self.seen_from(condition)
        return [one for one in self.eyes.children(inner.type.primary_object, lookup, self.value(row, f"{parent}.id".removeprefix(".")))
                if all(inner.holds(each, {"": one}) for each in condition.filters)]

    def seen_from(self, condition: CrossFilter) -> tuple[Paths, str]:
        """The fields of related records, and their lookup back."""
        parent, _, name = condition.related.rpartition(".")
        child = self.eyes.schema.describe(self.field(f"{parent}.id".removeprefix(".")).object).child(name)
        return Paths(self.eyes, ReportType(label="", primary_object=child.object)), child.lookup

    def conditions_read(self, filters: tuple[Filter | CrossFilter, ...]) -> Iterator[set[tuple[str, str]]]:
        """What one must be allowed to read to run a report with these filters."""
        for one in filters:
            if isinstance(one, CrossFilter):
                inner, lookup = self.seen_from(one)
                yield self.reads(f"{one.related.rpartition('.')[0]}.id".removeprefix(".")) | {(inner.type.primary_object, lookup)}
                yield from inner.conditions_read(one.filters)
            else:
                yield self.reads(one.field)

    def rows(self, report: Report, answers: Mapping[str, Any]) -> list[Row]:
        """answers: values of the filters that ask, by their label; of None the filter is left out."""
        rows: list[Row] = [{"": one} for one in self.eyes.records.all[self.type.primary_object].values()
                           if self.eyes.sees(self.type.primary_object, one) and self.in_scope(report.scope, one)]
        for one in self.type.related_objects:
            parent, (object_name, lookup) = one.relationship.rpartition(".")[0], self.objects[one.relationship]
            above = f"{parent}.id".removeprefix(".")
            joined = [(row, self.eyes.children(object_name, lookup, self.value(row, above))) for row in rows]
            if one.join == "without":
                rows = [row for row, found in joined if not found]
            else:
                rows = [{**row, one.relationship: child} for row, found in joined
                        for child in found or ([None] if one.join == "with_or_without" else [])]
        filters = [answered(one, answers) for one in report.filters]
        return [row for row in rows if kept(report.filter_logic, [one and self.holds(one, row) for one in filters])]

    def in_scope(self, scope: str, record: Record) -> bool:
        owner = record["owner"]
        return {"all": True, "mine": owner == self.eyes.user.user_id, "team": owner in self.eyes.team}[scope]


def answered(condition: Filter | CrossFilter, answers: Mapping[str, Any]) -> Filter | CrossFilter | None:
    """With the value that was given for it; None if there is none."""
    if isinstance(condition, CrossFilter) or not condition.ask:
        return condition
    value = answers.get(condition.ask, condition.value)
    return None if value is None else condition.model_copy(update={"value": tuple(value) if isinstance(value, list) else value})


@dataclass(frozen=True)
class Held:
    """Whether a condition holds; None of one that is left out, which changes nothing wherever it stands."""

    held: bool | None

    def __and__(self, other: Held) -> Held:
        return self if other.held is None else other if self.held is None else Held(self.held and other.held)

    def __or__(self, other: Held) -> Held:
        return self if other.held is None else other if self.held is None else Held(self.held or other.held)

    def __invert__(self) -> Held:
        return Held(None if self.held is None else not self.held)


def kept(logic: str, held: list[bool | None]) -> bool:
    """Python's own ~, & and | bind as NOT, AND and OR do."""
    text = logic.upper() or " AND ".join(str(number) for number in range(1, len(held) + 1)) or "0"
    text = re.sub(r"\d+", lambda number: f"held[{number[0]}]", text)
    text = text.replace("NOT", "~").replace("AND", "&").replace("OR", "|")
    found = eval(text, {"held": [Held(None), *map(Held, held)]})
    return found.held is None or bool(found.held)


def keeps(operator: str, family: str, value: Any, asked: list[Any], settings: Settings) -> bool:
    """Whether a filter keeps a row with this value."""
    blank = value in (None, "", ())
    positive = {"not_equal": "equals", "not_contain": "contains", "excludes": "includes"}.get(operator)
    if positive is None:
        return any(blank if one is None else not blank and matches(operator, family, value, one, settings) for one in asked)
    matched = not blank and any(one is not None and matches(positive, family, value, one, settings) for one in asked)
    return not matched and not (blank and None in asked)


def matches(operator: str, family: str, value: Any, one: Any, settings: Settings) -> bool:
    if family in ("date", "datetime"):
        day = value.astimezone(settings.zone).date() if isinstance(value, datetime) else value
        start, end = (one, one + timedelta(days=1)) if isinstance(one, date) else date_range(one, TODAY, settings)
        return {"equals": start <= day < end, "less_than": day < start, "greater_than": day >= end, "less_or_equal": day < end,
                "greater_or_equal": day >= start}[operator]
    if family == "multi_picklist":
        return set(one.split(";")) == set(value) if operator == "equals" else set(one.split(";")) <= set(value)
    if family in ("text", "picklist"):
        value, one = value.lower(), one.lower()
        return {"equals": value == one, "contains": one in value, "starts_with": value.startswith(one)}[operator]
    if family in ("number", "id"):
        value, one = Decimal(value), Decimal(one)
        return {"equals": value == one, "less_than": value < one, "greater_than": value > one, "less_or_equal": value <= one,
                "greater_or_equal": value >= one}[operator]
    return bool(value == one)
