"""Custom objects and fields: defined in YAML or as a `Customization`, made into real tables and columns.

    object: flat_c                          # a new object; or an existing one, to give it further fields
    label: Flat
    plural_label: Flats
    fields:
      - {name: buyer, type: lookup, label: Buyer, to: account, children: flats}
      - {name: price, type: currency, label: Price}
      - {name: deposit, type: currency, label: Deposit, formula: price * 0.1}

Names of custom objects, and of fields added to a standard object, end in `_c`, so that a standard name of a later
version never meets them. Nothing above the model knows that anything here is custom.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Literal

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.schema import AddConstraint, CreateColumn, CreateIndex

from crmlib.definition import NOWHERE, Definition, Source
from crmlib.errors import DefinitionError, Problem, did_you_mean, raise_if_any
from crmlib.formulas.context import BlankAs
from crmlib.formulas.grammar import parse
from crmlib.model.changes import keep_following
from crmlib.model.fields import DEFAULT_SCALE, FIELD_TYPES, FORMULA_TYPES, FieldDefinition, ObjectDefinition
from crmlib.model.formula_fields import check_formulas
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.model.tables import STANDARD_OBJECTS, build_metadata, column_name, system_fields

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_HINT = "up to 40 lower case letters, digits and _"


class CustomField(Definition):
    """A field as written in YAML; the keys are those of `FieldDefinition`."""

    name: str
    type: str
    label: str
    required: bool = False
    help: str = ""
    values: tuple[str, ...] = ()
    to: str | None = None
    children: str | None = None
    scale: int = DEFAULT_SCALE
    personal: bool = False
    default: str | bool | int | float | None = None
    formula: str = ""
    blank_as: BlankAs = "zero"

    def definition(self) -> FieldDefinition:
        return FieldDefinition(**self.model_dump())


class Customization(Definition):
    """A custom object, or further fields of an object that exists."""

    object: str
    label: str = ""
    plural_label: str = ""
    name_label: str = "Name"
    help: str = ""
    sharing: Literal["read", "private"] = "read"
    fields: tuple[CustomField, ...] = ()


def customize(org: Org, customization: Customization, source: Source = NOWHERE) -> None:
    """Make the object or the fields; a formula field that is there already gets its new formula. All or nothing; raises DefinitionError
    with every problem.

    Other processes see it when they open the org next.
    """
    with org.begin() as connection:
        custom = _locked(connection)
        schema = _schema(_merged(custom))  # as it is now: another process may have customized since org was opened
        raise_if_any(check(customization, schema, source))
        old = custom.get(customization.object) or _empty(customization, schema)
        fields = {field.name: field for field in (*old.fields, *(field.definition() for field in customization.fields))}
        new = replace(old, fields=tuple(fields.values()))
        custom[new.name] = new
        changed = Schema(build_metadata(_merged(custom)))
        raise_if_any(_formula_problems(customization, changed, source) or _broken_by(schema, changed))
        _execute_ddl(connection, new, changed, exists=customization.object in schema)
        keep_following(connection, changed.metadata)
        _store(connection, new, changed)
    org.reload()


def remove_formula_field(org: Org, object_name: str, name: str) -> None:
    """Take a formula field away, which loses no data. Raises NotFound, or DefinitionError if other formula fields read it."""
    with org.begin() as connection:
        custom = _locked(connection)
        schema = _schema(_merged(custom))
        field = schema.describe(object_name).field(name)
        old = custom.get(object_name)
        if not field.formula or old is None or name not in {one.name for one in old.fields}:
            raise DefinitionError(Problem("not-a-formula", f"{object_name}.{name} is not a formula field that was added", name,
                                          "only these can be taken away"))
        new = replace(old, fields=tuple(one for one in old.fields if one.name != name))
        changed = Schema(build_metadata(_merged(custom | {object_name: new})))
        raise_if_any(_broken_by(schema, changed))
        _store(connection, new, changed)
    org.reload()


def _locked(connection: Connection) -> dict[str, ObjectDefinition]:
    """What is stored, which nobody else changes until this transaction ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.exec_driver_sql("LOCK TABLE custom_definitions IN EXCLUSIVE MODE")
    return _stored(connection)


def _store(connection: Connection, definition: ObjectDefinition, schema: Schema) -> None:
    table = schema.metadata.tables["custom_definitions"]
    connection.execute(table.delete().where(table.c.object == definition.name))
    connection.execute(table.insert().values(object=definition.name, definition=asdict(definition)))


