"""Where records pile up: cells (a product with a fault, a batch with a fault …) with more records than their own past
and the present of their sisters explain.

Each candidate's past rate and exposure say how its group's records of a month should fall; every possible beginning
within the newest months is tried and paid for. Refuses nothing; a candidate with too few records has no p-value.
Sources: negative binomial prediction of a count from its past (gamma-Poisson); over-dispersion as in Spiegelhalter
2005; Bonferroni over the beginnings.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, ndtr, ndtri

from analysis.statistics.intervals import CONFIDENCE, normal_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_RECORDS = 8
SISTERS_PRIOR = 10.0  # records of the whole that steady a small group's month
SMALLEST_P = 1e-300


class Rises(NamedTuple):
    """(C,) each: column in which the most telling rise begins, records and expected ones since, ratio with interval,
    p."""

    start: Ints
    observed: Floats
    expected: Floats
    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


def expected_records(k: Floats, base: Floats, group: Ints) -> Floats:
    """(C, T) records to be expected: the candidate's own base times what its group's others made of theirs.

    Parameters
    ----------
    k : (C, T) records of the candidates. base : (C, T) records that past rates give for their exposure.
    group : (C,) the group of each; whose totals are those of `k` and `base` summed by `of_group` (see `find_rises`).
    """
    return base * _present(*_totals(k, base, group), k, base, group)


def find_rises(
    k: Floats,
    base: Floats,
    *,
    group: Ints,
    totals: tuple[Floats, Floats],
    known: Floats,
    newest: int,
    dispersion: float,
) -> tuple[Rises, Floats]:
    """The most telling rise of each candidate within the newest months, and the monthly records to be expected.

    Parameters
    ----------
    k, base : (C, T) records, and the records that past rates give for the exposure of the month
    group : (C,) row of `totals`
    totals : (G, T) records and base of each group, the candidate's own among them
    known : (C,) past records that the rate rests on
    newest : so many months may hold the beginning
    dispersion : variance over mean of such counts in quiet months, at least 1
    """
    size = k.shape[1]
    factor = _present(*totals, k, base, group)
    expected = base * factor
    others = np.maximum(totals[0][group] - k, 0.0)
    best, start = np.full(len(k), -np.inf), np.full(len(k), size - 1)
    begins = np.arange(max(size - newest, 1), size)
    for begin in begins:
        count, mean = k[:, begin:].sum(axis=1), np.maximum(expected[:, begin:].sum(axis=1), 1e-9)
        score = _score(count, mean, _information(known, others[:, begin:].sum(axis=1))) / np.sqrt(max(dispersion, 1.0))
        better = score > best
        best, start = np.where(better, score, best), np.where(better, begin, start)
    since = np.arange(size)[None, :] >= start[:, None]
    observed, mean = (k * since).sum(axis=1), np.maximum((expected * since).sum(axis=1), 1e-9)
    information = _information(known, (others * since).sum(axis=1))
    spread = normal_quantile(CONFIDENCE) * np.sqrt(
        max(dispersion, 1.0) * (1 / np.maximum(observed, 1.0) + 1 / information)
    )
    p = np.where(observed >= LEAST_RECORDS, np.minimum(len(begins) * ndtr(-best), 1.0), np.nan)
    ratio = observed / mean
    return Rises(start, observed, mean, ratio, ratio * np.exp(-spread), ratio * np.exp(spread), p), expected


def measure_dispersion(k: Floats, expected: Floats) -> float:
    """How much more the records of quiet months scatter around the expected ones than chance (1) would make them.

    From the cells of which at least one was expected; the twentieth that scatter most are left out and the rest read
    against a sample cut alike, so that an old rise does not hide a new one.
    """
    told = expected >= 1
    if told.sum() < 20:
        return 1.0
    squares = np.sort((k[told] - expected[told]) ** 2 / expected[told])
    kept = squares[: int(np.ceil(0.95 * squares.size))]
    return max(1.0, float(kept.mean() / MEAN_OF_THE_LOWER_95))


MEAN_OF_THE_LOWER_95 = 0.7588  # of the squares of standard normals: 1 − 2·c·φ(c)/0.95 with c = Φ⁻¹(0.975)


def _totals(k: Floats, base: Floats, group: Ints) -> tuple[Floats, Floats]:
    count = int(group.max()) + 1 if group.size else 0
    sums = [np.zeros((count, k.shape[1])) for _ in range(2)]
    for total, part in zip(sums, (k, base), strict=True):
        np.add.at(total, group, part)
    return sums[0], sums[1]


def _present(whole_k: Floats, whole_base: Floats, k: Floats, base: Floats, group: Ints) -> Floats:
    """(C, T) what the others of the group made of their base in the month: season, growth, everything shared."""
    overall = whole_k.sum(axis=0) / np.maximum(whole_base.sum(axis=0), 1e-9)
    others_k, others_base = np.maximum(whole_k[group] - k, 0.0), np.maximum(whole_base[group] - base, 0.0)
    return (others_k + SISTERS_PRIOR * overall) / (others_base + SISTERS_PRIOR)


def _information(known: Floats, others: Floats) -> Floats:
    """Records' worth of what is known of the expectation: the past's and the sisters', whichever is scarcer."""
    return 1 / (1 / np.maximum(known, 0.5) + 1 / np.maximum(others + SISTERS_PRIOR, 0.5))


def _score(count: Floats, mean: Floats, information: Floats) -> Floats:
    """Normal score of P(K ≥ count) for a count whose expectation is known from so many records."""
    p = np.where(count > 0, betainc(np.maximum(count, 1e-9), information, mean / (mean + information)), 1.0)
    return -ndtri(np.clip(p, SMALLEST_P, 1 - 1e-12))
