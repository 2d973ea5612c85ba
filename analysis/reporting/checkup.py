"""What `check` and `doctor` find out. Nothing here renders, publishes or repairs."""

import json
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from analysis.delivery.checkup import look_at_delivery, unknown_units
from analysis.faults import UserFault
from analysis.reporting import journal, ledger
from analysis.reporting.lint import lint, untranslated
from analysis.reporting.parameters import Suite
from analysis.reporting.plan import make_plan, read_reports
from analysis.reporting.prepare import prepare
from analysis.reporting.progress import Progress
from analysis.reporting.steps import Steps

GIGABYTE = 1e9
ROOM_NEEDED = 2 * GIGABYTE
DISTRIBUTION = "after-sales-reports"


@dataclass(frozen=True)
class Found:
    """What a check found: faults stop a run, notes do not, facts say what the data hold."""

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    facts: tuple[str, ...]


def check(suite: Suite, *, steps: Steps, progress: Progress) -> Found:
    """Parameters, mapping, data, catalogue and notebooks, in that order; collects what it can before it stops."""
    faults: list[str] = []
    notes: list[str] = []
    facts: list[str] = []
    try:
        notebooks = read_reports(suite)
        for notebook in notebooks.values():
            faults += lint(notebook)
        notes += [f"note: {line}" for notebook in notebooks.values() for line in untranslated(notebook)]
    except UserFault as fault:
        return Found(fault.lines, (), ())
    try:
        own = suite.params / "metrics.yml"
        steps.check_catalogue(steps.read_catalogue(own if own.is_file() else None))
        prepared = prepare(suite, steps=steps, report_progress=progress.step)
        plan = make_plan(suite, prepared, notebooks)
        notes += [f"note: {line}" for line in prepared.store.manifest.get("notes", ())]
        known = {"all", *(unit["business_unit"] for unit in prepared.store.manifest["business_units"])}
        notes += [f"note: {line}" for line in unknown_units(suite.delivery, known)]
        facts += _data_facts(prepared.store.manifest)
        facts.append(f"{len(plan)} reports for {prepared.period.name}")
    except UserFault as fault:
        faults += fault.lines
    return Found(tuple(faults), tuple(notes), tuple(facts))


def _data_facts(manifest: dict[str, Any]) -> Iterator[str]:
    units = [entry for entry in manifest["business_units"] if any(entry["rows"].values())]
    described = sum(bool(entry.get("described")) for entry in units)
    end, known_from = manifest["data_cutoff_at"], manifest.get("cutoff_from", "unknown")
    yield f"data end at {end} ({known_from}); {len(units)} business units, {described} described"
    for name, table in manifest["tables"].items():
        reasons = "; ".join(f"{reason}: {rows}" for reason, rows in table.get("reasons", {}).items())
        aside = (
            f", {table['quarantined']} set aside" + (f" ({reasons})" if reasons else "")
            if table.get("quarantined")
            else ""
        )
        yield f"{name}: {table['rows']} rows{aside}"


def doctor(suite: Suite) -> tuple[list[str], bool]:
    """One line per thing looked at, and whether all is well."""
    looked = [*_environment(), _kernel(), _font(), _disk(suite.out), _disk(suite.store), _clock(suite), _ledger(suite),
              *look_at_delivery(suite.delivery)]  # fmt: skip
    lines = [f"{'ok  ' if fine else 'FIX '} {line}" for fine, line in looked]
    return lines, all(fine for fine, _ in looked)


def _environment() -> Iterator[tuple[bool, str]]:
    yield (
        sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)),
        f"Python {platform.python_version()} in {sys.prefix} (3.11 to 3.13)",
    )
    try:
        needed = [line.split(";")[0].strip() for line in requires(DISTRIBUTION) or () if "extra ==" not in line]
    except PackageNotFoundError:
        yield False, "the suite is not installed in this environment; run `make`"
        return
    names = [line.translate(str.maketrans("<>=!~[", "      ")).split()[0] for line in needed]
    missing = [name for name in names if not _installed(name)]
    yield (
        not missing,
        f"{len(names) - len(missing)} of {len(names)} packages"
        + (f"; install {', '.join(missing)} (`make`)" if missing else ""),
    )


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _kernel() -> tuple[bool, str]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return False, "kernel python3 is missing; install ipykernel into this environment"
    return True, "kernel python3"


def _font() -> tuple[bool, str]:
    fine = _installed("pylopdf-fonts-zh-cn")
    return fine, "font for Chinese in charts" + ("" if fine else " is missing; install pylopdf-fonts-zh-cn")


def _disk(folder: Path) -> tuple[bool, str]:
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), Path("/"))
    free = shutil.disk_usage(there).free
    return free >= ROOM_NEEDED, f"{free / GIGABYTE:.1f} GB free for {folder}" + (
        "" if free >= ROOM_NEEDED else "; make room"
    )


def _clock(suite: Suite) -> tuple[bool, str]:
    """A clock behind what was last prepared would date new pages before old ones."""
    now, current = datetime.now(UTC), suite.store / "current.json"
    if not current.is_file():
        return True, f"clock says {now:%Y-%m-%d %H:%M} UTC"
    facts = Path(json.loads(current.read_text(encoding="utf-8"))["run"]) / "run_data.json"
    prepared = (
        datetime.fromisoformat(json.loads(facts.read_text(encoding="utf-8"))["prepared_at"]) if facts.is_file() else now
    )
    return prepared <= now, f"clock says {now:%Y-%m-%d %H:%M} UTC" + (
        "" if prepared <= now else f", before the last run of {prepared:%Y-%m-%d %H:%M}; set it"
    )


def _ledger(suite: Suite) -> tuple[bool, str]:
    """A ledger on a file system that machines share does without its write-ahead log."""
    fault = ledger.check_whole(suite.out)
    if fault:
        return False, f"ledger is damaged ({fault}); the next run makes it anew from the published reports' records"
    mode = "delete" if journal.shared_by_machines(suite.out) else "wal"
    return True, journal.told(mode, suite.out) or "ledger is sound"
