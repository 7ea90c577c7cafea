"""How values look: one row per field type, used by every output, so that they cannot disagree.

To add one: a row in FORMATS. `show` gives the words for people, in the organization's locale, currency and time zone;
`plain` the exact value for machines (CSV, JSON); `excel` the number format with which a spreadsheet shows the same.

Digits are Latin in every locale: Babel would print some dates and numbers of one page in different digits, and
spreadsheets and charts know no others. Grouping (12,34,567 in Bengali), signs and names of months follow the locale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from crmlib.model.org import Settings

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

    from crmlib.reports.result import ReportResult

Show = Callable[[Any], str]


@dataclass(frozen=True)
class Format:
    """How values of one type look. `show(scale, settings)` returns the function that writes a value other than None."""

    type: str
    show: Callable[[int, Settings], Show]
    plain: Callable[[Any, Settings], str | int | bool]
    excel: Callable[[int, Settings], str]
    align: Literal["left", "right"] = "left"


@lru_cache
def _locale(name: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


@lru_cache
def _pattern(locale_name: str, kind: str, scale: int) -> NumberPattern:
    """The locale's pattern with exactly `scale` digits after the point, whatever the currency usually has."""
    from babel.numbers import parse_pattern

    locale = _locale(locale_name)
    known = {"number": locale.decimal_formats[None], "percent": locale.percent_formats[None],
             "currency": locale.currency_formats["standard"]}
    pattern = parse_pattern(known[kind].pattern)
    pattern.frac_prec = (scale, scale)
    return pattern


def rounded(value: Any, scale: int) -> Decimal:
    """Half away from zero, as spreadsheets and people do; Babel alone would round half to even."""
    from decimal import localcontext

    with localcontext(prec=60):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def _show_number(kind: str, scale: int, settings: Settings) -> Show:
    locale, pattern = _locale(settings.locale), _pattern(settings.locale, kind, scale)

    def show(value: Any) -> str:
        exact = rounded(value, scale)
        if kind == "percent":
            exact = exact.scaleb(-2)  # 20 means 20 %; the pattern multiplies by a hundred
        return str(pattern.apply(exact, locale, currency=settings.currency, currency_digits=False, decimal_quantization=False))

    return show


def _show_date(scale: int, settings: Settings) -> Show:
    """The month by name: 05.06. is May to some readers and June to others."""
    locale = _locale(settings.locale)
    skeletons = locale.datetime_skeletons
    pattern = skeletons["yMMMd"] if "yMMMd" in skeletons else locale.date_formats["medium"]
    return lambda value: str(pattern.apply(value, locale))


def _show_datetime(scale: int, settings: Settings) -> Show:
    from babel.dates import format_time

    locale, zone, day = _locale(settings.locale), settings.zone, _show_date(0, settings)

    def show(value: datetime) -> str:
        local = value.astimezone(zone)
        return f"{day(local.date())}, {format_time(local, 'short', tzinfo=zone, locale=locale)}"

    return show


def _show_text(scale: int, settings: Settings) -> Show:
    return str


def _show_boolean(scale: int, settings: Settings) -> Show:
    return lambda value: "Yes" if value else "No"


def _show_several(scale: int, settings: Settings) -> Show:
    return lambda value: value if isinstance(value, str) else "; ".join(map(str, value))


def _exact(value: Any, settings: Settings) -> str:
    return format(Decimal(str(value)), "f")


@lru_cache
def _excel_currency(scale: int, settings: Settings) -> str:
    """The currency's symbol stands where the locale puts it; a spreadsheet program adds its own separators."""
    from babel.numbers import get_currency_symbol

    locale = _locale(settings.locale)
    symbol = f"[${get_currency_symbol(settings.currency, locale)}]".replace('"', "")
    positive = locale.currency_formats["standard"].pattern.split(";")[0]
    before, _, _ = positive.strip("\u200e\u200f").partition("¤")
    space = " " if "\u00a0" in positive or " " in positive else ""
    return f"{symbol}{space}{_digits(scale)}" if not before.strip("\u00a0 ") else f"{_digits(scale)}{space}{symbol}"


