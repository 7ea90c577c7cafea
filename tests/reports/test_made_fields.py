"""Buckets and row formulas: fields made of others, in columns, groups, filters, figures and rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from crmlib.errors import AccessDenied
from crmlib.model.org import Org
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.report_types import ReportTypeView, check_report_type
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from crmlib.security.access import Access
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, view_of

AMOUNTS = {"a": D("999.99"), "b": D("1000.00"), "c": D("1000.01"), "d": None, "e": D("-5.00")}
SIZE = {"name": "size", "field": "amount", "ranges": [{"label": "Small", "up_to": 1000}, {"label": "Large"}]}


@pytest.fixture
def records(org: Org) -> Org:
    """Five deals, of which one has no amount; "a" has lines of 2 and 3 pieces."""
    stage = add(org, "stage", name="Open", position=1)
    account = add(org, "account", name="Acme", country="België")
    for number, (name, amount) in enumerate(AMOUNTS.items()):
        deal = add(org, "opportunity", name=name, account=account, stage=stage, amount=amount, expected_revenue=100,
                   close_date=date(2026, 5, 11 + number))
        for quantity in (2, 3) if name == "a" else ():
            add(org, "opportunity_line_item", opportunity=deal, quantity=quantity)
    return org


def ask(org: Org, report_type: str = "opportunities", user: Access = EVERYTHING, **parts: Any) -> ReportResult:
    report = Report.model_validate({"label": "Asked", "report_type": report_type, "sort": [{"field": "name"}], **parts})
    return run_report(report, view_of(org.schema, report_type), org, user, TODAY)


def columns(result: ReportResult) -> list[Any]:
    return [row.values if len(row.values) > 1 else row.values[0] for row in result.details]


class TestBuckets:
    def test_the_upper_end_belongs_to_the_lower_bucket_and_blank_to_none(self, records: Org) -> None:
        assert columns(ask(records, buckets=[SIZE], columns=["name", "size"])) == [
            ("a", "Small"), ("b", "Small"), ("c", "Large"), ("d", None), ("e", "Small")]

    def test_what_is_left_over(self, records: Org) -> None:
        upper = SIZE | {"ranges": [{"label": "Minus", "up_to": 0}, {"label": "Small", "up_to": 1000}], "other": "Rest"}
        assert columns(ask(records, buckets=[upper], columns=["size"])) == ["Small", "Small", "Rest", None, "Minus"]

    def test_groups_stand_in_the_order_of_the_buckets_and_can_be_drilled(self, records: Org) -> None:
        report = {"format": "summary", "buckets": [SIZE | {"ranges": [{"label": "Z", "up_to": 1000}, {"label": "A"}]}],
                  "groupings_down": [{"field": "size"}], "aggregates": [{"aggregate": "record_count"}], "columns": ["name"]}
        result = ask(records, **report)
        assert [(group.label, group.rows) for group in result.groups] == [("(blank)", 1), ("Z", 3), ("A", 1)]
        drilled = run_report(Report.model_validate({"label": "x", "report_type": "opportunities", **report}),
                             view_of(records.schema, "opportunities"), records, EVERYTHING, TODAY, within=("Z",))
        assert [row.values[0] for row in drilled.details] == ["a", "b", "e"]

    def test_a_filter_takes_labels(self, records: Org) -> None:
        kept = ask(records, buckets=[SIZE], columns=["name"], filters=[{"field": "size", "value": "small"}])
        assert columns(kept) == ["a", "b", "e"]

    def test_dates_by_relative_days(self, records: Org) -> None:
        """Seen from Wednesday, 13 May; the deals close from 11 to 15 May."""
        due = {"name": "due", "field": "close_date", "ranges": [
            {"label": "Overdue", "up_to": "YESTERDAY"}, {"label": "Today", "up_to": "TODAY"}, {"label": "Later"}]}
        assert columns(ask(records, buckets=[due], columns=["due"])) == ["Overdue", "Overdue", "Today", "Later", "Later"]

    def test_text_in_any_case_and_through_lookups(self, records: Org) -> None:
        buckets = [{"name": "region", "field": "account.country", "values": [{"label": "Benelux", "values": ["BELGIË"]}]},
                   {"name": "step", "field": "stage", "values": [{"label": "First", "values": ["open"]}]}]
        assert set(columns(ask(records, buckets=buckets, columns=["region", "step"]))) == {("Benelux", "First")}


    def test_of_a_formula(self, records: Org) -> None:
        made = {"formulas": [{"name": "gap", "formula": "amount - expected_revenue"}],
                "buckets": [{"name": "how_far", "field": "gap", "ranges": [{"label": "Near", "up_to": 0}, {"label": "Far"}]}]}
        assert columns(ask(records, columns=["how_far"], **made)) == ["Far", "Far", "Far", "Near", "Near"]


class TestFormulas:
    def test_rounded_half_up_and_blank_as_zero_or_blank(self, records: Org) -> None:
        third = {"name": "third", "formula": "amount / 3", "type": "currency"}
        assert columns(ask(records, formulas=[third], columns=["third"])) == [D("333.33"), D("333.33"), D("333.34"), D("0.00"), D("-1.67")]
        assert columns(ask(records, formulas=[third | {"blank_as": "blank"}], columns=["third"]))[3] is None

    def test_an_error_is_blank(self, records: Org) -> None:
        assert columns(ask(records, formulas=[{"name": "none", "formula": "amount / 0"}], columns=["none"])) == [None] * 5

    def test_of_formulas_in_groups_filters_and_sort(self, records: Org) -> None:
        result = ask(records, formulas=[{"name": "gap", "formula": "amount - expected_revenue", "type": "currency"},
                                        {"name": "is_good", "formula": "gap > 800", "type": "boolean"}],
                     format="summary", groupings_down=[{"field": "is_good"}], aggregates=[{"field": "gap", "aggregate": "sum"}],
                     filters=[{"field": "gap", "operator": "greater_than", "value": 0}])
        assert {group.label: result.cell(group.key)["gap:sum"] for group in result.groups} == {"Yes": D("2700.00")}

    def test_a_formula_counts_at_the_grain_of_what_it_reads(self, records: Org) -> None:
        """The gap of "a" is 899.99 once, though it has two lines; its pieces are 5, twice of which is 10."""
        result = ask(records, "opportunities_with_line_items", sort=[{"field": "line_items.quantity"}],
                     formulas=[{"name": "gap", "formula": "amount - expected_revenue", "type": "currency"},
                               {"name": "pieces", "formula": "line_items.quantity * 2"}],
                     columns=["name", "gap", "pieces"],
                     aggregates=[{"field": "gap", "aggregate": "sum"}, {"field": "pieces", "aggregate": "sum"}])
        assert columns(result) == [("a", D("899.99"), D("4.00")), ("a", D("899.99"), D("6.00"))]
        assert result.grand_total == {"gap:sum": D("899.99"), "pieces:sum": D("10.00")}

    def test_a_formula_over_a_lookup_counts_for_each_record_that_looks(self, records: Org) -> None:
        """Five deals of one stage: five times 1, not once."""
        result = ask(records, formulas=[{"name": "is_open", "formula": 'IF(stage.name = "Open", 1, 0)'}], columns=["name"],
                     aggregates=[{"field": "is_open", "aggregate": "sum"}])
        assert result.grand_total == {"is_open:sum": D("5.00")}

    def test_a_hidden_field_hides_what_is_made_of_it(self, records: Org) -> None:
        rights = {"opportunity": frozenset({"read", "view_all"}), "stage": frozenset({"read"})}
        half = replace(EVERYTHING, objects=rights, readable_fields=frozenset({"opportunity.expected_revenue"}))
        gap = {"formulas": [{"name": "gap", "formula": "amount - expected_revenue"}], "buckets": [SIZE]}
        assert ask(records, user=half, columns=["name", "gap", "size"], **gap).withheld == ("gap", "Amount")
        with pytest.raises(AccessDenied):
            ask(records, user=half, columns=["name"], filters=[{"field": "gap", "value": 1}], **gap)


def test_a_report_type_may_offer_them(records: Org) -> None:
    definition = ReportType.model_validate({
        "label": "Sized", "primary_object": "opportunity", "sections": [{"label": "Deal", "columns": ["name"]}],
        "buckets": [SIZE], "formulas": [{"name": "gap", "formula": "amount - 1", "type": "currency"}]})
    assert list(check_report_type(definition, records.schema)) == []
    view = ReportTypeView("sized", definition, records.schema)
    assert list(view.fields) == ["name", "size", "gap"]
    report = Report.model_validate({"label": "x", "report_type": "sized", "columns": ["size", "gap"], "sort": [{"field": "name"}]})
    assert columns(run_report(report, view, records, EVERYTHING, TODAY))[0] == ("Small", D("998.99"))


def test_faults_of_a_report_type(records: Org) -> None:
    definition = ReportType.model_validate({"label": "Sized", "primary_object": "opportunity", "buckets": [SIZE | {"field": "amuont"}],
                                            "formulas": [{"name": "gap", "formula": "amount -"}, {"name": "two", "formula": "UPER(name)"}]})
    assert [place for place, _ in check_report_type(definition, records.schema)] == [("buckets", 0), ("formulas", 0), ("formulas", 1)]
