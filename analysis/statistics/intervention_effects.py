"""Did a measure change anything? The change of a unit less that of the units without the measure (difference in
differences), with placebo units and placebo dates as the yardstick of chance.

From a unit's own past alone: interrupted_series.

Refuses series that are too short (`why_not`). It cannot see other things that happened to the unit at the same time.
Sources: Card & Krueger 1994 (Am. Econ. Rev. 84, 772); Conley & Taber 2011 (Rev. Econ. Stat. 93, 113: inference for one
treated unit from the distribution of the untreated ones).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_BEFORE, LEAST_AFTER = 6, 3
MONTHS_BEFORE, MONTHS_AFTER = 24, 12
LEAST_CONTROLS = 4
LEAST_PLACEBOS, LEAST_TO_WIDEN = 19, 10
HIGHEST_CORRELATION = 0.8
BORROWED = 8.0
RECENT = 3
TAIL, TAIL_Z = 0.9, 1.6448536


@dataclass(frozen=True)
class MeasuredEffect:
    """What a measure did to one series, on the series' own scale.

    Parameters
    ----------
    size, se, low, high : mean change over the months after, its standard error and 95 % interval
    p : chance of so large a change where the measure did nothing; calibrated on the placebos where there are enough
    placebo_p : share of placebos (and the measure itself) with a change at least as large; NaN below 19 placebos
    placebos : how many there were
    before, after : months used on each side
    step, slope : the two parts of an interrupted series, the slope per month; NaN for differences in differences
    earlier_trend_p : chance of so steep a drift before the measure, 1 where the model takes it out
    start : how far the last three months before lay from the other months before, in standard errors
    """

    size: float
    se: float
    low: float
    high: float
    p: float
    placebo_p: float
    placebos: int
    before: int
    after: int
    step: float
    slope: float
    earlier_trend_p: float
    start: float


@dataclass(frozen=True)
class Window:
    """The months (columns) before and after a measure; months in between, half with and half without it, are in
    neither."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]


def window(months: int, last_before: int, first_after: int) -> Window:
    """At most 24 months before and 12 after, of a series of so many months."""
    end = min(max(last_before + 1, 0), months)
    before = np.arange(max(last_before + 1 - MONTHS_BEFORE, 0), end)
    return Window(before, np.arange(max(first_after, 0), max(min(first_after + MONTHS_AFTER, months), 0)))


def why_not(usable: ArrayLike, span: Window) -> str | None:
    """ "before" or "after" where fewer than 6 months before or 3 after can be used, else None."""
    known = np.asarray(usable, dtype=bool)
    if known[span.before].sum() < LEAST_BEFORE:
        return "before"
    return "after" if known[span.after].sum() < LEAST_AFTER else None


def difference_in_differences(
    y: ArrayLike,
    treated: int,
    span: Window,
    *,
    controls: Sequence[int],
    weights: ArrayLike | None = None,
    own_placebos: bool = True,
) -> MeasuredEffect:
    """The change of one unit at a measure, less the change of the units without it over the same months (effects of
    unit and month taken out).

    Every control unit at every date, and the treated unit at every date before its measure, is a placebo: what "no
    effect" looks like in these data.

    Parameters
    ----------
    y : (units, months) on a scale where changes add; NaN where unknown
    treated : row of the unit with the measure
    span : the months before and after
    controls : rows of units without it
    weights : (units, months) inverse variances; 0 where a month may not be used
    own_placebos : whether the treated unit's own earlier months serve as placebos too

    Raises
    ------
    ValueError : too few months on one side, or fewer than 4 control units
    """
    panel = np.asarray(y, dtype=float)
    weight = np.isfinite(panel).astype(float) if weights is None else np.where(np.isfinite(panel), weights, 0.0)
    if lacks := why_not(weight[treated] > 0, span):
        raise ValueError(f"too few months {lacks} the measure")
    others = np.array([row for row in controls if row != treated], dtype=int)
    rows = others[[why_not(weight[row] > 0, span) is None for row in others]] if len(others) else others
    if len(rows) < LEAST_CONTROLS:
        raise ValueError(f"differences need at least {LEAST_CONTROLS} units without the measure, got {len(rows)}")
    panel, weight = panel[[treated, *rows]], weight[[treated, *rows]]
    gaps = _Gaps(np.where(weight > 0, panel, 0.0), weight)
    effects = gaps.effects(span)
    placebos = [effects.t[1:][effects.known[1:]]]
    for trial in _placebo_spans(panel.shape[1], span):
        found = gaps.effects(trial)
        before_measure = own_placebos and trial.after[-1] <= span.before[-1]
        use = found.known & (before_measure | (np.arange(len(found.known)) > 0))
        placebos.append(found.t[use])
    degrees = min(len(rows), int(effects.before[0]) - 1)
    fitted = Fit(
        effects.size[0], effects.se[0], float(degrees), int(effects.before[0]), int(effects.after[0]),
        earlier_trend_p=effects.trend_p, start=effects.start,
    )  # fmt: skip
    return calibrated(fitted, np.concatenate(placebos), degrees=degrees)


@dataclass(frozen=True)
class Fit:
    """An effect before placebos have their say; the fields as in MeasuredEffect."""

    size: float
    se: float
    degrees: float
    before: int
    after: int
    step: float = np.nan
    slope: float = np.nan
    earlier_trend_p: float = 1.0
    start: float = 0.0


