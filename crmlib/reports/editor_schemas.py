"""JSON Schemas of report types and reports, with which editors complete and check their YAML.

They know shapes and words, not the names of objects and fields: `crm report-type check` asks for those. To offer the words of
one more vocabulary: a row in WORDS.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from crmlib.definition import Definition
from crmlib.reports.aggregates import AGGREGATES
from crmlib.reports.charts import CHARTS
from crmlib.reports.conditional_formats import COLOUR, LOOKS
from crmlib.reports.date_literals import DATE_LITERALS
from crmlib.reports.definition import Report, ReportType, SharedBuckets
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.operators import OPERATORS
from crmlib.reports.show_as import SHOW_AS

Schema = dict[str, Any]

WORDS: dict[tuple[str, str], Iterable[str]] = {
    ("Aggregate", "aggregate"): AGGREGATES,
    ("Aggregate", "show_as"): SHOW_AS,
    ("SummaryFormula", "show_as"): SHOW_AS,
    ("Grouping", "date_granularity"): GRANULARITIES,
    ("Filter", "operator"): OPERATORS,
    ("Having", "operator"): OPERATORS,
    ("Chart", "type"): CHARTS,
}
"""Which words a key takes, by the definition it stands in."""

TOLD_APART = {"aggregates": ("formula", "SummaryFormula", "Aggregate"), "filters": ("related", "CrossFilter", "Filter")}
"""Lists of two kinds of items: the key that only the first has. An editor then says what is wrong with the kind that is meant."""

FILES: dict[str, type[Definition]] = {"report.schema.json": Report, "report_type.schema.json": ReportType,
                                     "buckets.schema.json": SharedBuckets}


def schema_files() -> dict[str, str]:
    """The text of each file, by its name."""
    return {name: json.dumps(_schema_of(model), indent=2, ensure_ascii=False) + "\n" for name, model in FILES.items()}


def _schema_of(model: type[Definition]) -> Schema:
    schema: Schema = {"$schema": "http://json-schema.org/draft-07/schema#", **model.model_json_schema()}
    definitions: dict[str, Schema] = {model.__name__: schema, **schema.get("$defs", {})}
    for name, definition in definitions.items():
        for key, described in definition.get("properties", {}).items():
            described.pop("title", None)  # repeats the key
            if (name, key) in WORDS:
                _offer(described, WORDS[name, key])
            if key in TOLD_APART:
                sign, first, second = TOLD_APART[key]
                described["items"] = {"if": {"required": [sign]}, "then": {"$ref": f"#/$defs/{first}"},
                                      "else": {"$ref": f"#/$defs/{second}"}}
            if key == "columns":
                described["items"] = {"anyOf": [{"type": "string", "description": "A field path."}, described["items"]]}
    if model is Report:
        schema["anyOf"] = [{"required": ["report_type"]}, {"required": ["blocks"]}]
    if "Chart" in definitions:
        schema["properties"]["chart"] = {"anyOf": [dict(definitions["Chart"]["properties"]["type"]), {"$ref": "#/$defs/Chart"}]}
        look = definitions["LookRule"]["properties"]["look"]
        look["anyOf"] = [{"enum": list(LOOKS)}, {"pattern": f"^{COLOUR.pattern}$"}]
        definitions["Filter"]["properties"]["value"]["examples"] = [
            f"{one.name}:30" if one.takes_number else one.name for one in DATE_LITERALS.values()]
    return schema


def _offer(described: Schema, words: Iterable[str]) -> None:
    """These words and no others; none, where the key may be left empty."""
    optional = {"type": "null"} in described.pop("anyOf", [])
    described |= {"type": ["string", "null"] if optional else "string", "enum": [*words, *([None] if optional else [])]}
