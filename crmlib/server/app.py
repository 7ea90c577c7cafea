"""Serves the workbench: one Voila page per session, nothing but what that page needs.

    serve(port=8866)                  blocks until Ctrl+C or SIGTERM

Standalone Voila, never the jupyter_server extension: only there is the set of kernel messages a browser may send closed
(no code can be run from outside). Beyond that, kept out: Voila's file and notebook listings, other people's Jupyter
configuration and extensions, every address but our own (a Content-Security-Policy holds the browser to it), and pages
called by another host name.

There is no sign-in yet: whoever reaches the address is the one demo user. Therefore it listens on this machine only.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crmlib.errors import Problem, SetupError

DEFAULT_PORT = 8866
LOCAL_ONLY = "127.0.0.1"
TEMPLATE = "crm"
LABEXTENSIONS = ("@voila-dashboards/widgets-manager8", "@jupyter-widgets/jupyterlab-manager", "anywidget")
"""All that the pages need; each costs every visitor time."""

CULL_IDLE_SECONDS = 15 * 60
CULL_INTERVAL_SECONDS = 60
PING_MILLISECONDS = 30_000
LONGEST_SOCKET_FOLDER = 38
"""A socket's path may have 103 letters on every system; a kernel's adds 65 to its folder's."""

CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'self'",
    # Voila's page has inline scripts, JupyterLab's check of settings compiles code, and widgets are loaded as blobs.
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'self'",
    "form-action 'self'",
    "base-uri 'self'",
))


def serve(port: int = DEFAULT_PORT, ip: str = LOCAL_ONLY, database_url: str | None = None, report_types: Path | None = None,
          user: str | None = None, notebooks: Path | None = None) -> None:
    """Serve the workbench until interrupted, to everybody as `user` (CRM_USER, else the first administrator).

    Raises SetupError when it can't start: port taken, no page notebook, database missing or of another version.
    """
    page = (notebooks or notebooks_folder()) / "reports.ipynb"
    if not page.exists():
        raise SetupError(Problem("no-notebook", f"{page} is missing", hint="start it from a checkout of the project"))
    ensure_free(ip, port)
    environment, name = kernel_environment(database_url, report_types, user)
    with jupyter_folders() as folder:
        os.environ |= environment
        server = _server_class()(port=port, ip=ip, notebook_path=str(page.resolve()), config=_config(folder, ip))
        server.announcement = announcement(ip, port, environment["CRM_USER"], name)
        server.initialize([])
        server.start()


def notebooks_folder() -> Path:
    """Where the page notebooks are: `notebooks/apps` of the checkout this package runs from."""
    return Path(__file__).resolve().parents[2] / "notebooks" / "apps"


def announcement(ip: str, port: int, username: str, name: str) -> str:
    """What whoever starts the server should know."""
    host = "localhost" if is_local(ip) else f"[{ip}]" if ":" in ip else ip
    lines = [f"The workbench is at http://{host}:{port}", f"Signed in as {username} ({name}) – sign-in comes later.",
             "Stop it with Ctrl+C."]
    if not is_local(ip):
        lines.insert(2, f"Without sign-in, everybody who reaches this machine works as {username}: show it to people you trust only.")
    return "\n".join(lines)


def is_local(ip: str) -> bool:
    return ip in (LOCAL_ONLY, "localhost", "::1")


def ensure_free(ip: str, port: int) -> None:
    """Raises SetupError when something listens there already; Voila would quietly take another port."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError as error:
            raise SetupError(Problem("port-taken", f"port {port} on {ip} cannot be used: {error.strerror}", "--port",
                                     "is the workbench running already? Stop it, or choose another port")) from error


def kernel_environment(database_url: str | None, report_types: Path | None, user: str | None) -> tuple[dict[str, str], str]:
    """What a page's kernel is told, and the user's name. Paths are absolute, since kernels work in the notebooks' folder.

    Raises SetupError or NotFound when base or user can't be had: better now than in somebody's browser.
    """
    from crmlib.workspace import connect

    org = connect(database_url, user, report_types)
    address = org.org.engine.url
    if address.get_backend_name() == "sqlite" and address.database:
        address = address.set(database=str(Path(address.database).resolve()))
    org.org.engine.dispose()
    environment = {"CRM_DATABASE_URL": address.render_as_string(hide_password=False), "CRM_REPORT_TYPES": str(org.catalog.folder),
                   "CRM_USER": org.user.username}
    return environment, org.user.name


@contextmanager
def jupyter_folders() -> Iterator[Path]:
    """Jupyter's folders for this server alone, so that nobody's own configuration, extensions or kernels get in.

    Holds our page template too, where Voila looks for templates. Must be set before Jupyter is imported.
    """
    with tempfile.TemporaryDirectory(prefix="crm-server-") as name:
        folder = Path(name)
        shutil.copytree(Path(__file__).parent / "voila_template", folder / "data" / "voila" / "templates" / TEMPLATE)
        profile = folder / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        # Other sessions' history is nobody's business; and what is logged is meant for this terminal, not for the browser.
        (profile / "ipython_kernel_config.py").write_text(
            "c.HistoryManager.enabled = False\nc.IPKernelApp.capture_fd_output = False\n")
        for variable, value in {"JUPYTER_CONFIG_DIR": folder / "config", "JUPYTER_DATA_DIR": folder / "data",
                                "JUPYTER_RUNTIME_DIR": folder / "runtime", "JUPYTER_PATH": folder / "data",
                                "JUPYTER_PREFER_ENV_PATH": "1", "IPYTHONDIR": folder / "ipython"}.items():
            os.environ[variable] = str(value)
        yield folder


def _config(folder: Path, ip: str) -> Any:
    from traitlets.config import Config

    config = Config()
    config.Voila.open_browser = False
    config.Voila.config_file_paths = []
    config.Voila.port_retries = 0
    config.Voila.connection_dir_root = str(folder)
    config.Voila.log_level = "ERROR"
    config.Voila.tornado_settings = {
        "headers": {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Referrer-Policy": "same-origin"},
        # A page on the internet could otherwise give its own name our address, and read what the demo user may.
        "allow_remote_access": not is_local(ip),
        "local_hostnames": ["localhost"],
        "ws_ping_interval": PING_MILLISECONDS,
        "ws_ping_timeout": PING_MILLISECONDS,
    }
    config.VoilaConfiguration.template = TEMPLATE
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.extension_allowlist = list(LABEXTENSIONS)
    config.VoilaConfiguration.extension_denylist = []
    # Sockets in a folder of our own, where they fit: by TCP any user of this machine could try to reach a kernel.
    config.KernelManager.transport = "ipc" if os.name == "posix" and len(str(folder)) <= LONGEST_SOCKET_FOLDER else "tcp"
    config.MappingKernelManager.cull_idle_timeout = CULL_IDLE_SECONDS
    config.MappingKernelManager.cull_interval = CULL_INTERVAL_SECONDS
    config.MappingKernelManager.default_kernel_name = "python3"
    return config


def _server_class() -> Any:
    # A grammar for international URLs, compiled at import for 1.3 s and never used here.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from crmlib.server.voila_server import CrmVoila

    return CrmVoila
