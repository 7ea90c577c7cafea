"""A dump of a living PostgreSQL database, and a database of a dump, by PostgreSQL's own client programs.

They know every kind of object a database may hold, also of later versions, which a dump of our own would have to learn.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, text

from crmlib.errors import Problem, SetupError

ASIDE = "before_restore_"
"""Schemas with this name hold what a restore replaced."""


def dump_postgres(connection: Connection, target: Path, tables: int, progress: Callable[[float], None]) -> None:
    """Dump exactly what this transaction (REPEATABLE READ) sees. Raises SetupError."""
    program = _program("pg_dump")
    snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
    url = connection.engine.url
    command = [program, "--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--verbose", f"--snapshot={snapshot}",
               f"--exclude-schema={ASIDE}*", f"--file={target}", f"--dbname={_address(url)}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=_environment(url)) as running:
        said = _followed(running, "dumping contents of table", tables, progress)
    if running.returncode:
        raise _failed("pg_dump", said, url)


def other_sessions(engine: Engine) -> list[str]:
    """Who else is connected to this database: program and user of each."""
    with engine.connect() as connection:
        found = connection.execute(text("""SELECT coalesce(nullif(application_name, ''), 'a program') || ' of ' || usename
            FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""))
        return list(found.scalars())


def load_postgres(engine: Engine, dump: Path, aside: str, tables: int, progress: Callable[[float], None]) -> None:
    """Load a dump into a database, in one transaction: all or nothing, whatever becomes of this process. Raises SetupError.

    aside: the schema that takes what is there; empty if nothing is.
    """
    url = engine.url
    restore, psql = _program("pg_restore"), _program("psql")
    load = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--output={os.devnull}", f"--dbname={_address(url)}"]
    read = [restore, "--no-owner", "--no-privileges", "--verbose", "--file=-", str(dump)]
    with tempfile.TemporaryFile("w+") as told:
        with subprocess.Popen(load, stdin=subprocess.PIPE, stderr=told, bufsize=0, env=_environment(url)) as loading:
            assert loading.stdin is not None
            try:
                loading.stdin.write(("BEGIN;\n" + (_SET_ASIDE.format(aside=aside) if aside else "")).encode())
                with subprocess.Popen(read, stdout=loading.stdin, stderr=subprocess.PIPE, text=True) as reading:
                    said = _followed(reading, "processing data for table", tables, progress)
                if reading.returncode == 0:  # without COMMIT nothing has happened
                    loading.stdin.write(b"\nCOMMIT;\n")
            except BrokenPipeError:  # psql has stopped at an error, and says at which
                said = []
        told.seek(0)
        errors = told.read().splitlines()
    if loading.returncode:
        raise _failed("psql", errors, url)
    if reading.returncode:
        raise _failed("pg_restore", said, url)


_SET_ASIDE = """DO $$ DECLARE one regclass; BEGIN
  FOR one IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
    EXECUTE 'LOCK TABLE ' || one || ' IN ACCESS EXCLUSIVE MODE';
  END LOOP;
END $$;
ALTER SCHEMA public RENAME TO {aside};
CREATE SCHEMA public;
COMMENT ON SCHEMA public IS 'standard public schema';
"""
"""Locked first, so that who comes meanwhile waits, and then meets the new tables."""


def _followed(running: subprocess.Popen[str], word: str, tables: int, progress: Callable[[float], None]) -> list[str]:
    """Reads what a program says to its end; what it said last."""
    said: list[str] = []
    done = 0
    assert running.stderr is not None
    for line in running.stderr:
        said = [*said[-9:], line.rstrip()]
        if word in line:
            done += 1
            progress(min(1.0, done / max(1, tables)))
    return said


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SetupError(Problem("no-postgresql-client", f"the program {name} is not there", "PATH",
                                 "install PostgreSQL's client programs, of the server's version or newer (Debian: postgresql-client)"))
    return found


def _address(url: URL) -> str:
    """Without the password, which anybody could read in the list of processes."""
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)


def _environment(url: URL) -> dict[str, str]:
    password = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    return {**os.environ, "PGTZ": "UTC", "LC_MESSAGES": "C", **password}


def _failed(program: str, said: list[str], url: URL) -> SetupError:
    errors = [line for line in said if "error" in line.lower() or "fatal" in line.lower()] or said or ["it gave no reason"]
    newer = any("version mismatch" in line or "unsupported version" in line for line in said)
    return SetupError(Problem("postgresql-client-failed", f"{program}: {' '.join(errors)}", url.render_as_string(),
                              "install client programs as new as the server" if newer else "nothing was changed"))
