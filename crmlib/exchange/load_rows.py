"""Writes prepared rows: a few statements per object, inside the caller's transaction.

A row is found again by its external id; one that equals what is stored is left alone. Lookups to files further down
the mapping are filled in when all files are in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select

from crmlib.exchange.prepare_rows import Key, Lookup, Preparation, PreparedRow
from crmlib.model.schema import ObjectType, Schema

SEVERAL = -1
"""Stands for an id where more than one record has the value that was looked for."""


@dataclass
class Loaded:
    """What became of the rows of one file, by external id."""

    preparation: Preparation
    rows: list[PreparedRow]
    stored: dict[str, RowMapping] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)


@dataclass
class MissingLookups:
    """How often a lookup found nothing, or several records, and the first line where it did."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)

    def add(self, file: str, label: str, why: str, line: int, wanted: str) -> None:
        key = (file, label, why)
        self.counts[key] += 1
        self.first.setdefault(key, (line, wanted))

    def warnings(self) -> list[str]:
        return [f"{file}: {label} left empty in {count:,} rows, since {why} (line {self.first[key][0]}: {self.first[key][1]})"
                for key, count in self.counts.items() for file, label, why in (key,)]


class Loader:
    """One import. `file_names`: what to call each file in warnings."""

    def __init__(self, connection: Connection, schema: Schema, user_id: int | None, now: datetime, file_names: dict[str, str]) -> None:
        self.connection, self.schema, self.user_id, self.now, self.file_names = connection, schema, user_id, now, file_names
        self.missing = MissingLookups()
        self._ids: dict[str, int] = {}
        self._indexes: dict[tuple[str, tuple[str, ...]], dict[Key, int]] = {}

    def load(self, preparation: Preparation, rows: Sequence[PreparedRow]) -> Loaded:
        """Create and update; lookups to later files stay as they are until `fill_deferred`."""
        loaded = Loaded(preparation, [])
        self._find_stored(loaded, rows)
        now_lookups = [lookup for lookup in preparation.lookups if not lookup.deferred]
        for row in rows:
            if not row.problems:
                for lookup in now_lookups:
                    self._resolve(preparation, row, lookup)
            if not row.problems:
                loaded.rows.append(row)
        self._insert(loaded, [row for row in loaded.rows if row.external_id not in loaded.stored])
        self._update(loaded, [(row, {"external_id": row.external_id} | row.values)
                              for row in loaded.rows if row.external_id in loaded.stored])
        return loaded

    def fill_deferred(self, loaded: Loaded) -> None:
        """Set the lookups that had to wait for other files."""
        deferred = [lookup for lookup in loaded.preparation.lookups if lookup.deferred]
        if not deferred:
            return
        for row in loaded.rows:
            for lookup in deferred:
                self._resolve(loaded.preparation, row, lookup)
        if loaded.created:
            loaded.stored |= {row["external_id"]: row for row in self._select(loaded.preparation, only_ours=True)
                              if row["external_id"] in loaded.created}
        columns = {lookup.field.column.name for lookup in deferred}
        self._update(loaded, [(row, {column: value for column, value in self._said(loaded, row).items() if column in columns})
                              for row in loaded.rows])

    def _said(self, loaded: Loaded, row: PreparedRow) -> dict[str, Any]:
        return {**row.initial, **row.values} if row.external_id in loaded.created else row.values

    # --- what is there already

    def remember_ids(self, prefix: str, described: ObjectType) -> None:
        """Learn the records of a file that this import doesn't bring, so that lookups to them are found."""
        columns = described.table.c
        wanted = select(columns.external_id, columns.id).where(columns.external_id.startswith(prefix, autoescape=True))
        self._ids |= {row.external_id: row.id for row in self.connection.execute(wanted)}

    def _select(self, preparation: Preparation, only_ours: bool) -> Iterable[RowMapping]:
        table = preparation.object.table
        names = dict.fromkeys(("id", "external_id", "deleted_at", *preparation.columns))
        ours = table.c.external_id.startswith(preparation.mapping.external_id(preparation.name), autoescape=True)
        free = table.c.external_id.is_(None) & table.c.deleted_at.is_(None)
        wanted = select(*(table.c[name] for name in names)).where(ours if only_ours else free).order_by(table.c.id)
        return self.connection.execute(wanted).mappings()

    def _find_stored(self, loaded: Loaded, rows: Sequence[PreparedRow]) -> None:
        preparation = loaded.preparation
        loaded.stored = {row["external_id"]: row for row in self._select(preparation, only_ours=True)}
        same = preparation.mapping.files[preparation.name].same_as_existing
        if same:
            column = preparation.object.field(same).column.name
            free: dict[Any, RowMapping | None] = {}
            for stored in self._select(preparation, only_ours=False):
                value = comparable(stored[column])
                free[value] = None if value in free else stored
            for row in rows:
                value = row.values.get(column, row.initial.get(column))
                twin = None if value is None or row.problems or row.external_id in loaded.stored else free.pop(comparable(value), None)
                if twin is not None:
                    loaded.stored[row.external_id] = twin
        self._ids |= {external_id: row["id"] for external_id, row in loaded.stored.items()}

    # --- lookups

    def _resolve(self, preparation: Preparation, row: PreparedRow, lookup: Lookup) -> None:
        key = row.keys[lookup.field.name]
        found = None if key is None else self._id(lookup, key)
        (row.initial if lookup.once else row.values)[lookup.field.column.name] = None if found == SEVERAL else found
        if key is None or found not in (None, SEVERAL) or (lookup.spec.missing == "ignore" and not lookup.field.required):
            return
        target = self.schema.describe(lookup.field.to or "")
        wanted = " and ".join(repr(str(part)) for part in key) if lookup.spec.by else repr(key[0].split(":", 2)[2])
        why = f"there are several {target.plural_label}" if found == SEVERAL else f"there is no such {target.label}"
        if lookup.field.required or lookup.spec.missing == "reject":
            row.problems.append(f"{lookup.field.label}: {why} ({wanted})")
        else:
            self.missing.add(self.file_names[preparation.name], lookup.field.label, why, row.source.line, wanted)

    def _id(self, lookup: Lookup, key: Key) -> int | None:
        if not lookup.spec.by:
            return self._ids.get(key[0])
        index = self._index(self.schema.describe(lookup.field.to or ""), lookup.spec.by)
        return index.get(key) or index.get((None, *map(comparable, key)))

    def _index(self, target: ObjectType, paths: tuple[str, ...]) -> dict[Key, int]:
        """Ids by the values of these fields: as they are, and, marked by a leading None, whatever their case and spaces."""
        if (target.name, paths) in self._indexes:
            return self._indexes[target.name, paths]
        source: Any = target.table
        columns = []
        for path in paths:
            first, _, rest = path.partition(".")
            lookup = target.field(first)
            if not rest:
                columns.append(lookup.column)
                continue
            further = self.schema.describe(lookup.to or "")
            joined = further.table.alias()
            source = source.outerjoin(joined, joined.c.id == lookup.column)
            columns.append(joined.c[further.field(rest).column.name])
        table = target.table
        found = self.connection.execute(select(table.c.id, table.c.deleted_at, *columns).select_from(source).order_by(table.c.id)).all()
        index: dict[Key, int] = {}
        for id_, deleted_at, *values in sorted(found, key=lambda row: row.deleted_at is not None):
            for key in (tuple(values), (None, *map(comparable, values))):
                if deleted_at is None:
                    index[key] = SEVERAL if key in index else id_
                else:
                    index.setdefault(key, id_)  # rather a deleted record than none: lookups that are there stay as they are
        return self._indexes.setdefault((target.name, paths), index)

    # --- writing

    def _insert(self, loaded: Loaded, rows: Sequence[PreparedRow]) -> None:
        if not rows:
            return
        preparation, table = loaded.preparation, loaded.preparation.object.table
        ours = dict.fromkeys(preparation.columns) | {"created_at": self.now, "modified_at": self.now,
                                                     "created_by_id": self.user_id, "modified_by_id": self.user_id}
        wanted = [{**ours, **row.initial, **row.values, "external_id": row.external_id} for row in rows]
        for values in wanted:
            values["created_at"] = values["created_at"] or self.now
        self.connection.execute(table.insert(), wanted)
        loaded.created |= {row.external_id for row in rows}
        self.remember_ids(preparation.mapping.external_id(preparation.name), preparation.object)

    def _update(self, loaded: Loaded, rows: Iterable[tuple[PreparedRow, dict[str, Any]]]) -> None:
        """Write what differs from what is stored; rows that change the same columns go in one statement."""
        changes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row, values in rows:
            stored = loaded.stored[row.external_id]
            if stored["deleted_at"] is not None:  # somebody put it in the recycle bin: it stays there, as it is
                continue
            changed = {name: value for name, value in values.items()
                       if stored[name] != value and not (name == "created_at" and value is None)}
            if changed:
                if row.external_id not in loaded.created:
                    changed |= {"modified_by_id": self.user_id, "modified_at": self.now}
                    loaded.updated.add(row.external_id)
                changes[tuple(sorted(changed))].append(changed | {"this_id": stored["id"]})
        table = loaded.preparation.object.table
        for wanted in changes.values():
            self.connection.execute(table.update().where(table.c.id == bindparam("this_id")), wanted)


def comparable(value: Any) -> Any:
    """Texts are the same whatever their case and the spaces between words."""
    return " ".join(value.casefold().split()) if isinstance(value, str) else value
