"""Where records pile up: rare false alarms in quiet businesses, and the planted pile found with its month."""

import numpy as np
import pytest

from analysis.statistics.comparison import benjamini_hochberg
from analysis.statistics.concentration import MEAN_OF_THE_LOWER_95, find_rises, measure_dispersion

MONTHS, NEWEST, CANDIDATES, GROUPS = 36, 12, 120, 4


def quiet(seed: int, *, clumps: float = 1.0):
    """Candidates of four groups that share a season and a growth; counts with `clumps` times the variance of chance."""
    rng = np.random.default_rng(seed)
    group = np.arange(CANDIDATES) % GROUPS
    rate = rng.gamma(1.0, 6.0, CANDIDATES)
    base = np.repeat(rate[:, None], MONTHS, axis=1) * np.linspace(0.8, 1.2, MONTHS)
    season = np.exp(0.4 * np.sin(2 * np.pi * (np.arange(MONTHS) / 12 + np.arange(GROUPS)[:, None] / 4)))
    mean = base * season[group]
    k = rng.poisson(mean) if clumps == 1 else rng.negative_binomial(mean / (clumps - 1), 1 / clumps)
    return k.astype(float), base, group, rate * 24


def looked_at(k, base, group, known):
    totals = [np.stack([part[group == g].sum(axis=0) for g in range(GROUPS)]) for part in (k, base)]
    arguments = {"group": group, "totals": tuple(totals), "known": known, "newest": NEWEST}
    _, expected = find_rises(k, base, dispersion=1.0, **arguments)
    phi = measure_dispersion(k[:, :-NEWEST], expected[:, :-NEWEST])
    return find_rises(k, base, dispersion=phi, **arguments)[0], phi


def flagged(rises) -> np.ndarray:
    q = benjamini_hochberg(rises.p)
    return np.flatnonzero((np.nan_to_num(q, nan=1.0) < 0.01) & (rises.ratio >= 1.5))


@pytest.mark.parametrize("clumps", [1.0, 2.0])
def test_a_quiet_business_hardly_ever_raises_an_alarm(clumps):
    alarms = sum(len(flagged(looked_at(*quiet(seed, clumps=clumps))[0])) > 0 for seed in range(150))
    assert alarms <= 6  # 1 % promised; 4 % would be 6 of 150


def test_clumped_counts_are_measured_as_clumped():
    plain = np.median([looked_at(*quiet(seed))[1] for seed in range(20)])
    clumped = np.median([looked_at(*quiet(seed, clumps=2.0))[1] for seed in range(20)])
    assert plain == pytest.approx(1.0, abs=0.15)
    assert clumped == pytest.approx(2.0, rel=0.2)


def test_a_planted_pile_is_found_with_its_month_and_its_size():
    found, dated = 0, 0
    for seed in range(40):
        k, base, group, known = quiet(seed)
        planted = int(np.argsort(base[:, 0])[CANDIDATES // 3])
        rng = np.random.default_rng(1000 + seed)
        k[planted, -6:] += rng.poisson(12, 6)
        rises, _ = looked_at(k, base, group, known)
        found += planted in flagged(rises)
        dated += abs(int(rises.start[planted]) - (MONTHS - 6)) <= 1
        assert rises.low[planted] < rises.ratio[planted] < rises.high[planted]
    assert found >= 39
    assert dated >= 37


def test_what_all_share_is_no_pile():
    """Twice as many records of everything in the newest months is a busy season, not a cluster."""
    k, base, group, known = quiet(7)
    rng = np.random.default_rng(7)
    k[:, -6:] = rng.poisson(2 * k[:, -6:])
    assert not len(flagged(looked_at(k, base, group, known)[0]))


def test_a_candidate_with_few_records_is_not_tested():
    k, base, group, known = quiet(3)
    k[0] = 0
    k[0, -1] = 5
    rises, _ = looked_at(k, base, group, known)
    assert np.isnan(rises.p[0])


def test_the_mean_of_the_squares_within_the_lower_95_percent_is_that_of_a_normal_sample():
    squares = np.sort(np.random.default_rng(0).normal(size=400_000) ** 2)
    assert squares[: int(0.95 * squares.size)].mean() == pytest.approx(MEAN_OF_THE_LOWER_95, abs=0.004)
