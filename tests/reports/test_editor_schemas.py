"""The published schemas are those of the code, take everything that ships, and refuse what `check` refuses for its shape or words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator

from crmlib.cli.main import main
from crmlib.model.schema import Schema
from crmlib.reports.catalog import Catalog
from crmlib.reports.editor_schemas import FILES, WORDS, schema_files
from tests.reports.random_reports import schema
from tests.reports.test_cases import CASES
from tests.reports.test_problems import SOUND

REPORT_TYPES = Path(__file__).parents[2] / "report_types"
SHIPPED = sorted(path.relative_to(REPORT_TYPES).as_posix() for path in REPORT_TYPES.rglob("*.yaml") if ".trash" not in path.parts)


def published(name: str) -> str:
    return (REPORT_TYPES / "schema" / name).read_text(encoding="utf-8")


def faults(text: str, name: str = "report.schema.json") -> list[str]:
    """Where the schema finds something wrong, without a line for the whole."""
    content = json.loads(json.dumps(yaml.safe_load(text), default=str))
    return [".".join(map(str, error.absolute_path)) for error in Draft7Validator(json.loads(published(name))).iter_errors(content)]


@pytest.mark.parametrize("name", FILES)
def test_what_is_published_is_what_the_code_says(name: str) -> None:
    assert published(name) == schema_files()[name], "run: make schemas"
    Draft7Validator.check_schema(json.loads(published(name)))


def test_the_command_writes_them(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["report-type", "schema", "--folder", str(tmp_path / "here")])
    assert answer.exit_code == 0, answer.output
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "here").iterdir()} == schema_files()


@pytest.mark.parametrize("path", SHIPPED)
def test_what_ships_has_no_faults(path: str) -> None:
    folder = path.partition("/")[0]
    name = {"reports": "report.schema.json", "buckets": "buckets.schema.json"}.get(folder, "report_type.schema.json")
    assert faults((REPORT_TYPES / path).read_text(encoding="utf-8"), name) == []


@pytest.mark.parametrize("name", CASES)
def test_reports_of_the_tests_have_no_faults(name: str) -> None:
    assert faults(yaml.safe_dump(CASES[name].report.model_dump(mode="json", exclude_defaults=True))) == []


@pytest.mark.parametrize(("text", "where"), [
    (SOUND.replace("label: Sound\n", ""), ""),
    (SOUND + "filtres: []", ""),
    (SOUND + "filters: [{field: name, operater: equals}]", "filters.0"),
    (SOUND + "filters: [{field: name, operator: equal}]", "filters.0.operator"),
    (SOUND + "filters: [{related: calls, at_least: 0}]", "filters.0.at_least"),
    (SOUND + "having: [{aggregate: record_count, operator: more}]", "having.0.operator"),
    (SOUND.replace("record_count", "recordcount"), "aggregates.0.aggregate"),
    (SOUND.replace("record_count", "record_count, show_as: ranks"), "aggregates.0.show_as"),
    (SOUND.replace("owner", "close_date, date_granularity: quater"), "groupings_down.0.date_granularity"),
    (SOUND + "chart: colum", "chart"),
    (SOUND + "chart: {typ: column}", "chart"),
    (SOUND + "conditional_formats: [{aggregate: record_count, rules: [{less_than: 1, look: awful}]}]",
     "conditional_formats.0.rules.0.look"),
    (SOUND + "columns: [{label: Name}]", "columns.0"),
    (SOUND + "row_limit: many", "row_limit"),
])
def test_faults_of_shape_and_words_are_found_where_they_are(text: str, where: str) -> None:
    assert faults(text) == [where]


@pytest.mark.parametrize("text", [
    "chart: pie", "chart: {type: combined, values: ['amount:sum', record_count]}", "chart: {type: gauge, target: 0.5}",
    "columns: [name, {field: amount, label: Worth}]", "filters: [{field: close_date, value: 2026-11-30}, {related: calls, without: true}]",
    "filters: [{field: close_date, value: 'LAST_N_DAYS:30'}, {field: amount, value: [1, 2.5, null]}]",
    "conditional_formats: [{aggregate: record_count, rules: [{less_than: 1, look: '#A0b1C2'}, {greater_or_equal: 2.5, look: good}]}]",
])
def test_short_and_long_forms_are_taken(text: str) -> None:
    assert faults(SOUND + text) == []


def test_every_vocabulary_is_offered() -> None:
    definitions: dict[str, Any] = json.loads(published("report.schema.json"))["$defs"]
    for (definition, key), words in WORDS.items():
        assert set(words) <= set(definitions[definition]["properties"][key]["enum"])


def test_the_folder_of_schemas_is_no_report_type() -> None:
    model: Schema = schema()
    catalog = Catalog(REPORT_TYPES, model)
    assert not any("schema" in name for name in catalog.custom_names()) and not any("schema" in one.folder for one in catalog.reports())
