"""What the server lets through: the page, what the page needs, and nothing else; and how it starts and stops."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from http.client import HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from crmlib.errors import SetupError
from crmlib.model.org import Org
from crmlib.server.app import CONTENT_SECURITY_POLICY, announcement, ensure_free, kernel_environment
from tests.server.conftest import Serving, free_port, serving


def ask(server: Serving, path: str, method: str = "GET", **headers: str) -> HTTPResponse | HTTPError:
    request = Request(server.address + path, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        return urlopen(request, timeout=60)  # type: ignore[no-any-return]
    except HTTPError as error:
        return error


def config_in(html: str) -> dict[str, Any]:
    """What the page tells JupyterLab's front end."""
    found = re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def kernel_of(html: str) -> str:
    return str(config_in(html)["kernelId"])


@pytest.fixture(scope="module")
def front_page(server: Serving) -> tuple[str, dict[str, str]]:
    """The page's HTML and headers."""
    answer = ask(server, "/")
    assert answer.status == 200
    return answer.read().decode("utf-8"), dict(answer.headers)


class TestThePage:
    def test_shows_the_widget_and_no_source(self, front_page: tuple[str, dict[str, str]]) -> None:
        html, _ = front_page
        assert "application/vnd.jupyter.widget-view+json" in html
        assert "open_page" not in html
        assert "Traceback" not in html

    def test_names_no_address_but_our_own(self, front_page: tuple[str, dict[str, str]], server: Serving) -> None:
        html, _ = front_page
        loaded = re.findall(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="([^"]+)"', html)
        assert loaded
        assert [address for address in loaded if not address.startswith(("/voila/", "data:,"))] == []

    def test_holds_the_browser_to_our_address(self, front_page: tuple[str, dict[str, str]]) -> None:
        _, headers = front_page
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert "http" not in CONTENT_SECURITY_POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"

    def test_loads_only_the_extensions_it_needs(self, front_page: tuple[str, dict[str, str]]) -> None:
        html, _ = front_page
        names = {extension["name"] for extension in config_in(html)["federated_extensions"]}
        assert names == {"anywidget", "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"}

    def test_bundles_may_be_kept_by_the_browser_but_not_the_page(self, front_page: tuple[str, dict[str, str]], server: Serving) -> None:
        html, headers = front_page
        assert "no-store" in headers["Cache-Control"]
        bundles = re.findall(r'src="(/voila/[^"]+\.js[^"]*)"', html)
        assert bundles
        for bundle in bundles:
            assert "immutable" in ask(server, bundle).headers["Cache-Control"]


class TestEverythingElse:
    @pytest.mark.parametrize("path", [
        "/nothing", "/reports.ipynb", "/voila/files/reports.ipynb", "/voila/files/../../pyproject.toml", "/voila/render/reports.ipynb",
        "/voila/tree", "/voila/api/contents", "/api/contents", "/api/sessions", "/api/kernels", "/api/terminals", "/api/config/x",
        "/voila/api/themes/x", "/files/crm.sqlite", "/nbconvert/html/reports.ipynb", "/static/../../../etc/passwd", "/lab", "/tree",
        "/voila/static/../../../../../../etc/passwd", "/voila/templates/crm/static/../../../../../../etc/passwd",
        "/voila/labextensions/../../../etc/passwd", "/login"])
    def test_is_not_there(self, server: Serving, path: str) -> None:
        answer = ask(server, path)
        assert answer.status in (403, 404, 405)
        assert b"root:" not in answer.read()

    def test_no_kernel_is_started_from_outside(self, server: Serving) -> None:
        assert ask(server, "/api/kernels", "POST").status in (403, 404, 405)

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
    def test_another_host_name_is_refused(self, server: Serving, host: str) -> None:
        assert ask(server, "/", Host=host).status == 403

    def test_a_page_that_is_left_ends_its_kernel(self, server: Serving) -> None:
        answer = ask(server, "/")
        kernel = kernel_of(answer.read().decode("utf-8"))
        cookies = SimpleCookie("; ".join(answer.headers.get_all("Set-Cookie", [])))
        sent = "; ".join(f"{name}={morsel.coded_value}" for name, morsel in cookies.items())
        left = ask(server, f"/voila/api/shutdown/{kernel}", "POST", Cookie=sent, X_XSRFToken=cookies["_xsrf"].value, Origin=server.address)
        assert left.status == 204
        assert ask(server, f"/api/kernels/{kernel}").status == 404

    def test_other_sites_may_not_end_kernels(self, server: Serving) -> None:
        kernel = kernel_of(ask(server, "/").read().decode("utf-8"))
        for method, path in (("POST", f"/voila/api/shutdown/{kernel}"), ("DELETE", f"/api/kernels/{kernel}")):
            assert ask(server, path, method, Origin="http://evil.example").status in (403, 404)
            assert ask(server, f"/api/kernels/{kernel}").status == 200


