"""What lies beside the stores grows with every change of the source; here it shrinks again.

The newest stores stay, and any that was used within a day, for a run may still read it. Copies of files and extracts of
databases go when they were not used for a month. Refuses nothing: what cannot be removed stays until next time.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.store import MANIFEST

STORES_KEPT = 3
DAY = 86_400
COPIES_KEPT_SECONDS = 30 * DAY
_COPIES = ("kept", "extracts")


def mark_used(folder: Path) -> None:
    """Say that a store, or a folder of copies, is in use; its time is that of its last use."""
    try:
        os.utime(folder)
    except OSError:  # a store on a disk that takes no writes is read all the same
        return


def forget_unused(root: Path) -> list[Path]:
    """Remove what nobody needs from the folder in which stores lie; returns what went."""
    gone = [*_old_stores(root), *_old_copies(root)]
    for folder in gone:
        doomed = folder.with_name(f".gone-{folder.name}")  # out of the way in one step: never half a store
        try:
            folder.rename(doomed)
        except OSError:
            continue
        shutil.rmtree(doomed, ignore_errors=True)
    return gone


def _old_stores(root: Path) -> Iterator[Path]:
    stores = [folder for folder in root.iterdir() if (folder / MANIFEST).is_file() and not folder.name.startswith(".")]
    by_use = sorted(stores, key=lambda folder: folder.stat().st_mtime, reverse=True)
    yield from (folder for folder in by_use[STORES_KEPT:] if _idle(folder) > DAY)


def _old_copies(root: Path) -> Iterator[Path]:
    for name in _COPIES:
        if (root / name).is_dir():
            yield from (folder for folder in (root / name).iterdir() if _idle(folder) > COPIES_KEPT_SECONDS)


def _idle(folder: Path) -> float:
    """Seconds since a folder was last used, by the clock that stamped it."""
    return time.time() - folder.stat().st_mtime
