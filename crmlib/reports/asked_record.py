"""Which record of a report is meant by whoever asks why it is there, and who may ask for somebody else."""

from __future__ import annotations

from sqlalchemy import select, true

from crmlib.errors import AccessDenied, NotFound, Problem, did_you_mean
from crmlib.model.org import Org
from crmlib.model.schema import Schema
from crmlib.model.sql_functions import lower_text
from crmlib.reports.report_types import ReportSource
from crmlib.reports.secure import SecuredPlan
from crmlib.security.access import Access
from crmlib.security.sharing import row_predicate


def source_asked(plan: SecuredPlan, name: str, schema: Schema) -> ReportSource:
    """The source of this path, "" being the primary object's, or of this object, the primary one before others.

    Raises NotFound, also for one behind a lookup that the user may not see.
    """
    assert plan.access is not None
    known = {source.path: source for source in plan.sources}

    def may_be_known(source: ReportSource) -> bool:
        on_the_way = source
        while on_the_way.kind == "lookup":
            if not plan.access.may_read_field(known[on_the_way.parent].object, on_the_way.via):  # type: ignore[union-attr]
                return False
            on_the_way = known[on_the_way.parent]
        return plan.rules[source.path].kind != "none"

    open_to_user = [source for source in plan.sources if may_be_known(source)]
    of_object = [source for source in open_to_user if source.object == name]
    found = ([source for source in open_to_user if source.path == name] or [source for source in of_object if source.kind == "primary"]
             or [source for source in of_object if source.kind != "lookup"] or of_object)
    if len(found) == 1:
        return found[0]
    if found:
        raise NotFound(Problem("several-sources", f"the report reads {schema.describe(name).plural_label} in several ways", name,
                               f"say which: {', '.join(source.path for source in found)}"))
    names = [source.path or source.object for source in open_to_user]
    hint = did_you_mean(name, names) or f"it reads {', '.join(names)}"
    raise NotFound(Problem("unknown-source", f"the report reads no {name!r}", hint=hint))


def record_called(org: Org, plan: SecuredPlan, source: ReportSource, name: str) -> int:
    """The id of the record of this name, in any case. Raises NotFound, also where there are several."""
    described = org.schema.describe(source.object)
    records, label = described.table, described.field("name").column
    rule = row_predicate(plan.rules[source.path], records, org.schema)
    found = org.fetch(select(records.c.id).where(lower_text(label) == name.lower(), records.c.deleted_at.is_(None),
                                                 true() if rule is None else rule).order_by(records.c.id).limit(6))
    if len(found) == 1:
        return int(found[0].id)
    if not found:
        raise NotFound(Problem("unknown-record", f"there is no {described.label} {name!r}", hint="ask by its id, if it may be deleted"))
    ids = ", ".join(str(row.id) for row in found[:5]) + (" …" if len(found) > 5 else "")
    raise NotFound(Problem("several-records", f"several {described.plural_label} are called {name!r}", hint=f"say which, by id: {ids}"))


def check_may_ask_for(asker: Access, plan: SecuredPlan, asked_by: SecuredPlan, schema: Schema) -> None:
    """Who asks on behalf of another must see all that the answer may tell of: all records, and every field that the other sees.
    Raises AccessDenied. asked_by: the same report as the asker may run it."""
    beyond = [("not-all-records", f"all {schema.describe(name).plural_label}")
              for name in dict.fromkeys(source.object for source in plan.every_source()) if not asker.may("view_all", name)]
    beyond += [("hidden-field", label) for label in asked_by.withheld if label not in plan.withheld]
    problems = [Problem(code, f"{asker.username} may not see {what}, and so can't ask for others") for code, what in beyond]
    if problems:
        raise AccessDenied(problems)
