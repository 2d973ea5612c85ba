"""Rendering many reports: the suite against what most teams run, against papermill's own loop, and against the floor.

    python -m benchmarks.throughput --reports 26 [--workers 2] [--json]

Every lane renders the same notebooks for the same units on the same prepared data, in English; reading, measuring and
judging the data are left out of all. The suite runs once, whole, as a user runs it; before and after it each other
lane renders one half. Commands, API and suite have `--workers` reports in hand at a time, the floor is one process.
`ratio_to_commands_…` and `ratio_to_api_cpu` are theirs ÷ the suite's (higher is better), `ratio_to_floor_cpu` is the
suite's ÷ the floor's and `rerun_share_cpu` an unchanged rerun's ÷ the first run's (lower is better). The floor's
imports are not counted, the suite's and the API's are. Besides the page the suite writes JSON, notebook, workbook,
index and ledger and checks its pages, which commands and API do not.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from analysis.reporting.kernel_parent import PARENT_ENVIRONMENT
from benchmarks.costs import ROOT, Cost, cost_of
from benchmarks.jobs import as_run, prepared_jobs
from benchmarks.machine import machine
from benchmarks.memory import FamilyWatch

OTHERS = ("commands", "api", "floor")
LANES = (*OTHERS, "suite")
ORDER = (
    *(f"{lane} 0" for lane in OTHERS), "suite", "rerun", *(f"{lane} 1" for lane in reversed(OTHERS)), "family", "parts",
)  # fmt: skip
DONE = "done.json"
LANGUAGE = "en"
SUITE = [sys.executable, "run_reports.py", "render", "--language", LANGUAGE]
_FIGURE = re.compile(r"<figure\b")


@dataclass(frozen=True)
class Made:
    """What a lane made: pages, and figures on them."""

    pages: int = 0
    figures: int = 0

    def __add__(self, other: "Made") -> "Made":
        return Made(self.pages + other.pages, self.figures + other.figures)


def measure(reports: int, *, workers: int, work: Path | None = None) -> dict[str, Any]:
    """Every lane's cost, and the ratios between them.

    Parameters
    ----------
    reports : how many to render; rounded to whole units, since a run renders all notebooks of a unit
    work : a folder that keeps what was measured, so that a run cut short goes on where it was

    Raises
    ------
    SystemExit : a lane failed, or did not make as many pages and figures as the others
    """
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) if work is None else work.resolve()
        home.mkdir(parents=True, exist_ok=True)
        stages, go = done(home), datetime.now(UTC).isoformat(timespec="seconds")
        out = home / "suite"
        cost_of([sys.executable, "-m", "compileall", "-q", "analysis", "benchmarks"])
        cost_of([sys.executable, "-m", "benchmarks.jobs", LANGUAGE])
        notebooks = as_run(home / "notebooks")
        jobs = prepared_jobs(reports, notebooks)
        suite = _suite(jobs, workers, out)
        halves = (jobs[::2], jobs[1::2])
        for stage in ORDER:
            if stage == "parts" and stage not in stages:
                stages[stage] = _parts(jobs, workers, home / "parts")
            elif stage not in stages:
                lane, _, half = stage.partition(" ")
                stages[stage] = (
                    _other(lane, halves[int(half)], home / f"{lane}{half}", workers) if half else _own(lane, suite, out)
                )
            stages[stage].setdefault("go", go)
            (home / DONE).write_text(json.dumps(stages), encoding="utf-8")
    return summary(stages, reports=len(jobs), workers=workers)


def done(work: Path) -> dict[str, Any]:
    """The stages that a run before this one has measured."""
    file = work / DONE
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def summary(stages: Mapping[str, Mapping[str, Any]], *, reports: int, workers: int) -> dict[str, Any]:
    """All stages as one result.

    Raises
    ------
    SystemExit : the lanes did not make the same
    """
    costs = dict.fromkeys((*LANES, "rerun", "floor_start"), Cost())
    made = dict.fromkeys(LANES, Made())
    for stage in stages.values():
        for name, cost in stage["costs"].items():
            costs[name] += Cost(**cost)
        for name, one in stage.get("made", {}).items():
            made[name] += Made(**one)
    refuse_unequal(made)
    pages = [page for stage in stages.values() for page in stage.get("pages", ())]
    found = {"reports": reports, "workers": workers, **ratios(costs), **_of_pages(pages), **stages["family"]["memory"]}
    found |= whole_run(costs, reports=reports, parts=stages["parts"]["whole"])
    goes = len({stage.get("go") for stage in stages.values()})
    return found | {"goes": goes, "figures": made["suite"].figures, "lanes": told(costs), "machine": machine()}


def count(folder: Path) -> Made:
    """The report pages below a folder, and the figures on them."""
    index = {"index.html", "index.en.html"}
    pages = [page for page in folder.rglob("*.html") if page.name not in index]
    return Made(len(pages), sum(len(_FIGURE.findall(page.read_text(encoding="utf-8"))) for page in pages))


def refuse_unequal(made: Mapping[str, Made]) -> None:
    """Refuse to compare lanes that did not do the same.

    Raises
    ------
    SystemExit : with what each lane made
    """
    if len(set(made.values())) > 1 or not all(one.pages and one.figures for one in made.values()):
        told = "; ".join(f"{lane}: {one.pages} pages, {one.figures} figures" for lane, one in made.items())
        raise SystemExit(f"the lanes did not make the same: {told}")


def ratios(costs: Mapping[str, Cost]) -> dict[str, float]:
    """The figures to hold to the goals, of sums over all reports."""
    suite = costs["suite"]
    found = {
        "ratio_to_commands_cpu": costs["commands"].cpu / suite.cpu,
        "ratio_to_commands_wall": costs["commands"].wall / suite.wall,
        "ratio_to_api_cpu": costs["api"].cpu / suite.cpu,
        "ratio_to_floor_cpu": suite.cpu / costs["floor"].cpu,
        "rerun_share_cpu": costs["rerun"].cpu / suite.cpu,
    }
    return {name: round(value, 3) for name, value in found.items()}


def whole_run(costs: Mapping[str, Cost], *, reports: int, parts: Mapping[str, Any]) -> dict[str, float]:
    """What the suite takes to begin and for each report, and what that makes of the ratios in a run of all reports.

    The same reports rendered in parts begin once for each part: what the parts take more than the whole is what it
    takes to begin. A run of all reports is reckoned, not measured: every report takes what one of these takes, by
    every lane.

    Parameters
    ----------
    parts : of the same reports in several runs `cpu` of each and `rerun_cpu` of the first; `all_reports` of a whole run
    """
    number, whole = len(parts["cpu"]), parts["all_reports"]
    start = (sum(parts["cpu"]) - costs["suite"].cpu) / (number - 1) if number > 1 else 0.0
    each = (costs["suite"].cpu - start) / reports
    if start <= 0 or each <= 0:
        return {}
    share, first = whole / reports, start + whole * each
    known = (costs["rerun"].cpu - parts["rerun_cpu"]) / (reports - reports / number)
    again = costs["rerun"].cpu + (whole - reports) * max(known, 0.0)
    return {
        "suite_start_cpu": round(start, 2),
        "suite_report_cpu": round(each, 3),
        "all_reports": whole,
        "reckoned_to_commands_cpu": round(share * costs["commands"].cpu / first, 2),
        "reckoned_to_api_cpu": round(share * costs["api"].cpu / first, 2),
        "reckoned_to_floor_cpu": round(first / (share * costs["floor"].cpu), 2),
        "reckoned_rerun_share_cpu": round(again / first, 4),
    }


def told(costs: Mapping[str, Cost]) -> dict[str, dict[str, float]]:
    """Each lane's own figures, which mean something beside each other only."""
    return {lane: {name: round(value, 2) for name, value in asdict(cost).items()} for lane, cost in costs.items()}


