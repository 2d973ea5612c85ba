"""What differs: the newest figure against the period before, the year before, the target and the other units.

Every difference has an interval that allows for the usual month-to-month variation, not only for sampling, and that is
never narrower than the intervals that stand beside the two figures, nor closed where one of those is open. `previous`
is judged with the calendar effects taken out and shown raw. Nothing is called significant before the whole run's
comparisons have been controlled together.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.data_model import ALL_UNITS
from analysis.signals.chance import t_tail
from analysis.signals.limits import Chart
from analysis.signals.panel import Panel
from analysis.signals.possible_gaps import holds_all, possible_gap

Floats = NDArray[np.float64]

VERSUS = ("previous", "year_ago", "target", "peers")
MONTHS = {"month": 1, "quarter": 3, "year": 12}
PERIODS_A_YEAR = {"month": 12, "quarter": 4, "year": 1}
LEAST_PEERS = 3


@dataclass(frozen=True)
class Compared:
    """One metric's newest figures against one reference, for all units, as the months' scale tells it.

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
class Comparison(Compared):
    """The same as it is told, beside the two figures.

    Parameters
    ----------
    sampled : (units,) whether the intervals that stand beside the two figures, which know only sampling, leave no
        difference out; where the interval above does not, months usually swing that much
    """

    sampled: NDArray[np.bool_]


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
    """Whether intervals, be they open at one end, lie wholly on one side of zero."""
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
    own = [shown.figures[end][:, back] for end in ("low", "high")]
    return _exact(shown, Compared(versus, shown.value[:, back], *raw, *freed, p), at, *own)


def _against_target(shown: Panel, now: Ends, at: int, target: Floats, degrees: Floats) -> Comparison:
    scale = shown.scaled.scale
    reference = np.where(np.isfinite(target), target, np.nan)
    goal = scale.forward(reference)
    differs = _difference(shown, now, Ends(goal, np.zeros_like(goal)), degrees)
    p = t_tail((now.y - goal) / now.sigma, degrees)
    return _exact(shown, Compared("target", reference, *differs, *differs, p), at, reference, reference)


def _against_peers(shown: Panel, now: Ends, at: int, degrees: Floats) -> Comparison:
    """Against the median of the other units; the company as a whole has no peers."""
    rows = len(shown.units)
    reference, y, sigma = np.full(rows, np.nan), np.full(rows, np.nan), np.full(rows, np.nan)
    units = np.array(shown.units) != ALL_UNITS
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
    back, reach = shown.scaled.scale.inverse, stdtrit(degrees, 0.975) * sigma
    ends = (np.where(np.isfinite(sigma), back(y + side * reach), reference) for side in (-1, 1))
    return _exact(shown, Compared("peers", reference, *differs, *differs, p), at, *ends)


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


def _exact(shown: Panel, found: Compared, at: int, reference_low: Floats, reference_high: Floats) -> Comparison:
    """The shown difference is the difference of the shown figures; smoothing moves the interval with it, as far as
    there can be such a difference, and no surer than the two figures' own intervals."""
    value = shown.value[:, at] - found.reference
    shift = value - found.value
    low, high = found.low + shift, found.high + shift
    limits: dict[str, Any] = {"scaled": shown.scaled, "unit": shown.card.unit}
    own_low, own_high = _own_intervals(shown, at, value, found.reference, reference_low, reference_high)
    if found.versus == "target":  # of so few records and so wild months that nothing is left out: what sampling says,
        nothing = holds_all(low, high, found.reference, **limits)  # but no more than that chance explains it
        own = (np.where(excludes_zero(own_low, own_high), np.nan, end) for end in (own_low, own_high))
        low, high = (np.where(nothing, instead, end) for instead, end in zip(own, (low, high), strict=True))
    known = np.isfinite(low) & np.isfinite(high) & ~np.isnan(own_low)
    low = np.where(known, np.minimum(low, own_low), low)
    high = np.where(known, np.maximum(high, own_high), high)
    low, high = possible_gap(low, high, found.reference, exact=found.versus == "target", **limits)
    low, high = (np.where(np.isfinite(end), end, np.nan) for end in (low, high))
    told = {**vars(found), "value": value, "low": low, "high": high}
    return Comparison(**told, sampled=excludes_zero(own_low, own_high))


def _own_intervals(
    shown: Panel, at: int, value: Floats, reference: Floats, reference_low: Floats, reference_high: Floats
) -> tuple[Floats, Floats]:
    """The difference's interval by those that stand beside the two figures (square-and-add); endless where one of them
    is open, NaN where the figure has none."""
    now, low, high = (shown.figures[name][:, at] for name in ("value", "low", "high"))
    none = np.isnan(low) & np.isnan(high)
    down, up = np.where(np.isnan(low), np.inf, now - low), np.where(np.isnan(high), np.inf, high - now)
    both_open = np.isnan(reference_low) & np.isnan(reference_high)
    below = np.where(both_open, 0.0, np.where(np.isnan(reference_low), np.inf, reference - reference_low))
    above = np.where(both_open, 0.0, np.where(np.isnan(reference_high), np.inf, reference_high - reference))
    ends = value - np.hypot(down, above), value + np.hypot(up, below)
    return np.where(none, np.nan, ends[0]), np.where(none, np.nan, ends[1])


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
    unknown = Compared(versus, *(np.full(units, np.nan) for _ in range(8)))
    return Comparison(**vars(unknown), sampled=np.zeros(units, dtype=bool))
