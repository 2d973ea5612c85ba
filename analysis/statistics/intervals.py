"""How far a figure could be from what chance alone has shown: interval estimates of proportions, rates, means and net
promoter scores.

Every function takes arrays, gives NaN where there is nothing to estimate from (n = 0) and never warns; refuses counts
that cannot be.
Sources: Wilson 1927 / Newcombe 1998; Garwood 1936; Goodman 1965; adjusted Wald for the NPS as in Rocks 2016; the delta
method on the scale of logs and logits (Casella and Berger 2002, § 5.5.4) for ratios of amounts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A figure with its interval and standard error; four arrays of one shape (0-d for scalars), in the unit of
    `value`."""

    value: Floats
    low: Floats
    high: Floats
    se: Floats


def normal_quantile(confidence: float = CONFIDENCE) -> float:
    """The two-sided normal quantile, 1.96 for 0.95."""
    return float(special.ndtri(0.5 + confidence / 2))


def wilson(k: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE) -> Estimate:
    """A proportion k/n (0 … 1) with Wilson's score interval.

    k, n : successes and trials, broadcast; 0 ≤ k ≤ n. n = 0 or NaN gives NaN.
    """
    successes, trials = _pair(k, n)
    return Estimate(*_wilson(successes, trials, normal_quantile(confidence)))


def multinomial(counts: ArrayLike, *, confidence: float = CONFIDENCE) -> Estimate:
    """The shares of all classes at once (0 … 1), so that the statement "every share lies in its interval" holds at
    `confidence`.

    counts : (…, classes). Goodman 1965: Wilson's interval at the Bonferroni level, which is what Goodman's quadratic
        solves to.
    """
    numbers = np.asarray(counts, dtype=float)
    total = numbers.sum(axis=-1, keepdims=True)
    successes, trials = _pair(numbers, total)
    return Estimate(*_wilson(successes, trials, normal_quantile(1 - (1 - confidence) / max(numbers.shape[-1], 1))))


def poisson_exact(k: ArrayLike, exposure: ArrayLike, *, confidence: float = CONFIDENCE) -> Estimate:
    """A rate k/exposure (events per unit of exposure) with Garwood's exact interval. Exposure ≤ 0 or NaN gives NaN."""
    return quasi_poisson(k, exposure, dispersion=1.0, confidence=confidence)


def quasi_poisson(
    k: ArrayLike, exposure: ArrayLike, *, dispersion: ArrayLike, confidence: float = CONFIDENCE
) -> Estimate:
    """A rate whose events come in clusters: variance = dispersion × mean.

    The exact Poisson interval of k/dispersion clusters, times dispersion; Garwood's own where dispersion is 1. Below
    1 counts as 1.
    """
    events, base = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(exposure, dtype=float))
    _refuse_negative("events", events)
    phi = np.maximum(np.asarray(dispersion, dtype=float), 1.0)
    known = (base > 0) & np.isfinite(base) & np.isfinite(events)
    safe, scaled = np.where(known, base, 1.0), np.where(known, events, 0.0) / phi
    tail = (1 - confidence) / 2
    low = np.where(scaled > 0, special.gammaincinv(np.maximum(scaled, 1e-300), tail), 0.0) * phi / safe
    high = special.gammaincinv(scaled + 1, 1 - tail) * phi / safe
    return _blank(known, scaled * phi / safe, low, high, np.sqrt(scaled) * phi / safe)


def mean_interval(mean: ArrayLike, sd: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE) -> Estimate:
    """A mean with Student's interval, from its sample standard deviation (n − 1) and n. n = 1 has a value and no
    interval."""
    value, spread, size = np.broadcast_arrays(*(np.asarray(part, dtype=float) for part in (mean, sd, n)))
    _refuse_negative("n", size)
    known, spreads = (size > 0) & np.isfinite(value), (size > 1) & np.isfinite(spread)
    safe = np.where(spreads, size, 2.0)
    se = np.where(spreads, spread, np.nan) / np.sqrt(safe)
    reach = special.stdtrit(safe - 1, 0.5 + confidence / 2) * se
    return _blank(known, value, value - reach, value + reach, se)


_EQUAL = 1e-9  # one record of n that is not 0 makes the error equal the figure, up to rounding


