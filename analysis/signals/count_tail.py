"""How surprising a single month's count is: on the scale of counts, where their tails are known.

The square root evens the variance of counts but leaves them skewed: a month of twice the events is rarer than a normal
tail on that scale says, a month of none more usual. Source: McCullagh & Nelder 1989 (over-dispersed counts as negative
binomial); Anscombe 1948 for the scale.
"""

import numpy as np
from scipy.special import betainc, ndtri

SMALLEST = 1e-300
ANSCOMBE = 0.375


def exact_score(y: float, sampling: float, size: float, error: float) -> float:
    """The normal score |z| of a month's count against what it would have been.

    Parameters
    ----------
    y : the month on the square-root scale of rates, √((k + 3/8) / exposure)
    sampling : its sampling error there, 1 / (2 √exposure)
    size : its distance from what was expected there
    error : standard error of that distance, the expectation's own included

    Returns
    -------
    The score whose normal tail equals that of the count: negative binomial with the expected mean and the variance that
    the error stands for, at least Poisson's.
    """
    count = max((y / (2 * sampling)) ** 2 - ANSCOMBE, 0.0)
    mean = max((max(y - size, 0.0) / (2 * sampling)) ** 2 - ANSCOMBE, 0.05)
    variance = max(mean * (error / sampling) ** 2, 1.001 * mean)
    shape, p = mean**2 / (variance - mean), mean / variance
    count = round(count)
    above = float(betainc(max(count, 1e-9), shape, 1 - p)) if count > 0 else 1.0  # P(K ≥ count)
    below = float(betainc(shape, count + 1, p))  # P(K ≤ count)
    return float(-ndtri(np.clip(above if size > 0 else below, SMALLEST, 0.5)))
