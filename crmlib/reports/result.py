"""What a report gives: plain values, ready to be laid out, without knowledge of SQL or of any output.

A cell is found by its key down and across, each the values of the groups around it from the outermost in:
`result.cell(("Won", 24311))`, in a matrix `result.cell(("Won",), (24311,))`; `()` is the total of a direction, both the
grand total. `key` values are as grouped (a period is its number, a lookup the record's id);
`Group.label` is what a person reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from crmlib.model.org import Settings
from crmlib.reports.definition import Chart, ConditionalFormat

Key = tuple[Any, ...]


class _Other(Enum):
    OTHER = "Other"


OTHER = _Other.OTHER
"""The value of the group in which all but the top groups stand together."""


@dataclass(frozen=True)
class ResultColumn:
    """A detail column, grouping or aggregate as shown. `type` is a field type's name, `scale` its digits after the point.

    name: field path ("account.industry"), or for aggregates path and aggregate ("amount:sum", "record_count").
    """

    name: str
    label: str
    type: str
    scale: int = 2
    granularity: str | None = None


@dataclass(frozen=True)
class Group:
    """A group with its subgroups in order. `value` None is the blank group. `rows` counts the report rows in it."""

    key: Key
    label: str
    rows: int
    groups: tuple[Group, ...] = ()

    @property
    def value(self) -> Any:
        return self.key[-1]


class DetailRow(NamedTuple):
    """One report row: the groups down and across it stands in, the primary record's id, its values in the order of the columns.

    A tuple, since there may be a million of them.
    """

    key: Key
    record_id: int
    values: tuple[Any, ...]
    across: Key = ()


@dataclass(frozen=True)
class ReportResult:
    """A report's figures at one moment, for one user.

    groupings, groups: those down. across, groups_across: those across, of a matrix.
    cells: per (key down, key across) one value per aggregate, in their order; a group across that has no record in a
    group down has no cell there.
    details: the rows that were asked for; `row_count` says how many there are in all, so nothing is cut unsaid.
    withheld: labels of what the running user may not see. notes: sentences about how to read the figures.
    engine: who answered, "database", "column engine" or "Spark cluster"; `run_at` is the moment as of which the figures are.
    """

    label: str
    description: str
    report_type: str
    format: str
    columns: tuple[ResultColumn, ...]
    groupings: tuple[ResultColumn, ...]
    across: tuple[ResultColumn, ...]
    aggregates: tuple[ResultColumn, ...]
    groups: tuple[Group, ...]
    groups_across: tuple[Group, ...]
    cells: Mapping[tuple[Key, Key], tuple[Any, ...]]
    details: tuple[DetailRow, ...]
    row_count: int
    show_details: bool
    primary_object: str
    settings: Settings
    user: str
    run_at: datetime
    filters: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chart: Chart = field(default_factory=Chart)
    conditional_formats: tuple[ConditionalFormat, ...] = ()
    engine: str = "database"

    def cell(self, down: Key = (), across: Key = ()) -> dict[str, Any]:
        """The aggregates of one cell, by name. Raises KeyError for one that does not exist."""
        return dict(zip((aggregate.name for aggregate in self.aggregates), self.cells[down, across], strict=True))

    @property
    def grand_total(self) -> dict[str, Any]:
        return self.cell()

    @property
    def is_cut(self) -> bool:
        """Whether details were asked for and not all are here."""
        return self.show_details and len(self.details) < self.row_count

    def walk(self) -> Iterator[Group]:
        """All groups down, each before its subgroups."""
        return walk(self.groups)


def walk(groups: Sequence[Group]) -> Iterator[Group]:
    """These groups and all below them, each before its subgroups."""
    for group in groups:
        yield group
        yield from walk(group.groups)
