"""Imports a folder of CSV files by a mapping: reads and checks everything, then loads it in one transaction.

    summary = import_folder(org, "zoho", Path("export"), rejected=Path("rejected"))
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from crmlib.definition import Source
from crmlib.errors import DefinitionError, NotFound, Problem, UserError, did_you_mean, raise_if_any
from crmlib.exchange.csv_files import CsvFile, SourceRow, add_columns, read_csv
from crmlib.exchange.line_parents import add_parent_column
from crmlib.exchange.load_rows import Loaded, Loader
from crmlib.exchange.mapping import Mapping, read_mapping
from crmlib.exchange.mapping_check import check_columns, check_mapping
from crmlib.exchange.prepare_rows import PreparedRow, preparation
from crmlib.exchange.summary import FileSummary, ImportSummary, count_reasons, write_rejected
from crmlib.model.org import Org

ROWS_PER_STEP = 500

Progress = Callable[[str, int, int], None]
"""`progress(what, done, total)`, called every now and then."""


class _DryRun(Exception):
    """Leaves the transaction without keeping it."""


def import_folder(org: Org, mapping_name: str, folder: Path, *, user_id: int | None = None, rejected: Path = Path("rejected"),
                  dry_run: bool = False, progress: Progress = lambda what, done, total: None) -> ImportSummary:
    """Load what the mapping (a shipped name or a YAML file) takes from the folder; all of it or, on any error, nothing.

    Rows that can't be loaded are written below `rejected` with every reason. With `dry_run` the summary and the rejected
    rows are made, and the database stays as it is. Raises DefinitionError with every problem of the mapping.
    """
    started = time.monotonic()
    mapping, source = read_mapping(mapping_name)
    raise_if_any(check_mapping(mapping, source, org.schema))
    files = read_files(mapping, source, folder)
    raise_if_any(check_columns(mapping, source, files))
    _complete_columns(mapping, files)
    zone = ZoneInfo(mapping.time_zone) if mapping.time_zone else org.settings.zone
    absent = mapping.files.keys() - files.keys()
    preparations = {name: preparation(mapping, name, org.schema, zone, absent) for name in files}
    steps = _Steps(progress, 2 * sum(len(file.rows) for file in files.values()))
    prepared = {name: list(steps.through(f"reading {files[name].name}", preparations[name].prepare(files[name]))) for name in files}
    loaded: list[Loaded] = []
    warnings: list[str] = []
    now = org.now()
    try:
        with org.begin() as connection:
            if connection.dialect.name == "postgresql":  # one import at a time; SQLite has one writer anyway
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('crmlib import'))")
            loader = Loader(connection, org.schema, user_id, now, {name: file.name for name, file in files.items()})
            for name in mapping.files:
                if name not in files:
                    loader.remember_ids(mapping.external_id(name), org.schema.describe(mapping.files[name].object))
            for name in files:
                loaded.append(loader.load(preparations[name], prepared[name]))
                steps.done(f"loading {files[name].name}", 2 * len(files[name].rows) - len(prepared[name]))
            for one in loaded:
                loader.fill_deferred(one)
            warnings = loader.missing.warnings()
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return ImportSummary(
        tuple(_file_summary(files[one.preparation.name], one, prepared[one.preparation.name]) for one in loaded), tuple(warnings),
        tuple(_notes(mapping, files, folder)), count_reasons(files.values()), write_rejected(files, rejected, now),
        time.monotonic() - started, dry_run)


def read_files(mapping: Mapping, source: Source, folder: Path) -> dict[str, CsvFile]:
    """The files of the mapping that are in the folder, in the mapping's order. Raises every problem at once."""
    if not folder.is_dir():
        raise NotFound(Problem("no-folder", f"there is no folder {str(folder)!r}"))
    problems: list[Problem] = []
    files: dict[str, CsvFile] = {}
    for name, wanted in mapping.files.items():
        if wanted.file is None:
            rows = [SourceRow(source.lines.get(("files", name, "rows", index), 0), {key: _text(value) for key, value in row.items()})
                    for index, row in enumerate(wanted.rows)]
            files[name] = CsvFile(name, tuple(dict.fromkeys(key for row in wanted.rows for key in row)), rows)
        elif (path := folder / wanted.file).is_file():
            try:
                files[name] = read_csv(path, mapping.delimiter)
            except UserError as error:
                problems += error.problems
            except OSError as error:
                problems.append(Problem("unreadable-file", f"cannot be read: {error.strerror}", wanted.file))
    raise_if_any(problems, DefinitionError)
    if not any(mapping.files[name].file for name in files):
        wanted_names = ", ".join(wanted.file for wanted in mapping.files.values() if wanted.file)
        raise NotFound(Problem("no-files", f"none of the mapping's files is in {str(folder)!r}", hint=f"expected: {wanted_names}"))
    return files


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _complete_columns(mapping: Mapping, files: dict[str, CsvFile]) -> None:
    """Add what comes from other files, in the mapping's order. A file that isn't there gives nothing."""
    for name, file in files.items():
        wanted = mapping.files[name]
        if wanted.parent_by_total:
            parent = wanted.parent_by_total.parent
            parents = files[parent].rows if parent in files else []
            add_parent_column(file.rows, wanted.parent_by_total, mapping.files[parent], parents, mapping.decimal_mark)
        for added in wanted.add_columns:
            add_columns(file.rows, added, files[added.look_in].rows if added.look_in in files else [])


def _file_summary(file: CsvFile, loaded: Loaded, prepared: list[PreparedRow]) -> FileSummary:
    described, accepted = loaded.preparation.object, len(loaded.rows)
    return FileSummary(file.name, described.name, described.plural_label, len(loaded.created), len(loaded.updated),
                       accepted - len(loaded.created) - len(loaded.updated), len(prepared) - accepted)


def _notes(mapping: Mapping, files: dict[str, CsvFile], folder: Path) -> list[str]:
    """What was left out or taken in another way than one may expect."""
    notes = [f"{file.name} is not UTF-8; read as Windows-1252" for file in files.values() if file.encoding != "utf-8"]
    there = sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".csv")
    wanted = {file.file for file in mapping.files.values() if file.file}
    notes += [f"{name} is not in the folder" + (f"; {hint}" if (hint := did_you_mean(name, set(there) - wanted)) else "")
              for name in sorted(wanted) if not (folder / name).is_file()]
    notes += [f"{name} is not imported: {mapping.ignored_files.get(name, 'the mapping says nothing about it')}"
              for name in there if name not in wanted]
    for name, file in files.items():
        spec = mapping.files[name]
        used = {*spec.key, *spec.only_rows_with, *spec.ignored_columns}
        used |= {column for field in spec.all_fields.values() for column in field.columns_used}
        used |= {column for added in spec.add_columns for column in added.match.values()}
        used |= {spec.parent_by_total.line_total} if spec.parent_by_total else set()
        if unused := [column for column in file.columns if column not in used]:
            notes.append(f"{file.name}: columns the mapping says nothing about: {', '.join(unused)}")
    return notes


class _Steps:
    """Counts rows for a progress bar; each row is read and loaded."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.count = progress, total, 0

    def through(self, what: str, rows: Iterable[PreparedRow]) -> Iterator[PreparedRow]:
        for row in rows:
            self.count += 1
            if self.count % ROWS_PER_STEP == 0:
                self.progress(what, self.count, self.total)
            yield row

    def done(self, what: str, rows: int) -> None:
        self.count += rows
        self.progress(what, self.count, self.total)
