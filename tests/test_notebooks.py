"""Each notebook is committed clean and does what it says, run in a real kernel on a small demo organisation of today."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
from python_calamine import CalamineWorkbook

import crmlib
from crmlib.delivery.run import REPORT_NOTEBOOK, execute
from crmlib.demo.fill_demo import fill_demo
from crmlib.model.org import Org
from tests.conftest import DEMO_SCALE, DEMO_SEED

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
OUTSIDE = ("cdn.", "unpkg.com", "esm.sh", "googleapis")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
class TestEach:
    def test_is_valid_and_has_ids(self, path: Path) -> None:
        content = json.loads(path.read_text(encoding="utf-8"))
        nbformat.validate(content)
        ids = [cell["id"] for cell in content["cells"]]
        assert len(set(ids)) == len(ids)

    def test_is_committed_without_outputs(self, path: Path) -> None:
        cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        assert not [cell.id for cell in cells if cell.outputs or cell.execution_count is not None], "clear all outputs, then save"

    def test_runs_on_the_python_it_is_opened_with(self, path: Path) -> None:
        assert nbformat.read(path, 4).metadata.kernelspec.name == "python3"


@pytest.fixture(scope="module")
def demo_today(new_sqlite: Callable[[], str]) -> str:
    """URL of a demo organisation that ends today, since notebooks ask the clock."""
    url = new_sqlite()
    org = Org.open(url)
    fill_demo(org, date.today(), DEMO_SEED, DEMO_SCALE)
    org.engine.dispose()
    return url


def outputs_of(path: Path) -> dict[str, str]:
    """What each cell of an executed notebook shows, as text."""
    return {cell.id: json.dumps(cell.get("outputs", []), ensure_ascii=False) for cell in nbformat.read(path, 4).cells}


@pytest.fixture(scope="module")
def report_types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that the tutorial may write to."""
    return Path(shutil.copytree(ROOT / "report_types", tmp_path_factory.mktemp("tutorial") / "report_types"))


@pytest.fixture(scope="module")
def shown(demo_today: str, report_types: Path) -> dict[str, str]:
    """What the cells of the tutorial show."""
    executed = report_types.parent / "tutorial.ipynb"
    environment = {"CRM_DATABASE_URL": demo_today, "CRM_REPORT_TYPES": str(report_types)}
    assert execute(ROOT / "notebooks" / "tutorial.ipynb", executed, {}, environment, "tutorial") is None
    return outputs_of(executed)


class TestTutorial:
    def test_shows_tables_hints_and_a_chart(self, shown: dict[str, str]) -> None:
        assert "as demo>" in shown["connect"]
        assert "crm-report-grand-total" in shown["run"]
        assert "did you mean 'stage'?" in shown["mistakes"]
        assert "image/svg+xml" in shown["chart"]
        assert "Decision maker" in shown["own-report"]

    def test_needs_no_network(self, shown: dict[str, str]) -> None:
        assert not [place for place in OUTSIDE for output in shown.values() if place in output]

    def test_warns_of_nothing(self, shown: dict[str, str]) -> None:
        assert not [cell for cell, output in shown.items() if '"stderr"' in output]

    def test_what_it_saves_can_be_used(self, shown: dict[str, str], demo_today: str, report_types: Path) -> None:
        org = crmlib.connect(demo_today, report_types=report_types)
        assert org.report("tutorial/pipeline_by_manager").problems() == []
        assert org.catalog.report_type("tutorial_people").objects == ("Accounts", "Opportunities", "Opportunity Contact Roles")
        org.org.engine.dispose()


class TestScheduledReport:
    def run(self, report: str, run_as: str, folder: Path, url: str) -> str | None:
        parameters = {"report": report, "run_as": run_as, "folder": str(folder)}
        return execute(REPORT_NOTEBOOK, folder / "out.ipynb", parameters, {"CRM_DATABASE_URL": url}, report)

    def test_summary_with_chart_and_workbook(self, demo_today: str, tmp_path: Path) -> None:
        assert self.run("sales/pipeline_by_stage", "femke", tmp_path, demo_today) is None
        html = (tmp_path / "out.html").read_text()
        assert "as seen by Femke" in html
        assert html.index("<svg") < html.index("crm-report-grand-total") < html.index('href="pipeline_by_stage.xlsx"')
        assert "crmlib.connect" not in html
        assert not [place for place in ("<script", "<link", *OUTSIDE) if place in html]

        org = crmlib.connect(demo_today, user="femke")
        total = org.report("sales/pipeline_by_stage").run().result.grand_total["amount:sum"]
        org.org.engine.dispose()
        assert total > 0
        workbook = CalamineWorkbook.from_filelike(BytesIO((tmp_path / "pipeline_by_stage.xlsx").read_bytes()))
        assert float(total) in workbook.get_sheet_by_index(0).to_python()[-1]

    def test_report_without_groups_has_no_chart(self, demo_today: str, tmp_path: Path) -> None:
        assert self.run("sales/largest_open_deals", "", tmp_path, demo_today) is None
        html = (tmp_path / "out.html").read_text()
        assert "<svg" not in html
        assert "<table" in html

    def test_a_report_that_is_gone(self, demo_today: str, tmp_path: Path) -> None:
        assert self.run("sales/pipeline_by_stge", "", tmp_path, demo_today) == (
            "cell [4] `view = org.report(report).run(parameters=parameters)` failed: NotFound: "
            "there is no report 'sales/pipeline_by_stge' [unknown-report]\n"
            "    hint: did you mean 'sales/pipeline_by_stage'?")
        assert "did you mean &#x27;sales/pipeline_by_stage&#x27;" in (tmp_path / "out.html").read_text()

    def test_a_user_who_may_not_read_it(self, demo_today: str, tmp_path: Path) -> None:
        failure = self.run("activities/meetings_last_week", "joris", tmp_path, demo_today)
        assert failure is not None
        assert "AccessDenied: joris may not read Meetings" in failure
