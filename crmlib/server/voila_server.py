"""Voila with only the addresses our pages need, and bundles that browsers may keep. Import it through `app.serve`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jinja2
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from nbconvert.exporters.templateexporter import TemplateExporter
from tornado.web import HTTPError
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

A_DAY = 24 * 60 * 60


class _Plain:
    """Faults in a line of text; Jupyter's own error pages need parts that we don't serve."""

    def write_error(self, status_code: int, **details: Any) -> None:
        said = ("There is no such page. The workbench is at /" if status_code in (404, 405) else
                f"The page could not be opened ({status_code}). Reload it; if that does not help, look at the server's log.")
        self.set_header("Content-Type", "text/plain; charset=utf-8")  # type: ignore[attr-defined]
        self.finish(f"{said}\n")  # type: ignore[attr-defined]


class _Kept(_Plain):
    """Browsers keep these files for a day; Voila has them ask again for each of about a hundred on every page."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", f"public, max-age={A_DAY}, immutable")  # type: ignore[attr-defined]

    def compute_etag(self) -> None:
        return None


class KeptStatic(_Kept, MultiStaticFileHandler):
    pass


class KeptTemplate(_Kept, TemplateStaticFileHandler):
    def parse_url_path(self, url_path: str) -> str:
        with _missing_if_odd():
            return str(super().parse_url_path(url_path))

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        with _missing_if_odd():
            return str(super().get_absolute_path(root, path))


@contextmanager
def _missing_if_odd() -> Iterator[None]:
    """Voila takes addresses apart as TEMPLATE/static/FILE and stumbles over any other."""
    try:
        yield
    except (ValueError, AssertionError) as error:
        raise HTTPError(404) from error


class KeptLabextension(_Kept, FileFindHandler):
    def initialize(self, path: Any, **ignored: Any) -> None:  # type: ignore[override]
        super().initialize(path=path)


class Page(_Plain, TornadoVoilaHandler):
    """The one page, and whatever else is asked for: Voila would look for that among files."""

    async def get(self, path: str | None = None) -> None:
        if path:
            raise HTTPError(404)
        _ = self.xsrf_token  # sets the cookie without which a tab that is closed may not end its kernel
        await super().get()


SERVED: dict[type, type] = {
    TornadoVoilaHandler: Page,
    MultiStaticFileHandler: KeptStatic,
    TemplateStaticFileHandler: KeptTemplate,
    FileFindHandler: KeptLabextension,
    VoilaKernelWebsocketHandler: VoilaKernelWebsocketHandler,
    VoilaShutdownKernelHandler: VoilaShutdownKernelHandler,
    KernelHandler: KernelHandler,
}
"""Voila's handlers that stay, and what serves them here. The others (files, notebooks, themes, listings) are left out."""


class CrmVoila(Voila):
    """Prints where it is instead of Voila's log lines."""

    name = "voila"
    announcement = ""

    def init_handlers(self) -> list[Any]:
        return [(pattern, SERVED[handler], *rest) for pattern, handler, *rest in super().init_handlers() if handler in SERVED]

    def listen(self) -> None:
        print(self.announcement, flush=True)
        super().listen()


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates by key, for the life of the process."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Any) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Any) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()
_create_environment = TemplateExporter._create_environment


def _environment_that_remembers(exporter: TemplateExporter) -> Any:
    environment = _create_environment(exporter)
    environment.bytecode_cache = _compiled
    return environment


# nbconvert compiles about ten templates anew for every page: most of a second of CPU.
TemplateExporter._create_environment = _environment_that_remembers  # type: ignore[method-assign]

