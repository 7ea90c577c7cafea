"""A result as an Excel workbook: the report as on screen, its records as a plain table, its chart as a native one.

Text is always written as text, never as a formula or link, and what a spreadsheet cannot hold exactly (numbers of more
than 15 digits, dates before 1900) is written as text too.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from crmlib.render.chart_data import chart_data_or_why
from crmlib.render.formats import as_of, counted, format_of, show, shower
from crmlib.render.html import NO_RECORDS, NO_RECORDS_AT_ALL
from crmlib.render.lay_out import Layout, LayoutColumn, Line, Role, header_rows, is_empty, lay_out, plain_table, shows_details
from crmlib.render.xlsx_chart import has_sheet, write_chart
from crmlib.reports.conditional_formats import Look as ConditionalLook
from crmlib.reports.conditional_formats import LooksOf
from crmlib.reports.result import ReportResult

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS = 1_000_000
"""A sheet has 1,048,576; what is beyond is cut, and said."""
MOST_LETTERS = 32_767
FIRST_DAY = date(1900, 3, 1)
"""Excel believes in 29 February 1900, so the days before it are off by one."""
WIDEST, NARROWEST, MOST_FROZEN, ON_PAGE = 48, 9, 70, 240
ROW_HEIGHT = 18
"""Room for scripts with marks above and below the line."""

BAND, TOTAL_BAND, LINE = "#EDF2F7", "#DCE6F0", "#C9D2DB"
LOOKS: dict[Role, dict[str, Any]] = {
    Role.HEADER: {"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"},
    Role.GROUP: {"bottom": 4, "bottom_color": LINE},
    Role.DETAIL: {"bottom": 4, "bottom_color": LINE},
    Role.SUBTOTAL: {"bold": True, "bg_color": BAND},
    Role.GRAND_TOTAL: {"bold": True, "bg_color": TOTAL_BAND, "top": 1},
}

OPENING: dict[str, Any] = {"bold": True}
"""Of a GROUP line that only opens its details."""


class Typed(Protocol):
    """A column, figure or measure: what says how a value looks."""

    @property
    def type(self) -> str: ...
    @property
    def scale(self) -> int: ...


class Look(NamedTuple):
    """Of one column in one kind of line: cell formats for text and for values in the column's number format; its words."""

    text: Any
    value: Any
    show: Callable[[Any], str]


