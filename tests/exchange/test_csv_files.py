"""CSV files as other programs write them."""

from pathlib import Path

import pytest

from crmlib.errors import DefinitionError
from crmlib.exchange.csv_files import SourceRow, add_columns, read_csv
from crmlib.exchange.mapping import AddedColumns


def file(folder: Path, content: bytes | str) -> Path:
    path = folder / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_byte_order_mark_spaces_in_names_and_nameless_columns(tmp_path: Path) -> None:
    found = read_csv(file(tmp_path, "\ufeffName , City,,\nAda,Delft,,\nBob,,,\n"))
    assert found.columns == ("Name", "City")
    assert [row.cells for row in found.rows] == [{"Name": "Ada", "City": "Delft"}, {"Name": "Bob", "City": ""}]
    assert found.encoding == "utf-8"


def test_windows_files(tmp_path: Path) -> None:
    found = read_csv(file(tmp_path, "Name;City\r\nJosé;Köln\r\n".encode("cp1252")), ";")
    assert (found.encoding, found.rows[0].cells) == ("cp1252", {"Name": "José", "City": "Köln"})


def test_a_row_knows_the_line_it_begins_on_though_cells_hold_line_breaks(tmp_path: Path) -> None:
    found = read_csv(file(tmp_path, 'Name,Note\nAda,"one\ntwo\nthree"\n\n  ,\nBob,x\n'))
    assert [(row.line, row.cells["Name"]) for row in found.rows] == [(2, "Ada"), (7, "Bob")]


def test_short_rows_are_filled_up_and_long_ones_are_a_problem(tmp_path: Path) -> None:
    short, long, padded = read_csv(file(tmp_path, "A,B\n1\n1,2,3\n1,2,,\n")).rows
    assert (short.cells, short.problems) == ({"A": "1", "B": ""}, [])
    assert long.problems == ["has 3 cells, the header has 2; beyond it: 3"]
    assert padded.problems == []


def test_a_nul_character_is_a_problem_of_its_row_only(tmp_path: Path) -> None:
    bad, good = read_csv(file(tmp_path, "A,B\nx\0y,1\nz,2\n")).rows
    assert bad.problems == ["A: holds a NUL character, which a database can't store"]
    assert good.problems == []


def test_a_name_that_stands_twice_is_told_apart(tmp_path: Path) -> None:
    assert read_csv(file(tmp_path, "Phone,Phone\n1,2\n")).rows[0].cells == {"Phone": "1", "Phone (2)": "2"}


def test_an_empty_file_has_nothing(tmp_path: Path) -> None:
    found = read_csv(file(tmp_path, ""))
    assert (found.columns, found.rows) == ((), [])


def test_a_cell_beyond_all_measure_is_said_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_csv(file(tmp_path, "A\nx\n" + "y" * (17 * 1024 * 1024)))
    assert (caught.value.codes, caught.value.problems[0].where) == (["unreadable-file"], "people.csv:3")


def test_columns_of_another_file_come_only_from_a_single_match() -> None:
    invoices = [SourceRow(2, {"Order": order, "Client": client}) for order, client in (("7", "a"), ("8", "b"), ("8", "c"))]
    orders = [SourceRow(2, {"No": no}) for no in ("107", "108", "", "x")]
    add_columns(orders, AddedColumns(look_in="invoices", match={"Order": "No"}, take=("Client",), add=-100), invoices)
    assert [row.cells["Client"] for row in orders] == ["a", "", "", ""]
