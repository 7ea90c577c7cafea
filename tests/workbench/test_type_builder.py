"""Making a report type: what is chosen becomes YAML that the catalog reads back, and reports run on it."""

from __future__ import annotations

import pytest

from crmlib.definition import parse_definition
from crmlib.errors import DefinitionError, NotFound
from crmlib.reports.definition import ReportType
from crmlib.workbench.designer import Designer, new_report
from crmlib.workbench.type_builder import DEEPEST, TypeBuilder
from crmlib.workspace import Workspace


@pytest.fixture
def builder(desk: Workspace) -> TypeBuilder:
    """A report type on opportunities with their lines."""
    builder = TypeBuilder.open(desk, "new")
    builder.choose_primary("opportunity")
    builder.describe(label="Deals and what is in them", description="Line by line")
    builder.relate("line_items", "with")
    return builder


def sections(builder: TypeBuilder) -> dict[str, list[str]]:
    return {section.label: [column.field for column in section.columns] for section in builder.definition.sections}


def test_from_an_object_to_a_report_that_runs(desk: Workspace, builder: TypeBuilder) -> None:
    for path in ("name", "amount", "account.industry", "account.owner.name", "line_items.total_price", "line_items.product.family"):
        builder.tick(path, True)
    assert builder.problems == ()
    assert builder.is_unsaved
    name = builder.save()
    assert name == "deals_and_what_is_in_them"
    assert not builder.is_unsaved
    designer = Designer(desk, new_report(desk.catalog.report_type(name), desk.user))
    designer.group_by("line_items.product.family")
    designer.add_aggregate("line_items.total_price", "sum")
    assert designer.preview.result.grand_total["line_items.total_price:sum"] > 0


def test_the_yaml_says_what_was_chosen(builder: TypeBuilder) -> None:
    builder.tick("amount", True)
    builder.tick("account.industry", True)
    builder.label_field("account.industry", "Trade")
    read, _ = parse_definition(builder.yaml, ReportType)
    assert read == builder.definition
    assert "- account.industry" not in builder.yaml
    assert "label: Trade" in builder.yaml


def test_fields_stand_in_the_section_of_their_object(builder: TypeBuilder) -> None:
    for path in ("amount", "account.industry", "name", "account.name", "line_items.product.family"):
        builder.tick(path, True)
    assert sections(builder) == {"Opportunity": ["amount", "name"], "Account": ["account.industry", "account.name"],
                                 "Product": ["line_items.product.family"]}
    builder.tick("amount", False)
    builder.tick("name", False)
    assert list(sections(builder)) == ["Account", "Product"]


def test_order_and_names_of_sections(builder: TypeBuilder) -> None:
    for path in ("amount", "name", "account.industry"):
        builder.tick(path, True)
    builder.move_field("name", -1)
    builder.move_section(1, -1)
    builder.label_section(0, "Client")
    builder.label_section(1, "  ")
    assert sections(builder) == {"Client": ["account.industry"], "Opportunity": ["name", "amount"]}
    builder.tick("account.country", True)
    assert sections(builder)["Client"] == ["account.industry", "account.country"]


def test_children_of_children(desk: Workspace) -> None:
    builder = TypeBuilder.open(desk, "new")
    builder.choose_primary("account")
    builder.relate("opportunities", "with_or_without")
    builder.relate("opportunities.line_items", "with")
    builder.relate("opportunities", "with")
    assert [(one.relationship, one.join) for one in builder.definition.related_objects] == [
        ("opportunities", "with"), ("opportunities.line_items", "with")]
    builder.tick("opportunities.line_items.product.name", True)
    builder.tick("name", True)
    (opportunities,) = [one for one in builder.relationships() if one.path == "opportunities"]
    assert [one.path for one in opportunities.children if one.join] == ["opportunities.line_items"]
    builder.unrelate("opportunities")
    assert builder.definition.related_objects == ()
    assert sections(builder) == {"Account": ["name"]}


