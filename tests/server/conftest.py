"""A real `crm serve` over the demo organisation, started once, in a home without any Jupyter configuration."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from crmlib.model.org import Org

SHIPPED = Path(__file__).parent.parent.parent / "report_types"
STARTS_WITHIN = 60


@dataclass
class Serving:
    """A running server: its address, its process, its folder of report types, and what it has printed so far."""

    address: str
    process: subprocess.Popen[bytes]
    report_types: Path
    log: Path
    temporary: Path

    @property
    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, database_url: str, temporary: Path | None = None) -> Iterator[Serving]:
    """Start `crm serve` with a home and report types in this folder; stopped by SIGTERM as an operating system would."""
    home, log, port = folder / "home", folder / "server.log", free_port()
    home.mkdir(parents=True)
    temporary = temporary or Path(tempfile.mkdtemp(prefix="crm-"))  # not in `folder`, whose path is too long for sockets
    report_types = shutil.copytree(SHIPPED, folder / "report_types", ignore=shutil.ignore_patterns(".trash"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON", "CRM_"))}
    command = [str(Path(sys.executable).with_name("crm")), "serve", "--port", str(port), "--database", database_url,
               "--report-types", str(report_types)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env={**environment, "HOME": str(home), "TMPDIR": str(temporary)}, cwd=folder,
                                   stdout=output, stderr=subprocess.STDOUT)
    server = Serving(f"http://localhost:{port}", process, report_types, log, temporary)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        left = [path.name for path in temporary.iterdir()]
        shutil.rmtree(temporary)
        assert left == [], "the server left files behind"


def _wait_until_it_answers(server: Serving) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{server.printed}")
        try:
            urlopen(f"{server.address}/nothing", timeout=5)
        except HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer:\n{server.printed}")


@pytest.fixture(scope="session")
def server(demo_org: Org, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("server"), demo_org.engine.url.render_as_string(hide_password=False)) as running:
        yield running
