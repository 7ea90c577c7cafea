"""Results made by hand: what the outputs are tested with, without a database.

`deals()` is the small one that a reader can check by eye; the others bend it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby, product
from typing import Any

from crmlib.model.org import Settings
from crmlib.reports.assemble import BLANK
from crmlib.reports.definition import Chart
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import OTHER, DetailRow, Group, Key, ReportResult, ResultColumn

STAGE = ResultColumn("stage", "Stage", "picklist")
OWNER = ResultColumn("owner", "Owner", "lookup")
CLOSED_IN = ResultColumn("close_date", "Close date", "date", granularity="month")

NAME = ResultColumn("name", "Name", "text")
AMOUNT = ResultColumn("amount", "Amount", "currency")
PROBABILITY = ResultColumn("probability", "Probability", "percent", 0)
CLOSE_DATE = ResultColumn("close_date", "Close date", "date")
CREATED = ResultColumn("created_at", "Created at", "datetime")
PIECES = ResultColumn("pieces", "Pieces", "integer")
FAVOURITE = ResultColumn("favourite", "Favourite", "boolean")
TAGS = ResultColumn("tags", "Tags", "multi_picklist")
COLUMNS = (NAME, AMOUNT, PROBABILITY, CLOSE_DATE, CREATED, PIECES, FAVOURITE, TAGS)

RUN_AT = datetime(2026, 5, 13, 8, 30, tzinfo=UTC)
SETTINGS = Settings(name="Dunia", time_zone="Africa/Nairobi", currency="EUR", locale="en_GB")

HOSTILE = (
    "<script>alert('x')</script> & \"quotes\"",
    '=HYPERLINK("http://example.org","click")',
    "+1+1", "-2+3", "@SUM(A1:A9)", "\t=1", "https://example.org/?a=1&b=2", "line one\nline two", "{=1}", "\x1b[31mred", "_x0041_ \x07 bell",
)
NAMES = ("মোহাম্মদ রহমান ট্রেডার্স", "አበበ በቀለ ንግድ", "Мария Иванова", "株式会社山田", "Zoë van der Meer")

Row = tuple[tuple[Any, ...], tuple[Any, ...]]
"""The labels of the groups around a detail row, from the outermost in, and the row's values."""


def deal(name: str, amount: str | None, closed: date | None = date(2026, 11, 30), probability: int | None = 20, pieces: int | None = 3,
         favourite: bool | None = True, tags: tuple[str, ...] | None = ("Key", "New")) -> tuple[Any, ...]:
    """The values of COLUMNS for one opportunity."""
    created = datetime(2026, 5, 1, 21, 30, 15, tzinfo=UTC)
    return (name, None if amount is None else Decimal(amount), None if probability is None else Decimal(probability), closed, created,
            pieces, favourite, tags)


def result_of(groupings: tuple[ResultColumn, ...], rows: list[Row], **changes: Any) -> ReportResult:
    """A result with these rows, their sum of amount and record count at every level. Labels double as keys; None is blank."""
    cells = {((), ()): _figures([values for _, values in rows])}
    if isinstance(changes.get("chart"), str):
        changes["chart"] = Chart(type=changes["chart"])
    result = ReportResult(
        label="Pipeline", description="What is open", report_type="Opportunities", format="summary" if groupings else "tabular",
        columns=COLUMNS, groupings=groupings, across=(), groups_across=(),
        aggregates=(ResultColumn("amount:sum", "Sum of Amount", "currency"), ResultColumn("record_count", "Record count", "integer")),
        groups=_groups(rows, (), len(groupings), cells), cells=cells,
        details=tuple(DetailRow(key, number, values) for number, (key, values) in enumerate(rows, 1)), row_count=len(rows),
        show_details=not groupings, primary_object="opportunity", settings=SETTINGS, user="maria", run_at=RUN_AT,
        filters=("Stage not equal to Lost",))
    return replace(result, **changes)


