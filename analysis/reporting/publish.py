"""Built reports into the output folder: what each one is a version of, what is kept of the version before.

What readers see is never written into. When anything goes wrong before the first file moves, the last good report
stands untouched and the built one is kept for the next try; what is cut short later, the next run finishes (placing).
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.reporting import failures, fingerprints, ledger, notices
from analysis.reporting.failures import Failure, one_line
from analysis.reporting.folders import FAILED, report_folder, unit_folder
from analysis.reporting.look import NAVIGATION, NOTICES
from analysis.reporting.moments import utc_now
from analysis.reporting.orders import BUILT, FAILED_NOTEBOOK, Built, Order
from analysis.reporting.placing import VERSIONS, finish_all, place, stage
from analysis.reporting.records import Entry, Failed, Published, strict_json, write_whole
from analysis.reporting.revisions import Revision, read_facts, revise
from analysis.reporting.run_record import read_entries, read_entry, write_entry

Links = Callable[[str], str]
KEPT_VERSIONS = 12
# what a built report tells of itself, kept in its record
TOLD = ("generated_at", "seconds", "title", "unit_name", "headline", "signals", "glance", "data_cutoff_at")
_HALF_WRITTEN = re.compile(r"\..+\.\d+(\.pdf)?")


def clear_unfinished(out: Path, built: Path) -> list[Entry]:
    """Finish what a run that was killed had begun to publish; remove what it left half-written, in the output folder
    and among the built reports, and what it had published but not yet cleared away.

    Returns the reports whose publication was finished.
    """
    finished = finish_all(out)
    done = {entry.published.key for entry in read_entries(out) if entry.published and entry.failed is None}
    published = [folder for folder in built.glob("[!.]*") if folder.name in done]
    for left in (*built.glob(".*"), *built.glob("*.failed"), *published):
        shutil.rmtree(left, ignore_errors=True)
    for half in out.rglob(".*.[0-9]*"):  # a file that had not taken its name yet, as `write_whole` and the PDFs begin
        if _HALF_WRITTEN.fullmatch(half.name) and half.is_file():
            half.unlink()
    return finished


def built_facts(order: Order) -> dict[str, Any] | None:
    """What the index shows of a report that is built already, or None when it is not."""
    file = order.folder / BUILT
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def publish(out: Path, order: Order, *, links: Links, keep_versions: int = KEPT_VERSIONS) -> Failure | None:
    """Publish one built report; a Failure when the output folder does not take it.

    Parameters
    ----------
    links : language → the page's navigation, which stands on every page where it was left open
    keep_versions : how many versions that were replaced stay
    """
    facts = built_facts(order)
    if facts is None:
        return Failure(failures.PUBLISH, "its built files are gone; run again")
    try:
        _publish(out, order, facts, links=links, keep_versions=keep_versions)
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
        failed_at=utc_now(), kind=failure.kind, reason=failure.told(), cell=failure.cell, line=failure.line,
        seconds=round(built.seconds, 2), attempts=built.attempts, title=title, unit_name=dict(order.unit_name),
        key=order.key, peak_megabytes=built.peak_megabytes,
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
    """One line per published file, of the newest version or of one that is kept, that is gone or is not what was
    published.
    """
    with ledger.reading(out) as book:
        older = book.old_versions()
    found = []
    for entry in entries:
        folder = report_folder(out, entry.period, entry.business_unit)
        if entry.published is not None:
            found += _changed(out, folder, entry.published)
        for old in older.get((entry.period, entry.business_unit, entry.report), ()):
            found += _changed(out, folder / VERSIONS / str(old.version), old)
    return found


def _changed(out: Path, folder: Path, published: Published) -> list[str]:
    found = []
    for name, digest in published.files.items():
        file = folder / name
        if not file.is_file():
            found.append(f"{file.relative_to(out)}: missing")
        elif fingerprints.of_file(file) != digest:
            found.append(f"{file.relative_to(out)}: changed since it was published on {published.published_at}")
    return found


def _publish(out: Path, order: Order, facts: Mapping[str, Any], *, links: Links, keep_versions: int) -> None:
    target = report_folder(out, order.period, order.business_unit)
    with ledger.reading(out) as book:
        entry = book.entry(period=order.period, business_unit=order.business_unit, report=order.report)
        older = book.old_versions(order.period).get((order.period, order.business_unit, order.report), [])
    before = entry.published if entry else None
    built = {file.name: file.read_bytes() for file in order.folder.iterdir() if file.name != BUILT}
    old = read_facts(target, order.report, before.languages[0]) if before else None
    record = json.loads(built[f"{order.report}.{order.languages[0]}.json"])
    revision = revise(record, before, old)
    published = _published(order, facts, revision, record)
    if revision.is_new and before is not None:
        older = [before, *older]
    kept, dropped = older[:keep_versions], older[keep_versions:]
    new = {name: _finished(name, content, order, published, kept, links) for name, content in built.items()}
    published = replace(published, files={name: hashlib.sha256(new[name]).hexdigest() for name in sorted(new)})
    retired = _retired(target, order.report, before, published) if before and revision.is_new else {}
    place(
        out,
        stage(
            out,
            Entry(order.report, order.business_unit, order.period, published),
            new,
            old=retired,
            dropped=tuple(version.version for version in dropped),
        ),
    )


def _published(order: Order, facts: Mapping[str, Any], revision: Revision, record: Mapping[str, Any]) -> Published:
    definitions = order.run / "definitions.json"
    known = json.loads(definitions.read_text(encoding="utf-8")) if definitions.is_file() else {}
    now = utc_now()
    return Published(
        key=order.key,
        published_at=now,
        languages=order.languages,
        files={},
        version=revision.version,
        facts=revision.facts,
        since=revision.since or now,
        corrections=notices.named(revision.corrections, known),
        peak_megabytes=facts.get("peak_megabytes"),
        **{name: facts[name] for name in TOLD if name in facts},
    )


def _finished(
    name: str, content: bytes, order: Order, published: Published, older: list[Published], links: Links
) -> bytes:
    """A built file as readers get it: pages with their links and notices, facts with their version."""
    language = name.split(".")[-2]
    if name.endswith(".html"):
        told = notices.notices(order.report, published, older, language, remarks=order.remarks)
        content = content.replace(NAVIGATION.encode(), links(language).encode(), 1)
        return content.replace(NOTICES.encode(), told.encode(), 1)
    if name.endswith(".json"):
        said = {"version": published.version, "corrections": list(published.corrections)}
        remarks = {"remarks": [dict(remark) for remark in order.remarks]} if order.remarks else {}
        return strict_json({**json.loads(content), **said, **remarks}).encode()
    return content


def _retired(target: Path, report: str, before: Published, new: Published) -> dict[str, bytes | Path]:
    """The files of the version that is replaced, as they are kept; those that are gone or changed are not."""
    own = [name for name, digest in before.files.items() if _is(target / name, digest)]
    kept: dict[str, bytes | Path] = {name: target / name for name in own}
    for name in own:
        if name.endswith(".html"):
            page, language = (target / name).read_text(encoding="utf-8"), name.split(".")[-2]
            kept[name] = notices.replaced_page(page, report, before, new, language, own=own).encode()
    return kept


def _is(file: Path, digest: str) -> bool:
    return file.is_file() and fingerprints.of_file(file) == digest


def _forget_failure(out: Path, order: Order) -> None:
    file = failed_file(out, order)
    for old in (file, file.with_suffix(".txt")):
        old.unlink(missing_ok=True)
