"""What differs: the newest figure against the period before, the year before, the target and the other units.

Every difference has an interval that allows for the usual month-to-month variation, not only for sampling;
`previous` is judged with
the calendar effects taken out and shown raw. Nothing is called significant before the whole run's comparisons have been
controlled together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.signals.chance import t_tail
from analysis.signals.limits import Chart
from analysis.signals.panel import Panel
from analysis.signals.possible_gaps import possible_gap

Floats = NDArray[np.float64]

VERSUS = ("previous", "year_ago", "target", "peers")
MONTHS = {"month": 1, "quarter": 3, "year": 12}
PERIODS_A_YEAR = {"month": 12, "quarter": 4, "year": 1}
LEAST_PEERS = 3
COMPANY = "all"


@dataclass(frozen=True)
class Comparison:
    """One metric's newest figures against one reference, for all units.

    Parameters
    ----------
    versus : previous, year_ago, target or peers
    reference : (units,) what they are compared with, in the card's unit
    value, low, high : (units,) the difference and its 95 % interval, as shown
    adjusted, adjusted_low, adjusted_high : (units,) the same with the season taken out (equal where no season is in
        play)
    p : (units,) chance of such a difference where nothing changed
    """

    versus: str
    reference: Floats
    value: Floats
    low: Floats
    high: Floats
    adjusted: Floats
    adjusted_low: Floats
    adjusted_high: Floats
    p: Floats


@dataclass(frozen=True)
class Ends:
    """Figures on the metric's scale with their standard deviations, (units,)."""

    y: Floats
    sigma: Floats


def compare(
    shown: Panel, monthly: Panel | None, drawn: Chart | None, *, grain: str, at: int, target: Floats
) -> list[Comparison]:
    """All comparisons of a metric's figures in one period.

    Parameters
    ----------
    shown : the panel of the grain that is shown (the monthly one for months)
    monthly, drawn : the monthly panel and its chart, which know season and usual variation; None where there are
        no months
    grain : month, quarter or year
    at : column of `shown` that is compared
    target : (units,) in the card's unit
    """
    spread = _usual_variance(monthly, drawn, MONTHS[grain])
    season = _season_of(shown, monthly, drawn, grain)
    degrees = np.maximum(drawn.degrees, 3) if drawn is not None else np.full(len(shown.units), 1e6)
    now = _ends(shown, at, spread)
    found = [
        _against_past(shown, now, at - back, spread, season, degrees, at, versus)
        for versus, back in (("previous", 1), ("year_ago", PERIODS_A_YEAR[grain]))
        if not (versus == "year_ago" and back == 1)
    ]
    return [*found, _against_target(shown, now, at, target, degrees), _against_peers(shown, now, at, degrees)]


