"""Fields that a report type or a report makes of others: buckets and row formulas; and formula fields, which objects have.

All are fields like others to everything after: they have a label, a type and an order, can be shown, grouped by, filtered
and aggregated, and are visible to whoever may see what they are made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column

from crmlib.errors import DefinitionError, NotFound, Problem
from crmlib.formulas.check import Checked
from crmlib.formulas.grammar import parse
from crmlib.model.fields import FieldDefinition
from crmlib.model.formula_fields import formula_of
from crmlib.model.schema import Field
from crmlib.model.tables import column_for
from crmlib.reports.definition import Bucket, RowFormula
from crmlib.reports.report_types import ReportField, ReportSource, ReportTypeView, decided_by

RANGED = ("number", "date", "datetime")
NAMED = ("text", "picklist")


def read_field(view: ReportTypeView, name: str) -> ReportField:
    """What a bucket or formula reads: any field of the type's objects and lookups, whether or not the type offers it."""
    return view.find(name) if name in view.made or (view.definition.sections and name in view.stored) else view.sound(view.follow(name))


def bucketed(view: ReportTypeView, bucket: Bucket) -> ReportField:
    """The field whose values a bucket throws together; of a lookup, the name of the record it points to.

    Raises NotFound, or DefinitionError for a bucket that comes back to itself.
    """
    circle = _circle(view, (bucket.name,))
    if circle:
        raise DefinitionError(Problem("formula-circle", f"the bucket is made of itself: {' -> '.join(circle)}"))
    found = read_field(view, bucket.field)
    return view.follow(f"{bucket.field}.name", found.label) if found.field.to else found


def _circle(view: ReportTypeView, way: tuple[str, ...]) -> tuple[str, ...]:
    """The way from a bucket over what it and others are made of back to itself; () if there is none."""
    made = view.made.get(way[-1])
    for name in _read_by(made) if made else ():
        if name == way[0]:
            return (*way, name)
        if name not in way and (found := _circle(view, (*way, name))):
            return found
    return ()


def _read_by(made: Bucket | RowFormula) -> tuple[str, ...]:
    """The names of what a bucket or formula is made of; of a formula that makes no sense, none."""
    if isinstance(made, Bucket):
        return (made.field,)
    try:
        return tuple(name.lower() for name in parse(made.formula).names)
    except DefinitionError:
        return ()


def bucket_field(view: ReportTypeView, bucket: Bucket) -> ReportField:
    """A picklist of the bucket's labels, in their order."""
    return _picklist(bucket, bucketed(view, bucket))


def shared_bucket_field(view: ReportTypeView, bucket: Bucket, prefix: str) -> ReportField:
    """A bucket of the object that this prefix leads to. view: without shared buckets, lest one is made of another."""
    placed = {"name": f"{prefix}{bucket.name}", "field": f"{prefix}{bucket.field}", "label": bucket.label or bucket.name}
    found = view.follow(f"{prefix}{bucket.field}")
    return _picklist(bucket.model_copy(update=placed), view.follow(f"{prefix}{bucket.field}.name") if found.field.to else found)


def _picklist(bucket: Bucket, found: ReportField) -> ReportField:
    labels = [one.label for one in bucket.ranges] + [one.label for one in bucket.values] + ([bucket.other] if has_other(bucket) else [])
    values = tuple(dict.fromkeys(labels))
    field = _field(found.field.object, FieldDefinition(bucket.name, "picklist", bucket.label or found.label, values=values))
    return ReportField(bucket.name, field.label, field, found.source, found.lookups, bucket)


def has_other(bucket: Bucket) -> bool:
    """Whether something may be left over: a last range without an end takes all."""
    return not bucket.ranges or bucket.ranges[-1].up_to is not None


def formula_field(view: ReportTypeView, formula: RowFormula) -> ReportField:
    """A field of the formula's type, at the grain of the records it is calculated for."""
    read = [read_field(view, name) for name in formula_at(view, formula.name).fields]
    source = grain_of(read, view)
    if source is None:
        raise DefinitionError(Problem("no-common-record", f"{formula.name} reads fields of records that don't belong to one another"))
    field = _row_formula(formula, source.object)
    return ReportField(formula.name, field.label, field, source, (), formula)


def formula_at(view: ReportTypeView, path: str) -> Checked:
    """A row formula by its name, or a formula field by its path. Raises DefinitionError with every problem."""
    if path in view.checked:
        return view.checked[path]
    row_formulas = {name.casefold(): one for name, one in view.made.items() if isinstance(one, RowFormula)}

    def find(name: str) -> Field:
        row_formula = row_formulas.get(name.casefold())
        return _row_formula(row_formula) if row_formula else read_field(view, name.lower()).field
    return view.checked.setdefault(path, formula_of(path, find))


def _row_formula(formula: RowFormula, object_name: str = "") -> Field:
    return _field(object_name, FieldDefinition(formula.name, formula.type, formula.label or formula.name, scale=formula.scale,
                                               formula=formula.formula, blank_as=formula.blank_as))


def grain_of(read: list[ReportField], view: ReportTypeView) -> ReportSource | None:
    """The primary or related object whose record decides all that is read; the primary object if nothing is.

    Never a lookup: whether a deal is won is asked of each deal, though all deals of one stage have the same answer.
    """
    wanted = {(field.lookups[0].parent if field.lookups else field.source.path) for field in read} or {""}
    return next((view.sources[path] for path in sorted(wanted, key=len) if wanted <= decided_by(path, view.tree)), None)


def check_made(view: ReportTypeView) -> Iterator[tuple[str, Problem]]:
    """Every problem of the buckets and formulas, with the name of the one it belongs to."""
    fields = view.schema.describe(view.definition.primary_object).fields
    for name, made in view.made.items():
        if name in fields:
            yield name, Problem("name-taken", f"{name!r} is a field already", hint="choose another name")
            continue
        if "." in name:
            yield name, Problem("bad-name", f"{name!r} has a point, which leads from one record to another", hint="use _")
        try:
            field = bucket_field(view, made) if isinstance(made, Bucket) else formula_field(view, made)
        except (NotFound, DefinitionError) as error:
            # A formula is checked with those it uses; of their problems only its own are told here.
            own = [problem for problem in error.problems if problem.where.split(" ")[0] in ("", name)]
            yield from ((name, problem) for problem in own or error.problems)
            continue
        if isinstance(made, Bucket):
            yield from ((name, problem) for problem in _check_bucket(made, bucketed(view, made).field, field.label))


def _check_bucket(bucket: Bucket, field: Field, label: str) -> Iterator[Problem]:
    if bool(bucket.ranges) == bool(bucket.values):
        yield Problem("bucket", f"bucket {bucket.name!r} needs ranges or values, one of the two")
    elif bucket.ranges and field.family not in RANGED:
        yield Problem("bucket", f"{label} is a {field.type.label.lower()} field and has no ranges", hint="use values")
    elif bucket.values and field.family not in NAMED:
        yield Problem("bucket", f"{label} is a {field.type.label.lower()} field; its values have no end", hint="use ranges")
    if any(one.up_to is None for one in bucket.ranges[:-1]):
        yield Problem("bucket", f"of the ranges of {bucket.name!r} only the last may go on without an end")


def _field(object_name: str, definition: FieldDefinition) -> Field:
    column: Column[Any] = column_for(definition, {})
    return Field(object_name, column)
