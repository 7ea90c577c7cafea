"""The tables behind a report: sources joined as the plan says, each with its record rule; and filters as SQL conditions.

A cross filter is a join of its own inside an EXISTS, or a count where a number of related records is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    Text,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.visitors import iterate

from crmlib.model.schema import Schema
from crmlib.model.sql_functions import lower_text, same_scale
from crmlib.reports.filter_logic import Logic, all_of, combine
from crmlib.reports.made_sql import bucket_sql, formula_sql
from crmlib.reports.operators import OPERATORS, TEXTS
from crmlib.reports.plan import FieldRef, PlannedBucket, PlannedCrossFilter, PlannedFilter, PlannedFormula
from crmlib.reports.report_types import ReportSource
from crmlib.reports.secure import SecuredPlan
from crmlib.security.sharing import RowRule, row_predicate

LONGEST_ALIAS = 50
"""PostgreSQL takes the first 63 bytes of a name, so that two long ones might become one."""

Filters = Sequence[PlannedFilter | PlannedCrossFilter]


class Join:
    """Aliases of these sources; the first of them is the base that the others are joined to."""

    def __init__(self, plan: SecuredPlan, schema: Schema, sources: Sequence[ReportSource], outer: Join | None = None) -> None:
        self.plan, self.schema, self.sources, self.base, self.outer = plan, schema, sources, sources[0], outer
        self.aliases: dict[str, FromClause] = dict(outer.aliases) if outer else {}
        self.objects: dict[str, str] = (outer.objects if outer else {}) | {source.path: source.object for source in sources}
        for source in sources:
            name = (source.path.removeprefix("~").replace(".", "_") if source.path.strip("~0123456789") else source.object)[:LONGEST_ALIAS]
            taken = {alias.name for alias in self.aliases.values()}  # type: ignore[attr-defined]
            table = schema.describe(source.object).table
            self.aliases[source.path] = _alias(table, f"{name}_{len(taken)}" if name in taken else name)

    def column(self, ref: FieldRef) -> ColumnElement[Any]:
        """The field's column, or what is made of others."""
        if isinstance(ref.made, PlannedFormula):
            return formula_sql(ref.made, ref.type, {name: self.column(operand) for name, operand in ref.made.operands})
        if isinstance(ref.made, PlannedBucket):
            return bucket_sql(ref.made, self.column(ref.made.of))
        return self.aliases[ref.source].c[self.schema.describe(self.objects[ref.source]).field(ref.name).column.name]

    def needed(self, columns: Sequence[ColumnElement[Any]], filters: Filters, every_row: bool = True) -> set[str]:
        """The sources to be joined: those that columns and filters are read from, and the related objects, which decide what rows
        there are. Where the number of rows does not matter (every_row), related objects "with or without" may be missing."""
        read = {part.table for column in columns for part in iterate(column) if isinstance(part, ColumnClause)}
        needed = {path for path, alias in self.aliases.items() if alias in read}
        needed |= {source for ref in _refs_of(filters) for source in _sources_of(ref)}
        needed |= {source.path for source in self.sources[1:] if source.kind != "lookup" and (every_row or source.required)}
        for source in reversed(self.sources[1:]):  # parents come before those that hang on them
            if source.path in needed:
                needed.add(source.parent)
        return needed

    def tables(self, needed: Collection[str], base: FromClause | None = None) -> FromClause:
        """These sources and the base, joined. base: what to take instead of the base's table alone."""
        joined = self.aliases[self.base.path] if base is None else base
        for source in self.sources[1:]:
            if source.path in needed:
                on = and_(self.link(source), self.visible(source.path))
                joined = joined.join(self.aliases[source.path], on, isouter=not source.required)
        return joined

    def link(self, source: ReportSource) -> ColumnElement[bool]:
        """How a source hangs on its parent: by its own lookup to the parent, or by the parent's to it."""
        here, parent = self.aliases[source.path], self.aliases[source.parent]
        if source.kind == "lookup":
            return parent.c[self.schema.describe(self.objects[source.parent]).field(source.via).column.name] == here.c.id
        return here.c[self.schema.describe(source.object).field(source.via).column.name] == parent.c.id

    def visible(self, path: str) -> ColumnElement[bool]:
        """Not deleted, and visible to the running user: in WHERE for the base, in ON for the others."""
        alias = self.aliases[path]
        rule = row_predicate(self.plan.rules[path], alias, self.schema)
        return and_(alias.c.deleted_at.is_(None), true() if rule is None else rule)

    def condition(self, filters: Filters, logic: Logic) -> ColumnElement[bool]:
        """The base is visible, and the filters hold as the logic says."""
        words: dict[str, Any] = {"and": lambda parts: and_(true(), *parts), "or": lambda parts: or_(*parts),
                                 "not": lambda parts: not_(func.coalesce(parts[0], False))}  # not known to hold does not hold
        meant = combine(logic, lambda number: self.filter(filters[number - 1]), lambda word, parts: words[word](parts))
        return and_(self.visible(self.base.path), meant)

    def scope(self) -> ColumnElement[bool]:
        """Records of the primary object that the running user, or also those below them, own."""
        scope, access = self.plan.report.scope, self.plan.access
        assert access is not None
        if scope == "all":
            return true()
        rule = RowRule(self.base.object, "owner", "scope", access.user_id, access.role_id if scope == "team" else None)
        owned = row_predicate(rule, self.aliases[self.base.path], self.schema)
        assert owned is not None
        return owned

    def filter(self, condition: PlannedFilter | PlannedCrossFilter) -> ColumnElement[bool]:
        """One filter alone."""
        if isinstance(condition, PlannedCrossFilter):
            return self._cross_filter(condition)
        field, other, operator = condition.field, condition.other, OPERATORS[condition.operator]
        if other is None:
            return operator.sql(self.column(field), condition.values, field.family)
        assert operator.compare is not None
        scale = max(_digits(field), _digits(other))
        return operator.compare(_comparable(self.column(field), field, scale), _comparable(self.column(other), other, scale))

    def related_count(self, condition: PlannedCrossFilter) -> ColumnElement[int]:
        """How many related records a cross filter finds."""
        return self._related(condition).with_only_columns(func.count()).scalar_subquery()

    def _related(self, condition: PlannedCrossFilter) -> Select[Any]:
        """The related records that are visible and meet the condition's filters."""
        inner = Join(self.plan, self.schema, condition.sources, self)
        met = and_(inner.link(condition.sources[0]), inner.condition(condition.filters, all_of(len(condition.filters))))
        tables = inner.tables(inner.needed((), condition.filters))
        parent, related = self.aliases[condition.parent.source], inner.aliases[inner.base.path]
        return select(related.c.id).select_from(tables).where(met).correlate(parent)

    def _cross_filter(self, condition: PlannedCrossFilter) -> ColumnElement[bool]:
        found = self.related_count(condition) >= condition.at_least if condition.at_least > 1 else exists(self._related(condition))
        return not_(found) if condition.without else found