def _suite(jobs: Sequence[Mapping[str, Any]], workers: int, out: Path) -> list[str]:
    units = ",".join(dict.fromkeys(job["business_unit"] for job in jobs))
    return [*SUITE, "--business-unit", units, "--workers", str(workers), "--out", str(out)]


def _parts(jobs: Sequence[Mapping[str, Any]], workers: int, out: Path) -> dict[str, Any]:
    """The suite once more, each unit's reports in a run of its own: what it takes to begin, with the same reports."""
    from analysis.run_data import read_run

    units = list(dict.fromkeys(job["business_unit"] for job in jobs))
    cpu, again = [], 0.0
    for unit in units:
        shutil.rmtree(out, ignore_errors=True)
        command = _suite([job for job in jobs if job["business_unit"] == unit], workers, out)
        cpu.append(cost_of([*command, "--force"])[0].cpu)
        again = again or cost_of(command)[0].cpu
    every = len({job["report"] for job in jobs}) * (1 + len(read_run().business_units))
    return {"costs": {}, "whole": {"cpu": cpu, "rerun_cpu": again, "all_reports": every}}


def _own(stage: str, suite: Sequence[str], out: Path) -> dict[str, Any]:
    """The suite's run, the same again, or once more, anew, with an eye on its memory."""
    if stage == "family":
        family = FamilyWatch()
        cost_of([*suite, "--force"], watch=family)
        return {"costs": {}, "memory": family.told()}
    if stage == "rerun":
        cost, _ = cost_of(suite)
        return {"costs": {"rerun": asdict(cost)}}
    shutil.rmtree(out, ignore_errors=True)  # of a run that was cut short
    cost, _ = cost_of([*suite, "--force"])
    return {"costs": {"suite": asdict(cost)}, "made": {"suite": asdict(count(out))}}


