"""A card says what its row of signals says: words, icons, numbers and line come from the same values."""

import json
import math

import pandas as pd
import pytest

from analysis.metrics.kinds import Derived
from analysis.presentation.blocks import KpiCards, kpi_card

NBSP = "\u00a0"
ROW = {
    "metric": "repair_cycle_median",
    "period": "2026-06",
    "value_period": "2026-06",
    "value": 2.31,
    "low": 2.11,
    "high": 2.55,
    "n": 412,
    "previous": 2.05,
    "year_ago": 2.40,
    "peers": 2.1,
    "target": 2.0,
    "changes": json.dumps(
        [
            {"versus": "previous", "value": 0.26, "low": 0.1, "high": 0.4, "significant": True},
            {"versus": "year_ago", "value": -0.09, "low": -0.35, "high": 0.17, "significant": False},
        ]
    ),
    "signal": "worsening",
    "assurance": "misses",
    "chart": json.dumps(
        {"centre": [2.0] * 3, "low": [1.8] * 3, "high": [2.2] * 3, "kind": "xmr", "provisional": False}
    ),
}


def shown(metric_card, language="en", history=None, card=None, **changes):
    return KpiCards([kpi_card(ROW | changes, metric_card(**(card or {})), history=history)]).html(language)


def test_a_card_tells_value_interval_count_changes_target_and_peers(metric_card):
    html = shown(metric_card)
    for said in (
        "2.31",
        "days",
        f"2.11–2.55{NBSP}days",
        "n = 412",
        "412",
        f"+0.26{NBSP}days",
        f"−0.09{NBSP}days",
        "Worsening",
    ):
        assert said in html
    assert f"Misses the target of 2{NBSP}days" in html
    assert "median of others" in html


def test_a_card_reads_the_same_in_chinese(metric_card):
    html = shown(metric_card, "zh")
    for said in ("维修周期", "2.11–2.55天", "环比", "同比", "恶化", "未达目标2天", "其他单位中位数"):
        assert said in html


def test_only_a_change_beyond_chance_is_coloured_and_called_clear(metric_card):
    html = shown(metric_card)
    assert f'<dd class="bad">+0.26{NBSP}days <span class="sure">clear' in html
    assert f'<dd class="flat">−0.09{NBSP}days</dd>' in html


@pytest.mark.parametrize(("better", "tone"), [("lower", "bad"), ("higher", "good"), ("none", "flat")])
def test_the_colour_of_a_change_follows_the_metrics_direction(metric_card, better, tone):
    assert f'<dd class="{tone}">+0.26' in shown(metric_card, card={"better": better})


def test_shares_change_in_percentage_points(metric_card):
    html = shown(metric_card, card={"unit": "%"}, value=78.4, low=76.0, high=80.0)
    assert f"+0.3{NBSP}pp" in html
    assert "76–80%" in html or "76.0–80.0%" in html


def test_a_card_without_a_value_says_why_and_shows_no_number(metric_card):
    nothing = dict.fromkeys(("low", "high", "previous", "year_ago", "peers", "target"), math.nan)
    html = shown(metric_card, value=None, reason="window not passed", signal="insufficient", changes="[]", **nothing)
    assert '<span class="number">–</span></p>' in html
    assert "The follow-up window has not passed yet" in html
    assert "nan" not in html
    assert "0" not in html.split("<svg")[0].split("<h3>")[1].replace("2026", "")


def test_an_unknown_reason_is_shown_as_it_is_and_none_as_not_available(metric_card):
    assert "meteor" in shown(metric_card, value=None, reason="meteor")
    assert "Not available" in shown(metric_card, value=None, reason=math.nan)


def test_an_older_value_names_its_period(metric_card):
    assert '<p class="about">April 2026</p>' in shown(metric_card, value_period="2026-04")
    assert 'class="about"' not in shown(metric_card)


def test_no_assurance_without_a_target_and_a_target_alone_is_still_told(metric_card):
    assert "target" not in shown(metric_card, target=None).lower()
    assert f"Target 2{NBSP}days" in shown(metric_card, assurance=None)


def test_provisional_limits_say_so(metric_card):
    chart = json.dumps({"provisional": True})
    assert "limits provisional" in shown(metric_card, chart=chart)
    assert "limits provisional" not in shown(metric_card, chart=chart, signal="insufficient")


