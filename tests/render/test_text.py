from __future__ import annotations

from crmlib.render.text import CELL_WIDTH, to_text
from tests.render import results


def test_a_summary_in_a_terminal() -> None:
    result = results.result_of((results.STAGE, results.OWNER), [row for row in results.DEALS if row[0][0] == "Prospecting"])
    assert to_text(result) == """\
Pipeline
What is open
3 records · Opportunities · as seen by maria · 13 May 2026, 11:30 (Africa/Nairobi)
Filters: Stage not equal to Lost

Stage              Owner    Sum of Amount  Record count
-----------------  -------  -------------  ------------
Prospecting        Amina          €950.25             2
                   (blank)          €0.00             1
Total Prospecting                 €950.25             3
-----------------  -------  -------------  ------------
Total                             €950.25             3
"""


def test_wide_letters_take_two_columns() -> None:
    rows = [((name,), results.deal("x", "1.00")) for name in ("株式会社", "Acme")]
    lines = to_text(results.result_of((results.STAGE,), rows)).splitlines()[7:9]
    assert lines == ["株式会社          €1.00             1", "Acme              €1.00             1"]


def test_no_escape_sequence_and_no_extra_line_comes_from_data() -> None:
    text = to_text(results.hostile(show_details=True))
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    assert "line one line two" in text
    assert "\ufffd[31mred" in text


def test_long_text_is_cut_with_an_ellipsis() -> None:
    text = to_text(results.result_of((), [((), results.deal("x" * 100, "1.00"))]))
    assert "x" * (CELL_WIDTH - 1) + "…" in text and "x" * CELL_WIDTH not in text


def test_cut_withheld_and_empty_are_said() -> None:
    assert to_text(results.many(), 5).endswith("(first 5 of 8,012 records shown; totals are of all of them)\n")
    assert "Withheld, because maria may not see it: Margin" in to_text(results.deals(withheld=("Margin",)))
    assert to_text(results.empty()).endswith("No records match these filters\n")


def test_counts_stand_in_brackets_where_no_column_counts() -> None:
    counted = to_text(results.by_stage(aggregates=(), cells=dict.fromkeys(results.by_stage().cells, ())))
    assert "Prospecting (3)" in counted and "Total (7)" in counted
