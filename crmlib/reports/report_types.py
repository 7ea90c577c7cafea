"""Report types as the designer and the corridor see them: standard ones made from the schema, custom ones from YAML.

Standard types exist for every object ("opportunities") and for every parent with its children
("accounts_with_opportunities"), custom objects included; nobody writes them down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from crmlib.errors import DefinitionError, NotFound, Problem, did_you_mean
from crmlib.formulas.check import Checked
from crmlib.model.formula_fields import ensure_sound
from crmlib.model.schema import Field, Schema
from crmlib.reports.definition import Bucket, RelatedObject, Report, ReportType, RowFormula, SharedBuckets
from crmlib.security.access import Access, may_see

BY_THE_SYSTEM = ("owner", "created_by", "modified_by")
"""Lookups that every object has."""

CALCULATED = "Calculated"
"""The section of buckets and formulas of the type's own."""

Shared = Mapping[str, Mapping[str, Bucket]]
"""Buckets that every report type has, by the object whose field they are, and by name."""

HIDDEN_IN_STANDARD = ("external_id", "deleted_at")
"""System fields that standard report types do not offer by themselves; a report may still name them."""


@dataclass(frozen=True)
class ReportSource:
    """An object in a report type, reached by `path` ("" for the primary object, "line_items.product" for a lookup)."""

    path: str
    object: str
    kind: str  # "primary", "child" or "lookup"
    parent: str = ""
    via: str = ""  # the lookup's name, for a child on the child's side
    required: bool = True

    @property
    def prefix(self) -> str:
        return f"{self.path}." if self.path else ""


@dataclass(frozen=True)
class ReportField:
    """A field within a report type: where it is (`path`), what it is called there, and the sources on the way to it."""

    path: str
    label: str
    field: Field
    source: ReportSource
    lookups: tuple[ReportSource, ...] = ()
    made: Bucket | RowFormula | None = None  # by the report or its type


