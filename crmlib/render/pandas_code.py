"""A report as a Python script: its rows from crmlib, its groups and figures in plain pandas, for an analyst to go on from.

    rows = report.rows()            one line per row, filtered and secured
    def figures(rows, by): ...      every figure of each group: each record once in each
    groups = figures(rows, down)

What pandas would have to be bent for stands as a comment that says what is missing. Labels, values and paths are put in as
Python literals, since they are whatever people wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pprint import pformat
from textwrap import wrap
from typing import Any

from crmlib.formulas.tree import Field, Literal, Node
from crmlib.render.formats import one_line
from crmlib.render.frame import pandas_frequency
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.plan import PlannedAggregate, PlannedGrouping, PlannedHaving, PlannedSummary, record_id
from crmlib.reports.secure import SecuredPlan

FIGURES = {"sum": "sum", "average": "mean", "smallest": "min", "largest": "max", "median": "median", "standard_deviation": "std",
           "unique": "nunique", "record_count": "count"}
"""What aggregates are called in pandas, of the groups of a column without repeated records."""

NEVER_BLANK = ("sum", "record_count", "unique")
ARITHMETIC = ("+", "-", "*", "/")

PERCENTILE = '''

def percentile(values, percent):
    """The smallest value that so many percent do not exceed."""
    values = values.dropna().astype(float)
    return np.quantile(values, percent / 100, method="inverted_cdf") if len(values) else None
'''

COMPARED = {"equals": "==", "not_equal": "!=", "less_than": "<", "greater_than": ">", "less_or_equal": "<=", "greater_or_equal": ">="}

EVERYTHING = "everything"
"""A column that is the same in all rows, by which they are one group."""

IN_ORDER = ("running_total", "difference", "change")
"""What depends on the order in which groups stand."""


def pandas_code(plan: SecuredPlan, username: str, opened: str | None, values: Mapping[str, Any]) -> str:
    """The script. username: who connects; opened: how, if it is saved, else its definition is written out; values: for what it asks."""
    script = _Script(plan)
    parts = [script.about(), script.imports(opened), script.opening(username, opened, values), script.groups(), script.figures(),
             script.top(), script.having(), script.results(), script.shown()]
    return "\n".join("\n".join(part) for part in map(list, parts) if part) + "\n"


@dataclass(frozen=True)
class _By:
    """A grouping in the script: the column with its labels, and the columns to group by."""

    grouping: PlannedGrouping
    label: str
    columns: tuple[str, ...]


class _Script:
    """The parts of the script, each as lines."""

    def __init__(self, plan: SecuredPlan) -> None:
        self.plan = plan
        paths = {ref.path for ref in plan.ungrouped().columns}
        figures: list[PlannedAggregate | PlannedSummary] = [*plan.aggregates, *plan.summaries]
        self.names = dict(zip((one.name for one in figures), each_once([one.label for one in figures], set()), strict=True))
        self.summaries = {one.name: code for one in plan.summaries if (code := self._arithmetic(one.formula.formula.root)) is not None}
        self.shown_names = [name for name in plan.shown if name in self.summaries or name not in {one.name for one in plan.summaries}]
        labels = each_once([one.label for one in plan.groupings], paths)
        self.by = [_By(one, label, _columns(one, label)) for one, label in zip(plan.groupings, labels, strict=True)]
        self.down, self.across = self.by[:plan.down], self.by[plan.down:]

    def about(self) -> Iterator[str]:
        yield f"# {one_line(self.plan.report.label)}: the same figures in pandas, from the rows of the report."
        if self.plan.withheld:
            yield f"# Withheld: {one_line(', '.join(self.plan.withheld))}."
        yield ""

    def imports(self, opened: str | None) -> Iterator[str]:
        if self.uses_percentile:
            yield "import numpy as np"
        yield "import pandas as pd"
        yield ""
        yield "import crmlib"
        if opened is None:
            yield "from crmlib.reports.definition import Report"
        yield ""

    @property
    def uses_percentile(self) -> bool:
        return any(one.aggregate.startswith("percentile") for one in self.plan.aggregates)

    def opening(self, username: str, opened: str | None, values: Mapping[str, Any]) -> Iterator[str]:
        yield f"org = crmlib.connect(user={username!r})"
        if opened is not None:
            yield f"report = {opened}{_set(values)}"
        else:
            content = self.plan.report.model_dump(mode="json", exclude_defaults=True, exclude={"name"})  # which a block has
            written = pformat(content, width=120, sort_dicts=False)
            yield f"report = org.report(Report.model_validate({written}))"
        yield "rows = report.rows()  # one line per row of the report, as filtered as it is, with what this user may see"
        paths = ", ".join(ref.path for ref in self.plan.ungrouped().columns)
        yield from wrap(f"Its columns are called by field path: {paths}", 100, initial_indent="# ", subsequent_indent="#     ")
        yield "# The SQL behind them: print(report.explain())"

    def groups(self) -> Iterator[str]:
        if not self.by:
            return
        yield ""
        for one in self.by:
            yield f"rows[{one.label!r}] = {_key(one.grouping, self.plan)}"
        yield f"down = {_listed(self.down)}" + ("  # by id as well, since two may have one name" if _has_ids(self.down) else "")
        if self.across:
            yield f"across = {_listed(self.across)}"

    def figures(self) -> Iterator[str]:
        """The function that works out all figures of groups of rows."""
        if self.uses_percentile:
            yield PERCENTILE.rstrip()
        if not (self.plan.aggregates or self.by):
            return
        yield "\n"
        yield "def figures(rows, by):"
        yield '    """Every figure of each group: each record once in each, in however many rows it stands."""'
        yield "    grouped = rows.groupby(by, dropna=False)"
        once = self._once()
        for path, name in once.items():
            yield f"    {name} = rows.drop_duplicates([*by, {path!r}]).groupby(by, dropna=False)"
        yield "    found = pd.DataFrame({"
        for aggregate in self.plan.aggregates:
            yield f"        {self.names[aggregate.name]!r}: {self._figure(aggregate, once)},"
        if not self.plan.aggregates:
            yield "        'Record count': grouped.size(),"
        yield "    })"
        for formula in self.plan.summaries:
            name = self.names[formula.name]
            if formula.name in self.summaries:
                percent = " * 100" if formula.type == "percent" else ""
                yield f"    found[{name!r}] = {self.summaries[formula.name]}{percent}"
            else:
                yield f"    # Not worked out here: {one_line(name)} = {one_line(formula.formula.formula.text)}"
        yield "    return found\n\n"

    def _once(self) -> dict[str, str]:
        """The id columns by which records are counted once, with a name for groups in which they are."""
        paths = dict.fromkeys(record_id(one.field, self.plan.sources).path for one in self.plan.aggregates if one.field and one.repeats)
        return {path: "once" if len(paths) == 1 else f"once_{number}" for number, path in enumerate(paths, 1)}

    def _figure(self, aggregate: PlannedAggregate, once: Mapping[str, str]) -> str:
        if aggregate.field is None:
            return "grouped.size()"
        column, record = aggregate.field.path, record_id(aggregate.field, self.plan.sources).path
        if aggregate.by is not None:  # pandas' first and last leave out blanks by themselves
            by = aggregate.by.path
            dated = f"rows.assign(value=rows[{column!r}].where(rows[{by!r}].notna())).sort_values([{by!r}, {record!r}])"
            return f"{dated}.groupby(by, dropna=False)['value'].{aggregate.aggregate}()"
        found = once[record] if aggregate.repeats else "grouped"
        if aggregate.aggregate.startswith("percentile_"):
            return f"{found}[{column!r}].agg(percentile, {aggregate.aggregate.removeprefix('percentile_')})"
        return f"{found}[{column!r}].{FIGURES[aggregate.aggregate]}()"

    def _arithmetic(self, node: Node) -> str | None:
        """A formula over figures that are never blank, if it is plain arithmetic; of a division by zero there is no value."""
        if isinstance(node, Literal):
            return str(node.value) if node.type == "number" else None
        if isinstance(node, Field):
            aggregate = next((one for one in self.plan.aggregates if one.name == node.name.lower()), None)
            return f"found[{self.names[aggregate.name]!r}]" if aggregate and aggregate.aggregate in NEVER_BLANK else None
        parts = [self._arithmetic(one) for one in node.arguments]
        if node.function not in ARITHMETIC or len(parts) != 2 or None in parts:
            return None
        left, right = parts
        if node.function == "/" and not isinstance(node.arguments[1], Literal):
            right = f"({right}).where({right} != 0)"
        return f"({left} {node.function} {right})"

    def top(self) -> Iterator[str]:
        """All but the first groups become one."""
        for index, one in enumerate(self.by):
            grouping = one.grouping
            if grouping.top is None or grouping.order_by is None:
                continue
            neighbours = self.by[0 if index < self.plan.down else self.plan.down:index]
            around = [column for by in neighbours for column in by.columns]
            columns = [*around, grouping.key.path if grouping.shown else one.label]
            yield f"# Only the first {grouping.top} have a group of their own"
            yield f"best = figures(rows, {columns!r})[{self.names[grouping.order_by]!r}].sort_index(na_position='first')"
            place = f"best.groupby({around!r}, dropna=False)" if around else "best"
            first = "bottom" if grouping.descending else "top"
            yield (f'place = {place}.rank(method="first", ascending={not grouping.descending}, na_option="{first}")'
                   '.rename("place").reset_index()')
            yield f'is_other = rows[{columns!r}].merge(place, how="left")["place"] > {grouping.top}'
            for column in one.columns:
                yield f"rows[{column!r}] = rows[{column!r}].mask(is_other, {'Other' if column == one.label else -1!r})"
            yield ""

    def having(self) -> Iterator[str]:
        for having in self.plan.having:
            condition = _condition(having)
            if condition is None or not self.down:
                yield f"# Not worked out here: groups are left out unless {one_line(having.text)}"
                continue
            yield f"# Only groups are kept where {one_line(having.text)}"
            yield f"figure = figures(rows, down)[{self.names[having.aggregate.name]!r}]"
            yield f"rows = rows.merge(figure[{condition}].reset_index()[down])"
            yield ""

    def results(self) -> Iterator[str]:
        if self.down:
            yield f"groups = figures(rows, {'down + across' if self.across else 'down'})"
            yield from self._empty_periods()
        for length in range(1, len(self.down)):
            label = one_line(self.down[length - 1].label)
            columns = len([column for one in self.down[:length] for column in one.columns])
            yield f"subtotals_{length} = figures(rows, down[:{columns}])  # by {label}"
        if self.across:
            yield "totals_down, totals_across = figures(rows, down), figures(rows, across)"
        if self.plan.aggregates or self.by:
            yield "# The total is asked of the rows, never added up from groups"
            yield f"total = figures(rows.assign({EVERYTHING}=True), [{EVERYTHING!r}])"

    def _empty_periods(self) -> Iterator[str]:
        shown = [one for one in self.by if one.grouping.show_empty]
        if not shown:
            return
        grouping = shown[0].grouping
        if len(self.by) > 1 or not grouping.granularity or not GRANULARITIES[grouping.granularity].is_range:
            yield f"# Not worked out here: groups without records of {one_line(shown[0].label)}"
            return
        yield "periods = pd.period_range(groups.index.min(), groups.index.max(), name=groups.index.name)"
        yield "groups = groups.reindex(periods)  # also those without records"
        nothing = [self.names[one.name] for one in self.plan.aggregates if one.aggregate in NEVER_BLANK]
        if nothing:
            yield f"groups[{nothing!r}] = groups[{nothing!r}].fillna(0)"

    def shown(self) -> Iterator[str]:
        """Shares, running totals and the like; then the table."""
        figures: list[PlannedAggregate | PlannedSummary] = [*self.plan.aggregates, *self.plan.summaries]
        changed = [one for one in figures if one.show_as and one.name in self.shown_names] if self.down else []
        if changed:
            yield ""
            yield "# What figures are to the others; totals stay plain figures"
            yield from self._ordered()
        for one in changed:
            yield from self._shown_as(self.names[one.name], one.show_as or "")
        yield ""
        shown = [self.names[name] for name in self.shown_names]
        if shown and shown != list(self.names.values()):
            yield f"shown = {shown!r}  # the others were needed to work these out"
            yield "groups, total = groups[shown], total[shown]" if self.down else "total = total[shown]"
        if self.across:
            yield "table = groups.unstack(across)"
            yield "print(table)"
        elif self.down:
            yield "print(groups)"
        yield "print(total)" if self.plan.aggregates or self.by else "print(rows)"

    def _ordered(self) -> Iterator[str]:
        last = self.down[-1].grouping
        if len(self.by) == 1 and last.order_by is not None:
            yield f"groups = groups.sort_values({self.names[last.order_by]!r}, ascending={not last.descending})"
        elif len(self.by) == 1 and last.descending:
            yield "groups = groups.sort_index(ascending=False)"

    def _shown_as(self, name: str, kind: str) -> Iterator[str]:
        below = [column for one in (*self.down[:-1], *self.across) for column in one.columns]
        wholes = {"share_of_total": [], "share_of_row": self.down, "share_of_column": self.across,
                  "share_of_parent": [*self.down[:-1], *self.across]}
        own = f"groups[{name!r}]"
        beside = f"groups.groupby({below!r}, dropna=False)[{name!r}]" if below else own
        is_ordered = len(self.by) == 1 or not (self.down[-1].grouping.order_by or self.down[-1].grouping.descending)
        if kind in wholes and not wholes[kind]:
            yield f"{own} = {own} / total[{name!r}].sum() * 100"
        elif kind in wholes:
            columns = [column for one in wholes[kind] for column in one.columns]
            yield f'whole = figures(rows, {columns!r})[{name!r}].rename("whole")'
            yield f'{own} = {own} / groups.join(whole, on={columns!r})["whole"] * 100'
        elif any(one.grouping.top for one in self.by) or (kind in IN_ORDER and not is_ordered):
            yield f"# Not worked out here: {one_line(name)} ({kind.replace('_', ' ')}) in the report's own order of groups"
        else:
            made = {"running_total": "{0}.cumsum()", "rank": '{0}.rank(method="min", ascending=False)', "difference": "{0}.diff()",
                    "change": "{0}.diff() / {0}.shift().abs() * 100"}
            yield f"{own} = {made[kind].format(beside)}"


def each_once(labels: list[str], taken: set[str]) -> list[str]:
    """The labels, each once: "Amount", "Amount (2)"; none that is taken."""
    found: list[str] = []
    for label in labels:
        number, name = 1, label
        while name in taken or name in found:
            number += 1
            name = f"{label} ({number})"
        found.append(name)
    return found


def _columns(grouping: PlannedGrouping, label: str) -> tuple[str, ...]:
    """Of a lookup, also where its record stands among the others and its id."""
    if grouping.shown is None:
        return (label,)
    return (*([grouping.order.path] if grouping.order else []), label, grouping.key.path)


def _listed(groupings: list[_By]) -> str:
    return repr([column for one in groupings for column in one.columns])


def _has_ids(groupings: list[_By]) -> bool:
    return any(one.grouping.shown is not None for one in groupings)


def _key(grouping: PlannedGrouping, plan: SecuredPlan) -> str:
    """The column of labels, as pandas says it."""
    column = f"rows[{(grouping.shown or grouping.key).path!r}]"
    if grouping.granularity is None:
        return column
    if grouping.key.family == "datetime" and GRANULARITIES[grouping.granularity].is_range:
        column += ".dt.tz_localize(None)"
    rounds: dict[str, str] = {"month_in_year": ".dt.month_name()", "weekday": ".dt.day_name()", "day_in_month": ".dt.day.astype('Int64')",
                              "hour": '.dt.strftime("%H:00–%H:59")'}
    if grouping.granularity in rounds:
        return column + rounds[grouping.granularity]
    return f"{column}.dt.to_period({pandas_frequency(grouping.granularity, plan.settings)!r})"


def _condition(having: PlannedHaving) -> str | None:
    """A condition on `figure`; None for values that are no numbers, and for other operators."""
    counts = having.aggregate.field is None or AGGREGATES[having.aggregate.aggregate].result_type == "integer"
    is_number = counts or (having.aggregate.field is not None and having.aggregate.field.family == "number")
    if having.operator not in COMPARED or not is_number or None in having.values:
        return None
    word = " & " if having.operator == "not_equal" else " | "
    return word.join(f"(figure {COMPARED[having.operator]} {value})" for value in having.values)


def _set(values: Mapping[str, Any]) -> str:
    """The values that were given, as `report.set` takes them."""
    def plain(value: Any) -> Any:
        if isinstance(value, tuple | list):
            return [plain(one) for one in value]
        return str(value) if isinstance(value, date | Decimal) else value
    return f".set({ {name: plain(value) for name, value in values.items()}!r})" if values else ""


