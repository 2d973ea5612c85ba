"""Control charts against Montgomery's examples, the NHS series and qcc's rules."""

import numpy as np
import pytest

from analysis.statistics.control_charts import p_prime, rules, u_prime, western_electric, xmr

# Montgomery, Introduction to Statistical Quality Control: defective cans of orange juice in samples of 50
ORANGE_JUICE = [
    12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9,
    6,
]  # fmt: skip
# ibid.: nonconformities in samples of 5 computers, and of 100 printed circuit boards
COMPUTERS = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
CIRCUITS = [21, 24, 16, 12, 15, 5, 28, 20, 31, 25, 20, 24, 16, 19, 10, 17, 13, 22, 18, 39, 30, 24, 16, 19, 17, 15]
# ibid.: viscosity of batches of aircraft primer paint, 20 to set the limits and 15 more
VISCOSITY = [
    34.05, 34.40, 33.59, 35.96, 34.70, 33.51, 33.79, 34.04, 34.52, 33.75, 33.27, 33.71, 34.03, 34.58, 34.02,
    33.97, 34.05, 34.04, 33.73, 34.05, 34.39, 33.75, 33.40, 33.27, 34.65, 34.80, 34.55, 35.40, 34.75, 34.50,
    34.70, 34.29, 34.61, 34.49, 35.03,
]  # fmt: skip
# NHS England accident and emergency, 20 weeks: attendances, and those seen within four hours (qicharts2::nhs_accidents)
WITHIN_FOUR_HOURS = [
    266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320, 267923, 271478, 255353,
    256820, 261835, 259144, 255910, 260863, 264465, 260989,
]  # fmt: skip
ATTENDANCES = [
    280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529, 279618, 283932, 266629,
    268091, 276803, 271578, 266005, 273520, 278574, 273772,
]  # fmt: skip


def test_p_chart_of_orange_juice():
    """Montgomery: centre 0.2313, limits 0.0524 and 0.4102, samples 15 and 23 out; without them 0.215, 0.0407,
    0.3893."""
    k, n = np.array(ORANGE_JUICE), np.full(30, 50)
    chart = p_prime(k, n, laney=False)
    assert (chart.centre[0], chart.low[0], chart.high[0]) == pytest.approx((0.2313333, 0.05242755, 0.4102391), abs=5e-8)
    assert (np.flatnonzero(rules(k / n, chart).beyond) + 1).tolist() == [15, 23]
    inside = ~np.isin(np.arange(30), [14, 22])
    revised = p_prime(k, n, laney=False, baseline=inside)
    assert (revised.centre[0], revised.low[0], revised.high[0]) == pytest.approx(
        (0.215, 0.04070284, 0.3892972), abs=5e-8
    )
    assert revised.points == 28


def test_u_chart_of_computers_and_c_chart_of_circuits():
    """Montgomery: u 1.93 [0.06613305, 3.793867]; c 19.84615 [6.481447, 33.21086]."""
    u = u_prime(COMPUTERS, np.full(20, 5), laney=False)
    assert (u.centre[0], u.low[0], u.high[0]) == pytest.approx((1.93, 0.06613305, 3.793867), abs=5e-7)
    c = u_prime(CIRCUITS, np.ones(26), laney=False)
    assert (c.centre[0], c.low[0], c.high[0]) == pytest.approx((19.84615, 6.481447, 33.21086), abs=5e-6)
    assert (np.flatnonzero(rules(CIRCUITS, c).beyond) + 1).tolist() == [6, 20]


def test_individuals_chart_of_viscosity():
    """R qcc after Montgomery: 34.088 [32.56504, 35.61096]; without batch 4: 33.98947 [32.75425, 35.2247]."""
    first = np.arange(35) < 20
    chart = xmr(VISCOSITY, baseline=first)
    assert (chart.centre[0], chart.low[0], chart.high[0]) == pytest.approx((34.088, 32.56504, 35.61096), abs=5e-4)
    without = xmr(VISCOSITY, baseline=first & (np.arange(35) != 3))
    assert (without.centre[0], without.low[0], without.high[0]) == pytest.approx(
        (33.98947, 32.75425, 35.2247), abs=5e-4
    )


