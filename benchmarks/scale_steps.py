"""The run's own steps before any report, with what each took: `python -m benchmarks.scale_steps PARAMS FOUND`.

Writes to FOUND, after each step, CPU and wall seconds and peak memory of intake (map, validate, store), measure and
evaluate (the signals), all in one process as in any run. What FOUND holds already stays: a step that a run cut short
had ended is found done and takes nothing.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.reporting.parameters import read_suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import Steps, suite_steps

_CLEAR, _PEAK = Path("/proc/self/clear_refs"), "VmHWM:"
_FORGET_PEAK = "5"
_KIB, _MIB = 1024, 1024**2


def main(params: Path, found: Path) -> None:
    """Prepare the suite's period and write down."""
    spent: dict[str, Any] = json.loads(found.read_text(encoding="utf-8")) if found.is_file() else {}

    def keep(name: str, step: dict[str, float]) -> None:
        spent.setdefault(name, step)
        part = found.with_suffix(".part")
        part.write_text(json.dumps(spent), encoding="utf-8")
        os.replace(part, found)

    prepare(read_suite(params), steps=_timed(suite_steps(), keep), report_progress=lambda *_, **__: None)


def _timed(steps: Steps, keep: Callable[[str, dict[str, float]], None]) -> Steps:
    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            _forget_peak()
            cpu, wall = _cpu(), time.monotonic()
            made = step(*given, **named)
            took = {"cpu": _cpu() - cpu, "wall": time.monotonic() - wall, "peak_mib": _peak_mib()}
            keep(name, took)
            sys.stderr.write(f"{name}: {took['cpu']:.1f} s of CPU, peak {took['peak_mib']:.0f} MiB\n")
            return made

        return run

    return replace(steps, **{name: timed(name, getattr(steps, name)) for name in ("intake", "measure", "evaluate")})


def _cpu() -> float:
    every = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in every)


def _forget_peak() -> None:
    """Have the peak start from what is held now (Linux); elsewhere it is that of all steps so far."""
    if _CLEAR.exists():
        _CLEAR.write_text(_FORGET_PEAK)


def _peak_mib() -> float:
    if not _CLEAR.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (_MIB if sys.platform == "darwin" else _KIB)
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(_PEAK)) / _KIB


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
