"""Importing a small export: what arrives, what a second import changes, what is rejected, and that it is all or nothing."""

import csv
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crmlib.exchange.csv_files import LINE_COLUMN, REASONS_COLUMN
from crmlib.model.org import Org
from tests.conftest import add
from tests.exchange.acme import FILES, MAPPING, Export, counts, everything, records


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def rejected_rows(export: Export, name: str) -> list[dict[str, str]]:
    folder, = export.rejected.iterdir()
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


# --- what arrives


def test_everything_arrives_in_the_words_of_our_model(org: Org, export: Export) -> None:
    importer = add(org, "user", name="Importer", username="importer", email="importer@our.example")
    summary = export.load(org, user_id=importer)
    assert counts(summary) == {"user": (2, 0, 0, 0), "stage": (2, 0, 0, 0), "account": (3, 0, 0, 0), "contact": (2, 0, 0, 0),
                               "opportunity": (3, 0, 0, 0)}
    companies, people, deals = (records(org, name) for name in ("account", "contact", "opportunity"))
    sun = companies["acme:companies:1"]
    assert (sun["name"], sun["type"], sun["annual_revenue"], sun["owner"], sun["parent"], sun["high_season"], sun["created_by"]) == (
        "Wind & Sun", "Customer", Decimal("1500000.00"), "Tina Thomas", "Holding", ("Summer", "Winter"), "Importer")
    holding, nameless = companies["acme:companies:2"], companies["acme:companies:3"]
    assert (holding["type"], holding["annual_revenue"], holding["owner"]) == (None, Decimal("2000.50"), "Tina Thomas")
    assert (nameless["name"], nameless["parent"], nameless["owner"]) == ("(no name)", None, None)
    ada = people["acme:people:1"]
    assert (ada["name"], ada["account"], ada["source"]) == ("Ada Byron", "Wind & Sun", "Trade show")
    assert ada["birthday"] == date(1990, 12, 10)  # a day is that day, whatever the zone
    assert ada["created_at"] == datetime(2024, 3, 31, 10, 0, tzinfo=UTC)  # 12:00 in Amsterdam, an hour into summer time
    assert (people["acme:people:2"]["name"], people["acme:people:2"]["account"]) == ("Ада", None)
    panels = [deal for deal in deals.values() if deal["name"] == "Panels"]
    assert len(panels) == 2  # equal rows without a key are two records
    fields = ("account", "contact", "stage", "amount", "probability", "close_date")
    assert {tuple(deal[field] for field in fields) for deal in panels} == {
        ("Wind & Sun", "Ada Byron", "Talking", Decimal("12500.00"), Decimal("20.00"), date(2026, 6, 30))}


def test_lookups_that_find_nothing_are_counted(org: Org, export: Export) -> None:
    assert export.load(org).warnings == (
        "companies.csv: Owner left empty in 1 rows, since there is no such User (line 4: 'Nobody')",
        "companies.csv: Parent account left empty in 1 rows, since there is no such Account (line 4: '9')")


def test_a_name_that_several_have_is_not_guessed_at(org: Org, export: Export) -> None:
    export.change("staff.csv", "raj,Raj,,", "raj,Tina,Thomas,")
    summary = export.load(org)
    assert "companies.csv: Owner left empty in 2 rows, since there are several Users (line 2: 'Tina Thomas')" in summary.warnings


def test_notes_say_what_was_left_out(org: Org, export: Export) -> None:
    export.write("vendors.csv", "No\n1\n")
    export.write("staf.csv", FILES["staff.csv"].replace("Mail\n", "Mail,Shoe size\n"))
    (export.folder / "staff.csv").unlink()
    export.change("companies.csv", "Seasons\n", "Seasons,Shoe size\n")
    notes = export.load(org).notes
    assert "staff.csv is not in the folder; did you mean 'staf.csv'?" in notes
    assert "vendors.csv is not imported: the mapping says nothing about it" in notes
    assert "companies.csv: columns the mapping says nothing about: Shoe size" in notes


# --- again


def test_a_second_import_changes_nothing(org: Org, export: Export) -> None:
    export.load(org)
    before = everything(org)
    summary = export.load(org)
    assert (summary.total("created"), summary.total("updated"), summary.total("unchanged")) == (0, 0, 12)
    assert everything(org) == before


def test_a_changed_row_changes_only_what_changed(org: Org, export: Export) -> None:
    export.load(org)
    before = everything(org)
    export.change("companies.csv", "1,Wind & Sun,2,", "1,Wind & Sea,3,")
    export.change("deals.csv", "Wind & Sun", "wind &  SEA")  # deals find their company by name
    assert counts(export.load(org)) == {"user": (0, 0, 2, 0), "stage": (0, 0, 2, 0), "account": (0, 1, 2, 0), "contact": (0, 0, 2, 0),
                                        "opportunity": (2, 0, 1, 0)}  # deals without a key: another row is another deal
    table = org.schema.describe("account").table
    after = {row.external_id: row for row in org.fetch(select(table))}
    for old in before["accounts"]:
        row = dict(zip(table.c.keys(), old, strict=True))
        new = after[row["external_id"]]._mapping
        assert {name for name in row if row[name] != new[name]} == (
            {"name", "parent_id", "modified_at"} if row["external_id"] == "acme:companies:1" else set())


