"""How figures are written: three significant figures, K/M against 万/亿, nothing missing or tiny as a number."""

import math

import pandas as pd
import pytest

from analysis.presentation.formatting import (
    common_decimals,
    fmt_change,
    fmt_count,
    fmt_date,
    fmt_interval,
    fmt_number,
    fmt_period,
    fmt_value,
    is_missing,
    month_name,
    unit_label,
)
from analysis.presentation.telling import tell_estimate, tell_span, tell_value

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (2.314, "d", f"2.31{NBSP}days", "2.31天"),
        (1, "d", f"1{NBSP}day", "1天"),
        (0, "d", f"0{NBSP}days", "0天"),
        (86.34, "%", "86.3%", "86.3%"),
        (0, "%", "0%", "0%"),
        (-0.0, "%", "0%", "0%"),
        (0.04, "%", "< 0.1%", "< 0.1%"),
        (-0.04, "%", "> −0.1%", "> −0.1%"),
        (0.1, "%", "0.1%", "0.1%"),
        (99.97, "%", "> 99.9%", "> 99.9%"),
        (100, "%", "100%", "100%"),
        (0.004, "per_1000", f"< 0.01{NBSP}per 1,000", "< 0.01"),
        (5.27, "per_1000", f"5.27{NBSP}per 1,000", "5.27"),
        (5120, "n", "5,120", "5,120"),
        (12_345, "n", "12.3K", "1.23万"),
        (99_999, "n", "100K", "10万"),
        (1_234_567, "n", "1.23M", "123万"),
        (123_456_789, "n", "123M", "1.23亿"),
        (1_200_000, "CNY", "¥1.2M", "¥120万"),
        (-15_400, "CNY", "−¥15.4K", "−¥1.54万"),
        (174, "CNY", "¥174", "¥174"),
        (0.4567, "CNY", "¥0.46", "¥0.46"),
        (-0.024, "CNY", "−¥0.02", "−¥0.02"),
        (0.004, "CNY", "< ¥0.01", "< ¥0.01"),
        (-0.004, "CNY", "> −¥0.01", "> −¥0.01"),
        (1_200, "JPY", "JP¥1,200", "JP¥1,200"),
        (12.5, "USD", "$12.5", "US$12.5"),
        (0.97, "ratio", "0.97", "0.97"),
        (7.5, "furlongs", f"7.5{NBSP}furlongs", "7.5furlongs"),
    ],
)
def test_a_value_is_written_as_its_reader_writes_it(value, unit, en, zh):
    assert fmt_value(value, unit, "en") == en
    assert fmt_value(value, unit, "zh") == zh


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf, -math.inf, pd.NaT, pd.NA])
def test_what_is_missing_is_a_dash_and_never_a_number(nothing):
    assert is_missing(nothing)
    written = [fmt_value(nothing, "d"), fmt_number(nothing, "%"), fmt_change(nothing, "d"), fmt_count(nothing)]
    assert written == ["–"] * 4
    assert fmt_interval(nothing, nothing, "d") == "–"


def test_no_figure_shows_more_than_three_significant_figures_unless_whole():
    for exponent in range(-1, 9):
        written = fmt_number(3.14159 * 10**exponent, "n", "en").rstrip("KMB").replace(",", "")
        assert len(written.replace(".", "").lstrip("0")) <= 4, written


@pytest.mark.parametrize(
    ("low", "high", "unit", "en"),
    [
        (2.11, 2.55, "d", f"2.11–2.55{NBSP}days"),
        (2.1, 2.55, "d", f"2.10–2.55{NBSP}days"),
        (76.24, 80.5, "%", "76.2–80.5%"),
        (-0.35, 0.17, "d", f"−0.35 to 0.17{NBSP}days"),
        (169.2, 180, "CNY", "¥169–180"),
        (-10.4, 13, "CNY", "−¥10.4 to ¥13.0"),
        (2.1, None, "d", f"≥ 2.1{NBSP}days"),
        (None, 9, "d", f"≤ 9{NBSP}days"),
        (9800, 12000, "n", "9,800–12,000"),
        (12, 15000, "n", "12–15,000"),
        (0, 15000, "n", "0–15K"),
        (99_000, 1_200_000, "CNY", "¥99K–1,200K"),
        (5_000, 2_000_000, "n", "5K–2,000K"),
        (-12_000, 9_000, "CNY", "−¥12,000 to ¥9,000"),
    ],
)
def test_both_ends_of_an_interval_share_their_decimals_and_one_unit(low, high, unit, en):
    assert fmt_interval(low, high, unit, "en") == en


