"""Every output, read back by a program, holds the same lines with the same figures to the cent."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from io import BytesIO, StringIO
from itertools import accumulate
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from rich.cells import cell_len

from crmlib.render.csv import to_csv
from crmlib.render.fact_map import to_json
from crmlib.render.frame import to_pandas
from crmlib.render.html import to_html
from crmlib.render.text import to_text
from crmlib.render.xlsx import to_xlsx
from crmlib.reports.result import Group, Key, ReportResult, walk
from tests.render import results

FigureLine = tuple[str, list[tuple[Decimal, int] | None]]
"""What the line is called; its sum of amount and record count, in a matrix for each group across and the whole, None without records."""


def figure_lines(result: ReportResult) -> list[FigureLine]:
    """The lines with figures that a summary or matrix without details must show, in their order."""
    def keys(groups: tuple[Group, ...]) -> Iterator[Key]:
        for group in groups:
            yield from keys(group.groups)
            yield group.key
    across = [*keys(result.groups_across), ()]

    def figures(down: Key) -> list[tuple[Decimal, int] | None]:
        return [result.cells.get((down, key)) for key in across]  # type: ignore[misc]

    def of(groups: tuple[Group, ...]) -> Iterator[FigureLine]:
        for group in groups:
            yield from of(group.groups)
            yield f"Total {group.label}" if group.groups else group.label, figures(group.key)
    return [*of(result.groups), ("Total", figures(()))]


def width(result: ReportResult) -> int:
    """How many columns the figures take."""
    return 2 * (len(list(walk(result.groups_across))) + 1)


def pairs(cells: Sequence[Any], amount: Callable[[Any], Decimal]) -> list[tuple[Decimal, int] | None]:
    return [None if count == "" else (amount(money), int(count)) for money, count in zip(cells[::2], cells[1::2], strict=True)]


# --- Reading back


class _Table(HTMLParser):
    """Texts of all cells, row by row; what stands behind a label in small print is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.skip = self.in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.in_cell = True
            self.rows[-1].append("")
        elif tag == "span":
            self.skip = ("class", "crm-report-rows") in attrs

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.in_cell = False
        elif tag == "span":
            self.skip = False

    def handle_data(self, data: str) -> None:
        if self.in_cell and not self.skip:
            self.rows[-1][-1] += data


def html_rows(text: str) -> list[list[str]]:
    parser = _Table()
    parser.feed(text)
    return [[cell.strip() for cell in row] for row in parser.rows]


def money(text: str) -> Decimal:
    return Decimal(text.replace("€", "").replace(",", ""))


def from_html(result: ReportResult) -> list[FigureLine]:
    figures = width(result)
    return [(next(filter(None, reversed(row[:-figures]))), pairs(row[-figures:], money))
            for row in html_rows(to_html(result))[1 + len(result.across):]]


def from_text(result: ReportResult) -> list[FigureLine]:
    lines = to_text(result).splitlines()
    rule = next(n for n, line in enumerate(lines) if line.startswith("---"))
    ends = [found.span() for found in re.finditer("-+", lines[rule])]
    rows = [list(fields(line, ends)) for line in lines[rule + 1:] if not line.startswith("---")]
    figures = width(result)
    return [(next(filter(None, reversed(row[:-figures]))), pairs(row[-figures:], money)) for row in rows]


def fields(line: str, ends: list[tuple[int, int]]) -> Iterator[str]:
    """What stands between these columns of a terminal, where a letter may take two columns, or none above another one."""
    places = list(accumulate(map(cell_len, line)))
    for start, end in ends:
        yield "".join(letter for letter, at in zip(line, places, strict=True) if start < at <= end).strip()


def from_csv(result: ReportResult) -> list[FigureLine]:
    lines = []
    figures = width(result)
    for role, *row in list(csv.reader(StringIO(to_csv(result, totals=True, guard=False))))[1:]:
        label = next(filter(None, reversed(row[:-figures])), "")
        lines.append((f"Total {label}".strip() if "total" in role else label, pairs(row[-figures:], Decimal)))
    return lines


def from_xlsx(result: ReportResult) -> list[FigureLine]:
    rows = CalamineWorkbook.from_filelike(BytesIO(to_xlsx(result))).get_sheet_by_name("Report").to_python()
    first = next(n for n, row in enumerate(rows) if row[-1] == "Record count") + 1
    figures = width(result)
    return [(next(filter(None, reversed(row[:-figures]))), pairs(row[-figures:], cents)) for row in rows[first:]]


def cents(number: float | str) -> Decimal:
    """What has more digits than a spreadsheet number stands there as text, as it is shown."""
    return money(number) if isinstance(number, str) else Decimal(repr(number)).quantize(Decimal("0.01"))


