"""Questions to a result: why is a record in it or not, and the SQL and the Python that lead to the same figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from crmlib.errors import DefinitionError, Problem, UserError
from crmlib.reports.catalog import name_for
from crmlib.workbench import sent
from crmlib.workbench.screen import in_background, render
from crmlib.workspace import RunnableReport

PYTHON = "text/x-python;charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What stands below the questions. kind: "why", "sql" or "code"."""

    kind: str
    content: str


class Questions:
    """Asked of the report as it was run, which `asked` gives. refresh: show the page anew; download: hand over a file."""

    def __init__(self, asked: Callable[[], RunnableReport], refresh: Callable[[], None],
                 download: Callable[[str, bytes, str], None]) -> None:
        self.asked, self.refresh, self.download = asked, refresh, download
        self.record, self.of, self.is_asking = "", "", False
        self.answer: Answer | None = None
        self.problems: tuple[Problem, ...] = ()

    @property
    def actions(self) -> dict[str, Callable[[Any, Any], None]]:
        return {
            "ask_why": lambda item, value: self.ask_why(sent.fields(value)),
            "show_sql": lambda item, value: self.ask("sql", lambda: self.asked().explain()),
            "show_code": lambda item, value: self.ask("code", lambda: self.asked().code()),
            "download_code": lambda item, value: self.download_code(),
            "close_answer": lambda item, value: self.close(),
        }

    def ask_why(self, fields: dict[str, str]) -> None:
        self.record, self.of = fields.get("record", "").strip(), fields.get("of", "")
        if not self.record:
            raise DefinitionError(Problem("no-record", "name a record, or give its number"))
        record = int(self.record) if self.record.isdecimal() and len(self.record) < 19 else self.record
        of = self.of
        self.ask("why", lambda: self.asked().why((of, record) if of else record)._repr_html_())

    def ask(self, kind: str, work: Callable[[], str]) -> None:
        self.is_asking, self.problems = True, ()
        in_background(work, lambda outcome: self.answered(kind, outcome))

    def answered(self, kind: str, outcome: Any) -> None:
        self.is_asking, self.answer = False, None
        if isinstance(outcome, UserError):
            self.problems = outcome.problems
        elif isinstance(outcome, Exception):
            self.problems = (Problem("internal", "this could not be answered; the server's log says why"),)
        else:
            self.answer = Answer(kind, outcome)
        self.refresh()

    def download_code(self) -> None:
        asked = self.asked()
        self.download(f"{name_for(asked.definition.label)}.py", asked.code().encode(), PYTHON)

    def close(self) -> None:
        self.answer, self.problems = None, ()

    def objects(self) -> list[tuple[str, str]]:
        """The objects whose records can be asked for, by path: the primary and the related ones."""
        asked = self.asked()
        return [(source.path, asked.workspace.schema.describe(source.object).label) for source in asked.view.sources.values()]

    def html(self) -> Markup:
        return render("report_questions.html", questions=self, objects=self.objects(),
                      why=Markup(self.answer.content) if self.answer and self.answer.kind == "why" else None)
