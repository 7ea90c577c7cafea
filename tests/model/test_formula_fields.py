"""Formula fields as they are defined: without a column, changed and taken away at will, never in a circle, reading only what is there."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect

from crmlib.errors import DefinitionError, NotFound
from crmlib.model.custom import remove_formula_field
from crmlib.model.fields import FORMULA_TYPES
from crmlib.model.formula_fields import check_formulas, formula_in, guards_of
from crmlib.model.org import Org
from crmlib.reports.definition import RowFormula
from tests.model.test_custom import define, problems

SCORE = "object: account\nfields: [{name: score_c, type: number, label: Score, formula: employees / 10, blank_as: blank}]"
CHANCE = """\
object: opportunity
fields:
  - {name: chance_c, type: percent, label: Chance, formula: 'account.Score_c / 100'}
  - {name: last_c, type: currency, label: Last, formula: amount * chance_c}
"""


def test_it_is_a_field_without_a_column(org: Org, database_url: str) -> None:
    define(org, SCORE)
    again = Org.open(database_url)
    account = again.schema.describe("account")
    again.engine.dispose()
    score = account.fields["score_c"]
    assert (score.formula, score.type.name, score.blank_as, score.label) == ("employees / 10", "number", "blank", "Score")
    assert "score_c" not in account.table.columns and "score_c" not in account.stored
    assert "score_c" not in {column["name"] for column in inspect(org.engine).get_columns("accounts")}


def test_of_a_new_object_together_with_what_it_reads(org: Org) -> None:
    define(org, """\
object: flat_c
label: Flat
plural_label: Flats
fields:
  - {name: deposit, type: currency, label: Deposit, formula: 'price * IF(ISBLANK(buyer.name), 1, 0.5)'}
  - {name: price, type: currency, label: Price}
  - {name: buyer, type: lookup, label: Buyer, to: account, children: flats}