def to_xlsx(result: ReportResult) -> bytes:
    """The workbook: sheet "Report", "Details only" if it has records, "Chart" if one fits."""
    import xlsxwriter

    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                          "strings_to_numbers": False})
    workbook.set_properties({"title": result.label, "author": result.user, "comments": result.description,
                             "created": _naive(result.run_at, result)})
    chart, why = chart_data_or_why(result)
    writer = Writer(workbook, replace(result, notes=(*result.notes, why)) if why else result)
    layout = lay_out(result, MOST_ROWS)
    if len(layout.lines) > MOST_ROWS:  # at worst each record stands in a group of its own
        layout = lay_out(result, MOST_ROWS // (1 + 2 * layout.groupings))
    writer.report(layout)
    if not is_empty(result):
        if shows_details(result):
            writer.details(layout)
        if chart is not None and has_sheet(chart):
            write_chart(writer, chart)
    workbook.close()
    return file.getvalue()


class Writer:
    """Writes sheets of one workbook; remembers its formats."""

    def __init__(self, workbook: Workbook, result: ReportResult) -> None:
        self.workbook, self.result, self.settings = workbook, result, result.settings
        self.conditional = LooksOf(result)
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def look(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.workbook.add_format({"valign": "vcenter", **properties})
        return self.formats[key]

    def sheet(self, name: str) -> Worksheet:
        sheet = self.workbook.add_worksheet(name)
        sheet.set_default_row(ROW_HEIGHT)
        _fit_to_paper(sheet)
        return sheet

    # --- Sheets

    def report(self, layout: Layout) -> None:
        sheet = self.sheet("Report")
        sheet.hide_gridlines(2)
        row = self.heading(sheet, layout)
        if is_empty(self.result):
            self.text(sheet, row, 0, NO_RECORDS if self.result.filters else NO_RECORDS_AT_ALL, self.look(italic=True))
            return
        looks = {role: self.looks(layout.columns, look) for role, look in LOOKS.items()}
        opening = self.looks(layout.columns, OPENING)
        first = row + self.header(sheet, row, layout.columns, looks[Role.HEADER])
        lines = layout.lines[1:]
        for number, line in enumerate(lines, first):
            opens = line.role is Role.GROUP and not line.has_figures
            self.line(sheet, number, layout, line, opening if opens else looks[line.role])
        widths = self.set_widths(sheet, layout.columns, [_headings(layout.columns), *(line.values for line in lines)])
        stays = layout.groupings
        while sum(widths[:stays]) > MOST_FROZEN:
            stays -= 1
        sheet.freeze_panes(first, stays)
        sheet.repeat_rows(row, first - 1)
        if stays:
            sheet.repeat_columns(0, stays - 1)
        _fit_to_paper(sheet, sum(widths))

    def header(self, sheet: Worksheet, row: int, columns: Sequence[LayoutColumn], looks: list[Look]) -> int:
        """Headings; those of groups across over all their columns. Returns how many rows they took."""
        rows = header_rows(columns)
        centred = self.look(**LOOKS[Role.HEADER], align="center", left=1, left_color="#FFFFFF")
        for number, cells in enumerate(rows, row):
            for cell in cells:
                look = centred if cell.is_across else looks[cell.first].text
                if cell.width > 1 or cell.rows > 1:
                    sheet.merge_range(number, cell.first, number + cell.rows - 1, cell.first + cell.width - 1, "", look)
                self.text(sheet, number, cell.first, cell.label, look)
        return len(rows)

    def heading(self, sheet: Worksheet, layout: Layout) -> int:
        """What the report is, above the table; returns the table's first row."""
        result = self.result
        sheet.set_row(0, 28)
        self.text(sheet, 0, 0, result.label, self.look(bold=True, font_size=16))
        size = layout.cut or counted(result.row_count, "record", self.settings)
        about = (size[0].upper() + size[1:], result.report_type, f"as seen by {result.user}", as_of(result))
        lines = [result.description, " · ".join(about)]
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
            for figure, look in zip(layout.figures, self.looks(layout.figures, {"bold": True}), strict=True):
                painted = self.conditional.look(figure.name, figure.value)
                self.text(sheet, row, 0, figure.label, self.look(bold=True))
                self.value(sheet, row, 1, figure.value, figure, self.painted({"bold": True}, figure, painted) if painted else look)
                row += 1
        return row + 1

    def line(self, sheet: Worksheet, row: int, layout: Layout, line: Line, looks: list[Look]) -> None:
        for index, (value, column, look) in enumerate(zip(line.values, layout.columns, looks, strict=True)):
            painted = column.kind == "aggregate" and self.conditional.look(column.name, value, line.key, column.across_key)
            if column.kind == "grouping":
                self.text(sheet, row, index, self.label(line, index), look.text)
            else:
                self.value(sheet, row, index, value, column, self.painted(LOOKS[line.role], column, painted) if painted else look)

    def painted(self, look: dict[str, Any], column: Typed, conditional: ConditionalLook) -> Look:
        """The formats of a cell in its conditional look."""
        paint = {"bg_color": conditional.fill, **({"font_color": conditional.ink} if conditional.ink else {})}
        return self.looks((column,), {**look, **paint})[0]

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
        sheet = self.sheet("Details only")
        for index, (heading, look) in enumerate(zip(table.headings, self.looks(table.columns, {"bold": True, "bottom": 1}), strict=True)):
            self.text(sheet, 0, index, heading, look.text)
        looks = self.looks(table.columns, {})
        for row, values in enumerate(table.rows, 1):
            for index, (value, column, look) in enumerate(zip(values, table.columns, looks, strict=True)):
                self.value(sheet, row, index, value, column, look)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        _fit_to_paper(sheet, sum(self.set_widths(sheet, table.columns, [table.headings, *table.rows])))

    # --- Cells

    def text(self, sheet: Worksheet, row: int, column: int, text: object, look: Any) -> None:
        written = str(text)
        if not written:
            sheet.write_blank(row, column, None, look)
            return
        sheet.write_string(row, column, written if len(written) <= MOST_LETTERS else written[:MOST_LETTERS - 1] + "…", look)

    def looks(self, columns: Sequence[Typed], look: dict[str, Any]) -> list[Look]:
        """The formats of a line's cells."""
        looks = []
        for column in columns:
            shown = format_of(column.type)
            aligned = {**look, "align": shown.align, "indent": 1}
            looks.append(Look(self.look(**aligned), self.look(**aligned, num_format=shown.excel(column.scale, self.settings)),
                              shower(column.type, column.scale, self.settings)))
        return looks

    def value(self, sheet: Worksheet, row: int, index: int, value: Any, column: Typed, look: Look) -> None:
        """A value in its type's number format, or as text where the sheet could not hold it exactly."""
        if value is None:
            sheet.write_blank(row, index, None, look.text)
        elif (number := _as_number(value, column.type)) is not None:
            sheet.write_number(row, index, number, look.value)
        elif (moment := self.as_moment(value)) is not None:
            sheet.write_datetime(row, index, moment, look.value)
        else:
            self.text(sheet, row, index, look.show(value), look.text)

    def as_moment(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            value = _naive(value, self.result)
        elif isinstance(value, date):
            value = datetime(value.year, value.month, value.day)
        return value if isinstance(value, datetime) and value.date() >= FIRST_DAY else None

    def set_widths(self, sheet: Worksheet, columns: Sequence[LayoutColumn], rows: Sequence[Iterable[Any]]) -> list[float]:
        """As wide as the first thousand rows need, within bounds. Returns the widths, in letters."""
        widths = []
        for index, (column, values) in enumerate(zip(columns, zip(*rows[:1000], strict=True), strict=True)):
            in_words = shower(column.type, column.scale, self.settings)
            longest = max(len(value) if isinstance(value, str) else len(in_words(value)) for value in values if value is not None)
            widths.append(min(WIDEST, max(NARROWEST, longest * 1.1 + 2)))
            sheet.set_column(index, index, widths[-1])
        return widths


def _headings(columns: Sequence[LayoutColumn]) -> list[str]:
    """Of each column the longer of its own heading and its share of the one above it."""
    together = Counter(column.across_key for column in columns)
    return [max(column.label, "x" * (len("".join(column.across[-1:])) // together[column.across_key]), key=len) for column in columns]


def _fit_to_paper(sheet: Worksheet, width: float = 0) -> None:
    """On as many pages across as keep it readable."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1 + int(width // ON_PAGE), 0)


def _as_number(value: Any, kind: str) -> float | None:
    """20 % is 0.2 in a spreadsheet. None for what is no number, or has more digits than a spreadsheet keeps."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
        return None
    exact = Decimal(str(value)).scaleb(-2 if kind == "percent" else 0)
    return float(exact) if len(exact.normalize().as_tuple().digits) <= 15 else None


def _naive(moment: datetime, result: ReportResult) -> datetime:
    """Spreadsheets know no zones: the organization's clock, to the millisecond they can hold."""
    return moment.astimezone(result.settings.zone).replace(tzinfo=None)
