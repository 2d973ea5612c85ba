"""What a run costs by the number of its work orders, against DuckDB's bare partitioned copy of the same file.

    python -m benchmarks.scale --orders 1e6,1e7 [--work DIR] [--folder DIR] [--json]

For each size a CSV of work orders of 24 units over four years is made; the suite maps, validates, stores, measures and
judges it as in any run, DuckDB copies it to Parquet by unit, and one unit's repair cycle is rendered three times from
what was prepared. `ratio_to_copy_cpu` is intake and measuring ÷ the copy (lower is better); `report_ratio_…` is one
report's time at this size ÷ that at the smallest.

With --work what was found is kept step by step, so that a run cut short goes on where it was; a size's data leave the
folder when it is done. Measured anew is what other code found.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.growth import growth
from benchmarks.scale_size import measure_size


def measure(sizes: Sequence[int], *, folder: str | None = None, work: Path | None = None) -> dict[str, Any]:
    """What each size took.

    Parameters
    ----------
    folder : where the files are made, to be removed after; the system's for temporary files where none is named
    work : a folder that keeps what was found, so that a run cut short goes on where it was

    Raises
    ------
    SystemExit : the folder has too little room, or a step failed
    """
    found: list[dict[str, Any]] = []
    for orders in sorted(sizes):
        if work is not None:
            found.append(measure_size(orders, work.resolve() / str(orders)))
            continue
        with tempfile.TemporaryDirectory(dir=folder) as home:
            found.append(measure_size(orders, Path(home)))
    machines = [size.pop("machine") for size in found]
    return {"sizes": growth(found), "machine": machines[-1]}


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, as lines or as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orders", default="1e6", help="sizes, such as 1e6,1e7 (default 1e6)")
    parser.add_argument("--folder", help="where the files are made (default: the system's for temporary files)")
    parser.add_argument("--work", type=Path, help="folder that keeps what was found: a run cut short goes on there")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    given = parser.parse_args(arguments)
    try:
        sizes = [whole_number(part) for part in given.orders.split(",")]
    except ValueError as fault:
        parser.error(f"--orders: {fault}")
    found = measure(sizes, folder=given.folder, work=given.work)
    if given.json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for size in found["sizes"]:
        sys.stdout.write("".join(f"{name:24} {value}\n" for name, value in size.items()) + "\n")


if __name__ == "__main__":
    main()
