"""Why a record is in a report, or is not: every condition of the report's own plan, asked of this record.

    why(org, secured, "", 5)                   the primary object's record 5
    why(org, secured, "account", 7)            a record of another source, by the source's path

The verdict is whether the rows that the report itself is made of have the record in them. The steps are the conditions by
which rows get there, in their order, each the same SQL as in the report: the record itself, objects it must be joined
with, scope and filters, row limit, conditions on groups. Of a record that the user may not see nothing is told.
Steps and verdict are answered as of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, select, true

from crmlib.mirror.fetch import fetch
from crmlib.model.org import Org, Settings
from crmlib.model.schema import Schema
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.assemble import group_label
from crmlib.reports.by_figures import is_met, with_figure
from crmlib.reports.join import Join
from crmlib.reports.plan import FieldRef, PlannedCrossFilter, PlannedFilter, PlannedHaving
from crmlib.reports.report_rows import ReportRows
from crmlib.reports.report_types import ReportSource
from crmlib.reports.result import OTHER, Key
from crmlib.reports.secure import SecuredPlan
from crmlib.security.sharing import row_predicate

SHOWN_VALUES = 3
"""Of a record that stands in many rows, so many different values of each are told."""


@dataclass(frozen=True)
class Found:
    """Values that the record's rows have: of a field, of the figure of a group. more: there are others."""

    label: str
    type: str
    scale: int
    values: tuple[Any, ...]
    more: bool = False


@dataclass(frozen=True)
class Step:
    """A condition on the way into the report. kind: "record", "join", "scope", "filter", "logic", "row limit", "having" or "top".

    holds: for at least one of the record's rows; in_all: for all of them. decides: it left the record out.
    found: what it was that was compared; of a condition that holds in some rows only, nothing.
    """

    kind: str
    text: str
    holds: bool
    decides: bool = False
    found: tuple[Found, ...] = ()
    in_all: bool = True


@dataclass(frozen=True)
class Place:
    """Groups in which the record stands, by key and by label, and in how many rows."""

    down: Key
    across: Key
    labels_down: tuple[str, ...]
    labels_across: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Why:
    """The answer, for `user`. name: the record's; "" where there is none that may be told of."""

    report: str
    user: str
    object: str
    record_id: int
    name: str
    is_there: bool
    steps: tuple[Step, ...]
    places: tuple[Place, ...]
    settings: Settings = field(repr=False)

    @property
    def reasons(self) -> tuple[Step, ...]:
        """What left it out."""
        return tuple(step for step in self.steps if step.decides)


def why(org: Org, plan: SecuredPlan, path: str, record_id: int, by_administrator: bool = False) -> Why:
    """Whether a record is in the report and what decided. path: its source. by_administrator: whoever asks may see all such
    records, so that the answer may tell of one that the report's user may not see. Some few statements in one snapshot."""
    assert plan.access is not None
    asking = _Asking(org.schema, plan, path, record_id, by_administrator)
    of_record = [asking.record(), asking.ways(), asking.conditions(), asking.values()]
    of_report = [asking.place(), *(asking.figures(number) for number in range(len(plan.having))), asking.rows(top=False),
                 asking.rows(top=True)]
    answers = fetch(org, *of_record).rows
    steps = list(asking.steps_of_record(*answers))
    found: list[Place] = []
    if not _left_out(steps):  # what all rows of the report decide takes longer; with it all is asked anew, as of one moment
        answers = fetch(org, *of_record, *of_report).rows
        _, _, _, _, places, *figures, rows_before_top, rows = answers
        steps = [*asking.steps_of_record(*answers[:len(of_record)]), *asking.steps_of_limit(places)]
        for number, having in enumerate(plan.having):
            if not _left_out(steps):
                steps.append(asking.step_of_having(having, figures[number]))
        if not _left_out(steps):
            found = [asking.place_of(row) for row in rows if row.row_count]
            steps += asking.steps_of_top(rows_before_top, rows)
    record = asking.seen(answers[0])
    return Why(plan.report.label, plan.access.name, org.schema.describe(asking.source.object).label, record_id,
               "" if record is None else str(record.name), bool(found), tuple(steps), tuple(found), plan.settings)


def _left_out(steps: Sequence[Step]) -> bool:
    return any(step.decides for step in steps)


