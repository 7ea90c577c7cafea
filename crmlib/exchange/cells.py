"""Reads one cell of a foreign file: money, percents, dates, words that stand for something.

Every function is pure: what a cell means depends on its own row and the mapping, never on other rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crmlib.exchange.mapping import DateFormat, FieldMapping
from crmlib.model.schema import Field

Cells = Mapping[str, str]
Reader = Callable[[str], Any]

_CURRENCY = r"(?:[A-Z]{0,3}[$¢£¤¥฿\u20a0-\u20cf]|[A-Z]{3})?"
_UNITS = {"": 1, "%": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_NUMBERS = {mark: re.compile(rf"(?P<minus>[-(]?)\s?{_CURRENCY}\s?(?P<minus_after>-?)"
                             rf"(?P<whole>[0-9]{{1,3}}(?:[{thousands}\s'][0-9]{{3}})+|[0-9]+)(?:{re.escape(mark)}(?P<part>[0-9]+))?"
                             rf"\s?(?P<unit>[KkMBb%]?)\s?{_CURRENCY}(?P<close>\)?)")
            for mark, thousands in ((".", ","), (",", r"\."))}


def read_number(text: str, decimal_mark: str = ".") -> Decimal:
    """'$1,117.10K' is 1117100, '(5.00)' is -5, '20%' is 20. Raises ValueError for anything not surely a number."""
    found = _NUMBERS[decimal_mark].fullmatch(text.strip())
    if found is None or (found["minus"] == "(") != bool(found["close"]) or (found["minus"] and found["minus_after"]):
        raise ValueError(f"{text!r} is not a number")
    digits = re.sub(r"[^0-9]", "", found["whole"]) + "." + (found["part"] or "0")
    number = Decimal(digits) * _UNITS[found["unit"].upper()]
    return -number if found["minus"] or found["minus_after"] else number


def read_moment(text: str, how: DateFormat | None, zone: tzinfo) -> datetime:
    """A moment or a day (at midnight), aware. Without a format it is ISO 8601; `zone` is used where the text has none."""
    try:
        moment = datetime.strptime(text, how.format) if how else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date" + (f" written as {how.format!r}" if how else " (such as 2026-11-30)")) from None
    if moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=ZoneInfo(how.time_zone) if how and how.time_zone else zone)


def text_reader(field: Field, how: DateFormat | None, zone: tzinfo, decimal_mark: str) -> Reader:
    """`reader(text)`: the value this field would store. Raises ValueError in the user's words."""
    if field.family == "number":
        def read(text: str) -> Any:
            return as_stored(field, field.parse(str(read_number(text, decimal_mark))))
    elif field.family == "datetime":
        def read(text: str) -> Any:
            return field.parse(read_moment(text, how, zone))
    elif field.family == "date":
        def read(text: str) -> Any:
            return read_moment(text, how, zone).date()  # the day as the file has it, whatever the zone
    elif field.family == "multi_picklist":
        def read(text: str) -> Any:
            return field.parse(text) or None
    else:
        return field.parse
    return read


def as_stored(field: Field, value: Any) -> Any:
    """Decimals as the database keeps them, so that the same file read again equals what is stored."""
    if isinstance(value, Decimal):
        return value.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
    return value


def joined(cells: Cells, columns: tuple[str, ...]) -> str:
    """The texts of these columns with spaces between, empty ones left out."""
    if len(columns) == 1:
        return cells.get(columns[0], "").strip()
    return " ".join(text for column in columns if (text := cells.get(column, "").strip()))


def first_filled(cells: Cells, columns: tuple[str, ...]) -> str:
    return next((text for column in columns if (text := cells.get(column, "").strip())), "")


def key_text(cells: Cells, columns: tuple[str, ...]) -> str:
    """The key these columns make together; empty when all are."""
    if len(columns) == 1:
        return cells.get(columns[0], "").strip()
    parts = [cells.get(column, "").strip() for column in columns]
    return "|".join(parts) if any(parts) else ""


def condition(spec: FieldMapping) -> Callable[[Cells], bool]:
    """`holds(cells)`: whether a row meets all of `only_if`."""
    wanted = [(column, {text.casefold() for text in texts}) for column, texts in spec.only_if.items()]
    if not wanted:
        return lambda cells: True
    return lambda cells: all(cells.get(column, "").strip().casefold() in texts for column, texts in wanted)


def value_reader(field: Field, spec: FieldMapping, how: DateFormat | None, zone: tzinfo, decimal_mark: str) -> Callable[[Cells], Any]:
    """`reader(cells)`: what the row says about an ordinary field; None when it says nothing. Values of the mapping are read here, once."""
    read = text_reader(field, how, zone, decimal_mark)
    constant = fixed(field, spec.constant)
    values = {text.casefold(): fixed(field, value) for text, value in spec.values.items()}
    holds = condition(spec)
    columns, together = (spec.first_of, first_filled) if spec.first_of else (spec.column, joined)
    if spec.is_fixed:
        return lambda cells: None

    def read_row(cells: Cells) -> Any:
        if not holds(cells):
            return None
        if constant is not None:
            return constant
        text = together(cells, columns)
        if values and text.casefold() in values:
            return values[text.casefold()]
        return read(text) if text else None

    return read_row


def fixed(field: Field, value: Any) -> Any:
    """A value written in the mapping."""
    return as_stored(field, field.parse(value))


def key_reader(spec: FieldMapping, together: Callable[[Cells, tuple[str, ...]], str] = key_text) -> Callable[[Cells], str | None]:
    """`reader(cells)`: the key (or name) of the record that a lookup points to; None for no record. `together` joins several columns."""
    values = {text.casefold(): "" if value is None else str(value) for text, value in spec.values.items()}
    constant, default = (None if value is None else str(value) for value in (spec.constant, spec.default))
    holds = condition(spec)
    columns = spec.first_of or spec.column
    together = first_filled if spec.first_of else together

    def read_row(cells: Cells) -> str | None:
        if not holds(cells):
            return None
        text = together(cells, columns) if constant is None else constant
        text = values.get(text.casefold(), text) or default or ""
        if not text or not spec.add:
            return text or None
        return str(shifted(text, spec.add))

    return read_row


def shifted(text: str, add: int) -> int:
    """A number of one numbering in another: `add` more. Raises ValueError."""
    if not re.fullmatch(r"-?[0-9]{1,30}", text.strip()):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text) + add
