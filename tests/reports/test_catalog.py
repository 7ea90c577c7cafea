"""Report types and reports kept as files: every object and relationship has its type, names in every script, nothing leaves its folder."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.definition import parse_definition
from crmlib.errors import DefinitionError, NotFound
from crmlib.model.custom import Customization, customize
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.reports.catalog import Catalog, is_name, name_for
from crmlib.reports.definition import Report, ReportType, SharedBuckets, to_yaml
from tests.conftest import add
from tests.reports.asking import ask, figures, report, view_of
from tests.reports.random_reports import Asked, reports, schema
from tests.reports.test_cases import REPORT_TYPES

PIPELINE = report("opportunities", by=["stage"], show=["amount:sum"], where=[("amount", "greater_than", 5)], label="Pipeline")
NAMES = ("pipeline", "Pipeline-2026", "2026", "конвейер_продаж", "የሽያጭ_መስመር", "বিক্রয়ের_তালিকা", "パイプライン", "খোঁজ", "žlutý")
BAD_NAMES = ("", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "a.b", "a b", " a", "-a", "_a", "a\n", "a\0", "a~b", "C:", "a\u200fb",
             "x" * 201, "я" * 101, "\u0301a", "\ud800")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "report_types", schema())


class TestStandardTypes:
    def test_one_for_every_object_and_one_for_every_parent_with_children(self, catalog: Catalog) -> None:
        types = {view.name: view for view in catalog.report_types()}
        for described in schema():
            assert types[described.table.name].objects == (described.plural_label,)
            assert set(described.fields) - set(types[described.table.name].fields) == {"deleted_at", "external_id"}
            for child in described.children.values():
                view = types[f"{described.table.name}_with_{child.name}"]
                assert [source.object for source in view.sources.values()] == [described.name, child.object]
                assert {"id", f"{child.name}.name"} <= set(view.fields)
        assert len({view.label for view in types.values()}) == len(types)

    @pytest.mark.parametrize(("name", "prefix", "section", "labels"), [
        ("opportunities_with_contact_roles", "contact_roles.contact", "Contact", {"name": "Contact", "birthday": "Contact Birthday"}),
        ("opportunities_with_line_items", "line_items.product", "Product", {"family": "Product Family"}),
        ("campaigns_with_members", "members.lead", "Lead", {"company": "Lead Company", "owner": "Lead Owner"}),
        ("contacts_with_account_roles", "account_roles.account", "Contact Role: Account", {"industry": "Contact Role Account Industry"})])
    def test_a_junction_gives_the_fields_of_its_other_parent(self, name: str, prefix: str, section: str, labels: dict[str, str]) -> None:
        """Also its lookups and its id, by which its records can be counted; and none of the parent above it again."""
        view = view_of(schema(), name)
        other = {field.path: field.label for field in dict(view.sections)[section]}
        assert {path: label for path, label in other.items() if path.removeprefix(f"{prefix}.") in labels} == {
            f"{prefix}.{path}": label for path, label in labels.items()}
        assert {f"{prefix}.id", f"{prefix}.owner"} <= set(other)
        child = view.sources[prefix.partition(".")[0]]
        assert not any(path.startswith(child.prefix + child.via) for path in view.fields)

    @pytest.mark.parametrize("half", [0, 1])
    def test_each_one_runs(self, shared: Org, half: int) -> None:
        """On an empty base; every column of it, grouped, sorted, counted."""
        for name in sorted(view.name for view in Catalog(Path("nowhere"), shared.schema).report_types())[half::2]:
            view = view_of(shared.schema, name)
            counted = [f"{source.prefix}id:record_count" for source in view.sources.values()]
            result = ask(shared, name, columns=list(view.fields)[:12], sort=["name"], by=["owner", "created_at/week"], show=counted)
            assert figures(result)[()] in (0, (0,) * len(counted)), name


class TestCustomObjects:
    """Flats that clients buy, and a field that was added to accounts: above the model nobody knows that they are custom."""

    @pytest.fixture(scope="class")
    @classmethod
    def records(cls, shared: Org) -> Org:
        customize(shared, Customization.model_validate({
            "object": "flat_c", "label": "Flat", "plural_label": "Flats", "sharing": "private", "fields": [
                {"name": "buyer", "type": "lookup", "label": "Buyer", "to": "account", "children": "flats"},
                {"name": "price", "type": "currency", "label": "Price"},
                {"name": "heating", "type": "picklist", "label": "Heating", "values": ["Wood", "Gas", "None"]},
                {"name": "ready_on", "type": "date", "label": "Ready on"}]}))
        customize(shared, Customization.model_validate({"object": "account", "fields": [
            {"name": "tier_c", "type": "picklist", "label": "Tier", "values": ["Gold", "Silver"]}]}))
        acme, bolt = (add(shared, "account", name=name, tier_c=tier) for name, tier in (("Acme", "Gold"), ("Bolt", "Silver")))
        for name, buyer, price, heating in (("1a", acme, "0.1", "Gas"), ("1b", acme, "0.2", "Wood"), ("2", bolt, "5", None)):
            add(shared, "flat_c", name=name, buyer=buyer, price=Decimal(price), heating=heating, ready_on=date(2026, 5, 1))
        return shared

    def test_they_have_their_report_types(self, records: Org) -> None:
        types = {view.name: view for view in Catalog(Path("nowhere"), records.schema).report_types()}
        assert types["flats_c"].label == "Flats" and types["accounts_with_flats"].label == "Accounts with Flats"
        assert "buyer.tier_c" in types["flats_c"].fields

    def test_they_are_reported_on_as_any_other(self, records: Org) -> None:
        result = ask(records, "accounts_with_flats", by=["tier_c", "flats.heating"], show=["flats.price:sum", "id:record_count"])
        assert list(figures(result)) == [("Gold",), ("Gold", "Wood"), ("Gold", "Gas"), ("Silver",), ("Silver", "(blank)"), ()]
        assert figures(result)[("Gold",)] == (Decimal("0.30"), 1) and figures(result)[()] == (Decimal("5.30"), 2)

    def test_through_lookups(self, records: Org) -> None:
        result = ask(records, "flats_c", by=["ready_on/fiscal_quarter", "buyer"], show=["price:largest"],
                     where=[("buyer.tier_c", "equals", "gold")])
        assert figures(result) == {("FQ2 FY 2026",): Decimal("0.20"), ("FQ2 FY 2026", "Acme"): Decimal("0.20"), (): Decimal("0.20")}


class TestReports:
    def test_save_load_overwrite(self, catalog: Catalog) -> None:
        assert catalog.save(PIPELINE, "sales", "pipeline") == "sales/pipeline"
        assert catalog.load("sales/pipeline")[0] == PIPELINE
        with pytest.raises(DefinitionError) as error:
            catalog.save(PIPELINE, "sales", "pipeline")
        assert error.value.codes == ["name-taken"]
        for number in range(20):  # faster than some file systems' clocks
            changed = PIPELINE.model_copy(update={"label": f"Pipeline {number}"})
            catalog.save(changed, "sales", "pipeline", overwrite=True)
            assert catalog.load("sales/pipeline")[0] == changed
        assert [(saved.path, saved.label) for saved in catalog.reports()] == [("sales/pipeline", "Pipeline 19")]
        assert not list(catalog.folder.rglob("*.draft"))

    def test_a_change_made_elsewhere_is_seen(self, catalog: Catalog) -> None:
        catalog.save(PIPELINE, "sales", "pipeline")
        Catalog(catalog.folder, catalog.schema).save(PIPELINE.model_copy(update={"label": "Q"}), "sales", "pipeline", overwrite=True)
        assert catalog.load("sales/pipeline")[0].label == "Q"

    def test_delete_and_restore(self, catalog: Catalog) -> None:
        catalog.save(PIPELINE, "sales", "pipeline")
        token = catalog.delete("sales/pipeline")
        assert catalog.reports() == [] and catalog.folders == ["sales"]
        with pytest.raises(NotFound):
            catalog.load("sales/pipeline")
        assert catalog.restore(token) == "sales/pipeline"
        assert catalog.load("sales/pipeline")[0] == PIPELINE
        with pytest.raises(NotFound):
            catalog.restore(token)

    def test_two_of_the_same_name_in_the_trash(self, catalog: Catalog) -> None:
        tokens = []
        for label in ("first", "second"):
            catalog.save(PIPELINE.model_copy(update={"label": label}), "sales", "pipeline")
            tokens.append(catalog.delete("sales/pipeline"))
        catalog.restore(tokens[0])
        assert catalog.load("sales/pipeline")[0].label == "first"
        with pytest.raises(DefinitionError) as error:
            catalog.restore(tokens[1])
        assert error.value.codes == ["name-taken"]

    @pytest.mark.parametrize("token", ["", "1", "1/sales/pipeline", "../reports/sales/keep", "x/../../sales/keep", "//", "1/../keep"])
    def test_no_token_reaches_out_of_the_trash(self, catalog: Catalog, token: str) -> None:
        catalog.save(PIPELINE, "sales", "keep")
        with pytest.raises((NotFound, DefinitionError)):
            catalog.restore(token)
        assert [saved.path for saved in catalog.reports()] == ["sales/keep"]

    def test_what_is_not_there(self, catalog: Catalog) -> None:
        catalog.save(PIPELINE, "sales", "pipeline")
        for missing in (catalog.load, catalog.delete):
            with pytest.raises(NotFound) as error:
                missing("sales/pipelin")
            assert error.value.codes == ["unknown-report"]
        with pytest.raises(NotFound, match="did you mean 'sales/pipeline'"):
            catalog.load("sales/pipelin")

    def test_broken_files_are_listed_with_their_fault(self, catalog: Catalog) -> None:
        catalog.save(PIPELINE, "sales", "good")
        folder = catalog.folder / "reports" / "sales"
        (folder / "broken.yaml").write_text("label: [")
        (folder / "empty.yaml").write_text("")
        (folder / "bad name.yaml").write_text(to_yaml(PIPELINE))
        (folder / "latin.yaml").write_bytes("label: é".encode("latin-1"))
        found = {saved.name: [problem.code for problem in saved.problems] for saved in catalog.reports()}
        assert found == {"good": [], "broken": ["bad-yaml"], "empty": ["not-a-definition"], "bad name": ["bad-name"],
                         "latin": ["unreadable-file"]}
        with pytest.raises(DefinitionError) as error:
            catalog.load("sales/broken")
        assert error.value.problems[0].where == "reports/sales/broken.yaml:1"

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        empty = Catalog(tmp_path / "nowhere", schema())
        assert (empty.reports(), empty.folders, empty.custom_names()) == ([], [], [])


class TestReportTypes:
    TYPE = ReportType.model_validate({"label": "Deals", "primary_object": "opportunity", "sections": [
        {"label": "Deal", "columns": ["name", {"field": "account.name", "label": "Client"}]}]})

    def test_save_and_use(self, catalog: Catalog) -> None:
        file = catalog.save_report_type(self.TYPE, "deals")
        assert file == catalog.folder / "deals.yaml"
        view = catalog.report_type("deals")
        assert (view.label, list(view.fields), view.fields["account.name"].label) == ("Deals", ["name", "account.name"], "Client")
        assert catalog.report_types()[0].name == "deals"
        with pytest.raises(DefinitionError) as error:
            catalog.save_report_type(self.TYPE, "deals")
        assert error.value.codes == ["name-taken"]

    def test_a_report_uses_what_the_type_offers(self, catalog: Catalog) -> None:
        catalog.save_report_type(self.TYPE, "deals")
        view = catalog.report_type("deals")
        assert view.find("id").path == "id"  # counts its records
        with pytest.raises(NotFound, match="has no column 'amount'"):
            view.find("amount")

    def test_faults_and_taken_names_refuse(self, catalog: Catalog) -> None:
        faulty = self.TYPE.model_copy(update={"primary_object": "oportunity"})
        with pytest.raises(DefinitionError) as error:
            catalog.save_report_type(faulty, "accounts")
        assert error.value.codes == ["unknown-object", "name-taken"]
        assert not catalog.folder.exists()

    def test_an_unknown_one(self, catalog: Catalog) -> None:
        with pytest.raises(NotFound, match="did you mean 'accounts'"):
            catalog.report_type("acounts")


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    def test_names_in_every_script(self, catalog: Catalog, name: str) -> None:
        path = catalog.save(PIPELINE, name, name)
        assert catalog.load(path)[0] == PIPELINE
        assert catalog.restore(catalog.delete(path)) == path
        catalog.save_report_type(TestReportTypes.TYPE, name)
        assert catalog.report_type(name).label == "Deals"

    @pytest.mark.parametrize("name", BAD_NAMES)
    def test_names_that_would_leave_their_folder_or_break_it(self, catalog: Catalog, name: str) -> None:
        for attempt in (lambda: catalog.save(PIPELINE, name, "x"), lambda: catalog.save(PIPELINE, "x", name),
                        lambda: catalog.save_report_type(TestReportTypes.TYPE, name)):
            with pytest.raises(DefinitionError) as error:
                attempt()
            assert error.value.codes == ["bad-name"]
        with pytest.raises((DefinitionError, NotFound)):
            catalog.load(f"{name}/{name}")
        with pytest.raises(NotFound):
            catalog.report_type(name)
        assert [problem.code for problem in catalog.check_report_type(name)] == ["bad-name"]
        assert not catalog.folder.exists()

    @given(st.text())
    def test_every_label_has_a_name(self, label: str) -> None:
        assert is_name(name_for(label))

    @pytest.mark.parametrize(("label", "name"), [
        ("Pipeline by stage", "pipeline_by_stage"), ("  Won / lost: Q1 (2026)! ", "won_lost_q1_2026"),
        ("Продажи по этапам", "продажи_по_этапам"), ("বিক্রয়ের তালিকা", "বিক্রয়ের_তালিকা"), ("...", "report"), ("", "report")])
    def test_they_can_be_recognized(self, label: str, name: str) -> None:
        assert name_for(label) == name


class TestRoundTrip:
    @given(reports())
    def test_reports(self, asked: Asked) -> None:
        definition = report(asked.type, **asked.parts)
        read, _ = parse_definition(to_yaml(definition), Report)
        assert to_yaml(read) == to_yaml(definition)
        assert _meaning(read) == _meaning(definition)

    @pytest.mark.parametrize("value", [
        "no", "1.0", "2026-05-13", "null", "~", "", " a ", "a: b", "# a", "- a", "'", '"', "{a}", "é\u2028", "a\nb", "%", "\\n", "=1+1",
        "!x", "1e5", "0x10", "12:30:00", "<<", date(2026, 5, 13), datetime(2026, 5, 13, 10, tzinfo=UTC), True, 5, Decimal("0.10"), None])
    def test_hostile_values(self, value: object) -> None:
        definition = report("accounts", columns=["name"], where=[("name", "equals", value)], label=str(value))
        read, _ = parse_definition(to_yaml(definition), Report)
        assert (read.label, _meaning(read)) == (definition.label, _meaning(definition))

    @pytest.mark.parametrize("file", sorted(REPORT_TYPES.rglob("*.yaml")), ids=lambda file: file.stem)
    def test_what_ships(self, file: Path) -> None:
        kind = Report if file.parent.parent.name == "reports" else SharedBuckets if file.parent.name == "buckets" else ReportType
        definition, _ = parse_definition(file.read_text(encoding="utf-8"), kind)
        assert parse_definition(to_yaml(definition), kind)[0] == definition


def _meaning(definition: Report) -> dict:
    """Its content, values of filters as text: dates and decimals are written as text to stay exact."""
    content = definition.model_dump(mode="json")
    for condition in content["filters"]:
        values = condition["value"] if isinstance(condition["value"], list | tuple) else [condition["value"]]
        condition["value"] = [None if value is None else str(value) for value in values]
    return content


def test_schema_is_what_an_org_has(sqlite_org: Org) -> None:
    assert isinstance(schema(), Schema) and schema().names == sqlite_org.schema.names
