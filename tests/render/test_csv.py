from __future__ import annotations

import csv
from io import StringIO

from crmlib.render.csv import to_csv
from crmlib.reports.result import ReportResult
from tests.render import results


def rows(result: ReportResult, **options: bool) -> list[list[str]]:
    return list(csv.reader(StringIO(to_csv(result, **options), newline="")))


def test_records_with_exact_values_and_their_groups() -> None:
    assert rows(results.deals(show_details=True))[:4] == [
        ["Stage", "Owner", "Name", "Amount", "Probability", "Close date", "Created at", "Pieces", "Favourite", "Tags"],
        ["Prospecting", "Amina", results.NAMES[0], "1250.50", "20", "2026-11-30", "2026-05-02T00:30:15+03:00", "3", "true", "Key; New"],
        ["Prospecting", "Amina", results.NAMES[1], "-300.25", "20", "2026-12-01", "2026-05-02T00:30:15+03:00", "3", "true", "Key; New"],
        ["Prospecting", "(blank)", "No owner", "", "", "", "2026-05-02T00:30:15+03:00", "", "", ""],
    ]


def test_groups_where_no_details_are_shown() -> None:
    assert rows(results.by_stage()) == [["Stage", "Sum of Amount", "Record count"], ["Prospecting", "950.25", "3"],
                                        ["Won", "9876543210123.75", "3"], ["(blank)", "7.00", "1"]]


def test_totals_only_when_asked_for_and_marked() -> None:
    marks = [row[0] for row in rows(results.deals(), totals=True)]
    assert marks == ["Line", "group", "group", "subtotal", "group", "group", "group", "subtotal", "group", "subtotal", "grand total"]


def test_text_that_a_spreadsheet_would_run_is_kept_as_text() -> None:
    labels = [row[0] for row in rows(results.hostile())[1:]]
    assert labels[1:6] == ["'" + text for text in results.HOSTILE[1:6]]
    assert labels[6:] == list(results.HOSTILE[6:])
    assert [row[0] for row in rows(results.hostile(), guard=False)[1:]] == list(results.HOSTILE)


def test_negative_numbers_and_a_lone_dash_are_no_formulas() -> None:
    result = results.result_of((results.STAGE,), [(("-",), results.deal("-", "-5.00"))])
    assert rows(result)[1] == ["-", "-5.00", "1"]


def test_headings_are_guarded_too() -> None:
    result = results.tabular(columns=(results.ResultColumn("x", "=1+1", "text"), *results.COLUMNS[1:]))
    assert rows(result)[0][0] == "'=1+1"


def test_byte_order_mark_when_asked_for() -> None:
    assert to_csv(results.by_stage(), bom=True) == "\ufeff" + to_csv(results.by_stage())


def test_empty_is_a_line_of_headings() -> None:
    assert rows(results.empty()) == [["Stage", "Sum of Amount", "Record count"]]
