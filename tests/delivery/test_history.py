"""Which process makes a run, and what is written down of it."""

import os
import socket
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from crmlib.delivery.history import (
    DIED,
    FAILED,
    LONGEST_RUN,
    RUNNING,
    SUCCEEDED,
    claim,
    close_dead_runs,
    find_run,
    finish,
    keep_in,
    last_due,
    last_run,
    list_runs,
    start,
)
from crmlib.delivery.schedule import Occurrence, Schedule, add_schedule
from crmlib.errors import NotFound
from crmlib.model.org import Org
from tests.conftest import add

NOW = datetime(2026, 5, 13, 9, tzinfo=UTC)
OCCURRENCE = Occurrence(date(2026, 5, 11), datetime(2026, 5, 11, 5, tzinfo=UTC))

CLAIM_TWENTY_WEEKS = """
import sys
from datetime import UTC, date, datetime, timedelta
from crmlib.delivery.history import claim
from crmlib.delivery.schedule import Occurrence, find_schedule
from crmlib.errors import NotFound
from crmlib.model.org import Org

org = Org.open(sys.argv[1])
schedule = find_schedule(org, int(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
for week in range(20):
    due = datetime(2026, 1, 5, 6, tzinfo=UTC) + timedelta(weeks=week)
    if claim(org, schedule, Occurrence(due.date(), due), due) is not None:
        print(due.date())
"""


@pytest.fixture
def schedule(org: Org) -> Schedule:
    add(org, "user", name="Maria Jansen", username="maria", is_active=True)
    return add_schedule(org, "sales/pipeline", "monday", "07:00", "maria", NOW - timedelta(days=30))


def someone_elses(org: Org, run_id: int, process: str) -> None:
    runs = org.schema.describe("report_run").table
    with org.begin() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id).values(process=process))


class TestClaim:
    def test_once(self, org, schedule):
        run_id = claim(org, schedule, OCCURRENCE, NOW)
        run = find_run(org, run_id)
        assert (run.schedule_id, run.report, run.username, run.outcome) == (schedule.id, "sales/pipeline", "maria", RUNNING)
        assert (run.due_at, run.started_at) == (OCCURRENCE.at, NOW)
        assert claim(org, schedule, OCCURRENCE, NOW) is None

    @pytest.mark.parametrize("outcome", [SUCCEEDED, FAILED])
    def test_not_again_whatever_became_of_it(self, org, schedule, outcome):
        finish(org, claim(org, schedule, OCCURRENCE, NOW), outcome, "", 1, NOW)
        assert claim(org, schedule, OCCURRENCE, NOW) is None

    def test_not_again_after_its_row_was_deleted(self, org, schedule):
        run_id = claim(org, schedule, OCCURRENCE, NOW)
        runs = org.schema.describe("report_run").table
        with org.begin() as connection:
            connection.execute(runs.update().where(runs.c.id == run_id).values(deleted_at=NOW))
        assert list_runs(org) == []
        assert claim(org, schedule, OCCURRENCE, NOW) is None

    def test_not_again_when_the_organization_changes_its_time_zone(self, org, schedule):
        claim(org, schedule, OCCURRENCE, NOW)
        assert claim(org, schedule, Occurrence(OCCURRENCE.day, OCCURRENCE.at + timedelta(hours=2)), NOW) is None

    def test_other_weeks_and_other_schedules(self, org, schedule):
        other = add_schedule(org, "sales/won", "monday", "07:00", "maria", NOW)
        next_week = Occurrence(OCCURRENCE.day + timedelta(days=7), OCCURRENCE.at + timedelta(days=7))
        claimed = [claim(org, schedule, OCCURRENCE, NOW), claim(org, schedule, next_week, NOW), claim(org, other, OCCURRENCE, NOW)]
        assert None not in claimed
        assert len(set(claimed)) == 3

    def test_other_faults_are_not_taken_for_a_claim(self, org):
        nobody = Schedule(999, "sales/pipeline", 0, time(7), 999, "nobody", True, NOW)
        with pytest.raises(IntegrityError):
            claim(org, nobody, OCCURRENCE, NOW)

    def test_three_processes_at_the_same_moment_share_the_work(self, org, schedule, database_url):
        command = [sys.executable, "-c", CLAIM_TWENTY_WEEKS, database_url, str(schedule.id)]
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        claimed = [line for process in processes for line in process.communicate()[0].split()]
        assert [process.returncode for process in processes] == [0, 0, 0]
        assert sorted(claimed) == [(date(2026, 1, 5) + timedelta(weeks=week)).isoformat() for week in range(20)]
        assert len(list_runs(org, 100)) == 20


