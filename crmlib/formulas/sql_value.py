"""What a part of a formula is in SQL (`Sql`), for PostgreSQL and whatever else knows exact decimals.

A `value` never fails: where the formula has no value, it is NULL and `error` is true, since a failing expression would
take the whole report with it. `scale` and `digits` bound a number (digits after and before the point), so that rounding
and checks are only written where they can change something.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
)
from sqlalchemy.types import TypeEngine

from crmlib.formulas.numbers import EXACT, INNER, MOST_DIGITS, MOST_INTEGER, OUTER, places_of, whole

NUMBER = Numeric(asdecimal=True)
MOMENT = DateTime(timezone=True)
MISSING = object()
EMPTY = literal_column("''", Text)
TRUE, FALSE = literal_column("true", Boolean), literal_column("false", Boolean)


@dataclass(frozen=True)
class Sql:
    """`error`: when there is no value; None when that can't be. `blank_on_error`: then `value` is NULL already.

    `nullable`: it may be NULL, also without an error. `constant`: its value, where it is known before any row is read.
    A time of day is its milliseconds, a geolocation the pair in `parts`.
    """

    value: ColumnElement[Any]
    error: ColumnElement[bool] | None = None
    nullable: bool = True
    scale: int = 0
    digits: int = MOST_DIGITS
    constant: Any = MISSING
    blank_on_error: bool = True
    parts: tuple[Sql, ...] = ()

    @property
    def is_constant(self) -> bool:
        return self.constant is not MISSING


def known(value: Any, type_: str) -> Sql:
    """A constant, written into the statement (not sent beside it: it is part of the formula, and GROUP BY must see it is the same)."""
    if value is None:
        return Sql(cast(null(), SQL_TYPES.get(type_, Text())), constant=None)
    if isinstance(value, bool):
        return Sql(TRUE if value else FALSE, nullable=False, constant=value)
    if isinstance(value, Decimal):
        value = value.normalize(EXACT)
        return Sql(constant(value), nullable=False, scale=max(places_of(value), 0), digits=max(value.adjusted() + 1, 1), constant=value)
    if isinstance(value, datetime):
        return Sql(cast(inline(value.isoformat(" ")), MOMENT), nullable=False, constant=value)
    if isinstance(value, date):
        return Sql(cast(inline(value.isoformat()), Date), nullable=False, constant=value)
    if isinstance(value, time):
        milliseconds = ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000
        return Sql(constant(Decimal(milliseconds)), nullable=False, constant=value)
    if isinstance(value, tuple):
        parts = tuple(known(part, "number") for part in value)
        return Sql(null(), nullable=False, constant=value, parts=parts)
    return Sql(inline(value), nullable=False, constant=value)


SQL_TYPES: dict[str, TypeEngine[Any]] = {"number": NUMBER, "text": Text(), "picklist": Text(), "multi_picklist": Text(), "date": Date(),
                                         "datetime": MOMENT, "time": NUMBER, "boolean": Boolean(), "id": BigInteger()}
"""What a NULL is cast to, by the type of what stands there; anything else becomes a text."""


def constant(value: Decimal | int | str) -> ColumnElement[Any]:
    """A number written into the statement; a Decimal always as NUMERIC (`5.0`), since integers divide otherwise."""
    is_decimal = isinstance(value, Decimal)
    written = f"{value:f}.0" if isinstance(value, Decimal) and places_of(value) <= 0 else f"{value:f}" if is_decimal else str(value)
    # brackets, since two signs one after the other begin a comment
    return literal_column(f"({written})" if written.startswith("-") else written, NUMBER if is_decimal else Integer)


def inline(text: str) -> ColumnElement[str]:
    """A text written into the statement, escaped."""
    return cast(literal(text, Text, literal_execute=True), Text)


def number(value: ColumnElement[Any], *, scale: int = 0, digits: int = 18, error: ColumnElement[bool] | None = None,
           nullable: bool = False) -> Sql:
    """A number with at most so many digits; `nullable` when it may be NULL though no argument is."""
    return Sql(value, error, nullable, scale, digits)


def inner_number(value: ColumnElement[Any], digits: int, error: ColumnElement[bool] | None = None) -> Sql:
    """What has no end (a quotient, a root), rounded to the INNER digits."""
    return Sql(rounded_to(value, INNER), error, False, INNER, digits)


def text(value: ColumnElement[Any], *, nullable: bool = False, error: ColumnElement[bool] | None = None) -> Sql:
    """A text; `nullable`: where `value` may be empty it must be made NULL, which this does."""
    return Sql(func.nullif(value, EMPTY) if nullable else value, error, nullable)


def plain(value: ColumnElement[Any], *, nullable: bool = False, error: ColumnElement[bool] | None = None) -> Sql:
    """A date, a moment, a time or a condition."""
    return Sql(value, error, nullable)


def seen(number: Sql) -> ColumnElement[Any]:
    """The number as everything but arithmetic sees it."""
    return rounded_to(number.value, OUTER) if number.scale > OUTER else number.value


def precise(number: Sql) -> ColumnElement[Any]:
    """The number with so many zeros after it that PostgreSQL calculates with INNER digits."""
    return rounded_to(number.value, INNER)


def rounded_to(value: ColumnElement[Any], places: int) -> ColumnElement[Any]:
    return func.round(value, constant(places), type_=NUMBER)


def whole_number(number: Sql, low: int = -MOST_INTEGER, high: int = MOST_INTEGER) -> ColumnElement[int]:
    """Without what stands after the point, between two bounds, as an INTEGER. NULL stays NULL, which GREATEST would forget."""
    if number.is_constant and number.constant is not None:
        return constant(whole(number.constant, low, high))
    within = cast(func.trunc(func.least(func.greatest(seen(number), constant(low)), constant(high))), Integer)
    return held(number.value.is_not(None), within) if number.nullable else within


def any_error(errors: Iterable[ColumnElement[bool] | None]) -> ColumnElement[bool] | None:
    """The errors as one condition; None when there are none."""
    found = {id(error): error for error in errors if error is not None}
    return or_(*found.values()) if found else None


def held(condition: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where the condition is true, else NULL."""
    return case((condition, value))


def below(value: ColumnElement[Any], limit: str) -> ColumnElement[Any]:
    """The number, or NULL from this limit on; written so that the number stands in it once."""
    held_number = func.least(func.greatest(value, constant(f"-{limit}")), constant(limit))  # these take NULL for the limit
    return func.nullif(func.nullif(held_number, constant(limit)), constant(f"-{limit}"))


def unless(error: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value, or NULL where there is an error: then the value is not even calculated."""
    return case((error, null()), else_=value)
