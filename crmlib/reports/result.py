"""What a report gives: plain values, ready to be laid out, without knowledge of SQL or of any output.

A cell is found by its key, the values of the groups around it from the outermost in: `result.cell(("Won", 24311))`;
`()` is the grand total. `key` values are as grouped (a period is its number, a lookup the record's id);
`Group.label` is what a person reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmlib.model.org import Settings

Key = tuple[Any, ...]


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


@dataclass(frozen=True)
class DetailRow:
    """One report row: the group it stands in, the primary record's id, its values in the order of the columns."""

    key: Key
    record_id: int
    values: tuple[Any, ...]


@dataclass(frozen=True)
class ReportResult:
    """A report's figures at one moment, for one user.

    cells: per group key (and `()` for the grand total) one value per aggregate, in their order.
    details: the rows that were asked for; `row_count` says how many there are in all, so nothing is cut unsaid.
    withheld: labels of what the running user may not see. notes: sentences about how to read the figures.
    """

    label: str
    description: str
    report_type: str
    format: str
    columns: tuple[ResultColumn, ...]
    groupings: tuple[ResultColumn, ...]
    aggregates: tuple[ResultColumn, ...]
    groups: tuple[Group, ...]
    cells: Mapping[Key, tuple[Any, ...]]
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
    chart: str = "auto"

    def cell(self, key: Key = ()) -> dict[str, Any]:
        """The aggregates of one group, by name. Raises KeyError for a group that does not exist."""
        return dict(zip((aggregate.name for aggregate in self.aggregates), self.cells[key], strict=True))

    @property
    def grand_total(self) -> dict[str, Any]:
        return self.cell(())

    @property
    def is_cut(self) -> bool:
        """Whether details were asked for and not all are here."""
        return self.show_details and len(self.details) < self.row_count

    def walk(self) -> Iterator[Group]:
        """All groups, each before its subgroups."""
        pending = list(reversed(self.groups))
        while pending:
            group = pending.pop()
            yield group
            pending.extend(reversed(group.groups))
