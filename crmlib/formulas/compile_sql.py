"""A checked formula as an expression of SQLAlchemy that gives the same answers on SQLite and PostgreSQL.

PostgreSQL calculates it itself, in NUMERIC. SQLite has no decimals, so there a Python function (`sqlite.crm_formula`) is
called per row. Which of both is written is decided when the statement is compiled for a database (`FormulaValue`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, and_, cast, func, null, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import collate
from sqlalchemy.types import TypeEngine

from crmlib.errors import DefinitionError, Problem, raise_if_any
from crmlib.formulas.check import Checked
from crmlib.formulas.context import Context, FormulaError
from crmlib.formulas.evaluate import build
from crmlib.formulas.numbers import OUTER
from crmlib.formulas.rows import Way
from crmlib.formulas.sql_dates import clock_of, milliseconds_of
from crmlib.formulas.sql_let import DEEPEST, LARGE, Let, Sizes, placeholder, uses
from crmlib.formulas.sql_value import (
    EMPTY,
    FALSE,
    MISSING,
    NUMBER,
    SQL_TYPES,
    TRUE,
    Sql,
    any_error,
    below,
    constant,
    known,
    rounded_to,
    unless,
)
from crmlib.formulas.sqlite import MOST_FIELDS, MOST_STORED, recipe_of, storage_of
from crmlib.formulas.tree import Call, Field, Literal, Node, place_of, walk
from crmlib.formulas.types import NULL, NUMBER_FIELDS


class FormulaValue(FunctionElement[Any]):
    """A formula in both ways: first the call for SQLite, then the expression for other databases."""

    inherit_cache = True
    name = "formula_value"

    def __init__(self, for_sqlite: ColumnElement[Any], elsewhere: ColumnElement[Any], type_: TypeEngine[Any]) -> None:
        super().__init__(for_sqlite, elsewhere)
        self.type = type_


@compiles(FormulaValue, "sqlite")
def _for_sqlite(element: FormulaValue, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.process(element.clauses.clauses[0], **kw))


@compiles(FormulaValue)
def _elsewhere(element: FormulaValue, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.process(element.clauses.clauses[1], **kw))


def compile_sql(checked: Checked, columns: Mapping[str, ColumnElement[Any]], context: Context, type_: TypeEngine[Any],
                field_type: str = "") -> ColumnElement[Any]:
    """The formula over these columns (by the names of `checked.fields`), as a field of this type holds it; NULL where it has no value.

    type_: of the column it is like (`ExactDecimal(2)`, `Date()` ...); its scale is what a number is rounded to. field_type: what
    the formula gives as a field; "percent" is multiplied by 100. Raises DefinitionError for what can't be done in SQL.
    """
    checked.raise_problems()
    raise_if_any(not_in_sql(checked))
    elsewhere = _Compiler(columns, context).field(checked, type_, field_type or checked.type)
    ordered = [(name, columns[name]) for name in checked.fields]
    recipe = recipe_of(checked, {name: storage_of(column.type) for name, column in ordered}, context, storage_of(type_), field_type)
    return FormulaValue(func.crm_formula(recipe, *(column for _, column in ordered), type_=type_), elsewhere, type_)


def not_in_sql(checked: Checked) -> list[Problem]:
    """What in this formula is only calculated in Python: over cells of a report or a single record."""
    problems = []
    for node in walk(checked.root):
        if isinstance(node, Field) and node.definition is not None:
            problems += not_in_sql(node.definition)
        elif isinstance(node, Call) and (node.way is None or node.way.sql is None or _chosen_place(node)):
            place = place_of(checked.formula.where, node.at)
            problems.append(Problem("formula-not-in-sql", f"{node.function} can't be used in a formula for rows or filters", place))
    if checked.type in ("multi_picklist", "geolocation"):
        problems.append(Problem("formula-not-in-sql", "a formula for rows can't give several values or a place", checked.formula.where))
    if len(checked.fields) > MOST_FIELDS:
        problems.append(Problem("formula-too-many-fields", f"a formula reads at most {MOST_FIELDS} fields", checked.formula.where))
    return problems


def _chosen_place(node: Call) -> bool:
    """One place or another (IF, BLANKVALUE): in SQL a place is two numbers, and there are no fields of places."""
    return node.type == "geolocation" and node.function != "GEOLOCATION"


class _Compiler:
    def __init__(self, columns: Mapping[str, ColumnElement[Any]], context: Context) -> None:
        self.columns, self.context = columns, context
        self.sizes, self.names = Sizes(), 1

    def field(self, checked: Checked, type_: TypeEngine[Any], field_type: str) -> ColumnElement[Any]:
        """The whole formula as a field: rounded, and NULL where there is an error."""
        found = self.formula(checked)
        if checked.type == NULL:
            found = replace(found, value=cast(null(), type_), nullable=True, blank_on_error=True)
        elif checked.type == "number":
            found = _as_number(found, type_, field_type)
        elif checked.type == "boolean":
            found = replace(found, value=func.coalesce(found.value, FALSE) if found.nullable else found.value, blank_on_error=False)
        elif checked.type == "time":
            found = replace(found, value=clock_of(found.value))
        value = found.value if found.error is None or found.blank_on_error else unless(found.error, found.value)
        if self.sizes.depth(value) > DEEPEST:
            raise DefinitionError(Problem("formula-too-deep", "too many functions stand within each other for SQL", checked.formula.where))
        return type_coerce(value.self_group(against=collate), type_)  # in brackets, since `a > 1 IN (TRUE)` is another question

    def formula(self, checked: Checked) -> Sql:
        """With blanks as this formula takes them."""
        around, self.context = self.context, self.context.for_formula(checked.blank_as)
        found = self.node(checked.root)
        self.context = around
        return found

    def node(self, node: Node) -> Sql:
        if isinstance(node, Literal):
            return known(node.value, node.type)
        if isinstance(node, Field):
            return self.column(node)
        assert node.way is not None and node.way.sql is not None, "checked"
        return self.call(node, node.way)

    def column(self, node: Field) -> Sql:
        if node.definition is not None:
            found = self.formula(node.definition)
            if node.definition.type == NULL:
                found = _typed_null(found, node.type)
        else:
            found = _column(self.columns[node.name], node)
        if node.field_type in NUMBER_FIELDS and self.context.blank_as == "zero" and found.nullable:
            zero = constant(Decimal(0))
            value: ColumnElement[Any] = func.coalesce(found.value, zero)
            if found.error is not None:
                value = unless(found.error, value)
            return replace(found, value=value, nullable=found.error is not None)
        return found

    def call(self, node: Call, way: Way) -> Sql:
        fit = way.signature.fit([argument.type for argument in node.arguments])
        assert fit is not None and way.sql is not None
        wanted = [slot if slot in SQL_TYPES else node.type for slot in fit.slots]
        arguments = [self.argument(argument, type_) for argument, type_ in zip(node.arguments, wanted, strict=True)]
        if arguments and not way.asks and all(argument.is_constant for argument in arguments):
            return self.calculated(node)
        if not (way.lazy or way.sees_blanks) and any(argument.constant is None for argument in arguments):
            return _strict(replace(known(None, node.type), constant=MISSING), arguments, way)
        result = replace(self.written(way, arguments), constant=MISSING)  # BLANKVALUE("a", name) is "a", but has a field in it
        return result if way.lazy else _strict(result, arguments, way)

    def written(self, way: Way, arguments: list[Sql]) -> Sql:
        """The call; arguments that are large and written more than once get a name."""
        def write(arguments: list[Sql]) -> Sql:
            assert way.sql is not None
            found: Sql = way.sql(self.context, *arguments) if way.asks else way.sql(*arguments)
            nullable = [argument.value.is_not(None) for argument in arguments if argument.nullable]
            if found.error is not None and len(arguments) > 1 and nullable and not (way.sees_blanks or way.lazy):
                return replace(found, error=and_(*nullable, found.error))  # a blank makes it blank before it can be wrong
            return found

        names = {place: f"let_{self.names + place}" for place, argument in enumerate(arguments)
                 if not argument.parts and self.sizes.of(argument.value) > LARGE}
        if not names:
            return write(arguments)
        stand_ins = {place: placeholder(name, arguments[place].value) for place, name in names.items()}
        found = write([replace(argument, value=stand_ins.get(place, argument.value)) for place, argument in enumerate(arguments)])
        often = [place for place, stand_in in stand_ins.items() if max(uses(found.value, stand_in), uses(found.error, stand_in)) > 1]
        if not often:
            return write(arguments)
        self.names += len(arguments)
        found = write([replace(argument, value=stand_ins[place]) if place in often else argument
                       for place, argument in enumerate(arguments)])
        for place in often:
            value, stand_in = arguments[place].value, stand_ins[place]
            if uses(found.value, stand_in):
                found = replace(found, value=Let(names[place], value, found.value))
            if found.error is not None and uses(found.error, stand_in):
                found = replace(found, error=Let(names[place], value, found.error))
        return found

    def argument(self, node: Node, wanted: str) -> Sql:
        """NULL is nothing of the type that is wanted there."""
        found = self.node(node)
        return _typed_null(found, wanted) if node.type == NULL else found

    def calculated(self, node: Call) -> Sql:
        """A part without fields is calculated before the statement is written."""
        try:
            return known(build(node)({}, self.context), node.type)
        except FormulaError:
            return replace(known(None, node.type), error=TRUE, constant=MISSING)


def _typed_null(found: Sql, type_: str) -> Sql:
    return replace(found, value=cast(null(), SQL_TYPES.get(type_, Text())), nullable=True, blank_on_error=True)


def _strict(result: Sql, arguments: list[Sql], way: Way) -> Sql:
    """What holds of any function that calculates all its arguments: an error in one is an error."""
    errors = any_error([*(argument.error for argument in arguments), result.error])
    nullable = result.nullable or result.error is not None
    quiet = result.blank_on_error
    if way.sees_blanks:
        quiet = quiet and all(argument.error is None for argument in arguments)
    else:
        nullable = nullable or any(argument.nullable or argument.error is not None for argument in arguments)
        quiet = quiet and all(argument.error is None or argument.blank_on_error for argument in arguments)
    return replace(result, error=errors, nullable=nullable, blank_on_error=quiet)


def _column(column: ColumnElement[Any], node: Field) -> Sql:
    """A column as the type it has in formulas; texts are never empty, conditions never NULL."""
    if node.type == "number":
        scale = getattr(column.type, "scale", None) or 0
        is_decimal = isinstance(getattr(column.type, "impl", column.type), Numeric)
        value: ColumnElement[Any] = type_coerce(column, NUMBER) if is_decimal else cast(column, NUMBER)
        digits = MOST_STORED - scale if is_decimal else MOST_STORED + 1
        if node.field_type == "percent":
            return Sql(value * constant(Decimal("0.01")), scale=scale + 2, digits=max(digits - 2, 1))
        return Sql(value, scale=scale, digits=digits)
    if node.type == "boolean":
        return Sql(func.coalesce(column, FALSE), nullable=False)
    if node.type == "time":
        return Sql(milliseconds_of(column))
    if node.type in ("text", "picklist"):
        return Sql(func.nullif(column, EMPTY))
    return Sql(column)


def _as_number(found: Sql, type_: TypeEngine[Any], field_type: str) -> Sql:
    scale = getattr(type_, "scale", None) or 0
    value, digits = found.value, found.digits
    if field_type == "percent":
        value, digits = value * constant(100), digits + 2
    if found.scale > OUTER:
        value = rounded_to(value, OUTER)
    value = rounded_to(value, scale)
    if digits + scale > MOST_STORED:
        value = below(value, f"1e{MOST_STORED - scale}")
    return replace(found, value=value)
