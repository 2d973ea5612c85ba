"""What one page says of one figure goes together: no sentence, forecast or limit tells another story than the next."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.language import plain
from analysis.sections import decomposition, driving, relapse, yearly
from analysis.sections.areas_at_a_glance import _change
from analysis.sections.gap_chart import say_side
from analysis.sections.gaps import comparable, pool_months
from analysis.sections.new_level import new_levels, new_year
from analysis.sections.pooling import pool
from analysis.statistics.forecasting import forecast

CATALOGUE = read_catalogue()
GOOD_YEAR = [99.0, 82.0, 97.0, 86.0, 99.0, 84.0, 96.0, 88.0, 83.0, 99.0, 93.0, 86.0]
LAST_YEAR = [70.4, 77.8, 92.6, 73.1, 88.5, 76.0, 92.6, 85.7, 73.3, 85.7, 82.1, 80.4]
CSAT, USED = CATALOGUE["csat_top2_share"], CATALOGUE["technician_utilisation"]


class Page:
    """A report of one metric's months and no finding."""

    catalogue = CATALOGUE
    languages = ("en", "zh")
    business_unit = "U02"
    run = SimpleNamespace(store=SimpleNamespace(has=lambda _: False))

    def __init__(self, rows: pd.DataFrame, findings: tuple = ()):
        self.rows, self.found = rows, findings

    def once(self, _what: str, make):
        return make()

    def kpi(self, _metric: str) -> None:
        return None

    def series(self, _metric: str) -> pd.DataFrame:
        return self.rows

    def findings(self) -> tuple:
        return self.found

    def segment_name(self, _breakdown: str, segment: str) -> dict[str, str]:
        return plain(segment)


def months_of(shares: list[float], n: int = 40) -> pd.DataFrame:
    period = pd.period_range(end="2026-06", periods=len(shares), freq="M")
    value = 100 * np.round(np.array(shares) / 100 * n) / n
    return pd.DataFrame(
        {
            "period": period.astype(str),
            "period_start": period.to_timestamp(),
            "value": value,
            "numerator": value / 100 * n,
            "denominator": float(n),
            "n": n,
            "se": 100 * np.sqrt(value / 100 * (1 - value / 100) / n),
            "low": value - 12,
            "high": np.minimum(value + 12, 100),
            "mature": True,
        }
    )


def two_years(before: float, after: float, swing: float) -> pd.DataFrame:
    ups = np.tile([swing, -swing, 0.0], 4)
    return months_of([*(before + ups), *(before - ups), *(after + ups)])


def test_a_forecast_starts_where_the_last_year_stands_when_the_page_says_that_the_year_has_moved():
    """The last twelve months of U02, after two years of 91 %: smoothing alone expected 87 %."""
    page = Page(months_of([*GOOD_YEAR, *GOOD_YEAR[::-1], *LAST_YEAR], n=27))
    moved = yearly.year_moved(page, CSAT.id)
    assert moved.beyond
    leaning, _ = decomposition.forecast_rows(page, page.rows, CSAT)
    assert leaning.value[0] > 85
    ahead, started = decomposition.forecast_rows(page, page.rows, CSAT, year=moved)
    assert started
    assert ahead.value == pytest.approx(np.mean(LAST_YEAR), abs=0.7)
    parts = decomposition.decompose_rows(page, page.rows, CSAT)
    told = decomposition._headline(SimpleNamespace(**{**vars(parts), "trend_found": False}), CSAT, moved)["en"]
    assert "no trend beyond chance" not in told
    said = told.replace("\u00a0", " ")
    assert re.search(r"the last 12 months together lie −9\.\d+ pp \(−\d+\.\d+ to −\d\.\d+ pp\) from the 12", said)
    assert "from the level of the last 12 months" in decomposition._ahead(ahead, CSAT, moved)["en"]
    dated = {"kind": "level_shift", "metric": CSAT.id, "business_unit": "U02", "since": "2025-09"}
    assert new_levels(Page(page.rows, (dated,)), CSAT) == [pd.Period("2025-09", "M")]


