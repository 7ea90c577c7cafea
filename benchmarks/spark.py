"""How long shipped reports, all or these, take on a real Apache Spark cluster, beside SQLite and DuckDB; the answers are compared.

    python benchmarks/spark.py                  a demo organisation of usual size
    python benchmarks/spark.py --scale 10 --runs 3 sales/pipeline_by_stage sales/sales_by_product_family

It starts a master, two workers of one core each and a Spark Connect server on loopback, and ends them. Needed: Java, and an
environment with Apache Spark itself, which takes the place of its client: pip install 'pyspark[connect]==4.2.*'.

Columns, in milliseconds: `first` is the first run on the cluster, the others are medians of the warm runs after it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from crmlib.demo.fill_demo import fill_demo
from crmlib.mirror.parquet import publish_parquet
from crmlib.mirror.snapshots import folder_of, publish
from crmlib.model.changes import start_following
from crmlib.model.org import Org
from crmlib.reports.result import ReportResult
from crmlib.workspace import Workspace, connect

ROOT = Path(__file__).parent.parent
REPORTS = sorted(f"{file.parent.name}/{file.stem}" for file in (ROOT / "report_types" / "reports").glob("*/*.yaml"))
ENGINES = ("database", "column", "spark")
PATIENCE = 180
MEMORY = "2g"


def why_skipped() -> str | None:
    """What is missing for a cluster; None if nothing is."""
    if shutil.which("java") is None:
        return "no Java found (on Debian: apt-get install openjdk-17-jre-headless); the benchmark of Spark is skipped"
    if spark_home() is None:
        return "no Apache Spark found (in an environment of its own: pip install 'pyspark[connect]==4.2.*'); the benchmark is skipped"
    return None


def spark_home() -> Path | None:
    """The folder of the pyspark package, if it has Spark itself in it and is not only the client."""
    found = find_spec("pyspark")
    folder = Path(found.origin).parent if found and found.origin else None
    return folder if folder and (folder / "jars").is_dir() else None


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a Connect server over a master and two workers, each a Java process of its own."""
    home, master, port = spark_home(), free_port(), free_port()
    environment = os.environ | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_NO_DAEMONIZE": "1",
        "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    begun: list[subprocess.Popen[bytes]] = []

    def start(name: str, program: str, *arguments: str) -> Path:
        log = folder / f"{name}.log"
        with log.open("wb") as out:
            begun.append(subprocess.Popen([f"{home}/bin/{program}", *arguments], env=environment, stdout=out, stderr=out,
                                          start_new_session=True))
        return log

    def wait(log: Path, words: str, times: int = 1) -> None:
        until = time.monotonic() + PATIENCE
        while log.read_text(errors="replace").count(words) < times:
            if time.monotonic() > until or any(process.poll() is not None for process in begun):
                raise SystemExit(f"Spark did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.3)

    try:
        deploy = "org.apache.spark.deploy"
        log = start("master", "spark-class", f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(master), "--webui-port", "0")
        wait(log, "I have been elected leader")
        for number in (1, 2):
            start(f"worker{number}", "spark-class", f"{deploy}.worker.Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", MEMORY,
                  "--webui-port", "0", f"spark://127.0.0.1:{master}")
        wait(log, "Registering worker", 2)
        settings = {"spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port, "spark.ui.enabled": "false",
                    "spark.executor.memory": "1g", "spark.sql.shuffle.partitions": 4}
        confs = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        log = start("connect", "spark-submit", "--master", f"spark://127.0.0.1:{master}", *confs, "--class",
                    "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal")
        wait(log, "Spark Connect server started")
        yield f"sc://127.0.0.1:{port}"
    finally:
        for process in reversed(begun):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def prepared(folder: Path, scale: float) -> Org:
    """A demo organisation with a snapshot for DuckDB and files for Spark."""
    org = Org.open(f"sqlite:///{folder / 'demo.sqlite'}")
    fill_demo(org, date.today(), scale=scale)
    with org.begin() as connection:
        start_following(connection, org.schema.metadata)
    snapshots = folder_of(org)
    assert snapshots is not None
    publish(org, snapshots)
    begun = time.perf_counter()
    files = publish_parquet(org, folder / "parquet")
    size = sum(file.stat().st_size for file in files.iterdir()) / 1e6
    print(f"published {size:.1f} MB of Parquet in {time.perf_counter() - begun:.1f} s", flush=True)
    return org


def timed(workspace: Workspace, path: str, engine: str) -> tuple[float, ReportResult]:
    os.environ["CRM_ENGINE"] = engine
    begun = time.perf_counter()
    result = workspace.report(path).run().result
    return (time.perf_counter() - begun) * 1000, result


def measure(workspace: Workspace, path: str, runs: int) -> Sequence[float]:
    """First run on Spark, then medians of all engines. Raises SystemExit when they answer differently."""
    first = {engine: timed(workspace, path, engine) for engine in ENGINES}
    expected = first["database"][1]
    for engine, (_, result) in first.items():
        if replace(result, engine=expected.engine, run_at=expected.run_at) != expected:
            raise SystemExit(f"{path}: {engine} and database answer differently")
    taken: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    for _ in range(runs):
        for engine in ENGINES:
            taken[engine].append(timed(workspace, path, engine)[0])
    return [*(statistics.median(taken[engine]) for engine in ENGINES), first["spark"][0]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1, help="of the demo organisation; 1 has 8,000 opportunities")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("reports", nargs="*", default=REPORTS)
    options = parser.parse_args()
    reason = why_skipped()
    if reason is not None:
        print(reason)
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the cluster is ended too
    with tempfile.TemporaryDirectory() as written:
        folder = Path(written)
        org = prepared(folder, options.scale)
        begun = time.perf_counter()
        with cluster(folder) as address:
            print(f"master, two workers and Connect server up in {time.perf_counter() - begun:.0f} s\n", flush=True)
            os.environ |= {"CRM_SPARK": address, "CRM_SPARK_DATA": str(folder / "parquet")}
            workspace = connect(str(org.engine.url))
            print("| report | SQLite | DuckDB | Spark | Spark, first |\n| --- | ---: | ---: | ---: | ---: |")
            for path in options.reports:
                figures = " | ".join(f"{value:,.0f}" for value in measure(workspace, path, options.runs))
                print(f"| {path} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
