"""Formulas that use formulas: in which order they are checked, and who uses himself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmlib.errors import DefinitionError, Problem, raise_if_any
from crmlib.formulas.check import Checked, check
from crmlib.formulas.grammar import parse
from crmlib.formulas.tree import Formula


def check_all(texts: Mapping[str, str], types: Mapping[str, str], groupings: tuple[str, ...] | None = None) -> dict[str, Checked]:
    """Formulas by name, each of which may name the others like fields; in an order in which each stands after those it uses.

    types: of all fields and of the formulas themselves. Raises DefinitionError with every problem of all of them; a formula that
    comes back to itself is one, and its circle is named.
    """
    problems: list[Problem] = []
    parsed: dict[str, Formula] = {}
    for name, text in texts.items():
        try:
            parsed[name] = parse(text, name)
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
            checked[name] = check(parsed[name], types, checked, groupings)
            problems += checked[name].problems
    raise_if_any(problems)
    return checked


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
