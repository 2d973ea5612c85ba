"""Twelve months of every figure beside the median of the other units' twelve months: what a year's gap is, how sure.

One month's gap is mostly luck; twelve together are the year that the gap is reckoned over. Of each unit the newest
twelve mature months count; with fewer there is no gap.
"""

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from analysis.data_model import ALL_UNITS
from analysis.metrics.kinds import scale_of
from analysis.sections.area_news import WATCHED, watched
from analysis.sections.gaps import YEAR, comparable, is_size_free
from analysis.sections.pooling import has_figure, with_withheld_figures
from analysis.sections.units import units_apart
from analysis.statistics.comparison import benjamini_hochberg

if TYPE_CHECKING:
    from analysis.metrics.cards import MetricCard
    from analysis.report import Report

LEAST_PEERS = 3
RATE = 0.05  # of false ones among the gaps called sure
MEDIAN_ERROR = 1.2533  # of a median of k alike figures, in standard errors of their mean
COLUMNS = ("metric", "business_unit", "value", "se", "volume", "n", "first", "last")
PARTS = ["value", "se", "numerator", "denominator", "n"]


def year_gaps(report: "Report") -> pd.DataFrame:
    """One row per metric and unit with a year's figure and enough other units with one; of the report's unit alone, on
    the company's page of all units.

    Returns
    -------
    metric, business_unit, value, volume (records or exposure of the twelve months), peers (median of the others'
    years), gap = value − peers with low and high (95 %; months count as the sample, so that their swings are in it;
    never beyond what the figure could fall or rise), p, `sure` where the gap survives the control over all rows, or
    the unit lies outside the funnel of an area's page; first and last, the months of the year.
    """
    found = all_year_gaps(report)
    if report.is_company or found.empty:
        return found
    return found[found["business_unit"] == report.business_unit].reset_index(drop=True)


def all_year_gaps(report: "Report") -> pd.DataFrame:
    """The same of every unit, whatever the page: what the unit's is held against."""
    return cast(pd.DataFrame, report.once("year_gaps", lambda: _gaps_of_all(report)))


def _gaps_of_all(report: "Report") -> pd.DataFrame:
    cards = {row["metric"]: report.catalogue[row["metric"]] for row in comparable(report)}
    months = _months(report, cards)
    if months.empty:  # a machine that was retired, of a source without a comparable metric
        return no_gaps()
    years = years_of(months, cards)
    gaps = [_against_others(part, cards[str(metric)]) for metric, part in years.groupby("metric", sort=False)]
    gaps = [part for part in gaps if len(part)]
    if not gaps:
        return no_gaps()
    found = pd.concat(gaps, ignore_index=True)
    q = benjamini_hochberg(found["p"].to_numpy(float))
    apart = (found["low"] > 0) | (found["high"] < 0)
    sure = (np.nan_to_num(q, nan=2.0) <= RATE) & apart
    return found.assign(sure=sure | _outside_funnels(report, found))


def _outside_funnels(report: "Report", found: pd.DataFrame) -> pd.Series:
    """Whether an area's page tells the unit as apart by this very figure: its funnel, which is looked at alone, settles
    the question on every page."""
    told = {watched(report, area) for area in WATCHED} & set(found["metric"])
    sides = {metric: units_apart(report, metric) for metric in sorted(told)}
    side = [
        sides.get(metric, {}).get(unit, 0) for metric, unit in zip(found["metric"], found["business_unit"], strict=True)
    ]
    return pd.Series(side, index=found.index) * np.sign(found["gap"]) > 0


def no_gaps() -> pd.DataFrame:
    """A table of gaps without a row, of which `sure` can be asked as of any other."""
    return pd.DataFrame(columns=[*COLUMNS, "peers", "gap", "low", "high", "p", "sure"]).astype({"sure": bool})


