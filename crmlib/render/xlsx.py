"""A result as an Excel workbook: the report as on screen, its records as a plain table, its chart as a native one.

Text is always written as text, never as a formula or link, and what a spreadsheet cannot hold exactly (numbers of more
than 15 digits, dates before 1900) is written as text too.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crmlib.render.chart_data import ChartData, chart_data
from crmlib.render.formats import EXACT_TYPES, counted, format_of, show, shower
from crmlib.render.html import NO_RECORDS, NO_RECORDS_AT_ALL
from crmlib.render.lay_out import Layout, LayoutColumn, Line, Role, is_empty, lay_out, plain_table, shows_details
from crmlib.reports.result import ReportResult

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_000_000
"""A sheet has 1,048,576; what is beyond is cut, and said."""
MOST_LETTERS = 32_767
FIRST_DAY = date(1900, 3, 1)
"""Excel believes in 29 February 1900, so the days before it are off by one."""
WIDEST, NARROWEST = 48, 9

BAND, TOTAL_BAND, LINE = "#EDF2F7", "#DCE6F0", "#C9D2DB"
LOOKS: dict[Role, dict[str, Any]] = {
    Role.HEADER: {"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"},
    Role.GROUP: {"bottom": 4, "bottom_color": LINE},
    Role.DETAIL: {"bottom": 4, "bottom_color": LINE},
    Role.SUBTOTAL: {"bold": True, "bg_color": BAND},
    Role.GRAND_TOTAL: {"bold": True, "bg_color": TOTAL_BAND, "top": 1},
}


def to_xlsx(result: ReportResult) -> bytes:
    """The workbook: sheet "Report", "Details only" if it has records, "Chart" if one fits."""
    import xlsxwriter

    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                          "strings_to_numbers": False})
    workbook.set_properties({"title": result.label, "author": result.user, "comments": result.description,
                             "created": _naive(result.run_at, result)})
    writer = _Writer(workbook, result)
    layout = lay_out(result, MOST_ROWS)
    if len(layout.lines) > MOST_ROWS:  # at worst each record stands in a group of its own
        layout = lay_out(result, MOST_ROWS // (1 + 2 * layout.groupings))
    writer.report(layout)
    if not is_empty(result):
        if shows_details(result):
            writer.details(layout)
        chart = chart_data(result)
        if chart is not None:
            writer.chart(chart)
    workbook.close()
    return file.getvalue()


class _Writer:
    """Writes sheets of one workbook; remembers its formats."""

    def __init__(self, workbook: Workbook, result: ReportResult) -> None:
        self.workbook, self.result, self.settings = workbook, result, result.settings
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format({"valign": "top", **properties})
        return self.formats[key]

    # --- Sheets

    def report(self, layout: Layout) -> None:
        sheet = self.workbook.add_worksheet("Report")
        sheet.hide_gridlines(2)
        row = self.heading(sheet, layout)
        if is_empty(self.result):
            self.text(sheet, row, 0, NO_RECORDS if self.result.filters else NO_RECORDS_AT_ALL, self.look(italic=True))
            return
        for number, line in enumerate(layout.lines):
            self.line(sheet, row + number, layout, line)
        sheet.freeze_panes(row + 1, 0)
        sheet.repeat_rows(row)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        self.set_widths(sheet, layout.columns, [line.values for line in layout.lines])

    def heading(self, sheet: Worksheet, layout: Layout) -> int:
        """What the report is, above the table; returns the table's first row."""
        result = self.result
        self.text(sheet, 0, 0, result.label, self.look(bold=True, font_size=16))
        when = f"{show(result.run_at, 'datetime', self.settings)} ({self.settings.time_zone})"
        size = layout.cut or counted(result.row_count, "record", self.settings)
        lines = [result.description, " · ".join((size[0].upper() + size[1:], result.report_type, f"as seen by {result.user}", when))]
        if result.filters:
            lines.append("Filters: " + "; ".join(result.filters))
        if result.withheld:
            lines.append(f"Withheld, because {result.user} may not see it: {', '.join(result.withheld)}")
        lines.extend(result.notes)
        lines = [line for line in lines if line]
        for row, line in enumerate(lines, 1):
            self.text(sheet, row, 0, line, self.look(font_color="#595959"))
        row = len(lines) + 1
        if not layout.groupings and not is_empty(result):
            for figure in layout.figures:
                self.text(sheet, row, 0, figure.label, self.look(bold=True))
                self.value(sheet, row, 1, figure.value, figure.type, figure.scale, {"bold": True})
                row += 1
        return row + 1

    def line(self, sheet: Worksheet, row: int, layout: Layout, line: Line) -> None:
        look = LOOKS[line.role]
        if line.role is Role.GROUP and not line.has_figures:
            look = {"bold": True}
        for index, (value, column) in enumerate(zip(line.values, layout.columns, strict=True)):
            if line.role is Role.HEADER:
                align = "right" if column.kind != "grouping" and format_of(column.type).align == "right" else "left"
                self.text(sheet, row, index, value, self.look(**look, align=align))
            elif column.kind == "grouping":
                self.text(sheet, row, index, self.label(line, index), self.look(**look))
            else:
                self.value(sheet, row, index, value, column.type, column.scale, look)

    def label(self, line: Line, index: int) -> str:
        """What stands in a grouping column: a label where its group begins or ends, nothing where it repeats."""
        if line.role is Role.DETAIL or not line.opens <= index <= line.depth:
            return ""
        if index < line.depth:
            return str(line.values[index])
        opened = line.role is Role.GROUP and not line.has_figures
        return f"{line.label} ({show(line.rows, 'integer', self.settings)})" if opened or not self.result.aggregates else line.label

    def details(self, layout: Layout) -> None:
        """Records only, each with the labels of its groups: to filter, sort and pivot."""
        table = plain_table(layout, has_details=True)
        sheet = self.workbook.add_worksheet("Details only")
        for index, heading in enumerate(table.headings):
            self.text(sheet, 0, index, heading, self.look(bold=True, bottom=1))
        for row, values in enumerate(table.rows, 1):
            for index, (value, column) in enumerate(zip(values, table.columns, strict=True)):
                self.value(sheet, row, index, value, "text" if column.kind == "grouping" else column.type, column.scale, {})
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        sheet.freeze_panes(1, 0)
        self.set_widths(sheet, table.columns, [table.headings, *table.rows])

    def chart(self, data: ChartData) -> None:
        """A native chart beside the figures it shows."""
        sheet = self.workbook.add_worksheet("Chart")
        series = data.series or (data.measure.label,)
        self.text(sheet, 0, 0, data.dimension, self.look(bold=True, bottom=1))
        for index, name in enumerate(series, 1):
            self.text(sheet, 0, index, name, self.look(bold=True, bottom=1))
        ordered = dict.fromkeys(point.label for point in data.points) if data.kind.of_whole else data.labels
        values = {(point.label, point.series): point.value for point in data.points}
        for row, label in enumerate(ordered, 1):
            self.text(sheet, row, 0, label, self.look())
            for index, name in enumerate(data.series or ("",), 1):
                self.value(sheet, row, index, values.get((label, name)), data.measure.type, data.measure.scale, {})
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, len(series), 16)
        assert data.kind.excel is not None
        kind, subtype = data.kind.excel
        chart = self.workbook.add_chart({"type": kind, **({"subtype": subtype} if subtype else {})})
        for index in range(1, len(series) + 1):
            chart.add_series({"name": ["Chart", 0, index], "categories": ["Chart", 1, 0, len(ordered), 0],
                              "values": ["Chart", 1, index, len(ordered), index]})
        chart.set_title({"name": "\n".join(filter(None, (data.title, data.subtitle))), "overlay": False, "name_font": {"size": 13}})
        if data.kind.of_whole or data.series:
            chart.set_legend({"position": "right"})
        else:
            chart.set_legend({"none": True})
        if kind == "bar":
            chart.set_y_axis({"reverse": True})  # Excel counts bars from below
        chart.set_size({"width": 760, "height": 26 * len(ordered) + 120 if kind == "bar" else 400})
        sheet.insert_chart(0, len(series) + 2, chart, {"description": data.title})

    # --- Cells

    def text(self, sheet: Worksheet, row: int, column: int, text: object, look: Any) -> None:
        written = str(text)
        if not written:
            sheet.write_blank(row, column, None, look)
            return
        sheet.write_string(row, column, written if len(written) <= MOST_LETTERS else written[:MOST_LETTERS - 1] + "…", look)

    def value(self, sheet: Worksheet, row: int, column: int, value: Any, kind: str, scale: int, look: dict[str, Any]) -> None:
        """A value in its type's number format, or as text where the sheet could not hold it exactly."""
        shown = format_of(kind)
        if value is None:
            sheet.write_blank(row, column, None, self.look(**look))
            return
        in_format = self.look(**look, num_format=shown.excel(scale, self.settings), align=shown.align)
        if kind in EXACT_TYPES or (isinstance(value, int) and not isinstance(value, bool)):
            exact = Decimal(str(value)) / (100 if kind == "percent" else 1)
            if len(exact.normalize().as_tuple().digits) <= 15:
                sheet.write_number(row, column, float(exact), in_format)
                return
        elif isinstance(value, datetime):
            local = _naive(value, self.result)
            if local.date() >= FIRST_DAY:
                sheet.write_datetime(row, column, local, in_format)
                return
        elif isinstance(value, date) and value >= FIRST_DAY:
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), in_format)
            return
        self.text(sheet, row, column, shower(kind, scale, self.settings)(value), self.look(**look, align=shown.align))

    def set_widths(self, sheet: Worksheet, columns: Sequence[LayoutColumn], rows: Sequence[Iterable[Any]]) -> None:
        """As wide as the first thousand rows need, within bounds."""
        for index, (column, values) in enumerate(zip(columns, zip(*rows[:1000], strict=True), strict=True)):
            in_words = str if column.kind == "grouping" else shower(column.type, column.scale, self.settings)
            longest = max(len(value) if isinstance(value, str) else len(in_words(value)) for value in values if value is not None)
            sheet.set_column(index, index, min(WIDEST, max(NARROWEST, longest * 1.1 + 2)))


def _naive(moment: datetime, result: ReportResult) -> datetime:
    """Spreadsheets know no zones: the organization's clock, to the millisecond they can hold."""
    return moment.astimezone(result.settings.zone).replace(tzinfo=None)
