"""Which unit lies outside what chance and the usual variety of units allow: funnel limits with over-dispersion
measured robustly.

Over-dispersion comes from the middle of the units: three elevated units would otherwise widen the funnel until it
hides them. Refuses nothing; fewer than MINIMUM_UNITS give limits by chance alone.
Sources: Spiegelhalter 2005 (funnel plots, additive τ²); exact limits of Poisson and binomial counts; leaving out the
extremes as in the NHS SHMI.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

WARNING, ALARM = 0.95, 0.998
INNER = 0.6  # share of units, those nearest to the centre, that give the first look at over-dispersion
FAR = 2.5  # standard deviations beyond which a unit does not say how much units usually differ
NEAR_SQUARE = 0.9113  # mean square of a standard normal within ±FAR
ROUNDS = 10
MINIMUM_UNITS = 5
HALVINGS = 34  # of the way from the middle to the end: ten digits


@dataclass(frozen=True)
class Funnel:
    """value, low_warning, high_warning, low_alarm, high_alarm, z, p : (units,) in the unit of the figure; NaN without
    exposure.

    centre : the figure of all units together. phi : chance = 1, how much more the units differ. tau : spread of the
        units beyond chance, relative to one unit of z (in logs for rates, in logits for shares, the unit itself for
        estimates); 0 where chance explains it. The limits are where the score of `z` reaches their level.
    outside : (units,) −1 below, 1 above the alarm limits (99.8 %), 0 within.
    """

    value: Floats
    centre: float
    low_warning: Floats
    high_warning: Floats
    low_alarm: Floats
    high_alarm: Floats
    z: Floats
    p: Floats
    phi: float
    tau: float
    outside: NDArray[np.int64]


def funnel_limits_rates(
    k: ArrayLike, exposure: ArrayLike, *, centre: float | None = None, phi: float | None = None
) -> Funnel:
    """Funnel of rates k/exposure around the pooled rate; with expected counts as exposure and centre=1, of
    standardised ratios.

    phi : over-dispersion if known from elsewhere (earlier periods, a model); measured from the units by default.
    """
    events, base = np.asarray(k, dtype=float), np.asarray(exposure, dtype=float)
    known = np.isfinite(events) & (base > 0)
    middle = centre if centre is not None else _ratio(events[known].sum(), base[known].sum())
    if not middle > 0:
        none = np.where(known, 0.0, np.nan)
        return _funnel(none, middle, [none] * 4, none, np.nan, 0.0)
    expected = np.where(known, base, np.nan) * middle
    error = 1 / np.sqrt(expected)
    counted = np.where(known, events, np.nan)
    plain = _less_extreme(_root_score(counted, expected), _rate_score(counted, expected))
    measured, tau = _between_units(plain, error, phi)
    spread = np.hypot(1, tau / error)

    def place(count: Floats) -> Floats:
        """The normal score of a count: the root's, kept from calling no event among few impossible."""
        exact = _rate_score(count / spread**2, expected / spread**2)
        return _less_extreme(_root_score(count, expected) / spread, exact)

    if tau == 0:
        limits = [
            np.asarray(part) * middle for level in (WARNING, ALARM) for part in exact_rate_limits(expected, level)
        ]
    else:
        farthest = expected * (1 + 4 * spread * error) ** 2 + 20 * spread**2
        limits = [limit / expected * middle for limit in _inverted(place, expected, farthest)]
    z = place(counted)
    return _funnel(events / np.where(known, base, np.nan), middle, limits, z, measured, tau)


