"""The designer's state, without a browser: what is chosen is what is previewed, run and saved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmlib.errors import Conflict, DefinitionError, NotFound
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.report_types import ReportTypeView
from crmlib.workbench.designer import MOST_UNDO, PREVIEW_ROWS, Designer, new_report
from crmlib.workspace import Workspace

Begin = Callable[[str], Designer]


def paths(designer: Designer) -> list[str]:
    return [column.field for column in designer.report.columns]


def shown(designer: Designer) -> list[str]:
    """Labels of the columns in the preview."""
    result = designer.preview.result
    return [column.label for column in (*result.groupings, *(result.columns if result.show_details or not result.groupings else ()),
                                        *result.aggregates)]


class TestTheReportGrows:
    def test_a_new_report_shows_records_at_once(self, begin: Begin) -> None:
        designer = begin("opportunities")
        assert paths(designer) == ["name"]
        assert len(designer.preview.result.details) == PREVIEW_ROWS
        assert designer.preview.result.row_count > PREVIEW_ROWS

    def test_a_type_that_does_not_offer_names_begins_with_other_fields(self, begin: Begin) -> None:
        designer = begin("accounts_with_contacts_and_roles")
        assert designer.problems == ()
        assert designer.preview.result.details

    def test_every_report_type_can_be_begun(self, desk: Workspace) -> None:
        for view in desk.catalog.report_types():
            report = new_report(view, desk.user)
            assert desk.report(report).problems() == [], view.name

    def test_a_type_with_default_columns_begins_with_them(self, desk: Workspace, narrow_desk: Workspace) -> None:
        """But with none that this user may not see."""
        columns = [{"field": "amount", "default": True}, "name", {"field": "close_date", "default": True}]
        definition = ReportType.model_validate({"label": "T", "primary_object": "opportunity", "sections": [
            {"label": "Deal", "columns": columns}]})
        view = ReportTypeView("t", definition, desk.schema)
        assert [column.field for column in new_report(view, desk.user).columns] == ["amount", "close_date"]
        assert [column.field for column in new_report(view, narrow_desk.user).columns] == ["close_date"]

    def test_shared_buckets_are_fields(self, desk: Workspace, narrow_desk: Workspace, begin: Begin) -> None:
        designer = begin("opportunities_with_products")
        designer.group_by("size")
        assert shown(designer)[0] == "Deal size" and designer.problems == ()
        assert "size" in [field.path for _, fields in designer.sections for field in fields]
        narrow = Designer(narrow_desk, new_report(desk.catalog.report_type("opportunities"), narrow_desk.user))
        assert "size" not in [field.path for _, fields in narrow.sections for field in fields]
        with pytest.raises(DefinitionError):
            narrow.group_by("size")

    def test_each_change_is_previewed(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("amount")
        assert shown(designer) == ["Opportunity Name", "Amount"]
        designer.group_by("stage")
        designer.add_aggregate("amount", "sum")
        assert shown(designer) == ["Stage", "Record count", "Sum of Amount"]
        designer.set_details(True)
        assert shown(designer) == ["Stage", "Opportunity Name", "Amount", "Record count", "Sum of Amount"]
        assert len(designer.preview.result.details) == PREVIEW_ROWS

    def test_totals_of_the_preview_are_those_of_the_whole_report(self, desk: Workspace, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.group_by("stage")
        designer.add_aggregate("amount", "sum")
        designer.set_details(True)
        assert designer.preview.result.cells == desk.report(designer.report).run().result.cells

    def test_groups_make_a_summary_and_without_them_it_is_tabular(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.group_by("close_date")
        assert (designer.report.format, designer.report.groupings_down[0].date_granularity) == ("summary", "month")
        designer.set_granularity("groupings_down", 0, "quarter")
        assert designer.report.groupings_down[0].date_granularity == "quarter"
        designer.remove("groupings_down", 0)
        assert designer.report.format == "tabular"

    def test_a_column_or_group_is_not_taken_twice(self, begin: Begin) -> None:
        designer = begin("opportunities")
        for _ in range(2):
            designer.add_column("amount")
            designer.group_by("stage")
        assert paths(designer) == ["name", "amount"]
        assert len(designer.report.groupings_down) == 1

    def test_order(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("amount")
        designer.add_column("close_date")
        designer.move("columns", 2, by=-1)
        assert paths(designer) == ["name", "close_date", "amount"]
        designer.move("columns", 0, by=-1)
        designer.move("columns", 2, by=1)
        assert paths(designer) == ["name", "close_date", "amount"]

    def test_sorting_goes_round(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("close_date")
        orders = []
        for _ in range(4):
            designer.sort_by("close_date")
            orders.append([sort.order for sort in designer.report.sort])
        assert orders == [["ascending"], ["descending"], [], ["ascending"]]
        dates = [row.values[1] for row in designer.preview.result.details]
        assert dates == sorted(dates)
        designer.remove("columns", 1)
        assert designer.report.sort == ()

    def test_a_row_limit_takes_numbers_only(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.sort_by("name")
        designer.set_row_limit("7")
        assert designer.preview.result.row_count == 7
        for typed in ("soon", "0", "-1", "1.5"):
            with pytest.raises(DefinitionError):
                designer.set_row_limit(typed)
        assert designer.report.row_limit == 7
        designer.set_row_limit(" ")
        assert designer.report.row_limit is None


class TestFilters:
    def test_a_filter_is_applied_as_soon_as_it_has_a_value(self, begin: Begin) -> None:
        designer = begin("opportunities")
        everything = designer.preview.result.row_count
        designer.add_filter("name")
        assert designer.preview.result.row_count == everything
        assert designer.is_preview_current
        designer.set_value(0, 0, "contract")
        assert 0 < designer.preview.result.row_count < everything
        assert all("contract" in row.values[0].lower() for row in designer.preview.result.details)

    def test_what_was_typed_stays_and_the_preview_shows_the_last_that_could_be_run(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_filter("amount")
        designer.set_value(0, 0, "1000")
        before = designer.preview
        designer.set_value(0, 0, "1000 or so")
        assert designer.report.filters[0].value == "1000 or so"
        assert [(problem.code, problem.where) for problem in designer.problems] == [("bad-value", "filters.0.value")]
        assert designer.preview is before
        assert not designer.is_preview_current
        designer.set_value(0, 0, "2000")
        assert designer.problems == ()
        assert designer.is_preview_current

    def test_picklist_values_are_ticked_in_their_order(self, desk: Workspace, begin: Begin) -> None:
        designer = begin("accounts")
        designer.add_filter("industry")
        for choice in ("Retail", "Banking"):
            designer.tick_value(0, choice, True)
        assert designer.report.filters[0].value == ("Banking", "Retail")
        designer.tick_value(0, "Banking", False)
        assert designer.report.filters[0].value == "Retail"
        designer.tick_value(0, "Retail", False)
        assert designer.report.filters[0].value == ()
        assert desk.report(designer.runnable).problems() == []

    def test_relative_dates(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_filter("close_date")
        designer.set_date(0, 0, "LAST_N_DAYS")
        assert designer.report.filters[0].value == "LAST_N_DAYS:30"
        designer.set_date(0, 0, "LAST_N_DAYS", "90")
        assert designer.report.filters[0].value == "LAST_N_DAYS:90"
        designer.set_date(0, 0, "date")
        assert designer.report.filters[0].value == designer.org.org.today()
        assert designer.problems == ()

    def test_several_values_mean_any_of_them(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_filter("stage")
        designer.set_operator(0, "equals")
        counts = []
        for typed in (["Closed won"], ["Closed lost"], ["Closed won", "Closed lost"]):
            for position, text in enumerate(typed):
                designer.set_value(0, position, text)
            counts.append(designer.preview.result.row_count)
        assert counts[2] == counts[0] + counts[1]
        designer.remove_value(0, 0)
        assert designer.report.filters[0].value == "Closed lost"

    def test_blank_is_a_condition_of_its_own(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("next_step")
        designer.add_filter("next_step")
        designer.set_operator(0, "is_blank")
        assert {row.values[1] for row in designer.preview.result.details} <= {None, ""}
        designer.set_operator(0, "is_not_blank")
        assert all(row.values[1] for row in designer.preview.result.details)
        designer.set_operator(0, "contains")
        assert designer.report.filters[0].values == ("",)


class TestMoreThanOneKindOfReport:
    def test_groups_across_make_a_matrix(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.group_by("stage")
        designer.group_by("close_date", "groupings_across")
        assert (designer.report.format, designer.problems) == ("matrix", ())
        designer.set_granularity("groupings_across", 0, "year")
        assert len(designer.preview.result.groups_across) < 6
        designer.remove("groupings_across", 0)
        assert designer.report.format == "summary"

    def test_a_group_across_alone_is_told(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.group_by("stage", "groupings_across")
        assert [problem.code for problem in designer.problems] == ["format"]
        designer.group_by("type")
        assert designer.problems == ()

    def test_filter_logic_counts_what_is_added_later(self, begin: Begin) -> None:
        designer = begin("opportunities")
        for path, typed in (("name", "contract"), ("name", "exchange")):
            designer.add_filter(path)
            designer.set_value(len(designer.report.filters) - 1, 0, typed)
        both = designer.preview.result.row_count
        designer.set_filter_logic("1 OR 2")
        assert designer.preview.result.row_count > both
        designer.add_filter("amount")
        designer.set_value(2, 0, "1")
        assert (designer.report.filter_logic, designer.problems) == ("(1 OR 2) AND 3", ())
        designer.remove("filters", 0)
        assert {problem.where for problem in designer.problems} == {"filter_logic"}

    def test_whose_records(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("owner")
        everything = designer.preview.result.row_count
        designer.set_scope("mine")
        assert designer.preview.result.row_count < everything
        with pytest.raises(DefinitionError):
            designer.set_scope("everybody's")

    def test_filters_that_have_no_form_yet_are_kept_and_may_be_removed(self, desk: Workspace) -> None:
        report = Report.model_validate({"label": "Called", "report_type": "accounts", "columns": ["name"], "filters": [
            {"related": "opportunities", "at_least": 2}, {"field": "created_at", "operator": "less_or_equal", "other_field": "modified_at"},
            {"related": "calls", "without": True}]})
        designer = Designer(desk, report)
        assert (designer.problems, designer.preview_error) == ((), ())
        for index in range(3):
            with pytest.raises(DefinitionError):
                designer.set_value(index, 0, "1")
        designer.add_column("industry")
        assert designer.report.filters == report.filters
        designer.remove("filters", 1)
        assert designer.report.filters == (report.filters[0], report.filters[2])



class TestUndo:
    def test_undo_and_redo_walk_through_all_versions(self, begin: Begin) -> None:
        designer = begin("opportunities")
        versions = [designer.report]
        for path in ("amount", "close_date", "type"):
            designer.add_column(path)
            versions.append(designer.report)
        for version in reversed(versions[:-1]):
            designer.undo()
            assert designer.report == version
        designer.undo()
        for version in versions[1:]:
            designer.redo()
            assert designer.report == version
        designer.redo()
        assert designer.report == versions[-1]
        assert designer.previewed == designer.report

    def test_a_change_after_undo_forgets_what_was_undone(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("amount")
        designer.undo()
        designer.add_column("type")
        designer.redo()
        assert paths(designer) == ["name", "type"]

    def test_letters_typed_into_one_value_are_undone_at_once(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_filter("name")
        for typed in ("c", "co", "con"):
            designer.set_value(0, 0, typed)
        designer.undo()
        assert designer.report.filters[0].value == ""

    def test_only_so_many_versions_are_kept(self, begin: Begin) -> None:
        designer = begin("opportunities")
        for number in range(MOST_UNDO + 20):
            designer.name_it(f"Report {number}")
        assert len(designer.done) == MOST_UNDO


class TestSaving:
    def test_saved_under_a_folder_and_a_name(self, desk: Workspace, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_column("amount")
        assert designer.is_unsaved
        designer.save_as("Our team", "Was lange währt", "Deals")
        assert designer.path == "our_team/was_lange_währt"
        assert not designer.is_unsaved
        saved, _ = desk.catalog.load(designer.path)
        assert saved == designer.report
        assert (saved.label, saved.description) == ("Was lange währt", "Deals")

    def test_saving_again_overwrites_its_own_file(self, desk: Workspace, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.save_as("team", "Deals")
        designer.add_column("amount")
        assert designer.is_unsaved
        designer.save()
        assert not designer.is_unsaved
        assert desk.catalog.load("team/deals")[0] == designer.report

    def test_a_name_that_is_taken_is_refused_unless_it_may_be_replaced(self, desk: Workspace, begin: Begin) -> None:
        begin("accounts").save_as("team", "Deals")
        designer = begin("opportunities")
        with pytest.raises(DefinitionError) as refused:
            designer.save_as("team", "Deals")
        assert refused.value.codes == ["name-taken"]
        assert designer.path == ""
        designer.save_as("team", "Deals", overwrite=True)
        assert desk.catalog.load("team/deals")[0].report_type == "opportunities"

    def test_what_somebody_else_saved_meanwhile_is_not_overwritten(self, desk: Workspace) -> None:
        mine, theirs = (Designer(desk, desk.catalog.load("sales/pipeline_by_stage")[0], "sales/pipeline_by_stage") for _ in range(2))
        theirs.name_it("Theirs")
        theirs.save()
        mine.name_it("Mine")
        with pytest.raises(Conflict):
            mine.save()
        assert desk.catalog.load("sales/pipeline_by_stage")[0].label == "Theirs"

    def test_a_report_with_problems_is_not_saved(self, desk: Workspace, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.add_filter("amount")
        designer.set_value(0, 0, "many")
        with pytest.raises(DefinitionError):
            designer.save_as("team", "Deals")
        assert "team" not in desk.catalog.folders



class TestWhatABrowserMaySend:
    """The page shows no such buttons, but nothing keeps a browser from sending what they would."""

    @pytest.mark.parametrize(("part", "index"), [("columns", 1), ("columns", -1), ("filters", 0), ("label", 0), ("__class__", 0)])
    def test_parts_that_are_not_there(self, begin: Begin, part: str, index: int) -> None:
        designer = begin("opportunities")
        before = designer.report
        for act in (lambda: designer.remove(part, index), lambda: designer.move(part, index, 1),
                    lambda: designer.set_label(part, index, "x")):
            with pytest.raises(DefinitionError):
                act()
        assert designer.report == before

    def test_fields_that_do_not_exist(self, begin: Begin) -> None:
        designer = begin("opportunities")
        for act in (designer.add_column, designer.group_by, designer.add_filter, designer.sort_by):
            with pytest.raises(NotFound):
                act("account.secrets")

    def test_fields_that_one_may_not_see(self, narrow_desk: Workspace) -> None:
        designer = Designer(narrow_desk, Report(label="Mine", report_type="opportunities", columns=({"field": "name"},)))  # type: ignore[arg-type]
        offered = {field.path for _, fields in designer.sections for field in fields}
        assert "close_date" in offered
        assert not {path for path in offered if path == "amount" or path.startswith("account.")}
        for act in (designer.add_column, designer.group_by, designer.add_filter, designer.sort_by):
            with pytest.raises(DefinitionError):
                act("amount")
        with pytest.raises(DefinitionError):
            designer.add_aggregate("amount", "sum")

    def test_vocabulary_that_is_not_there(self, begin: Begin) -> None:
        designer = begin("opportunities")
        designer.group_by("close_date")
        designer.add_filter("amount")
        for act in (lambda: designer.add_aggregate("amount", "product"), lambda: designer.set_granularity("groupings_down", 0, "decade")):
            with pytest.raises(DefinitionError):
                act()
        designer.set_operator(0, "resembles")
        assert "unknown-operator" in [problem.code for problem in designer.problems]