def test_without_has_no_fields_and_nothing_below(desk: Workspace) -> None:
    builder = TypeBuilder.open(desk, "new")
    builder.choose_primary("account")
    builder.relate("opportunities", "with")
    builder.relate("opportunities.line_items", "with")
    for path in ("name", "opportunities.amount", "opportunities.line_items.quantity"):
        builder.tick(path, True)
    builder.relate("opportunities", "without")
    assert [(one.relationship, one.join) for one in builder.definition.related_objects] == [("opportunities", "without")]
    assert sections(builder) == {"Account": ["name"]}
    assert [(one.join, one.children) for one in builder.relationships() if one.path == "opportunities"] == [("without", ())]
    assert builder.roots == [("", "Account")]
    assert builder.problems == ()
    with pytest.raises(DefinitionError):
        builder.relate("opportunities.line_items", "with")


def test_default_columns_and_in_development_go_into_the_file(builder: TypeBuilder) -> None:
    builder.tick("amount", True)
    builder.tick("name", True)
    builder.make_default("amount", True)
    builder.deploy(False)
    read, _ = parse_definition(builder.yaml, ReportType)
    assert read == builder.definition and not read.deployed
    assert [(column.field, column.default) for column in read.sections[0].columns] == [("amount", True), ("name", False)]
    builder.make_default("amount", False)
    builder.deploy(True)
    assert "default" not in builder.yaml and "deployed" not in builder.yaml


def test_what_a_junction_joins_with_is_offered_by_itself(builder: TypeBuilder) -> None:
    builder.relate("contact_roles", "with_or_without")
    assert builder.roots == [("", "Opportunity"), ("line_items.", "Opportunity Line Item"), ("line_items.product.", "Product"),
                             ("contact_roles.", "Opportunity Contact Role"), ("contact_roles.contact.", "Contact")]
    assert "contact_roles.contact.birthday" in [path for path, _ in builder.fields("contact_roles.contact.")]
    for path in ("contact_roles.contact.birthday", "contact_roles.contact.account.industry", "contact_roles.owner.name", "contact.name"):
        builder.tick(path, True)
    assert list(sections(builder)) == ["Contact", "Contact: Account", "Opportunity Contact Role: Owner", "Main contact"]
    assert builder.problems == ()


def test_shared_buckets_are_offered_among_the_fields(desk: Workspace, narrow_desk: Workspace, builder: TypeBuilder) -> None:
    assert "size" in [path for path, _ in builder.fields("")]
    builder.tick("account.headcount", True)
    assert sections(builder) == {"Account": ["account.headcount"]} and builder.problems == ()
    narrow = TypeBuilder.open(narrow_desk, "new")
    narrow.choose_primary("opportunity")
    assert "size" not in [path for path, _ in narrow.fields("")]  # it is made of the amount


def test_what_a_junction_joins_with_has_related_objects_too(builder: TypeBuilder) -> None:
    builder.relate("contact_roles", "with")
    (roles,) = [one for one in builder.relationships() if one.path == "contact_roles"]
    assert {"contact_roles.contact.cases": "Contact: Cases", "contact_roles.contact.calls": "Contact: Calls"}.items() <= {
        one.path: one.label for one in roles.children}.items()
    builder.relate("contact_roles.contact.cases", "with_or_without")
    builder.tick("contact_roles.contact.cases.priority", True)
    assert builder.roots[-2:] == [("contact_roles.contact.", "Contact"), ("contact_roles.contact.cases.", "Case")]
    assert sections(builder) == {"Case": ["contact_roles.contact.cases.priority"]} and builder.problems == ()
    builder.unrelate("contact_roles")
    assert [one.relationship for one in builder.definition.related_objects] == ["line_items"] and sections(builder) == {}


def test_another_primary_object_begins_anew_but_keeps_a_name_that_was_given(desk: Workspace) -> None:
    builder = TypeBuilder.open(desk, "new")
    builder.choose_primary("opportunity")
    assert builder.definition.label == "Opportunities"
    builder.tick("amount", True)
    builder.choose_primary("lead")
    assert (builder.definition.label, builder.definition.sections) == ("Leads", ())
    builder.describe(label="Requests")
    builder.choose_primary("case")
    assert builder.definition.label == "Requests"


