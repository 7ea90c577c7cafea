"""Why a record is in a report, or is not, in words: as text for a terminal and as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from crmlib.render.formats import counted, one_line, show
from crmlib.reports.why import Found, Place, Step, Why

MOST_PLACES = 10


def why_text(why: Why) -> str:
    """The answer, then each condition with `+` where it holds and `-` where it does not. Ends with a line end."""
    lines = [_answer(why), *(f"    {place}" for place in _places(why)), "", *_steps(why)]
    return "\n".join(one_line(line) if line else "" for line in lines).replace("\ufffd", " ") + "\n"


def why_html(why: Why) -> str:
    """A fragment without a style of its own: an answer, the groups, the conditions as a list."""
    places = "".join(f"<li>{escape(place)}</li>" for place in _places(why))
    steps = "".join(f'<li class="crm-why-{_word(step)}"><span class="crm-why-mark">{_mark(step)}</span> {escape(sentence(step, why))}</li>'
                    for step in why.steps)
    return (f'<div class="crm-why"><p class="crm-why-answer"><strong>{escape(_answer(why))}</strong></p>'
            f'{f"<ul>{places}</ul>" if places else ""}<ul class="crm-why-steps">{steps}</ul></div>')


def _answer(why: Why) -> str:
    name = f" “{why.name}”" if why.name else ""
    record = f"{why.object} {why.record_id}{name}"
    if not why.is_there:
        return f"{record} is not in “{why.report}” as {why.user} sees it."
    rows = counted(sum(place.rows for place in why.places), "row", why.settings)
    return f"{record} is in “{why.report}” as {why.user} sees it: {rows}{', in' if any(_labels(one) for one in why.places) else '.'}"


def _places(why: Why) -> Iterator[str]:
    named = [one for one in why.places if _labels(one)]
    for place in named[:MOST_PLACES]:
        rows = f" ({counted(place.rows, 'row', why.settings)})" if place.rows > 1 else ""
        yield f"{_labels(place)}{rows}"
    if len(named) > MOST_PLACES:
        yield f"and {counted(len(named) - MOST_PLACES, 'further group', why.settings)}"


def _labels(place: Place) -> str:
    """'Won › Maria, March 2026': the groups down, then those across."""
    return ", ".join(" › ".join(labels) for labels in (place.labels_down, place.labels_across) if labels)


def _steps(why: Why) -> Iterator[str]:
    for step in why.steps:
        yield f"  {_mark(step)} {sentence(step, why)}"


def _mark(step: Step) -> str:
    return "✓" if step.holds else "✗" if step.decides else "–"


def _word(step: Step) -> str:
    return "holds" if step.holds else "decides" if step.decides else "fails"


def sentence(step: Step, why: Why) -> str:
    """'Filter 1: Stage equals Won (Stage: Negotiation)'."""
    found = "; ".join(_found(one, why) for one in step.found if one.values) if step.in_all else "in some of its rows"
    return f"{step.text}{f' ({found})' if found else ''}"


def _found(found: Found, why: Why) -> str:
    values = [show(value, found.type, why.settings, found.scale) or "blank" for value in found.values]
    return f"{found.label}: {', '.join(values)}{', …' if found.more else ''}"
