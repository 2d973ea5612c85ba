"""Gaps between a unit's figures and what they are compared with: target, a year ago, the other units, the outside.

A gap is counted in steps worth acting on (the metric's own `worth_acting_on`), so that days, shares and rates stand on
one scale; positive is better. Whether it is beyond chance is the signals' verdict, never this module's, except against
the outside, whose figures the signals do not know.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.presentation.formatting import common_decimals, finite, is_missing
from analysis.presentation.possible import possible_intervals
from analysis.presentation.target_count import comparable_rows
from analysis.presentation.target_verdicts import has_few_records, sureness
from analysis.presentation.telling import tell_span
from analysis.presentation.verdicts import CHANCE, HINT, SURE, UNKNOWN, is_apart, verdict_of
from analysis.sections.pooling import Z, has_figure, pool, with_withheld_figures
from analysis.sections.segments import recent
from analysis.sections.wording import change_against

if TYPE_CHECKING:
    from analysis.report import Report

COLUMNS = ("metric", "value", "low", "high", "n", "period", "reference", "gap", "gap_low", "gap_high", "sure", "steps",
           "steps_low", "steps_high", "side", "verdict")  # fmt: skip
OWN = "data_quality"
YEAR = 12
SAME = 1e-9


def gaps_against(report: "Report", versus: str) -> pd.DataFrame:
    """One row per metric that has a good direction, a figure and this reference; the widest sure gaps first.

    Parameters
    ----------
    versus : target, year_ago or peers, as the signals compare them.

    Returns
    -------
    COLUMNS: gap = value − reference with its interval, in the metric's unit; `steps` the same in steps worth acting
    on, positive where better; `sure` whether beyond chance; `side` +1 better, −1 worse, 0 alike or not sure; `verdict`
    how sure by the one rule of presentation/verdicts.py. A gap is open where the figure's own interval is.
    """
    rows = []
    for row in comparable(report):
        change, card = change_against(row, versus), report.catalogue[row["metric"]]
        if change is None or is_missing(change.get("value")) or is_missing(row.get(versus)):
            continue
        if versus == "peers" and not is_size_free(card):
            continue
        if has_few_records(row):
            continue  # a gap of a handful of records would head the list by its width alone
        gap = _gap(card, float(row[versus]), *(change.get(name) for name in ("value", "low", "high")))
        told = sureness(row) if versus == "target" else verdict_of(change)
        rows.append({**_figure(row), **gap, "sure": told == SURE, "verdict": told})
    return sorted_gaps(pd.DataFrame(rows))


def gap_to(card: MetricCard, year: Mapping[str, Any], reference: float) -> dict[str, Any]:
    """The gap between a pooled year and a figure from outside, taken as it is; sure where the year's interval, as it
    is printed beside it, does not hold it.
    """
    ends = [np.nan if is_missing(year[end]) else float(year[end]) for end in ("low", "high")]
    told = _gap(card, reference, float(year["value"]) - reference, *(end - reference for end in ends))
    if not np.isfinite(ends).all():
        return {**told, "sure": False, "verdict": UNKNOWN}
    places = common_decimals(ends)
    low, high = (round(end, places) for end in ends)
    sure = bool(low > reference or high < reference)
    return {**told, "sure": sure, "verdict": SURE if sure else CHANCE}


def gaps_to_peers(report: "Report", years: pd.DataFrame) -> pd.DataFrame:
    """The gaps of twelve months to the median of the other units (`year_gaps`), as `gaps_against` has those of a
    period; `span` tells the months.
    """
    rows = []
    for row in rows_of(years):
        card = report.catalogue[row["metric"]]
        gap = _gap(card, float(row["peers"]), row["gap"], row["low"], row["high"])
        told = SURE if row["sure"] else HINT if is_apart(row) else CHANCE
        months = [str(pd.Timestamp(row[end]).to_period("M")) for end in ("first", "last")]
        own = {"metric": row["metric"], "value": row["value"], "n": row["n"], "period": months[1]}
        rows.append({**own, **gap, "span": tell_span(*months), "sure": told == SURE, "verdict": told})
    return sorted_gaps(pd.DataFrame(rows))


def sorted_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """The gaps with their side, worst first: sure ones below the reference, then those alike, then sure ones above."""
    if rows.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    side = np.where(rows["sure"], np.sign(rows["steps"]), 0).astype(int)
    return rows.assign(side=side).sort_values(["side", "steps"], kind="stable").reset_index(drop=True)


def comparable(report: "Report") -> list[dict[str, Any]]:
    """The unit's figures that are compared at all, see `comparable_rows`."""
    return comparable_rows(report.kpi_rows, report.catalogue)


def all_months(report: "Report", *, business_unit: str | None = None) -> dict[str, pd.DataFrame]:
    """Metric → its months up to the period that are mature and have a figure, oldest first; of this unit unless named.
    Months too small to be told alone are among them, to be added up (`with_withheld_figures`).

    For comparisons over the whole catalogue: unlike `report.series` it does not put every metric among the definitions.
    """
    unit = report.business_unit if business_unit is None else business_unit
    rows = report.run.rows("measurements", business_unit=unit, breakdown="", grain="month")
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    rows = rows[rows["mature"].astype(bool) & has_figure(rows) & (rows["period_start"] <= end)]
    rows = rows.sort_values("period_start", kind="stable")
    return {str(metric): part for metric, part in rows.groupby("metric", sort=False, observed=True)}


