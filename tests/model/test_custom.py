"""Custom objects and fields: real tables and columns, on both databases, that nobody above the model can tell from standard ones."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from crmlib.definition import parse_definition
from crmlib.errors import DefinitionError
from crmlib.model.custom import CustomField, Customization, customize
from crmlib.model.fields import FIELD_TYPES
from crmlib.model.org import Org
from tests.conftest import add

FLAT = """\
object: flat_c
label: Flat
plural_label: Flats
name_label: Address
fields:
  - {name: buyer, type: lookup, label: Buyer, to: account, children: flats}
  - {name: price, type: currency, label: Price, required: true}
  - {name: rooms, type: integer, label: Rooms, default: 2}
  - {name: handover, type: date, label: Handover}
  - {name: views, type: multi_picklist, label: Views, values: [Sea, Park, Yard]}
"""


def define(org: Org, yaml: str) -> None:
    customize(org, *parse_definition(yaml, Customization, "flat.yaml"))


def problems(org: Org, yaml: str) -> list[tuple[str, str]]:
    """(code, where) of everything that is wrong with it."""
    with pytest.raises(DefinitionError) as caught:
        define(org, yaml)
    return [(problem.code, problem.where) for problem in caught.value.problems]


def test_a_custom_object_is_a_table_like_any_other(org: Org) -> None:
    define(org, FLAT)
    flat = org.schema.describe("flat_c")
    assert (flat.label, flat.plural_label, flat.fields["name"].label) == ("Flat", "Flats", "Address")
    assert flat.fields["buyer"].to == "account"
    assert org.schema.describe("account").children["flats"].lookup == "buyer"
    buyer = add(org, "account", name="Абу")
    add(org, "flat_c", name="Quay 1", buyer=buyer, price=Decimal("99999.995"), handover=date(2026, 9, 1), views=("Sea", "Yard"))
    row = org.fetch(select(flat.table))[0]
    assert (row.buyer_id, row.price, row.handover, row.views) == (buyer, Decimal("100000.00"), date(2026, 9, 1), ("Sea", "Yard"))


def test_it_is_there_after_reopening(org: Org, database_url: str) -> None:
    define(org, FLAT)
    define(org, "object: account\nfields: [{name: tier_c, type: picklist, label: Tier, values: [Gold, Silver]}]")
    again = Org.open(database_url)
    try:
        assert list(again.schema.describe("flat_c").fields) == list(org.schema.describe("flat_c").fields)
        assert again.schema.describe("flat_c").fields["rooms"].column.info["default"] == 2
        assert again.schema.describe("account").fields["tier_c"].values == ("Gold", "Silver")
    finally:
        again.engine.dispose()


def test_its_table_has_the_indexes_and_keys_of_a_standard_one(org: Org) -> None:
    define(org, FLAT)
    define(org, "object: flat_c\nfields: [{name: agent, type: lookup, label: Agent, to: user, children: agent_of}]")
    database = inspect(org.engine)
    keys = {key["constrained_columns"][0]: key["referred_table"] for key in database.get_foreign_keys("flats_c")}
    assert keys == {"owner_id": "users", "created_by_id": "users", "modified_by_id": "users", "buyer_id": "accounts", "agent_id": "users"}
    indexed = {index["column_names"][0] for index in database.get_indexes("flats_c")}
    assert indexed == {"owner_id", "created_at", "external_id", "buyer_id", "handover", "agent_id"}


def test_foreign_keys_of_custom_lookups_are_enforced(org: Org) -> None:
    define(org, FLAT)
    define(org, "object: contact\nfields: [{name: flat_c, type: lookup, label: Flat, to: flat_c, children: residents}]")
    with pytest.raises(IntegrityError):
        add(org, "flat_c", buyer=12345)
    with pytest.raises(IntegrityError):
        add(org, "contact", flat_c=12345)


def test_every_field_type_can_be_added_to_a_standard_object_with_records(org: Org) -> None:
    record = add(org, "account")
    types = [name for name in FIELD_TYPES if name != "id"]
    customize(org, Customization(object="account", fields=tuple(
        CustomField(name=f"{name}_c", type=name, label=name, required=True, values=("A",) if "picklist" in name else (),
                    to="account" if name == "lookup" else None) for name in types)))
    account = org.schema.describe("account")
    added = [account.field(f"{name}_c") for name in types]
    assert [field.type.name for field in added] == types
    assert org.fetch(select(*(field.column for field in added)).where(account.table.c.id == record)) == [(None,) * len(types)]


def test_a_lookup_may_point_to_its_own_new_object(org: Org) -> None:
    define(org, "{object: floor_c, label: Floor, plural_label: Floors, fields: [{name: below, type: lookup, label: Below, to: floor_c, "
                "children: above}]}")
    ground = add(org, "floor_c")
    assert add(org, "floor_c", below=ground) > ground
    assert org.schema.describe("floor_c").children["above"].object == "floor_c"


def test_objects_may_point_at_each_other(org: Org, database_url: str) -> None:
    define(org, FLAT)
    define(org, "object: account\nfields: [{name: main_flat_c, type: lookup, label: Main flat, to: flat_c, children: main_flat_of}]")
    define(org, "object: role\nfields: [{name: office_c, type: lookup, label: Office, to: flat_c, children: roles}]")
    Org.open(database_url).engine.dispose()
    with pytest.raises(IntegrityError):
        add(org, "role", office_c=12345)


def test_words_that_sql_reserves_are_fine_as_names(org: Org) -> None:
    define(org, "{object: group_c, label: Group, plural_label: Groups, fields: [{name: order, type: text, label: O}, "
                "{name: select, type: integer, label: S}]}")
    define(org, "object: group_c\nfields: [{name: where, type: text, label: W}, {name: table, type: lookup, label: T, to: group_c}]")
    add(org, "group_c", order="first", select=1, where="here")
    table = org.schema.describe("group_c").table
    assert org.fetch(select(table.c.order, table.c.select, table.c.where)) == [("first", 1, "here")]


def test_the_longest_names_fit_both_databases(org: Org, database_url: str) -> None:
    name = "a" * 38 + "_c"
    define(org, f"{{object: {name}, label: L, plural_label: Ls, fields: [{{name: {name}, type: lookup, label: X, to: {name}, "
                f"children: {'b' * 40}}}]}}")
    define(org, f"object: {name}\nfields: [{{name: {'c' * 40}, type: lookup, label: Y, to: {name}}}, "
                f"{{name: {'c' * 39}d, type: date, label: Y}}]")
    Org.open(database_url).engine.dispose()
    assert add(org, name) == 1


def test_every_problem_of_shape_comes_at_once_with_its_line(org: Org) -> None:
    assert problems(org, """\
