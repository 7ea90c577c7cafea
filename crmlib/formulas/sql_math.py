"""Arithmetic of formulas in SQL. What each does is said in `numbers`, whose answers these are."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from sqlalchemy import ColumnElement, Double, and_, case, cast, func, or_

from crmlib.formulas.numbers import (
    EARTH_DIAMETERS,
    EXACT,
    FEWEST_PLACES,
    INNER,
    LARGEST_EXPONENT,
    LARGEST_POWER,
    MOST_DIGITS,
    MOST_INTEGER,
    OUTER,
)
from crmlib.formulas.sql_value import (
    NUMBER,
    Sql,
    any_error,
    below,
    constant,
    held,
    inline,
    inner_number,
    known,
    number,
    precise,
    rounded_to,
    seen,
    unless,
    whole_number,
)

ZERO = constant(0)
TOO_LARGE = f"1e{MOST_DIGITS}"


def limited(value: ColumnElement[Any], scale: int, digits: int) -> Sql:
    """A sum or product: rounded if it may have more than INNER digits after the point, refused if it is too large."""
    rounded = rounded_to(value, INNER) if scale > INNER else value
    if digits <= MOST_DIGITS:
        return number(rounded, scale=min(scale, INNER), digits=digits)
    return number(below(rounded, TOO_LARGE), scale=min(scale, INNER), digits=MOST_DIGITS, error=func.abs(value) >= constant(TOO_LARGE))


def add(left: Sql, right: Sql) -> Sql:
    return limited(left.value + right.value, max(left.scale, right.scale), max(left.digits, right.digits) + 1)


def subtract(left: Sql, right: Sql) -> Sql:
    return limited(left.value - right.value, max(left.scale, right.scale), max(left.digits, right.digits) + 1)


def multiply(left: Sql, right: Sql) -> Sql:
    return limited(left.value * right.value, left.scale + right.scale, left.digits + right.digits)


def divide(left: Sql, right: Sql) -> Sql:
    if right.is_constant and right.constant:
        inverse = _inverse(right.constant)
        if inverse is not None:
            return multiply(left, known(inverse, "number"))
        return _quotient(precise(left) / right.value, left.digits + _leading_zeros(right))
    error = right.value == ZERO
    return _quotient(precise(left) / func.nullif(right.value, ZERO), left.digits + right.scale, error)


def _inverse(divisor: Decimal) -> Decimal | None:
    """1 / 4 is 0.25, with which a product is as exact and needs less; 1 / 3 has no end."""
    with localcontext(prec=20):
        inverse = 1 / divisor
    return inverse.normalize() if EXACT.multiply(inverse, divisor) == 1 else None


def _leading_zeros(divisor: Sql) -> int:
    return max(-divisor.constant.adjusted(), 0)


def _quotient(value: ColumnElement[Any], digits: int, error: ColumnElement[bool] | None = None) -> Sql:
    if digits <= MOST_DIGITS:
        return inner_number(value, digits, error)
    return inner_number(below(value, TOO_LARGE), MOST_DIGITS, any_error((error, func.abs(value) >= constant(TOO_LARGE))))


def power(base: Sql, exponent: Sql) -> Sql:
    if exponent.is_constant and exponent.constant >= 0 and exponent.constant == exponent.constant.to_integral_value():
        digits = base.digits * int(exponent.constant)
        if digits <= LARGEST_POWER:
            return inner_number(func.power(precise_seen(base), exponent.value), max(digits, 1))
    times = seen(exponent)
    size = func.log(func.nullif(func.abs(precise_seen(base)), ZERO)) * times  # NULL for 0, which has no logarithm
    error = or_(times != func.trunc(times), func.abs(times) > constant(MOST_INTEGER), and_(seen(base) == ZERO, times < ZERO),
                size > constant(LARGEST_POWER))
    return inner_number(unless(error, func.power(precise_seen(base), times)), LARGEST_POWER + 1, error)


def precise_seen(number: Sql) -> ColumnElement[Any]:
    return rounded_to(seen(number), INNER)


def modulo(left: Sql, right: Sql) -> Sql:
    divisor = seen(right)
    error = None if right.is_constant and right.constant else divisor == ZERO
    return number(func.mod(seen(left), divisor if error is None else func.nullif(divisor, ZERO)),
                  scale=min(max(left.scale, right.scale), OUTER), digits=min(left.digits, right.digits), error=error)


def negative(value: Sql) -> Sql:
    return number(-value.value, scale=value.scale, digits=value.digits)


def absolute(value: Sql) -> Sql:
    return number(func.abs(value.value), scale=value.scale, digits=value.digits)


def exponential(value: Sql) -> Sql:
    error = value.value > constant(LARGEST_EXPONENT)
    found = case((value.value <= constant(-LARGEST_EXPONENT), ZERO), else_=func.exp(precise(value)))
    return inner_number(unless(error, found), MOST_DIGITS, error)


def natural_logarithm(value: Sql) -> Sql:
    error = seen(value) <= ZERO
    return inner_number(unless(error, func.ln(precise_seen(value))), 3, error)


def logarithm(value: Sql) -> Sql:
    error = seen(value) <= ZERO
    return inner_number(unless(error, func.log(precise_seen(value))), 3, error)


def square_root(value: Sql) -> Sql:
    error = seen(value) < ZERO
    return inner_number(unless(error, func.sqrt(precise_seen(value))), value.digits, error)


def rounded(value: Sql, places: Sql | None = None) -> Sql:
    return _to_places(func.round, value, places)


def truncated(value: Sql, places: Sql | None = None) -> Sql:
    return _to_places(func.trunc, value, places)


def _to_places(function: Any, value: Sql, places: Sql | None) -> Sql:
    if places is None:
        return number(function(seen(value), ZERO), digits=value.digits + 1)
    digits = whole_number(places, FEWEST_PLACES, OUTER)
    scale = min(value.scale, OUTER)
    if places.is_constant and places.constant is not None:
        scale = min(scale, max(int(places.constant), 0))
    return number(function(cast(seen(value), NUMBER), digits), scale=scale, digits=value.digits + 1)


def ceiling(value: Sql) -> Sql:
    seen_value = seen(value)
    return number(case((seen_value >= ZERO, func.ceil(seen_value)), else_=func.floor(seen_value)), digits=value.digits + 1)


def floor(value: Sql) -> Sql:
    return number(func.trunc(seen(value)), digits=value.digits)


def true_ceiling(value: Sql) -> Sql:
    return number(func.ceil(seen(value)), digits=value.digits + 1)


def true_floor(value: Sql) -> Sql:
    return number(func.floor(seen(value)), digits=value.digits + 1)


def greatest(*values: Sql) -> Sql:
    return _extreme(func.greatest, values)


def least(*values: Sql) -> Sql:
    return _extreme(func.least, values)


def _extreme(function: Any, values: tuple[Sql, ...]) -> Sql:
    """GREATEST and LEAST ignore NULLs; here one of them makes the result blank."""
    found = function(*(seen(value) for value in values))
    there = [value.value.is_not(None) for value in values if value.nullable]
    return number(held(and_(*there), found) if there else found, scale=min(max(value.scale for value in values), OUTER),
                  digits=max(value.digits for value in values))


def by_float(function: Any, *values: Sql) -> Sql:
    """PostgreSQL gives a float 15 digits when it becomes a decimal."""
    floats = (cast(seen(value), Double) for value in values)
    return number(cast(function(*floats), NUMBER), scale=INNER, digits=MOST_DIGITS)


def within_one(function: Any, value: Sql) -> Sql:
    error = func.abs(seen(value)) > constant(1)
    found = unless(error, function(cast(seen(value), Double)))
    return number(cast(found, NUMBER), scale=INNER, digits=1, error=error)


def of_float(function: Any, *, within: bool = False) -> Any:
    """`sql` of a row whose function PostgreSQL has for floats."""
    return lambda *values: within_one(function, *values) if within else by_float(function, *values)


def geolocation(latitude: Sql, longitude: Sql) -> Sql:
    one_blank = latitude.value.is_(None) != longitude.value.is_(None)
    error = or_(one_blank, func.abs(latitude.value) > constant(90), func.abs(longitude.value) > constant(180))
    return Sql(latitude.value, error, parts=(latitude, longitude), blank_on_error=False)


def distance(one: Sql, other: Sql, unit: Sql) -> Sql:
    points = [_on_unit_sphere(place) for place in (one, other)]
    straight = func.sqrt(_sum((a - b) * (a - b) for a, b in zip(*points, strict=True)))
    diameter = case(*((unit.value == inline(name), cast(constant(str(size)), Double)) for name, size in EARTH_DIAMETERS.items()))
    error = unit.value.not_in([inline(name) for name in EARTH_DIAMETERS])
    half = straight / constant(2)
    value = cast(diameter * func.asin(case((half > constant(1), constant(1)), else_=half)), NUMBER)
    return number(value, scale=INNER, digits=6, error=error)


def _sum(terms: Any) -> Any:
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


def _on_unit_sphere(place: Sql) -> tuple[ColumnElement[Any], ...]:
    latitude, longitude = (func.radians(cast(part.value, Double)) for part in place.parts)
    return func.sin(longitude) * func.cos(latitude), func.cos(longitude) * func.cos(latitude), func.sin(latitude)
