"""Another system's export, one file of contacts with their companies: the mapping language is not made for one export only."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from crmlib.model.org import Org
from tests.conftest import add
from tests.exchange.acme import Export, counts, everything, records

CONTACTS = Path(__file__).parents[3] / "shared" / "data" / "atomic_crm" / "contacts.csv"

MAPPING = """\
system: atomic
files:
  companies:
    file: contacts.csv
    object: account
    key: company_id
    repeats: true                 # each contact's row names its company
    fields: {name: company_name}
  people:
    file: contacts.csv
    object: contact
    key: id
    fields:
      name: [first_name, last_name]
      first_name: first_name
      last_name: last_name
      position: title
      account: {column: company_id, key_of: companies}
      owner: {column: sales, by: name}
      email: {first_of: [email_work, email_home, email_other]}
      phone: {first_of: [phone_work, phone_home, phone_other]}
      description: background
      created_at: first_seen
  home_phones:
    file: contacts.csv
    object: contact_point
    key: id
    only_rows_with: phone_home
    fields:
      name: phone_home
      contact: {column: id, key_of: people}
      kind: {constant: Phone}
      usage: {constant: Home}
"""


@pytest.mark.skipif(not CONTACTS.is_file(), reason="the export ../shared/data/atomic_crm is not here")
def test_one_file_becomes_companies_people_and_their_phones(org: Org, tmp_path: Path) -> None:
    add(org, "user", name="Jane Doe", username="jane")
    export = Export(tmp_path, MAPPING, {"contacts.csv": CONTACTS.read_text(encoding="utf-8")})
    assert counts(export.load(org)) == {"account": (55, 0, 0, 0), "contact": (500, 0, 0, 0), "contact_point": (270, 0, 0, 0)}
    shelley = records(org, "contact")["atomic:people:2"]
    assert (shelley["name"], shelley["account"], shelley["owner"], shelley["email"], shelley["phone"]) == (
        "Shelley Kerluke", "Gottlieb and Sons", "Jane Doe", "Shelley_Kerluke47@hotmail.com", "1-955-371-0847 x371")
    assert shelley["created_at"].isoformat() == "2024-08-13T18:04:34.666000+00:00"
    contacts = org.schema.describe("contact").table
    assert org.fetch(select(func.count()).where(contacts.c.account_id.is_(None)))[0][0] == 0
    before = everything(org)
    assert export.load(org).total("updated") == 0
    assert everything(org) == before