def test_another_primary_object_takes_no_buckets_along(desk: Workspace) -> None:
    sized = ReportType.model_validate({"label": "T", "primary_object": "opportunity", "buckets": [
        {"name": "scale", "field": "amount", "ranges": [{"label": "Any"}]}]})
    builder = TypeBuilder(desk, sized)
    builder.choose_primary("lead")
    assert builder.definition.buckets == () and builder.problems == ()


def test_without_sections_every_field_is_offered(builder: TypeBuilder) -> None:
    assert builder.problems == ()
    assert builder.view is not None
    assert {"amount", "account.industry", "line_items.total_price"} <= set(builder.view.fields)


def test_changing_a_custom_type_keeps_what_is_in_its_file(desk: Workspace) -> None:
    before = desk.catalog.report_type("opportunities_with_products").definition
    builder = TypeBuilder.open(desk, "opportunities_with_products")
    assert (builder.definition, builder.is_unsaved, builder.problems) == (before, False, ())
    builder.describe(description="Changed")
    builder.save()
    assert desk.catalog.report_type("opportunities_with_products").definition == before.model_copy(update={"description": "Changed"})


def test_a_copy_of_a_standard_type_offers_the_same_fields(desk: Workspace) -> None:
    builder = TypeBuilder.open(desk, "copy/opportunities")
    assert (builder.name, builder.is_unsaved, builder.problems) == ("", True, ())
    assert builder.view is not None
    assert set(builder.view.fields) == set(desk.catalog.report_type("opportunities").fields)


class TestRefused:
    def test_a_standard_type_cannot_be_changed(self, desk: Workspace) -> None:
        with pytest.raises(NotFound):
            TypeBuilder.open(desk, "opportunities")

    def test_a_name_that_is_taken(self, desk: Workspace, builder: TypeBuilder) -> None:
        builder.describe(label="Sales Pipeline")
        before = desk.catalog.report_type("sales_pipeline").definition
        with pytest.raises(DefinitionError) as refused:
            builder.save()
        assert refused.value.codes == ["name-taken"]
        assert desk.catalog.report_type("sales_pipeline").definition == before

    def test_without_a_name_or_an_object(self, desk: Workspace, builder: TypeBuilder) -> None:
        builder.describe(label=" ")
        assert [problem.code for problem in builder.problems] == ["missing-value"]
        for unfinished in (builder, TypeBuilder.open(desk, "new")):
            with pytest.raises(DefinitionError):
                unfinished.save()

    @pytest.mark.parametrize("path", ["secrets", "account.secrets", "nowhere.name", "contact_roles.name", "", ".", "line_items"])
    def test_fields_that_lead_nowhere(self, builder: TypeBuilder, path: str) -> None:
        with pytest.raises(NotFound):
            builder.tick(path, True)
        assert builder.definition.sections == ()

    def test_relationships_that_are_not_there(self, builder: TypeBuilder) -> None:
        for path in ("friends", "line_items.friends", "quotes.line_items"):
            with pytest.raises(DefinitionError):
                builder.relate(path, "with")
        assert [one.relationship for one in builder.definition.related_objects] == ["line_items"]

    def test_circles_end_somewhere(self, builder: TypeBuilder) -> None:
        with pytest.raises(NotFound):
            builder.tick("owner." + "manager." * DEEPEST + "name", True)

    def test_what_one_may_not_see_is_not_offered(self, narrow_desk: Workspace) -> None:
        builder = TypeBuilder.open(narrow_desk, "new")
        assert [described.name for described in builder.objects] == ["opportunity"]
        builder.choose_primary("opportunity")
        assert builder.relationships() == ()
        assert "amount" not in [path for path, _ in builder.fields("")]
        with pytest.raises(NotFound):
            builder.choose_primary("account")
