"""What the running user may see: the one way from a plan to a `SecuredPlan`, the only kind that is ever compiled.

- A report type in development is for those who build report types.
- An object one may not read refuses the report, as do a hidden lookup by which related objects hang together and a
  hidden field in a filter: dropping the filter would widen the
  result, keeping it would let values be guessed.
- A hidden column, grouping, aggregate or sort is taken out and named in `withheld`.
- Every source gets its record rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace

from crmlib.errors import AccessDenied, Problem, raise_if_any
from crmlib.model.schema import Schema
from crmlib.reports.plan import FieldRef, PlannedAggregate, PlannedCrossFilter, PlannedFilter, PlannedGrouping, ReportPlan, every_filter
from crmlib.security.access import Access
from crmlib.security.sharing import RowRule, row_rule


@dataclass(frozen=True)
class SecuredPlan(ReportPlan):
    """A plan that went through `secure`. rules: per source path, why its records may be seen."""

    rules: Mapping[str, RowRule] = field(default_factory=dict)
    access: Access | None = None


def secure(plan: ReportPlan, access: Access, schema: Schema) -> SecuredPlan:
    """The plan as this user may run it. Raises AccessDenied with every reason it may not be run at all."""
    def hidden(ref: FieldRef | None) -> bool:
        return ref is not None and not all(access.may_read_field(object_name, name) for object_name, name in ref.guards)

    def tells_hidden(aggregate: PlannedAggregate) -> bool:
        return any(hidden(ref) for ref in aggregate.fields)

    if not plan.deployed and not access.builds_report_types:
        raise AccessDenied(Problem("in-development", f"the report type {plan.report_type!r} is in development",
                                   hint="reports on it run once an administrator has deployed it"))
    problems = list(_unreadable(plan, access, schema))
    if not problems:
        problems = [Problem("filter-hidden", f"the report filters by {ref.label}, which {access.username} may not see",
                            hint="ask for the right to read the field, or for a report without this filter")
                    for condition in every_filter(plan.conditions) for ref in _asked_by(condition) if ref and hidden(ref)]
        if plan.report.scope != "all" and not access.may_read_field(plan.sources[0].object, "owner"):
            problems.append(Problem("filter-hidden", f"the report's scope goes by the owner, which {access.username} may not see"))
    if not problems:
        problems = [Problem("filter-hidden", f"the report leaves out groups by {one.aggregate.label}, which {access.username} may not see")
                    for one in plan.having if tells_hidden(one.aggregate)]
    if not problems and plan.report.row_limit:
        problems = [Problem("sort-hidden", f"the row limit goes by {sort.field.label}, which {access.username} may not see")
                    for sort in plan.sorts if hidden(sort.field)]
    raise_if_any(problems, AccessDenied)

    withheld: list[str] = []

    def kept(parts: tuple, ref_of: str) -> tuple:
        """The parts whose field may be seen; the labels of the others go to `withheld`."""
        for part in parts:
            if hidden(getattr(part, ref_of)):
                withheld.append(getattr(part, "label", None) or part.field.label)
        return tuple(part for part in parts if not hidden(getattr(part, ref_of)))

    columns = tuple(column for column in plan.columns if not hidden(column))
    withheld += [column.label for column in plan.columns if hidden(column)]
    groupings: tuple[PlannedGrouping, ...] = kept(plan.groupings, "key")
    groupings = tuple(replace(grouping, order=None) if hidden(grouping.order) else grouping for grouping in groupings)
    aggregates = tuple(one for one in plan.aggregates if not tells_hidden(one))
    readable = {one.name for one in aggregates}
    summaries = tuple(one for one in plan.summaries if readable.issuperset(one.formula.fields))
    seen = readable | {one.name for one in summaries}  # an order tells of figures as well
    labels = {one.name: one.label for one in plan.aggregates} | {one.name: one.label for one in plan.summaries}
    withheld += [labels[name] for name in plan.shown if name not in seen]
    groupings = tuple(replace(grouping, order_by=None, top=None) if grouping.order_by not in seen else grouping for grouping in groupings)
    across = sum(not hidden(grouping.key) for grouping in plan.groupings[plan.down:])
    secured = replace(plan, columns=columns, groupings=groupings, across=across, aggregates=aggregates, summaries=summaries,
                      shown=tuple(name for name in plan.shown if name in seen), sorts=kept(plan.sorts, "field"))
    # A source behind a hidden lookup is joined by nobody any more, but its rule stands all the same.
    rules = {source.path: row_rule(access, source.object, schema) for source in plan.every_source()}
    values = {part.name: getattr(secured, part.name) for part in fields(ReportPlan)}
    return SecuredPlan(**{**values, "withheld": tuple(dict.fromkeys(withheld))}, rules=rules, access=access)


def _asked_by(condition: PlannedFilter | PlannedCrossFilter) -> tuple[FieldRef | None, ...]:
    """The fields whose values a filter lets one guess."""
    return (condition.field, condition.other) if isinstance(condition, PlannedFilter) else (condition.parent,)


def _unreadable(plan: ReportPlan, access: Access, schema: Schema) -> Iterator[Problem]:
    """Primary and related objects that may not be read, or not in this relation: which record belongs to which is itself a field."""
    by_path = {source.path: source for source in plan.sources}
    hung_on = {source.parent for source in plan.sources if source.kind == "child"}
    for path in tuple(hung_on):
        while by_path[path].kind == "lookup":
            hung_on.add(path)
            path = by_path[path].parent
    for source in plan.every_source():
        if source.kind == "lookup" and source.path not in hung_on:
            continue  # a hidden one is withheld with its fields
        described = schema.describe(source.object)
        holder = schema.describe(by_path[source.parent].object) if source.kind == "lookup" else described
        if not access.may("read", source.object):
            yield Problem("object-hidden", f"{access.username} may not read {described.plural_label}")
        elif source.kind != "primary" and not access.may_read_field(holder.name, source.via):
            yield Problem("relationship-hidden", f"the report joins {described.plural_label} by {holder.field(source.via).label}, which "
                          f"{access.username} may not see")
