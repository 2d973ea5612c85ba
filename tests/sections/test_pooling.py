"""Months as one figure, drawn by hand: sums over sums, honest intervals where a few records all succeed."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.metrics.cards import read_catalogue
from analysis.sections.pooling import effective_counts, parts, pool
from analysis.sections.segments import judge

CATALOGUE = read_catalogue()


def months(segment: str, numerator: list[float], denominator: list[float], scale: float) -> pd.DataFrame:
    """A segment's months of a ratio or a rate, as measured."""
    frame = pd.DataFrame({"segment": segment, "numerator": numerator, "denominator": denominator, "n": denominator})
    return frame.assign(value=scale * frame["numerator"] / frame["denominator"], se=np.nan)


def shares(**segments: tuple[list[float], list[float], list[int]]) -> pd.DataFrame:
    """Segments of a share within T as measured: values, standard errors and records of each month."""
    frames = [
        pd.DataFrame({"segment": name, "value": value, "se": se, "n": n, "numerator": np.nan, "denominator": np.nan})
        for name, (value, se, n) in segments.items()
    ]
    return pd.concat(frames, ignore_index=True)


def test_a_ratio_of_several_months_is_the_ratio_of_its_sums_not_the_mean_of_its_ratios():
    """1 of 2 and 9 of 98: 10 of 100 are 10 %, though the mean of 50 % and 9.2 % is 29.6 %."""
    pooled = pool(months("A", [1, 9], [2, 98], 100), CATALOGUE["resolution_sla_attainment"]).iloc[0]
    assert (pooled["numerator"], pooled["denominator"], pooled["value"]) == (10, 100, pytest.approx(10.0))
    # Wilson's interval by its formula
    p, n, z = 0.1, 100, 1.959964
    middle, reach = p + z**2 / 2 / n, z * np.sqrt(p * (1 - p) / n + z**2 / 4 / n**2)
    assert pooled["low"] == pytest.approx(100 * (middle - reach) / (1 + z**2 / n), rel=1e-5)
    assert pooled["high"] == pytest.approx(100 * (middle + reach) / (1 + z**2 / n), rel=1e-5)


def test_a_rate_of_several_months_divides_all_events_by_all_exposure_with_the_exact_interval_around_it():
    pooled = pool(months("A", [3, 0, 4], [1000, 3000, 3000], 1000), CATALOGUE["complaints_per_1000_units"]).iloc[0]
    assert pooled["value"] == pytest.approx(1.0)
    assert pooled["low"] == pytest.approx(stats.chi2.ppf(0.025, 14) / 2 / 7, rel=1e-6)
    assert pooled["high"] == pytest.approx(stats.chi2.ppf(0.975, 16) / 2 / 7, rel=1e-6)


def test_month_ends_of_the_same_open_orders_are_no_samples_of_their_own():
    """Five orders that lie the whole year among ten open ones are five of ten, as sure as at one month's end."""
    year = pool(months("A", [5] * 12, [10] * 12, 100), CATALOGUE["backlog_over_30d_share"]).iloc[0]
    p, n, z = 0.5, 10, 1.959964
    reach = z * np.sqrt(p * (1 - p) / n + z**2 / 4 / n**2) / (1 + z**2 / n)
    assert year["value"] == pytest.approx(50.0)
    assert (year["low"], year["high"]) == (pytest.approx(100 * (0.5 - reach)), pytest.approx(100 * (0.5 + reach)))
    assert year["n"] == 120


def test_months_of_one_order_count_in_how_sure_a_mean_is():
    """Eight orders of a mine's excavators in six months. Five months held one of them, which has no error of its own;
    their mean of 58.7K was told as 56.2K-61.2K from the three orders of January alone."""
    by_month = [[12593], [311399], [0, 10120, 0], [129178], [1290], [5099]]
    rows = months("Maintenance", [sum(costs) for costs in by_month], [len(costs) for costs in by_month], 1)
    rows["se"] = [np.std(costs, ddof=1) / len(costs) ** 0.5 if len(costs) > 1 else np.nan for costs in by_month]
    costs = [cost for month in by_month for cost in month]

    year = pool(rows, CATALOGUE["cost_per_order"]).iloc[0]
    assert year["value"] == pytest.approx(np.mean(costs))
    assert year["se"] == pytest.approx(stats.sem(costs)), "as of the eight orders together"
    assert year["low"] < 20_000 < 130_000 < year["high"]

    days = shares(A=([2.0, 9.0, 3.0], [np.nan, np.nan, 0.5], [1, 1, 4]))
    told = pool(days, CATALOGUE["repair_cycle_restricted_mean"]).iloc[0]
    assert told["se"] > 0.9, "before: 0.33, from the month of four orders alone"


def test_quantiles_are_refused_because_no_weighting_makes_the_median_of_the_whole():
    with pytest.raises(ValueError, match="repair_cycle_median"):
        pool(months("A", [1.0], [2.0], 1), CATALOGUE["repair_cycle_median"])


