"""Names and types of a formula: every problem at once, each with its place, or a tree that can be evaluated and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from crmlib.errors import Problem, did_you_mean, raise_if_any
from crmlib.formulas.context import BlankAs
from crmlib.formulas.functions import FUNCTIONS, NOT_OFFERED
from crmlib.formulas.rows import Function, Way
from crmlib.formulas.tree import Call, Field, Formula, Literal, Node, place_of, walk
from crmlib.formulas.types import FIELD_TYPES, NULL, UNKNOWN, Fit

GLOBALS = {"$system.origindatetime": Literal(datetime(1900, 1, 1, tzinfo=UTC), "datetime")}
"""Values that every formula may name."""

ORDINALS = ("first", "second", "third")
SUMMARY_GROUPINGS = ("GRAND_SUMMARY", "ROW_GRAND_SUMMARY", "COLUMN_GRAND_SUMMARY")


@dataclass(frozen=True)
class Checked:
    """A formula with types: `type` is what it gives. With problems it can't be evaluated; `raise_problems` says them.

    blank_as: how it takes blank numbers; None: as the context says, or the formula that uses it.
    """

    formula: Formula
    root: Node
    type: str
    problems: tuple[Problem, ...] = ()
    blank_as: BlankAs | None = None

    def raise_problems(self) -> None:
        """DefinitionError with all of them; nothing when there are none."""
        raise_if_any(self.problems)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields it reads, also through other formulas, each once, as `types` spells them."""
        return tuple(dict.fromkeys(name for name, _ in _fields_of(self.root)))

    @cached_property
    def field_types(self) -> dict[str, str]:
        """Type of each of these fields, as `types` said it (percent is not number)."""
        return dict(_fields_of(self.root))

    @cached_property
    def functions(self) -> frozenset[str]:
        """Names of the functions and operators in it, also through other formulas."""
        return frozenset(_functions_of(self.root))

    @cached_property
    def size(self) -> int:
        """How many parts it has, those of a formula it uses being counted wherever it does."""
        return sum(1 + (node.definition.size if isinstance(node, Field) and node.definition else 0) for node in walk(self.root))

    @cached_property
    def depth(self) -> int:
        """How many parts stand within each other, those of the formulas it uses counted too."""
        return _depth_of(self.root)

    @cached_property
    def uses(self) -> tuple[str, ...]:
        """Names of the formulas it uses, also through others."""
        return tuple(dict.fromkeys(_uses_of(self.root)))

    @cached_property
    def runner(self) -> Callable[..., Any]:
        """The formula as a Python function of values and context; made once."""
        from crmlib.formulas.evaluate import build

        self.raise_problems()
        run, blank_as = build(self.root), self.blank_as
        return run if blank_as is None else lambda values, context: run(values, context.for_formula(blank_as))


def _fields_of(root: Node) -> Iterator[tuple[str, str]]:
    for node in walk(root):
        if isinstance(node, Field) and node.definition is not None:
            yield from _fields_of(node.definition.root)
        elif isinstance(node, Field) and node.type != "grouping":
            yield node.name, node.field_type


def _depth_of(node: Node) -> int:
    if isinstance(node, Call):
        return 1 + max((_depth_of(argument) for argument in node.arguments), default=0)
    return 1 + node.definition.depth if isinstance(node, Field) and node.definition is not None else 1


def _uses_of(root: Node) -> Iterator[str]:
    for node in walk(root):
        if isinstance(node, Field) and node.definition is not None:
            yield node.name
            yield from _uses_of(node.definition.root)


def _functions_of(root: Node) -> Iterator[str]:
    for node in walk(root):
        if isinstance(node, Call):
            yield node.function
        elif isinstance(node, Field) and node.definition is not None:
            yield from _functions_of(node.definition.root)


def check(formula: Formula, types: Mapping[str, str], formulas: Mapping[str, Checked] | None = None,
          groupings: tuple[str, ...] | None = None) -> Checked:
    """The formula with its types and every problem.

    types: field names and their types, of fields (FIELD_TYPES: text, number, percent, picklist ...; UNKNOWN: already found wrong).
    formulas: those that it may name like fields; their types stand in `types` too. groupings: what PARENTGROUPVAL may name; None
    allows any name.
    """
    checker = _Checker(formula.where, types, formulas or {}, groupings)
    root = checker.node(formula.root)
    return Checked(formula, root, root.type, tuple(checker.problems))


