"""Two runs side by side: what came, what went, what changed and by how much."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from crmlib.errors import DefinitionError
from crmlib.render.csv import to_csv
from crmlib.render.fact_map import to_json
from crmlib.render.frame import to_pandas
from crmlib.render.html import to_html
from crmlib.render.read_fact_map import from_json
from crmlib.render.text import to_text
from crmlib.render.xlsx import to_xlsx
from crmlib.reports.compare import Comparison, FigureChange, compare
from crmlib.reports.result import ReportResult, ResultColumn
from tests.render import results

AVERAGE = "amount:average"


def run(*deals: tuple[str, str, str], **changes: Any) -> ReportResult:
    """Deals as (stage, name, amount); a name is one record, with the place of its first letter as its id."""
    rows: list[results.Row] = [((stage,), results.deal(name, amount)) for stage, name, amount in deals]
    result = results.result_of((results.STAGE,), rows, show_details=True, **changes)
    return replace(result, details=tuple(row._replace(record_id=ord(row.values[0][0])) for row in result.details))


BEFORE = run(("New", "Acorn", "100.00"), ("New", "Brick", "200.00"), ("Talks", "Crane", "0.30"), ("Lost", "Drum", "5.00"))
AFTER = run(("New", "Acorn", "100.00"), ("Talks", "Brick", "200.00"), ("Talks", "Crane", "0.10"), ("Won", "Eagle", "7.00"))


def of(comparison: Comparison, stage: str | None) -> tuple[str, FigureChange, FigureChange]:
    found = comparison.by_key[(stage,) if stage else (), ()]
    return found.change, *found.figures  # type: ignore[return-value]


class TestGroups:
    def test_a_figure_that_changed(self) -> None:
        assert of(compare(BEFORE, AFTER), "New") == (
            "changed", FigureChange(D("300.00"), D("100.00"), D("-200.00"), D("-66.67")), FigureChange(2, 1, -1, D("-50.00")))

    def test_decimals_are_exact(self) -> None:
        _, amount, _ = of(compare(BEFORE, AFTER), "Talks")
        assert amount.difference == D("199.80")

    def test_a_group_that_came_and_one_that_went(self) -> None:
        """Of sums and counts a group that is not there has 0; no percent is made of 0."""
        comparison = compare(BEFORE, AFTER)
        assert of(comparison, "Won") == ("came", FigureChange(None, D("7.00"), D("7.00"), None), FigureChange(None, 1, 1, None))
        assert of(comparison, "Lost") == (
            "went", FigureChange(D("5.00"), None, D("-5.00"), D("-100.00")), FigureChange(1, None, -1, D("-100.00")))

    def test_an_average_that_was_not_there_has_no_difference(self) -> None:
        both = [results.with_average(one) for one in (BEFORE, AFTER)]
        assert compare(*both).by_key[("Won",), ()].figures[2] == FigureChange(None, D("3.33"), None, None)

    def test_dates_have_no_difference(self) -> None:
        both = [results.with_average(one, "close_date:largest", "date") for one in (BEFORE, AFTER)]
        assert compare(*both).by_key[("New",), ()].figures[2] == FigureChange(D("101.00"), D("34.33"), None, None)

    def test_the_total_is_compared_too(self) -> None:
        assert of(compare(BEFORE, AFTER), None)[1].difference == D("1.80")

    def test_nothing_changed(self) -> None:
        later = replace(BEFORE, run_at=BEFORE.run_at + timedelta(days=7))
        comparison = compare(BEFORE, later)
        assert {one.change for one in comparison.groups} == {""} and not comparison.changed_records
        assert not comparison.figures().groups and len(comparison.figures(everything=True).groups) == 3

    def test_groups_within_groups_keep_their_place(self) -> None:
        gone = replace(results.deals(), cells={key: value for key, value in results.deals().cells.items() if key[0] != ("Won", "Amina")},
                       groups=tuple(replace(group, groups=tuple(one for one in group.groups if one.key != ("Won", "Amina")))
                                    for group in results.deals().groups))
        labels = [group.label for group in compare(results.deals(), gone).figures(everything=True).groups[1].groups]
        assert labels == ["অনিতা দাস", "አልማዝ ተስፋዬ", "Amina"]

    def test_a_matrix(self) -> None:
        """Each cell on its own; groups across too come and go."""
        deals: list[results.Row] = [*results.DEALS[:-1], (("Won", "Femke"), results.deal("new", "3.00"))]
        changed = results.matrix_of((results.STAGE,), (results.OWNER,), deals)
        comparison = compare(results.matrix(), changed)
        assert comparison.by_key[("Won",), ("Femke",)].change == "came"
        assert comparison.by_key[(None,), (None,)].change == "went"
        assert comparison.by_key[("Prospecting",), ("Amina",)].change == ""
        assert to_html(comparison.figures()).count("Femke") >= 1


class TestRecords:
    def test_came_went_and_moved(self) -> None:
        assert [(one.row.values[0], one.in_words, one.labels) for one in compare(BEFORE, AFTER).changed_records] == [
            ("Brick", "moved from New", ("Talks",)), ("Eagle", "came", ("Won",)), ("Drum", "went", ("Lost",))]

    def test_a_record_in_several_rows_comes_once_they_are_all_new(self) -> None:
        twice = run(*(("New", "Acorn", "100.00"),) * 2)
        assert [one.change for one in compare(run(), twice).changed_records] == ["came", "came"]
        assert not compare(run(("New", "Acorn", "100.00")), twice).changed_records

    def test_of_cut_runs_nothing_is_said(self) -> None:
        comparison = compare(BEFORE, replace(AFTER, details=AFTER.details[:2]))
        assert not comparison.changed_records and "does not hold all its records" in " ".join(comparison.notes)

    def test_of_a_joined_report_nothing_is_said(self) -> None:
        """A plan and a deal may have the same id."""
        comparison = compare(replace(BEFORE, format="joined"), replace(AFTER, format="joined"))
        assert not comparison.changed_records and comparison.notes == (
            "The runs are of a joined report, so nothing is said about records that came or went.",)

    def test_sums_of_blocks_begin_at_nothing(self) -> None:
        both = [replace(one, aggregates=tuple(replace(column, name=f"won#{column.name}") for column in one.aggregates))
                for one in (BEFORE, AFTER)]
        assert compare(*both).by_key[("Won",), ()].figures[0].difference == D("7.00")

    def test_other_columns(self) -> None:
        fewer = replace(AFTER, columns=AFTER.columns[1:], details=tuple(row._replace(values=row.values[1:]) for row in AFTER.details))
        assert [one.row.values[0] for one in compare(BEFORE, fewer).changed_records] == [D("200.00"), D("7.00"), D("5.00")]

    def test_a_tabular_report(self) -> None:
        before = results.tabular()
        after = replace(before, details=before.details[1:], row_count=before.row_count - 1)
        tables = list(compare(before, after).tables())
        assert [row.values[:2] for row in tables[0].details] == [("went", results.NAMES[0])] and tables[0].row_count == 1


class TestNotComparable:
    @pytest.mark.parametrize(("change", "said"), [
        ({"groupings": (results.OWNER,)}, "grouped down by Stage, the other by Owner"),
        ({"groupings": (replace(results.STAGE, granularity="month"),)}, "Stage (month)"),
        ({"across": (results.OWNER,)}, "grouped across by nothing, the other by Owner"),
        ({"aggregates": (ResultColumn("record_count", "Deals", "integer"),)}, "shows Sum of Amount, Record count, the other Deals"),
        ({"report_type": "Leads"}, "one run is of 'Opportunities', the other of 'Leads'"),
        ({"settings": replace(results.SETTINGS, currency="USD")}, "one run is in EUR, the other in USD"),
    ])
    def test_other_definitions_are_refused(self, change: dict[str, Any], said: str) -> None:
        with pytest.raises(DefinitionError) as error:
            compare(BEFORE, replace(AFTER, **change))
        assert error.value.codes == ["not-comparable"] and said in str(error.value)

    def test_what_is_withheld_is_said(self) -> None:
        with pytest.raises(DefinitionError, match="withheld from one of their users: Amount"):
            compare(BEFORE, replace(AFTER, aggregates=AFTER.aggregates[1:], withheld=("Amount",)))

    def test_other_filters_and_users_are_noted(self) -> None:
        notes = compare(replace(BEFORE, filters=("Amount is at least 5",)), replace(AFTER, withheld=("Margin",))).notes
        assert notes == ("The filters differ; of the earlier run they were: Amount is at least 5.", "Withheld from maria: Margin.")


class TestOutputs:
    def test_text(self) -> None:
        text = to_text(compare(BEFORE, AFTER).figures())
        assert "Compared with the run of 13 May 2026, 11:30 as seen by maria." in text
        line = next(line for line in text.splitlines() if line.startswith("Lost"))
        assert line.split() == ["Lost", "went", "€5.00", "-€5.00", "-100.00%", "1", "-1", "-100.00%"]

    def test_unchanged_groups_are_left_out_and_counted(self) -> None:
        after = run(("New", "Acorn", "100.00"), ("New", "Brick", "200.00"), ("Talks", "Crane", "0.40"), ("Lost", "Drum", "5.00"))
        figures = compare(BEFORE, after).figures()
        assert [group.label for group in figures.groups] == ["Talks"]
        assert figures.notes == ("2 of 3 groups are the same and not shown; totals are of all.",)

    def test_csv_and_frame(self) -> None:
        comparison = compare(BEFORE, AFTER)
        assert to_csv(comparison.figures()).splitlines()[:2] == [
            "Stage,Change,Sum of Amount before,Sum of Amount,Difference,Difference in %,Record count before,Record count,"
            "Difference (difference record_count),Difference in % (percent record_count)",
            "New,changed,300.00,100.00,-200.00,-66.67,2,1,-1,-50.00"]
        frame = to_pandas(comparison.figures(), exact=True)
        assert frame.loc["Won", "Difference"] == D("7.00")
        assert list(to_pandas(comparison.records())["Change"]) == ["moved from New", "came", "went"]

    def test_all_else_takes_it(self) -> None:
        for table in compare(BEFORE, AFTER).tables():
            assert to_xlsx(table) and to_html(table) and to_json(table)

    def test_all_went(self) -> None:
        nothing = replace(results.empty(), show_details=True)
        assert "went" in to_text(compare(BEFORE, nothing).figures())

    def test_a_run_that_was_kept(self) -> None:
        kept = from_json(to_json(BEFORE), results.SETTINGS)
        read, direct = compare(kept, AFTER), compare(BEFORE, AFTER)
        assert (read.groups, read.changed_records) == (direct.groups, direct.changed_records)
        assert to_text(read.figures()) == to_text(direct.figures())
