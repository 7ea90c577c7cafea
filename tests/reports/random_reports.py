"""Random reports on the demo organisation: what hypothesis draws from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

from crmlib.errors import NotFound
from crmlib.model.schema import Field, Schema
from crmlib.model.tables import build_metadata
from crmlib.reports.aggregates import AGGREGATES, OFFERED
from crmlib.reports.date_literals import DATE_LITERALS
from crmlib.reports.definition import ReportType
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS
from crmlib.reports.report_types import ReportField
from tests.conftest import TODAY
from tests.reports.asking import joined, view_of

TYPES: dict[str, str | ReportType] = {
    **{name: name for name in ("opportunities", "opportunities_with_line_items", "accounts_with_opportunities", "accounts", "calls",
                               "order_line_items", "leads", "tasks", "meetings", "accounts_with_subsidiaries")},
    "accounts or opportunities": joined("account", opportunities="with_or_without"),
    "chain": joined("account", opportunities="with_or_without", opportunities__line_items="with_or_without"),
    "chain with": joined("account", opportunities="with", opportunities__stage_changes="with"),
    "siblings": joined("account", opportunities="with_or_without", contacts="with_or_without"),
    "siblings with": joined("opportunity", line_items="with", contact_roles="with_or_without"),
    "subsidiaries": joined("account", subsidiaries="with_or_without", subsidiaries__opportunities="with_or_without"),
    "beyond a junction": joined("campaign", members="with_or_without", members__contact__opportunities="with"),
    "of its account": joined("opportunity", account__contacts="with_or_without", account__calls="without"),
    "without": joined("account", calls="without", opportunities="with_or_without", opportunities__line_items="without"),
}
DEEP = ("owner.role.parent", "owner.manager.name", "account.owner.role", "account.parent.industry", "opportunity.account.country",
        "opportunities.stage.outcome", "line_items.product.family", "opportunities.account.name", "campaign.owner")
USERS = ("", "demo", "margriet", "hendrik", "oksana", "femke", "selam", "ines", "joris")
"""By username; "" is somebody who may see everything."""
ASKED = {name: row for name, row in OFFERED.items() if not row.needs_by} | {"percentile_7": AGGREGATES["percentile_7"]}


@dataclass(frozen=True)
class Asked:
    """A drawn report: its type by name, its parts as `asking.report` takes them, who asks."""

    type: str
    user: str
    parts: dict[str, Any]


@lru_cache
def fields_of(type_name: str) -> dict[str, ReportField]:
    """What a report on this type is drawn from, by path."""
    view = view_of(schema(), TYPES[type_name])
    found = dict(view.fields)
    for path in DEEP:
        with suppress(NotFound):
            found[path] = view.find(path)
    return found


@lru_cache
def schema() -> Schema:
    return Schema(build_metadata())


def _paths(type_name: str, *families: str) -> list[str]:
    return [path for path, found in fields_of(type_name).items() if not families or found.field.family in families]


@st.composite
def groupings(draw: st.DrawFn, type_name: str, show: list[str]) -> list[str]:
    """Each with a minus, a granularity and an aggregate to order by, as chance will have it."""
    paths = [path for path, found in fields_of(type_name).items() if found.field.family != "multi_picklist"]
    # Half of them by what people group by, or most groups would hold a single row.
    telling = _paths(type_name, "picklist", "lookup", "date", "datetime", "boolean")
    chosen = draw(st.lists(st.one_of(st.sampled_from(telling), st.sampled_from(telling), st.sampled_from(paths)), max_size=3, unique=True))
    orders = ["", "", "", *(f"@{one}" for one in show)]
    return [draw(st.sampled_from(["", "", "-"])) + _grouping(draw, type_name, path) + draw(st.sampled_from(orders)) for path in chosen]


def _grouping(draw: st.DrawFn, type_name: str, path: str) -> str:
    family = fields_of(type_name)[path].field.family
    fitting = [name for name, row in GRANULARITIES.items() if family in row.families]
    return f"{path}/{draw(st.sampled_from(fitting))}" if fitting else path


@st.composite
def aggregates(draw: st.DrawFn, type_name: str) -> list[str]:
    fitting = ["record_count", *(f"{path}:{name}" for path, found in fields_of(type_name).items() for name, row in ASKED.items()
                                 if found.field.family in row.families)]
    numbers = [name for name in fitting if name.endswith((":sum", ":average"))]
    return draw(st.lists(st.one_of(st.sampled_from(fitting), st.sampled_from(numbers)), max_size=4, unique=True))


@st.composite
def filters(draw: st.DrawFn, type_name: str) -> tuple[str, str, Any]:
    path = draw(st.sampled_from(_paths(type_name)))
    field = fields_of(type_name)[path].field
    family = "text" if field.to else field.family
    operator = draw(st.sampled_from([name for name, row in OPERATORS.items() if family in row.families]))
    value = st.one_of(st.none(), _value(field, family)) if OPERATORS[operator].takes_blank else _value(field, family)
    return path, operator, draw(st.one_of(value, st.lists(value, min_size=1, max_size=3)))


def _value(field: Field, family: str) -> st.SearchStrategy[Any]:
    """Values that some records of the demo organisation have, and some that none has."""
    if family == "picklist":
        return st.sampled_from(field.values)
    if family == "multi_picklist":
        return st.lists(st.sampled_from(field.values), min_size=1, max_size=2).map(";".join)
    if family == "boolean":
        return st.booleans()
    if family in ("date", "datetime"):
        words = st.sampled_from(sorted(DATE_LITERALS)).flatmap(
            lambda name: st.integers(1, 40).map(lambda n: f"{name}:{n}" if DATE_LITERALS[name].takes_number else name))
        return st.one_of(words, st.dates(TODAY - timedelta(days=400), TODAY + timedelta(days=100)))
    if family == "number":
        whole = st.sampled_from([0, 1, 2, 5, 10, 25, 50, 90, 100, 250, 1000, 5000, 20000, 1000000, -1])
        return whole if field.type.name == "integer" else st.one_of(whole, st.decimals(0, 30000, places=min(field.scale, 2)))
    if family == "id":
        return st.integers(1, 400)
    return st.sampled_from(["a", "E", "info", "ltd", "B.V.", "д", "አ", "র", "deal", "Closed", "femke sikkema", "Netherlands", "%", "_",
                            "'", "\\", "@", "Service", "10"])


@st.composite
def reports(draw: st.DrawFn) -> Asked:
    """A report that makes sense, with rows, groups and totals to look at."""
    name = draw(st.sampled_from(sorted(TYPES)))
    show = draw(aggregates(name))
    by = draw(groupings(name, show))
    down = draw(st.integers(1, len(by))) if by else 0  # the others go across
    sort = draw(st.lists(st.tuples(st.sampled_from(["", "-"]), st.sampled_from(_paths(name))), max_size=2, unique_by=lambda one: one[1]))
    columns = draw(st.lists(st.sampled_from(_paths(name)), max_size=3, unique=True)) or ["name"]
    limit = draw(st.one_of(st.none(), st.none(), st.integers(1, 40))) if sort else None
    where = draw(st.lists(filters(name), max_size=2)) if draw(st.booleans()) else []
    return Asked(name, draw(st.sampled_from(USERS)), {
        "by": by[:down], "across": by[down:], "show": show, "where": where, "columns": columns, "sort": ["".join(one) for one in sort],
        "limit": limit, "details": True, "scope": draw(st.sampled_from(["all", "all", "all", "mine", "team"]))})
