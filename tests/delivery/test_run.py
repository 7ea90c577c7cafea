"""Notebooks run by Papermill in real kernels: what is kept, what is written down, also when they fail or are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest

from crmlib.delivery.history import DIED, FAILED, RUNNING, SUCCEEDED, claim, list_runs
from crmlib.delivery.run import STOPPED, check_notebook, run_due, run_now
from crmlib.delivery.schedule import WEEK, add_schedule, due_occurrence, list_schedules
from crmlib.errors import AccessDenied, NotFound, SetupError
from crmlib.model.org import Org
from tests.conftest import add

MONDAY_SEVEN = datetime(2026, 5, 11, 7, tzinfo=UTC)

CELLS = ("""
# what a scheduled notebook does, without a report
assert report != "sales/broken", "there is no such pipeline"
""", """
from IPython.display import HTML
from pathlib import Path
Path(folder, "table.xlsx").write_text("cells")
HTML(f"<h1>{report} for {run_as}</h1>")
""")

RUN_DUE = """
import sys
from datetime import datetime
from pathlib import Path
from crmlib.delivery.run import run_due
from crmlib.model.org import Org

url, now, root, notebook = sys.argv[1:]
for run in run_due(Org.open(url), datetime.fromisoformat(now), Path(root), Path(notebook)):
    print(run.report, run.outcome, flush=True)
"""


def write_notebook(path: Path, *cells: str, parameters: str = 'report = ""\nrun_as = ""\nfolder = ""') -> Path:
    code = [nbformat.v4.new_code_cell(source.strip()) for source in cells]
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    intro = nbformat.v4.new_markdown_cell("For analysts only", metadata={"tags": ["not-delivered"]})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=[intro, first, *code], metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "report.ipynb", *CELLS)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deliveries"


def scheduled(org: Org, *reports: str, weeks_ago: int = 0, username: str = "maria") -> None:
    """Schedules of this user that start so many weeks before Monday 07:00."""
    users = org.schema.describe("user").table
    if not org.fetch(users.select().where(users.c.username == username)):
        add(org, "user", name=username.title(), username=username, is_active=True)
    for report in reports:
        add_schedule(org, report, "monday", "07:00", username, MONDAY_SEVEN - weeks_ago * WEEK)


class TestRunDue:
    def test_keeps_notebook_html_and_row(self, org, root, notebook):
        scheduled(org, "sales/pipeline")
        [run] = run_due(org, MONDAY_SEVEN + timedelta(minutes=1), root, notebook)
        assert (run.report, run.username, run.outcome, run.message, run.due_at) == ("sales/pipeline", "maria", SUCCEEDED, "", MONDAY_SEVEN)
        assert 0 < run.seconds < 60
        assert Path(run.folder) == root / "2026-05-11" / "0701_sales-pipeline_maria"
        assert sorted(path.name for path in Path(run.folder).iterdir()) == ["pipeline.html", "pipeline.ipynb", "table.xlsx"]
        assert list_runs(org) == [run]

    def test_folders_are_dated_in_the_organizations_time_zone(self, sqlite_org, root, notebook):
        add(sqlite_org, "organization", name="Us", time_zone="Pacific/Auckland", week_start="Monday", currency="NZD", locale="en_NZ",
            fiscal_year_start=4)
        scheduled(sqlite_org, "sales/pipeline", weeks_ago=1)
        [run] = run_due(sqlite_org, datetime(2026, 5, 10, 19, 5, tzinfo=UTC), root, notebook)
        assert Path(run.folder) == root / "2026-05-11" / "0705_sales-pipeline_maria"

    def test_html_shows_what_cells_show_and_loads_nothing(self, sqlite_org, root, notebook):
        scheduled(sqlite_org, "sales/pipeline")
        [run] = run_due(sqlite_org, MONDAY_SEVEN, root, notebook)
        html = Path(run.folder, "pipeline.html").read_text()
        assert "<h1>sales/pipeline for maria</h1>" in html
        for left_out in ("For analysts only", "IPython", "http://", "https://", "<script", "<link"):
            assert left_out not in html

    def test_what_is_kept_has_no_password(self, tmp_path, postgres_url, root, notebook):
        org = Org.open(postgres_url.replace("postgres@", "postgres:s3cret@"))  # the test server trusts everybody
        scheduled(org, "sales/pipeline")
        [run] = run_due(org, MONDAY_SEVEN, root, notebook)
        org.engine.dispose()
        assert run.outcome == SUCCEEDED
        assert not [path for path in Path(run.folder).iterdir() if "s3cret" in path.read_text()]

    def test_the_notebook_reaches_the_same_database(self, org, tmp_path, root):
        notebook = write_notebook(tmp_path / "n.ipynb", """
