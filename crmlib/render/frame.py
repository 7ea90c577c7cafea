"""A result as a pandas DataFrame, in the types an analyst goes on with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from crmlib.model.org import Settings
from crmlib.model.schema import Field
from crmlib.render.formats import EXACT_TYPES
from crmlib.render.lay_out import LayoutColumn, lay_out, plain_table, shows_details
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import OTHER, Group, Key, ReportResult, ResultColumn, walk

if TYPE_CHECKING:
    import pandas as pd

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def to_pandas(result: ReportResult, index: bool = True, exact: bool = False) -> pd.DataFrame:
    """One row per record, or per finest group where no details are shown; no totals.

    index: groups are the (Multi)Index, of a matrix those across are levels of the columns above the aggregates (its
    records have both in their index); False makes groups ordinary columns, and headings flat ("Q1 2026 · Amount").
    A blank group is missing (NaN), not "(blank)".
    exact: currency, numbers and percents stay `Decimal` (dtype object, slow); False gives float64, exact to about
    15 digits and what plots and models want. Percent 20 is 20.0. Whole numbers are Int64, yes/no boolean, dates
    datetime64, moments datetime64 in the organization's zone, periods of date groupings `Period` (fiscal ones with
    the fiscal year's end), text str. `frame.attrs` says label, row_count and whether details were cut (is_cut).
    """
    import pandas as pd

    table = plain_table(lay_out(result), shows_details(result))
    groups = _group_columns(result)
    shown = len(groups)
    data = [*groups, *(_column([row[n] for row in table.rows], column, result, exact)
                       for n, column in enumerate(table.columns) if n >= shown)]
    frame = pd.DataFrame(dict(zip(table.headings, data, strict=True)), index=pd.RangeIndex(len(table.rows)))
    if index and groups:
        frame = frame.set_index(table.headings[:shown])
        if result.across and not shows_details(result):
            frame.columns = _columns_across(result, table.columns[shown:])
    frame.attrs = {"label": result.label, "row_count": result.row_count, "is_cut": result.is_cut}
    return frame


def rows_frame(result: ReportResult) -> pd.DataFrame:
    """The records of a report without groups, in the types of `to_pandas`; columns are called by field path, blank text is missing."""
    import pandas as pd

    columns = [_column([row.values[n] for row in result.details], column, result, exact=False) for n, column in enumerate(result.columns)]
    columns = [column.mask(column == "") if isinstance(column.dtype, pd.StringDtype) else column for column in columns]
    named = dict(zip([column.name for column in result.columns], columns, strict=True))
    frame = pd.DataFrame(named, index=pd.RangeIndex(len(result.details)))
    frame.attrs = {"label": result.label, "row_count": result.row_count, "is_cut": result.is_cut}
    return frame


def describe_frame(fields: Iterable[Field]) -> pd.DataFrame:
    """Fields of an object, one row each: what they are called, what they hold, where lookups lead, what they are calculated by."""
    import pandas as pd

    rows = [(field.name, field.label, field.type.label, field.required, field.to or "", ", ".join(field.values), field.formula, field.help)
            for field in fields]
    frame = pd.DataFrame(rows, columns=["name", "label", "type", "required", "looks up", "values", "formula", "help"])
    return frame.set_index("name")


def _column(values: Sequence[Any], column: LayoutColumn | ResultColumn, result: ReportResult, exact: bool) -> pd.Series:
    import pandas as pd

    kind = column.type
    if kind in EXACT_TYPES:
        return pd.Series(values, dtype=object) if exact else pd.Series([None if v is None else float(v) for v in values], dtype="float64")
    if kind == "datetime":
        moments = pd.Series(pd.to_datetime(pd.Series(values, dtype=object), utc=True), dtype="datetime64[us, UTC]")
        return moments.dt.tz_convert(result.settings.zone)
    if kind in ("lookup", "id") and any(isinstance(value, str) for value in values):
        kind = "text"
    dtypes = {"integer": "Int64", "id": "Int64", "lookup": "Int64", "boolean": "boolean", "date": "datetime64[s]", "multi_picklist": object}
    return pd.Series(values, dtype=dtypes.get(kind, "str"))


def _group_columns(result: ReportResult) -> list[pd.Series]:
    """One column per grouping, of records also per grouping across; in the order of the plain table's rows."""
    finest = [group.key for group in result.walk() if not group.groups]
    if not shows_details(result):
        return _by_level(result, result.groupings, result.groups, finest)
    if not result.groupings:
        return []
    place = {key: number for number, key in enumerate(finest)}
    rows = sorted(result.details, key=lambda row: place[row.key])
    return [*_by_level(result, result.groupings, result.groups, [row.key for row in rows]),
            *_by_level(result, result.across, result.groups_across, [row.across for row in rows])]


def _by_level(result: ReportResult, groupings: Sequence[ResultColumn], groups: Sequence[Group], keys: Sequence[Key]) -> list[pd.Series]:
    """Of keys, one column per grouping. Numbers and periods are given as such, everything else by its label."""
    import pandas as pd

    labels = {group.key: group.label for group in walk(groups)}
    columns = []
    for depth, column in enumerate(groupings):
        around = [key[:depth + 1] for key in keys]
        is_own = not any(key[-1] is OTHER for key in around)  # else words are all that they have in common
        if is_own and column.granularity and GRANULARITIES[column.granularity].is_range:
            columns.append(_periods([key[-1] for key in around], column.granularity, result))
        elif is_own and column.type in (*EXACT_TYPES, "integer", "boolean"):
            columns.append(_column([key[-1] for key in around], column, result, exact=False))
        else:
            columns.append(pd.Series([None if key[-1] is None else labels[key] for key in around], dtype="str"))
    return columns


def _columns_across(result: ReportResult, columns: Sequence[LayoutColumn]) -> pd.MultiIndex:
    import pandas as pd

    levels = _by_level(result, result.across, result.groups_across, [column.across_key for column in columns])
    names: list[str | None] = []
    for one in result.across:
        names.append(f"{one.label} ({one.granularity or one.name})" if one.label in names else one.label)
    return pd.MultiIndex.from_arrays([*levels, [column.label for column in columns]], names=[*names, None])


def _periods(numbers: Sequence[int | None], granularity: str, result: ReportResult) -> pd.Series:
    import pandas as pd

    frequency = pandas_frequency(granularity, result.settings)
    starts = [None if number is None else GRANULARITIES[granularity].start(number, result.settings) for number in numbers]
    return pd.Series([pd.NaT if start is None else pd.Period(start, frequency) for start in starts], dtype=f"period[{frequency}]")


def pandas_frequency(granularity: str, settings: Settings) -> str:
    """What pandas calls such periods: 'W-SUN' for weeks from Monday, 'Q-JAN' for quarters of a fiscal year that ends in January."""
    year_end = MONTHS[(settings.fiscal_year_start - 2) % 12]
    frequencies = {"day": "D", "week": f"W-{DAYS[(settings.week_start + 6) % 7]}", "month": "M", "quarter": "Q-DEC", "year": "Y-DEC",
                   "fiscal_quarter": f"Q-{year_end}", "fiscal_year": f"Y-{year_end}"}
    return frequencies[granularity]
