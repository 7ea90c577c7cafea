"""From a backup to a base again. Everything is checked and made ready beside its place before anything is touched.

A database that is replaced is kept: a SQLite file beside the new one, PostgreSQL's tables in a schema of their own; a folder of
report types likewise. A backup of an older version comes to this version by its migrations.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from crmlib.errors import InvalidData, Problem, SetupError, raise_if_any
from crmlib.model.changes import is_followed, start_following, stop_following
from crmlib.model.custom import schema_in
from crmlib.model.org import open_engine
from crmlib.model.upgrade import upgrade, version_of, versions
from crmlib.upkeep.backup import (
    DATABASE,
    DELIVERIES,
    FORMAT,
    MANIFEST,
    REPORT_TYPES,
    Content,
    Manifest,
    Progress,
    copy_with_checksum,
    count_rows,
    is_inside,
)
from crmlib.upkeep.postgres_dump import ASIDE, load_postgres, other_sessions
from crmlib.upkeep.sqlite_file import put_in_place


@dataclass(frozen=True)
class Places:
    """Where a base goes to."""

    engine: Engine
    report_types: Path
    deliveries: Path

    @property
    def file(self) -> Path | None:
        """The database's file; None if it is a server's."""
        return Path(str(self.engine.url.database)).absolute() if self.engine.dialect.name == "sqlite" else None


def read_manifest(file: Path) -> Manifest:
    """What is in a backup, by its own words. Raises SetupError, or InvalidData for what is none of ours."""
    if not file.is_file():
        raise SetupError(Problem("no-file", "there is no such file", str(file)))
    try:
        with zipfile.ZipFile(file) as archive:
            given = json.loads(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InvalidData(Problem("not-a-backup", f"this is no backup, or only a part of one: {error}", str(file),
                                  "choose a file that 'crm backup' made, and copy it again if it was cut off on its way")) from error
    if not isinstance(given, dict) or given.get("format") != FORMAT or given.get("version") not in versions():
        made_by = given.get("program", "?") if isinstance(given, dict) else "?"
        raise InvalidData(Problem("newer-backup", f"this backup is of version {made_by} of the program, which knows more than this one",
                                  str(file), "use that version of the program, or a newer one"))
    return Manifest(**{**given, "files": {name: Content(**content) for name, content in given["files"].items()}})


def check_backup(file: Path, progress: Progress = lambda step, part: None) -> Manifest:
    """Read all of a backup and compare the checksums. Raises InvalidData with every fault."""
    manifest = read_manifest(file)
    _read_all(file, manifest, lambda name: None, progress)
    return manifest


def restore(file: Path, places: Places, now: datetime, replace: bool = False, progress: Progress = lambda step, part: None) -> list[str]:
    """Make a base of a backup; what was done, in sentences. Raises SetupError or InvalidData, and then nothing was changed.

    Only PostgreSQL's migrations run after the tables are there; should one fail, the base is of the backup's version (`crm upgrade`).
    replace: also where there is a base already, or report types that differ; they are kept aside.
    """
    manifest = read_manifest(file)
    kind, stamp = places.engine.dialect.name, f"{now:%Y-%m-%d_%H%M%S}"
    if manifest.kind != kind:
        raise SetupError(Problem("other-database", f"this is the backup of a {manifest.kind} base, and can't become one of {kind}",
                                 places.engine.url.render_as_string(), "set CRM_DATABASE_URL to a database of that kind"))
    there = _has_tables(places.engine)
    same_reports = _same_files(places.report_types, manifest)
    if not replace:
        raise_if_any(_in_the_way(places, there, same_reports), SetupError)
    with _room_beside(places.file or places.report_types) as work, _room_beside(places.report_types) as reports:
        def target(name: str) -> Path | None:
            folder, _, rest = name.partition("/")
            return reports / rest if folder == REPORT_TYPES else work / name
        _read_all(file, manifest, target, progress)
        database = work / DATABASE[kind]
        said = [f"Restored: {manifest}."]
        if kind == "sqlite":
            said += _restore_sqlite(database, places, manifest, stamp, progress)
        else:
            said += _restore_postgres(database, places, manifest, stamp, there, progress)
        if not same_reports:
            said += _swap_folder(reports, places.report_types, stamp)
        if manifest.deliveries:
            said += _restore_deliveries(work / DELIVERIES, places, manifest)
    return said


def _in_the_way(places: Places, there: bool, same_reports: bool) -> Iterator[Problem]:
    if there:
        yield Problem("base-not-empty", "there is a base already", places.engine.url.render_as_string(),
                      "--replace keeps it aside and puts the backup in its place; or set CRM_DATABASE_URL to an empty database")
    if not same_reports and places.report_types.is_dir() and any(places.report_types.iterdir()):
        yield Problem("report-types-not-empty", "there are report types that differ from those in the backup", str(places.report_types),
                      "--replace keeps the folder aside; or set CRM_REPORT_TYPES to a new folder")


def _has_tables(engine: Engine) -> bool:
    """A file that can't be read counts: it may be what is left of a base."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        if not file.exists() or file.stat().st_size == 0:
            return False
        try:
            version_of(engine)
        except SetupError:
            return True
    version_of(engine)  # raises SetupError, in the user's words, when the server can't be reached
    found = bool(inspect(engine).get_table_names())
    engine.dispose()
    return found


