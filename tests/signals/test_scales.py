import numpy as np
import pytest

from analysis.signals import evaluate
from analysis.signals.scales import LOG, PLAIN, RATE, SHARE, choose_scale, worth

NOTHING = np.full((1, 4), np.nan)


def _months(**figures):
    full = dict.fromkeys(("value", "low", "high", "se", "numerator", "denominator", "n"), NOTHING)
    return full | {name: np.array([row], dtype=float) for name, row in figures.items()}


def test_shares_with_counts_go_to_the_arcsine_with_the_error_of_their_denominator():
    scaled = choose_scale("%", _months(value=[20, 25, 30, 20], numerator=[20, 25, 30, 20], denominator=[100] * 4))
    assert scaled.scale is SHARE
    assert scaled.y[0] == pytest.approx(np.arcsin(np.sqrt((np.array([20, 25, 30, 20]) + 0.375) / 100.75)))
    assert scaled.s[0] == pytest.approx(0.5 / np.sqrt(100.5))


def test_a_month_without_an_event_is_a_small_rate_and_not_a_hole():
    scaled = choose_scale(
        "per_1000", _months(value=[2, 0, 4, 2], numerator=[4, 0, 8, 4], denominator=[2000] * 4, n=[2000] * 4)
    )
    assert scaled.scale is RATE
    assert np.isfinite(scaled.y).all()
    assert scaled.y[0, 1] == pytest.approx(np.sqrt(0.375 / 2))


def test_durations_go_to_the_logarithm_with_errors_that_follow_the_number_of_records():
    value = np.array([2.0, 3.0, 2.5, 2.0])
    scaled = choose_scale("d", _months(value=value, low=value * 0.8, high=value / 0.8, n=[100, 100, 100, 25]))
    assert scaled.scale is LOG
    assert scaled.s[0, 3] == pytest.approx(2 * scaled.s[0, 0])


def test_scores_that_may_be_negative_stay_as_they_are():
    scaled = choose_scale("points", _months(value=[-5, 10, 20, 15], se=[4] * 4, n=[100] * 4))
    assert scaled.scale is PLAIN
    assert scaled.y[0].tolist() == [-5, 10, 20, 15]


def test_a_percentage_that_can_exceed_one_hundred_is_no_share():
    scaled = choose_scale("%", _months(value=[95, 104, 99, 101], numerator=[95, 104, 99, 101], denominator=[100] * 4))
    assert scaled.scale is LOG


@pytest.mark.parametrize("scale", [SHARE, RATE, LOG, PLAIN], ids=lambda scale: scale.name)
def test_every_scale_leads_back_to_where_it_came_from(scale):
    value = np.array([0.5, 7.0, 42.0, 99.0])
    assert scale.inverse(scale.forward(value)) == pytest.approx(value)


def test_the_smallest_change_worth_acting_on_is_the_cards(make_card):
    assert worth(make_card("m", worth_acting_on={"absolute": 2}), 50.0) == 2
    assert worth(make_card("m", worth_acting_on={"relative": 0.1}), 50.0) == pytest.approx(5)
    assert worth(make_card("m", unit="%", worth_acting_on={}), 50.0) == 1


def test_a_month_that_knows_little_is_believed_and_one_that_is_merely_rough_is_not(make_world):
    world = make_world(81)
    world.duration("stage_mean", 0.15 * np.ones((8, 36)), 300, cv=0.9)
    rows = world.rows[-1]
    strange = (rows["business_unit"] == "U003") & (rows["period"] == "2024-02")
    rough = (rows["business_unit"] == "U004") & (rows["period"] == "2024-02")
    rows.loc[strange, ["value", "se", "low", "high"]] = [0.27, 0.13, 0.01, 0.53]
    rows.loc[rough, ["value", "se", "low", "high"]] = [0.27, 0.014, 0.245, 0.295]
    signals = evaluate(world.frame(), world.cards, period="2024-12")
    outliers = [found["business_unit"] for found in signals.findings if found["kind"] == "outlier"]
    assert outliers == ["U004"]
