"""Files of a source by checksum: read once and remembered by path, size and time, so that none is read twice.

Refuses a file that changes while it is read.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.faults import UserFault


@dataclass(frozen=True)
class SourceFile:
    """A file of the source as it lies on disk."""

    path: Path
    name: str
    bytes: int
    modified_ns: int
    sha256: str


def with_checksums(paths: Mapping[str, Path], known: Path | None) -> tuple[SourceFile, ...]:
    """The files of these names with checksums; those that `known` remembers by path, size and time are not read."""
    remembered = _remembered(known)
    files = tuple(_source_file(file, name, remembered) for name, file in paths.items())
    if known is not None:
        known.parent.mkdir(parents=True, exist_ok=True)
        facts = remembered | {str(f.path.resolve()): [f.bytes, f.modified_ns, f.sha256] for f in files}
        staged = known.with_suffix(f".{os.getpid()}")
        staged.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(staged, known)
    return files


def check_unchanged(files: Iterable[SourceFile]) -> None:
    """Refuse a load whose files grew or changed while they were read."""
    faults = []
    for file in files:
        now = file.path.stat() if file.path.exists() else None
        if now is None or (now.st_size, now.st_mtime_ns) != (file.bytes, file.modified_ns):
            faults.append(f"{file.name}: changed while it was read; wait until it is complete and run again")
    if faults:
        raise UserFault(faults)


def _source_file(path: Path, name: str, remembered: Mapping[str, list[object]]) -> SourceFile:
    before = path.stat()
    size, modified, checksum = remembered.get(str(path.resolve()), [None, None, None])
    if (size, modified) != (before.st_size, before.st_mtime_ns):
        with path.open("rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    file = SourceFile(path, name, before.st_size, before.st_mtime_ns, str(checksum))
    check_unchanged([file])
    return file


def _remembered(known: Path | None) -> dict[str, list[object]]:
    if known is None or not known.is_file():
        return {}
    try:
        return dict(json.loads(known.read_text(encoding="utf-8")))
    except ValueError:
        return {}
