"""Definitions that make no sense: every fault once, all at once, with its line and a hint; nothing half-run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmlib.definition import NOWHERE, parse_definition
from crmlib.errors import DefinitionError, Problem
from crmlib.model.org import Org, Settings
from crmlib.model.schema import Schema
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report
from crmlib.reports.run_report import run_report
from crmlib.reports.validate import validate
from tests.conftest import TODAY
from tests.reports.asking import EVERYTHING, report, view_of
from tests.reports.random_reports import schema


@pytest.fixture(scope="session")
def model() -> Schema:
    return schema()


SOUND = """\
label: Sound
report_type: opportunities
format: summary
groupings_down: [{field: owner}]
aggregates: [{aggregate: record_count}]
"""
TABULAR = "=label: F\nreport_type: opportunities\ncolumns: [name]\n"
SUMMARY = "=label: F\nreport_type: opportunities\nformat: summary\naggregates: [{aggregate: record_count}]\n"

FAULTS = {
    # name: (code, line, part of message or hint, YAML that is added to SOUND, or instead of it after =)
    "a key that is none": ("unknown-key", 6, "did you mean 'filters'?", "filtres: []"),
    "a label that is missing": ("missing-key", 1, "'label' is missing", "=report_type: opportunities\ncolumns: [name]"),
    "a value of another kind": ("bad-value", 6, "row_limit", "row_limit: many"),
    "a row limit of none": ("bad-value", 6, "row_limit", "row_limit: 0"),
    "a filter value within a value": ("bad-value", 7, "one value, or a list of values", "filters:\n  - {field: name, value: [[a]]}"),
    "an order that is none": ("bad-value", 6, "ascending", "sort: [{field: name, order: upwards}]"),
    "a format that is none": ("bad-value", 2, "tabular", "=label: Faulty\nformat: matrices\nreport_type: opportunities"),
    "not YAML": ("bad-yaml", 6, "", "columns: [name"),
    "a key written twice": ("key-twice", 6, "'label'", "label: Again"),

    "a column that is none": ("unknown-field", 6, "did you mean 'amount'?", "columns: [amuont]"),
    "a lookup that is none": ("unknown-field", 7, "did you mean 'account'?", "columns:\n  - acount.name"),
    "a field at the end of a lookup": ("unknown-field", 6, "did you mean 'industry'?", "columns: [account.industri]"),
    "a child the type does not have": ("unknown-field", 6, "must name it under related_objects", "columns: [line_items.quantity]"),
    "a path with a hole": ("unknown-field", 6, "no lookup ''", "columns: ['.name']"),
    "a column twice": ("twice", 6, "'name'", "columns: [name, amount, name]"),
    "a grouping twice": ("twice", 5, "'owner'", SUMMARY + "groupings_down: [{field: owner}, {field: owner}]"),
    "an aggregate twice": ("twice", 8, "'amount:sum'", TABULAR + "aggregates:\n"
                                                        "  - {field: amount, aggregate: sum}\n  - {field: amount, aggregate: average}\n"
                                                        "  - {field: name, aggregate: unique}\n  - {field: amount, aggregate: sum}"),
    "groupings of a tabular report": ("format", 5, "write format: summary",
                                      TABULAR + "format: tabular\ngroupings_down: [{field: owner}]"),
    "a summary without groupings": ("format", 4, "write format: tabular, or change the groupings", TABULAR + "format: summary"),
    "a summary with groupings across": ("format", 6, "write format: matrix",
                                        SUMMARY + "groupings_down: [{field: owner}]\ngroupings_across: [{field: stage}]"),
    "a matrix without groupings down": ("format", 5, "add groupings_down",
                                        SUMMARY.replace("summary", "matrix") + "groupings_across: [{field: stage}]"),
    "nothing to show": ("empty", 1, "add columns or aggregates", "=label: F\nreport_type: opportunities"),
    "groups ordered by what is not there": ("unknown-aggregate", 5, "aggregates: record_count",
                                            SUMMARY + "groupings_down: [{field: owner, order_by: 'amount:sum'}]"),
    "a bucket of a field that is none": ("unknown-field", 6, "did you mean 'amount'?",
                                         "buckets: [{name: size, field: amuont, ranges: [{label: All}]}]"),
    "a bucket of nothing": ("bucket", 6, "one of the two", "buckets: [{name: size, field: amount}]"),
    "ranges of text": ("bucket", 6, "use values", "buckets: [{name: size, field: name, ranges: [{label: All}]}]"),
    "values of numbers": ("bucket", 6, "use ranges", "buckets: [{name: size, field: amount, values: [{label: One, values: ['1']}]}]"),
    "a range without an end before others": ("bucket", 6, "only the last",
                                             "buckets: [{name: size, field: amount, ranges: [{label: All}, {label: More, up_to: 3}]}]"),
    "a bucket of itself": ("formula-circle", 6, "size -> size", "buckets: [{name: size, field: size, values: [{label: A, values: [a]}]}]"),
    "a formula that uses itself": ("formula-circle", 6, "a -> a", "formulas: [{name: a, formula: a + 1}]"),
    "top of no figure": ("top-of-what", 5, "add order_by", SUMMARY + "groupings_down: [{field: owner, top: 3}]"),
    "top periods": ("top-of-what", 5, "use a filter", SUMMARY + "groupings_down: [{field: close_date, order_by: record_count, top: 3}]"),
    "top by what no window knows": ("unfit-aggregate", 5, "aggregates that fit: sum",
                                    SUMMARY.replace("{aggregate: record_count}", "{field: amount, aggregate: median}")
                                    + "groupings_down: [{field: owner, order_by: 'amount:median', top: 3}]"),
    "a condition on no figure": ("unknown-aggregate", 6, "aggregates: record_count", "having: [{aggregate: 'amount:sum', value: 1}]"),
    "a condition on groups that are none": ("no-groups", 5, "add groupings_down",
                                            TABULAR + "aggregates: [{aggregate: record_count}]\n"
                                            "having: [{aggregate: record_count, value: 1}]"),
    "a figure compared by a text's word": ("unknown-operator", 6, "operators: equals",
                                           "having: [{aggregate: record_count, operator: contains, value: 1}]"),
    "a figure compared with nothing": ("missing-value", 6, "give a value", "having: [{aggregate: record_count}]"),
    "a figure compared with a word": ("bad-value", 6, "not a whole number", "having: [{aggregate: record_count, value: many}]"),
    "a figure shown as what is none": ("unknown-show-as", 4, "did you mean 'rank'?",
                                       TABULAR + "aggregates: [{aggregate: record_count, show_as: ranks}]"),
    "a share of an average": ("meaningless-share", 4, "aggregates that have: sum, record_count",
                              TABULAR + "aggregates: [{field: amount, aggregate: average, show_as: share_of_total}]"),
    "a difference of dates": ("meaningless-share", 4, "can be shown as rank",
                              TABULAR + "aggregates: [{field: close_date, aggregate: largest, show_as: difference}]"),
    "a change of a text": ("meaningless-share", 4, "can be shown as rank",
                           TABULAR + "aggregates: [{name: x, formula: \"IF(record_count > 9, 'a', 'b')\", type: text, show_as: change}]"),
    "empty groups nobody can name": ("no-empty-groups", 5, "dates and picklists can show empty groups",
                                     SUMMARY + "groupings_down: [{field: owner, show_empty: true}]"),
    "a granularity that is none": ("unknown-granularity", 5, "did you mean 'quarter'?",
                                   SUMMARY + "groupings_down: [{field: close_date, date_granularity: quater}]"),
    "an hour of a day": ("not-a-date", 5, "Close date has no hour",
                         SUMMARY + "groupings_down: [{field: close_date, date_granularity: hour}]"),
    "a granularity of what is no date": ("not-a-date", 5, "Amount has no month",
                                         SUMMARY + "groupings_down: [{field: amount, date_granularity: month}]"),
    "grouping by several values": ("not-groupable", 5, "several values per record",
                                   "=label: F\nreport_type: accounts\nformat: summary\naggregates: [{aggregate: record_count}]\n"
                                   "groupings_down: [{field: high_season}]"),
    "an aggregate that is none": ("unknown-aggregate", 4, "did you mean 'average'?",
                                  TABULAR + "aggregates: [{field: amount, aggregate: averge}]"),
    "a sum of text": ("meaningless-aggregate", 4, "sum takes number fields",
                      TABULAR + "aggregates: [{field: name, aggregate: sum}]"),
    "the last of nothing": ("missing-key", 4, "the last by what?", TABULAR + "aggregates: [{field: amount, aggregate: last}]"),
    "the last by a text": ("meaningless-aggregate", 4, "use a date or a number",
                           TABULAR + "aggregates: [{field: amount, aggregate: last, by: name}]"),
    "the last by what others decide": ("meaningless-aggregate", 4, "several of",
                                       "=label: F\nreport_type: opportunities_with_line_items\ncolumns: [name]\n"
                                       "aggregates: [{field: amount, aggregate: last, by: line_items.created_at}]"),
    "a sum by a date": ("needless-by", 4, "leave out by", TABULAR + "aggregates: [{field: amount, aggregate: sum, by: close_date}]"),
    "a formula over a figure that is none": ("unknown-field", 4, "did you mean 'amount:sum'?", TABULAR + "aggregates: "
                                             "[{field: amount, aggregate: sum}, {name: f, formula: 'amount:sun * 2'}]"),
    "groups in the order of a formula that needs it": ("unfit-aggregate", 5, "reads the groups before each", SUMMARY.replace(
        "[{aggregate: record_count}]", "[{name: f, formula: 'PREVGROUPVAL(record_count, owner)'}]")
        + "groupings_down: [{field: owner, order_by: f}]"),
    "an aggregate of nothing": ("missing-key", 4, "sum needs a field",
                                TABULAR + "aggregates: [{aggregate: sum}]"),
    "logic that makes no sense": ("filter-logic", 7, "at column 7", "filters: [{field: name, value: a}]\nfilter_logic: 1 AND OR"),
    "logic with a filter too many": ("filter-logic", 7, "there is no filter 2", "filters: [{field: name, value: a}]\nfilter_logic: 1 OR 2"),
    "logic with a filter too few": ("filter-logic", 9, "filter 2 does not take part",
                                    "filters:\n  - {field: name, value: a}\n  - {field: name, value: b}\nfilter_logic: 'NOT 1'"),
    "a value and another field": ("two-values", 6, "not both", "filters: [{field: amount, value: 1, other_field: expected_revenue}]"),
    "fields of two kinds": ("unlike-fields", 6, "compare fields of one kind", "filters: [{field: amount, other_field: close_date}]"),
    "records of two kinds": ("unlike-fields", 6, "compare fields of one kind", "filters: [{field: owner, other_field: account}]"),
    "two fields, one in the other": ("unfit-operator", 6, "two fields can't be asked",
                                     "filters: [{field: name, operator: contains, other_field: next_step}]"),
    "related records that are none": ("unknown-relationship", 6, "did you mean 'line_items'?", "filters: [{related: line_item}]"),
    "a fault within a cross filter": ("unknown-field", 6, "did you mean 'quantity'?",
                                      "filters: [{related: line_items, filters: [{field: quantiti, value: 1}]}]"),
    "an operator that is none": ("unknown-operator", 6, "did you mean 'equals'?", "filters: [{field: name, operator: equal, value: a}]"),
    "an operator for something else": ("unfit-operator", 6, "operators that fit: equals",
                                       "filters: [{field: amount, operator: contains, value: 5}]"),
    "a filter of no values": ("missing-key", 6, "empty list", "filters: [{field: name, value: []}]"),
    "a comparison with nothing": ("missing-value", 6, "give a value", "filters: [{field: amount, operator: less_than}]"),
    "a search for spaces": ("missing-value", 6, "give a value", "filters: [{field: name, operator: contains, value: '   '}]"),
    "a word for a number": ("bad-value", 6, "'much' is not a number", "filters: [{field: amount, operator: less_than, value: much}]"),
    "more digits than there are": ("bad-value", 6, "more than 2 digits", "filters: [{field: amount, operator: less_than, value: 0.125}]"),
    "a number without end": ("bad-value", 6, "too large", "filters: [{field: amount, value: 1e40}]"),
    "a value of no picklist": ("bad-value", 6, "did you mean 'New business'?", "filters: [{field: type, value: New busines}]"),
    "neither true nor false": ("bad-value", 3, "neither true nor false",
                               "=label: F\nreport_type: calls\nfilters: [{field: is_billable, value: maybe}]\ncolumns: [name]"),
    "a date that is none": ("bad-value", 6, "neither a date", "filters: [{field: close_date, value: 2026-02-30}]"),
    "a relative date that is none": ("bad-value", 6, "did you mean 'THIS_QUARTER'?", "filters: [{field: close_date, value: THIS_QUATER}]"),
    "a relative date without its number": ("bad-value", 6, "LAST_N_DAYS:30", "filters: [{field: close_date, value: LAST_N_DAYS}]"),
    "a date beyond the calendar": ("bad-value", 6, "beyond the calendar", "filters: [{field: created_at, value: 9999-12-31}]"),
    "a number for a date": ("bad-value", 6, "is not a date", "filters: [{field: close_date, value: 2026}]"),
    "a broken character": ("bad-value", 6, "broken character", 'filters: [{field: name, operator: contains, value: "a\\0b"}]'),
    "a question for two kinds of values": ("unlike-answers", 8, "ask under two labels",
                                           "filters:\n  - {field: close_date, ask: Period}\n  - {field: amount, ask: Period}"),
    "a question with two defaults": ("two-defaults", 8, "THIS_WEEK and TODAY", "filters:\n"
                                     "  - {field: close_date, value: THIS_WEEK, ask: Day}\n"
                                     "  - {related: tasks, filters: [{field: due_date, value: TODAY, ask: day}]}"),
    "a question about two fields": ("nothing-to-ask", 6, "no value to ask for",
                                    "filters: [{field: amount, other_field: expected_revenue, ask: Amount}]"),
    "a question without a word": ("bad-value", 6, "no word to ask by", "filters: [{field: amount, ask: '?'}]"),
    "a default that does not fit": ("bad-value", 6, "neither a date", "filters: [{field: close_date, value: soon, ask: Period}]"),
    "a figure asked for with a word as default": ("bad-value", 6, "not a whole number",
                                                  "having: [{aggregate: record_count, value: many, ask: At least}]"),
    "a question about what is no field": ("unknown-field", 6, "did you mean 'amount'?", "filters: [{field: amuont, ask: Amount}]"),
    "a chart that is none": ("unknown-chart", 6, "did you mean 'column'?", "chart: colum"),
    "a key of no chart": ("unknown-key", 6, "did you mean 'series'?", "chart: {type: line, serie: owner}"),
    "a chart of more groups than there are": ("unfit-chart", 6, "charts that fit: bar, column, line", "chart: heat_map"),
    "a chart of more figures than there are": ("unfit-chart", 6, "needs two numbers as figures; the report has one", "chart: scatter"),
    "a chart of more figures than it shows": ("unfit-chart", 6, "shows one figure; the chart names two", SUMMARY.replace(
        "}]", "}, {field: amount, aggregate: sum}]") + "groupings_down: [{field: owner}]\n"
        "chart: {type: pie, values: [record_count, 'amount:sum']}"),
    "parts of no whole": ("unfit-chart", 6, "'amount:average' does not add up", SUMMARY.replace(
        "{aggregate: record_count}", "{field: amount, aggregate: average}") + "groupings_down: [{field: owner}]\nchart: pie"),
    "a chart of a figure that is none": ("unknown-aggregate", 6, "numbers: record_count", "chart: {type: bar, values: ['amount:sum']}"),
    "a chart of a date": ("unfit-chart", 6, "is no number", SUMMARY.replace(
        "{aggregate: record_count}", "{field: close_date, aggregate: largest}") + "groupings_down: [{field: owner}]\n"
        "chart: {type: bar, values: ['close_date:largest']}"),
    "a chart by what is no grouping": ("unknown-grouping", 6, "groupings that can: owner", "chart: {type: bar, x: stage}"),
    "a chart by groups without totals of their own": ("unfit-grouping", 6, "groupings that can: owner",
                                                      SUMMARY + "groupings_down: [{field: owner}, {field: stage}]\nchart: {x: stage}"),
    "looks of what is not there": ("unknown-aggregate", 6, "aggregates: record_count",
                                   "conditional_formats: [{aggregate: 'amount:sum', rules: [{less_than: 1, look: bad}]}]"),
    "looks of a date": ("unfit-aggregate", 6, "is no number", SUMMARY.replace(
        "{aggregate: record_count}", "{field: close_date, aggregate: largest}") + "groupings_down: [{field: owner}]\n"
        "conditional_formats: [{aggregate: 'close_date:largest', rules: [{less_than: 1, look: bad}]}]"),
    "looks twice": ("twice", 8, "put all its rules in one place",
                    "conditional_formats:\n" + "  - {aggregate: record_count, rules: [{less_than: 1, look: bad}]}\n" * 2),
    "looks without rules": ("missing-key", 6, "rules:", "conditional_formats: [{aggregate: record_count}]"),
    "a look that is none": ("unknown-look", 7, "did you mean 'warning'?", "conditional_formats:\n  - {aggregate: record_count, "
                            "rules: [{less_than: 1, look: warnig}]}"),
    "a look without a bound": ("missing-key", 6, "add less_than", "conditional_formats: [{aggregate: record_count, rules: [{look: bad}]}]"),
    "a look of no figure": ("empty-range", 6, "no figure is less than 1", "conditional_formats: [{aggregate: record_count, "
                            "rules: [{less_than: 1, greater_or_equal: 1, look: bad}]}]"),
    "a bound that is no number": ("bad-value", 6, "less_than", "conditional_formats: [{aggregate: record_count, "
                                  "rules: [{less_than: few, look: bad}]}]"),
    "a sort by nothing": ("unknown-field", 6, "did you mean 'amount'?", "sort: [{field: amounts}]"),
    "a limit without order": ("limit-without-order", 6, "add sort", "row_limit: 5"),
}


def problems_of(text: str, schema: Schema) -> list[Problem]:
    """As an analyst sees them: of shape when there are such, else of meaning."""
    try:
        definition, source = parse_definition(text, Report, "faulty.yaml")
    except DefinitionError as error:
        return list(error.problems)
    return list(validate(definition, view_of(schema, definition.report_type), Settings(), TODAY, source))


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_once_with_its_line_and_help(name: str, model: Schema) -> None:
    code, line, said, yaml = FAULTS[name]
    text = yaml[1:] if yaml.startswith("=") else SOUND + yaml
    problems = problems_of(text, model)
    assert [problem.code for problem in problems] == [code]
    assert problems[0].where == f"faulty.yaml:{line}"
    assert said in f"{problems[0].message} {problems[0].hint}"


def test_what_the_faults_are_added_to_is_sound(model: Schema) -> None:
    assert problems_of(SOUND, model) == []


def test_every_code_that_validate_knows_has_a_case() -> None:
    source = Path(validate.__code__.co_filename).read_text(encoding="utf-8")
    known = {*re.findall(r'Problem\("([a-z-]+)"', source), "unknown-field"}
    assert known <= {code for code, *_ in FAULTS.values()}


def test_all_at_once_in_one_go(model: Schema) -> None:
    problems = problems_of("""\
