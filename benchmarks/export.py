"""How much memory the CSV of a million records takes, from the definition to the file, in a process of its own.

    python benchmarks/export.py --sqlite URL [--rows 1000000] [--engine column]

Prints the rows, the seconds and the largest the process ever was (its resident set), beside what it was before it asked anything.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = ("name", "starts_at", "owner.name", "account.name", "contact.name", "seconds", "direction", "status", "purpose")


def export(url: str, rows: int) -> None:
    from crmlib.reports.definition import Column, Report, Sort
    from crmlib.workspace import connect

    calls = Report(label="Calls", report_type="calls", columns=tuple(Column(field=path) for path in COLUMNS),
                   sort=(Sort(field="starts_at"),), row_limit=rows)
    workspace = connect(url, report_types=Path(__file__).parent.parent / "report_types")
    before, begun = largest(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "calls.csv"
        written, lines, size = workspace.report(calls).write_csv(file), 0, file.stat().st_size
        with file.open("rb") as opened:
            lines = sum(1 for _ in opened) - 1
    if lines != written:
        raise SystemExit(f"{written:,} records, but {lines:,} lines")
    print(f"{written:,} records, {size / 2**20:.0f} MB of CSV, {time.perf_counter() - begun:.0f} s, "
          f"at most {largest():.0f} MB of memory, {before:.0f} MB before")


def largest() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sqlite", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["column", "database"], default="database")
    parser.add_argument("--here", action="store_true", help="in this process")
    options = parser.parse_args()
    if options.here:
        export(options.sqlite, options.rows)
    else:
        subprocess.run([sys.executable, *sys.argv, "--here"], check=True, env=os.environ | {"CRM_ENGINE": options.engine})


if __name__ == "__main__":
    main()
