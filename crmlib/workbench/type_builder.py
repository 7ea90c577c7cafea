"""Making a report type: a primary object, related objects, fields through lookups; the YAML grows as one chooses.

    state = TypeBuilder(org)
    state.choose_primary("opportunity"); state.relate("line_items", "with")
    state.tick("account.industry", True); state.yaml
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from traitlets import HasTraits, Instance, Unicode

from crmlib.errors import DefinitionError, NotFound, Problem
from crmlib.model.schema import Field, ObjectType
from crmlib.reports.catalog import name_for
from crmlib.reports.definition import RelatedObject, ReportType, Section, SectionColumn, to_yaml
from crmlib.reports.report_types import CALCULATED, ReportTypeView
from crmlib.security.access import may_see

OWN_CATEGORY = "Our own"
DEEPEST = 8
"""Lookups lead in circles (an account's owner's manager's manager ...); nobody needs to go further."""


@dataclass(frozen=True)
class Relationship:
    """A child relationship that may be taken in, as a tree. join: how it is in, "" when it is not. children: those of its object,
    if that has records in the rows."""

    path: str
    label: str
    child_label: str
    join: str
    children: tuple[Relationship, ...]


class TypeBuilder(HasTraits):
    """One report type being made or changed. name: of its file, "" while it has none. saved: as it is saved."""

    definition = Instance(ReportType)
    saved = Instance(ReportType, allow_none=True)
    name = Unicode()

    def __init__(self, org: Any, definition: ReportType | None = None, name: str = "") -> None:
        self.org = org
        super().__init__(definition=definition or ReportType(label="", primary_object="", category=OWN_CATEGORY), name=name,
                         saved=definition if name else None)

    @classmethod
    def open(cls, org: Any, route: str) -> TypeBuilder:
        """'new', 'copy/NAME' for one that begins as another one, or the NAME of a custom type. Raises NotFound."""
        if route == "new":
            return cls(org)
        verb, _, name = route.partition("/")
        if verb == "copy" and name:
            view: ReportTypeView = org.catalog.report_type(name)
            offered = tuple(Section(label=label, columns=tuple(SectionColumn(field=field.path) for field in fields))
                            for label, fields in view.sections if label != CALCULATED)
            return cls(org, view.definition.model_copy(update={
                "label": f"{view.label} (copy)", "category": OWN_CATEGORY, "sections": view.definition.sections or offered}))
        view = org.catalog.report_type(route)
        if view.standard:
            raise NotFound(Problem("standard-report-type", f"{view.label!r} is a standard report type and can't be changed",
                                   hint="make one of your own from it"))
        return cls(org, view.definition, route)

    # --- What may be chosen from

    @property
    def objects(self) -> list[ObjectType]:
        """Those this user may read, by label."""
        readable = (described for described in self.org.schema if self.org.user.may("read", described.name))
        return sorted(readable, key=lambda described: described.plural_label)

    @property
    def view(self) -> ReportTypeView | None:
        """The report type as it stands, None before there is a primary object."""
        if self.definition.primary_object not in self.org.schema:
            return None
        return ReportTypeView(self.name, self.definition, self.org.schema, shared=self.org.catalog.shared)

    @property
    def roots(self) -> list[tuple[str, str]]:
        """(prefix, label) of the primary and related objects, and of what junctions join them with: "contact_roles.contact."."""
        found = []
        for source in self.view.sources.values() if self.view else ():
            found.append((source.prefix, self.org.schema.describe(source.object).label))
            found += [(f"{source.prefix}{lookup.name}.", self.prefix_label(f"{source.prefix}{lookup.name}."))
                      for lookup in self.view.joined_with(source) if self.org.user.may("read", lookup.to)]  # type: ignore[union-attr]
        return found

    def relationships(self, path: str = "", object_name: str = "") -> tuple[Relationship, ...]:
        """The children of the primary object, and below each that is in, its own."""
        object_name = object_name or self.definition.primary_object
        if object_name not in self.org.schema:
            return ()
        chosen = {related.relationship: related for related in self.definition.related_objects}
        found = []
        for child in self.org.schema.describe(object_name).children.values():
            if not self.org.user.may("read", child.object):
                continue
            here = f"{path}.{child.name}" if path else child.name
            join = chosen[here].join if here in chosen else ""
            found.append(Relationship(here, child.label, self.org.schema.describe(child.object).plural_label, join,
                                      self._below(here, child.object) if join in ("with", "with_or_without") else ()))
        return tuple(found)

    def _below(self, path: str, object_name: str) -> tuple[Relationship, ...]:
        """The children of a related object and, of a junction, those of what it joins with: 'Contact: Cases'."""
        assert self.view is not None
        found = self.relationships(path, object_name)
        for lookup in self.view.joined_with(self.view.sources[path]):
            beyond = self.relationships(f"{path}.{lookup.name}", lookup.to or "") if self.org.user.may("read", lookup.to) else ()
            found += tuple(replace(one, label=f"{lookup.label}: {one.label}") for one in beyond)
        return found

    def fields(self, prefix: str) -> list[tuple[str, Field]]:
        """(path, field) of the object reached by a prefix ('', 'account.', 'line_items.product.'), as far as this user may see; then the
        shared buckets of this object."""
        described = self.object_at(prefix)
        fields = [(prefix + field.name, field) for field in described.fields.values() if may_see(self.org.user, field, self.org.schema)]
        view = self.view
        assert view is not None
        shared = [view.follow(prefix + name) for name in view.shared.get(described.name, ())]
        return fields + [(found.path, found.field) for found in shared if view.may_be_seen(found, self.org.user)]

    def object_at(self, prefix: str) -> ObjectType:
        """The object that a prefix leads to, through related objects and lookups. Raises NotFound."""
        sources = self.view.sources if self.view else {}
        if not sources or prefix.count(".") > DEEPEST:
            raise NotFound(Problem("unknown-field", f"{prefix!r} leads nowhere"))
        path, object_name = "", sources[""].object
        for step in prefix.split(".")[:-1]:
            path = f"{path}.{step}" if path else step
            described = self.org.schema.describe(object_name)
            if path in sources:
                object_name = sources[path].object
            elif step in described.fields and described.fields[step].to:
                object_name = described.fields[step].to
            else:
                raise NotFound(Problem("unknown-field", f"{prefix!r} leads nowhere"))
        return self.org.schema.describe(object_name)

    @property
    def ticked(self) -> set[str]:
        return {column.field for section in self.definition.sections for column in section.columns}

    def prefix_label(self, prefix: str) -> str:
        """What a section of these fields is called: 'Opportunity', 'Account', 'Account: Owner', 'Meeting: Account'."""
        assert self.view is not None
        source, path = self.view.sources[""], ""
        object_name, labels = source.object, list[str]()
        for step in prefix.split(".")[:-1]:
            path = f"{path}.{step}" if path else step
            described = self.org.schema.describe(object_name)
            if path in self.view.sources:
                source = self.view.sources[path]
                object_name, labels = source.object, []
            else:
                lookup = described.field(step)
                labels.append(lookup.label if labels else self.view.section_label(source, lookup))
                object_name = lookup.to or ""
        return ": ".join(labels) or self.org.schema.describe(object_name).label

    # --- Changes

    def change(self, **parts: Any) -> None:
        self.definition = self.definition.model_copy(update=parts)

    def deploy(self, deployed: bool) -> None:
        """Ready for everybody, or still in development."""
        self.change(deployed=deployed)

    def describe(self, label: str | None = None, description: str | None = None, category: str | None = None) -> None:
        given = {"label": label, "description": description, "category": category}
        self.change(**{name: value.strip() for name, value in given.items() if value is not None})

    def choose_primary(self, name: str) -> None:
        """Begin anew with this object; what was chosen for another one can't stay. A label nobody gave follows."""
        described = self.org.schema.describe(name)
        if not self.org.user.may("read", name):
            raise NotFound(Problem("unknown-object", f"there is no object {name!r}"))
        if name == self.definition.primary_object:
            return
        before = self.definition.primary_object
        was_given = before in self.org.schema and self.definition.label != self.org.schema.describe(before).plural_label
        label = self.definition.label if self.definition.label and (was_given or not before) else described.plural_label
        self.change(primary_object=name, related_objects=(), sections=(), buckets=(), formulas=(), label=label)

    def relate(self, path: str, join: str) -> None:
        """Take a relationship in: "with", "with_or_without" or "without", which has no fields and nothing below it."""
        related = RelatedObject.model_validate({"relationship": path, "join": join})
        changed = self._without_inside(path) if join == "without" else self.definition
        kept = changed.related_objects
        is_in = any(one.relationship == path for one in kept)
        changed = changed.model_copy(update={"related_objects": tuple(
            related if one.relationship == path else one for one in kept) if is_in else (*kept, related)})
        _ = ReportTypeView(self.name, changed, self.org.schema).sources  # raises for a relationship that isn't there
        self.definition = changed

    def unrelate(self, path: str) -> None:
        """Take a relationship out, with all below it and the fields that came with them."""
        changed = self._without_inside(path)
        self.definition = changed.model_copy(update={
            "related_objects": tuple(one for one in changed.related_objects if one.relationship != path)})

    def _without_inside(self, path: str) -> ReportType:
        """The definition without the fields of a related object and without what hangs on it."""
        inside = f"{path}."
        sections = (section.model_copy(update={"columns": tuple(one for one in section.columns if not one.field.startswith(inside))})
                    for section in self.definition.sections)
        return self.definition.model_copy(update={
            "related_objects": tuple(one for one in self.definition.related_objects if not one.relationship.startswith(inside)),
            "sections": tuple(section for section in sections if section.columns)})

    def tick(self, path: str, ticked: bool) -> None:
        """A field is wanted or not; it joins the section of its kind, or begins one."""
        prefix = path[:path.rfind(".") + 1]
        self.object_at(prefix)
        assert self.view is not None
        self.view.follow(path)
        if not ticked:
            self._columns(lambda columns: tuple(column for column in columns if column.field != path))
        elif path not in self.ticked:
            column = SectionColumn(field=path)
            sections = list(self.definition.sections)
            for number, section in enumerate(sections):
                if any(one.field[:one.field.rfind(".") + 1] == prefix for one in section.columns):
                    sections[number] = section.model_copy(update={"columns": (*section.columns, column)})
                    break
            else:
                sections.append(Section(label=self.prefix_label(prefix), columns=(column,)))
            self.change(sections=tuple(sections))

    def tick_all(self, prefix: str, ticked: bool) -> None:
        for path, _ in self.fields(prefix):
            self.tick(path, ticked)

    def label_field(self, path: str, label: str) -> None:
        self._change_column(path, label=label.strip())

    def make_default(self, path: str, default: bool) -> None:
        """Whether a new report begins with this column."""
        self._change_column(path, default=default)

    def label_section(self, number: int, label: str) -> None:
        section = self._section(number)
        self._replace_section(number, section.model_copy(update={"label": label.strip() or section.label}))

    def move_section(self, number: int, by: int) -> None:
        self._section(number)
        sections = list(self.definition.sections)
        if 0 <= number + by < len(sections):
            sections.insert(number + by, sections.pop(number))
            self.change(sections=tuple(sections))

    def move_field(self, path: str, by: int) -> None:
        """Up or down within its section."""
        for number, section in enumerate(self.definition.sections):
            paths = [column.field for column in section.columns]
            if path in paths and 0 <= paths.index(path) + by < len(paths):
                columns = list(section.columns)
                columns.insert(paths.index(path) + by, columns.pop(paths.index(path)))
                self._replace_section(number, section.model_copy(update={"columns": tuple(columns)}))
                return

    # --- What comes of it

    @property
    def yaml(self) -> str:
        return to_yaml(self.definition)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, in words; a fresh page is not wrong yet."""
        if not self.definition.primary_object:
            return ()
        found = [] if self.definition.label else [Problem("missing-value", "the report type has no name", "label")]
        return (*found, *self.org.catalog.problems_of(self.definition))

    @property
    def is_unsaved(self) -> bool:
        return bool(self.definition.primary_object) and self.definition != self.saved

    def save(self) -> str:
        """Write the YAML; its name. Raises DefinitionError with all problems, or when the name is another type's."""
        if not self.definition.primary_object:
            raise DefinitionError(Problem("missing-value", "choose an object first", "primary_object"))
        if self.problems:
            raise DefinitionError(self.problems)
        name = self.name or name_for(self.definition.label)
        self.org.catalog.save_report_type(self.definition, name, overwrite=bool(self.name))
        self.name, self.saved = name, self.definition
        return name

    def _section(self, number: int) -> Section:
        if not 0 <= number < len(self.definition.sections):
            raise DefinitionError(Problem("no-such-part", "this is not in the report type any more"))
        return self.definition.sections[number]

    def _replace_section(self, number: int, section: Section) -> None:
        sections = self.definition.sections
        self.change(sections=(*sections[:number], section, *sections[number + 1:]))

    def _change_column(self, path: str, **values: Any) -> None:
        self._columns(lambda columns: tuple(
            column.model_copy(update=values) if column.field == path else column for column in columns))

    def _columns(self, changed: Any) -> None:
        sections = [section.model_copy(update={"columns": changed(section.columns)}) for section in self.definition.sections]
        self.change(sections=tuple(section for section in sections if section.columns))