def test_what_the_file_does_not_say_is_left_to_those_who_work_here(org: Org, export: Export) -> None:
    export.load(org)
    with org.begin() as connection:
        for name, changed in (("user", {"is_active": False, "username": "tina.t"}), ("stage", {"probability": 42}),
                              ("contact", {"source": "Phone"})):
            connection.execute(org.schema.describe(name).table.update().values(changed))
        accounts = org.schema.describe("account").table
        connection.execute(accounts.update().where(accounts.c.external_id == "acme:companies:3").values(name="Found its name"))
    before = everything(org)
    assert export.load(org).total("updated") == 0
    assert everything(org) == before


def test_what_the_file_says_wins(org: Org, export: Export) -> None:
    export.load(org)
    accounts = org.schema.describe("account").table
    with org.begin() as connection:
        connection.execute(accounts.update().values(type="Partner", parent_id=None))
    assert counts(export.load(org))["account"] == (0, 3, 0, 0)
    assert {key: (row["type"], row["parent"]) for key, row in records(org, "account").items()} == {
        "acme:companies:1": ("Customer", "Holding"), "acme:companies:2": (None, None), "acme:companies:3": ("Prospect", None)}


def test_a_deleted_record_stays_deleted_and_keeps_what_points_to_it(org: Org, export: Export) -> None:
    export.load(org)
    accounts = org.schema.describe("account").table
    with org.begin() as connection:
        connection.execute(accounts.update().where(accounts.c.name == "Wind & Sun").values(deleted_at=org.now(), description="gone"))
    before = everything(org)
    export.change("companies.csv", "$1.5M", "$1.6M")
    assert export.load(org).total("updated") == 0
    assert everything(org) == before


def test_somebody_who_is_here_already_stays_the_same(org: Org, export: Export) -> None:
    tina = add(org, "user", name="T. Thomas", username="thomas", email="TINA@acme.example")
    talking = add(org, "stage", name="talking", position=7, outcome="Open")
    assert counts(export.load(org))["user"] == (1, 1, 0, 0)
    user, stage = records(org, "user")["acme:staff:tina"], records(org, "stage")["acme:stages:Talking"]
    assert (user["id"], user["name"], user["username"]) == (tina, "Tina Thomas", "thomas")
    assert (stage["id"], stage["name"], stage["position"]) == (talking, "talking", 7)
    assert export.load(org).total("updated") == 0


def test_part_of_an_export_finds_what_came_before(org: Org, export: Export) -> None:
    export.load(org)
    for name in ("staff.csv", "companies.csv"):
        (export.folder / name).unlink()
    export.write("people.csv", FILES["people.csv"] + "3,Eve,,2,,,\n")
    assert counts(export.load(org))["contact"] == (1, 0, 2, 0)
    assert records(org, "contact")["acme:people:3"]["account"] == "Holding"


def test_an_expected_lookup_that_comes_later_is_filled_in(org: Org, tmp_path: Path) -> None:
    head, _, files = MAPPING.partition("files:\n")
    companies = files[files.index("  companies:"):files.index("  people:")]
    people = files[files.index("  people:"):files.index("  deals:")]
    export = Export(tmp_path, head + "files:\n" + people + companies, {name: FILES[name] for name in ("companies.csv", "people.csv")})
    assert counts(export.load(org)) == {"contact": (2, 0, 0, 0), "account": (3, 0, 0, 0)}
    assert records(org, "contact")["acme:people:1"]["account"] == "Wind & Sun"
    before = everything(org)
    assert export.load(org).total("updated") == 0
    assert everything(org) == before
    export.change("people.csv", "Byron,1,", "Byron,3,")
    assert counts(export.load(org)) == {"contact": (0, 1, 1, 0), "account": (0, 0, 3, 0)}


def test_a_file_where_many_rows_speak_of_one_record(org: Org, tmp_path: Path) -> None:
    export = Export(tmp_path, """\
system: flat
files:
  companies:
    file: all.csv
    object: account
    key: Company No
    only_rows_with: Company No
    repeats: true
    fields: {name: Company}
  people:
    file: all.csv
    object: contact
    key: Person No
    fields:
      name: Person
      account: {column: Company No, key_of: companies}
""", {"all.csv": "Person No,Person,Company No,Company\n1,Ada,7,Sun\n2,Bob,7,Sun\n3,Eve,,\n4,Zoe,8,\n"})
    assert counts(export.load(org)) == {"account": (1, 0, 0, 1), "contact": (4, 0, 0, 0)}
    assert [(row["name"], row["account"]) for row in records(org, "contact").values()] == [
        ("Ada", "Sun"), ("Bob", "Sun"), ("Eve", None), ("Zoe", None)]


