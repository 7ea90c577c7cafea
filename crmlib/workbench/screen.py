"""The one widget all pages are shown with: HTML down, what people do up.

    screen = Screen(page)          page.html() -> str; page.handle(action, item, value)
    screen.refresh()               show the page as it is now
    screen.download("pipeline.xlsx", content, EXCEL)

Why not a tree of ipywidgets: a designer has hundreds of buttons and fields; as widgets each change would rebuild them in
half a second and lose the focus, while HTML is changed in place within milliseconds, and is what a screen reader knows.

Trap: a browser may send any action with any value, whatever the page shows. `handle` accepts only what the page lists in
its `actions`, and each of these checks its values itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import anywidget
import traitlets
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from crmlib.errors import UserError

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv;charset=utf-8"
YAML = "application/yaml"

BROKEN = """<div class="app"><main role="alert"><h1>This page can't be shown</h1>
<p>That is our fault; the server's log says why.</p>
<p><button type="button" data-click="navigate" data-value="">Back to the beginning</button></p></main></div>"""

HERE = Path(__file__).parent
log = logging.getLogger(__name__)


class Page(Protocol):
    """What a screen can show."""

    def html(self) -> str: ...

    @property
    def actions(self) -> Mapping[str, Callable[[Any, Any], None]]:
        """What people can do, by name: called with (item, value) as the browser sent them, that is: unchecked."""

    def tell(self, error: Exception) -> None:
        """Show that an action failed."""

    def forget_failure(self) -> None:
        """Show no longer what failed: something else is being done now."""


class Screen(anywidget.AnyWidget):
    """Shows a page and passes on what people do."""

    _esm = HERE / "screen.js"
    _css = HERE / "screen.css"
    html = traitlets.Unicode().tag(sync=True)

    def __init__(self, page: Page) -> None:
        self.page = page
        super().__init__(html=self._shown())
        self.on_msg(self._receive)

    def refresh(self) -> None:
        self.html = self._shown()

    def _shown(self) -> str:
        try:
            return self.page.html()
        except Exception:
            log.exception("the page could not be shown")
            return BROKEN

    def download(self, name: str, content: bytes, media_type: str) -> None:
        """Hand a file to the person in front of the browser."""
        self.send({"kind": "download", "name": name, "type": media_type}, [content])

    def _receive(self, widget: Screen, message: Any, buffers: Any) -> None:
        number = message.get("number") if isinstance(message, dict) else None
        try:
            if isinstance(message, dict):
                self.handle(message.get("action"), message.get("item"), message.get("value"))
        finally:
            self.send({"kind": "done", "number": number if isinstance(number, int) else 0})

    def handle(self, action: Any, item: Any = None, value: Any = None) -> None:
        """Do what was asked for, and show what came of it. What goes wrong is told on the page, never raised."""
        act = self.page.actions.get(action) if isinstance(action, str) else None
        if act is None:
            log.warning("no such action: %r", action)
            return
        self.page.forget_failure()
        try:
            act(item, value)
        except UserError as error:
            self.page.tell(error)
        except Exception as error:
            log.exception("action %s failed", action)
            self.page.tell(error)
        self.refresh()


def in_background(work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    """Run slow `work` beside the page, so that it keeps answering, then `done(result or exception)`. At once without a running loop."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        done(_outcome(work))
        return

    async def run() -> None:
        done(await asyncio.to_thread(_outcome, work))

    task = loop.create_task(run())
    _running.add(task)  # the loop itself keeps tasks only weakly
    task.add_done_callback(_running.discard)


_running: set[asyncio.Task[None]] = set()


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        if not isinstance(error, UserError):
            log.exception("work in the background failed")
        return error


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("crmlib.workbench", "."), autoescape=True, trim_blocks=True, lstrip_blocks=True,
                       undefined=StrictUndefined)


def render(template: str, **values: Any) -> Markup:
    """The HTML of a template beside this module; every value in it is escaped."""
    return Markup(_environment().get_template(template).render(values))
