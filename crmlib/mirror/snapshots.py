"""The folder with snapshots of the data, from which every process takes its own copy.

A snapshot is a file `mirror-<number>.duckdb` that never changes. It is made beside and then renamed, so that whoever is killed
meanwhile leaves the older one whole. Only who holds the lock file publishes; the lock ends with its process, however that ends.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crmlib.errors import Problem, SetupError
from crmlib.mirror.data_copy import DataCopy
from crmlib.model.changes import Gap, Mark, changes_since, forget_before, is_followed, set_milestone
from crmlib.model.org import Org

KEPT = 2
"""So many snapshots stay, so that who is copying the last but one can finish."""

_NAME = re.compile(r"mirror-(\d+)\.duckdb")


def folder_of(org: Org) -> Path | None:
    """CRM_MIRROR, else beside the database's file; None if that is a server's."""
    if given := os.environ.get("CRM_MIRROR"):
        return Path(given)
    file = org.engine.url.database if org.engine.dialect.name == "sqlite" else None
    return Path(f"{file}.mirror") if file else None


def snapshots(folder: Path) -> list[Path]:
    """The newest first."""
    found = [(int(match[1]), path) for path in folder.glob("mirror-*.duckdb") if (match := _NAME.fullmatch(path.name))]
    return [path for _, path in sorted(found, reverse=True)]


def newest_snapshot(folder: Path) -> Path | None:
    return next(iter(snapshots(folder)), None)


def why_useless(org: Org, snapshot: Path) -> str:
    """Why a process can't begin with this snapshot and take over what changed since; empty if it can, or nobody here could tell."""
    try:
        import duckdb
    except ImportError:
        return ""
    with org.snapshot() as connection:
        if not is_followed(connection):
            return "changes are not followed any more"
        try:
            with duckdb.connect(str(snapshot), read_only=True) as duck:
                changes_since(connection, Mark(*duck.execute("SELECT * FROM mirror_state").fetchone()))  # type: ignore[misc]
        except duckdb.Error as error:
            return f"it can't be read: {error}"
        except Gap as gap:
            return str(gap)
    return ""


def publish(org: Org, folder: Path, anew: bool = False) -> Path | None:
    """Make a snapshot of the data as it is now and put it into the folder; None if another process is doing so.

    It is made of the newest one there, or of the database if there is none, it can't be brought up to date, or `anew` is wanted.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _lock(folder) as mine:
        if not mine:
            return None
        for left_over in folder.glob("publishing*"):
            left_over.unlink()
        with org.begin() as connection:
            if not is_followed(connection):
                raise SetupError(Problem("mirror-disabled", "changes of this base are not followed", str(folder), "run: crm mirror enable"))
            set_milestone(connection)
        last, path = newest_snapshot(folder), folder / "publishing.duckdb"
        try:
            if last is None or anew:
                raise Gap("there is none")
            shutil.copyfile(last, path)
            milestone = _bring_up_to_date(path, org)
        except Gap:
            path.unlink(missing_ok=True)
            milestone = _bring_up_to_date(path, org)
        path.chmod(0o600)
        with path.open("rb") as written:
            os.fsync(written.fileno())
        number = int(_NAME.fullmatch(last.name)[1]) + 1 if last else 1  # type: ignore[index]
        published = path.rename(folder / f"mirror-{number}.duckdb")
        _prune(org, folder, {published: milestone})
        return published


def _bring_up_to_date(path: Path, org: Org) -> int:
    """Returns the milestone the file now rests on."""
    copy = DataCopy(path)
    try:
        copy.bring_up_to_date(org)
        assert copy.mark is not None
        return copy.mark.milestone
    finally:
        copy.close()


def _prune(org: Org, folder: Path, known: dict[Path, int]) -> None:
    """Delete older snapshots, and the changes that only they would need."""
    kept = snapshots(folder)[:KEPT]
    for old in snapshots(folder)[KEPT:]:
        old.unlink()
    with org.begin() as connection:
        forget_before(connection, min(known[path] if path in known else _milestone(path) for path in kept))


def _milestone(path: Path) -> int:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as duck:
        return int(duck.execute("SELECT milestone FROM mirror_state").fetchone()[0])  # type: ignore[index]


@contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Whether this process has the lock while it runs."""
    import fcntl

    with (folder / "publish.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
