"""Runs a report's notebook by Papermill and keeps what came of it.

    deliveries/2026-05-11/0700_sales-pipeline_by_stage_maria/
        pipeline_by_stage.ipynb      the executed notebook, also of a run that failed
        pipeline_by_stage.html       the same to read and to send: one file, no code, nothing loaded from elsewhere
        pipeline_by_stage.xlsx       written by the notebook itself
        pipeline_by_stage.json       the same, for programs and later comparison

The notebook connects by itself; it gets the database by CRM_DATABASE_URL, so no password ends up in what is kept.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote_plus

from crmlib.delivery.history import FAILED, SUCCEEDED, Run, claim, close_dead_runs, finish, keep_in, last_due, start
from crmlib.delivery.schedule import Occurrence, Schedule, due_occurrence, list_schedules, missed_weeks
from crmlib.errors import Problem, SetupError, did_you_mean, raise_if_any
from crmlib.model.org import Org
from crmlib.reports.parameters import read_address
from crmlib.security.access import access_of

REPORT_NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "scheduled" / "report.ipynb"
CELL_SECONDS = 600
LATE = timedelta(hours=1)
LONGEST_NAME = 200
"""Bytes of a folder's name; file systems take 255, and a number may come after it."""
STOPPED = "stopped before its end"


def deliveries_root() -> Path:
    """CRM_DELIVERIES, else `deliveries` in the current folder."""
    return Path(os.environ.get("CRM_DELIVERIES") or "deliveries").resolve()


def run_due(org: Org, now: datetime, root: Path, notebook: Path = REPORT_NOTEBOOK, cell_seconds: int = CELL_SECONDS) -> Iterator[Run]:
    """Run what is due, one after the other; yields each run as it ends, whatever its outcome.

    First come the runs whose process died, now closed as failed. Several processes may do this at the same moment: each
    run is made by one of them. Raises SetupError, before anything is claimed, for a notebook that can't be used.
    """
    begin = monotonic()
    schedules = list_schedules(org)
    _check_for(notebook, [schedule.report for schedule in schedules])
    yield from close_dead_runs(org, now)
    zone = org.settings.zone
    for schedule in schedules:
        due = due_occurrence(schedule, zone, now)
        started = now + timedelta(seconds=monotonic() - begin)
        run_id = None if due is None else claim(org, schedule, due, started)
        if due is not None and run_id is not None:
            yield _run(org, run_id, schedule.report, schedule.username, started, root, notebook, cell_seconds,
                       note=_lateness(org, schedule, due, started))


def run_now(org: Org, report: str, username: str, now: datetime, root: Path, schedule_id: int | None = None,
            notebook: Path = REPORT_NOTEBOOK, cell_seconds: int = CELL_SECONDS) -> Run:
    """Run a report by hand, as this user; what is due stays due. report: its address, with values for what it asks.

    Raises NotFound or AccessDenied for the user.
    """
    user = access_of(org, username)
    _check_for(notebook, [report])
    run_id = start(org, report, user.user_id, now, schedule_id)
    return _run(org, run_id, report, user.username, now, root, notebook, cell_seconds)


def _run(org: Org, run_id: int, report: str, username: str, started: datetime, root: Path, notebook: Path, cell_seconds: int,
         note: str = "") -> Run:
    begin = monotonic()
    outcome, message = FAILED, STOPPED
    try:
        access_of(org, username)  # who left the company gets nothing more
        folder = _new_folder(root, started.astimezone(org.settings.zone), report, username)
        keep_in(org, run_id, folder)
        database = org.engine.url.render_as_string(hide_password=False)
        path, values = read_address(report)
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}  # as Papermill writes them
        given: dict[str, Any] = {"report": path, "run_as": username, "folder": str(folder)} | ({"parameters": values} if values else {})
        failure = execute(notebook, folder / f"{Path(path).name}.ipynb", given, {"CRM_DATABASE_URL": database}, f"{report} for {username}",
                          cell_seconds)
        outcome, message = (FAILED, failure) if failure else (SUCCEEDED, "")
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
    finally:  # also when somebody stops the program
        seconds = monotonic() - begin
        run = finish(org, run_id, outcome, "\n".join(filter(None, (message, note))), seconds, started + timedelta(seconds=seconds))
    return run


def _lateness(org: Org, schedule: Schedule, due: Occurrence, now: datetime) -> str:
    """What to say of a run that comes late; empty for one in time."""
    if now - due.at < LATE:
        return ""
    zone = org.settings.zone
    missed = missed_weeks(schedule, zone, due, last_due(org, schedule.id, due.at))
    earlier = f"; {missed} earlier {'run was' if missed == 1 else 'runs were'} missed too and not repeated" if missed else ""
    return f"caught up: it was due {due.at.astimezone(zone):%Y-%m-%d %H:%M}{earlier}"


