"""Field types: what somebody may type, what becomes of it, and what it reads like when it is stored and fetched again."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crmlib.model.custom import CustomField, Customization, customize
from crmlib.model.fields import FIELD_TYPES, FieldDefinition
from crmlib.model.org import Org
from crmlib.model.schema import Field
from crmlib.model.tables import column_for
from tests.conftest import add

VALUES = ("Gold", "Silver", "Bronze")

TAKEN = {
    "text": [("  Quay 12 ", "Quay 12"), (12, "12"), ("አዲስ አበባ", "አዲስ አበባ")],
    "long_text": [("two\nlines", "two\nlines")],
    "email": [("a.b+c@firm.co.bd", "a.b+c@firm.co.bd"), (" é@firm.com ", "é@firm.com")],
    "phone": [("+251 11 551 2345 ext. 7", "+251 11 551 2345 ext. 7"), ("112", "112"), ("০১৭১১", "০১৭১১")],
    "url": [("www.firm.com", "www.firm.com"), ("https://firm.com/?q=javascript:", "https://firm.com/?q=javascript:"),
            ("localhost:8080", "localhost:8080")],
    "integer": [("42", 42), (42, 42), ("-7.0", -7), ("1e3", 1000), (Decimal(5), 5), (str(10**18 - 1), 10**18 - 1)],
    "number": [("1.5", Decimal("1.5")), (2, Decimal(2)), (0.1, Decimal("0.1"))],
    "percent": [("20", Decimal(20)), ("-0.5", Decimal("-0.5"))],
    "currency": [(" 1234.56 ", Decimal("1234.56")), ("-1e3", Decimal(-1000)), ("9999999999999999.99", Decimal("9999999999999999.99"))],
    "date": [("2026-05-13", date(2026, 5, 13)), (date(2024, 2, 29), date(2024, 2, 29)),
             (datetime(2026, 5, 13, 23, tzinfo=UTC), date(2026, 5, 13))],
    "datetime": [("2026-05-13T09:00+02:00", datetime(2026, 5, 13, 7, tzinfo=UTC)),
                 ("2026-05-13 09:00Z", datetime(2026, 5, 13, 9, tzinfo=UTC))],
    "boolean": [("yes", True), ("No", False), (True, True), (0, False), ("TRUE", True)],
    "picklist": [("gold", "Gold"), (" SILVER ", "Silver")],
    "multi_picklist": [("silver;gold", ("Gold", "Silver")), (["Gold", "gold"], ("Gold",)), (";Bronze;", ("Bronze",))],
    "lookup": [("3", 3), (3, 3)],
    "id": [("3", 3)],
}

REFUSED = {
    "text": ["a\x00b", "\ud800"],
    "long_text": ["a\x00b"],
    "email": ["firm.com", "a@b", "a b@c.de", "a@b.c, d@e.f", "<a@b.de>"],
    "phone": ["call me", "12"],
    "url": ["javascript:alert(1)", " JavaScript :alert(1)", "data:text/html,x"],
    "integer": ["4.2", "many", "nan", "inf", str(10**18), "1e999999999", True],
    "number": ["1,5", "twelve", "nan", "Infinity"],
    "percent": ["20 %"],
    "currency": ["$5", "1.234,56", "10000000000000000"],
    "date": ["13.05.2026", "2026-02-29", "soon", 13],
    "datetime": ["2026-05-13T09:00", "2026-05-13", "noon", datetime(2026, 5, 13), "0001-01-01T00:00+14:00"],
    "boolean": ["maybe", 2],
    "picklist": ["Platinum", "Gold;Silver"],
    "multi_picklist": ["Gold;Platinum"],
    "lookup": ["Quay", 1.5],
    "id": ["first"],
}


@cache
def field_of(type_name: str) -> Field:
    definition = FieldDefinition("it", type_name, "It", values=VALUES if "picklist" in type_name else (), to="account")
    return Field("account", column_for(definition, {"account": "accounts"}))


def test_every_field_type_has_cases() -> None:
    assert set(TAKEN) == set(REFUSED) == set(FIELD_TYPES)


@pytest.mark.parametrize(("type_name", "value", "expected"), [(name, *case) for name, cases in TAKEN.items() for case in cases])
def test_what_is_taken(type_name: str, value: Any, expected: Any) -> None:
    parsed = field_of(type_name).parse(value)
    assert (parsed, type(parsed)) == (expected, type(expected))


@pytest.mark.parametrize(("type_name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_what_is_refused_is_shown(type_name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        field_of(type_name).parse(value)
    shown = str(value).strip().split(";")[-1]
    assert shown in str(caught.value) or repr(value) in str(caught.value) or repr(shown) in str(caught.value)


@pytest.mark.parametrize("type_name", FIELD_TYPES)
@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_is_nothing_in_every_type(type_name: str, nothing: Any) -> None:
    assert field_of(type_name).parse(nothing) is None


@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.decimals(), st.dates(), st.datetimes()),
       type_name=st.sampled_from(sorted(FIELD_TYPES)))
def test_whatever_is_typed_becomes_a_value_or_a_refusal(value: Any, type_name: str) -> None:
    field = field_of(type_name)
    try:
        parsed = field.parse(value)
    except ValueError:
        return
    assert field.parse(parsed) == parsed, "a value that was taken is taken again, unchanged"


def test_what_was_taken_is_stored_and_comes_back(org: Org) -> None:
    types = [name for name in TAKEN if name not in ("id", "lookup")]
    customize(org, Customization(object="account", fields=tuple(
        CustomField(name=f"{name}_c", type=name, label=name, values=VALUES if "picklist" in name else ()) for name in types)))
    account = org.schema.describe("account")
    for name in types:
        field = account.field(f"{name}_c")
        for value, _ in TAKEN[name]:
            record = add(org, "account", **{field.name: field.parse(value)})
            assert org.fetch(select(field.column).where(account.table.c.id == record))[0][0] == field.parse(value)
