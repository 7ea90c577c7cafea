"""The corridor, to be read aloud. `explain` is the same without asking the data."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import date

from sqlalchemy import Dialect

from crmlib.definition import NOWHERE, Source
from crmlib.errors import raise_if_any
from crmlib.mirror.fetch import fetch, fetch_in_batches
from crmlib.model.org import Org
from crmlib.reports.assemble import Block, assemble, details_of
from crmlib.reports.compile_plan import Statements, compile_plan
from crmlib.reports.definition import Report
from crmlib.reports.make_plan import make_plan
from crmlib.reports.parameters import NOTHING_GIVEN, Values, answered, answers_to, asked_by, parameters_of
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import DetailRow, Key, ReportResult
from crmlib.reports.secure import SecuredPlan, secure
from crmlib.reports.validate import validate
from crmlib.security.access import Access


def run_report(report: Report, view: ReportTypeView, org: Org, access: Access, today: date | None = None,
               source: Source = NOWHERE, detail_limit: int | None = None, within: Key | None = None, across: Key = (),
               parameters: Values = NOTHING_GIVEN) -> ReportResult:
    """Run a report as a user. Two statements, answered as of one moment by the database or the column engine.

    detail_limit: fetch at most so many detail rows; totals are of all. within, across: only the
    records behind this cell, down and across; `()` being the total. parameters: values for what the report asks, by name.
    """
    secured = prepare(report, view, org, access, today, source, parameters)
    if within is not None:
        secured = secured.drilled_to(within, across)
    return run_plan(secured, org, detail_limit)


def run_plan(secured: SecuredPlan, org: Org, detail_limit: int | None = None) -> ReportResult:
    """Run what was secured."""
    statements = compile_plan(secured, org.schema, detail_limit)
    with _without_search_for_garbage():
        answer = fetch(org, statements.cells, statements.details)
        cells, details = answer.rows
        block = Block(secured, statements, cells, details)
        result = assemble(secured.report, [block], org.schema, answer.read_at, detail_limit)
    return replace(result, engine=answer.engine)


@contextmanager
def run_in_batches(secured: SecuredPlan, org: Org, size: int = 10_000) -> Iterator[tuple[ReportResult, Iterable[Sequence[DetailRow]]]]:
    """The result without its details, and these as they come: memory holds `size` of them, also of a million."""
    statements = compile_plan(secured, org.schema)
    if statements.details is None or secured.is_ordered_by_figures:  # their order is only known when all are there
        result = run_plan(secured, org)
        yield replace(result, details=()), [result.details]
        return
    with fetch_in_batches(org, statements.cells, statements.details, size) as answer:
        cells, batches = answer.rows
        result = assemble(secured.report, [Block(secured, statements, cells, [])], org.schema, answer.read_at)
        yield replace(result, engine=answer.engine), (details_of(secured, rows) for rows in batches)


@contextmanager
def _without_search_for_garbage() -> Iterator[None]:
    """Among many new rows Python would look for garbage again and again, find none, and take a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def prepare(report: Report, view: ReportTypeView, org: Org, access: Access, today: date | None = None,
            source: Source = NOWHERE, parameters: Values = NOTHING_GIVEN) -> SecuredPlan:
    """From the definition to what this user may run. Raises DefinitionError, InvalidData for parameters, or AccessDenied;
    asks the data nothing."""
    today = today or org.today()
    raise_if_any(validate(report, view, org.settings, today, source))
    view = view.with_fields_of(report)
    answers = answers_to(parameters_of(asked_by(report, view)), parameters, today, org.settings)
    return secure(make_plan(answered(report, answers), view, org.settings, today), access, org.schema)


def explain(secured: SecuredPlan, org: Org) -> str:
    """What the report will ask, in words and in SQL."""
    statements = compile_plan(secured, org.schema)
    lines = [f"Report       {secured.report.label}", f"Report type  {secured.report_type}", "", "Sources"]
    for source in secured.every_source():
        join = {"primary": "primary object", "lookup": "lookup, never drops rows", "cross": "asked by a filter, adds no rows"}.get(
            source.kind, "with" if source.required else "with or without")
        lines += [f"  {source.path or source.object} ({source.object}): {join}", f"      {secured.rules[source.path].reason}"]
    if secured.filters or secured.having:
        lines += ["", "Filters", *(f"  {condition.text}" for condition in (*secured.filters, *secured.having))]
    lines += ["", "Totals"]
    for aggregate in secured.aggregates:
        counted = "each record once per group" if aggregate.repeats else "every row"
        asked = "merged from the finest groups" if aggregate.additive else "asked at every level"
        lines.append(f"  {aggregate.label}: {counted}, totals {asked}")
    if secured.withheld:
        lines += ["", f"Withheld     {', '.join(secured.withheld)}"]
    return "\n".join([*lines, "", *sql_texts(statements, org.engine.dialect)])


def sql_texts(statements: Statements, dialect: Dialect) -> list[str]:
    """The statements as SQL with their values in place, for reading."""
    reading = copy(dialect)  # psycopg wants each % doubled; whoever copies the SQL into psql does not
    reading.paramstyle, reading.positional = "named", False
    reading.identifier_preparer = reading.preparer(reading)
    asked = [("-- groups and totals", statements.cells), ("-- details", statements.details)]
    return [f"{title}\n{statement.compile(dialect=reading, compile_kwargs={'literal_binds': True})}\n"
            for title, statement in asked if statement is not None]
