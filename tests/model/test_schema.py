"""The one door to the data model, and the standard objects behind it."""

import gc
import weakref

import pytest

from crmlib.errors import NotFound
from crmlib.model.fields import FIELD_TYPES
from crmlib.model.schema import Field, ObjectType, Schema, kept_with_schema
from crmlib.model.tables import STANDARD_OBJECTS, SYSTEM_FIELD_NAMES, build_metadata

SCHEMA = Schema(build_metadata())
OBJECTS = list(SCHEMA)
FIELDS = [(described, field) for described in OBJECTS for field in described.fields.values()]

EXPECTED = ("user", "role", "account", "contact", "contact_role", "lead", "opportunity", "stage", "stage_change",
            "opportunity_contact_role", "product", "price_book", "opportunity_line_item", "quote", "quote_line_item", "order",
            "order_line_item", "invoice", "invoice_line_item", "campaign", "campaign_member", "case", "task", "meeting", "call", "plan")


def names_of(fields: list[tuple[ObjectType, Field]]) -> list[str]:
    return [f"{described.name}.{field.name}" for described, field in fields]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sales_department_finds_its_objects(name: str) -> None:
    assert SCHEMA.describe(name).label


def test_every_object_has_the_system_fields_first() -> None:
    assert SYSTEM_FIELD_NAMES == ("id", "name", "owner", "created_by", "created_at", "modified_by", "modified_at", "deleted_at",
                                  "external_id")
    assert [described.name for described in OBJECTS if tuple(described.fields)[:len(SYSTEM_FIELD_NAMES)] != SYSTEM_FIELD_NAMES] == []


def test_every_lookup_leads_to_an_object_and_is_found_from_there() -> None:
    lookups = [(described, field) for described, field in FIELDS if field.type.name == "lookup"]
    assert names_of([(described, field) for described, field in lookups if field.to not in SCHEMA]) == []
    for described, field in lookups:
        if field.children:
            back = SCHEMA.describe(field.to or "").children[field.children]
            assert (back.name, back.object, back.lookup) == (field.children, described.name, field.name)


def test_every_relationship_belongs_to_exactly_one_lookup() -> None:
    ways_back = [(field.to, field.children) for _, field in FIELDS if field.children]
    assert len(ways_back) == len(set(ways_back)) == sum(len(described.children) for described in OBJECTS)


def test_both_directions_of_the_lookup_everybody_knows() -> None:
    assert SCHEMA.describe("opportunity").field("account").to == "account"
    back = SCHEMA.describe("account").children["opportunities"]
    assert (back.object, back.lookup, back.label) == ("opportunity", "account", "Opportunities")


def test_a_name_is_a_field_or_a_relationship_but_never_both() -> None:
    assert {described.name: both for described in OBJECTS if (both := set(described.fields) & set(described.children))} == {}


def test_every_field_type_is_in_use() -> None:
    assert {field.type.name for _, field in FIELDS} == set(FIELD_TYPES)


def test_every_label_is_given_and_no_object_has_two_alike() -> None:
    assert names_of([(described, field) for described, field in FIELDS if not field.label.strip()]) == []
    for described in OBJECTS:
        labels = [field.label for field in described.fields.values()]
        assert len(labels) == len(set(labels)), described.name
        back = [relationship.label for relationship in described.children.values()]
        assert len(back) == len(set(back)), described.name


def test_picklists_have_values_and_defaults_are_values_of_their_type() -> None:
    assert names_of([(described, field) for described, field in FIELDS if ("picklist" in field.type.name) != bool(field.values)]) == []
    for _, field in FIELDS:
        assert field.default is None or field.parse(field.default) == field.default


def test_what_is_seen_through_a_parent_names_its_parent() -> None:
    for described in OBJECTS:
        assert described.sharing in ("read", "private", "parent")
        if described.sharing == "parent":
            assert described.field(described.controlled_by or "").to in SCHEMA
        else:
            assert described.controlled_by is None


def test_personal_data_is_marked() -> None:
    marked = {f"{described.name}.{field.name}" for described, field in FIELDS if field.personal}
    assert {"contact.birthday", "contact.phone", "contact.email", "lead.email", "lead.phone"} <= marked
    assert not any(name.startswith(("opportunity.", "product.")) for name in marked)


def test_names_are_those_that_definitions_gave() -> None:
    assert set(SCHEMA.names) == {definition.name for definition in STANDARD_OBJECTS}
    assert "opportunity" in SCHEMA
    assert "opportunities" not in SCHEMA


@pytest.mark.parametrize(("name", "hint"), [
    ("oportunity", "did you mean 'opportunity'?"), ("Accounts", "did you mean 'account'?"), ("zzz", "")])
def test_a_wrong_object_is_met_with_the_nearest_one(name: str, hint: str) -> None:
    with pytest.raises(NotFound) as caught:
        SCHEMA.describe(name)
    assert [(problem.code, problem.hint) for problem in caught.value.problems] == [("unknown-object", hint)]


def test_so_is_a_wrong_field() -> None:
    with pytest.raises(NotFound) as caught:
        SCHEMA.describe("opportunity").field("close_dat")
    assert [(problem.code, problem.hint) for problem in caught.value.problems] == [("unknown-field", "did you mean 'close_date'?")]


def test_fields_are_equal_by_object_and_name() -> None:
    other = Schema(build_metadata())
    assert SCHEMA.describe("account").field("name") == other.describe("account").field("name")
    assert SCHEMA.describe("account").field("name") != other.describe("contact").field("name")
    assert len({SCHEMA.describe("account").field("name"), other.describe("account").field("name")}) == 1


def test_what_is_said_about_a_schema_goes_with_it() -> None:
    asked: list[str] = []

    @kept_with_schema
    def labels(schema: Schema, name: str) -> str:
        asked.append(name)
        return schema.describe(name).label

    one, other = Schema(build_metadata()), Schema(build_metadata())
    assert [labels(one, "task"), labels(one, "task"), labels(other, "task"), labels(one, "case")] == ["Task", "Task", "Task", "Case"]
    assert asked == ["task", "task", "case"]
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
