"""What a field can be: one row per field type.

To add a type: a row in FIELD_TYPES. The row says how it is stored (`sql_type`), how a value somebody typed or a file
held becomes a Python value (`parse`), and to which `family` it belongs; families decide which filter operators, date
granularities and aggregates fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Text
from sqlalchemy.types import TypeEngine

from crmlib.formulas.context import BlankAs
from crmlib.model.types import ID, ExactDecimal, UtcDateTime, ValueSet

DEFAULT_SCALE = 2
MOST_DIGITS = 18
"""Of whole numbers, and of decimals together with those after the point."""


@dataclass(frozen=True)
class FieldType:
    """One kind of field. `parse(value, info)` returns the Python value or raises ValueError with words for the user."""

    name: str
    label: str
    family: str
    sql_type: Callable[[Mapping[str, Any]], TypeEngine[Any]]
    parse: Callable[[Any, Mapping[str, Any]], Any]


def _text(value: Any, info: Mapping[str, Any]) -> str:
    text = str(value).strip()
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):  # PostgreSQL, or UTF-8, can't hold them
        raise ValueError(f"{text!r} has a broken character")
    return text


def _url(value: Any, info: Mapping[str, Any]) -> str:
    text = _text(value, info)
    if re.match(r"[\x00-\x20]*(javascript|data|vbscript)[\x00-\x20]*:", text, re.IGNORECASE):
        raise ValueError(f"{text!r} is a program, not an address")  # it would run when somebody clicks on it
    return text


def _email(value: Any, info: Mapping[str, Any]) -> str:
    text = _text(value, info)
    if not re.fullmatch(r"[^\s@,;<>]+@[^\s@,;<>]+\.[^\s@,;<>]+", text):
        raise ValueError(f"{text!r} is not an e-mail address (name@company.com)")
    return text


def _phone(value: Any, info: Mapping[str, Any]) -> str:
    text = _text(value, info)
    if sum(character.isdigit() for character in text) < 3:
        raise ValueError(f"{text!r} is not a phone number")
    return text


def _integer(value: Any, info: Mapping[str, Any]) -> int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite() and number.adjusted() >= MOST_DIGITS:  # before arithmetic: 1e999999999 would take all memory
        raise ValueError(f"{value!r} is too large")
    if not number.is_finite() or number != number.to_integral_value():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def _decimal(value: Any, info: Mapping[str, Any]) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number (write 1234.56)")
    scale = info.get("scale", DEFAULT_SCALE)
    stored = number if number.adjusted() >= MOST_DIGITS else number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    if stored.adjusted() >= MOST_DIGITS - scale:
        raise ValueError(f"{value!r} is too large")
    return number


def _date(value: Any, info: Mapping[str, Any]) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"{value!r} is not a date (write 2026-11-30)") from None


def _datetime(value: Any, info: Mapping[str, Any]) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"{value!r} is not a date and time (write 2026-11-30T14:00+00:00)") from None
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone (write 2026-11-30T14:00+00:00)")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value!r} is before the year 1 or after 9999 in UTC") from None


def _boolean(value: Any, info: Mapping[str, Any]) -> bool:
    word = str(value).strip().casefold()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def _picklist(value: Any, info: Mapping[str, Any]) -> str:
    text = str(value).strip()
    for known in info.get("values", ()):
        if known.casefold() == text.casefold():
            return str(known)
    raise ValueError(f"{text!r} is not one of: {', '.join(info.get('values', ()))}")


def _value_set(value: Any, info: Mapping[str, Any]) -> tuple[str, ...]:
    """Each value once, in the order of the picklist, so that equal sets are stored equal."""
    parts = value if isinstance(value, list | tuple | set) else str(value).split(";")
    chosen = {_picklist(part, info) for part in parts if str(part).strip()}
    return tuple(known for known in info["values"] if known in chosen)


def _exact(info: Mapping[str, Any]) -> ExactDecimal:
    return ExactDecimal(info.get("scale", DEFAULT_SCALE))


FIELD_TYPES: dict[str, FieldType] = {row.name: row for row in (
    FieldType("text", "Text", "text", lambda info: Text(), _text),
    FieldType("long_text", "Long text", "text", lambda info: Text(), _text),
    FieldType("email", "E-mail", "text", lambda info: Text(), _email),
    FieldType("phone", "Phone", "text", lambda info: Text(), _phone),
    FieldType("url", "URL", "text", lambda info: Text(), _url),
    FieldType("integer", "Whole number", "number", lambda info: BigInteger(), _integer),
    FieldType("number", "Number", "number", _exact, _decimal),
    FieldType("percent", "Percent", "number", _exact, _decimal),
    FieldType("currency", "Currency", "number", _exact, _decimal),
    FieldType("date", "Date", "date", lambda info: Date(), _date),
    FieldType("datetime", "Date and time", "datetime", lambda info: UtcDateTime(), _datetime),
    FieldType("boolean", "Yes or no", "boolean", lambda info: Boolean(), _boolean),
    FieldType("picklist", "Picklist", "picklist", lambda info: Text(), _picklist),
    FieldType("multi_picklist", "Multi-picklist", "multi_picklist", lambda info: ValueSet(), _value_set),
    FieldType("lookup", "Lookup", "lookup", lambda info: ID, _integer),
    FieldType("id", "Record id", "id", lambda info: ID, _integer),
)}
"""Percent fields hold 20 for 20 %. A formula field has the type of what it gives, one of FORMULA_TYPES."""

FORMULA_TYPES = ("number", "currency", "percent", "text", "date", "datetime", "boolean")


@dataclass(frozen=True)
class FieldDefinition:
    """A field as data; standard fields and custom ones are both made from it.

    to, children: a lookup's target object, and the name under which the target sees these records
    (`account.opportunities`); `children=None` keeps the way back unnamed.
    scale: digits after the point of numbers, percents and currency.
    personal: personal data, for rights and erasure. required: asked for by forms, import and API.
    formula: calculated of other fields wherever it is read, and stored nowhere (`formula_fields`). blank_as: how it takes blank numbers.
    """

    name: str
    type: str
    label: str
    required: bool = False
    help: str = ""
    values: tuple[str, ...] = ()
    to: str | None = None
    children: str | None = None
    scale: int = DEFAULT_SCALE
    personal: bool = False
    default: Any = None
    formula: str = ""
    blank_as: BlankAs = "zero"


@dataclass(frozen=True)
class ObjectDefinition:
    """An object as data: its fields beyond those every object has (`tables.system_fields`).

    plural: names the table and, in lookups' `children`, these records seen from their parent.
    sharing: who sees a record by default: "read" (everybody who may read the object), "private" (its owner and those
    above in the role tree) or "parent" (whoever sees the record that the `controlled_by` lookup points to).
    """

    name: str
    label: str
    plural_label: str
    plural: str
    fields: tuple[FieldDefinition, ...]
    name_label: str = "Name"
    sharing: str = "read"
    controlled_by: str | None = None
    help: str = ""
    custom: bool = False
