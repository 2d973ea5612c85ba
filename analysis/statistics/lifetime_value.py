"""What customers will buy who may leave without a word: BG/NBD for how often, Gamma-Gamma for how much.

A customer buys at a rate of their own and after each purchase leaves for good with a probability of their own. Fits
service contracts badly (there one knows who left). Refuses impossible summaries; a fit that the data cannot hold
(no repeat buyer) is None, never a guess.
Sources: Fader, Hardie & Lee 2005 (Marketing Science 24), formulas (6) to (10); Fader & Hardie 2013, "The Gamma-Gamma
model of monetary value".
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

FEWEST_REPEATERS = 20
BOUND = 9.0  # of the logarithms of the parameters: beyond it customers no longer differ
FLAT = 1e-6  # curvature below which the data say nothing about a direction
NEAR_ONE = 1e-5  # a = 1 and b + x = 1 are removable poles
STEP = 1e-4


@dataclass(frozen=True)
class BuyingModel:
    """BG/NBD: rates Gamma(r, alpha), drop-out Beta(a, b). `covariance` is that of the logarithms of (r, alpha, a, b);
    `log_likelihood` is of all customers; time is in the unit of the data."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    covariance: Floats
    customers: float

    @property
    def parameters(self) -> Floats:
        """(r, alpha, a, b)."""
        return np.array([self.r, self.alpha, self.a, self.b])


@dataclass(frozen=True)
class ValueModel:
    """Gamma-Gamma: the value of a purchase varies around a customer's own mean. `covariance` is that of the logarithms
    of (p, q, gamma)."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    covariance: Floats
    customers: float

    @property
    def parameters(self) -> Floats:
        """(p, q, gamma)."""
        return np.array([self.p, self.q, self.gamma])

    @property
    def mean(self) -> float:
        """The mean value of a purchase over all customers; infinite where q ≤ 1."""
        return mean_value(self.parameters)


def fit_buying(
    frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weight: ArrayLike | None = None
) -> BuyingModel | None:
    """The BG/NBD model by maximum likelihood; None with fewer than 20 repeat buyers.

    Parameters
    ----------
    frequency, recency, age : (N,) repeat purchases x, time of the last one since the first t_x, time observed since the
        first T; 0 ≤ t_x ≤ T, t_x = 0 where x = 0.
    weight : (N,) customers that share the row; rows are merged anyway.
    """
    x, tx, t, w = _summaries(frequency, recency, age, weight)
    if w[x > 0].sum() < FEWEST_REPEATERS:
        return None
    unit = float(np.average(t, weights=w)) or 1.0  # time in mean ages keeps the logarithms near zero

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slope = _buying_likelihood(np.exp(logs), x, tx / unit, t / unit, w)
        return -value / w.sum(), -slope * np.exp(logs) / w.sum()

    found = _minimum(loss, [np.zeros(4), np.array([-1.0, -1.0, 0.0, 1.0])])
    curvature = _hessian(lambda logs: loss(logs)[1], found) * w.sum()
    r, alpha, a, b = np.exp(found)
    repeats = float((w * x).sum())
    return BuyingModel(
        r, alpha * unit, a, b, -loss(found)[0] * w.sum() - repeats * np.log(unit), _inverse(curvature), float(w.sum())
    )


def fit_value(frequency: ArrayLike, mean: ArrayLike, weight: ArrayLike | None = None) -> ValueModel | None:
    """The Gamma-Gamma model by maximum likelihood, over customers with x > 0 and a positive mean value; None with fewer
    than 20 of them.

    frequency, mean : (N,) purchases and their mean value, one row a customer.
    """
    x, z = np.asarray(frequency, float), np.asarray(mean, float)
    w = np.ones(x.shape) if weight is None else np.asarray(weight, float)
    kept = (x > 0) & (z > 0) & np.isfinite(z)
    x, z, w = x[kept], z[kept], w[kept]
    if w.sum() < FEWEST_REPEATERS:
        return None
    unit = float(np.average(z, weights=w))

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, slope = _value_likelihood(np.exp(logs), x, z / unit, w)
        return -value / w.sum(), -slope * np.exp(logs) / w.sum()

    found = _minimum(loss, [np.array([1.0, 1.0, 0.5]), np.array([2.0, 2.0, 0.0])])
    curvature = _hessian(lambda logs: loss(logs)[1], found) * w.sum()
    p, q, gamma = np.exp(found)
    total = -loss(found)[0] * w.sum() - float((w * np.log(unit)).sum())
    return ValueModel(p, q, gamma * unit, total, _inverse(curvature), float(w.sum()))


def expected_purchases(parameters: ArrayLike, t: ArrayLike) -> Floats:
    """E[X(t)]: purchases of a new customer within t after the first one (which is not counted)."""
    r, alpha, a, b = _safe(parameters)
    t = np.asarray(t, float)
    shape = special.hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return np.maximum((a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * shape), 0.0)


def conditional_purchases(
    parameters: ArrayLike, t: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> Floats:
    """E[Y(t) | x, t_x, T]: purchases of a customer with this past within the next t."""
    r, alpha, a, b = _safe(parameters)
    x, tx, age = (np.asarray(part, float) for part in (frequency, recency, age))
    shape = special.hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
    ahead = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * shape)
    return np.maximum(ahead * probability_alive(parameters, x, tx, age), 0.0)


def probability_alive(parameters: ArrayLike, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
    """The probability that a customer with this past has not left for good. 1 for one without a repeat purchase: in
    this model customers leave only right after one."""
    r, alpha, a, b = np.asarray(parameters, float)
    x, tx, age = (np.asarray(part, float) for part in (frequency, recency, age))
    log_odds = np.log(a) - np.log(np.maximum(b + x - 1, 1e-12)) + (r + x) * np.log((alpha + age) / (alpha + tx))
    return np.where(x > 0, special.expit(-log_odds), 1.0)


def probability_of_purchase(
    parameters: ArrayLike, t: float, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike
) -> Floats:
    """The probability of at least one purchase within the next t: alive, and not silent by chance."""
    r, alpha, _, _ = np.asarray(parameters, float)
    x, age = np.asarray(frequency, float), np.asarray(age, float)
    silent = ((alpha + age) / (alpha + age + t)) ** (r + x)
    return probability_alive(parameters, x, recency, age) * (1 - silent)


def expected_counts(parameters: ArrayLike, age: ArrayLike, weight: ArrayLike, most: int) -> Floats:
    """(most + 1,) customers expected with 0, 1 … repeat purchases within their age; the last entry is "most or
    more"."""
    r, alpha, a, b = np.asarray(parameters, float)
    t, w = np.asarray(age, float)[:, None], np.asarray(weight, float)[:, None]
    x = np.arange(most, dtype=float)[None, :]
    share = t / (alpha + t)
    term = np.exp(special.gammaln(r + x) - special.gammaln(r) - special.gammaln(x + 1)) * share**x
    stays = np.exp(special.betaln(a, b + x) - special.betaln(a, b)) * (alpha / (alpha + t)) ** r * term
    before = np.cumsum(term, axis=1) - term
    leaving = np.exp(special.betaln(a + 1, b + np.maximum(x, 1) - 1) - special.betaln(a, b))
    left = np.where(x > 0, leaving * np.maximum(1 - (alpha / (alpha + t)) ** r * before, 0.0), 0.0)
    counts = (w * (stays + left)).sum(axis=0)
    return np.append(counts, max(float(w.sum() - counts.sum()), 0.0))


