"""Filter logic as the reader of a result is told it."""

from __future__ import annotations

import pytest

from crmlib.model.org import Org
from crmlib.reports.filter_logic import in_words, parse_logic
from tests.reports.asking import ask


@pytest.mark.parametrize(("logic", "told"), [
    ("1", ("a",)), ("1 AND 2 AND 3", ("a", "b", "c")), ("2 AND (1 OR NOT 3)", ("b", "(a) or (not (c))")),
    ("1 AND 2 OR 3", ("((a) and (b)) or (c)",)), ("NOT (1 OR 2) AND 3", ("not ((a) or (b))", "c")), ("(1 AND (2 AND 3))", ("a", "b", "c"))])
def test_in_words(logic: str, told: tuple[str, ...]) -> None:
    assert in_words(parse_logic(logic), ("a", "b", "c")) == told


def test_a_result_says_how_its_filters_go_together(demo_org: Org) -> None:
    where = [("city", "equals", "Gent"), ("phone", "equals", ""), ("email", "equals", "")]
    found = ask(demo_org, "accounts", columns=["name"], where=where, logic="1 AND (2 OR 3)")
    assert found.filters == ("City equals Gent", "(Phone equals blank) or (E-mail equals blank)")
    assert ask(demo_org, "accounts", columns=["name"], where=where).filters == (
        "City equals Gent", "Phone equals blank", "E-mail equals blank")
