"""Whether a mapping makes sense: against the data model before anything is read, against the files' columns before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmlib.definition import Source
from crmlib.errors import NotFound, Problem, did_you_mean
from crmlib.exchange.csv_files import CsvFile
from crmlib.exchange.mapping import FieldMapping, FileMapping, Mapping
from crmlib.model.schema import Field, ObjectType, Schema

NOT_TO_BE_SET = ("id", "external_id", "created_by", "modified_by", "modified_at", "deleted_at")


def check_mapping(mapping: Mapping, source: Source, schema: Schema) -> Iterator[Problem]:
    """Everything in it that the data model contradicts."""
    yield from _check_zone(mapping.time_zone, source.place("time_zone"))
    for name, how in mapping.date_formats.items():
        where = source.place("date_formats", name)
        yield from _check_zone(how.time_zone, where)
        try:
            datetime.strptime(datetime(2026, 11, 30).strftime(how.format), how.format)
        except ValueError as error:
            yield Problem("bad-date-format", f"{how.format!r} is not a date format: {error}", where, "codes are those of Python's strptime")
    for name, file in mapping.files.items():
        if file.object not in schema:
            yield Problem("unknown-object", f"there is no object {file.object!r}", source.place("files", name, "object"),
                          did_you_mean(file.object, schema.names))
            continue
        yield from _check_file(mapping, name, schema, source)


def _check_zone(zone: str | None, where: str) -> Iterator[Problem]:
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem("unknown-time-zone", f"there is no time zone {zone!r}", where, "use an IANA name, such as Asia/Kolkata")


def _check_file(mapping: Mapping, name: str, schema: Schema, source: Source) -> Iterator[Problem]:
    file, described = mapping.files[name], schema.describe(mapping.files[name].object)
    place = ("files", name)
    yield from _check_dates(file.dates, mapping, source.place(*place, "dates"))
    yield from _check_field_name(file.same_as_existing, described, source.place(*place, "same_as_existing"))
    if file.parent_by_total:
        yield from _check_source(file.parent_by_total.parent, mapping, source.place(*place, "parent_by_total", "parent"))
    for index, added in enumerate(file.add_columns):
        where = source.place(*place, "add_columns", index)
        yield from _check_source(added.look_in, mapping, where)
        if added.look_in == name:
            yield Problem("bad-value", "a file can't look in itself", where)
    for field in described.fields.values():
        if field.required and field.name not in (*file.all_fields, "created_at", *NOT_TO_BE_SET):
            yield Problem("missing-field", f"{described.label} needs {field.name!r}, which is not mapped", source.place(*place, "fields"))
    for field_name, spec in file.all_fields.items():
        where = source.place(*place, "fields", field_name)
        if field_name in NOT_TO_BE_SET:
            yield Problem("read-only-field", f"{field_name!r} is set by the import itself", where)
        elif field_name in described.stored:
            yield from _check_field(mapping, name, described.field(field_name), spec, schema, source)
        else:
            yield from _check_field_name(field_name, described, where)


def _check_field_name(name: str | None, described: ObjectType, where: str) -> Iterator[Problem]:
    if name in described.fields and name not in described.stored:
        yield Problem("read-only-field", f"{name!r} is calculated and can't be imported or looked for", where,
                      "map the fields it is calculated of")
    elif name is not None and name not in described.fields:
        yield Problem("unknown-field", f"{described.label} has no field {name!r}", where, did_you_mean(name, described.fields))


def _check_source(name: str, mapping: Mapping, where: str) -> Iterator[Problem]:
    if name not in mapping.files:
        yield Problem("unknown-file", f"the mapping has no file {name!r}", where,
                      did_you_mean(name, mapping.files) or f"names under 'files': {', '.join(mapping.files)}")


def _check_dates(name: str | None, mapping: Mapping, where: str) -> Iterator[Problem]:
    if name is not None and name not in mapping.date_formats:
        known = ", ".join(mapping.date_formats) or "none"
        yield Problem("unknown-date-format", f"there is no date format {name!r}", where,
                      did_you_mean(name, mapping.date_formats) or f"names under 'date_formats': {known}")


def _check_field(mapping: Mapping, name: str, field: Field, spec: FieldMapping, schema: Schema, source: Source) -> Iterator[Problem]:
    place = ("files", name, "fields", field.name)
    where = source.place(*place)
    yield from _check_dates(spec.dates, mapping, source.place(*place, "dates"))
    if sum((bool(spec.column), bool(spec.first_of), spec.constant is not None)) > 1:
        yield Problem("bad-value", f"{field.name!r} can have one of 'column', 'first_of' and 'constant'", where,
                      "a 'default' is for empty cells")
    if not spec.column and not spec.first_of and spec.constant is None and spec.default is None:
        yield Problem("missing-key", f"{field.name!r} has no column", where, "or give a 'constant'")
    if field.type.name == "lookup":
        yield from _check_lookup(mapping, name, field, spec, schema, source)
        return
    for key in ("key_of", "by", "add"):
        if getattr(spec, key):
            yield Problem("not-a-lookup", f"{field.name!r} is no lookup, so {key!r} says nothing", source.place(*place, key))
    written: list[tuple[tuple[str, ...], Any]] = [(("constant",), spec.constant), (("default",), spec.default)]
    for path, value in [*written, *((("values", text), to) for text, to in spec.values.items())]:
        try:
            field.parse(value)
        except ValueError as error:
            yield Problem("bad-value", f"{field.name}: {error}", source.place(*place, *path), did_you_mean(str(value), field.values))


def _check_lookup(mapping: Mapping, name: str, field: Field, spec: FieldMapping, schema: Schema, source: Source) -> Iterator[Problem]:
    place = ("files", name, "fields", field.name)
    where = source.place(*place)
    target = schema.describe(field.to or "")
    if bool(spec.key_of) == bool(spec.by):
        yield Problem("missing-key", f"{field.name!r} is a lookup: say either 'key_of' (a file of this mapping) or 'by' (a field of "
                      f"{target.name})", where)
    if spec.key_of:
        yield from _check_source(spec.key_of, mapping, source.place(*place, "key_of"))
        made = mapping.files[spec.key_of].object if spec.key_of in mapping.files else target.name
        if made != target.name:
            yield Problem("wrong-object", f"{field.name!r} points to {target.name}, but {spec.key_of} makes {made}",
                          source.place(*place, "key_of"))
    for path in spec.by:
        try:
            if field_at(target, path, schema).formula:
                yield Problem("read-only-field", f"{path!r} is calculated and can't be looked for", source.place(*place, "by"))
        except NotFound as error:
            yield Problem("unknown-field", error.problems[0].message, source.place(*place, "by"), error.problems[0].hint)
    if spec.by and len(spec.by) > 1 and len(spec.by) != len(spec.column):
        yield Problem("bad-value", f"{field.name!r} needs as many columns as fields in 'by'", where)
    if spec.by and spec.add:
        yield Problem("bad-value", "'add' goes with 'key_of'", source.place(*place, "add"))
    if (field.required or spec.missing == "reject") and is_deferred(mapping, name, field, spec):
        yield Problem("bad-order", f"{field.name!r} has to be found, so the file that makes {target.name} must stand above {name!r}", where)


def field_at(target: ObjectType, path: str, schema: Schema) -> Field:
    """The field of `name`, or of `campaign.name` one lookup further. Raises NotFound."""
    first, _, rest = path.partition(".")
    field = target.field(first)
    if not rest:
        return field
    if not field.to:
        raise NotFound(Problem("unknown-field", f"{target.label} has no lookup {first!r}"))
    return schema.describe(field.to).field(rest)


def is_deferred(mapping: Mapping, name: str, field: Field, spec: FieldMapping) -> bool:
    """Whether a lookup waits until all files are in: what it points to comes from this file or one further down."""
    from_here_on = list(mapping.files)[mapping.position(name):]
    if spec.key_of:
        return spec.key_of in from_here_on
    return any(mapping.files[later].object == field.to for later in from_here_on)


def check_columns(mapping: Mapping, source: Source, files: Table[str, CsvFile]) -> Iterator[Problem]:
    """Columns that the mapping names and the files lack. `files`: what is there, by the names under `files`."""
    for name, file in files.items():
        wanted = mapping.files[name]
        for columns, path in _columns_named(wanted):
            yield from _missing(file, wanted, columns, source.place("files", name, *path))
        for index, added in enumerate(wanted.add_columns):
            where = source.place("files", name, "add_columns", index)
            if added.look_in in files:
                yield from _missing(files[added.look_in], mapping.files[added.look_in], (*added.match, *added.take), where)
            for column in set(added.take) & set(file.columns):
                yield Problem("name-taken", f"{file.name} has a column {column!r} of its own", where)
        if (by_total := wanted.parent_by_total) and by_total.parent in files:
            where = source.place("files", name, "parent_by_total", "total")
            yield from _missing(files[by_total.parent], mapping.files[by_total.parent], (by_total.total,), where)


def _columns_named(file: FileMapping) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Columns of its own file that a mapping names, and where it does."""
    if not file.whole_row_is_key:
        yield file.key, ("key",)
    yield file.only_rows_with, ("only_rows_with",)
    for name, spec in file.all_fields.items():
        yield spec.columns_used, ("fields", name)
    for added in file.add_columns:
        yield tuple(added.match.values()), ("add_columns",)
    if file.parent_by_total:
        yield (file.parent_by_total.line_total,), ("parent_by_total", "line_total")


def _missing(file: CsvFile, mapped: FileMapping, columns: Iterable[str], where: str) -> Iterator[Problem]:
    present = {*file.columns, *(column for added in mapped.add_columns for column in added.take)}
    if mapped.parent_by_total:
        present.add(mapped.parent_by_total.column)
    for column in columns:
        if column not in present:
            yield Problem("unknown-column", f"{file.name} has no column {column!r}", where,
                          did_you_mean(column, present) or f"columns: {', '.join(file.columns)}")