def discounted_purchases(parameters: ArrayLike, *, steps: int, step: float, rate: float) -> float:
    """Purchases of a new customer over `steps` steps of time, each worth 1/(1 + rate) of the one before."""
    reached = expected_purchases(parameters, step * np.arange(steps + 1))
    return float((np.diff(reached) / (1 + rate) ** np.arange(1, steps + 1)).sum())


def mean_value(parameters: ArrayLike) -> float:
    """p γ / (q − 1): the mean value of a purchase over all customers; infinite where q ≤ 1."""
    p, q, gamma = np.asarray(parameters, float)
    return float(p * gamma / (q - 1)) if q > 1 else np.inf


def conditional_value(parameters: ArrayLike, frequency: ArrayLike, mean: ArrayLike) -> Floats:
    """The mean value of a customer's future purchases: their own mean drawn towards everybody's; x = 0 gives
    everybody's."""
    p, q, gamma = np.asarray(parameters, float)
    x, z = np.asarray(frequency, float), np.nan_to_num(np.asarray(mean, float))
    return p * (gamma + np.where(x > 0, x * z, 0.0)) / (p * x + q - 1)


def delta_se(function: Callable[[Floats], float], model: BuyingModel | ValueModel) -> float:
    """The standard error of a figure reckoned from the parameters, by the delta method on their logarithms."""
    logs = np.log(model.parameters)
    slope = np.empty(logs.size)
    for place in range(logs.size):
        ends = [function(np.exp(logs + side * STEP * np.eye(logs.size)[place])) for side in (1, -1)]
        slope[place] = (ends[0] - ends[1]) / (2 * STEP)
    variance = float(slope @ model.covariance @ slope)
    return float(np.sqrt(variance)) if np.isfinite(variance) and variance >= 0 else np.nan


