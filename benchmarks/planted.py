"""What the suite finds of effects that are known to be there, and what it claims of units where nothing happened.

    python -m benchmarks.planted [--seeds 3] [--first 1] [--json FILE] [--work DIR]

Simulates two businesses a seed, one whose units carry an effect each and a quiet one, and sends both through the
suite's own steps (intake, measuring, signals) as a run does; what it judges are the findings and cards that the
reports' JSON would hold. Nothing of what is planted is told to the suite.
"""

import argparse
import hashlib
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report import Report
from analysis.reporting.parameters import PROJECT, Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import suite_steps
from analysis.run_data import RunData, read_run
from analysis.unit_figures import SUMMARY
from benchmarks.scenarios import planted_business, quiet_business
from benchmarks.scoring import Planted, cover, find_driver, find_planted, standard_errors, summarise, tell_quiet
from benchmarks.simulated import Business, Simulated, simulate, write_tables

SIMULATION = Path(__file__).parent / "simulated"


@dataclass(frozen=True)
class Run:
    """A business, what is true of it, and what the suite made of it."""

    business: Business
    simulated: Simulated
    data: RunData
    findings: dict[str, list[dict[str, Any]]]
    kpis: pd.DataFrame
    cards: dict[str, list[str]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the seeds, print the summary, and write everything to a file where one is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--json", type=Path, help="where the whole result goes")
    parser.add_argument("--work", type=Path, help="folder that keeps the prepared runs for the next time")
    given = parser.parse_args(arguments)
    seeds = list(range(given.first, given.first + given.seeds))
    with tempfile.TemporaryDirectory() as scratch:
        result = prove(seeds, given.work or Path(scratch))
    if given.json:
        given.json.write_text(json.dumps(result, indent=1, allow_nan=False), encoding="utf-8")
    json.dump({name: result[name] for name in ("summary", "cpu_seconds")}, sys.stdout, indent=1, allow_nan=False)
    print()


def prove(seeds: Sequence[int], work: Path) -> dict[str, Any]:
    """Everything that the seeds show: planted effects, quiet units, the intervals' coverage, and the summary."""
    planted: list[dict[str, Any]] = []
    quiet: list[dict[str, Any]] = []
    covered: list[dict[str, Any]] = []
    for seed in seeds:
        loud, calm = planted_business(seed), quiet_business(seed)
        for business in (loud, calm):
            run = run_business(business, work)
            told = tell_quiet(run)
            quiet += [{"seed": seed, "business": "quiet" if business == calm else "planted", **one} for one in told]
            planted += [{"seed": seed, **one} for one in judge_planted(run)]
            planted += [{"seed": seed, **one} for one in find_driver(run) if business == calm]
            if business == calm:
                covered += [{"seed": seed, **one} for one in cover(run)]
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seeds": list(seeds), "cpu_seconds": round(spent.ru_utime + spent.ru_stime, 1),
        "summary": summarise(planted, quiet, covered), "planted": planted, "quiet": quiet, "coverage": covered,
    }  # fmt: skip


def judge_planted(run: Run) -> list[dict[str, Any]]:
    """What became of each planted effect."""
    return [
        find_planted(Planted(effect, run.business, standard_errors(run, effect)), run.findings)
        for effect in run.business.effects
    ]


def run_business(business: Business, work: Path) -> Run:
    """Simulate a business, take it through the suite's steps and read what its reports would say."""
    source, params = work / f"source-{_key(business)}", work / "params"
    simulated = simulate(business)
    params.mkdir(parents=True, exist_ok=True)
    if not source.is_dir():
        source.mkdir(parents=True)
        write_tables(simulated.tables, source)
    suite = Suite(params=params, data=str(source), store=work / "store")
    folder = prepare(suite, steps=suite_steps(), report_progress=lambda *_, **__: None).folder
    data = read_run(folder)
    kpis = data.rows("kpis")
    findings = {unit: _findings_of(data, unit) for unit in (*business.units, "all")}
    return Run(business, simulated, data, findings, kpis, _cards_of(data))


def reports() -> list[str]:
    """The suite's reports, by their notebooks."""
    return sorted(path.stem for path in (PROJECT / "notebooks").glob("*.ipynb"))


def _findings_of(data: RunData, unit: str) -> list[dict[str, Any]]:
    """What the JSON files of all reports of a unit hold, each once: the summary's holds every area's."""
    return Report(SUMMARY, unit, data.period, ("en",), data).findings()


def _cards_of(data: RunData) -> dict[str, list[str]]:
    """Report → the metrics that its page shows as cards."""
    cards = {}
    for name in reports():
        report = Report(name, "all", data.period, ("en",), data)
        area = __import__(f"analysis.areas.{name}", fromlist=["headline"])
        cards[name] = list(area.headline(report).data["metric"])
    return cards


def _key(business: Business) -> str:
    """Another folder for another business or another simulation, so that a kept one is never stale."""
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(SIMULATION.glob("*.py")))
    return hashlib.sha256(f"{business!r}{code}".encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()
