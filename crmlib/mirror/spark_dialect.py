"""Spark SQL as SQLAlchemy sees it: standard SQL with Spark's own words, sent through a Spark Connect session.

Values travel beside the statement, never in it; decimals, dates and moments as texts that Spark casts, so that they arrive
exactly. What Spark cannot do exactly is done by Python functions on its workers, which need crmlib installed: text as people
sort it, and formulas.
To add a function of `crmlib.model.sql_functions`: a line in WORDS. A statement with a function that has none is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Date, DateTime, Engine, NullPool, Numeric, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import BindTyping
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import GenericTypeCompiler, IdentifierPreparer, SQLCompiler
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from crmlib.formulas.compile_sql import FormulaValue
from crmlib.formulas.sqlite import crm_formula, storage_of
from crmlib.model import sql_functions
from crmlib.model.sql_functions import text_sort_key

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Years between which time zones are compared with ours. Days of moments before or after are refused: there, rules differ."""
LOCAL_TIME = (f"CASE WHEN {{0}} >= TIMESTAMP_NTZ '{FIRST_YEAR}-01-01 00:00:00' AND {{0}} < TIMESTAMP_NTZ '{LAST_YEAR}-01-01 00:00:00' "
              "THEN from_utc_timestamp({0}, {1}) WHEN {0} IS NOT NULL THEN raise_error('a moment is too far from today') END")

WORDS = {
    "lower_text": "lower({0})",
    "sort_key": "crm_sort_key({0})",
    "code_points": "({0})",
    "any_of": "min({0})",
    "same_scale": "({0})",
    # Spark's own median and percentiles are floats.
    "twice_median": "(get(sort_array(collect_list({0})), (count({0}) - 1) div 2) + get(sort_array(collect_list({0})), count({0}) div 2))",
    "percentile": "get(sort_array(collect_list({0})), (count({0}) * {1} + 99) div 100 - 1)",
    "first_by": "min_by({0}, struct({1}, {2})) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL)",
    "last_by": "max_by({0}, struct({1}, {2})) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL)",
    "sum_of_squares": "CASE WHEN count({0}) * pow(max(abs(CAST({0} AS DOUBLE))) * 1e{node.type.scale}, 2) > 1e37 "
                      "THEN raise_error('a sum of squares has more digits than Spark can hold') "
                      "ELSE sum(CAST({0} AS DECIMAL(18, {node.type.scale})) * CAST({0} AS DECIMAL(18, {node.type.scale}))) END",
    "local_date": f"CAST({LOCAL_TIME} AS DATE)",
    "local_hour": f"hour({LOCAL_TIME})",
    "day_of_month": "day({0})",
    "month_number": "(year({0}) * 12 + month({0}) - 1)",
    "day_number": "(datediff({0}, DATE '0001-01-01') + 1)",
}
"""How Spark says our functions: arguments by number, `node` being the function itself."""


def formula_text(recipe: str, *stored: Any) -> str | None:
    """A formula's value as text, since a function has one type on Spark."""
    value = crm_formula(recipe, *stored)
    return None if value is None else str(value)


PYTHON_FUNCTIONS = {"crm_sort_key": text_sort_key, "crm_formula": formula_text}
"""Those that WORDS and formulas speak of; all give texts."""


class SparkCompiler(SQLCompiler):
    """Where Spark differs from standard SQL."""

    def visit_floordiv_binary(self, binary: BinaryExpression[Any], operator: Any, **kw: Any) -> str:
        return f"{self.process(binary.left, **kw)} div {self.process(binary.right, **kw)}"

    def visit_avg_func(self, function: FunctionElement[Any], **kw: Any) -> str:
        """With 14 digits after the point; Spark gives four more than there are before."""
        return f"avg(CAST({self.process(function.clauses, **kw)} AS DECIMAL(30, 10)))"

    def visit_empty_set_expr(self, element_types: Any, **kw: Any) -> str:
        return "SELECT NULL WHERE false"

    def render_bind_cast(self, type_: TypeEngine[Any], dbapi_type: TypeEngine[Any], sqltext: str) -> str:
        return f"CAST({sqltext} AS {self.dialect.type_compiler_instance.process(dbapi_type)})"

    def render_literal_value(self, value: Any, type_: TypeEngine[Any], **kw: Any) -> str:
        if isinstance(value, str):
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return super().render_literal_value(value, type_, **kw)


