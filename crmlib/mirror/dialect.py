"""DuckDB as SQLAlchemy sees it: PostgreSQL's dialect with DuckDB's own words, over the plain `duckdb` module.

Nothing but what the `duckdb` package has built in is used, and nothing is ever fetched from the network.
To add a function of `crmlib.model.sql_functions`: a line in WORDS. A statement with a function that has none is not
compiled, and the database answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Cast, ColumnClause, Engine, NullPool, Numeric, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.functions import FunctionElement

from crmlib.mirror.formula_words import LARGE, run_formula
from crmlib.model import sql_functions
from crmlib.model.sql_functions import day_number, local_date, text_sort_key

WORDS = {
    # DuckDB lowers letter by letter; Python, and so the filter's value, knows that a sigma at the end is another and that İ is two.
    "lower_text": "(CASE WHEN contains({0}, 'Σ') OR contains({0}, 'İ') THEN crm_lower({0}) ELSE lower({0}) END)",
    "sort_key": "(CASE WHEN strlen({0}) = length({0}) THEN lower({0}) ELSE crm_sort_key({0}) END)",  # as many bytes as letters: ASCII
    "code_points": "({0})",
    "any_of": "any_value({0})",
    "same_scale": "(({0}) + 0 * {1})",
    # Of an even number of values the first is the one before the middle, the second the one after it; of an odd number both are the same.
    "twice_median": "list_sum(quantile_disc({0}, [0.5, 0.500000000001]))",
    "percentile": "quantile_disc({0}, ({1} - 0.000000001) / 100.0)",  # 0.07 * 100 is over 7 to a float
    "first_by": "(first({0} ORDER BY {1}, {2}) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL))",
    "last_by": "(first({0} ORDER BY {1} DESC, {2} DESC) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL))",
    "sum_of_squares": "sum(CAST({0} AS DECIMAL(19, {node.type.scale})) * {0})",
    "local_date": "(DATE '0001-01-01' + CAST(crm_local_time({0}, {1}) // 86400000000 AS INTEGER))",
    "local_hour": "CAST(crm_local_time({0}, {1}) // 3600000000 % 24 AS INTEGER)",
    "day_of_month": "CAST(day({0}) AS INTEGER)",
    "month_number": "CAST(year({0}) * 12 + month({0}) - 1 AS INTEGER)",
}
"""How DuckDB says our functions: arguments by number, `node` being the function itself."""


class DuckCompiler(PGCompiler):
    """Where DuckDB differs from PostgreSQL."""

    def visit_timezone_func(self, function: Any, **kw: Any) -> str:
        """PostgreSQL's local time of a moment. Only formulas ask for it, and only of moments (`formula_words`)."""
        zone, moment = (self.process(one, **kw) for one in function.clauses)
        return f"make_timestamp(crm_local_time({moment}, {zone}) - {YEAR_1970})"

    def visit_column(self, column: ColumnClause[Any], *args: Any, **kw: Any) -> str:
        """1e12 is exact to PostgreSQL; to DuckDB it is a float."""
        if column.is_literal and LARGE.fullmatch(column.name):
            return f"({Decimal(column.name.strip('()')):f})"
        return super().visit_column(column, *args, **kw)

    def visit_cast(self, cast: Cast[Any], **kw: Any) -> str:
        """A number without bounds: a decimal stays what it is, since DuckDB would cut it to three digits; all else is a whole number."""
        if isinstance(cast.type, Numeric) and cast.type.precision is None:
            written = self.process(cast.clause, **kw)
            return written if isinstance(cast.clause.type, Numeric) else f"CAST({written} AS DECIMAL(19,0))"
        return super().visit_cast(cast, **kw)

    def visit_floordiv_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:
        return f"{self.process(binary.left, **kw)} // {self.process(binary.right, **kw)}"