def test_western_electric_rules_of_viscosity():
    """R qcc on the 15 later batches against limits without batch 4: rule 1 at 28, rule 3 at 28–31 and 33–35, rule 4
    at 32–35 (published counting from 0 as 27; 27–30, 32–34; 31–34)."""
    chart = xmr(VISCOSITY, baseline=(np.arange(35) < 20) & (np.arange(35) != 3))
    hits = western_electric(VISCOSITY, chart)
    later = np.arange(35) >= 20
    assert np.flatnonzero(hits[:, 0] & later).tolist() == [27]
    assert np.flatnonzero(hits[:, 2] & later).tolist() == [27, 28, 29, 30, 32, 33, 34]
    assert np.flatnonzero(hits[:, 3] & later).tolist() == [31, 32, 33, 34]


def test_laney_limits_of_the_nhs_are_ten_times_wider_than_chance():
    """R qicharts2: 0.9528997 [0.9401296, 0.9656698] in the last week; plain p has 16 of 20 weeks out, p′ none; sigma
    z 10.6404."""
    share = np.array(WITHIN_FOUR_HOURS) / np.array(ATTENDANCES)
    laney, plain = p_prime(WITHIN_FOUR_HOURS, ATTENDANCES), p_prime(WITHIN_FOUR_HOURS, ATTENDANCES, laney=False)
    assert laney.spread_ratio == pytest.approx(10.6404, abs=5e-4)
    assert (laney.centre[0], laney.low[0], laney.high[0]) == pytest.approx((0.9528997, 0.9401296, 0.9656698), abs=2e-6)
    assert rules(share, plain).beyond.sum() == 16
    assert rules(share, laney).beyond.sum() == 0


def test_a_run_of_eight_is_marked_from_its_eighth_point():
    values = np.array([0, 2, 0, 2, 0, 2, 0, 2, 1.5, 1.4, 1.6, 1.5, 1.4, 1.5, 1.6, 1.7, 1.5, 0.1])
    chart = xmr(values, baseline=np.arange(18) < 8)
    hits = rules(values, chart)
    assert hits.run_of_eight.tolist() == [False] * 14 + [True] * 3 + [False]
    assert hits.side[-1] == -1


def test_a_missing_point_neither_extends_nor_breaks_a_run():
    values = np.r_[np.tile([0.0, 2.0], 6), [3.0] * 4, np.nan, [3.0] * 4]
    chart = xmr(values, baseline=np.arange(21) < 12)
    hits = rules(values, chart)
    assert not hits.run_of_eight[16]
    assert hits.run_of_eight[-1]
    assert not hits.beyond[16]


def test_a_constant_series_is_within_its_limits():
    chart = xmr(np.full(20, 0.1 + 0.2))
    hits = rules(np.full(20, 0.1 + 0.2), chart)
    assert not hits.beyond.any()
    assert not hits.run_of_eight.any()


def test_few_points_give_provisional_limits_and_fewer_none():
    assert xmr(np.arange(11.0)).provisional
    assert not xmr(np.arange(12.0)).provisional
    five = xmr(np.arange(5.0))
    assert np.isnan(five.low).all()
    assert not rules(np.arange(5.0), five).beyond.any()
    assert np.isnan(p_prime([1, 2], [10, 10]).high).all()


def test_months_without_denominator_are_gaps():
    k, n = np.r_[ORANGE_JUICE, 3, 4], np.r_[np.full(30, 50), 0, np.nan]
    chart = p_prime(k, n, laney=False)
    assert chart.centre[0] == pytest.approx(0.2313333)
    assert np.isnan(chart.high[30:]).all()


def test_no_event_at_all_gives_limits_of_zero_without_a_warning():
    chart = u_prime(np.zeros(15), np.full(15, 30))
    assert chart.high.tolist() == [0] * 15
    assert not rules(np.zeros(15), chart).beyond.any()


def test_correlated_months_widen_the_limits():
    assert xmr(VISCOSITY, widen=1.5).sigma[0] == pytest.approx(1.5 * xmr(VISCOSITY).sigma[0])
    assert u_prime(COMPUTERS, np.full(20, 5), widen=2).sigma[0] == pytest.approx(
        2 * u_prime(COMPUTERS, np.full(20, 5)).sigma[0]
    )


def test_a_baseline_of_another_length_is_refused():
    with pytest.raises(ValueError, match="baseline has shape"):
        xmr(np.arange(10.0), baseline=[True, False])
