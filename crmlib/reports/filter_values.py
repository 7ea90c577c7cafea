"""What a filter's value means: as the operator takes it, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from crmlib.errors import Problem, did_you_mean
from crmlib.model.fields import FIELD_TYPES
from crmlib.model.org import Settings
from crmlib.model.schema import Field
from crmlib.reports.date_literals import date_range, in_words
from crmlib.reports.definition import Filter, Having
from crmlib.reports.operators import OPERATORS


def filter_value(field: Field, operator: str, value: Any, today: date, settings: Settings) -> Any:
    """A filter's value as the operator takes it, None for blank. Raises ValueError in the user's words."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if field.family in ("date", "datetime"):
        try:
            return _range(field, value, today, settings)
        except OverflowError:
            raise ValueError(f"{value!r} reaches beyond the calendar") from None
    # A part of an address is no address, and one that is none may be looked for all the same.
    if field.type.name in ("email", "phone") or (field.family == "picklist" and OPERATORS[operator].takes_part):
        return FIELD_TYPES["text"].parse(value, {})
    parsed = field.parse(value)
    if isinstance(parsed, Decimal) and parsed != round(parsed, field.scale):
        raise ValueError(f"{value!r} has more than {field.scale} digits after the point, as no {field.label} has")
    return None if parsed == () else parsed


def _range(field: Field, value: Any, today: date, settings: Settings) -> tuple[Any, Any]:
    """The half-open range of dates or moments that a day, a relative date or a moment means."""
    if isinstance(value, str):
        value = _written_date(value)
    if isinstance(value, datetime) and field.family == "datetime":
        moment = (value if value.tzinfo else value.replace(tzinfo=settings.zone)).astimezone(UTC)
        return moment, moment + timedelta(microseconds=1)
    if isinstance(value, str):
        start, end = date_range(value, today, settings)
    elif isinstance(value, date):
        start = value.date() if isinstance(value, datetime) else value
        end = start + timedelta(days=1)
    else:
        raise ValueError(f"{value!r} is not a date (write 2026-11-30)")
    if field.family == "date":
        return start, end
    midnights = (datetime.combine(day, time(), settings.zone).astimezone(UTC) for day in (start, end))
    return next(midnights), next(midnights)


def _written_date(text: str) -> date | datetime | str:
    """A day, or a day and time; anything else as it is."""
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text.strip())
        except ValueError:
            continue
    return text


def figure_value(field: Field | None, operator: str, value: Any, today: date, settings: Settings) -> Any:
    """What a figure is compared with: a value of its field, or a number where it counts. Raises ValueError."""
    if field is not None:
        return filter_value(field, operator, value, today, settings)
    return None if value in (None, "") else FIELD_TYPES["integer"].parse(value, {})


def is_open(condition: Filter | Having) -> bool:
    """Whether it asks for its value and has none of its own: until it is given one, all is kept."""
    return bool(condition.ask) and all(value is None or not str(value).strip() for value in condition.values)


def value_problems(label: str, field: Field | None, condition: Filter | Having, today: date, settings: Settings) -> Iterator[Problem]:
    """What is wrong with a condition's values. field: as for `figure_value`."""
    row = OPERATORS.get(condition.operator)
    for value in condition.values:
        try:
            taken = figure_value(field, row.name if row else "equals", value, today, settings)
        except ValueError as error:
            yield Problem("bad-value", f"{label}: {error}", hint=did_you_mean(str(value), field.values) if field and field.values else "")
        else:
            if taken is None and row and not row.takes_blank:
                yield Problem("missing-value", f"{label} {row.label} what?", hint="give a value")


def filter_text(label: str, condition: Filter | Having, other_label: str = "") -> str:
    """The filter in words: 'Close date equals this quarter'."""
    return f"{label} {OPERATORS[condition.operator].label} {other_label or ' or '.join(map(_words, condition.values))}"


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "blank" if value is None or not str(value).strip() else in_words(str(value))
