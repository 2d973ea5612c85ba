"""What is known of one report of one unit and period, and the small file beside the published ones that keeps it.

A report's file is written last of all its files, so that it never claims what is not there. The ledger is read in its
stead; it is what a lost ledger is rebuilt from.
"""

import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.reporting.folders import HIDDEN, unit_folder

RECORDS, VERSIONS = "records", "versions"


@dataclass(frozen=True)
class Published:
    """A report that readers can open.

    Parameters
    ----------
    key : hash of all it was made from
    files : name → SHA-256
    version : counts the publications whose facts differ, from 1
    facts : hash of what the report says, whatever it was made by; "" where an older suite published it
    since : moment that this version was first published; "" where it is published_at
    glance : what the index shows besides (glance.py); empty where an older suite published it
    corrections : the figures that differ from the version before: metric, old, new, unit, card; name where known
    """

    key: str
    published_at: str
    generated_at: str
    seconds: float
    title: Mapping[str, str]
    unit_name: Mapping[str, str]
    headline: Mapping[str, str] | None
    signals: Mapping[str, int]
    languages: tuple[str, ...]
    data_cutoff_at: str | None
    files: Mapping[str, str]
    version: int = 1
    facts: str = ""
    since: str = ""
    corrections: tuple[Mapping[str, Any], ...] = ()
    glance: Mapping[str, Any] = field(default_factory=dict)
    peak_megabytes: int | None = None


@dataclass(frozen=True)
class Failed:
    """The last attempt, where it failed after or without a publication."""

    failed_at: str
    kind: str
    reason: str
    cell: int | None
    line: int | None
    seconds: float
    attempts: int
    title: Mapping[str, str]
    unit_name: Mapping[str, str]
    key: str = ""
    peak_megabytes: int | None = None


@dataclass(frozen=True)
class Entry:
    """All that is known of one report of one unit and period."""

    report: str
    business_unit: str
    period: str
    published: Published | None = None
    failed: Failed | None = field(default=None)

    @property
    def status(self) -> str:
        """published, failed (nothing to read) or stale (an older page stands, the last attempt failed)."""
        if self.failed is None:
            return "published"
        return "stale" if self.published else "failed"

    @property
    def unit_name(self) -> Mapping[str, str]:
        """The unit's name, as of the newest attempt."""
        return (self.failed or self.published).unit_name  # type: ignore[union-attr]

    @property
    def title(self) -> Mapping[str, str]:
        """The report's title, as of the newest attempt."""
        return (self.failed or self.published).title  # type: ignore[union-attr]

    def is_among(self, units: Collection[str], reports: Collection[str]) -> bool:
        """Whether it is of these units, given by id or name in any language, and reports; none given are all."""
        wanted = {unit.casefold() for unit in units}
        names = {self.business_unit.casefold(), *(name.casefold() for name in self.unit_name.values())}
        return (not wanted or bool(wanted & names)) and (not reports or self.report in reports)


def write_record(out: Path, entry: Entry) -> None:
    """Keep what is known of a report, whole or not at all."""
    write_whole(_file(out, entry), strict_json(asdict(entry)))


def write_old_version(out: Path, entry: Entry) -> None:
    """Keep what a version that is replaced was, so that a rebuilt ledger knows it."""
    if entry.published is None:
        raise ValueError(f"{entry.report} of {entry.business_unit} has no version to keep")
    write_whole(_old_file(out, entry, entry.published.version), strict_json(asdict(entry)))


def forget_old_version(out: Path, entry: Entry, version: int) -> None:
    """Drop the record of a version that is pruned."""
    _old_file(out, entry, version).unlink(missing_ok=True)


def read_records(out: Path) -> Iterator[Entry]:
    """Every report's record, ordered by period, unit and report; a damaged one is passed over, its report made anew."""
    return _read(out / HIDDEN / RECORDS)


def read_old_versions(out: Path) -> Iterator[Entry]:
    """Every version that another replaced and that is still kept."""
    return _read(out / HIDDEN / VERSIONS)


def to_json(value: Published | Failed) -> str:
    """One value as the ledger keeps it."""
    return json.dumps(asdict(value), ensure_ascii=False, allow_nan=False)


def published_from(told: Mapping[str, Any]) -> Published:
    """A Published from its JSON."""
    lists = {name: tuple(told.get(name, ())) for name in ("languages", "corrections")}
    return Published(**{**told, **lists})


def entry_from(told: Mapping[str, Any]) -> Entry:
    """An Entry from its JSON."""
    published, failed = told["published"], told["failed"]
    return Entry(
        told["report"],
        told["business_unit"],
        told["period"],
        published_from(published) if published else None,
        Failed(**failed) if failed else None,
    )


def write_whole(file: Path, content: str) -> None:
    """A small file, on disk before it takes its name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    work = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with work.open("w", encoding="utf-8") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(work, file)
    finally:
        work.unlink(missing_ok=True)


def strict_json(content: Any) -> str:
    """JSON without NaN, readable by people."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)


def _file(out: Path, entry: Entry) -> Path:
    return out / HIDDEN / RECORDS / entry.period / unit_folder(entry.business_unit) / f"{entry.report}.json"


def _old_file(out: Path, entry: Entry, version: int) -> Path:
    return out / HIDDEN / VERSIONS / entry.period / unit_folder(entry.business_unit) / f"{entry.report}.{version}.json"


def _read(folder: Path) -> Iterator[Entry]:
    for file in sorted(folder.glob("*/*/*.json")):
        if file.name.startswith("."):
            continue
        try:
            yield entry_from(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError, OSError):
            continue