""")
    assert list(org.schema.describe("flat_c").stored)[-2:] == ["price", "buyer"]
    assert formula_in(org.schema, "flat_c", "deposit").fields == ("price", "buyer.name")


def test_it_reads_through_other_formulas_and_lookups(org: Org) -> None:
    define(org, SCORE)
    define(org, CHANCE)
    opportunity = org.schema.describe("opportunity")
    assert formula_in(org.schema, "opportunity", "last_c").fields == ("amount", "account.id", "account.employees")
    assert guards_of(org.schema, opportunity.fields["last_c"]) == {
        ("opportunity", "last_c"), ("opportunity", "chance_c"), ("opportunity", "amount"), ("opportunity", "account"),
        ("account", "score_c"), ("account", "employees"), ("account", "id")}
    assert guards_of(org.schema, opportunity.fields["amount"]) == {("opportunity", "amount")}


def test_it_gets_another_formula(org: Org) -> None:
    define(org, SCORE)
    define(org, "object: account\nfields: [{name: score_c, type: text, label: Letters, formula: 'LEFT(name, 1)'}]")
    score = org.schema.describe("account").fields["score_c"]
    assert (score.formula, score.type.name, score.label) == ("LEFT(name, 1)", "text", "Letters")
    assert problems(org, "object: account\nfields: [{name: score_c, type: number, label: Score}]") == [("name-taken", "flat.yaml:2")]
    assert problems(org, "object: account\nfields: [{name: phone, type: text, label: P, formula: name}]") == [("name-taken", "flat.yaml:2")]


def test_what_others_read_stays_as_they_need_it(org: Org) -> None:
    define(org, SCORE)
    define(org, CHANCE)
    text = "object: account\nfields: [{name: score_c, type: text, label: Letters, formula: name}]"
    assert problems(org, text) == [("wrong-type", "opportunity.chance_c 1:1")]
    for object_name, name in (("account", "score_c"), ("opportunity", "chance_c")):
        with pytest.raises(DefinitionError, match=f"has no field '{name}'"):
            remove_formula_field(org, object_name, name)
    for object_name, name in (("opportunity", "last_c"), ("opportunity", "chance_c"), ("account", "score_c")):
        remove_formula_field(org, object_name, name)
        assert name not in org.schema.describe(object_name).fields
    with pytest.raises(DefinitionError):
        remove_formula_field(org, "account", "phone")
    with pytest.raises(NotFound):
        remove_formula_field(org, "account", "score_c")


def test_broken_ones_are_mended_one_by_one(sqlite_org: Org) -> None:
    """As after a version that has renamed what they read."""
    org = sqlite_org
    define(org, SCORE)
    define(org, SCORE.replace("score_c", "other_c"))
    table = org.schema.metadata.tables["custom_definitions"]
    with org.begin() as connection:
        stored = connection.execute(table.select()).one().definition
        for field in stored["fields"]:
            field["formula"] = "heads / 10"
        connection.execute(table.update().values(definition=stored))
    org.reload()
    assert len(list(check_formulas(org.schema))) == 2
    define(org, SCORE)
    assert [field.name for field, _ in check_formulas(org.schema)] == ["other_c"]
    remove_formula_field(org, "account", "other_c")
    assert list(check_formulas(org.schema)) == []


@pytest.mark.parametrize(("formula", "circle"), [
    ("score_c + 1", "score_c -> score_c"),
    ("parent.score_c + 1", "account.score_c -> account.score_c"),
    ("campaign_c.cost_c", "account.score_c -> campaign.cost_c -> account.score_c"),
    ("parent.parent.other_c", "account.score_c -> account.other_c -> campaign.cost_c -> account.score_c"),
])
def test_a_circle_is_refused_and_named(sqlite_org: Org, formula: str, circle: str) -> None:
    org = sqlite_org
    define(org, SCORE)
    define(org, "object: account\nfields: [{name: campaign_c, type: lookup, label: C, to: campaign, children: clients}]")
    define(org, "object: campaign\nfields: [{name: client_c, type: lookup, label: C, to: account, children: campaigns}]")
    define(org, "object: campaign\nfields: [{name: cost_c, type: number, label: Cost, formula: client_c.score_c}]")
    define(org, "object: account\nfields: [{name: other_c, type: number, label: Other, formula: campaign_c.cost_c}]")
    with pytest.raises(DefinitionError) as raised:
        define(org, f"object: account\nfields: [{{name: score_c, type: number, label: Score, formula: {formula}}}]")
    assert [(problem.code, problem.message) for problem in raised.value.problems] == [
        ("formula-circle", f"the formula uses itself: {circle}")]
    assert org.schema.describe("account").fields["score_c"].formula == "employees / 10"


FAULTS = {
    # (code, what stands in message or hint): a field
    "a field that is none": ("unknown-field", "did you mean 'employees'?", "{type: number, formula: employes}"),
    "a field of another record": ("unknown-field", "did you mean 'name'?", "{type: text, formula: parent.nam}"),
    "a lookup that is none": ("unknown-field", "did you mean 'parent'?", "{type: text, formula: parnt.name}"),
    "a field followed as a lookup": ("unknown-field", "no lookup 'name'", "{type: text, formula: name.owner}"),
    "children": ("unknown-field", "no field 'opportunities'", "{type: text, formula: opportunities.name}"),
    "a function without brackets": ("unknown-field", "TODAY is a function", "{type: date, formula: today}"),
    "no formula": ("formula-syntax", "ends too early", "{type: number, formula: employees +}"),
    "another type than it says": ("formula-type", "write type: text", "{type: number, formula: name}"),
    "a type that no formula has": ("formula-type", "can't give a field of type long_text", "{type: long_text, formula: name}"),
    "a type of things that don't go together": ("wrong-type", "VALUE", "{type: number, formula: employees * name}"),
    "what only Python can do": ("formula-not-in-sql", "REGEX", "{type: boolean, formula: 'REGEX(name, \"a\")'}"),
    "what only changes have": ("formula-not-in-sql", "ISNEW", "{type: boolean, formula: ISNEW()}"),
    "a value to begin with": ("not-for-formulas", "'default'", "{type: number, formula: employees, default: 1}"),
    "a value that is required": ("not-for-formulas", "'required'", "{type: number, formula: employees, required: true}"),
    "blanks of no formula": ("not-a-formula", "'blank_as'", "{type: number, blank_as: blank}"),
    "too deep": ("formula-too-deep", "", "{type: number, formula: '" + "1 + (" * 101 + "1" + ")" * 101 + "'}"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults(sqlite_org: Org, fault: str) -> None:
    code, said, field = FAULTS[fault]
    with pytest.raises(DefinitionError) as raised:
        define(sqlite_org, f"object: account\nfields:\n  - {{name: x_c, label: X, {field[1:]}")
    problem, = raised.value.problems
    assert problem.code == code
    assert said in problem.message + problem.hint
    assert problem.where.startswith("flat.yaml:3")
    assert "x_c" not in sqlite_org.schema.describe("account").fields


def test_the_formulas_that_come_with_the_program_are_sound(sqlite_org: Org) -> None:
    assert list(check_formulas(sqlite_org.schema)) == []


def test_row_formulas_have_the_same_types() -> None:
    assert set(RowFormula.model_json_schema()["properties"]["type"]["enum"]) == set(FORMULA_TYPES)
