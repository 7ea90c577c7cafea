"""Who answers: the database, a copy of it in DuckDB that is brought up to date first, or a Spark cluster.

    answer = fetch(org, statement, another)     answer.rows[0], answer.rows[1], answer.engine, answer.read_at

The database is always right. The copy is asked when there is one (`crm mirror enable`), unless CRM_ENGINE says otherwise:
auto (or nothing)   the copy if there is one that can be brought up to date and knows all functions, else the database
database            never the copy
column              always the copy; SetupError where that can't be
spark               always the cluster at CRM_SPARK, of the files that were published last; SetupError where that can't be
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.exc import InternalError, SQLAlchemyError

from crmlib.errors import Problem, SetupError
from crmlib.mirror.own_copy import OwnCopy
from crmlib.mirror.snapshots import folder_of, newest_snapshot
from crmlib.mirror.spark import ask_spark
from crmlib.model.changes import Gap
from crmlib.model.org import Org

Ask = Callable[[Connection], tuple[Any, ...]]

DATABASE, COLUMN, SPARK = "database", "column engine", "Spark cluster"
CHOICES = ("auto", "database", "column", "spark")


@dataclass(frozen=True)
class Answer:
    """Rows of each statement, who gave them, and the moment as of which they are."""

    rows: tuple[Any, ...]
    engine: str
    read_at: datetime


def fetch(org: Org, *statements: Executable | None) -> Answer:
    """All rows of these statements, as the data was at one moment; of None, none."""
    with ExitStack() as opened:
        return _ask(org, lambda connection: tuple(_rows(connection, one) for one in statements), opened)


@contextmanager
def fetch_in_batches(org: Org, whole: Executable, large: Executable, size: int) -> Iterator[Answer]:
    """As `fetch`; of the second statement an iterator over its rows, so many at a time, which memory need not hold all at once."""
    def ask(connection: Connection) -> tuple[Any, ...]:
        return _rows(connection, whole), connection.execution_options(yield_per=size).execute(large).partitions()

    if engine_choice() == "spark":  # its rows come all at once
        answer = fetch(org, whole, large)
        yield replace(answer, rows=(answer.rows[0], iter(answer.rows[1:])))
        return
    with ExitStack() as opened:
        yield _ask(org, ask, opened, sparing=True)


def _ask(org: Org, ask: Ask, opened: ExitStack, sparing: bool = False) -> Answer:
    """By a connection that stays open until `opened` ends."""
    choice = engine_choice()
    if choice == "spark":
        rows, published_at = ask_spark(ask, org.settings.time_zone)
        return Answer(rows, SPARK, published_at)
    if choice != "database":
        answer = _from_copy(org, ask, opened, sparing, must=choice == "column")
        if answer is not None:
            return answer
    connection = opened.enter_context(org.snapshot())
    read_at = org.now()
    return Answer(ask(connection), DATABASE, read_at)


def engine_choice() -> str:
    """What CRM_ENGINE says. Raises SetupError when that is nothing we know."""
    choice = os.environ.get("CRM_ENGINE") or "auto"
    if choice not in CHOICES:
        raise SetupError(Problem("unknown-engine", f"CRM_ENGINE is {choice!r}", "CRM_ENGINE", f"choose one of: {', '.join(CHOICES)}"))
    return choice


def why_not(org: Org) -> str | None:
    """Why the column engine can't answer; None if it can."""
    folder = folder_of(org)
    if folder is None:
        return "CRM_MIRROR names no folder for snapshots"
    if newest_snapshot(folder) is None:
        return f"there is no snapshot in {folder}"
    if find_spec("duckdb") is None:
        return "DuckDB is not installed (pip install 'crmlib[fast]')"
    return None


def _rows(connection: Connection, statement: Executable | None) -> Sequence[Row[Any]]:
    return [] if statement is None else connection.execute(statement).all()


def _from_copy(org: Org, ask: Ask, opened: ExitStack, sparing: bool, must: bool) -> Answer | None:
    """None if it can't say; raises SetupError then if it must."""
    reason = why_not(org)
    if reason is None:
        from duckdb import Error

        for in_given_order in (False, True):
            try:
                with ExitStack() as tried:
                    connection, read_at = tried.enter_context(_own.setdefault(org, OwnCopy()).up_to_date(org, sparing, in_given_order))
                    answer = Answer(ask(connection), COLUMN, read_at)
                    opened.enter_context(tried.pop_all())
                    return answer
            except InternalError as error:  # DuckDB 2.0 loses columns when it orders some joins anew
                reason = str(error)
            except (Gap, SQLAlchemyError, Error, OSError) as error:
                reason = str(error)
                break
    if must:
        raise SetupError(Problem("no-column-engine", f"the column engine can't answer: {reason}", "CRM_ENGINE",
                                 "crm mirror status says more"))
    return None


_own: WeakKeyDictionary[Org, OwnCopy] = WeakKeyDictionary()