def is_size_free(card: MetricCard) -> bool:
    """Whether units of different size can be compared by it: a number of records or a sum says how large a unit is."""
    return card.kind not in ("count", "total") and getattr(card.how, "statistic", "") != "count"


def pooled_year(report: "Report", metric: str, *, whole: bool = True) -> dict[str, Any] | None:
    """The metric over the twelve calendar months up to the newest mature one, as the areas' own pages pool them.

    Parameters
    ----------
    whole : whether it takes twelve months with a figure; else those there are will do

    Returns
    -------
    as `pool_months`; None with fewer than twelve months that have a figure, or about too few people together.
    """
    rows = report.series(metric)
    known = rows[rows["mature"].astype(bool) & has_figure(rows)]
    if whole and len(known) < YEAR:
        return None
    return pool_months(recent(known.assign(segment="all")), report.catalogue[metric])


def pool_months(rows: pd.DataFrame, card: MetricCard) -> dict[str, Any] | None:
    """Months as one figure with its interval: `pooling.pool` where its parts add up, else the mean of the months
    weighted by records.

    Months too small to be told alone count with what was kept of them; where nothing was (a median), the months that
    are left would be another year, and there is no figure.

    Returns
    -------
    value, low, high, se, n, first, last
    """
    rows = with_withheld_figures(rows, scale_of(card.unit, getattr(card.how, "times", 1.0)))
    if rows.empty or rows["value"].isna().any():
        return None
    ends = {"first": str(rows["period"].iloc[0]), "last": str(rows["period"].iloc[-1])}
    if _adds_up(rows, card):
        pooled = pool(rows.assign(segment="all"), card)
        names = ("value", "low", "high", "se")
        return None if pooled.empty else {
            **{name: float(pooled[name].iloc[0]) for name in names}, "n": int(pooled["n"].iloc[0]), **ends
        }  # fmt: skip
    weight = records_of(rows) / records_of(rows).sum()
    value = float((weight * rows["value"].to_numpy(float)).sum())
    errors = weight * rows["se"].to_numpy(float)
    se = float(np.sqrt((errors**2).sum())) if np.isfinite(errors).all() else np.nan
    low, high = value - Z * se, value + Z * se
    if card.unit == "%":
        low, high = max(low, 0.0), min(high, 100.0) if (rows["value"] <= 100).all() else high
    told = pd.DataFrame({"low": [low], "high": [high], "n": rows["n"].sum()})
    told = possible_intervals(told, pd.Series([card.unit]))
    interval = {"low": float(told["low"].iloc[0]), "high": float(told["high"].iloc[0])}
    return {"value": value, **interval, "se": se, "n": int(rows["n"].sum()), **ends}


def records_of(rows: pd.DataFrame) -> NDArray[np.float64]:
    """What the months of a mean weigh: their records; all alike where those are the figure itself (a count at a month's
    end would else be weighted by itself), or where there are none."""
    records = rows["n"].fillna(0).to_numpy(float)
    itself = bool((records == rows["value"].fillna(0).to_numpy(float)).all())
    return np.ones(len(rows)) if itself or not records.sum() > 0 else records


def step_of(card: MetricCard, reference: float) -> float:
    """The smallest difference worth acting on, in the metric's unit."""
    worth = card.worth_acting_on
    return float(worth["absolute"]) if "absolute" in worth else float(worth["relative"]) * abs(reference)


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as mappings from column to value."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _adds_up(rows: pd.DataFrame, card: MetricCard) -> bool:
    """Whether the months of a metric are parts of one figure: sums over sums, or an estimate of orders over orders."""
    if card.kind == "quantile" or getattr(card.how, "statistic", "") == "quantile":
        return False
    counted = bool(rows[["numerator", "denominator"]].notna().all(axis=None) and rows["denominator"].sum() > 0)
    return counted or (card.kind == "duration" and bool(rows["numerator"].isna().all()))


def _figure(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("metric", "value", "low", "high", "n")
    return {**{name: row[name] for name in names}, "period": row["value_period"]}


def _gap(card: MetricCard, reference: float, gap: Any, low: Any, high: Any) -> dict[str, Any]:
    step = step_of(card, reference) or np.nan
    good = -1.0 if card.better == "lower" else 1.0
    known = [np.nan if finite(part) is None else float(part) for part in (gap, low, high)]
    if abs(known[0]) < SAME * max(abs(reference), 1.0):
        known[0] = 0.0  # 0.9 of sums is not always the 0.9 of the target
    drawn = np.where(np.isnan(known[1:]), (-np.inf, np.inf), known[1:])  # an open end reaches the edge
    ends = [np.nan, np.nan] if np.isnan(known[1:]).all() else sorted(good * drawn / step)
    return {
        "reference": reference,
        "gap": known[0],
        "gap_low": known[1],
        "gap_high": known[2],
        "steps": good * known[0] / step,
        "steps_low": ends[0],
        "steps_high": ends[1],
    }
