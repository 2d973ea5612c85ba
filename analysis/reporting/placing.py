"""A built report into its place, whole after any kill: staged and synced, announced, moved in, confirmed.

From the announcement on, whoever comes next can finish: everything that is still to be moved lies in the staging
folder, and what it says of itself beside it. Nothing here decides what is published.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from analysis.reporting import failures, fingerprints, ledger
from analysis.reporting.folders import HIDDEN, report_folder
from analysis.reporting.moments import utc_now
from analysis.reporting.pdf import forget_prints
from analysis.reporting.records import (
    Entry,
    Failed,
    Published,
    entry_from,
    forget_old_version,
    strict_json,
    write_old_version,
    write_record,
)

STAGING = "staging"
ABOUT, NEW, OLD = "publication.json", "new", "old"
VERSIONS = "versions"


@dataclass(frozen=True)
class Placing:
    """A publication that is staged.

    Parameters
    ----------
    entry : what is known of the report once it is in place
    replaced : what the version that it replaces will be, its files named as they are kept; None where it replaces none
    dropped : versions that are not kept any longer
    staging : the folder's name
    """

    entry: Entry
    replaced: Entry | None
    dropped: tuple[int, ...]
    staging: str


def stage(
    out: Path, entry: Entry, new: Mapping[str, bytes], *,
    old: Mapping[str, bytes | Path], dropped: tuple[int, ...] = (),
) -> Placing:  # fmt: skip
    """Write everything that a publication moves, synced, beside what readers see.

    Parameters
    ----------
    entry : with the digests of `new`
    new : file name → content, to stand in the report's folder
    old : file name → content, or the file that becomes it, to stand among its versions
    dropped : numbers of versions to remove once the new one stands
    """
    home = out / HIDDEN / STAGING
    home.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".", dir=home))
    try:
        for name in (NEW, OLD):
            (work / name).mkdir()
        for name, content in new.items():
            _write_synced(work / NEW / name, content)
        for name, kept in old.items():
            _keep(work / OLD / name, kept)
        replaced = _replaced(out, entry, {name: fingerprints.of_file(work / OLD / name) for name in old})
        about = {
            "entry": asdict(entry),
            "replaced": asdict(replaced) if replaced else None,
            "dropped": list(dropped),
        }
        _write_synced(work / ABOUT, strict_json(about).encode())
        for folder in (work / NEW, work / OLD, work):
            sync_folder(folder)
        ready = work.with_name(work.name[1:])
        work.rename(ready)
        sync_folder(home)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return Placing(entry, replaced, dropped, ready.name)


def place(out: Path, placing: Placing) -> None:
    """Announce, move in and confirm.

    Raises
    ------
    OSError : the folder does not take it. Before the announcement nothing has changed and nothing is left behind;
        after it, `finish_all` goes on where this stopped.
    """
    try:
        with ledger.writing(out) as book:
            book.announce(placing.entry, placing.staging)
    except OSError:
        shutil.rmtree(out / HIDDEN / STAGING / placing.staging, ignore_errors=True)
        raise
    _finish(out, placing)


def finish_all(out: Path) -> list[Entry]:
    """Finish every publication that was cut short, forget what was never whole, and return what was finished.

    Raises
    ------
    OSError : the folder takes nothing
    """
    home = out / HIDDEN / STAGING
    finished = []
    for folder in sorted(home.iterdir()) if home.is_dir() else []:
        placing = _read(folder)
        if placing is not None:
            _finish(out, placing)
            finished.append(placing.entry)
        shutil.rmtree(folder, ignore_errors=True)
    if ledger.ledger_file(out).is_file():
        _withdraw_lost(out)
    return finished


def sync_folder(folder: Path) -> None:
    """Have the system write a folder's names to disk."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _finish(out: Path, placing: Placing) -> None:
    """Each step can be done again: what was moved before is no longer in staging."""
    entry, staging = placing.entry, out / HIDDEN / STAGING / placing.staging
    target = report_folder(out, entry.period, entry.business_unit)
    target.mkdir(parents=True, exist_ok=True)
    if placing.replaced is not None and placing.replaced.published is not None:
        shelf = target / VERSIONS / str(placing.replaced.published.version)
        shelf.mkdir(parents=True, exist_ok=True)
        _move_all(staging / OLD, shelf)
        write_old_version(out, placing.replaced)
    forget_prints(target, entry.report)
    _move_all(staging / NEW, target)
    for version in placing.dropped:
        _drop(target, entry, version)
        forget_old_version(out, entry, version)
    write_record(out, entry)
    with ledger.writing(out) as book:
        if placing.replaced is not None:
            book.keep(placing.replaced)
        for version in placing.dropped:
            book.forget_version(entry, version)
        book.confirm(entry)
    shutil.rmtree(staging, ignore_errors=True)


def _replaced(out: Path, entry: Entry, files: Mapping[str, str]) -> Entry | None:
    if not files:
        return None
    with ledger.reading(out) as book:
        before = book.entry(period=entry.period, business_unit=entry.business_unit, report=entry.report)
    if before is None or before.published is None:
        return None
    return replace(before, published=replace(before.published, files=files), failed=None)


def _move_all(source: Path, target: Path) -> None:
    for file in sorted(source.iterdir()):
        os.replace(file, target / file.name)
    sync_folder(target)


def _drop(target: Path, entry: Entry, version: int) -> None:
    shelf = target / VERSIONS / str(version)
    for file in shelf.glob(f"{entry.report}.*"):
        file.unlink(missing_ok=True)
    if shelf.is_dir() and not any(shelf.iterdir()):
        shelf.rmdir()


def _read(folder: Path) -> Placing | None:
    """A staged publication; None for one that was never whole."""
    if folder.name.startswith(".") or not (folder / ABOUT).is_file():
        return None
    told = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    replaced = entry_from(told["replaced"]) if told["replaced"] else None
    return Placing(entry_from(told["entry"]), replaced, tuple(told["dropped"]), folder.name)


def _withdraw_lost(out: Path) -> None:
    """Announced publications whose staging folder somebody removed: their files are judged by their digests."""
    with ledger.reading(out) as book:
        announced = book.announced()
    for entry, _ in announced:
        if entry.published is None:
            continue
        whole = _stands(report_folder(out, entry.period, entry.business_unit), entry.published)
        with ledger.writing(out) as book:
            before = book.entry(period=entry.period, business_unit=entry.business_unit, report=entry.report)
            known = entry if whole else replace(before or entry, failed=_cut_short(entry.published))
            if not whole and before is None:
                known = replace(known, published=None)
            write_record(out, known)
            book.confirm(known)


def _stands(target: Path, published: Published) -> bool:
    return all(
        (target / name).is_file() and fingerprints.of_file(target / name) == digest
        for name, digest in published.files.items()
    )


def _cut_short(published: Published) -> Failed:
    return Failed(
        failed_at=utc_now(), kind=failures.PUBLISH, reason="its publication was cut short and its files are gone",
        cell=None, line=None, seconds=0.0, attempts=1,
        title=dict(published.title), unit_name=dict(published.unit_name),
    )  # fmt: skip


def _keep(file: Path, kept: bytes | Path) -> None:
    """A file of the version that is replaced: the same one under a second name where the system can."""
    if isinstance(kept, bytes):
        _write_synced(file, kept)
        return
    try:
        os.link(kept, file)
    except OSError:
        _write_synced(file, kept.read_bytes())


def _write_synced(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
