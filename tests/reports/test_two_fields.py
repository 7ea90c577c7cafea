"""Filters that compare a field with another one of the same row, and groups shown though they are empty."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from crmlib.model.org import Org
from crmlib.reports.definition import Report
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, rows, view_of


def run(org: Org, report_type: str, **parts: object) -> ReportResult:
    definition = Report.model_validate({"label": "Asked", "report_type": report_type, **parts})
    return run_report(definition, view_of(org.schema, report_type), org, EVERYTHING, TODAY)


class TestTwoFields:
    """Accounts with whole numbers beside money, and names beside cities; deals of accounts that are there, deleted, or none.

        account  employees  revenue  city  country
        a                5     4.00  ''
        b                5     5.00  Chad  CHAD
        c                5     5.01        Chad
        d                      1.00
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for name, employees, revenue, city, country in (
                ("a", 5, "4", "", None), ("b", 5, "5", "Chad", "CHAD"), ("c", 5, "5.01", None, "Chad"), ("d", None, "1", None, None)):
            add(shared, "account", name=name, employees=employees, annual_revenue=Decimal(revenue), city=city, country=country)
        gone = add(shared, "account", name="gone", deleted_at=datetime(2026, 1, 1, tzinfo=UTC))
        stage = add(shared, "stage", name="Open", position=1, outcome="Open")
        for name, account, of_contact in (("both", 1, 1), ("other", 1, 2), ("gone", gone, None), ("none", None, None),
                                          ("gone too", gone, gone)):
            contact = add(shared, "contact", name=name, account=of_contact)
            add(shared, "opportunity", name=name, account=account, contact=contact, stage=stage, close_date=TODAY)
        return shared

    @pytest.mark.parametrize(("field", "operator", "other", "expected"), [
        ("employees", "greater_than", "annual_revenue", "a"), ("annual_revenue", "less_than", "employees", "a"),
        ("employees", "equals", "annual_revenue", "b"), ("employees", "less_than", "annual_revenue", "c"),
        ("employees", "not_equal", "annual_revenue", "acd"), ("employees", "less_or_equal", "annual_revenue", "bc"),
        ("city", "equals", "country", "abd"), ("city", "not_equal", "country", "c")])
    def test_of_accounts(self, records: Org, field: str, operator: str, other: str, expected: str) -> None:
        result = run(records, "accounts", columns=["name"], sort=[{"field": "name"}],
                     filters=[{"field": field, "operator": operator, "other_field": other}])
        assert "".join(rows(result)) == expected

    @pytest.mark.parametrize(("operator", "expected"), [("equals", ["both", "gone", "gone too", "none"]), ("not_equal", ["other"])])
    def test_of_lookups(self, records: Org, operator: str, expected: list[str]) -> None:
        """By the record they point to; one that is deleted, or that may not be seen, is blank, and two blanks are the same."""
        result = run(records, "opportunities", columns=["name"], sort=[{"field": "name"}],
                     filters=[{"field": "account", "operator": operator, "other_field": "contact.account"}])
        assert rows(result) == expected


class TestEmptyPeriods:
    def test_between_the_first_and_the_last(self, org: Org) -> None:
        for due in (date(2026, 1, 5), date(2026, 4, 5)):
            add(org, "task", due_date=due)
        result = run(org, "tasks", format="summary", aggregates=[{"aggregate": "record_count"}],
                     groupings_down=[{"field": "due_date", "date_granularity": "month", "show_empty": True}])
        assert [(group.label, group.rows) for group in result.groups] == [
            ("January 2026", 1), ("February 2026", 0), ("March 2026", 0), ("April 2026", 1)]

    def test_a_slip_of_a_century_makes_no_page_of_empty_days(self, org: Org) -> None:
        for due in (date(2026, 1, 5), date(2206, 1, 5)):
            add(org, "task", due_date=due)
        result = run(org, "tasks", format="summary", aggregates=[{"aggregate": "record_count"}],
                     groupings_down=[{"field": "due_date", "date_granularity": "day", "show_empty": True}])
        assert [group.label for group in result.groups] == ["05 Jan 2026", "05 Jan 2206"]
        assert result.notes == ("Due date: periods without records are not shown; from the first to the last there are 65,744.",)
