"""Every unit's last twelve months as one figure each, and how much more their months swing than sampling alone allows.

Whether a unit is apart from the others is asked of its level, not of one month: a month's luck, and whatever makes
months differ beyond sampling, would else be told as the unit. Judges nothing: `units` does.
"""

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.sections.pooling import family, pool, segments_with_too_few_people
from analysis.sections.segments import MONTHS_POOLED, recent

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST_MONTHS = 6
SWINGS, HELD = "swings", "held"
Floats = NDArray[np.float64]


def unit_years(report: "Report", card: MetricCard) -> pd.DataFrame:
    """Every unit's figure over the twelve months up to its newest mature one; of a quantile, whose months do not add
    up, the newest period's. Peers are unnamed on a unit's own page, as in `report.units`.

    Returns
    -------
    the columns of `pool` with business_unit, label, own, first_period, value_period; `.attrs["swings"]` as
    `swings` tells it, `.attrs["held"]` how many units are withheld for too few people
    """
    report.touched.append(card.id)
    return cast(pd.DataFrame, report.once(f"unit years of {card.id}", lambda: _years_of_units(report, card)))


def swings(months: pd.DataFrame, whole: pd.DataFrame, card: MetricCard) -> float:
    """The variance of the units' months around their own year as a multiple of what sampling alone would make; at least
    1, the middle unit's of all that have months enough: a unit whose level moved does not widen everybody's limits.

    What all units share (season, growth) is taken out by the company's months.

    Parameters
    ----------
    months : the long shape of one metric, `segment` the unit
    whole : the company's months of the same metric
    """
    level = whole.drop_duplicates("period").set_index("period")["value"].astype(float)
    told = [_swing(rows, level, card) for _, rows in months.groupby("segment", sort=False)]
    known = [one for one in told if np.isfinite(one)]
    return max(float(np.median(known)), 1.0) if known else 1.0


def _years_of_units(report: "Report", card: MetricCard) -> pd.DataFrame:
    if card.kind == "quantile" or getattr(card.how, "statistic", "") == "quantile":
        newest = report.units(card.id, defined=False)
        return newest.assign(first_period=newest["value_period"])
    last = pd.Period(report.period.replace("-Q", "Q")).end_time
    known = report.run.rows("measurements", metric=card.id, breakdown="", grain="month")
    known = known[known["period_start"] <= last]
    units = [unit for unit in report.run.store.business_units if unit != ALL_UNITS]
    rows = [recent(known[known["business_unit"] == unit].assign(segment=unit), months=MONTHS_POOLED) for unit in units]
    months = pd.concat([part for part in rows if len(part)] or [known.iloc[:0].assign(segment="")])
    if months.empty:
        return pd.DataFrame(columns=["value", "n"])
    years = pool(months, card)
    ends = months.groupby("segment")["period"].agg(["min", "max"])
    years = years.assign(
        own=years["segment"] == report.business_unit,
        first_period=years["segment"].map(ends["min"]),
        value_period=years["segment"].map(ends["max"]),
    )
    told = years["own"] | report.is_company
    names = [report.run.unit_name(unit) if named else None for unit, named in zip(years["segment"], told, strict=True)]
    years = years.assign(label=pd.Series(names, index=years.index, dtype=object))
    years = years.assign(business_unit=years["segment"].where(told, None)).drop(columns="segment")
    years.attrs[HELD] = len(segments_with_too_few_people(months, card))
    years.attrs[SWINGS] = swings(months, known[known["business_unit"] == ALL_UNITS], card)
    return years


def _swing(rows: pd.DataFrame, level: pd.Series, card: MetricCard) -> float:
    """Pearson's chi-square of a unit's months by its degrees of freedom."""
    rows = rows[rows["value"].notna()]
    common = rows["period"].map(level).to_numpy(float)
    if len(rows) < FEWEST_MONTHS:
        return np.nan
    positive = bool(np.isfinite(common).all() and (common > 0).all())
    common = common / common.mean() if positive else np.ones(len(rows))
    found, expected, variance = _parts(rows, common, card)
    usable = np.isfinite(found) & np.isfinite(expected) & (variance > 0)
    if usable.sum() < FEWEST_MONTHS:
        return np.nan
    return float(((found - expected)[usable] ** 2 / variance[usable]).sum() / (usable.sum() - 1))


def _parts(rows: pd.DataFrame, common: Floats, card: MetricCard) -> tuple[Floats, Floats, Floats]:
    """What each month has, what it would have were it like the year, and the variance that sampling gives that."""
    kind = family(rows, card)
    if kind == "mean" or card.kind == "duration":
        value, error = rows["value"].to_numpy(float), rows["se"].to_numpy(float)
        weight = np.where(error > 0, rows["n"].to_numpy(float), 0.0)
        if not weight.sum() > 0:
            return value, value, np.zeros(len(rows))
        year = float((weight * value).sum() / (weight * common).sum())
        return value, year * common, np.where(error > 0, error, np.nan) ** 2
    events, base = (rows[name].to_numpy(float) for name in ("numerator", "denominator"))
    if kind == "share":
        chance = np.clip(events.sum() / base.sum() * common, 0.0, 1.0)
        return events, base * chance, base * chance * (1 - chance)
    expected = base * common * events.sum() / (base * common).sum()
    return events, expected, expected