def funnel_limits_proportions(
    k: ArrayLike, n: ArrayLike, *, centre: float | None = None, phi: float | None = None
) -> Funnel:
    """Funnel of proportions k/n (0 … 1) around the pooled proportion; phi as in `funnel_limits_rates`."""
    successes, trials = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    known = np.isfinite(successes) & (trials > 0)
    size = np.where(known, trials, np.nan)
    middle = centre if centre is not None else _ratio(successes[known].sum(), trials[known].sum())
    bare = 0 < middle < 1
    error = 1 / np.sqrt(size * middle * (1 - middle)) if bare else np.full(size.shape, np.nan)
    measured, tau = np.nan, 0.0
    if bare:
        plain = _less_extreme(_angle_score(successes, size, middle), _share_score(successes, size, middle))
        measured, tau = _between_units(plain, error, phi)
    spread = np.hypot(1, tau / error) if tau else np.ones(size.shape)

    def place(count: Floats) -> Floats:
        """The normal score of so many successes: the angle's, kept from calling none among few impossible."""
        score = _angle_score(count, size, middle)
        exact = _share_score(count / spread**2, size / spread**2, middle) if bare else score
        return _less_extreme(score / spread, exact)

    if tau == 0:
        limits = [part for level in (WARNING, ALARM) for part in exact_proportion_limits(size, middle, level)]
    else:
        limits = [limit / size for limit in _inverted(place, size * middle, size)]
    return _funnel(successes / size, middle, limits, place(successes), measured, tau)


def funnel_limits_estimates(
    value: ArrayLike, se: ArrayLike, *, centre: float | None = None, phi: float | None = None
) -> Funnel:
    """Funnel of estimates with standard errors (means, restricted means, log medians) around their precision-weighted
    mean; phi as above."""
    figures, error = np.asarray(value, dtype=float), np.asarray(se, dtype=float)
    known = np.isfinite(figures) & (error > 0)
    figures, error = np.where(known, figures, np.nan), np.where(known, error, np.nan)
    middle = centre if centre is not None else _ratio(np.nansum(figures / error**2), np.nansum(1 / error**2))
    score = (figures - middle) / error
    measured, tau = _between_units(score, error, phi)
    spread = np.hypot(error, tau)
    limits = [middle + sign * _z(level) * spread for level in (WARNING, ALARM) for sign in (-1, 1)]
    return _funnel(figures, middle, limits, score * error / spread, measured, tau)


def exact_rate_limits(expected: ArrayLike, level: float) -> tuple[Floats, Floats]:
    """Limits of observed/expected around 1 for Poisson counts of these expectations: Garwood's interval of the
    expectation itself."""
    count = np.asarray(expected, dtype=float)
    tail = (1 - level) / 2
    none_is_usual = np.exp(-count) >= tail
    low = np.where(none_is_usual, 0.0, special.gammaincinv(count, tail))
    return low / count, special.gammaincinv(count + 1, 1 - tail) / count


def exact_proportion_limits(n: ArrayLike, centre: float, level: float) -> tuple[Floats, Floats]:
    """Limits of k/n around `centre`: the Clopper–Pearson interval that n·centre successes would have, continuous in
    n."""
    trials = np.asarray(n, dtype=float)
    tail, successes = (1 - level) / 2, np.asarray(n, dtype=float) * centre
    low = special.betaincinv(np.maximum(successes, 1e-300), trials - successes + 1, tail)
    high = special.betaincinv(successes + 1, np.maximum(trials - successes, 1e-300), 1 - tail)
    low = np.where((1 - centre) ** trials >= tail, 0.0, low)  # none at all is usual for so few
    high = np.where(centre**trials >= tail, 1.0, high)
    return np.where(np.isfinite(trials), low, np.nan), np.where(np.isfinite(trials), high, np.nan)


def overdispersion(z: ArrayLike) -> float:
    """How much more the units differ than chance (1) allows, measured on the units that are like the others.

    First from the three fifths of the units nearest to the centre, read against a normal sample cut alike; then from
    all units within FAR of that spread, until the choice no longer changes. So neither elevated units widen the funnel
    that should show them, nor does leaving units out make usual variety look like chance.
    """
    scores = np.asarray(z, dtype=float)
    scores = np.sort(np.abs(scores[np.isfinite(scores)]))
    if not scores.size:
        return np.nan
    inner = max(int(np.ceil(INNER * scores.size)), 1)
    phi = float((scores[:inner] ** 2).mean() / _inner_square(scores.size, inner))
    kept = 0
    for _ in range(ROUNDS):
        near = int(np.searchsorted(scores, FAR * np.sqrt(max(phi, 1.0)), side="right"))
        if near in (0, kept):
            break
        kept = near
        phi = float((scores[:kept] ** 2).mean() / (1.0 if kept == scores.size else NEAR_SQUARE))
    return phi


