"""What a forecast stands on, said under its headline: how much past there is, and so what it may assume."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_period

if TYPE_CHECKING:
    from analysis.report import Report

SEASON_KNOWN = 24  # months
IDLE = 12  # months


def say_basis(report: "Report", pasts: Sequence[str]) -> Text:
    """What the forecasts continue; a short past knows no season, and then "nothing changes" would say too much.

    Parameters
    ----------
    pasts : the metrics that are continued; the one with the shortest past counts
    """
    months = min((int(report.series(past)["value"].notna().sum()) for past in pasts), default=SEASON_KNOWN)
    facts: dict[str, Text | str] = {"period": tell_period(report.period), "unit_name": report.unit_name}
    if months >= SEASON_KNOWN:
        return both("Forecast after {period} if nothing changes, with 95% intervals · {unit_name}", **facts)
    return both(
        "Forecast after {period} from {months} months of history, too few to know a season, with 95% intervals · "
        "{unit_name}",
        months=str(months),
        **facts,
    )


def is_idle(report: "Report", past: str) -> bool:
    """Whether nothing at all came in within the last twelve months, as of a machine that was retired: a forecast of its
    past would promise orders."""
    newest = report.series(past)["value"].tail(IDLE)
    return len(newest) == IDLE and not newest.fillna(0.0).sum() > 0
