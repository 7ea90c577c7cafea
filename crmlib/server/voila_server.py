"""Voila with only the addresses our pages need, and bundles that browsers may keep. Import it through `app.serve`."""

from __future__ import annotations

from typing import Any

import jinja2
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from nbconvert.exporters.templateexporter import TemplateExporter
from tornado.web import HTTPError
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

A_DAY = 24 * 60 * 60


class _Kept:
    """Browsers keep these files for a day; Voila has them ask again for each of about a hundred on every page."""

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", f"public, max-age={A_DAY}, immutable")  # type: ignore[attr-defined]

    def compute_etag(self) -> None:
        return None


class KeptStatic(_Kept, MultiStaticFileHandler):
    pass


class KeptTemplate(_Kept, TemplateStaticFileHandler):
    pass


class KeptLabextension(_Kept, FileFindHandler):
    def initialize(self, path: Any, **ignored: Any) -> None:  # type: ignore[override]
        super().initialize(path=path)


class Page(TornadoVoilaHandler):
    """The one page. Voila redirects any further path to its file handler, which we don't have."""

    async def get(self, path: str | None = None) -> None:
        if path:
            raise HTTPError(404)
        await super().get()

    def write_error(self, status_code: int, **details: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(f"The page could not be started ({status_code}). Reload it; if that does not help, look at the server's log.\n")


class Missing(JupyterHandler):
    """Everything else."""

    def prepare(self) -> None:  # type: ignore[override]
        raise HTTPError(404)

    def write_error(self, status_code: int, **details: Any) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("There is no such page. The workbench is at /\n")


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
        kept = [(pattern, SERVED[handler], *rest) for pattern, handler, *rest in super().init_handlers() if handler in SERVED]
        return [*kept, (r"/.*", Missing)]

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

