"""Conditions, blanks, changes and the groups of a report. To add a function: a row."""

from __future__ import annotations

import operator
from typing import Any

from crmlib.formulas import logic, numbers, sql_logic, sql_text
from crmlib.formulas.context import Context
from crmlib.formulas.rows import row, way

COMPARED = ("date", "datetime", "time", "id")


def previous_value(context: Context, field: tuple[str, Any]) -> Any:
    name, value = field
    return value if context.before is None else context.before[name]


def was_changed(context: Context, field: tuple[str, Any]) -> bool:
    name, value = field
    return context.before is not None and context.before[name] != value


def in_parent(values: Any, context: Context, value: logic.Lazy, *groupings: logic.Lazy) -> Any:
    """The first argument as it is in another cell; blank if there is no such cell."""
    cell = context.cells.parent(tuple(grouping(values, context) for grouping in groupings)) if context.cells else None
    return None if cell is None else value(cell, context)


def in_previous(values: Any, context: Context, value: logic.Lazy, grouping: logic.Lazy, steps: logic.Lazy | None = None) -> Any:
    count = int(steps(values, context)) if steps else 1
    cell = context.cells.previous(grouping(values, context), count) if context.cells else None
    return None if cell is None else value(cell, context)


LOGIC = (
    row("AND(condition, ...)", "Whether all are true; also &&. Blank counts as false.",
        way("boolean+ -> boolean", logic.all_of, sql_logic.all_of, lazy=True)),
    row("BLANKVALUE(value, instead)", "The value, or something instead if it is blank.",
        way("T T -> T", logic.value_or, sql_logic.value_or, lazy=True)),
    row("CASE(value, case, result, ..., otherwise)", "The result after the case that equals the value; if none does, the last one.",
        way("number (number T)+ T -> T", logic.case_where(logic.equal_numbers),
            sql_logic.case_of(sql_logic.compared_numbers(operator.eq)), lazy=True),
        way("text (text T)+ T -> T", logic.case_where(operator.eq), sql_logic.case_of(sql_text.same_text), lazy=True),
        *(way(f"{type_} ({type_} T)+ T -> T", logic.case_where(logic.both_and_equal),
              sql_logic.case_of(sql_logic.compared(operator.eq)), lazy=True)
          for type_ in COMPARED)),
    row("IF(condition, then, otherwise)", "One of two values. A blank condition counts as false.",
        way("boolean T T -> T", logic.if_, sql_logic.if_, lazy=True)),
    row("ISBLANK(value)", "Whether the value is blank.", way("any -> boolean", logic.is_blank, sql_logic.is_blank, sees_blanks=True)),
    row("ISCHANGED(field)", "Whether the field has changed with this change of the record.",
        way("any -> boolean", was_changed, asks=True, sees_blanks=True, named=True)),
    row("ISCLONE()", "Whether the record was made from another; never here.", way("-> boolean", logic.never, sql_logic.never)),
    row("ISNEW()", "Whether the record is new.", way("-> boolean", lambda context: context.before is None, asks=True)),
    row("ISNULL(value)", "Whether the value is blank; never true of a text. ISBLANK is better.",
        way("null -> boolean", logic.is_blank, sql_logic.is_blank, sees_blanks=True),
        way("text -> boolean", logic.never, sql_logic.never, sees_blanks=True),
        way("any -> boolean", logic.is_blank, sql_logic.is_blank, sees_blanks=True)),
    row("ISNUMBER(text)", "Whether a text shows a number.",
        way("text -> boolean", lambda text: text is not None and numbers.is_number(text), sql_text.is_number, sees_blanks=True)),
    row("NOT(condition)", "Whether it is false; also ! and NOT without brackets. Blank stays blank.",
        way("boolean -> boolean", operator.not_, sql_logic.negated)),
    row("NULLVALUE(value, instead)", "The value, or something instead if it is blank; a text is never replaced. BLANKVALUE is better.",
        way("null T -> T", logic.value_or, sql_logic.value_or, lazy=True),
        way("text text -> text", logic.as_it_is, sql_logic.as_it_is, sees_blanks=True),
        way("T T -> T", logic.value_or, sql_logic.value_or, lazy=True)),
    row("OR(condition, ...)", "Whether one is true; also ||. Blank counts as false.",
        way("boolean+ -> boolean", logic.any_of, sql_logic.any_of, lazy=True)),
    row("PRIORVALUE(field)", "What the field was before this change of the record.",
        way("T -> T", previous_value, asks=True, sees_blanks=True, named=True)),
)

SUMMARY = (
    row("PARENTGROUPVAL(value, grouping, ...)", "In a summary formula: the value in the group above (in a matrix of rows and columns), "
        "or in the total (GRAND_SUMMARY, ROW_GRAND_SUMMARY, COLUMN_GRAND_SUMMARY).",
        way("T grouping -> T", in_parent, lazy=True), way("T grouping grouping -> T", in_parent, lazy=True)),
    row("PREVGROUPVAL(value, grouping, steps)", "In a summary formula: the value so many groups before, 1 if not said; "
        "blank where there is none.",
        way("T grouping -> T", in_previous, lazy=True), way("T grouping number -> T", in_previous, lazy=True)),
)
