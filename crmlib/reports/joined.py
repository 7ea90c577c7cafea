"""Joined reports: several reports, each on its own report type, brought together by the groups they have in common.

    blocks: [{name: plan, report_type: plans, groupings_down: [...], ...}, {name: won, ...}]
    aggregates: [{name: reached, formula: "won#amount:sum / plan#amount:sum", type: percent}]

Each block goes through the corridor by itself, with its own rights; all are read at one moment. Groups meet where their
values are equal, whatever fields these come from; a group is there if any block has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crmlib.definition import NOWHERE, Source
from crmlib.errors import AccessDenied, DefinitionError, Problem, raise_if_any
from crmlib.mirror.fetch import fetch
from crmlib.model.org import Org, Settings
from crmlib.reports.assemble import Block as AnsweredBlock
from crmlib.reports.assemble import assemble
from crmlib.reports.charts import chart_problems
from crmlib.reports.compile_plan import compile_plan
from crmlib.reports.conditional_formats import format_problems
from crmlib.reports.definition import Aggregate, Block, Grouping, Report, SummaryFormula
from crmlib.reports.make_plan import make_plan
from crmlib.reports.operators import TEXTS
from crmlib.reports.parameters import NOTHING_GIVEN, Asked, Values, answered, answers_to, ask_problems, asked_by, parameters_of
from crmlib.reports.plan import PlannedSummary
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import Key, ReportResult
from crmlib.reports.secure import SecuredPlan, secure
from crmlib.reports.summary_formulas import checked, names_in, operand_types, places_of, planned_summary, told_of
from crmlib.reports.validate import numbers_of, validate
from crmlib.security.access import Access

Types = Sequence[ReportTypeView]
"""The report type of each block."""

OF_BLOCKS = ("report_type", "columns", "groupings_down", "groupings_across", "filters", "filter_logic", "scope", "buckets", "formulas",
             "having", "sort", "row_limit")
OF_REPORT = ("description", "blocks", "chart", "conditional_formats", "show_details")


@dataclass(frozen=True)
class JoinedPlan:
    """A secured plan for each block, by name; the formulas over blocks that the user may see, and the labels of the others."""

    report: Report
    blocks: tuple[tuple[Block, SecuredPlan], ...]
    summaries: tuple[PlannedSummary, ...]
    withheld: tuple[str, ...]


def run_joined(report: Report, types: Types, org: Org, access: Access, today: date | None = None, source: Source = NOWHERE,
               detail_limit: int | None = None, within: Key | None = None, across: Key = (),
               parameters: Values = NOTHING_GIVEN) -> ReportResult:
    """As `run_report`: of a cell, the records that each block has there."""
    joined = prepare_joined(report, types, org, access, today, source, parameters)
    plans = [plan if within is None else plan.drilled_to(within, across) for _, plan in joined.blocks]
    statements = [compile_plan(plan, org.schema, detail_limit) for plan in plans]
    answer = fetch(org, *(one for each in statements for one in (each.cells, each.details)))
    blocks = [AnsweredBlock(plan, asked, answer.rows[2 * number], answer.rows[2 * number + 1], block.name, block.label)
              for number, ((block, _), plan, asked) in enumerate(zip(joined.blocks, plans, statements, strict=True))]
    result = assemble(report, blocks, org.schema, answer.read_at, detail_limit, joined.summaries, joined.withheld)
    return replace(result, engine=answer.engine)


def prepare_joined(report: Report, types: Types, org: Org, access: Access, today: date | None = None, source: Source = NOWHERE,
                   parameters: Values = NOTHING_GIVEN) -> JoinedPlan:
    """From the definition to what this user may run. Raises DefinitionError, InvalidData for parameters, or AccessDenied."""
    today = today or org.today()
    raise_if_any(joined_problems(report, types, org.settings, today, source))
    answers = answers_to(parameters_of(asked_by_blocks(report, types)), parameters, today, org.settings)
    formulas = report.summary_formulas
    needed = _needed(report)
    plans = []
    for block, view in zip(report.blocks, types, strict=True):
        asked = answered(block, answers).model_copy(update={"show_details": report.show_details})
        plan = make_plan(asked, view.with_fields_of(block), org.settings, today, needed[block.name])
        secured = secure(plan, access, org.schema)
        hidden = [grouping.label for grouping in plan.groupings if grouping.key not in [one.key for one in secured.groupings]]
        raise_if_any((Problem("grouping-hidden", f"{block.label} is brought together with the others by {label}, which {access.username} "
                              "may not see") for label in hidden), AccessDenied)
        plans.append((block, secured))
    found = checked(formulas, _types(report, types), places_of(report.blocks[0])) if formulas else {}
    summaries = tuple(planned_summary(one, found[one.name], org.settings, today) for one in formulas)
    readable = {f"{block.name}#{name}" for block, plan in plans
                for name in (*(one.name for one in plan.aggregates), *(one.name for one in plan.summaries))}
    kept = tuple(one for one in summaries if readable.issuperset(one.formula.fields))
    return JoinedPlan(report, tuple(plans), kept, tuple(one.label for one in summaries if one not in kept))


def _needed(report: Report) -> dict[str, list[str]]:
    """The figures of each block that formulas over blocks name."""
    found: dict[str, list[str]] = {block.name: [] for block in report.blocks}
    folded = {name.casefold(): name for name in found}
    for written in names_in(report.summary_formulas):
        block, sign, name = written.partition("#")
        if sign and block.casefold() in folded:
            found[folded[block.casefold()]].append(name)
    return found


def _types(report: Report, types: Types) -> dict[str, str]:
    """The field type of every figure that formulas over blocks may name."""
    needed = _needed(report)
    found = {f"{block.name}#{name}": type_ for block, view in zip(report.blocks, types, strict=True)
             for name, type_ in operand_types(block, view.with_fields_of(block), needed[block.name]).items()}
    return found | {one.name: one.type for one in report.summary_formulas}


def asked_by_blocks(report: Report, types: Types) -> Iterator[Asked]:
    """Every condition that asks for its value, of all blocks: under one label they have one answer."""
    for index, (block, view) in enumerate(zip(report.blocks, types, strict=True)):
        yield from asked_by(block, view.with_fields_of(block), ("blocks", index))


# --- What is wrong with it


def joined_problems(report: Report, types: Types, settings: Settings, today: date, source: Source) -> Iterator[Problem]:
    """Everything that is wrong with the report and its blocks."""
    yield from _shape(report, source)
    sound = True
    for index, (block, view) in enumerate(zip(report.blocks, types, strict=True)):
        problems = [*_block_shape(block, source.within("blocks", index)),
                    *validate(block, view, settings, today, source.within("blocks", index))]
        sound = sound and not problems
        yield from problems
    if not sound:
        return  # what follows asks how sound blocks go together
    yield from ask_problems(asked_by_blocks(report, types), source)
    yield from _alignment(report, types, source)
    yield from _formulas(report, types, source)
    numbers = {f"{block.name}#{name}": adds_up for block, view in zip(report.blocks, types, strict=True)
               for name, adds_up in numbers_of(block, view, settings, today).items()}
    numbers |= {one.name: False for one in report.summary_formulas if one.type in ("number", "currency", "percent")}
    names = [f"{block.name}#{one.name}" for block in report.blocks for one in block.aggregates] + [one.name for one in report.aggregates]
    drawn = report.blocks[0].model_copy(update={"chart": report.chart, "conditional_formats": report.conditional_formats})
    yield from chart_problems(drawn, names, numbers, source)
    yield from format_problems(drawn, names, numbers.keys(), source)


def _shape(report: Report, source: Source) -> Iterator[Problem]:
    if report.format != "joined":
        yield Problem("format", f"a {report.format} report has no blocks", source.place("format"), "write format: joined, or leave it out")
    if len(report.blocks) < 2:
        yield Problem("blocks", "a joined report has two blocks or more", source.place("blocks"))
    for key in OF_BLOCKS:
        if getattr(report, key) != Report.model_fields[key].get_default():
            yield Problem("belongs-to-block", f"in a joined report {key} belongs to a block", source.place(key), "move it into its block")
    for index, one in enumerate(report.aggregates):
        if isinstance(one, Aggregate):
            yield Problem("belongs-to-block", f"{one.name} is asked of a block", source.place("aggregates", index),
                          "move it into its block; beside the blocks stand formulas over their figures")
    seen: set[str] = set()
    for index, block in enumerate(report.blocks):
        place = source.place("blocks", index, "name")
        if block.name.casefold() in seen:
            yield Problem("twice", f"block {block.name!r} stands here a second time", place)
        seen.add(block.name.casefold())
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", block.name):
            yield Problem("bad-name", f"{block.name!r} is no name that formulas can use", place, "write letters, digits and _")


def _block_shape(block: Block, source: Source) -> Iterator[Problem]:
    for key in OF_REPORT:
        if getattr(block, key) != Report.model_fields[key].get_default():
            yield Problem("belongs-to-report", f"{key} belongs to the joined report, not to a block", source.place(key))
    if not block.groupings_down:
        yield Problem("no-groups", f"the block {block.name!r} has no groups to bring together with those of others", source.place(),
                      "add groupings_down")
    if not block.aggregates:
        yield Problem("empty", f"the block {block.name!r} has no figures", source.place(), "add aggregates")
    for direction in ("groupings_down", "groupings_across"):
        for index, grouping in enumerate(getattr(block, direction)):
            if grouping.top is not None:
                yield Problem("top-of-what", "the top groups of one block may be others in the next", source.place(direction, index, "top"))


def _alignment(report: Report, types: Types, source: Source) -> Iterator[Problem]:
    """Each block is grouped as the first one is."""
    first, of_first = report.blocks[0], types[0].with_fields_of(report.blocks[0])
    for index, (block, view) in enumerate(zip(report.blocks, types, strict=True)):
        for direction, word in (("groupings_down", "down"), ("groupings_across", "across")):
            wanted, found = getattr(first, direction), getattr(block, direction)
            place = source.place("blocks", index, direction)
            if len(wanted) != len(found):
                yield Problem("unaligned", f"{first.name} has {len(wanted)} groupings {word}, {block.name} has {len(found)}", place,
                              "group all blocks alike")
                continue
            for level, (one, other) in enumerate(zip(wanted, found, strict=True)):
                kind, own = _kind(one, of_first), _kind(other, view.with_fields_of(block))
                if kind != own:
                    yield Problem("unaligned", f"{one.field} of {first.name} is grouped by {kind}, {other.field} of {block.name} by {own}",
                                  source.place("blocks", index, direction, level), "group by what can be the same")


def _kind(grouping: Grouping, view: ReportTypeView) -> str:
    """What the values of a grouping are: two of one kind can be equal."""
    field = view.find(grouping.field).field
    if field.to:
        return view.schema.describe(field.to).label
    if field.family in ("date", "datetime"):
        return grouping.date_granularity or "day"
    return "text" if field.family in (*TEXTS, "picklist") else field.type.label.lower()


def _formulas(report: Report, types: Types, source: Source) -> Iterator[Problem]:
    if not report.summary_formulas:
        return
    try:
        checked(report.summary_formulas, _types(report, types), places_of(report.blocks[0]))
    except DefinitionError as error:
        index = {one.name: place for place, one in enumerate(report.aggregates) if isinstance(one, SummaryFormula)}
        for name, problem in map(told_of, error.problems):
            yield replace(problem, where=source.place("aggregates", index[name], "formula"))
