"""Days, weeks, quarters and years: where they begin and end, in filters as in groupings, in every zone and fiscal year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Date, column

from crmlib.model.org import Org, Settings
from crmlib.reports.date_literals import DATE_LITERALS, date_range
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS
from tests.conftest import add
from tests.reports.asking import ask, figures, labels, rows, settle

NUMBERED = {literal.name for literal in DATE_LITERALS.values() if literal.takes_number}


def day(text: str) -> date:
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestFiscalYears:
    """Four tasks around the ends of fiscal years, seen from fiscal years that begin in each month.

        due  2025-12-31, 2026-01-01, 2026-03-31, 2026-04-01
    """

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for due in ("2025-12-31", "2026-01-01", "2026-03-31", "2026-04-01"):
            add(shared, "task", name=due, due_date=day(due))
        return shared

    @pytest.mark.parametrize(("month", "years", "quarters"), [
        (1, {"FY 2025": 1, "FY 2026": 3}, {"FQ4 FY 2025": 1, "FQ1 FY 2026": 2, "FQ2 FY 2026": 1}),
        (2, {"FY 2026": 2, "FY 2027": 2}, {"FQ4 FY 2026": 2, "FQ1 FY 2027": 2}),
        (3, {"FY 2026": 2, "FY 2027": 2}, {"FQ4 FY 2026": 2, "FQ1 FY 2027": 2}),
        (4, {"FY 2026": 3, "FY 2027": 1}, {"FQ3 FY 2026": 1, "FQ4 FY 2026": 2, "FQ1 FY 2027": 1}),
        (5, {"FY 2026": 4}, {"FQ3 FY 2026": 2, "FQ4 FY 2026": 2}),
        (6, {"FY 2026": 4}, {"FQ3 FY 2026": 2, "FQ4 FY 2026": 2}),
        (7, {"FY 2026": 4}, {"FQ2 FY 2026": 1, "FQ3 FY 2026": 2, "FQ4 FY 2026": 1}),
        (8, {"FY 2026": 4}, {"FQ2 FY 2026": 2, "FQ3 FY 2026": 2}),
        (9, {"FY 2026": 4}, {"FQ2 FY 2026": 2, "FQ3 FY 2026": 2}),
        (10, {"FY 2026": 4}, {"FQ1 FY 2026": 1, "FQ2 FY 2026": 2, "FQ3 FY 2026": 1}),
        (11, {"FY 2026": 4}, {"FQ1 FY 2026": 2, "FQ2 FY 2026": 2}),
        (12, {"FY 2026": 4}, {"FQ1 FY 2026": 2, "FQ2 FY 2026": 2}),
    ])
    def test_grouped(self, records: Org, month: int, years: dict[str, int], quarters: dict[str, int]) -> None:
        settle(records, fiscal_year_start=month)
        for granularity, expected in (("fiscal_year", years), ("fiscal_quarter", quarters)):
            result = ask(records, "tasks", by=[f"due_date/{granularity}"], show=["record_count"])
            assert {group.label: group.rows for group in result.groups} == expected

    @pytest.mark.parametrize("month", range(1, 13))
    def test_filters_and_groupings_agree(self, records: Org, month: int) -> None:
        """What is due in THIS_FISCAL_YEAR is what stands in the group of the day one asks on."""
        settle(records, fiscal_year_start=month)
        for word, granularity in (("THIS_FISCAL_YEAR", "fiscal_year"), ("THIS_FISCAL_QUARTER", "fiscal_quarter")):
            grouped = ask(records, "tasks", by=[f"due_date/{granularity}"], columns=["due_date"], details=True)
            for row in grouped.details:
                found = ask(records, "tasks", columns=["due_date"], sort=["due_date"], where=[("due_date", "equals", word)],
                            today=row.values[0])
                assert rows(found) == [other.values[0] for other in grouped.details if other.key == row.key]


class TestLeapDay:
    """29 February and its neighbours.

    | month         | days due   |
    | ------------- | ---------- |
    | February 2024 | 28, 29     |
    | March 2024    | 1          |
    | February 2025 | 28         |
    | March 2025    | 1          |
    """

    def test_it_is_a_day_of_february(self, org: Org) -> None:
        for due in ("2024-02-28", "2024-02-29", "2024-03-01", "2025-02-28", "2025-03-01"):
            add(org, "task", name=due, due_date=day(due))
        assert figures(ask(org, "tasks", by=["due_date/month"], show=["record_count"])) == {
            ("February 2024",): 2, ("March 2024",): 1, ("February 2025",): 1, ("March 2025",): 1, (): 5}
        assert labels(ask(org, "tasks", by=["due_date/day"], show=["record_count"]))[1] == "29 Feb 2024"
        for word, expected in (("N_YEARS_AGO:1", ["2024-02-28", "2024-02-29", "2024-03-01"]), ("N_DAYS_AGO:365", ["2024-02-29"])):
            found = ask(org, "tasks", columns=["name"], sort=["name"], where=[("due_date", "equals", word)], today=day("2025-02-28"))
            assert rows(found) == expected

    @pytest.mark.parametrize(("word", "start", "end"), [
        ("THIS_MONTH", "2024-02-01", "2024-03-01"), ("LAST_YEAR", "2023-01-01", "2024-01-01"), ("NEXT_MONTH", "2024-03-01", "2024-04-01"),
        ("TOMORROW", "2024-03-01", "2024-03-02"), ("LAST_N_DAYS:366", "2023-02-28", "2024-03-01"),
        ("THIS_WEEK", "2024-02-26", "2024-03-04")])
    def test_seen_from_it(self, word: str, start: str, end: str) -> None:
        assert date_range(word, day("2024-02-29"), Settings()) == (day(start), day(end))


class TestWeeks:
    """Days around the New Year of 2026, a Thursday: a week belongs to both years.

    | week from Monday | days due                            |
    | ---------------- | ----------------------------------- |
    | 22 December 2025 | 28                                  |
    | 29 December 2025 | 29, 31 December; 1, 3, 4 January    |
    | 5 January 2026   | 5                                   |
    """

    DAYS = ("2025-12-28", "2025-12-29", "2025-12-31", "2026-01-01", "2026-01-03", "2026-01-04", "2026-01-05")

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        for due in cls.DAYS:
            add(shared, "task", name=due, due_date=day(due))
        return shared

    @pytest.mark.parametrize(("first_day", "expected"), [
        ("Monday", [("22 Dec 2025 – 28 Dec 2025", 1), ("29 Dec 2025 – 04 Jan 2026", 5), ("05 Jan 2026 – 11 Jan 2026", 1)]),
        ("Sunday", [("28 Dec 2025 – 03 Jan 2026", 5), ("04 Jan 2026 – 10 Jan 2026", 2)]),
        ("Saturday", [("27 Dec 2025 – 02 Jan 2026", 4), ("03 Jan 2026 – 09 Jan 2026", 3)])])
    def test_a_week_crosses_the_year(self, records: Org, first_day: str, expected: list[tuple[str, int]]) -> None:
        settle(records, week_start=first_day)
        result = ask(records, "tasks", by=["due_date/week"], show=["record_count"])
        assert [(group.label, group.rows) for group in result.groups] == expected

    @pytest.mark.parametrize(("first_day", "expected"), [("Monday", DAYS[1:6]), ("Sunday", DAYS[:5]), ("Saturday", DAYS[:4])])
    def test_this_week(self, records: Org, first_day: str, expected: tuple[str, ...]) -> None:
        settle(records, week_start=first_day)
        found = ask(records, "tasks", columns=["name"], sort=["name"], where=[("due_date", "equals", "THIS_WEEK")], today=day("2026-01-01"))
        assert tuple(rows(found)) == expected

    def test_years_within_weeks(self, records: Org) -> None:
        settle(records, week_start="Monday")
        result = ask(records, "tasks", by=["due_date/year", "due_date/week"], show=["record_count"])
        assert figures(result)[("2025", "29 Dec 2025 – 04 Jan 2026")] == 2
        assert figures(result)[("2026", "29 Dec 2025 – 04 Jan 2026")] == 3


class TestWeek53:
    """2020 has 53 weeks: its last one ends on 3 January 2021. Weeks are named by their days, so that none is numbered twice.

    | week from Monday | ISO week | days due                 |
    | ---------------- | -------- | ------------------------ |
    | 21 December 2020 | 2020-W52 | 27 December              |
    | 28 December 2020 | 2020-W53 | 28 December, 3 January   |
    | 4 January 2021   | 2021-W01 | 4 January                |
    """

    DAYS = ("2020-12-27", "2020-12-28", "2021-01-03", "2021-01-04")

    def test_it_is_a_week_like_others(self, org: Org) -> None:
        settle(org, week_start="Monday")
        for due in self.DAYS:
            add(org, "task", name=due, due_date=day(due))
        found = ask(org, "tasks", by=["due_date/week"], show=["record_count"])
        assert [(group.label, group.rows) for group in found.groups] == [
            ("21 Dec 2020 – 27 Dec 2020", 1), ("28 Dec 2020 – 03 Jan 2021", 2), ("04 Jan 2021 – 10 Jan 2021", 1)]
        numbers = [group.value for group in found.groups]
        assert numbers == list(range(numbers[0], numbers[0] + 3))
        for word, expected in (("LAST_WEEK", ["2020-12-28", "2021-01-03"]), ("N_WEEKS_AGO:2", ["2020-12-27"])):
            seen = ask(org, "tasks", columns=["name"], sort=["name"], where=[("due_date", "equals", word)], today=day("2021-01-05"))
            assert rows(seen) == expected


class TestDayBorders:
    """Daylight saving: a day of a datetime is a day in the organization's zone, also where clocks change at or near midnight.

    | day in Amsterdam  | hours | begins, in UTC |
    | ----------------- | ----: | -------------- |
    | 28 March 2026     |    24 | 27 March 23:00 |
    | 29 March 2026     |    23 | 28 March 23:00 |
    | 25 October 2026   |    25 | 24 October 22:00 |
    """

    CASES: tuple[tuple[str, str, dict[str, int]], ...] = (
        # Amsterdam: 2026-03-29 has 23 hours (22:00 UTC is midnight after it, 23:00 UTC was before it), 2026-10-25 has 25.
        ("Europe/Amsterdam", "2026-03-28T22:59 2026-03-28T23:00 2026-03-29T21:59 2026-03-29T22:00",
         {"28 Mar 2026": 1, "29 Mar 2026": 2, "30 Mar 2026": 1}),
        ("Europe/Amsterdam", "2026-10-24T21:59 2026-10-24T22:00 2026-10-25T22:59 2026-10-25T23:00",
         {"24 Oct 2026": 1, "25 Oct 2026": 2, "26 Oct 2026": 1}),
        # Beirut: on 2026-03-29 the hour from midnight to one does not exist, so the day begins at 01:00 (22:00 UTC).
        ("Asia/Beirut", "2026-03-28T21:59 2026-03-28T22:00 2026-03-29T20:59 2026-03-29T21:00",
         {"28 Mar 2026": 1, "29 Mar 2026": 2, "30 Mar 2026": 1}),
        # Havana: on 2026-11-01 the hour from midnight to one comes twice; both belong to that day.
        ("America/Havana", "2026-11-01T03:59 2026-11-01T04:00 2026-11-01T05:30 2026-11-02T04:59 2026-11-02T05:00",
         {"31 Oct 2026": 1, "01 Nov 2026": 3, "02 Nov 2026": 1}),
        # Apia: 2011-12-30 never was.
        ("Pacific/Apia", "2011-12-30T09:59 2011-12-30T10:00", {"29 Dec 2011": 1, "31 Dec 2011": 1}),
        ("Asia/Kathmandu", "2026-05-12T18:14 2026-05-12T18:15", {"12 May 2026": 1, "13 May 2026": 1}),
    )

    @pytest.mark.parametrize(("zone", "moments", "expected"), CASES)
    def test_grouped_and_filtered_alike(self, org: Org, zone: str, moments: str, expected: dict[str, int]) -> None:
        settle(org, time_zone=zone)
        for text in moments.split():
            add(org, "call", starts_at=moment(text))
        result = ask(org, "calls", by=["starts_at/day"], show=["record_count"])
        assert {group.label: group.rows for group in result.groups} == expected
        for group in result.groups:
            on_that_day = ask(org, "calls", columns=["name"], where=[("starts_at", "equals", date.fromordinal(group.value))])
            assert on_that_day.row_count == group.rows

    def test_months_too(self, org: Org) -> None:
        settle(org, time_zone="America/New_York")
        for text in ("2026-05-01T03:59", "2026-05-01T04:00"):
            add(org, "call", starts_at=moment(text))
        assert labels(ask(org, "calls", by=["starts_at/month"], show=["record_count"])) == ["April 2026", "May 2026"]


class TestMoments:
    """Calls at 10:00:00 UTC, a microsecond later, and at 12:00; the organization is in Nairobi, three hours ahead."""

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        settle(shared, time_zone="Africa/Nairobi")
        ten = moment("2026-05-01T10:00")
        for name, at in (("at ten", ten), ("just after", ten + timedelta(microseconds=1)), ("noon", ten + timedelta(hours=2))):
            add(shared, "call", name=name, starts_at=at)
        return shared

    AT_TEN = (moment("2026-05-01T10:00"), "2026-05-01T10:00Z", "2026-05-01T13:00+03:00", "2026-05-01 13:00", datetime(2026, 5, 1, 13))

    @pytest.mark.parametrize("value", AT_TEN, ids=str)
    @pytest.mark.parametrize(("operator", "expected"), [
        ("equals", ["at ten"]), ("not_equal", ["just after", "noon"]), ("less_than", []), ("less_or_equal", ["at ten"]),
        ("greater_than", ["just after", "noon"]), ("greater_or_equal", ["at ten", "just after", "noon"])])
    def test_compared_with_a_moment(self, records: Org, value: Any, operator: str, expected: list[str]) -> None:
        assert rows(ask(records, "calls", columns=["name"], sort=["name"], where=[("starts_at", operator, value)])) == expected


class TestComparisonsWithRanges:
    """Tasks before, in and after April 2026: less than a range is before it, greater than is after it."""

    @pytest.mark.parametrize(("operator", "expected"), [
        ("equals", ["2026-04-01", "2026-04-30"]), ("not_equal", ["2026-03-31", "2026-05-01", "none"]), ("less_than", ["2026-03-31"]),
        ("less_or_equal", ["2026-03-31", "2026-04-01", "2026-04-30"]), ("greater_than", ["2026-05-01"]),
        ("greater_or_equal", ["2026-04-01", "2026-04-30", "2026-05-01"])])
    def test_against_last_month(self, sqlite_org: Org, operator: str, expected: list[str]) -> None:
        for due in ("2026-03-31", "2026-04-01", "2026-04-30", "2026-05-01"):
            add(sqlite_org, "task", name=due, due_date=day(due))
        add(sqlite_org, "task", name="none")
        assert rows(ask(sqlite_org, "tasks", columns=["name"], sort=["name"], where=[("due_date", operator, "last month")])) == expected


settings = st.builds(Settings, week_start=st.integers(0, 6), fiscal_year_start=st.integers(1, 12))
days = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(days, settings, st.sampled_from([row.name for row in GRANULARITIES.values() if row.is_range]))
def test_every_day_is_in_its_period(today: date, settings: Settings, name: str) -> None:
    granularity = GRANULARITIES[name]
    number = granularity.number(today, settings)
    start, end = granularity.range(number, settings)
    assert start <= today < end
    assert granularity.number(start, settings) == granularity.number(end - timedelta(days=1), settings) == number
    assert granularity.number(end, settings) == number + 1
    assert granularity.text(number, settings) != granularity.text(number + 1, settings)


@given(days, settings, st.sampled_from(sorted({literal.removeprefix("THIS_") for literal in DATE_LITERALS if literal.startswith("THIS_")})),
       st.integers(1, 20))
def test_periods_follow_each_other(today: date, settings: Settings, period: str, n: int) -> None:
    """LAST, THIS and NEXT touch; the n before and the n after touch this one; the period n ago begins the last n."""
    def of(word: str) -> tuple[date, date]:
        return date_range(word, today, settings)
    last, this, following = of(f"LAST_{period}"), of(f"THIS_{period}"), of(f"NEXT_{period}")
    assert last[1] == this[0] <= today < this[1] == following[0]
    assert of(f"LAST_N_{period}S:{n}")[1] == this[0] and of(f"NEXT_N_{period}S:{n}")[0] == this[1]
    assert of(f"N_{period}S_AGO:{n}")[0] == of(f"LAST_N_{period}S:{n}")[0]
    assert of(f"LAST_N_{period}S:1") == last and of(f"NEXT_N_{period}S:1") == following and of(f"N_{period}S_AGO:1") == last


@given(days, st.integers(0, 500))
def test_days(today: date, n: int) -> None:
    def of(word: str) -> tuple[date, date]:
        return date_range(word, today, Settings())
    one = timedelta(days=1)
    assert of("TODAY") == (today, today + one) and of("YESTERDAY") == (today - one, today) and of("TOMORROW")[0] == today + one
    assert of(f"LAST_N_DAYS:{n}") == (today - n * one, today + one)
    assert of(f"NEXT_N_DAYS:{n}") == (today + one, today + (n + 1) * one)
    assert of(f"N_DAYS_AGO:{n}") == (today - n * one, today - (n - 1) * one)


@pytest.mark.parametrize("written", ["this quarter", "This_Quarter", " THIS  QUARTER ", "last n days:30", "LAST_N_DAYS:30"])
def test_words_in_any_case_and_with_spaces(written: str) -> None:
    assert date_range(written, day("2026-05-13"), Settings())


@pytest.mark.parametrize("written", ["THIS_QUARTR", "LAST_N_DAYS", "TODAY:3", "LAST_N_DAYS:x", "LAST_N_DAYS:-1", "LAST_N_YEARS:9999",
                                     "LAST_N_DAYS:99999999999", "", "N", "2026-13-01", "LAST_N_DAYS:30:30"])
def test_other_words_are_explained(written: str) -> None:
    with pytest.raises(ValueError, match=r"neither a date|should be written like|reaches|at most"):
        date_range(written, day("2026-05-13"), Settings())


def test_periods_that_adjoin_or_overlap_are_asked_as_one_range() -> None:
    """An index answers one range at once; of several, DuckDB reads the whole column."""
    ranges = [(day("2026-01-01"), day("2027-01-01")), (day("2025-01-01"), day("2026-01-01")),
              (day("2020-01-01"), day("2020-02-01")), (day("2020-01-10"), day("2020-01-20"))]
    condition = OPERATORS["equals"].sql(column("due", Date), ranges, "date")
    assert str(condition.compile(compile_kwargs={"literal_binds": True})) == (
        "due >= '2020-01-01' AND due < '2020-02-01' OR due >= '2025-01-01' AND due < '2027-01-01'")
