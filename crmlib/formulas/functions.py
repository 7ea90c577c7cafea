"""FUNCTIONS: every function and operator, one row each, by family.

To add one: a row in its family's module (`math_functions`, `text_functions`, `date_functions`, `logic_functions`) with what it
takes, what it is in Python and in SQL, and a help text; a line in docs/formulas.md and a case in tests/formulas/cases.yaml,
which tests ask for.
"""

from __future__ import annotations

from crmlib.formulas.date_functions import DATES
from crmlib.formulas.logic_functions import LOGIC, SUMMARY
from crmlib.formulas.math_functions import MATH
from crmlib.formulas.operators import OPERATORS
from crmlib.formulas.rows import Function
from crmlib.formulas.text_functions import TEXT

FAMILIES: dict[str, tuple[Function, ...]] = {
    "Operators": OPERATORS, "Logic": LOGIC, "Numbers": MATH, "Text": TEXT, "Dates and times": DATES, "Groups of a report": SUMMARY,
}

FUNCTIONS: dict[str, Function] = {row.name: row for rows in FAMILIES.values() for row in rows}

NOT_OFFERED = {
    "CURRENCYRATE": "there is one currency",
    "GETRECORDIDS": "formulas look at one record",
    "GETSESSIONID": "a session is nobody else's business",
    "IMAGEPROXYURL": "pictures are not fetched through a server",
    "INCLUDE": "it belongs to pages of Salesforce",
    "JUNCTIONIDLIST": "formulas look at one record",
    "LINKTO": "it belongs to pages of Salesforce",
    "PREDICT": "there is no prediction service",
    "REQUIRESCRIPT": "it belongs to pages of Salesforce",
    "URLFOR": "it belongs to pages of Salesforce",
    "VLOOKUP": "a formula reads its own record and those its lookups point to",
}
"""Functions of Salesforce's public list that mean nothing here, and why."""
