"""A copy of a living SQLite file, and another file in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from crmlib.errors import Problem, SetupError

PAGES = 2_000
"""So many pages (8 MB) are copied between two looks at the progress."""


def copy_sqlite(source: Path, target: Path, progress: Callable[[float], None]) -> None:
    """Copy a database as it is now, by SQLite's online backup; others may read and write meanwhile. Raises SetupError if it is damaged.

    Left alone, the online backup begins anew whenever somebody writes, and on a busy base never ends. A read transaction of its own
    keeps what it sees as it is.
    """
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as base, \
                closing(sqlite3.connect(target, isolation_level=None)) as copy:
            base.execute("PRAGMA busy_timeout = 30000")
            base.execute("BEGIN")
            base.execute("SELECT count(*) FROM sqlite_master").fetchone()
            base.backup(copy, pages=PAGES, progress=lambda status, left, total: progress(1 - left / max(1, total)))
            copy.execute("PRAGMA journal_mode = DELETE")
            found = [row[0] for row in copy.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise SetupError(Problem("damaged-database", f"the database is damaged: {'; '.join(found)}", str(source),
                                 "crm check says more; an older backup can be restored"))


def put_in_place(new: Path, path: Path, aside: Path) -> bool:
    """Put a file in the place of a database, which is kept aside; whether there was one. At no moment there is none.

    Raises SetupError when another program has the database open: it would go on writing to the old one.
    """
    with closing(sqlite3.connect(new)) as written:
        written.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file
    if not path.exists():
        new.rename(path)
        return False
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as old:
        try:
            old.execute("PRAGMA journal_mode = DELETE")  # takes what stands in the log into the file; nobody else may have it open
            old.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise SetupError(Problem("base-in-use", f"another program has the base open ({error})", str(path),
                                     "stop crm serve, notebooks and everything else that uses it, and try again")) from error
        except sqlite3.DatabaseError:  # damaged: that may be why it is being replaced
            for ending in ("-wal", "-shm"):
                if (left := Path(f"{path}{ending}")).exists():
                    left.rename(f"{aside}{ending}")
        try:
            os.link(path, aside)
        except OSError:  # a file system without hard links
            shutil.copy2(path, aside)
        os.replace(new, path)
    return True
