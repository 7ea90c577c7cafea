from __future__ import annotations

from dataclasses import replace

from crmlib.render.lay_out import Layout, Role, lay_out, plain_table
from crmlib.reports.result import ReportResult
from tests.render import results

G, D, S, T = Role.GROUP, Role.DETAIL, Role.SUBTOTAL, Role.GRAND_TOTAL


def roles(layout: Layout) -> list[tuple[Role, int]]:
    return [(line.role, line.depth) for line in layout.lines[1:]]


def kinds(layout: Layout) -> list[str]:
    return [column.kind for column in layout.columns]


def test_summary_shows_finest_groups_and_closes_each_group_around_them() -> None:
    layout = lay_out(results.deals())
    assert kinds(layout) == ["grouping", "grouping", "aggregate", "aggregate"]
    assert roles(layout) == [(G, 1), (G, 1), (S, 0), (G, 1), (G, 1), (G, 1), (S, 0), (G, 1), (S, 0), (T, 0)]
    assert layout.lines[0].values == ("Stage", "Owner", "Sum of Amount", "Record count")
    assert [line.label for line in layout.lines[1:4]] == ["Amina", "(blank)", "Total Prospecting"]
    assert layout.lines[3].values[2:] == results.deals().cells[("Prospecting",), ()]


def test_repeated_labels_are_marked_so() -> None:
    layout = lay_out(results.deals())
    assert [line.opens for line in layout.lines[1:] if line.role is G] == [0, 1, 0, 1, 1, 0]
    assert all(line.values[0] for line in layout.lines[1:] if line.role is G)


def test_two_groups_of_the_same_label_are_two_groups() -> None:
    groups = results.by_stage().groups
    twins = replace(results.by_stage(), groups=tuple(replace(group, label="Same") for group in groups))
    assert [line.opens for line in lay_out(twins).lines[1:] if line.role is G] == [0, 0, 0]


def test_with_details_a_group_opens_lists_and_closes() -> None:
    layout = lay_out(results.by_stage(show_details=True))
    assert kinds(layout) == ["grouping"] + ["detail"] * 8 + ["aggregate"] * 2
    assert roles(layout) == [(G, 0), (D, 0), (D, 0), (D, 0), (S, 0), (G, 0), (D, 0), (D, 0), (D, 0), (S, 0), (G, 0), (D, 0), (S, 0), (T, 0)]
    opening, detail, closing = layout.lines[1], layout.lines[2], layout.lines[5]
    assert (opening.rows, opening.has_figures, opening.values[-2:]) == (3, False, (None, None))
    assert (detail.record_id, detail.key, detail.values[0]) == (1, ("Prospecting",), "Prospecting")
    assert (closing.label, closing.values[-1]) == ("Total Prospecting", 3)


def test_deeper_details_open_every_level() -> None:
    layout = lay_out(results.deals(show_details=True))
    assert roles(layout)[:8] == [(G, 0), (G, 1), (D, 1), (D, 1), (S, 1), (G, 1), (D, 1), (S, 1)]


def test_tabular_has_its_figures_above_the_table() -> None:
    layout = lay_out(results.tabular())
    assert kinds(layout) == ["detail"] * 8
    assert {role for role, _ in roles(layout)} == {D}
    assert [(figure.label, figure.value) for figure in layout.figures] == list(
        zip(("Sum of Amount", "Record count"), results.tabular().cells[(), ()], strict=True))


def test_every_line_is_as_wide_as_the_table() -> None:
    for result in (results.deals(), results.deals(show_details=True), results.tabular(), results.three_levels(show_details=True)):
        layout = lay_out(result)
        assert {len(line.values) for line in layout.lines} == {len(layout.columns)}


# --- Cuts


def cut(result: ReportResult, max_rows: int | None = None) -> str | None:
    return lay_out(result, max_rows).cut


def test_nothing_is_cut_unsaid() -> None:
    assert cut(results.tabular()) is None
    assert cut(results.tabular(), 7) is None
    assert cut(results.many(), 50) == "first 50 of 8,012 records shown; totals are of all of them"
    assert cut(results.deals(), 2) == "first 2 of 6 groups shown; totals are of all of them"
    assert cut(results.deals(show_details=True), 2) == "first 2 of 7 records shown; totals are of all of them"
    assert cut(results.many(10, aggregates=(), cells={(): ()}), 5) == "first 5 of 10 records shown"


def test_counts_are_written_as_the_locale_does() -> None:
    german = replace(results.SETTINGS, locale="de_DE")
    assert str(cut(results.many(settings=german), 1000)).startswith("first 1.000 of 8.012 records")


def test_details_that_were_never_fetched_are_cut_too() -> None:
    result = results.tabular()
    assert cut(replace(result, details=result.details[:3])) == "first 3 of 7 records shown; totals are of all of them"


def test_cut_groups_keep_true_totals_and_later_groups_are_left_out() -> None:
    layout = lay_out(results.by_stage(show_details=True), 2)
    assert roles(layout) == [(G, 0), (D, 0), (D, 0), (S, 0), (T, 0)]
    assert layout.lines[4].values[-2:] == results.by_stage().cells[("Prospecting",), ()]
    assert layout.lines[-1].values[-1] == 7


def test_groups_without_fetched_details_still_show_their_figures() -> None:
    result = results.by_stage(show_details=True)
    layout = lay_out(replace(result, details=result.details[:1]))
    assert [(line.role, line.label, line.has_figures) for line in layout.lines[3:]] == [
        (S, "Total Prospecting", True), (G, "Won", True), (G, "(blank)", True), (T, "Total", True)]


def test_empty_result_has_only_a_header() -> None:
    assert [line.role for line in lay_out(results.empty()).lines] == [Role.HEADER]
    assert cut(results.empty()) is None


# --- Plain table


def test_plain_table_repeats_labels_and_has_no_totals() -> None:
    table = plain_table(lay_out(results.deals()), has_details=False)
    assert [row[:2] for row in table.rows] == [
        ("Prospecting", "Amina"), ("Prospecting", "(blank)"), ("Won", "Amina"), ("Won", "অনিতা দাস"), ("Won", "አልማዝ ተስፋዬ"),
        ("(blank)", "(blank)")]


def test_headings_of_a_plain_table_differ() -> None:
    name, account = results.NAME, replace(results.NAME, name="account.name")
    table = plain_table(lay_out(results.tabular(columns=(name, account, account, *results.COLUMNS[3:]))), has_details=True)
    assert table.headings[:3] == ["Name", "Name (account.name)", "Name (account.name)*"]
