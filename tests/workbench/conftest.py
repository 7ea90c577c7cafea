"""A desk: the demo organisation as somebody sees it, with a folder of report types and reports of its own.

Without a running event loop, what a page does beside itself (previews, results) happens at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crmlib.model.org import Org
from crmlib.reports.catalog import Catalog
from crmlib.security.access import RIGHTS, Access
from crmlib.workbench.designer import Designer, new_report
from crmlib.workbench.reports_page import ReportsPage
from crmlib.workbench.screen import Screen
from crmlib.workspace import Workspace

SHIPPED = Path(__file__).parent.parent.parent / "report_types"
EVERYTHING = Access(1, "tester", "Tester", None, {"*": frozenset(RIGHTS)}, frozenset("*"), frozenset("*"), {})


@pytest.fixture
def desk(demo_org: Org, tmp_path: Path) -> Workspace:
    folder = shutil.copytree(SHIPPED, tmp_path / "report_types", ignore=shutil.ignore_patterns(".trash"))
    return Workspace(demo_org, EVERYTHING, Catalog(folder, demo_org.schema))


@pytest.fixture
def narrow_desk(desk: Workspace) -> Workspace:
    """Of somebody who may read opportunities, but not what they are worth, and nothing else."""
    fields = frozenset(f"opportunity.{name}" for name in desk.schema.describe("opportunity").fields if name != "amount")
    user = replace(EVERYTHING, objects={"opportunity": frozenset({"read", "view_all"})}, readable_fields=fields)
    return Workspace(desk.org, user, desk.catalog)


@pytest.fixture
def begin(desk: Workspace) -> Callable[[str], Designer]:
    """`begin("opportunities")`: a designer with a new report on a report type."""
    return lambda report_type: Designer(desk, new_report(desk.catalog.report_type(report_type), desk.user))


@pytest.fixture
def reports_page(desk: Workspace) -> ReportsPage:
    page = ReportsPage(desk)
    page.screen = Screen(page)
    return page