def load_schema(engine: Engine) -> Schema:
    """The standard objects and, merged into them, what this database has of custom ones."""
    with engine.connect() as connection:
        return schema_in(connection)


def schema_in(connection: Connection) -> Schema:
    """The schema as this transaction sees it."""
    return _schema(_merged(_stored(connection)))


@lru_cache(maxsize=16)
def _schema(definitions: tuple[ObjectDefinition, ...]) -> Schema:
    """Building all tables takes 50 ms, and the orgs of one process mostly have the same."""
    return Schema(build_metadata(definitions))


def check(customization: Customization, schema: Schema, source: Source) -> Iterator[Problem]:
    """Everything that is wrong with it."""
    name = customization.object
    standard = name in {definition.name for definition in STANDARD_OBJECTS}
    if name in schema:
        described = schema.describe(name)
        new_formulas = {field.name for field in customization.fields if field.formula}
        fields = {field.name for field in described.fields.values() if not (field.formula and field.name in new_formulas)}
        columns = set(described.table.columns.keys())
        if customization.label not in ("", described.label) or customization.plural_label not in ("", described.plural_label):
            yield Problem("name-taken", f"there is an object {name!r} already, named {described.label}", source.place("label"),
                          "leave the labels out to give it further fields")
    else:
        system = system_fields(_empty(customization, schema))
        fields, columns = {field.name for field in system}, {column_name(field) for field in system}
        yield from _check_new_object(customization, schema, source)
    relationships = {(target.name, children) for target in schema for children in target.children}
    for index, field in enumerate(customization.fields):
        where = source.place("fields", index)
        column = column_name(field.definition())
        if field.name in fields or column in columns or (name, field.name) in relationships:
            yield Problem("name-taken", f"{name} has a field or relationship {field.name!r} already", where)
        elif not NAME.fullmatch(field.name) or (standard and not field.name.endswith("_c")):
            yield Problem("bad-name", f"{field.name!r} is not a name for a custom field", where,
                          NAME_HINT + (", ending in _c" if standard else ""))
        fields.add(field.name)
        columns.add(column)
        if field.type == "lookup":
            taken = relationships | {(name, own) for own in fields}
            yield from _check_lookup(field, name, schema, taken, where)
            relationships.add((field.to or "", field.children or ""))
        yield from _check_type(field, where)


def _check_new_object(customization: Customization, schema: Schema, source: Source) -> Iterator[Problem]:
    name = customization.object
    if not NAME.fullmatch(name) or not name.endswith("_c"):
        yield Problem("bad-name", f"{name!r} is not a name for a custom object", source.place("object"),
                      did_you_mean(name, schema.names) or f"{NAME_HINT}, ending in _c, such as 'flat_c'")
    for key in ("label", "plural_label"):
        if not getattr(customization, key):
            yield Problem("missing-key", f"a new object needs {key!r}", source.place())


def _check_lookup(field: CustomField, owner: str, schema: Schema, taken: set[tuple[str, str]], where: str) -> Iterator[Problem]:
    """taken: (object, name) of every field and relationship that a way back could be confused with."""
    if field.to != owner and field.to not in schema:
        yield Problem("unknown-object", f"lookup {field.name!r} points to {field.to!r}, which does not exist", where,
                      did_you_mean(field.to or "", schema.names))
        return
    if field.children is None:
        return
    on_target = schema.describe(field.to).fields if field.to and field.to in schema else {}
    if (field.to, field.children) in taken or field.children in on_target:
        yield Problem("name-taken", f"{field.to} has {field.children!r} already", where, "choose another 'children'")
    elif not NAME.fullmatch(field.children):
        yield Problem("bad-name", f"{field.children!r} is not a name for a relationship", where, NAME_HINT)


