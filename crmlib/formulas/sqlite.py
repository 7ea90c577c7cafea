"""Formulas on SQLite: `crm_formula(recipe, field, field, ...)`, a Python function that evaluates one formula for one row.

The recipe says all there is to know in one line of JSON (the texts, the types, how values are stored, the day), so that any
connection of any process understands it; each process reads a recipe once. Imports what it needs when it is first called.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from crmlib.formulas.check import Checked
    from crmlib.formulas.context import Context

MOST_FIELDS = 90
"""SQLite takes 100 arguments."""
MOST_STORED = 18


def register(connection: sqlite3.Connection) -> None:
    """Give a SQLite connection the function."""
    connection.create_function("crm_formula", -1, crm_formula, deterministic=True)


def crm_formula(recipe: str, *stored: Any) -> Any:
    """The stored form of the formula's value for these stored values; None where it has none."""
    return _runner(recipe)(stored)


def storage_of(type_: TypeEngine[Any]) -> str:
    """How SQLite keeps values of this type: `decimal:2` is a whole number of hundredths."""
    from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, Time

    kept = getattr(type_, "impl", type_)
    kinds = ((Numeric, "decimal"), (Integer, "integer"), (DateTime, "datetime"), (Date, "date"), (Time, "time"), (Boolean, "boolean"))
    for kind, word in kinds:
        if isinstance(kept, kind):
            return f"decimal:{getattr(type_, 'scale', None) or 0}" if word == "decimal" else word
    return "text"


def recipe_of(checked: Checked, storage: Mapping[str, str], context: Context, result: str, field_type: str) -> str:
    """The recipe of a formula over fields that are stored so. Day and clock only stand in it if the formula asks for them."""
    used = list(_definitions(checked))
    return json.dumps({
        "formula": checked.formula.text, "prefix": checked.formula.prefix,
        "uses": {name: (one.formula.text, one.blank_as) for name, _, one in used}, "types": dict(_types(checked)),
        "fields": checked.fields, "storage": [storage[name] for name in checked.fields],
        "result": result, "field_type": field_type, "blank_as": context.for_formula(checked.blank_as).blank_as,
        "today": context.today.isoformat() if "TODAY" in checked.functions else None,
        "now": context.now.isoformat() if checked.functions & {"NOW", "TIMENOW"} else None,
        "zone": context.zone if "DATEVALUE" in checked.functions else "UTC",
    }, ensure_ascii=False)


def _definitions(checked: Checked) -> Iterator[tuple[str, str, Checked]]:
    from crmlib.formulas.tree import Field, walk

    for node in walk(checked.root):
        if isinstance(node, Field) and node.definition is not None:
            yield node.name, node.field_type, node.definition
            yield from _definitions(node.definition)


def _types(checked: Checked) -> Iterator[tuple[str, str]]:
    yield from checked.field_types.items()
    yield from ((name, field_type) for name, field_type, _ in _definitions(checked))


THE_FORMULA = "the formula"
"""Its name among those it uses; no field can be called so."""


@lru_cache(maxsize=1000)
def _runner(recipe: str) -> Callable[[tuple[Any, ...]], Any]:
    from crmlib.formulas.context import Context, FormulaError
    from crmlib.formulas.resolve import check_all

    said = json.loads(recipe)
    name = f"{said['prefix']}.{THE_FORMULA}".lstrip(".")
    texts = {used: text for used, (text, _) in said["uses"].items()}
    blanks = {used: blank_as for used, (_, blank_as) in said["uses"].items() if blank_as}
    checked = check_all({**texts, name: said["formula"]}, said["types"], blank_as=blanks)[name]
    now = datetime.fromisoformat(said["now"]) if said["now"] else datetime.min.replace(tzinfo=UTC)
    context = Context(date.fromisoformat(said["today"]) if said["today"] else date.min, now, said["zone"], said["blank_as"])
    run, fields = checked.runner, said["fields"]
    readers = [_reader(storage, said["types"][name]) for name, storage in zip(fields, said["storage"], strict=True)]
    written = _writer(said["result"], said["field_type"], checked.type)

    def one_row(stored: tuple[Any, ...]) -> Any:
        try:
            values = {name: None if value is None else read(value) for name, read, value in zip(fields, readers, stored, strict=True)}
            return written(run(values, context))
        except FormulaError:
            return None
    return one_row


def _reader(storage: str, field_type: str) -> Callable[[Any], Any]:
    if field_type == "multi_picklist":
        return lambda text: tuple(part for part in text.split(";") if part)
    if field_type in ("lookup", "id"):
        return int
    kind, _, scale = storage.partition(":")
    if kind == "decimal":
        unit = Decimal(1).scaleb(-int(scale))
        return lambda units: Decimal(units) * unit  # exact: both together have at most 18 digits
    return READERS[kind]


READERS: dict[str, Callable[[Any], Any]] = {
    "integer": Decimal,
    "date": date.fromisoformat,
    "datetime": lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
    "time": time.fromisoformat,
    "boolean": bool,
    "text": lambda text: text,
}


def _writer(storage: str, field_type: str, type_: str) -> Callable[[Any], Any]:
    from crmlib.formulas.numbers import EXACT, ONE, outer

    kind, _, scale = storage.partition(":")
    if type_ == "number":
        units_in_one = ONE.scaleb(int(scale or 0) + (2 if field_type == "percent" else 0))

        def units(value: Decimal | None) -> int | None:
            if value is None:
                return None
            whole = int(EXACT.quantize(EXACT.multiply(outer(value), units_in_one), ONE))
            return whole if abs(whole) < 10**MOST_STORED else None
        return units
    if type_ == "boolean":
        return bool
    if kind in WRITERS:
        return lambda value: None if value is None else WRITERS[kind](value)
    return lambda value: value


WRITERS: dict[str, Callable[[Any], Any]] = {
    "date": date.isoformat,
    "datetime": lambda moment: moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds"),
    "time": lambda moment: moment.isoformat("microseconds"),
}