@pytest.mark.parametrize("signal", ["improving", "worsening", "steady", "unusual", "insufficient"])
def test_every_signal_has_words_and_an_icon_of_its_own_shape(metric_card, signal):
    html = shown(metric_card, signal=signal, assurance=None, target=None)
    assert html.count('class="icon"') == 1
    icon = html.split('<svg class="icon"')[1].split("</svg>")[0]
    others = [
        shown(metric_card, signal=other, assurance=None, target=None)
        for other in ("improving", "steady")
        if other != signal
    ]
    assert all(icon not in other for other in others)


def test_currencies_carry_their_sign_before_the_figure(metric_card):
    html = shown(metric_card, "zh", card={"unit": "CNY"}, value=1_234_567, low=1.2e6, high=1.27e6)
    assert '<span class="number">¥123万</span></p>' in html
    assert "¥120万–127万" in html


def test_an_n_is_a_number_of_records_and_never_an_amount_of_money(metric_card):
    totals = {"kind": "derived", "how": Derived(function="ratio_of_totals", of=("cost", "revenue"))}
    assert "n = 5.75M" in shown(metric_card, n=5.75e6)
    assert "n = " not in shown(metric_card, card=totals, n=5.75e6)


def test_the_line_takes_its_limits_from_the_adjusted_rows_or_from_the_row(metric_card):
    adjusted = pd.DataFrame(
        {"observed": [2.0, 2.1, 2.31], "centre": 2.0, "low": 1.8, "high": 2.2, "out": [False, False, True]}
    )
    measured = pd.DataFrame({"value": [1.9, 2.0, 2.1, 2.31], "low": 1.0, "high": 3.0})
    for history in (adjusted, measured):
        html = shown(metric_card, history=history)
        spark = html.split('class="spark"')[1]
        assert "var(--band)" in spark
        assert "var(--bad)" in spark
    assert 'class="spark"' not in shown(metric_card)
    assert 'class="spark"' not in shown(metric_card, history=measured.iloc[:0])


def test_a_row_with_nothing_but_a_name_is_still_a_card(metric_card):
    html = KpiCards([kpi_card({"metric": "m", "period": "2026-06"}, metric_card())]).html("en")
    assert "Too few to say" in html


def test_no_cards_are_no_section(metric_card):
    assert KpiCards([]).html("en") == ""


def test_changes_are_as_precise_as_the_figure_and_what_that_rounds_away_is_no_change(metric_card):
    changes = [{"versus": "previous", "value": 0.038}, {"versus": "year_ago", "value": 0.0042}]
    html = shown(metric_card, changes=json.dumps(changes))
    assert f"+0.04{NBSP}days" in html
    assert "+0.0042" not in html
    assert ">no change<" in html


def test_a_card_does_not_say_now_this_now_that_where_a_miss_is_beyond_chance(metric_card):
    sure = json.dumps([{"versus": "target", "value": 1.67, "low": 0.9, "high": 2.6, "significant": True}])
    told = {"assurance": "varies", "target_met": False}
    assert "Misses the target" in shown(metric_card, changes=sure, **told)
    assert "Now meets, now misses" in shown(metric_card, changes=sure.replace("true", "false"), **told)


def test_months_that_do_not_follow_each_other_are_no_line(metric_card):
    from analysis.presentation.sparkline import Spark, sparkline

    assert sparkline(Spark((None, 7.0, None, 5.0))) == ""
    assert sparkline(Spark((None, 7.0, 6.0, None, 5.0))).count("<path") == 1


def test_a_card_of_minutes_tells_all_its_figures_in_minutes(metric_card):
    """Median response of a help desk: "0.0083 days (0.0067–0.011 days)" stood on it."""
    tiny = {
        "value": 0.01,
        "low": 0.005,
        "high": 0.12,
        "previous": 0.02,
        "year_ago": None,
        "peers": 0.03,
        "target": 0.05,
    }
    changes = [{"versus": "previous", "value": -0.01, "low": -0.02, "high": 0.0, "significant": True}]
    html = shown(metric_card, **tiny, changes=json.dumps(changes))
    told = ("0.24", f"0.12–2.88{NBSP}hours", f"−0.24{NBSP}hours", f"1.2{NBSP}hours", f"0.72{NBSP}hours")
    assert [one for one in told if one not in html] == []
    assert "days" not in html
    assert "小时" in shown(metric_card, "zh", **tiny, changes=json.dumps(changes))
