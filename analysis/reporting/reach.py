"""How far the data reach, and whether that does for a period."""

from datetime import datetime
from typing import Any

from analysis.reporting.periods import TOLERANCE, Period
from analysis.reporting.workdays import last_workday

STOPPED_AT = "stopped_at"
SERVICE = ("work_orders", "complaints")


def reaches(manifest: dict[str, Any]) -> datetime:
    """The moment up to which the data can be trusted to be there: the cut-off, or the newest record where that is
    older."""
    cutoff, newest = manifest["data_cutoff_at"], manifest.get("last_event_at")
    return min(datetime.fromisoformat(moment) for moment in (cutoff, newest or cutoff))


def falls_short(reach: datetime, period: Period, *, calendar: str) -> bool:
    """Whether data that reach so far miss the period's last workday."""
    day = last_workday(period.start.date(), period.end.date(), calendar=calendar)
    return reach + TOLERANCE < datetime.combine(day, datetime.min.time())


def shortfall(manifest: dict[str, Any], period: Period, *, calendar: str) -> str | None:
    """Why the data are not whole for a period, in words for whoever runs the suite; None where they are."""
    cutoff = datetime.fromisoformat(manifest["data_cutoff_at"])
    if cutoff + TOLERANCE < period.end:
        return f"the data end at {cutoff:%Y-%m-%d %H:%M}, before the end of {period.name}"
    reach = reaches(manifest)
    if falls_short(reach, period, calendar=calendar):
        return f"the newest record is of {reach:%Y-%m-%d}, before the last workday of {period.name}"
    return None


def thinned(manifest: dict[str, Any], period: Period) -> dict[str, Any] | None:
    """From when on the records of the service come seldom and how many a month, where that reaches into the period;
    without service, those of the largest table."""
    tables = {name: entry for name, entry in manifest["tables"].items() if entry.get("rows")}
    leading = [name for name in SERVICE if name in tables] or list(tables)
    largest = max(leading, key=lambda name: tables[name]["rows"], default=None)
    found = tables[largest].get("thins_out") if largest else None
    return found if found and datetime.strptime(found["from"], "%Y-%m") < period.end else None
