"""Reports asked of a cluster over the Spark Connect protocol, of the Parquet files that `publish_parquet` wrote.

CRM_SPARK        the address, such as sc://cluster.example:15002
CRM_SPARK_DATA   the folder of the files as the cluster sees it, such as /mnt/crm or s3a://bucket/crm

Answers are as of the moment of publication. A session of the cluster belongs to one publication, so that two statements
never see two.
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crmlib.errors import Problem, SetupError
from crmlib.mirror.dialect import offsets_of
from crmlib.mirror.parquet import PUBLISHED
from crmlib.mirror.spark_dialect import FIRST_YEAR, LAST_YEAR, PYTHON_FUNCTIONS, engine_on

PORT = 15002
PATIENCE, TRIES = 5, 6
"""Seconds to wait for somebody at the address, and how often a call is tried; Spark's own client would go on for ten minutes."""
SETTINGS = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
"""Moments are counted in UTC, and what overflows is an error."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Publication:
    """Where the files are and as of which moment, with a session that knows their tables."""

    files: str
    moment: datetime
    session: Any
    engine: Engine


def ask_spark(question: Callable[[Connection], Found], zone: str) -> tuple[Found, datetime]:
    """What the question, which may ask for days in this time zone, finds on the cluster, and the moment as of which the data is.
    Raises SetupError where there is no answer."""
    reason = why_no_spark()
    if reason is not None:
        raise _no_answer(reason)
    from pyspark.errors import PySparkException

    place = os.environ["CRM_SPARK"], os.environ["CRM_SPARK_DATA"].rstrip("/"), zone
    while True:
        known = _known.get(place)
        try:
            publication = _newest(*place, known)
            with publication.engine.connect() as connection:
                found = question(connection)
        except (PySparkException, SQLAlchemyError) as error:
            _known.pop(place, None)
            if known is None:
                told = str(getattr(error, "orig", error))  # below its first line stand statements and plans, which say who sees what
                raise _no_answer(told.strip().partition("\n")[0]) from error
            continue  # a session that nobody used for an hour is closed by the cluster: once more with a new one
        _known[place] = publication
        return found, publication.moment


def why_no_spark() -> str | None:
    """Why Spark can't be asked; None if nothing speaks against it."""
    if find_spec("pyspark") is None:
        return "its client is not installed (pip install 'crmlib[spark]')"
    for name, meaning in (("CRM_SPARK", "the cluster's address, such as sc://cluster.example:15002"),
                          ("CRM_SPARK_DATA", "the folder of the published files as the cluster sees it")):
        if not os.environ.get(name):
            return f"{name} is not set: {meaning}"
    return None


_known: dict[tuple[str, str, str], Publication] = {}
"""By address, folder and time zone: the publication last asked."""


def _no_answer(reason: str) -> SetupError:
    return SetupError(Problem("no-spark", f"Spark can't answer: {reason}", "CRM_ENGINE",
                              "publish again if objects or fields are newer than the files; with CRM_ENGINE=auto others answer"))


def _newest(address: str, data: str, zone: str, known: Publication | None) -> Publication:
    """The publication that is the newest now."""
    session = known.session if known else new_session(address)
    listed = session.read.parquet(f"{data}/{PUBLISHED}").toArrow().to_pylist()
    if not listed:  # Sail's way to say that there is no such file
        raise _no_answer(f"nothing is published in {data}")
    files = f"{data}/{listed[0]['folder']}"
    if known is not None:
        if known.files == files:
            return known
        session = new_session(address)
    check_zone(session, zone)
    for row in listed:
        session.read.schema(row["columns"]).parquet(f"{files}/{row['name']}.parquet").createOrReplaceTempView(row["name"])
    return Publication(files, listed[0]["moment"].replace(tzinfo=UTC), session, engine_on(session))


def new_session(address: str) -> Any:
    """A session in which our functions are known and nothing overflows unsaid."""
    # of conversions to pandas, which nobody here asks for, and of what errors say anyway
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    warnings.filterwarnings("ignore", r"\[RETRIES_EXCEEDED\]")
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.client.retries import DefaultPolicy

    server = urlsplit(address)
    place = server.hostname or "", server.port or PORT
    try:
        socket.create_connection(place, PATIENCE).close()
    except OSError as error:
        raise _no_answer(f"nobody answers at {place[0]}:{place[1]} ({error})") from error
    session = SparkSession.builder.remote(address).create()
    session.client.set_retry_policies([DefaultPolicy(max_retries=TRIES, max_backoff=1000)])
    for name, value in SETTINGS.items():
        session.conf.set(name, value)
    function: Any
    for name, function in PYTHON_FUNCTIONS.items():
        session.udf.register(name, function, "string")
    return session


def check_zone(session: Any, zone: str) -> None:
    """Raises SetupError if the cluster knows other rules of this time zone than this machine: it would count into other days."""
    changes = [datetime(FIRST_YEAR, 1, 2, tzinfo=UTC), *(moment for moment, _ in offsets_of(zone, FIRST_YEAR, LAST_YEAR)[1:])]
    moments = [(moment.replace(tzinfo=None) - step,) for moment in changes for step in (timedelta(0), timedelta(seconds=1))]
    session.createDataFrame(moments, "moment TIMESTAMP_NTZ").createOrReplaceTempView("clock_changes")
    asked = "SELECT moment, from_utc_timestamp(moment, :zone) AS there FROM clock_changes"
    for row in session.sql(asked, args={"zone": zone}).toArrow().to_pylist():
        here = row["moment"].replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        if row["there"].replace(tzinfo=None) != here.replace(tzinfo=None):
            raise _no_answer(f"its rules of the time zone {zone} are others than those here, at {here}")
