"""A result as JSON in the shape of Salesforce's Analytics API, so that what reads one can read the other.

Figures stand in `factMap` under the paths of indexes of their groups down and across: `T!T` the whole, `0!T` the first
group down, `0_1!T` the second group in it, `T!0` the first across, `0!1` where two meet (if they do); detail rows under
the finest. Each has a `label` for people and a `value` for programs; one with a conditional format its `look`.
Decimals are JSON strings ("231380900.00"): most readers of JSON numbers would make floats of them and lose cents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from crmlib.render.formats import plain, showers
from crmlib.render.lay_out import shows_details
from crmlib.reports.conditional_formats import LooksOf
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import OTHER, DetailRow, Group, Key, ReportResult, ResultColumn


def to_json(result: ReportResult) -> str:
    """On one line: Python indents large results fifteen times slower; `jq .` or `python -m json.tool` do it for reading."""
    return json.dumps(fact_map(result), ensure_ascii=False)


def fact_map(result: ReportResult) -> dict[str, Any]:
    """As plain values that `json` can write."""
    has_details = shows_details(result)
    return {
        "attributes": {"type": "Report", "reportName": result.label},
        "allData": not result.is_cut,
        "hasDetailRows": has_details,
        "rowCount": result.row_count,
        "runAt": result.run_at.isoformat(),
        "runningUser": result.user,
        "groupingsDown": {"groupings": [_group(result, result.groupings, group, str(index)) for index, group in enumerate(result.groups)]},
        "groupingsAcross": {"groupings": [_group(result, result.across, group, str(index))
                                          for index, group in enumerate(result.groups_across)]},
        "factMap": dict(_facts(result, has_details)),
        "reportMetadata": {
            "name": result.label,
            "description": result.description,
            "reportFormat": result.format.upper(),
            "reportType": {"label": result.report_type},
            "aggregates": [column.name for column in result.aggregates],
            "detailColumns": [column.name for column in result.columns],
            "groupingsDown": [{"name": column.name, "dateGranularity": column.granularity} for column in result.groupings],
            "groupingsAcross": [{"name": column.name, "dateGranularity": column.granularity} for column in result.across],
            "primaryObject": result.primary_object,
            "currency": result.settings.currency,
            "filters": list(result.filters),
            "withheld": list(result.withheld),
            "notes": list(result.notes),
        },
        "reportExtendedMetadata": {
            "aggregateColumnInfo": _info(result.aggregates),
            "detailColumnInfo": _info(result.columns),
            "groupingColumnInfo": _info((*result.groupings, *result.across)),
        },
    }


def _info(columns: Iterable[ResultColumn]) -> dict[str, Any]:
    return {column.name: {"label": column.label, "dataType": column.type, "scale": column.scale} for column in columns}


def _group(result: ReportResult, groupings: Sequence[ResultColumn], group: Group, path: str) -> dict[str, Any]:
    value, days = _group_value(result, group, groupings[0])
    inner = [_group(result, groupings[1:], one, f"{path}_{index}") for index, one in enumerate(group.groups)]
    return {"key": path, "label": group.label, "value": value, "dategroupings": days, "groupings": inner}


def _group_value(result: ReportResult, group: Group, column: ResultColumn) -> tuple[Any, dict[str, str] | None]:
    """The value, and for a period its first and last day. Groups that stand together as "Other" have none."""
    if group.value is OTHER:
        return None, None
    if group.value is None or column.granularity is None or not GRANULARITIES[column.granularity].is_range:
        return _value(group.value, column, result), None
    start, after = GRANULARITIES[column.granularity].range(group.value, result.settings)
    days = {"startDate": start.isoformat(), "endDate": (after - timedelta(days=1)).isoformat()}
    return days["startDate"], days


def _facts(result: ReportResult, has_details: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    rows: dict[tuple[Key, Key], list[DetailRow]] = {}
    for row in result.details if has_details else ():
        rows.setdefault((row.key, row.across), []).append(row)
    show_figures, show_cells = showers(result.aggregates, result.settings), showers(result.columns, result.settings)

    looks = LooksOf(result)

    def look(column: ResultColumn, value: Any, down: Key, across: Key) -> dict[str, str]:
        found = looks.look(column.name, value, down, across)
        return {"look": found.name} if found else {}

    def fact(down: Key, across: Key) -> dict[str, Any]:
        figures = zip(result.aggregates, show_figures, result.cells.get((down, across), ()), strict=False)
        there = rows.get((down, across), ())
        return {"aggregates": [{"label": show(value), "value": _value(value, column, result), **look(column, value, down, across)}
                               for column, show, value in figures],
                "rows": [{"id": row.record_id, "dataCells": [
                    {"label": show(value), "value": _detail(value, column, result)}
                    for column, show, value in zip(result.columns, show_cells, row.values, strict=True)]} for row in there]}

    across_paths = dict(_paths(result.groups_across))
    for down, path in _paths(result.groups):
        for across, path_across in across_paths.items():
            if (down, across) in result.cells or not (down and across):
                yield f"{path}!{path_across}", fact(down, across)


def _paths(groups: Iterable[Group], above: str = "") -> Iterator[tuple[Key, str]]:
    """The key of the whole and of each group of a direction, with its path of indexes."""
    if not above:
        yield (), "T"
    for index, group in enumerate(groups):
        yield group.key, f"{above}{index}"
        yield from _paths(group.groups, f"{above}{index}_")


def _value(value: Any, column: ResultColumn, result: ReportResult) -> Any:
    if isinstance(value, str | int):
        return value  # of a lookup's group: the record's id
    return plain(value, column.type, result.settings)


def _detail(value: Any, column: ResultColumn, result: ReportResult) -> Any:
    if column.type == "currency" and value is not None:
        return {"amount": plain(value, column.type, result.settings), "currency": result.settings.currency}
    return _value(value, column, result)
