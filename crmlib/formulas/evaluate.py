"""A checked formula as a Python function, made of one small function per node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crmlib.formulas.check import Checked
from crmlib.formulas.context import Context
from crmlib.formulas.numbers import EXACT, ONE, ZERO, number, outer
from crmlib.formulas.rows import Way
from crmlib.formulas.tree import Call, Field, Literal, Node
from crmlib.formulas.types import NUMBER_FIELDS

Values = Mapping[str, Any]
Runner = Callable[[Values, Context], Any]

HUNDREDTH = Decimal("0.01")


def evaluate(checked: Checked, values: Values, context: Context) -> Any:
    """What the formula gives for these values: Decimal, str, date, datetime (aware), time, bool; None for blank.

    values: by the names of `checked.fields`; only what is needed is asked for, so that a mapping may look values up.
    Raises FormulaError where there is no value, and DefinitionError if the formula has problems.
    """
    result = checked.runner(values, context)
    return EXACT.plus(outer(result)) if isinstance(result, Decimal) else result


def as_field(value: Any, field_type: str, scale: int = 2) -> Any:
    """A number as a field of this type holds it: 0.1 is 10 in a percent field; rounded half up. A blank condition is false there."""
    if not isinstance(value, Decimal):
        return value or False if field_type == "boolean" else value
    if field_type == "percent":
        value = value.scaleb(2, EXACT)
    return EXACT.plus(value.quantize(ONE.scaleb(-scale), ROUND_HALF_UP, EXACT))


def build(node: Node) -> Runner:
    """The function of a node: of values and context."""
    if isinstance(node, Literal):
        value = node.value
        return lambda values, context: value
    if isinstance(node, Field):
        return _field(node)
    assert node.way is not None, "checked"
    return _call(node, node.way)


def _field(node: Field) -> Runner:
    name, definition = node.name, node.definition
    found: Runner = (lambda values, context: values[name]) if definition is None else definition.runner
    if node.field_type in NUMBER_FIELDS:
        percent = node.field_type == "percent" and definition is None

        def read_number(values: Values, context: Context) -> Decimal | None:
            value = found(values, context)
            if value is None:
                return ZERO if context.blank_as == "zero" else None
            exact = number(value)
            return EXACT.multiply(exact, HUNDREDTH) if percent else exact
        return read_number
    if node.type == "boolean":
        return lambda values, context: found(values, context) or False
    if node.type == "text" or node.type == "picklist":
        return lambda values, context: found(values, context) or None
    return found


def _call(node: Call, way: Way) -> Runner:
    arguments = [_argument(argument, way) for argument in node.arguments]
    function = way.value
    if way.lazy:
        return lambda values, context: function(values, context, *arguments)
    if way.asks:
        def asking(values: Values, context: Context) -> Any:
            found = [argument(values, context) for argument in arguments]
            return None if None in found and not way.sees_blanks else function(context, *found)
        return asking
    if way.sees_blanks:
        return lambda values, context: function(*[argument(values, context) for argument in arguments])
    if len(arguments) == 1:
        only = arguments[0]

        def of_one(values: Values, context: Context) -> Any:
            value = only(values, context)
            return None if value is None else function(value)
        return of_one
    if len(arguments) == 2:
        first, second = arguments

        def of_two(values: Values, context: Context) -> Any:
            left, right = first(values, context), second(values, context)
            return None if left is None or right is None else function(left, right)
        return of_two

    def of_many(values: Values, context: Context) -> Any:
        found = [argument(values, context) for argument in arguments]
        return None if None in found else function(*found)
    return of_many


def _argument(node: Node, way: Way) -> Runner:
    if isinstance(node, Field) and (node.type == "grouping" or way.named):
        name = node.name
        if node.type == "grouping":
            return lambda values, context: name
        value = build(node)
        return lambda values, context: (name, value(values, context))
    return build(node)
