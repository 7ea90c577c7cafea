"""The types of the language, and signatures: which types a function takes and what it gives back.

A signature is a line of words: `text number -> text`, `text text number? -> number` (optional), `number+ -> number` (one or
more), `X (X T)+ T -> T` (pairs; a capital letter is a type that must be the same wherever it stands).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

TYPES = ("number", "text", "date", "datetime", "time", "boolean", "picklist", "multi_picklist", "geolocation", "id")

NULL = "null"
"""Type of a bare NULL: fits everywhere."""

UNKNOWN = "unknown"
"""Type of what was already found wrong: fits everywhere, so that one mistake gives one problem."""

FIELD_TYPES = {
    **{name: name for name in TYPES},
    **dict.fromkeys(("integer", "percent", "currency"), "number"),
    **dict.fromkeys(("long_text", "email", "phone", "url"), "text"),
    "lookup": "id",
}
"""Type in formulas of each type of field. A percent field holds 10 for 10 %, and a formula sees 0.10."""

NUMBER_FIELDS = ("number", "integer", "percent", "currency")
"""Blank fields of these types count as 0 when blanks are treated as zero. Other fields stay blank."""


@dataclass(frozen=True)
class Fit:
    """How arguments fit a signature: `wrong` is the index of the first that doesn't, -1 when all do; `slots` their types then."""

    result: str
    wrong: int = -1
    expected: str = ""
    slots: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """See the module's text. `group` repeats between `first` and `last`."""

    first: tuple[str, ...]
    group: tuple[str, ...]
    last: tuple[str, ...]
    optional: int
    result: str

    def slots(self, count: int) -> tuple[str, ...] | None:
        """The types that this many arguments must have; None when it can't be this many."""
        if self.group:
            repeated, rest = divmod(count - len(self.first) - len(self.last), len(self.group))
            return self.first + self.group * repeated + self.last if repeated >= 1 and rest == 0 else None
        most = len(self.first)
        return self.first[:count] if most - self.optional <= count <= most else None

    def fit(self, given: Sequence[str]) -> Fit | None:
        """None when the number of arguments is wrong."""
        slots = self.slots(len(given))
        if slots is None:
            return None
        bound: dict[str, str] = {}
        for index, (slot, type_) in enumerate(zip(slots, given, strict=True)):
            if slot in TYPE_LETTERS:
                common = common_type(bound.get(slot, NULL), type_)
                if common is None:
                    return Fit(self.result, index, bound[slot])
                bound[slot] = common
            elif not accepts(slot, type_):
                return Fit(self.result, index, slot)
        return Fit(bound.get(self.result, self.result), slots=tuple(bound.get(slot, slot) for slot in slots))


TYPE_LETTERS = ("T", "X")


def accepts(slot: str, given: str) -> bool:
    """Whether an argument of type `given` may stand where `slot` is wanted. A picklist value is a text."""
    if slot == "grouping":
        return given == slot
    return slot in ("any", given) or given in (NULL, UNKNOWN) or (slot == "text" and given == "picklist")


def common_type(one: str, other: str) -> str | None:
    """The type of a value that is either; None when there is none."""
    if one in (NULL, UNKNOWN) or one == other:
        return other if one == NULL else one
    if other in (NULL, UNKNOWN):
        return one
    return "text" if {one, other} == {"text", "picklist"} else None


@cache
def signature(words: str) -> Signature:
    """A signature from its line of words."""
    takes, _, result = words.partition("->")
    before, group, after = takes, "", ""
    if repeated := re.search(r"\((.*?)\)\+|(\S+)\+", takes):
        before, group, after = takes[: repeated.start()], repeated[1] or repeated[2], takes[repeated.end():]
    first = before.split()
    return Signature(tuple(word.rstrip("?") for word in first), tuple(group.split()), tuple(after.split()),
                     sum(word.endswith("?") for word in first), result.strip())
