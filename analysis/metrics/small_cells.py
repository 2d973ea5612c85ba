"""Figures about too few people are not told: cells of surveys and of customers' attributes with fewer than k in them,
and a second cell wherever a total would give the first away.

People are counted by the records a figure is about (answers, invitations, orders): never more people than records, so
that a cell shown may still be about few people who came often. Zero is told: it is about nobody.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard

TOO_FEW_PEOPLE = "too few people"
CUSTOMER_ATTRIBUTES = frozenset({"customer_segment", "segment", "customer_type", "tier", "acquired_via", "age_group"})
SURVEYS, OWN_RECORDS = "surveys", "data_quality"
TOLD = ("value", "low", "high", "se", "numerator", "denominator", "n", "immature_share")
PARTS = ("numerator", "denominator", "se", "n")
KEPT = tuple(f"kept_{part}" for part in PARTS)
FEWEST = "fewest"
CELL = ["metric", "grain", "period", "breakdown"]
ROUNDS_AT_MOST = 10


def about_people(card: MetricCard, breakdown: str) -> bool:
    """Whether a metric's cells of a breakdown tell of persons: what they answered, or what customers they are.

    How complete the survey table is tells of the table, not of people.
    """
    answered = card.area != OWN_RECORDS and any(need.split(".")[0] == SURVEYS for need in card.needs)
    return answered or breakdown in CUSTOMER_ATTRIBUTES


def hide_small_cells(rows: pd.DataFrame, catalogue: Mapping[str, MetricCard], *, fewest: int) -> pd.DataFrame:
    """Measurements in which figures about fewer than `fewest` people are empty, their reason "too few people".

    What pooling over months needs stays beside in `kept_numerator` … `kept_n`, and `fewest` says how many people a
    pooled cell must have (0 where a cell is not about people). These columns are there only when something is hidden.

    Parameters
    ----------
    rows : the long shape of `measure`, every unit and `all`
    catalogue : metric id → card; metrics without a card are left as they are
    """
    protected = _protected(rows, catalogue)
    if not protected.any():
        return rows
    hidden = pd.Series(False, index=rows.index)
    hidden[protected] = _hidden(rows[protected], fewest)
    if not hidden.any():
        return rows
    told = rows.assign(
        **{kept: rows[part].where(hidden).astype(float) for kept, part in zip(KEPT, PARTS, strict=True)},
        **{FEWEST: np.where(protected, fewest, 0)},
        **{name: rows[name].astype(float).mask(hidden) for name in TOLD if name in rows},
        reason=rows["reason"].astype(object).mask(hidden, TOO_FEW_PEOPLE),
    )
    return told.assign(n=told["n"].fillna(0))


def with_kept_parts(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as they were measured, as far as sums go: what pools several months together begins with this."""
    if FEWEST not in rows:
        return rows
    kept = rows[KEPT[-1]].notna()
    return rows.assign(**{part: rows[part].mask(kept, rows[name]) for name, part in zip(KEPT, PARTS, strict=True)})


def too_few(pooled: pd.DataFrame, *, fewest: int) -> pd.Series:
    """(segments,) whether a pooled cell, and a second one that keeps it from being reckoned, may not be told."""
    few = (pooled["n"] > 0) & (pooled["n"] < fewest)
    return few | _second(pooled["n"], few, pd.Series(0, index=pooled.index))


def _protected(rows: pd.DataFrame, catalogue: Mapping[str, MetricCard]) -> pd.Series:
    pairs = rows[["metric", "breakdown"]].drop_duplicates()
    people = {
        (str(metric), str(breakdown))
        for metric, breakdown in pairs.itertuples(index=False)
        if metric in catalogue and about_people(catalogue[metric], str(breakdown))
    }
    if not people:
        return pd.Series(False, index=rows.index)
    index = pd.MultiIndex.from_arrays([rows["metric"].astype(str), rows["breakdown"].astype(str)])
    return pd.Series(index.isin(list(people)), index=rows.index)


def _hidden(rows: pd.DataFrame, fewest: int) -> pd.Series:
    """Small cells; then, until nothing changes, a second one among the segments of a unit and among the units of a
    segment, since both have their total beside."""
    count = rows["n"].astype(float)
    hidden = (count > 0) & (count < fewest)
    is_unit = (rows["business_unit"].astype(str) != "all").to_numpy()
    by_segment = rows[[*CELL, "business_unit"]].astype(str).groupby([*CELL, "business_unit"], sort=False).ngroup()
    by_unit = rows[[*CELL, "segment"]].astype(str).groupby([*CELL, "segment"], sort=False).ngroup()
    segmented = (rows["breakdown"].astype(str) != "").to_numpy()
    for _ in range(ROUNDS_AT_MOST):
        among_segments = _second(count[segmented], hidden[segmented], by_segment[segmented])
        among_units = _second(count[is_unit], hidden[is_unit], by_unit[is_unit])
        more = among_segments.reindex(rows.index, fill_value=False) | among_units.reindex(rows.index, fill_value=False)
        if not (more & ~hidden).any():
            break
        hidden |= more
    return hidden


def _second(count: pd.Series, hidden: pd.Series, group: pd.Series) -> pd.Series:
    """The smallest cell still told of every group in which exactly one is hidden."""
    alone = hidden.groupby(group).transform("sum") == 1
    candidates = count[alone & ~hidden & (count > 0)]
    chosen = candidates.groupby(group[candidates.index]).idxmin()
    return pd.Series(count.index.isin(chosen), index=count.index)