def _new_folder(root: Path, local: datetime, report: str, username: str) -> Path:
    """A folder of its own for this run; a second run in the same minute gets a number."""
    path, _, values = report.partition("?")
    written = re.sub(r"[^\w.@-]+", "-", "_".join(filter(None, (f"{local:%H%M}", path, username, unquote_plus(values)))))
    name = written.encode()[:LONGEST_NAME].decode(errors="ignore")
    for number in range(1, 1000):
        folder = root / f"{local:%Y-%m-%d}" / (name if number == 1 else f"{name}_{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
    raise SetupError(Problem("no-folder", f"{name} has run a thousand times in a minute", str(root)))


# --- One notebook


def _check_for(notebook: Path, reports: Iterable[str]) -> None:
    """Whether it takes what these reports give it: one that overlooked their values would show other figures."""
    with_values = any(read_address(report)[1] for report in reports)
    check_notebook(notebook, ("report", "run_as", "folder", *(("parameters",) if with_values else ())))


def check_notebook(notebook: Path, parameters: tuple[str, ...]) -> None:
    """Raises SetupError when the notebook is missing or does not know one of these parameters."""
    _spare_slow_import()
    import papermill

    if not notebook.exists():
        raise SetupError(Problem("no-notebook", "the notebook to run does not exist", str(notebook)))
    known = papermill.inspect_notebook(str(notebook))
    raise_if_any((Problem("unknown-parameter", f"the notebook has no parameter {name!r}", str(notebook),
                          did_you_mean(name, known) or "name it in the cell tagged 'parameters'")
                  for name in parameters if name not in known), SetupError)


def execute(notebook: Path, output: Path, parameters: Mapping[str, Any], environment: Mapping[str, str], title: str,
            cell_seconds: int = CELL_SECONDS) -> str | None:
    """Run a notebook with these parameters in a kernel of its own; keep it as `output`, and as HTML beside it.

    Returns None, or why it failed: which cell, its first line, the error. The progress bar shows in terminals only.
    """
    _spare_slow_import()
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it logs of a failure is said below, in one line
    failure = None
    try:
        with _environment(environment):
            papermill.execute_notebook(str(notebook), str(output), dict(parameters), kernel_name="python3", start_timeout=120,
                                       execution_timeout=cell_seconds, progress_bar={"desc": title, "leave": False, "disable": None},
                                       config=Config({"KernelManager": {"transport_encryption": "auto"}}))
    except PapermillExecutionError as error:
        failure = f"{error.ename}: {error.evalue}"
    except (TimeoutError, RuntimeError) as error:  # a cell took too long, or the kernel died: neither is in the notebook yet
        slow = isinstance(error, TimeoutError)
        failure = f"CellTimeout: it took more than {cell_seconds} seconds" if slow else f"{type(error).__name__}: {error}"
        _show_in_notebook(output, failure)
    if failure:
        failure = f"{_place(nbformat.read(output, 4))}: {failure}"
    write_html(output, title, failure)
    return failure


def _begun(notebook: Any) -> list[Any]:
    """The code cells that the run came to, in their order; the last is the one it failed in."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.metadata.get("papermill", {}).get("start_time")]


def _place(notebook: Any) -> str:
    """Where a run failed, as people find it: 'cell [3] `result = report.run()` failed'."""
    begun = _begun(notebook)
    if not begun:
        return "the notebook did not start"
    code = next((line for line in begun[-1].source.splitlines() if line.strip() and not line.startswith("#")), "")
    return f"cell [{len(begun)}] `{code}` failed"


def _show_in_notebook(path: Path, failure: str) -> None:
    import nbformat

    notebook = nbformat.read(path, 4)
    name, _, value = failure.partition(": ")
    for cell in _begun(notebook)[-1:]:
        cell.outputs.append(nbformat.v4.new_output("error", ename=name, evalue=value, traceback=[failure]))
    nbformat.write(notebook, path)


def write_html(notebook: Path, title: str, failure: str | None = None) -> Path:
    """What the cells of an executed notebook show, as one HTML file without code, beside the notebook.

    Cells tagged `not-delivered` are left out. Of an error it shows what `failure` says; the traceback is in the notebook.
    """
    _spare_slow_import()
    from html import escape

    import nbformat
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    from crmlib.render.html import PAGE_STYLE

    exporter = HTMLExporter(config=Config({
        "HTMLExporter": {"template_name": "basic", "exclude_input": True, "exclude_input_prompt": True, "exclude_output_prompt": True,
                         "exclude_anchor_links": True, "mathjax_url": "", "require_js_url": ""},
        "TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": ["not-delivered", "papermill-error-cell-tag"]}}))
    shown = nbformat.read(notebook, 4)
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
    cells, _ = exporter.from_notebook_node(shown)
    banner = f'<p class="crm-run-failed">{escape(failure)}\n\n{notebook.name}, beside this file, has the details.</p>' if failure else ""
    path = notebook.with_suffix(".html")
    path.write_text(f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
                    f"{PAGE_STYLE}{FAILED_STYLE}</head><body>{banner}{cells}</body></html>", encoding="utf-8")
    return path


FAILED_STYLE = """<style>
pre{white-space:pre-wrap;overflow-wrap:anywhere}
.crm-run-failed{border-left:4px solid #b3261e;background:rgba(179,38,30,.1);padding:.75em 1em;margin:0 0 1.5em;white-space:pre-wrap}
</style>"""


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the kernel, which inherits those of this process; put back afterwards."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _spare_slow_import() -> None:
    """nbformat reaches for rfc3987_syntax, which builds grammars for a second to check URLs no notebook has; it can do without."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
