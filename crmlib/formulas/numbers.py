"""Arithmetic of formulas on exact decimals, the same in Python as in SQL.

A number keeps INNER digits after the point while it is calculated with, and whatever looks at it (comparing, rounding,
cutting, showing) sees OUTER of them, rounded half up. So 6 / 11 * 11 is 6, as in Salesforce, though 6 / 11 has no end.
Numbers from MOST on are an error. Sine and the like are calculated in floats and have FLOAT_DIGITS digits.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any

from crmlib.formulas.context import FormulaError

INNER = 40
OUTER = 33
MOST_DIGITS = 100
FLOAT_DIGITS = 15
LARGEST_POWER = 64
"""Powers of 10 to the 64 and more are an error, as in Salesforce's engine."""
LARGEST_EXPONENT = 230
"""EXP of more would have too many digits."""
MOST_INTEGER = 2**31 - 1
FEWEST_PLACES = -100

EXACT = Context(prec=300, rounding=ROUND_HALF_UP, Emax=10_000, Emin=-10_000)
"""Wide enough that sums and products of numbers below MOST are never rounded."""
WIDE = Context(prec=150, rounding=ROUND_HALF_UP, Emax=10_000, Emin=-10_000)
"""For what has no end: divisions, roots, powers, logarithms."""
INNER_UNIT = Decimal(1).scaleb(-INNER)
OUTER_UNIT = Decimal(1).scaleb(-OUTER)
ONE = Decimal(1)
ZERO = Decimal(0)
PI = Decimal("3.141592653589793238462643383279503")

NUMBER_TEXT = r"[+-]?([0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})([eE][+-]?[0-9]{1,2})?"
"""What VALUE reads, as a regular expression for Python and PostgreSQL alike."""


def number(value: Any) -> Decimal:
    """Any Python number as a Decimal; a float as it is shown."""
    return value if isinstance(value, Decimal) else Decimal(value) if isinstance(value, int) else Decimal(str(value))


def places_of(value: Decimal) -> int:
    """Digits after the point as it is written, zeros too; negative for 1E+3."""
    return -value.as_tuple().exponent  # type: ignore[operator]


def is_short(value: Decimal) -> bool:
    """Whether it surely has at most OUTER digits after the point; asks less than taking the number apart."""
    written = str(value)
    return len(written) <= OUTER + 1 and "E" not in written


def inner(value: Decimal) -> Decimal:
    """The number with at most INNER digits after the point. Raises FormulaError when it is too large."""
    return value if is_short(value) else EXACT.quantize(small(value), INNER_UNIT)


def small(value: Decimal) -> Decimal:
    """The same number. Raises FormulaError when it is too large."""
    if value.adjusted() >= MOST_DIGITS and value:
        raise FormulaError("the number is too large")
    return value


def outer(value: Decimal) -> Decimal:
    """The number as everything but arithmetic sees it."""
    return value if is_short(value) else EXACT.quantize(value, OUTER_UNIT)


def whole(value: Decimal, low: int = -MOST_INTEGER, high: int = MOST_INTEGER) -> int:
    """The number without what stands after the point, between two bounds."""
    return min(max(int(outer(value)), low), high)


def add(left: Decimal, right: Decimal) -> Decimal:
    return small(EXACT.add(left, right))


def subtract(left: Decimal, right: Decimal) -> Decimal:
    return small(EXACT.subtract(left, right))


def negative(value: Decimal) -> Decimal:
    return EXACT.minus(value)


def absolute(value: Decimal) -> Decimal:
    return EXACT.abs(value)


def multiply(left: Decimal, right: Decimal) -> Decimal:
    return inner(EXACT.multiply(left, right))


