"""A mapping that makes no sense is refused before anything is read or loaded: every problem at once, with its line."""

from pathlib import Path

import pytest

from crmlib.errors import DefinitionError, NotFound, SetupError
from crmlib.exchange.import_folder import import_folder
from crmlib.exchange.mapping import read_mapping, shipped_mappings
from crmlib.exchange.mapping_check import check_mapping
from crmlib.model.custom import Customization, customize
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.model.tables import build_metadata

GOOD = """\
system: acme
files:
  companies:
    file: companies.csv
    object: account
    key: Number
    fields:
      name: Name
"""


def problems_of(text: str, folder: Path, org: Org) -> list[tuple[str, str]]:
    """(code, line) of each problem."""
    path = folder / "acme.yaml"
    path.write_text(text)
    with pytest.raises(DefinitionError) as caught:
        import_folder(org, str(path), folder)
    return [(problem.code, problem.where.partition(":")[2]) for problem in caught.value.problems]


def test_shapes_are_checked_all_at_once(tmp_path: Path, sqlite_org: Org) -> None:
    assert problems_of("""\
system: Acme Ltd
files:
  companies:
    file: companies.csv
    objekt: account
    key: Number
    fields:
      name: {colum: Name}
      type: {column: Type, values: {Yes: Customer}}
      phone: {column: Phone, missing: maybe}
  nothing:
    object: account
    key: Number
delimiter: ";;"
""", tmp_path, sqlite_org) == [("bad-value", "1"), ("missing-key", "3"), ("unknown-key", "5"), ("unknown-key", "8"), ("bad-value", "9"),
                               ("bad-value", "10"), ("bad-value", "11"), ("bad-value", "14")]


def test_words_that_yaml_takes_for_true_and_false_must_be_quoted(tmp_path: Path, sqlite_org: Org) -> None:
    assert problems_of("""\
system: acme
files:
  companies:
    file: companies.csv
    object: account
    key: No
    fields:
      name: On
      phone: {column: Phone, only_if: {Active: Yes}}
      city: [Town, No]
""", tmp_path, sqlite_org) == [("bad-value", "6"), ("bad-value", "8"), ("bad-value", "9"), ("bad-value", "10")]


def test_meanings_are_checked_all_at_once(tmp_path: Path, sqlite_org: Org) -> None:
    assert problems_of("""\
system: acme
time_zone: Amsterdam
date_formats:
  spelled: "%d %Q"
files:
  companies:
    file: companies.csv
    object: acount
    key: Number
  people:
    file: people.csv
    object: contact
    key: Number
    dates: speled
    same_as_existing: e_mail
    add_columns:
      - {look_in: firms, match: {A: B}, take: [C]}
    fields:
      first_nme: Name
      id: Number
      source: {column: Source, values: {Mail: E-mial}}
      birthday: {column: Born, default: someday}
      email: {column: Mail, key_of: people}
      account: {column: Firm, key_of: people}
      owner: Salesman
      city: {column: City, constant: Delft}
      language: {}
  deals:
    file: deals.csv
    object: opportunity
    key: Number
    fields:
      name: Name
      close_date: Closing
      stage: {column: Stage, key_of: stages}
      contact: {column: Person, by: nme}
      account: {column: Firm, by: parent.nme}
  stages:
    file: stages.csv
    object: stage
    key: Name
    fields: {name: Name, position: Place, outcome: Outcome}
""", tmp_path, sqlite_org) == [
        ("unknown-time-zone", "2"), ("bad-date-format", "4"), ("unknown-object", "8"), ("unknown-date-format", "14"),
        ("unknown-field", "15"), ("unknown-file", "17"), ("missing-field", "18"), ("unknown-field", "19"),
        ("read-only-field", "20"), ("bad-value", "21"), ("bad-value", "22"),
        ("not-a-lookup", "23"), ("wrong-object", "24"), ("missing-key", "25"), ("bad-value", "26"),
        ("missing-key", "27"), ("bad-order", "35"), ("unknown-field", "36"), ("unknown-field", "37")]


def test_columns_that_the_files_lack_are_said_before_anything_is_loaded(tmp_path: Path, sqlite_org: Org) -> None:
    (tmp_path / "companies.csv").write_text("Number,Title,City\n1,Acme,Delft\n")
    (tmp_path / "people.csv").write_text("Number,City\n1,Delft\n")
    assert problems_of(GOOD + """\
      city: {column: City, only_if: {Titel: X}}
  people:
    file: people.csv
    object: contact
    key: [Number, Letter]
    add_columns:
      - {look_in: companies, match: {Nummer: Number}, take: [City]}
    fields:
      name: Number
""", tmp_path, sqlite_org) == [("unknown-column", "8"), ("unknown-column", "9"), ("unknown-column", "13"), ("unknown-column", "15"),
                               ("name-taken", "15")]


def test_hints_name_the_nearest_word(tmp_path: Path, sqlite_org: Org) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(GOOD.replace("object: account", "object: acount"))
    with pytest.raises(DefinitionError) as caught:
        import_folder(sqlite_org, str(path), tmp_path)
    assert caught.value.problems[0].hint == "did you mean 'account'?"


def test_shipped_mappings_make_sense() -> None:
    assert "zoho" in shipped_mappings()
    for name in shipped_mappings():
        assert list(check_mapping(*read_mapping(name), Schema(build_metadata()))) == []


def test_an_unknown_name_is_told_from_a_file(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as unknown:
        read_mapping("zohoo")
    assert unknown.value.problems[0].hint == "did you mean 'zoho'?"
    with pytest.raises(DefinitionError) as unreadable:
        read_mapping(str(tmp_path / "zohoo.yaml"))
    assert unreadable.value.codes == ["unreadable-file"]


def test_a_folder_without_any_of_the_files(tmp_path: Path, sqlite_org: Org) -> None:
    path = tmp_path / "acme.yaml"
    path.write_text(GOOD)
    with pytest.raises(NotFound) as empty:
        import_folder(sqlite_org, str(path), tmp_path)
    assert empty.value.codes == ["no-files"]
    with pytest.raises(NotFound) as none:
        import_folder(sqlite_org, str(path), tmp_path / "nowhere")
    assert none.value.codes == ["no-folder"]


def test_a_formula_field_is_nothing_to_import(tmp_path: Path, sqlite_org: Org) -> None:
    customize(sqlite_org, Customization.model_validate({"object": "account", "fields": [
        {"name": "score_c", "type": "number", "label": "Score", "formula": "employees / 10"}]}))
    assert problems_of(GOOD.replace("    key: Number\n", "    key: Number\n    same_as_existing: score_c\n") + """\
      score_c: Score
      parent: {column: Parent, by: score_c}
""", tmp_path, sqlite_org) == [("read-only-field", "7"), ("read-only-field", "10"), ("read-only-field", "11")]
