"""Single months of counts are judged by the tails of counts, not of their square roots."""

import numpy as np
import pytest
from scipy.stats import nbinom, norm, poisson

from analysis.signals.count_tail import exact_score


def score(count, mean, *, exposure=1.0, inflated=1.0):
    y, usual = (np.sqrt((k + 0.375) / exposure) for k in (count, mean))
    sampling = 0.5 / np.sqrt(exposure)
    return exact_score(y, sampling, y - usual, inflated * sampling)


@pytest.mark.parametrize(("count", "mean"), [(48, 20), (30, 13), (2, 20), (0, 9)])
@pytest.mark.parametrize("exposure", [1.0, 2500.0])
def test_a_certain_mean_gives_poissons_tail(count, mean, exposure):
    tail = poisson.sf(count - 1, mean) if count > mean else poisson.cdf(count, mean)
    assert norm.sf(score(count, mean, exposure=exposure)) == pytest.approx(tail, rel=0.15)


def test_scatter_beyond_chance_gives_the_negative_binomials():
    mean, variance = 20.0, 40.0
    tail = nbinom.sf(47, mean**2 / (variance - mean), mean / variance)
    assert norm.sf(score(48, mean, inflated=np.sqrt(2))) == pytest.approx(tail, rel=0.01)


def test_high_months_surprise_more_and_low_ones_less_than_on_the_root_scale():
    assert score(48, 20) > 2 * (np.sqrt(48.375) - np.sqrt(20.375))
    assert score(4, 20) < 2 * (np.sqrt(20.375) - np.sqrt(4.375))


def test_quiet_counts_are_seldom_surprising():
    rng = np.random.default_rng(3)
    high = [score(int(k), 20.0) > norm.isf(0.001) for k in rng.poisson(20, 20_000) if k > 20]
    assert sum(high) / 20_000 <= 0.0013
