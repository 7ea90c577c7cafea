"""Formulas that use formulas: in which order they are checked, and who uses himself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from crmlib.errors import DefinitionError, Problem, raise_if_any
from crmlib.formulas.check import Checked, check, in_words
from crmlib.formulas.context import BlankAs
from crmlib.formulas.grammar import DEEPEST, parse
from crmlib.formulas.tree import Formula, of_record
from crmlib.formulas.types import FIELD_TYPES, common_type

LARGEST = 10_000
"""Parts of a formula with all that it uses."""


def check_all(texts: Mapping[str, str], types: Mapping[str, str], groupings: tuple[str, ...] | None = None,
              blank_as: Mapping[str, BlankAs] | None = None) -> dict[str, Checked]:
    """Formulas by name, each of which may name the others like fields; in an order in which each stands after those it uses.

    A formula at the end of lookups, `account.score`, names fields of the record that these lead to. types: of all fields and of the
    formulas themselves, and `account.id` where there is such a one. blank_as: of formulas that take blanks in their own way. Raises
    DefinitionError with every problem of all of them; a formula that comes back to itself is one, and its circle is named.
    """
    problems: list[Problem] = []
    parsed: dict[str, Formula] = {}
    for name, text in texts.items():
        try:
            parsed[name] = of_record(parse(text, name), name.rpartition(".")[0])
        except DefinitionError as error:
            problems += error.problems
    uses = {name: _uses(formula, parsed) for name, formula in parsed.items()}
    circles = list(_circles(uses))
    for circle in circles:
        problems.append(Problem("formula-circle", f"the formula uses itself: {' -> '.join([*circle, circle[0]])}", circle[0],
                                "write one of them without the others"))
    in_circles = {name for circle in circles for name in circle}
    checked: dict[str, Checked] = {}
    for name in _in_order(uses):
        if name not in in_circles:
            checked[name] = replace(check(parsed[name], types, checked, groupings), blank_as=(blank_as or {}).get(name))
            problems += checked[name].problems or [*_too_large(checked[name]), *_other_type(checked[name], types.get(name))]
    raise_if_any(problems)
    return checked


def _too_large(checked: Checked) -> list[Problem]:
    """Ten formulas, each of which uses the one before ten times, are more than any database can take."""
    where = checked.formula.where
    if checked.depth > DEEPEST:
        return [Problem("formula-too-deep", f"with the formulas it uses, more than {DEEPEST} operations stand within each other", where,
                        "use fewer of them")]
    if checked.size > LARGEST:
        return [Problem("formula-too-large", f"with the formulas it uses it has {checked.size:,} parts; {LARGEST:,} are allowed", where,
                        "use a formula once, and choose between what is made of it")]
    return []


def _other_type(checked: Checked, wanted: str | None) -> list[Problem]:
    """Whether it gives something else than the field it stands for is said to hold."""
    if wanted is None or (fits := FIELD_TYPES.get(wanted)) is None or common_type(fits, checked.type) == fits:
        return []
    return [Problem("formula-type", f"the formula gives {in_words(checked.type)}, but its type is {wanted}", checked.formula.where,
                    f"write type: {checked.type}" if checked.type in FIELD_TYPES else "")]


def _uses(formula: Formula, formulas: Mapping[str, Formula]) -> tuple[str, ...]:
    folded = {name.casefold(): name for name in formulas}
    return tuple(folded[name.casefold()] for name in formula.names if name.casefold() in folded)


def _in_order(uses: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Every name after those it uses; those in a circle in some order."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in done or name in path:
            return
        for used in uses[name]:
            yield from visit(used, (*path, name))
        if name not in done:
            done.add(name)
            yield name

    for name in uses:
        yield from visit(name, ())


def _circles(uses: Mapping[str, tuple[str, ...]]) -> Iterator[list[str]]:
    """Each circle once, beginning with the formula that was defined first."""
    seen: set[frozenset[str]] = set()
    finished: set[str] = set()

    def visit(name: str, path: list[str]) -> Iterator[list[str]]:
        if name in path:
            circle = path[path.index(name):]
            if frozenset(circle) not in seen:
                seen.add(frozenset(circle))
                yield circle
            return
        if name in finished:
            return
        for used in uses[name]:
            yield from visit(used, [*path, name])
        finished.add(name)

    for name in uses:
        yield from visit(name, [])
