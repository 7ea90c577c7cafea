"""What a report asks when it is run: its parameters, and the values that they are given.

    filters: [{field: close_date, value: THIS_QUARTER, ask: Period}]      in YAML, of a filter or of having
    parameters_of(asked_by(report, view))                                 what it asks
    answers_to(parameters, {"period": "LAST_MONTH"}, today, settings)     every value, checked
    answered(report, answers)                                             an ordinary report, with the values in its conditions
    address("sales/won", {"period": "LAST_MONTH"})                        "sales/won?period=LAST_MONTH"

Conditions that ask under the same label have one answer, so a period may serve the deals and the calls of a report.
An empty answer leaves the condition out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pydantic import ValidationError

from crmlib.definition import Place, Source
from crmlib.errors import InvalidData, NotFound, Problem, did_you_mean, raise_if_any
from crmlib.model.fields import FieldDefinition
from crmlib.model.org import Settings
from crmlib.model.schema import Field
from crmlib.model.tables import column_for
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.catalog import name_for
from crmlib.reports.date_literals import DATE_LITERALS
from crmlib.reports.definition import AnyFilter, CrossFilter, Filter, FilterValue, Having, Report
from crmlib.reports.filter_logic import without
from crmlib.reports.filter_values import is_open, value_problems
from crmlib.reports.make_plan import figure_field, related_view
from crmlib.reports.report_types import ReportTypeView

Values = Mapping[str, Any]
"""A value, or a list of values, by parameter; as in a filter, or written as text."""

NOTHING_GIVEN: Values = MappingProxyType({})

KINDS = {"datetime": "date", "lookup": "text"}
"""Families whose values are written as those of another one; a lookup is compared by name."""


@dataclass(frozen=True)
class Asked:
    """A condition that asks for its value. field: what it is about; compared: of a lookup the name of the record it points to."""

    place: Place
    condition: Filter | Having
    label: str
    field: Field
    compared: Field

    @property
    def kind(self) -> str:
        return KINDS.get(self.field.family, self.field.family)


@dataclass(frozen=True)
class Parameter:
    """What a report asks under one label.

    name: by which it is given a value. type: of a field. default: one value, a tuple of values, or None where all is kept.
    choices: values of a picklist, yes and no, relative dates; of a lookup names of records, if there are not too many.
    """

    name: str
    label: str
    type: str
    default: FilterValue | tuple[FilterValue, ...]
    choices: tuple[str, ...]
    asked: tuple[Asked, ...] = field(repr=False)

    @property
    def to(self) -> str | None:
        """The object whose records a lookup is to be chosen from."""
        return self.asked[0].field.to


def parameters_of(asked: Iterable[Asked]) -> tuple[Parameter, ...]:
    """In the order in which they are asked, by one report or by all blocks of a joined one. Asks the data nothing."""
    return tuple(_parameter(name, conditions) for name, conditions in _by_name(asked).items())


def _by_name(asked: Iterable[Asked]) -> dict[str, tuple[Asked, ...]]:
    found: dict[str, tuple[Asked, ...]] = {}
    for one in asked:
        name = name_for(one.condition.ask)
        found[name] = (*found.get(name, ()), one)
    return found


def _parameter(name: str, asked: tuple[Asked, ...]) -> Parameter:
    first = asked[0]
    default = next((one.condition.value for one in asked if not is_open(one.condition)), None)
    return Parameter(name, first.condition.ask.strip(), first.field.type.name, default, _choices(asked), asked)


def _choices(asked: tuple[Asked, ...]) -> tuple[str, ...]:
    first = asked[0]
    if first.kind == "date":
        return tuple(f"{one.name}:30" if one.takes_number else one.name for one in DATE_LITERALS.values())
    if first.kind == "boolean":
        return ("true", "false")
    return tuple(value for value in first.field.values if all(value in one.field.values for one in asked))


def asked_by(report: Report, view: ReportTypeView, around: Place = ()) -> Iterator[Asked]:
    """Every condition of a report that asks, also those on related records; those on fields that are none are passed over.

    view: with the fields that the report makes. around: where the report stands, of a block.
    """
    yield from _asked_in(report.filters, view, around)
    for index, having in enumerate(report.having):
        aggregate = next((one for one in report.asked_aggregates if one.name == having.aggregate), None)
        if having.ask and aggregate is not None and aggregate.aggregate in AGGREGATES:
            try:
                figure = figure_field(view, aggregate.aggregate, aggregate.field) or _a_number()
            except NotFound:
                continue
            yield Asked((*around, "having", index), having, aggregate.label or aggregate.name, figure, figure)


def _a_number() -> Field:
    """What a number of records is compared as: a field of none of them."""
    return Field("", column_for(FieldDefinition("record_count", "integer", "Record count"), {}))


def _asked_in(filters: tuple[AnyFilter, ...], view: ReportTypeView, around: Place) -> Iterator[Asked]:
    for index, one in enumerate(filters):
        place = (*around, "filters", index)
        try:
            if isinstance(one, CrossFilter):
                yield from _asked_in(one.filters, related_view(view, one.related)[1], place)
            elif one.ask:
                found = view.find(one.field)
                compared = view.schema.describe(found.field.to).field("name") if found.field.to else found.field
                yield Asked(place, one, found.label, found.field, compared)
        except NotFound:
            continue


def ask_problems(asked: Iterable[Asked], source: Source) -> Iterator[Problem]:
    """What is asked makes sense: there is a value to ask for, and one answer fits all that ask for it."""
    for together in _by_name(asked).values():
        first, default = together[0], next((one.condition for one in together if not is_open(one.condition)), None)
        for one in together:
            where = source.place(*one.place, "ask")
            if not any(map(str.isalnum, one.condition.ask)):
                yield Problem("bad-value", f"{one.condition.ask!r} has no word to ask by", where, "write what is asked: Period")
            elif isinstance(one.condition, Filter) and one.condition.other_field is not None:
                yield Problem("nothing-to-ask", "a filter that compares two fields has no value to ask for", where, "remove ask")
            elif one.kind != first.kind:
                yield Problem("unlike-answers", f"{one.condition.ask!r} asks for the value of {one.label} and of {first.label}, which no "
                              f"one answer fits: a {one.field.type.label.lower()} and a {first.field.type.label.lower()}", where,
                              "ask under two labels")
            elif default and not is_open(one.condition) and one.condition.values != default.values:
                two = " and ".join(" or ".join(map(written, condition.values)) for condition in (default, one.condition))
                yield Problem("two-defaults", f"{one.condition.ask!r} has two defaults: {two}", where, "give one of them only")


# --- The values


def answers_to(parameters: tuple[Parameter, ...], values: Values, today: date, settings: Settings) -> Values:
    """The value of every parameter: as given, else its default. Raises InvalidData with every name that is not asked for and
    every value that does not fit."""
    raise_if_any(answer_problems(parameters, values, today, settings), InvalidData)
    return {one.name: one.default for one in parameters} | {name_for(name): value for name, value in values.items()}


def answered(report: Report, answers: Values) -> Report:
    """A sound report, or block, with these values in its conditions: one that asks nothing.

    A condition without a value is left out, also of the filter logic.
    """
    if not answers:
        return report
    filters, gone = _answered(report.filters, answers)
    having, _ = _answered(report.having, answers)
    logic = without(report.filter_logic, gone) if gone and report.filter_logic.strip() else report.filter_logic
    return report.model_copy(update={"filters": filters, "having": having, "filter_logic": logic})


def _answered(conditions: tuple[Any, ...], answers: Values) -> tuple[tuple[Any, ...], set[int]]:
    """The conditions with their values, and the numbers, from 1, of those left out."""
    kept: list[Any] = []
    gone: set[int] = set()
    for number, one in enumerate(conditions, 1):
        if isinstance(one, CrossFilter):
            kept.append(one.model_copy(update={"filters": _answered(one.filters, answers)[0]}))
        elif not one.ask:
            kept.append(one)
        elif is_open(with_value := _with_value(one, answers.get(name_for(one.ask)))):
            gone.add(number)
        else:
            kept.append(with_value.model_copy(update={"ask": ""}))
    return tuple(kept), gone


def _with_value(condition: Filter | Having, value: Any) -> Filter | Having:
    """Raises ValidationError for what is neither a value nor a list of values."""
    return type(condition).model_validate({**condition.model_dump(), "value": value})


def answer_problems(parameters: tuple[Parameter, ...], values: Values, today: date, settings: Settings) -> Iterator[Problem]:
    """What is wrong with these values; of each the first problem, since it is the same wherever the value is used."""
    asked = {one.name: one.asked for one in parameters}
    for called, value in values.items():
        name = name_for(called)
        if name not in asked:
            yield Problem("unknown-parameter", f"the report does not ask for {called!r}", called,
                          did_you_mean(name, asked) or (f"it asks for: {', '.join(asked)}" if asked else "it asks for nothing"))
            continue
        yield from islice(_value_problems(name, asked[name], value, today, settings), 1)


def _value_problems(name: str, asked: tuple[Asked, ...], value: Any, today: date, settings: Settings) -> Iterator[Problem]:
    for one in asked:
        try:
            condition = _with_value(one.condition, value)
        except ValidationError:
            yield Problem("bad-value", f"{one.condition.ask}: {value!r} is neither a value nor a list of values", name)
            continue
        if not is_open(condition):
            for problem in value_problems(one.condition.ask.strip(), one.compared, condition, today, settings):
                yield Problem(problem.code, problem.message, name, problem.hint)


# --- The address of a report with its values, as it stands in a page's address and in a schedule


def address(report: str, values: Values) -> str:
    """The address of a report, by its path or address, with these values as well; always in the same order."""
    path, known = read_address(report)
    merged = sorted({**known, **values}.items())
    several = [(name, (value or ("",)) if isinstance(value, list | tuple) else (value,)) for name, value in merged]
    query = urlencode([(name, written(one)) for name, given in several for one in given])
    return f"{path}?{query}" if query else path


def read_address(text: str) -> tuple[str, dict[str, Any]]:
    """The path and the values; several of one parameter as a tuple."""
    path, _, query = text.partition("?")
    return path, gathered(parse_qsl(query, keep_blank_values=True))


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Values by name; of a name that comes several times, all of them."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def written(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
