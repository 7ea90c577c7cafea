"""The way back from `fact_map`: a result that was kept as JSON becomes a result again, to be compared or shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from crmlib.errors import InvalidData, Problem
from crmlib.model.org import Settings
from crmlib.render.formats import EXACT_TYPES
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.result import OTHER, DetailRow, Group, Key, ReportResult, ResultColumn, walk

Json = Mapping[str, Any]


def from_json(text: str, settings: Settings, where: str = "") -> ReportResult:
    """The result that `to_json` wrote. settings: the organization's, for its weeks and fiscal years. Raises InvalidData."""
    try:
        return _result(json.loads(text), settings)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise InvalidData(Problem("not-a-result", f"this is no result of a report kept as JSON ({type(error).__name__}: {error})", where,
                                  "write one with: crm report run NAME --output json --file FILE")) from None


def _result(content: Json, settings: Settings) -> ReportResult:
    about, info = content["reportMetadata"], content["reportExtendedMetadata"]
    settings = replace(settings, currency=about["currency"])
    groupings, across = (_groupings(about[name], info["groupingColumnInfo"]) for name in ("groupingsDown", "groupingsAcross"))
    aggregates = tuple(_column(name, info["aggregateColumnInfo"]) for name in about["aggregates"])
    columns = tuple(_column(name, info["detailColumnInfo"]) for name in about["detailColumns"])
    groups, groups_across = (_groups(content[name]["groupings"], columns_of, (), settings)
                             for name, columns_of in (("groupingsDown", groupings), ("groupingsAcross", across)))
    down, right = dict(_paths(groups)), dict(_paths(groups_across))
    cells: dict[tuple[Key, Key], tuple[Any, ...]] = {}
    details = []
    rows: dict[Key, int] = {}
    for path, fact in content["factMap"].items():
        key = tuple(paths[part] for paths, part in zip((down, right), path.split("!"), strict=True))
        figures = tuple(_value(one["value"], column.type) for one, column in zip(fact["aggregates"], aggregates, strict=False))
        if len(figures) == len(aggregates):  # a group that has no cell has none
            cells[key[0], key[1]] = figures
        for row in fact["rows"]:
            values = (_detail(cell["value"], column.type) for cell, column in zip(row["dataCells"], columns, strict=True))
            details.append(DetailRow(key[0], row["id"], tuple(values), key[1]))
            for length in range(1, len(key[0]) + 1):
                rows[key[0][:length]] = rows.get(key[0][:length], 0) + 1
    place = {group.key: number for number, group in enumerate(walk(groups))}
    details.sort(key=lambda row: place.get(row.key, 0))
    return ReportResult(
        label=about["name"], description=about["description"], report_type=about["reportType"]["label"],
        format=about["reportFormat"].lower(), columns=columns, groupings=groupings, across=across, aggregates=aggregates,
        groups=_counted(groups, rows), groups_across=groups_across, cells=cells, details=tuple(details), row_count=content["rowCount"],
        show_details=content["hasDetailRows"], primary_object=about.get("primaryObject", ""), settings=settings,
        user=content["runningUser"], run_at=datetime.fromisoformat(content["runAt"]), filters=tuple(about["filters"]),
        withheld=tuple(about["withheld"]), notes=tuple(about["notes"]))


def _column(name: str, info: Json) -> ResultColumn:
    return ResultColumn(name, info[name]["label"], info[name]["dataType"], info[name].get("scale", 2))


def _groupings(named: Iterable[Json], info: Json) -> tuple[ResultColumn, ...]:
    return tuple(replace(_column(one["name"], info), granularity=one["dateGranularity"]) for one in named)


def _groups(groups: Iterable[Json], columns: tuple[ResultColumn, ...], above: Key, settings: Settings) -> tuple[Group, ...]:
    found = []
    for group in groups:
        key = (*above, _key(group, columns[0], settings))
        found.append(Group(key, group["label"], 0, _groups(group["groupings"], columns[1:], key, settings)))
    return tuple(found)


def _counted(groups: tuple[Group, ...], rows: Mapping[Key, int]) -> tuple[Group, ...]:
    """How many rows a group has is only known where they are there too."""
    return tuple(replace(group, rows=rows.get(group.key, 0), groups=_counted(group.groups, rows)) for group in groups)


def _key(group: Json, column: ResultColumn, settings: Settings) -> Any:
    value = group["value"]
    if value is None:
        return OTHER if group["label"] == OTHER.value else None
    if column.granularity is None:
        return value if isinstance(value, int) else _value(value, column.type)  # of a lookup: the record's id
    row = GRANULARITIES[column.granularity]
    return row.number(date.fromisoformat(value), settings) if row.is_range else value


def _paths(groups: Iterable[Group], above: str = "") -> Iterator[tuple[str, Key]]:
    if not above:
        yield "T", ()
    for index, group in enumerate(groups):
        yield f"{above}{index}", group.key
        yield from _paths(group.groups, f"{above}{index}_")


def _value(value: Any, kind: str) -> Any:
    """What `plain` wrote, as the value that it was."""
    if value is None:
        return None
    if kind in EXACT_TYPES:
        return Decimal(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "datetime":
        return datetime.fromisoformat(value).astimezone(UTC)
    return tuple(filter(None, value.split("; "))) if kind == "multi_picklist" else value


def _detail(value: Any, kind: str) -> Any:
    return _value(value["amount"] if isinstance(value, dict) else value, kind)
