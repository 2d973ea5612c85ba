"""What intake costs: a generated CSV of work orders through the whole of it, against DuckDB's bare COPY of the same
file into Parquet by unit.

    python -m benchmarks.intake                 300 MB
    python -m benchmarks.intake --gigabytes 5   the proof of bounded memory

Prints one JSON object: peak memory of the process that ran intake (MiB), CPU seconds of both and their ratio (lower is
better; the goal is 3 or less). The file is made in a temporary folder and removed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
BYTES_PER_ORDER = 178  # of this generator, as measured
ROOM = 2.5  # the file, the store, spilled rows, as a multiple of the file
ORDERS = """
    SELECT 'WO-' || lpad(n::VARCHAR, 10, '0') AS work_order_id, 'U' || lpad((n % 24)::VARCHAR, 2, '0') AS business_unit,
        opened AS submitted_at, opened + to_minutes(20 + n % 50) AS handled_at,
        opened + to_minutes(90 + n % 300) AS assigned_at, opened + to_hours(8 + n % 40) AS arrived_at,
        opened + to_hours(50 + n % 90) AS completed_at, 'completed' AS status, 'repair' AS work_order_type,
        'onsite' AS service_mode, 'phone' AS channel, 'normal' AS priority, 'C' || (n * 7919 % 3000000) AS customer_id,
        'P' || n % 40 AS product_id, 'F' || n % 90 AS fault_code, 'T' || n % 900 AS technician_id, 1 + n % 3 AS visits
    FROM (SELECT n, TIMESTAMP '2022-01-01' + to_seconds((n * 7919) % 126144000) AS opened FROM range({rows}) AS t(n))"""
_INTAKE = """
import sys
from pathlib import Path
from analysis.intake import intake
home = Path(sys.argv[1])
intake(str(home / "source"), mapping=None, params=home, store_root=home / "stores")
"""
COPY = """
import sys, duckdb
home = sys.argv[1]
connection = duckdb.connect(config={"threads": 2, "memory_limit": "1536MiB", "temp_directory": home + "/spill"})
connection.execute("SET enable_progress_bar = false")
connection.execute(f"COPY (FROM read_csv('{home}/source/work_orders.csv')) TO '{home}/copied' "
    "(FORMAT parquet, PARTITION_BY (business_unit))")
"""


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--gigabytes", type=float, default=0.3)
    asked.add_argument("--folder", help="where the file is made; default: the system's folder for temporary files")
    given = asked.parse_args()
    wanted = int(given.gigabytes * 1e9)
    free = shutil.disk_usage(given.folder or tempfile.gettempdir()).free
    if free < ROOM * wanted:
        sys.exit(f"{free / 1e9:.1f} GB free, {ROOM * wanted / 1e9:.1f} GB needed; name another --folder")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        print(json.dumps(_measured(Path(folder), wanted)))


def _measured(home: Path, wanted: int) -> dict[str, float]:
    (home / "source").mkdir()
    file = home / "source" / "work_orders.csv"
    rows = wanted // BYTES_PER_ORDER
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GiB"}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({ORDERS.format(rows=rows)}) TO '{file}' (FORMAT csv)")
    ours = _cost(_INTAKE, home)
    shutil.rmtree(home / "stores")
    theirs = _cost(COPY, home)
    return {
        "bytes": file.stat().st_size,
        "rows": rows,
        "peak_mib": round(ours["peak_mib"]),
        "cpu_seconds": round(ours["cpu"], 1),
        "wall_seconds": round(ours["wall"], 1),
        "copy_cpu_seconds": round(theirs["cpu"], 1),
        "copy_peak_mib": round(theirs["peak_mib"]),
        "ratio_to_copy_cpu": round(ours["cpu"] / theirs["cpu"], 2),
    }


def _cost(program: str, home: Path) -> dict[str, float]:
    """CPU seconds, wall seconds and peak memory of one program of its own."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", program, str(home)], cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"the program failed ({status})")
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": time.monotonic() - started,
        "peak_mib": used.ru_maxrss * _RSS_UNIT / 1024**2,
    }


_RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, or KiB

if __name__ == "__main__":
    main()
