"""Names of people for the demo organization, by language and script.

To add a language: an entry in PEOPLE. A name outside the Latin script carries its Latin spelling, which e-mail
addresses need: `አበበ=abebe`. Family names are those that are the same for men and women.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from random import Random

_SPECIAL_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "đ": "d", "œ": "oe", "ı": "i"})


@dataclass(frozen=True)
class Name:
    """A name as its owner writes it and in Latin letters, lower case, as e-mail addresses have it."""

    native: str
    latin: str


@dataclass(frozen=True)
class Names:
    given: tuple[Name, ...]
    family: tuple[Name, ...]

    def draw(self, rng: Random) -> tuple[Name, Name]:
        return rng.choice(self.given), rng.choice(self.family)


@lru_cache(maxsize=10_000)
def in_latin(text: str) -> str:
    """Lower-case letters and digits of a text in Latin script, without accents: 'Café Ñandú' is 'cafenandu'."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPECIAL_LETTERS))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def names(text: str) -> tuple[Name, ...]:
    """Words as names; `_` stands for a blank, `native=latin` gives the Latin spelling."""
    found = []
    for word in text.split():
        native, _, latin = word.replace("_", " ").partition("=")
        found.append(Name(native, latin or in_latin(native)))
    return tuple(found)


PEOPLE: dict[str, Names] = {
    "Dutch": Names(
        names("""Anna Bas Bram Daan Demi Eline Emma Femke Fleur Floris Gijs Hanneke Iris Jasper Jeroen Joost Joris Julia Karlijn
              Kees Lars Lieke Lotte Luuk Maarten Marieke Marijn Merel Niels Noor Pieter Rik Roos Ruben Sanne Saskia Sjoerd Sven
              Thijs Tess Wouter Willemijn Yara Zoë"""),
        names("""de_Jong Jansen de_Vries van_den_Berg van_Dijk Bakker Visser Smit Meijer de_Boer Mulder de_Groot Bos Vos Peters
              Hendriks van_Leeuwen Dekker Brouwer de_Wit Dijkstra Smits de_Graaf van_der_Meer Kok Jacobs de_Haan Vermeulen
              van_den_Heuvel van_der_Veen Willems Hoekstra Maas Verhoeven Koster Prins Blom Huisman Postma Kuiper""")),
    "German": Names(
        names("""Andreas Anja Anke Bernd Birgit Björn Claudia Dieter Elke Felix Florian Franziska Günther Hannah Heike Jan Johanna
              Jörg Julia Jürgen Katja Klaus Lena Leonie Lukas Markus Matthias Moritz Nina Petra Ralf Sabine Silke Stefan Susanne
              Thomas Tobias Ursula Uwe Vera Wolfgang"""),
        names("""Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf
              Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Werner Krause Lehmann Köhler Maier König
              Mayer Huber Kaiser Fuchs Peters Scholz Möller Weiß Jung""")),
    "French": Names(
        names("""Adrien Amélie Antoine Aurélie Baptiste Benoît Camille Céline Chloé Clément Damien Élise Émilie Fabien Florence
              François Gaël Hélène Hugo Inès Jérôme Julien Laëtitia Léa Louis Lucie Manon Mathieu Nadia Nicolas Océane Pauline
              Rémi Sébastien Sophie Théo Valérie Yannick"""),
        names("""Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia David
              Bertrand Roux Vincent Fournier Morel Girard André Lefèvre Mercier Dupont Lambert Bonnet François Martinez Legrand
              Garnier Faure Rousseau Blanc Guérin Muller Henry Roussel Perrin""")),
    "English": Names(
        names("""Aisha Alice Alistair Amelia Arthur Beatrice Ben Callum Charlotte Daisy Daniel Edith Eleanor Emily Ewan Fiona
              Freya George Grace Harriet Harry Imogen Isla Jack James Kieran Leah Liam Lucy Maya Nadia Oliver Oscar Poppy Priya
              Rhys Rosie Sam Sian Tom Zara"""),
        names("""Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts Green
              Hall Wood Jackson Clarke Patel Khan Lewis James Phillips Mason Mitchell Rose Davis Cox Begum Marshall Murray Reid
              Campbell Stewart Kelly O'Brien O'Connor MacDonald""")),
    "Italian": Names(
        names("""Alessandro Alessia Andrea Anna Antonio Beatrice Carlo Chiara Claudia Davide Elena Elisa Federica Federico
              Francesca Gabriele Giacomo Giorgia Giovanni Giulia Ilaria Laura Lorenzo Luca Marco Martina Matteo Nicolò Paola
              Riccardo Sara Silvia Simone Sofia Stefano Valentina"""),
        names("""Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De_Luca Mancini Costa
              Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone
              D'Angelo Longo""")),
    "Spanish": Names(
        names("""Alba Alejandro Álvaro Ana Andrés Beatriz Carlos Carmen Cristina Daniel David Elena Fernando Gonzalo Inés Íñigo
              Irene Javier Jesús Jorge José Juan Laura Lucía Luis Manuel María Marta Miguel Mónica Nuria Pablo Pilar Raúl Rocío
              Rubén Sergio Sofía Teresa Verónica"""),
        names("""García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno
              Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina
              Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez""")),
    "Polish": Names(
        names("""Agnieszka Aleksandra Andrzej Anna Barbara Bartosz Beata Dariusz Dorota Ewa Grażyna Grzegorz Iwona Jacek Jan
              Joanna Kamil Karolina Katarzyna Krzysztof Łukasz Magda Maciej Małgorzata Marek Marta Michał Monika Paweł Piotr
              Przemysław Rafał Stanisław Tomasz Wojciech Zofia"""),
        names("""Nowak Wójcik Kowalczyk Woźniak Mazur Krawczyk Kaczmarek Król Wieczorek Zając Wróbel Stępień Dudek Adamczyk
              Pawlak Sikora Walczak Baran Szewczyk Pietrzak Marciniak Bąk Duda Szczepaniak Włodarczyk Kubiak Wilk Lis
              Kaźmierczak Cieślak""")),
    "Ukrainian": Names(
        names("""Андрій=andrii Богдан=bohdan Василь=vasyl Вікторія=viktoriia Галина=halyna Дмитро=dmytro Ірина=iryna
              Катерина=kateryna Ксенія=kseniia Леся=lesia Людмила=liudmyla Максим=maksym Марія=mariia Микола=mykola Наталія=nataliia
              Оксана=oksana Олег=oleh Олександр=oleksandr Олена=olena Ольга=olha Петро=petro Роман=roman Світлана=svitlana
              Сергій=serhii Софія=sofiia Тарас=taras Тетяна=tetiana Юлія=yuliia Юрій=yurii Ярослав=yaroslav"""),
        names("""Шевченко=shevchenko Бондаренко=bondarenko Ткаченко=tkachenko Кравченко=kravchenko Олійник=oliinyk Шевчук=shevchuk
              Поліщук=polishchuk Лисенко=lysenko Мельник=melnyk Коваль=koval Бойко=boiko Марченко=marchenko Савченко=savchenko
              Руденко=rudenko Петренко=petrenko Клименко=klymenko Павленко=pavlenko Гончар=honchar Мороз=moroz Кравчук=kravchuk
              Левченко=levchenko Харченко=kharchenko Іваненко=ivanenko Юрченко=yurchenko""")),
    "Serbian": Names(
        names("""Александар=aleksandar Ана=ana Бојан=bojan Бранко=branko Весна=vesna Горан=goran Драгана=dragana Душан=dusan
              Ђорђе=djordje Зоран=zoran Ивана=ivana Јелена=jelena Јована=jovana Љиљана=ljiljana Марко=marko Милан=milan
              Милица=milica Мирјана=mirjana Невена=nevena Никола=nikola Петар=petar Сања=sanja Снежана=snezana Стефан=stefan
              Тамара=tamara"""),
        names("""Јовановић=jovanovic Петровић=petrovic Николић=nikolic Марковић=markovic Ђорђевић=djordjevic Стојановић=stojanovic
              Илић=ilic Станковић=stankovic Павловић=pavlovic Милошевић=milosevic Тодоровић=todorovic Поповић=popovic
              Живковић=zivkovic Ковачевић=kovacevic Лазић=lazic Савић=savic Симић=simic Ристић=ristic""")),
    "Amharic": Names(
        names("""አበበ=abebe አስቴር=aster ቤተልሔም=betelhem ብርሃኑ=birhanu ዳዊት=dawit ደስታ=desta ፍቅርተ=fikirte ገነት=genet ጌታቸው=getachew
              ግርማ=girma ሀና=hana ሄለን=helen ካሳሁን=kassahun ከበደ=kebede ለማ=lemma ሊያ=liya ማርታ=marta ሜሮን=meron ሙሉጌታ=mulugeta
              ናትናኤል=natnael ራሔል=rahel ሳራ=sara ሰላም=selam ሰለሞን=solomon ታደሰ=tadesse ተስፋዬ=tesfaye ትዕግስት=tigist ወርቁ=worku
              ያሬድ=yared ዮሐንስ=yohannes"""),
        names("""አለሙ=alemu አሰፋ=assefa አየለ=ayele በቀለ=bekele ደምሴ=demissie እሸቱ=eshetu ገብረማርያም=gebremariam ገብሬ=gebre ኃይሉ=hailu
              ኃይለሥላሴ=haileselassie ከፍያለው=kefyalew መኮንን=mekonnen መንግሥቱ=mengistu ንጉሤ=niguse ሽፈራው=shiferaw ስዩም=seyoum ታምሩ=tamiru
              ተክሌ=tekle ወልዴ=wolde ይልማ=yilma ዘውዴ=zewde""")),
    "Bengali": Names(
        names("""অনিক=anik আয়েশা=ayesha ইমরান=imran ঈশিতা=ishita কামাল=kamal করিম=karim জান্নাত=jannat তানভীর=tanvir তাসনিম=tasnim
              নাসরিন=nasrin নুসরাত=nusrat পারভেজ=parvez প্রিয়া=priya ফাতেমা=fatema ফারহানা=farhana মাহমুদ=mahmud মিতালী=mitali
              মৌসুমী=moushumi রহিম=rahim রাশেদ=rashed রুবেল=rubel শফিক=shafiq শারমিন=sharmin সাদিয়া=sadia সাবিনা=sabina
              সুমন=sumon সৌরভ=sourav হাসান=hasan"""),
        names("""আক্তার=akter আলম=alam আহমেদ=ahmed ইসলাম=islam উদ্দিন=uddin কবির=kabir খাতুন=khatun খান=khan ঘোষ=ghosh
              চৌধুরী=chowdhury তালুকদার=talukder দাস=das দত্ত=dutta পাল=paul মজুমদার=majumder মণ্ডল=mondal মিয়া=mia
              রহমান=rahman রায়=roy সরকার=sarkar সেন=sen হক=haque হোসেন=hossain""")),
}
