"""Text functions of formulas in SQL. What each does is said in `texts`. No text is empty: where one may become so, it becomes NULL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crmlib.formulas.numbers import INNER, MOST_DIGITS, NUMBER_TEXT
from crmlib.formulas.sql_value import (
    EMPTY,
    FALSE,
    NUMBER,
    Sql,
    constant,
    held,
    inline,
    number,
    plain,
    rounded_to,
    seen,
    text,
    unless,
    whole_number,
)
from crmlib.formulas.texts import BLANKS, HTML, JAVASCRIPT, LONGEST_PAD, TURKIC

MOST_ARGUMENTS = 90
LONGEST = 10
"""Digits of a text's length."""
SPACE = inline(" ")


def joined(*texts: Sql) -> Sql:
    """CONCAT takes NULL as nothing, and PostgreSQL 100 arguments at most."""
    parts: list[ColumnElement[str]] = [part.value for part in texts]
    while len(parts) > MOST_ARGUMENTS:
        parts = [func.concat(*parts[start: start + MOST_ARGUMENTS]) for start in range(0, len(parts), MOST_ARGUMENTS)]
    return text(func.concat(*parts), nullable=all(part.nullable for part in texts))


def or_empty(value: Sql) -> ColumnElement[str]:
    """For comparisons, in which a blank text equals the empty one."""
    if value.is_constant and value.constant is None:
        return EMPTY
    return func.coalesce(value.value, EMPTY) if value.nullable else value.value


def or_zero(count: ColumnElement[int]) -> Sql:
    return Sql(cast(func.coalesce(count, constant(0)), NUMBER), nullable=False, digits=LONGEST)


def length(value: Sql) -> Sql:
    return or_zero(func.char_length(value.value))


def left(value: Sql, count: Sql) -> Sql:
    return text(func.left(value.value, whole_number(count, 0)), nullable=True)


def right(value: Sql, count: Sql) -> Sql:
    return text(func.right(value.value, whole_number(count, 0)), nullable=True)


def middle(value: Sql, start: Sql, count: Sql) -> Sql:
    """From the right part of the text: substr would add start and count and overflow."""
    rest = func.substr(value.value, whole_number(start, 1))
    return text(func.left(rest, whole_number(count, 0)), nullable=True)


def find(sought: Sql, value: Sql, start: Sql | None = None) -> Sql:
    if start is None:
        return or_zero(func.strpos(value.value, sought.value))
    first = func.coalesce(whole_number(start, -1), constant(1))
    begin = func.greatest(first, constant(1))
    found = func.strpos(func.substr(value.value, begin), sought.value)
    return or_zero(held(and_(found > constant(0), first >= constant(0)), found + begin - constant(1)))


def substitute(value: Sql, old: Sql, new: Sql) -> Sql:
    return text(func.replace(value.value, old.value, or_empty(new)), nullable=True)


def trim(value: Sql) -> Sql:
    return text(func.btrim(value.value, inline(BLANKS)), nullable=True)


def upper(value: Sql, language: Sql | None = None) -> Sql:
    turkic = func.replace(value.value, inline("i"), inline("İ"))
    return Sql(_in_language(value.value, language, turkic, func.upper), nullable=value.nullable)


def lower(value: Sql, language: Sql | None = None) -> Sql:
    turkic = func.replace(func.replace(value.value, inline("İ"), inline("i")), inline("I"), inline("ı"))
    return Sql(_in_language(value.value, language, turkic, func.lower), nullable=value.nullable)


def _in_language(value: ColumnElement[str], language: Sql | None, turkic: ColumnElement[str], change: Any) -> ColumnElement[str]:
    if language is not None:
        is_turkic = func.lower(func.left(language.value, constant(2))).in_([inline(name) for name in TURKIC])
        value = case((is_turkic, turkic), else_=value)
    return change(any_script(value))


def any_script(value: ColumnElement[str]) -> ColumnElement[str]:
    """So that PostgreSQL knows letters of all scripts, whatever the database's own locale."""
    return value.collate("und-x-icu")


def reverse(value: Sql) -> Sql:
    return text(func.reverse(value.value))


def begins(value: Sql, start: Sql) -> Sql:
    return _true_if_blank(start, func.starts_with(value.value, start.value))


def contains(value: Sql, part: Sql) -> Sql:
    return _true_if_blank(part, func.strpos(value.value, part.value) > constant(0))


def _true_if_blank(part: Sql, found: ColumnElement[bool]) -> Sql:
    return plain(or_(part.value.is_(None), found) if part.nullable else found, nullable=True)


def left_pad(value: Sql, count: Sql, pad: Sql | None = None) -> Sql:
    return _padded(func.lpad, value, count, pad)


def right_pad(value: Sql, count: Sql, pad: Sql | None = None) -> Sql:
    return _padded(func.rpad, value, count, pad)


def _padded(function: Any, value: Sql, count: Sql, pad: Sql | None) -> Sql:
    error = None
    if not count.is_constant or count.constant > LONGEST_PAD:
        error = seen(count) >= constant(LONGEST_PAD + 1)
    padded = function(value.value, whole_number(count, 0, LONGEST_PAD), SPACE if pad is None else pad.value)
    return text(padded if error is None else unless(error, padded), nullable=True, error=error)


