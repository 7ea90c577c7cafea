"""A Spark cluster answers as SQLite does, cell by cell. The cluster is Sail's: the same protocol, several workers, no Java.

    CRM_TEST_SPARK=sc://127.0.0.1:15002 pytest tests/mirror/test_spark.py     asks another one on this machine instead
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Date, Integer, MetaData, Table, Text, func, literal, select
from sqlalchemy.exc import UnsupportedCompilationError
from sqlalchemy.sql.functions import FunctionElement

from crmlib.cli.main import main
from crmlib.errors import AccessDenied, SetupError
from crmlib.mirror.parquet import publish_parquet
from crmlib.mirror.spark import check_zone, new_session
from crmlib.mirror.spark_dialect import WORDS, SparkDialect, engine_on
from crmlib.model import sql_functions
from crmlib.model.custom import CustomField, Customization, customize
from crmlib.model.org import Org
from crmlib.model.sql_functions import (
    day_number,
    day_of_month,
    local_date,
    local_hour,
    lower_text,
    month_number,
    percentile,
    sort_key,
    sum_of_squares,
    text_sort_key,
    twice_median,
)
from crmlib.model.types import ExactDecimal, UtcDateTime
from crmlib.reports.catalog import Catalog
from crmlib.reports.result import ReportResult
from crmlib.security.access import access_of
from tests.conftest import add
from tests.reports import test_cases
from tests.reports.asking import EVERYTHING, ask, run_saved
from tests.reports.conftest import mirrored
from tests.reports.random_reports import TYPES, Asked, reports
from tests.test_shipped_reports import FOLDER, REPORTS

ZONES = ["Europe/Amsterdam", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"]
VALUES = Table("given", MetaData(), Column("words", Text), Column("moment", UtcDateTime), Column("day", Date),
               Column("amount", ExactDecimal(2)))


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a Sail server that shares work out among several workers."""
    if "CRM_TEST_SPARK" in os.environ:
        yield os.environ["CRM_TEST_SPARK"]
        return
    sail = pytest.importorskip("pysail.spark", reason="no Sail (pip install pysail); tests on a Spark cluster are skipped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAIL_MODE", "local-cluster")
        patch.setenv("RUST_LOG", "off")
        server = sail.SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        atexit.register(server.stop)  # Spark's client says goodbye when the process ends, and would wait for an answer
        host, port = server.listening_address
        yield f"sc://{host}:{port}"


