"""A result as an HTML table: for JupyterLab, Voila, files and mail.

`to_html` gives a fragment that stands on its own (its style included) and takes font and colours from the page around
it, so that it fits light and dark themes. `to_page` gives a whole document, chart included. Everything that comes from
data is escaped; there is no script.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Protocol

from crmlib.model.org import Settings
from crmlib.render.formats import as_of, counted, format_of, show, showers
from crmlib.render.lay_out import Figure, HeaderCell, Layout, Line, Role, header_rows, is_empty, lay_out, shows_details
from crmlib.reports.conditional_formats import LOOKS, Look, LooksOf
from crmlib.reports.result import Key, ReportResult, walk


class Link(Protocol):
    """Makes of HTML something that leads to the records behind it: of a group down, or of where it meets a group across."""

    def __call__(self, down: Key, html: str, across: Key = ()) -> str: ...


WIDE = 8
"""In a table of more columns, and in every matrix, all columns of groups stay in sight while one scrolls to the right."""
STAYING = 3
"""If they are up to so many; of others only the first one stays."""

NO_RECORDS = "No records match these filters"
NO_RECORDS_AT_ALL = "There are no records to show"

# Greys are half transparent, so that the same ones fit on light and on dark. Only the sticky header needs a ground of
# its own: JupyterLab and Voila name theirs, `Canvas` is the browser's.
STYLE = """<style>
.crm-report{--crm-ground:var(--jp-layout-color1,Canvas);--crm-line:rgba(128,128,128,.28);--crm-soft:rgba(128,128,128,.09);
 --crm-shade:linear-gradient(var(--crm-soft),var(--crm-soft));--crm-accent:#2f6fab;
 color:inherit;font-family:inherit;font-size:14px;line-height:1.45;margin:0 0 1em;max-width:100%;text-align:left}
.crm-report h2.crm-report-label{font-size:1.3em;font-weight:650;line-height:1.25;margin:0 0 .15em;color:inherit}
.crm-report p{margin:0 0 .35em;line-height:1.45}
.crm-report .crm-report-about{opacity:.78}
.crm-report ul{list-style:none;display:flex;flex-wrap:wrap;gap:.35em .5em;margin:.35em 0 .6em;padding:0}
.crm-report ul.crm-report-filters li{background:var(--crm-soft);border:1px solid var(--crm-line);border-radius:1em;padding:.05em .75em;
 margin:0;font-size:.93em}
.crm-report .crm-report-note{border-left:3px solid var(--crm-line);padding:.1em 0 .1em .7em;font-size:.93em}
.crm-report dl.crm-report-figures{display:flex;flex-wrap:wrap;gap:.5em 2.2em;margin:.5em 0 .8em;padding:0}
.crm-report dl.crm-report-figures div{display:flex;flex-direction:column-reverse}
.crm-report dl.crm-report-figures dt,.crm-report dl.crm-report-figures dd{float:none;width:auto;padding:0}
.crm-report dl.crm-report-figures dt{font-weight:400;opacity:.78;font-size:.88em;margin:0}
.crm-report dl.crm-report-figures dd{font-size:1.3em;font-weight:600;font-variant-numeric:tabular-nums;margin:0;line-height:1.25}
.crm-report .crm-report-chart{background:#fff;border:1px solid var(--crm-line);border-radius:6px;margin:.8em 0 1em;padding:0;
 width:fit-content;max-width:100%;box-sizing:border-box;line-height:0;overflow-x:auto}
.crm-report .crm-report-scroll{position:relative;overflow:auto;max-height:var(--crm-report-height,42rem);
 width:fit-content;max-width:100%;box-sizing:border-box;border:1px solid var(--crm-line);border-radius:6px}
.crm-report .crm-report-scroll:focus-visible{outline:2px solid var(--crm-accent);outline-offset:1px}
.crm-report table.crm-report-table{border-collapse:separate;border-spacing:0;border:0;margin:0;width:auto;min-width:min(100%,24rem);
 font-size:1em;table-layout:auto;color:inherit;background:none}
.crm-report .crm-report-table th,.crm-report .crm-report-table td{padding:.4em .85em;border:0;border-bottom:1px solid var(--crm-line);
 text-align:left;vertical-align:top;font-weight:400;max-width:26em;min-width:0;overflow-wrap:anywhere;white-space:normal;background:none;
 color:inherit;line-height:1.4}
