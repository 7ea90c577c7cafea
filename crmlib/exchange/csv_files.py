"""Reads the CSV files of an export as they are: text by column name, with the line each row stands on."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crmlib.errors import DefinitionError, Problem
from crmlib.exchange.cells import shifted
from crmlib.exchange.mapping import AddedColumns

LINE_COLUMN, REASONS_COLUMN = "Line in the file", "Why it was rejected"
"""Added to files of rejected rows; skipped when such a file is imported again."""

LONGEST_CELL = 16 * 1024 * 1024


@dataclass
class SourceRow:
    """One row: its texts by column, where it stood, and what is wrong with it."""

    line: int
    cells: dict[str, str]
    problems: list[str] = field(default_factory=list)


@dataclass
class CsvFile:
    """One file. `columns` are those with a name, in their order."""

    name: str
    columns: tuple[str, ...]
    rows: list[SourceRow]
    encoding: str = "utf-8"


def read_csv(path: Path, delimiter: str = ",") -> CsvFile:
    """UTF-8 with or without a byte order mark, else Windows-1252. Raises DefinitionError when it is not a CSV file at all."""
    data = path.read_bytes()
    try:
        text, encoding = data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = data.decode("cp1252", errors="replace"), "cp1252"
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = _named(next(reader, []))
        columns = tuple(name for name in header if name and name not in (LINE_COLUMN, REASONS_COLUMN))
        return CsvFile(path.name, columns, list(_rows(reader, header, set(columns))), encoding)
    except csv.Error as error:
        raise DefinitionError(Problem("unreadable-file", f"is not a CSV file: {error}", f"{path.name}:{reader.line_num}")) from error


def _named(header: list[str]) -> tuple[str, ...]:
    """Names of the columns; the second of a name is called `Name (2)`."""
    times: Counter[str] = Counter()
    names = []
    for name in (text.strip() for text in header):
        times[name] += 1
        names.append(f"{name} ({times[name]})" if name and times[name] > 1 else name)
    return tuple(names)


def _rows(reader: Iterable[list[str]], header: tuple[str, ...], columns: set[str]) -> Iterator[SourceRow]:
    line = 2
    for texts in reader:
        cells = {name: text for name, text in zip(header, texts, strict=False) if name in columns}
        row = SourceRow(line, dict.fromkeys(columns - cells.keys(), "") | cells)
        line = reader.line_num + 1  # type: ignore[attr-defined]  # a quoted cell may hold line breaks
        beyond = texts[len(header):]
        if any(text.strip() for text in beyond):
            row.problems.append(f"has {len(texts)} cells, the header has {len(header)}; beyond it: {', '.join(beyond)}")
        row.problems += [f"{name}: holds a NUL character, which a database can't store" for name, text in cells.items() if "\0" in text]
        if row.problems or any(text.strip() for text in texts):
            yield row


def add_columns(rows: Iterable[SourceRow], wanted: AddedColumns, other: Iterable[SourceRow]) -> None:
    """Give each row the wanted cells of the one row of the other file that matches; empty when none or several do."""
    theirs, ours = tuple(wanted.match), tuple(wanted.match.values())
    found: dict[tuple[str, ...], SourceRow | None] = {}
    for row in other:
        key = tuple(row.cells.get(column, "").strip() for column in theirs)
        found[key] = None if key in found else row
    for row in rows:
        key = tuple(_shifted(row.cells.get(column, "").strip(), wanted.add) for column in ours)
        match = found.get(key) if any(key) else None
        for column in wanted.take:
            row.cells[column] = match.cells.get(column, "") if match else ""


def _shifted(text: str, add: int) -> str:
    if not add:
        return text
    try:
        return str(shifted(text, add))
    except ValueError:
        return ""