def _other(lane: str, jobs: Sequence[Mapping[str, Any]], out: Path, workers: int) -> dict[str, Any]:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    listed = out / "jobs.json"
    listed.write_text(json.dumps(jobs), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.lanes", lane, str(listed), str(out), str(workers)]
    alike = PARENT_ENVIRONMENT if lane == "floor" else {}  # memory as the kernels have it: the same work at its least
    environment = {"AFTER_SALES_RUN": jobs[0]["run"], "PYTHONPATH": str(ROOT), **alike}
    cost, printed = cost_of(command, environment)
    made = {lane: asdict(count(out))}
    if lane != "floor":
        return {"costs": {lane: asdict(cost)}, "made": made}
    own = json.loads(printed.splitlines()[-1])
    floor, start = Cost(own["cpu"], own["wall"], cost.peak_mib), Cost(own["start_cpu"])
    return {"costs": {"floor": asdict(floor), "floor_start": asdict(start)}, "made": made, "pages": own["pages"]}


def _of_pages(pages: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    spent = [1000 * page["cpu"] for page in pages]
    return {
        "page_conversion_ms_median": round(median(spent), 1),
        "page_conversion_ms_largest": round(max(spent), 1),
        "page_kilobytes_largest": round(max(page["bytes"] for page in pages) / 1000, 1),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print, as lines or as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--reports", type=int, default=26, help="about how many (whole units; default 26)")
    parser.add_argument("--workers", type=int, default=2, help="reports in hand at the same time (default 2)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--work", type=Path, help="folder that keeps what was measured: a run cut short goes on there")
    given = parser.parse_args(arguments)
    found = measure(given.reports, workers=given.workers, work=given.work)
    lines = "".join(f"{name:32} {value}\n" for name, value in found.items() if not isinstance(value, dict))
    sys.stdout.write(json.dumps(found) + "\n" if given.json else lines)


if __name__ == "__main__":
    main()
