"""How many reports one late correction renders anew: `python -m benchmarks.correction [--work-orders 3000] [--json]`.

A small sample business is rendered with one report for every unit and the company; then one work order of one unit is
completed a minute later, as a late correction does, and a dry run, which reads the data and measures nothing, says what
would be rendered. Nearly all of its two or three minutes of CPU is the one measuring before the first render.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.costs import cost_of

REPORT, UNIT, COMPANY = "process", "U03", "all"
WORK_ORDERS = 3000
SUITE = "data: {home}/source\nstore: {home}/store\nout: {home}/out\nreports: [{report}]\nlanguages: [en]\n"
_RUNNER = [sys.executable, "run_reports.py"]


def measure(work_orders: int) -> dict[str, Any]:
    """Which of the rendered reports would be rendered again after the correction."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "suite.yml").write_text(SUITE.format(home=home, report=REPORT), encoding="utf-8")
        cost_of([*_RUNNER, "sample", "--out", str(home / "source"), "--work-orders", str(work_orders)])
        cost_of([*_RUNNER, "render", "--params", str(home)])
        correct(home / "source" / "work_orders.csv", UNIT)
        _, printed = cost_of([*_RUNNER, "render", "--params", str(home), "--dry-run", "--json"])
    return counted([json.loads(line) for line in printed.splitlines() if line.startswith("{")])


def correct(file: Path, unit: str) -> None:
    """One completed order of the unit, completed a minute later."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    row = next(row for row in rows if row["business_unit"] == unit and row["completed_at"])
    later = datetime.fromisoformat(row["completed_at"]) + timedelta(minutes=1)
    row["completed_at"] = later.isoformat(sep=" ")
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def counted(planned: Sequence[dict[str, str]]) -> dict[str, Any]:
    """How many are rendered again, of whom, and how many are left."""
    again = sorted({entry["business_unit"] for entry in planned if entry["status"] == "to render"})
    rendered = sum(entry["status"] == "to render" for entry in planned)
    return {
        "corrected_unit": UNIT,
        "rendered_again": rendered,
        "left_as_they_are": len(planned) - rendered,
        "of_units": again,
        "only_unit_and_company": set(again) == {UNIT, COMPANY},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.correction", description=__doc__)
    parser.add_argument("--work-orders", type=int, default=WORK_ORDERS)
    parser.add_argument("--json", action="store_true", help="as it is: one JSON object")
    given = parser.parse_args(arguments)
    sys.stdout.write(json.dumps(measure(given.work_orders)) + "\n")


if __name__ == "__main__":
    main()
