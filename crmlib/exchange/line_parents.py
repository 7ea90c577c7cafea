"""Finds out to which order each line belongs when a file of lines lost that column but kept its sequence.

The lines of an order follow one another and add up to its total, so the file falls into runs, each as large as the total
of some order. Only what is certain is used: a run that every best way of dividing the file has in common (best: fewest lines
left over), and an order that no other run can claim. Other lines get a problem, never a guess; and when more than one line
in twenty is left over, chance could explain the rest, so all of them do.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from crmlib.exchange.cells import key_text, read_number
from crmlib.exchange.csv_files import SourceRow
from crmlib.exchange.mapping import FileMapping, ParentByTotal

LONGEST_RUN = 30
LINES_PER_ODD_ONE = 20

Run = tuple[int, int]
"""From the first line to the one after the last."""
Possible = list[list[tuple[int, Run]]]
"""For each line: where a run from it may end, and the slice of the sorted totals it may be."""
Ways = tuple[int, int]
"""How many lines are left over at best, and in how many ways that can be."""


def add_parent_column(lines: Sequence[SourceRow], wanted: ParentByTotal, parent: FileMapping, parents: Sequence[SourceRow],
                      decimal_mark: str) -> None:
    """Put the key of its parent into `wanted.column` of each line; where it can't be told, a problem and an empty cell."""
    totals = [_amount(row, wanted.total, decimal_mark) for row in parents]
    ordered = sorted((total, index) for index, total in enumerate(totals) if total is not None)
    amounts = [_amount(row, wanted.line_total, decimal_mark) for row in lines]
    certain = _certain_runs(amounts, [total for total, _ in ordered], wanted.tolerance)
    claims = {run: {ordered[place][1] for place in range(*between)} for run, between in certain.items()}
    for row in lines:
        row.cells[wanted.column] = ""
    for (first, end), index in _settle(claims).items():
        for row in lines[first:end]:
            row.cells[wanted.column] = key_text(parents[index].cells, parent.key)
    for row in lines:
        if not row.cells[wanted.column]:
            row.problems.append(f"it can't be told to which row of {wanted.parent} it belongs: the totals leave several ways or none")


def _amount(row: SourceRow, column: str, decimal_mark: str) -> Decimal | None:
    try:
        return read_number(row.cells.get(column, ""), decimal_mark)
    except ValueError:
        return None


def _certain_runs(amounts: Sequence[Decimal | None], totals: Sequence[Decimal], tolerance: Decimal) -> dict[Run, Run]:
    """Runs that every division of the file has; each with the slice of the sorted `totals` it may be."""
    possible: Possible = [[] for _ in amounts]
    for first in range(len(amounts)):
        total = Decimal(0)
        for end in range(first, min(first + LONGEST_RUN, len(amounts))):
            amount = amounts[end]
            if amount is None:
                break
            total += amount
            between = bisect_left(totals, total - tolerance), bisect_right(totals, total + tolerance)
            if between[0] < between[1]:
                possible[first].append((end + 1, between))
    to, on = _ways_to(possible), _ways_on(possible)
    left_over, ways = on[0]
    if left_over * LINES_PER_ODD_ONE > len(amounts):
        return {}
    return {(first, end): between for first, runs in enumerate(possible) for end, between in runs
            if to[first][0] + on[end][0] == left_over and to[first][1] * on[end][1] == ways}


def _ways_on(possible: Possible) -> list[Ways]:
    """For each line: the best ways to divide the file from there to its end."""
    on = [(0, 1)] * (len(possible) + 1)
    for first in range(len(possible) - 1, -1, -1):
        on[first] = _best([(on[first + 1][0] + 1, on[first + 1][1]), *(on[end] for end, _ in possible[first])])
    return on


def _ways_to(possible: Possible) -> list[Ways]:
    """For each line: the best ways to divide the file from its beginning up to there."""
    arriving: list[list[Ways]] = [[(0, 1)], *([] for _ in possible)]
    to = []
    for first, runs in enumerate(possible):
        to.append(_best(arriving[first]))
        arriving[first + 1].append((to[first][0] + 1, to[first][1]))
        for end, _ in runs:
            arriving[end].append(to[first])
    return [*to, _best(arriving[-1])]


def _best(ways: Sequence[Ways]) -> Ways:
    fewest = min(left_over for left_over, _ in ways)
    return fewest, sum(count for left_over, count in ways if left_over == fewest)


def _settle(claims: dict[Run, set[int]]) -> dict[Run, int]:
    """Each run with the only parent left to it, once those that are some other run's only one are struck out."""
    taken = {parent for parents in claims.values() if len(parents) == 1 for parent in parents}
    left = {run: parents if len(parents) == 1 else parents - taken for run, parents in claims.items()}
    settled = {run: next(iter(parents)) for run, parents in left.items() if len(parents) == 1}
    times = Counter(settled.values())
    return {run: parent for run, parent in settled.items() if times[parent] == 1}
