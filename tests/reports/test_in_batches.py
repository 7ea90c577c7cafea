"""Details that come in batches are the same as those that come at once; and a CSV of a million needs no million in memory."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from crmlib.model.org import Org
from crmlib.render.csv import to_csv, write_csv
from crmlib.reports.definition import Report
from crmlib.reports.report_types import standard_report_types
from crmlib.reports.run_report import prepare, run_in_batches, run_plan
from crmlib.reports.secure import SecuredPlan
from tests.reports.test_cases import EVERYTHING, TODAY

COLUMNS = [{"field": "name"}, {"field": "amount"}, {"field": "account.name"}, {"field": "close_date"}, {"field": "created_at"}]
REPORTS = {
    "tabular": {"columns": COLUMNS, "row_limit": 500, "sort": [{"field": "amount"}]},
    "summary": {"columns": COLUMNS, "format": "summary", "show_details": True, "groupings_down": [{"field": "owner"}, {"field": "stage"}],
                "filters": [{"field": "stage.outcome", "value": "Lost"}]},
    "matrix": {"columns": COLUMNS, "format": "matrix", "show_details": True, "groupings_down": [{"field": "stage"}],
               "groupings_across": [{"field": "close_date", "date_granularity": "year"}],
               "filters": [{"field": "stage.outcome", "value": "Lost"}], "aggregates": [{"aggregate": "record_count"}]},
    "ordered by a figure": {"columns": COLUMNS, "format": "summary", "show_details": True,
                            "groupings_down": [{"field": "stage", "order_by": "amount:sum", "order": "descending"}],
                            "aggregates": [{"field": "amount", "aggregate": "sum"}],
                            "filters": [{"field": "amount", "operator": "greater_than", "value": 5000}]},
    "without details": {"format": "summary", "groupings_down": [{"field": "stage"}], "aggregates": [{"aggregate": "record_count"}]},
    "empty": {"columns": COLUMNS, "filters": [{"field": "name", "value": "nobody has called a deal so"}]},
}


def secured(name: str, org: Org) -> SecuredPlan:
    report = Report.model_validate({"label": name, "report_type": "opportunities"} | REPORTS[name])
    return prepare(report, standard_report_types(org.schema)["opportunities"], org, EVERYTHING, TODAY)


@pytest.mark.parametrize("name", REPORTS)
def test_a_csv_in_batches_is_the_same(name: str, demo_orgs: Org) -> None:
    plan, written = secured(name, demo_orgs), StringIO()
    with run_in_batches(plan, demo_orgs, size=97) as (result, batches):
        write_csv(result, batches, written)
    whole = run_plan(plan, demo_orgs)
    assert (result.engine, result.row_count, result.details) == (whole.engine, whole.row_count, ())
    assert whole.row_count > 100 or name == "empty"
    assert written.getvalue().replace("\r\n", "\n") == to_csv(whole).replace("\r\n", "\n")


def test_the_database_answers_what_the_copy_cannot_begin(demo_orgs: Org, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A snapshot that is none: unless the column engine must answer, the database does."""
    (tmp_path / "mirror-1.duckdb").write_text("no database")
    monkeypatch.setenv("CRM_MIRROR", str(tmp_path))
    monkeypatch.setenv("CRM_ENGINE", "auto")
    monkeypatch.setattr("crmlib.mirror.fetch._own", {})
    with run_in_batches(secured("tabular", demo_orgs), demo_orgs, size=97) as (result, batches):
        assert (result.engine, sum(map(len, batches))) == ("database", result.row_count)