class _Asking:
    """The statements about one record, and the steps that their rows come to."""

    def __init__(self, schema: Schema, plan: SecuredPlan, path: str, record_id: int, by_administrator: bool) -> None:
        self.schema, self.plan, self.path, self.record_id, self.by_administrator = schema, plan, path, record_id, by_administrator
        self.by_path = {source.path: source for source in plan.sources}
        self.source = self.by_path[path]
        # With every join an outer one, a row that lacks a required record is still there to be asked.
        self.join = Join(plan, schema, [replace(source, required=False) for source in plan.sources])
        self.alias = self.join.aliases[path]
        self.around = list(self._around())
        self.required = [source for source in plan.sources[1:] if source.required and source not in (*self.around, self.source)]
        self.user = plan.access.name if plan.access else ""

    def _around(self) -> Iterator[ReportSource]:
        """The sources that this one hangs on, up to the primary object."""
        source = self.source
        while source.path:
            source = self.by_path[source.parent]
            yield source

    # What is asked

    def record(self) -> Select[Any]:
        described = self.schema.describe(self.source.object)
        records = described.table
        rule = row_predicate(self.plan.rules[self.path], records, self.schema)
        visible = literal(1) if rule is None else case((rule, 1), else_=0)
        name = records.c[described.field("name").column.name]
        return select(name.label("name"), records.c.deleted_at.label("deleted_at"), visible.label("is_visible")).where(
            records.c.id == self.record_id)

    def ways(self) -> Select[Any] | None:
        """How many records of each source around it the record hangs on."""
        if not self.around:
            return None
        tables, source = self.alias, self.source
        for above in self.around:
            tables = tables.outerjoin(self.join.aliases[above.path], and_(self.join.link(source), self.join.visible(above.path)))
            source = above
        counts: list[ColumnElement[Any]] = [func.count(self.join.aliases[above.path].c.id) for above in self.around]
        return select(*counts).select_from(tables).where(self.alias.c.id == self.record_id)

    def conditions(self) -> Select[Any]:
        """In how many of the record's rows each condition holds."""
        plan, join = self.plan, self.join
        joined = [join.aliases[source.path].c.id.is_not(None) for source in self.required]
        together = and_(true(), *joined)
        met, scope = join.condition(plan.filters, plan.logic), join.scope()
        named = {f"join{index}": one for index, one in enumerate(joined)} | {"joined": together, "scope": and_(together, scope)}
        named |= {f"filter{index}": and_(together, join.filter(one)) for index, one in enumerate(plan.filters)}
        named |= {f"absent{index}": and_(together, join.filter(one)) for index, one in enumerate(plan.absent)}
        named |= {"met": and_(together, met), "kept": and_(together, scope, join.condition(plan.conditions, plan.whole_logic))}
        counts: list[ColumnElement[Any]] = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name)
                                            for name, condition in named.items()]
        return select(*counts).select_from(self._tables([])).where(self._is_asked())

    def values(self) -> Select[Any] | None:
        """What the record's rows have in the fields that filters ask."""
        columns = [column.label(f"value{index}_{place}") for index, condition in enumerate(self.plan.filters)
                   for place, column in enumerate(self._compared(condition))]
        if not columns:
            return None
        joined = [self.join.aliases[source.path].c.id.is_not(None) for source in self.required]
        query = select(*columns).select_from(self._tables(columns)).where(self._is_asked(), *joined).distinct()
        return query.limit(SHOWN_VALUES + 1)

    def place(self) -> Select[Any] | None:
        if not self.plan.report.row_limit:
            return None
        places = ReportRows(self.plan, self.schema).places(self.path)
        return select(func.min(places.c.place).label("place")).where(places.c.asked == self.record_id)

    def figures(self, number: int) -> Select[Any]:
        """The figures that a condition on groups asks, of the record's groups that met those before."""
        having = self.plan.having[number]
        before = self._without_top(self.plan.having[:number])
        rows = ReportRows(before, self.schema).of_source(self.path, [having.aggregate]).subquery("asked_rows")
        grouped = with_figure(rows, before, having.aggregate, range(before.down))
        down = {f"{name}{index}" for name in ("key", "shown") for index in range(before.down)}
        columns: list[ColumnElement[Any]] = [column for column in grouped.c if column.name in down]
        met = case((is_met(having, grouped.c.figure), 1), else_=0).label("is_met")
        query: Select[Any] = select(*columns, grouped.c.figure, met).where(grouped.c.asked == self.record_id)
        return query.distinct()

    def rows(self, top: bool) -> Select[Any] | None:
        """The record's rows in the report by their groups; without top, in the groups that they had if all had one of their own."""
        if not top and all(one.top is None for one in self.plan.groupings):
            return None
        plan = self.plan if top else self._without_top(self.plan.having)
        rows = ReportRows(plan, self.schema).of_source(self.path).subquery("asked_rows")
        keys = [column for column in rows.c if column.name.startswith(("key", "other"))]
        shown = [func.min(column).label(column.name) for column in rows.c if column.name.startswith("shown")]  # several in Other
        query = select(*keys, *shown, func.count().label("row_count")).where(rows.c.asked == self.record_id)
        return query.group_by(*keys).order_by(*keys) if keys else query

    def _without_top(self, having: tuple[PlannedHaving, ...]) -> SecuredPlan:
        return replace(self.plan, having=having, groupings=tuple(replace(one, top=None) for one in self.plan.groupings))

    def _tables(self, columns: Sequence[ColumnElement[Any]]) -> Any:
        needed = self.join.needed(columns, self.plan.conditions, every_row=False)
        paths = {self.path, *needed, *(source.path for source in (*self.required, *self.around))}
        for source in reversed(self.plan.sources[1:]):
            if source.path in paths:
                paths.add(source.parent)
        return self.join.tables(paths)

    def _is_asked(self) -> ColumnElement[bool]:
        return and_(self.alias.c.id == self.record_id, self.join.visible(""))

    def _compared(self, condition: PlannedFilter | PlannedCrossFilter) -> list[ColumnElement[Any]]:
        if isinstance(condition, PlannedCrossFilter):
            return [self.join.related_count(condition)]
        return [self.join.column(ref) for ref in (condition.field, condition.other) if ref is not None]

    # What it comes to

    def seen(self, records: Sequence[Row[Any]]) -> Row[Any] | None:
        """The record, if it may be told of."""
        return records[0] if records and (records[0].is_visible or self.by_administrator) else None

    def steps_of_record(self, records: Sequence[Row[Any]], ways: Sequence[Row[Any]], conditions: Sequence[Row[Any]],
                        values: Sequence[Row[Any]]) -> Iterator[Step]:
        """What the record and its own rows decide, as far as it gets."""
        steps = [self._step_of_visibility(self.seen(records))]
        if not _left_out(steps):
            steps += self.steps_of_ways(ways)
        if not _left_out(steps):
            steps += self.steps_of_conditions(conditions[0], values)
        yield from steps

    def _step_of_visibility(self, record: Row[Any] | None) -> Step:
        reason = self.plan.rules[self.path].reason
        if record is None:
            label = self.schema.describe(self.source.object).label
            return Step("record", f"There is no {label} {self.record_id} that {self.user} may see", holds=False, decides=True)
        if not record.is_visible:
            return Step("record", f"{self.user} may not see it; {self.user} sees {reason}", holds=False, decides=True)
        if record.deleted_at is not None:
            when = Found("deleted", "datetime", 0, (record.deleted_at,))
            return Step("record", "It must not be in the recycle bin", holds=False, decides=True, found=(when,))
        return Step("record", f"{self.user} may see it: {reason}", holds=True)

    def steps_of_ways(self, ways: Sequence[Row[Any]]) -> Iterator[Step]:
        """Only to the first that is missing: nothing is known beyond it."""
        source = self.source
        for index, above in enumerate(self.around):
            is_there = bool(ways[0][index])
            described = self.schema.describe(above.object)
            yield Step("join", f"It must be {'reached from' if source.kind == 'lookup' else 'joined with'} {described.label} records "
                       f"that {self.user} may see", holds=is_there, decides=not is_there)
            if not is_there:
                return
            source = above

    def steps_of_conditions(self, counts: Row[Any], values: Sequence[Row[Any]]) -> Iterator[Step]:
        plan, count = self.plan, counts._mapping
        for index, source in enumerate(self.required):
            text = f"It must have {self.schema.describe(source.object).plural_label} that {self.user} may see"
            yield Step("join", text, bool(count[f"join{index}"]), decides=not count[f"join{index}"])
        if not count["joined"]:
            if all(count[f"join{index}"] for index in range(len(self.required))):
                yield Step("join", "It must have all of these beside one another", holds=False, decides=True)
            return
        for index, absent in enumerate(plan.absent):
            holds = bool(count[f"absent{index}"])
            yield Step("join", f"It must be {absent.text} that {self.user} may see", holds, decides=not holds)
        if plan.report.scope != "all":
            owners = f"{self.user} owns" if plan.report.scope == "mine" else f"{self.user} or somebody of a role below owns"
            yield Step("scope", f"The report asks only for what {owners}", bool(count["scope"]), decides=not count["scope"])
        all_must_hold = not plan.report.filter_logic.strip()
        for index, condition in enumerate(plan.filters):
            holds = bool(count[f"filter{index}"])
            in_all = count[f"filter{index}"] in (0, count["joined"])
            yield Step("filter", f"Filter {index + 1}: {condition.text}", holds, decides=all_must_hold and not holds,
                       found=tuple(self._found(condition, index, values)) if in_all else (), in_all=in_all)
        if not all_must_hold:
            yield Step("logic", f"The filters go together as {plan.report.filter_logic.strip()}", bool(count["met"]),
                       decides=not count["met"])
        asked = ["scope", *(f"absent{index}" for index in range(len(plan.absent)))]
        asked += [f"filter{index}" for index in range(len(plan.filters))] if all_must_hold else ["met"]
        if not count["kept"] and all(count[name] for name in asked):
            yield Step("logic", "One of its rows must meet all of this at once", holds=False, decides=True)

    def _found(self, condition: PlannedFilter | PlannedCrossFilter, index: int, values: Sequence[Row[Any]]) -> Iterator[Found]:
        refs: list[FieldRef | None] = [None] if isinstance(condition, PlannedCrossFilter) else [condition.field, condition.other]
        for place, ref in enumerate(refs):
            if ref is None and place:
                continue
            different = tuple(dict.fromkeys(row._mapping[f"value{index}_{place}"] for row in values))
            label, kind, scale = ("found", "integer", 0) if ref is None else (ref.label, ref.type, ref.scale)
            yield Found(label, kind, scale, different[:SHOWN_VALUES], more=len(values) > SHOWN_VALUES)

    def steps_of_limit(self, places: Sequence[Row[Any]]) -> Iterator[Step]:
        limit = self.plan.report.row_limit
        if limit:
            place = places[0].place
            holds = place is not None and place <= limit
            yield Step("row limit", f"Only the first {limit:,} rows are in the report", holds, decides=not holds,
                       found=(Found("its place", "integer", 0, (place,)),))

    def step_of_having(self, having: PlannedHaving, rows: Sequence[Row[Any]]) -> Step:
        holds = any(row.is_met for row in rows)
        aggregate = having.aggregate
        of = aggregate.field
        kind, scale = ("integer", 0) if of is None else (AGGREGATES[aggregate.aggregate].result_type or of.type, of.scale)
        told = [Found(" › ".join(self._labels(row, 0, self.plan.down)) or aggregate.label, kind, scale, (row.figure,),
                      more=len(rows) > SHOWN_VALUES) for row in rows[:SHOWN_VALUES]]
        return Step("having", f"Only groups are kept where {having.text}", holds, decides=not holds, found=tuple(told))

    def steps_of_top(self, before: Sequence[Row[Any]], rows: Sequence[Row[Any]]) -> Iterator[Step]:
        """A record beyond the top groups is still in the report."""
        for index, grouping in enumerate(self.plan.groupings):
            if grouping.top is not None:
                in_other = any(row._mapping[f"other{index}"] for row in rows)
                labels = tuple(dict.fromkeys(self._labels(row, index, index + 1)[0] for row in before))
                found = Found(grouping.label, "text", 0, labels[:SHOWN_VALUES], more=len(labels) > SHOWN_VALUES)
                yield Step("top", f"It is among the first {grouping.top} by {grouping.label}, or else stands in {OTHER.value}",
                           holds=not in_other, found=(found,))

    def place_of(self, row: Row[Any]) -> Place:
        down, every = self.plan.down, len(self.plan.groupings)
        key = tuple(OTHER if row._mapping.get(f"other{index}") else row._mapping[f"key{index}"] for index in range(every))
        return Place(key[:down], key[down:], self._labels(row, 0, down), self._labels(row, down, every), row.row_count)

    def _labels(self, row: Row[Any], first: int, last: int) -> tuple[str, ...]:
        found = row._mapping
        return tuple(group_label(self.plan.groupings[index], OTHER if found.get(f"other{index}") else found[f"key{index}"],
                                 found.get(f"shown{index}"), self.plan) for index in range(first, last))
