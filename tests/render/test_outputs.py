from __future__ import annotations

import pytest

from crmlib.render.outputs import OUTPUTS
from tests.render import results


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("result", [results.deals(show_details=True), results.tabular(), results.empty(), results.hostile()])
def test_every_output_writes_every_result(name: str, result: results.ReportResult) -> None:
    content = OUTPUTS[name].write(result)
    assert content[:2] == b"PK" if name == "xlsx" else content.decode("utf-8")


def test_names_and_extensions() -> None:
    assert {name: row.extension for name, row in OUTPUTS.items()} == {
        "table": "txt", "csv": "csv", "xlsx": "xlsx", "html": "html", "json": "json"}
