"""Where the demo organization's clients are and what they are called: countries, cities, companies.

To add a country: a row in COUNTRIES (and its language in `demo_names`). A company's name is made of a word, a kind of
business, which also decides the industry, and the legal form.
Nobody real can be reached: sites and e-mail addresses end in .example, which never exists, and local phone numbers begin with 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from crmlib.demo.names import Name, in_latin, names

Kinds = tuple[tuple[str, Name], ...]


def _kinds(text: str) -> Kinds:
    """Lines of `Industry: word word`; a word repeated is drawn more often."""
    pairs = (line.strip().split(": ") for line in text.strip().splitlines())
    return tuple((industry, word) for industry, words in pairs for word in names(words))


INTERNATIONAL = _kinds("""Hospitality: Hotels Hotel Lounge Resorts Catering Bistro Brasserie Events
    Food: Bakery Foods Deli Roasters Patisserie
    Retail: Stores Retail Bookshops Outlet Interiors Fashion
    Health care: Clinic Care Dental Hospital
    Education: Academy College Business_School
    Technology: Software Systems Digital Robotics Cloud Data
    Consulting: Consulting Advisory Partners Associates
    Manufacturing: Manufacturing Tools Metalworks Machines Plastics
    Construction: Construction Builders Architects
    Real estate: Real_Estate Properties Coworking
    Transport: Logistics Shipping Cargo
    Finance: Capital Invest Leasing
    Banking: Bank
    Insurance: Insurance
    Media: Media Studios Press
    Energy: Energy Solar
    Pharma: Pharma Biotech
    Government: City_Services Public_Works
    Agriculture: Farms Seeds
    Communications: Telecom
    Utilities: Water_Works
    Service provider: Facilities Cleaning Staffing
    Other: Group Trading Holding""")

CYRILLIC = _kinds("""Hospitality: Готель=hotel Ресторан=restoran
    Food: Пекарня=pekarnia Кава=kava
    Technology: Софт=soft Цифра=tsyfra
    Construction: Буд=bud
    Transport: Логістика=lohistyka Транс=trans
    Retail: Маркет=market
    Energy: Енерго=enerho
    Finance: Капітал=kapital""")

SERBIAN = _kinds("""Hospitality: Хотел=hotel Ресторан=restoran
    Food: Пекара=pekara Кафа=kafa
    Technology: Софтвер=softver
    Construction: Градња=gradnja
    Transport: Превоз=prevoz
    Retail: Трговина=trgovina
    Health care: Клиника=klinika""")

ETHIOPIC = _kinds("""Hospitality: ሆቴል=hotel ሪዞርት=resort
    Food: ቡና=buna ዳቦ_ቤት=bakery
    Education: አካዳሚ=academy
    Health care: ክሊኒክ=clinic
    Construction: ኮንስትራክሽን=construction
    Transport: ትራንስፖርት=transport
    Retail: ንግድ=trading
    Banking: ባንክ=bank""")

BENGALI = _kinds("""Hospitality: হোটেল=hotel রেস্তোরাঁ=restaurant
    Food: বেকারি=bakery ফুডস=foods
    Manufacturing: টেক্সটাইল=textile গার্মেন্টস=garments
    Technology: সফটওয়্যার=software
    Construction: নির্মাণ=builders
    Retail: স্টোর=store
    Health care: হাসপাতাল=hospital
    Banking: ব্যাংক=bank""")


@dataclass(frozen=True)
class Country:
    """share: of our accounts, in percent. legal: the company's full name. `language` is a key of `demo_names.PEOPLE`."""

    name: str
    share: int
    language: str
    dial: str
    cities: tuple[str, ...]
    legal: str
    words: tuple[Name, ...]
    kinds: Kinds = INTERNATIONAL


