"""Buckets shared by all report types: one file for each object, found wherever the object is reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmlib.errors import AccessDenied, NotFound
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.reports.catalog import Catalog
from crmlib.reports.definition import Report, ReportType
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import ReportResult
from crmlib.reports.run_report import run_report
from crmlib.security.access import Access
from tests.conftest import TODAY, add
from tests.reports.asking import EVERYTHING, figures, labels, report, rows
from tests.reports.random_reports import schema

SIZE = "buckets:\n  - {name: size, label: Deal size, field: amount, ranges: [{label: Small, up_to: 100}, {label: Large}]}\n"
REGION = ("buckets:\n  - {name: region, field: country, values: [{label: Benelux, values: [Belgium, Netherlands]}]}\n"
          "  - {name: busy, field: owner.role, values: [{label: Field, values: [Manager]}]}\n")


@pytest.fixture(scope="module")
def model() -> Schema:
    return schema()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Deals have sizes, clients a region; a type with sections of its own."""
    (tmp_path / "buckets").mkdir()
    (tmp_path / "buckets" / "opportunity.yaml").write_text(SIZE)
    (tmp_path / "buckets" / "account.yaml").write_text(REGION)
    (tmp_path / "narrow.yaml").write_text("label: Narrow\nprimary_object: account\nrelated_objects: [{relationship: opportunities}]\n"
                                          "sections: [{label: S, columns: [name, parent.region]}]\n")
    return tmp_path


@pytest.fixture(scope="class")
def records(shared: Org) -> Org:
    """Acme in Belgium with deals of 100 and 101, Bolt elsewhere with one of nothing."""
    stage = add(shared, "stage", name="Open", position=1)
    for name, country, amounts in (("Acme", "Belgium", (100, 101)), ("Bolt", "Peru", (None,))):
        account = add(shared, "account", name=name, country=country)
        for number, amount in enumerate(amounts):
            add(shared, "opportunity", name=f"{name} {number}", account=account, amount=amount, stage=stage, close_date=TODAY)
    return shared


def asked(folder: Path, org: Org, report_type: str, user: Access = EVERYTHING, extra: dict[str, Any] | None = None,
          **parts: Any) -> ReportResult:
    definition = Report.model_validate(report(report_type, **parts).model_dump() | (extra or {}))
    return run_report(definition, Catalog(folder, org.schema).report_type(report_type), org, user, TODAY)


class TestWhereverTheObjectIsReached:
    def test_of_the_primary_object(self, folder: Path, records: Org) -> None:
        result = asked(folder, records, "opportunities", by=["size"], show=["record_count"], where=[("size", "not_equal", "small")])
        assert figures(result) == {("(blank)",): 1, ("Large",): 1, (): 2} and result.groupings[0].label == "Deal size"

    def test_of_related_objects_and_lookups(self, folder: Path, records: Org) -> None:
        both = ["region", "opportunities.size"]
        result = asked(folder, records, "accounts_with_opportunities", columns=both, sort=["opportunities.name"])
        assert rows(result) == [("Benelux", "Small"), ("Benelux", "Large"), ("Other", None)]
        assert [column.label for column in result.columns] == ["region", "Deal size"]
        result = asked(folder, records, "opportunities", columns=["account.region"], sort=["name"])
        assert rows(result) == ["Benelux", "Benelux", "Other"] and result.columns[0].label == "Account region"

    def test_of_types_with_sections_of_their_own(self, folder: Path, records: Org) -> None:
        """Of their objects all, through lookups those that they name."""
        result = asked(folder, records, "narrow", by=["opportunities.size"], show=["record_count"], columns=["parent.region", "region"])
        assert labels(result) == ["(blank)", "Small", "Large"]
        view = Catalog(folder, records.schema).report_type("narrow")
        assert [field.path for field in dict(view.sections)["Calculated"]] == ["region", "busy", "opportunities.size"]
        with pytest.raises(NotFound):
            view.find("owner.manager.region")

    def test_in_filters_on_related_records_and_in_formulas(self, folder: Path, records: Org) -> None:
        large = {"related": "opportunities", "filters": [{"field": "size", "value": "Large"}]}
        assert rows(asked(folder, records, "accounts", columns=["name"], where=[large])) == ["Acme"]
        made = {"formulas": [{"name": "shout", "type": "text", "formula": 'size & "!"'}]}
        assert rows(asked(folder, records, "opportunities", extra=made, columns=["shout"], sort=["name"])) == ["Small!", "Large!", "!"]

    def test_one_of_the_reports_own_takes_its_place(self, folder: Path, records: Org) -> None:
        own = {"buckets": [{"name": "size", "field": "amount", "ranges": [{"label": "Any"}]}]}
        assert rows(asked(folder, records, "opportunities", extra=own, columns=["size"], sort=["name"])) == ["Any", "Any", None]
        sized = ReportType.model_validate({"label": "T", "primary_object": "opportunity", **own})
        view = ReportTypeView("t", sized, records.schema, shared=Catalog(folder, records.schema).shared)
        assert [label for label, fields in view.sections for field in fields if field.path == "size"] == ["Calculated"]
        assert "account.region" in view.fields

    def test_a_changed_file_is_read_again(self, folder: Path, model: Schema) -> None:
        catalog = Catalog(folder, model)
        before = catalog.report_type("opportunities")
        assert catalog.report_type("opportunities") is before and "size" in before.fields
        (folder / "buckets" / "opportunity.yaml").write_text(SIZE.replace("size,", "scale,"))
        assert "size" not in catalog.report_type("opportunities").fields and "scale" in catalog.report_type("opportunities").fields
        (folder / "buckets" / "opportunity.yaml").unlink()
        assert "scale" not in catalog.report_type("opportunities").fields


