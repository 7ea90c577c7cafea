"""Every report type and report that ships makes sense and runs, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from crmlib.reports.run_report import run_report
from tests.conftest import TODAY
from tests.reports.asking import EVERYTHING

FOLDER = Path(__file__).parent.parent / "report_types"
REPORTS = sorted(f"{file.parent.name}/{file.stem}" for file in (FOLDER / "reports").glob("*/*.yaml"))
NOTHING_TO_TELL = {"clients/birthdays_this_week"}
"""Reports that may find no record in an organisation as small as that of the tests."""


@pytest.mark.parametrize("path", REPORTS)
def test_a_report_runs(path: str, demo_orgs: Org) -> None:
    catalog = Catalog(FOLDER, demo_orgs.schema)
    report, source = catalog.load(path)
    result = run_report(report, catalog.report_type(report.report_type), demo_orgs, EVERYTHING, TODAY, source)
    assert report.description and (result.row_count or path in NOTHING_TO_TELL)
    assert set(result.cells) >= {((), ())} and not result.withheld


def test_report_types_have_no_faults(demo_org: Org) -> None:
    catalog = Catalog(FOLDER, demo_org.schema)
    assert [problem for name in catalog.custom_names() for problem in catalog.check_report_type(name)] == []
