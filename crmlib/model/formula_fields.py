"""Formula fields: fields of an object that are calculated of others, wherever they are read, and stored nowhere.

    opportunity.weighted_c = amount * probability
    opportunity.chance_c   = IF(account.score_c > 10, "good", owner.name)      through lookups, of other formula fields

A formula reads paths of its record. `formula_of` finds what they mean by whatever `find` says: from a record, or in a report
(`reports.made_fields`), where the record itself may stand at the end of a path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time

from sqlalchemy import column

from crmlib.errors import DefinitionError, NotFound, Problem, raise_if_any
from crmlib.formulas.check import Checked
from crmlib.formulas.compile_sql import compile_sql, not_in_sql
from crmlib.formulas.context import BlankAs, Context
from crmlib.formulas.functions import FUNCTIONS
from crmlib.formulas.grammar import DEEPEST, parse
from crmlib.formulas.resolve import check_all
from crmlib.formulas.tree import Field as Named
from crmlib.formulas.tree import place_of, walk
from crmlib.formulas.types import UNKNOWN
from crmlib.model.org import Settings
from crmlib.model.schema import Field, Schema, kept_with_schema

MOST_FORMULAS = 500
"""That one formula may use; the same one of another record is another."""


def follow(schema: Schema, object_name: str, path: str) -> tuple[Field, ...]:
    """Every field on a path from an object, the lookups first. Raises NotFound."""
    described, found = schema.describe(object_name), []
    *steps, last = path.split(".")
    for step in steps:
        lookup = described.field(step)
        if lookup.to is None:
            raise NotFound(Problem("unknown-field", f"{path!r}: {described.label} has no lookup {step!r}"))
        found.append(lookup)
        described = schema.describe(lookup.to)
    return (*found, described.field(last))


def operand(schema: Schema, object_name: str, path: str) -> tuple[Field, ...]:
    """The same for what a formula reads there: of a lookup the name of the record it points to."""
    found = follow(schema, object_name, path)
    return (*found, schema.describe(to).field("name")) if (to := found[-1].to) else found


def formula_of(name: str, find: Callable[[str], Field]) -> Checked:
    """The formula of the field of this name, with the formulas it uses. find: a field by its path; raises NotFound.

    Raises DefinitionError with every problem; formulas that come back to themselves are one, and the circle is named.
    """
    reading = _Reading(find)
    found = reading.read(name, ())
    problems = reading.problems
    try:
        checked = check_all(reading.texts, reading.types, blank_as=reading.blank_as)[found]
    except DefinitionError as error:
        raise DefinitionError([*problems, *error.problems]) from None
    raise_if_any([*problems, *not_in_sql(checked)])
    return checked


class _Reading:
    """Collects the formulas and fields that a formula reads, by path."""

    def __init__(self, find: Callable[[str], Field]) -> None:
        self.find = find
        self.texts: dict[str, str] = {}
        self.types: dict[str, str] = {}
        self.blank_as: dict[str, BlankAs] = {}
        self.problems: list[Problem] = []

    def read(self, path: str, way: tuple[Field, ...]) -> str:
        """The path as its fields are spelled. way: the formulas that led here. Raises NotFound."""
        field = self.find(path)
        prefix = path.lower().rpartition(".")[0]
        name = f"{prefix}.{field.name}".lstrip(".")
        if name in self.types:
            return name
        self.types[name] = "text" if field.to else field.type.name
        if not field.formula:
            return name
        self.texts[name], self.blank_as[name] = field.formula, field.blank_as
        if len(self.texts) > MOST_FORMULAS or len(way) > DEEPEST:
            message = f"it uses more than {MOST_FORMULAS} formulas, or {DEEPEST} that stand within each other"
            raise DefinitionError(Problem("formula-too-large", message, way[0].name))
        if prefix:
            self.types[f"{prefix}.id"] = "id"
        if field in way:  # by a longer and longer path: parent.score, parent.parent.score
            circle = " -> ".join(f"{one.object}.{one.name}" for one in (*way[way.index(field):], field))
            raise DefinitionError(Problem("formula-circle", f"the formula uses itself: {circle}", way[0].name,
                                          "write one of them without the others"))
        try:
            named = [node for node in walk(parse(field.formula).root) if isinstance(node, Named)]
        except DefinitionError:
            return name  # told by check_all, with its place
        for node in named:
            if node.name[0] != "$":
                self.read_named(node, name, prefix, (*way, field))
        return name

    def read_named(self, node: Named, name: str, prefix: str, way: tuple[Field, ...]) -> None:
        path = f"{prefix}.{node.name}".lstrip(".")
        try:
            self.read(path, way)
        except NotFound as error:
            if node.name.upper() not in FUNCTIONS:  # else `check` says that it is one
                self.types[path] = UNKNOWN
                self.problems += (Problem(one.code, one.message, place_of(name, node.at), one.hint) for one in error.problems)


@kept_with_schema
def formula_in(schema: Schema, object_name: str, name: str) -> Checked:
    """The formula of an object's field, over paths from that object. Raises DefinitionError."""
    return formula_of(name, lambda path: follow(schema, object_name, path.lower())[-1])


def ensure_sound(schema: Schema, field: Field) -> None:
    """Raises DefinitionError for a formula field that can't be calculated any more, since what it reads has gone or changed."""
    try:
        if field.formula:
            formula_in(schema, field.object, field.name)
    except DefinitionError as error:
        raise DefinitionError([
            Problem("broken-formula", f"{schema.describe(field.object).label} {field.label} can't be calculated: {problem.message}",
                    f"{field.object}.{field.name}", problem.hint) for problem in error.problems]) from None


@kept_with_schema
def guards_of(schema: Schema, field: Field) -> frozenset[tuple[str, str]]:
    """Every (object, field) one must be allowed to read to see a field: of a formula field also all that it reads."""
    own = {(field.object, field.name)}
    if not field.formula:
        return frozenset(own)
    checked = formula_in(schema, field.object, field.name)
    read = {one for path in (*checked.fields, *checked.uses) for one in operand(schema, field.object, path)}
    return frozenset(own | {(one.object, one.name) for one in read})


def check_formulas(schema: Schema) -> Iterator[tuple[Field, Problem]]:
    """Every problem of the formula fields of all objects."""
    for described in schema:
        for field in described.fields.values():
            if field.formula:
                try:
                    checked = formula_in(schema, described.name, field.name)
                    columns = {path: column(path, operand(schema, described.name, path)[-1].column.type) for path in checked.fields}
                    compile_sql(checked, columns, context_of(Settings(), date(2000, 1, 1)), field.column.type, field.type.name)
                except DefinitionError as error:
                    yield from ((field, problem) for problem in error.problems)


def context_of(settings: Settings, today: date) -> Context:
    """What formulas are calculated in on this day. NOW() is when it begins, so that all who ask on one day get the same."""
    return Context(today, datetime.combine(today, time(), settings.zone).astimezone(UTC), settings.time_zone)