class OnSpark:
    """One org, asked directly and over the cluster."""

    def __init__(self, org: Org, cluster: str, data: Path) -> None:
        self.org, self.environment = org, {"CRM_ENGINE": "spark", "CRM_SPARK": cluster, "CRM_SPARK_DATA": str(data)}

    def both(self, run: Callable[[Org], ReportResult]) -> tuple[ReportResult, ReportResult]:
        """What SQLite says, and what Spark says, as if it had said so at the same moment by the same name."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CRM_ENGINE", "database")
            expected = run(self.org)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            found = run(self.org)
        assert found.engine == "Spark cluster" and found.run_at < expected.run_at
        return expected, replace(found, engine=expected.engine, run_at=expected.run_at)


@pytest.fixture(scope="session")
def demo(cluster: str, demo_org: Org, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnSpark]:
    """The demo organisation, published: for reading only."""
    folder = tmp_path_factory.mktemp("published")
    with closing(sqlite3.connect(str(demo_org.engine.url.database))) as connection:
        connection.execute("VACUUM INTO ?", [str(folder / "demo.sqlite")])
    with mirrored(f"sqlite:///{folder / 'demo.sqlite'}") as org:
        publish_parquet(org, folder / "parquet")
        yield OnSpark(org, cluster, folder / "parquet")


class TestReports:
    @pytest.mark.parametrize("path", REPORTS)
    def test_every_report_that_ships(self, path: str, demo: OnSpark) -> None:
        catalog = Catalog(FOLDER, demo.org.schema)
        expected, found = demo.both(lambda org: run_saved(org, catalog, path))
        assert found == expected

    @pytest.mark.parametrize("name", test_cases.CASES)
    def test_the_sql_that_an_analyst_would_write(self, name: str, demo: OnSpark, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable, value in demo.environment.items():
            monkeypatch.setenv(variable, value)
        test_cases.test_case(name, demo.org)

    @pytest.mark.slow
    @settings(max_examples=40)
    @given(asked=reports())
    def test_any_report_of_any_user(self, asked: Asked, demo: OnSpark) -> None:
        try:
            user = access_of(demo.org, asked.user) if asked.user else EVERYTHING
            expected, found = demo.both(lambda org: ask(org, TYPES[asked.type], user=user, **asked.parts))
        except AccessDenied:
            return
        assert found == expected


@pytest.fixture(scope="module")
def asked(cluster: str) -> Callable[..., list[tuple[Any, ...]]]:
    """`asked(values, column, ...)`: these columns of a table with these values."""
    import pyarrow

    session = new_session(cluster)
    schema = pyarrow.schema({"words": pyarrow.string(), "moment": pyarrow.timestamp("us"), "day": pyarrow.date32(),
                             "amount": pyarrow.decimal128(18, 2)})
    engine = engine_on(session)

    def of(values: list[dict[str, Any]], *columns: Any) -> list[tuple[Any, ...]]:
        session.createDataFrame(pyarrow.Table.from_pylist(values, schema)).createOrReplaceTempView("given")
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(*columns)).all()]
    return of


class TestFunctions:
    """Spark's words for our functions mean what Python's do."""

    def test_every_letter_there_is(self, asked: Callable[..., Any]) -> None:
        letters = [letter for letter in map(chr, range(1, sys.maxunicode + 1)) if unicodedata.category(letter) not in ("Cn", "Cs")]
        texts = [f"x{''.join(letters[start:start + 500])}Σ" for start in range(0, len(letters), 500)]
        texts += ["", "ΑΣ", "ΑΣ ΑΣΑ", "İstanbul", "Ñandú", "ẞ", "e\u0301", "বাংলা", "አማርኛ", "한국", "が"]
        found = asked([{"words": text} for text in [*texts, None]], VALUES.c.words, lower_text(VALUES.c.words), sort_key(VALUES.c.words))
        assert len(found) == len(texts) + 1
        assert [row for row in found if row[1:] != (row[0] and row[0].lower(), text_sort_key(row[0]))] == []

    def test_texts_arrive_as_they_are(self, asked: Callable[..., Any]) -> None:
        texts = ["'", "\\", "\\'", "''", "' OR 1 = 1 --", "a\nb", ":words", "?", "%", "_", "`", "${x}", "\\u0041", "x" * 10_000]
        words = VALUES.c.words
        compared = [column for text in texts for column in (words == text, words.contains(text, autoescape=True), words.in_([text]))]
        named = [column.label(f"compared{number}") for number, column in enumerate(compared)]
        found = asked([{"words": text} for text in texts], words, *named)
        assert found == [(one, *(answer for text in texts for answer in (one == text, text in one, one == text))) for one in texts]

    @pytest.mark.parametrize("zone", ZONES)
    def test_days_and_hours_around_every_change_of_the_clocks(self, zone: str, asked: Callable[..., Any]) -> None:
        place, hours = ZoneInfo(zone), [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=number * 1000) for number in range(1120)]
        for year in (1975, 2011, 2026):
            days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(365)]
            changes = [day for day in days if day.astimezone(place).utcoffset() != (day + timedelta(days=1)).astimezone(place).utcoffset()]
            hours += [day + timedelta(minutes=30 * number) + step for day in changes for number in range(49)
                      for step in (timedelta(0), timedelta(microseconds=-1))]
        moment = VALUES.c.moment
        found = asked([{"moment": one.replace(tzinfo=None)} for one in hours], moment, local_date(moment, literal(zone)),
                      local_hour(moment, literal(zone)))
        assert len(found) == len(hours)
        local = [one.astimezone(place) for one, _, _ in found]
        assert [row[1:] for row in found] == [(one.date(), one.hour) for one in local]

    @pytest.mark.parametrize("year", [1969, 2100])
    def test_of_moments_too_far_away_it_says_nothing(self, year: int, asked: Callable[..., Any]) -> None:
        with pytest.raises(Exception, match="too far from today"):
            asked([{"moment": datetime(year, 6, 1)}], local_hour(VALUES.c.moment, literal("UTC")))

    def test_a_cluster_with_other_time_zones_is_not_asked(self, cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
        session = new_session(cluster)
        for zone in [*ZONES, "UTC"]:
            check_zone(session, zone)
        summer = [(datetime(2026, 1, 1, tzinfo=UTC), 0), (datetime(2026, 6, 1, tzinfo=UTC), 3_600_000_000)]
        monkeypatch.setattr("crmlib.mirror.spark.ZoneInfo", lambda zone: ZoneInfo("Africa/Cairo"))
        monkeypatch.setattr("crmlib.mirror.spark.offsets_of", lambda *given: summer)
        with pytest.raises(SetupError, match="Europe/Paris"):
            check_zone(session, "Europe/Paris")

    def test_numbers_of_days_and_months(self, asked: Callable[..., Any]) -> None:
        days = [date(1, 1, 1), date(4, 2, 29), date(1582, 10, 4), date(1582, 10, 15), date(1969, 12, 31), date(9999, 12, 31)]
        day = VALUES.c.day
        found = asked([{"day": one} for one in days],
                      day, day_number(day), month_number(day), day_of_month(day), (month_number(day) + 3) // 12)
        months = [one.year * 12 + one.month - 1 for one in days]
        assert found == [(one, one.toordinal(), month, one.day, (month + 3) // 12) for one, month in zip(days, months, strict=True)]

    @settings(max_examples=20)
    @given(amounts=st.lists(st.decimals(-10**15, 10**15, places=2), max_size=30))
    def test_sums_and_ranks_are_exact(self, amounts: list[Decimal], asked: Callable[..., Any]) -> None:
        amount, ordered = VALUES.c.amount, sorted(amounts)
        found = asked([{"amount": one} for one in [None, *amounts]], func.sum(amount), twice_median(amount), sum_of_squares(amount),
                      percentile(amount, literal(90, Integer)), percentile(amount, literal(1, Integer)))
        if not amounts:
            assert found == [(None,) * 5]
            return
        middle = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
        with localcontext(prec=60):
            squares = sum(one * one for one in amounts)
        assert found == [(sum(amounts), middle, squares, ordered[-(-len(ordered) * 90 // 100) - 1], ordered[0])]

    def test_a_sum_that_has_too_many_digits_is_refused(self, asked: Callable[..., Any]) -> None:
        most = Decimal("9999999999999999.99")
        assert asked([{"amount": most}] * 5, sum_of_squares(VALUES.c.amount)) == [(Decimal("499999999999999999000000000000000.0005"),)]
        with pytest.raises(Exception, match="more digits than Spark can hold"):
            asked([{"amount": most}] * 200, sum_of_squares(VALUES.c.amount))

    def test_a_function_without_a_word_is_refused(self) -> None:
        class unheard_of(FunctionElement[Any]):
            name = "unheard_of"
            inherit_cache = True

        with pytest.raises(UnsupportedCompilationError):
            str(select(unheard_of(VALUES.c.day)).compile(dialect=SparkDialect()))

    def test_every_function_of_ours_has_its_word(self) -> None:
        ours = [one for one in vars(sql_functions).values()
                if isinstance(one, type) and issubclass(one, FunctionElement) and one.__module__ == sql_functions.__name__]
        assert len(ours) > 10
        assert {one.name for one in ours} == set(WORDS)


class TestWhoAnswers:
    @pytest.fixture
    def published(self, sqlite_url: str, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
        """An org with one account, answered by Spark."""
        monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
        monkeypatch.setenv("CRM_ENGINE", "spark")
        monkeypatch.setenv("CRM_SPARK", cluster)
        monkeypatch.setenv("CRM_SPARK_DATA", str(tmp_path / "parquet"))
        with mirrored(sqlite_url) as org:
            add(org, "account")
            publish_parquet(org, tmp_path / "parquet")
            yield org

    def test_figures_are_as_of_the_publication(self, published: Org, tmp_path: Path) -> None:
        def count() -> tuple[int, datetime]:
            result = ask(published, "accounts", show=["record_count"])
            assert result.engine == "Spark cluster"
            return result.grand_total["record_count"], result.run_at

        one, then = count()
        add(published, "account")
        assert count() == (one, then) == (1, then)
        publish_parquet(published, tmp_path / "parquet")
        two, now = count()
        assert (two, now > then) == (2, True)

    def test_old_files_go(self, published: Org, tmp_path: Path) -> None:
        for _ in range(3):
            latest = publish_parquet(published, tmp_path / "parquet")
        kept = sorted(path.name for path in (tmp_path / "parquet").iterdir())
        assert len(kept) == 3 and kept[1:] == [latest.name, "published.parquet"]

    def test_what_is_newer_than_the_files_is_no_blank(self, published: Org) -> None:
        customize(published, Customization(object="account", fields=(CustomField(name="rank_c", type="integer", label="Rank"),)))
        with pytest.raises(SetupError, match="rank_c"):
            ask(published, "accounts", show=["rank_c:sum"])

    def test_a_cluster_that_is_not_there(self, published: Org, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_SPARK", "sc://127.0.0.1:9")
        with pytest.raises(SetupError, match="nobody answers"):
            ask(published, "accounts", columns=["name"])

    def test_files_that_are_not_there(self, published: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_SPARK_DATA", str(tmp_path / "elsewhere"))
        with pytest.raises(SetupError, match="elsewhere"):
            ask(published, "accounts", columns=["name"])

    @pytest.mark.parametrize("variable", ["CRM_SPARK", "CRM_SPARK_DATA"])
    def test_an_address_or_a_folder_that_nobody_named(self, variable: str, published: Org, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(variable)
        with pytest.raises(SetupError, match=f"{variable} is not set"):
            ask(published, "accounts", columns=["name"])
        assert f"{variable} is not set" in CliRunner().invoke(main, ["mirror", "status"]).output

    def test_the_command(self, published: Org, tmp_path: Path) -> None:
        said = CliRunner().invoke(main, ["mirror", "publish-parquet", str(tmp_path / "parquet")], catch_exceptions=False)
        assert said.exit_code == 0 and str(tmp_path / "parquet") in said.output
        assert "sc://" in CliRunner().invoke(main, ["mirror", "status"]).output

    def test_the_command_without_a_copy_to_publish(self, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CRM_DATABASE_URL", sqlite_url)
        said = CliRunner().invoke(main, ["mirror", "publish-parquet", str(tmp_path / "parquet")])
        assert said.exit_code and "crm mirror enable" in said.output
