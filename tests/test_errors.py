"""One error tree, and the words in it."""

import pytest

from crmlib.errors import (
    AccessDenied,
    CrmError,
    DefinitionError,
    InternalError,
    InvalidData,
    Problem,
    UserError,
    did_you_mean,
    raise_if_any,
)

FIRST = Problem("unknown-field", "Opportunity has no field 'Stag'", "sales/pipeline.yaml:7", "did you mean 'stage'?")
SECOND = Problem("bad-value", "target is empty")


def test_a_problem_reads_as_place_message_code_and_hint() -> None:
    assert str(FIRST) == ("sales/pipeline.yaml:7: Opportunity has no field 'Stag' [unknown-field]\n"
                          "    hint: did you mean 'stage'?")
    assert str(SECOND) == "target is empty [bad-value]"


def test_an_error_carries_all_its_problems_and_says_them_all() -> None:
    error = DefinitionError(problem for problem in (FIRST, SECOND))
    assert error.problems == (FIRST, SECOND)
    assert error.codes == ["unknown-field", "bad-value"]
    assert str(error) == f"{FIRST}\n{SECOND}"
    assert AccessDenied(SECOND).problems == (SECOND,)


def test_raise_if_any() -> None:
    raise_if_any([])
    with pytest.raises(InvalidData) as caught:
        raise_if_any(iter([FIRST, SECOND]), InvalidData)
    assert caught.value.codes == ["unknown-field", "bad-value"]


def test_what_users_can_mend_and_what_they_cannot_are_apart() -> None:
    assert issubclass(UserError, CrmError)
    assert issubclass(InternalError, CrmError)
    assert not issubclass(InternalError, UserError)


@pytest.mark.parametrize(("word", "candidates", "hint"), [
    ("stag", ["stage", "amount"], "did you mean 'stage'?"),
    ("STAGE", ["stage", "amount"], "did you mean 'stage'?"),
    ("closed_won", ["Closed Won", "Closed Lost"], "did you mean 'Closed Won'?"),
    ("Straße", ["STRASSE"], "did you mean 'STRASSE'?"),
    ("xyz", ["stage", "amount"], ""),
    ("stage", [], ""),
    ("", ["stage"], ""),
])
def test_did_you_mean(word: str, candidates: list[str], hint: str) -> None:
    assert did_you_mean(word, candidates) == hint
