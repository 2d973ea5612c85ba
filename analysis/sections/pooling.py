"""Several months of a metric as one figure per segment: sums over sums, never means of ratios. Medians do not pool
and are refused.
"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.metrics.scan import SIGNED_UNITS
from analysis.metrics.small_cells import FEWEST, KEPT, too_few, with_kept_parts
from analysis.presentation.possible import possible_intervals
from analysis.statistics.intervals import poisson_exact, ratio_interval, wilson

Family = Literal["share", "rate", "mean"]
POOLED = ["segment", "numerator", "denominator", "n", "value", "low", "high", "se"]
PER_RECORD = (*SIGNED_UNITS, "score")
"""Units of a mean of answers, of which a month often holds a handful."""
Z = 1.959963984540054
FULL = 100 + 1e-9


def pool(rows: pd.DataFrame, card: MetricCard) -> pd.DataFrame:
    """One row per segment: the metric over all months of `rows` together.

    Ratios and rates divide summed parts: shares with Wilson's interval, rates with the exact Poisson one, means (of
    scores, of money) with the standard errors of their months, within the bounds of what they are (`ratio_interval`).
    Shares within T and restricted means are cohort estimates: they add up weighted by the orders of each month, the
    standard errors with them. Shares within T have Wilson's interval of `effective_counts`. Shares of what is open at
    months' ends have that of one end of average size (`is_of_month_ends`).

    Parameters
    ----------
    rows : measurements' long shape of one metric and one breakdown, several periods; months without a value do not
        count
    card : the metric's card

    Raises
    ------
    ValueError : for a quantile, which no weighting turns into the quantile of the whole
    """
    if card.kind == "quantile" or (card.kind == "duration" and card.how.statistic == "quantile"):
        raise ValueError(f"{card.id}: quantiles of months do not pool; use a share within T or the restricted mean")
    rows = _as_measured(rows)
    known = rows[has_figure(rows)]
    if card.kind != "duration":
        pooled = _ratios(known, card)
    elif card.unit == "%":
        pooled = _shares(_estimates(known[known["value"].notna()]))
    else:
        pooled = _estimates(known[known["value"].notna()], alone=True)
    pooled = pooled.sort_values("n", ascending=False).reset_index(drop=True)[POOLED]
    pooled = possible_intervals(pooled, pd.Series(card.unit, index=pooled.index))
    if FEWEST not in known or not len(known):
        return pooled
    few = _too_few(pooled, fewest=int(known[FEWEST].max()))
    return pooled[~few].reset_index(drop=True)


def segments_with_too_few_people(rows: pd.DataFrame, card: MetricCard) -> list[str]:
    """The segments of the rows that `pool` leaves out, because they or another one would tell of too few people."""
    asked = _as_measured(rows)
    named = asked.loc[has_figure(asked) & (asked["n"] > 0), "segment"].astype(str)
    if FEWEST not in rows:
        return []
    told = set(pool(rows, card)["segment"].astype(str))
    return sorted(set(named) - told)


def tells_any(rows: pd.DataFrame) -> bool:
    """Whether at least one segment of the rows is about enough people to be told, all its months together."""
    if FEWEST not in rows or rows.empty:
        return len(rows) > 0
    counts = _as_measured(rows).groupby(rows["segment"].astype(str))["n"].sum().to_frame()
    return not _too_few(counts, fewest=int(rows[FEWEST].max())).all()


def has_figure(rows: pd.DataFrame) -> pd.Series:
    """(rows,) whether a month has a figure, be it one that is too small to be told alone."""
    return rows["value"].notna() | (rows[KEPT[-1]].notna() if FEWEST in rows else False)


def is_of_month_ends(card: MetricCard) -> bool:
    """Whether the metric is a share of what is open at the ends of months. What waits long stands at several of them,
    so that twelve ends are no twelve samples: in the sample business an order older than thirty days stands at two to
    six of them. Their share is as sure as that of one end of average size, and no surer."""
    return card.kind == "snapshot" and card.how.statistic == "share_over"


def with_withheld_figures(rows: pd.DataFrame, scale: "float | pd.Series") -> pd.DataFrame:
    """Rows as they were measured: the months too small to be told alone with their parts, and with their figure where
    it is the quotient of these (`scale` of its unit). For sums over months, never for showing a month.

    A withheld month whose figure is no quotient (a median) stays without one: nothing of it was kept to add.
    """
    if FEWEST not in rows:
        return rows
    told = with_kept_parts(rows)
    base = told["denominator"].where(told["denominator"] > 0)
    quotient = (scale * told["numerator"] / base).where(rows[KEPT[-1]].notna())
    return told.assign(value=told["value"].fillna(quotient))


def family(rows: pd.DataFrame, card: MetricCard) -> Family:
    """Whether figures are shares of records (each counts 1 or 0), events per exposure, or means with a standard error:
    what decides their interval, their funnel and how they are drawn towards the whole.
    """
    if card.kind == "duration":
        return "share" if card.unit == "%" else "mean"
    told = rows[rows["numerator"].notna() & rows["denominator"].notna()]
    whole = bool(len(told)) and bool(np.allclose(told["numerator"], told["numerator"].round(), atol=1e-9))
    each_once = whole and bool((told["denominator"] == told["n"]).all()) and not _signed(card)
    if card.kind == "ratio" and each_once and bool(told["numerator"].between(0, told["denominator"]).all()):
        return "share"
    counts = card.kind == "rate" or (card.kind == "derived" and card.how.function == "quotient")
    return "rate" if counts and whole else "mean"


def parts(rows: pd.DataFrame, card: MetricCard) -> pd.DataFrame:
    """Numerator and denominator by segment whose ratio is the pooled figure, in the card's unit: what a split into
    rate and mix needs.
    """
    pooled = pool(rows, card)
    if card.kind == "duration":
        return pooled.assign(numerator=pooled["value"] * pooled["n"], denominator=pooled["n"])[
            ["segment", "numerator", "denominator"]
        ]
    scaled = pooled.assign(numerator=pooled["numerator"] * scale_of(card.unit, getattr(card.how, "times", 1.0)))
    return scaled[["segment", "numerator", "denominator"]]


def effective_counts(value: ArrayLike, se: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Successes and trials of which a plain proportion has the same share and standard error.

    Never more trials than records: where a few orders all succeed in a month, its standard error is zero.
    Source: the effective sample size of a Kaplan–Meier estimate (Dorey and Korn 1987).

    Parameters
    ----------
    value, se : shares and their standard errors in percent
    n : records
    """
    share, error, records = np.asarray(value, float) / 100, np.asarray(se, float) / 100, np.asarray(n, float)
    known = error > 0
    trials = np.where(known, share * (1 - share) / np.where(known, error, 1.0) ** 2, records)
    trials = np.where(trials > 0, np.minimum(trials, records), records)
    return share * trials, trials


