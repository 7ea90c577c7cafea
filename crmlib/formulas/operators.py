"""The operators, as rows of functions. To add one: a row here and its place in the grammar."""

from __future__ import annotations

import operator

from crmlib.formulas import logic, moments, numbers, sql_dates, sql_logic, sql_math, sql_text, texts
from crmlib.formulas.rows import row, way

OPERATORS = (
    row("a + b", "Sum; a date or moment so many days later, a time so many milliseconds later; two texts joined.",
        way("number number -> number", numbers.add, sql_math.add),
        way("text text -> text", texts.joined, sql_text.joined, sees_blanks=True),
        way("date number -> date", moments.shift_date, sql_dates.shift_date),
        way("number date -> date", lambda days, day: moments.shift_date(day, days), lambda days, day: sql_dates.shift_date(day, days)),
        way("datetime number -> datetime", moments.shift_datetime, sql_dates.shift_datetime),
        way("number datetime -> datetime", lambda days, moment: moments.shift_datetime(moment, days),
            lambda days, moment: sql_dates.shift_datetime(moment, days)),
        way("time number -> time", moments.shift_time, sql_dates.shift_time),
        way("number time -> time", lambda shift, time: moments.shift_time(time, shift),
            lambda shift, time: sql_dates.shift_time(time, shift)),
        way("number -> number", lambda number: number, sql_logic.as_it_is), name="+"),
    row("a - b", "Difference; of two dates or moments in days, of two times in milliseconds, forward on the clock.",
        way("number number -> number", numbers.subtract, sql_math.subtract),
        way("date number -> date", lambda day, days: moments.shift_date(day, numbers.negative(days)), sql_dates.shift_date_back),
        way("date date -> number", moments.days_between, sql_dates.days_between),
        way("datetime number -> datetime", lambda moment, days: moments.shift_datetime(moment, numbers.negative(days)),
            sql_dates.shift_datetime_back),
        way("datetime datetime -> number", moments.time_between, sql_dates.time_between),
        way("time number -> time", lambda time, shift: moments.shift_time(time, numbers.negative(shift)), sql_dates.shift_time_back),
        way("time time -> number", moments.milliseconds_between, sql_dates.milliseconds_between),
        way("number -> number", numbers.negative, sql_math.negative), name="-"),
    row("a * b", "Product.", way("number number -> number", numbers.multiply, sql_math.multiply), name="*"),
    row("a / b", "Quotient; an error when b is 0.", way("number number -> number", numbers.divide, sql_math.divide), name="/"),
    row("a ^ b", "a to the power of the whole number b.", way("number number -> number", numbers.power, sql_math.power), name="^"),
    row("a & b", "Two texts joined; blank adds nothing.",
        way("text text+ -> text", texts.joined, sql_text.joined, sees_blanks=True), name="&"),
    row("a = b", "Whether both are the same; also ==. Texts with capitals and all; a blank text equals an empty one.",
        way("number number -> boolean", logic.compared(operator.eq), sql_logic.compared_numbers(operator.eq)),
        way("text text -> boolean", operator.eq, sql_text.same_text, sees_blanks=True),
        *(way(f"{type_} {type_} -> boolean", operator.eq, sql_logic.compared(operator.eq))
          for type_ in ("date", "datetime", "time", "boolean", "id")), name="="),
    row("a <> b", "Whether they differ; also !=.",
        way("number number -> boolean", logic.compared(operator.ne), sql_logic.compared_numbers(operator.ne)),
        way("text text -> boolean", operator.ne, sql_text.other_text, sees_blanks=True),
        *(way(f"{type_} {type_} -> boolean", operator.ne, sql_logic.compared(operator.ne))
          for type_ in ("date", "datetime", "time", "boolean", "id")), name="<>"),
    *(row(f"a {sign} b", f"Whether a is {words} b. Texts by code point, capitals first.",
          way("number number -> boolean", logic.compared(compare), sql_logic.compared_numbers(compare)),
          way("text text -> boolean", compare, sql_text.in_order(compare)),
          *(way(f"{type_} {type_} -> boolean", compare, sql_logic.compared(compare)) for type_ in ("date", "datetime", "time")), name=sign)
      for sign, words, compare in (("<", "smaller than", operator.lt), ("<=", "not larger than", operator.le),
                                   (">", "larger than", operator.gt), (">=", "not smaller than", operator.ge))),
)
