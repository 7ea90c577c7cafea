"""The copy a process keeps for itself: seeded from the newest snapshot, brought up to date before each question.

It lies in the folder for temporary files (TMPDIR), as large as the snapshot, and goes with the process; what a killed one
left behind is deleted by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from crmlib.mirror.data_copy import DataCopy
from crmlib.mirror.snapshots import folder_of, newest_snapshot
from crmlib.model.changes import Gap
from crmlib.model.org import Org

PREFIX = "crm-mirror-"


class OwnCopy:
    """Of one org, in one process."""

    def __init__(self) -> None:
        self._copy: DataCopy | None = None
        self._snapshot: Path | None = None  # it was copied from
        self._useless: Path | None = None
        self._process, self._folder, self._numbers = 0, Path(), count(1)
        self._lock = Lock()

    @contextmanager
    def up_to_date(self, org: Org, sparing: bool = False, in_given_order: bool = False) -> Iterator[tuple[Connection, datetime]]:
        """A connection to the data as it is now, and when that was. Raises Gap when no snapshot can be brought up to date.

        sparing: rather slow than large, for who only passes rows on. in_given_order: as `DataCopy.snapshot` takes it.
        """
        with self._lock:
            copy, read_at = self._current(org)
        with copy.snapshot(sparing, in_given_order) as connection:
            yield connection, read_at

    def _current(self, org: Org) -> tuple[DataCopy, datetime]:
        if self._process != os.getpid():  # new, or forked: a child must not touch its parent's
            self._settle()
        if self._copy is not None:
            try:
                return self._copy, self._copy.bring_up_to_date(org)
            except Gap:  # it rested too long
                self._drop()
        self._copy = self._seeded(org)
        try:
            return self._copy, self._copy.bring_up_to_date(org)
        except Gap:
            self._useless = self._snapshot
            self._drop()
            raise

    def _settle(self) -> None:
        """A folder for this process alone, which goes with it."""
        _delete_left_over()
        self._copy, self._process = None, os.getpid()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{self._process}-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def _seeded(self, org: Org) -> DataCopy:
        folder = folder_of(org)
        assert folder is not None, "asked before"
        place = self._folder / f"{next(self._numbers)}.duckdb"
        while (newest := newest_snapshot(folder)) is not None and newest != self._useless:
            try:
                shutil.copyfile(newest, place)
            except FileNotFoundError:  # a newer one has just taken its place
                continue
            self._snapshot = newest
            return DataCopy(place)
        raise Gap(f"the snapshots in {folder} can't be brought up to date; crm mirror publish makes a new one")

    def _drop(self) -> None:
        """Threads that still read the file go on doing so."""
        if self._copy is not None:
            self._copy.close()
            self._copy.path.unlink()
            self._copy = None


def _delete_left_over() -> None:
    """The copies of processes that are no more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        process = folder.name.removeprefix(PREFIX).partition("-")[0]
        if process.isdigit() and not _runs(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
