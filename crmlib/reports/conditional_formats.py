"""Looks of figures by their value: below 1,000 bad, from 5,000 on good. To add a look: a row in LOOKS, a line in docs/reports.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crmlib.definition import Source
from crmlib.errors import Problem, did_you_mean
from crmlib.reports.definition import ConditionalFormat, LookRule, Report
from crmlib.reports.result import Key, ReportResult


@dataclass(frozen=True)
class Look:
    """fill: behind the figure, on white paper; tint: the same over any ground, light or dark. ink: the letters, None as they are."""

    name: str
    fill: str
    tint: str
    ink: str | None = None


LOOKS: dict[str, Look] = {row.name: row for row in (
    Look("good", "#C4E8DA", "rgba(0,158,115,.26)"),
    Look("warning", "#FCE9BE", "rgba(230,159,0,.28)"),
    Look("bad", "#F8D2BE", "rgba(213,94,0,.32)"),
)}
"""Tints of colours that the colour-blind can tell apart. Any other look is a colour such as #3366cc."""

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def look_named(name: str) -> Look:
    """A row of LOOKS, or one of a colour, with letters that can be read on it."""
    if name in LOOKS:
        return LOOKS[name]
    red, green, blue = (int(name[at:at + 2], 16) for at in (1, 3, 5))
    return Look(name, name, name, "#FFFFFF" if 299 * red + 587 * green + 114 * blue < 140_000 else "#000000")


class LooksOf:
    """The looks of a result's figures."""

    def __init__(self, result: ReportResult) -> None:
        self.formats = {one.aggregate: one for one in result.conditional_formats}
        self.finest = len(result.groupings), len(result.across)

    def look(self, aggregate: str, value: Any, down: Key = (), across: Key = ()) -> Look | None:
        """Of one figure: that of the first rule it meets. Totals have none unless the format says so."""
        found = self.formats.get(aggregate)
        if found is None or value is None or not (found.totals or (len(down), len(across)) == self.finest):
            return None
        return next((look_named(rule.look) for rule in found.rules if _holds(rule, Decimal(str(value)))), None)


def _holds(rule: LookRule, value: Decimal) -> bool:
    return (rule.less_than is None or value < rule.less_than) and (rule.greater_or_equal is None or value >= rule.greater_or_equal)


def format_problems(report: Report, names: list[str], numbers: Set[str], source: Source) -> Iterator[Problem]:
    """What is wrong with the conditional formats of a report. numbers: names of its aggregates that are numbers."""
    seen = set()
    for index, one in enumerate(report.conditional_formats):
        place = ("conditional_formats", index)
        if one.aggregate in seen:
            yield Problem("twice", f"{one.aggregate!r} has formats already", source.place(*place), "put all its rules in one place")
        seen.add(one.aggregate)
        yield from _about_aggregate(one, names, numbers, source.place(*place, "aggregate"))
        for number, rule in enumerate(one.rules):
            yield from _about_rule(rule, source, (*place, "rules", number))


def _about_aggregate(one: ConditionalFormat, names: list[str], numbers: Set[str], where: str) -> Iterator[Problem]:
    if one.aggregate not in names:
        yield Problem("unknown-aggregate", f"the report has no aggregate {one.aggregate!r} to format", where,
                      did_you_mean(one.aggregate, names) or f"aggregates: {', '.join(names) or 'none'}")
    elif one.aggregate not in numbers:
        yield Problem("unfit-aggregate", f"{one.aggregate!r} is no number, which is what the bounds of a format are", where)
    if not one.rules:
        yield Problem("missing-key", f"the format of {one.aggregate!r} has no rules", where, "rules: [{less_than: 1000, look: bad}]")


def _about_rule(rule: LookRule, source: Source, place: tuple[str | int, ...]) -> Iterator[Problem]:
    if rule.look not in LOOKS and not COLOUR.fullmatch(rule.look):
        yield Problem("unknown-look", f"there is no look {rule.look!r}", source.place(*place, "look"),
                      did_you_mean(rule.look, LOOKS) or f"looks: {', '.join(LOOKS)}, or a colour such as '#3366cc'")
    if rule.less_than is None and rule.greater_or_equal is None:
        yield Problem("missing-key", "the rule has no bound", source.place(*place), "add less_than, greater_or_equal or both")
    elif rule.less_than is not None and rule.greater_or_equal is not None and rule.less_than <= rule.greater_or_equal:
        yield Problem("empty-range", f"no figure is less than {rule.less_than} and at least {rule.greater_or_equal}", source.place(*place))
