"""Every report type and report that ships makes sense and runs, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from crmlib.reports.joined import asked_by_blocks
from crmlib.reports.parameters import asked_by, parameters_of
from tests.reports.asking import run_saved

FOLDER = Path(__file__).parent.parent / "report_types"
REPORTS = sorted(f"{file.parent.name}/{file.stem}" for file in (FOLDER / "reports").glob("*/*.yaml"))
IN_BLOCKS = {path for path in REPORTS if "\nblocks:" in (FOLDER / "reports" / f"{path}.yaml").read_text(encoding="utf-8")}
"""Joined reports."""
DOCS = (FOLDER.parent / "docs" / "reports_library.md").read_text(encoding="utf-8").splitlines()
NOTHING_TO_TELL = {"clients/birthdays_this_week", "clients/clients_without_phone_or_email"}
"""Reports that may find no record in an organisation as small as that of the tests."""


@pytest.mark.parametrize("path", REPORTS)
def test_a_report_runs(path: str, demo_orgs: Org) -> None:
    result = run_saved(demo_orgs, Catalog(FOLDER, demo_orgs.schema), path)
    assert result.description and (result.row_count or path in NOTHING_TO_TELL)
    assert set(result.cells) >= {((), ())} and not result.withheld


@pytest.mark.parametrize("path", REPORTS)
def test_the_docs_tell_its_question_and_what_it_asks(path: str, demo_org: Org) -> None:
    catalog = Catalog(FOLDER, demo_org.schema)
    report = catalog.load(path)[0]
    if report.blocks:
        asked = asked_by_blocks(report, [catalog.report_type(block.report_type) for block in report.blocks])
    else:
        asked = asked_by(report, catalog.report_type(report.report_type).with_fields_of(report))
    labels = ", ".join(parameter.label for parameter in parameters_of(asked))
    assert "?" in report.description and f"| {report.label}<br>`{path}` | {report.description} | {labels} |" in DOCS


def test_report_types_have_no_faults(demo_org: Org) -> None:
    catalog = Catalog(FOLDER, demo_org.schema)
    assert [problem for name in catalog.custom_names() for problem in catalog.check_report_type(name)] == []
    assert [problem for name in catalog.bucket_files() for problem in catalog.check_buckets(name)] == []
