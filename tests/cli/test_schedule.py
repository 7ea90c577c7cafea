"""`crm schedule` on the command line, from adding a schedule to what it delivers."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

import crmlib
from crmlib.cli.main import main
from crmlib.delivery.history import FAILED, SUCCEEDED, list_runs
from crmlib.delivery.run import STOPPED
from crmlib.delivery.schedule import add_schedule, list_schedules
from crmlib.model.org import Org
from tests.conftest import add

REPORT = "sales/pipeline_by_stage"
ASKING = "clients/buyers_by_product"
PIPELINE = ("schedule", "add", REPORT, "--weekly", "monday", "07:00", "--as", "admin")


@pytest.fixture
def base(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Org:
    """A base with an administrator and a deal, which `crm` finds by CRM_DATABASE_URL; deliveries go below tmp_path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
    org = crmlib.connect(create=True).org
    add(org, "organization", name="Us", time_zone="Europe/Amsterdam", currency="EUR", locale="en_GB", week_start="Monday",
        fiscal_year_start=1)
    stage = add(org, "stage", name="Proposal", outcome="Open", probability=50, position=1)
    add(org, "opportunity", name="Big deal", stage=stage, amount=500)
    return org


def crm(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def wait_for(process: subprocess.Popen, happens: Callable[[], object]) -> None:
    """Until it happens; fails when the process ends first."""
    while not happens():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)


class TestAdd:
    def test_says_when_it_first_runs(self, base: Org) -> None:
        code, output = crm(*PIPELINE)
        assert code == 0
        assert output.startswith(f"Schedule 1: {REPORT} as admin, every Monday 07:00; first on ")
        assert [(schedule.report, schedule.username) for schedule in list_schedules(base)] == [(REPORT, "admin")]

    def test_tells_every_fault_at_once(self, base: Org) -> None:
        code, output = crm("schedule", "add", "sales/pipline_by_stage", "--weekly", "moonday", "25:00", "--as", "amdin")
        assert code == 1
        for told in ("[bad-weekday]", "[bad-time]", "[unknown-report]", "[unknown-user]",
                     "'Monday'?", "'sales/pipeline_by_stage'?", "'admin'?"):
            assert told in output
        assert list_schedules(base) == []

    def test_only_for_who_may_run_it(self, base: Org) -> None:
        add(base, "user", name="Guest", username="guest", is_active=True)
        code, output = crm("schedule", "add", REPORT, "--weekly", "monday", "07:00", "--as", "guest")
        assert code == 1
        assert "guest may not read Opportunities" in output
        assert list_schedules(base) == []

    def test_with_values_for_what_it_asks(self, base: Org) -> None:
        """They are part of its address, so the same report may run with others at the same time."""
        weekly = ("--weekly", "monday", "07:00", "--as", "admin")
        assert crm("schedule", "add", ASKING, "--set", "bought=LAST_WEEK", "--set", "product=Tea & co", *weekly)[0] == 0
        assert crm("schedule", "add", ASKING, *weekly)[0] == 0
        code, output = crm("schedule", "add", ASKING, "--set", "bougt=LAST_WEEK", "--set", "bought=LAST_WEK", *weekly)
        assert code == 1
        for told in ("[unknown-parameter]", "did you mean 'bought'?", "[bad-value]", "did you mean 'LAST_WEEK'?"):
            assert told in output
        assert [schedule.report for schedule in list_schedules(base)] == [f"{ASKING}?bought=LAST_WEEK&product=Tea+%26+co", ASKING]
        assert crm("schedule", "add", ASKING, "--set", "bought", *weekly)[0] == 2

    def test_a_joined_report(self, base: Org) -> None:
        code, output = crm("schedule", "add", "sales/plan_against_fact?period=LAST_QUARTER", "--weekly", "monday", "07:00", "--as", "admin")
        assert code == 0, output
        assert [schedule.report for schedule in list_schedules(base)] == ["sales/plan_against_fact?period=LAST_QUARTER"]

    def test_usage(self, base: Org) -> None:
        assert crm("schedule", "add", REPORT, "--as", "admin")[0] == 2


class TestChange:
    def test_list_pause_resume_remove(self, base: Org) -> None:
        assert crm("schedule", "list") == (0, "There are no schedules. To make one: crm schedule add --help\n")
        crm(*PIPELINE)
        code, output = crm("schedule", "list")
        assert code == 0
        for told in ("   1  sales/pipeline_by_stage  Monday 07:00", "as admin", "next 2", "Europe/Amsterdam"):
            assert told in output
        assert "last" not in output
        assert crm("schedule", "pause", "1")[1] == f"Schedule 1 ({REPORT} as admin, Monday 07:00) paused.\n"
        assert "paused" in crm("schedule", "list")[1]
        crm("schedule", "resume", "1")
        assert "paused" not in crm("schedule", "list")[1]
        assert crm("schedule", "remove", "1")[0] == 0
        code, output = crm("schedule", "remove", "1")
        assert code == 1
        assert "[unknown-schedule]" in output


