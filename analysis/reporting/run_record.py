"""What is published and what failed: one small file per report, and run.json per period made from them.

A report's file is written last of all its files, so that it never claims what is not there.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from analysis.reporting.folders import HIDDEN, report_folder, unit_folder

SCHEMA = "after-sales-run-record/1"


@dataclass(frozen=True)
class Published:
    """A report that readers can open.

    Parameters
    ----------
    key : hash of all it was made from
    files : name → SHA-256
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


def read_entry(out: Path, *, period: str, business_unit: str, report: str) -> Entry | None:
    """What is known of a report, or None."""
    file = _file(out, period, business_unit, report)
    return _entry(file) if file.is_file() else None


def read_entries(out: Path, period: str | None = None) -> list[Entry]:
    """Every report of a period, or of all, ordered by period, unit and report."""
    pattern = f"{period or '*'}/*/*.json"
    return [_entry(file) for file in sorted((out / HIDDEN / "records").glob(pattern))]


def write_entry(out: Path, entry: Entry) -> None:
    """Keep what is known of a report, whole or not at all."""
    write_whole(_file(out, entry.period, entry.business_unit, entry.report), strict_json(asdict(entry)))


def is_current(out: Path, entry: Entry | None, key: str) -> bool:
    """Whether the report of this key stands published, all its files there, and no later attempt failed."""
    if entry is None or entry.failed is not None or entry.published is None or entry.published.key != key:
        return False
    folder = report_folder(out, entry.period, entry.business_unit)
    return all((folder / name).is_file() for name in entry.published.files)


def write_run(out: Path, period: str, facts: Mapping[str, Any], entries: Iterable[Entry]) -> None:
    """<out>/<period>/run.json: the run's own facts and every report's status, seconds, key, files and reason."""
    reports = [_told(entry) for entry in entries]
    counts = {
        status: sum(report["status"] == status for report in reports) for status in ("published", "stale", "failed")
    }
    run = {"schema": SCHEMA, "period": period, **facts, "counts": counts, "reports": reports}
    write_whole(out / period / "run.json", strict_json(run))


def read_runs(out: Path) -> Iterator[dict[str, Any]]:
    """Every period's run.json, newest period first."""
    for file in sorted(out.glob("*/run.json"), reverse=True):
        yield json.loads(file.read_text(encoding="utf-8"))


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


def _told(entry: Entry) -> dict[str, Any]:
    newest = entry.failed or entry.published
    return {
        "report": entry.report,
        "business_unit": entry.business_unit,
        "status": entry.status,
        "seconds": newest.seconds if newest else None,
        "peak_megabytes": newest.peak_megabytes if newest else None,
        "key": entry.published.key if entry.published else None,
        "published_at": entry.published.published_at if entry.published else None,
        "failed": {name: value for name, value in asdict(entry.failed).items() if name not in ("title", "unit_name")}
        if entry.failed
        else None,
        "headline": entry.published.headline if entry.published else None,
        "folder": unit_folder(entry.business_unit),
        "files": dict(entry.published.files) if entry.published else {},
    }


def _file(out: Path, period: str, business_unit: str, report: str) -> Path:
    return out / HIDDEN / "records" / period / unit_folder(business_unit) / f"{report}.json"


def _entry(file: Path) -> Entry:
    told = json.loads(file.read_text(encoding="utf-8"))
    published = told["published"] and Published(
        **{**told["published"], "languages": tuple(told["published"]["languages"])}
    )
    return Entry(
        told["report"], told["business_unit"], told["period"], published, told["failed"] and Failed(**told["failed"])
    )
