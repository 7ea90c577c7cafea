from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crmlib.errors import InvalidData
from crmlib.render.fact_map import fact_map, to_json
from crmlib.render.read_fact_map import from_json
from crmlib.reports.result import ReportResult
from tests.render import results


def facts(result: ReportResult) -> dict[str, Any]:
    return json.loads(to_json(result))["factMap"]


def test_keys_are_paths_of_groups() -> None:
    assert list(facts(results.deals())) == ["T!T", "0!T", "0_0!T", "0_1!T", "1!T", "1_0!T", "1_1!T", "1_2!T", "2!T", "2_0!T"]
    assert list(facts(results.tabular())) == ["T!T"]


def test_keys_of_a_matrix_are_paths_down_and_across() -> None:
    found = facts(results.matrix())
    assert list(found) == ["T!T", "T!0", "T!1", "T!2", "T!3", "0!T", "0!0", "0!1", "1!T", "1!1", "1!2", "1!3", "2!T", "2!0"]
    assert found["0!1"]["aggregates"] == [{"label": "€950.25", "value": "950.25"}, {"label": "2", "value": 2}]
    assert list(facts(results.wide_matrix(2)))[:6] == ["T!T", "T!0", "T!0_0", "T!0_1", "0!T", "0!0"]
    across = fact_map(results.wide_matrix())["groupingsAcross"]["groupings"]
    assert [(group["key"], group["label"], group["dategroupings"]["endDate"], len(group["groupings"])) for group in across] == [
        ("0", "2025", "2025-12-31", 3), ("1", "2026", "2026-12-31", 3)]
    assert across[1]["groupings"][0] == {
        "key": "1_0", "label": "January 2026", "value": "2026-01-01", "groupings": [],
        "dategroupings": {"startDate": "2026-01-01", "endDate": "2026-01-31"}}
    assert [one["name"] for one in fact_map(results.matrix())["reportMetadata"]["groupingsAcross"]] == ["owner"]


def test_records_of_a_matrix_stand_where_their_groups_meet() -> None:
    found = facts(results.matrix(show_details=True))
    assert {key: len(fact["rows"]) for key, fact in found.items() if fact["rows"]} == {
        "0!0": 1, "0!1": 2, "1!1": 1, "1!2": 1, "1!3": 1, "2!0": 1}


def test_a_figure_has_words_and_an_exact_value() -> None:
    assert facts(results.deals())["1!T"]["aggregates"] == [{"label": "€9,876,543,210,123.75", "value": "9876543210123.75"},
                                                           {"label": "3", "value": 3}]


def test_groups_nest_and_blank_has_no_value() -> None:
    groups = json.loads(to_json(results.deals()))["groupingsDown"]["groupings"]
    assert [(group["key"], group["label"], group["value"]) for group in groups] == [
        ("0", "Prospecting", "Prospecting"), ("1", "Won", "Won"), ("2", "(blank)", None)]
    assert [group["key"] for group in groups[1]["groupings"]] == ["1_0", "1_1", "1_2"]


def test_groups_that_stand_together_have_no_value() -> None:
    groups = json.loads(to_json(results.top_owners()))["groupingsDown"]["groupings"]
    assert [(group["label"], group["value"]) for group in groups] == [("3", 3), ("Other", None)]


def test_a_period_says_its_first_and_last_day() -> None:
    group = fact_map(results.months(2))["groupingsDown"]["groupings"][1]
    assert (group["label"], group["value"], group["dategroupings"]) == (
        "February 2024", "2024-02-01", {"startDate": "2024-02-01", "endDate": "2024-02-29"})


def test_detail_rows_stand_under_the_finest_group_only() -> None:
    found = facts(results.deals(show_details=True))
    assert {key: len(fact["rows"]) for key, fact in found.items() if fact["rows"]} == {
        "0_0!T": 2, "0_1!T": 1, "1_0!T": 1, "1_1!T": 1, "1_2!T": 1, "2_0!T": 1}
    assert found["0_0!T"]["rows"][0] == {"id": 1, "dataCells": [
        {"label": results.NAMES[0], "value": results.NAMES[0]}, {"label": "€1,250.50", "value": {"amount": "1250.50", "currency": "EUR"}},
        {"label": "20%", "value": "20"}, {"label": "30 Nov 2026", "value": "2026-11-30"},
        {"label": "2 May 2026, 00:30", "value": "2026-05-02T00:30:15+03:00"}, {"label": "3", "value": 3}, {"label": "Yes", "value": True},
        {"label": "Key; New", "value": "Key; New"}]}
    assert found["0_1!T"]["rows"][0]["dataCells"][1] == {"label": "", "value": None}


def test_metadata_name_what_the_figures_are() -> None:
    report = fact_map(results.deals(withheld=("Margin",)))
    assert report["reportMetadata"]["aggregates"] == ["amount:sum", "record_count"]
    assert report["reportMetadata"]["groupingsDown"] == [{"name": name, "dateGranularity": None} for name in ("stage", "owner")]
    assert report["reportMetadata"]["withheld"] == ["Margin"]
    assert report["reportExtendedMetadata"]["aggregateColumnInfo"]["amount:sum"] == {
        "label": "Sum of Amount", "dataType": "currency", "scale": 2}


def test_cut_details_are_not_all_data() -> None:
    result = results.tabular()
    assert fact_map(result)["allData"] is True
    assert fact_map(replace(result, details=result.details[:2]))["allData"] is False


def test_empty_and_hostile_results_are_json() -> None:
    assert facts(results.empty())["T!T"]["aggregates"][1] == {"label": "0", "value": 0}
    labels = [group["label"] for group in json.loads(to_json(results.hostile()))["groupingsDown"]["groupings"]]
    assert labels == list(results.HOSTILE)


@pytest.mark.parametrize("result", [
    results.deals(), results.deals(show_details=True), results.tabular(), results.matrix(show_details=True), results.wide_matrix(),
    results.months(), results.top_owners(), results.empty(), results.hostile()], ids=lambda result: result.label[:10] + result.format)
def test_what_was_kept_is_read_back(result: ReportResult) -> None:
    written = to_json(result)
    read = from_json(written, results.SETTINGS)
    assert to_json(read) == written
    assert (read.cells, [group.key for group in read.walk()]) == (result.cells, [group.key for group in result.walk()])
    if json.loads(written)["hasDetailRows"]:
        assert sorted(read.details, key=lambda row: row.record_id) == list(result.details)  # of a matrix they stand by cell


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"reportMetadata": {}}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidData) as error:
        from_json(text, results.SETTINGS, "kept.json")
    assert error.value.codes == ["not-a-result"] and "kept.json" in str(error.value)