class TestRun:
    def test_due_delivers_and_is_listed(self, base: Org, tmp_path: Path) -> None:
        add_schedule(base, REPORT, "monday", "07:00", "admin", datetime(2026, 5, 1, tzinfo=UTC))
        code, output = crm("schedule", "run-due", "--now", "2026-05-11T07:00")  # in the organization's zone
        assert code == 0
        folder = tmp_path / "deliveries" / "2026-05-11" / "0700_sales-pipeline_by_stage_admin"
        assert output.startswith(f"{REPORT} as admin: succeeded in ")
        assert str(folder) in output
        assert sorted(path.name for path in folder.iterdir()) == [f"pipeline_by_stage.{kind}" for kind in ("html", "ipynb", "json", "xlsx")]
        assert "last 2026-05-11 07:00 succeeded in " in crm("schedule", "list")[1]
        assert [(run.outcome, run.due_at) for run in list_runs(base)] == [(SUCCEEDED, datetime(2026, 5, 11, 5, tzinfo=UTC))]
        code, output = crm("schedule", "run-due", "--now", "2026-05-11T07:00")
        assert (code, output[:47]) == (0, f"Nothing is due. Next is {REPORT}")
        assert crm("schedule", "run-due", "--now", "2026-05-11T05:00+00:00", "--quiet") == (0, "")

    def test_a_failed_run_says_where_and_why_with_exit_code_1(self, base: Org) -> None:
        add_schedule(base, "sales/pipeline_by_stge", "monday", "07:00", "admin", datetime(2026, 5, 1, tzinfo=UTC))
        code, output = crm("schedule", "run-due", "--now", "2026-05-11T07:00", "--to", "elsewhere")
        assert code == 1
        assert "failed in" in output
        assert "cell [4] `view = org.report(report).run(parameters=parameters)` failed: NotFound: there is no report" in output
        assert list(Path("elsewhere").glob("*/*/pipeline_by_stge.ipynb"))
        assert "did you mean 'sales/pipeline_by_stage'?" in crm("schedule", "list")[1]

    def test_by_hand_by_id(self, base: Org) -> None:
        crm(*PIPELINE)
        code, output = crm("schedule", "run", "1")
        assert (code, "succeeded" in output) == (0, True)
        assert [(run.schedule_id, run.due_at, run.outcome) for run in list_runs(base)] == [(1, None, SUCCEEDED)]

    def test_values_reach_the_notebook(self, base: Org, tmp_path: Path) -> None:
        values = ("--set", "bought=LAST_WEEK", "--set", "product=Tea & co", "--set", "product=Mate")
        crm("schedule", "add", ASKING, *values, "--weekly", "monday", "07:00", "--as", "admin")
        code, output = crm("schedule", "run-due", "--now", "2026-05-11T07:00")
        assert (code, "Nothing is due" in output) == (0, True)  # it begins now
        code, output = crm("schedule", "run", "1", "--set", "bought=2026-05-01")
        assert code == 0
        [page] = tmp_path.glob("deliveries/*/*clients-buyers_by_product_admin_bought-2026-05-01-product-Tea-co-product-Mate/"
                                "buyers_by_product.html")
        told = page.read_text(encoding="utf-8")
        assert "Product equals Tea &amp; co or Mate" in told
        assert "Close date equals 2026-05-01" in told
        compared = ("report", "compare", ASKING, "--with", "last", "--set", "bought=2026-05-01", "--set", "product=Tea & co")
        assert crm(*compared, "--set", "product=Mate")[0] == 0
        assert "[no-earlier-run]" in crm(*compared)[1]
        assert "[bad-value]" in crm("schedule", "run", "1", "--set", "bought=soon")[1]

    def test_by_hand_refuses_before_running(self, base: Org) -> None:
        assert "did you mean" in crm("schedule", "run", "sales/pipeline_by_stge")[1]
        assert crm("schedule", "run", REPORT, "--as", "nobody")[0] == 1
        assert crm("schedule", "run", "7")[0] == 1
        assert crm("schedule", "run-due", "--now", "monday")[0] == 2
        assert list_runs(base) == []

    @pytest.mark.slow
    def test_staying_runs_what_is_due_until_it_is_stopped(self, base: Org, tmp_path: Path) -> None:
        stay = "from crmlib.cli.main import main; main(['schedule', 'run-due', '--now', '2026-05-11T07:00', '--every', '1'])"
        process = subprocess.Popen([sys.executable, "-c", stay], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        add_schedule(base, REPORT, "monday", "07:00", "admin", datetime(2026, 5, 1, tzinfo=UTC))
        wait_for(process, lambda: [run.outcome for run in list_runs(base)] == [SUCCEEDED])
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
        ours = [line for line in errors.splitlines() if not line.startswith("[IPKernelApp]")]  # a kernel that is stopped may complain
        assert (process.returncode, ours) == (0, [])
        assert output.startswith(f"{REPORT} as admin: succeeded")

    @pytest.mark.slow
    def test_a_run_that_is_told_to_end_is_written_down(self, base: Org, tmp_path: Path) -> None:
        add_schedule(base, REPORT, "monday", "07:00", "admin", datetime(2026, 5, 1, tzinfo=UTC))
        once = "from crmlib.cli.main import main; main(['schedule', 'run-due', '--now', '2026-05-11T07:00'])"
        process = subprocess.Popen([sys.executable, "-c", once], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(process, lambda: list(tmp_path.glob("deliveries/*/*/*.ipynb")))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 143
        assert [(run.outcome, run.message) for run in list_runs(base)] == [(FAILED, STOPPED)]
