"""What an import did, and the rows it rejected."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crmlib.exchange.csv_files import LINE_COLUMN, REASONS_COLUMN, CsvFile


@dataclass(frozen=True)
class FileSummary:
    """One file of the mapping. read = created + updated + unchanged + rejected."""

    file: str
    object: str
    label: str
    created: int
    updated: int
    unchanged: int
    rejected: int

    @property
    def read(self) -> int:
        return self.created + self.updated + self.unchanged + self.rejected


@dataclass(frozen=True)
class ImportSummary:
    """warnings: lookups left empty. notes: files and columns that were left out, encodings. reasons: of rejected rows, with how many."""

    files: tuple[FileSummary, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...]
    rejected_folder: Path | None
    seconds: float
    dry_run: bool

    def total(self, what: str) -> int:
        return sum(getattr(file, what) for file in self.files)

    def of(self, object_name: str) -> FileSummary:
        """The counts of the file that makes this object."""
        return next(file for file in self.files if file.object == object_name)


def write_rejected(files: Mapping[str, CsvFile], folder: Path, now: datetime) -> Path | None:
    """One CSV per file with the rejected rows as they were, their line and every reason, in a folder named by the moment.

    None, and no folder, when nothing was rejected. The file has the name and columns of its original: mended, it can be imported.
    """
    with_rejected = {name: file for name, file in files.items() if any(row.problems for row in file.rows)}
    if not with_rejected:
        return None
    dated = folder / now.strftime("%Y-%m-%d_%H%M%S_%f")
    dated.mkdir(parents=True)
    for name, file in with_rejected.items():
        twice = sum(other.name == file.name for other in with_rejected.values()) > 1
        with (dated / (f"{name}_{file.name}" if twice else file.name)).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow([*file.columns, LINE_COLUMN, REASONS_COLUMN])
            for row in file.rows:
                if row.problems:
                    writer.writerow([*(row.cells[column] for column in file.columns), row.line, "; ".join(row.problems)])
    return dated


def count_reasons(files: Iterable[CsvFile], most: int = 20) -> tuple[tuple[str, int], ...]:
    """The most frequent reasons, values in quotes left out so that like ones are counted together."""
    found = Counter(f"{file.name}: {_without_values(problem)}" for file in files for row in file.rows for problem in row.problems)
    return tuple(found.most_common(most))


def _without_values(problem: str) -> str:
    parts = problem.split("'")
    return problem if len(parts) < 3 else "'".join([parts[0], "…", *parts[2:]])
