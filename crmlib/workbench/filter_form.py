"""A filter as a form: which operators are offered, what is asked for as its value, and how what was typed becomes a filter.

To give a field type its own kind of value: a row in KINDS. Nothing typed is ever refused here: a value that does not fit
stays in the filter as it was typed, and `validate` says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from crmlib.errors import DefinitionError, Problem
from crmlib.model.schema import Field
from crmlib.reports.date_literals import DATE_LITERALS
from crmlib.reports.definition import AnyFilter, Filter, FilterValue
from crmlib.reports.filter_values import is_open
from crmlib.reports.operators import OPERATORS
from crmlib.workbench import sent

BLANK, NOT_BLANK = "is_blank", "is_not_blank"
"""What the form calls `equals` and `not_equal` with an empty value."""

DATE_WORDS = {"equals": "is", "not_equal": "is not", "less_than": "is before", "greater_than": "is after",
              "less_or_equal": "is up to", "greater_or_equal": "is from"}
"""Operators as one says them of dates."""

ON_A_DAY, ANY = "date", ""
"""What the form calls a value that is a day and not a relative date, and none."""


@dataclass(frozen=True)
class Kind:
    """How values of a family are asked for, and the filter a fresh form begins with."""

    name: str
    operator: str
    start: FilterValue | tuple[FilterValue, ...]


KINDS: dict[str, Kind] = {
    "text": Kind("text", "contains", ""),
    "picklist": Kind("choices", "equals", ()),
    "multi_picklist": Kind("choices", "includes", ()),
    "number": Kind("number", "greater_or_equal", ""),
    "id": Kind("number", "equals", ""),
    "date": Kind("date", "equals", "THIS_YEAR"),
    "datetime": Kind("date", "equals", "THIS_YEAR"),
    "boolean": Kind("yes_no", "equals", True),
}
"""By field family; a lookup is filtered by the name of the record it points to, as text."""


@dataclass(frozen=True)
class DateChoice:
    """A date value as shown: a relative date's name (with its number if it takes one), or a day."""

    word: str
    number: str = ""
    day: str = ""


@dataclass(frozen=True)
class FilterForm:
    """kind: a `Kind.name`, "none" when nothing is asked for. values: as typed; for "date" `DateChoice`s. choices: of a picklist.

    is_asked: the value is asked for when the report runs, so that it may have none: any will do.
    """

    kind: str
    operator: str
    operators: tuple[tuple[str, str], ...]
    values: tuple[Any, ...]
    choices: tuple[str, ...] = ()
    is_asked: bool = False

    @property
    def takes_several(self) -> bool:
        """Whether a second value says more: of two that are compared with, one decides alone."""
        return self.operator not in ("less_than", "greater_than", "less_or_equal", "greater_or_equal")


def family_of(field: Field) -> str:
    return "text" if field.to else field.family


def new_filter(path: str, field: Field) -> Filter:
    """What a filter on this field begins with."""
    kind = KINDS[family_of(field)]
    return Filter(field=path, operator=kind.operator, value=kind.start)


def is_plain(condition: AnyFilter) -> bool:
    """Whether it compares a field with values; what asks for related records or another field has no form yet."""
    return isinstance(condition, Filter) and condition.other_field is None


def is_unfinished(condition: AnyFilter) -> bool:
    """Whether a value is still to be given; until then the filter is not applied."""
    if not isinstance(condition, Filter) or not is_plain(condition) or asks_for_blank(condition) or condition.ask:
        return False
    return not condition.values or all(value == "" for value in condition.values)


def asks_for_blank(condition: Filter) -> bool:
    return condition.operator in ("equals", "not_equal") and condition.values == (None,) and not condition.ask


def filter_form(field: Field, condition: Filter) -> FilterForm:
    """The form of a filter, for the operator it has."""
    family = family_of(field)
    words = DATE_WORDS if family in ("date", "datetime") else {}
    fitting = [(row.name, words.get(row.name, row.label)) for row in OPERATORS.values() if family in row.families]
    if family != "boolean" and not condition.ask:
        fitting += [(BLANK, "is blank"), (NOT_BLANK, "is not blank")]
    operators = tuple(fitting)
    if asks_for_blank(condition):
        return FilterForm("none", BLANK if condition.operator == "equals" else NOT_BLANK, operators, ())
    kind = KINDS[family].name
    if kind == "choices" and condition.operator not in ("equals", "not_equal", "includes", "excludes"):
        kind = "text"
    values: tuple[Any, ...] = tuple(map(_shown, condition.values))
    if kind == "date":
        values = tuple(map(_date_choice, condition.values))
    if is_open(condition):
        values = {"choices": (), "date": (DateChoice(ANY),)}.get(kind, ("",))
    return FilterForm(kind, condition.operator, operators, values, field.values if kind == "choices" else (), bool(condition.ask))