class DuckDialect(PGDialect):
    """Compiles for DuckDB and talks to it through `duckdb`'s own connections."""

    name = "duckdb"
    driver = "duckdb"
    default_paramstyle = "qmark"
    statement_compiler = DuckCompiler
    supports_statement_cache = True
    supports_native_decimal = True
    supports_sane_rowcount = False

    @classmethod
    def import_dbapi(cls) -> Any:
        import duckdb

        return duckdb

    def initialize(self, connection: Any) -> None:
        self.server_version_info = (15,)
        self._backslash_escapes = False

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute("BEGIN TRANSACTION")

    def do_rollback(self, dbapi_connection: Any) -> None:
        if dbapi_connection.begun:
            dbapi_connection.execute("ROLLBACK")

    def do_commit(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute("COMMIT")


class DuckConnection:
    """A DuckDB connection in the shape SQLAlchemy wants: DuckDB's own `cursor()` would be another connection, outside the transaction."""

    def __init__(self, duck: Any) -> None:
        self.duck = duck
        self.begun = False

    def cursor(self) -> DuckConnection:
        return self

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        self.begun = statement not in ("COMMIT", "ROLLBACK") and (self.begun or statement == "BEGIN TRANSACTION")
        return self.duck.execute(statement, list(parameters)) if parameters else self.duck.execute(statement)

    def close(self) -> None:
        """Cursors are closed often, and this is all there is of one; the copy closes its connections itself."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.duck, name)


def engine_on(duck: Any) -> Engine:
    """An engine whose connections are new connections to the database that `duck` is connected to."""
    return create_engine("duckdb://", creator=lambda: DuckConnection(duck.cursor()), poolclass=NullPool)


def add_functions(duck: Any) -> None:
    """Give a connection, and all others to the same database, the Python functions that WORDS speak of."""
    for name, function in (("crm_lower", str.lower), ("crm_sort_key", text_sort_key)):
        duck.create_function(name, function, ["VARCHAR"], "VARCHAR")
    duck.create_function("crm_local_time_then", _local_time_then, ["TIMESTAMP", "VARCHAR"], "BIGINT")
    duck.create_function("crm_formula", run_formula, ["VARCHAR", "VARCHAR[]"], "VARCHAR", null_handling="special")


def set_zone(duck: Any, zone: str) -> None:
    """Tell the database the one time zone it is asked for, that of the organization."""
    known = zone.replace("'", "''")
    duck.execute(f"""CREATE OR REPLACE MACRO crm_local_time(moment, zone) AS CASE
        WHEN zone <> '{known}' THEN error('another time zone')
        WHEN moment >= TIMESTAMP '{FIRST}-01-01' AND moment < TIMESTAMP '{LAST}-01-01'
        THEN epoch_us(moment) + {YEAR_1970} + {_offset(offsets_of(zone, FIRST, LAST))} ELSE crm_local_time_then(moment, zone) END""")


YEAR_1970 = 719_162 * 86_400_000_000
"""Microseconds from the beginning of the year 1, from which `crm_local_time` counts: positive, so that // rounds down."""
FIRST, LAST = 2010, 2040
"""Years whose changes of the clocks are written out. Each adds to the time a statement takes to begin; of other years Python is asked."""


def _local_time_then(moment: datetime, zone: str) -> int:
    """`crm_local_time` of any year."""
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return (local.replace(tzinfo=None) - datetime.min) // timedelta(microseconds=1)


@lru_cache(maxsize=8)
def offsets_of(zone: str, first: int, last: int) -> tuple[tuple[datetime, int], ...]:
    """From when on which offset from UTC holds, in microseconds, between two years."""
    place, week, second = ZoneInfo(zone), timedelta(weeks=1), timedelta(seconds=1)

    def offset(moment: datetime) -> int:
        return round((moment.astimezone(place).utcoffset() or timedelta()) / timedelta(microseconds=1))

    moment = datetime(first, 1, 1, tzinfo=UTC)
    found = [(moment, offset(moment))]
    while moment.year < last:
        before, moment = moment, moment + week
        now, after = offset(moment), moment
        if now == found[-1][1]:
            continue
        while after - before > second:  # the change lies between them: halve the time
            middle = before + (after - before) // second // 2 * second
            before, after = (middle, after) if offset(middle) == found[-1][1] else (before, middle)
        found.append((after, now))
    return tuple(found)


def _offset(offsets: Sequence[tuple[datetime, int]]) -> str:
    """The offset of `moment` as SQL: halves of the time again and again, six comparisons for thirty years."""
    if len(offsets) == 1:
        return str(offsets[0][1])
    middle = len(offsets) // 2
    change = f"TIMESTAMP '{offsets[middle][0]:%Y-%m-%d %H:%M:%S}'"
    return f"CASE WHEN moment < {change} THEN {_offset(offsets[:middle])} ELSE {_offset(offsets[middle:])} END"


def _say(function: type[FunctionElement[Any]], template: str) -> None:
    def render(node: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
        return template.format(*(compiler.process(one, **kw) for one in node.clauses), node=node)
    compiles(function, "duckdb")(render)


def _day_number(node: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    """Of a moment's day it needs no date on the way."""
    of = node.clauses.clauses[0]
    template, arguments = ("CAST(crm_local_time({0}, {1}) // 86400000000 + 1 AS INTEGER)", of.clauses) if isinstance(of, local_date) else (
        "CAST(({0}) - DATE '0001-01-01' + 1 AS INTEGER)", node.clauses)
    return template.format(*(compiler.process(one, **kw) for one in arguments))


compiles(day_number, "duckdb")(_day_number)
for _name, _template in WORDS.items():
    _say(getattr(sql_functions, _name), _template)
registry.register("duckdb", __name__, "DuckDialect")
