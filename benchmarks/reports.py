"""How long reports take, beside the same questions in hand-written SQL and in pandas, in one run.

    python benchmarks/reports.py                          a demo organisation in a temporary SQLite file
    python benchmarks/reports.py --scale 100              a hundred times as large: 14 million records, half an hour to make
    python benchmarks/reports.py --sqlite URL --postgresql URL     bases that are there, such as made by `crm demo-data --scale 100`
    python benchmarks/reports.py --only sales_cycle --runs 20 --without pandas sqlite postgresql

Of the column engine a snapshot is taken (CRM_MIRROR, else beside the file), and the hand-written SQL asks the very copy that
the reports ask. Answers are compared before anything is timed; a report that answers otherwise than its SQL stops the run.
Times are milliseconds, of the fastest of warm runs that are taken in turn: on a machine that others use too, this says most.
What takes long is run fewer times. Of the column engine the ratio of processor time is told too, which others change least.

  report     load, validate, plan, secure, compile, bring the copy up to date, ask, assemble: all that a viewer waits for but drawing
  corridor   of that, everything up to the statements' text: the program's own cost before the data is asked
  by hand    the same question in SQL as an analyst would write it, its rows fetched with the database's own driver
  pandas     tables read from SQLite by `read_sql`, merged and grouped; then the same with the tables already in memory
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from questions import QUESTIONS, ZONE, by_hand

from crmlib.demo.fill_demo import fill_demo
from crmlib.mirror.snapshots import folder_of, newest_snapshot, publish
from crmlib.model.changes import start_following
from crmlib.model.org import Org
from crmlib.reports.compile_plan import compile_plan
from crmlib.reports.result import Group, ReportResult
from crmlib.reports.run_report import prepare
from crmlib.workspace import Workspace, connect

if TYPE_CHECKING:
    import pandas as pd

LONG = 20_000
"""Nothing is measured for more than so many milliseconds."""


@dataclass(frozen=True)
class Taken:
    """Milliseconds: by the clock, and of the processors that this process used, which others on the machine hardly change."""

    clock: float
    processor: float


def take(runs: int, **functions: Callable[[], Any]) -> dict[str, Taken]:
    """The fastest runs of these functions, taken in turn so that a slow moment of the machine hits all alike."""
    taken: dict[str, list[Taken]] = {name: [] for name in functions}
    for _ in range(runs):
        for name, function in functions.items():
            if sum(one.clock for one in taken[name]) < LONG:
                clock, processor = time.perf_counter(), time.process_time()
                function()
                taken[name].append(Taken((time.perf_counter() - clock) * 1000, (time.process_time() - processor) * 1000))
    return {name: Taken(min(one.clock for one in runs_), min(one.processor for one in runs_)) for name, runs_ in taken.items()}


class Bases:
    """The same organisation in SQLite, its copy in DuckDB and, perhaps, in PostgreSQL."""

    def __init__(self, sqlite: str, postgresql: str | None) -> None:
        report_types = Path(__file__).parent.parent / "report_types"
        self.sqlite = connect(sqlite, report_types=report_types)
        self.postgresql = connect(postgresql, report_types=report_types) if postgresql else None
        self.today = self.sqlite.org.today()

    def workspace(self, engine: str) -> Workspace:
        os.environ["CRM_ENGINE"] = "column" if engine == "duckdb" else "database"
        found = self.postgresql if engine == "postgresql" else self.sqlite
        assert found is not None
        return found

    def ask(self, engine: str, sql: str) -> list[Any]:
        """Rows of a hand-written query, by the driver of this database alone."""
        if engine == "duckdb":
            return self.duck.execute(sql).fetchall()
        with self.workspace(engine).org.engine.connect() as connection:
            assert connection.connection.dbapi_connection is not None
            return list(connection.connection.dbapi_connection.cursor().execute(sql).fetchall())

    @property
    def duck(self) -> Any:
        """The copy that answers this process's reports."""
        from crmlib.mirror.fetch import _own

        copy = _own[self.workspace("duckdb").org]._copy
        assert copy is not None, "asked after a report"
        return copy._duck


def run(bases: Bases, engine: str, path: str) -> ReportResult:
    return bases.workspace(engine).report(path).run().result


def corridor(workspace: Workspace, path: str, dialect: Any) -> None:
    """From the definition to the text of its statements."""
    runnable = workspace.report(path)
    statements = compile_plan(prepare(runnable.definition, runnable.view, workspace.org, workspace.user), workspace.org.schema)
    for statement in (statements.cells, statements.details):
        if statement is not None:
            str(statement.compile(dialect=dialect))


def check(bases: Bases, engine: str, path: str) -> None:
    """Every line of the report must be one of the hand-written query, and the other way round."""
    question, result = QUESTIONS[path], run(bases, engine, path)
    rows = bases.ask(engine, by_hand(question, engine, bases.today))
    if result.show_details:
        width = len(result.columns)
        found, expected = [values_of(line.values) for line in result.details], [values_of(row[:width]) for row in rows]
    else:
        width = 2 if engine == "sqlite" and question.kind.endswith("percentile") else len(result.aggregates)
        lines = lines_of(result, question.levels and engine != "sqlite")
        found, expected = [figures_of(line)[:width] for line in lines], [figures_of(row)[:width] for row in rows]
    found, expected = sorted(found, key=repr), sorted(expected, key=repr)
    if found != expected:
        different = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
        raise SystemExit(f"{path}, {engine}: {len(found)} lines of the report, {len(expected)} of the query; first: {different[:3]}")