object: flat_c
labl: Flat
fields:
  - {name: rooms, type: integer, label: Rooms}
  - {name: price, typ: currency, label: Price}
""") == [("unknown-key", "flat.yaml:2"), ("missing-key", "flat.yaml:5"), ("unknown-key", "flat.yaml:5")]


def test_every_problem_of_meaning_comes_at_once_with_its_line(org: Org) -> None:
    assert problems(org, """\
object: flat
plural_label: Flats
fields:
  - {name: Rooms, type: integer, label: Rooms}
  - {name: price, type: curency, label: Price}
  - {name: price, type: currency, label: Price}
  - {name: kind, type: picklist, label: Kind}
  - {name: views, type: multi_picklist, label: Views, values: [Sea; lake, Park]}
  - {name: sides, type: picklist, label: Sides, values: [North, NORTH]}
  - {name: buyer, type: lookup, label: Buyer, to: acount}
  - {name: agent, type: lookup, label: Agent, to: user, children: Flats!}
  - {name: area, type: number, label: Area, scale: 12}
  - {name: sold, type: date, label: Sold, default: soon}
  - {name: number, type: id, label: Number}
""") == [("bad-name", "flat.yaml:1"), ("missing-key", "flat.yaml:1"), ("bad-name", "flat.yaml:4"), ("unknown-type", "flat.yaml:5"),
         ("name-taken", "flat.yaml:6"), ("missing-key", "flat.yaml:7"), ("bad-value", "flat.yaml:8"), ("bad-value", "flat.yaml:9"),
         ("unknown-object", "flat.yaml:10"), ("bad-name", "flat.yaml:11"), ("bad-value", "flat.yaml:12"), ("bad-value", "flat.yaml:13"),
         ("unknown-type", "flat.yaml:14")]


def test_no_two_things_of_an_object_share_a_name(sqlite_org: Org) -> None:
    define(sqlite_org, FLAT)
    define(sqlite_org, "{object: viewing_c, label: V, plural_label: Vs, fields: [{name: flat, type: lookup, label: F, to: flat_c, "
                       "children: viewings}]}")
    assert problems(sqlite_org, """\