def test_a_share_of_a_few_orders_that_all_succeed_keeps_an_interval_below_100_percent():
    """Twelve months of one order each, all in time: 12 of 12, which Wilson says is at least 75.7 %."""
    pooled = pool(shares(A=([100.0] * 12, [0.0] * 12, [1] * 12)), CATALOGUE["repair_cycle_within_7d"]).iloc[0]
    assert pooled["value"] == 100
    assert pooled["high"] == pytest.approx(100)
    assert pooled["low"] == pytest.approx(100 * 12 / (12 + 1.959964**2), rel=1e-6)


def test_effective_counts_give_back_plain_counts_and_never_more_than_the_records():
    share, n = np.array([0.9, 0.5]), np.array([100, 40])
    events, trials = effective_counts(100 * share, 100 * np.sqrt(share * (1 - share) / n), n)
    np.testing.assert_allclose(trials, n)
    np.testing.assert_allclose(events, share * n)
    assert effective_counts([90.0], [0.1], [20])[1] == [20]
    assert effective_counts([100.0], [0.0], [7]) == (pytest.approx([7]), pytest.approx([7]))


def test_the_parts_of_a_mean_divide_to_the_record_weighted_mean():
    told = parts(shares(A=([2.0, 4.0], [0.2, 0.2], [10, 30])), CATALOGUE["repair_cycle_restricted_mean"]).iloc[0]
    assert told["numerator"] / told["denominator"] == pytest.approx((2 * 10 + 4 * 30) / 40)


def test_a_segment_of_few_records_is_not_named_however_far_it_lies():
    rows = shares(
        few=([0.0], [0.0], [8]),
        **{name: ([95.0], [2.0], [120]) for name in ("b", "c", "d", "e", "f", "g")},
    )
    card = CATALOGUE["repair_cycle_within_7d"]
    judged = judge(pool(rows, card), card).set_index("segment")
    assert judged.loc["few", "outside"] == 0
    assert not judged.loc["few", "enough"]


def test_a_segment_of_many_records_that_lies_far_is_named_and_its_sisters_are_not():
    others = {f"s{place}": ([94.0 + place % 3], [2.0], [120]) for place in range(12)}
    rows = shares(slow=([70.0], [4.2], [120]), **others)
    card = CATALOGUE["repair_cycle_within_7d"]
    judged = judge(pool(rows, card), card).set_index("segment")
    assert judged.loc["slow", "outside"] == -1
    assert (judged.drop("slow")["outside"] == 0).all()
    assert 70 < judged.loc["slow", "shrunk"] < 95


def test_units_without_a_single_complaint_are_not_better_than_the_others_when_none_is_usual():
    """Twelve small units expect 0.1 to 0.5 complaints a month: a month without any is no merit."""
    exposure = np.linspace(100, 500, 12)
    rows = months("x", [0.0] * 11 + [3.0], list(exposure), 1000).assign(segment=[str(i) for i in range(12)])
    judged = judge(rows.assign(low=0.0, high=0.0), CATALOGUE["complaints_per_1000_units"])
    assert (judged.loc[judged["value"] == 0, "outside_alarm"] == 0).all()
    assert (judged.loc[judged["value"] == 0, "low_alarm"] == 0).all()


def balance(*months: list[int]) -> pd.DataFrame:
    """Months of a recommendation score as measured, from the answers of each: 1 promoter, −1 detractor, 0 neither."""
    rows = [
        {
            "segment": "A",
            "numerator": float(np.sum(answers)),
            "denominator": len(answers),
            "n": len(answers),
            "value": 100 * float(np.mean(answers)),
            "se": 100 * np.std(answers, ddof=1) / np.sqrt(len(answers)) if len(set(answers)) > 1 else np.nan,
        }
        for answers in months
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("months_of_answers", [
    ([1, 1, 0, -1, 1], [1, 0, 0, 1, -1, 1], [1, 1, 1, -1]),  # no month below nought: still no share
    ([1, 1, 0, -1, 1], [-1, -1, 0], [1, 1, 1], [1], [-1]),  # months all alike or of one answer have no error
])  # fmt: skip
def test_a_balance_of_answers_has_the_interval_of_all_its_answers_never_that_of_a_share(months_of_answers):
    """Source: the standard error of a mean, of all answers together, reckoned here from the answers themselves."""
    answers = np.concatenate([np.asarray(month, float) for month in months_of_answers])
    pooled = pool(balance(*months_of_answers), CATALOGUE["nps"]).iloc[0]
    se = 100 * answers.std(ddof=1) / np.sqrt(len(answers))
    assert pooled["value"] == pytest.approx(100 * answers.mean())
    assert pooled["low"] == pytest.approx(max(100 * answers.mean() - 1.959964 * se, -100), rel=1e-5)
    assert pooled["high"] == pytest.approx(min(100 * answers.mean() + 1.959964 * se, 100), rel=1e-5)
