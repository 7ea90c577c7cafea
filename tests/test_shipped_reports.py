"""Every report type and report that ships makes sense and runs, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from tests.reports.asking import run_saved

FOLDER = Path(__file__).parent.parent / "report_types"
REPORTS = sorted(f"{file.parent.name}/{file.stem}" for file in (FOLDER / "reports").glob("*/*.yaml"))
IN_BLOCKS = {path for path in REPORTS if "\nblocks:" in (FOLDER / "reports" / f"{path}.yaml").read_text(encoding="utf-8")}
"""Joined reports."""
NOTHING_TO_TELL = {"clients/birthdays_this_week"}
"""Reports that may find no record in an organisation as small as that of the tests."""


@pytest.mark.parametrize("path", REPORTS)
def test_a_report_runs(path: str, demo_orgs: Org) -> None:
    result = run_saved(demo_orgs, Catalog(FOLDER, demo_orgs.schema), path)
    assert result.description and (result.row_count or path in NOTHING_TO_TELL)
    assert set(result.cells) >= {((), ())} and not result.withheld


def test_report_types_have_no_faults(demo_org: Org) -> None:
    catalog = Catalog(FOLDER, demo_org.schema)
    assert [problem for name in catalog.custom_names() for problem in catalog.check_report_type(name)] == []
    assert [problem for name in catalog.bucket_files() for problem in catalog.check_buckets(name)] == []