@pytest.mark.parametrize(
    ("value", "unit", "relative", "en", "zh"),
    [
        (0.31, "d", False, f"+0.31{NBSP}days", "+0.31天"),
        (-1.2, "%", False, f"−1.2{NBSP}pp", "−1.2个百分点"),
        (0.12, "d", True, "+12%", "+12%"),
        (-0.024, "CNY", False, "−¥0.02", "−¥0.02"),
        (-0.004, "CNY", False, "> −¥0.01", "> −¥0.01"),
        (0.0, "d", False, "no change", "持平"),
        (-0.0, "%", False, "no change", "持平"),
    ],
)
def test_a_change_carries_its_sign_and_shares_change_in_points(value, unit, relative, en, zh):
    assert fmt_change(value, unit, "en", relative=relative) == en
    assert fmt_change(value, unit, "zh", relative=relative) == zh


def test_changes_side_by_side_share_their_decimals():
    assert [fmt_change(v, "d", decimals=2) for v in (0.1, -0.052)] == [f"+0.10{NBSP}days", f"−0.05{NBSP}days"]


@pytest.mark.parametrize(
    ("period", "en", "zh", "short"),
    [
        ("2025-06", "June 2025", "2025年6月", "Jun 25"),
        ("2025-Q2", "Q2 2025", "2025年二季度", "Q2 25"),
        ("2025", "2025", "2025年", "2025"),
    ],
)
def test_periods_are_said_in_each_language(period, en, zh, short):
    assert (fmt_period(period, "en"), fmt_period(period, "zh"), fmt_period(period, "en", short=True)) == (en, zh, short)


def test_days_and_months_are_said_in_each_language():
    assert (fmt_date("2026-07-05", "en"), fmt_date("2026-07-05", "zh")) == ("5 July 2026", "2026年7月5日")
    assert (fmt_date(None), month_name(7, "en"), month_name(7, "zh")) == ("–", "July", "7月")


def test_exact_counts_show_every_digit():
    assert (fmt_count(12_345, "en", exact=True), fmt_count(12_345, "zh", exact=True)) == ("12,345", "12,345")


def test_a_column_has_one_precision():
    assert [common_decimals(v) for v in ([1, 2], [2.314, 1], [231.4, 1.25], [None, math.nan], [0.0])] == [0, 2, 0, 0, 0]


def test_plain_counts_and_ratios_have_no_unit():
    assert [unit_label(unit, "en") for unit in ("n", "ratio", "", "%", "CNY")] == ["", "", "", "%", "¥"]


def test_an_interval_from_nought_to_less_than_the_smallest_share_is_said_once():
    assert fmt_interval(0.0, 0.0064, "%", "en") == "< 0.1%"
    assert fmt_interval(0.012, 0.064, "%", "en") == "< 0.1%"
    assert fmt_interval(0.0, 1.65, "%", "en") == "0.00–1.65%"
    assert fmt_interval(-0.004, 3.08, "per_1000", "en").startswith("−0.01 to 3.08")


def test_in_chinese_the_base_of_a_rate_stands_in_its_name_and_not_again_beside_its_figure():
    assert fmt_change(0.5, "per_1000", "zh", decimals=2) == "+0.50"
    assert fmt_change(-0.004, "per_1000", "zh") == "> −0.01"
    assert fmt_interval(-0.06, 1.19, "per_1000", "zh") == "−0.06至1.19"
    assert fmt_change(0.12, "per_1000", "zh", relative=True) == "+12%"


def test_running_chinese_says_a_span_and_an_edge_in_words():
    assert tell_span("2025-07", "2026-06") == {"en": "July 2025 – June 2026", "zh": "2025年7月至2026年6月"}
    assert tell_span("2026-04", "2026-06")["zh"] == "2026年4月至6月"
    assert tell_span("2025-Q1", "2025-Q3")["zh"] == "2025年一季度至三季度"
    assert tell_span("2024", "2025")["zh"] == "2024年至2025年"
    assert tell_value(0.04, "%") == {"en": "< 0.1%", "zh": "不到0.1%"}
    assert tell_value(99.97, "%") == {"en": "> 99.9%", "zh": "超过99.9%"}


def test_nought_and_its_interval_are_told_in_one_unit_that_suits_the_interval():
    value, interval = tell_estimate(0.0, 0.0, 0.083, "h")
    assert (value["en"], interval["en"]) == ("0\xa0minutes", "0.00–4.98\xa0minutes")
