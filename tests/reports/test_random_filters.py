"""Any filters, however they go together: they keep exactly the rows that plain Python would keep, on every engine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.model.org import Org, Settings
from crmlib.reports.operators import OPERATORS
from crmlib.reports.result import DetailRow
from crmlib.security.access import access_of
from tests.reports.asking import EVERYTHING, ask
from tests.reports.plain_rows import keeps
from tests.reports.random_reports import TYPES, fields_of, filters
from tests.reports.whole_reports import logic

Rows = Callable[[str, str], tuple[tuple[DetailRow, ...], Settings]]
Written = tuple[str, str, Any]
"""field, operator, value"""


@pytest.fixture(scope="session")
def all_rows(demo_org: Org) -> Rows:
    """Every row of a report type with one field's value, in the order of ids."""
    @cache
    def of(type_name: str, path: str) -> tuple[tuple[DetailRow, ...], Settings]:
        result = ask(demo_org, TYPES[type_name], columns=[path])
        return result.details, result.settings
    return of


@st.composite
def filtered(draw: st.DrawFn) -> tuple[str, list[Written], str]:
    """A report type, filters, and logic that names each of them; "" for all."""
    name = draw(st.sampled_from(sorted(TYPES)))
    where = draw(st.lists(filters(name), min_size=1, max_size=4))
    numbers = draw(st.permutations([str(number) for number in range(1, len(where) + 1)]))
    return name, where, draw(st.sampled_from(["", logic(draw, list(numbers))]))


@pytest.mark.random
@given(asked=filtered())
def test_filters_keep_what_plain_python_keeps(asked: tuple[str, list[Written], str], all_rows: Rows, demo_org: Org,
                                              demo_org_postgres: Org, demo_org_column: Org) -> None:
    type_name, where, written = asked
    held = [[row_is_kept(type_name, one, row, all_rows) for row in all_rows(type_name, one[0])[0]] for one in where]
    meaning = re.sub(r"\d+", lambda number: f"held[{int(number[0]) - 1}][row]", written).lower() or (
        " and ".join(f"held[{number}][row]" for number in range(len(where))))
    ids = [row.record_id for row in all_rows(type_name, "name")[0]]
    expected = [ids[row] for row in range(len(ids)) if eval(meaning, {"held": held, "row": row})]  # Python's own and, or, not
    for org in (demo_org, demo_org_postgres, demo_org_column):
        result = ask(org, TYPES[type_name], columns=["name"], where=where, logic=written)
        assert [row.record_id for row in result.details] == expected
        assert result.engine == ("column engine" if org is demo_org_column else "database")


def row_is_kept(type_name: str, condition: Written, row: DetailRow, all_rows: Rows) -> bool:
    path, operator, value = condition
    field = fields_of(type_name)[path].field
    return keeps(operator, "text" if field.to else field.family, row.values[0], value if isinstance(value, list) else [value],
                 all_rows(type_name, path)[1])


RELATED = {  # report type, path of the record, its related records, their report type, their lookup back
    "deals of accounts": ("accounts", "id", "opportunities", "opportunities", "account"),
    "lines of deals": ("opportunities", "id", "line_items", "opportunity_line_items", "opportunity"),
    "calls about a deal's client": ("opportunities", "account.id", "account.calls", "calls", "account"),
    "subsidiaries": ("accounts", "id", "subsidiaries", "accounts", "parent"),
    "tasks of deals joined to accounts": ("accounts_with_opportunities", "opportunities.id", "opportunities.tasks", "tasks", "opportunity"),
}


@st.composite
def related(draw: st.DrawFn) -> tuple[str, str, Written | None, int, bool]:
    name = draw(st.sampled_from(sorted(RELATED)))
    child = RELATED[name][3]
    condition = draw(st.one_of(st.none(), filters(child))) if child in TYPES else None
    return name, draw(st.sampled_from(["", "femke", "hendrik"])), condition, draw(st.integers(1, 4)), draw(st.booleans())


@pytest.mark.random
@settings(max_examples=settings.default.max_examples // 2)  # type: ignore[union-attr]
@given(asked=related())
def test_related_records(asked: tuple[str, str, Written | None, int, bool], all_rows: Rows, demo_org: Org, demo_org_postgres: Org,
                         demo_org_column: Org) -> None:
    """Counted in Python among the related records that the same user sees in a report of their own."""
    name, username, condition, at_least, without = asked
    type_name, path, relationship, child_type, lookup = RELATED[name]
    user = access_of(demo_org, username) if username else EVERYTHING
    seen = ask(demo_org, child_type, user=user, columns=[f"{lookup}.id"], where=[condition] if condition else [])
    counts = Counter(row.values[0] for row in seen.details)
    everything = ask(demo_org, type_name, user=user, columns=["name", path] if path != "name" else [path])
    expected = [row.record_id for row in everything.details
                if ((row.values[1] is not None and counts[row.values[1]] >= at_least) != without)]
    cross = {"related": relationship, "without": without, "at_least": at_least,
             "filters": [dict(zip(("field", "operator", "value"), condition, strict=True))] if condition else []}
    for org in (demo_org, demo_org_postgres, demo_org_column):
        result = ask(org, type_name, user=access_of(org, username) if username else EVERYTHING, columns=["name"], where=[cross])
        assert [row.record_id for row in result.details] == expected
        assert result.engine == ("column engine" if org is demo_org_column else "database")


def test_every_operator_can_be_drawn() -> None:
    families = {"text" if found.field.to else found.field.family for name in TYPES for found in fields_of(name).values()}
    assert all(families & set(row.families) for row in OPERATORS.values())