def _same_files(folder: Path, manifest: Manifest) -> bool:
    """Whether the report types are those of the backup already."""
    inside = {name.partition("/")[2]: content for name, content in manifest.files.items() if name.startswith(f"{REPORT_TYPES}/")}
    there = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()}
    if inside.keys() != there.keys() or any(there[name].stat().st_size != content.size for name, content in inside.items()):
        return False
    for name, content in inside.items():
        with there[name].open("rb") as opened:
            if copy_with_checksum(opened, None, content.size, lambda part: None) != content:
                return False
    return True


@contextmanager
def _room_beside(place: Path) -> Iterator[Path]:
    """A folder on the same disk, so that what is made in it need only be renamed."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=place.parent) as folder:
        new = Path(folder, "new")
        new.mkdir()
        yield new


def _read_all(file: Path, manifest: Manifest, target: Callable[[str], Path | None], progress: Progress) -> None:
    """Read every file inside and compare it with its checksum, writing it to its target if it has one. Raises InvalidData."""
    problems = []
    if DATABASE.get(manifest.kind) not in manifest.files:
        problems.append(Problem("damaged-backup", "it holds no database", str(file), "use another backup"))
    with zipfile.ZipFile(file) as archive:
        for name, content in manifest.files.items():
            if not is_inside(name):
                problems.append(Problem("damaged-backup", f"{name!r} would lead out of its folder", str(file), "do not use this file"))
                continue
            path = target(name)
            try:
                with ExitStack() as opened:
                    source = opened.enter_context(archive.open(name))
                    if path is not None:
                        path.parent.mkdir(parents=True, exist_ok=True)
                    written = opened.enter_context(path.open("wb")) if path is not None else None
                    found = copy_with_checksum(source, written, content.size, lambda part: progress("Checking", part))
                    if written is not None:
                        written.flush()
                        os.fsync(written.fileno())
                fault = "" if found == content else "it is not what was written"
            except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
                fault = str(error)
            if fault:
                problems.append(Problem("damaged-backup", f"{name} is damaged: {fault}", str(file), "use another backup"))
    raise_if_any(problems, InvalidData)


def _restore_sqlite(database: Path, places: Places, manifest: Manifest, stamp: str, progress: Progress) -> list[str]:
    assert places.file is not None
    said = _bring_up_to_date(open_engine(f"sqlite:///{database}"), manifest, progress)
    places.engine.dispose()
    aside = places.file.with_name(f"{places.file.stem}.before-restore-{stamp}{places.file.suffix}")
    database.chmod(places.file.stat().st_mode & 0o777 if places.file.exists() else 0o600)
    kept = put_in_place(database, places.file, aside)
    return said + ([f"The base that was there is kept as {aside}."] if kept else [])


def _restore_postgres(dump: Path, places: Places, manifest: Manifest, stamp: str, there: bool, progress: Progress) -> list[str]:
    engine, aside = places.engine, ASIDE + stamp.replace("-", "_") if there else ""
    with engine.connect() as connection:
        schema = connection.execute(text("SELECT current_schema()")).scalar()
    engine.dispose()
    if schema != "public":
        raise SetupError(Problem("other-schema", f"tables would go to schema {schema!r}, and a backup holds those of 'public'",
                                 engine.url.render_as_string(), "restore into a database of its own, with the usual search_path"))
    if others := sorted(set(other_sessions(engine))) if there else []:
        raise SetupError(Problem("base-in-use", f"other programs have the base open: {', '.join(others)}", engine.url.render_as_string(),
                                 "stop crm serve, notebooks and everything else that uses it, and try again"))
    engine.dispose()
    load_postgres(engine, dump, aside, len(manifest.records), lambda part: progress("Database", part))
    said = _bring_up_to_date(engine, manifest, progress)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))  # else the first reports are planned as if all tables were empty
    drop = f"when you are sure: DROP SCHEMA {aside} CASCADE"
    return said + ([f"The base that was there is kept in the schema {aside} ({drop})."] if there else [])


def _bring_up_to_date(engine: Engine, manifest: Manifest, progress: Progress) -> list[str]:
    """Check that every row is there, and run the migrations that are missing."""
    progress("Upgrading", 0)
    try:
        with engine.connect() as connection:
            found = count_rows(connection)
        if found != dict(manifest.records):
            wrong = [f"{table}: {found.get(table, 0)} rows of {rows}" for table, rows in manifest.records.items()
                     if found.get(table) != rows]
            raise InvalidData(Problem("damaged-backup", f"not every row arrived: {'; '.join(wrong)}", hint="use another backup"))
        upgrade(engine)
        with engine.connect().execution_options(crm_write=True) as connection, connection.begin():
            if is_followed(connection):  # copies made of the base before it was restored must not be taken for copies of this one
                stop_following(connection)
                start_following(connection, schema_in(connection).metadata)
    finally:
        engine.dispose()
    progress("Upgrading", 1)
    newest = versions()[0]
    return [f"Upgraded from version {manifest.version} to {newest}."] if manifest.version != newest else []


def _swap_folder(new: Path, place: Path, stamp: str) -> list[str]:
    said = [f"Report types and reports are in {place}."]
    if place.is_dir() and any(place.iterdir()):
        aside = place.with_name(f"{place.name}.before-restore-{stamp}")
        place.rename(aside)
        said.append(f"Those that were there are kept in {aside}.")
    elif place.is_dir():
        place.rmdir()
    new.rename(place)
    return said


def _restore_deliveries(unpacked: Path, places: Places, manifest: Manifest) -> list[str]:
    """Put back the folders that are missing; those that are there are never changed. The runs then say where they are now."""
    added = 0
    for folder in sorted({file.parent for file in unpacked.rglob("*") if file.is_file()}):
        target = places.deliveries / folder.relative_to(unpacked)
        if not target.exists():
            shutil.copytree(folder, target)
            added += 1
    if Path(manifest.deliveries) != places.deliveries:
        with places.engine.connect().execution_options(crm_write=True) as connection, connection.begin():
            for row in connection.execute(text("SELECT id, folder FROM report_runs WHERE folder IS NOT NULL")).all():
                if Path(row.folder).is_relative_to(manifest.deliveries):
                    moved = places.deliveries / Path(row.folder).relative_to(manifest.deliveries)
                    connection.execute(text("UPDATE report_runs SET folder = :folder WHERE id = :id"), {"folder": str(moved), "id": row.id})
    return [f"{added} deliveries were put back into {places.deliveries}; others that are there were left alone."]
