"""Formula fields of the records that are read: their columns, and the lookups these go through."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Label, and_, true

from crmlib.formulas.compile_sql import compile_sql
from crmlib.model.formula_fields import context_of, formula_in, operand
from crmlib.model.org import Org
from crmlib.model.schema import Field, ObjectType
from crmlib.security.access import Access, may_see
from crmlib.security.sharing import row_predicate, row_rule


class FormulaColumns:
    """Of one object, for one user. A record that may not be seen is as if it were not there.

    tables: the object's own with those its formulas read. columns: of the formulas the user may see and that can be calculated.
    """

    def __init__(self, described: ObjectType, org: Org, access: Access) -> None:
        self.org, self.access = org, access
        self.tables: FromClause = described.table
        self.aliases: dict[str, FromClause] = {"": described.table}
        self.columns: list[Label[Any]] = []
        for field in described.fields.values():
            if field.formula and may_see(access, field, org.schema):
                self.columns.append(self.column(field).label(field.name))

    def column(self, field: Field) -> ColumnElement[Any]:
        checked = formula_in(self.org.schema, field.object, field.name)
        operands = {path: self.operand(field.object, path) for path in checked.fields}
        return compile_sql(checked, operands, context_of(self.org.settings, self.org.today()), field.column.type, field.type.name)

    def operand(self, object_name: str, path: str) -> ColumnElement[Any]:
        """The column a path ends at; its lookups are joined."""
        *lookups, last = operand(self.org.schema, object_name, path)
        reached = ""
        for lookup in lookups:
            parent, reached = self.aliases[reached], f"{reached}.{lookup.name}"
            if reached not in self.aliases:
                self.join(reached, parent, lookup)
        return self.aliases[reached].c[last.column.name]

    def join(self, path: str, parent: FromClause, lookup: Field) -> None:
        schema = self.org.schema
        assert lookup.to is not None
        target = self.aliases[path] = schema.describe(lookup.to).table.alias()
        rule = row_predicate(row_rule(self.access, lookup.to, schema), target, schema)
        on = and_(target.c.id == parent.c[lookup.column.name], target.c.deleted_at.is_(None), true() if rule is None else rule)
        self.tables = self.tables.outerjoin(target, on)
