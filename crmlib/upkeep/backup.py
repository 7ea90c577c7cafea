"""One file with all that belongs to a base, as it is at one moment, while others go on working.

    backup.json             what is inside, with a checksum of each file (`Manifest`)
    database.sqlite         the database as a file, or
    database.dump           what pg_dump wrote of it
    report_types/...        report types, buckets and reports
    deliveries/...          only if asked for: what the runs of reports left, by their folders

A ZIP, so that a single file can be taken out with any tool. The copy of the database is made by those who know best how:
SQLite's online backup, and PostgreSQL's own pg_dump.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version as version_of_package
from pathlib import Path, PurePosixPath
from typing import IO

from sqlalchemy import Connection, Engine, inspect, text

from crmlib.errors import Problem, SetupError
from crmlib.model.org import open_engine
from crmlib.model.upgrade import version_of
from crmlib.upkeep.postgres_dump import dump_postgres
from crmlib.upkeep.sqlite_file import copy_sqlite

FORMAT = 1
MANIFEST = "backup.json"
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.dump"}
REPORT_TYPES, DELIVERIES = "report_types", "deliveries"
CHUNK = 1 << 20
KILLED = timedelta(days=2)
"""A backup that is not done after so long was killed."""
_WORK = ".backup-"
BY_DATE = re.compile(r"_\d{4}-\d\d-\d\d_\d{6}\.zip")

Progress = Callable[[str, float], None]
"""What is being done, and the part of it that is (0 to 1)."""


@dataclass(frozen=True)
class Content:
    """One file inside."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. kind: of database; version: of its tables; records: rows by table.

    deliveries: the folder they lay in; empty if they were not asked for.
    """

    format: int
    program: str
    version: str
    kind: str
    database: str
    made_at: str
    records: Mapping[str, int]
    deliveries: str = ""
    files: Mapping[str, Content] = field(default_factory=dict)

    def __str__(self) -> str:
        reports = sum(name.startswith(f"{REPORT_TYPES}/reports/") for name in self.files)
        delivered = ", with deliveries" if self.deliveries else ""
        return (f"{self.kind} base {self.database!r} of {self.made_at}, version {self.version}, {sum(self.records.values()):,} rows, "
                f"{reports:,} reports{delivered}")


def name_by_date(engine: Engine, now: datetime) -> str:
    """`crm_2026-11-21_180000.zip`: names of one base sort by time."""
    return f"{_database_name(engine)}_{now:%Y-%m-%d_%H%M%S}.zip"


def back_up(engine: Engine, report_types: Path, target: Path, now: datetime, deliveries: Path | None = None,
            progress: Progress = lambda step, part: None) -> Manifest:
    """Write a backup of a living base, of any version. The file appears when it is complete, readable by its owner alone.

    deliveries: the folder of deliveries, if those that the base knows of shall be inside. Raises SetupError.
    """
    if target.exists():
        raise SetupError(Problem("file-exists", "there is such a file already", str(target), "choose another name, or a folder"))
    version = version_of(engine) if not _is_missing(engine) else None
    if version is None:
        raise SetupError(Problem("empty-database", "there is no base here to back up", engine.url.render_as_string(),
                                 "set CRM_DATABASE_URL to where yours is"))
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_over(target.parent, now)
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=target.parent) as work:
        kind = engine.dialect.name
        copy = Path(work, DATABASE[kind])
        records, folders = _copy(engine, copy, progress)
        files = {DATABASE[kind]: copy, **_files_below(report_types, REPORT_TYPES)}
        if deliveries is not None:
            for folder in (one for one in folders if one.is_relative_to(deliveries)):
                files |= _files_below(folder, f"{DELIVERIES}/{folder.relative_to(deliveries).as_posix()}")
        manifest = Manifest(FORMAT, version_of_package("crmlib"), version, kind, _database_name(engine), now.isoformat(timespec="seconds"),
                            records, str(deliveries or ""))
        packed = Path(work, "packed.zip")
        manifest = _pack(packed, files, manifest, progress)
        packed.chmod(0o600)
        packed.rename(target)
    return manifest


def keep_newest(folder: Path, engine: Engine, number: int) -> list[Path]:
    """Delete all but the newest backups of this base that have names by date; returns those deleted."""
    name = _database_name(engine)
    dated = sorted(file for file in folder.glob("*.zip") if file.name.startswith(name) and BY_DATE.fullmatch(file.name[len(name):]))
    gone = dated[:-number]
    for file in gone:
        file.unlink()
    return gone


def _remove_left_over(folder: Path, now: datetime) -> None:
    """What backups left that were killed: they hold a whole copy of the database."""
    for work in folder.glob(f"{_WORK}*"):
        if now.timestamp() - work.stat().st_mtime > KILLED.total_seconds():
            shutil.rmtree(work, ignore_errors=True)


def _is_missing(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file()


def _database_name(engine: Engine) -> str:
    return Path(engine.url.database or "crm").stem


def _copy(engine: Engine, copy: Path, progress: Progress) -> tuple[dict[str, int], list[Path]]:
    """The database of one moment, how many rows each table has in it, and the folders of the runs it knows of."""
    def done(part: float) -> None:
        progress("Database", part)

    if engine.dialect.name == "sqlite":
        copy_sqlite(Path(str(engine.url.database)), copy, done)
        copied = open_engine(f"sqlite:///{copy}")
        with copied.connect() as connection:
            found = count_rows(connection), _folders(connection)
        copied.dispose()
        return found
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection, connection.begin():
        found = count_rows(connection), _folders(connection)
        dump_postgres(connection, copy, len(found[0]), done)
    return found


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows by table."""
    return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in inspect(connection).get_table_names()}


def _folders(connection: Connection) -> list[Path]:
    """Where the runs of reports that the base knows of are kept."""
    found = connection.execute(text("SELECT DISTINCT folder FROM report_runs WHERE folder IS NOT NULL ORDER BY folder"))
    return [Path(folder) for folder in found.scalars()]


def _files_below(folder: Path, name: str) -> dict[str, Path]:
    """The files below a folder by their names inside the backup; what links point to is not taken along."""
    return {f"{name}/{file.relative_to(folder).as_posix()}": file for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.is_symlink()}


def _pack(packed: Path, files: Mapping[str, Path], manifest: Manifest, progress: Progress) -> Manifest:
    contents: dict[str, Content] = {}
    with packed.open("wb") as written:
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, file in files.items():
                try:
                    source = file.open("rb")
                except FileNotFoundError:  # a report deleted this very moment
                    continue
                with source, archive.open(name, "w", force_zip64=True) as inside:
                    contents[name] = copy_with_checksum(source, inside, file.stat().st_size, lambda part: progress("Packing", part))
            manifest = Manifest(**{**vars(manifest), "files": contents})
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False))
        written.flush()
        os.fsync(written.fileno())
    return manifest


def copy_with_checksum(source: IO[bytes], target: IO[bytes] | None, size: int, progress: Callable[[float], None]) -> Content:
    """Copy a stream, or only read it, and say what it held."""
    digest, seen = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        seen += len(chunk)
        if target is not None:
            target.write(chunk)
        progress(seen / max(size, seen))
    return Content(seen, digest.hexdigest())


def is_inside(name: str) -> bool:
    """Whether a name inside a backup stays below the folder it is unpacked to."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\\" not in name and "\0" not in name