def excludes_zero(low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Whether intervals lie wholly on one side of zero."""
    return (low > 0) | (high < 0)


def _against_past(
    shown: Panel, now: Ends, back: int, spread: Floats, season: Floats, degrees: Floats, at: int, versus: str
) -> Comparison:
    if back < 0:
        return _nothing(versus, len(shown.units))
    then = _ends(shown, back, spread)
    raw = _difference(shown, now, then, degrees)
    drift = season[:, at] - season[:, back] if versus == "previous" else np.zeros(len(now.y))
    freed = _difference(shown, Ends(now.y - drift, now.sigma), then, degrees)
    p = t_tail((now.y - drift - then.y) / np.sqrt(now.sigma**2 + then.sigma**2), degrees)
    return _exact(shown, Comparison(versus, shown.value[:, back], *raw, *freed, p), at)


def _against_target(shown: Panel, now: Ends, at: int, target: Floats, degrees: Floats) -> Comparison:
    scale = shown.scaled.scale
    reference = np.where(np.isfinite(target), target, np.nan)
    goal = scale.forward(reference)
    differs = _difference(shown, now, Ends(goal, np.zeros_like(goal)), degrees)
    p = t_tail((now.y - goal) / now.sigma, degrees)
    return _exact(shown, Comparison("target", reference, *differs, *differs, p), at)


def _against_peers(shown: Panel, now: Ends, at: int, degrees: Floats) -> Comparison:
    """Against the median of the other units; the company as a whole has no peers."""
    rows = len(shown.units)
    reference, y, sigma = np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, np.nan)
    units = np.array(shown.units) != COMPANY
    value = shown.value[:, at]
    for row in np.flatnonzero(units):
        others = units & np.isfinite(value) & np.isfinite(now.sigma)
        others[row] = False
        if others.sum() >= LEAST_PEERS:
            reference[row] = np.median(value[others])
            y[row] = np.median(now.y[others])
            sigma[row] = 1.2533 * np.sqrt(np.mean(now.sigma[others] ** 2) / others.sum())
    differs = _difference(shown, now, Ends(y, sigma), degrees)
    p = t_tail((now.y - y) / np.sqrt(now.sigma**2 + sigma**2), degrees)
    return _exact(shown, Comparison("peers", reference, *differs, *differs, p), at)


def _difference(shown: Panel, now: Ends, then: Ends, degrees: Floats) -> tuple[Floats, Floats, Floats]:
    """Difference in the card's unit with an interval from the two figures' own (square-and-add).

    Source: Newcombe (1998) for proportions; Zou and Donner (2008) for any pair of intervals.
    """
    back = shown.scaled.scale.inverse
    reach = stdtrit(degrees, 0.975)
    v1, v0 = back(now.y), back(then.y)
    l1, h1 = back(now.y - reach * now.sigma), back(now.y + reach * now.sigma)
    l0, h0 = back(then.y - reach * then.sigma), back(then.y + reach * then.sigma)
    value = v1 - v0
    return value, value - np.hypot(v1 - l1, h0 - v0), value + np.hypot(h1 - v1, v0 - l0)


def _exact(shown: Panel, comparison: Comparison, at: int) -> Comparison:
    """The shown difference is the difference of the shown figures; smoothing moves the interval with it, as far as
    there can be such a difference."""
    value = shown.value[:, at] - comparison.reference
    shift = value - comparison.value
    low, high = possible_gap(
        comparison.low + shift,
        comparison.high + shift,
        comparison.reference,
        scaled=shown.scaled,
        unit=shown.card.unit,
        exact=comparison.versus == "target",
    )
    return Comparison(**{**comparison.__dict__, "value": value, "low": low, "high": high})


def _usual_variance(monthly: Panel | None, drawn: Chart | None, months: int) -> Floats:
    """(units,) variance beyond sampling that a period of so many months usually has, on the metric's scale; NaN
    where unknown."""
    if monthly is None or drawn is None:
        return np.full(1, np.nan)
    sampling = np.array(
        [np.median(row[np.isfinite(row)]) ** 2 if np.isfinite(row).any() else 0.0 for row in monthly.scaled.s]
    )
    sigma = np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in drawn.sigma])
    known = np.isfinite(monthly.scaled.s).any(axis=1)
    extra = np.where(np.isfinite(sigma), np.maximum(sigma**2 - sampling, 0.0), np.where(known, 0.0, np.nan))
    return extra / months


def _ends(shown: Panel, at: int, spread: Floats) -> Ends:
    sampling = np.nan_to_num(shown.scaled.s[:, at]) ** 2
    total = sampling + spread
    known = np.isfinite(shown.scaled.y[:, at]) & (total > 0)
    return Ends(shown.scaled.y[:, at], np.sqrt(np.where(known, total, np.nan)))


def _season_of(shown: Panel, monthly: Panel | None, drawn: Chart | None, grain: str) -> Floats:
    """(units, periods) the season in each period shown: the mean over its months."""
    season = np.zeros(shown.value.shape)
    if monthly is None or drawn is None or grain == "year":
        return season
    filled = np.nan_to_num(drawn.season)
    for column, period in enumerate(shown.months):
        first, last = (period.asfreq("M", how).ordinal - monthly.months[0].ordinal for how in ("start", "end"))
        if first >= 0 and last < filled.shape[1]:
            season[:, column] = filled[:, first : last + 1].mean(axis=1)
    return season


def _nothing(versus: str, units: int) -> Comparison:
    return Comparison(versus, *(np.full(units, np.nan) for _ in range(8)))
