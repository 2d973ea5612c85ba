"""Whether the disks have room for a run, asked before it begins: a run that would fill them does not start.

It frees nothing: what may go is for people to say.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.faults import UserFault
from analysis.reporting.folders import report_folder
from analysis.reporting.parameters import Suite
from analysis.reporting.run_record import Entry

MEGABYTE = 1_000_000
TYPICAL_REPORT = 1 * MEGABYTE
"""Bytes of a report in one language, page, notebook, facts and workbook: the sample business's have 0.8 MB each."""


def check_room(suite: Suite, entries: Iterable[Entry] = (), *, reports: int = 0) -> None:
    """Refuse to begin where the disk of the output folder, or of the store, has too little room.

    Parameters
    ----------
    entries : what is published, whose files say how large a report of this business is
    reports : reports to build; each stands in the store and in the output folder until it is published

    Raises
    ------
    UserFault : one line per disk, with what is free and what is needed
    """
    size = reports * report_size(suite.out, entries, languages=len(suite.languages))
    needed: dict[Path, int] = {}
    for folder in (suite.out, suite.store):
        there = _existing(folder)
        first = next((known for known in needed if os.stat(known).st_dev == os.stat(there).st_dev), there)
        needed[first] = needed.get(first, suite.limits.free_megabytes * MEGABYTE) + size
    faults = list(_faults(needed, reports=reports))
    if faults:
        raise UserFault(faults)


def report_size(out: Path, entries: Iterable[Entry], *, languages: int) -> int:
    """Bytes of one report: the mean of those published, or a typical one where there is none."""
    sizes = [
        sum(_size(report_folder(out, entry.period, entry.business_unit) / name) for name in entry.published.files)
        for entry in entries
        if entry.published
    ]
    return round(sum(sizes) / len(sizes)) if sizes else TYPICAL_REPORT * languages


def _faults(needed: Mapping[Path, int], *, reports: int) -> Iterable[str]:
    for folder, wanted in needed.items():
        free = shutil.disk_usage(folder).free
        if free < wanted:
            purpose = f"{reports} reports and what must stay free" if reports else "what must stay free"
            yield (
                f"disk: {folder} has {free / MEGABYTE:,.0f} MB free, {wanted / MEGABYTE:,.0f} MB are needed for "
                f"{purpose} (limits.free_megabytes of suite.yml); make room or choose another place"
            )


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.resolve().parents) if place.is_dir())


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