def _summaries(
    frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, weight: ArrayLike | None
) -> tuple[Floats, Floats, Floats, Floats]:
    """The distinct (x, t_x, T) and how many customers share each."""
    rows = np.column_stack([np.asarray(part, float) for part in (frequency, recency, age)])
    if rows.size and (not np.isfinite(rows).all() or (rows < 0).any() or (rows[:, 1] > rows[:, 2] + 1e-9).any()):
        raise ValueError("each customer needs 0 ≤ x, 0 ≤ t_x ≤ T")
    if ((rows[:, 0] == 0) & (rows[:, 1] > 0)).any():
        raise ValueError("a customer without a repeat purchase has t_x = 0")
    w = np.ones(len(rows)) if weight is None else np.asarray(weight, float)
    if not len(rows):
        return rows[:, 0], rows[:, 1], rows[:, 2], w
    order = np.lexsort(rows.T)
    rows, w = rows[order], w[order]
    starts = np.flatnonzero(np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)])
    return rows[starts, 0], rows[starts, 1], rows[starts, 2], np.add.reduceat(w, starts)


def _buying_likelihood(parameters: Floats, x: Floats, tx: Floats, t: Floats, w: Floats) -> tuple[float, Floats]:
    """Log-likelihood and its slope in (r, alpha, a, b). The gamma functions depend on x alone: once per distinct x."""
    r, alpha, a, b = parameters
    distinct, place = np.unique(x, return_inverse=True)
    count = np.bincount(place, weights=w)
    gammas = special.gammaln(r + distinct) - special.gammaln(r) + special.gammaln(a + b) - special.gammaln(b)
    gammas += special.gammaln(b + distinct) - special.gammaln(a + b + distinct)
    again = x > 0
    alive = -(r + x) * np.log(alpha + t)
    left = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + tx)
    left = np.where(again, left, -np.inf)
    both = np.logaddexp(alive, left)
    value = float(count @ gammas + w.sum() * r * np.log(alpha) + w @ both)
    stays = np.exp(alive - both)
    goes = np.where(again, 1 - stays, 0.0)
    slope_r = count @ (special.psi(r + distinct) - special.psi(r)) + w.sum() * np.log(alpha)
    slope_r -= w @ (stays * np.log(alpha + t) + goes * np.log(alpha + tx))
    slope_alpha = w.sum() * r / alpha - w @ ((r + x) * (stays / (alpha + t) + goes / (alpha + tx)))
    slope_a = count @ (special.psi(a + b) - special.psi(a + b + distinct)) + w @ goes / a
    slope_b = count @ (
        special.psi(a + b) + special.psi(b + distinct) - special.psi(b) - special.psi(a + b + distinct)
    ) - w @ (goes / (b + np.maximum(x, 1) - 1))
    return value, np.array([slope_r, slope_alpha, slope_a, slope_b])


def _value_likelihood(parameters: Floats, x: Floats, z: Floats, w: Floats) -> tuple[float, Floats]:
    p, q, gamma = parameters
    whole = gamma + x * z
    value = special.gammaln(p * x + q) - special.gammaln(p * x) - special.gammaln(q) + q * np.log(gamma)
    value = value + (p * x - 1) * np.log(z) + p * x * np.log(x) - (p * x + q) * np.log(whole)
    digamma = special.psi(p * x + q)
    slope_p = x * (digamma - special.psi(p * x) + np.log(z) + np.log(x) - np.log(whole))
    slope_q = digamma - special.psi(q) + np.log(gamma) - np.log(whole)
    slope_gamma = q / gamma - (p * x + q) / whole
    return float(w @ value), np.array([w @ slope_p, w @ slope_q, w @ slope_gamma])


def _minimum(loss: Callable[[Floats], tuple[float, Floats]], starts: list[Floats]) -> Floats:
    """The lower of the minima found from the starts."""
    bounds = [(-BOUND, BOUND)] * starts[0].size
    options = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-9}
    found = [
        optimize.minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options) for start in starts
    ]
    return np.asarray(min(found, key=lambda each: each.fun).x, float)


def _hessian(slope: Callable[[Floats], Floats], at: Floats) -> Floats:
    steps = np.eye(at.size) * STEP
    rows = np.array([(slope(at + step) - slope(at - step)) / (2 * STEP) for step in steps])
    return (rows + rows.T) / 2


def _inverse(curvature: Floats) -> Floats:
    """The covariance; directions of which the data say nothing change no figure within the data and count as known."""
    values, vectors = np.linalg.eigh(curvature)
    kept = values > FLAT * max(float(values.max()), FLAT)
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def _safe(parameters: ArrayLike) -> Floats:
    r, alpha, a, b = np.asarray(parameters, float)
    return np.array([r, alpha, a if abs(a - 1) > NEAR_ONE else 1 + NEAR_ONE, b])
