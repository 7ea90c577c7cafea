"""Numbers in three digits, for places where the exact text has no room: '€12.3M'."""

from __future__ import annotations

import json
from decimal import Decimal

from crmlib.model.org import Settings
from crmlib.render.formats import rounded, show
from crmlib.reports.result import ResultColumn

UNITS = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 3, "k"))


def compact(value: Decimal | None, measure: ResultColumn, settings: Settings) -> str:
    """'€12.3M' for 12345678.90; blank is empty."""
    if value is None:
        return ""
    size, unit = next(((size, unit) for size, unit in UNITS if abs(value) >= size * Decimal("0.9995")), (Decimal(1), ""))
    number = abs(value) / size
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    text = f"{rounded(number, digits):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    before, after = _around(measure, settings)
    return f"{'−' if value < 0 else ''}{before}{text.replace('.', _decimal_mark(settings))}{unit}{after}"


def axis_text(measure: ResultColumn, settings: Settings) -> str:
    """The same in Vega's language, for numbers of an axis. Its own '~s' would say G for bn and 500m for 0.5."""
    before, after = _around(measure, settings)
    number = "replace(format(abs(datum.value), abs(datum.value) < 1 ? '.2~f' : '.3~s'), 'G', 'bn')"
    localized = f"replace({number}, '.', {json.dumps(_decimal_mark(settings))})"
    return f"(datum.value < 0 ? '−' : '') + {json.dumps(before)} + {localized} + {json.dumps(after)}"


def _around(measure: ResultColumn, settings: Settings) -> tuple[str, str]:
    """What stands before and after a number of this type, in this locale."""
    if measure.type not in ("currency", "percent"):
        return "", ""
    before, _, after = show(1, measure.type, settings, 0).partition("1")
    return before, after


def _decimal_mark(settings: Settings) -> str:
    return show(Decimal("0.5"), "number", settings, 1).strip("05")
