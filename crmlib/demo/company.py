"""The demo organization itself: settings, roles, users, rights, stages, products, price books.

Noordster Coffee Systems sells, rents and looks after coffee machines for offices and hotels. Its fiscal year starts in April
on purpose: reports that mix up fiscal and calendar quarters show it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import NamedTuple

from sqlalchemy import Connection, select

from crmlib.demo.names import PEOPLE
from crmlib.demo.rows import Calendar, Rows
from crmlib.model.schema import Schema
from crmlib.security.permission_sets import missing_permission_sets

DOMAIN = "noordster.example"

# Name and the role above it
ROLES = (
    ("Managing director", None),
    ("Sales director", "Managing director"),
    ("Team lead North", "Sales director"),
    ("Team lead South", "Sales director"),
    ("Managers North", "Team lead North"),
    ("Managers South", "Team lead South"),
    ("Marketing", "Managing director"),
    ("Support", "Managing director"),
    ("Analyst", "Managing director"),
    ("Operator", "Managing director"),
)

class Colleague(NamedTuple):
    """A user of ours. share: of the accounts they lead, 0 for who doesn't sell. skill: deals they win, against the average."""

    username: str
    name: str
    role: str
    title: str
    manager: str = ""
    share: float = 0
    skill: float = 1


USERS = (
    Colleague("demo", "Dana Whitfield", "Analyst", "Analyst and administrator"),
    Colleague("margriet", "Margriet van Loon", "Managing director", "Managing Director"),
    Colleague("hendrik", "Hendrik Aalders", "Sales director", "Sales Director", "margriet", 1, 1.15),
    Colleague("oksana", "Oksana Hrytsenko", "Team lead North", "Team Lead", "hendrik", 3, 1.1),
    Colleague("matteo", "Matteo Bellini", "Team lead South", "Team Lead", "hendrik", 3, 1.0),
    Colleague("femke", "Femke Sikkema", "Managers North", "Sales Manager", "oksana", 8, 1.2),
    Colleague("tobias", "Tobias Lindner", "Managers North", "Sales Manager", "oksana", 6, 0.9),
    Colleague("selam", "ሰላም ተስፋዬ", "Managers South", "Sales Manager", "matteo", 7, 1.05),
    Colleague("rashed", "রাশেদ চৌধুরী", "Managers South", "Sales Manager", "matteo", 4, 0.75),
    Colleague("ines", "Inès Carpentier", "Marketing", "Marketing Manager", "margriet"),
    Colleague("pavle", "Павле Обрадовић", "Support", "Support Engineer", "margriet"),
    Colleague("joris", "Joris Terpstra", "Operator", "Data Operator", "margriet"),
)

# Permission sets (crmlib/security/permission_sets.py) and the roles, by their beginnings, that hold them
HOLDERS = {
    "Administrator": ("Analyst",),
    "Manager": ("Managers", "Marketing", "Support"),
    "Supervisor": ("Managing director", "Sales director", "Team lead"),
    "Analyst": ("Analyst", "Managing director"),
    "Operator": ("Operator",),
}

STAGES = (("Qualification", "Open", 10), ("Needs analysis", "Open", 25), ("Proposal", "Open", 50), ("Negotiation", "Open", 75),
          ("Contract", "Open", 90), ("Closed won", "Won", 100), ("Closed lost", "Lost", 0))