def _between_units(score: Floats, error: Floats, known_phi: float | None) -> tuple[float, float]:
    """φ, and τ such that the units' variance is error² + τ² (moments, Spiegelhalter 2005)."""
    known = np.isfinite(score) & np.isfinite(error)
    units = int(known.sum())
    if units < MINIMUM_UNITS:
        return np.nan, 0.0
    if known_phi is not None and known_phi <= 1:
        return known_phi, 0.0  # chance alone: its limits are exact
    phi = overdispersion(score[known]) if known_phi is None else known_phi
    weight = 1 / error[known] ** 2
    excess = units * phi - (units - 1)
    return phi, float(np.sqrt(max(excess, 0.0) / (weight.sum() - (weight**2).sum() / weight.sum())))


def _root_score(k: Floats, expected: Floats) -> Floats:
    return np.asarray(2 * (np.sqrt(k) - np.sqrt(expected)))


def _angle_score(k: Floats, n: Floats, centre: float) -> Floats:
    return np.asarray(2 * np.sqrt(n) * (np.arcsin(np.sqrt(np.clip(k / n, 0, 1))) - np.arcsin(np.sqrt(centre))))


def _inverted(place: Callable[[Floats], Floats], middle: Floats, most: Floats) -> list[Floats]:
    """The counts at which a unit is as far out as the levels allow, below and above, by the very score that judges it:
    a unit further out than another must not be drawn further in. Halving between nought, the middle and the most."""
    limits = []
    for level in (WARNING, ALARM):
        for side, end in ((-1, np.zeros_like(most)), (1, most)):
            inner, outer = middle.copy(), end.copy()
            for _ in range(HALVINGS):
                half = (inner + outer) / 2
                beyond = side * place(half) > _z(level)
                inner, outer = np.where(beyond, inner, half), np.where(beyond, half, outer)
            reached = side * place(end) > _z(level)
            limits.append(np.where(reached, (inner + outer) / 2, end))
    return limits


def _rate_score(k: Floats, expected: Floats) -> Floats:
    """Where a count stands among Poisson counts of that expectation, as a normal score by its mid-p; counts made fewer
    by over-dispersion need not be whole.
    """
    below = np.where(k > 0, special.gammaincc(np.maximum(k, 1e-300), expected), 0.0)
    return special.ndtri((below + special.gammaincc(k + 1, expected)) / 2)


def _share_score(k: Floats, n: Floats, centre: float) -> Floats:
    """The same of successes among binomial ones."""
    below = np.where(k > 0, special.betainc(n - k + 1, np.maximum(k, 1e-300), 1 - centre), 0.0)
    up_to = np.where(k < n, special.betainc(np.maximum(n - k, 1e-300), k + 1, 1 - centre), 1.0)
    return special.ndtri((below + up_to) / 2)


def _less_extreme(score: Floats, exact: Floats) -> Floats:
    """The variance-stabilised score, kept from calling no event at all among few expected ones impossible."""
    return np.where(np.abs(score) <= np.abs(exact), score, exact)


def _inner_square(size: int, inner: int) -> float:
    """Mean square of the `inner` absolutely smallest of a standard normal sample of this size (by Blom's positions)."""
    positions = special.ndtri(0.5 + (np.arange(1, size + 1) - 0.375) / (size + 0.25) / 2) ** 2
    return float(positions[:inner].mean() / positions.mean())


def _funnel(value: Floats, centre: float, limits: list[Floats], z: Floats, phi: float, tau: float) -> Funnel:
    low_warning, high_warning, low_alarm, high_alarm = (np.where(np.isfinite(value), part, np.nan) for part in limits)
    outside = (value > high_alarm).astype(np.int64) - (value < low_alarm)
    p = np.where(np.isfinite(z), 2 * special.ndtr(-np.abs(z)), np.nan)
    return Funnel(value, centre, low_warning, high_warning, low_alarm, high_alarm, z, p, phi, tau, outside)


def _z(level: float) -> float:
    return float(special.ndtri(0.5 + level / 2))


def _ratio(total: float, base: float) -> float:
    return float(total / base) if base > 0 else np.nan
