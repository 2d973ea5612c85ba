"""The figures behind an answer: from the prepared measurements where they hold them, else measured anew on the store,
by the same machinery and under the same rule for figures about few people.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.exploring.asked import BY_UNIT, Asked
from analysis.metrics.cards import Catalogue
from analysis.metrics.kinds import Count, Derived, Duration, Modelled, Quantile, Snapshot, Total
from analysis.metrics.measure import measure
from analysis.metrics.small_cells import (
    CUSTOMER_ATTRIBUTES,
    FEWEST,
    TOLD,
    TOO_FEW_PEOPLE,
    hide_small_cells,
    too_few,
    with_kept_parts,
)
from analysis.sections.pooling import has_figure, pool

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST_PEOPLE = 5
COLUMNS = ["period", "segment", "numerator", "denominator", "n", "value", "low", "high", "se", "mature", "reason"]


def read_history(report: "Report", asked: Asked) -> pd.DataFrame:
    """The months up to the last one asked for, of the unit, by segment where there is a breakdown: the long shape."""
    rows = _anew(report, asked, "month") if asked.narrowed or report.run.grain != "month" else _prepared(report, asked)
    months = pd.PeriodIndex(rows["period"].astype(str), freq="M")
    return rows[months <= asked.last].reset_index(drop=True)


def read_figures(report: "Report", asked: Asked, history: pd.DataFrame) -> pd.DataFrame:
    """One row per segment for the period asked for; without a value, and with its reason, where months give none.

    Quarters and years are measured anew, never made of months; a stretch of other months is the sum of its parts where
    the metric has such, else it has no figure of its own.
    """
    if asked.grain in ("quarter", "year"):
        rows = _anew(report, asked, asked.grain)
        return rows[rows["period"] == asked.period][COLUMNS].reset_index(drop=True)
    months = pd.PeriodIndex(history["period"].astype(str), freq="M")
    within = history[(months >= asked.first) & (months <= asked.last)]
    if asked.grain == "month":
        return within[COLUMNS].reset_index(drop=True)
    return _stretch(asked, within)


def poolable(asked: Asked) -> bool:
    """Whether months of the metric make one figure of a stretch: sums, and quotients of sums."""
    how: Any = asked.card.how
    if isinstance(how, Duration):
        return how.statistic != "quantile"
    return not isinstance(how, Quantile | Snapshot | Derived | Modelled)


def _prepared(report: "Report", asked: Asked) -> pd.DataFrame:
    card, by = asked.card, asked.by
    if by == BY_UNIT:
        rows = report.run.rows("measurements", metric=card.id, breakdown="")
        rows = rows[rows["business_unit"] != ALL_UNITS]
        return rows.assign(segment=rows["business_unit"].astype(str))
    rows = report.run.rows("measurements", metric=card.id, business_unit=report.business_unit, breakdown=by or "")
    return rows if asked.segment is None else rows[rows["segment"] == asked.segment[1]]


def _anew(report: "Report", asked: Asked, grain: Any) -> pd.DataFrame:
    """Measured on the store now: every unit, as the rule for few people asks, of which this one's are given."""
    parts = asked.card.how.of if isinstance(asked.card.how, Derived) else ()
    by = (asked.by,) if asked.by and asked.by != BY_UNIT else ()
    cards = {part: replace(report.catalogue[part], breakdowns=by) for part in parts}
    cards[asked.card.id] = replace(asked.card, breakdowns=by)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(report.run.store, Catalogue(cards), grain=grain, out=Path(folder)).read(metric=asked.card.id)
    fewest = int(report.run.facts.get("fewest_people", FEWEST_PEOPLE))
    rows = hide_small_cells(rows, cards, fewest=fewest)
    if asked.narrowed and any(name in asked.card.how.where for name in CUSTOMER_ATTRIBUTES):
        few = (rows["n"] > 0) & (rows["n"] < fewest)
        rows.loc[few, list(TOLD)] = float("nan")
        rows = rows.assign(reason=rows["reason"].astype(object).mask(few, TOO_FEW_PEOPLE))
    if asked.by == BY_UNIT:
        rows = rows[(rows["business_unit"] != ALL_UNITS) & (rows["breakdown"] == "")]
        return rows.assign(segment=rows["business_unit"].astype(str))
    rows = rows[(rows["business_unit"] == report.business_unit) & (rows["breakdown"] == (asked.by or ""))]
    return rows if asked.segment is None else rows[rows["segment"] == asked.segment[1]]


def _stretch(asked: Asked, rows: pd.DataFrame) -> pd.DataFrame:
    empty = pd.DataFrame(columns=COLUMNS)
    if rows.empty or not poolable(asked):
        return empty
    if isinstance(asked.card.how, Count | Total):
        pooled = _summed(rows, asked)
        if isinstance(asked.card.how, Count) and asked.card.how.distinct:
            return empty  # the same customer in two months counts once in both
    else:
        pooled = pool(rows, asked.card)
    return pooled.assign(period=asked.period, mature=True, reason=None).reindex(columns=COLUMNS)


def _summed(rows: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Numbers and sums of the months, by segment. Of a month about too few people its number is kept and counts (unless
    the stretch is about too few, too); a sum is not, and its segment then has none."""
    told = with_kept_parts(rows)
    withheld = rows["value"].isna() & has_figure(rows)
    value = told["value"].where(~withheld, told["n"] if isinstance(asked.card.how, Count) else float("nan"))
    told = told.assign(value=value)[value.notna() | withheld]
    by = told["segment"].astype(str).rename("segment")
    lost = told["value"].isna().groupby(by, sort=False).any()
    pooled = told[["value", "n"]].groupby(by, sort=False).sum()[~lost].reset_index()
    if FEWEST in rows:
        pooled = pooled[~too_few(pooled, fewest=int(rows[FEWEST].max()))]
    return pooled.reset_index(drop=True)
