"""Clients of the demo organization: accounts with their contacts and the roles these play."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from crmlib.demo.company import Demo, Seller
from crmlib.demo.names import PEOPLE
from crmlib.demo.places import Firm, draw_address, draw_firm, draw_phone
from crmlib.demo.rows import workday

# Names that have broken other programs, or that two clients share.
AWKWARD_ACCOUNTS = (
    "O'Brien & \"Sons\" <b>Catering</b>", "=SUM(A1:A9) Trading", "Hotel Continental", "<script>alert('coffee')</script>", "+49 Design",
    "Hotel Continental", "-1+1 Consulting", "Robert'); DROP TABLE accounts;--", "@Home Interiors", "100 % Koffie; Thee, \\Melk",
    "Café Ñandú  Åse Œuvre", "The Society for the Promotion of Coffee Drinking in Offices, Workshops, Schools, Hospitals and Other Places "
    "Where People Wait for Each Other, Founded in 1887")
AWKWARD_CONTACTS = ("Dwayne <i>Rock</i> Steady", "=1+2 Formula", "Zoë \"Zo\" d'Être", "N/A")

_SOURCES = (("Web form", 18), ("Phone", 12), ("E-mail", 10), ("Trade show", 8), ("External referral", 10), ("Employee referral", 4),
            ("Partner", 7), ("Cold call", 9), ("Web research", 5), ("Advertisement", 6), ("Social network", 4), ("Messenger", 3),
            ("Chat", 3), ("Online store", 1))
SOURCES, SOURCE_WEIGHTS = zip(*_SOURCES, strict=True)
_SEASONS = (("Summer",), ("Winter",), ("Spring", "Summer"), ("Autumn", "Winter"), ("Spring", "Autumn"), ("Spring", "Summer", "Autumn"))
_OTHER_TYPES = ("Partner", "Supplier", "Reseller", "Competitor", "Press", "Investor", "Other")
_REMARKS = ("Takes the beans only on Tuesdays", "Prefers to be called after ten", "Their dog is called Crema",
            "Asks for the invoice on paper", "Wants the service engineer to ring at the back door", "Drinks tea",
            "Moved in spring; the old machine stayed")
_FIRST_POSITIONS = ("Director", "Managing Director", "Owner", "General Manager")
_POSITIONS = ("Office Manager", "Facility Manager", "Buyer", "Chief Accountant", "Lawyer", "Secretary", "Head of Kitchen", "IT Manager",
              "Personnel Manager", "Reception", "Marketing Manager", "Technician")
_ROLE_OF_POSITION = {"Chief Accountant": "Chief accountant", "Lawyer": "Lawyer", "Secretary": "Secretary", "Buyer": "Buyer",
                     "Technician": "Technical lead", "IT Manager": "Technical lead"} | dict.fromkeys(_FIRST_POSITIONS, "Director")


@dataclass(frozen=True)
class Person:
    """A contact, as far as deals and activities need to know."""

    id: int
    name: str
    phone: str | None
    created: datetime


@dataclass(frozen=True)
class Client:
    """An account in the making, with its contacts. size: how large its deals are, against the usual."""

    id: int
    name: str
    firm: Firm
    seller: Seller
    source: str
    size: float
    created: datetime
    deleted: datetime | None
    people: tuple[Person, ...]


@dataclass
class Names:
    """What is given out once, or now and then: names of firms, awkward names, birthdays that must occur."""

    firms: set[str]
    accounts: list[str]
    contacts: list[str]
    birthdays: list[date]
    without_deals: int = 0


def names_to_give(today: date) -> Names:
    """Birthdays: one on 29 February, and one on each day of the week `today` is in."""
    monday = today - timedelta(days=today.weekday())
    week = [monday + timedelta(days=number) for number in range(7)]
    return Names(set(), list(AWKWARD_ACCOUNTS), list(AWKWARD_CONTACTS), [date(1988, 2, 29), *(day.replace(year=1984) for day in week)])


def make_client(demo: Demo, names: Names, first_deal: date | None, contacts: int) -> Client:
    """Draw a client and let its contacts wait; the account itself waits with `make_account`, once its deals are known."""
    rows, rng, calendar, company = demo
    firm = draw_firm(rng, names.firms)
    seller = company.draw_seller(rng)
    if first_deal:
        created = calendar.moment(workday(first_deal - timedelta(days=int(rng.lognormvariate(2.2, 1.3)))))
    else:
        created = calendar.moment(workday(calendar.last - timedelta(days=rng.randrange(1000))))
        names.without_deals += 1
    is_mistake = not first_deal and names.without_deals % 15 == 5
    deleted = calendar.after(created, rng.randint(1, 60)) if is_mistake else None
    account = rows.new_id("account")
    name = names.accounts.pop(0) if names.accounts and account % 3 == 0 else firm.name
    people = [_make_contact(demo, names, account, firm, seller, created, deleted, number) for number in range(contacts)]
    return Client(account, name, firm, seller, rng.choices(SOURCES, SOURCE_WEIGHTS)[0], rng.lognormvariate(0, 0.5), created, deleted,
                  tuple(person for person in people if person))


def make_account(demo: Demo, client: Client, has_deals: bool, has_won: bool, parents: list[int]) -> None:
    """Let the account wait. `parents` are accounts that may head a group; this one may join them."""
    rows, rng, calendar, company = demo
    firm = client.firm
    employees = max(1, int(rng.lognormvariate(3.3, 1.3) * client.size)) if rng.random() < 0.85 else None
    parent = rng.choice(parents) if parents and rng.random() < 0.06 else None
    if employees and employees > 150 and not client.deleted and not parent and len(parents) < 500:
        parents.append(client.id)
    kind = "Customer" if has_won else "Prospect" if has_deals or rng.random() < 0.7 else rng.choice(_OTHER_TYPES)
    modified = client.created if rng.random() < 0.4 else calendar.between(client.created, calendar.now)
    revenue = Decimal(employees * rng.randint(60, 240)) * 1000 if employees and rng.random() < 0.7 else None
    is_seasonal = firm.industry in ("Hospitality", "Food", "Retail", "Agriculture") or rng.random() < 0.1
    rows.add("account", client.seller.id, client.created, modified, deleted=client.deleted, id=client.id,
             by=company.operator if rng.random() < 0.3 else None, name=client.name, type=kind,
             industry=firm.industry if rng.random() < 0.96 else None, parent_id=parent,
             phone=draw_phone(rng, firm.country) if rng.random() < 0.9 else None,
             email=f"info@{firm.domain}" if rng.random() < 0.85 else None,
             website=f"https://www.{firm.domain}" if rng.random() < 0.8 else None, country=firm.country.name, city=firm.city,
             address=draw_address(rng, firm.city) if rng.random() < 0.7 else None, employees=employees,
             annual_revenue=revenue, source=client.source, high_season=rng.choice(_SEASONS) if is_seasonal else None,
             description=rng.choice(_REMARKS) if rng.random() < 0.1 else None)


def _make_contact(demo: Demo, names: Names, account: int, firm: Firm, seller: Seller,
                  since: datetime, account_deleted: datetime | None, number: int) -> Person | None:
    """Let a contact wait with further phones and addresses and its role; None when it is deleted."""
    rows, rng, calendar, company = demo
    country = firm.country
    given, family = PEOPLE[country.language].draw(rng)
    name = f"{given.native} {family.native}"
    first_name, last_name = given.native, family.native
    if names.contacts and number == 1:
        name = names.contacts.pop(0)
        first_name, _, last_name = name.partition(" ")
    created = since if number == 0 or rng.random() < 0.6 else calendar.between(since, calendar.now)
    has_left = number > 0 and rows.counts["contact"] % 60 == 7
    deleted = account_deleted or (calendar.after(created, rng.randint(10, 300)) if has_left else None)
    modified = created if rng.random() < 0.5 else calendar.between(created, calendar.now)
    phone = draw_phone(rng, country) if rng.random() < 0.9 else None
    mobile = draw_phone(rng, country, mobile=True) if rng.random() < 0.55 else None
    email = f"{given.latin}.{family.latin}@{firm.domain}".replace(" ", "").replace("'", "") if rng.random() < 0.88 else None
    if not deleted and names.birthdays:
        birthday: date | None = names.birthdays.pop(0)
    else:
        birthday = calendar.today - timedelta(days=int(365.25 * rng.triangular(22, 67, 41))) if rng.random() < 0.7 else None
    position = rng.choice(_FIRST_POSITIONS if number == 0 and rng.random() < 0.6 else _POSITIONS)
    contact = rows.add("contact", seller.id, created, modified, deleted=deleted,
                       by=company.operator if rng.random() < 0.3 else None, name=name, first_name=first_name, last_name=last_name or None,
                       account_id=account, position=position, phone=phone, mobile=mobile, email=email, birthday=birthday,
                       source=rng.choices(SOURCES, SOURCE_WEIGHTS)[0] if rng.random() < 0.6 else None,
                       city=firm.city, language=country.language,
                       description=rng.choice(_REMARKS) if rng.random() < 0.06 else None)
    if rng.random() < 0.35:
        kind = rng.choice(("Phone", "Mobile", "E-mail", "Messenger"))
        value = (f"{given.latin}{family.latin}{rng.randrange(100)}@mail.example".replace(" ", "") if kind == "E-mail"
                 else f"@{given.latin}_{rng.randrange(1000)}" if kind == "Messenger" else draw_phone(rng, country, kind == "Mobile"))
        rows.add("contact_point", seller.id, created, deleted=deleted, name=value, contact_id=contact, kind=kind,
                 usage=rng.choice(("Work", "Work", "Home", "Other")))
    role = _ROLE_OF_POSITION.get(position)
    if role or number == 0:
        role = role or "Other"
        rows.add("contact_role", seller.id, created, deleted=deleted, name=f"{role}: {name}", account_id=account, contact_id=contact,
                 role=role, is_talking_to_us=number == 0)
    return None if deleted else Person(contact, name, phone or mobile, created)
