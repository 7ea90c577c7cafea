"""Formula fields of the records that are read: their columns, and the lookups these go through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, and_, true

from crmlib.formulas.compile_sql import compile_sql
from crmlib.formulas.context import Context
from crmlib.model.formula_fields import context_of, formula_in, operand
from crmlib.model.org import Org
from crmlib.model.schema import Field, ObjectType, Schema, kept_with_schema
from crmlib.security.access import Access, may_see
from crmlib.security.sharing import RowRule, row_predicate, row_rule


@dataclass(frozen=True)
class FormulaColumns:
    """tables: the object's own, and those that its formulas read, outer joined. columns: the formulas, called as the fields."""

    tables: FromClause
    columns: tuple[Label[Any], ...] = ()


def formula_columns(described: ObjectType, org: Org, access: Access) -> FormulaColumns:
    """Of the formula fields that this user may see. A record they may not see is as if it were not there."""
    schema = org.schema
    fields = tuple(field for field in described.fields.values() if field.formula and may_see(access, field, schema))
    if not fields:
        return FormulaColumns(described.table)
    read = {lookup.to for field in fields for path in formula_in(schema, described.name, field.name).fields
            for lookup in operand(schema, described.name, path)[:-1]}
    rules = tuple((name, row_rule(access, name, schema)) for name in sorted(name for name in read if name))
    return _written(schema, fields, rules, context_of(org.settings, org.today()))


@kept_with_schema
def _written(schema: Schema, fields: tuple[Field, ...], rules: tuple[tuple[str, RowRule], ...], context: Context) -> FormulaColumns:
    """Kept, since writing takes longer than asking."""
    joined = _Joined(schema, fields[0].object, dict(rules))
    columns = []
    for field in fields:
        checked = formula_in(schema, field.object, field.name)
        operands = {path: joined.operand(path) for path in checked.fields}
        columns.append(compile_sql(checked, operands, context, field.column.type, field.type.name).label(field.name))
    return FormulaColumns(joined.tables, tuple(columns))


class _Joined:
    """An object's table with those that lookups lead to, each once."""

    def __init__(self, schema: Schema, object_name: str, rules: Mapping[str, RowRule]) -> None:
        self.schema, self.object_name, self.rules = schema, object_name, rules
        self.tables: FromClause = schema.describe(object_name).table
        self.aliases: dict[str, FromClause] = {"": self.tables}

    def operand(self, path: str) -> ColumnElement[Any]:
        """The column at the end of a path."""
        *lookups, last = operand(self.schema, self.object_name, path)
        reached = ""
        for lookup in lookups:
            parent, reached = self.aliases[reached], f"{reached}.{lookup.name}"
            if reached not in self.aliases:
                self.join(reached, parent, lookup)
        return self.aliases[reached].c[last.column.name]

    def join(self, path: str, parent: FromClause, lookup: Field) -> None:
        assert lookup.to is not None
        target = self.aliases[path] = self.schema.describe(lookup.to).table.alias()
        rule = row_predicate(self.rules[lookup.to], target, self.schema)
        on = and_(target.c.id == parent.c[lookup.column.name], target.c.deleted_at.is_(None), true() if rule is None else rule)
        self.tables = self.tables.outerjoin(target, on)
