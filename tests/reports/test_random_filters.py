"""Any filter: it keeps exactly the rows that plain Python would keep, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.model.org import Org, Settings
from crmlib.reports.date_literals import date_range
from crmlib.reports.operators import OPERATORS
from crmlib.reports.result import DetailRow
from tests.conftest import TODAY
from tests.reports.asking import ask
from tests.reports.random_reports import TYPES, fields_of, filters

Rows = Callable[[str, str], tuple[tuple[DetailRow, ...], Settings]]


@pytest.fixture(scope="session")
def all_rows(demo_org: Org) -> Rows:
    """Every row of a report type with one field's value, in the order of ids."""
    @cache
    def of(type_name: str, path: str) -> tuple[tuple[DetailRow, ...], Settings]:
        result = ask(demo_org, TYPES[type_name], columns=[path])
        return result.details, result.settings
    return of


@given(asked=st.sampled_from(sorted(TYPES)).flatmap(lambda name: st.tuples(st.just(name), filters(name))))
def test_filters_keep_what_plain_python_keeps(asked: tuple[str, tuple[str, str, Any]], all_rows: Rows, demo_org: Org,
                                              demo_org_postgres: Org) -> None:
    type_name, (path, operator, value) = asked
    rows, settings = all_rows(type_name, path)
    field = fields_of(type_name)[path].field
    family = "text" if field.to else field.family
    values = value if isinstance(value, list) else [value]
    expected = [row for row in rows if keeps(operator, family, row.values[0], values, settings)]
    for org in (demo_org, demo_org_postgres):
        result = ask(org, TYPES[type_name], columns=[path], where=[(path, operator, value)])
        assert [(row.record_id, row.values) for row in result.details] == [(row.record_id, row.values) for row in expected]


def keeps(operator: str, family: str, value: Any, asked: list[Any], settings: Settings) -> bool:
    """Whether a filter keeps a row with this value, by the rules in docs/reports.md."""
    blank = value in (None, "", ())
    positive = {"not_equal": "equals", "not_contain": "contains", "excludes": "includes"}.get(operator)
    if positive is None:
        return any(blank if one is None else not blank and matches(operator, family, value, one, settings) for one in asked)
    matched = not blank and any(one is not None and matches(positive, family, value, one, settings) for one in asked)
    return not matched and not (blank and None in asked)


def matches(operator: str, family: str, value: Any, one: Any, settings: Settings) -> bool:
    if family in ("date", "datetime"):
        day = value.astimezone(settings.zone).date() if isinstance(value, datetime) else value
        start, end = (one, date.fromordinal(one.toordinal() + 1)) if isinstance(one, date) else date_range(one, TODAY, settings)
        return {"equals": start <= day < end, "less_than": day < start, "greater_than": day >= end, "less_or_equal": day < end,
                "greater_or_equal": day >= start}[operator]
    if family == "multi_picklist":
        return set(one.split(";")) == set(value) if operator == "equals" else set(one.split(";")) <= set(value)
    if family in ("text", "picklist"):
        value, one = value.lower(), one.lower()
        return {"equals": value == one, "contains": one in value, "starts_with": value.startswith(one)}[operator]
    if family in ("number", "id"):
        value, one = Decimal(value), Decimal(one)
        return {"equals": value == one, "less_than": value < one, "greater_than": value > one, "less_or_equal": value <= one,
                "greater_or_equal": value >= one}[operator]
    return bool(value == one)


def test_every_operator_can_be_drawn() -> None:
    families = {"text" if found.field.to else found.field.family for name in TYPES for found in fields_of(name).values()}
    assert all(families & set(row.families) for row in OPERATORS.values())