def test_what_comes_from_a_file_that_is_not_there_stays_as_it_is(org: Org, tmp_path: Path) -> None:
    export = Export(tmp_path, """\
system: acme
files:
  companies:
    file: companies.csv
    object: account
    key: Number
    add_columns: [{look_in: towns, match: {Company: Number}, take: [Town]}]
    fields: {name: Name, city: Town}
  towns:
    file: towns.csv
    object: account
    key: Company
    fields: {name: Town}
""", {"companies.csv": "Number,Name\n1,Sun\n", "towns.csv": "Company,Town\n1,Delft\n"})
    export.load(org)
    (export.folder / "towns.csv").unlink()
    assert export.load(org).total("updated") == 0
    assert records(org, "account")["acme:companies:1"]["city"] == "Delft"


# --- rejected


BAD = ("No,First,Last,Company,Mail,Born,Entered\n"
       "1,Ada,Byron,1,not a mail,31/02/1990 00:00,yesterday\n"
       "2,,,0,,,\n"
       ",Nokey,,0,,,\n"
       "5,Zoe,,0,,,\n"
       "5,Twin,,0,,,\n"
       "6,Long,,0,,,,,extra\n")


def test_a_rejected_row_is_kept_with_every_reason(org: Org, export: Export) -> None:
    export.write("people.csv", BAD)
    export.write("deals.csv", FILES["deals.csv"] + "Ghost,Nowhere Ltd,,,Talking,2026-01-01,,\n")
    summary = export.load(org)
    assert counts(summary)["contact"] == (1, 0, 0, 5)
    people = rejected_rows(export, "people.csv")
    assert [(row["No"], row["First"], row[LINE_COLUMN]) for row in people] == [
        ("1", "Ada", "2"), ("2", "", "3"), ("", "Nokey", "4"), ("5", "Twin", "6"), ("6", "Long", "7")]
    assert [row[REASONS_COLUMN] for row in people] == [
        "Mail: 'not a mail' is not an e-mail address (name@company.com); "
        "Born: '31/02/1990 00:00' is not a date written as '%d/%m/%Y %H:%M'; "
        "Entered: 'yesterday' is not a date written as '%d/%m/%Y %H:%M'",
        "First and Last: is empty, and Full Name is required", "No: is empty, and it is the key", "the key '5' was used in line 5 already",
        "has 9 cells, the header has 7; beyond it: , extra"]
    ghost, = rejected_rows(export, "deals.csv")
    assert ghost[REASONS_COLUMN] == "Account: there is no such Account ('Nowhere Ltd')"
    assert ("people.csv: No: is empty, and it is the key", 1) in summary.reasons


def test_a_mended_file_of_rejected_rows_can_be_imported(org: Org, export: Export) -> None:
    export.write("people.csv", BAD)
    folder = export.load(org).rejected_folder
    assert folder is not None
    header, ada, *_ = (folder / "people.csv").read_text(encoding="utf-8").splitlines()
    for path in export.folder.iterdir():
        path.unlink()
    for old, new in (("not a mail", "ada@sun.example"), ("31/02/1990", "10/12/1990"), ("yesterday", "01/01/2024 08:00")):
        ada = ada.replace(old, new, 1)
    export.write("people.csv", f"{header}\n{ada}\n")
    summary = export.load(org)
    assert counts(summary)["contact"] == (1, 0, 0, 0)
    assert records(org, "contact")["acme:people:1"]["account"] == "Wind & Sun"
    assert not any(LINE_COLUMN in note for note in summary.notes)


def test_nothing_rejected_leaves_no_folder(sqlite_org: Org, export: Export) -> None:
    assert export.load(sqlite_org).rejected_folder is None
    assert not export.rejected.exists()


# --- all or nothing


def test_a_dry_run_says_all_and_changes_nothing(org: Org, export: Export) -> None:
    before = everything(org)
    export.write("people.csv", BAD)
    summary = export.load(org, dry_run=True)
    assert (summary.total("created"), summary.total("rejected"), summary.dry_run) == (11, 5, True)
    assert everything(org) == before


def test_a_fault_in_the_middle_leaves_nothing_half_done(org: Org, export: Export) -> None:
    def fail(what: str, done: int, total: int) -> None:
        if what == "loading deals.csv":
            raise RuntimeError("the power failed")

    before = everything(org)
    with pytest.raises(RuntimeError, match="the power failed"):
        export.load(org, progress=fail)
    assert everything(org) == before
    assert counts(export.load(org))["account"] == (3, 0, 0, 0)