def _figures(rows: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    return sum((values[1] for values in rows if values[1] is not None), Decimal("0.00")), len(rows)


def _groups(rows: list[Row], key: Key, levels: int, cells: dict[tuple[Key, Key], tuple[Any, ...]]) -> tuple[Group, ...]:
    """Groups of rows that stand together, in their order."""
    depth, groups = len(key), []
    if depth == levels:
        return ()
    for value, grouped in groupby(rows, key=lambda row: row[0][depth]):
        inside = list(grouped)
        own = (*key, value)
        cells[own, ()] = _figures([values for _, values in inside])
        groups.append(Group(own, BLANK if value is None else str(value), len(inside), _groups(inside, own, levels, cells)))
    return tuple(groups)


DEALS: list[Row] = [
    (("Prospecting", "Amina"), deal(NAMES[0], "1250.50")),
    (("Prospecting", "Amina"), deal(NAMES[1], "-300.25", date(2026, 12, 1))),
    (("Prospecting", None), deal("No owner", None, None, None, None, None, None)),
    (("Won", "Amina"), deal(NAMES[2], "0.10")),
    (("Won", "অনিতা দাস"), deal(NAMES[3], "0.20", date(2027, 1, 15))),
    (("Won", "አልማዝ ተስፋዬ"), deal(NAMES[4], "9876543210123.45")),
    ((None, None), deal("Of no stage", "7.00")),
]
"""Sums: Prospecting 950.25 in 3 (Amina 950.25, nobody 0.00), Won 9876543210123.75 in 3, none 7.00 in 1."""


def matrix_of(groupings: tuple[ResultColumn, ...], across: tuple[ResultColumn, ...], rows: list[Row], **changes: Any) -> ReportResult:
    """A matrix of rows whose labels are those down, then those across. Only groups that have records in common have a cell."""
    width = len(groupings)
    labels = sorted({labels[width:] for labels, _ in rows}, key=lambda label: tuple(str(one or "") for one in label))
    inside = sorted(rows, key=lambda row: labels.index(row[0][width:]))
    result = result_of(groupings, [(key[:width], values) for key, values in rows], format="matrix", **changes)
    cells: dict[tuple[Key, Key], tuple[Any, ...]] = {}
    for key, values in rows:
        for down, right in product(range(width + 1), range(len(across) + 1)):
            amount, count = cells.get((key[:down], key[width:width + right]), (Decimal("0.00"), 0))
            cells[key[:down], key[width:width + right]] = amount + (values[1] or 0), count + 1
    details = tuple(DetailRow(key[:width], number, values, key[width:]) for number, (key, values) in enumerate(rows, 1))
    groups_across = _groups([(key[width:], values) for key, values in inside], (), len(across), {})
    return replace(result, across=across, groups_across=groups_across, cells=cells, details=details)


def deals(**changes: Any) -> ReportResult:
    """By stage and owner, without details."""
    return result_of((STAGE, OWNER), DEALS, **changes)


def tabular(**changes: Any) -> ReportResult:
    return result_of((), [((), values) for _, values in DEALS], **changes)


def by_stage(**changes: Any) -> ReportResult:
    return result_of((STAGE,), [(key[:1], values) for key, values in DEALS], **changes)


def top_owners(**changes: Any) -> ReportResult:
    """By pieces, of which all but one number stand together as Other."""
    rows: list[Row] = [((3,), deal("x", "5.00")), ((OTHER,), deal("y", "2.00")), ((OTHER,), deal("z", "1.00"))]
    result = result_of((PIECES,), rows, **changes)
    return replace(result, groups=tuple(replace(group, label="Other") if group.value is OTHER else group for group in result.groups))


def matrix(**changes: Any) -> ReportResult:
    """Deals by stage, across by owner. Nobody has no deal that is won; nobody else has one of no stage."""
    return matrix_of((STAGE,), (OWNER,), DEALS, **changes)


def wide_matrix(months: int = 6, **changes: Any) -> ReportResult:
    """By stage and owner, across by year and month of close date, from October 2025 on; Femke's are only of every second month."""
    rows: list[Row] = [((stage, owner, 2025 + (n + 9) // 12, 24309 + n), deal(f"Deal {n}", f"{100 * n + index}.05"))
                       for index, (stage, owner) in enumerate(product(("Open", "Won"), ("Amina", "Femke")))
                       for n in range(months) if n % 2 == 0 or owner == "Amina"]
    result = matrix_of((STAGE, OWNER), (replace(CLOSED_IN, granularity="year"), CLOSED_IN), rows, **changes)

    def named(groups: tuple[Group, ...], *levels: str) -> tuple[Group, ...]:
        return tuple(replace(group, label=GRANULARITIES[levels[0]].text(group.value, SETTINGS), groups=named(group.groups, *levels[1:]))
                     for group in groups)
    return replace(result, groups_across=named(result.groups_across, "year", "month"))


def three_levels(**changes: Any) -> ReportResult:
    rows: list[Row] = [((stage, owner, favourite), deal(f"{stage} {owner}", f"{number}.05"))
                       for number, (stage, owner, favourite) in enumerate(product(("Open", "Won"), ("Amina", None), ("Yes", "No")))]
    return result_of((STAGE, OWNER, ResultColumn("favourite", "Favourite", "text")), rows, **changes)


def hostile(**changes: Any) -> ReportResult:
    """Hostile text wherever data can put text: labels, names, filters, notes, user."""
    rows: list[Row] = [((text,), deal(text, "1.00", tags=(text,))) for text in HOSTILE]
    markup = HOSTILE[0]
    described = {"label": markup, "description": markup, "user": markup, "filters": (markup,), "withheld": (markup,), "notes": (markup,)}
    return result_of((replace(STAGE, label=markup),), rows, **described, **changes)


def empty(**changes: Any) -> ReportResult:
    return result_of((STAGE,), [], **changes)


def months(count: int = 30, **changes: Any) -> ReportResult:
    """Grouped by month of close date; the key is the period's number. January 2024 is 24288. Every seventh month has no deals."""
    rows: list[Row] = [((24288 + n,), deal(f"Deal {n}", f"{1000 * (n % 5 + 1) + n}.50")) for n in range(count) if n % 7 != 6]
    result = result_of((CLOSED_IN,), rows, **changes)
    month = GRANULARITIES["month"]
    return replace(result, groups=tuple(replace(group, label=month.text(group.value, SETTINGS)) for group in result.groups))


def many(count: int = 8012, **changes: Any) -> ReportResult:
    rows: list[Row] = [((), deal(f"Deal {n}", f"{n}.{n % 100:02}")) for n in range(count)]
    return result_of((), rows, **changes)


def grouped(count: int, label: str = "G{}", amount: str = "{}.00", **changes: Any) -> ReportResult:
    rows = [((label.format(n),), deal("x", amount.format(n))) for n in range(count)]
    return result_of((STAGE,), rows, **changes)


def drawn(result: ReportResult, kind: str, **what: Any) -> ReportResult:
    return replace(result, chart=Chart(type=kind, **what))


def with_average(result: ReportResult, name: str = "amount:average", kind: str = "currency") -> ReportResult:
    """With a third figure, which does not add up: the average amount, a third of the sum in cents and one."""
    column = ResultColumn(name, "Average Amount", kind)
    cells = {key: (*values, (values[0] / 3).quantize(Decimal("0.01")) + 1) for key, values in result.cells.items()}
    return replace(result, aggregates=(*result.aggregates, column), cells=cells)


def fitting(chart: str, locale: str = "en_GB") -> ReportResult:
    """A result that each kind of chart can show, of labels in every script."""
    rows = [((name, series), deal("x", "12345678.90")) for name in NAMES for series in ("মোট", "ጠቅላላ")]
    result = with_average(result_of((OWNER, STAGE), rows, settings=replace(SETTINGS, locale=locale)))
    what: dict[str, Any] = {"target": Decimal("99999999.99")} if chart == "gauge" else {}
    return drawn(result, chart, **what)
