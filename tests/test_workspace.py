"""What an analyst holds: a report that asks for values, from its parameters to the records behind a figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmlib.errors import InvalidData
from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report
from crmlib.workspace import RunnableReport, Workspace
from tests.reports.asking import EVERYTHING

REPORT_TYPES = Path(__file__).parent.parent / "report_types"
ASKING = "clients/buyers_by_product"


@pytest.fixture
def workspace(demo_org: Org) -> Workspace:
    return Workspace(demo_org, EVERYTHING, Catalog(REPORT_TYPES, demo_org.schema))


@pytest.fixture
def asking(workspace: Workspace) -> RunnableReport:
    return workspace.report(ASKING)


def test_choices_of_a_lookup_are_records_that_one_sees(workspace: Workspace, asking: RunnableReport) -> None:
    product, bought = asking.parameters
    assert (product.name, product.type, product.default) == ("product", "lookup", None)
    assert set(product.choices) == set(workspace.names_of("product")) > {"Gift box"}
    assert "LAST_MONTH" in bought.choices
    assert workspace.names_of("product", most=3) == ()


@pytest.mark.parametrize("narrowed", [
    {"objects": {"opportunity": frozenset({"read", "view_all"})}},
    {"objects": {"*": frozenset({"read"})}, "sharing": {"product": "private"}}])
def test_and_none_of_what_one_may_not_see(workspace: Workspace, narrowed: dict[str, Any]) -> None:
    """Neither of an object that is hidden, nor of others' records."""
    narrow = Workspace(workspace.org, replace(EVERYTHING, **narrowed), workspace.catalog)
    assert narrow.report(ASKING).parameters[0].choices == ()


def test_every_choice_is_taken(asking: RunnableReport) -> None:
    assert [problem for one in asking.parameters for choice in one.choices for problem in asking.set({one.name: choice}).problems()] == []


def test_values_by_keyword_mapping_and_address_are_the_same(workspace: Workspace, asking: RunnableReport) -> None:
    results = [asking.run(product="Gift box").result, asking.run(parameters={"Product": "gift box"}).result,
               asking.set(product="Gift box").run().result, workspace.report(f"{ASKING}?product=Gift+box").run().result]
    assert [[group.label for group in result.groups] for result in results] == [["Gift box"]] * 4
    assert "Product equals Gift box" in results[0].filters
    assert len(asking.run().result.groups) > 1


def test_a_drill_down_keeps_them(asking: RunnableReport) -> None:
    chosen = asking.set(product="Gift box")
    result = chosen.run().result
    assert chosen.drill(()).result.row_count == chosen.drill(result.groups[0].key).result.row_count == result.row_count
    assert asking.drill(()).result.row_count > result.row_count


def test_faults_are_problems_and_refuse_the_run(asking: RunnableReport) -> None:
    assert [problem.code for problem in asking.set(bought="soon", prodct="x").problems()] == ["bad-value", "unknown-parameter"]
    with pytest.raises(InvalidData):
        asking.run(bought="soon")
    with pytest.raises(InvalidData):
        asking.set(bought="soon").explain()


def test_a_report_that_asks_nothing_has_no_parameters(workspace: Workspace) -> None:
    assert workspace.report(Report(label="x", report_type="accounts")).parameters == ()
