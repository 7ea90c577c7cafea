"""`crm report-type`: list, show and check report types."""

from __future__ import annotations

from pathlib import Path

import click

from crmlib.errors import DefinitionError, raise_if_any
from crmlib.reports.editor_schemas import schema_files
from crmlib.upkeep.check import faults_of_definitions
from crmlib.workspace import connect


@click.group()
def report_type_group() -> None:
    """List, show and check report types."""


@report_type_group.command("list")
@click.option("--custom", is_flag=True, help="Only those that analysts made.")
def list_types(custom: bool) -> None:
    """The report types: custom ones, then the standard ones that every object and relationship has."""
    catalog = connect().catalog
    for view in catalog.report_types():
        if not (custom and view.standard):
            click.echo(f"{view.name:45} {view.label}{'' if view.definition.deployed else ' (in development)'}")


@report_type_group.command("show")
@click.argument("name")
def show(name: str) -> None:
    """A report type's objects and columns."""
    view = connect().catalog.report_type(name)
    stage = "" if view.definition.deployed else "In development: only those who may edit everything make and run reports on it.\n"
    click.echo(f"{view.label}\n{view.description}\n{stage}\nObjects: {', '.join(view.objects)}")
    for label, fields in view.sections:
        click.echo(f"\n{label}")
        for field in fields:
            click.echo(f"  {field.path:45} {field.label} ({field.field.type.label})")


@report_type_group.command("schema")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("report_types/schema"), show_default=True)
def schema(folder: Path) -> None:
    """Write JSON Schemas, with which editors complete and check report types and reports."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
        click.echo(folder / name)


@report_type_group.command("check")
@click.argument("names", nargs=-1)
def check(names: tuple[str, ...]) -> None:
    """Every fault of the custom report types, shared buckets and saved reports, with file and line. Exit code 1 if there is one."""
    workspace = connect()
    catalog = workspace.catalog
    asked = (problem for name in names for problem in catalog.check_report_type(name))
    raise_if_any(asked if names else faults_of_definitions(workspace), DefinitionError)
    click.echo(f"{len(names or catalog.custom_names())} report types and {0 if names else len(catalog.reports())} reports: no faults.")
