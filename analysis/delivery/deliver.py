"""Everything that is to be told of a set of reports, each message at most once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from analysis.delivery.items import Item, Outcome
from analysis.delivery.settings import Settings


def deliver(
    out: Path, items: Sequence[Item], settings: Settings, *, now: datetime, dry_run: Path | None = None
) -> Sequence[Outcome]:
    """Tell readers and owners of these reports, and try again what an earlier call could not send.

    Call it after publishing, with the items of one or more periods; calling it again with the same items sends nothing
    twice. It never raises for a server that is down or refuses: that is an outcome.

    Parameters
    ----------
    out : the output folder; the outbox stands in its hidden folder
    now : with its time zone
    dry_run : a folder for what would be sent (.eml, .json); nothing is sent and nothing noted

    Returns
    -------
    One outcome per recipient and message, of this call alone. Without settings for delivery, none.
    """
    raise NotImplementedError
