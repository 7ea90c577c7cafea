"""What a figure is to the others: shares, running totals, ranks, differences; one row each. To add one: a row in SHOW_AS.

Computed of finished figures, in the order in which groups are shown; groups down are compared with their neighbours down,
in each column of a matrix by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crmlib.reports.result import OTHER, Key

CellKey = tuple[Key, Key]
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Neighbours:
    """A cell among the others: its figure, and those of the groups down in the same parent, in their order, with itself at `place`."""

    key: CellKey
    figures: Mapping[CellKey, Any]
    siblings: Sequence[Key]
    place: int

    @property
    def own(self) -> Any:
        return self.figures.get(self.key)

    def of(self, down: Key, across: Key) -> Any:
        return self.figures.get((down, across))

    @property
    def before(self) -> Any:
        """The figure of the sibling before it; Other comes after none."""
        is_other = self.place and self.siblings[self.place][-1] is OTHER
        return self.of(self.siblings[self.place - 1], self.key[1]) if self.place and not is_other else None

    @property
    def beside(self) -> list[Any]:
        """The figures of all siblings, its own among them."""
        return [self.of(sibling, self.key[1]) for sibling in self.siblings]


@dataclass(frozen=True)
class ShowAs:
    """One way to show a figure. result_type: None means the figure's own. needs_whole: only for aggregates whose parts add up.

    needs_number: not for dates and texts.
    """

    name: str
    label: str
    figure: Callable[[Neighbours], Any]
    result_type: str | None = "percent"
    needs_whole: bool = True
    needs_number: bool = True


def _share(own: Any, whole: Any) -> Decimal | None:
    """In percent, rounded half up to two digits; of nothing there is no share."""
    return (Decimal(own) * 100 / Decimal(whole)).quantize(HUNDREDTH, ROUND_HALF_UP) if own is not None and whole else None


def _running(at: Neighbours) -> Any:
    return sum((figure for figure in at.beside[:at.place + 1] if figure is not None), 0) if at.own is not None else None


def _rank(at: Neighbours) -> int | None:
    """1 for the largest; equal figures share a rank, and the next one is as many ranks below. The whole and Other have none."""
    if at.own is None or not at.key[0] or at.key[0][-1] is OTHER:
        return None
    others = (at.of(sibling, at.key[1]) for sibling in at.siblings if sibling[-1] is not OTHER)
    return 1 + sum(figure is not None and figure > at.own for figure in others)


def _difference(at: Neighbours) -> Any:
    return None if at.before is None or at.own is None else at.own - at.before


def _change(at: Neighbours) -> Decimal | None:
    return _share(_difference(at), abs(at.before)) if at.before else None


SHOW_AS: dict[str, ShowAs] = {row.name: row for row in (
    ShowAs("share_of_total", "{}, share of total", lambda at: _share(at.own, at.of((), ()))),
    ShowAs("share_of_parent", "{}, share of group", lambda at: _share(at.own, at.of(at.key[0][:-1], at.key[1]))),
    ShowAs("share_of_row", "{}, share of row", lambda at: _share(at.own, at.of(at.key[0], ()))),
    ShowAs("share_of_column", "{}, share of column", lambda at: _share(at.own, at.of((), at.key[1]))),
    ShowAs("running_total", "{}, running total", _running, None),
    ShowAs("rank", "{}, rank", _rank, "integer", needs_whole=False, needs_number=False),
    ShowAs("difference", "{}, difference to the one before", _difference, None, needs_whole=False),
    ShowAs("change", "{}, change in percent", _change, needs_whole=False),
)}