# Code, name, family, price, cost, how often it is sold, most pieces in one line
PRODUCTS = (
    ("PF-S", "Polaris S espresso machine", "Hardware", "1890.00", "1180.00", 10, 12),
    ("PF-M", "Polaris M espresso machine", "Hardware", "3450.00", "2210.00", 9, 8),
    ("PF-L", "Polaris L twin-group machine", "Hardware", "7990.00", "5240.00", 4, 4),
    ("AR-1", "Arctic 1 filter brewer", "Hardware", "640.00", "395.00", 6, 20),
    ("GR-2", "Doppel grinder", "Hardware", "489.50", "301.20", 7, 15),
    ("WF-9", "Water filter set", "Hardware", "84.90", "31.75", 8, 40),
    ("FL-C", "Fleet view, per machine and month", "Software", "9.9500", "1.2000", 6, 240),
    ("FL-P", "Payment module licence", "Software", "219.00", "22.00", 4, 30),
    ("FL-A", "Stock forecast licence", "Software", "349.00", "40.00", 2, 10),
    ("SV-I", "Installation", "Service", "275.00", "140.00", 9, 12),
    ("SV-B", "Service plan Basic, per month", "Service", "39.00", "16.50", 9, 60),
    ("SV-P", "Service plan Plus, per month", "Service", "74.00", "29.00", 7, 60),
    ("SV-T", "Barista training day", "Service", "890.00", "420.00", 4, 6),
    ("SV-R", "Machine rental, per month", "Service", "119.00", "48.00", 6, 48),
    ("BN-H", "House blend beans, kg", "Consumer", "17.8500", "9.4250", 12, 600),
    ("BN-Y", "Yirgacheffe beans, kg", "Consumer", "27.4000", "15.3750", 8, 400),
    ("BN-D", "Decaf beans, kg", "Consumer", "19.9500", "10.8000", 4, 150),
    ("BN-O", "Organic espresso beans, kg", "Consumer", "23.1250", "12.9000", 6, 300),
    ("CP-1", "Paper cups, box of 1000", "Consumer", "61.3000", "38.4500", 6, 50),
    ("MK-1", "Oat drink, case of 12", "Consumer", "22.7400", "14.1000", 4, 120),
    ("VN-2", "Hotel breakfast bar", "Commercial", "14900.00", "9800.00", 2, 2),
    ("VN-3", "Self-service coffee corner", "Commercial", "11250.00", "7350.00", 3, 3),
    ("VN-4", "Vending column", "Commercial", "5690.00", "3890.00", 3, 5),
    ("GF-1", "Gift box", "Other", "34.9500", "17.2000", 3, 80),
)
MANUFACTURERS = {"Hardware": "Polaris Werke", "Commercial": "Polaris Werke", "Consumer": "Noordster Roastery"}


@dataclass(frozen=True)
class Seller:
    """A user who leads clients."""

    id: int
    share: float
    skill: float


@dataclass(frozen=True)
class Product:
    """price: by price book id."""

    id: int
    name: str
    family: str
    price: dict[int, Decimal]
    most: int


@dataclass(frozen=True)
class Company:
    """What the makers of clients' records need to know of the company they work in; users are ids."""

    sellers: tuple[Seller, ...]
    admin: int
    operator: int
    support: int
    marketing: int
    stages: dict[str, int]
    products: tuple[Product, ...]
    product_weights: tuple[int, ...]
    price_books: tuple[int, int]
    role_closure: list[dict[str, int]]

    @cached_property
    def _shares(self) -> list[float]:
        return list(accumulate(seller.share for seller in self.sellers))

    def draw_seller(self, rng: Random) -> Seller:
        """A seller, in proportion to the shares."""
        return rng.choices(self.sellers, cum_weights=self._shares)[0]


class Demo(NamedTuple):
    """What every maker of records needs; taken apart as `rows, rng, calendar, company = demo`."""

    rows: Rows
    rng: Random
    calendar: Calendar
    company: Company


def make_company(rows: Rows, rng: Random, calendar: Calendar, schema: Schema, connection: Connection, scale: float) -> Company:
    """Let the company's own records wait; at a scale above 1 it has more teams with more managers."""
    founded = calendar.moment(calendar.first - timedelta(days=900))
    colleagues = [*USERS, *_more_managers(rng, scale)]
    roles, role_closure = _make_roles(rows, founded, colleagues)
    users = {one.username: rows.new_id("user") for one in colleagues}
    admin = users["demo"]
    for one in colleagues:
        rows.add("user", admin, founded, id=users[one.username], name=one.name, username=one.username, email=f"{one.username}@{DOMAIN}",
                 title=one.title, role_id=roles[one.role], manager_id=users.get(one.manager), is_active=True, time_zone=None)
    if connection.execute(select(schema.describe("organization").table.c.id)).first() is None:
        rows.add("organization", admin, founded, name="Noordster Coffee Systems", time_zone="Europe/Amsterdam", currency="EUR",
                 locale="en_GB", week_start="Monday", fiscal_year_start=4)
    _make_permissions(rows, admin, founded, colleagues, users, schema, connection)
    books = (rows.add("price_book", admin, founded, name="Standard", is_active=True, pricing="Flat", description="List prices"),
             rows.add("price_book", admin, founded, name="Partners", is_active=True, pricing="Differential",
                      description="12 % below list prices"))
    stages = {name: rows.add("stage", admin, founded, name=name, position=position, outcome=outcome, probability=Decimal(probability))
              for position, (name, outcome, probability) in enumerate(STAGES, 1)}
    sellers = tuple(Seller(users[one.username], one.share, one.skill) for one in colleagues if one.share)
    return Company(sellers, users["demo"], users["joris"], users["pavle"], users["ines"], stages,
                   _make_products(rows, admin, founded, books), tuple(row[5] for row in PRODUCTS), books, role_closure)