label: All
report_type: opportunities
format: summary
columns: [nam, amount]
groupings_down:
  - {field: close_date, date_granularity: moth}
aggregates:
  - {field: name, aggregate: sum}
filters:
  - {field: type, value: Old business}
  - {field: amount, operator: starts_with, value: 5}
sort: [{field: ammount}]
row_limit: 5
""", model)
    assert [(problem.code, problem.where) for problem in problems] == [
        ("unknown-field", "faulty.yaml:4"), ("unknown-granularity", "faulty.yaml:6"), ("meaningless-aggregate", "faulty.yaml:8"),
        ("bad-value", "faulty.yaml:10"), ("unfit-operator", "faulty.yaml:11"), ("unknown-field", "faulty.yaml:12")]


def test_without_a_file_the_place_is_the_path_of_keys(model: Schema) -> None:
    faulty = report("opportunities", columns=["name"], where=[("name", "equals", "a"), ("amuont", "equals", 1)])
    problems = list(validate(faulty, view_of(model, "opportunities"), Settings(), TODAY, NOWHERE))
    assert [problem.where for problem in problems] == ["filters.1.field"]


def test_nothing_is_run_of_a_faulty_report(sqlite_org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked_anyway() -> Iterator[None]:
        raise AssertionError("a faulty report asked the database")

    view = view_of(sqlite_org.schema, "opportunities")
    assert sqlite_org.settings  # read before
    monkeypatch.setattr(sqlite_org, "snapshot", asked_anyway)
    with pytest.raises(DefinitionError) as error:
        run_report(report("opportunities", columns=["name", "nmae"]), view, sqlite_org, EVERYTHING, TODAY)
    assert error.value.codes == ["unknown-field"]


class TestReportTypes:
    """Faults of report type files, told by `crm report-type check` and by whatever wants to use the type."""

    FAULTS = (
        ("unknown-object", "faulty.yaml:2", "did you mean 'account'?", "label: F\nprimary_object: acount"),
        ("unknown-relationship", "faulty.yaml:4", "did you mean 'opportunities'?",
         "label: F\nprimary_object: account\nrelated_objects:\n  - {relationship: opportunity}"),
        ("unknown-relationship", "faulty.yaml:4", "must be a related object before",
         "label: F\nprimary_object: account\nrelated_objects:\n  - {relationship: opportunities.line_items}"),
        ("twice", "faulty.yaml:5", "'calls'", "label: F\nprimary_object: account\nrelated_objects:\n"
                                              "  - {relationship: calls}\n  - {relationship: calls, join: without}"),
        ("unknown-relationship", "faulty.yaml:4", "must be a related object before",
         "label: F\nprimary_object: call\nrelated_objects:\n  - {relationship: acount.cases}"),
        ("below-without", "faulty.yaml:5", "which the report type is without", "label: F\nprimary_object: account\nrelated_objects:\n"
         "  - {relationship: calls, join: without}\n  - {relationship: calls.contact.cases}"),
        ("below-without", "faulty.yaml:5", "which the report type is without", "label: F\nprimary_object: account\nrelated_objects:\n"
         "  - {relationship: opportunities, join: without}\n  - {relationship: opportunities.line_items}"),
        ("unknown-field", "faulty.yaml:6", "there are none to show", "label: F\nprimary_object: account\nrelated_objects:\n"
         "  - {relationship: calls, join: without}\nsections:\n  - {label: S, columns: [calls.name]}"),
        ("bad-value", "faulty.yaml:4", "'with_or_without'",
         "label: F\nprimary_object: account\nrelated_objects:\n  - {relationship: calls, join: never}"),
        ("unknown-field", "faulty.yaml:5", "did you mean 'industry'?",
         "label: F\nprimary_object: account\nsections:\n  - label: S\n    columns: [industri]"),
        ("twice", "faulty.yaml:6", "a second time", "label: F\nprimary_object: account\nsections:\n  - label: S\n    columns: [name]\n"
                                                    "  - {label: T, columns: [name]}"),
        ("unknown-key", "faulty.yaml:4", "did you mean 'relationship'?",
         "label: F\nprimary_object: account\nrelated_objects:\n  - {relation: opportunities, relationship: opportunities}"),
    )

    @pytest.mark.parametrize(("code", "where", "said", "yaml"), FAULTS)
    def test_each_fault(self, code: str, where: str, said: str, yaml: str, model: Schema, tmp_path: Path) -> None:
        (tmp_path / "faulty.yaml").write_text(yaml)
        catalog = Catalog(tmp_path, model)
        problems = list(catalog.check_report_type("faulty"))
        assert [(problem.code, problem.where) for problem in problems] == [(code, where)]
        assert said in f"{problems[0].message} {problems[0].hint}"
        assert "faulty" not in [view.name for view in catalog.report_types()]
        with pytest.raises(DefinitionError) as error:
            catalog.report_type("faulty")
        assert error.value.codes == [code]

    def test_all_at_once(self, model: Schema, tmp_path: Path) -> None:
        (tmp_path / "faulty.yaml").write_text("""\
label: Faulty
primary_object: account
related_objects:
  - {relationship: opportunitys}
  - {relationship: contacts}
sections:
  - label: One
    columns: [name, nmae, contacts.birthday]
  - {label: Two, columns: [contacts.birthdays, name]}
""")
        problems = list(Catalog(tmp_path, model).check_report_type("faulty"))
        assert [(problem.code, problem.where) for problem in problems] == [
            ("unknown-relationship", "faulty.yaml:4"), ("unknown-field", "faulty.yaml:8"), ("unknown-field", "faulty.yaml:9"),
            ("twice", "faulty.yaml:9")]

    def test_the_name_of_a_standard_one(self, model: Schema, tmp_path: Path) -> None:
        (tmp_path / "accounts.yaml").write_text("label: Mine\nprimary_object: account\n")
        assert [problem.code for problem in Catalog(tmp_path, model).check_report_type("accounts")] == ["name-taken"]
