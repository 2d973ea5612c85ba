"""One question has one answer: whether a unit is apart from the others is told alike by its area's page and by the
benchmarks; what one month leaves open twelve months settle, with their swings counted."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation import blocks
from analysis.presentation.language import plain
from analysis.presentation.perhaps import say_perhaps
from analysis.presentation.told import Item
from analysis.sections import peers
from analysis.sections.areas_at_a_glance import areas_at_a_glance
from analysis.sections.change import changes_of_months, error_of_swings, is_beyond_chance
from analysis.sections.gaps import gaps_to_peers
from analysis.sections.target_years import say_target_years, target_years, years_missed
from analysis.sections.unit_years import swings, unit_years
from analysis.sections.units import units, units_told
from analysis.sections.work_left import say_put_off, say_waiting
from analysis.sections.year_gaps import all_year_gaps, year_gaps
from analysis.statistics.bills import Bill

CATALOGUE = read_catalogue()
COST = CATALOGUE["cost_per_order"]
UNITS = [f"U{n:02d}" for n in range(1, 11)]
MONTHS = pd.period_range(end="2026-06", periods=24, freq="M")


def cost_months(unit: str, mean: float, *, swing: float = 0.0, n: int = 60, seed: int = 0) -> pd.DataFrame:
    """Two years of costs per order: sampling of ¥12 a month, and what months swing besides."""
    rng = np.random.default_rng((7, seed))
    value = mean + np.hypot(12.0, swing) * rng.standard_normal(len(MONTHS))
    return long_rows("cost_per_order", unit, value, se=12.0, n=n, counted=False)


def long_rows(metric: str, unit: str, value: np.ndarray, *, se: float, n: int, counted: bool) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": metric,
            "business_unit": unit,
            "breakdown": "",
            "grain": "month",
            "period": MONTHS.astype(str)[-len(value) :],
            "period_start": MONTHS.to_timestamp()[-len(value) :],
            "value": value,
            "numerator": value * n / (100 if counted else 1),
            "denominator": float(n),
            "n": n,
            "se": se,
            "low": value - 2 * se,
            "high": value + 2 * se,
            "mature": True,
        }
    )


class Page:
    """A report on drawn months of several units."""

    catalogue, languages, period = CATALOGUE, ("en", "zh"), "2026-06"

    def __init__(self, rows: pd.DataFrame, unit: str = "all", kpis: tuple[dict[str, Any], ...] = ()):
        self.rows, self.business_unit, self.kpi_rows = rows, unit, list(kpis)
        self.is_company, self.unit_name, self.touched, self.made = unit == "all", plain(unit), [], {}
        names = sorted(set(rows["business_unit"]) - {"all"})
        self.run = SimpleNamespace(
            rows=self._read,
            unit_name=plain,
            missing={},
            business_units=names,
            store=SimpleNamespace(business_units=["all", *names]),
        )

    def _read(self, table: str, **equal: str) -> pd.DataFrame:
        if table == "kpis":
            return pd.DataFrame(columns=["metric", "business_unit", "changes"])
        rows = self.rows
        for name, value in equal.items():
            rows = rows[rows[name] == value]
        return rows.copy()

    def series(self, metric: str) -> pd.DataFrame:
        return self._read("measurements", metric=metric, business_unit=self.business_unit)

    def once(self, what: str, make: Any) -> Any:
        return self.made.setdefault(what, make())

    def tells(self, metric: str) -> bool:
        return bool(self.rows["metric"].eq(metric).any())

    def kpi(self, metric: str) -> Any:
        return next((row for row in self.kpi_rows if row["metric"] == metric), None)

    def lacks(self, *_: Any) -> None:
        return None

    def section(self, *, headline: Any, subtitle: Any, parts: Any) -> blocks.Section:
        return blocks.Section(headline, subtitle, tuple(parts), languages=("en", "zh"))


def kpi(metric: str, value: float, **more: Any) -> dict[str, Any]:
    """A row of key figures: one month, as the signals left it."""
    row = {"metric": metric, "value": value, "low": value - 20, "high": value + 20, "n": 60, "unit": "x", "se": 10.0}
    row |= {"signal": "steady", "signal_reason": None, "target": None, "target_met": None, "changes": "[]"}
    return {**row, "period": "2026-06", "value_period": "2026-06", **more}


def business(*, dear: float, swing: float = 0.0) -> pd.DataFrame:
    """Ten units around ¥170, the first of them at `dear`."""
    parts = [cost_months(unit, dear if unit == "U01" else 170.0, swing=swing, seed=n) for n, unit in enumerate(UNITS)]
    whole = pd.concat(parts).groupby("period", as_index=False)["value"].mean()
    return pd.concat(
        [*parts, long_rows("cost_per_order", "all", whole["value"].to_numpy(), se=4.0, n=600, counted=False)]
    )


@pytest.mark.parametrize(("dear", "apart"), [(245.0, True), (172.0, False)])
def test_the_areas_page_and_the_benchmarks_give_one_answer(dear: float, apart: bool):
    rows, row = business(dear=dear), kpi("cost_per_order", dear)
    page = Page(rows, "U01", (row,))
    told, section = units_told(page, "cost_per_order"), units(page, "cost_per_order")
    gap = year_gaps(Page(rows, "U01", (row,))).iloc[0]
    assert bool(gap["sure"]) is apart
    assert (told is not None) is apart
    assert ("higher than in the others beyond chance" in section.headline["en"]) is apart
    assert ("within the usual spread of the units" in section.headline["en"]) is not apart
    beside = peers.peers(Page(rows, "U01", (row,))).headline["en"]
    assert ("one lies apart" in beside) is apart
    if apart:
        assert "of all in July 2025 – June 2026" in told.headline["en"].replace("\u00a0", " ")


def test_a_unit_outside_its_areas_funnel_is_sure_beside_all_other_figures_too(monkeypatch: pytest.MonkeyPatch):
    """So many comparisons that the control over all would leave the unit a hint: its funnel, looked at alone, holds."""
    monkeypatch.setattr("analysis.sections.year_gaps.benjamini_hochberg", lambda p: np.ones(len(p)))
    page = Page(business(dear=245.0), "all", (kpi("cost_per_order", 172.0),))
    gaps = all_year_gaps(page).set_index("business_unit")["sure"]
    assert gaps["U01"]
    assert gaps.sum() == 1


def test_one_dear_month_is_no_dear_unit():
    rows = business(dear=170.0)
    newest = (rows["business_unit"] == "U01") & (rows["period"] == "2026-06")
    rows.loc[newest, ["value", "numerator"]] = [260.0, 260.0 * 60]
    assert units_told(Page(rows, "U01"), "cost_per_order") is None


def test_months_that_swing_widen_the_limits():
    calm, wild = (unit_years(Page(business(dear=170.0, swing=swing)), COST) for swing in (0.0, 60.0))
    assert calm.attrs["swings"] == pytest.approx(1.0, abs=0.35)
    assert wild.attrs["swings"] > 8
    said = units(Page(business(dear=215.0, swing=60.0), "U01"), "cost_per_order")
    assert "within the usual spread" in said.headline["en"]
    assert any("times as widely as sampling alone" in item["en"] for item in said.parts[1].items)


def test_a_unit_whose_level_moved_does_not_widen_everybodys_limits():
    rows = business(dear=170.0).assign(segment=lambda frame: frame["business_unit"])
    units_alone, whole = rows[rows["segment"] != "all"], rows[rows["segment"] == "all"]
    usual = swings(units_alone, whole, COST)
    moved = units_alone.copy()
    moved.loc[(moved["segment"] == "U01") & (moved["period"] > "2026-02"), "value"] += 300
    assert swings(moved, whole, COST) == pytest.approx(usual, abs=0.15)


def test_a_season_that_all_units_share_is_no_swing_of_theirs():
    wave = 1 + 0.3 * np.sin(np.arange(24) * np.pi / 6)
    flat = business(dear=170.0).reset_index(drop=True)
    waved = flat.assign(value=flat["value"] * np.tile(wave, 11))
    both = [frame.assign(segment=frame["business_unit"]) for frame in (flat, waved)]
    calm, seasonal = (swings(one[one["segment"] != "all"], one[one["segment"] == "all"], COST) for one in both)
    assert seasonal < 1.4 * calm


def test_counts_that_vary_as_chance_makes_them_do_not_swing():
    rng = np.random.default_rng(3)
    card = CATALOGUE["resolution_sla_attainment"]
    parts = [
        long_rows(card.id, unit, 100 * rng.binomial(80, 0.8, len(MONTHS)) / 80, se=4.5, n=80, counted=True)
        for unit in UNITS
    ]
    rows = pd.concat(parts).assign(segment=lambda frame: frame["business_unit"])
    level = pd.concat(parts).groupby("period", as_index=False)["value"].mean()
    assert swings(rows, level, card) == pytest.approx(1.0, abs=0.3)


def test_the_gaps_of_a_year_say_of_which_months_they_are():
    page = Page(business(dear=245.0), "U01", (kpi("cost_per_order", 245.0),))
    told = gaps_to_peers(page, year_gaps(page)).iloc[0]
    assert told["span"]["en"].replace("\u00a0", " ") == "July 2025 – June 2026"
    assert (told["side"], told["verdict"]) == (-1, "sure")


# -- three months against a year ago ----------------------------------------------------------------------------------


def test_three_months_are_no_surer_than_months_usually_swing():
    calm, wild = cost_months("U01", 170.0), cost_months("U01", 170.0, swing=80.0)
    assert error_of_swings(calm) < 15 < error_of_swings(wild)
    card = CATALOGUE["resolution_sla_attainment"]
    before = pd.DataFrame({"segment": ["a"], "numerator": [800.0], "denominator": [1000.0], "n": [1000]})
    before = before.assign(value=80.0, se=1.26)
    now = before.assign(numerator=740.0, value=74.0, se=1.39)
    assert is_beyond_chance(before, now, card)
    assert not is_beyond_chance(before, now, card, swing=6.0)
    assert changes_of_months(calm.head(14)).empty, "two changes say nothing of swings"


# -- targets over twelve months ---------------------------------------------------------------------------------------


def target_page(*levels: tuple[str, float, float]) -> Page:
    """(metric, level, target) of shares of 400 records a month, the newest of which misses by no more than luck."""
    rng = np.random.default_rng(11)
    parts, rows = [], []
    for metric, level, target in levels:
        value = level + 2.0 * rng.standard_normal(len(MONTHS))
        parts.append(long_rows(metric, "U03", value, se=2.0, n=400, counted=True))
        rows.append(kpi(metric, target - 0.5, target=target, target_met=False, low=target - 5, high=target + 4))
    return Page(pd.concat(parts), "U03", tuple(rows))


SHARES = ("resolution_sla_attainment", "first_time_fix_rate", "response_sla_attainment", "appointments_kept_rate")


def test_misses_that_one_month_leaves_open_are_settled_by_twelve():
    metrics = [metric for metric in SHARES if metric in CATALOGUE]
    page = target_page(*((metric, 76.0 if place == 0 else 82.0, 82.0) for place, metric in enumerate(metrics)))
    told = target_years(page)
    assert told.judged == len(metrics)
    assert [one["metric"] for one in told.missed] == [metrics[0]]
    said = years_missed(page)
    assert said.headline["en"].startswith(f"over twelve months one of {len(metrics)} is missed beyond chance: ")
    assert "target 82" in said.point["en"]
    assert said.good is False


def test_many_misses_of_one_month_alone_prove_nothing():
    """Every figure misses this month by a little, and stands on its target by the year: none is named."""
    page = target_page(*((metric, 82.3, 82.0) for metric in SHARES if metric in CATALOGUE))
    assert years_missed(page) is None
    assert say_target_years(page)["en"].startswith("Over twelve months none of the ")


def test_without_twelve_months_no_target_is_judged_by_them():
    page = target_page(("resolution_sla_attainment", 60.0, 82.0))
    page.rows = page.rows.tail(9)
    assert say_target_years(page) is None


# -- one truth in the header, one count on the summary ----------------------------------------------------------------

MANIFEST = {"data_cutoff_at": "2026-07-05T00:00:00", "tables": {}}


def test_a_period_is_not_called_complete_under_a_notice_that_its_data_are_partial():
    whole, partial = (
        blocks.header(
            headline=plain("x"), points=[], manifest=MANIFEST, business_unit="all", period="2026-06", partial=flag
        )
        for flag in (False, True)
    )
    assert whole.status[1]["en"] == "June 2026 is complete"
    assert partial.status[1]["en"] == "June 2026 is not complete"
    assert partial.alert is None, "the notice above says it once"


def test_an_area_whose_page_is_headed_by_a_worsening_figure_has_news_on_the_summary():
    worse = kpi("resolution_rate_7d", 55.4, signal="worsening", low=44.0, high=67.0)
    short = kpi("staff_gap", -7.0, low=-12.0, high=-4.0)
    page = Page(business(dear=170.0), "U09", (worse, short))
    page.tells = lambda metric: metric in ("resolution_rate_7d",)
    section = areas_at_a_glance(page, ())
    table = section.parts[0].data
    news = dict(zip((area["en"] for area in table["area"]), table["news"], strict=True))
    assert (news["Service quality"], news["Staff, training and parts"], news["Loyalty and customer value"]) == (1, 1, 0)
    assert section.headline["en"].startswith("News for the worse in 2 of 11 areas")
    told = Item(plain("x"), plain("x"), "U09", False, "service_quality")
    table = areas_at_a_glance(page, (told,)).parts[0].data
    assert [one for area, one in zip(table["area"], table["news"], strict=True) if area["en"] == "Service quality"] == [
        1
    ]


# -- work that is left ------------------------------------------------------------------------------------------------


def left(backlog: tuple[float, float], days: float | None = None) -> Page:
    value = np.concatenate([np.full(12, backlog[0]), np.full(12, backlog[1])])
    rows = (kpi("backlog", backlog[1]), kpi("days_of_work", np.nan if days is None else days))
    return Page(long_rows("backlog", "U09", value, se=1.0, n=1, counted=False), "U09", rows)


def bill(orders: float) -> Bill:
    count = pd.Series([orders], index=["a"])
    return Bill(count, 150 * count, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("done", "backlog", "said"),
    [
        ((207.0, 130.0), (13.0, 104.0), True),
        ((207.0, 130.0), (13.0, 16.0), False),  # fewer were asked for
        ((207.0, 195.0), (13.0, 104.0), False),  # as many were completed, chance allowed for
    ],
)
def test_a_cost_that_fell_because_work_was_left_open_is_called_put_off(done, backlog, said):
    told = say_put_off(left(backlog), bill(done[0]), bill(done[1]), pd.period_range("2026-04", periods=3, freq="M"))
    assert (told is not None) is said
    if said:
        assert told["en"].startswith("77 fewer orders were completed than a year ago, while the open ones grew from 13")


def test_work_that_waits_stands_beside_the_forecast_of_new_work():
    assert "104 orders open already, 52.9" in say_waiting(left((13.0, 104.0), 52.9))["en"]
    assert say_waiting(left((13.0, 104.0), 3.0)) is None
    assert say_waiting(left((13.0, 104.0))) is None


# -- a page on which nothing is sure ----------------------------------------------------------------------------------


def charted(newest: float, *, better: str = "lower", metric: str = "backlog") -> dict[str, Any]:
    chart = {"adjusted": [140.0, newest], "centre": [140.0, 140.0], "low": [60.0, 60.0], "high": [230.0, 230.0]}
    flags = [False, not 60.0 <= newest <= 230.0]
    return kpi(metric, newest, better=better, unit="n", chart=json.dumps({**chart, "out": flags}))


def test_a_page_is_not_headed_by_calm_above_a_card_outside_its_range_for_the_worse():
    told = say_perhaps([charted(150.0), charted(324.0)], CATALOGUE)
    assert told["en"] == "No change is sure; backlog 324 lies outside its usual range for the worse, not yet sure"
    assert say_perhaps([charted(20.0)], CATALOGUE) is None, "fewer open orders are no worse"
    assert say_perhaps([charted(150.0)], CATALOGUE) is None
    assert say_perhaps([charted(324.0, better="none")], CATALOGUE) is None
