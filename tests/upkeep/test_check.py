"""`crm check` finds what is wrong, says where and how often, and repairs what can be worked out anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmlib.mirror.snapshots import publish
from crmlib.model.changes import start_following
from crmlib.model.org import Org
from crmlib.security.first_start import ensure_administrator
from crmlib.security.role_tree import rebuild_role_closure
from crmlib.upkeep.check import check_base, repair
from crmlib.upkeep.check_tables import Finding
from tests.conftest import add
from tests.upkeep.conftest import Base, damage


@pytest.fixture
def whole(base: Base) -> Iterator[Base]:
    """A base with a tree of roles, where nothing is wrong."""
    boss = add(base.org, "role", name="Boss")
    add(base.org, "role", name="Clerk", parent=boss)
    with base.org.begin() as connection:
        rebuild_role_closure(connection, base.org.schema)
    yield base


def found(base: Base) -> list[Finding]:
    url = base.org.engine.url.render_as_string(hide_password=False)
    return list(check_base(url, base.report_types, base.deliveries))


def told(base: Base) -> dict[str, tuple[str, int]]:
    """Where and how often, by code."""
    findings = found(base)
    assert all(finding.problem.hint and finding.problem.message for finding in findings)
    return {finding.problem.code: (finding.problem.where, finding.count) for finding in findings}


def spoil(base: Base, *statements: str) -> None:
    """What only another program, or a broken disk, would do."""
    sqlite = base.org.engine.dialect.name == "sqlite"
    with base.org.engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        cursor = raw.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        if not sqlite:
            raw.commit()
        cursor.execute("PRAGMA foreign_keys = ON" if sqlite else "SET session_replication_role = origin")
        cursor.close()
    base.org.engine.dispose()


def test_a_whole_base_has_no_findings(whole: Base) -> None:
    add(whole.org, "account", name="Deleted", type="None of them", deleted_at=whole.org.now())  # the recycle bin may hold anything
    assert told(whole) == {}


def test_values_that_their_fields_can_not_have(whole: Base) -> None:
    for name in ("Gamma", "Delta"):
        add(whole.org, "account", name=name)
    spoil(whole, "UPDATE accounts SET type = 'Spaceship' WHERE id > 1", "UPDATE accounts SET owner_id = 999 WHERE id = 1",
          "UPDATE report_runs SET report = ' '")
    findings = {finding.problem.code: finding for finding in found(whole)}
    assert {code: (one.problem.where, one.count) for code, one in findings.items()} == {
        "not-in-picklist": ("account.type", 3), "lookup-nowhere": ("account.owner", 1), "required-blank": ("report_run.report", 1)}
    assert "'Spaceship'" in findings["not-in-picklist"].problem.message and "2, 3, 4" in findings["not-in-picklist"].problem.message


def test_values_of_a_multi_picklist(whole: Base) -> None:
    from crmlib.model.custom import CustomField, Customization, customize

    colours = CustomField(name="colours_c", type="multi_picklist", label="Colours", values=("red", "dark red", "blue"))
    customize(whole.org, Customization(object="account", fields=(colours,)))
    add(whole.org, "account", name="Right", colours_c=("red", "blue"))
    add(whole.org, "account", name="Wrong", colours_c=("red", "green"))
    assert told(whole) == {"not-in-picklist": ("account.colours_c", 1)}


def test_records_without_owner_where_it_decides_who_sees_them(whole: Base) -> None:
    add(whole.org, "account", name="Gamma")
    add(whole.org, "sharing_default", name="account", level="private")
    assert told(whole) == {"no-owner": ("account.owner", 1)}


def test_values_that_sqlite_keeps_though_they_can_not_be_read(sqlite_org: Org, tmp_path: Path) -> None:
    ensure_administrator(sqlite_org)
    stage = add(sqlite_org, "stage", name="New", position=1, outcome="Open")
    for _ in range(7):
        add(sqlite_org, "opportunity", name="Deal", amount="12.50", stage=stage, owner=1, close_date=sqlite_org.today())
    base = Base(sqlite_org, tmp_path / "report_types", tmp_path / "deliveries")
    assert told(base) == {}
    changes = ("amount = 12.5", "amount = '12.50 EUR'", "close_date = '13.05.2026'", "close_date = '2026-02-31'",
               "created_at = 'yesterday'", "name = x'00ff'")
    spoil(base, *(f"UPDATE opportunities SET {change} WHERE id = {number}" for number, change in enumerate(changes, 1)),
          "UPDATE users SET is_active = 7")
    findings = [(finding.problem.code, finding.problem.where, finding.count) for finding in found(base)]
    assert sorted(one for one in findings if one[0] != "no-user") == [
        ("unreadable-value", "opportunity.close_date", 2), ("unreadable-value", "opportunity.created_at", 1),
        ("unreadable-value", "opportunity.name", 1), ("unreadable-value", "user.is_active", 1), ("wrong-scale", "opportunity.amount", 2)]


def test_the_tree_of_roles_is_repaired(whole: Base) -> None:
    spoil(whole, "DELETE FROM role_closure WHERE depth = 1", "INSERT INTO role_closure VALUES (2, 1, 1)")
    assert told(whole) == {"wrong-role-closure": ("role_closure", 2)}
    assert repair(whole.org, found(whole)) == ["Who is above whom was worked out anew from the roles."]
    assert told(whole) == {}


def test_roles_in_a_circle_are_told(whole: Base) -> None:
    spoil(whole, "UPDATE roles SET parent_id = 2 WHERE id = 1")
    assert told(whole) == {"role-cycle": ("role.parent", 1)}


def test_missing_triggers_and_indexes_are_repaired(whole: Base) -> None:
    with whole.org.begin() as connection:
        start_following(connection, whole.org.schema.metadata)
    table = " ON accounts" if whole.org.engine.dialect.name == "postgresql" else ""
    spoil(whole, f"DROP TRIGGER mirror_accounts_update{table}", "DROP INDEX uq_accounts_external_id")
    assert told(whole) == {"missing-triggers": ("mirror_changes", 1), "missing-index": ("accounts", 1)}
    assert len(repair(whole.org, found(whole))) == 2
    assert told(whole) == {}


def test_triggers_without_their_table_are_taken_away(whole: Base) -> None:
    with whole.org.begin() as connection:
        start_following(connection, whole.org.schema.metadata)
    spoil(whole, "DROP TABLE mirror_changes")
    repair(whole.org, found(whole))
    add(whole.org, "account", name="Saved again")
    assert told(whole) == {}


def test_a_snapshot_that_rests_on_forgotten_changes(whole: Base, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    monkeypatch.setenv("CRM_MIRROR", str(tmp_path / "mirror"))
    with whole.org.begin() as connection:
        start_following(connection, whole.org.schema.metadata)
    snapshot = publish(whole.org, tmp_path / "mirror")
    assert told(whole) == {}
    spoil(whole, "DELETE FROM mirror_changes")
    assert told(whole) == {"stale-snapshot": (str(snapshot), 1)}


def test_deliveries_of_nobody_and_runs_without_theirs(whole: Base) -> None:
    kept = next(whole.deliveries.glob("*/*"))
    kept.rename(kept.with_name("0800_renamed"))
    assert told(whole) == {"orphaned-delivery": (str(whole.deliveries), 1), "missing-delivery": ("report_run.folder", 1)}


def test_faults_of_reports_and_schedules_of_none(whole: Base) -> None:
    (whole.report_types / "reports" / "sales" / "broken.yaml").write_text("label: Broken\nreport_type: acounts\n")
    add(whole.org, "report_schedule", name="Gone", report="sales/gone", weekday="Monday", at_time="07:00", run_as=1, is_active=True)
    findings = [finding.problem for finding in found(whole)]
    assert [(problem.code, problem.where) for problem in findings] == [
        ("unknown-report-type", "reports/sales/broken.yaml:2"), ("unknown-report", "schedule 1")]


def test_missing_columns_are_told_and_the_rest_is_checked(whole: Base) -> None:
    spoil(whole, "DROP INDEX ix_tasks_due_date", "ALTER TABLE tasks DROP COLUMN due_date", "UPDATE accounts SET type = 'Spaceship'")
    assert told(whole) == {"missing-columns": ("tasks", 1), "not-in-picklist": ("account.type", 2)}


def test_a_damaged_file_is_explained(sqlite_org: Org, tmp_path: Path) -> None:
    ensure_administrator(sqlite_org)
    damage(sqlite_org, "accounts")
    findings = told(Base(sqlite_org, tmp_path / "report_types", tmp_path / "deliveries"))
    assert {"damaged-file", "unreadable-table"} <= findings.keys()