def from_json(result: ReportResult) -> list[FigureLine]:
    report = json.loads(to_json(result))

    def paths(groups: list[dict[str, Any]]) -> Iterator[str]:
        for group in groups:
            yield from paths(group["groupings"])
            yield group["key"]
    across = [*paths(report["groupingsAcross"]["groupings"]), "T"]

    def figures(down: str) -> Iterator[tuple[Decimal, int] | None]:
        for path in across:
            fact = report["factMap"].get(f"{down}!{path}")
            yield fact and (Decimal(fact["aggregates"][0]["value"]), fact["aggregates"][1]["value"])

    def of(groups: list[dict[str, Any]]) -> Iterator[FigureLine]:
        for group in groups:
            yield from of(group["groupings"])
            yield f"Total {group['label']}" if group["groupings"] else group["label"], list(figures(group["key"]))
    return [*of(report["groupingsDown"]["groupings"]), ("Total", list(figures("T")))]


READERS: list[Callable[[ReportResult], list[FigureLine]]] = [from_html, from_text, from_csv, from_xlsx, from_json]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("make", [results.by_stage, results.deals, results.months, results.three_levels, results.matrix,
                                  results.wide_matrix, results.top_owners])
def test_lines_and_figures(reader: Callable[[ReportResult], list[FigureLine]], make: Callable[[], ReportResult]) -> None:
    assert reader(make()) == figure_lines(make())


LABELS = st.sampled_from(["Won", "=1+1", "<b>&amp;", 'O\'Neil "Q"', *results.NAMES, None])
AMOUNTS = st.one_of(st.none(), st.decimals(-10**16 + 1, 10**16 - 1, places=2))


@given(rows=st.lists(st.tuples(LABELS, LABELS, AMOUNTS), min_size=1, max_size=12))
def test_any_figures(rows: list[tuple[str | None, str | None, Decimal | None]]) -> None:
    rows.sort(key=lambda row: (row[0] or "", row[1] or ""))
    result = results.result_of((results.STAGE, results.OWNER), [
        ((stage, owner), results.deal("x", None if amount is None else str(amount))) for stage, owner, amount in rows])
    for reader in READERS:
        assert reader(result) == figure_lines(result), reader.__name__


@given(rows=st.lists(st.tuples(LABELS, LABELS, LABELS, AMOUNTS), min_size=1, max_size=12))
def test_any_figures_of_a_matrix(rows: list[tuple[str | None, str | None, str | None, Decimal | None]]) -> None:
    rows.sort(key=lambda row: (row[0] or "", row[1] or "", row[2] or ""))
    result = results.matrix_of((results.STAGE,), (results.OWNER, results.TAGS), [
        (tuple(labels), results.deal("x", None if amount is None else str(amount))) for *labels, amount in rows])
    for reader in READERS:
        assert reader(result) == figure_lines(result), reader.__name__
    frame = to_pandas(result, exact=True)
    held = {(down, *across): value for down, row in frame.iterrows() for across, value in row.items() if not pd.isna(value)}
    assert len(held) == sum(2 for down, across in result.cells if down and len(across) == 2)


@given(rows=st.lists(st.tuples(LABELS, AMOUNTS), min_size=1, max_size=12))
def test_frame_holds_the_finest_figures(rows: list[tuple[str | None, Decimal | None]]) -> None:
    rows.sort(key=lambda row: row[0] or "")
    result = results.result_of((results.STAGE,), [((stage,), results.deal("x", None if amount is None else str(amount)))
                                                  for stage, amount in rows])
    frame = to_pandas(result, exact=True)
    assert [[pair] for pair in zip(frame["Sum of Amount"], frame["Record count"], strict=True)] == [
        figures for _, figures in figure_lines(result)[:-1]]


# --- Details


def detail_amounts(result: ReportResult) -> list[Decimal | None]:
    return [row.values[1] for row in result.details]


@pytest.mark.parametrize("make", [results.tabular, results.deals])
def test_details_are_the_same_everywhere(make: Callable[..., ReportResult]) -> None:
    result = make(show_details=True)
    expected = detail_amounts(result)
    at = len(result.groupings) + 1

    lines = list(csv.reader(StringIO(to_csv(result))))[1:]
    assert [Decimal(line[at]) if line[at] else None for line in lines] == expected

    sheet = CalamineWorkbook.from_filelike(BytesIO(to_xlsx(result))).get_sheet_by_name("Details only").to_python()[1:]
    assert [None if row[at] == "" else cents(row[at]) for row in sheet] == expected

    indent = 1 if result.groupings else 0  # one cell in place of all groupings
    width = indent + len(result.columns) + (len(result.aggregates) if result.groupings else 0)
    shown = [row[indent + 1] for row in html_rows(to_html(result))[1:] if len(row) == width]
    assert [money(text) if text else None for text in shown] == expected

    facts = json.loads(to_json(result))["factMap"]
    cells = [row["dataCells"][1]["value"] for fact in facts.values() for row in fact["rows"]]
    assert [None if value is None else Decimal(value["amount"]) for value in cells] == expected

    frame = to_pandas(result, exact=True)
    assert list(frame["Amount"].where(frame["Amount"].notna(), None)) == expected
