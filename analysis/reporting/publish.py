"""Built reports into the output folder: staged on its file system, synced, then renamed one by one.

What readers see is never written into. When anything goes wrong before the renaming, the last good report stands
untouched and the built one is kept for the next try.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.reporting import failures, fingerprints
from analysis.reporting.failures import Failure, one_line
from analysis.reporting.folders import FAILED, HIDDEN, report_folder, unit_folder
from analysis.reporting.look import NAVIGATION
from analysis.reporting.orders import BUILT, FAILED_NOTEBOOK, Built, Order
from analysis.reporting.run_record import Entry, Failed, Published, read_entry, write_entry, write_whole

Links = Callable[[str], str]


def clear_unfinished(out: Path, built: Path) -> None:
    """Remove what a run that was killed left half-written, in the output folder and among the built reports."""
    for left in (out / HIDDEN / "staging", *built.glob(".*"), *built.glob("*.failed")):
        shutil.rmtree(left, ignore_errors=True)


def built_facts(order: Order) -> dict[str, Any] | None:
    """What the index shows of a report that is built already, or None when it is not."""
    file = order.folder / BUILT
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def publish(out: Path, order: Order, *, links: Links) -> Failure | None:
    """Publish one built report; a Failure when the output folder does not take it.

    Parameters
    ----------
    links : language → the page's navigation, which stands on every page where it was left open
    """
    facts = built_facts(order)
    if facts is None:
        return Failure(failures.PUBLISH, "its built files are gone; run again")
    try:
        files = _move_in(out, order, links=links)
        published = Published(
            key=order.key,
            published_at=_now(),
            languages=order.languages,
            files=files,
            peak_megabytes=facts.get("peak_megabytes"),
            **{
                name: facts[name]
                for name in ("generated_at", "seconds", "title", "unit_name", "headline", "signals", "data_cutoff_at")
            },
        )
        write_entry(out, Entry(order.report, order.business_unit, order.period, published))
        _forget_failure(out, order)
    except OSError as fault:
        return Failure(
            failures.PUBLISH, one_line(f"cannot write into {out}: {fault.strerror or fault}; the built page is kept")
        )
    shutil.rmtree(order.folder, ignore_errors=True)
    return None


def keep_failure(out: Path, built: Built, *, title: dict[str, str]) -> Path | None:
    """Note the failure and keep the notebook and its traceback under <out>/<period>/failed; what is published stands.

    Returns the kept notebook, or None where there is none or the output folder takes nothing.
    """
    order, failure = built.order, built.failure
    if failure is None:
        raise ValueError(f"{order.told()} did not fail")
    entry = read_entry(out, period=order.period, business_unit=order.business_unit, report=order.report)
    failed = Failed(
        failed_at=_now(), kind=failure.kind, reason=failure.told(), cell=failure.cell, line=failure.line,
        seconds=round(built.seconds, 2), attempts=built.attempts, title=title, unit_name=dict(order.unit_name),
        peak_megabytes=built.peak_megabytes,
    )  # fmt: skip
    kept = order.folder.with_name(f"{order.folder.name}.failed")
    target = failed_file(out, order)
    try:
        write_entry(
            out, Entry(order.report, order.business_unit, order.period, entry.published if entry else None, failed)
        )
        write_whole(target.with_suffix(".txt"), f"{order.told()}: {failure.told()}\n\n{failure.traceback}\n")
        if not (kept / FAILED_NOTEBOOK).is_file():
            return None
        write_whole(target, (kept / FAILED_NOTEBOOK).read_text(encoding="utf-8"))
    except OSError:
        return None
    shutil.rmtree(kept, ignore_errors=True)
    return target


def failed_file(out: Path, order: Order) -> Path:
    """Where the notebook of a failed report is kept; its traceback beside it as text."""
    return out / order.period / FAILED / unit_folder(order.business_unit) / f"{order.report}.ipynb"


def verify(out: Path, entries: list[Entry]) -> list[str]:
    """One line per published file that is gone or is not what was published."""
    found = []
    for entry in entries:
        folder = report_folder(out, entry.period, entry.business_unit)
        if entry.published is None:
            continue
        for name, digest in entry.published.files.items():
            file = folder / name
            if not file.is_file():
                found.append(f"{file.relative_to(out)}: missing")
            elif fingerprints.of_file(file) != digest:
                found.append(
                    f"{file.relative_to(out)}: changed since it was published on {entry.published.published_at}"
                )
    return found


def _move_in(out: Path, order: Order, *, links: Links) -> dict[str, str]:
    staging = out / HIDDEN / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    target = report_folder(out, order.period, order.business_unit)
    target.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=staging))
    try:
        files = {}
        for source in sorted(file for file in order.folder.iterdir() if file.name != BUILT):
            content = source.read_bytes()
            if source.suffix == ".html":
                language = source.name.split(".")[-2]
                content = content.replace(NAVIGATION.encode(), links(language).encode(), 1)
            _write_synced(work / source.name, content)
            files[source.name] = fingerprints.of_file(work / source.name)
        for name in files:
            os.replace(work / name, target / name)
        _sync_folder(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return files


def _write_synced(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget_failure(out: Path, order: Order) -> None:
    file = failed_file(out, order)
    for old in (file, file.with_suffix(".txt")):
        old.unlink(missing_ok=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