def ratio_interval(value: ArrayLike, se: ArrayLike, *, share: bool = False) -> tuple[Floats, Floats]:
    """The ends of the interval of an amount that cannot be below nought, or of a share that cannot leave 0 … 1.

    Value ± 1.96 standard errors where that stays inside. Where it does not, few dear records make the error as large
    as the figure itself, and the sum is skewed: the same error on the scale of logs (of logits for a share) then, whose
    ends stay inside without being cut. A figure of exactly 0 (or 1), or one with an error no smaller than what is left
    to its bound (where one record of all is not 0, corrections or more worked than paid hours eat it up), has no such
    scale: its ends are cut.

    value, se : one shape; `share` with values of 0 … 1. A value outside its bounds keeps the plain interval.
    """
    figure, error = np.broadcast_arrays(np.asarray(value, dtype=float), np.asarray(se, dtype=float))
    reach = normal_quantile() * error
    low, high = figure - reach, figure + reach
    inside = (figure >= 0) & ((figure <= 1) if share else True)
    crossed = inside & ((low < 0) | ((high > 1) if share else False))
    room = np.minimum(figure, 1 - figure) if share else figure
    scaled = crossed & (figure > 0) & (error < (1 - _EQUAL) * room)
    safe = np.where(scaled, figure, 0.5)
    if share:
        wide = reach / (safe * (1 - safe))
        low = np.where(scaled, special.expit(special.logit(safe) - wide), np.where(crossed, np.maximum(low, 0), low))
        high = np.where(scaled, special.expit(special.logit(safe) + wide), np.where(crossed, np.minimum(high, 1), high))
        return low, high
    wide = np.where(scaled, reach / safe, 0.0)
    low = np.where(scaled, safe * np.exp(-wide), np.where(crossed, 0.0, low))
    return low, np.where(scaled, safe * np.exp(wide), high)


def nps_interval(
    promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE
) -> Estimate:
    """The net promoter score in points (−100 … 100) with the adjusted Wald interval (three answers added, ¾ ½·3 ¾ of
    them).

    The value is the plain score; the interval's centre lies a little nearer to 0, which is what makes it keep its
    promise for few answers.
    """
    positive, negative, answers = np.broadcast_arrays(
        *(np.asarray(part, dtype=float) for part in (promoters, detractors, n))
    )
    _refuse_negative("promoters and detractors", np.minimum(positive, negative))
    known = (answers > 0) & np.isfinite(positive) & np.isfinite(negative)
    if np.any(known & (positive + negative > answers)):
        raise ValueError("promoters and detractors together must not exceed the answers")
    safe = np.where(known, answers, 1.0)
    score = (positive - negative) / safe
    up, down = (positive + 0.75) / (safe + 3), (negative + 0.75) / (safe + 3)
    centre, se = up - down, np.sqrt((up + down - (up - down) ** 2) / (safe + 3))
    reach = normal_quantile(confidence) * se
    low, high = np.maximum(centre - reach, -1.0), np.minimum(centre + reach, 1.0)
    return _blank(known, 100 * score, 100 * low, 100 * high, 100 * se)


def _wilson(successes: Floats, trials: Floats, z: float) -> tuple[Floats, Floats, Floats, Floats]:
    known = (trials > 0) & np.isfinite(successes)
    n = np.where(known, trials, 1.0)
    p = np.where(known, successes, 0.0) / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = np.where(p == 0, 0.0, np.clip(centre - reach, 0.0, 1.0))
    high = np.where(p == 1, 1.0, np.clip(centre + reach, 0.0, 1.0))
    return _blank(known, p, low, high, np.sqrt(p * (1 - p) / n))


def _blank(known: NDArray[np.bool_], value: Floats, low: Floats, high: Floats, se: Floats) -> Estimate:
    return Estimate(*(np.where(known, part, np.nan) for part in (value, low, high, se)))


def _pair(k: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    successes, trials = np.broadcast_arrays(np.asarray(k, dtype=float), np.asarray(n, dtype=float))
    _refuse_negative("successes", successes)
    if np.any(successes > trials):
        raise ValueError("successes must not exceed the trials")
    return successes, trials


def _refuse_negative(name: str, values: Floats) -> None:
    if np.any(values < 0):
        raise ValueError(f"{name} must not be negative")
