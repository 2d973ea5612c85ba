"""What is published and what failed, as the ledger says it, and run.json per period made from that."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.reporting import ledger
from analysis.reporting.folders import report_folder, unit_folder
from analysis.reporting.records import Entry, Failed, Published, strict_json, write_record, write_whole

__all__ = ["Entry", "Failed", "Published", "strict_json", "write_whole"]
SCHEMA = "after-sales-run-record/1"


def read_entry(out: Path, *, period: str, business_unit: str, report: str) -> Entry | None:
    """What is known of a report, or None."""
    with ledger.reading(out) as book:
        return book.entry(period=period, business_unit=business_unit, report=report)


def read_entries(out: Path, period: str | None = None) -> list[Entry]:
    """Every report of a period, or of all, ordered by period, unit and report."""
    with ledger.reading(out) as book:
        return book.entries(period)


def write_entry(out: Path, entry: Entry) -> None:
    """Keep what is known of a report: its record, which a lost ledger is rebuilt from, and then the ledger."""
    with ledger.writing(out) as book:
        write_record(out, entry)
        book.keep(entry)


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