class ReportTypeView:
    """A report type together with the schema it speaks of."""

    def __init__(self, name: str, definition: ReportType, schema: Schema, standard: bool = False,
                 made: tuple[Bucket | RowFormula, ...] = (), shared: Shared | None = None) -> None:
        self.name = name
        self.definition = definition
        self.schema = schema
        self.standard = standard
        self.shared = shared or {}
        self.related: dict[str, tuple[ReportField, ReportTypeView, str]] = {}  # what `related_view` found
        self.made = {one.name: one for one in (*definition.buckets, *definition.formulas, *made)}
        self._made_fields: dict[str, ReportField] = {}
        self.checked: dict[str, Checked] = {}  # the formulas, once somebody asked for one
        self.label, self.description, self.category = definition.label, definition.description, definition.category

    @cached_property
    def sources(self) -> dict[str, ReportSource]:
        """The primary object and the related objects whose records stand in the rows, by path, parents before children.

        Raises for a relationship that isn't there.
        """
        return {path: source for path, source in self.tree.items() if source.kind != "lookup" and path not in self.absent}

    @property
    def absent(self) -> tuple[str, ...]:
        """The related objects, by path, of which there must be no record ("without")."""
        return tuple(related.relationship for related in self.definition.related_objects if related.join == "without")

    @cached_property
    def tree(self) -> dict[str, ReportSource]:
        """All objects by path: the primary one, the related ones, and those of the lookups on which related ones hang."""
        found = {"": ReportSource("", self.definition.primary_object, "primary")}
        for related in self.definition.related_objects:
            parent, _, name = related.relationship.rpartition(".")
            if any(f"{parent}.".startswith(f"{one}.") for one in self.absent):
                raise DefinitionError(Problem("below-without", f"nothing can hang on {parent!r}, which the report type is without",
                                              hint="a report's filter can ask for records without related ones that meet conditions"))
            self._reach(parent, found)
            if parent not in found:
                raise DefinitionError(Problem("unknown-relationship",
                                              f"{parent!r} must be a related object before {related.relationship!r}"))
            if related.relationship in found:
                raise DefinitionError(Problem("twice", f"related object {related.relationship!r} stands here a second time"))
            described = self.schema.describe(found[parent].object)
            if name not in described.children:
                raise DefinitionError(Problem("unknown-relationship", f"{described.label} has no child relationship {name!r}",
                                              hint=did_you_mean(name, described.children)))
            child = described.children[name]
            found[related.relationship] = ReportSource(related.relationship, child.object, "child", parent, child.lookup,
                                                       required=related.join == "with")
        return found

    def _reach(self, path: str, found: dict[str, ReportSource]) -> None:
        """Adds the lookups on the way along this path, as far as there are such."""
        source = found[""]
        for step in path.split(".") if path else ():
            lookup = self.schema.describe(source.object).fields.get(step)
            if source.prefix + step not in found and lookup is not None and lookup.to:
                found[source.prefix + step] = ReportSource(source.prefix + step, lookup.to, "lookup", source.path, step, required=False)
            if source.prefix + step not in found:
                return
            source = found[source.prefix + step]

    def with_fields_of(self, report: Report) -> ReportTypeView:
        """The same with the buckets and formulas of a report."""
        made: tuple[Bucket | RowFormula, ...] = (*report.buckets, *report.formulas)
        return ReportTypeView(self.name, self.definition, self.schema, self.standard, made, self.shared) if made else self

    @property
    def objects(self) -> tuple[str, ...]:
        """The primary and related objects, as people call them."""
        plural = {path: self.schema.describe(source.object).plural_label for path, source in self.tree.items() if source.kind != "lookup"}
        return tuple(f"without {label}" if path in self.absent else label for path, label in plural.items())

    def may_be_read(self, access: Access) -> bool:
        """Whether this user may read all the objects, also those it is without."""
        return all(access.may("read", source.object) for source in self.tree.values())

    @cached_property
    def sections(self) -> tuple[tuple[str, tuple[ReportField, ...]], ...]:
        """What the designer offers: (label, fields). As defined, or by object and its lookups when nothing is defined."""
        names = [one.name for one in self.definition.buckets] + [one.name for one in self.definition.formulas]
        made = [made_field(self, self.made[name]) for name in names]
        made += [self.follow(path) for source in self.sources.values() for path in self._shared_paths(source) if path not in self.stored]
        return (*self._sections(), *([(CALCULATED, tuple(made))] if made else []))

    def _sections(self) -> tuple[tuple[str, tuple[ReportField, ...]], ...]:
        if self.definition.sections:
            return tuple((section.label, tuple(self.follow(column.field, column.label) for column in section.columns))
                         for section in self.definition.sections)
        return tuple(self._standard_sections())

    @cached_property
    def fields(self) -> dict[str, ReportField]:
        """Every offered field by path."""
        return {field.path: field for _, fields in self.sections for field in fields}

    @cached_property
    def stored(self) -> dict[str, ReportField]:
        """The offered fields that objects have."""
        return {field.path: field for _, fields in self._sections() for field in fields}

    def find(self, path: str) -> ReportField:
        """The field at this path. Raises NotFound with the nearest path, also for one that the type does not offer; DefinitionError for a
        formula that can't be calculated."""
        if path in self.made:
            if path not in self._made_fields:
                self._made_fields[path] = made_field(self, self.made[path])
            return self._made_fields[path]
        if self.definition.sections and path in self.stored:
            return self.sound(self.stored[path])
        around, _, name = path.rpartition(".")
        source = self.sources.get(around)
        # An object's id only counts its records, so that every source may be counted.
        if self.definition.sections and not (source and (name == "id" or name in self.shared.get(source.object, ()))):
            raise NotFound(Problem("unknown-field", f"report type {self.name!r} has no column {path!r}",
                                   hint=did_you_mean(path, self.fields)))
        return self.sound(self.follow(path))

    def sound(self, found: ReportField) -> ReportField:
        """The same, unless it is a formula field that can't be calculated any more; then DefinitionError is raised."""
        ensure_sound(self.schema, found.field)
        return found

    def may_be_seen(self, found: ReportField, access: Access) -> bool:
        """Whether this user may see a field; a bucket, if they may see what it is made of."""
        from crmlib.reports.made_fields import bucketed

        while isinstance(found.made, Bucket):
            found = bucketed(self, found.made)
        if found.made is None:
            return may_see(access, found.field, self.schema)
        return access.may_read_field(found.field.object, found.field.name)

    def follow(self, path: str, label: str = "") -> ReportField:
        """The field at the end of a path through related objects and lookups, offered or not."""
        *steps, last = path.split(".")
        source = start = self.sources[""]
        lookups, labels = list[ReportSource](), list[str]()
        for step in steps:
            child = self.sources.get(source.prefix + step) if step else None
            described = self.schema.describe(source.object)
            if child is not None:
                source = start = child
                lookups.clear()
                labels.clear()
            elif step in described.fields and (to := described.fields[step].to):
                source = ReportSource(source.prefix + step, to, "lookup", source.path, step, required=False)
                lookups.append(source)
                labels.append(described.fields[step].label)
            else:
                lookup_names = [name for name, field in described.fields.items() if field.to]
                hint = (f"the report type is without {step!r}: there are none to show" if source.prefix + step in self.absent else
                        f"{step!r} is a child relationship: the report type must name it under related_objects"
                        if step in described.children else did_you_mean(step, lookup_names))
                raise NotFound(Problem("unknown-field", f"{path!r}: {described.label} has no lookup {step!r}", hint=hint))
        described = self.schema.describe(source.object)
        shared = self.shared.get(source.object, {})
        if last in shared:
            from crmlib.reports.made_fields import shared_bucket_field

            bucket = shared_bucket_field(self._unshared, shared[last], source.prefix)
            return replace(bucket, label=label or self._label(bucket.field, source, labels, start))
        if last not in described.fields:
            raise NotFound(Problem("unknown-field", f"{path!r}: {described.label} has no field {last!r}",
                                   hint=did_you_mean(last, [*described.fields, *shared])))
        field = described.fields[last]
        return ReportField(path, label or self._label(field, source, labels, start), field, source, tuple(lookups))

    @cached_property
    def _unshared(self) -> ReportTypeView:
        return ReportTypeView(self.name, self.definition, self.schema)

    def _shared_paths(self, source: ReportSource) -> list[str]:
        """Where the shared buckets of a source's records stand, without those in whose place a bucket of the same name was made."""
        return [path for name in self.shared.get(source.object, ()) if (path := source.prefix + name) not in self.made]

    def joined_with(self, source: ReportSource) -> tuple[Field, ...]:
        """Of a junction, the lookups to what it joins the source above with: of contact roles of a deal, the contact.

        A junction belongs to another record, or requires several.
        """
        described = self.schema.describe(source.object)
        lookups = [field for field in described.fields.values() if field.to and field.name not in (*BY_THE_SYSTEM, source.via)]
        is_junction = described.controlled_by or sum(field.required for field in described.fields.values() if field.to) > 1
        return tuple(lookups) if source.kind == "child" and is_junction else ()

    def _label(self, field: Field, source: ReportSource, lookups: list[str], start: ReportSource) -> str:
        """'Amount', 'Account Industry' for account.industry, 'Account Owner' for account.owner.name.

        start: the primary or related object that the lookups begin at; it is named if the primary object has such a lookup as well.
        """
        described = self.schema.describe(source.object)
        if lookups:
            around = [self.schema.describe(start.object).label] if start.path and lookups[0] in self._primary_labels else []
            return " ".join([*around, *lookups] if field.name == "name" else [*around, *lookups, field.label])
        if (source.path and field.label in self._primary_labels) or field.label == "Name":
            return f"{described.label} {field.label}"
        return field.label

    @cached_property
    def _primary_labels(self) -> set[str]:
        primary = self.definition.primary_object
        shared = self.shared.get(primary, {}).values()
        return {field.label for field in self.schema.describe(primary).fields.values()} | {one.label or one.name for one in shared}

    def _standard_sections(self) -> Iterator[tuple[str, tuple[ReportField, ...]]]:
        for source in self.sources.values():
            described, joined = self.schema.describe(source.object), self.joined_with(source)
            shown = [name for name in described.fields if name not in (*HIDDEN_IN_STANDARD, source.via)]
            yield described.label, tuple(self.follow(path) for path in (*(source.prefix + name for name in shown),
                                                                        *self._shared_paths(source)))
            others = [field for field in described.fields.values() if field.to and field not in joined]
            for lookup in (*joined, *others):
                if lookup.name in ("created_by", "modified_by", source.via):
                    continue
                fields = self.schema.describe(lookup.to or "").fields.values()
                wanted = [field.name for field in fields if field.name not in HIDDEN_IN_STANDARD
                          and (lookup in joined or not (field.to or field.name == "id"))]
                wanted += self.shared.get(lookup.to or "", ())
                yield self.section_label(source, lookup), tuple(self.follow(f"{source.prefix}{lookup.name}.{name}") for name in wanted)

    def section_label(self, source: ReportSource, lookup: Field) -> str:
        """What the fields of a lookup's record stand under: 'Account', 'Contact' of a contact role, 'Meeting: Account' of others."""
        is_own = not source.path or (lookup in self.joined_with(source) and lookup.label not in self._primary_labels)
        return lookup.label if is_own else f"{self.schema.describe(source.object).label}: {lookup.label}"


