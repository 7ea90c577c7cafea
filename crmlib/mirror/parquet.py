"""Puts the data into Parquet files, from which a Spark cluster answers reports.

    FOLDER/20261121T213500123456Z/accounts.parquet, contacts.parquet, ...     as of one moment; they never change
    FOLDER/published.parquet                                            which files are the newest, as of which moment, and what is in them

`published.parquet` is replaced last, so that whoever reads meanwhile finds either the old files or the new ones.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import Table

from crmlib.mirror.own_copy import OwnCopy
from crmlib.mirror.snapshots import KEPT
from crmlib.mirror.spark_dialect import SparkDialect
from crmlib.model.changes import followed_tables
from crmlib.model.org import Org

PUBLISHED = "published.parquet"


def publish_parquet(org: Org, folder: Path) -> Path:
    """Write all data as it is now into files below this folder; returns where they are. Raises Gap without a snapshot to begin from."""
    with OwnCopy().up_to_date(org) as (connection, moment):
        files = folder / f"{moment:%Y%m%dT%H%M%S%f}Z"
        files.mkdir(parents=True)
        tables = {table.name: columns_of(table) for table in followed_tables(org.schema.metadata)}
        for name in tables:
            connection.exec_driver_sql(f'COPY "{name}" {_to(files / f"{name}.parquet")}')
        listed = (f"SELECT '{files.name}' AS folder, TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}' AS moment, "
                  f"unnest({[*tables]}) AS name, unnest({[*tables.values()]}) AS columns")
        connection.exec_driver_sql(f"COPY ({listed}) {_to(folder / 'publishing.parquet')}")
    (folder / "publishing.parquet").replace(folder / PUBLISHED)
    for old in sorted(folder.glob("[0-9]*T[0-9]*Z"), reverse=True)[KEPT:]:
        shutil.rmtree(old)
    return files


def columns_of(table: Table) -> str:
    """Names and types as Spark writes them, so that it need not look into the files for them."""
    return ", ".join(f"{column.name} {column.type.compile(_dialect)}" for column in table.columns)


_dialect = SparkDialect()


def _to(file: Path) -> str:
    escaped = str(file).replace("'", "''")
    return f"TO '{escaped}' (FORMAT parquet, COMPRESSION zstd)"
