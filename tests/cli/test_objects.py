"""`crm object`: what people are told when they define, look at and take away fields."""

from __future__ import annotations

from pathlib import Path


def test_a_formula_field_from_beginning_to_end(crm, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "score.yaml"
    file.write_text("object: account\nfields:\n  - {name: score_c, type: number, label: Score, formula: employes / 10}\n")
    said, well = crm("object", "define", str(file))
    assert not well and "score.yaml:3" in said and "did you mean 'employees'?" in said
    file.write_text(file.read_text().replace("employes", "employees"))
    assert crm("object", "define", str(file)) == ("account: 1 fields defined.\n", True)
    assert "Number; = employees / 10\n" in crm("object", "describe", "account")[0]
    assert crm("object", "remove-formula", "account", "score_c") == ("account: score_c removed.\n", True)
    assert "score_c" not in crm("object", "describe", "account")[0]
