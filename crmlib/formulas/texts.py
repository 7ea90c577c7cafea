"""Text functions of formulas. A text is never empty: blank is None, as a blank field is.

Positions count characters (code points) from 1. What stands after the point of a number is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote_plus

from crmlib.formulas.context import FormulaError
from crmlib.formulas.numbers import whole

LONGEST_PAD = 10_000
"""Characters that LPAD and RPAD fill up to."""

BLANKS = " \t\n\r\f\v"
"""What TRIM takes away at both ends."""

TURKIC = ("tr", "az")
"""Languages with a dotted and a dotless i."""

JAVASCRIPT = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "<": "\\u003C", ">": "\\u003E", "/": "\\/", "*": "\\*"}
HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\u2028": "<br>", "\u2029": "<p>"}
"""What JSENCODE and HTMLENCODE write instead; the first is replaced first."""


def joined(*texts: str | None) -> str | None:
    return "".join(text for text in texts if text) or None


def length(text: str | None) -> Decimal:
    return Decimal(len(text or ""))


def left(text: str, count: Decimal) -> str | None:
    return text[: whole(count, 0)] or None


def right(text: str, count: Decimal) -> str | None:
    return text[max(len(text) - whole(count, 0), 0):] or None


def middle(text: str, start: Decimal, count: Decimal) -> str | None:
    first = whole(start, 1) - 1
    return text[first: first + whole(count, 0)] or None


def find(sought: str | None, text: str | None, start: Decimal | None = Decimal(1)) -> Decimal:
    """0 when it isn't there, when something is blank, or when the start is negative; a start of 0 is 1."""
    first = whole(start or Decimal(1))
    if not sought or not text or first < 0:
        return Decimal(0)
    return Decimal(text.find(sought, max(first, 1) - 1) + 1)


def substitute(text: str | None, old: str | None, new: str | None) -> str | None:
    return text.replace(old, new or "") or None if text and old else None


def trim(text: str) -> str | None:
    return text.strip(BLANKS) or None


def upper(text: str | None, language: str | None = None) -> str | None:
    if text is None:
        return None
    return (text.replace("i", "İ") if is_turkic(language) else text).upper()


def lower(text: str | None, language: str | None = None) -> str | None:
    if text is None:
        return None
    return (text.replace("İ", "i").replace("I", "ı") if is_turkic(language) else text).lower()


def is_turkic(language: str | None) -> bool:
    return (language or "").lower()[:2] in TURKIC


def capitalized(text: str) -> str:
    """A capital at the beginning of every word of letters and digits, small letters in the rest."""
    return re.sub(r"[^\W_]+", lambda word: word[0][0].upper() + word[0][1:].lower(), text)


def reverse(text: str) -> str:
    return text[::-1]


def begins(text: str | None, start: str | None) -> bool | None:
    return True if not start else None if not text else text.startswith(start)


def contains(text: str | None, part: str | None) -> bool | None:
    return True if not part else None if not text else part in text


def left_pad(text: str, count: Decimal, pad: str = " ") -> str | None:
    return _padded(text, whole(count, 0), lambda missing: (pad * missing)[:missing] + text)


def right_pad(text: str, count: Decimal, pad: str = " ") -> str | None:
    return _padded(text, whole(count, 0), lambda missing: text + (pad * missing)[:missing])


def _padded(text: str, count: int, fill: Callable[[int], str]) -> str | None:
    if count > LONGEST_PAD:
        raise FormulaError(f"a text is filled up to {LONGEST_PAD:,} characters at most")
    return (text[:count] if count <= len(text) else fill(count - len(text))) or None


def code_point(text: str) -> Decimal:
    return Decimal(ord(text[0]))


def character(code: Decimal) -> str | None:
    """Blank for what is no character."""
    number = whole(code)
    return chr(number) if 0 < number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else None


def html_encoded(text: str) -> str:
    return _encoded(text, HTML)


def javascript_encoded(text: str) -> str:
    return _encoded(text, JAVASCRIPT)


def javascript_in_html_encoded(text: str) -> str:
    return javascript_encoded(html_encoded(text))


def _encoded(text: str, written: dict[str, str]) -> str:
    return "".join(written.get(character, character) for character in text)


def url_encoded(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


def hyperlink(url: str | None, label: str | None, target: str | None = None) -> str:
    where = f' target="{target}"' if target else ""
    return f'<a href="{url or ""}"{where}>{label or ""}</a>'


def image(url: str | None, description: str | None, height: Decimal | None = None, width: Decimal | None = None) -> str:
    size = "".join(f' {name}="{whole(value)}"' for name, value in (("height", height), ("width", width)) if value is not None)
    return f'<img src="{url or ""}" alt="{description or ""}"{size}/>'


def matches(text: str, pattern: str) -> bool:
    """REGEX: the whole text."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error as error:
        raise FormulaError(f"{pattern!r} is no regular expression: {error}") from None


def case_safe_id(record: str) -> str:
    """Salesforce's 18 characters of an id of 15: the last three say which of the others are capitals."""
    if len(record) != 15:
        return record
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    groups = (record[start: start + 5] for start in (0, 5, 10))
    return record + "".join(letters[sum("A" <= char <= "Z" and 1 << place for place, char in enumerate(group))] for group in groups)


def includes(values: tuple[str, ...] | None, value: str | None) -> bool:
    return value in (values or ())


def count_of_values(values: tuple[str, ...] | None) -> Decimal:
    return Decimal(len(values or ()))