class TestRights:
    def narrowed(self, *fields: str) -> Access:
        return replace(EVERYTHING, readable_fields=frozenset(fields))

    def test_who_may_not_see_what_it_is_made_of_does_not_see_it(self, folder: Path, records: Org) -> None:
        user = self.narrowed("opportunity.account", "account.country")
        result = asked(folder, records, "opportunities", user, columns=["name", "size", "account.region"])
        assert [column.name for column in result.columns] == ["name", "account.region"] and result.withheld == ("Deal size",)
        with pytest.raises(AccessDenied):
            asked(folder, records, "opportunities", user, columns=["name"], where=[("size", "equals", "Small")])

    def test_it_is_offered_to_those_who_may(self, folder: Path, model: Schema) -> None:
        view = Catalog(folder, model).report_type("opportunities")
        size = view.find("size")
        assert view.may_be_seen(size, self.narrowed("opportunity.amount")) and not view.may_be_seen(size, self.narrowed("opportunity.type"))


class TestFaults:
    @pytest.mark.parametrize(("code", "where", "said", "file", "yaml"), [
        ("unknown-object", "buckets/oportunity.yaml:1", "did you mean 'opportunity'?", "oportunity", SIZE),
        ("unknown-field", "buckets/opportunity.yaml:2", "did you mean 'amount'?", "opportunity", SIZE.replace("amount", "amuont")),
        ("unknown-key", "buckets/opportunity.yaml:1", "known keys: buckets", "opportunity", "formulas: []\n" + SIZE),
        ("name-taken", "buckets/opportunity.yaml:2", "another name", "opportunity", SIZE.replace("size,", "stage,")),
        ("unknown-field", "buckets/opportunity.yaml:2", "no field 'size'", "opportunity", SIZE.replace("amount", "account.size")),
        ("formula-circle", "buckets/opportunity.yaml:2", "size -> size", "opportunity", SIZE.replace("amount", "size")),
        ("twice", "buckets/opportunity.yaml:3", "'size'", "opportunity", SIZE + SIZE.splitlines()[1] + "\n"),
        ("bucket", "buckets/opportunity.yaml:2", "use values", "opportunity", SIZE.replace("amount", "name")),
        ("bad-name", "buckets/opportunity.yaml:2", "use _", "opportunity", SIZE.replace("name: size", "name: si.ze"))])
    def test_each_with_its_line(self, code: str, where: str, said: str, file: str, yaml: str, folder: Path, model: Schema) -> None:
        """Whatever it is, the files beside it are used."""
        (folder / "buckets" / f"{file}.yaml").write_text(yaml)
        catalog = Catalog(folder, model)
        problems = list(catalog.check_buckets(file))
        assert [(problem.code, problem.where) for problem in problems] == [(code, where)]
        assert said in f"{problems[0].message} {problems[0].hint}"
        assert file not in catalog.shared and "region" in catalog.report_type("accounts").fields

    def test_of_a_report_that_is_made_of_a_name_that_is_taken(self, folder: Path, model: Schema) -> None:
        (folder / "narrow.yaml").write_text("label: N\nprimary_object: account\nbuckets:\n"
                                            "  - {name: industry, field: employees, ranges: [{label: All}]}\n")
        assert [(one.code, one.where) for one in Catalog(folder, model).check_report_type("narrow")] == [("name-taken", "narrow.yaml:4")]
