"""A store folder that is either finished or not there: built beside under a lock, moved into place in one step.

Refuses nothing; what a dead process left half-built is cleared on the next start.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.store import MANIFEST

if os.name == "posix":
    import fcntl

_BUILDING = ".building-"
_ABANDONED_AFTER_SECONDS = 86_400


def is_finished(folder: Path) -> bool:
    """Whether a complete store lies there; the manifest is written last."""
    return (folder / MANIFEST).is_file()


@contextmanager
def building_folder(target: Path) -> Iterator[Path]:
    """A folder to build `target` in; at the end it becomes `target` at once, after an error nothing is left of it.

    Another process that finished the same store first wins; both are the same.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(target.parent)
    folder = target.parent / f"{_BUILDING}{target.name}-{os.getpid()}"
    with _held(folder.with_suffix(".lock")):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
            shutil.rmtree(folder / "tmp", ignore_errors=True)
            _flush(folder)
            _move(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _move(folder: Path, target: Path) -> None:
    if target.exists() and not is_finished(target):
        shutil.rmtree(target)
    try:
        folder.rename(target)
    except OSError:
        if not is_finished(target):
            raise


def _flush(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir() and os.name != "posix":
            continue
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    with lock.open("w") as stream:
        if os.name == "posix":
            fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _clear_abandoned(root: Path) -> None:
    for folder in root.glob(f"{_BUILDING}*"):
        if folder.is_dir() and _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_suffix(".lock").unlink(missing_ok=True)


def _is_abandoned(folder: Path) -> bool:
    lock = folder.with_suffix(".lock")
    if os.name != "posix":
        return time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_SECONDS
    if not lock.exists():
        return True
    with lock.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
