"""`crm import` on the command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmlib.cli.main import main
from crmlib.model.org import Org
from crmlib.security.users import list_users
from tests.exchange.acme import Export, records


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def crm_import(export: Export, url: str, *arguments: str, mapping: str = "") -> Result:
    return CliRunner().invoke(main, ["import", mapping or str(export.mapping), str(export.folder), "--database", url,
                                     "--rejected", str(export.rejected), *arguments])


def test_shows_a_summary_per_object_and_names_who_imported(sqlite_url: str, export: Export) -> None:
    done = crm_import(export, sqlite_url)
    assert done.exit_code == 0, done.output
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.output.splitlines() if line.startswith("│")]
    assert ["Opportunities", "3", "3", "0", "0", "0"] in cells
    assert "Done: 12 created, 0 updated, 0 unchanged, 0 rejected" in done.output
    org = Org.open(sqlite_url)
    assert {row["created_by"] for row in records(org, "account").values()} == {"Administrator"}
    org.engine.dispose()


def test_says_what_was_rejected_and_where_it_is(sqlite_url: str, export: Export) -> None:
    export.change("companies.csv", "$1.5M", "a lot [bold]")
    done = crm_import(export, sqlite_url)
    folder, = export.rejected.iterdir()
    assert done.exit_code == 0
    assert f"are in {folder}:" in done.output.replace("\n", "")
    assert "1  companies.csv: Revenue: '…' is not a number" in done.output


def test_a_dry_run_loads_nothing(sqlite_url: str, export: Export) -> None:
    assert "Dry run, nothing was loaded: 12 created" in crm_import(export, sqlite_url, "--dry-run").output
    org = Org.open(sqlite_url)
    assert records(org, "account") == {}
    org.engine.dispose()


def test_faults_are_told_without_a_traceback(sqlite_url: str, export: Export) -> None:
    wrong = crm_import(export, sqlite_url, mapping="zohoo")
    assert (wrong.exit_code, "[unknown-mapping]" in wrong.output, "did you mean 'zoho'?" in wrong.output) == (1, True, True)
    nobody = crm_import(export, sqlite_url, "--as", "nobody")
    assert (nobody.exit_code, "[unknown-user]" in nobody.output) == (1, True)
    export.mapping.write_text("system: acme\n")
    unmapped = crm_import(export, sqlite_url)
    assert (unmapped.exit_code, "acme.yaml:1" in unmapped.output) == (1, True)


def test_says_who_may_do_nothing_yet_and_how_to_let_them(sqlite_url: str, export: Export) -> None:
    done = crm_import(export, sqlite_url)
    assert "active users hold no permission set and may do nothing yet" in done.output
    command = done.output.strip().splitlines()[-1].strip()
    assert command.startswith("crm user grant ") and command.endswith(" --permission Manager")
    granted = CliRunner().invoke(main, command.split()[1:], env={"CRM_DATABASE_URL": sqlite_url})
    assert (granted.exit_code, "Manager granted to" in granted.output) == (0, True)
    assert "may do nothing yet" not in crm_import(export, sqlite_url).output


def test_gives_the_users_it_makes_a_permission_set(sqlite_url: str, export: Export) -> None:
    wrong = crm_import(export, sqlite_url, "--permission", "Manger")
    assert (wrong.exit_code, "did you mean 'Manager'?" in wrong.output) == (1, True)
    org = Org.open(sqlite_url)
    assert len(list_users(org)) == 1
    done = crm_import(export, sqlite_url, "--permission", "Manager")
    assert "users it made hold Manager." in done.output and "may do nothing" not in done.output
    assert {user.permissions for user in list_users(org) if user.username != "admin"} == {("Manager",)}
    org.engine.dispose()