COUNTRIES = (
    Country("Netherlands", 36, "Dutch", "+31",
            ("Amsterdam", "Rotterdam", "Den Haag", "Utrecht", "Eindhoven", "Groningen", "Haarlem", "Zwolle"), "{} B.V.", names("""
            Noordlicht Zonnehoek Waterkant Oudegracht Rietveld Duinzicht Groenland Meridiaan Polderwijk Keizersgracht
            Vuurtoren IJssel Klaverblad Stadshart Molenaar Zuiderzee Parelhoen Westerkade Hoogland Leeuwerik Waalhaven Kompas""")),
    Country("Germany", 15, "German", "+49", ("Berlin", "Hamburg", "München", "Köln", "Leipzig", "Düsseldorf", "Nürnberg"),
            "{} GmbH", names("""Morgenstern Grünwald Bergblick Elbufer Rheingold Lindenhof Nordwind Adlerhorst Waldmann Sonnenfeld Brückner
            Königsallee Schwarzwald Isartal Hafenstraße Kastanie Löwenherz Silberbach Steinmetz Ährenfeld""")),
    Country("Belgium", 8, "Dutch", "+32", ("Antwerpen", "Gent", "Brussel", "Brugge", "Leuven"), "{} NV",
            names("Scheldezicht Brabo Kouter Belfort Leie Roeland Ardenne Zilverberg Grasland Vlinderhof Begijnhof Kasteelpoort")),
    Country("France", 8, "French", "+33", ("Paris", "Lyon", "Marseille", "Lille", "Bordeaux", "Nantes"), "{} SARL",
            names("Lumière Bellevue Rivière Soleil_Levant Vaucluse Clairfontaine Montclair L'Étoile Saint-Rémy Beaulieu Hérisson")),
    Country("United Kingdom", 9, "English", "+44", ("London", "Manchester", "Leeds", "Bristol", "Edinburgh", "Cardiff"), "{} Ltd",
            names("Northgate Harbour Foxglove Kingsway Blackthorn Riverside Oakfield Heron Thistle Millbrook Ashdown Silverdale")),
    Country("Italy", 5, "Italian", "+39", ("Milano", "Torino", "Bologna", "Roma", "Napoli"), "{} S.r.l.",
            names("Stella Belvedere Montebello Aurora Fontana Girasole Rivalta Castello Laguna Portofranco Quercia")),
    Country("Spain", 5, "Spanish", "+34", ("Madrid", "Barcelona", "Valencia", "Sevilla", "Málaga"), "{} S.L.",
            names("Miramar Alameda Peñalara El_Faro Montañés Castilla Ribera Girona Sol_y_Mar Laurel Almendro")),
    Country("Poland", 4, "Polish", "+48", ("Warszawa", "Kraków", "Gdańsk", "Wrocław", "Poznań"), "{} Sp. z o.o.",
            names("Wisła Bałtyk Tatry Jaskółka Złota_Góra Słowik Dąbrowa Żuraw Mazowsze Świt Bursztyn")),
    Country("Ukraine", 3, "Ukrainian", "+380", ("Київ", "Львів", "Одеса", "Дніпро"), "ТОВ «{}»", names("""Дніпро=dnipro Карпати=karpaty
            Каштан=kashtan Зоря=zoria Соняшник=soniashnyk Лелека=leleka Поділля=podillia Світанок=svitanok"""), CYRILLIC),
    Country("Serbia", 2, "Serbian", "+381", ("Београд", "Нови Сад", "Ниш"), "{} д.о.о.", names("""Дунав=dunav Сава=sava Морава=morava
            Тара=tara Шумадија=sumadija Златибор=zlatibor Авала=avala"""), SERBIAN),
    Country("Ethiopia", 3, "Amharic", "+251", ("አዲስ አበባ", "ድሬዳዋ", "ሐዋሳ", "ባሕር ዳር"), "{} ኃ/የተ/የግ/ማኅበር", names("""አባይ=abay ሸገር=sheger
            ላሊበላ=lalibela ጣና=tana ንጋት=nigat አንበሳ=anbessa ሰሜን=simien ይርጋጨፌ=yirgacheffe"""), ETHIOPIC),
    Country("Bangladesh", 2, "Bengali", "+880", ("ঢাকা", "চট্টগ্রাম", "সিলেট", "খুলনা"), "{} লিমিটেড", names("""মেঘনা=meghna পদ্মা=padma
            যমুনা=jamuna সুন্দরবন=sundarban সোনার_বাংলা=sonarbangla শাপলা=shapla দোয়েল=doel"""), BENGALI),
)
_SHARES = [country.share for country in COUNTRIES]
_STREETS = ("Market Street", "Station Road", "Harbour Quay", "Church Lane", "Mill Road", "Park Avenue", "Garden Street", "Bridge Street")


@dataclass(frozen=True)
class Firm:
    name: str
    industry: str
    country: Country
    city: str
    domain: str


def draw_firm(rng: Random, taken: set[str]) -> Firm:
    """A firm whose name nobody in `taken` has; the name is added to it. The first ones are from each country in turn."""
    country = COUNTRIES[len(taken)] if len(taken) < len(COUNTRIES) else rng.choices(COUNTRIES, _SHARES)[0]
    industry, kind = rng.choice(country.kinds)
    word = rng.choice(country.words)
    city = rng.choice(country.cities)
    core, latin = f"{word.native} {kind.native}", f"{word.latin}-{kind.latin}"
    if core in taken:
        core, latin = f"{core} {city}", f"{latin}-{in_latin(city) or len(taken)}"
    if core in taken:  # at benchmark size there are more companies than combinations
        number = len(taken)
        core, latin = f"{core} {number}", f"{latin}-{number}"
    taken.add(core)
    return Firm(country.legal.format(core), industry, country, city, f"{latin}.example")


def draw_address(rng: Random, city: str) -> str:
    return f"{rng.choice(_STREETS)} {rng.randint(1, 240)}\n{city}"


def draw_phone(rng: Random, country: Country, mobile: bool = False) -> str:
    """A number that looks right and rings nowhere: no subscriber's number begins with 0."""
    digits = f"{rng.randrange(10**6):06}"
    return f"{country.dial} {6 if mobile else rng.choice((10, 20, 30, 40, 70))} 0{digits[:2]} {digits[2:]}"
