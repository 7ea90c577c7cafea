"""When a weekly schedule is due, and how it is kept."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.delivery.schedule import (
    WEEK,
    Schedule,
    add_schedule,
    due_occurrence,
    find_schedule,
    latest_occurrence,
    list_schedules,
    missed_weeks,
    next_occurrence,
    parse_time,
    parse_weekday,
    pause_schedule,
    remove_schedule,
    resume_schedule,
)
from crmlib.errors import AccessDenied, InvalidData, NotFound
from tests.conftest import add

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MONDAY, SUNDAY = 0, 6


def weekly(weekday: int, at: str, starts_at: datetime = LONG_AGO, is_active: bool = True) -> Schedule:
    return Schedule(1, "sales/pipeline", weekday, time.fromisoformat(at), 1, "maria", is_active, starts_at)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestOccurrences:
    monday_seven = weekly(MONDAY, "07:00")

    def test_latest_is_this_week_from_its_very_moment(self):
        assert latest_occurrence(self.monday_seven, AMSTERDAM, utc("2026-05-11 04:59:59")).day == date(2026, 5, 4)
        latest = latest_occurrence(self.monday_seven, AMSTERDAM, utc("2026-05-11 05:00"))
        assert (latest.day, latest.at) == (date(2026, 5, 11), utc("2026-05-11 05:00"))

    def test_next_is_after_now(self):
        assert next_occurrence(self.monday_seven, AMSTERDAM, utc("2026-05-11 04:59")).at == utc("2026-05-11 05:00")
        assert next_occurrence(self.monday_seven, AMSTERDAM, utc("2026-05-11 05:00")).at == utc("2026-05-18 05:00")

    def test_the_day_is_the_organizations_not_utcs(self):
        auckland = ZoneInfo("Pacific/Auckland")
        assert latest_occurrence(self.monday_seven, auckland, utc("2026-05-10 20:00")).at == utc("2026-05-10 19:00")

    def test_same_wall_clock_time_in_summer_and_winter(self):
        assert next_occurrence(self.monday_seven, AMSTERDAM, utc("2026-03-24 00:00")).at == utc("2026-03-30 05:00")
        assert next_occurrence(self.monday_seven, AMSTERDAM, utc("2026-03-20 00:00")).at == utc("2026-03-23 06:00")

    def test_a_time_that_does_not_exist_is_due_an_hour_later(self):
        in_the_gap = weekly(SUNDAY, "02:30")  # 2026-03-29: clocks go from 02:00 to 03:00
        assert next_occurrence(in_the_gap, AMSTERDAM, utc("2026-03-28 00:00")).at == utc("2026-03-29 01:30")

    def test_a_time_that_comes_twice_is_due_the_first_time(self):
        twice = weekly(SUNDAY, "02:30")  # 2026-10-25: clocks go from 03:00 back to 02:00
        assert next_occurrence(twice, AMSTERDAM, utc("2026-10-24 00:00")).at == utc("2026-10-25 00:30")
        assert latest_occurrence(twice, AMSTERDAM, utc("2026-10-25 01:30")).day == date(2026, 10, 25)

    def test_clocks_going_back_over_midnight(self):
        st_johns = ZoneInfo("America/St_Johns")  # 2010-11-07 00:01 -> 2010-11-06 23:01: Sunday begins twice
        midnight = weekly(SUNDAY, "00:00")
        assert latest_occurrence(midnight, st_johns, utc("2010-11-07 02:45")).day == date(2010, 11, 7)
        assert next_occurrence(midnight, st_johns, utc("2010-11-07 02:45")).day == date(2010, 11, 14)

    @given(st.sampled_from(["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia",
                            "Africa/Casablanca", "UTC"]),
           st.integers(0, 6), st.times(), st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
    def test_each_week_has_exactly_one(self, zone: str, weekday: int, at: time, now: datetime):
        schedule = Schedule(1, "r", weekday, at.replace(second=0, microsecond=0), 1, "maria", True, LONG_AGO)
        latest, following = (find(schedule, ZoneInfo(zone), now) for find in (latest_occurrence, next_occurrence))
        assert latest.at <= now < following.at
        assert following.day - latest.day == WEEK
        assert latest.day.weekday() == following.day.weekday() == weekday
        assert latest_occurrence(schedule, ZoneInfo(zone), following.at - timedelta(microseconds=1)) == latest
        assert latest_occurrence(schedule, ZoneInfo(zone), following.at) == following


class TestDue:
    tuesday = utc("2026-05-12 10:00")

    def test_after_its_time(self):
        assert due_occurrence(weekly(MONDAY, "07:00"), AMSTERDAM, self.tuesday).day == date(2026, 5, 11)

    def test_not_before_the_schedule_starts(self):
        new = weekly(MONDAY, "07:00", starts_at=utc("2026-05-11 05:01"))
        assert due_occurrence(new, AMSTERDAM, self.tuesday) is None
        assert next_occurrence(new, AMSTERDAM, self.tuesday).day == date(2026, 5, 18)

    def test_at_the_moment_the_schedule_starts(self):
        starts = utc("2026-05-11 05:00")
        assert due_occurrence(weekly(MONDAY, "07:00", starts_at=starts), AMSTERDAM, self.tuesday).at == starts

    def test_next_is_not_before_a_start_in_the_future(self):
        starts = utc("2026-06-01 05:00")
        assert next_occurrence(weekly(MONDAY, "07:00", starts_at=starts), AMSTERDAM, self.tuesday).at == starts

    def test_never_while_paused(self):
        assert due_occurrence(weekly(MONDAY, "07:00", is_active=False), AMSTERDAM, self.tuesday) is None

    @pytest.mark.parametrize(("last", "starts_at", "missed"), [
        ("2026-05-04 05:00", LONG_AGO, 0),
        ("2026-04-27 05:00", LONG_AGO, 1),
        ("2026-03-23 06:00", LONG_AGO, 6),                   # the clocks changed in between
        (None, utc("2026-05-05 00:00"), 0),
        (None, utc("2026-04-20 00:00"), 3),
        (None, utc("2026-05-04 05:00"), 1),                  # began with the very moment of one
        ("2026-03-23 06:00", utc("2026-05-01 00:00"), 1),    # paused until May
        ("2026-05-10 05:00", LONG_AGO, 0),
    ])
    def test_weeks_missed_before_it(self, last: str | None, starts_at: datetime, missed: int):
        schedule = weekly(MONDAY, "07:00", starts_at=starts_at)
        due = due_occurrence(schedule, AMSTERDAM, self.tuesday)
        assert missed_weeks(schedule, AMSTERDAM, due, utc(last) if last else None) == missed


class TestWords:
    @pytest.mark.parametrize(("word", "number"), [("monday", 0), ("Mon", 0), ("TUESDAY", 1), ("th", 3), (" sunday ", 6)])
    def test_weekday(self, word: str, number: int):
        assert parse_weekday(word) == number

    @pytest.mark.parametrize("word", ["", "s", "t", "moonday", "7", "monday 07:00"])
    def test_no_weekday(self, word: str):
        with pytest.raises(InvalidData) as raised:
            parse_weekday(word)
        assert raised.value.codes == ["bad-weekday"]

    def test_weekday_hint(self):
        with pytest.raises(InvalidData, match="did you mean 'Wednesday'"):
            parse_weekday("wensday")

    @pytest.mark.parametrize(("text", "moment"), [("07:00", time(7)), ("7:05", time(7, 5)), ("23:59", time(23, 59)), ("00:00", time(0))])
    def test_time(self, text: str, moment: time):
        assert parse_time(text) == moment

    @pytest.mark.parametrize("text", ["", "7", "24:00", "07:60", "7pm", "07:00:00"])
    def test_no_time(self, text: str):
        with pytest.raises(InvalidData) as raised:
            parse_time(text)
        assert raised.value.codes == ["bad-time"]


class TestInTheDatabase:
    now = utc("2026-05-13 09:00")

    @pytest.fixture(autouse=True)
    def users(self, org):
        self.maria = add(org, "user", name="Maria Jansen", username="maria", is_active=True)
        add(org, "user", name="Piet", username="piet", is_active=False)

    def test_add_and_list(self, org):
        added = add_schedule(org, "sales/pipeline", "monday", "7:00", "Maria", self.now)
        assert added == Schedule(added.id, "sales/pipeline", 0, time(7), self.maria, "maria", True, self.now)
        assert added.when == "Monday 07:00"
        later = add_schedule(org, "sales/won", "friday", "17:00", "maria", self.now)
        assert list_schedules(org) == [added, later]
        assert find_schedule(org, later.id) == later

    def test_the_same_twice_is_refused(self, org):
        first = add_schedule(org, "sales/pipeline", "monday", "07:00", "maria", self.now)
        with pytest.raises(InvalidData, match=f"schedule {first.id}") as raised:
            add_schedule(org, "sales/pipeline", "Mon", "7:00", "maria", self.now)
        assert raised.value.codes == ["schedule-exists"]
        add_schedule(org, "sales/pipeline", "monday", "07:01", "maria", self.now)
        assert len(list_schedules(org)) == 2

    def test_users_must_exist_and_be_active(self, org):
        with pytest.raises(NotFound, match="did you mean 'maria'"):
            add_schedule(org, "sales/pipeline", "monday", "07:00", "marai", self.now)
        with pytest.raises(AccessDenied):
            add_schedule(org, "sales/pipeline", "monday", "07:00", "piet", self.now)
        assert list_schedules(org) == []

    def test_remove(self, org):
        added = add_schedule(org, "sales/pipeline", "monday", "07:00", "maria", self.now)
        remove_schedule(org, added.id, self.now)
        assert list_schedules(org) == []
        with pytest.raises(NotFound):
            remove_schedule(org, added.id, self.now)
        assert add_schedule(org, "sales/pipeline", "monday", "07:00", "maria", self.now).id != added.id

    def test_pause_and_resume_skip_what_fell_into_the_pause(self, org):
        added = add_schedule(org, "sales/pipeline", "monday", "07:00", "maria", self.now)
        pause_schedule(org, added.id, self.now)
        assert not find_schedule(org, added.id).is_active
        resume_schedule(org, added.id, self.now + 2 * WEEK)
        resumed = find_schedule(org, added.id)
        assert due_occurrence(resumed, UTC, self.now + 2 * WEEK) is None
        assert due_occurrence(resumed, UTC, self.now + 3 * WEEK) is not None
