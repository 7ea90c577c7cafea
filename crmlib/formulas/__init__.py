"""Salesforce's formula language: text to tree, types, and two backends with the same answers.

    formula = parse("IF(amount > 1000, amount * 0.1, 0)")                          grammar.parse
    checked = check(formula, {"amount": "currency"})                               check.check: every problem at once, with its place
    evaluate(checked, {"amount": 2000}, context)                                   evaluate.evaluate: Decimal("200.0")
    compile_sql(checked, {"amount": table.c.amount}, context, ExactDecimal(2))     compile_sql.compile_sql: an expression of SQLAlchemy

Formulas that use formulas: resolve.check_all. The functions: functions.FUNCTIONS. For people: docs/formulas.md.
"""
