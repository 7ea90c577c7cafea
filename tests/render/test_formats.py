from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crmlib.model.fields import FIELD_TYPES
from crmlib.model.org import Settings
from crmlib.render.formats import FORMATS, counted, format_of, one_line, plain, show

UK = Settings(time_zone="Europe/London", currency="EUR", locale="en_GB")
GERMANY = replace(UK, time_zone="Europe/Berlin", locale="de_DE")
BANGLADESH = replace(UK, time_zone="Asia/Dhaka", currency="BDT", locale="bn_BD")
ETHIOPIA = replace(UK, time_zone="Africa/Addis_Ababa", currency="ETB", locale="am_ET")
KENYA = replace(UK, time_zone="Africa/Nairobi", currency="KES", locale="sw_KE")

AMOUNT = Decimal("-1234567.5")
DAY = date(2026, 11, 30)
MOMENT = datetime(2026, 11, 30, 21, 5, 9, tzinfo=UTC)
NBSP = "\u00a0"


def test_every_field_type_has_a_format() -> None:
    assert set(FORMATS) == set(FIELD_TYPES)


@pytest.mark.parametrize(("value", "kind", "settings", "text"), [
    (AMOUNT, "currency", UK, "-€1,234,567.50"),
    (AMOUNT, "currency", GERMANY, f"-1.234.567,50{NBSP}€"),
    (AMOUNT, "currency", BANGLADESH, "-12,34,567.50৳"),
    (AMOUNT, "currency", ETHIOPIA, "-ብር1,234,567.50"),
    (AMOUNT, "currency", KENYA, f"-Ksh{NBSP}1,234,567.50"),
    (Decimal("9999999999999999.99"), "currency", UK, "€9,999,999,999,999,999.99"),
    (Decimal("20"), "percent", GERMANY, f"20,00{NBSP}%"),
    (Decimal("20"), "percent", UK, "20.00%"),
    (Decimal("0"), "percent", UK, "0.00%"),
    (AMOUNT, "number", GERMANY, "-1.234.567,50"),
    (1234567, "integer", UK, "1,234,567"),
    (1234567, "integer", BANGLADESH, "12,34,567"),
    (DAY, "date", UK, "30 Nov 2026"),
    (DAY, "date", GERMANY, "30. Nov. 2026"),
    (DAY, "date", BANGLADESH, "30 নভে, 2026"),
    (DAY, "date", ETHIOPIA, "ኖቬም 30 2026"),
    (MOMENT, "datetime", UK, "30 Nov 2026, 21:05"),
    (MOMENT, "datetime", GERMANY, "30. Nov. 2026, 22:05"),
    (MOMENT, "datetime", KENYA, "1 Des 2026, 00:05"),
    (True, "boolean", UK, "Yes"),
    (False, "boolean", UK, "No"),
    (("Key", "New"), "multi_picklist", UK, "Key; New"),
    (123456, "id", UK, "123456"),
    (123456, "lookup", UK, "123456"),
    ("a, b", "text", UK, "a, b"),
    (None, "currency", UK, ""),
])
def test_words_for_people(value: Any, kind: str, settings: Settings, text: str) -> None:
    assert show(value, kind, settings) == text


@pytest.mark.parametrize(("value", "scale", "text"), [
    ("0.125", 2, "0.13"), ("-0.125", 2, "-0.13"), ("2.5", 0, "3"), ("1.005", 2, "1.01"), ("7", 3, "7.000"),
    ("12345678901234567890.5", 1, "12,345,678,901,234,567,890.5")])
def test_rounded_half_away_from_zero_as_spreadsheets_do(value: str, scale: int, text: str) -> None:
    assert show(Decimal(value), "number", UK, scale) == text


def test_scale_is_the_fields_not_the_currencys() -> None:
    assert show(Decimal("1.5"), "currency", replace(UK, currency="JPY", locale="en_GB"), 1).endswith("1.5")


@pytest.mark.parametrize(("value", "kind", "exact"), [
    (Decimal("1E+3"), "currency", "1000"),
    (Decimal("12345678901234567.80"), "currency", "12345678901234567.80"),
    (DAY, "date", "2026-11-30"),
    (MOMENT, "datetime", "2026-11-30T22:05:09+01:00"),
    (True, "boolean", True),
    (12, "integer", 12),
    (("a", "b"), "multi_picklist", "a; b"),
    (None, "date", None),
])
def test_exact_for_programs(value: Any, kind: str, exact: Any) -> None:
    assert plain(value, kind, GERMANY) == exact


@pytest.mark.parametrize(("kind", "settings", "code"), [
    ("currency", UK, "[$€]#,##0.00"),
    ("currency", GERMANY, "#,##0.00 [$€]"),
    ("currency", BANGLADESH, "#,##0.00[$৳]"),
    ("currency", ETHIOPIA, "[$ብር]#,##0.00"),
    ("currency", KENYA, "[$Ksh] #,##0.00"),
    ("percent", UK, "0.00%"),
    ("integer", UK, "#,##0"),
    ("date", UK, "d mmm yyyy"),
])
def test_number_formats_for_excel(kind: str, settings: Settings, code: str) -> None:
    assert format_of(kind).excel(2, settings) == code


def test_a_locale_nobody_knows_is_british() -> None:
    assert show(DAY, "date", replace(UK, locale="xx_YY")) == "30 Nov 2026"


def test_counted() -> None:
    assert [counted(n, "record", UK) for n in (0, 1, 8012)] == ["0 records", "1 record", "8,012 records"]


def test_one_line_keeps_letters_of_every_script_and_no_control_character() -> None:
    assert one_line("ক্ষ\u200dয\nb\x1b[31m\u202ec") == "ক্ষ\u200dয b\ufffd[31m\ufffdc"
