"""The parts of a changed bill add up to the change, and each part is zero when nothing of its own changed."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.bills import Bill, split_bills


def bill(orders: list[float], rates: list[float], apart: float = 0.0, returns: float = 0.0) -> Bill:
    segments = [f"s{place}" for place in range(len(orders))]
    count = pd.Series(orders, index=segments, dtype=float)
    return Bill(count, count * pd.Series(rates, index=segments), apart, returns, 0.0)


def test_two_lines_by_hand():
    # A year ago 60 at 10 and 40 at 20: 1,400. Now 60 at 12 and 60 at 20: 1,920. Change 520.
    # N 100 → 120, shares .6/.4 → .5/.5, rates 10/20 → 12/20. Kitagawa on the ratio: 14 → 16, rate (2)(.55) = 1.1, mix
    # (−.1)(11) + (.1)(20) = .9. Orders: 20 × (14 + 16) / 2 = 300; the ratio's part 110 × 2 = 220.
    split = split_bills(bill([60, 40], [10, 20]), bill([60, 60], [12, 20]))
    assert split.total == pytest.approx(520)
    assert split.rate + split.mix == pytest.approx(220, abs=1)
    assert split.volume == pytest.approx(300, abs=1)
    assert split.rates["s1"] == 0


def test_random_bills_add_up_to_the_last_coin():
    rng = np.random.default_rng(2)
    for _ in range(50):
        was, now = (
            bill(list(rng.integers(1, 90, 6)), list(rng.uniform(20, 300, 6)), *rng.uniform(0, 999, 2)) for _ in range(2)
        )
        assert split_bills(was, now).total == pytest.approx(now.total - was.total, abs=1e-8)


def test_more_of_the_same_is_volume_alone():
    split = split_bills(bill([50, 50], [10, 30], 5), bill([100, 100], [10, 30], 5))
    assert split.volume == pytest.approx(2_000)
    assert (split.mix, split.rate, split.apart) == pytest.approx((0, 0, 0))


def test_dearer_within_each_line_is_rate_alone():
    split = split_bills(bill([50, 50], [10, 30]), bill([50, 50], [12, 33]))
    assert split.rate == pytest.approx(250)
    assert (split.volume, split.mix) == pytest.approx((0, 0))


def test_a_line_that_is_new_or_gone_is_mix_and_no_rate():
    split = split_bills(bill([100, 0], [10, 0]), bill([50, 50], [10, 40]))
    assert split.rate == 0
    assert split.volume == 0
    assert split.mix == pytest.approx(1_500)


def test_shared_costs_and_returns_are_no_matter_of_the_orders():
    split = split_bills(bill([10], [5], apart=100, returns=7), bill([10], [5], apart=160, returns=3))
    assert (split.apart, split.returns) == (60, -4)
    assert split.total == pytest.approx(56)
