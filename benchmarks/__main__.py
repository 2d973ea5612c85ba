"""`make bench`: all benchmarks at sizes that end in some minutes, and docs/performance.md from what they found.

    python -m benchmarks [--reports 26] [--orders 1e6]
    python -m benchmarks --from FILE …    the page alone, from what the benchmarks printed with --json

One benchmark alone: benchmarks.throughput, benchmarks.scale, benchmarks.correction.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks import correction, scale, throughput
from benchmarks.performance_page import PAGE, joined, page


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or read what was measured, and write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reports", type=int, default=26)
    parser.add_argument("--orders", default="1e6", help="sizes for benchmarks.scale, such as 1e6,1e7")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--from", dest="files", type=Path, nargs="+", help="what the benchmarks printed with --json")
    given = parser.parse_args(arguments)
    if given.files:
        found = [json.loads(file.read_text(encoding="utf-8")) for file in given.files]
    else:
        found = [
            throughput.measure(given.reports, workers=given.workers),
            scale.measure([scale.whole_number(part) for part in given.orders.split(",")]),
            correction.measure(correction.WORK_ORDERS),
        ]
    PAGE.write_text(page(joined(found)), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
