"""Cumulative incidence against statsmodels and against the truth of a simulation."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from analysis.statistics.incidence import cumulative_incidence
from analysis.statistics.survival import kaplan_meier


def test_incidence_and_error_agree_with_statsmodels_in_every_group():
    rng = np.random.default_rng(1)
    group, time, cause = rng.integers(0, 5, 1_500), rng.integers(1, 40, 1_500).astype(float), rng.integers(0, 3, 1_500)
    ours = cumulative_incidence(time, cause, 15, group=group)
    for g in range(5):
        theirs = CumIncidenceRight(time[group == g], cause[group == g])
        at = np.searchsorted(theirs.times, 15, side="right") - 1
        for k in range(2):
            assert ours.value[g, k] == pytest.approx(theirs.cinc[k][at], rel=1e-10)
            assert ours.se[g, k] == pytest.approx(theirs.cinc_se[k][at], rel=1e-9)


def test_incidences_add_up_to_what_has_ended_at_all():
    rng = np.random.default_rng(2)
    time, cause = rng.exponential(5, 400), rng.integers(0, 3, 400)
    assert cumulative_incidence(time, cause, 6).value.sum() == pytest.approx(
        float(kaplan_meier(time, cause > 0).probability_by(6).value[0])
    )


def test_censoring_the_cancelled_would_overstate_what_is_completed():
    """A third of the orders is cancelled: 60 % are completed within the time, not the 78 % of a world without
    cancelling."""
    rng = np.random.default_rng(3)
    done, cancelled = rng.exponential(6, 40_000), rng.exponential(15, 40_000)
    time, cause = (
        np.minimum(np.minimum(done, cancelled), 20),
        np.where(np.minimum(done, cancelled) > 20, 0, np.where(done < cancelled, 1, 2)),
    )
    rate = 1 / 6 + 1 / 15
    truth = (1 / 6) / rate * (1 - np.exp(-9 * rate))
    assert cumulative_incidence(time, cause, 9).value[0, 0] == pytest.approx(truth, abs=0.01)
    assert kaplan_meier(time, cause == 1).probability_by(9).value[0] > truth + 0.1


def test_a_cause_that_never_happened_has_its_column():
    assert cumulative_incidence([1, 2, 3], [1, 0, 1], 3, causes=2).value.tolist()[0][1] == 0


def test_an_unknown_cause_is_refused():
    with pytest.raises(ValueError, match=r"cause must lie in 0..2, found 3"):
        cumulative_incidence([1, 2], [1, 3], 2, causes=2)


def test_beyond_the_follow_up_nothing_is_known():
    assert np.isnan(cumulative_incidence([1, 2, 3], [1, 2, 0], 5).value).all()
    assert np.isnan(cumulative_incidence([1.0], [1], 1, group=[1], groups=2).value[0]).all()
