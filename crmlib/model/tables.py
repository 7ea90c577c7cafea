"""From object definitions to SQLAlchemy tables. What a field means travels in `Column.info`, an object in `Table.info`.

Tables are named in the plural (`opportunities`, `users`), which no SQL dialect reserves; objects in the singular.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import JSON, Column, ForeignKey, Index, MetaData, Table, Text

from crmlib.model import activities, clients, organization, sales
from crmlib.model.fields import FIELD_TYPES, FieldDefinition, ObjectDefinition
from crmlib.model.types import ID

STANDARD_OBJECTS: tuple[ObjectDefinition, ...] = organization.OBJECTS + clients.OBJECTS + sales.OBJECTS + activities.OBJECTS

NAMING = {"ix": "ix_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s",
          "uq": "uq_%(table_name)s_%(column_0_name)s"}


def system_fields(definition: ObjectDefinition) -> tuple[FieldDefinition, ...]:
    """The fields every object has, before its own."""
    return (
        FieldDefinition("id", "id", "Record ID"),
        FieldDefinition("name", "text", definition.name_label, required=True),
        FieldDefinition("owner", "lookup", "Owner", to="user", children=f"owned_{definition.plural}"),
        FieldDefinition("created_by", "lookup", "Created by", to="user"),
        FieldDefinition("created_at", "datetime", "Created at", required=True),
        FieldDefinition("modified_by", "lookup", "Modified by", to="user"),
        FieldDefinition("modified_at", "datetime", "Modified at", required=True),
        FieldDefinition("deleted_at", "datetime", "Deleted at", help="Empty unless the record is in the recycle bin"),
        FieldDefinition("external_id", "text", "External ID", help="Key of this record in the system it came from"),
    )


SYSTEM_FIELD_NAMES = tuple(field.name for field in system_fields(STANDARD_OBJECTS[0]))


def build_metadata(definitions: Iterable[ObjectDefinition] = STANDARD_OBJECTS) -> MetaData:
    """Fresh tables for these objects: each org has its own, since custom objects and fields differ."""
    metadata = MetaData(naming_convention=NAMING)
    definitions = tuple(definitions)
    known = {definition.name: definition.plural for definition in definitions}
    for definition in definitions:
        _object_table(definition, known, metadata)
    Table("role_closure", metadata,
          Column("ancestor_id", ID, ForeignKey("roles.id"), primary_key=True),
          Column("descendant_id", ID, ForeignKey("roles.id"), primary_key=True, index=True),
          Column("depth", ID, nullable=False),
          comment="Every role with itself (depth 0) and with each role below it")
    Table("custom_definitions", metadata,
          Column("object", Text, primary_key=True), Column("definition", JSON, nullable=False),
          comment="Custom objects and the custom fields of standard objects, as they were defined")
    return metadata


def _object_table(definition: ObjectDefinition, known: dict[str, str], metadata: MetaData) -> Table:
    fields = system_fields(definition) + definition.fields
    columns = [column_for(field, known, cyclic=definition.name == "role", custom=definition.custom)
               for field in fields if not field.formula]
    info = {key: value for key, value in vars(definition).items() if key != "fields"}
    info["formula_fields"] = tuple(column_for(field, known) for field in fields if field.formula)  # of no table
    table = Table(definition.plural, metadata, *columns, info=info)
    Index(f"uq_{definition.plural}_external_id", table.c.external_id, unique=True)
    return table


def column_name(field: FieldDefinition) -> str:
    return f"{field.name}_id" if field.type == "lookup" else field.name


def column_for(field: FieldDefinition, known: dict[str, str], cyclic: bool = False, custom: bool = False) -> Column:
    """The column of one field. Lookups are foreign keys named `<field>_id`, indexed, never cascading.

    cyclic: roles and users point at each other, so roles' keys are added after both tables exist.
    custom: a field of a custom object. Custom lookups are never NOT NULL, since records may be older than the field.
    """
    info = dict(vars(field))
    sql_type = FIELD_TYPES[field.type].sql_type(info)
    if field.type == "id":
        return Column("id", sql_type, primary_key=True, info=info)
    if field.type == "lookup":
        assert field.to is not None
        key = ForeignKey(f"{known[field.to]}.id", use_alter=cyclic and field.to != "role")
        indexed = field.name not in ("created_by", "modified_by")
        nullable = not field.required or custom or field.name.endswith("_c")
        return Column(column_name(field), sql_type, key, nullable=nullable, index=indexed, info=info)
    # Only fields without which a row means nothing are NOT NULL; what a company requires besides is asked by `records`.
    indexed = FIELD_TYPES[field.type].family in ("date", "datetime") and field.name not in ("modified_at", "deleted_at")
    return Column(field.name, sql_type, nullable=field.name not in ("name", "created_at", "modified_at"), index=indexed, info=info)
