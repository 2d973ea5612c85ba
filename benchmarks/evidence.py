"""docs/evidence.md from a run of the proof: what was found, what was claimed falsely, what intervals hold.

python -m benchmarks.evidence [--seeds 3] [--first 1] [--work DIR] [--from FILE …]
"""

import argparse
import json
import platform
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.scoring import summarise

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "evidence.md"
NAMES = {
    "stage": "a stage × size for five months",
    "mix": "a slow product line gains that share of the orders",
    "dispatch_measure": "dispatch time halved by a recorded measure",
    "first_time_fix": "first-time fix falls by so many points",
    "neglected_backlog": "that share of the orders is left lying",
    "complaint_growth": "complaints grow by so much a month for a year",
    "complaint_spike": "complaints × size in one month",
    "complaint_level": "complaints at × size of the peers' all the time",
    "batch": "a batch of 120 appliances fails, 25 % a month",
    "driver": "response speed makes satisfaction",
}

INTRODUCTION = """`benchmarks/planted.py` simulates two businesses a seed: one whose units carry one effect each,
and one where nothing happens but season, festival, growth, and months that resemble each other
and scatter beyond chance. Both go through intake, measuring and signals as any run does; what
counts is what the reports' JSON would hold. An effect's size in *monthly standard errors* is
its size on the metric's scale ÷ the sampling error and scatter of one month. *Found*: a finding
with the right metric, unit, direction and segment. *Dated*: its first month within one of the
true one."""
ABOUT_QUIET = """Findings of the kinds level_shift, trend, outlier, unit_outlier, mix_effect, rate_effect,
concentration, censoring and intervention_effect over all 13 reports, once per kind, metric and segment; loud cards are
those neither steady nor insufficient."""
ABOUT_INTERVALS = """Rates: the truth includes each month's own scatter. Forecasts: orders of the three months after the
newest, against what came."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the proof, or read one that was run, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--work", type=Path, help="folder that keeps the prepared runs for the next time")
    parser.add_argument(
        "--from", dest="files", type=Path, nargs="+", help="what benchmarks.planted wrote, seed by seed"
    )
    given = parser.parse_args(arguments)
    if given.files:
        result = joined([json.loads(file.read_text(encoding="utf-8")) for file in given.files])
    else:
        from benchmarks.planted import prove

        with tempfile.TemporaryDirectory() as scratch:
            result = prove(list(range(given.first, given.first + given.seeds)), given.work or Path(scratch))
    PAGE.write_text(page(result), encoding="utf-8")


def joined(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Runs of the proof as one: their seeds together, the summary anew from what they hold."""
    whole: dict[str, Any] = {
        name: [one for result in results for one in result[name]] for name in ("seeds", "planted", "quiet", "coverage")
    }
    notes = " ".join(str(result["note"]) for result in results if result.get("note"))
    spent = round(sum(result["cpu_seconds"] for result in results), 1)
    return whole | {
        "cpu_seconds": spent, "summary": summarise(whole["planted"], whole["quiet"], whole["coverage"]), "note": notes,
    }  # fmt: skip


def page(result: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    told = result["summary"]
    seeds = ", ".join(map(str, result["seeds"]))
    run = f"{datetime.now(UTC):%Y-%m-%d} · commit {_commit()} · {_machine()}"
    every = [{**row, "kind": "all"} for row in told["promised_all"]]
    calm = [
        [row["business"], row["units"], row["findings_per_unit"], f"{row['loud_cards_share']:.2%}"]
        for row in told["quiet"]
    ]
    kinds = ", ".join(f"{kind} {count}" for kind, count in told["quiet_kinds"].items()) or "none"
    covered = [
        [row["kind"], f"{row['covered']:.1%}", f"{row['low']:.1%} to {row['high']:.1%}", row["of"]]
        for row in told["coverage"]
    ]
    parts = [
        "# Evidence: what the signals find, and what they claim of nothing",
        f"Written by `make evidence`; do not edit. {run} · seeds {seeds} · {result['cpu_seconds']:.0f} CPU s.",
        *([str(result["note"])] if result.get("note") else []),
        INTRODUCTION,
        "## Effects of at least four monthly standard errors (spikes: six)",
        _table(told["promised"] + every, "kind"),
        "## Power by kind and size",
        _table(told["by_size"], "kind", "size"),
        "## Power by size in monthly standard errors, all kinds",
        _table(told["by_errors"], "band"),
        "## Units where nothing happens",
        ABOUT_QUIET,
        _plain(["business", "units", "findings per unit", "loud cards"], calm),
        f"By kind, in the quiet business: {kinds}.",
        "## 95 % intervals against the truth",
        _plain(["figure", "held", "as far as so many tell", "intervals"], covered),
        ABOUT_INTERVALS,
    ]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Mapping[str, Any]], *keys: str) -> str:
    head = [
        *keys,
        "planted",
        "found",
        "dated within ±1",
        *(["median size, standard errors"] if "band" not in keys else []),
    ]
    body = [
        [
            *(NAMES.get(str(row[key]), row[key]) for key in keys), row["planted"], f"{row['found']:.0%}",
            "–" if row["dated"] is None else f"{row['dated']:.0%}",
            *(["–" if row.get("standard_errors") is None else row["standard_errors"]] if "band" not in keys else []),
        ]
        for row in rows
    ]  # fmt: skip
    return _plain(head, body)


def _plain(head: Sequence[str], body: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"


def _machine() -> str:
    return f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
