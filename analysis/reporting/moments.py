"""Moments as records keep them: UTC, to the second, with a Z."""

from datetime import UTC, datetime


def utc_now() -> str:
    """The present moment."""
    return told(datetime.now(UTC))


def told(moment: datetime) -> str:
    """A moment with a zone as text."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read(moment: str) -> datetime:
    """The moment that such a text means, in UTC."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC)


def day_of(moment: str) -> datetime:
    """A moment's day as it is shown, without a zone."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).replace(tzinfo=None)
