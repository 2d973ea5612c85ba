"""What is kept between runs is bounded: prepared data that newer replaced go. Nothing that a page links is kept here.

Replaced versions of reports are pruned where a new one is published (publish), so that no page links what is gone.
"""

import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from analysis.reporting.parameters import Suite

SPARED_SECONDS = 24 * 3600.0
WAITS_AT_MOST_SECONDS = 30 * 24 * 3600.0  # a built report that nobody published, since its inputs changed again
MANIFEST = "manifest.json"


def prune(suite: Suite) -> list[Path]:
    """Remove the oldest stores, measurements and runs beyond what `keep` says, and built reports that nobody published
    for a month; return what went.

    Whatever was used in the last day stays, and so does what the newest run points to: another run, into another
    output folder, may be reading it.
    """
    current = _current(suite.store)
    stores = [folder.parent for folder in suite.store.glob(f"*/{MANIFEST}")]
    runs = _folders(suite.store / "run")
    measured = _folders(suite.store / "measured")
    samples = _folders(suite.store / "sample")
    gone = [
        *_beyond(stores, suite.keep.stores, current),
        *_beyond(runs, suite.keep.runs, current),
        *_beyond(measured, 2 * suite.keep.stores, current),
        *_beyond(samples, 1, current),
        *_waited_too_long(suite.store.glob("built/*/[!.]*")),
    ]
    for folder in gone:
        aside = folder.with_name(f".{folder.name}-gone")
        try:
            folder.rename(aside)
        except OSError:
            continue
        shutil.rmtree(aside, ignore_errors=True)
    return gone


def touch(*folders: Path) -> None:
    """Note that these were used now."""
    for folder in folders:
        try:
            folder.touch()
        except OSError:  # a store that is not ours to write to is not ours to prune
            continue


def _beyond(folders: Iterable[Path], kept: int, current: set[Path]) -> list[Path]:
    """The folders that are neither among the newest, nor in use, nor young."""
    by_age = sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)
    old = time.time() - SPARED_SECONDS
    return [folder for folder in by_age[kept:] if folder.resolve() not in current and folder.stat().st_mtime < old]


def _waited_too_long(folders: Iterable[Path]) -> list[Path]:
    old = time.time() - WAITS_AT_MOST_SECONDS
    return [folder for folder in folders if folder.is_dir() and folder.stat().st_mtime < old]


def _folders(home: Path) -> list[Path]:
    return [folder for folder in home.iterdir() if folder.is_dir() and folder.name[:1] != "."] if home.is_dir() else []


def _current(store: Path) -> set[Path]:
    """The newest run's folder and the store it was made from."""
    try:
        run = Path(json.loads((store / "current.json").read_text(encoding="utf-8"))["run"])
        made_from = Path(json.loads((run / "run_data.json").read_text(encoding="utf-8"))["store"])
    except (OSError, ValueError, KeyError):
        return set()
    return {run.resolve(), made_from.resolve()}
