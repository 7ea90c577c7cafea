from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from crmlib.model.schema import Schema
from crmlib.model.tables import build_metadata
from crmlib.render.frame import describe_frame, to_pandas
from crmlib.reports.granularities import GRANULARITIES
from tests.render import results


def test_summary_is_indexed_by_its_groups() -> None:
    frame = to_pandas(results.deals())
    assert frame.index.names == ["Stage", "Owner"]
    assert list(frame.columns) == ["Sum of Amount", "Record count"]
    assert frame.loc[("Prospecting", "Amina"), "Sum of Amount"] == 950.25
    assert frame["Record count"].sum() == 7


def test_groups_across_are_levels_of_the_columns() -> None:
    frame = to_pandas(results.wide_matrix())
    assert frame.columns.names == ["Close date", "Close date (month)", None] and frame.index.names == ["Stage", "Owner"]
    assert list(frame["2025", "2025-11"].columns) == ["Sum of Amount", "Record count"]
    assert frame.loc[("Won", "Amina"), ("2026", "2026-01", "Sum of Amount")] == 302.05
    assert frame["2025", "2025-11", "Record count"].isna().tolist() == [False, True, False, True]
    assert frame.columns.get_level_values(1)[0] == pd.Period("2025-10", "M")
    assert not any("Total" in map(str, column) for column in frame.columns)


def test_a_blank_group_across_is_missing() -> None:
    assert list(to_pandas(results.matrix()).columns.get_level_values("Owner").isna()) == [True] * 2 + [False] * 6


def test_flat_headings_of_a_matrix() -> None:
    assert list(to_pandas(results.matrix(), index=False).columns)[:3] == ["Stage", "(blank) · Sum of Amount", "(blank) · Record count"]


def test_records_of_a_matrix_say_all_their_groups() -> None:
    frame = to_pandas(results.matrix(show_details=True))
    assert frame.index.names == ["Stage", "Owner"] and list(frame.columns)[:2] == ["Name", "Amount"]
    assert frame.loc[("Won", "Amina"), "Name"] == results.NAMES[2]


def test_blank_group_is_missing() -> None:
    owners = to_pandas(results.deals()).index.get_level_values("Owner")
    assert list(owners.isna()) == [False, True, False, False, False, True]


def test_groups_as_columns() -> None:
    assert list(to_pandas(results.deals(), index=False).columns) == ["Stage", "Owner", "Sum of Amount", "Record count"]


def test_details_in_types_to_go_on_with() -> None:
    frame = to_pandas(results.tabular())
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "Name": "str", "Amount": "float64", "Probability": "float64", "Close date": "datetime64[s]",
        "Created at": "datetime64[us, Africa/Nairobi]", "Pieces": "Int64", "Favourite": "boolean", "Tags": "object"}
    assert frame.loc[0, "Close date"] == pd.Timestamp("2026-11-30")
    assert frame.loc[0, "Created at"] == pd.Timestamp("2026-05-01 21:30:15", tz="UTC")
    assert frame.loc[0, "Tags"] == ("Key", "New")
    assert list(frame.iloc[2].isna()) == [False, True, True, True, False, True, True, True]


def test_details_below_groups_keep_their_group() -> None:
    frame = to_pandas(results.deals(show_details=True))
    assert frame.index.names == ["Stage", "Owner"]
    assert frame.loc[("Won", "አልማዝ ተስፋዬ"), "Name"] == results.NAMES[4]
    assert len(frame.loc[("Prospecting", "Amina")]) == 2


def test_types_do_not_depend_on_there_being_records() -> None:
    full, none = to_pandas(results.by_stage()), to_pandas(results.empty())
    assert len(none) == 0
    assert list(none.dtypes) == list(full.dtypes) and none.index.dtype == full.index.dtype


def test_groups_that_stand_together_have_words_only() -> None:
    frame = to_pandas(results.top_owners())
    assert list(frame.index) == ["3", "Other"] and list(frame["Sum of Amount"]) == [5.0, 3.0]


def test_exact_keeps_decimals() -> None:
    frame = to_pandas(results.by_stage(), exact=True)
    assert frame.loc["Won", "Sum of Amount"] == Decimal("9876543210123.75")
    assert frame["Sum of Amount"].sum() == Decimal("9876543211081.00")


@pytest.mark.parametrize("granularity", [row.name for row in GRANULARITIES.values() if row.is_range])
@pytest.mark.parametrize(("week_start", "fiscal_year_start"), [(0, 1), (6, 4), (3, 12)])
def test_periods_are_those_of_the_organization(granularity: str, week_start: int, fiscal_year_start: int) -> None:
    settings = replace(results.SETTINGS, week_start=week_start, fiscal_year_start=fiscal_year_start)
    row = GRANULARITIES[granularity]
    number = row.number(results.RUN_AT.date(), settings)
    column = replace(results.CLOSED_IN, granularity=granularity)
    result = results.result_of((column,), [((None,), results.deal("x", "1.00")), ((number,), results.deal("y", "2.00"))], settings=settings)
    blank, period = to_pandas(result).index
    start, after = row.range(number, settings)
    assert blank is pd.NaT
    assert (period.start_time.date(), (period + 1).start_time.date()) == (start, after)


def test_fiscal_periods_are_named_after_the_year_in_which_they_end() -> None:
    settings = replace(results.SETTINGS, fiscal_year_start=4)
    number = GRANULARITIES["fiscal_quarter"].number(results.RUN_AT.date(), settings)
    column = replace(results.CLOSED_IN, granularity="fiscal_quarter")
    frame = to_pandas(results.result_of((column,), [((number,), results.deal("x", "1.00"))], settings=settings))
    assert str(frame.index[0]) == "2027Q1" and GRANULARITIES["fiscal_quarter"].text(number, settings) == "FQ1 FY 2027"


def test_says_what_it_is_of() -> None:
    result = results.tabular()
    assert to_pandas(replace(result, details=result.details[:2])).attrs == {"label": "Pipeline", "row_count": 7, "is_cut": True}


def test_a_description_says_by_what_a_field_is_calculated() -> None:
    described = Schema(build_metadata()).describe("case")
    frame = describe_frame(described.fields.values())
    assert frame.loc["days_open", "formula"].endswith("- DATEVALUE(opened_at)")
    assert frame.loc["opened_at", "formula"] == ""