def finish_company(connection: Connection, schema: Schema, company: Company) -> None:
    """What can be written only when roles and users are there, since each needs the other."""
    connection.execute(schema.metadata.tables["role_closure"].insert(), company.role_closure)
    owners = dict.fromkeys(("owner_id", "created_by_id", "modified_by_id"), company.admin)
    roles = schema.describe("role").table
    connection.execute(roles.update().where(roles.c.owner_id.is_(None)).values(owners))


def _more_managers(rng: Random, scale: float) -> list[Colleague]:
    """At scale 2 four more than at 1; each nine of them are a team lead and eight managers."""
    more: list[Colleague] = []
    lead = ""
    for number in range(round(4 * (scale - 1)) if scale > 1 else 0):
        given, family = PEOPLE[rng.choice(("Dutch", "German", "French", "English", "Italian", "Spanish", "Polish"))].draw(rng)
        username, name, team = f"{given.latin}.{family.latin}.{number + 1}", f"{given.native} {family.native}", number // 9 + 3
        if number % 9 == 0:
            lead = username
            more.append(Colleague(username, name, f"Team lead {team}", "Team Lead", "hendrik", 3, rng.uniform(0.9, 1.2)))
        else:
            more.append(Colleague(username, name, f"Managers {team}", "Sales Manager", lead, rng.uniform(3, 9), rng.uniform(0.7, 1.25)))
    return more


def _make_roles(rows: Rows, founded: datetime, colleagues: list[Colleague]) -> tuple[dict[str, int], list[dict[str, int]]]:
    """Ids of the roles by name, and the rows of `role_closure`: each role with itself and all above it."""
    roles: dict[str, str | None] = dict(ROLES)
    for one in colleagues:
        if one.role not in roles:
            roles[one.role] = "Sales director" if one.role.startswith("Team lead") else one.role.replace("Managers", "Team lead")
    ids: dict[str, int] = {}
    closure = []
    for name, parent in roles.items():
        ids[name] = rows.add("role", None, founded, name=name, parent_id=ids[parent] if parent else None)
        above: str | None = name
        depth = 0
        while above is not None:
            closure.append({"ancestor_id": ids[above], "descendant_id": ids[name], "depth": depth})
            above, depth = roles[above], depth + 1
    return ids, closure


def _make_permissions(rows: Rows, admin: int, founded: datetime, colleagues: list[Colleague], users: dict[str, int], schema: Schema,
                      connection: Connection) -> None:
    """The shipped permission sets that the base lacks, and who holds which."""
    table = schema.describe("permission_set").table
    found = connection.execute(select(table.c.name, table.c.id).order_by(table.c.deleted_at.is_(None)))  # of two the one in use
    sets = {row.name.casefold(): row.id for row in found}
    for shipped in missing_permission_sets(connection, schema):
        made = rows.add("permission_set", admin, founded, name=shipped.name, description=shipped.description)
        sets[shipped.name.casefold()] = made
        for row in shipped.object_rows():
            rows.add("object_permission", admin, founded, permission_set_id=made, **row)
        for row in shipped.field_rows():
            rows.add("field_permission", admin, founded, permission_set_id=made, **row)
    for name, roles in HOLDERS.items():
        for one in colleagues:
            if one.role.startswith(roles):
                rows.add("permission_assignment", admin, founded, name=f"{name}: {one.username}", permission_set_id=sets[name.casefold()],
                         user_id=users[one.username])


def _make_products(rows: Rows, admin: int, founded: datetime, books: tuple[int, int]) -> tuple[Product, ...]:
    found = []
    for code, name, family, price, cost, often, most in PRODUCTS:
        product = rows.add("product", admin, founded, name=name, code=code, family=family, manufacturer=MANUFACTURERS.get(family),
                           is_active=True, unit_cost=Decimal(cost), in_stock=Decimal(often * most) if family != "Service" else None,
                           description=None)
        prices = {books[0]: Decimal(price), books[1]: (Decimal(price) * Decimal("0.88")).quantize(Decimal("0.0001"))}
        for book, unit_price in prices.items():
            rows.add("price_book_entry", admin, founded, name=name, price_book_id=book, product_id=product, unit_price=unit_price)
        found.append(Product(product, name, family, prices, most))
    return tuple(found)