def test_a_killed_import_leaves_nothing_half_done(database_url: str, export: Export) -> None:
    program = """
import os, sys
from pathlib import Path
from crmlib.exchange.import_folder import import_folder
from crmlib.model.org import Org

def kill(what, done, total):
    if what == "loading deals.csv":
        os.kill(os.getpid(), 9)

import_folder(Org.open(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), progress=kill)
"""
    done = subprocess.run([sys.executable, "-c", program, database_url, str(export.mapping), str(export.folder)])
    assert done.returncode == -9
    org = Org.open(database_url)
    try:
        assert records(org, "account") == {}
        assert counts(export.load(org))["opportunity"] == (3, 0, 0, 0)
    finally:
        org.engine.dispose()


def test_the_progress_ends_at_its_total(sqlite_org: Org, export: Export) -> None:
    seen: list[tuple[int, int]] = []
    export.load(sqlite_org, progress=lambda what, done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (24, 24)


# --- hostile values


HOSTILE = ["'; DROP TABLE accounts; --", "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "a%_\\b", ":name ${x} {y} %(z)s",
           "👩\u200d👩\u200d👧 \u202eevil", "x" * 100_000, "line\r\nbreak", "it\"s", "ﷺ" * 50, "-1", "NULL", "\ufeffbom"]


def test_text_is_only_text(org: Org, export: Export) -> None:
    with (export.folder / "companies.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["No", "Company", "Belongs to", "Kind", "Revenue", "Salesman", "Seasons"])
        writer.writerows([text, text, text, "", "", text, ""] for text in HOSTILE)
    export.write("deals.csv", FILES["deals.csv"].partition("\n")[0] + "\n")
    assert counts(export.load(org))["account"] == (len(HOSTILE), 0, 0, 0)
    found = records(org, "account")
    assert [row["name"] for row in found.values()] == [text.strip() for text in HOSTILE]
    assert all(row["parent"] == row["name"] for row in found.values())
    assert counts(export.load(org))["account"] == (0, 0, len(HOSTILE), 0)


@pytest.mark.parametrize("value", ["9" * 400, "1e400", "9999999999999999.999", "99999999999999999999K", "NaN", "-inf", "a\0b"])
def test_numbers_that_no_column_takes_reject_their_row(org: Org, export: Export, value: str) -> None:
    export.change("companies.csv", "$1.5M", value)
    summary = export.load(org)
    assert counts(summary)["account"] == (2, 0, 0, 1)
    assert len(rejected_rows(export, "companies.csv")) == 1


@pytest.mark.parametrize("moment", ["01/01/0001 00:00", "31/12/9999 23:59"])
def test_the_ends_of_the_calendar(org: Org, export: Export, moment: str) -> None:
    export.change("people.csv", "31/03/2024 12:00", moment)
    export.change("people.csv", "10/12/1990 00:00", moment)
    assert sum(counts(export.load(org))["contact"]) == 2
    assert counts(export.load(org))["contact"][0] == 0


# --- no row takes anything from another


PERSON = st.fixed_dictionaries({
    "First": st.sampled_from(["Ada", "Bob", ""]), "Last": st.sampled_from(["Byron", ""]),
    "Company": st.sampled_from(["1", "2", "0", "", "99"]),
    "Mail": st.sampled_from(["", "ada@sun.example", "bob@sea.example", "broken"]), "Born": st.sampled_from(["", "10/12/1990 00:00", "x"]),
    "Entered": st.sampled_from(["", "31/03/2024 12:00"])})


@settings(max_examples=25)
@given(st.lists(PERSON, min_size=1, max_size=8))
def test_a_row_arrives_as_if_it_were_alone(new_sqlite: Any, tmp_path_factory: pytest.TempPathFactory,
                                           people: list[dict[str, str]]) -> None:
    org = Org.open(new_sqlite())
    export = Export(tmp_path_factory.mktemp("leak"))
    with (export.folder / "people.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ("No", "First", "Last", "Company", "Mail", "Born", "Entered"))
        writer.writeheader()
        writer.writerows({"No": number, **person} for number, person in enumerate(people, 1))
    export.load(org)
    expected = {}
    for number, person in enumerate(people, 1):
        name = " ".join(part for part in (person["First"], person["Last"]) if part)
        if name and person["Mail"] != "broken" and person["Born"] != "x":
            expected[f"acme:people:{number}"] = (
                name, person["Mail"] or None, date(1990, 12, 10) if person["Born"] else None,
                {"1": "Wind & Sun", "2": "Holding"}.get(person["Company"]), 2024 if person["Entered"] else org.now().year)
    assert {key: (row["name"], row["email"], row["birthday"], row["account"], row["created_at"].year)
            for key, row in records(org, "contact").items()} == expected
    org.engine.dispose()
