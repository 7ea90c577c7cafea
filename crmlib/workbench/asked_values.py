"""The values that a report asks for, as somebody fills them in: a row of fields above its result.

    form = AskedValues(org, report, {"period": "LAST_MONTH"}, show)
    form.set_date(0, 0, "THIS_YEAR"); form.given()          {"period": "THIS_YEAR"}

What is typed stays as it was typed, also when it is wrong; `check` says what is, beside its field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from crmlib.errors import DefinitionError, Problem, UserError
from crmlib.reports.definition import Filter, Report
from crmlib.reports.parameters import Parameter, Values, gathered, written
from crmlib.workbench.filter_form import FilterForm, filter_form, with_choice, with_date, with_value, without_value
from crmlib.workbench.record_names import RecordNames


@dataclass(frozen=True)
class AskedRow:
    """One value with its fields. As a row of the designer, for `filter_values.html`."""

    index: int
    key: str
    label: str
    form: FilterForm
    problems: tuple[Problem, ...] = ()
    suggestions: tuple[str, ...] = ()
    is_new: bool = False
    has_new_value: bool = False
    searches: bool = False  # for names, while one types


class AskedValues:
    """A filter for each of the report's parameters, in which its value is filled in.

    problems: found by `check`. show: called when there are names to choose from.
    """

    def __init__(self, org: Any, report: Report, values: Values, show: Callable[[], None]) -> None:
        self.org, self.report = org, report
        self.names = RecordNames(org, show)
        self.problems: tuple[Problem, ...] = ()
        self.new_value = -1
        try:
            self.parameters: tuple[Parameter, ...] = org.report(report).asked
        except UserError:  # checking it tells why
            self.parameters = ()
        self.filters = [_filter(one, values.get(one.name, one.default)) for one in self.parameters]

    # --- What people do

    def set_value(self, index: int, position: int, text: str) -> None:
        self._replace(index, with_value(self._field(index), self.filters[index], position, text))

    def add_value(self, index: int) -> None:
        self._field(index)
        self.set_value(index, len(self.filters[index].values), "")
        self.new_value = index

    def remove_value(self, index: int, position: int) -> None:
        self._replace(index, without_value(self.filters[index], position))

    def tick_value(self, index: int, choice: str, ticked: bool) -> None:
        self._replace(index, with_choice(self._field(index), self.filters[index], choice, ticked))

    def set_date(self, index: int, position: int, word: str, number: str = "") -> None:
        self._replace(index, with_date(self._field(index), self.filters[index], position, word, number, self.org.org.today()))

    def _field(self, index: int) -> Any:
        if not 0 <= index < len(self.parameters):
            raise DefinitionError(Problem("no-such-part", "this is not asked for any more"))
        return self.parameters[index].asked[0].field

    def _replace(self, index: int, condition: Filter) -> None:
        self._field(index)
        self.filters[index] = condition

    # --- What comes of it

    def given(self) -> dict[str, Any]:
        """The values that are not the defaults, as text."""
        found: dict[str, Any] = {}
        for one, condition in zip(self.parameters, self.filters, strict=True):
            values, default = ([text for text in map(written, _several(value)) if text.strip()] for value in (condition.value, one.default))
            if values != default:
                found |= gathered((one.name, text) for text in values or [""])
        return found

    def check(self, values: Values) -> bool:
        """Whether the values fit; what does not is told beside them."""
        self.problems = tuple(self.org.report(self.report).set(values).problems())
        return not self.problems

    def general_problems(self) -> tuple[Problem, ...]:
        """Those that belong to no value that is asked for."""
        names = {one.name for one in self.parameters}
        return tuple(problem for problem in self.problems if problem.where not in names)

    def rows(self) -> Iterator[AskedRow]:
        for index, (one, condition) in enumerate(zip(self.parameters, self.filters, strict=True)):
            form = filter_form(one.asked[0].field, condition)
            yield AskedRow(index, one.name, one.label, replace(form, choices=one.choices if form.kind == "choices" else ()),
                           tuple(problem for problem in self.problems if problem.where == one.name),
                           self.names.of(one.to, condition.values[-1] if condition.values else ""), has_new_value=index == self.new_value,
                           searches=one.to is not None and not self.names.of(one.to))
        self.new_value = -1


def _filter(one: Parameter, value: Any) -> Filter:
    return Filter(field=one.name, operator=one.asked[0].condition.operator, value=value, ask=one.label)


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