def _check_type(field: CustomField, where: str) -> Iterator[Problem]:
    if field.type not in FIELD_TYPES or field.type == "id":
        known = [name for name in FIELD_TYPES if name != "id"]
        yield Problem("unknown-type", f"there is no field type {field.type!r}", where,
                      did_you_mean(field.type, known) or f"types: {', '.join(known)}")
        return
    if field.type in ("picklist", "multi_picklist") and not field.values:
        yield Problem("missing-key", f"{field.name!r} is a picklist and needs its values", where)
    if any(";" in value or not value.strip() for value in field.values):
        yield Problem("bad-value", f"a value of {field.name!r} is empty or has a semicolon, which separates values", where)
    if len({value.casefold() for value in field.values}) < len(field.values):
        yield Problem("bad-value", f"{field.name!r} has a value twice (capital letters do not count)", where)
    if not 0 <= field.scale <= 9:
        yield Problem("bad-value", f"scale of {field.name!r} is {field.scale}; it can be 0 to 9", where)
    if field.formula:
        yield from _check_formula(field, where)
    elif field.blank_as != "zero":
        yield Problem("not-a-formula", f"{field.name!r} has no formula, so 'blank_as' says nothing", where)
    elif field.default is not None:
        try:
            FIELD_TYPES[field.type].parse(field.default, field.model_dump())
        except ValueError as error:
            yield Problem("bad-value", f"default of {field.name!r}: {error}", where)


def _check_formula(field: CustomField, where: str) -> Iterator[Problem]:
    """The field around a formula; what stands in the formula is checked with the fields there will be."""
    if field.type not in FORMULA_TYPES:
        yield Problem("formula-type", f"a formula can't give a field of type {field.type}", where, f"types: {', '.join(FORMULA_TYPES)}")
    for key in ("required", "default", "to", "children", "values"):
        if getattr(field, key) not in (None, False, ()):
            yield Problem("not-for-formulas", f"{field.name!r} is calculated, so {key!r} says nothing", where)
    try:
        parse(field.formula, field.name)
    except DefinitionError as error:
        yield from (replace(problem, where=f"{where} {problem.where}".strip()) for problem in error.problems)


def _formula_problems(customization: Customization, changed: Schema, source: Source) -> list[Problem]:
    """What is wrong with the formulas that are given, with the fields there will be."""
    given = {field.name: index for index, field in enumerate(customization.fields)}
    return [replace(problem, where=f"{source.place('fields', given[field.name])} {problem.where}")
            for field, problem in check_formulas(changed) if field.object == customization.object and field.name in given]


def _broken_by(schema: Schema, changed: Schema) -> Iterable[Problem]:
    """What would be wrong with formula fields that are sound as yet. Others must not keep anybody from mending them one by one."""
    broken = {field for field, _ in check_formulas(schema)}
    return dict.fromkeys(replace(problem, where=f"{field.object}.{problem.where}")
                         for field, problem in check_formulas(changed) if field not in broken)


def _empty(customization: Customization, schema: Schema) -> ObjectDefinition:
    """A definition without fields: of the new object, or of the standard one that gets further fields."""
    name = customization.object
    if name in schema:
        info = {key: value for key, value in schema.describe(name).table.info.items() if key != "formula_fields"}
        return ObjectDefinition(**info, fields=())
    return ObjectDefinition(name, customization.label, customization.plural_label, f"{name.removesuffix('_c')}s_c", (),
                            customization.name_label, customization.sharing, None, customization.help, custom=True)


def _stored(connection: Connection) -> dict[str, ObjectDefinition]:
    table = build_metadata(()).tables["custom_definitions"]
    found = {}
    for row in connection.execute(select(table).order_by(table.c.object)):
        fields = tuple(FieldDefinition(**{**field, "values": tuple(field["values"])}) for field in row.definition["fields"])
        found[row.object] = ObjectDefinition(**{**row.definition, "fields": fields})
    return found


def _merged(custom: dict[str, ObjectDefinition]) -> tuple[ObjectDefinition, ...]:
    extended = [replace(definition, fields=definition.fields + custom[definition.name].fields) if definition.name in custom else definition
                for definition in STANDARD_OBJECTS]
    return (*extended, *(definition for definition in custom.values() if definition.custom))


def _execute_ddl(connection: Connection, definition: ObjectDefinition, schema: Schema, exists: bool) -> None:
    table = schema.describe(definition.name).table
    if not exists:
        table.create(connection)
        return
    present = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name in present:
            continue
        specification = str(CreateColumn(column).compile(dialect=connection.dialect))
        key = next(iter(column.foreign_keys), None)
        if key is not None and connection.dialect.name == "sqlite":  # SQLite takes a foreign key only inside the column
            specification += f" REFERENCES {key.target_fullname.split('.')[0]} (id)"
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {specification}")
        if connection.dialect.name != "sqlite" and key is not None and key.constraint is not None:
            connection.execute(AddConstraint(key.constraint))
        for index in table.indexes:
            if list(index.columns) == [column]:
                connection.execute(CreateIndex(index))

