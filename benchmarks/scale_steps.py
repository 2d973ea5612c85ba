"""The run's own steps before any report, with what each took: `python -m benchmarks.scale_steps PARAMS`.

Prints one JSON object: CPU seconds of intake (map, validate, store), of measuring, of signals, and of all with what
lies between them.
"""

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.reporting.parameters import read_suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import Steps, suite_steps


def main(params: Path) -> None:
    """Prepare the suite's period and print."""
    spent: dict[str, float] = {}
    prepare(read_suite(params), steps=_timed(suite_steps(), spent), report_progress=lambda *_, **__: None)
    sys.stdout.write(json.dumps(spent | {"all": _cpu()}) + "\n")


def _timed(steps: Steps, spent: dict[str, float]) -> Steps:
    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            before = _cpu()
            made = step(*given, **named)
            spent[name] = spent.get(name, 0.0) + _cpu() - before
            sys.stderr.write(f"{name}: {spent[name]:.1f} s of CPU\n")
            return made

        return run

    return replace(steps, **{name: timed(name, getattr(steps, name)) for name in ("intake", "measure", "evaluate")})


def _cpu() -> float:
    every = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in every)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
