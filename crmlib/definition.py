"""Reads what people define in YAML (reports, report types, mappings, custom objects) into pydantic models.

Every problem comes at once, with file and line: unknown keys with the nearest known one, wrong types, missing keys.
Meaning (does that field exist?) is checked later by whoever knows; it asks `Source.place` for the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from crmlib.errors import DefinitionError, Problem, did_you_mean, raise_if_any

Place = tuple[str | int, ...]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's parser in C where it was built with it, ten times as fast."""


class Definition(BaseModel):
    """Base of every YAML definition: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


AnyDefinition = TypeVar("AnyDefinition", bound=Definition)


@dataclass(frozen=True)
class Source:
    """Where a definition was written: the file's name and the line of each value, by path of keys and indexes.

    around: the path at which the definition stands within another.
    """

    file: str
    lines: dict[Place, int]
    around: Place = ()

    def within(self, *path: str | int) -> Source:
        """The part of it at this path, as a definition of its own."""
        return Source(self.file, self.lines, (*self.around, *path))

    def place(self, *path: str | int) -> str:
        """`file:line` of the value at this path, or of the nearest one around it; without a file the path itself, dotted."""
        if not self.file:
            return ".".join(map(str, (*self.around, *path)))
        line = self.line(*path)
        return f"{self.file}:{line}" if line else self.file

    def line(self, *path: str | int) -> int:
        """Line of the value at this path or around it; 0 when nothing is known."""
        path = (*self.around, *path)
        return next((self.lines[path[:length]] for length in range(len(path), -1, -1) if path[:length] in self.lines), 0)


NOWHERE = Source("", {})
"""For definitions made in Python or by the designer."""


def read_definition(path: Path, model: type[AnyDefinition], shown_as: str | None = None) -> tuple[AnyDefinition, Source]:
    """The definition in this file and where its parts stand. Raises DefinitionError with every problem of shape."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(Problem("unreadable-file", f"cannot be read: {error}", shown_as or str(path))) from error
    return parse_definition(text, model, shown_as or path.name)


def parse_definition(text: str, model: type[AnyDefinition], file: str = "definition") -> tuple[AnyDefinition, Source]:
    """As `read_definition`, from text."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines = dict(_lines(node)) if node else {}
        problems = list(_written_twice(node, file)) if node else []  # before merge keys (`<<`) are resolved, which may repeat
        value = loader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        last = text.count("\n")  # the C parser may point past it
        where = f"{file}:{min(mark.line, last) + 1}" if mark else file
        raise DefinitionError(Problem("bad-yaml", f"is not YAML: {getattr(error, 'problem', None) or error}", where)) from error
    source = Source(file, lines)
    if not isinstance(value, dict):
        raise DefinitionError(Problem("not-a-definition", "holds no keys; expected 'key: value' lines", source.place()))
    try:
        definition = model.model_validate(value)
    except ValidationError as error:
        problems += [(source.line(*detail["loc"]), _problem(detail, model, source)) for detail in error.errors()]
    raise_if_any(problem for _, problem in sorted(problems, key=itemgetter(0)))
    return definition, source


class _Loader(LOADER):  # type: ignore[misc,valid-type]
    """Leaves 2026-02-30, which looks like a date and is none, as text: whoever wants a date there says so with its place."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError:
            return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


def _written_twice(node: yaml.Node, file: str) -> Iterator[tuple[int, Problem]]:
    """A problem, with its line, for each key of which YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            word, line = str(key.value), key.start_mark.line + 1
            if word in seen:
                yield line, Problem("key-twice", f"{word!r} is written twice", f"{file}:{line}")
            seen.add(word)
            yield from _written_twice(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _written_twice(item, file)


def _lines(node: yaml.Node, path: Place = ()) -> Iterator[tuple[Place, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            at = (*path, str(key.value))
            yield from _lines(value, at)
            yield at, key.start_mark.line + 1  # last, since a value may begin on a later line than its key
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index))


def _problem(detail: ErrorDetails, model: type[BaseModel], source: Source) -> Problem:
    place = tuple(detail["loc"])
    where = source.place(*place)
    key = str(place[-1]) if place else ""
    if detail["type"] == "extra_forbidden":
        known = _model_at(model, place[:-1]).model_fields
        return Problem("unknown-key", f"unknown key {key!r}", where, did_you_mean(key, known) or f"known keys: {', '.join(known)}")
    if detail["type"] == "missing":
        return Problem("missing-key", f"{key!r} is missing", where)
    message = detail["msg"].removeprefix("Value error, ")
    return Problem("bad-value", f"{'.'.join(map(str, place))}: {message} (got {detail['input']!r})", where)


def _model_at(model: type[BaseModel], place: Iterable[Any]) -> type[BaseModel]:
    """The model whose keys stand at this place, followed through lists and optional types."""
    for step in place:
        if isinstance(step, int) or step not in model.model_fields:
            continue
        annotation = model.model_fields[step].annotation
        model = next((inner for inner in _models_in(annotation)), model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument)
