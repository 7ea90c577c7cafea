"""What can go wrong, said once.

    CrmError
      x UserError             the person can mend it; safe to show as it is
        + DefinitionError       a report, report type, mapping or custom object that makes no sense
        + InvalidData           values that a record, or what a report asks, cannot take
        + NotFound              no such object, field, record, report, user
        + AccessDenied          rights do not allow it
        + SetupError            database, files or programs are missing or of another version
        + Conflict              somebody else changed the record meanwhile
      x InternalError         our fault: never shown with details to a viewer

A check yields `Problem`s and never stops at the first; whoever called it raises them all at once. Tests compare
`Problem.code`; people read message and hint. All "did you mean" hints come from `did_you_mean`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault: `code` for tests, `where` for the eye (`file:line` or a field), `message` for the head, `hint` for the hand."""

    code: str
    message: str
    where: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{place}{self.message} [{self.code}]{hint}"


class CrmError(Exception):
    """Root of every error this package raises on purpose."""


class InternalError(CrmError):
    """Our fault, not the user's."""


class UserError(CrmError):
    """Carries every problem found, so that a person mends them in one go."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


class DefinitionError(UserError):
    """A definition (report, report type, mapping, custom object) that makes no sense."""


class InvalidData(UserError):
    """Values that a record, or what a report asks, cannot take; `Problem.where` is the field's or parameter's name."""


class NotFound(UserError):
    """No such object, field, record, report or user, or none that this user may know of."""


class AccessDenied(UserError):
    """The running user has no right to do this."""


class SetupError(UserError):
    """Something outside the data is missing or of another version."""


class Conflict(UserError):
    """The record changed since it was read."""


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """'did you mean 'Stage'?' for the nearest candidate, else an empty string."""
    by_folded = {str(candidate).casefold(): str(candidate) for candidate in candidates}
    near = difflib.get_close_matches(str(word).casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean {by_folded[near[0]]!r}?" if near else ""


def raise_if_any(problems: Iterable[Problem], error: type[UserError] = DefinitionError) -> None:
    """Raise `error` with all problems at once; nothing when there are none."""
    found = tuple(problems)
    if found:
        raise error(found)
