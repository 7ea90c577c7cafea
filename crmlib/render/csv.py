"""A result as CSV: exact values for other programs, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import StringIO
from itertools import chain
from typing import Any, TextIO

from crmlib.model.org import Settings
from crmlib.render.formats import EXACT_TYPES, plain
from crmlib.render.lay_out import LayoutColumn, Role, lay_out, plain_table, shows_details
from crmlib.reports.result import DetailRow, ReportResult

FORMULA_STARTS = tuple("=+-@\t\r＝＋－＠")
"""A spreadsheet takes text that begins so for a formula, and runs it."""


def to_csv(result: ReportResult, totals: bool = False, bom: bool = False, guard: bool = True) -> str:
    """One line per record, or per finest group where no details are shown, with the labels of all its groups.

    Numbers are exact and unformatted, dates ISO, moments with the organization's UTC offset, blank is empty.
    totals: all lines as on screen, each with its role in a first column "Line"; left out else, since sums over a
    column would count everything twice. bom: begin with a byte order mark, without which Excel takes UTF-8 for
    something else. guard: text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    layout = lay_out(result)
    file = StringIO()
    writer = csv.writer(file)
    if totals:
        columns = (LayoutColumn("Line", "text", 0, "role", "role"), *layout.columns)
        rows: Any = ((line.role.value, *line.values) for line in layout.lines if line.role is not Role.HEADER)
        headings = [column.label for column in columns]
    else:
        table = plain_table(layout, shows_details(result))
        columns, rows, headings = table.columns, table.rows, table.headings
    writer.writerow([_guarded(heading, guard) for heading in headings])
    for row in rows:
        writer.writerow([_cell(value, column, result.settings, guard) for value, column in zip(row, columns, strict=True)])
    return ("\ufeff" if bom else "") + file.getvalue()


def write_csv(result: ReportResult, batches: Iterable[Sequence[DetailRow]], file: TextIO, guard: bool = True) -> None:
    """What `to_csv` gives, of details that come a few thousand at a time. result: without them."""
    if not shows_details(result):
        file.write(to_csv(result, guard=guard))
        return
    writer = csv.writer(file)
    for number, batch in enumerate(chain([()], batches)):
        table = plain_table(lay_out(replace(result, details=tuple(batch))), has_details=True)
        if number == 0:
            writer.writerow([_guarded(heading, guard) for heading in table.headings])
        for row in table.rows:
            writer.writerow([_cell(value, column, result.settings, guard) for value, column in zip(row, table.columns, strict=True)])


def _cell(value: Any, column: LayoutColumn, settings: Settings, guard: bool) -> str | int:
    written = plain(value, column.type, settings)
    if written is None:
        return ""
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, int) or column.type in EXACT_TYPES:
        return written
    return _guarded(str(written), guard)


def _guarded(text: str, guard: bool) -> str:
    return "'" + text if guard and len(text) > 1 and text.startswith(FORMULA_STARTS) else text
