"""The machine and the versions a figure was measured on and with."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("duckdb", "ipykernel", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "pyarrow")
_GIB = 1024**3


def machine() -> dict[str, str | int | float]:
    """What a reader needs to judge a figure: processor, cores, memory, load at the time, versions, the day."""
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB, 1),
        "load_after": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