class SparkTypes(GenericTypeCompiler):
    def visit_NUMERIC(self, type_: Numeric[Any], **kw: Any) -> str:
        return f"DECIMAL({type_.precision}, {type_.scale})"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return "STRING"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP_NTZ"


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


class SparkNumeric(Numeric[Any]):
    render_bind_cast = True

    def bind_processor(self, dialect: Any) -> Any:
        return _as_text

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """They come as Decimals."""


class SparkDate(Date):
    render_bind_cast = True

    def bind_processor(self, dialect: Any) -> Any:
        return _as_text


class SparkDateTime(DateTime):
    render_bind_cast = True

    def bind_processor(self, dialect: Any) -> Any:
        return _as_text


class SparkPreparer(IdentifierPreparer):
    def __init__(self, dialect: Any, **kw: Any) -> None:
        super().__init__(dialect, initial_quote="`", **kw)

    def _requires_quotes(self, value: str) -> bool:
        return True


class SparkDialect(DefaultDialect):
    """Compiles for Spark and talks to it through `SparkConnection`."""

    name = "spark"
    driver = "connect"
    default_paramstyle = "named"  # of a WITH, Spark 4.2 takes positional ones in another order than they are written
    statement_compiler = SparkCompiler
    type_compiler_cls = SparkTypes
    preparer = SparkPreparer  # type: ignore[assignment]
    colspecs = {Numeric: SparkNumeric, DateTime: SparkDateTime, Date: SparkDate}  # noqa: RUF012
    bind_typing = BindTyping.RENDER_CASTS
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True

    @classmethod
    def import_dbapi(cls) -> Any:
        from pyspark.errors import PySparkException

        return SimpleNamespace(Error=PySparkException, paramstyle="named")

    def initialize(self, connection: Any) -> None:
        """There is nothing to ask."""


class SparkConnection:
    """A Spark Connect session in the shape SQLAlchemy wants; it is also its cursor, with the rows of the last statement."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.rowcount = -1
        self.description: list[tuple[Any, ...]] = []

    def cursor(self) -> SparkConnection:
        return SparkConnection(self.session)

    def execute(self, statement: str, parameters: Mapping[str, Any]) -> None:
        found = self.session.sql(statement, args=dict(parameters)).toArrow()
        self.description = [(name, None, None, None, None, None, None) for name in found.column_names]
        self.rows = list(zip(*(column.to_pylist() for column in found.columns), strict=True))

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def commit(self) -> None:
        """Nothing is written."""

    rollback = close = commit


def engine_on(session: Any) -> Engine:
    """An engine over a Spark Connect session."""
    return create_engine("spark://", creator=lambda: SparkConnection(session), poolclass=NullPool)


def _say(function: type[FunctionElement[Any]], template: str) -> None:
    def render(node: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
        return template.format(*(compiler.process(one, **kw) for one in node.clauses), node=node)
    compiles(function, "spark")(render)


for _name, _template in WORDS.items():
    _say(getattr(sql_functions, _name), _template)


@compiles(FormulaValue, "spark")
def _formula(element: FormulaValue, compiler: SQLCompiler, **kw: Any) -> str:
    """The function that SQLite calls, of values as SQLite stores them."""
    recipe, *columns = element.clauses.clauses[0].clauses
    stored = [_stored(compiler.process(column, **kw), column.type) for column in columns]
    return _read(f"crm_formula({', '.join([compiler.process(recipe, **kw), *stored])})", element.type)


def _stored(sql: str, type_: TypeEngine[Any]) -> str:
    kind, _, scale = storage_of(type_).partition(":")
    if kind == "decimal":
        return f"CAST({sql} * 1{'0' * int(scale)} AS BIGINT)"
    return f"CAST({sql} AS STRING)" if kind in ("date", "datetime") else sql


def _read(sql: str, type_: TypeEngine[Any]) -> str:
    kind, _, scale = storage_of(type_).partition(":")
    if kind == "decimal":
        unit = f"CAST('{Decimal(1).scaleb(-int(scale)):f}' AS DECIMAL({int(scale) + 1}, {scale}))"
        return f"CAST(CAST({sql} AS DECIMAL(18, 0)) * {unit} AS DECIMAL(18, {scale}))"
    kinds = {"integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP_NTZ", "boolean": "BOOLEAN"}
    return f"CAST({sql} AS {kinds[kind]})" if kind in kinds else sql


registry.register("spark", __name__, "SparkDialect")
