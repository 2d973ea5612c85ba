"""Direct standardisation against the textbook's two hospitals and by eye."""

import numpy as np
import pandas as pd
import pytest

from analysis.statistics.standardisation import standardised_shares


def cells(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["group", "stratum", "events", "trials"])


def test_simpson_s_paradox_is_undone():
    # Kidney stones, Charig et al. 1986 (BMJ 292:879): open surgery 93 % and 73 %, percutaneous 87 % and 69 %, yet 78 %
    # to 83 % overall. At equal work (357 small and 343 large stones of 700): 83.25 % and 77.88 %.
    told = standardised_shares(
        cells(
            ("open", "small", 81, 87),
            ("open", "large", 192, 263),
            ("pcnl", "small", 234, 270),
            ("pcnl", "large", 55, 80),
        )
    )
    assert told.loc["open", "crude"] < told.loc["pcnl", "crude"]
    assert told["value"].to_dict() == pytest.approx(
        {"open": (357 * 81 / 87 + 343 * 192 / 263) / 700, "pcnl": (357 * 234 / 270 + 343 * 55 / 80) / 700}
    )
    assert told["value"].round(3).to_dict() == {"open": 0.833, "pcnl": 0.779}
    assert (told["covered"] == 1).all()


def test_groups_with_the_same_work_keep_their_own_shares():
    told = standardised_shares(cells(("a", "x", 8, 10), ("a", "y", 5, 10), ("b", "x", 6, 10), ("b", "y", 6, 10)))
    assert told["value"].to_dict() == pytest.approx(told["crude"].to_dict())


def test_a_stratum_of_few_trials_does_not_count_and_is_told():
    told = standardised_shares(cells(("a", "x", 8, 10), ("a", "y", 1, 1), ("b", "x", 6, 10), ("b", "y", 30, 40)))
    assert told.loc["a", "value"] == pytest.approx(0.8)
    assert told.loc["a", "covered"] == pytest.approx(20 / 61)


def test_a_group_without_a_large_enough_stratum_has_no_figure():
    told = standardised_shares(cells(("a", "x", 1, 2), ("b", "x", 6, 10)))
    assert np.isnan(told.loc["a", "value"])
    assert told.loc["a", "covered"] == 0
    assert np.isnan(standardised_shares(cells(("a", "x", 1, 2))).loc["a", "value"])


def test_the_interval_holds_what_it_promises():
    rng = np.random.default_rng(5)
    held = []
    for _ in range(600):
        trials = {"x": 60, "y": 25, "z": 40}
        rows = [("a", s, int(rng.binomial(n, p)), n) for (s, n), p in zip(trials.items(), (0.9, 0.5, 0.7), strict=True)]
        rows += [("b", "x", 50, 100), ("b", "y", 50, 200), ("b", "z", 10, 50)]
        told = standardised_shares(cells(*rows)).loc["a"]
        truth = (160 * 0.9 + 225 * 0.5 + 90 * 0.7) / 475
        held.append(told["low"] <= truth <= told["high"])
    assert 0.93 <= np.mean(held) <= 0.99
