"""One report's time at each size as a multiple of that at the smallest: sizes that were measured together or apart."""

from collections.abc import Mapping, Sequence
from typing import Any


def growth(sizes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sizes in order, each with one report's CPU and wall as a multiple of those at the smallest."""
    ordered = sorted(sizes, key=lambda size: int(size["orders"]))
    first = ordered[0]
    return [
        {
            **size,
            "report_ratio_cpu": round(size["report_cpu"] / first["report_cpu"], 2),
            "report_ratio_wall": round(size["report_wall"] / first["report_wall"], 2),
        }
        for size in ordered
    ]
