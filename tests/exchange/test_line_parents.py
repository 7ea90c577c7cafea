"""Lines that lost the number of their order are tied by running totals: rightly or not at all."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crmlib.exchange.csv_files import SourceRow
from crmlib.exchange.line_parents import add_parent_column
from crmlib.exchange.mapping import FileMapping, ParentByTotal

ORDERS = FileMapping(file="orders.csv", object="order", key="No")
BY_TOTAL = ParentByTotal(parent="orders", total="Total", line_total="Amount", column="No")


def tie(lines: list[str], orders: dict[str, str]) -> list[SourceRow]:
    rows = [SourceRow(number, {"Amount": amount}) for number, amount in enumerate(lines, 2)]
    add_parent_column(rows, BY_TOTAL, ORDERS, [SourceRow(2, {"No": no, "Total": total}) for no, total in orders.items()], ".")
    return rows


def parents(lines: list[str], orders: dict[str, str]) -> list[str]:
    return [row.cells["No"] for row in tie(lines, orders)]


def test_runs_that_make_an_orders_total_belong_to_it() -> None:
    assert parents(["$10.00", "$5.00", "$7.00", "$1.00", "$3.50"], {"B": "11.5", "A": "$15.00"}) == ["A", "A", "B", "B", "B"]


def test_rounding_of_a_cent_is_borne() -> None:
    assert parents(["33.33", "33.33", "33.33", "8"], {"A": "100.00", "B": "8.00"}) == ["A", "A", "A", "B"]


def test_orders_with_equal_totals_are_not_guessed_at() -> None:
    rows = tie(["4", "6", "10", "3"], {"A": "10", "B": "10", "C": "3"})
    assert [row.cells["No"] for row in rows] == ["", "", "", "C"]
    assert [bool(row.problems) for row in rows] == [True, True, True, False]


def test_a_place_that_can_be_divided_in_two_ways_is_left_open() -> None:
    orders = {"A": "1", "B": "2", "C": "3", "D": "50"}
    assert parents(["1", "2", "50"], orders) == ["", "", "D"]  # 1 and 2 may be orders A and B, or together C


def test_one_wrong_line_spoils_only_its_own_order() -> None:
    lines = [f"{n}.37" for n in range(100, 160)]
    orders = {str(n): f"{n}.37" for n in range(100, 160)}
    lines[30] = "broken"
    found = parents(lines, orders)
    assert found == ["" if n == 130 else str(n) for n in range(100, 160)]


def test_when_much_is_left_over_nothing_is_certain() -> None:
    assert parents(["10", "11", "77", "78", "79"], {"A": "10", "B": "11"}) == [""] * 5


@given(st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=4), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_whatever_is_tied_is_tied_rightly(amounts: list[list[int]], rng) -> None:  # type: ignore[no-untyped-def]
    orders = [(str(number), sum(lines)) for number, lines in enumerate(amounts)]
    truth = [str(number) for number, lines in enumerate(amounts) for _ in lines]
    rng.shuffle(orders)
    found = parents([f"{Decimal(amount)}" for lines in amounts for amount in lines], {no: str(total) for no, total in orders})
    assert [no for no in found if no] == [true for no, true in zip(found, truth, strict=True) if no]
