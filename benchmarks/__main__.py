"""Rendering one unit's reports: the suite against `papermill` and `jupyter nbconvert` per report, and against itself
unchanged.

Prints one JSON object. Higher is better for `ratio_to_commands_…` (theirs ÷ the suite's), lower for
`rerun_share_cpu`. Both render the same
notebooks on the same prepared data; the suite writes two languages' worth of checks, JSON, notebook and workbook
besides the page.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUSINESS_UNIT = "U01"
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    _run([sys.executable, "run_reports.py", "check"])
    with tempfile.TemporaryDirectory() as folder:
        pairs = [_pair(Path(folder), number) for number in range(ROUNDS)]
    middle = {name: sorted(pair[name] for pair in pairs)[ROUNDS // 2] for name in pairs[0]}
    print(json.dumps({"rounds": ROUNDS, "reports": len(_notebooks())} | {k: round(v, 3) for k, v in middle.items()}))


def _pair(folder: Path, number: int) -> dict[str, float]:
    """One round: theirs, ours, ours again."""
    out = folder / f"out{number}"
    render = [sys.executable, "run_reports.py", "render", "--business-unit", BUSINESS_UNIT, "--language", "en"]
    theirs = _cost([command for notebook in _notebooks() for command in _two_commands(notebook, folder)])
    ours = _cost([[*render, "--force", "--out", str(out)]])
    again = _cost([[*render, "--out", str(out)]])
    return {
        "ratio_to_commands_cpu": theirs[0] / ours[0],
        "ratio_to_commands_wall": theirs[1] / ours[1],
        "rerun_share_cpu": again[0] / ours[0],
    }


def _notebooks() -> list[Path]:
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def _two_commands(notebook: Path, folder: Path) -> list[list[str]]:
    executed = str(folder / notebook.name)
    return [
        [
            sys.executable,
            "-m",
            "papermill",
            str(notebook),
            executed,
            "-p",
            "business_unit",
            BUSINESS_UNIT,
            "--no-progress-bar",
        ],
        [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", executed],
    ]


def _cost(commands: Sequence[Sequence[str]]) -> tuple[float, float]:
    """CPU and wall seconds of the commands one after another, their children included."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - began


def _run(command: Sequence[str]) -> None:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, **quiet)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')[-2000:]}")


if __name__ == "__main__":
    main()
