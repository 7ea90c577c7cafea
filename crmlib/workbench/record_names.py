"""Names of records to choose from, while one types: asked beside the page, each once, of the records that this user may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crmlib.workbench.screen import in_background

FEWEST_LETTERS = 2
"""From so many on, names are looked for that have them, of an object with too many to list."""


class RecordNames:
    """`of("account", "noord")`: what is known by now; `show` is called when more is."""

    def __init__(self, org: Any, show: Callable[[], None]) -> None:
        self.org, self.show = org, show
        self.known: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, object_name: str | None, typed: Any = "") -> tuple[str, ...]:
        """All names if they can be listed, else those that have what was typed in them."""
        if object_name is None:
            return ()
        part = str(typed or "").strip().casefold()
        return self._asked(object_name, "") or (self._asked(object_name, part) if len(part) >= FEWEST_LETTERS else ())

    def _asked(self, object_name: str, part: str) -> tuple[str, ...]:
        key = object_name, part
        if key not in self.known:
            self.known[key] = ()
            in_background(lambda: self.org.names_of(object_name, part), lambda names: self._tell(key, names))
        return self.known[key]

    def _tell(self, key: tuple[str, str], names: Any) -> None:
        if isinstance(names, tuple) and names:
            self.known[key] = names
            self.show()