from crmlib.model.org import Org
org = Org.open()
print([user.username for user in org.fetch(org.schema.describe("user").table.select())])""")
        scheduled(org, "sales/pipeline", username="somebody-nowhere-else")
        [run] = run_due(org, MONDAY_SEVEN, root, notebook)
        assert "['somebody-nowhere-else']" in Path(run.folder, "pipeline.html").read_text()
        assert "CRM_DATABASE_URL" not in os.environ

    def test_a_notebook_that_takes_no_values_is_not_run_for_a_report_with_values(self, sqlite_org, root, tmp_path, notebook):
        """It would show other figures than were asked for."""
        scheduled(sqlite_org, "sales/pipeline?period=LAST_WEEK&stage=a&stage=b")
        with pytest.raises(SetupError, match="no parameter 'parameters'"):
            list(run_due(sqlite_org, MONDAY_SEVEN, root, notebook))
        taking = write_notebook(tmp_path / "taking.ipynb", "print(report, parameters)",
                                parameters='report = ""\nrun_as = ""\nfolder = ""\nparameters = {}')
        [run] = run_due(sqlite_org, MONDAY_SEVEN, root, taking)
        assert (run.outcome, Path(run.folder).name) == (SUCCEEDED, "0700_sales-pipeline_maria_period-LAST_WEEK-stage-a-stage-b")
        html = Path(run.folder, "pipeline.html").read_text()
        assert "sales/pipeline {'period': 'LAST_WEEK', 'stage': ['a', 'b']}" in html

    def test_nothing_due(self, sqlite_org, root, notebook):
        scheduled(sqlite_org, "sales/pipeline")
        assert list(run_due(sqlite_org, MONDAY_SEVEN - timedelta(seconds=1), root, notebook)) == []
        assert not root.exists()

    def test_a_failing_run_says_where_and_why_and_the_others_go_on(self, sqlite_org, root, notebook):
        scheduled(sqlite_org, "sales/broken", "sales/other")
        failed, other = run_due(sqlite_org, MONDAY_SEVEN, root, notebook)
        assert (failed.outcome, other.outcome) == (FAILED, SUCCEEDED)
        assert failed.message == ('cell [3] `assert report != "sales/broken", "there is no such pipeline"` failed: '
                                  "AssertionError: there is no such pipeline")
        kept = nbformat.read(Path(failed.folder, "broken.ipynb"), 4)
        outputs = [output for cell in kept.cells for output in cell.get("outputs", ())]
        assert [output.ename for output in outputs] == ["AssertionError"]
        html = Path(failed.folder, "broken.html").read_text()
        assert "AssertionError: there is no such pipeline" in html
        assert "Traceback" not in html
        assert list(run_due(sqlite_org, MONDAY_SEVEN, root, notebook)) == []

    def test_a_cell_that_takes_too_long(self, sqlite_org, tmp_path, root):
        slow = write_notebook(tmp_path / "slow.ipynb", "print('begun')", "import time; time.sleep(60)")
        scheduled(sqlite_org, "sales/slow")
        [run] = run_due(sqlite_org, MONDAY_SEVEN, root, slow, cell_seconds=1)
        assert (run.outcome, run.message) == (
            FAILED, "cell [4] `import time; time.sleep(60)` failed: CellTimeout: it took more than 1 seconds")
        html, kept = (Path(run.folder, f"slow.{kind}").read_text() for kind in ("html", "ipynb"))
        assert "begun" in html
        assert "CellTimeout" in html
        assert "CellTimeout" in kept

    def test_a_kernel_that_dies(self, sqlite_org, tmp_path, root):
        deadly = write_notebook(tmp_path / "n.ipynb", "import os", "os._exit(1)")
        scheduled(sqlite_org, "sales/deadly")
        [run] = run_due(sqlite_org, MONDAY_SEVEN, root, deadly)
        assert (run.outcome, run.message) == (FAILED, "cell [4] `os._exit(1)` failed: DeadKernelError: Kernel died")

    def test_a_user_who_left_gets_nothing_more(self, sqlite_org, root, notebook):
        scheduled(sqlite_org, "sales/his", username="piet")
        scheduled(sqlite_org, "sales/hers")
        users = sqlite_org.schema.describe("user").table
        with sqlite_org.begin() as connection:
            connection.execute(users.update().where(users.c.username == "piet").values(is_active=False))
        his, hers = run_due(sqlite_org, MONDAY_SEVEN, root, notebook)
        assert (his.outcome, his.folder, hers.outcome) == (FAILED, "", SUCCEEDED)
        assert his.message == "AccessDenied: user 'piet' is not active [inactive-user]"

    def test_an_unusable_notebook_stops_all_before_anything_is_claimed(self, sqlite_org, tmp_path, root):
        scheduled(sqlite_org, "sales/pipeline")
        other = write_notebook(tmp_path / "other.ipynb", parameters='report = ""\nfolders = ""')
        with pytest.raises(SetupError, match="did you mean 'folders'") as raised:
            list(run_due(sqlite_org, MONDAY_SEVEN, root, other))
        assert raised.value.codes == ["unknown-parameter", "unknown-parameter"]
        with pytest.raises(SetupError):
            check_notebook(tmp_path / "none.ipynb", ())
        assert list_runs(sqlite_org) == []


class TestCatchUp:
    def test_a_missed_run_is_made_once_and_says_so(self, org, root, notebook):
        scheduled(org, "sales/pipeline", weeks_ago=3)
        wednesday = MONDAY_SEVEN + timedelta(days=2)
        [run] = run_due(org, wednesday, root, notebook)
        assert (run.outcome, run.due_at) == (SUCCEEDED, MONDAY_SEVEN)
        assert run.message == "caught up: it was due 2026-05-11 07:00; 3 earlier runs were missed too and not repeated"
        assert Path(run.folder).parent.name == "2026-05-13"
        assert list(run_due(org, wednesday, root, notebook)) == []

    def test_the_week_after_is_on_time_again(self, sqlite_org, root, notebook):
        scheduled(sqlite_org, "sales/pipeline")
        users = sqlite_org.schema.describe("user").table
        with sqlite_org.begin() as connection:  # nobody may run: it fails at once, without a kernel
            connection.execute(users.update().values(is_active=False))
        for week, note in ((0, ""), (1, ""), (3, "caught up: it was due 2026-06-01 07:00; 1 earlier run was missed too and not repeated")):
            late = timedelta(hours=1) if note else timedelta(minutes=59)
            [run] = run_due(sqlite_org, MONDAY_SEVEN + week * WEEK + late, root, notebook)
            assert run.message == "\n".join(filter(None, ("AccessDenied: user 'maria' is not active [inactive-user]", note)))


class TestRunNow:
    def test_by_hand_leaves_what_is_due_due(self, sqlite_org, root, notebook):
        scheduled(sqlite_org, "sales/pipeline")
        runs = [run_now(sqlite_org, "sales/pipeline", "Maria", MONDAY_SEVEN, root, notebook=notebook) for _ in range(2)]
        assert [(run.outcome, run.username, run.due_at, Path(run.folder).name) for run in runs] == [
            (SUCCEEDED, "maria", None, "0700_sales-pipeline_maria"), (SUCCEEDED, "maria", None, "0700_sales-pipeline_maria_2")]
        [schedule] = list_schedules(sqlite_org)
        assert claim(sqlite_org, schedule, due_occurrence(schedule, UTC, MONDAY_SEVEN), MONDAY_SEVEN) is not None

    def test_unknown_user(self, sqlite_org, root, notebook):
        with pytest.raises(NotFound):
            run_now(sqlite_org, "sales/pipeline", "maria", MONDAY_SEVEN, root, notebook=notebook)
        add(sqlite_org, "user", name="Piet", username="piet", is_active=False)
        with pytest.raises(AccessDenied):
            run_now(sqlite_org, "sales/pipeline", "piet", MONDAY_SEVEN, root, notebook=notebook)
        assert list_runs(sqlite_org) == []


@pytest.mark.slow
class TestProcesses:
    @pytest.fixture
    def start_run_due(self, root: Path) -> Iterator[Callable[[Org, Path], subprocess.Popen]]:
        processes = []

        def start(org: Org, notebook: Path) -> subprocess.Popen:
            command = [sys.executable, "-c", RUN_DUE, org.engine.url.render_as_string(), MONDAY_SEVEN.isoformat(), str(root), str(notebook)]
            processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            return processes[-1]

        yield start
        for process in processes:
            process.kill()
            process.communicate()

    @pytest.fixture
    def endless(self, tmp_path: Path) -> Path:
        return write_notebook(tmp_path / "endless.ipynb", """
