"""What an analyst is handed in a notebook: a result, a comparison, an answer to why, each of which shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crmlib.reports.result import ReportResult

if TYPE_CHECKING:
    import altair
    import pandas

    from crmlib.reports.compare import Comparison
    from crmlib.reports.why import Why


@dataclass(frozen=True)
class ReportView:
    """A result that shows itself in JupyterLab and goes out in every format."""

    result: ReportResult

    def to_pandas(self, index: bool = True, exact: bool = False) -> pandas.DataFrame:
        """Groups as the index unless not wanted; figures as floats, or as exact decimals."""
        from crmlib.render.frame import to_pandas

        return to_pandas(self.result, index, exact)

    def compare(self, earlier: ReportView) -> ComparisonView:
        """What is different from an earlier run, or one of another user. Raises DefinitionError where groupings or figures differ."""
        from crmlib.reports.compare import compare

        return ComparisonView(compare(earlier.result, self.result))

    def to_html(self, max_rows: int | None = None, chart: bool = False) -> str:
        from crmlib.render.html import to_html

        return to_html(self.result, max_rows, chart)

    def to_csv(self) -> str:
        from crmlib.render.csv import to_csv

        return to_csv(self.result)

    def to_json(self) -> str:
        from crmlib.render.fact_map import to_json

        return to_json(self.result)

    def to_xlsx(self, path: str | Path | None = None) -> bytes:
        """The workbook; also written to a file if a path is given."""
        from crmlib.render.xlsx import to_xlsx

        content = to_xlsx(self.result)
        if path is not None:
            Path(path).write_bytes(content)
        return content

    def chart(self) -> altair.TopLevelMixin | None:
        """A fitting chart, or None where a table says it better. It draws itself without network, as SVG."""
        import altair

        from crmlib.render.chart import chart_of

        altair.renderers.enable("svg")
        return chart_of(self.result)

    def _repr_html_(self) -> str:
        return self.to_html(max_rows=200)


@dataclass(frozen=True)
class ComparisonView:
    """Two runs side by side; `print` it, see it in JupyterLab, or take its two tables in any output."""

    comparison: Comparison

    def figures(self, everything: bool = False) -> ReportView:
        """The groups with their figures then and now; everything: also those where nothing changed."""
        return ReportView(self.comparison.figures(everything))

    def records(self) -> ReportView:
        """The records that came, went or moved, of reports that show their records."""
        return ReportView(self.comparison.records())

    def __str__(self) -> str:
        from crmlib.render.text import to_text

        return "\n".join(to_text(table) for table in self.comparison.tables())

    def to_html(self, everything: bool = False) -> str:
        from crmlib.render.html import to_html

        return "".join(to_html(table) for table in self.comparison.tables(everything))

    def _repr_html_(self) -> str:
        return self.to_html()


@dataclass(frozen=True)
class WhyView:
    """Why a record is in a report, or is not; `print` it, or see it in JupyterLab."""

    why: Why

    @property
    def is_there(self) -> bool:
        return self.why.is_there

    def __str__(self) -> str:
        from crmlib.render.why import why_text

        return why_text(self.why)

    def _repr_html_(self) -> str:
        from crmlib.render.why import why_html

        return why_html(self.why)