def test_the_company_names_the_units_whose_year_fell_and_no_quiet_one():
    """South China's year fell by nine points; eleven quiet units are not named for being looked at."""
    fell = months_of([*GOOD_YEAR, *GOOD_YEAR[::-1], *LAST_YEAR], n=27).assign(business_unit="U02")
    quiet = [two_years(86.0, 85.0, 3.0).assign(business_unit=f"Q{n}") for n in range(11)]
    rows = pd.concat([fell, *quiet], ignore_index=True)
    page = Page(rows)
    page.is_company, page.period = True, "2026-06"
    units = ["U02", *(f"Q{n}" for n in range(11))]
    page.run = SimpleNamespace(rows=lambda *_, **__: rows, business_units=units, unit_name=plain)
    told = yearly.years_told(page, CSAT.id)
    assert re.search(r"beyond chance: U02 81(\.\d)?% \(−9\.\d pp\)$", told.headline["en"].replace("\u00a0", " "))
    assert told.metric == CSAT.id
    page.is_company = False
    assert yearly.years_told(page, CSAT.id) is None


def test_a_units_own_page_tells_its_year_as_moved_only_where_it_survives_among_all_units():
    """Seven points less, which alone would be called more than chance, is what one of twenty-four such years shows."""
    fell = months_of([*GOOD_YEAR, *GOOD_YEAR[::-1], *LAST_YEAR], n=27).assign(business_unit="U02")
    quiet = [two_years(86.0, 85.0, 3.0).assign(business_unit=f"Q{n}") for n in range(23)]
    less = two_years(86.0, 80.0, 4.0).assign(business_unit="U03")
    rows = pd.concat([fell, less, *quiet], ignore_index=True)

    def page_of(unit: str) -> Page:
        page = Page(rows[rows["business_unit"] == unit])
        page.business_unit, page.period, page.is_company = unit, "2026-06", False
        page.run = SimpleNamespace(rows=lambda *_, **__: rows)
        return page

    sure, doubtful = page_of("U02"), page_of("U03")
    assert (
        yearly.year_told(sure, CSAT.id).headline["en"].startswith("Satisfied customers (CSAT) over twelve months: 81")
    )
    assert yearly.year_on_year(sure, CSAT.id)["en"].endswith("more than chance would make it.")
    assert yearly.year_moved(doubtful, CSAT.id).beyond, "the case that this is about"
    assert yearly.year_told(doubtful, CSAT.id) is None
    assert "a hint, not yet sure among all that is compared" in yearly.year_on_year(doubtful, CSAT.id)["en"]
    assert new_year(doubtful, CSAT) is None


def test_a_quiet_year_changes_nothing_about_the_forecast():
    page = Page(two_years(86.0, 85.0, 3.0))
    assert not yearly.year_moved(page, CSAT.id).beyond
    assert new_year(page, CSAT) is None
    dated = {"kind": "trend", "metric": CSAT.id, "business_unit": "U02", "since": "2025-01"}
    assert new_year(Page(two_years(90.0, 80.0, 3.0), (dated,)), CSAT) is None, "a finding tells it"


def test_a_years_change_is_no_surer_than_its_months_let_it_be():
    """Six thousand records a month leave no doubt by sampling; months that swing by twenty points do."""
    wild = two_years(80.0, 76.0, 0.0)
    rng = np.random.default_rng(5)
    wild["value"] = np.clip(wild["value"] + 20 * rng.standard_normal(36), 5, 100)
    wild = wild.assign(denominator=6_000.0, n=6_000, numerator=wild["value"] * 60)
    wild["se"] = 100 * np.sqrt(wild["value"] / 100 * (1 - wild["value"] / 100) / 6_000)
    moved = yearly.year_moved(Page(wild), CSAT.id)
    assert moved.high - moved.low > 15
    assert not moved.beyond
    calm = yearly.year_moved(Page(two_years(90.0, 80.0, 0.0)), CSAT.id)
    assert calm.high - calm.low == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 480 + 0.9 * 0.1 / 480) * 100, rel=0.05)


def test_a_rise_of_nine_months_is_not_drawn_out_for_a_year():
    counts = pd.Series([10, 14, 15, 17, 18, 22, 26, 27, 37], pd.period_range("2025-10", periods=9, freq="M"))
    ahead = forecast(counts, horizon=12, kind="count", events=counts.to_numpy(), exposure=np.ones(9))
    assert np.ptp(ahead.value) == pytest.approx(0, abs=1e-9)
    assert ahead.value[0] < 37
    assert ahead.high[-1] > 60, "that it goes on remains possible"
    long = pd.Series(np.exp(3 + 0.02 * np.arange(36)).round(), pd.period_range("2023-07", periods=36, freq="M"))
    drawn = forecast(long, horizon=12, kind="count", events=long.to_numpy(), exposure=np.ones(36))
    assert drawn.value[-1] > drawn.value[0]


