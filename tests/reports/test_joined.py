"""Joined reports: blocks aligned on their groups, each with its own type, filters and rights; formulas over all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.definition import NOWHERE, parse_definition
from crmlib.errors import AccessDenied, DefinitionError, InvalidData
from crmlib.model.org import Org
from crmlib.render.csv import to_csv
from crmlib.render.html import to_html
from crmlib.render.text import to_text
from crmlib.reports.definition import Report, to_yaml
from crmlib.reports.joined import joined_problems, run_joined
from crmlib.reports.result import ReportResult, walk
from crmlib.reports.run_report import run_report
from crmlib.security.access import Access
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, figures, labels, view_of

WON = {"name": "won", "label": "Won", "report_type": "opportunities", "filters": [{"field": "stage.outcome", "value": "Won"}],
       "groupings_down": [{"field": "owner"}], "aggregates": [{"field": "amount", "aggregate": "sum", "label": "Amount"}]}
PLAN = {"name": "plan", "label": "Plan", "report_type": "plans", "groupings_down": [{"field": "user"}],
        "aggregates": [{"field": "target", "aggregate": "sum", "label": "Target"}]}
CALLS = {"name": "calls", "label": "Calls", "report_type": "calls", "groupings_down": [{"field": "owner"}],
         "aggregates": [{"aggregate": "record_count"}]}
REACHED = {"name": "reached", "label": "Reached", "formula": "won#amount:sum / plan#target:sum", "type": "percent"}


@pytest.fixture
def sales(org: Org) -> Org:
    """| manager | plan | won | calls |: Anna 1000, 400 and 100, 2; Boris 500, -, 0; Chen -, 300, 1."""
    users = {name: add(org, "user", name=name, username=name.lower()) for name in ("Anna", "Boris", "Chen")}
    account = add(org, "account", name="Client")
    won, lost = (add(org, "stage", name=name, outcome=name, position=1) for name in ("Won", "Lost"))
    for name, target in (("Anna", 1000), ("Boris", 500)):
        add(org, "plan", name=f"Plan of {name}", user=users[name], measure="Won amount", period_start=date(2026, 5, 1),
            period_end=date(2026, 5, 31), target=target)
    for name, stage, amount in (("Anna", won, 400), ("Anna", won, 100), ("Anna", lost, 70), ("Chen", won, 300)):
        add(org, "opportunity", name=f"{name} {amount}", account=account, stage=stage, owner=users[name], amount=amount, close_date=TODAY)
    for name in ("Anna", "Anna", "Chen"):
        add(org, "call", name="Call", owner=users[name], account=account)
    return org


def joined(*blocks: dict[str, Any], **parts: Any) -> Report:
    return Report.model_validate({"label": "Joined", "blocks": blocks, **parts})


def ask(org: Org, report: Report, user: Access = EVERYTHING, **how: Any) -> ReportResult:
    return run_joined(report, [view_of(org.schema, block.report_type) for block in report.blocks], org, user, TODAY, **how)


class TestGroups:
    def test_a_group_is_there_if_any_block_has_it(self, sales: Org) -> None:
        found = ask(sales, joined(PLAN, WON, aggregates=[REACHED]))
        assert figures(found) == {("Anna",): (D("1000.00"), D("500.00"), D("50.00")), ("Boris",): (D("500.00"), D("0.00"), D("0.00")),
                                  ("Chen",): (D("0.00"), D("300.00"), None), (): (D("1500.00"), D("800.00"), D("53.33"))}
        assert found.notes == ("Reached: empty where it can't be calculated (division by zero).",)
        assert [(column.name, column.label) for column in found.aggregates] == [
            ("plan#target:sum", "Plan: Target"), ("won#amount:sum", "Won: Amount"), ("reached", "Reached")]

    def test_any_number_of_blocks(self, sales: Org) -> None:
        assert figures(ask(sales, joined(PLAN, WON, CALLS)))[("Chen",)] == (D("0.00"), D("300.00"), 1)

    def test_the_first_block_orders(self, sales: Org) -> None:
        ordered = PLAN | {"groupings_down": [{"field": "user", "order_by": "target:sum", "order": "descending"}]}
        assert labels(ask(sales, joined(ordered, WON))) == ["Anna", "Boris", "Chen"]
        turned = PLAN | {"groupings_down": [{"field": "user", "order": "descending"}]}
        assert labels(ask(sales, joined(turned, WON))) == ["Chen", "Boris", "Anna"]

    def test_a_label_for_what_the_blocks_call_differently(self, sales: Org) -> None:
        found = ask(sales, joined(PLAN | {"groupings_down": [{"field": "user", "label": "Manager"}]}, WON))
        assert [column.label for column in found.groupings] == ["Manager"]

    def test_blank_meets_blank(self, sales: Org) -> None:
        add(sales, "opportunity", name="Nobody's", account=1, stage=1, amount=9, close_date=TODAY)
        add(sales, "call", name="Call", account=1)
        found = figures(ask(sales, joined(WON, CALLS)))
        assert found[("(blank)",)] == (D("9.00"), 1)

    def test_periods_meet_in_a_matrix(self, sales: Org) -> None:
        across = [{"field": "period_start", "date_granularity": "month"}], [{"field": "close_date", "date_granularity": "month"}]
        found = ask(sales, joined(PLAN | {"groupings_across": across[0]}, WON | {"groupings_across": across[1]}, aggregates=[REACHED]))
        may = found.groups_across[0].key
        anna = next(group.key for group in found.groups if group.label == "Anna")
        assert found.cell(anna, may) == {"plan#target:sum": D("1000.00"), "won#amount:sum": D("500.00"), "reached": D("50.00")}
        assert [group.label for group in found.groups_across] == ["May 2026"]


class TestFormulas:
    def test_over_figures_that_no_block_shows(self, sales: Org) -> None:
        found = ask(sales, joined(WON, CALLS, aggregates=[{"name": "made", "formula": "won#record_count / calls#record_count"}]))
        assert figures(found)[("Anna",)] == (D("500.00"), 2, D("1.00"))

    def test_over_formulas_of_blocks(self, sales: Org) -> None:
        rate = {"name": "rate", "formula": "amount:sum / record_count"}
        block = WON | {"aggregates": [rate]}
        found = ask(sales, joined(block, PLAN, aggregates=[{"name": "made", "formula": "WON#rate * 2"}]))
        assert figures(found)[("Anna",)] == (D("250.00"), D("1000.00"), D("500.00"))

    def test_other_cells(self, sales: Org) -> None:
        share = {"name": "share", "formula": "won#amount:sum / PARENTGROUPVAL(won#amount:sum, GRAND_SUMMARY)", "type": "percent"}
        assert figures(ask(sales, joined(WON, CALLS, aggregates=[share])))[("Chen",)][2] == D("37.50")

    def test_they_are_shown_as_others_are(self, sales: Org) -> None:
        block = WON | {"aggregates": [{"field": "amount", "aggregate": "sum", "show_as": "share_of_total"}]}
        assert figures(ask(sales, joined(block, CALLS)))[("Anna",)] == (D("62.50"), 2)


class TestRecords:
    def test_of_each_block_below_their_group(self, sales: Org) -> None:
        found = ask(sales, joined(WON | {"columns": ["name", "amount"]}, CALLS | {"columns": ["account.name"]}, show_details=True))
        assert [column.label for column in found.columns] == ["Won: Opportunity Name", "Won: Amount", "Calls: Account"]
        anna = next(group.key for group in found.groups if group.label == "Anna")
        assert [row.values for row in found.details if row.key == anna] == [
            ("Anna 400", D(400), None), ("Anna 100", D(100), None), (None, None, "Client"), (None, None, "Client")]
        assert not found.is_cut and found.row_count == 6

    def test_of_a_cell(self, sales: Org) -> None:
        anna = next(group.key for group in ask(sales, joined(WON, CALLS)).groups if group.label == "Anna")
        found = ask(sales, joined(WON, CALLS), within=anna)
        assert len(found.details) == 4 and found.grand_total == {"won#amount:sum": D("500.00"), "calls#record_count": 2}

    def test_a_limit_counts_those_of_all_blocks(self, sales: Org) -> None:
        found = ask(sales, joined(WON | {"columns": ["name"]}, CALLS | {"columns": ["name"]}, show_details=True), detail_limit=3)
        assert len(found.details) == 3 and found.is_cut


def test_outputs(sales: Org) -> None:
    found = ask(sales, joined(PLAN, WON, aggregates=[REACHED], chart="grouped_column",
                              conditional_formats=[{"aggregate": "reached", "rules": [{"less_than": 60, "look": "bad"}]}]))
    assert "Plan: Target" in to_text(found) and "Won: Amount" in to_html(found) and "Chen,0.00,300.00," in to_csv(found)


class TestParameters:
    def test_blocks_ask_once(self, sales: Org) -> None:
        period = {"operator": "equals", "value": "THIS_MONTH", "ask": "Period"}
        blocks = WON | {"filters": [{"field": "close_date", **period}]}, PLAN | {"filters": [{"field": "period_start", **period}]}
        assert figures(ask(sales, joined(*blocks)))[()] == (D("870.00"), D("1500.00"))
        assert ask(sales, joined(*blocks), parameters={"period": "LAST_MONTH"}).grand_total == {
            "won#amount:sum": D("0.00"), "plan#target:sum": D("0.00")}
        with pytest.raises(InvalidData, match="does not ask for 'perio'"):
            ask(sales, joined(*blocks), parameters={"perio": "LAST_MONTH"})


class TestRights:
    def test_a_hidden_object_refuses(self, sales: Org) -> None:
        user = replace(EVERYTHING, objects={name: frozenset({"read", "view_all"}) for name in ("opportunity", "stage", "user", "account")})
        with pytest.raises(AccessDenied, match="may not read Plans"):
            ask(sales, joined(PLAN, WON), user)

    def test_a_hidden_field_withholds_what_reads_it(self, sales: Org) -> None:
        user = replace(EVERYTHING, readable_fields=frozenset({"opportunity.*", "stage.*", "user.*", "account.*", "plan.user", "plan.name"}))
        found = ask(sales, joined(PLAN, WON, aggregates=[REACHED]), user)
        assert found.withheld == ("Plan: Target", "Reached")
        assert [column.name for column in found.aggregates] == ["won#amount:sum"]

    def test_a_hidden_grouping_refuses(self, sales: Org) -> None:
        user = replace(EVERYTHING, readable_fields=frozenset({"opportunity.*", "stage.*", "user.*", "account.*", "plan.target"}))
        with pytest.raises(AccessDenied, match="brought together with the others by User"):
            ask(sales, joined(PLAN, WON), user)


MONTH = {"field": "period_start", "date_granularity": "month"}


@pytest.mark.parametrize(("blocks", "parts", "code", "where"), [
    ([WON], {}, "blocks", "blocks"),
    ([WON, WON], {}, "twice", "blocks.1.name"),
    ([WON, PLAN | {"name": "a b"}], {}, "bad-name", "blocks.1.name"),
    ([WON, PLAN], {"columns": ["name"]}, "belongs-to-block", "columns"),
    ([WON, PLAN], {"aggregates": [{"aggregate": "record_count"}]}, "belongs-to-block", "aggregates.0"),
    ([WON, PLAN | {"chart": "bar"}], {}, "belongs-to-report", "blocks.1.chart"),
    ([WON, PLAN], {"format": "summary"}, "format", "format"),
    ([WON, PLAN | {"groupings_down": [], "columns": ["name"], "format": "tabular"}], {}, "no-groups", "blocks.1"),
    ([WON, PLAN | {"aggregates": [], "columns": ["name"]}], {}, "empty", "blocks.1"),
    ([WON, PLAN | {"aggregates": [{"field": "targett", "aggregate": "sum"}]}], {}, "unknown-field", "blocks.1.aggregates.0.field"),
    ([WON | {"groupings_down": [{"field": "owner", "order_by": "amount:sum", "top": 1}]}, PLAN], {}, "top-of-what",
     "blocks.0.groupings_down.0.top"),
    ([WON, PLAN | {"groupings_down": [{"field": "user"}, MONTH]}], {}, "unaligned", "blocks.1.groupings_down"),
    ([WON, PLAN | {"groupings_down": [MONTH]}], {}, "unaligned", "blocks.1.groupings_down.0"),
    ([WON, PLAN], {"aggregates": [{"name": "made", "formula": "won#amount:sun"}]}, "unknown-field", "aggregates.0.formula"),
    ([WON, PLAN], {"chart": {"type": "bar", "values": ["amount:sum"]}}, "unknown-aggregate", "chart.values"),
    ([WON, PLAN], {"conditional_formats": [{"aggregate": "amount:sum", "rules": [{"less_than": 1, "look": "bad"}]}]}, "unknown-aggregate",
     "conditional_formats.0.aggregate"),
])
def test_problems(demo_org: Org, blocks: list[dict[str, Any]], parts: dict[str, Any], code: str, where: str) -> None:
    report = joined(*blocks, **parts)
    types = [view_of(demo_org.schema, block.report_type) for block in report.blocks]
    found = list(joined_problems(report, types, demo_org.settings, TODAY, NOWHERE))
    assert [(problem.code, problem.where) for problem in found] == [(code, where)]


def test_problems_have_the_line_of_the_block(demo_org: Org) -> None:
    text = to_yaml(joined(WON, PLAN | {"aggregates": [{"field": "targett", "aggregate": "sum"}]}))
    report, source = parse_definition(text, Report, "joined.yaml")
    types = [view_of(demo_org.schema, block.report_type) for block in report.blocks]
    with pytest.raises(DefinitionError) as caught:
        run_joined(report, types, demo_org, EVERYTHING, TODAY, source)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "targett" in line)
    assert caught.value.problems[0].where == f"joined.yaml:{line}"


KINDS = {"opportunities": ["amount:sum", "amount:average", "record_count", "amount:median"], "calls": ["record_count", "seconds:sum"],
         "accounts": ["employees:largest", "record_count"], "tasks": ["record_count"]}


@settings(max_examples=30)
@given(data=st.data())
def test_each_block_says_what_it_says_alone(data: st.DataObject, demo_org: Org, demo_org_postgres: Org, demo_org_column: Org) -> None:
    """Whatever stands beside it; and there are no groups but those of some block."""
    org = data.draw(st.sampled_from([demo_org, demo_org_postgres, demo_org_column]))
    grouping = data.draw(st.sampled_from([["owner"], ["owner", "created_at"], ["created_at"]]))
    names = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=4))
    down = [{"field": path, "date_granularity": "quarter" if path == "created_at" else None} for path in grouping]
    shown = [data.draw(st.lists(st.sampled_from(KINDS[name]), min_size=1, unique=True)) for name in names]
    blocks = [{"name": f"b{index}", "label": name, "report_type": name, "groupings_down": down, "aggregates": [
        {"field": one.rpartition(":")[0] or None, "aggregate": one.rpartition(":")[2]} for one in figures_shown]}
        for index, (name, figures_shown) in enumerate(zip(names, shown, strict=True))]
    together = ask(org, joined(*blocks))
    keys, first = set(), 0
    for block in joined(*blocks).blocks:
        alone = run_report(block, view_of(org.schema, block.report_type), org, EVERYTHING, TODAY)
        width = len(alone.aggregates)
        for key, values in alone.cells.items():
            assert together.cells[key][first:first + width] == values
        keys |= set(alone.cells)
        first += width
    assert keys == set(together.cells) == {((), ())} | {(group.key, ()) for group in walk(together.groups)}
