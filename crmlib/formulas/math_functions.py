"""Functions of numbers and places. To add one: a row."""

from __future__ import annotations

import math

from sqlalchemy import func

from crmlib.formulas import numbers, sql_math, sql_text, texts
from crmlib.formulas.rows import row, way
from crmlib.formulas.sql_value import known

UNARY = "number -> number"

MATH = (
    row("ABS(number)", "The number without its sign.", way(UNARY, numbers.absolute, sql_math.absolute)),
    row("ACOS(number)", "Arc cosine in radians; an error beyond -1 and 1.",
        way(UNARY, numbers.within_one(math.acos), sql_math.of_float(func.acos, within=True))),
    row("ASIN(number)", "Arc sine in radians; an error beyond -1 and 1.",
        way(UNARY, numbers.within_one(math.asin), sql_math.of_float(func.asin, within=True))),
    row("ATAN(number)", "Arc tangent in radians.",
        way(UNARY, lambda value: numbers.by_float(math.atan, value), sql_math.of_float(func.atan))),
    row("ATAN2(y, x)", "The angle of the point (x, y) in radians.",
        way("number number -> number", lambda y, x: numbers.by_float(math.atan2, y, x), sql_math.of_float(func.atan2))),
    row("CEILING(number)", "The next whole number away from zero: -1.3 becomes -2.", way(UNARY, numbers.ceiling, sql_math.ceiling)),
    row("CHR(number)", "The character with this Unicode number; blank if there is none.",
        way("number -> text", texts.character, sql_text.character)),
    row("COS(number)", "Cosine of an angle in radians.",
        way(UNARY, lambda value: numbers.by_float(math.cos, value), sql_math.of_float(func.cos))),
    row('DISTANCE(place, place, "km")', 'How far two places are from each other, in "km" or "mi".',
        way("geolocation geolocation text -> number", numbers.distance, sql_math.distance)),
    row("EXP(number)", "e to the power of the number.", way(UNARY, numbers.exponential, sql_math.exponential)),
    row("FLOOR(number)", "The next whole number towards zero: -1.3 becomes -1.", way(UNARY, numbers.floor, sql_math.floor)),
    row("GEOLOCATION(latitude, longitude)", "A place, for DISTANCE; in degrees.",
        way("number number -> geolocation", numbers.geolocation, sql_math.geolocation, sees_blanks=True)),
    row("LN(number)", "Natural logarithm; an error for 0 and less.", way(UNARY, numbers.natural_logarithm, sql_math.natural_logarithm)),
    row("LOG(number)", "Logarithm to the base 10; an error for 0 and less.", way(UNARY, numbers.logarithm, sql_math.logarithm)),
    row("MAX(number, ...)", "The largest; blank if one is blank.", way("number+ -> number", lambda *all_: max(map(numbers.outer, all_)),
                                                                      sql_math.greatest)),
    row("MCEILING(number)", "The next whole number that isn't smaller: -1.3 becomes -1.",
        way(UNARY, numbers.true_ceiling, sql_math.true_ceiling)),
    row("MFLOOR(number)", "The next whole number that isn't larger: -1.3 becomes -2.", way(UNARY, numbers.true_floor, sql_math.true_floor)),
    row("MIN(number, ...)", "The smallest; blank if one is blank.", way("number+ -> number", lambda *all_: min(map(numbers.outer, all_)),
                                                                       sql_math.least)),
    row("MOD(number, divisor)", "What a division leaves over, with the sign of the number; an error when the divisor is 0.",
        way("number number -> number", numbers.modulo, sql_math.modulo)),
    row("PI()", "3.14159...", way("-> number", lambda: numbers.PI, lambda: known(numbers.PI, "number"))),
    row("ROUND(number, places)", "Rounded half away from zero, to places after the point or, if negative, before it.",
        way("number number? -> number", numbers.rounded, sql_math.rounded)),
    row("SIN(number)", "Sine of an angle in radians.",
        way(UNARY, lambda value: numbers.by_float(math.sin, value), sql_math.of_float(func.sin))),
    row("SQRT(number)", "Square root; an error for less than 0.", way(UNARY, numbers.square_root, sql_math.square_root)),
    row("TAN(number)", "Tangent of an angle in radians.",
        way(UNARY, lambda value: numbers.by_float(math.tan, value), sql_math.of_float(func.tan))),
    row("TRUNC(number, places)", "Cut off after so many places, none if not given.",
        way("number number? -> number", numbers.truncated, sql_math.truncated)),
)