def test_an_interval_of_months_above_100_does_not_end_at_100():
    paid = np.array([240.0, 238.0, 250.0])
    rows = pd.DataFrame(
        {"segment": "all", "numerator": paid * [1.08, 0.967, 0.96], "denominator": paid, "n": [5, 5, 5]}
    )
    rows = rows.assign(value=100 * rows["numerator"] / rows["denominator"], se=[3.0, 10.0, 10.0], low=np.nan)
    rows = rows.assign(high=np.nan, period=["2026-04", "2026-05", "2026-06"])
    assert pool(rows, USED)["high"].iloc[0] > 105
    assert pool_months(rows, USED)["high"] > 105
    assert pool(rows.assign(numerator=paid * 0.95, value=95.0), USED)["high"].iloc[0] < 100


@pytest.mark.parametrize(("repairs", "points"), [(60, False), (900, True)])
def test_ten_units_that_came_back_do_not_point_to_the_repair(repairs, points):
    """Half of them within 50 of 180 days: of ten that is chance, of 150 it is not."""
    time = np.array([0.0, 30, 50, 60, 90, 180])
    curve = pd.DataFrame({"time": time, "value": 16.7 * np.array([0.0, 0.3, 0.5, 0.52, 0.7, 1.0])})
    told = relapse._half(curve, repairs)["en"]
    assert ("points to the repair" in told) == points
    assert ("so few" in told) == (not points)


def test_relapses_spread_evenly_point_to_chance_and_age():
    curve = pd.DataFrame({"time": np.linspace(0, 180, 7), "value": np.linspace(0, 20, 7)})
    assert "spread over the whole time" in relapse._half(curve, 1_000)["en"]


def aspects(**parts: float) -> pd.DataFrame:
    told = pd.DataFrame({"segment": list(parts), "part": list(parts.values())})
    told = told.assign(
        part_low=told["part"] - 1.0, part_high=told["part"] + 1.0, good=80.0, good_low=78.0, good_high=82.0
    )
    return told.assign(gain=0.2 * told["part"])


def test_where_one_aspect_lies_apart_the_headline_does_not_call_them_alike():
    least = aspects(speed=13.6, ease=13.2, clear=13.1, kind=12.9, sure=13.0, skill=12.9, feedback=12.7, manner=8.6)
    told = driving._headline(Page(pd.DataFrame()), least)["en"]
    assert told.startswith("No aspect leads; manner goes least")
    alike = aspects(speed=13.4, ease=12.9, clear=12.6, kind=12.5, sure=12.4, skill=12.3, feedback=12.1, manner=11.8)
    assert "is beyond an even one" in driving._headline(Page(pd.DataFrame()), alike)["en"]


def test_summary_and_area_word_one_comparison_alike():
    change = {"versus": "year_ago", "value": 1.63, "low": 0.7, "high": 2.64, "significant": False, "p": 0.002}
    assert _change(change, "d")["en"].endswith("a hint")
    assert say_side(0, -3.0, "hint")["en"] == "worse, a hint"
    swings = change | {"low": -0.2, "p": 0.2, "sampled": True}
    assert _change(swings, "d")["en"].endswith("within the usual swings")


def test_one_figure_under_two_names_is_compared_once():
    changes = '[{"versus": "peers", "value": -4.0, "low": -9.0, "high": 1.0, "p": 0.1}]'
    row = {"value": 59.0, "low": 50.0, "high": 67.0, "n": 166.0, "unit": "%", "changes": changes}
    rows = [{**row, "metric": name} for name in ("nps_promoter_share", "recommendation_intent")]
    rows[1]["changes"] = changes.replace("-9.0", "-9.3")  # its months' spread is estimated by itself
    bare = [{**row, "metric": name, "changes": "[]"} for name in ("csat_top2_share", "ces_easy_share")]
    page = SimpleNamespace(kpi_rows=[*rows, *bare], catalogue=CATALOGUE)
    assert [one["metric"] for one in comparable(page)] == ["nps_promoter_share", "csat_top2_share", "ces_easy_share"]
