"""One run at a time per output folder. The system frees the lock when its holder dies, so no lock is ever stale."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path


class Locked(Exception):
    """Another run holds the output folder; `lines` say which."""

    def __init__(self, line: str) -> None:
        self.lines = (line,)
        super().__init__(line)


@contextmanager
def lock(file: Path) -> Iterator[None]:
    """Hold `file` for the body of the `with`.

    Raises
    ------
    Locked : when a living process holds it, naming that process
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _hold(handle):
            raise Locked(
                f"{file.parent.parent}: another run holds it ({_holder(file)}); wait for it or choose another --out"
            )
        os.ftruncate(handle, 0)
        os.write(
            handle, json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}).encode()
        )
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _hold(handle: int) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: Path) -> str:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return f"process {told['pid']} since {told['since']}"
    except (ValueError, KeyError, TypeError, OSError):
        return "process unknown"
