"""Text in any script and dates in any zone: the same on SQLite, on PostgreSQL and in Python."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Date, Integer, MetaData, Table, Text, insert, literal, select

from crmlib.model.org import Org
from crmlib.model.sql_functions import day_number, local_date, lower_text, month_number, sort_key, text_sort_key
from crmlib.model.types import UtcDateTime

WORDS = {
    "plain": "Quay 12, Dock B",
    "French": "Éléonore Çağlar-Œuvré",
    "decomposed": "E\u0301le\u0301onore",
    "German": "Straße GROẞ Größe",
    "Polish": "ŁÓDŹ Żółć",
    "Turkish": "İSTANBUL ISPARTA ıhlamur",
    "Greek": "ΟΔΥΣΣΕΥΣ ΣΊΣΥΦΟΣ Σ. ΆΛΦΑ",
    "Russian": "ЁЖ Йод Щукин",
    "Bengali": "ঢাকা ক্রেতা কোম্পানি য়",
    "Amharic": "አዲስ አበባ ሰላም",
    "Arabic": "شَرِكَة مُحَمَّد",
    "Hebrew": "שָׁלוֹם",
    "Hindi": "क़ानून हिन्दी",
    "Vietnamese": "CÔNG TY TRÁCH NHIỆM HỮU HẠN Đặng",
    "Korean": "서울 한국",
    "Japanese": "ガパ カ゛",
    "Chinese": "北京 上海",
    "emoji": "Café ☕️ 👩‍💼 🇳🇱",
    "full width": "ＡＢＣ ａｂｃ",
    "titlecase letter": "ǅ Ǆ ǆ",
    "Cherokee and Georgian": "ᏣᎳᎩ ᲗᲑᲘᲚᲘᲡᲘ",
    "symbols": "100% _under\\slash 'quote' \"double\" ;semi",
    "empty": "",
}

ZONES = ("UTC", "Europe/Amsterdam", "Europe/London", "America/New_York", "America/St_Johns", "Asia/Dhaka", "Africa/Addis_Ababa",
         "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Marquesas")

SAMPLES = Table("samples", MetaData(), Column("id", Integer, primary_key=True), Column("word", Text), Column("day", Date),
                Column("moment", UtcDateTime()))


def stored(org: Org, column: str, values: list[Any]) -> Column:
    """The column with these values in it, one row each."""
    with org.begin() as connection:
        SAMPLES.create(connection)
        connection.execute(insert(SAMPLES), [{column: value} for value in values])
    return SAMPLES.c[column]


def results(org: Org, expression: Any) -> list[Any]:
    return [row[0] for row in org.fetch(select(expression).select_from(SAMPLES).order_by(SAMPLES.c.id))]


@pytest.mark.parametrize(("in_sql", "in_python"), [(lower_text, str.lower), (sort_key, text_sort_key)])
def test_text_functions_are_those_of_python(org: Org, in_sql: Any, in_python: Callable[[str], str]) -> None:
    column = stored(org, "word", [*WORDS.values(), None])
    assert dict(zip(WORDS, results(org, in_sql(column)), strict=False)) == {name: in_python(word) for name, word in WORDS.items()}
    assert results(org, in_sql(column))[-1] is None


def test_every_letter_of_the_basic_plane(org: Org) -> None:
    """All characters that Unicode 3.2 knew, one by one: older than any library this could run with."""
    letters = [chr(code) for code in range(1, 0x10000) if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs", "Co")]
    column = stored(org, "word", letters)
    for in_sql, in_python in ((lower_text, str.lower), (sort_key, text_sort_key)):
        different = {letter: got for letter, got in zip(letters, results(org, in_sql(column)), strict=True) if got != in_python(letter)}
        assert different == {}


def test_sorting_by_key_is_the_same_everywhere(org: Org) -> None:
    words = [*WORDS.values(), "zebra", "Ärger", "arg", "Zoë", "zoe", "Яна", "яблоко", "Δέλτα", "10", "9", " lead", "-dash", "_", "~", "["]
    column = stored(org, "word", words)
    ordered = [row.word for row in org.fetch(select(column).order_by(sort_key(column), SAMPLES.c.id))]
    assert ordered == sorted(words, key=text_sort_key)


def test_case_and_accents_do_not_count_in_a_search(org: Org) -> None:
    column = stored(org, "word", ["Éléonore", "ELEONORE", "eléonore", "Eleanor"])
    found = org.fetch(select(SAMPLES.c.id).where(sort_key(column) == text_sort_key("eLéOnOrE")))
    assert [row.id for row in found] == [1, 2, 3]


@pytest.mark.parametrize("zone", ZONES)
def test_local_dates_are_those_of_python_from_1900_to_2100(org: Org, zone: str) -> None:
    moments = [datetime(year, month, 1, hour, tzinfo=UTC)
               for year in range(1900, 2101, 4) for month in (1, 3, 7, 10) for hour in (0, 5, 11, 14, 23)]
    column = stored(org, "moment", moments)
    expected = [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]
    assert results(org, local_date(column, literal(zone))) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_local_dates_are_right_when_clocks_change(org: Org, zone: str) -> None:
    quarters = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * number) for number in range(365 * 96)]
    local = [moment.astimezone(ZoneInfo(zone)) for moment in quarters]
    changes = [quarters[number] for number in range(1, len(local)) if local[number].utcoffset() != local[number - 1].utcoffset()]
    midnights = [moment for moment, there in zip(quarters, local, strict=True) if (there.hour, there.minute) == (0, 0)]
    near = [moment + timedelta(microseconds=step) for moment in changes + midnights for step in (-1, 0, 1)]
    column = stored(org, "moment", near)
    assert results(org, local_date(column, literal(zone))) == [moment.astimezone(ZoneInfo(zone)).date() for moment in near]


def days() -> list[date]:
    """Every day of some years, and the edges of every month from 1900 to 2100."""
    edges = {date(year, month, day) for year in range(1900, 2101) for month in range(1, 13) for day in (1, 2, 28)}
    edges |= {day - timedelta(days=1) for day in edges if day.day == 1}
    whole = {date(year, 1, 1) + timedelta(days=number) for year in (1900, 2000, 2024, 2026, 2100) for number in range(365)}
    return sorted(edges | whole | {date(1, 1, 1), date(9999, 12, 31)})


def test_months_and_days_count_as_in_python(org: Org) -> None:
    column = stored(org, "day", [*days(), None])
    assert results(org, month_number(column)) == [*(day.year * 12 + day.month - 1 for day in days()), None]
    assert results(org, day_number(column)) == [*(day.toordinal() for day in days()), None]


def test_they_nest(org: Org) -> None:
    column = stored(org, "moment", [datetime(2026, 12, 31, 23, 30, tzinfo=UTC), None])
    amsterdam = local_date(column, literal("Europe/Amsterdam"))
    assert results(org, month_number(amsterdam)) == [2027 * 12, None]
    assert results(org, day_number(amsterdam)) == [date(2027, 1, 1).toordinal(), None]
