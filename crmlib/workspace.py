"""What an analyst holds in a notebook: an org as one user sees it, with its reports.

    import crmlib
    org = crmlib.connect()
    org.report("sales/pipeline_by_stage").run().to_pandas()
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib.definition import NOWHERE, Source
from crmlib.errors import DefinitionError, NotFound, Problem, UserError
from crmlib.model.org import Org, Settings
from crmlib.model.schema import Schema
from crmlib.records.records import Records
from crmlib.render.views import ReportView, WhyView
from crmlib.reports.catalog import Catalog, name_for
from crmlib.reports.definition import Block, Column, Filter, Report, Sort
from crmlib.reports.joined import asked_by_blocks, joined_problems, prepare_joined, run_joined
from crmlib.reports.parameters import NOTHING_GIVEN, Parameter, Values, answer_problems, asked_by, parameters_of, read_address
from crmlib.reports.report_types import ReportTypeView
from crmlib.reports.result import Key
from crmlib.reports.run_report import explain, prepare, run_plan, run_report
from crmlib.reports.secure import SecuredPlan
from crmlib.reports.validate import validate
from crmlib.security.access import Access, access_of, may_see
from crmlib.security.first_start import default_username, ensure_administrator

if TYPE_CHECKING:
    import pandas

MOST_NAMES = 200
"""So many records are offered by name; of more, nobody reads the list."""


def connect(url: str | None = None, user: str | None = None, report_types: str | Path | None = None, create: bool = False) -> Workspace:
    """Open a base as a user.

    url: a database, else CRM_DATABASE_URL, else crm.sqlite in the current folder. user: a username, else CRM_USER, else
    the first administrator. report_types: a folder, else CRM_REPORT_TYPES, else `report_types` in the current folder or
    beside the package. create: fill an empty database with tables and an administrator; otherwise it is refused, lest
    somebody in the wrong folder takes an empty base for theirs.
    """
    org = Org.open(url, create)
    if create:
        ensure_administrator(org)
    return Workspace(org, access_of(org, user or default_username(org)), Catalog(report_types_folder(report_types), org.schema))


def report_types_folder(given: str | Path | None = None) -> Path:
    """Where the report types and reports lie."""
    if given or os.environ.get("CRM_REPORT_TYPES"):
        return Path(given or os.environ["CRM_REPORT_TYPES"]).resolve()
    here = Path("report_types")
    return here.resolve() if here.is_dir() else Path(__file__).resolve().parent.parent / "report_types"


@dataclass
class Workspace:
    """An org, a user, and the catalog of definitions."""

    org: Org
    user: Access
    catalog: Catalog

    @property
    def schema(self) -> Schema:
        return self.org.schema

    @property
    def settings(self) -> Settings:
        return self.org.settings

    def as_user(self, username: str) -> Workspace:
        """The same org with another user's rights."""
        return Workspace(self.org, access_of(self.org, username), self.catalog)

    @property
    def records(self) -> Records:
        """Single records, read and written with this user's rights."""
        return Records(self.org, self.user)

    def report(self, report: str | Report) -> RunnableReport:
        """A saved report by "folder/name", or with values as in "folder/name?period=LAST_MONTH"; or a definition made in Python."""
        path, values = read_address(report) if isinstance(report, str) else ("", NOTHING_GIVEN)
        definition, source = (report, NOWHERE) if isinstance(report, Report) else self.catalog.load(path)
        return RunnableReport(self, definition, source, values)

    def names_of(self, object_name: str, containing: str = "", most: int = MOST_NAMES) -> tuple[str, ...]:
        """Names of an object's records that this user may see, in order, or of those that contain a text: the first of them.

        Of all records there are none when there are more than `most`.
        """
        listing = Report(label="Names", report_type=self.schema.describe(object_name).table.name, columns=(Column(field="name"),),
                         sort=(Sort(field="name"),),
                         filters=(Filter(field="name", operator="contains", value=containing),) if containing else ())
        try:
            result = self.report(listing).run(detail_limit=most + 1).result
        except UserError:
            return ()
        names = tuple(dict.fromkeys(str(row.values[0]) for row in result.details if row.values[0]))
        return names[:most] if containing or result.row_count <= most else ()

    def read_result(self, path: str | Path) -> ReportView:
        """A result that was kept as JSON, such as that of an earlier delivery. Raises NotFound, InvalidData."""
        from crmlib.render.read_fact_map import from_json

        file = Path(path)
        if not file.is_file():
            raise NotFound(Problem("no-file", "there is no such file", str(file)))
        return ReportView(from_json(file.read_text(encoding="utf-8"), self.settings, str(file)))

    def last_delivered(self, report: str) -> ReportView:
        """The latest run of a saved report that was delivered to this user. Raises NotFound where none is kept."""
        from crmlib.delivery.history import last_kept

        return self.read_result(last_kept(self.org, report, self.user.username))

    def describe(self, object_name: str) -> pandas.DataFrame:
        """The fields of an object that this user may read, one row each."""
        from crmlib.render.frame import describe_frame

        described = self.schema.describe(object_name)
        return describe_frame([field for field in described.fields.values() if may_see(self.user, field, self.schema)])

    def __repr__(self) -> str:
        return f"<{self.settings.name} as {self.user.username}>"


