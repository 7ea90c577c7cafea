"""What changed: a table that triggers fill, so that a copy of the data elsewhere (`mirror`) can be brought up to date.

Made only on demand (`start_following`): an operational base gets no trigger unasked. A row says which record of which
table was inserted, changed or deleted; without a record, that the whole table must be read again.

A copy keeps a `Mark` of how far it has come. Changes are read in the same transaction as the records. On SQLite, which has one
writer at a time, they are numbered in the order they come true. On PostgreSQL they are not: a transaction may commit after later
ones. So there a mark is the oldest transaction that was still running, and changes since then are read again next time.

Milestones are rows of their own; everything before the one that the oldest copy rests on may be forgotten. A copy whose
milestone or last change is missing or another is of another database, or of this one before a backup was restored.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, Table, inspect, text

CHANGES = "mirror_changes"
MILESTONE = ""
"""Stands in place of a table's name."""

_CREATE = {
    "sqlite": [f"""CREATE TABLE {CHANGES} (seq INTEGER PRIMARY KEY AUTOINCREMENT, table_name TEXT NOT NULL, record_id INTEGER,
                   changed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')))"""],
    "postgresql": [f"""CREATE TABLE {CHANGES} (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name TEXT NOT NULL,
                       record_id BIGINT, changed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
                       transaction xid8 NOT NULL DEFAULT pg_current_xact_id())""",
                   f"CREATE INDEX ix_{CHANGES}_transaction ON {CHANGES} (transaction)",
                   f"""CREATE FUNCTION mirror_note_records() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                       IF TG_OP = 'DELETE' THEN
                           INSERT INTO {CHANGES} (table_name, record_id) SELECT TG_TABLE_NAME, id FROM rows_gone;
                       ELSE
                           INSERT INTO {CHANGES} (table_name, record_id) SELECT TG_TABLE_NAME, id FROM rows_new;
                       END IF;
                       RETURN NULL; END $$""",
                   f"""CREATE FUNCTION mirror_note_table() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                       INSERT INTO {CHANGES} (table_name) VALUES (TG_TABLE_NAME);
                       RETURN NULL; END $$"""],
}
_READ = {
    "sqlite": f"""SELECT seq, seq AS position, changed_at, table_name, record_id FROM {CHANGES}
                  WHERE seq > :position OR seq IN (:milestone, :last) ORDER BY seq""",
    "postgresql": f"""SELECT seq, CAST(CAST(transaction AS TEXT) AS BIGINT) AS position, CAST(changed_at AS TEXT) AS changed_at, table_name,
                      record_id FROM {CHANGES}
                      WHERE transaction >= CAST(CAST(:position AS TEXT) AS xid8) OR seq IN (:milestone, :last) ORDER BY transaction, seq""",
}
_OLDEST_RUNNING = "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)"
_DATABASE = """SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid FROM pg_database
               WHERE datname = current_database()"""


class Gap(Exception):
    """The changes since a mark are not known any more, or the mark is of another database."""


@dataclass(frozen=True)
class Mark:
    """How far a copy has come. position: the last change it has on SQLite, the oldest transaction then running on PostgreSQL.

    last, last_at: the newest change it has seen, to know it by. database: tells PostgreSQL's databases apart.
    """

    database: str
    milestone: int
    position: int
    last: int
    last_at: str


@dataclass(frozen=True)
class Changes:
    """What changed since a mark: ids by table, None for the whole table. seen: changes that will be read again from the new mark."""

    records: dict[str, set[int] | None]
    mark: Mark
    seen: frozenset[int]


def followed_tables(metadata: MetaData) -> list[Table]:
    """The tables whose changes are kept: all with records, and who is above whom."""
    return [table for table in metadata.tables.values() if table.name != "custom_definitions"]


def is_followed(connection: Connection) -> bool:
    return inspect(connection).has_table(CHANGES)


def start_following(connection: Connection, metadata: MetaData) -> None:
    """Make the table and the triggers."""
    if not is_followed(connection):
        for statement in _CREATE[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        set_milestone(connection)
    keep_following(connection, metadata)


def keep_following(connection: Connection, metadata: MetaData) -> None:
    """After tables were made or altered: give those without triggers theirs, if changes are kept at all."""
    if not is_followed(connection):
        return
    for table in tables_without_triggers(connection, metadata):
        for statement in _triggers(table, connection.dialect.name):
            connection.exec_driver_sql(statement)
        connection.execute(text(f"INSERT INTO {CHANGES} (table_name) VALUES (:name)"), {"name": table.name})


def stop_following(connection: Connection) -> None:
    """Take table and triggers away."""
    for name, table in _trigger_names(connection):
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + (f' ON "{table}"' if connection.dialect.name == "postgresql" else ""))
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {CHANGES}")
    if connection.dialect.name == "postgresql":
        for function in ("mirror_note_records", "mirror_note_table"):
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}")


def tables_without_triggers(connection: Connection, metadata: MetaData) -> list[Table]:
    there = {name for name, _ in _trigger_names(connection)}
    names = {table: {name for name, _ in _events(table, connection.dialect.name)} for table in followed_tables(metadata)}
    return [table for table, wanted in names.items() if not wanted <= there]


def orphaned_triggers(connection: Connection) -> list[str]:
    """Triggers that are there without the table they write into: with them nothing can be saved."""
    return [] if is_followed(connection) else [name for name, _ in _trigger_names(connection)]


