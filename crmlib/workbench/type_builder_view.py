"""The report type page: objects, fields and labels on the left, what comes of them on the right."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from crmlib.model.schema import Field
from crmlib.workbench import sent
from crmlib.workbench.screen import YAML, render
from crmlib.workbench.type_builder import TypeBuilder

if TYPE_CHECKING:
    from crmlib.workbench.reports_page import ReportsPage

JOINS = {"": "not in it", "with": "with", "with_or_without": "with or without", "without": "without"}
"""How a related object may be in, with the words for it."""


class TypeBuilderView:
    """One report type on the screen. `open`: the objects whose fields are shown, by the prefix that leads to them."""

    kind, tab = "type", "types"

    def __init__(self, page: ReportsPage, state: TypeBuilder, route: str) -> None:
        self.page, self.state, self.route = page, state, route
        self.open: set[str] = {""} if not state.ticked else set()
        self.labelling = ""

    @property
    def title(self) -> str:
        return self.state.definition.label or "New report type"

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        state = self.state
        return {
            "choose_primary": lambda item, value: self.choose_primary(sent.text(value)),
            "relate": lambda item, value: self.relate(sent.text(item), sent.text(value)),
            "open_fields": lambda item, value: self.open.symmetric_difference_update({sent.text(value)}),
            "tick": lambda item, value: state.tick(sent.text(item), sent.flag(value)),
            "tick_all": lambda item, value: state.tick_all(sent.text(value), True),
            "tick_none": lambda item, value: state.tick_all(sent.text(value), False),
            "untick": lambda item, value: state.tick(sent.text(value), False),
            "set_type_label": lambda item, value: state.describe(label=sent.text(value)),
            "set_description": lambda item, value: state.describe(description=sent.text(value)),
            "set_category": lambda item, value: state.describe(category=sent.text(value)),
            "deploy": lambda item, value: state.deploy(sent.flag(value)),
            "make_default": lambda item, value: state.make_default(sent.text(item), sent.flag(value)),
            "label_field": lambda item, value: self.label_field(sent.text(item), sent.text(value)),
            "start_labelling": lambda item, value: self.start_labelling(sent.text(value)),
            "label_section": lambda item, value: state.label_section(sent.number(item), sent.text(value)),
            "section_up": lambda item, value: state.move_section(sent.number(value), -1),
            "section_down": lambda item, value: state.move_section(sent.number(value), 1),
            "field_up": lambda item, value: state.move_field(sent.text(value), -1),
            "field_down": lambda item, value: state.move_field(sent.text(value), 1),
            "save_type": lambda item, value: self.save(),
            "download_yaml": lambda item, value: self.page.download(f"{self.state.name or 'report_type'}.yaml", state.yaml.encode(), YAML),
        }

    def choose_primary(self, name: str) -> None:
        self.state.choose_primary(name)
        self.open = {""}

    def relate(self, path: str, join: str) -> None:
        if join in ("with", "with_or_without", "without"):
            self.state.relate(path, join)
        else:
            self.state.unrelate(path)
        if join not in ("with", "with_or_without"):
            self.open = {prefix for prefix in self.open if not prefix.startswith(f"{path}.")}

    def start_labelling(self, path: str) -> None:
        self.labelling = path

    def label_field(self, path: str, label: str) -> None:
        self.labelling = ""
        self.state.label_field(path, label)

    def save(self) -> None:
        name = self.state.save()
        self.route = f"types/{name}"
        self.page.say(f"Saved the report type '{self.state.definition.label}' as {name}.yaml.", "Make a report on it",
                      lambda: self.page.begin_report(name))

    def html(self) -> Markup:
        state = self.state
        view = state.view
        roots = dict(state.roots)
        trees = [self.tree(prefix, label, roots) for prefix, label in roots.items()]
        offers_all = view is not None and not state.definition.sections and not state.problems
        return render("type_builder.html", state=state, definition=state.definition, objects=state.objects,
                      relationships=state.relationships(), joins=JOINS, trees=trees, sections=self.sections(), labelling=self.labelling,
                      yaml=state.yaml, problems_found=state.problems, every_field=len(view.fields) if view and offers_all else 0)

    def sections(self) -> list[dict[str, Any]]:
        """The sections as chosen, with what each column is called if it has no label of its own."""
        view = self.state.view
        if view is None or self.state.problems:
            return []
        return [{"number": number, "label": section.label, "columns": [
            {"path": column.field, "label": column.label, "default": column.default, "standard": view.follow(column.field).label}
            for column in section.columns]}
            for number, section in enumerate(self.state.definition.sections)]

    def tree(self, prefix: str, label: str, roots: Collection[str]) -> dict[str, Any]:
        """An object's fields, and below opened lookups those of their objects. roots: prefixes with a tree of their own."""
        def leads_on(path: str, field: Field) -> bool:
            return bool(field.to) and f"{path}." not in roots and self.state.org.user.may("read", field.to)

        is_open = prefix in self.open
        ticked = self.state.ticked
        fields = [{"path": path, "label": field.label, "type": field.type.label, "ticked": path in ticked,
                   "tree": self.tree(f"{path}.", field.label, roots) if leads_on(path, field) else None}
                  for path, field in self.state.fields(prefix)] if is_open else []
        return {"prefix": prefix, "label": label, "is_open": is_open, "fields": fields,
                "count": sum(one.startswith(prefix) and "." not in one[len(prefix):] for one in ticked)}