class TestOutcome:
    def test_finish(self, org, schedule):
        run_id = claim(org, schedule, OCCURRENCE, NOW)
        keep_in(org, run_id, Path("deliveries/x"))
        assert find_run(org, run_id).outcome == RUNNING
        finish(org, run_id, FAILED, "cell [3] failed", 2.345, NOW + timedelta(seconds=2))
        run = find_run(org, run_id)
        assert (run.outcome, run.message, run.seconds, run.folder) == (FAILED, "cell [3] failed", 2.35, "deliveries/x")

    def test_newest_first(self, org, schedule):
        ids = [start(org, f"sales/{minute}", schedule.user_id, NOW + timedelta(minutes=minute)) for minute in (1, 3, 2)]
        assert [run.id for run in list_runs(org)] == [ids[1], ids[2], ids[0]]
        assert [run.id for run in list_runs(org, 1)] == [ids[1]]

    def test_unknown(self, org):
        with pytest.raises(NotFound):
            find_run(org, 1)

    def test_last_run_and_last_due(self, org, schedule):
        assert last_run(org, schedule.id) is None
        assert last_due(org, schedule.id, NOW) is None
        claim(org, schedule, OCCURRENCE, NOW)
        by_hand = start(org, schedule.report, schedule.user_id, NOW + timedelta(hours=1), schedule.id)
        assert last_run(org, schedule.id).id == by_hand
        assert last_due(org, schedule.id, NOW) == OCCURRENCE.at
        assert last_due(org, schedule.id, OCCURRENCE.at) is None


class TestDeadRuns:
    def test_a_run_of_this_process_lives(self, org, schedule):
        claim(org, schedule, OCCURRENCE, NOW)
        assert close_dead_runs(org, NOW + timedelta(minutes=30)) == []

    def test_a_run_of_a_process_that_is_gone_failed(self, org, schedule):
        run_id = claim(org, schedule, OCCURRENCE, NOW)
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        someone_elses(org, run_id, f"{socket.gethostname()}:{gone.pid}")
        assert [run.id for run in close_dead_runs(org, NOW)] == [run_id]
        assert (find_run(org, run_id).outcome, find_run(org, run_id).message) == (FAILED, DIED)
        assert claim(org, schedule, OCCURRENCE, NOW) is None
        assert close_dead_runs(org, NOW) == []

    @pytest.mark.parametrize("process", ["another-machine:1", f"{socket.gethostname()}:{os.getpid()}", None])
    def test_one_that_cannot_be_known_is_dead_after_the_longest_time_a_run_takes(self, org, schedule, process):
        run_id = claim(org, schedule, OCCURRENCE, NOW)
        someone_elses(org, run_id, process)
        assert close_dead_runs(org, NOW + LONGEST_RUN) == []
        assert [run.id for run in close_dead_runs(org, NOW + LONGEST_RUN + timedelta(seconds=1))] == [run_id]

    def test_finished_runs_stay_as_they_are(self, org, schedule):
        finish(org, claim(org, schedule, OCCURRENCE, NOW), SUCCEEDED, "", 1, NOW)
        assert close_dead_runs(org, NOW + timedelta(days=9)) == []