def calibrated(fitted: Fit, placebos: Floats, *, degrees: float) -> MeasuredEffect:
    """The effect with its standard error widened where placebos scatter more than the model says."""
    t = fitted.size / fitted.se if fitted.se > 0 else (0.0 if fitted.size == 0 else np.inf)
    count = len(placebos)
    enough = count >= LEAST_PLACEBOS
    told = count >= LEAST_TO_WIDEN
    widening = max(1.0, float(np.quantile(np.abs(placebos), TAIL)) / TAIL_Z) if told else 1.0
    placebo_p = (1 + int((np.abs(placebos) >= abs(t)).sum())) / (1 + count) if enough else np.nan
    freedom = max(degrees, 1)
    se = fitted.se * widening
    reach = float(stdtrit(freedom, 0.975)) * se
    p = float(2 * stdtr(freedom, -abs(t) / widening)) if np.isfinite(t) else 0.0
    return MeasuredEffect(
        float(fitted.size), float(se), float(fitted.size - reach), float(fitted.size + reach), p, placebo_p, count,
        fitted.before, fitted.after, fitted.step, fitted.slope, fitted.earlier_trend_p, fitted.start,
    )  # fmt: skip


@dataclass(frozen=True)
class _Effects:
    size: Floats
    se: Floats
    t: Floats
    known: Flags
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    trend_p: float
    start: float


@dataclass(frozen=True)
class _Gaps:
    """Units (row 0 the treated one) against the weighted mean of the others, row 0 never among these."""

    y: Floats
    weight: Floats

    def effects(self, span: Window) -> _Effects:
        """Every unit's change at this date against the others, studentised by its own months before."""
        before, after = self.weight[:, span.before], self.weight[:, span.after]
        known = ((before > 0).sum(axis=1) >= LEAST_BEFORE) & ((after > 0).sum(axis=1) >= LEAST_AFTER)
        level = (before * self.y[:, span.before]).sum(axis=1) / np.maximum(before.sum(axis=1), 1e-300)
        left = np.where(self.weight > 0, self.y - level[:, None], 0.0)
        counted = np.where(known[:, None], self.weight, 0.0)
        counted[0] = 0.0
        mass, moment = counted.sum(axis=0), (counted * left).sum(axis=0)
        rest = mass[None, :] - counted
        gap = left - np.where(rest > 0, (moment[None, :] - counted * left) / np.where(rest > 0, rest, 1.0), 0.0)
        use = np.where(rest > 0, self.weight, 0.0)
        sums = {name: (use[:, at].sum(axis=1), (use[:, at] * gap[:, at]).sum(axis=1)) for name, at in _sides(span)}
        means = {name: total / np.maximum(base, 1e-300) for name, (base, total) in sums.items()}
        residual = np.where(use[:, span.before] > 0, gap[:, span.before] - means["before"][:, None], 0.0)
        months = (use[:, span.before] > 0).sum(axis=1)
        variance, rho = _variance(residual, use[:, span.before], months, known)
        inflated = np.sqrt((1 + rho) / (1 - rho))
        reciprocal = sum(1 / np.maximum(base, 1e-300) for base, _ in sums.values())
        se = np.sqrt(variance * reciprocal) * inflated
        size = means["after"] - means["before"]
        t = np.divide(size, se, out=np.zeros_like(size), where=se > 0)
        at = use[0, span.before] > 0
        standard = (residual[0] * np.sqrt(use[0, span.before]))[at]
        return _Effects(
            size, se, t, known, months, (use[:, span.after] > 0).sum(axis=1),
            _trend_p(standard, rho), unusual_start(standard),
        )  # fmt: skip


def _sides(span: Window) -> Iterator[tuple[str, NDArray[np.int64]]]:
    yield "before", span.before
    yield "after", span.after


def _variance(residual: Floats, weight: Floats, months: NDArray[np.int64], known: Flags) -> tuple[Floats, float]:
    """(units,) variance of the gaps in weighted terms, drawn to the units' median, and their lag-1 correlation."""
    own = (weight * residual**2).sum(axis=1) / np.maximum(months - 1, 1)
    common = float(np.median(own[known])) if known.any() else 1.0
    mixed = ((months - 1) * own + BORROWED * common) / np.maximum(months - 1 + BORROWED, 1)
    standard = (residual * np.sqrt(weight))[known]
    bottom = float((standard**2).sum())
    raw = float((standard[:, 1:] * standard[:, :-1]).sum()) / bottom if bottom > 0 else 0.0
    typical = float(np.median(months[known])) if known.any() else 1.0
    return mixed, float(np.clip(raw + (1 + raw) / max(typical, 1.0), 0.0, HIGHEST_CORRELATION))


def _placebo_spans(months: int, span: Window) -> Iterator[Window]:
    """The same lengths at every other date that leaves 6 months before, none overlapping the months after itself."""
    length, most = len(span.after), len(span.before)
    for date in range(LEAST_BEFORE, months - length + 1):
        if date != span.after[0]:
            yield Window(np.arange(max(date - most, 0), date), np.arange(date, date + length))


def _trend_p(residual: Floats, rho: float) -> float:
    """Chance of so steep a straight line in months that are level."""
    n = len(residual)
    if n <= 3:
        return 1.0
    at = np.arange(n) - (n - 1) / 2
    slope = float(at @ residual / (at @ at))
    left = residual - residual.mean() - slope * at
    error = np.sqrt(float(left @ left) / (n - 2) / float(at @ at)) * np.sqrt((1 + rho) / (1 - rho))
    return float(2 * stdtr(n - 2, -abs(slope) / error)) if error > 0 else 1.0


def unusual_start(residual: Floats) -> float:
    """How far the last three months lie from those before them, in standard errors."""
    n = len(residual)
    if n < LEAST_BEFORE:
        return 0.0
    recent, earlier = residual[-RECENT:], residual[:-RECENT]
    spread = float(np.std(earlier, ddof=1)) if len(earlier) > 1 else 0.0
    error = spread * np.sqrt(1 / len(recent) + 1 / len(earlier))
    return float((recent.mean() - earlier.mean()) / error) if error > 0 else 0.0
