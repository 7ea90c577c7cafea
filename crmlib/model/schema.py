"""The one door to the data model: `schema.describe("opportunity")`.

Built from SQLAlchemy's MetaData (tables, foreign keys, `info`), so a custom object is described exactly as a standard
one, and nobody above this module knows which is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Column, MetaData, Table

from crmlib.errors import NotFound, Problem, did_you_mean
from crmlib.formulas.context import BlankAs
from crmlib.model.fields import DEFAULT_SCALE, FIELD_TYPES, FieldType

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class Field:
    """A field of an object. `to` names a lookup's target object; `children` how the target names these records.

    formula: what it is calculated by; its column is then only its type and in no table. blank_as: how it takes blank numbers.
    """

    object: str
    column: Column

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Field) and (self.object, self.name) == (other.object, other.name)

    def __hash__(self) -> int:
        return hash((self.object, self.name))

    @cached_property
    def name(self) -> str:
        return str(self.column.info["name"])

    @property
    def label(self) -> str:
        return str(self.column.info["label"])

    @property
    def help(self) -> str:
        return str(self.column.info["help"])

    @cached_property
    def type(self) -> FieldType:
        return FIELD_TYPES[self.column.info["type"]]

    @property
    def family(self) -> str:
        return self.type.family

    @property
    def required(self) -> bool:
        return bool(self.column.info["required"])

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(self.column.info["values"])

    @property
    def to(self) -> str | None:
        return self.column.info["to"]

    @property
    def children(self) -> str | None:
        return self.column.info["children"]

    @property
    def scale(self) -> int:
        return int(self.column.info.get("scale", DEFAULT_SCALE))

    @property
    def default(self) -> Any:
        return self.column.info["default"]

    @property
    def formula(self) -> str:
        return str(self.column.info["formula"])

    @property
    def blank_as(self) -> BlankAs:
        return cast(BlankAs, self.column.info["blank_as"])

    @property
    def personal(self) -> bool:
        return bool(self.column.info["personal"])

    def parse(self, value: Any) -> Any:
        """The Python value of what was typed or read; None for empty. Raises ValueError in the user's words."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return self.type.parse(value, self.column.info)


@dataclass(frozen=True)
class ChildRelationship:
    """A lookup seen from its target: `account.opportunities` is ("opportunities", "opportunity", "account")."""

    name: str
    object: str
    lookup: str
    label: str


@dataclass(frozen=True, eq=False)
class ObjectType:
    """An object: its fields by name, in their order, formula fields last, and its child relationships by name."""

    name: str
    table: Table
    fields: Mapping[str, Field]
    children: Mapping[str, ChildRelationship]

    @property
    def label(self) -> str:
        return str(self.table.info["label"])

    @property
    def plural_label(self) -> str:
        return str(self.table.info["plural_label"])

    @property
    def help(self) -> str:
        return str(self.table.info["help"])

    @property
    def sharing(self) -> str:
        return str(self.table.info["sharing"])

    @cached_property
    def stored(self) -> Mapping[str, Field]:
        """The fields that have a column."""
        return {name: field for name, field in self.fields.items() if not field.formula}

    @property
    def controlled_by(self) -> str | None:
        return self.table.info["controlled_by"]

    def child(self, name: str) -> ChildRelationship:
        """Raises NotFound with the nearest name."""
        if name not in self.children:
            raise NotFound(Problem("unknown-relationship", f"{self.label} has no child relationship {name!r}",
                                   hint=did_you_mean(name, self.children)))
        return self.children[name]

    def field(self, name: str) -> Field:
        """Raises NotFound with the nearest name."""
        if name not in self.fields:
            raise NotFound(Problem("unknown-field", f"{self.label} has no field {name!r}", hint=did_you_mean(name, self.fields)))
        return self.fields[name]


class Schema:
    """All objects of one org."""

    def __init__(self, metadata: MetaData) -> None:
        self.metadata = metadata
        self._objects: dict[str, ObjectType] = {}
        tables = [table for table in metadata.tables.values() if table.info]
        for table in tables:
            name = table.info["name"]
            fields = {column.info["name"]: Field(name, column) for column in (*table.columns, *table.info["formula_fields"])}
            self._objects[name] = ObjectType(name, table, fields, {})
        for child in self._objects.values():
            for field in child.fields.values():
                if field.to and field.children:
                    parent = self._objects[field.to]
                    twice = sum(other.to == field.to and other.name != "owner" for other in child.fields.values()) > 1
                    label = f"{child.plural_label} ({field.label})" if twice or field.name == "owner" else child.plural_label
                    parent.children[field.children] = ChildRelationship(field.children, child.name, field.name, label)  # type: ignore[index]

    def __iter__(self) -> Iterator[ObjectType]:
        return iter(self._objects.values())

    def __contains__(self, name: object) -> bool:
        return name in self._objects

    @property
    def names(self) -> list[str]:
        return list(self._objects)

    def describe(self, name: str) -> ObjectType:
        """The object of this name. Raises NotFound with the nearest name."""
        if name not in self._objects:
            raise NotFound(Problem("unknown-object", f"there is no object {name!r}", hint=did_you_mean(name, self._objects)))
        return self._objects[name]


MOST_KEPT = 1000


def kept_with_schema(function: Callable[Concatenate[Schema, Asked], Answer]) -> Callable[Concatenate[Schema, Asked], Answer]:
    """What a function says about a schema is kept as long as the schema is; the answer must not hold it."""
    kept: WeakKeyDictionary[Schema, dict[Any, Answer]] = WeakKeyDictionary()

    @wraps(function)
    def answer(schema: Schema, *asked: Asked.args, **named: Asked.kwargs) -> Answer:
        answers, question = kept.setdefault(schema, {}), (*asked, *named.items())
        if question not in answers:
            if len(answers) >= MOST_KEPT:
                answers.clear()
            answers[question] = function(schema, *asked, **named)
        return answers[question]
    return answer
