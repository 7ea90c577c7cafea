"""What is made of figures: shares, ranks, running totals; groups left out by figures; spread of values."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from crmlib.model.org import Org
from crmlib.reports.definition import Report
from crmlib.reports.result import OTHER, Group, ReportResult
from crmlib.reports.run_report import run_report
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, view_of

SOLD = {"Banking": (500, 300, None), "Energy": (200,), "Food": (200, 0), "Media": (100,), None: (50,)}


@pytest.fixture
def records(org: Org) -> Org:
    """Opportunities of clients in five industries, one of them blank; in all 1,350."""
    stage = add(org, "stage", name="Open", position=1)
    for industry, amounts in SOLD.items():
        account = add(org, "account", name=f"{industry} client", industry=industry)
        for amount in amounts:
            add(org, "opportunity", account=account, stage=stage, amount=amount, close_date=TODAY)
    return org


def ask(org: Org, grouping: dict[str, Any], *aggregates: dict[str, Any], **parts: Any) -> ReportResult:
    report = Report.model_validate({
        "label": "Asked", "report_type": "opportunities", "format": "summary",
        "groupings_down": [{"field": "account.industry"} | grouping], "aggregates": aggregates, **parts})
    return run_report(report, view_of(org.schema, "opportunities"), org, EVERYTHING, TODAY)


def shown(result: ReportResult) -> dict[str, Any]:
    """Figures by label, in the order of the groups; one alone without its tuple."""
    def of(group: Group) -> Any:
        values = result.cells[group.key, ()]
        return values if len(values) > 1 else values[0]

    whole = result.cells[(), ()]
    return {group.label: of(group) for group in result.groups} | {"Total": whole if len(whole) > 1 else whole[0]}


AMOUNT = {"field": "amount", "aggregate": "sum"}
LARGEST_FIRST = {"order_by": "amount:sum", "order": "descending"}


class TestShowAs:
    """| industry | sum |: Banking 800, Energy 200, Food 200, Media 100, blank 50; in all 1,350."""

    @pytest.mark.parametrize(("show_as", "expected"), [
        ("share_of_total", ("59.26", "14.81", "14.81", "7.41", "3.70", "100.00")),
        ("share_of_parent", ("59.26", "14.81", "14.81", "7.41", "3.70", "100.00")),
        ("running_total", (800, 1000, 1200, 1300, 1350, 1350)),
        ("rank", (1, 2, 2, 4, 5, None)),
        ("difference", (None, -600, 0, -100, -50, None)),
        ("change", (None, "-75.00", "0.00", "-50.00", "-50.00", None)),
    ])
    def test_of_groups_in_their_order(self, records: Org, show_as: str, expected: tuple[Any, ...]) -> None:
        result = ask(records, LARGEST_FIRST, AMOUNT, AMOUNT | {"show_as": show_as})
        assert [values[1] for values in shown(result).values()] == [None if one is None else D(one) for one in expected]

    def test_a_share_of_nothing_is_none(self, records: Org) -> None:
        nothing = [{"field": "amount", "value": 0}]
        assert shown(ask(records, {}, AMOUNT | {"show_as": "share_of_total"}, filters=nothing)) == {"Food": None, "Total": None}

    def test_in_a_matrix_by_row_and_column(self, records: Org) -> None:
        parts = {"format": "matrix", "groupings_across": [{"field": "account"}],
                 "filters": [{"field": "account.industry", "value": ["Food", "Media"]}]}
        by_row = ask(records, {}, AMOUNT | {"show_as": "share_of_row"}, **parts)
        by_column = ask(records, {}, AMOUNT | {"show_as": "share_of_column"}, **parts)
        of_all = ask(records, {}, AMOUNT | {"show_as": "share_of_total"}, **parts)
        food = next(group.key for group in by_row.groups_across if group.label == "Food client")
        assert by_row.cells[("Food",), food] == by_column.cells[("Food",), food] == by_row.cells[("Food",), ()] == (D("100.00"),)
        assert of_all.cells[("Food",), food] == of_all.cells[("Food",), ()] == by_row.cells[(), food] == (D("66.67"),)


class TestTop:
    """The two best industries stand for themselves, all others together."""

    def test_the_others_are_asked_of_the_data(self, records: Org) -> None:
        result = ask(records, LARGEST_FIRST | {"top": 1}, AMOUNT, {"field": "amount", "aggregate": "average"},
                     {"field": "account", "aggregate": "unique"})
        assert shown(result) == {"Banking": (D(800), D(400), 1), "Other": (D(550), D(110), 4), "Total": (D(1350), D("192.86"), 5)}
        assert result.groups[-1].value is OTHER

    def test_equal_figures_go_by_value(self, records: Org) -> None:
        assert list(shown(ask(records, LARGEST_FIRST | {"top": 2}, AMOUNT))) == ["Banking", "Energy", "Other", "Total"]

    def test_the_least(self, records: Org) -> None:
        assert shown(ask(records, {"order_by": "amount:sum", "top": 2}, AMOUNT)) == {
            "(blank)": 50, "Media": 100, "Other": 1200, "Total": 1350}

    def test_other_is_no_rank_and_no_neighbour(self, records: Org) -> None:
        result = ask(records, LARGEST_FIRST | {"top": 2}, AMOUNT, AMOUNT | {"show_as": "rank"}, AMOUNT | {"show_as": "difference"})
        assert [values[1:] for values in shown(result).values()] == [(1, None), (2, D(-600)), (None, None), (None, None)]

    def test_drilling_into_the_others(self, records: Org) -> None:
        report = Report.model_validate({"label": "Asked", "report_type": "opportunities", "format": "summary", "aggregates": [AMOUNT],
                                        "groupings_down": [{"field": "account.industry", "top": 1} | LARGEST_FIRST]})
        drilled = run_report(report, view_of(records.schema, "opportunities"), records, EVERYTHING, TODAY, within=(OTHER,))
        assert (drilled.row_count, drilled.grand_total["amount:sum"], len(drilled.details)) == (5, 550, 5)

    def test_beside_the_others_stand_no_empty_groups(self, records: Org) -> None:
        """Food and Media have records, which stand in Other: they must not be shown as if they had none."""
        groups = ask(records, LARGEST_FIRST | {"top": 2, "show_empty": True}, AMOUNT).groups
        assert [group.label for group in groups] == ["Banking", "Energy", "Other"]
        assert all(group.rows for group in groups)

    def test_fewer_groups_than_wanted_leave_no_others(self, records: Org) -> None:
        assert "Other" not in shown(ask(records, LARGEST_FIRST | {"top": 5}, AMOUNT))


class TestHaving:
    """Groups that do not meet a condition are left out with their rows, of the total too."""

    @pytest.mark.parametrize(("operator", "value", "kept"), [
        ("greater_than", 200, ["Banking"]), ("greater_or_equal", "200.00", ["Banking", "Energy", "Food"]),
        ("less_than", 100, ["(blank)"]), ("equals", [50, 100], ["(blank)", "Media"]), ("not_equal", 200, ["(blank)", "Banking", "Media"]),
    ])
    def test_of_a_sum(self, records: Org, operator: str, value: Any, kept: list[str]) -> None:
        result = ask(records, {}, AMOUNT, having=[{"aggregate": "amount:sum", "operator": operator, "value": value}])
        figures = shown(result)
        assert list(figures)[:-1] == kept and figures["Total"] == sum(list(figures.values())[:-1])

    @pytest.mark.parametrize(("aggregate", "value", "kept"), [
        ({"field": "amount", "aggregate": "average"}, "199.99", ["Banking", "Energy"]), ({"aggregate": "record_count"}, 2, ["Banking"]),
        ({"field": "amount", "aggregate": "smallest"}, 150, ["Banking", "Energy"]),
        ({"field": "amount", "aggregate": "unique"}, 1, ["Banking", "Food"]),
    ])
    def test_of_other_figures(self, records: Org, aggregate: dict[str, Any], value: Any, kept: list[str]) -> None:
        name = ":".join(aggregate.values())
        result = ask(records, {}, aggregate, having=[{"aggregate": name, "value": value}])
        assert [group.label for group in result.groups] == kept

    def test_a_sum_of_nothing_is_zero(self, org: Org) -> None:
        stage = add(org, "stage", name="Open", position=1)
        add(org, "opportunity", stage=stage, amount=None, close_date=TODAY)
        result = ask(org, {}, AMOUNT, having=[{"aggregate": "amount:sum", "operator": "less_than", "value": 1}])
        assert shown(result) == {"(blank)": 0, "Total": 0}

    def test_each_record_counts_once_however_many_lines_it_has(self, org: Org) -> None:
        """500 with two lines is 500, not 1,000."""
        deal = add(org, "opportunity", stage=add(org, "stage", name="Open", position=1), amount=500, close_date=TODAY)
        for _ in range(2):
            add(org, "opportunity_line_item", opportunity=deal, total_price=1)
        for operator, groups in (("greater_than", 0), ("equals", 1)):
            report = Report.model_validate({
                "label": "Asked", "report_type": "opportunities_with_line_items", "format": "summary", "aggregates": [AMOUNT],
                "groupings_down": [{"field": "stage"}], "having": [{"aggregate": "amount:sum", "operator": operator, "value": 500}]})
            result = run_report(report, view_of(org.schema, "opportunities_with_line_items"), org, EVERYTHING, TODAY)
            assert len(result.groups) == groups


class TestSpread:
    """2, 4, 4, 4, 5, 5, 7, 9: mean 5, squared distances 32, so 32/7 and its root 2.138; the middle is between 4 and 5."""

    @pytest.mark.parametrize(("aggregate", "expected"), [
        ("standard_deviation", "2.14"), ("median", "4.50"), ("percentile_10", "2.00"), ("percentile_25", "4.00"),
        ("percentile_75", "5.00"), ("percentile_90", "9.00")])
    @pytest.mark.parametrize("blanks", [0, 3])
    def test_of_values(self, org: Org, aggregate: str, expected: str, blanks: int) -> None:
        stage = add(org, "stage", name="Open", position=1)
        for amount in (2, 4, 4, 4, 5, 5, 7, 9, *[None] * blanks):
            add(org, "opportunity", stage=stage, amount=amount, close_date=TODAY)
        assert shown(ask(org, {}, {"field": "amount", "aggregate": aggregate})) == {"(blank)": D(expected), "Total": D(expected)}

    def test_of_one_value_and_of_none(self, records: Org) -> None:
        spread = ({"field": "amount", "aggregate": name} for name in ("standard_deviation", "median"))
        figures = shown(ask(records, {}, *spread))
        assert figures["Media"] == (None, D(100)) and figures["Banking"] == (D("141.42"), D(400))

    def test_large_amounts_stay_exact(self, org: Org) -> None:
        """The squares of these have 28 digits."""
        stage = add(org, "stage", name="Open", position=1)
        for cents in (1, 2, 3):
            add(org, "opportunity", stage=stage, amount=D("90000000000000") + D(cents) / 100, close_date=TODAY)
        result = ask(org, {}, {"field": "amount", "aggregate": "standard_deviation"}, {"field": "amount", "aggregate": "median"})
        assert shown(result)["Total"] == (D("0.01"), D("90000000000000.02"))


def test_empty_periods_and_picklist_values_are_shown_on_request(records: Org) -> None:
    stage = records.fetch(records.schema.describe("stage").table.select())[0].id
    add(records, "opportunity", stage=stage, amount=7, close_date=TODAY.replace(month=8, day=1))
    parts = {"groupings_down": [{"field": "close_date", "date_granularity": "month", "show_empty": True}]}
    assert shown(ask(records, {}, AMOUNT, {"aggregate": "record_count"}, **parts)) == {
        "May 2026": (D(1350), 8), "June 2026": (0, 0), "July 2026": (0, 0), "August 2026": (D(7), 1), "Total": (D(1357), 9)}
    types = ask(records, {}, AMOUNT, groupings_down=[{"field": "type", "show_empty": True}])
    assert shown(types) == {"(blank)": D(1357), "New business": 0, "Existing business": 0, "Total": D(1357)}


def test_groups_stand_in_the_order_of_a_figure_and_so_do_their_rows(records: Org) -> None:
    result = ask(records, LARGEST_FIRST, AMOUNT, show_details=True, columns=["amount"])
    assert list(shown(result)) == ["Banking", "Energy", "Food", "Media", "(blank)", "Total"]
    assert [row.key for row in result.details] == sorted((row.key for row in result.details),
                                                         key=[group.key for group in result.groups].index)
