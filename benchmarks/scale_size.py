"""One size of the comparison by the number of work orders, in a folder of its own: each step's cost is written down
when it is known, so that a run cut short takes no step twice. A step that other code took is taken anew; the file of
orders and DuckDB's copy of it hang on no code of the suite.
"""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from analysis.reporting import fingerprints
from benchmarks.costs import ROOT, Watch, cost_of
from benchmarks.intake import BYTES_PER_ORDER, COPY, ORDERS, ROOM
from benchmarks.machine import machine

REPORT, UNIT = "repair_cycle", "U05"
RENDERED = 3  # times: its time is the middle one
FOUND, STEPS = "found.json", "steps.json"
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


def measure_size(orders: int, home: Path) -> dict[str, Any]:
    """What a size took; the folder keeps that alone.

    Raises
    ------
    SystemExit : the folder has too little room, or a step failed
    """
    home.mkdir(parents=True, exist_ok=True)
    found = kept(home, code=fingerprints.of_code(""))
    if "machine" not in found:
        check_room(orders, home)
        source, params = _source(orders, home), _params(home)
        if "copy" not in found:
            copied, _ = cost_of([sys.executable, "-c", COPY, str(home)])
            shutil.rmtree(home / "copied")
            _keep(home, found, "copy", vars(copied))
        _say(orders, f"the copy took {found['copy']['cpu']:.1f} s of CPU")
        if "steps" not in found:
            prepare = [sys.executable, "-m", "benchmarks.scale_steps", str(params), str(home / STEPS)]
            cost_of(prepare, {"PYTHONPATH": str(ROOT)}, aloud=True)
            _keep(home, found, "steps", json.loads((home / STEPS).read_text(encoding="utf-8")))
        for _ in range(len(found.get("reports", ())), RENDERED):
            render = [sys.executable, "run_reports.py", "render", "--params", str(params), "--business-unit", UNIT]
            report, _ = cost_of([*render, "--force"], watch=Watch())
            _keep(home, found, "reports", [*found.get("reports", ()), vars(report)])
            _say(orders, f"one report took {report.wall:.1f} s, {report.cpu:.1f} s of CPU")
        _keep(home, found, "csv_megabytes", round(source.stat().st_size / 1e6))
        _keep(home, found, "machine", machine())
    for name in ("source", "store", "out", "params"):
        shutil.rmtree(home / name, ignore_errors=True)
    return told(orders, found)


def kept(home: Path, *, code: str) -> dict[str, Any]:
    """What was found before, by this code; of other code's what hangs on none."""
    file = home / FOUND
    before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if before.get("code") == code:
        return before
    (home / STEPS).unlink(missing_ok=True)
    shutil.rmtree(home / "store", ignore_errors=True)  # a step of which something is left would take less
    return {"code": code} | {name: before[name] for name in ("copy",) if name in before}


def check_room(orders: int, folder: Path) -> None:
    """Refuse a size that the disk does not hold.

    Raises
    ------
    SystemExit : with what is free and what is needed
    """
    held = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    free, needed = shutil.disk_usage(folder).free, ROOM * BYTES_PER_ORDER * orders - held
    if free < needed:
        raise SystemExit(
            f"{orders:,} orders: {free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed; name another folder"
        )


def told(orders: int, found: Mapping[str, Any]) -> dict[str, Any]:
    """A size's figures from what its steps took: `steps` holds CPU seconds and peak memory of intake, measure and
    evaluate."""
    steps, copied, reports = found["steps"], found["copy"], found["reports"]
    spent = {name: step["cpu"] for name, step in steps.items()}
    return {
        "orders": orders,
        "csv_megabytes": found["csv_megabytes"],
        **ratios(spent, copied["cpu"]),
        "peak_mib": round(max(step["peak_mib"] for step in steps.values())),
        "copy_peak_mib": round(copied["peak_mib"]),
        "report_cpu": round(median(report["cpu"] for report in reports), 2),
        "report_wall": round(median(report["wall"] for report in reports), 2),
        "report_peak_mib": round(max(report["peak_mib"] for report in reports)),
        "seconds_cpu": {"copy": round(copied["cpu"], 1)} | {name: round(cpu, 1) for name, cpu in spent.items()},
        "peaks_mib": {name: round(step["peak_mib"]) for name, step in steps.items()},
        "machine": found["machine"],
    }


def ratios(steps: Mapping[str, float], copy_cpu: float) -> dict[str, float]:
    """The steps as multiples of the bare copy's CPU."""
    return {
        "ratio_to_copy_cpu": round((steps["intake"] + steps["measure"]) / copy_cpu, 2),
        "intake_to_copy_cpu": round(steps["intake"] / copy_cpu, 2),
        "measure_to_copy_cpu": round(steps["measure"] / copy_cpu, 2),
    }


def _source(orders: int, home: Path) -> Path:
    file = home / "source" / "work_orders.csv"
    if not file.is_file():
        file.parent.mkdir(exist_ok=True)
        part = home / "work_orders.part"
        cost_of([sys.executable, "-c", _MAKE, ORDERS.format(rows=orders), str(part)])
        os.replace(part, file)
    return file


def _params(home: Path) -> Path:
    params = home / "params"
    params.mkdir(exist_ok=True)
    (params / "suite.yml").write_text(SUITE.format(home=home, report=REPORT), encoding="utf-8")
    return params


def _keep(home: Path, found: dict[str, Any], name: str, value: Any) -> None:
    found[name] = value
    part = home / f"{FOUND}.part"
    part.write_text(json.dumps(found), encoding="utf-8")
    os.replace(part, home / FOUND)


def _say(orders: int, what: str) -> None:
    sys.stderr.write(f"{orders:,} orders: {what}\n")
