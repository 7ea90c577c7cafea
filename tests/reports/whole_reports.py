"""Random reports with everything that a report can have, each with what its formulas mean in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crmlib.reports.aggregates import AGGREGATES, OFFERED
from crmlib.reports.definition import Aggregate, Report
from crmlib.reports.granularities import GRANULARITIES
from crmlib.reports.show_as import SHOW_AS
from tests.reports.asking import view_of
from tests.reports.oracle import At
from tests.reports.plain_rows import Formula
from tests.reports.random_reports import TYPES, USERS, fields_of, filters, schema

CHILDREN = ("tasks", "calls", "opportunities", "line_items", "contact_roles", "account.opportunities", "opportunity.line_items",
            "account.calls", "opportunities.line_items", "subsidiaries")
"""Relationships that filters ask for, of report types that have them."""
ORDERED = ("number", "date", "datetime")
ASKED = dict(OFFERED.items()) | {"percentile_33": AGGREGATES["percentile_33"]}


@dataclass(frozen=True)
class Whole:
    """A drawn report: its type by name, who asks, what is answered, and what its formulas mean."""

    type: str
    user: str
    report: Report
    answers: Mapping[str, Any] = field(default_factory=dict)
    row_formulas: Mapping[str, Formula] = field(default_factory=dict)
    summary_formulas: Mapping[str, tuple[tuple[str, ...], Callable[[At], Any]]] = field(default_factory=dict)


@st.composite
def whole_reports(draw: st.DrawFn) -> Whole:
    drawing = Drawing(draw, draw(st.sampled_from(sorted(TYPES))))
    content: dict[str, Any] = {"label": "Asked", "report_type": view_of(schema(), TYPES[drawing.type]).name}
    content["buckets"] = drawing.buckets()
    content["formulas"] = drawing.formulas()
    aggregates = drawing.aggregates()
    groupings = drawing.groupings(aggregates)
    down = draw(st.integers(1, len(groupings))) if groupings else 0
    content |= {"groupings_down": groupings[:down], "groupings_across": groupings[down:]}
    content["aggregates"] = [*aggregates, *drawing.summaries(groupings)]
    content["having"] = drawing.having(aggregates) if groupings else []
    content["filters"], answers = drawing.filters()
    if content["filters"] and draw(st.booleans()):
        content["filter_logic"] = logic(draw, [str(number) for number in range(1, len(content["filters"]) + 1)])
    content["columns"] = draw(st.lists(st.sampled_from(sorted(drawing.families)), max_size=2, unique=True)) or ["name"]
    content |= {"show_details": True, "scope": draw(st.sampled_from(["all", "all", "all", "mine", "team"]))}
    return Whole(drawing.type, draw(st.sampled_from(USERS)), Report.model_validate(content), answers, drawing.meant, drawing.calculated)


def logic(draw: st.DrawFn, terms: list[str]) -> str:
    """Terms put together two by two, each with or without NOT, in brackets or not."""
    while len(terms) > 1:
        first, second = terms.pop(), terms.pop()
        together = f"{first} {draw(st.sampled_from(['AND', 'OR', 'or']))} {second}"
        terms.insert(0, draw(st.sampled_from(["({})", "NOT ({})", "not ( NOT({}))"])).format(together))
    return draw(st.sampled_from(["{}", "NOT {}"])).format(terms[0])


class Drawing:
    """A report in the making. families: those of all fields that it may name, by path."""

    def __init__(self, draw: st.DrawFn, type_name: str) -> None:
        self.draw, self.type = draw, type_name
        self.fields = fields_of(type_name)
        self.families = {path: found.field.family for path, found in self.fields.items()}
        self.values = {path: bool(found.field.values) for path, found in self.fields.items()}
        self.labels: dict[str, list[str]] = {}
        self.meant: dict[str, Formula] = {}
        self.calculated: dict[str, tuple[tuple[str, ...], Callable[[At], Any]]] = {}

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def one(self, choices: Any) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    def paths(self, *families: str) -> list[str]:
        return [path for path, family in self.families.items() if family in families]

    # Fields made of others

    def buckets(self) -> list[dict[str, Any]]:
        if not self.chance(3):
            return []
        path = self.one([*self.paths("number", "date", "picklist"), *self.paths("lookup")])
        family = self.families[path]
        bucket: dict[str, Any] = {"name": "size", "field": path}
        if family in ("number", "date"):
            ends = self.one([[1000, 20000], [0, 5]]) if family == "number" else self.one([["LAST_MONTH", "TODAY"], ["THIS_YEAR"]])
            bucket["ranges"] = [{"label": f"R{number}", "up_to": end} for number, end in zip((2, 1), ends, strict=False)]
            if self.chance(2):
                bucket["ranges"].append({"label": "Above"})
        else:
            found = self.fields[path].field
            values = found.values[:4] if family == "picklist" else ("Femke Sikkema", "won", "Hendrik Bos")
            bucket["values"] = [{"label": "First", "values": [one.upper() for one in values[:2]]}, {"label": "A", "values": values[2:]}]
        self.families["size"], self.values["size"] = "picklist", True
        self.labels["size"] = [one["label"] for one in (*bucket.get("ranges", ()), *bucket.get("values", ()))]
        return [bucket]

    def formulas(self) -> list[dict[str, Any]]:
        """A difference, or what is larger, of two numbers of one record."""
        numbers = [path for path, found in self.fields.items() if found.field.type.name in ("currency", "number", "integer")]
        if not numbers or not self.chance(3):
            return []
        first = self.one(numbers)
        second = self.one(path for path in numbers if path.rpartition(".")[0] == first.rpartition(".")[0])
        blank = self.draw(st.booleans())

        def number(value: Any) -> Any:
            return value if blank or value is not None else 0

        def gap(left: Any, right: Any) -> Any:
            found = None if number(left) is None or number(right) is None else Decimal(number(left)) - Decimal(number(right)) * 2
            return None if found is None else found.quantize(Decimal("0.01"), "ROUND_HALF_UP")

        def larger(left: Any, right: Any) -> str:
            return "left" if number(left) is not None and number(right) is not None and number(left) > number(right) else "right"

        text, means, kind = self.one([(f"{first} - {second} * 2", gap, "number"),
                                      (f"IF({first} > {second}, 'left', 'right')", larger, "text")])
        self.meant["made"] = Formula((first, second), means, kind)
        self.families["made"], self.values["made"] = kind, False
        return [{"name": "made", "formula": text, "type": kind, "blank_as": "blank" if blank else "zero"}]

    # Figures

    def aggregates(self) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for _ in range(self.draw(st.integers(0, 4))):
            one = self.aggregate()
            found[Aggregate.model_validate(one).name] = one
        return list(found.values())

    def aggregate(self) -> dict[str, Any]:
        name = self.one([*ASKED, "sum", "sum", "record_count"])
        row = ASKED[name]
        fitting = self.paths(*row.families)
        if not fitting or (name == "record_count" and self.chance(2)):
            one: dict[str, Any] = {"aggregate": "record_count"}
            row = AGGREGATES["record_count"]
        else:
            one = {"aggregate": name, "field": self.one(fitting)}
        if row.needs_by:
            dates = [path for path in self.paths("date", "datetime", "number")
                     if path not in self.meant and path.rpartition(".")[0] == one["field"].rpartition(".")[0]]
            if one["field"] in (*self.meant, *self.labels) or not dates:
                return {"aggregate": "record_count"}
            one["by"] = self.one(dates)
        if self.chance(3):
            is_number = self.is_number(one)
            one["show_as"] = self.one([how for how, shown in SHOW_AS.items() if row.adds_up or (not shown.needs_whole and is_number)]
                                      or ["rank"])
        return one

    def is_number(self, one: dict[str, Any]) -> bool:
        return one["aggregate"] in ("record_count", "unique") or self.families[one["field"]] == "number"

    def summaries(self, groupings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A formula of figures that the report may or may not show."""
        if not self.chance(3):
            return []
        numbers = [f"{path}:sum" for path in self.paths("number")
                   if path in self.meant or self.fields[path].field.type.name != "percent"]
        figure = self.one(["record_count", *numbers, *(f"{path.removesuffix('sum')}largest" for path in numbers)])
        called = [one["field"] + (f":{one['date_granularity']}" if "date_granularity" in one else "") for one in groupings]
        around = self.one([*called, "GRAND_SUMMARY", *(["ROW_GRAND_SUMMARY", "COLUMN_GRAND_SUMMARY"] if groupings else [])])
        blank = self.one([0, None])

        def difference(left: Any, right: Any) -> Any:
            return None if left is None or right is None else Decimal(left) - right

        def ratio(at: At) -> Any:
            left, right = at.own(figure, blank), at.own("record_count")
            return None if left is None or not right else Decimal(left) / Decimal(right)

        forms: list[tuple[str, Callable[[At], Any]]] = [
            (f"{figure} / record_count", ratio), (f"{figure} - PARENTGROUPVAL({figure}, {around})",
                                                  lambda at: difference(at.own(figure, blank), at.parent(figure, around, blank)))]
        if called:
            before = self.one(called)
            forms.append((f"{figure} - PREVGROUPVAL({figure}, {before})",
                          lambda at: difference(at.own(figure, blank), at.before(figure, before, blank))))
        text, means = self.one(forms)
        self.calculated["calculated"] = ((figure, "record_count") if "/" in text else (figure,), means)
        one = {"name": "calculated", "formula": text, "blank_as": "blank" if blank is None else "zero"}
        return [one | ({"show_as": self.one(["rank", "difference", "change"])} if self.chance(4) else {})]

    # Groups

    def groupings(self, aggregates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        telling = self.paths("picklist", "lookup", "date", "datetime", "boolean")
        others = [path for path, family in self.families.items() if family != "multi_picklist"]
        found = {self.one(telling if self.chance(2) else others): None for _ in range(self.draw(st.integers(0, 3)))}
        return [self.grouping(path, aggregates) for path in found]

    def grouping(self, path: str, aggregates: list[dict[str, Any]]) -> dict[str, Any]:
        family = self.families[path]
        one: dict[str, Any] = {"field": path, "order": self.one(["ascending", "ascending", "descending"])}
        if family in ("date", "datetime"):
            one["date_granularity"] = self.one(name for name, row in GRANULARITIES.items() if family in row.families)
        if aggregates and self.chance(2):
            chosen = self.one(aggregates)
            one["order_by"] = Aggregate.model_validate(chosen).name
            if self.leaves_out(chosen) and family not in ORDERED and self.chance(2):
                one["top"] = self.draw(st.integers(1, 4))
        if (family in ("date", "datetime") or self.values.get(path)) and self.chance(3):
            one["show_empty"] = True
        return one

    def leaves_out(self, one: dict[str, Any]) -> bool:
        return AGGREGATES[one["aggregate"]].window is not None and one["aggregate"] != "average"

    def having(self, aggregates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        fitting = [one for one in aggregates if self.leaves_out(one) and self.is_number(one)]
        if not fitting or not self.chance(3):
            return []
        return [{"aggregate": Aggregate.model_validate(self.one(fitting)).name,
                 "operator": self.one(["greater_than", "less_than", "not_equal", "less_or_equal"]), "value": self.one([0, 1, 2, 5, 20000])}]

    # Filters

    def filters(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Some of them ask for their value, and are answered or not."""
        found: list[dict[str, Any]] = []
        answers: dict[str, Any] = {}
        for number in range(self.draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
            if self.chance(4):
                found += self.cross_filter()
                continue
            if "size" in self.families and self.chance(2):
                one: dict[str, Any] = {"field": "size", "operator": self.one(["equals", "not_equal"])}
                one["value"] = self.one(self.labels["size"])
            else:
                one = dict(zip(("field", "operator", "value"), self.draw(filters(self.type)), strict=True))
            if self.chance(3) and one["value"] is not None and not (isinstance(one["value"], list) and None in one["value"]):
                one["ask"] = f"Question {number}"
                if self.chance(2):
                    answers[one["ask"]] = self.one([one["value"], None])
                    if self.chance(2):
                        del one["value"]
            found.append(one)
        return found, answers

    def cross_filter(self) -> list[dict[str, Any]]:
        primary = view_of(schema(), TYPES[self.type]).definition.primary_object
        fitting = [path for path in CHILDREN if (child := self.child(primary, path)) is not None]
        if not fitting:
            return []
        path = self.one(fitting)
        child = str(self.child(primary, path))
        plural = schema().describe(child).table.name
        inner = [dict(zip(("field", "operator", "value"), self.draw(filters(plural)), strict=True))] if (
            plural in TYPES and self.chance(2)) else []
        return [{"related": path, "at_least": self.one([1, 1, 2, 3]), "without": self.draw(st.booleans()), "filters": inner}]

    def child(self, primary: str, path: str) -> str | None:
        """The object that a relationship leads to, seen from a report on this object."""
        *way, name = path.split(".")
        at: str | None = primary
        for step in way:
            described = schema().describe(str(at))
            related = TYPES[self.type] if not isinstance(TYPES[self.type], str) else None
            if step in described.fields:
                at = described.fields[step].to
            elif related and step in [one.relationship for one in related.related_objects]:
                at = described.children[step].object
            else:
                return None
        children = schema().describe(str(at)).children if at else {}
        return children[name].object if name in children else None
