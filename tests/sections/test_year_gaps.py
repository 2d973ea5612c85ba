"""A year's gap: sums over sums, as sure as its twelve months allow, never beyond what the figure can be."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.sections.year_gaps import _against_others, no_gaps, years_of
from analysis.signals.possible_gaps import possible_gap
from analysis.signals.scales import LOG, PLAIN, SHARE

CARDS = {name: read_catalogue()[name] for name in ("resolution_sla_attainment", "complaints_per_1000_units", "nps")}
SLA = CARDS["resolution_sla_attainment"]
UNITS = ("A", "B", "C", "D", "E", "all")


def months(shares: dict[str, list[float]], n: int = 100, metric: str = "resolution_sla_attainment") -> pd.DataFrame:
    """Months of shares per unit, `n` records each."""
    parts = []
    for unit, values in shares.items():
        value = np.array(values, dtype=float)
        start = pd.period_range(end="2026-06", periods=len(value), freq="M").start_time
        parts.append(
            pd.DataFrame(
                {
                    "metric": metric,
                    "business_unit": unit,
                    "period_start": start,
                    "value": value,
                    "numerator": value / 100 * n,
                    "denominator": float(n),
                    "n": n,
                    "se": 100 * np.sqrt(np.maximum(value / 100 * (1 - value / 100), 1e-4) / n),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def against(shares: dict[str, list[float]], n: int = 100) -> pd.DataFrame:
    return _against_others(years_of(months(shares, n), CARDS), SLA).set_index("business_unit")


def test_a_year_is_sums_over_sums_of_the_newest_twelve_months():
    rows = months({"A": [0.0, *np.linspace(60, 82, 12)]})
    rows.loc[rows.index[-1], ["numerator", "denominator", "n"]] = [8.2, 10.0, 10]
    year = years_of(rows, CARDS).iloc[0]
    newest = rows.tail(12)
    assert year["value"] == pytest.approx(100 * newest["numerator"].sum() / newest["denominator"].sum())
    assert year["volume"] == newest["denominator"].sum()


def test_fewer_than_twelve_months_are_no_year():
    assert years_of(months({"A": [80.0] * 11}), CARDS).empty


def test_where_nothing_can_be_compared_the_sure_gaps_are_none_and_still_a_table():
    gaps = no_gaps()

    assert gaps[gaps["sure"]].groupby("metric", sort=False).ngroups == 0


def test_one_bad_month_is_no_gap_of_a_year():
    steady = {unit: [80.0 + (at % 3) for at in range(12)] for unit in UNITS}
    found = against(steady | {"A": [*steady["A"][:11], 50.0]})
    assert found.loc["A", "low"] < 0 < found.loc["A", "high"]
    assert found.loc["A", "gap"] > -3


def test_a_gap_of_every_month_is_one_of_the_year():
    steady = {unit: [80.0 + (at % 3) for at in range(12)] for unit in UNITS}
    found = against(steady | {"A": [value - 12 for value in steady["A"]]})
    assert found.loc["A", "gap"] == pytest.approx(-12)
    assert found.loc["A", "high"] < 0
    assert found.loc["A", "p"] < 0.001


def test_a_season_that_all_units_share_makes_a_gap_no_less_sure():
    season = 8 * np.sin(np.arange(12) * np.pi / 6)
    flat = {unit: [80.0 + (at % 3) for at in range(12)] for unit in UNITS}
    lower = flat | {"A": [value - 5 for value in flat["A"]]}
    waved = {unit: list(np.array(values) + season) for unit, values in lower.items()}
    calm, swinging = against(lower), against(waved)
    width = {name: frame.loc["A", "high"] - frame.loc["A", "low"] for name, frame in
             (("calm", calm), ("swinging", swinging))}  # fmt: skip
    assert width["swinging"] < 1.15 * width["calm"]


def test_no_gap_reaches_beyond_what_the_share_can_be():
    found = against({"A": [3.0] * 12, "B": [99.0] * 12, **{unit: [50.0, 90.0] * 6 for unit in UNITS[2:]}}, n=6)
    assert (found["value"] - found["low"] <= 100 + 1e-9).all()
    assert (found["value"] - found["high"] >= -1e-9).all()


@pytest.mark.parametrize(
    ("scale", "unit", "reference", "ends"),
    [
        (SHARE, "%", 5.0, (-5.0, 95.0)),
        (SHARE, "%", 90.0, (-90.0, 10.0)),
        (LOG, "d", 2.0, (-2.0, 500.0)),
        (PLAIN, "points", 35.0, (-135.0, 65.0)),
        (PLAIN, "score", 4.0, (-500.0, 500.0)),
        (SHARE, "%", 120.0, (-500.0, 500.0)),  # a target beyond the scale says nothing of its ends
    ],
)
def test_the_gap_to_a_target_stays_within_what_the_figure_can_be(scale, unit, reference, ends):
    sides = np.array([-500.0]), np.array([500.0])
    told = possible_gap(*sides, np.array([reference]), scaled=SimpleNamespace(scale=scale), unit=unit, exact=True)
    assert tuple(float(side[0]) for side in told) == ends


def test_the_gap_to_a_figure_that_is_itself_unsure_can_span_the_scale():
    sides = np.array([-500.0]), np.array([500.0])
    told = possible_gap(*sides, np.array([5.0]), scaled=SimpleNamespace(scale=SHARE), unit="%", exact=False)
    assert tuple(float(side[0]) for side in told) == (-100.0, 100.0)
