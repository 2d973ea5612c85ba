"""Packed files (.gz, members of .zip) to plain temporary files, in chunks and under caps.

Refuses what would grow out of all proportion (a zip bomb), needs a password, or ends in the middle.
"""

import gzip
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO

from analysis.faults import UserFault

CHUNK = 4 * 1024**2
LARGEST_UNPACKED = 256 * 1024**3
LARGEST_RATIO = 200
RATIO_COUNTS_FROM = 100 * 1024**2
MOST_MEMBERS = 10_000


def zip_members(path: Path) -> list[str]:
    """The names of the files in a zip archive, folders and hidden files left out.

    Raises
    ------
    UserFault : not a zip archive, too many members, or one under a password.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError) as fault:
        raise UserFault(f"{path.name}: not a readable zip archive ({fault}); fetch it again") from fault
    if len(infos) > MOST_MEMBERS:
        raise UserFault(f"{path.name}: {len(infos):,} files in one archive, at most {MOST_MEMBERS:,} are read")
    locked = [info.filename for info in infos if info.flag_bits & 1]
    if locked:
        raise UserFault(f"{path.name}: {locked[0]} is under a password; unpack it first")
    hidden = ("__MACOSX/", ".")
    return [
        info.filename
        for info in infos
        if not info.filename.startswith(hidden) and not Path(info.filename).name.startswith(".")
    ]


def unpack(path: Path, member: str | None, *, to: Path) -> None:
    """Write the plain content of a .gz file, or of one member of a .zip archive, to the file `to`.

    Raises
    ------
    UserFault : truncated or damaged, grows beyond the caps, or more than the disk holds.
    """
    name = path.name if member is None else f"{path.name}/{member}"
    try:
        if member is None:
            with gzip.open(path) as content, to.open("wb") as target:
                _copy(content, target, name=name, packed=path.stat().st_size)
            return
        with zipfile.ZipFile(path) as archive, archive.open(member) as content, to.open("wb") as target:
            _copy(content, target, name=name, packed=archive.getinfo(member).compress_size)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError) as fault:
        raise UserFault(f"{name}: truncated or damaged ({fault}); fetch it again") from fault


def check_proportions(path: Path) -> None:
    """Refuse a workbook (a zip archive inside) that would grow out of all proportion when opened."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
    _check(path.name, unpacked=unpacked, packed=path.stat().st_size)


def _copy(content: IO[bytes] | gzip.GzipFile, target: IO[bytes], *, name: str, packed: int) -> None:
    written = 0
    free = shutil.disk_usage(Path(target.name).parent).free
    while chunk := content.read(CHUNK):
        written += len(chunk)
        _check(name, unpacked=written, packed=packed)
        if written > free - CHUNK:
            raise UserFault(f"{name}: unpacks to more than the {free / 1024**3:.1f} GiB free in the store's folder")
        target.write(chunk)


def _check(name: str, *, unpacked: int, packed: int) -> None:
    if unpacked > LARGEST_UNPACKED:
        raise UserFault(f"{name}: unpacks to more than {LARGEST_UNPACKED / 1024**3:.0f} GiB; refused")
    if unpacked > RATIO_COUNTS_FROM and unpacked > LARGEST_RATIO * max(packed, 1):
        raise UserFault(f"{name}: unpacks to more than {LARGEST_RATIO} times its size, as a zip bomb does; refused")