def _as_measured(rows: pd.DataFrame) -> pd.DataFrame:
    """`with_kept_parts`, where there are any: most rows have none, and a page pools some hundred times."""
    return with_kept_parts(rows) if FEWEST in rows and rows[KEPT[-1]].notna().any() else rows


def _too_few(pooled: pd.DataFrame, *, fewest: int) -> pd.Series:
    """`too_few`, where any is: where no cell is small, no second one is withheld for it."""
    few = (pooled["n"] > 0) & (pooled["n"] < fewest)
    return too_few(pooled, fewest=fewest) if few.any() else few


def _shares(pooled: pd.DataFrame) -> pd.DataFrame:
    events, trials = effective_counts(pooled["value"], pooled["se"], pooled["n"])
    told = wilson(events, trials)
    return pooled.assign(
        numerator=events, denominator=trials, low=told.low * 100, high=told.high * 100, se=told.se * 100
    )


def _ratios(rows: pd.DataFrame, card: MetricCard) -> pd.DataFrame:
    sums = rows.groupby("segment", as_index=False)[["numerator", "denominator", "n"]].sum(min_count=1)
    events, base = sums["numerator"].to_numpy(float), sums["denominator"].to_numpy(float)
    scale = scale_of(card.unit, getattr(card.how, "times", 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(base > 0, events / base, np.nan)
    kind = family(rows, card)
    if is_of_month_ends(card):
        ends = rows.groupby("segment").size().reindex(sums["segment"]).to_numpy(float)
        told = wilson(events / ends, base / ends)
        return sums.assign(value=value * scale, low=told.low * scale, high=told.high * scale, se=told.se * scale)
    if kind == "mean":
        spread = rows.assign(spread=(rows["se"] * rows["denominator"]) ** 2).groupby("segment")["spread"]
        total = spread.sum(min_count=1).reindex(sums["segment"]).to_numpy(float)
        se = np.sqrt(total) / np.where(base > 0, base, np.nan)
        if bool((rows["denominator"] == rows["n"]).all()):
            each = rows.assign(value=scale * rows["numerator"].astype(float) / rows["n"].astype(float))
            alone = _with_months_alone(rows, sums["segment"]) | (card.unit in PER_RECORD)
            se = np.where(alone, _error_of_records(each, sums["segment"]), se)
        se = np.where(se > 0, se, np.nan)
        low, high = value * scale - Z * se, value * scale + Z * se
        if not _signed(card):
            share = card.unit == "%" and not bool((rows["value"] > FULL).any())  # paid hours can be passed
            low, high = (scale * end for end in ratio_interval(value, se / scale, share=share))
        return sums.assign(value=value * scale, low=low, high=high, se=se)
    told = wilson(events, base) if kind == "share" else poisson_exact(events, base)
    return sums.assign(value=value * scale, low=told.low * scale, high=told.high * scale, se=told.se * scale)


def _with_months_alone(rows: pd.DataFrame, segments: pd.Series) -> NDArray[np.bool_]:
    """(segments,) whether a month of it holds one record: it has no error of its own, and left out it would make the
    whole look surer than its records are."""
    return (rows["n"] == 1).groupby(rows["segment"]).any().reindex(segments).to_numpy(bool)


def _error_of_records(rows: pd.DataFrame, segments: pd.Series) -> NDArray[np.float64]:
    """The standard error of the mean of all records, in the card's unit, from each month's mean (`value`), its own
    error and how many records it is of.

    A month of one record, or of records that are all alike, has no error of its own; its records still differ from
    those of other months. The squares within months and between them add up to those of all records.
    """
    n, value = rows["n"].astype(float), rows["value"].astype(float)
    whole = (n * value).groupby(rows["segment"]).transform("sum") / n.groupby(rows["segment"]).transform("sum")
    squares = (rows["se"].astype(float).fillna(0.0) ** 2 * n * (n - 1)) + n * (value - whole) ** 2
    told = pd.DataFrame({"segment": rows["segment"], "squares": squares, "n": n}).groupby("segment").sum()
    told = told.reindex(segments)
    count = told["n"].to_numpy(float)
    return np.sqrt(told["squares"].to_numpy(float) / np.where(count > 1, count * (count - 1), np.nan))


def _signed(card: MetricCard) -> bool:
    """Whether the figure can lie below nought, as a balance of shares does: never a share itself."""
    return getattr(card.how, "signed", False) or card.unit in SIGNED_UNITS


def _estimates(rows: pd.DataFrame, *, alone: bool = False) -> pd.DataFrame:
    """Cohort estimates weighted by their orders; `alone` counts months of one order by their distance from the others
    (shares need it not: they are never surer than their orders)."""
    weighed = rows.assign(weight=rows["n"], total=rows["n"] * rows["value"], spread=(rows["n"] * rows["se"]) ** 2)
    sums = weighed.groupby("segment", as_index=False)[["weight", "total", "spread"]].sum(min_count=1)
    value, se = sums["total"] / sums["weight"], np.sqrt(sums["spread"]) / sums["weight"]
    if alone:
        se = se.where(~_with_months_alone(rows, sums["segment"]), _error_of_records(rows, sums["segment"]))
    se = se.where(se > 0)
    low, high = ratio_interval(value, se)  # times are not below nought
    return pd.DataFrame(
        {
            "segment": sums["segment"],
            "numerator": np.nan,
            "denominator": np.nan,
            "n": sums["weight"],
            "value": value,
            "low": low,
            "high": high,
            "se": se,
        }
    )