class _Checker:
    def __init__(self, where: str, types: Mapping[str, str], formulas: Mapping[str, Checked], groupings: tuple[str, ...] | None) -> None:
        self.where, self.types, self.formulas, self.groupings = where, types, formulas, groupings
        self.folded = {name.casefold(): name for name in types}
        self.problems: list[Problem] = []

    def problem(self, code: str, message: str, node: Node, hint: str = "") -> None:
        self.problems.append(Problem(code, message, place_of(self.where, node.at), hint))

    def node(self, node: Node) -> Node:
        if isinstance(node, Field):
            return self.field(node)
        return self.call(node) if isinstance(node, Call) else node

    def field(self, node: Field) -> Node:
        """Names are found whatever their capitals, as in Salesforce."""
        folded = node.name.casefold()
        if folded in GLOBALS:
            return replace(GLOBALS[folded], at=node.at)
        name = node.name if node.name in self.types else self.folded.get(folded)
        if name is None:
            hint = did_you_mean(node.name, self.types)
            if node.name.upper() in FUNCTIONS:
                hint = f"{node.name.upper()} is a function: write {FUNCTIONS[node.name.upper()].usage}"
            self.problem("unknown-field", f"there is no field {node.name!r}", node, hint)
            return replace(node, type=UNKNOWN)
        field_type = self.types[name]
        if field_type == UNKNOWN:
            return replace(node, name=name, type=UNKNOWN)
        type_ = FIELD_TYPES.get(field_type)
        if type_ is None:
            self.problem("no-formula-type", f"the field {name!r} ({field_type}) can't be used in formulas", node)
            return replace(node, name=name, type=UNKNOWN)
        return replace(node, name=name, type=type_, field_type=field_type, definition=self.formulas.get(name))

    def call(self, node: Call) -> Node:
        function = FUNCTIONS.get(node.function)
        if function is None:
            arguments = tuple(self.node(argument) for argument in node.arguments)
            if node.function in NOT_OFFERED:
                self.problem("function-not-offered", f"{node.function} is not offered here: {NOT_OFFERED[node.function]}", node)
            else:
                named = [name for name in FUNCTIONS if name[0].isalpha()]
                self.problem("unknown-function", f"there is no function {node.function!r}", node, did_you_mean(node.function, named))
            return replace(node, arguments=arguments, type=UNKNOWN)
        arguments = tuple(self.argument(function, index, argument) for index, argument in enumerate(node.arguments))
        way, fit = self.way(function, node, arguments)
        if way is None or fit is None:
            return replace(node, arguments=arguments, type=UNKNOWN)
        if way.named:
            for argument in arguments:
                if not isinstance(argument, Field):
                    self.problem("not-a-field", f"{node.function} takes a field", argument, f"write {function.usage}")
        type_ = fit.result if not any(argument.type == UNKNOWN for argument in arguments) or fit.result != NULL else UNKNOWN
        return replace(node, arguments=arguments, type=type_, way=way)

    def argument(self, function: Function, index: int, node: Node) -> Node:
        """An argument; where a grouping is wanted, a name is the name of one."""
        wants_grouping = any("grouping" in way.signature.first[index: index + 1] for way in function.ways)
        if not wants_grouping or not isinstance(node, Field):
            return self.node(node)
        known = (*self.groupings, *SUMMARY_GROUPINGS) if self.groupings is not None else None
        if known is not None and node.name not in known:
            self.problem("unknown-grouping", f"{node.name!r} is no grouping of this report", node, did_you_mean(node.name, known))
        return replace(node, type="grouping")

    def way(self, function: Function, node: Call, arguments: tuple[Node, ...]) -> tuple[Way | None, Fit | None]:
        """The first way that fits, or None and a problem."""
        given = [argument.type for argument in arguments]
        nearest: Fit | None = None
        for way in function.ways:
            fit = way.signature.fit(given)
            if fit is not None and fit.wrong < 0:
                return way, fit
            if fit is not None and (nearest is None or fit.wrong > nearest.wrong):
                nearest = fit
        if nearest is None:
            self.problem("wrong-number-of-arguments", f"{node.function} can't take {_count(len(given), 'argument')}", node,
                         f"write {function.usage}")
        else:
            self.wrong_type(function, node, arguments, nearest)
        return None, None

    def wrong_type(self, function: Function, node: Call, arguments: tuple[Node, ...], fit: Fit) -> None:
        wrong, given = arguments[fit.wrong], arguments[fit.wrong].type
        if node.function[0].isalpha():
            place = ORDINALS[fit.wrong] if fit.wrong < len(ORDINALS) else f"{fit.wrong + 1}th"
            message = f"the {place} argument of {node.function} is {in_words(given)}, but should be {in_words(fit.expected)}"
        else:
            words = " and ".join(in_words(argument.type) for argument in arguments)
            message = f"{node.function!r} can't be used with {words}"
        hint = f"write {function.usage}" if node.function[0].isalpha() else ""
        if fit.expected == "text" and given in ("number", "date", "datetime", "time"):
            hint = "TEXT(...) makes a text of it"
        elif fit.expected == "number" and given == "text":
            hint = "VALUE(...) makes a number of it"
        elif fit.expected == "date" and given == "datetime":
            hint = "DATEVALUE(...) makes a date of it"
        elif given == "multi_picklist":
            hint = "a multi-picklist can be used in INCLUDES, PICKLISTCOUNT and ISBLANK"
        self.problem("wrong-type", message, wrong, hint)


WORDS = {
    "number": "a number", "text": "a text", "date": "a date", "datetime": "a moment (date and time)", "time": "a time of day",
    "boolean": "a condition (true or false)", "picklist": "a picklist value", "multi_picklist": "a multi-picklist",
    "geolocation": "a place", "id": "a record", "null": "NULL", "grouping": "a grouping", "any": "a value",
}


def in_words(type_: str) -> str:
    """A type as people call it."""
    return WORDS.get(type_, type_)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