def _digits(scale: int) -> str:
    return "#,##0" + ("." + "0" * scale if scale else "")


def _text_row(name: str) -> Format:
    return Format(name, _show_text, lambda value, settings: str(value), lambda scale, settings: "@")


FORMATS: dict[str, Format] = {row.type: row for row in (
    *map(_text_row, ("text", "long_text", "email", "phone", "url", "picklist")),
    Format("integer", lambda scale, settings: _show_number("number", 0, settings), lambda value, settings: int(value),
           lambda scale, settings: "#,##0", "right"),
    Format("number", lambda scale, settings: _show_number("number", scale, settings), _exact,
           lambda scale, settings: _digits(scale), "right"),
    Format("percent", lambda scale, settings: _show_number("percent", scale, settings), _exact,
           lambda scale, settings: _digits(scale).replace("#,##", "") + "%", "right"),
    Format("currency", lambda scale, settings: _show_number("currency", scale, settings), _exact, _excel_currency, "right"),
    Format("date", _show_date, lambda value, settings: value.isoformat(), lambda scale, settings: "d mmm yyyy", "right"),
    Format("datetime", _show_datetime, lambda value, settings: value.astimezone(settings.zone).isoformat(),
           lambda scale, settings: "d mmm yyyy hh:mm", "right"),
    Format("boolean", _show_boolean, lambda value, settings: bool(value), lambda scale, settings: "General"),
    Format("multi_picklist", _show_several, lambda value, settings: _show_several(0, settings)(value), lambda scale, settings: "@"),
    Format("lookup", _show_text, lambda value, settings: value if isinstance(value, int) else str(value), lambda scale, settings: "0"),
    Format("id", _show_text, lambda value, settings: value if isinstance(value, int) else str(value), lambda scale, settings: "0"),
)}
"""Percent fields hold 20 for 20 %."""

EXACT_TYPES = ("number", "percent", "currency")
"""Types whose values are decimals."""


def format_of(type_name: str) -> Format:
    """The row of this type; unknown types look like text."""
    return FORMATS.get(type_name, FORMATS["text"])


def shower(type_name: str, scale: int, settings: Settings) -> Callable[[Any], str]:
    """A function that writes values of one column for people; blank (None) is the empty text."""
    show = lru_cache(10_000)(format_of(type_name).show(scale, settings))  # days, stages and round sums repeat; Babel is slow
    return lambda value: "" if value is None else show(value)


def showers(columns: Iterable[Any], settings: Settings) -> list[Callable[[Any], str]]:
    """One `shower` per column; a column has a `type` and a `scale`."""
    return [shower(column.type, column.scale, settings) for column in columns]


def show(value: Any, type_name: str, settings: Settings, scale: int = 2) -> str:
    """One value for people."""
    return shower(type_name, scale, settings)(value)


def as_of(result: ReportResult) -> str:
    """'21 November 2026, 21:35 (Europe/Amsterdam)', and who answered if it was not the database."""
    when = f"{show(result.run_at, 'datetime', result.settings)} ({result.settings.time_zone})"
    if result.engine == "database":
        return when
    return f"{when} · answered by the {result.engine}, data as of {result.run_at.astimezone(result.settings.zone):%H:%M:%S}"


def plain(value: Any, type_name: str, settings: Settings) -> str | int | bool | None:
    """One value for machines: decimals exact as text, dates as 2026-11-30, moments with the organization's UTC offset."""
    return None if value is None else format_of(type_name).plain(value, settings)


def counted(number: int, noun: str, settings: Settings) -> str:
    """'1 record', '8,012 records'."""
    return f"{show(number, 'integer', settings)} {noun}{'' if number == 1 else 's'}"


# Escape sequences would let data move a terminal's cursor; direction marks would reorder the line; XML allows neither.
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def one_line(text: object) -> str:
    """Text for places without lines and controls: line ends become spaces, other control characters "\ufffd"."""
    return CONTROLS.sub(lambda found: " " if found[0] in "\n\r\t" else "\ufffd", str(text))