def years_of(months: pd.DataFrame, cards: "dict[str, MetricCard]") -> pd.DataFrame:
    """Per metric and unit the newest twelve of its months as one figure with its standard error: sums over sums where
    the metric counts, else the mean of its months weighted by records.

    Months too small to be told alone count with what was kept of them; a metric of which nothing was (a median) has no
    year with such a month in it.

    The error is the larger of the sampling error and of what the months themselves show, once what the whole company's
    months have in common (season, growth) is taken out: the sample is then twelve months, whatever makes them differ.
    """
    keys = ["metric", "business_unit"]
    scales = {name: scale_of(card.unit, getattr(card.how, "times", 1.0)) for name, card in cards.items()}
    months = months.astype(dict.fromkeys(PARTS, float))
    months = with_withheld_figures(months, months["metric"].map(scales))
    rows = months.sort_values("period_start", kind="stable").groupby(keys, sort=False, observed=True).tail(YEAR)
    by = [rows["metric"], rows["business_unit"]]
    both_known = rows["numerator"].notna() & rows["denominator"].notna()
    counted = both_known.groupby(by).transform("all") & (rows["denominator"].groupby(by).transform("sum") > 0)
    base = rows["denominator"].where(counted, rows["n"])
    weight = base / base.groupby(by).transform("sum")
    sums = rows[["numerator", "denominator"]].groupby(by).transform("sum")
    quotient = rows["metric"].map(scales) * sums["numerator"] / sums["denominator"]
    value = quotient.where(counted, (weight * rows["value"]).groupby(by).transform("sum"))
    sampling = ((weight * rows["se"]) ** 2).groupby(by).sum(min_count=YEAR)
    between = ((weight * (rows["value"] / _common(rows, months) - value)) ** 2).groupby(by).sum() * YEAR / (YEAR - 1)
    years = pd.DataFrame(
        {
            "value": value.groupby(by).first(),
            "se": np.sqrt(np.fmax(sampling, between)),
            "volume": base.groupby(by).sum(),
            "n": rows["n"].groupby(by).sum(),
            "months": rows["value"].groupby(by).count(),
            "first": rows["period_start"].groupby(by).min(),
            "last": rows["period_start"].groupby(by).max(),
        }
    )
    years.index.names = keys
    told = years.reset_index()
    told = told[told["business_unit"] != ALL_UNITS]
    enough = told["n"] >= told["metric"].map({name: card.minimum_n for name, card in cards.items()})
    return told[(told["months"] == YEAR) & (told["volume"] > 0) & enough & (told["se"] > 0)].drop(columns="months")


def _months(report: "Report", cards: "dict[str, MetricCard]") -> pd.DataFrame:
    rows = report.run.rows("measurements", breakdown="", grain="month")
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    wanted = rows["metric"].astype(str).isin([name for name, card in cards.items() if is_size_free(card)])
    told = rows["mature"].astype(bool) & has_figure(rows) & (rows["period_start"] <= end)
    return rows[wanted & told].astype({"metric": str, "business_unit": str})


def _common(rows: pd.DataFrame, months: pd.DataFrame) -> pd.Series:
    """By how much the whole company's month stood above its mean over the unit's months; 1 where it cannot be told."""
    whole = months[months["business_unit"] == ALL_UNITS].set_index(["metric", "period_start"])["value"].astype(float)
    level = pd.Series(
        whole.reindex(pd.MultiIndex.from_frame(rows[["metric", "period_start"]])).to_numpy(), index=rows.index
    )
    by = [rows["metric"], rows["business_unit"]]
    positive = (level > 0).groupby(by).transform("all")
    return (level / level.groupby(by).transform("mean")).where(positive, 1.0)


def _against_others(years: pd.DataFrame, card: "MetricCard") -> pd.DataFrame:
    """Each unit's year against the median of the others'."""
    if len(years) <= LEAST_PEERS:
        return years.iloc[:0]
    value, se = years["value"].to_numpy(float), years["se"].to_numpy(float)
    others = [np.delete(np.arange(len(years)), row) for row in range(len(years))]
    peers = np.array([np.median(value[rest]) for rest in others])
    error = np.array([MEDIAN_ERROR * np.sqrt(np.mean(se[rest] ** 2) / len(rest)) for rest in others])
    gap, spread = value - peers, np.hypot(se, error)
    reach = float(stdtrit(YEAR - 1, 0.975)) * spread
    least, most = _range(card, value)
    return years.assign(
        peers=peers,
        gap=gap,
        low=np.maximum(gap - reach, value - most),
        high=np.minimum(gap + reach, value - least),
        p=2 * stdtr(YEAR - 1, -np.abs(gap) / spread),
    )


def _range(card: "MetricCard", value: np.ndarray) -> tuple[float, float]:
    """What the figure can be at all: the others' median is not beyond it."""
    if card.unit == "points":
        return -100.0, 100.0
    least = 0.0 if (value >= 0).all() else -np.inf
    return least, 100.0 if card.unit == "%" and (value <= 100).all() else np.inf
