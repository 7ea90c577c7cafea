"""From the rows of a file to values of fields and keys of lookups; what is wrong with a row is kept with it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from crmlib.exchange.cells import Cells, fixed, joined, key_reader, key_text, text_reader, value_reader
from crmlib.exchange.csv_files import CsvFile, SourceRow
from crmlib.exchange.mapping import DateFormat, FieldMapping, Mapping
from crmlib.exchange.mapping_check import field_at, is_deferred
from crmlib.model.schema import Field, ObjectType, Schema

Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Lookup:
    """A lookup field as mapped. `deferred`: it waits until all files are in. `read`: the key to look for."""

    field: Field
    title: str
    spec: FieldMapping
    deferred: bool
    read: Callable[[Cells], Key | None]

    @property
    def once(self) -> bool:
        return self.spec.once or self.spec.is_fixed


@dataclass(frozen=True, eq=False)
class Column:
    """An ordinary field as mapped. `initial`: what a new record gets where the file says nothing. `title`: for messages."""

    field: Field
    title: str
    read: Callable[[Cells], Any]
    initial: Any
    once: bool


@dataclass
class PreparedRow:
    """`values` by column of the table, `initial` for new records only; `keys` by lookup field: what to look for, None for no record."""

    source: SourceRow
    external_id: str
    values: dict[str, Any] = field(default_factory=dict)
    initial: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Key | None] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        return self.source.problems


@dataclass(frozen=True, eq=False)
class Preparation:
    """How the rows of one file are read: made once per file, then called for each row."""

    name: str
    object: ObjectType
    mapping: Mapping
    fields: tuple[Column, ...]
    lookups: tuple[Lookup, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that the file fills."""
        return (*(mapped.field.column.name for mapped in self.fields), *(lookup.field.column.name for lookup in self.lookups))

    def prepare(self, file: CsvFile) -> Iterator[PreparedRow]:
        """Each row that is meant, read; those with problems are to be rejected."""
        wanted = self.mapping.files[self.name]
        lines_by_key: dict[str, int] = {}
        for row, key in zip(file.rows, self._keys(file), strict=True):
            if not all(row.cells.get(column, "").strip() for column in wanted.only_rows_with) or (wanted.repeats and key in lines_by_key):
                continue
            prepared = PreparedRow(row, self.mapping.external_id(self.name, key))
            if not key:
                row.problems.append(f"{' and '.join(wanted.key)}: is empty, and it is the key")
            elif key in lines_by_key:
                row.problems.append(f"the key {key!r} was used in line {lines_by_key[key]} already")
            else:
                lines_by_key[key] = row.line
            self._read(prepared)
            yield prepared

    def _read(self, row: PreparedRow) -> None:
        cells, problems = row.source.cells, row.problems
        for mapped in self.fields:
            name = mapped.field.column.name
            try:
                value = mapped.read(cells)
            except ValueError as error:
                problems.append(f"{mapped.title}: {error}")
                continue
            if mapped.once or (value is None and mapped.initial is not None):
                value = row.initial[name] = mapped.initial if value is None else value
            else:
                row.values[name] = value
            if value is None and mapped.field.required and name != "created_at":
                problems.append(f"{mapped.title}: is empty, and {mapped.field.label} is required")
        for lookup in self.lookups:
            try:
                row.keys[lookup.field.name] = key = lookup.read(cells)
            except ValueError as error:
                problems.append(f"{lookup.title}: {error}")
                continue
            if key is None and lookup.field.required:
                problems.append(f"{lookup.title}: is empty, and {lookup.field.label} is required")

    def _keys(self, file: CsvFile) -> Iterator[str]:
        """The key of each row. Rows without one are told apart by what they hold, equal ones by counting them."""
        wanted = self.mapping.files[self.name]
        if not wanted.whole_row_is_key:
            yield from (key_text(row.cells, wanted.key) for row in file.rows)
            return
        seen: Counter[str] = Counter()
        for row in file.rows:
            text = "\x1f".join(row.cells[column] for column in file.columns)
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
            seen[digest] += 1
            yield f"{digest}-{seen[digest]}"


def preparation(mapping: Mapping, name: str, schema: Schema, zone: tzinfo, absent: Collection[str] = ()) -> Preparation:
    """How to read the rows of this file. `zone`: of moments that are written without one. `absent`: files that are not there."""
    wanted = mapping.files[name]
    described = schema.describe(wanted.object)
    unknown = wanted.columns_from(absent)
    fields, lookups = [], []
    for field_name, spec in wanted.all_fields.items():
        target = described.field(field_name)
        if not unknown.isdisjoint(spec.columns_used) and not target.required:
            continue  # not empty but unknown: what is stored stays
        title = " and ".join(spec.column) or " or ".join(spec.first_of) or field_name
        how = mapping.date_formats.get(spec.dates or wanted.dates or "")
        if target.type.name == "lookup":
            lookups.append(Lookup(target, title, spec, is_deferred(mapping, name, target, spec),
                                  _lookup_key_reader(mapping, target, spec, schema, how, zone)))
        else:
            initial = fixed(target, spec.constant if spec.is_fixed else spec.default)
            fields.append(Column(target, title, value_reader(target, spec, how, zone, mapping.decimal_mark), initial, spec.once))
    return Preparation(name, described, mapping, tuple(fields), tuple(lookups))


def _lookup_key_reader(mapping: Mapping, lookup: Field, spec: FieldMapping, schema: Schema, how: DateFormat | None,
                       zone: tzinfo) -> Callable[[Cells], Key | None]:
    if not spec.by:
        read = key_reader(spec)
        prefix = mapping.external_id(spec.key_of or "")

        def read_key(cells: Cells) -> Key | None:
            key = read(cells)
            return None if key is None else (prefix + key,)
        return read_key

    fields = [field_at(schema.describe(lookup.to or ""), path, schema) for path in spec.by]
    columns = [(column,) for column in spec.column] if len(fields) > 1 else [spec.column]
    parts: list[tuple[Callable[[Cells], str | None], Callable[[str], Any]]] = []
    for field_, column in zip(fields, columns, strict=True):
        compared = text_reader(field_, how, zone, mapping.decimal_mark) if field_.family in ("number", "date", "datetime") else str
        parts.append((key_reader(spec.model_copy(update={"column": column}), joined), compared))

    def read_values(cells: Cells) -> Key | None:
        texts = [read_text(cells) for read_text, _ in parts]
        if not any(texts):
            return None
        return tuple(None if text is None else compared(text) for text, (_, compared) in zip(texts, parts, strict=True))
    return read_values
