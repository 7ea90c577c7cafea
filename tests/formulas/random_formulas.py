"""Random formulas of every type, as text. Sine and the like are left out: databases and Python may differ in their last digit."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

Formulas = st.SearchStrategy[str]


def patterns(text: str) -> list[str]:
    """What stands between the bars."""
    return [" ".join(part.split()) for part in text.split("|")]


LITERALS = {
    "number": patterns("0 | 1 | 2 | 3 | 7 | 24 | 31 | 0.5 | 0.005 | -1 | -2.5 | 100 | 1000000 | 12345.6789 | 0.333333333333 | NULL"),
    "text": ['""', '"a"', '"Won"', '"é%ß"', '"2024-02-29"', '"12.50"', '"-3e2"', '"x y  z"', '"it\'s \\"so\\" \\\\ :p"', '"ক খ"', '";"',
             "NULL"],
    "date": patterns("DATE(2024, 2, 29) | DATE(1, 1, 1) | DATE(9999, 12, 31) | TODAY() | NULL"),
    "datetime": patterns('DATETIMEVALUE("2024-02-29 23:59:59") | NOW() | NULL'),
    "boolean": patterns("TRUE | FALSE | NULL"),
}
FIELDS_OF = {
    "number": ["amount", "quantity", "rate", "count"], "text": ["name", "note", "stage"], "date": ["day", "other_day"],
    "datetime": ["moment", "other_moment"], "boolean": ["open"],
}
MADE_OF = {
    "number": patterns("""
        ({n} + {n}) | ({n} - {n}) | ({n} * {n}) | ({n} / {n}) | -{n} | {n} ^ 2 | {n} ^ 3 | {n} ^ {n} | ABS({n}) | ROUND({n}, 2)
        | ROUND({n}, {n}) | TRUNC({n}, 1) | TRUNC({n}) | FLOOR({n}) | CEILING({n}) | MFLOOR({n}) | MCEILING({n}) | MOD({n}, {n})
        | MAX({n}, {n}) | MIN({n}, {n}, {n}) | SQRT({n}) | LN({n}) | LOG({n}) | EXP({n}) | LEN({t}) | FIND({t}, {t})
        | FIND({t}, {t}, {n}) | VALUE({t}) | YEAR({d}) | MONTH({d}) | DAY({d}) | WEEKDAY({d}) | ISOWEEK({d}) | ISOYEAR({m})
        | DAYOFYEAR({d}) | ({d} - {d}) | ({m} - {m}) | UNIXTIMESTAMP({d}) | UNIXTIMESTAMP({m}) | HOUR({m}) | MILLISECOND({m})
        | ASCII({t}) | PICKLISTCOUNT(tags) | IF({b}, {n}, {n}) | CASE({n}, {n}, {n}, {n}, {n}, {n}) | CASE({t}, {t}, {n}, {n})
        | BLANKVALUE({n}, {n}) | NULLVALUE({n}, {n})"""),
    "text": patterns("""
        ({t} & {t}) | ({t} + {t}) | LEFT({t}, {n}) | RIGHT({t}, 2) | MID({t}, {n}, {n}) | UPPER({t}) | LOWER({t}) | UPPER({t}, "tr")
        | TRIM({t}) | SUBSTITUTE({t}, {t}, {t}) | LPAD({t}, 9, {t}) | RPAD({t}, {n}) | REVERSE({t}) | TEXT({n}) | TEXT({d})
        | TEXT({m}) | HTMLENCODE({t}) | JSENCODE({t}) | URLENCODE({t}) | INITCAP({t}) | CHR({n}) | FORMATDURATION({n})
        | FORMATDURATION({n}, {b}) | FORMATDURATION({m}, {m}) | HYPERLINK({t}, {t}, {t}) | IF({b}, {t}, {t})
        | CASE({t}, {t}, {t}, {t}) | CASE({d}, {d}, {t}, {t}) | BLANKVALUE({t}, {t}) | NULLVALUE({t}, {t})
        | TEXT(TIMEVALUE({m}) + {n})"""),
    "date": patterns("""
        ({d} + {n}) | ({d} - {n}) | ({n} + {d}) | ADDMONTHS({d}, {n}) | DATE({n}, {n}, {n}) | DATE(YEAR({d}), MONTH({d}), DAY({d}))
        | DATEVALUE({t}) | DATEVALUE({m}) | IF({b}, {d}, {d}) | BLANKVALUE({d}, {d}) | CASE({n}, {n}, {d}, {d})"""),
    "datetime": patterns("""
        ({m} + {n}) | ({m} - {n}) | ADDMONTHS({m}, {n}) | DATETIMEVALUE({t}) | DATETIMEVALUE({d}) | FROMUNIXTIME({n})
        | IF({b}, {m}, {m}) | BLANKVALUE({m}, {m})"""),
    "boolean": patterns("""
        {n} = {n} | {n} <> {n} | {n} < {n} | {n} >= {n} | {t} = {t} | {t} <> {t} | {t} < {t} | {t} >= {t} | {d} = {d} | {d} > {d}
        | {m} <= {m} | ({b}) = ({b}) | AND({b}, {b}) | OR({b}, {b}, {b}) | NOT({b}) | ISBLANK({t}) | ISBLANK({n}) | ISNULL({d})
        | ISNUMBER({t}) | BEGINS({t}, {t}) | CONTAINS({t}, {t}) | ISPICKVAL(stage, {t}) | INCLUDES(tags, {t}) | IF({b}, {b}, {b})
        | account = other_account | ISBLANK(account)"""),
}
TYPE_OF = {"n": "number", "t": "text", "d": "date", "m": "datetime", "b": "boolean"}


@cache
def formulas(type_: str, depth: int) -> Formulas:
    """Formulas of this type with so many calls within each other at most."""
    simple = st.sampled_from(FIELDS_OF[type_] * 2 + LITERALS[type_])
    if depth == 0:
        return simple
    return st.one_of(simple, st.sampled_from(MADE_OF[type_]).flatmap(lambda pattern: _filled(pattern, depth - 1)))


def _filled(pattern: str, depth: int) -> Formulas:
    before, *slots = pattern.split("{")
    chosen = st.tuples(*(formulas(TYPE_OF[slot[0]], depth) for slot in slots))
    return chosen.map(lambda texts: before + "".join(text + slot[2:] for text, slot in zip(texts, slots, strict=True)))