@lru_cache(maxsize=1000)
def _alias(table: Table, name: str) -> FromClause:
    """Kept, since making one with all its columns takes longer than all else that a source needs."""
    return table.alias(name)


def _sources_of(ref: FieldRef) -> Iterator[str]:
    """Where a field's values come from."""
    yield ref.source
    read = [ref.made.of] if isinstance(ref.made, PlannedBucket) else [one for _, one in ref.made.operands] if ref.made else []
    for one in read:
        yield from _sources_of(one)


def _refs_of(filters: Filters) -> list[FieldRef]:
    """What filters read in the join they stand in; a cross filter reads only the record that has related ones."""
    refs: list[FieldRef | None] = []
    for condition in filters:
        refs += [condition.parent] if isinstance(condition, PlannedCrossFilter) else [condition.field, condition.other]
    return [ref for ref in refs if ref is not None]


def _comparable(column: ColumnElement[Any], ref: FieldRef, scale: int) -> ColumnElement[Any]:
    """Text without case, an empty one being none; numbers of different scales in a common one."""
    if ref.family in TEXTS:
        return func.nullif(lower_text(column), "", type_=Text())
    if ref.family == "number" and _digits(ref) != scale:
        return same_scale(column, literal(10 ** (scale - _digits(ref)), Integer))
    return column


def _digits(ref: FieldRef) -> int:
    """After the point."""
    return 0 if ref.type == "integer" else ref.scale
