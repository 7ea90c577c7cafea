"""`crm check`: everything that can be wrong with a base and what belongs to it, and the repair of what can be worked out anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from crmlib.delivery.history import SUCCEEDED
from crmlib.delivery.schedule import list_schedules
from crmlib.errors import InvalidData, NotFound, Problem, UserError
from crmlib.mirror.snapshots import folder_of, snapshots, why_useless
from crmlib.model.changes import is_followed, keep_following, orphaned_triggers, stop_following, tables_without_triggers
from crmlib.model.org import Org, open_engine
from crmlib.model.schema import Schema
from crmlib.model.upgrade import version_of
from crmlib.security.role_tree import closure_of, rebuild_role_closure
from crmlib.upkeep.check_records import check_records
from crmlib.upkeep.check_tables import BACKUP, Finding, check_file, check_tables, missing_indexes, missing_parts
from crmlib.workspace import Workspace, connect


def check_base(url: str | None, report_types: Path, deliveries: Path,
               progress: Callable[[str, float], None] = lambda step, part: None) -> Iterator[Finding]:
    """Everything that is wrong, as it is found. Raises SetupError where there is no base of this version."""
    engine = open_engine(url)
    version_of(engine)
    progress("File", 0)
    yield from check_file(engine)
    engine.dispose()
    try:
        org = Org.open(url, create=False)
        with org.snapshot() as connection:
            lacking = missing_parts(connection, org.schema)
            yield from check_tables(connection, org.schema, lacking)
            sound = [described for described in org.schema if described.table.name not in lacking]
            for number, described in enumerate(sound):
                progress(described.plural_label, number / len(sound))
                yield from check_records(connection, org.schema, described)
            if not lacking:
                yield from _check_roles(connection, org.schema)
            yield from _check_following(connection, org.schema, lacking)
        yield from _check_snapshots(org)
        if not lacking:
            progress("Deliveries and reports", 1)
            yield from _check_deliveries(org, deliveries)
            yield from _check_definitions(url, report_types)
        org.engine.dispose()
    except DatabaseError as error:
        yield Finding(Problem("unreadable-base", f"the check can't go on: {error.orig}", engine.url.render_as_string(), BACKUP))


def repair(org: Org, findings: Iterable[Finding]) -> list[str]:
    """Work out anew what can be, and nothing else, in one transaction; what was done, in sentences."""
    codes = {finding.problem.code for finding in findings if finding.repairable}
    said = []
    with org.begin() as connection:
        if codes & {"wrong-role-closure", "rows-of-nobody"}:
            rebuild_role_closure(connection, org.schema)
            said.append("Who is above whom was worked out anew from the roles.")
        if "missing-index" in codes:
            made = missing_indexes(connection, org.schema, missing_parts(connection, org.schema))
            for table, names in made:
                for index in table.indexes:
                    if index.name in names:
                        index.create(connection)
            said.append(f"Indexes were made: {', '.join(name for _, names in made for name in names)}.")
        if "orphaned-triggers" in codes:
            stop_following(connection)
            said.append("Triggers that wrote into a missing table were taken away; to follow changes again: crm mirror enable")
        if "missing-triggers" in codes:
            keep_following(connection, org.schema.metadata)
            said.append("Missing triggers were made; the column engine reads those tables again.")
    return said


def _check_roles(connection: Connection, schema: Schema) -> Iterator[Finding]:
    roles, closure = schema.describe("role").table, schema.metadata.tables["role_closure"]
    try:
        right = closure_of({row.id: row.parent_id for row in connection.execute(select(roles.c.id, roles.c.parent_id))})
    except InvalidData as error:
        yield from (Finding(Problem(problem.code, problem.message, "role.parent", "correct 'Reports to' of one of these roles"))
                    for problem in error.problems)
        return
    stored = {(row.ancestor_id, row.descendant_id, row.depth) for row in connection.execute(select(closure))}
    if wrong := right ^ stored:
        yield Finding(Problem("wrong-role-closure", f"{len(wrong):,} rows do not say what the tree of roles says: {len(right - stored):,} "
                              f"are missing, {len(stored - right):,} are too many; people see too few or too many records", "role_closure",
                              "crm check --repair works them out anew"), len(wrong), repairable=True)


def _check_following(connection: Connection, schema: Schema, lacking: Mapping[str, list[str]]) -> Iterator[Finding]:
    if names := orphaned_triggers(connection):
        yield Finding(Problem("orphaned-triggers", f"{len(names)} triggers note changes in a table that is not there: nothing can be saved",
                              "mirror_changes", "crm check --repair takes the triggers away"), len(names), repairable=True)
    if not is_followed(connection):
        return
    if tables := [table.name for table in tables_without_triggers(connection, schema.metadata) if table.name not in lacking]:
        yield Finding(Problem("missing-triggers", f"changes of {', '.join(tables)} are not noted: the column engine shows old figures",
                              "mirror_changes", "crm check --repair makes the triggers"), len(tables), repairable=True)


def _check_snapshots(org: Org) -> Iterator[Finding]:
    folder = folder_of(org)
    for snapshot in snapshots(folder)[:1] if folder else ():
        if reason := why_useless(org, snapshot):
            yield Finding(Problem("stale-snapshot", f"no copy for the column engine can begin with it: {reason}", str(snapshot),
                                  "crm mirror publish --anew; or crm mirror disable, if the column engine is not wanted"))


def _check_deliveries(org: Org, root: Path) -> Iterator[Finding]:
    there = {folder for folder in root.glob("????-??-??/*") if folder.is_dir()}  # before the rows: a run that begins has both
    runs = org.schema.describe("report_run").table
    kept = org.fetch(select(runs.c.id, runs.c.folder, runs.c.outcome).where(runs.c.folder.is_not(None)))
    if orphaned := sorted(there - {Path(run.folder) for run in kept}):
        yield Finding(Problem("orphaned-delivery", f"no run is known that made {len(orphaned)} of these folders: {_some(orphaned, root)}",
                              str(root), "of another base, or of before a backup was restored: delete them when nobody needs them"),
                      len(orphaned))
    gone = [run for run in kept if run.outcome == SUCCEEDED and not Path(run.folder).is_dir()]
    if gone:
        yield Finding(Problem("missing-delivery", f"what {len(gone)} runs delivered is not there any more: "
                              f"run {_some([Path(str(run.id)) for run in gone], root)}", "report_run.folder",
                              "'crm report compare --with last' can't use them; a backup made --with-deliveries has them"), len(gone))


def _some(paths: list[Path], root: Path) -> str:
    named = [path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path) for path in paths[:5]]
    return ", ".join(named) + (", ..." if len(paths) > 5 else "")


def _check_definitions(url: str | None, report_types: Path) -> Iterator[Finding]:
    try:
        workspace = connect(url, report_types=report_types)
    except NotFound as error:
        yield from map(Finding, error.problems)
        return
    yield from map(Finding, faults_of_definitions(workspace))
    for schedule in list_schedules(workspace.org):
        try:
            workspace.report(schedule.report)
        except UserError as error:
            yield from (Finding(Problem(problem.code, problem.message, f"schedule {schedule.id}",
                                        problem.hint or f"crm schedule remove {schedule.id}")) for problem in error.problems)
    workspace.org.engine.dispose()


def faults_of_definitions(workspace: Workspace) -> Iterator[Problem]:
    """Every fault of the custom report types, shared buckets and saved reports, with file and line."""
    catalog = workspace.catalog
    for name in catalog.custom_names():
        yield from catalog.check_report_type(name)
    for name in catalog.bucket_files():
        yield from catalog.check_buckets(name)
    for saved in catalog.reports():
        yield from saved.problems or workspace.report(saved.path).problems()
