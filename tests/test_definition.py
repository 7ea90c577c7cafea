"""YAML definitions: every problem of shape at once, each with its file, its line and, where one is near, the right word."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmlib.definition import NOWHERE, Definition, parse_definition, read_definition
from crmlib.errors import DefinitionError, Problem


class Rule(Definition):
    field: str
    value: int | None = None


class Card(Definition):
    title: str
    rules: tuple[Rule, ...] = ()
    main_rule: Rule | None = None


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        parse_definition(text, Card, "card.yaml")
    return caught.value.problems


def test_a_definition_and_where_its_parts_stand() -> None:
    card, source = parse_definition("""\
# a card
title: First
rules:
  - {field: stage, value: 3}
  - field: amount
    value: 4
""", Card, "c.yaml")
    assert card == Card(title="First", rules=(Rule(field="stage", value=3), Rule(field="amount", value=4)))
    assert source.place("title") == "c.yaml:2"
    assert source.place("rules") == "c.yaml:3"
    assert source.place("rules", 0, "value") == "c.yaml:4"
    assert source.place("rules", 1, "value") == "c.yaml:6"
    assert source.place("rules", 7, "value") == "c.yaml:3", "what is not there is looked for around it"
    assert source.place("nothing") == "c.yaml:2"


def test_a_definition_made_in_python_has_no_lines() -> None:
    assert NOWHERE.place("rules", 0, "field") == "rules.0.field"


def test_every_problem_comes_at_once_in_the_order_of_lines() -> None:
    found = problems("""\
rules:
  - {feild: stage}
  - {field: amount, value: much}
title: 5
colour: red
main_rule: {field: a, valu: 1}
""")
    assert [(problem.code, problem.where) for problem in found] == [
        ("missing-key", "card.yaml:2"), ("unknown-key", "card.yaml:2"), ("bad-value", "card.yaml:3"), ("bad-value", "card.yaml:4"),
        ("unknown-key", "card.yaml:5"), ("unknown-key", "card.yaml:6")]


def test_an_unknown_key_is_met_with_the_nearest_known_one() -> None:
    found = problems("titel: x\nrules: [{feild: stage, colour: red}]\n")
    assert {problem.message: problem.hint for problem in found} == {
        "'title' is missing": "",
        "unknown key 'titel'": "did you mean 'title'?",
        "'field' is missing": "",
        "unknown key 'feild'": "did you mean 'field'?",
        "unknown key 'colour'": "known keys: field, value"}


def test_a_bad_value_is_shown() -> None:
    assert "(got 'much')" in problems("title: x\nrules: [{field: a, value: much}]")[0].message


@pytest.mark.parametrize(("text", "code", "where"), [
    ("title: [unclosed", "bad-yaml", "card.yaml:1"),
    ("title: x\n\ttabs: y", "bad-yaml", "card.yaml:2"),
    ("title: x\n---\ntitle: y", "bad-yaml", "card.yaml:2"),
    ("title: {[a, b]: c}", "bad-yaml", "card.yaml:1"),
    ("title: &a [*a]", "bad-yaml", "card.yaml"),
    ("title: !!python/object/apply:os.getcwd []", "bad-yaml", "card.yaml:1"),
    ("title: \x07", "bad-yaml", "card.yaml"),
    ("", "not-a-definition", "card.yaml"),
    ("- title", "not-a-definition", "card.yaml:1"),
    ("just text", "not-a-definition", "card.yaml:1"),
    ("title: x\ntitle: y", "key-twice", "card.yaml:2"),
    ("title: x\nrules:\n  - field: a\n    field: b", "key-twice", "card.yaml:4"),
    ("title: 2026-02-30\nmain_rule: {field: 2026-02-28}", "bad-value", "card.yaml:2"),
])
def test_what_is_no_definition_says_so_with_its_line(text: str, code: str, where: str) -> None:
    assert [(problem.code, problem.where) for problem in problems(text)] == [(code, where)]


def test_merged_keys_are_not_taken_for_keys_written_twice() -> None:
    card, _ = parse_definition("title: x\nrules:\n  - &first {field: a, value: 1}\n  - {<<: *first, value: 2}", Card)
    assert card.rules == (Rule(field="a", value=1), Rule(field="a", value=2))


def test_a_file_that_cannot_be_read_is_a_problem_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("title: Søren".encode("latin-1"))
    for name in ("latin.yaml", "absent.yaml"):
        with pytest.raises(DefinitionError) as caught:
            read_definition(tmp_path / name, Card, shown_as=f"folder/{name}")
        assert [(problem.code, problem.where) for problem in caught.value.problems] == [("unreadable-file", f"folder/{name}")]


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text("title: ሰላም", encoding="utf-8")
    assert read_definition(tmp_path / "card.yaml", Card)[0].title == "ሰላም"


def test_definitions_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Card(title="x").title = "y"  # type: ignore[misc]


@given(st.text(alphabet="titlerufdva:[]{}-&*!|>#'\"?,<=~%@ \n\t0123456789.", max_size=60))
@example("? [a]\n: b")
@example("1: x")
@example("0: {0: 0}\ntrue: 1")
@example("title: " + "9" * 5000)
@example("title: " + "[" * 3000)
def test_whatever_the_text_only_a_definition_error_comes_out(text: str) -> None:
    try:
        parse_definition(text, Card, "card.yaml")
    except DefinitionError as error:
        assert error.problems
        assert all(problem.where.startswith("card.yaml") for problem in error.problems)
