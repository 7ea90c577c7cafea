"""The widget between page and browser: what people do reaches the page, what goes wrong is told and never leaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from crmlib.errors import DefinitionError, NotFound, Problem
from crmlib.workbench import open_page, sent
from crmlib.workbench.screen import Screen, in_background, render
from crmlib.workspace import Workspace

SECRET = "password=hunter2"


class Counter:
    """A page that counts."""

    def __init__(self) -> None:
        self.count, self.told = 0, ""
        self.is_broken = False

    def html(self) -> str:
        if self.is_broken:
            raise RuntimeError(SECRET)
        return f"<p>{self.count} {self.told}</p>"

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {"add": lambda item, value: self.add(value), "refuse": lambda item, value: self.refuse(),
                "fail": lambda item, value: self.fail()}

    def add(self, value: int) -> None:
        self.count += value

    def refuse(self) -> None:
        raise DefinitionError(Problem("no", "not like that"))

    def fail(self) -> None:
        raise RuntimeError(SECRET)

    def tell(self, error: Exception) -> None:
        self.told = str(error) if isinstance(error, DefinitionError) else "our fault"

    def forget_failure(self) -> None:
        self.told = ""


@pytest.fixture
def page() -> Counter:
    return Counter()


@pytest.fixture
def screen(page: Counter) -> Screen:
    return Screen(page)


def test_what_people_do_is_shown(screen: Screen) -> None:
    assert screen.html == "<p>0 </p>"
    screen.handle("add", None, 2)
    assert screen.html == "<p>2 </p>"


@pytest.mark.parametrize("action", ["subtract", "__init__", "", None, 3, ["add"], {"add": 1}])
def test_actions_that_the_page_does_not_list_do_nothing(screen: Screen, page: Counter, action: object) -> None:
    screen.handle(action, None, 2)
    assert page.count == 0


def test_a_refusal_is_told_and_forgotten_with_the_next_action(screen: Screen) -> None:
    screen.handle("refuse")
    assert "not like that" in screen.html
    screen.handle("add", None, 1)
    assert screen.html == "<p>1 </p>"


def test_our_own_faults_are_logged_and_not_shown(screen: Screen, page: Counter, caplog: pytest.LogCaptureFixture,
                                                  capsys: pytest.CaptureFixture[str]) -> None:
    screen.handle("fail")
    assert "our fault" in screen.html
    page.is_broken = True
    screen.refresh()
    assert "can't be shown" in screen.html
    assert SECRET not in screen.html
    assert caplog.text.count(SECRET) == 2
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err


def test_every_message_is_answered_so_that_the_browser_knows_we_are_there(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = []
    monkeypatch.setattr(screen, "send", lambda content, buffers=None: answers.append((content["kind"], content["number"])))
    messages: list[Any] = [{"action": "add", "value": 1, "number": 1}, {"action": "fail", "number": 2}, {"action": [], "number": 3}]
    for message in (*messages, "nonsense", None, [4]):
        screen._receive(screen, message, [])
    assert answers == [("done", 1), ("done", 2), ("done", 3), ("done", 0), ("done", 0), ("done", 0)]


def test_values_in_templates_are_escaped() -> None:
    html = render("runs.html", table=None, problems_found=[Problem("x", "<script>alert(1)</script>")])
    assert "&lt;script&gt;" in html
    assert "<script>" not in html


class TestInBackground:
    def test_without_an_event_loop_at_once(self) -> None:
        done: list[Any] = []
        in_background(lambda: 6 * 7, done.append)
        assert done == [42]

    def test_with_one_the_page_goes_on_meanwhile(self) -> None:
        async def main() -> list[Any]:
            done: list[Any] = []
            release = asyncio.Event()
            loop = asyncio.get_running_loop()
            in_background(lambda: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10), done.append)
            await asyncio.sleep(0)
            before = list(done)
            release.set()
            while not done:
                await asyncio.sleep(0.001)
            return [*before, "then", *done]

        assert asyncio.run(main()) == ["then", True]

    def test_faults_are_handed_over(self) -> None:
        done: list[Any] = []
        in_background(lambda: 1 / 0, done.append)
        assert isinstance(done[0], ZeroDivisionError)


class TestSent:
    @pytest.mark.parametrize("read", [sent.text, sent.flag, sent.number, sent.place, sent.numbers, sent.fields])
    @pytest.mark.parametrize("value", [None, 3.5, ["x"], {"x": 1}, "x" * 20_000, "²", "-1", "1" * 30])
    def test_what_does_not_fit_is_refused(self, read: Callable[[Any], Any], value: object) -> None:
        if read is sent.text and value in ("²", "-1", "1" * 30):
            return
        with pytest.raises(DefinitionError):
            read(value)

    def test_what_fits_is_read(self) -> None:
        assert sent.place("columns.12") == ("columns", 12)
        assert sent.numbers("2.0") == (2, 0)
        assert sent.fields({"text": "x"}) == {"text": "x"}


def test_a_page_is_opened_by_name_for_user_and_database_of_the_environment(desk: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    url = desk.org.engine.url.render_as_string(hide_password=False)
    for name, value in {"CRM_DATABASE_URL": url, "CRM_REPORT_TYPES": str(desk.catalog.folder), "CRM_USER": "femke"}.items():
        monkeypatch.setenv(name, value)
    assert 'title="Signed in as femke"' in open_page("reports").html
    with pytest.raises(NotFound) as missing:
        open_page("raports")
    assert "reports" in missing.value.problems[0].hint
