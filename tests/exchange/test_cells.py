"""How single cells of foreign files are read."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.exchange.cells import read_moment, read_number
from crmlib.exchange.mapping import DateFormat


@pytest.mark.parametrize(("text", "number"), [
    ("$342.09K", "342090"), ("$1,117.10K", "1117100"), ("$22,700.00", "22700"), ("9,326.84", "9326.84"), ("7,982", "7982"),
    ("$0", "0"), ("$1,009.784", "1009.784"), ("-$5.00", "-5"), ("$-5.00", "-5"), ("($5.00)", "-5"), ("€ 12", "12"), ("12 €", "12"),
    ("USD 1,200", "1200"), ("1 234 567.5", "1234567.5"), ("1'234.50", "1234.5"), ("2.5M", "2500000"), ("1B", "1000000000"),
    ("20%", "20"), (" 7 ", "7"), ("₹1,000", "1000"), ("007", "7"),
])
def test_money_as_people_write_it(text: str, number: str) -> None:
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(("text", "number"), [("1.234,56", "1234.56"), ("9326,84 €", "9326.84"), ("1.000", "1000"), ("0,5K", "500")])
def test_decimal_commas(text: str, number: str) -> None:
    assert read_number(text, ",") == Decimal(number)


@pytest.mark.parametrize("text", ["", "abc", "1,23", "12,34,567", "1.2.3", "1,000,00", "--5", "(5", "5)", "(-5)", "-$-5", "1e5", "NaN",
                                  "Infinity", "0x10", "$", "K", "5KK", "1_000", "½", "٣", "1.234,56", "=1+1", "5\n6", "5 6"])
def test_what_is_not_surely_a_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        read_number(text)


@given(st.decimals(min_value=-10**12, max_value=10**12, places=2))
def test_every_amount_written_with_separators_is_read_back(amount: Decimal) -> None:
    assert read_number(f"${amount:,}") == amount
    assert read_number(f"{amount:,} €".replace(",", ";").replace(".", ",").replace(";", "."), ",") == amount


@given(st.text(alphabet="0123456789.,-+$€KM%() eE\0\u00a0'x", max_size=12))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    with suppress(ValueError):
        assert read_number(text).is_finite()


KOLKATA = ZoneInfo("Asia/Kolkata")


def test_a_format_is_read_in_its_own_zone_and_others_in_the_mappings() -> None:
    spelled = DateFormat(format="%d %b, %Y %H:%M:%S", time_zone="America/New_York")
    assert read_moment("15 Apr, 2021 00:02:00", spelled, KOLKATA) == datetime(2021, 4, 15, 4, 2, tzinfo=UTC)
    assert read_moment("03-07-2021 01:09", DateFormat(format="%d-%m-%Y %H:%M"), KOLKATA) == datetime(2021, 7, 2, 19, 39, tzinfo=UTC)
    assert read_moment("2021-04-15 23:03:00", None, KOLKATA) == datetime(2021, 4, 15, 17, 33, tzinfo=UTC)
    assert read_moment("2024-08-13T18:04:34.666+00:00", None, KOLKATA) == datetime(2024, 8, 13, 18, 4, 34, 666000, UTC)


@pytest.mark.parametrize("text", ["31-02-2021 10:00", "2021-02-31", "15 Apr, 2021", "0", "tomorrow", ""])
def test_days_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        read_moment(text, DateFormat(format="%d-%m-%Y %H:%M"), KOLKATA)
