"""The pages there are, one row each. To add one: a row here, and a notebook in `notebooks/apps` that opens it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crmlib.errors import NotFound, Problem, did_you_mean
from crmlib.workbench.reports_page import ReportsPage
from crmlib.workbench.screen import Screen
from crmlib.workspace import connect


@dataclass(frozen=True)
class PageRow:
    """`make(org)` gives the page for a workspace."""

    name: str
    make: Callable[[Any], Any]


PAGES: dict[str, PageRow] = {row.name: row for row in (
    PageRow("reports", ReportsPage),
)}


def open_page(name: str) -> Screen:
    """Raises NotFound with the nearest name."""
    if name not in PAGES:
        raise NotFound(Problem("unknown-page", f"there is no page {name!r}", hint=did_you_mean(name, PAGES)))
    _log_to_the_terminal()
    page = PAGES[name].make(connect())
    page.screen = Screen(page)
    return page.screen


def _log_to_the_terminal() -> None:
    """What goes wrong is written where the server runs; a kernel's ordinary error stream would end in the browser."""
    logger = logging.getLogger("crmlib")
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler(sys.__stderr__))
        logger.propagate = False
