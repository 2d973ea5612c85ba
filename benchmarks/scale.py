"""What a run costs by the number of its work orders, against DuckDB's bare partitioned copy of the same file.

    python -m benchmarks.scale --orders 1e6,1e7[,5e7] [--folder DIR] [--json]

For each size a CSV of work orders of 24 units over four years is made in a temporary folder and removed after; the
suite maps, validates, stores, measures and judges it as in any run, DuckDB copies it to Parquet by unit, and one unit's
repair cycle is rendered from what was prepared. `ratio_to_copy_cpu` is intake and measuring ÷ the copy (lower is
better); `report_ratio_…` is one report's time at this size ÷ that at the smallest.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.costs import ROOT, Watch, cost_of
from benchmarks.growth import growth
from benchmarks.intake import BYTES_PER_ORDER, COPY, ORDERS, ROOM
from benchmarks.machine import machine

REPORT, UNIT = "repair_cycle", "U05"
SUITE = """data: {home}/source
store: {home}/store
out: {home}/out
reports: [{report}]
languages: [en]
"""
_MAKE = """
import sys, duckdb
connection = duckdb.connect(config={"threads": 2, "memory_limit": "1GiB"})
connection.execute("SET preserve_insertion_order = false")
connection.execute("SET enable_progress_bar = false")
connection.execute(f"COPY ({sys.argv[1]}) TO '{sys.argv[2]}' (FORMAT csv)")
"""


def measure(sizes: Sequence[int], *, folder: str | None = None) -> dict[str, Any]:
    """What each size took.

    Raises
    ------
    SystemExit : the folder has too little room, or a step failed
    """
    found: list[dict[str, Any]] = []
    for orders in sorted(sizes):
        with tempfile.TemporaryDirectory(dir=folder) as home:
            check_room(orders, Path(home))
            found.append(_size(orders, Path(home)))
    return {"sizes": growth(found), "machine": machine()}


def check_room(orders: int, folder: Path) -> None:
    """Refuse a size that the disk does not hold.

    Raises
    ------
    SystemExit : with what is free and what is needed
    """
    free, needed = shutil.disk_usage(folder).free, ROOM * BYTES_PER_ORDER * orders
    if free < needed:
        raise SystemExit(
            f"{orders:,} orders: {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed; name another --folder"
        )


def ratios(steps: Mapping[str, float], copy_cpu: float) -> dict[str, float]:
    """The steps as multiples of the bare copy's CPU."""
    return {
        "ratio_to_copy_cpu": round((steps["intake"] + steps["measure"]) / copy_cpu, 2),
        "intake_to_copy_cpu": round(steps["intake"] / copy_cpu, 2),
        "measure_to_copy_cpu": round(steps["measure"] / copy_cpu, 2),
    }


def whole_number(text: str) -> int:
    """A number of orders as said: "1e6", "50000".

    Raises
    ------
    ValueError : not a whole number above nought
    """
    number = float(text)
    if not number.is_integer() or number < 1:
        raise ValueError(f"{text!r} is no number of orders")
    return int(number)


def _size(orders: int, home: Path) -> dict[str, Any]:
    source, params = home / "source", home / "params"
    source.mkdir()
    params.mkdir()
    (params / "suite.yml").write_text(SUITE.format(home=home, report=REPORT), encoding="utf-8")
    file = source / "work_orders.csv"
    cost_of([sys.executable, "-c", _MAKE, ORDERS.format(rows=orders), str(file)])
    copied, _ = cost_of([sys.executable, "-c", COPY, str(home)])
    sys.stderr.write(f"{orders:,} orders: the copy took {copied.cpu:.1f} s of CPU\n")
    shutil.rmtree(home / "copied")
    taken, printed = cost_of(
        [sys.executable, "-m", "benchmarks.scale_steps", str(params)], {"PYTHONPATH": str(ROOT)}, aloud=True
    )
    steps = json.loads(printed.splitlines()[-1])
    render = [sys.executable, "run_reports.py", "render", "--params", str(params), "--business-unit", UNIT]
    report, _ = cost_of(render, watch=Watch())
    return {
        "orders": orders,
        "csv_megabytes": round(file.stat().st_size / 1e6),
        **ratios(steps, copied.cpu),
        "peak_mib": round(taken.peak_mib),
        "copy_peak_mib": round(copied.peak_mib),
        "report_cpu": round(report.cpu, 2),
        "report_wall": round(report.wall, 2),
        "report_peak_mib": round(report.peak_mib),
        "seconds_cpu": {"copy": round(copied.cpu, 1)} | {name: round(spent, 1) for name, spent in steps.items()},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, as lines or as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", default="1e6", help="sizes, such as 1e6,1e7 (default 1e6)")
    parser.add_argument("--folder", help="where the files are made (default: the system's for temporary files)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    try:
        sizes = [whole_number(part) for part in given.orders.split(",")]
    except ValueError as fault:
        parser.error(f"--orders: {fault}")
    found = measure(sizes, folder=given.folder)
    if given.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for size in found["sizes"]:
        sys.stdout.write("".join(f"{name:24} {value}\n" for name, value in size.items()) + "\n")


if __name__ == "__main__":
    main()
