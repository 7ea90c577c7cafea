"""The house keeps its shape: rooms on floors, imports only go down, each outside library lives where it is used.

A room is a folder of crmlib, or a module beside them (`errors`, `definition`, `workspace`). A room may import the rooms on
floors below its own, and nothing else of crmlib, but for the few neighbours in NEIGHBOURS. To add a room: a word in FLOORS.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = (
    ("errors", "definition"),
    ("formulas",),  # below the model, which gives SQLite the function that evaluates them
    ("model", "migrations"),
    ("mirror",),
    ("security",),
    ("records",),
    ("reports", "work", "exchange", "demo"),
    ("render", "delivery"),
    ("workspace", "crmlib"),  # `crmlib` itself: its __init__.py, which hands out the workspace
    ("workbench", "upkeep"),
    ("server",),
    ("cli",),
)
NEIGHBOURS = {
    ("definition", "errors"),
    ("migrations", "model"),
    ("delivery", "render"),  # a scheduled run writes the result out in every output there is
    ("crmlib", "workspace"),
}

LIBRARIES = {
    "sqlalchemy": {"model", "formulas", "migrations", "mirror", "security", "records", "reports", "work", "exchange", "demo", "delivery",
                   "upkeep"},
    "psycopg": {"model"},
    "duckdb": {"mirror"},
    "pyspark": {"mirror"},
    "alembic": {"model", "migrations"},
    "pandas": {"render", "workspace"},
    "altair": {"render", "workspace"},
    "vl_convert": {"render"},
    "resvg_py": {"render"},
    "xlsxwriter": {"render"},
    "babel": {"render", "workbench"},
    "rich": {"render", "cli"},
    "click": {"cli"},
    "papermill": {"delivery"},
    "nbformat": {"delivery"},
    "nbconvert": {"delivery", "server"},
    "nbclient": {"delivery"},
    "ipywidgets": {"workbench"},
    "anywidget": {"workbench"},
    "traitlets": {"workbench", "server", "delivery"},
    "IPython": {"workbench"},
    "voila": {"server"},
    "jupyter_server": {"server"},
    "tornado": {"server"},
    "jinja2": {"server", "workbench"},
    "markupsafe": {"server", "workbench"},
    "yaml": {"definition", "reports"},
    "pydantic": {"definition", "model", "reports", "exchange"},
    "pydantic_core": {"definition"},
    "lark": {"formulas", "reports"},
}
"""Every library from outside and the rooms that may import it. Another room that needs one is a decision: say so here."""

HEAVY = ("pandas", "numpy", "altair", "vl_convert", "voila", "jupyter_server", "tornado", "papermill", "nbconvert", "alembic", "IPython",
         "ipywidgets", "babel", "xlsxwriter", "lark", "duckdb", "pyspark", "pyarrow")

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}
LONGEST = 400

MODULES = sorted((ROOT / "crmlib").rglob("*.py"))
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)


def room_of(path: Path) -> str:
    inside = path.relative_to(ROOT / "crmlib")
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem.replace("__init__", "crmlib")


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, inside functions too; `from a import b` gives a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the whole name: from crmlib.room.module import ..."
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def all_imports() -> Iterator[tuple[str, str, str]]:
    """`file:line`, importing room and dotted name of every import in crmlib."""
    for path in MODULES:
        for line, name in imports_of(path):
            yield f"{path.relative_to(ROOT)}:{line}", room_of(path), name


def test_every_room_has_its_floor() -> None:
    known = {room for rooms in FLOORS for room in rooms}
    assert {room_of(path) for path in MODULES} <= known


def test_imports_only_go_down() -> None:
    wrong = []
    for where, room, name in all_imports():
        parts = name.split(".")
        if parts[0] != "crmlib":
            continue
        imported = parts[1] if len(parts) > 1 and any(parts[1] in rooms for rooms in FLOORS) else "crmlib"
        if imported != room and floor_of(imported) >= floor_of(room) and (room, imported) not in NEIGHBOURS:
            wrong.append(f"{where}: {room} may not import {imported}")
    assert wrong == []


def test_each_library_is_imported_only_where_it_belongs() -> None:
    wrong = []
    for where, room, name in all_imports():
        library = name.split(".")[0]
        if library != "crmlib" and library not in sys.stdlib_module_names and room not in LIBRARIES.get(library, ()):
            wrong.append(f"{where}: {room} may not import {library}")
    assert wrong == []


@pytest.mark.parametrize("statement", ["import crmlib", "from crmlib import connect", "import crmlib.cli.main"])
def test_importing_stays_light(statement: str) -> None:
    code = f"import sys\n{statement}\nprint(*sorted(set({HEAVY!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []


def test_only_secure_makes_a_secured_plan() -> None:
    makers = set()
    for path in [*MODULES, *(ROOT / "benchmarks").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if "SecuredPlan" in (getattr(called, "id", None), getattr(called, "attr", None)):
                makers.add(path.relative_to(ROOT).as_posix())
    assert makers == {"crmlib/reports/secure.py"}


def test_only_a_secured_plan_is_compiled() -> None:
    from crmlib.reports.compile_plan import compile_plan
    from crmlib.reports.secure import SecuredPlan

    first, *_ = get_type_hints(compile_plan).values()
    assert first is SecuredPlan


def test_no_module_is_too_long() -> None:
    files = [path for folder in ("crmlib", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts]
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_module_is_named_for_nothing() -> None:
    assert [path.name for path in MODULES if path.stem in BANNED_NAMES or path.parent.name in BANNED_NAMES] == []


def test_no_folder_is_deeper_than_a_room() -> None:
    deep = [path.relative_to(ROOT).as_posix() for path in MODULES if len(path.relative_to(ROOT / "crmlib").parts) > 2]
    assert [path for path in deep if not path.startswith("crmlib/migrations/versions/")] == []


def test_notebooks_hold_no_logic() -> None:
    assert NOTEBOOKS
    logic = re.compile(r"^\s*(async\s+def|def|class)\s", re.MULTILINE)
    assert [path.name for path in NOTEBOOKS for cell in code_cells(path) if logic.search(cell)] == []


def test_app_notebooks_are_a_doorstep_of_two_cells() -> None:
    cells = {path.name: len(json.loads(path.read_text(encoding="utf-8"))["cells"]) for path in NOTEBOOKS if path.parent.name == "apps"}
    assert {name: number for name, number in cells.items() if number > 2} == {}


def test_scheduled_notebooks_have_one_parameters_cell() -> None:
    for path in NOTEBOOKS:
        if path.parent.name == "scheduled":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            assert sum("parameters" in cell["metadata"].get("tags", ()) for cell in cells) == 1, path.name


def code_cells(path: Path) -> Iterator[str]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"])


def test_the_readme_draws_these_floors() -> None:
    """From the top down, with no room missing but those not built yet."""
    drawing = (ROOT / "README.md").read_text(encoding="utf-8").split("Imports go down only")[1].split("```")[1]
    drawn = [set(re.split(r" {2,}", line)[:-1]) for line in drawing.strip().splitlines()]  # the last part says what it is for
    built = [{room for room in floor if (ROOT / "crmlib" / room).is_dir() or (ROOT / "crmlib" / f"{room}.py").exists()} for floor in FLOORS]
    assert drawn == [rooms for rooms in reversed(built) if rooms]
