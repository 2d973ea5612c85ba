"""What the source of the records looks like from outside: is it there, is it still growing, is it another than before.

Only names, sizes and times of files are looked at, so that an hourly call costs next to nothing. A database shows
nothing from outside: it counts as another once a day.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.reporting.parameters import Suite

READ_WITH = ("business_units.yml", "metrics.yml", "scorecard.yml")
SAMPLE = "the sample business"


@dataclass(frozen=True)
class Look:
    """The source at one moment.

    Parameters
    ----------
    signature : another one means that something changed
    trouble : why it cannot be read yet, or None
    """

    signature: str
    trouble: str | None = None


def look_at(suite: Suite, *, now: datetime, settle: timedelta) -> Look:
    """Look at the suite's source.

    Parameters
    ----------
    settle : a file that changed less than this ago may still be written to
    """
    if suite.data is None:
        return Look(SAMPLE)
    if "://" in suite.data:
        return Look(f"{_digest([suite.data, *_settings(suite)])} {now.astimezone(UTC):%Y-%m-%d}")
    place = Path(suite.data)
    files = sorted(_files(place))
    if not files:
        return Look("", f"no files at {place.name}")
    newest = max(files, key=lambda file: file[2])
    signature = _digest([*(" ".join(map(str, file)) for file in files), *_settings(suite)])
    changed_at = datetime.fromtimestamp(newest[2] / 1e9, UTC)
    if abs(now - changed_at) < settle:
        return Look(signature, f"still growing: {newest[0]} changed at {changed_at:%Y-%m-%d %H:%M} UTC")
    return Look(signature)


def _files(place: Path) -> Iterator[tuple[str, int, int, int]]:
    """Name, size, time of change in nanoseconds, and the system's own such time, of every file that is not hidden: a
    corrected file may come with the size and the time of the old one.
    """
    if place.is_file():
        about = place.stat()
        yield place.name, about.st_size, about.st_mtime_ns, about.st_ctime_ns
        return
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.startswith("."):
                continue
            file = Path(folder) / name
            try:
                about = file.stat()
            except FileNotFoundError:  # renamed while we looked
                continue
            yield file.relative_to(place).as_posix(), about.st_size, about.st_mtime_ns, about.st_ctime_ns


def _settings(suite: Suite) -> Iterator[str]:
    """What else decides how the records are read: a corrected mapping corrects the reports."""
    files = [suite.params / name for name in READ_WITH] + ([suite.mapping] if suite.mapping else [])
    for file in files:
        if file.is_file():
            about = file.stat()
            yield f"{file.name} {about.st_size} {about.st_mtime_ns}"


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