def lines_of(result: ReportResult, with_totals: bool) -> Iterator[Sequence[Any]]:
    """The figures of the finest groups, or of all."""
    down, across = (list(finest(groups, with_totals)) for groups in (result.groups, result.groups_across))
    yield from (result.cells[key, other] for key in down for other in across if (key, other) in result.cells)


def finest(groups: Sequence[Group], with_totals: bool) -> Iterator[Any]:
    """The keys of groups that have none below; of all, and of the total, if wanted."""
    if with_totals or not groups:
        yield ()
    for group in groups:
        below = [key for key in finest(group.groups, with_totals) if key]
        yield from below if below and not with_totals else [group.key, *below]


def figures_of(line: Sequence[Any]) -> tuple[float, ...]:
    """Its numbers, to the cent; a whole number may come as a float."""
    return tuple(round(float(value) + 1e-7, 2) for value in line if isinstance(value, int | float | Decimal))


def values_of(row: Sequence[Any]) -> tuple[Any, ...]:
    """Of a record: numbers as figures, all else as text."""
    return tuple(figures_of([value]) or (None if value in (None, "") else str(value)) for value in row)


def measure_columns(bases: Bases, path: str, runs: int) -> dict[str, Taken]:
    """The column engine beside DuckDB."""
    workspace, sql = bases.workspace("duckdb"), by_hand(QUESTIONS[path], "duckdb", bases.today)
    check(bases, "duckdb", path)
    with workspace.org.engine.connect():  # keeps the pool warm
        return take(runs, report=lambda: run(bases, "duckdb", path), hand=lambda: bases.ask("duckdb", sql),
                    corridor=lambda: corridor(workspace, path, bases.workspace("duckdb").org.engine.dialect))


def measure_database(bases: Bases, engine: str, path: str, runs: int) -> dict[str, Taken]:
    sql = by_hand(QUESTIONS[path], engine, bases.today)
    check(bases, engine, path)
    return take(runs, report=lambda: run(bases, engine, path), hand=lambda: bases.ask(engine, sql))


def measure_pandas(bases: Bases, path: str) -> dict[str, Taken]:
    """Once: nothing gets warm between two runs of it, but what the system keeps of the file."""
    kept: dict[str, pd.DataFrame] = {}
    file = bases.sqlite.org.engine.url.database

    def read(table: str, columns: Sequence[str], dates: Sequence[str] = ()) -> pd.DataFrame:
        import pandas as pd

        if table not in kept:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
                query = f"SELECT id, {', '.join((*columns, *dates))} FROM {table} WHERE deleted_at IS NULL"
                kept[table] = pd.read_sql_query(query, connection, index_col="id", parse_dates=list(dates))
        return kept[table]

    def question() -> Any:
        return QUESTIONS[path].pandas(read, bases.today)

    first = take(1, pandas=question)
    return first | take(3, in_memory=question)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sqlite", help="a base that is there; otherwise a demo organisation is made")
    parser.add_argument("--postgresql", help="the same organisation there")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", default="", help="questions whose name has this in it")
    parser.add_argument("--without", nargs="*", default=[], choices=["pandas", "sqlite", "postgresql"])
    options = parser.parse_args()
    os.environ["TZ"] = ZONE  # of SQLite's local time
    time.tzset()
    with tempfile.TemporaryDirectory() as folder:
        url = options.sqlite
        if url is None:
            url = f"sqlite:///{Path(folder) / 'benchmark.sqlite'}"
            fill_demo(Org.open(url), date.today(), scale=options.scale)
        bases = Bases(url, options.postgresql)
        take_snapshot(bases.sqlite.org)
        questions = [path for path in QUESTIONS if options.only in path]
        print_columns(bases, questions, options)
        for engine, label in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
            if engine not in options.without and (engine == "sqlite" or bases.postgresql):
                print_database(bases, engine, label, questions, options.runs)


def take_snapshot(org: Org) -> None:
    folder = folder_of(org)
    assert folder is not None
    if newest_snapshot(folder) is None:
        with org.begin() as connection:
            start_following(connection, org.schema.metadata)
        publish(org, folder)


def print_columns(bases: Bases, questions: Sequence[str], options: argparse.Namespace) -> None:
    print_head("column engine", "report", "corridor", "by hand", "report / by hand", "processor, report / by hand",
               "pandas", "pandas / report", "in memory / report")
    for path in questions:
        found = measure_columns(bases, path, options.runs)
        report, hand = found["report"], found["hand"]
        cells = [f"{report.clock:.1f}", f"{found['corridor'].clock:.1f}", f"{hand.clock:.1f}", f"{report.clock / hand.clock:.2f}",
                 f"{report.processor / hand.processor:.2f}"]
        if "pandas" not in options.without:
            slow = measure_pandas(bases, path)
            cells += [f"{slow['pandas'].clock:,.0f}", f"{slow['pandas'].clock / report.clock:.0f}",
                      f"{slow['in_memory'].clock / report.clock:.1f}"]
        print_line(path, *cells)


def print_database(bases: Bases, engine: str, label: str, questions: Sequence[str], runs: int) -> None:
    print_head(label, "report", "by hand", "report / by hand")
    for path in questions:
        found = measure_database(bases, engine, path, runs)
        report, hand = found["report"].clock, found["hand"].clock
        print_line(path, f"{report:,.1f}", f"{hand:,.1f}", f"{report / hand:.2f}")


def print_head(*titles: str) -> None:
    print(f"\n| {' | '.join(titles)} |\n| --- |{' ---: |' * (len(titles) - 1)}")


def print_line(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