def code_point(value: Sql) -> Sql:
    return number(cast(func.ascii(value.value), NUMBER), digits=7)


def character(code: Sql) -> Sql:
    point = whole_number(code)
    fine = or_(point.between(constant(1), constant(0xD7FF)), point.between(constant(0xE000), constant(0x10FFFF)))
    return Sql(held(fine, func.chr(point)))


def html_encoded(value: Sql) -> Sql:
    return text(_encoded(value.value, HTML))


def javascript_encoded(value: Sql) -> Sql:
    return text(_encoded(value.value, JAVASCRIPT))


def javascript_in_html_encoded(value: Sql) -> Sql:
    return text(_encoded(_encoded(value.value, HTML), JAVASCRIPT))


def _encoded(value: ColumnElement[str], written: dict[str, str]) -> ColumnElement[str]:
    for character_, instead in written.items():  # `&` and the backslash, which the others bring in, come first
        value = func.replace(value, inline(character_), inline(instead))
    return value


def hyperlink(url: Sql, label: Sql, target: Sql | None = None) -> Sql:
    parts = [inline('<a href="'), url.value, inline('"')]
    if target is not None:
        there = func.concat(inline(' target="'), target.value, inline('"'))
        parts.append(held(target.value.is_not(None), there) if target.nullable else there)
    return Sql(func.concat(*parts, inline(">"), label.value, inline("</a>")), nullable=False)


def image(url: Sql, description: Sql, height: Sql | None = None, width: Sql | None = None) -> Sql:
    parts = [inline('<img src="'), url.value, inline('" alt="'), description.value, inline('"')]
    for name, size in (("height", height), ("width", width)):
        if size is not None:
            shown_size = func.concat(inline(f' {name}="'), cast(whole_number(size), Text), inline('"'))
            parts.append(held(size.value.is_not(None), shown_size) if size.nullable else shown_size)
    return Sql(func.concat(*parts, inline("/>")), nullable=False)


def shown_number(value: Sql) -> Sql:
    return text(cast(func.trim_scale(cast(seen(value), NUMBER)), Text))


def is_number(value: Sql) -> Sql:
    return Sql(func.coalesce(value.value.op("~")(NUMBER_PATTERN), FALSE), nullable=False)


def read_number(value: Sql) -> Sql:
    error = value.value.op("!~")(NUMBER_PATTERN)
    found = cast(unless(error, value.value), NUMBER)
    too_large = func.abs(found) >= constant(f"1e{MOST_DIGITS}")
    return number(unless(too_large, rounded_to(found, INNER)), scale=INNER, digits=MOST_DIGITS, error=or_(error, too_large))


NUMBER_PATTERN = inline(f"^{NUMBER_TEXT}$")


def same_text(one: Sql, other: Sql) -> Sql:
    return Sql(or_empty(one) == or_empty(other), nullable=False)


def other_text(one: Sql, other: Sql) -> Sql:
    return Sql(or_empty(one) != or_empty(other), nullable=False)


def in_order(compare: Any) -> Any:
    """Comparing texts by code points, capitals before small letters."""
    return lambda one, other: plain(compare(one.value.collate("C"), other.value.collate("C")))


def includes(values: Sql, value: Sql) -> Sql:
    """The values stand as `;a;b;`."""
    return plain(func.coalesce(func.strpos(values.value, func.concat(inline(";"), value.value, inline(";"))), constant(0)) > constant(0))


def count_of_values(values: Sql) -> Sql:
    return or_zero(func.char_length(values.value) - func.char_length(func.replace(values.value, inline(";"), EMPTY)) - constant(1))


class capitalized_words(FunctionElement[str]):
    """INITCAP: PostgreSQL's own goes by the locale of the database."""

    type = Text()
    inherit_cache = True
    name = "capitalized_words"


class url_encoded_text(FunctionElement[str]):
    """URLENCODE, which PostgreSQL has not."""

    type = Text()
    inherit_cache = True
    name = "url_encoded_text"


@compiles(capitalized_words)
def _capitalized(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    value = compiler.process(element.clauses.clauses[0], **kw)
    return (f"(SELECT string_agg(upper(left(word[1], 1) COLLATE \"und-x-icu\") || lower(substr(word[1], 2) COLLATE \"und-x-icu\"), '' "
            f"ORDER BY number) FROM regexp_matches(({value}) COLLATE \"und-x-icu\", '[[:alnum:]]+|[^[:alnum:]]+', 'g') "
            f"WITH ORDINALITY AS words(word, number))")


@compiles(url_encoded_text)
def _url_encoded(element: FunctionElement[str], compiler: SQLCompiler, **kw: Any) -> str:
    value = compiler.process(element.clauses.clauses[0], **kw)
    return (f"(SELECT string_agg(CASE WHEN letter ~ '^[A-Za-z0-9*._-]$' THEN letter WHEN letter = ' ' THEN '+' "
            f"ELSE regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', {PERCENT} || '\\1', 'g') END, '' "
            f"ORDER BY number) "
            f"FROM regexp_split_to_table({value}, '') WITH ORDINALITY AS letters(letter, number))")


PERCENT = "chr(37)"
"""`%` itself would be taken for the place of a parameter."""


def capitalized(value: Sql) -> Sql:
    return text(capitalized_words(value.value))


def url_encoded(value: Sql) -> Sql:
    return text(url_encoded_text(value.value))