def decided_by(path: str, sources: Mapping[str, ReportSource]) -> set[str]:
    """The sources of which a record of this source has exactly one: upwards from children, and along lookups."""
    decided: set[str] = set()
    reached = {path}
    while reached:
        decided |= reached
        reached = {source.path for source in sources.values() if source.kind == "lookup" and source.parent in decided}
        reached |= {sources[one].parent for one in decided if sources[one].kind == "child"}
        reached -= decided
    return decided


def standard_report_types(schema: Schema, shared: Shared | None = None) -> dict[str, ReportTypeView]:
    """One for every object, and one for every parent with its children."""
    found = {}
    for described in schema:
        plural = described.table.name
        found[plural] = ReportTypeView(plural, ReportType(
            label=described.plural_label, primary_object=described.name, category="Standard",
            description=described.help or f"All {described.plural_label.lower()}."), schema, standard=True, shared=shared)
        for child in described.children.values():
            name = f"{plural}_with_{child.name}"
            found[name] = ReportTypeView(name, ReportType(
                label=f"{described.plural_label} with {child.label}", primary_object=described.name, category="Standard",
                description=f"{described.plural_label} that have {child.label.lower()}, one row for each of these.",
                related_objects=(RelatedObject(relationship=child.name, join="with"),)), schema, standard=True, shared=shared)
    return found