def set_milestone(connection: Connection) -> None:
    """A new point from which copies may be made. On PostgreSQL it says the oldest transaction running: no older change is asked for
    by any copy that saw the milestone."""
    running = _OLDEST_RUNNING if connection.dialect.name == "postgresql" else "NULL"
    connection.exec_driver_sql(f"INSERT INTO {CHANGES} (table_name, record_id) VALUES ('{MILESTONE}', {running})")


def forget_before(connection: Connection, milestone: int) -> None:
    """Delete the changes that no copy from this milestone on will ask for."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DELETE FROM {CHANGES} WHERE seq < :milestone"), {"milestone": milestone})
        return
    connection.execute(text(f"""DELETE FROM {CHANGES} WHERE seq <> :milestone AND transaction <
        (SELECT CAST(CAST(record_id AS TEXT) AS xid8) FROM {CHANGES} WHERE seq = :milestone)"""), {"milestone": milestone})


def first_mark(connection: Connection) -> Mark:
    """Where a copy that is made in this transaction begins."""
    kind = connection.dialect.name
    columns = f"seq, {'seq' if kind == 'sqlite' else _OLDEST_RUNNING}, {'changed_at' if kind == 'sqlite' else 'CAST(changed_at AS TEXT)'}"
    found = connection.exec_driver_sql(f"SELECT {columns} FROM {CHANGES} WHERE table_name = '{MILESTONE}' ORDER BY seq DESC LIMIT 1").one()
    seq, position, changed_at = found
    if kind == "sqlite":
        last, position, changed_at = connection.exec_driver_sql(
            f"SELECT seq, seq, changed_at FROM {CHANGES} ORDER BY seq DESC LIMIT 1").one()
        return Mark("", seq, position, last, changed_at)
    return Mark(_database(connection), seq, position, seq, changed_at)


def changes_since(connection: Connection, mark: Mark, seen: Set[int] = frozenset()) -> Changes:
    """What this transaction sees that a copy at this mark does not have. Raises Gap when that can't be known. One statement, or two."""
    kind = connection.dialect.name
    position = mark.position
    if kind == "postgresql":
        position, database = connection.exec_driver_sql(f"SELECT {_OLDEST_RUNNING}, ({_DATABASE})").one()
        if database != mark.database or position < mark.position:
            raise Gap("the copy is of another database")
    rows = connection.execute(text(_READ[kind]), {"position": mark.position, "milestone": mark.milestone, "last": mark.last}).all()
    known = {row.seq: row for row in rows}
    if mark.milestone not in known or mark.last not in known or known[mark.last].changed_at != mark.last_at:
        raise Gap("the changes since the copy was made are not known")
    records: dict[str, set[int] | None] = {}
    for row in rows:
        if row.table_name == MILESTONE or row.seq in seen or (kind == "sqlite" and row.position <= mark.position):
            continue
        ids = records.setdefault(row.table_name, set())
        if row.record_id is None:
            records[row.table_name] = None
        elif ids is not None:
            ids.add(row.record_id)
    newest = rows[-1]
    milestone = max(row.seq for row in rows if row.table_name == MILESTONE)
    if kind == "sqlite":
        return Changes(records, Mark("", milestone, newest.seq, newest.seq, newest.changed_at), frozenset())
    return Changes(records, Mark(mark.database, milestone, position, newest.seq, newest.changed_at),
                   frozenset(row.seq for row in rows if row.position >= position))


def rows_query(table: Table, columns: str, dialect: str) -> str:
    """SELECT of some records of a table; their ids are the one parameter, as a JSON list."""
    chosen = "SELECT value FROM json_each(:ids)" if dialect == "sqlite" else "SELECT CAST(jsonb_array_elements_text(:ids) AS BIGINT)"
    return f"SELECT {columns} FROM {table.name} WHERE id IN ({chosen})"


def _database(connection: Connection) -> str:
    return str(connection.exec_driver_sql(_DATABASE).scalar_one())


def _events(table: Table, dialect: str) -> Iterator[tuple[str, str]]:
    """Name and event of each trigger of a table."""
    for event in ("INSERT", "UPDATE", "DELETE", *(["TRUNCATE"] if dialect == "postgresql" else [])):
        yield f"mirror_{table.name}_{event.lower()}", event


def _triggers(table: Table, dialect: str) -> Iterator[str]:
    by_id = "id" in table.columns
    for name, event in _events(table, dialect):
        if dialect == "sqlite":
            record = ("OLD.id" if event == "DELETE" else "NEW.id") if by_id else "NULL"
            yield (f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {table.name} BEGIN "
                   f"INSERT INTO {CHANGES} (table_name, record_id) VALUES ('{table.name}', {record}); END")
            continue
        rows = by_id and event != "TRUNCATE"
        seen = f"REFERENCING {'OLD TABLE AS rows_gone' if event == 'DELETE' else 'NEW TABLE AS rows_new'} " if rows else ""
        yield (f"CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table.name} {seen}FOR EACH STATEMENT "
               f"EXECUTE FUNCTION {'mirror_note_records' if rows else 'mirror_note_table'}()")


def _trigger_names(connection: Connection) -> list[tuple[str, str]]:
    """Name and table of our triggers."""
    query = {"sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'mirror\\_%' ESCAPE '\\'",
             "postgresql": """SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                              WHERE tgname LIKE 'mirror\\_%' AND pg_table_is_visible(pg_class.oid) AND tgenabled <> 'D'"""}
    return [(str(name), str(table)) for name, table in connection.execute(text(query[connection.dialect.name].replace(":", "\\:")))]