def divide(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise FormulaError("division by zero")
    return EXACT.quantize(small(WIDE.divide(left, right)), INNER_UNIT)


def power(number: Decimal, exponent: Decimal) -> Decimal:
    """Only whole exponents, as in Salesforce."""
    number, exponent = outer(number), outer(exponent)
    if exponent != EXACT.to_integral_value(exponent) or absolute(exponent) > MOST_INTEGER:
        raise FormulaError(f"the exponent {exponent} is no whole number")
    if not number:
        if exponent < 0:
            raise FormulaError("division by zero")
        return ONE if exponent == 0 else ZERO
    if EXACT.multiply(WIDE.log10(absolute(number)), exponent) > LARGEST_POWER:
        raise FormulaError("the power is too large")
    return EXACT.quantize(WIDE.power(number, exponent), INNER_UNIT)


def modulo(number: Decimal, divisor: Decimal) -> Decimal:
    """What is left of a division; it has the sign of the number divided."""
    number, divisor = outer(number), outer(divisor)
    if not divisor:
        raise FormulaError("division by zero")
    return EXACT.remainder(number, divisor)


def exponential(value: Decimal) -> Decimal:
    if value > LARGEST_EXPONENT:
        raise FormulaError("the number is too large")
    return EXACT.quantize(WIDE.exp(value), INNER_UNIT) if value > -LARGEST_EXPONENT else ZERO


def natural_logarithm(value: Decimal) -> Decimal:
    return EXACT.quantize(WIDE.ln(_positive(value)), INNER_UNIT)


def logarithm(value: Decimal) -> Decimal:
    return EXACT.quantize(WIDE.log10(_positive(value)), INNER_UNIT)


def _positive(value: Decimal) -> Decimal:
    value = outer(value)
    if value <= 0:
        raise FormulaError(f"{value} has no logarithm")
    return value


def square_root(value: Decimal) -> Decimal:
    value = outer(value)
    if value < 0:
        raise FormulaError(f"{value} has no square root")
    return EXACT.quantize(WIDE.sqrt(value), INNER_UNIT)


def rounded(value: Decimal, places: Decimal = ZERO) -> Decimal:
    """Half away from zero, to places after the point or, if negative, before it."""
    return _to_places(value, places, ROUND_HALF_UP)


def truncated(value: Decimal, places: Decimal = ZERO) -> Decimal:
    return _to_places(value, places, ROUND_DOWN)


def _to_places(value: Decimal, places: Decimal, how: str) -> Decimal:
    return outer(value).quantize(_unit(whole(places, FEWEST_PLACES, OUTER)), how, EXACT)


@cache
def _unit(places: int) -> Decimal:
    return ONE.scaleb(-places)


def ceiling(value: Decimal) -> Decimal:
    """Away from zero: -1.3 becomes -2."""
    return _integral(value, ROUND_CEILING if value >= 0 else ROUND_FLOOR)


def floor(value: Decimal) -> Decimal:
    """Towards zero: -1.3 becomes -1."""
    return _integral(value, ROUND_DOWN)


def true_ceiling(value: Decimal) -> Decimal:
    """The next whole number that isn't smaller: -1.3 becomes -1."""
    return _integral(value, ROUND_CEILING)


def true_floor(value: Decimal) -> Decimal:
    """The next whole number that isn't larger: -1.3 becomes -2."""
    return _integral(value, ROUND_FLOOR)


def _integral(value: Decimal, how: str) -> Decimal:
    return outer(value).to_integral_value(how, EXACT)


def by_float(function: Callable[..., float], *values: Decimal) -> Decimal:
    """A function of floats, its result with the digits that a float surely has."""
    return EXACT.plus(Decimal(f"{function(*map(float, values)):.{FLOAT_DIGITS}g}"))


def within_one(function: Callable[[float], float]) -> Callable[[Decimal], Decimal]:
    """Arc sine and arc cosine: only of numbers from -1 to 1."""
    def of(value: Decimal) -> Decimal:
        if absolute(value) > 1:
            raise FormulaError(f"{value} is not between -1 and 1")
        return by_float(function, value)
    return of


def read(text: str) -> Decimal:
    """VALUE: raises FormulaError for what is no number."""
    if not is_number(text):
        raise FormulaError(f"{text!r} is no number")
    return inner(Decimal(text))


def is_number(text: str) -> bool:
    return re.fullmatch(NUMBER_TEXT, text) is not None


def shown(value: Decimal) -> str:
    """TEXT: no zeros after the last digit, no exponent."""
    value = outer(value)
    return f"{value.normalize(EXACT):f}" if value else "0"


EARTH_DIAMETERS = {"km": 12742.018, "mi": 7917.522}
"""Of DISTANCE, by unit."""


def geolocation(latitude: Decimal | None, longitude: Decimal | None) -> tuple[Decimal, Decimal] | None:
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        raise FormulaError("a place needs latitude and longitude")
    if absolute(latitude) > 90 or absolute(longitude) > 180:
        raise FormulaError(f"there is no place at {latitude}, {longitude}")
    return latitude, longitude


def distance(one: tuple[Any, Any], other: tuple[Any, Any], unit: str) -> Decimal:
    """Along the surface of a round Earth."""
    if unit not in EARTH_DIAMETERS:
        raise FormulaError(f"{unit!r} is no unit of distance; write 'km' or 'mi'")
    x1, y1, z1 = _on_unit_sphere(*map(float, one))
    x2, y2, z2 = _on_unit_sphere(*map(float, other))
    straight = math.sqrt((x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2) + (z1 - z2) * (z1 - z2))
    return by_float(lambda: EARTH_DIAMETERS[unit] * math.asin(min(straight / 2, 1.0)))


def _on_unit_sphere(latitude: float, longitude: float) -> tuple[float, float, float]:
    latitude, longitude = math.radians(latitude), math.radians(longitude)
    return math.sin(longitude) * math.cos(latitude), math.cos(longitude) * math.cos(latitude), math.sin(latitude)