def check_report_type(definition: ReportType, schema: Schema, name: str = "",
                      shared: Shared | None = None) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    """Every problem of meaning, with the path of the key it stands at."""
    if definition.primary_object not in schema:
        yield ("primary_object",), Problem("unknown-object", f"there is no object {definition.primary_object!r}",
                                           hint=did_you_mean(definition.primary_object, schema.names))
        return
    sound: list[RelatedObject] = []
    for index, related in enumerate(definition.related_objects):
        try:
            _ = ReportTypeView(name, definition.model_copy(update={"related_objects": (*sound, related)}), schema).sources
            sound.append(related)
        except DefinitionError as error:
            yield ("related_objects", index), error.problems[0]
    view = ReportTypeView(name, definition.model_copy(update={"related_objects": tuple(sound)}), schema, shared=shared)
    from crmlib.reports.made_fields import check_made

    named = {one.name: (key, index) for key in ("buckets", "formulas") for index, one in enumerate(getattr(definition, key))}
    yield from ((named[made], problem) for made, problem in check_made(view))
    seen: set[str] = set()
    for number, section in enumerate(definition.sections):
        for index, column in enumerate(section.columns):
            place = ("sections", number, "columns", index)
            if column.field in seen:
                yield place, Problem("twice", f"column {column.field!r} stands here a second time")
            seen.add(column.field)
            try:
                view.follow(column.field)
            except NotFound as error:
                yield place, error.problems[0]


def check_shared_buckets(definition: SharedBuckets, object_name: str, schema: Schema) -> Iterator[tuple[int, Problem]]:
    """Every problem of meaning, with the index of the bucket. The object is there."""
    from crmlib.reports.made_fields import check_made

    places: dict[str, int] = {}
    for index, bucket in enumerate(definition.buckets):
        if bucket.name in places:
            yield index, Problem("twice", f"bucket {bucket.name!r} stands here a second time")
        places.setdefault(bucket.name, index)
    plain = ReportType(label=object_name, primary_object=object_name, buckets=definition.buckets)
    yield from ((places[name], problem) for name, problem in check_made(ReportTypeView(object_name, plain, schema)))


def made_field(view: ReportTypeView, made: Bucket | RowFormula) -> ReportField:
    """A bucket or formula as a field among the others. Raises NotFound or DefinitionError."""
    from crmlib.reports.made_fields import bucket_field, formula_field

    return bucket_field(view, made) if isinstance(made, Bucket) else formula_field(view, made)
