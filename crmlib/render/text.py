"""A result as text for a terminal, aligned for every script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crmlib.render.formats import as_of, counted, format_of, one_line, show, showers
from crmlib.render.html import NO_RECORDS, NO_RECORDS_AT_ALL
from crmlib.render.lay_out import Layout, Line, Role, is_empty, lay_out, shows_details
from crmlib.reports.result import ReportResult

CELL_WIDTH = 40
"""Longer text is cut with an ellipsis."""


def to_text(result: ReportResult, max_rows: int | None = None) -> str:
    """The report as lines of text, with its heading, totals and whatever is cut or withheld. Ends with a line end."""
    layout = lay_out(result, max_rows)
    return "\n".join((*_head(result, layout), "", *_table(result, layout), *([one_line(f"({layout.cut})")] if layout.cut else []))) + "\n"


def _head(result: ReportResult, layout: Layout) -> list[str]:
    settings = result.settings
    lines = [result.label]
    if result.description:
        lines.append(result.description)
    lines.append(" · ".join((counted(result.row_count, "record", settings), result.report_type, f"as seen by {result.user}",
                             as_of(result))))
    if result.filters:
        lines.append("Filters: " + "; ".join(result.filters))
    if result.withheld:
        lines.append(f"Withheld, because {result.user} may not see it: " + ", ".join(result.withheld))
    lines.extend(result.notes)
    if not layout.groupings and not is_empty(result):
        lines.extend(f"{figure.label}: {show(figure.value, figure.type, settings, figure.scale) or '-'}" for figure in layout.figures)
    return [one_line(line) for line in lines]


def _table(result: ReportResult, layout: Layout) -> list[str]:
    if is_empty(result):
        return [NO_RECORDS if result.filters else NO_RECORDS_AT_ALL]
    shown = showers(layout.columns, result.settings)
    rows = [_cells(result, layout, line, shown) for line in layout.lines]
    widths = [max(_width(row[n]) for row in rows) for n in range(len(layout.columns))]
    right = [format_of(column.type).align == "right" for column in layout.columns]
    rule = "  ".join("-" * width for width in widths)
    text = []
    for line, row in zip(layout.lines, rows, strict=True):
        if line.role is Role.GRAND_TOTAL:
            text.append(rule)
        text.append("  ".join(_padded(cell, width, to_right) for cell, width, to_right in zip(row, widths, right, strict=True)).rstrip())
        if line.role is Role.HEADER:
            text.append(rule)
    return text


def _cells(result: ReportResult, layout: Layout, line: Line, shown: list[Callable[[Any], str]]) -> list[str]:
    if line.role is Role.HEADER:
        return [_clipped(one_line(label)) for label in line.values]
    cells = [_clipped(one_line(show_one(value))) for show_one, value in zip(shown, line.values, strict=True)]
    return [*_labels(result, layout, line), *cells[layout.groupings:]]


def _labels(result: ReportResult, layout: Layout, line: Line) -> Sequence[str]:
    """What stands in the grouping columns: a label where its group begins or ends, nothing where it repeats."""
    if line.role is Role.DETAIL:
        return [""] * layout.groupings
    labels: list[Any] = [""] * layout.groupings
    if line.role is Role.GROUP:
        labels[line.opens:line.depth + 1] = line.values[line.opens:line.depth + 1]
    labels[line.depth] = line.label
    counts = any(column.name.endswith("record_count") for column in layout.columns)
    if not counts or (shows_details(result) and line.role is Role.GROUP):
        labels[line.depth] = f"{_clipped(line.label)} ({show(line.rows, 'integer', result.settings)})"
    return [one_line(label) for label in labels]


def _width(text: str) -> int:
    """Columns it takes in a terminal: two for Chinese, none for marks above and below a letter."""
    from rich.cells import cell_len

    return cell_len(text)


def _clipped(text: str) -> str:
    from rich.cells import set_cell_size

    return text if _width(text) <= CELL_WIDTH else set_cell_size(text, CELL_WIDTH - 1).rstrip() + "…"


def _padded(text: str, width: int, to_right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if to_right else text + space
