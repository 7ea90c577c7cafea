"""In which formats a report can be had: one row per output, for the command line, the designer and deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crmlib.render.csv import to_csv
from crmlib.render.fact_map import to_json
from crmlib.render.html import to_page
from crmlib.render.text import to_text
from crmlib.render.xlsx import to_xlsx
from crmlib.reports.result import ReportResult


@dataclass(frozen=True)
class Output:
    """A format. `write` gives a file's content; all but xlsx are UTF-8 text."""

    name: str
    label: str
    media_type: str
    extension: str
    write: Callable[[ReportResult], bytes]


OUTPUTS: dict[str, Output] = {row.name: row for row in (
    Output("table", "Text table", "text/plain; charset=utf-8", "txt", lambda result: to_text(result).encode()),
    Output("csv", "CSV", "text/csv; charset=utf-8", "csv", lambda result: to_csv(result).encode()),
    Output("xlsx", "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", to_xlsx),
    Output("html", "HTML page", "text/html; charset=utf-8", "html", lambda result: to_page(result).encode()),
    Output("json", "JSON", "application/json", "json", lambda result: to_json(result).encode()),
)}
"""CSV comes without a byte order mark; call `to_csv(result, bom=True)` for a file that somebody will open in Excel."""
