"""A small export and its mapping, for tests of the import: companies with a parent, people at them, their deals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from crmlib.exchange.import_folder import import_folder
from crmlib.exchange.summary import ImportSummary
from crmlib.model.org import Org

MAPPING = """\
system: acme
time_zone: Europe/Amsterdam
date_formats:
  slashes: "%d/%m/%Y %H:%M"
files:
  staff:
    file: staff.csv
    object: user
    key: Login
    same_as_existing: email
    fields:
      name: [First, Last]
      username: {column: Login, once: true}
      email: Mail
      is_active: {constant: true}
  stages:
    object: stage
    key: name
    same_as_existing: name
    rows:
      - {name: Talking, position: 1, outcome: Open}
      - {name: Signed, position: 2, outcome: Won, probability: 100}
  companies:
    file: companies.csv
    object: account
    key: "No"
    fields:
      name: {column: Company, default: (no name)}
      parent: {column: Belongs to, key_of: companies}
      type: {column: Kind, values: {Client: Customer, "-": null}}
      annual_revenue: Revenue
      owner: {column: Salesman, by: name}
      high_season: Seasons
  people:
    file: people.csv
    object: contact
    key: "No"
    dates: slashes
    fields:
      name: [First, Last]
      account: {column: Company, key_of: companies, values: {0: null}}
      email: Mail
      birthday: {column: Born, dates: slashes}
      source: {constant: Trade show}
      created_at: Entered
  deals:
    file: deals.csv
    object: opportunity
    key: whole row
    fields:
      name: Title
      account: {column: Company, by: name, missing: reject}
      contact: {column: [Person, Mail], by: [name, email]}
      stage: {column: Stage, key_of: stages}
      close_date: Closes
      amount: Sum
      probability: Chance
"""

FILES = {
    "staff.csv": "Login,First,Last,Mail\ntina,Tina,Thomas,tina@acme.example\nraj,Raj,,raj@acme.example\n",
    "companies.csv": "No,Company,Belongs to,Kind,Revenue,Salesman,Seasons\n"
                     "1,Wind & Sun,2,Client,$1.5M,Tina Thomas,winter;summer\n"
                     "2,Holding,,-,\"2,000.50\",tina  thomas,\n"
                     "3,,9,Prospect,,Nobody,Spring\n",
    "people.csv": "No,First,Last,Company,Mail,Born,Entered\n"
                  "1,Ada,Byron,1,ada@sun.example,10/12/1990 00:00,31/03/2024 12:00\n"
                  "2,Ада,,0,,,\n",
    "deals.csv": "Title,Company,Person,Mail,Stage,Closes,Sum,Chance\n"
                 "Panels,Wind & Sun,Ada Byron,ada@sun.example,Talking,2026-06-30,\"$12,500.00\",20%\n"
                 "Panels,Wind & Sun,Ada Byron,ada@sun.example,Talking,2026-06-30,\"$12,500.00\",20%\n"
                 "Mast,Holding,,,Signed,2026-07-01,,\n",
}


class Export:
    """The folder of an export; its files can be changed line by line between imports."""

    def __init__(self, folder: Path, mapping: str = MAPPING, files: dict[str, str] | None = None) -> None:
        self.folder, self.mapping, self.rejected = folder / "export", folder / "acme.yaml", folder / "rejected"
        self.folder.mkdir()
        self.mapping.write_text(mapping, encoding="utf-8")
        for name, text in (FILES if files is None else files).items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def load(self, org: Org, **options: Any) -> ImportSummary:
        return import_folder(org, str(self.mapping), self.folder, rejected=self.rejected, **options)


def records(org: Org, object_name: str) -> dict[str, dict[str, Any]]:
    """Records by external id, with the names of lookups' records instead of their numbers."""
    described = org.schema.describe(object_name)
    columns = [described.table.c.id, *(field.column for field in described.stored.values() if field.type.name != "lookup")]
    source: Any = described.table
    for field in described.stored.values():
        if field.type.name == "lookup" and field.to:
            target = org.schema.describe(field.to).table.alias()
            source = source.outerjoin(target, target.c.id == field.column)
            columns.append(target.c.name.label(f"{field.name}."))
    rows = org.fetch(select(*columns).select_from(source).order_by(described.table.c.id))
    return {row._mapping["external_id"]: {key.removesuffix("."): value for key, value in row._mapping.items()} for row in rows}


def everything(org: Org) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {name: [tuple(row) for row in org.fetch(select(table).order_by(*table.primary_key.columns))]
            for name, table in org.schema.metadata.tables.items()}


Counts = tuple[int, int, int, int]


def counts(summary: ImportSummary) -> dict[str, Counts]:
    """Created, updated, unchanged, rejected per object."""
    return {file.object: (file.created, file.updated, file.unchanged, file.rejected) for file in summary.files}
