"""docs/import.md: its example runs as it stands there, and every key of a mapping has its line."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from crmlib.exchange.mapping import AddedColumns, DateFormat, FieldMapping, FileMapping, Mapping, ParentByTotal
from crmlib.model.org import Org
from tests.exchange.acme import Export, counts, records

TEXT = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


def test_the_example_is_imported_as_it_is_written(org: Org, tmp_path: Path) -> None:
    mapping, = re.findall(r"```yaml\n(system: .*?)```", TEXT, re.DOTALL)
    files = dict(re.findall(r"```csv (\S+)\n(.*?)```", TEXT, re.DOTALL))
    export = Export(tmp_path, mapping, files)
    assert counts(export.load(org)) == {"account": (2, 0, 0, 0), "contact": (2, 0, 0, 0)}
    sun = records(org, "account")["acme:companies:1"]
    assert (sun["parent"], sun["type"], sun["created_at"].isoformat()) == ("Wind Holding", "Customer", "2019-03-30T23:00:00+00:00")
    ada, grace = records(org, "contact").values()
    assert (ada["name"], ada["account"], ada["mobile"], ada["source"]) == ("Ada Byron", "Wind & Sun", "+31 6 1234 5678", "Trade show")
    assert (grace["name"], grace["account"], grace["mobile"]) == ("Grace Hopper", None, None)


@pytest.mark.parametrize("model", [Mapping, FileMapping, FieldMapping])
def test_every_key_has_a_line(model: type[BaseModel]) -> None:
    assert [key for key in model.model_fields if f"\n| `{key}` | " not in TEXT] == []


@pytest.mark.parametrize("model", [AddedColumns, DateFormat, ParentByTotal])
def test_every_further_key_is_told_of(model: type[BaseModel]) -> None:
    assert [key for key in model.model_fields if not re.search(rf"\b{key}\b[:`]", TEXT)] == []
