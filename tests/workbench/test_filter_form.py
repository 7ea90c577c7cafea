"""Filters as forms: every operator and relative date has its place in one, and nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.model.org import Settings
from crmlib.model.schema import Field, Schema
from crmlib.reports.date_literals import DATE_LITERALS, date_range
from crmlib.reports.definition import Column, Filter, Report
from crmlib.reports.operators import OPERATORS
from crmlib.workbench.filter_form import (
    BLANK,
    KINDS,
    NOT_BLANK,
    ON_A_DAY,
    DateChoice,
    date_value,
    date_words,
    filter_form,
    is_unfinished,
    new_filter,
    value_of,
    with_operator,
    with_values,
)
from crmlib.workspace import Workspace
from tests.conftest import TODAY


@pytest.fixture(scope="module")
def schema(demo_org) -> Schema:  # type: ignore[no-untyped-def]
    return demo_org.schema


def every_field(schema: Schema) -> list[Field]:
    return [field for described in schema for field in described.fields.values()]


def test_every_family_has_a_kind(schema: Schema) -> None:
    assert {field.family for field in every_field(schema)} - {"lookup"} <= set(KINDS)


def test_every_operator_is_offered_to_every_family_it_fits(schema: Schema) -> None:
    for field in every_field(schema):
        family = "text" if field.to else field.family
        offered = [name for name, _ in filter_form(field, new_filter(field.name, field)).operators]
        assert [name for name in offered if name in OPERATORS] == [row.name for row in OPERATORS.values() if family in row.families]


def test_a_new_filter_asks_for_a_value_or_means_something(desk: Workspace) -> None:
    for described in desk.schema:
        fresh = [new_filter(field.name, field) for field in described.fields.values()]
        report = Report(label="Fresh", report_type=described.table.name, columns=(Column(field="name"),),
                        filters=tuple(condition for condition in fresh if not is_unfinished(condition)))
        assert desk.report(report).problems() == [], described.name


@pytest.mark.parametrize(("path", "typed", "value"), [
    ("amount", "1250.50", Decimal("1250.50")), ("amount", "1250", 1250), ("amount", " 1 250 ", 1250), ("amount", "soon", "soon"),
    ("amount", "NaN", "NaN"), ("amount", "1e3", 1000), ("amount", "", ""), ("close_date", "2026-11-30", date(2026, 11, 30)),
    ("close_date", "THIS_YEAR", "THIS_YEAR"), ("close_date", "30.11.2026", "30.11.2026"), ("name", " 007 ", "007"),
    ("stage", "Closed won", "Closed won")])
def test_what_is_typed_becomes_a_value_where_it_fits(schema: Schema, path: str, typed: str, value: object) -> None:
    taken = value_of(schema.describe("opportunity").field(path), typed)
    assert taken == value
    assert type(taken) is type(value)


@given(st.sampled_from(["name", "amount", "close_date", "created_at", "stage", "type", "id"]), st.text(max_size=40))
def test_nothing_typed_is_refused_and_its_form_can_be_shown(desk: Workspace, path: str, typed: str) -> None:
    field = desk.schema.describe("opportunity").field(path)
    condition = with_values(new_filter(path, field), (value_of(field, typed),))
    form = filter_form(field, condition)
    assert len(form.values) == 1
    for operator, _ in form.operators:
        filter_form(field, with_operator(field, condition, operator))


class TestDates:
    @pytest.mark.parametrize("name", DATE_LITERALS)
    def test_every_relative_date_can_be_chosen_and_is_shown_as_chosen(self, schema: Schema, name: str) -> None:
        field = schema.describe("opportunity").field("close_date")
        value = date_value(name, "", TODAY)
        date_range(str(value), TODAY, Settings())
        (choice,) = filter_form(field, Filter(field="close_date", value=value)).values
        assert choice.word == name
        assert bool(choice.number) is DATE_LITERALS[name].takes_number
        assert name in dict(date_words())

    @pytest.mark.parametrize(("value", "choice"), [
        (date(2026, 5, 13), DateChoice(ON_A_DAY, day="2026-05-13")),
        (datetime(2026, 5, 13, 9, tzinfo=UTC), DateChoice(ON_A_DAY, day="2026-05-13")),
        ("2026-05-13", DateChoice(ON_A_DAY, day="2026-05-13")), ("last n days:7", DateChoice("LAST_N_DAYS", "7")),
        ("yesterday", DateChoice("YESTERDAY")), ("someday", DateChoice(ON_A_DAY, day="someday"))])
    def test_dates_written_by_hand_are_understood(self, schema: Schema, value: object, choice: DateChoice) -> None:
        field = schema.describe("opportunity").field("close_date")
        assert filter_form(field, Filter.model_validate({"field": "close_date", "value": value})).values == (choice,)


class TestOperators:
    def test_values_stay_when_the_operator_changes(self, schema: Schema) -> None:
        field = schema.describe("opportunity").field("amount")
        condition = Filter(field="amount", operator="greater_than", value=5)
        assert with_operator(field, condition, "less_than") == Filter(field="amount", operator="less_than", value=5)

    def test_a_picklist_asked_for_a_part_takes_text(self, schema: Schema) -> None:
        field = schema.describe("opportunity").field("type")
        ticked = Filter(field="type", operator="equals", value=("New business", "Existing business"))
        asked = with_operator(field, ticked, "contains")
        assert (filter_form(field, asked).kind, asked.values) == ("text", ("",))
        assert filter_form(field, with_operator(field, asked, "equals")).kind == "choices"

    @pytest.mark.parametrize(("word", "operator"), [(BLANK, "equals"), (NOT_BLANK, "not_equal")])
    def test_blank(self, schema: Schema, word: str, operator: str) -> None:
        field = schema.describe("opportunity").field("amount")
        condition = with_operator(field, new_filter("amount", field), word)
        assert (condition.operator, condition.values) == (operator, (None,))
        form = filter_form(field, condition)
        assert (form.kind, form.operator) == ("none", word)
        assert not is_unfinished(condition)

    def test_a_boolean_knows_no_blank_words(self, schema: Schema) -> None:
        field = schema.describe("lead").field("is_converted")
        assert BLANK not in dict(filter_form(field, new_filter("is_converted", field)).operators)
