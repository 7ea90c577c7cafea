"""SVG as PNG, without a browser, in every script.

vl-convert could do both steps, but draws Bengali and other scripts whose letters change places as a heap of letters; the
newer resvg does not. It takes only one font for a text, so each run of letters gets the font of its script here. To add a
script: a row in FONTS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
FONTS = {
    "Noto Sans Bengali": "\u0980-\u09ff",
    "Noto Sans Ethiopic": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
    "Noto Sans Devanagari": "\u0900-\u097f",
    "Noto Sans Arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "Noto Sans Hebrew": "\u0590-\u05ff",
    "Noto Sans Thai": "\u0e00-\u0e7f",
    "Noto Sans Tamil": "\u0b80-\u0bff",
    "Noto Sans Gujarati": "\u0a80-\u0aff",
    "Noto Sans Armenian": "\u0530-\u058f",
    "Noto Sans Georgian": "\u10a0-\u10ff\u1c90-\u1cbf",
    "Noto Sans CJK SC": "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef",
}
"""Fonts by the letters that they draw and others don't. What the machine has no font for becomes boxes (Debian: fonts-noto)."""

JOINERS = "\u200c\u200d"
RUNS = re.compile("|".join(f"([{letters}](?:[{letters}{JOINERS} ]*[{letters}{JOINERS}])?)" for letters in FONTS.values()))


def png_of(svg: str, scale: float) -> bytes:
    """The picture, so many times as large."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=with_fonts(svg), zoom=scale))


def with_fonts(svg: str) -> str:
    """Each run of letters in the font of its script."""
    ElementTree.register_namespace("", SVG)
    root = ElementTree.fromstring(svg)
    for element in list(root.iter()):
        if element.tag in (f"{{{SVG}}}text", f"{{{SVG}}}tspan") and element.text and RUNS.search(element.text):
            parts = list(_parts(element.text))
            element.text = None
            for place, (font, text) in enumerate(parts):
                part = ElementTree.Element(f"{{{SVG}}}tspan", {"font-family": font} if font else {})
                part.text = text
                element.insert(place, part)
    return ElementTree.tostring(root, encoding="unicode")


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """(font or "", letters) one after the other."""
    done = 0
    for found in RUNS.finditer(text):
        if found.start() > done:
            yield "", text[done:found.start()]
        yield list(FONTS)[(found.lastindex or 1) - 1], found[0]
        done = found.end()
    if done < len(text):
        yield "", text[done:]