.crm-report .crm-report-table .crm-report-right{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.crm-report .crm-report-table .crm-report-text{min-width:8em}
.crm-report .crm-report-table .crm-report-level{min-width:0}
.crm-report .crm-report-table thead{position:sticky;top:0;z-index:2}
.crm-report .crm-report-table thead th{background:var(--crm-shade),var(--crm-ground);font-weight:600;
 font-size:.93em;vertical-align:bottom;white-space:normal;overflow-wrap:normal}
.crm-report .crm-report-table tbody tr{background:none}
.crm-report .crm-report-table .crm-report-stays{position:sticky;left:0;z-index:1;box-shadow:1px 0 0 var(--crm-line)}
.crm-report .crm-report-table tbody .crm-report-stays{background-color:var(--crm-ground)}
.crm-report .crm-report-table .crm-report-at1{left:var(--crm-width0)}
.crm-report .crm-report-table .crm-report-at2{left:calc(var(--crm-width0) + var(--crm-width1))}
.crm-report .crm-report-table .crm-report-fixed0{min-width:var(--crm-width0);max-width:var(--crm-width0);box-sizing:border-box}
.crm-report .crm-report-table .crm-report-fixed1{min-width:var(--crm-width1);max-width:var(--crm-width1);box-sizing:border-box}
.crm-report .crm-report-table .crm-report-fixed2{min-width:var(--crm-width2);max-width:var(--crm-width2);box-sizing:border-box}
.crm-report .crm-report-table .crm-report-title{position:sticky;left:.85em}
.crm-report .crm-report-table tbody tr:hover>*{background-image:var(--crm-shade)}
.crm-report .crm-report-table tbody tr:last-child>*{border-bottom:0}
.crm-report .crm-report-table tbody .crm-report-sum{font-weight:600}
.crm-report dd.crm-report-look{padding:0 .3em;border-radius:3px}
.crm-report .crm-report-table .crm-report-inner{border-bottom-color:transparent}
.crm-report .crm-report-table .crm-report-opening th{font-weight:600;padding-top:.75em}
.crm-report .crm-report-table .crm-report-subtotal>*{font-weight:600;background-image:var(--crm-shade)}
.crm-report .crm-report-table .crm-report-grand-total>*{font-weight:700;border-top:2px solid currentColor;background-image:var(--crm-shade)}
.crm-report .crm-report-table thead .crm-report-across{text-align:center;border-left:1px solid var(--crm-line)}
.crm-report .crm-report-rows{font-weight:400;opacity:.72;white-space:nowrap;font-size:.93em}
.crm-report .crm-report-cut td{text-align:left;font-style:italic;opacity:.85}
.crm-report .crm-report-empty{border:1px dashed var(--crm-line);border-radius:6px;padding:1.6em 1em;text-align:center}
.crm-report .crm-report-hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{.crm-report .crm-report-scroll{max-height:none;overflow:visible;border:0}}
""" + "\n".join(f".crm-report .crm-report-{one.name}.crm-report-{one.name}{{background-color:{one.tint}}}"
                for one in LOOKS.values()) + "\n</style>"

PAGE_STYLE = """<style>
:root{color-scheme:light dark}
body{font-family:system-ui,"Noto Sans","Noto Sans Bengali","Noto Sans Ethiopic",sans-serif;margin:2rem;--crm-report-height:none}
@media(max-width:640px){body{margin:1rem}}
</style>"""


def to_html(result: ReportResult, max_rows: int | None = None, chart: bool = False, link: Link | None = None) -> str:
    """The result as an HTML fragment with its style; with its chart, if it has one, between heading and table.

    max_rows: as in `lay_out`; what is cut is said. link: is given the title and the figures of every group and total.
    """
    layout = lay_out(result, max_rows)
    drawn = ""
    if chart:
        from crmlib.render.chart import chart_html

        drawn = chart_html(result)
    return f'{STYLE}<div class="crm-report">{_head(result, layout)}{drawn}{_body(result, layout, link)}</div>'


def to_page(result: ReportResult, max_rows: int | None = None) -> str:
    """The result as a whole document, with its chart if it has one."""
    language = escape(result.settings.locale.split("_")[0])
    return (f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(result.label)}</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1">{PAGE_STYLE}</head>'
            f"<body>{to_html(result, max_rows, chart=True)}</body></html>")


def _head(result: ReportResult, layout: Layout) -> str:
    settings = result.settings
    size = layout.cut or counted(result.row_count, "record", settings)
    about = " · ".join((size[0].upper() + size[1:], result.report_type, f"as seen by {result.user}", as_of(result)))
    parts = [f'<h2 class="crm-report-label">{escape(result.label)}</h2>']
    if result.description:
        parts.append(f"<p>{escape(result.description)}</p>")
    parts.append(f'<p class="crm-report-about">{escape(about)}</p>')
    if result.filters:
        chips = "".join(f"<li>{escape(text)}</li>" for text in result.filters)
        parts.append(f'<ul class="crm-report-filters" aria-label="Filters">{chips}</ul>')
    if result.withheld:
        labels = ", ".join(result.withheld)
        parts.append(f'<p class="crm-report-note">Withheld, because {escape(result.user)} may not see it: {escape(labels)}</p>')
    parts.extend(f'<p class="crm-report-note">{escape(note)}</p>' for note in result.notes)
    if layout.figures and not layout.groupings and not is_empty(result):
        looks = LooksOf(result)
        strip = "".join(_figure(figure, looks.look(figure.name, figure.value), settings) for figure in layout.figures)
        parts.append(f'<dl class="crm-report-figures">{strip}</dl>')
    return "".join(parts)


def _figure(figure: Figure, look: Look | None, settings: Settings) -> str:
    text = escape(show(figure.value, figure.type, settings, figure.scale) or "–")
    painted = f' class="crm-report-look{_painted(look)}' if look else ""
    return f"<div><dt>{escape(figure.label)}</dt><dd{painted}>{text}{_in_words(look)}</dd></div>"


def _body(result: ReportResult, layout: Layout, link: Link | None) -> str:
    if is_empty(result):
        return f'<p class="crm-report-empty">{NO_RECORDS if result.filters else NO_RECORDS_AT_ALL}</p>'
    name = escape(result.label)
    rows = _Rows(result, layout, link)
    return (f'<div class="crm-report-scroll" role="region" tabindex="0" aria-label="{name}"><table class="crm-report-table"{rows.widths()}>'
            f'<caption class="crm-report-hidden">{name}</caption>{"".join(rows.all())}</table></div>')


class _Rows:
    """Writes the lines of one layout as table rows."""

    def __init__(self, result: ReportResult, layout: Layout, link: Link | None) -> None:
        self.result, self.layout, self.link = result, layout, link
        self.show = showers(layout.columns, result.settings)
        self.has_details = shows_details(result)
        narrow = "crm-report-level" if self.has_details else "crm-report-text"  # only titles that may spread stand there
        self.classes = [narrow if column.kind == "grouping" else "crm-report-right" if format_of(column.type).align == "right"
                        else "crm-report-text" for column in layout.columns]
        self.classes = [style + " crm-report-sum" * column.is_total for style, column in zip(self.classes, layout.columns, strict=True)]
        self.looks = LooksOf(result)
        self.groupings = layout.groupings
        self.is_wide = (len(layout.columns) > WIDE or bool(result.across)) and not self.has_details and self.groupings <= STAYING
        if self.has_details:
            stays = next((n for n, column in enumerate(layout.columns) if column.kind == "detail"), 0)
            self.classes[stays] += " crm-report-stays"
        for index in range(0 if self.has_details else self.groupings):
            self.classes[index] += self.stays(index) + (f" crm-report-fixed{index}" if self.is_wide else "")
        self.figures_from = next((n for n, column in enumerate(layout.columns) if column.kind == "aggregate"), len(layout.columns))
        counts = any(column.name.endswith("record_count") for column in layout.columns)
        self.counts_rows = self.has_details or not counts

    def widths(self) -> str:
        """A style that gives the columns of groups of a wide table a width each: where the next one stays depends on it."""
        if not self.is_wide:
            return ""
        longest = [len(column.label) for column in self.result.groupings]
        for group in walk(self.result.groups):
            longest[len(group.key) - 1] = max(longest[len(group.key) - 1], len(group.label))
        share = 54 // len(longest)
        widths = (f"--crm-width{n}:min({min(12.5, max(4.5, letters * 0.52 + 1.7)):.1f}rem,{share}vw)" for n, letters in enumerate(longest))
        return f' style="{";".join(widths)}"'

    def stays(self, index: int) -> str:
        """Classes of a cell that begins in this column of groups."""
        return f" crm-report-stays crm-report-at{index}" if self.is_wide else "" if index else " crm-report-stays"

    def all(self) -> Iterator[str]:
        lines = self.layout.lines
        yield "<thead>" + self.header() + "</thead><tbody>"
        for line, following in zip(lines[1:], (*lines[2:], None), strict=True):
            if line.role is Role.GRAND_TOTAL:
                yield self.cut()
            yield self.row(line, following)
        if not self.groupings:
            yield self.cut()
        yield "</tbody>"

    def header(self) -> str:
        return "".join(f"<tr>{''.join(map(self.heading, row))}</tr>" for row in header_rows(self.layout.columns))

    def heading(self, cell: HeaderCell) -> str:
        scope, style = ("colgroup", "crm-report-across") if cell.is_across else ("col", self.classes[cell.first])
        spans = (f' colspan="{cell.width}"' if cell.width > 1 else "") + (f' rowspan="{cell.rows}"' if cell.rows > 1 else "")
        return f'<th scope="{scope}"{spans} class="{style}">{escape(cell.label)}</th>'

    def cut(self) -> str:
        text = self.layout.cut
        return f'<tr class="crm-report-cut"><td colspan="{len(self.classes)}">{escape(text)}</td></tr>' if text else ""

    def row(self, line: Line, following: Line | None) -> str:
        if line.role is Role.DETAIL:
            spacer = f'<td colspan="{self.groupings}"></td>' if self.groupings else ""
            return f"<tr>{spacer}{self.cells(line, self.groupings)}</tr>"
        if line.role is Role.GROUP and line.has_figures:
            return self.group(line, following)
        style = "opening" if line.role is Role.GROUP else line.role.replace(" ", "-")
        return f'<tr class="crm-report-{style}">{self.titled(line)}</tr>'

    def group(self, line: Line, following: Line | None) -> str:
        """A finest group. Labels that repeat the line above are there for screen readers and copying, not for the eye."""
        repeats = following.opens if following and following.role is Role.GROUP else 0
        cells = []
        for index, label in enumerate(line.values[:line.depth + 1]):
            text = escape(str(label)) if index >= line.opens else f'<span class="crm-report-hidden">{escape(str(label))}</span>'
            text = self.title(line, text) if index == line.depth else text
            style = self.classes[index] + (" crm-report-inner" if index < repeats else "")
            cells.append(f'<th scope="row" class="{style}">{text}{self.rows(line) if index == line.depth else ""}</th>')
        return f"<tr>{''.join(cells)}{self.cells(line, line.depth + 1)}</tr>"

    def titled(self, line: Line) -> str:
        """A line whose label takes the place of groupings and details: an opened group, a subtotal, the grand total."""
        last = self.figures_from if line.has_figures else len(self.classes)
        title = self.title(line, escape(line.label)) + self.rows(line)
        if self.has_details:
            before = f'<td colspan="{line.depth}"></td>' if line.depth else ""
            title = f'<span class="crm-report-title">{title}</span>'
            return f'{before}<th scope="row" colspan="{last - line.depth}">{title}</th>' + self.cells(line, last)
        before = f'<td colspan="{line.depth}" class="{self.stays(0)[1:]}"></td>' if line.depth else ""
        styles = self.stays(line.depth)[1:]
        return f'{before}<th scope="row" colspan="{last - line.depth}" class="{styles}">{title}</th>' + self.cells(line, last)

    def title(self, line: Line, html: str) -> str:
        return self.link(line.key, html) if self.link else html

    def rows(self, line: Line) -> str:
        if not self.counts_rows or (line.role is Role.SUBTOTAL and self.has_details):
            return ""
        return f' <span class="crm-report-rows">{counted(line.rows, "record", self.result.settings)}</span>'

    def cells(self, line: Line, first: int) -> str:
        return "".join(self.cell(line, index) for index in range(first, len(self.classes)))

    def cell(self, line: Line, index: int) -> str:
        column = self.layout.columns[index]
        text = escape(self.show[index](line.values[index]))
        if not text or column.kind != "aggregate":
            return f'<td class="{self.classes[index]}">{text}</td>'
        if self.link:
            text = self.link(line.key, text, column.across_key)
        look = self.looks.look(column.name, line.values[index], line.key, column.across_key)
        return f'<td class="{self.classes[index]}{_painted(look)}>{text}{_in_words(look)}</td>'


def _painted(look: Look | None) -> str:
    """The end of a class attribute, and a style for a colour that has no class."""
    if look is None:
        return '"'
    return f' crm-report-{look.name}"' if look.ink is None else f'" style="background-color:{look.fill};color:{look.ink}"'


def _in_words(look: Look | None) -> str:
    """For those who don't see colours."""
    return f'<span class="crm-report-hidden"> ({look.name})</span>' if look and look.ink is None else ""