class TestKernels:
    def test_run_no_code_that_a_browser_sends(self, server: Serving, tmp_path: Path) -> None:
        kernel, trace = kernel_of(ask(server, "/").read().decode("utf-8")), tmp_path / "trace"
        with channels(server, kernel, server.address) as socket:
            for channel in ("shell", "control"):
                socket.send(message("execute_request", channel, code=f"open({str(trace)!r}, 'w').close()", silent=False,
                                    store_history=False, user_expressions={}, allow_stdin=False, stop_on_error=True))
                socket.send(message("kernel_info_request", channel))
                types = []
                while "kernel_info_reply" not in types:
                    types.append(json.loads(socket.recv(timeout=30))["msg_type"])
                assert not {"execute_reply", "execute_input", "error"} & set(types)
        assert not trace.exists()

    def test_listen_to_no_other_site(self, server: Serving) -> None:
        kernel = kernel_of(ask(server, "/").read().decode("utf-8"))
        with pytest.raises(InvalidStatus) as refused, channels(server, kernel, "http://evil.example"):
            pass
        assert refused.value.response.status_code == 403


def channels(server: Serving, kernel: str, origin: str) -> ClientConnection:
    """The websocket on which a page talks with its kernel."""
    address = server.address.replace("http://", "ws://")
    return connect(f"{address}/api/kernels/{kernel}/channels?session_id=test", origin=Origin(origin), max_size=None)


def message(type: str, channel: str, **content: Any) -> str:
    header = {"msg_id": uuid4().hex, "msg_type": type, "session": "test", "username": "", "version": "5.3", "date": "2026-05-13T09:00:00Z"}
    return json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": channel, "buffers": []})


class TestStartingAndStopping:
    def test_warns_when_others_may_reach_it(self) -> None:
        assert "sign-in" not in announcement("127.0.0.1", 8866, "demo", "Demo user").splitlines()[2]
        assert "everybody who reaches this machine works as demo" in announcement("0.0.0.0", 8866, "demo", "Demo user")
        assert "http://[::]:8866" in announcement("::", 8866, "demo", "Demo user")

    def test_a_port_that_is_taken_is_said(self, server: Serving, demo_org: Org) -> None:
        port = server.address.rpartition(":")[2]
        command = [str(Path(sys.executable).with_name("crm")), "serve", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert f"port {port} on 127.0.0.1 cannot be used" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_free_port_is_fine(self) -> None:
        ensure_free("127.0.0.1", free_port())

    def test_a_missing_database_is_said_before_anybody_comes(self, tmp_path: Path) -> None:
        with pytest.raises(SetupError):
            kernel_environment(f"sqlite:///{tmp_path / 'nothing.sqlite'}", None, None)

    def test_kernels_get_whole_paths(self, demo_org: Org, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        database = Path(str(demo_org.engine.url.database))
        monkeypatch.chdir(database.parent)
        environment, name = kernel_environment(f"sqlite:///{database.name}", Path("types"), "femke")
        assert environment == {"CRM_DATABASE_URL": f"sqlite:///{database}", "CRM_REPORT_TYPES": str(database.parent / "types"),
                               "CRM_USER": "femke"}
        assert name == "Femke Sikkema"

    def test_says_where_it_is_and_stops_with_all_its_kernels(self, demo_org: Org, tmp_path: Path) -> None:
        with serving(tmp_path, demo_org.engine.url.render_as_string(hide_password=False)) as own:
            assert b"widget-view" in ask(own, "/").read()
            kernels = children_of(own.process.pid)
            assert kernels or not Path("/proc").is_dir()
        first, second, *rest = own.printed.splitlines()
        assert first == f"The workbench is at {own.address}"
        assert re.fullmatch(r"Signed in as \w+ \(.+\) – sign-in comes later\.", second)
        # ZeroMQ's library in a kernel that is stopped while it starts may complain of its closed socket.
        said = [line for line in rest if "/nothing" not in line and "signaler.cpp" not in line]
        assert said == ["Stop it with Ctrl+C."]
        assert own.process.returncode == 0
        assert [kernel for kernel in kernels if Path(f"/proc/{kernel}").exists()] == []

    def test_long_temporary_folders_are_no_hindrance(self, demo_org: Org, tmp_path: Path) -> None:
        long = tmp_path / ("long_" * 20)
        long.mkdir()
        with serving(tmp_path / "server", demo_org.engine.url.render_as_string(hide_password=False), temporary=long) as own:
            assert ask(own, "/").status == 200


def test_nothing_is_written_into_the_home(server: Serving, front_page: tuple[str, dict[str, str]]) -> None:
    home = server.log.parent / "home"
    assert [str(path) for path in home.rglob("*") if path.is_file()] == []


def children_of(pid: int) -> list[int]:
    """Processes started by this one; empty without /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if f"PPid:\t{pid}\n" in text:
            found.append(int(status.parent.name))
    return found


