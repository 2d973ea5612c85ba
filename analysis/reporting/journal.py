"""How the ledger's file is kept safe: SQLite's write-ahead log, or its rollback journal where the log cannot work.

The log needs memory that all its users share, which no network file system gives to two machines.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")
SHARED_BY_MACHINES = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "virtiofs"),
        *("ceph", "fuse.ceph", "glusterfs", "fuse.glusterfs", "lustre", "gpfs", "beegfs", "ocfs2", "gfs2"),
        *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.juicefs"),
    }
)


def journal_mode(connection: sqlite3.Connection, folder: Path) -> str:
    """Set and return the mode: "wal", or "delete" on file systems that machines share or that refuse the log."""
    wanted = "DELETE" if shared_by_machines(folder) else "WAL"
    return str(connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0])


def told(mode: str, folder: Path) -> str | None:
    """What to say of a mode that is not the usual one."""
    if mode == "wal":
        return None
    kind = file_system(folder)
    return (
        f"ledger: the file system ({kind or 'of unknown kind'}) does not take a write-ahead log; "
        "the rollback journal is used, so that readers may wait while a run writes"
    )


def shared_by_machines(folder: Path) -> bool:
    """Whether the folder lies on a file system that other machines may write to."""
    return file_system(folder) in SHARED_BY_MACHINES


def file_system(folder: Path) -> str:
    """The kind of file system a folder lies on, "" where the system does not say."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place = folder.resolve()
    mounts = [(Path(_unescaped(parts[1])), parts[2]) for parts in map(str.split, lines) if len(parts) > 2]
    return _innermost(place, mounts)


def _innermost(place: Path, mounts: Iterable[tuple[Path, str]]) -> str:
    """The last mount of the longest path that holds the place."""
    found, depth = "", -1
    for point, kind in mounts:
        if (point == place or point in place.parents) and len(point.parts) >= depth:
            found, depth = kind, len(point.parts)
    return found


def _unescaped(path: str) -> str:
    """A path as the mount table writes it: blanks and tabs as octal."""
    for written, meant in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(written, meant)
    return path