def with_operator(field: Field, condition: Filter, operator: str) -> Filter:
    """The filter asked with another operator; its values stay where they still make sense."""
    if operator in (BLANK, NOT_BLANK):
        return condition.model_copy(update={"operator": "equals" if operator == BLANK else "not_equal", "value": None})
    changed = condition.model_copy(update={"operator": operator})
    if asks_for_blank(condition):
        return changed.model_copy(update={"value": KINDS[family_of(field)].start})
    if filter_form(field, condition).kind != filter_form(field, changed).kind:
        start: Any = () if filter_form(field, changed).kind == "choices" else ""
        return changed.model_copy(update={"value": start})
    return changed


def with_values(condition: Filter, values: tuple[FilterValue, ...]) -> Filter:
    """The filter with these values; a single one is written without a list."""
    return condition.model_copy(update={"value": values[0] if len(values) == 1 else values})


def with_value(field: Field, condition: Filter, position: int, text: str) -> Filter:
    """What was typed as one of the values; a position one past the last adds a value. Raises DefinitionError beyond that."""
    values = condition.values or ("",) * (position > 0)
    if not 0 <= position <= len(values):
        raise DefinitionError(Problem("no-such-value", "this value is not there any more"))
    return with_values(condition, (*values[:position], value_of(field, text), *values[position + 1:]))


def without_value(condition: Filter, position: int) -> Filter:
    return with_values(condition, (*condition.values[:position], *condition.values[position + 1:]))


def with_choice(field: Field, condition: Filter, choice: str, ticked: bool) -> Filter:
    """A value of a picklist is wanted or not; they stay in the picklist's order."""
    values = () if is_open(condition) else condition.values
    wanted = (set(values) | {choice}) if ticked else (set(values) - {choice})
    others = tuple(value for value in values if value in wanted and value not in field.values)
    return with_values(condition, (*others, *(value for value in field.values if value in wanted)))


def with_date(field: Field, condition: Filter, position: int, word: str, number: str, today: date) -> Filter:
    """A relative date, "date" for a day of its own, or none."""
    return with_value(field, condition, position, str(date_value(word, number, today)))


def with_ask(field: Field, condition: Filter, label: str) -> Filter:
    """Asked for under this label when the report runs; without one, no longer."""
    start = {"value": KINDS[family_of(field)].start} if is_open(condition) and not label else {}
    return condition.model_copy(update={"ask": label, **start})


def value_actions(form: Any) -> dict[str, Callable[[Any, Any], None]]:
    """What the fields of `filter_values.html` send, for whatever keeps the conditions: they are numbered, and so are their values."""
    def tick(place: str, ticked: bool) -> None:
        index, _, choice = place.partition(":")
        form.tick_value(sent.number(index), choice, ticked)

    def set_number(place: str, typed: str) -> None:
        place, _, word = place.partition(":")
        form.set_date(*sent.numbers(place), word, typed)

    return {
        "set_value": lambda item, value: form.set_value(*sent.numbers(item), sent.text(value)),
        "add_value": lambda item, value: form.add_value(sent.number(item)),
        "remove_value": lambda item, value: form.remove_value(*sent.numbers(item)),
        "tick_value": lambda item, value: tick(sent.text(item), sent.flag(value)),
        "set_date_word": lambda item, value: form.set_date(*sent.numbers(item), sent.text(value)),
        "set_date_number": lambda item, value: set_number(sent.text(item), sent.text(value)),
    }


def value_of(field: Field, text: str) -> FilterValue:
    """What was typed, as exact as it can be had: 1,250.50 typed as '1250.50' is a number, 'soon' stays 'soon'."""
    text = text.strip()
    family = family_of(field)
    if text and family in ("number", "id"):
        try:
            number = Decimal(text.replace("\u00a0", "").replace(" ", ""))
        except InvalidOperation:
            return text
        if not number.is_finite():
            return text
        return int(number) if number == number.to_integral_value() and "." not in text else number
    if family == "boolean" and text in ("true", "false"):
        return text == "true"
    if family in ("date", "datetime"):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text


def _shown(value: FilterValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _date_choice(value: FilterValue) -> DateChoice:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return DateChoice(ON_A_DAY, day=value.isoformat())
    word, _, number = str(value or "").strip().upper().replace(" ", "_").partition(":")
    if word in DATE_LITERALS:
        return DateChoice(word, number)
    return DateChoice(ON_A_DAY, day=str(value or ""))


def date_value(word: str, number: str, today: date) -> FilterValue:
    """The filter value of a choice: 'LAST_N_DAYS:30', 'THIS_QUARTER', today for "on a day", or none."""
    literal = DATE_LITERALS.get(word)
    if literal is None:
        return "" if word == ANY else today
    return f"{word}:{number or '30' if 'DAYS' in word else number or '3'}" if literal.takes_number else word


def date_words() -> tuple[tuple[str, str], ...]:
    """(name, words) of everything a date can be compared with, for the list in the form: 'last n days', 'this quarter'."""
    return ((ON_A_DAY, "on a date …"), *((name, name.lower().replace("_", " ")) for name in DATE_LITERALS))


def date_help(choice: DateChoice) -> str:
    """What a relative date means, with its number: '30 days ago up to today, today included'."""
    literal = DATE_LITERALS.get(choice.word)
    if literal is None:
        return ""
    return re.sub(r"\bn\b", choice.number, literal.help) if choice.number else literal.help
