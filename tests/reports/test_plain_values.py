"""What goes down the corridor is plain data that can be printed; what users write into filters stays text; SQL can be read."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crmlib.model.org import Org
from crmlib.reports.compile_plan import compile_plan
from crmlib.reports.run_report import explain, prepare
from crmlib.reports.secure import SecuredPlan
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, ask, report, rows, view_of
from tests.reports.random_reports import TYPES, Asked, reports

HOSTILE = ("O'Brien", '"quoted"', "100%", "_x_", "\\", "\\%", "50%_off\\", "'; DROP TABLE accounts; --", "a\nb", ":name",
           "%(name)s", "{0}", "$1", "?", "/*", "<script>", "' OR '1'='1", ";", "ﷺ", "\U0001f468\u200d\U0001f469", "İ", "a;b", "NULL",
           "%%", "[a]", "\t", "e\u0301")


class TestHostileValues:
    """One account for each value, named by it."""

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for value in HOSTILE:
            add(shared, "account", name=value, city=f"in {value} town")
        return shared

    @pytest.mark.parametrize("value", [value for value in HOSTILE if value.strip()])
    def test_they_are_looked_for_as_they_are(self, records: Org, value: str) -> None:
        def found(field: str, operator: str, asked: Any) -> list[str]:
            return rows(ask(records, "accounts", columns=["name"], where=[(field, operator, asked)]))
        assert found("name", "equals", value) == [value]
        assert found("name", "equals", [value, "nobody"]) == [value]
        assert set(found("name", "contains", value)) == {name for name in HOSTILE if value.lower() in name.lower()}
        assert set(found("city", "starts_with", f"IN {value}")) == {name for name in HOSTILE if name.lower().startswith(value.lower())}
        assert set(found("name", "not_contain", value)) == {name for name in HOSTILE if value.lower() not in name.lower()}
        assert len(found("name", "not_equal", value)) == len(HOSTILE) - 1

    def test_as_groups_and_drill_downs(self, records: Org) -> None:
        result = ask(records, "accounts", by=["name"], show=["record_count"], columns=["name"])
        assert {group.label for group in result.groups} == set(HOSTILE)
        for group in result.groups:
            assert rows(ask(records, "accounts", by=["name"], columns=["name"], within=group.key)) == [group.label]

    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).map(str.strip).filter(bool))
    def test_any_text(self, records: Org, value: str) -> None:
        assert rows(ask(records, "accounts", columns=["name"], where=[("name", "equals", value)])) in ([], [value])
        both = [("name", "not_contain", value), ("name", "contains", value)]
        assert ask(records, "accounts", columns=["name"], where=both).row_count == 0


EXPLAINED = report(
    "opportunities_with_line_items", by=["stage", "close_date/fiscal_quarter"], columns=["name", "account.industry"], details=True,
    show=["amount:sum", "line_items.total_price:average", "account:unique", "record_count"], sort=["-amount"], limit=7, where=[
        ("name", "contains", "50%'s \\ :x"), ("created_at", "equals", "LAST_N_DAYS:30"), ("amount", "greater_than", Decimal("12.50")),
        ("close_date", "less_than", "NEXT_YEAR"), ("account.high_season", "includes", "Spring;Summer"),
        ("type", "equals", ["New business", None])])


def secured(org: Org) -> SecuredPlan:
    return prepare(EXPLAINED, view_of(org.schema, "opportunities_with_line_items"), org, EVERYTHING, TODAY)


class TestExplain:
    def test_sources_rules_totals(self, org: Org) -> None:
        told = explain(secured(org), org)
        assert "opportunity (opportunity): primary object" in told and "line_items (opportunity_line_item): with" in told
        assert "account (account): lookup, never drops rows" in told
        assert "tester may view all Opportunities" in told
        assert "Sum of Amount: each record once per group, totals asked at every level" not in told
        assert re.search(r"Sum of Amount: each record once per group, totals merged", told)
        assert re.search(r"Unique Account: every row, totals asked at every level", told)

    def test_its_sql_runs_as_it_stands(self, org: Org) -> None:
        """Copied into a console, with every value in place: no placeholder is left, and no % is doubled."""
        told = explain(secured(org), org)
        statements = [part.partition("\n")[2] for part in re.split(r"^-- ", told, flags=re.MULTILINE)[1:]]
        assert len(statements) == 2
        for statement in statements:
            assert "50\\%''s \\\\ :x" in statement
            with org.snapshot() as connection:
                raw = connection.connection.dbapi_connection.cursor()  # past SQLAlchemy, which would look for placeholders
                raw.execute(statement)
                raw.fetchall()

    def test_what_is_withheld_is_said(self, org: Org) -> None:
        readable = frozenset({"opportunity.*", "opportunity_line_item.*", "stage.*", "account.high_season"})
        user = replace(EVERYTHING, readable_fields=readable)
        told = explain(prepare(EXPLAINED, view_of(org.schema, "opportunities_with_line_items"), org, user, TODAY), org)
        assert "Withheld     Account Industry" in told


class TestPlainData:
    def test_the_plan_can_be_printed(self, sqlite_org: Org) -> None:
        printed = repr(secured(sqlite_org))
        assert "object at 0x" not in printed and "SELECT" not in printed
        assert "PlannedGrouping" in printed and "rules=" in printed

    def test_it_is_frozen_values_down_to_the_leaves(self, sqlite_org: Org) -> None:
        plain = (str, int, bool, Decimal, datetime, type(TODAY), type(None))

        def check(value: Any) -> None:
            if is_dataclass(value):
                assert value.__dataclass_params__.frozen, type(value)  # type: ignore[attr-defined]
                for field in fields(value):
                    check(getattr(value, field.name))
            elif isinstance(value, dict):
                for one in value.values():
                    check(one)
            elif isinstance(value, (tuple, frozenset)):
                for one in value:
                    check(one)
            elif hasattr(value, "model_dump"):
                check(value.model_dump())
            else:
                assert isinstance(value, plain), value

        check(secured(sqlite_org))

    @given(reports())
    def test_the_same_report_gives_the_same_statement(self, sqlite_org: Org, asked: Asked) -> None:
        """So that the database's and SQLAlchemy's caches know it again, and two explanations can be compared."""
        view = view_of(sqlite_org.schema, TYPES[asked.type])
        definition = report(asked.type, **asked.parts)

        def statements() -> list[str]:
            compiled = compile_plan(prepare(definition, view, sqlite_org, EVERYTHING, TODAY), sqlite_org.schema)
            return [str(statement.compile(sqlite_org.engine)) for statement in (compiled.cells, compiled.details)]

        assert statements() == statements()

    def test_the_moment_of_reading_is_kept(self, sqlite_org: Org) -> None:
        before = datetime.now(UTC)
        assert before <= ask(sqlite_org, "accounts", columns=["name"]).run_at <= datetime.now(UTC)


def test_a_report_reads_one_moment(org: Org) -> None:
    """What is written while a report runs is in none of its figures: totals and details come from one snapshot."""
    add(org, "account", name="before")
    with org.snapshot() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM accounts")).scalar() == 1
        add(org, "account", name="meanwhile")
        assert connection.execute(text("SELECT COUNT(*) FROM accounts")).scalar() == 1
