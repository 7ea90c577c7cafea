"""What all makers of demo records share: rows that wait to be written in batches, and a calendar of working days."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from sqlalchemy import Connection, Index, func, select, text

from crmlib.model.schema import Schema

HISTORY_DAYS = 730
BUSY_BY_MONTH = (0.80, 0.90, 1.15, 0.95, 1.00, 1.05, 0.70, 0.60, 1.15, 1.20, 1.30, 1.05)
_GROWTH = 0.35
_OFFICE_OPENS, _OFFICE_CLOSES = 7 * 3600, 15 * 3600  # UTC: then the local day in Europe/Amsterdam is the same, in summer and winter


class Rows:
    """Rows of any object, added with their ids and written in batches, parents before children.

    Ids go on after those that are in the base, so that a reference can be made before its target is written.
    """

    def __init__(self, schema: Schema, connection: Connection) -> None:
        self._tables = {object_type.name: object_type.table for object_type in schema}
        self._order = [table.info["name"] for table in schema.metadata.sorted_tables if table.info]
        self._waiting: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._before = {name: connection.execute(select(func.max(table.c.id))).scalar() or 0 for name, table in self._tables.items()}
        self._indexes: list[Index] = []
        self.counts: Counter[str] = Counter()

    def new_id(self, object: str) -> int:
        self.counts[object] += 1
        return self._before[object] + self.counts[object]

    def add(self, object: str, owner: int | None, created: datetime, modified: datetime | None = None, *, deleted: datetime | None = None,
            by: int | None = None, id: int | None = None, **values: Any) -> int:
        """Let a record wait; returns its id. `by` created it (default: its owner); `id` was reserved with `new_id`.

        All rows of one object carry the same keys: they go in with one statement.
        """
        modified = modified or created
        values["id"] = identity = id or self.new_id(object)
        values["owner_id"] = owner
        values["created_by_id"] = by or owner
        values["created_at"] = created
        values["modified_by_id"] = owner
        values["modified_at"] = max(modified, deleted) if deleted else modified
        values["deleted_at"] = deleted
        self._waiting[object].append(values)
        return identity

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def write(self, connection: Connection) -> None:
        """Write all that wait."""
        for name in self._order:
            if rows := self._waiting.pop(name, None):
                connection.execute(self._tables[name].insert(), rows)

    def drop_indexes(self, connection: Connection) -> None:
        """Do without indexes until `finish`: to sort millions of keys once is faster than to keep them sorted all the time."""
        self._indexes = [index for table in self._tables.values() for index in table.indexes]
        for index in self._indexes:
            index.drop(connection)

    def finish(self, connection: Connection) -> None:
        """Make the indexes that were dropped; make the database give the next ids after ours and know how its tables are filled."""
        for index in self._indexes:
            index.create(connection)
        if connection.dialect.name == "postgresql":
            for name, count in self.counts.items():
                sequence = f"pg_get_serial_sequence('{self._tables[name].name}', 'id')"
                connection.execute(text(f"SELECT setval({sequence}, {self._before[name] + count})"))
        connection.execute(text("ANALYZE"))


class Calendar:
    """Two years of working days that end yesterday: whatever happened, happened by then; what is planned is for today or later."""

    def __init__(self, rng: Random, today: date) -> None:
        self._rng = rng
        self.today = today
        self.first = today - timedelta(days=HISTORY_DAYS)
        self.last = today - timedelta(days=1)
        self.now = datetime.combine(self.last, time(15, 30), UTC)
        """The latest moment anything of the past has."""
        days = [self.first + timedelta(days=number) for number in range(HISTORY_DAYS)]
        self._workdays = [day for day in days if day.weekday() < 5]
        self._busy = list(accumulate(BUSY_BY_MONTH[day.month - 1] * (1 + _GROWTH * (day - self.first).days / HISTORY_DAYS)
                                     for day in self._workdays))
        self._midnights = {day: datetime.combine(day, time(), UTC) for day in days}

    def busy_day(self) -> date:
        """A working day of the two years: more often of a busy month, and of the second year."""
        return self._workdays[bisect(self._busy, self._rng.random() * self._busy[-1])]

    def moment(self, day: date) -> datetime:
        """A moment of this day in office hours."""
        midnight = self._midnights.get(day) or datetime.combine(day, time(), UTC)
        return midnight + timedelta(seconds=_OFFICE_OPENS + int(self._rng.random() * (_OFFICE_CLOSES - _OFFICE_OPENS)))

    def between(self, start: datetime, end: datetime) -> datetime:
        """A moment in office hours, on a working day where there is one, not outside the two given."""
        span = (end - start).total_seconds()
        middle = start + timedelta(seconds=int(self._rng.random() * max(span, 0)))
        return max(start, min(end, self.moment(workday(middle.date()))))

    def after(self, start: datetime, days: float) -> datetime:
        """A moment so many days later, at most `now`."""
        return max(start, min(self.now, self.moment(workday(start.date() + timedelta(days=days)))))

    def future_day(self, within_days: int) -> date:
        """A working day, today or later, sooner rather than later."""
        return next_workday(self.today + timedelta(days=int(within_days * self._rng.random() ** 1.5)))


def workday(day: date) -> date:
    """This day, or the Friday before."""
    late = day.weekday() - 4
    return day - timedelta(days=late) if late > 0 else day


def next_workday(day: date) -> date:
    """This day, or the Monday after."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def spread(total: int, among: int, rng: Random, skew: float) -> list[int]:
    """How many of `total` things each of `among` gets: a few get many. skew 1 treats all alike."""
    shares = [0] * among
    for _ in range(total):
        shares[int(among * rng.random() ** skew)] += 1
    rng.shuffle(shares)
    return shares


Progress = Callable[[float], None]
"""Is told the part done, 0 to 1."""
