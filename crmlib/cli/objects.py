"""`crm object` describes and extends the data model; `crm upgrade` brings a base to this version."""

from __future__ import annotations

from pathlib import Path

import click

from crmlib.errors import DefinitionError
from crmlib.model.formula_fields import ensure_sound
from crmlib.model.org import open_engine
from crmlib.workspace import connect


@click.group()
def object_group() -> None:
    """Describe objects; define custom ones."""


@object_group.command("list")
def list_objects() -> None:
    """Every object, standard and custom."""
    for described in connect().schema:
        click.echo(f"{described.name:28} {described.plural_label:28} {described.help}")


@object_group.command("describe")
@click.argument("name")
def describe(name: str) -> None:
    """An object's fields, lookups and children."""
    schema = connect().schema
    described = schema.describe(name)
    click.echo(f"{described.label} ({described.name}, table {described.table.name})\n{described.help}\n")
    for field in described.fields.values():
        notes = [field.type.label + (f" to {field.to}" if field.to else "")]
        notes += [f"= {' '.join(field.formula.split())}"] * bool(field.formula)
        notes += ["required"] * field.required + ["personal data"] * field.personal + [", ".join(field.values)] * bool(field.values)
        click.echo(f"  {field.name:22} {field.label:24} {'; '.join(notes)}")
        try:
            ensure_sound(schema, field)
        except DefinitionError as error:
            click.echo("\n".join(f"    {line}" for line in str(error).splitlines()))
    if described.children:
        click.echo("\nChildren")
        for child in described.children.values():
            click.echo(f"  {child.name:30} {child.object} by {child.lookup}")


@object_group.command("define")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def define(file: Path) -> None:
    """Make a custom object, or further fields of an object, from a YAML file (docs/custom_objects.md)."""
    from crmlib.definition import read_definition
    from crmlib.model.custom import Customization, customize

    org = connect().org
    customization, source = read_definition(file, Customization, str(file))
    customize(org, customization, source)
    click.echo(f"{customization.object}: {len(customization.fields)} fields defined.")


@object_group.command("remove-formula")
@click.argument("object_name", metavar="OBJECT")
@click.argument("field")
def remove_formula(object_name: str, field: str) -> None:
    """Take a formula field away; refused while other formula fields read it."""
    from crmlib.model.custom import remove_formula_field

    remove_formula_field(connect().org, object_name, field)
    click.echo(f"{object_name}: {field} removed.")


@click.command()
def upgrade_command() -> None:
    """Bring the database to this version's tables. Make a backup first: crm backup."""
    from crmlib.model.upgrade import upgrade, version_of

    engine = open_engine()
    before = version_of(engine)
    upgrade(engine)
    click.echo(f"Database at version {version_of(engine)} (was {before or 'empty'}).")
