"""One run at a time per output folder, on one machine or several.

Two locks in one. The system's own lock on the file frees itself when its holder dies, and is all that one machine
needs. For other machines, which may not see it on a shared folder, a claim stands beside it: host, boot, process and a
heartbeat; a claim whose heart stopped is taken over. Both times that are compared are the file server's own.
"""

import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.reporting.moments import utc_now

BEAT_SECONDS = 20.0
STALE_AFTER_SECONDS = 180.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Locked(Exception):
    """Another run holds the output folder; `lines` say which, `since` the moment from which, "" where unknown."""

    def __init__(self, line: str, *, since: str = "") -> None:
        self.lines = (line,)
        self.since = since
        super().__init__(line)


@dataclass
class Held:
    """A lock that is held. Its heart beats in a thread of its own until it is let go."""

    claim: Path
    token: str
    stopped: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Make sure that the lock is still ours: a machine that slept may find that another took over.

        Raises
        ------
        Locked : another run holds it now; what is built is kept
        """
        if not self.claim.parent.is_dir():
            return  # the folder itself is gone: publishing into it fails, and says so
        told = _read(self.claim)
        if told.get("token") != self.token:
            raise Locked(f"{self.claim.parent.parent}: this run was thought dead, and {_said(told)} took over")

    def _beat(self) -> None:
        while not self.stopped.wait(BEAT_SECONDS):
            with suppress(OSError):
                if _read(self.claim).get("token") == self.token:
                    os.utime(self.claim)


@contextmanager
def lock(file: Path) -> Iterator[Held]:
    """Hold `file` for the body of the `with`.

    Raises
    ------
    Locked : when a living process, here or elsewhere, holds it, naming that process
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    claim = file.with_name(f"{file.name}.json")
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        system = _hold(handle)
        if system is False:
            raise _locked(file, _read(claim))
        held = _claim(file, claim, alone_here=bool(system))
        heart = threading.Thread(target=held._beat, daemon=True)
        heart.start()
        try:
            yield held
        finally:
            held.stopped.set()
            heart.join()
            if _read(claim).get("token") == held.token:
                claim.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _claim(file: Path, claim: Path, *, alone_here: bool) -> Held:
    """Put our claim in place; of two that try at once, one gets it.

    Parameters
    ----------
    alone_here : the system's lock is ours, so that no process of this machine lives that holds the claim
    """
    mine = Held(claim, secrets.token_hex(8))
    for _ in range(3):
        if _create(claim, mine.token):
            mine.check()
            return mine
        other = _read(claim)
        if not _is_dead(claim, other, alone_here=alone_here):
            raise _locked(file, other)
        _take_away(claim, other)
    raise _locked(file, _read(claim))


def _create(claim: Path, token: str) -> bool:
    """A claim with its content under its name, if no other stands there: a link is made by one only, on NFS too."""
    about = {"host": socket.gethostname(), "boot": _boot(), "process": os.getpid(), "since": utc_now(), "token": token}
    work = claim.with_name(f".{claim.name}.{token}")
    work.write_text(json.dumps(about), encoding="utf-8")
    try:
        os.link(work, claim)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        try:
            with claim.open("x", encoding="utf-8") as opened:
                opened.write(json.dumps(about))
        except FileExistsError:
            return False
    finally:
        work.unlink(missing_ok=True)
    return True


def _is_dead(claim: Path, other: dict[str, Any], *, alone_here: bool) -> bool:
    """Whether the claim's process is gone: proven on this machine, by its silence on another."""
    if alone_here and other.get("boot") == _boot() and _boot():
        return True
    return _silent_seconds(claim) > STALE_AFTER_SECONDS


def _silent_seconds(claim: Path) -> float:
    """How long the heart has been still, by the clock of whoever keeps the files."""
    probe = claim.with_name(f".probe.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        probe.write_bytes(b"")
        return probe.stat().st_mtime - claim.stat().st_mtime
    except FileNotFoundError:
        return 0.0
    finally:
        probe.unlink(missing_ok=True)


def _take_away(claim: Path, dead: dict[str, Any]) -> None:
    """Move a dead claim aside, unless another run has put its own there meanwhile."""
    aside = claim.with_name(f".{claim.name}.{secrets.token_hex(8)}")
    try:
        os.rename(claim, aside)
    except FileNotFoundError:
        return
    if _read(aside).get("token") != dead.get("token"):
        with suppress(OSError):
            os.link(aside, claim)
    aside.unlink(missing_ok=True)


def _hold(handle: int) -> bool | None:
    """True: ours. False: another's. None: the file system has no locks."""
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
    except OSError:
        return None
    return True


def _boot() -> str:
    """What distinguishes this machine's present start from all others; "" where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _read(claim: Path) -> dict[str, Any]:
    try:
        told = json.loads(claim.read_text(encoding="utf-8"))
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError):
        return {}


def _locked(file: Path, other: dict[str, Any]) -> Locked:
    line = f"{file.parent.parent}: another run holds it ({_said(other)}); wait for it or choose another --out"
    return Locked(line, since=str(other.get("since") or ""))


def _said(other: dict[str, Any]) -> str:
    if "process" not in other:
        return "process unknown"
    where = "" if other.get("host") == socket.gethostname() else f" on {other.get('host')}"
    return f"process {other['process']}{where} since {other.get('since')}"