object: flat_c
fields:
  - {name: name, type: text, label: A system field}
  - {name: owner_id, type: integer, label: The column of a system lookup}
  - {name: rooms, type: text, label: A field}
  - {name: buyer_id, type: integer, label: The column of a lookup}
  - {name: viewings, type: integer, label: A relationship}
  - {name: seller, type: lookup, label: A way back that is taken, to: account, children: flats}
  - {name: tenant, type: lookup, label: A way back named as a field, to: account, children: industry}
  - {name: next, type: lookup, label: A way back named as a field of its own, to: flat_c, children: rooms}
""") == [("name-taken", f"flat.yaml:{line}") for line in range(3, 11)]


def test_nor_do_two_new_things(sqlite_org: Org) -> None:
    assert problems(sqlite_org, """\
object: flat_c
label: Flat
plural_label: Flats
fields:
  - {name: buyer, type: lookup, label: Buyer, to: account, children: flats}
  - {name: seller, type: lookup, label: The same way back, to: account, children: flats}
  - {name: buyer_id, type: integer, label: The same column}
  - {name: below, type: lookup, label: Below, to: flat_c, children: above}
  - {name: above, type: integer, label: A field named as a way back}
  - {name: behind, type: lookup, label: A way back named as a field, to: flat_c, children: above}
""") == [("name-taken", f"flat.yaml:{line}") for line in (6, 7, 9, 10)]


def test_fields_added_to_a_standard_object_must_be_marked(sqlite_org: Org) -> None:
    assert problems(sqlite_org, "object: account\nfields: [{name: tier, type: text, label: Tier}]") == [("bad-name", "flat.yaml:2")]


def test_labels_of_an_object_that_exists_are_not_silently_ignored(sqlite_org: Org) -> None:
    assert problems(sqlite_org, "object: account\nlabel: Firm\nfields: []") == [("name-taken", "flat.yaml:2")]


def test_a_wrong_object_name_is_met_with_the_right_one(sqlite_org: Org) -> None:
    with pytest.raises(DefinitionError) as caught:
        define(sqlite_org, "object: acount\nfields: []")
    assert caught.value.problems[0].hint == "did you mean 'account'?"


def test_a_customization_that_fails_halfway_leaves_nothing(org: Org, database_url: str) -> None:
    before = set(inspect(org.engine).get_table_names())
    with org.begin() as connection:  # whoever takes the name of the last index makes the last statement fail
        connection.execute(text("CREATE INDEX ix_flats_c_handover ON accounts (id)"))
    with pytest.raises(DatabaseError):
        define(org, FLAT)
    again = Org.open(database_url)
    assert "flat_c" not in org.schema
    assert "flat_c" not in again.schema
    assert set(inspect(again.engine).get_table_names()) == before
    again.engine.dispose()


def test_a_field_that_fails_halfway_leaves_nothing(org: Org) -> None:
    with org.begin() as connection:
        connection.execute(text("CREATE INDEX ix_accounts_second_c ON accounts (id)"))
    with pytest.raises(DatabaseError):
        define(org, "object: account\nfields: [{name: first_c, type: date, label: F}, {name: second_c, type: date, label: S}]")
    assert {"first_c", "second_c"}.isdisjoint(column["name"] for column in inspect(org.engine).get_columns("accounts"))


def test_two_processes_customizing_the_same_object_lose_nothing(org: Org, database_url: str) -> None:
    other = Org.open(database_url)
    define(org, "object: account\nfields: [{name: first_c, type: text, label: First}]")
    define(other, "object: account\nfields: [{name: second_c, type: text, label: Second}]")
    assert problems(org, "object: account\nfields: [{name: second_c, type: date, label: Second}]") == [("name-taken", "flat.yaml:2")]
    org.reload()
    assert {"first_c", "second_c"} <= set(org.schema.describe("account").fields)
    other.engine.dispose()


def test_defining_it_in_python_is_the_same(new_sqlite: Callable[[], str]) -> None:
    from_yaml, from_python = Org.open(new_sqlite()), Org.open(new_sqlite())
    define(from_yaml, FLAT)
    customize(from_python, Customization(object="flat_c", label="Flat", plural_label="Flats", name_label="Address", fields=(
        CustomField(name="buyer", type="lookup", label="Buyer", to="account", children="flats"),
        CustomField(name="price", type="currency", label="Price", required=True),
        CustomField(name="rooms", type="integer", label="Rooms", default=2),
        CustomField(name="handover", type="date", label="Handover"),
        CustomField(name="views", type="multi_picklist", label="Views", values=("Sea", "Park", "Yard")))))
    described = [[field.column.info for field in each.schema.describe("flat_c").fields.values()] for each in (from_yaml, from_python)]
    assert described[0] == described[1]