from pathlib import Path
Path(folder, "begun").touch()
import time; time.sleep(120)""")

    def wait_until_begun(self, process: subprocess.Popen, root: Path) -> None:
        while not list(root.glob("*/*/begun")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)

    def test_two_at_the_same_moment_run_each_report_once(self, org, start_run_due, notebook):
        reports = ["sales/a", "sales/b"]
        scheduled(org, *reports)
        outputs = [process.communicate(timeout=120) for process in [start_run_due(org, notebook), start_run_due(org, notebook)]]
        assert sorted(line for output, _ in outputs for line in output.splitlines()) == [f"{report} {SUCCEEDED}" for report in reports]
        assert len(list_runs(org)) == 2

    def test_a_killed_run_is_seen_as_failed_and_not_repeated(self, sqlite_org, start_run_due, root, endless, notebook):
        scheduled(sqlite_org, "sales/killed", "sales/other")
        process = start_run_due(sqlite_org, endless)
        self.wait_until_begun(process, root)
        process.kill()
        process.wait()
        assert [run.outcome for run in list_runs(sqlite_org)] == [RUNNING]
        killed, other = run_due(sqlite_org, MONDAY_SEVEN, root, notebook)
        assert (killed.report, killed.outcome, killed.message) == ("sales/killed", FAILED, DIED)
        assert (other.report, other.outcome) == ("sales/other", SUCCEEDED)
        assert Path(killed.folder, "killed.ipynb").exists()

    def test_a_run_stopped_by_the_keyboard_is_written_down(self, sqlite_org, start_run_due, root, endless):
        scheduled(sqlite_org, "sales/stopped")
        process = start_run_due(sqlite_org, endless)
        self.wait_until_begun(process, root)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert [(run.outcome, run.message) for run in list_runs(sqlite_org)] == [(FAILED, STOPPED)]
