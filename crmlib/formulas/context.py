"""What a formula is evaluated in: the day, the clock, the zone, how blanks count, and the other cells of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Protocol

from crmlib.errors import Problem, UserError

BlankAs = Literal["zero", "blank"]
"""A blank number counts as 0, or stays blank."""


class FormulaError(UserError):
    """The formula has no value for these operands (division by zero, a text that is no date); a report shows `#Error!`."""

    def __init__(self, message: str) -> None:
        super().__init__(Problem("formula-error", message))


class Cells(Protocol):
    """What PARENTGROUPVAL and PREVGROUPVAL ask of a report: the values of another cell, by operand name; None if there is none."""

    def parent(self, groupings: tuple[str, ...]) -> Mapping[str, Any] | None:
        """The cell of the group this one belongs to at that grouping, or of the total (`GRAND_SUMMARY`)."""
        ...

    def previous(self, grouping: str, steps: int) -> Mapping[str, Any] | None:
        """The cell `steps` groups before this one in that grouping."""
        ...


@dataclass(frozen=True)
class Context:
    """`now` is aware. `zone` decides on which day a moment falls. `blank_as`: a blank number counts as 0, or stays blank.

    `before` are the record's values before it was changed, None for a new record; only ISCHANGED and the like ask for them.
    """

    today: date
    now: datetime
    zone: str = "UTC"
    blank_as: BlankAs = "zero"
    cells: Cells | None = None
    before: Mapping[str, Any] | None = None

    def for_formula(self, blank_as: BlankAs | None) -> Context:
        """The same for a formula that takes blanks in its own way; None: in this one."""
        return self if blank_as in (None, self.blank_as) else replace(self, blank_as=blank_as)
