"""Data that do not reach the end of the period they are to report: said on the page, or taken as they are."""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.presentation.formatting import fmt_date, fmt_period, fmt_value
from analysis.presentation.language import Text, both, each
from analysis.reporting import fingerprints
from analysis.reporting.periods import TOLERANCE, Period
from analysis.reporting.reach import STOPPED_AT, falls_short, reaches, thinned
from analysis.store import MANIFEST, Store


def remarks(manifest: dict[str, Any], period: Period, *, calendar: str) -> tuple[Text, ...]:
    """What a page says above its figures of data that are not whole for its period, or may not be."""
    said = (_shortfall(manifest, period, calendar=calendar), _thinness(manifest, period))
    return tuple(one for one in said if one is not None)


def _thinness(manifest: dict[str, Any], period: Period) -> Text | None:
    """Of records that come seldom towards the end: whether little happened or little was handed over nobody knows."""
    found = thinned(manifest, period)
    if found is None:
        return None
    return both(
        "Records thin out: {since} a month from {month} on, {before} in the year before. Figures of this time may only "
        "show what is missing.",
        since=each(lambda language: _from_to(found["since"], language)),
        month=each(lambda language: fmt_period(found["from"], language)),
        before=each(lambda language: _from_to(found["before"], language)),
    )


def _from_to(ends: Sequence[int], language: str) -> str:
    return "–".join(fmt_value(end, "n", language) for end in dict.fromkeys(ends))


def _shortfall(manifest: dict[str, Any], period: Period, *, calendar: str) -> Text | None:
    """That the data end before the period does."""
    stopped = manifest.get(STOPPED_AT)
    reach = min(reaches(manifest), datetime.fromisoformat(stopped)) if stopped else reaches(manifest)
    if stopped is None and not falls_short(reach, period, calendar=calendar):
        return None
    last = reach if reach.time() != datetime.min.time() else reach - timedelta(days=1)
    return both(
        "Partial data: the newest record is of {day}, the period ends on {end}. The figures will change.",
        day=each(lambda language: fmt_date(last, language)),
        end=each(lambda language: fmt_date(period.end - timedelta(days=1), language)),
    )


def whole_until(store: Store, end: datetime) -> Store:
    """The store as if its data went on until `end` with no further record: open work stays open."""
    if store.cutoff.to_pydatetime() + TOLERANCE >= end:
        return store
    folder = store.path.with_name(f"{store.path.name}-until-{end:%Y-%m-%d}")
    if not (folder / MANIFEST).is_file():
        work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            shutil.copytree(store.path, work, copy_function=_link, dirs_exist_ok=True)
            (work / MANIFEST).unlink()
            manifest = {
                **store.manifest,
                "data_cutoff_at": end.isoformat(),
                STOPPED_AT: store.manifest["data_cutoff_at"],
                "fingerprint": fingerprints.of_values(store.manifest["fingerprint"], end.isoformat()),
            }
            (work / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
            shutil.rmtree(folder, ignore_errors=True)
            work.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Store(folder)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