@dataclass
class RunnableReport:
    """A report definition that is ready to be checked, explained and run as the workspace's user.

    values: for what it asks, by the names of its `parameters`; `set` gives it others.
    """

    workspace: Workspace
    definition: Report
    source: Source = NOWHERE
    values: Values = field(default_factory=dict)

    @cached_property
    def view(self) -> ReportTypeView:
        """Its report type. Raises NotFound or DefinitionError, with the line of the report where the report type has none."""
        if self.definition.blocks:
            raise DefinitionError(Problem("joined", "a joined report has a report type for each block",
                                          hint=f"ask one of its blocks: {', '.join(self.blocks)}"))
        if not self.definition.report_type:
            raise DefinitionError(Problem("missing-key", "'report_type' is missing", self.source.place()))
        try:
            return self.workspace.catalog.report_type(self.definition.report_type)
        except UserError as error:
            where = self.source.place("report_type")
            raise type(error)(replace(problem, where=problem.where or where) for problem in error.problems) from None

    @cached_property
    def blocks(self) -> dict[str, RunnableReport]:
        """Of a joined report, its blocks by name, each as a report of its own with those of the values that it asks for."""
        blocks = {block.name: RunnableReport(self.workspace, block, self.source.within("blocks", index))
                  for index, block in enumerate(self.definition.blocks)}
        if not self.values:
            return blocks
        asked = {name: {one.name for one in block.asked} for name, block in blocks.items()}
        return {name: block.set({one: value for one, value in self.values.items() if name_for(one) in asked[name]})
                for name, block in blocks.items()}

    @property
    def _types(self) -> list[ReportTypeView]:
        return [block.view for block in self.blocks.values()]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it asks, with choices; of a lookup, the names of records that this user may see, if there are not too many."""
        return tuple(replace(one, choices=self.workspace.names_of(one.to)) if one.to else one for one in self.asked)

    @property
    def asked(self) -> tuple[Parameter, ...]:
        """Its parameters, of lookups without choices; asks the data nothing."""
        if self.blocks:
            return parameters_of(asked_by_blocks(self.definition, self._types))
        return parameters_of(asked_by(self.definition, self.view.with_fields_of(self.definition)))

    def set(self, parameters: Mapping[str, Any] = NOTHING_GIVEN, **values: Any) -> RunnableReport:
        """The same report with these values: `report.set(period="LAST_MONTH").drill(...)`. None or "": all."""
        return replace(self, values={**self.values, **parameters, **values})

    def problems(self) -> list[Problem]:
        """Everything that is wrong with it and its values; never raises."""
        org = self.workspace.org
        try:
            if self.blocks:
                return list(joined_problems(self.definition, self._types, org.settings, org.today(), self.source))
            found = list(validate(self.definition, self.view, org.settings, org.today(), self.source))
            return found or list(answer_problems(self.asked, self.values, org.today(), org.settings))
        except UserError as error:
            return list(error.problems)

    def run(self, detail_limit: int | None = None, within: Key | None = None, across: Key = (),
            parameters: Mapping[str, Any] = NOTHING_GIVEN, **values: Any) -> ReportView:
        """Run it: `report.run(period="LAST_MONTH")`. detail_limit: fetch at most so many detail rows, totals are of all.

        Raises DefinitionError, InvalidData for values, AccessDenied.
        """
        workspace, given = self.workspace, {**self.values, **parameters, **values}
        if self.blocks:
            return ReportView(run_joined(self.definition, self._types, workspace.org, workspace.user, source=self.source,
                                         detail_limit=detail_limit, within=within, across=across, parameters=given))
        return ReportView(run_report(self.definition, self.view, workspace.org, workspace.user, source=self.source,
                                     detail_limit=detail_limit, within=within, across=across, parameters=given))

    def write_csv(self, path: str | Path) -> int:
        """Its CSV, written as the rows come: a million of them needs little more memory than a few. Returns how many there are."""
        from crmlib.render.csv import write_csv
        from crmlib.reports.run_report import run_in_batches

        if self.blocks:  # side by side, their records have no order of their own
            joined = self.run()
            Path(path).write_text(joined.to_csv(), encoding="utf-8", newline="")
            return joined.result.row_count
        with run_in_batches(self.prepare(), self.workspace.org) as (result, batches):
            with Path(path).open("w", encoding="utf-8", newline="") as file:
                write_csv(result, batches, file)
            return result.row_count

    def drill(self, down: Key, across: Key = ()) -> ReportView:
        """The records behind a cell, with the values that were set."""
        return self.run(within=down, across=across)

    def explain(self) -> str:
        """What it will ask the data: sources with the rules that apply, filters, totals, SQL."""
        org = self.workspace.org
        return "\n\n".join(f"Block {name}\n\n{explain(plan, org)}" if name else explain(plan, org) for name, plan in self.plans().items())

    def plans(self) -> dict[str, SecuredPlan]:
        """What this user may run of it, of a joined report by block, else under "". Raises as `run` does; asks the data nothing."""
        if not self.blocks:
            return {"": self.prepare()}
        workspace = self.workspace
        joined = prepare_joined(self.definition, self._types, workspace.org, workspace.user, source=self.source, parameters=self.values)
        return {block.name: plan for block, plan in joined.blocks}

    def rows(self) -> pandas.DataFrame:
        """Its rows, one line each, in pandas: its columns, what its groups and figures are made of, and the ids of their records.

        Columns are called by field path. Filters, scope, row limit and rights hold; conditions on groups do not. `code` goes on from here.
        """
        from crmlib.render.frame import rows_frame

        return rows_frame(run_plan(self.prepare().ungrouped(), self.workspace.org))

    def code(self) -> str:
        """A Python script that works out the same figures in pandas from the report's rows, to go on from."""
        from crmlib.render.pandas_code import pandas_code

        return pandas_code(self.prepare(), self.workspace.user.username, self.python, self.values)

    @property
    def python(self) -> str | None:
        """How Python opens it, if it is saved; a block of a joined report as part of that."""
        folder, _, name = self.source.file.removesuffix(".yaml").partition("/")
        block = f".blocks[{self.definition.name!r}]" if isinstance(self.definition, Block) else ""
        return f"org.report({name!r}){block}" if folder == "reports" else None

    def prepare(self) -> SecuredPlan:
        """As `plans`, of a report that is not joined."""
        workspace = self.workspace
        return prepare(self.definition, self.view, workspace.org, workspace.user, source=self.source, parameters=self.values)

    def why(self, record: int | str | tuple[str, int | str], user: str | None = None) -> WhyView:
        """Why a record is in it, or is not: by id or name, of the primary object or ("account", 7) of another in the report.

        user: whether it is for them; for those who may see all records. Raises NotFound, AccessDenied.
        """
        from crmlib.reports.asked_record import check_may_ask_for, record_called, source_asked
        from crmlib.reports.why import why

        workspace = self.workspace if user is None else self.workspace.as_user(user)
        org = workspace.org
        own = self.prepare()
        plan = own if user is None else replace(self, workspace=workspace).prepare()
        if user is not None:
            check_may_ask_for(self.workspace.user, plan, own, org.schema)
        name, called = record if isinstance(record, tuple) else ("", record)
        source = source_asked(plan, name, org.schema)
        number = called if isinstance(called, int) else record_called(org, own, source, called)
        return WhyView(why(org, plan, source.path, number, by_administrator=user is not None))

    def change(self, **changes: Any) -> RunnableReport:
        """The same report with other parts: `report.change(row_limit=10)`."""
        content = self.definition.model_dump() | changes
        return RunnableReport(self.workspace, Report.model_validate(content), values=self.values)
