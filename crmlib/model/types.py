"""Column types that keep their promise on SQLite and PostgreSQL alike.

- `ExactDecimal`: SQLite has no decimals, only integers and floats, so money is stored there as a whole number of its
  smallest unit (scale 2: cents) and SUM, MIN, MAX and comparisons stay exact integers. PostgreSQL stores NUMERIC.
- `UtcDateTime`: goes in aware, is stored as UTC, comes out aware. A naive datetime is refused: its zone is unknown.
- `ValueSet`: several picklist values as `;a;b;`, so that "includes a" is one LIKE on both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

ID = BigInteger().with_variant(Integer, "sqlite")
"""Type of every `id` and lookup column; plain INTEGER on SQLite, where only that is a rowid."""


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal with `scale` digits after the point, rounded half up on the way in. Values come back as `Decimal`."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 2) -> None:
        super().__init__(18, scale)
        self.scale = scale
        self.unit = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(18, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = Decimal(str(value)).quantize(self.unit, ROUND_HALF_UP)
        return int(exact.scaleb(self.scale)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value).quantize(self.unit)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


MANY_DIGITS = Context(prec=100)


class SquaredDecimal(TypeDecorator[Decimal]):
    """A sum of squares of an `ExactDecimal` of this scale: on SQLite text, since it is squared units and may be large."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 0) -> None:
        super().__init__()
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric(38, 2 * self.scale))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-2 * self.scale, MANY_DIGITS) if dialect.name == "sqlite" else Decimal(value)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC with microseconds; comes back with `tzinfo=UTC`."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; pass an aware datetime")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ValueSet(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts, stored as `;a;b;` in the order given; empty and None are NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | str | None, dialect: Dialect) -> str | None:
        if not value:
            return None
        return value if isinstance(value, str) else ";" + ";".join(value) + ";"

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return tuple(part for part in value.split(";") if part) if value else None
