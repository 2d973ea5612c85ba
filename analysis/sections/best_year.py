"""The last twelve months against the best twelve that there were before: what the unit has shown that it can do.

Counts and sums are left out: they grow with the business. Of what is open at months' ends the first twelve months of
the data are no yardstick: what is older than the data is not among it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.metrics.small_cells import FEWEST
from analysis.presentation.blocks import Column, Table, table, text_column
from analysis.presentation.language import both
from analysis.presentation.telling import tell_ends_of_change, tell_span, tell_value
from analysis.sections.gaps import YEAR, all_months, comparable, is_size_free, records_of, step_of
from analysis.sections.pooling import Z, is_of_month_ends, with_withheld_figures

if TYPE_CHECKING:
    from analysis.report import Report

ROWS_SHOWN = 6
DURATION_MEDIANS = "quantile"


def best_year(report: "Report") -> Table | None:
    """The metrics whose last twelve months lie farthest behind their best twelve; None where none has two years.

    A median of twelve months is not made of twelve medians: such metrics are left to the other comparisons.
    """
    months = all_months(report)
    cards = [report.catalogue[row["metric"]] for row in comparable(report)]
    found = [entry for card in cards if (entry := _best(months.get(card.id), card)) is not None]
    behind = sorted((entry for entry in found if entry["steps"] < 0), key=lambda entry: entry["steps"])
    if not behind:
        return None
    cards = [report.catalogue[entry["metric"]] for entry in behind]
    frame = pd.DataFrame(
        {
            "metric": text_column(card.name for card in cards),
            "now": text_column(tell_value(entry["now"], c.unit) for entry, c in zip(behind, cards, strict=True)),
            "best": text_column(tell_value(entry["best"], c.unit) for entry, c in zip(behind, cards, strict=True)),
            "when": text_column(tell_span(entry["first"], entry["last"]) for entry in behind),
            "gap": text_column(
                tell_ends_of_change(entry["low"], entry["high"], c.unit) for entry, c in zip(behind, cards, strict=True)
            ),
        }
    )
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "now": Column(both("Last 12 months"), kind="text"),
        "best": Column(both("Best 12 months before"), kind="text"),
        "when": Column(both("Which were"), kind="text"),
        "gap": Column(both("Gap, 95% interval"), kind="text"),
    }
    return table(
        frame,
        columns=columns,
        caption=both("Behind the best twelve months before, widest first"),
        note=both("The best of many stretches owes something to luck: the gap is rather too wide than too narrow."),
        rows_shown=ROWS_SHOWN,
        name="best-year",
        languages=report.languages,
    )


def find_best_stretch(months: pd.DataFrame, card: MetricCard) -> dict[str, Any] | None:
    """The newest twelve months and the best twelve that ended before them.

    Parameters
    ----------
    months : the long shape of one metric, oldest first, only months that are mature and have a figure; those too small
        to be told alone count with what was kept of them.

    Returns
    -------
    now, best, low and high of their difference, steps (positive where now is better), first and last month of the best;
    None with fewer than 24 months that are fit to be compared.
    """
    months = months.iloc[YEAR:] if card.kind == "snapshot" else months
    months = with_withheld_figures(months, scale_of(card.unit, getattr(card.how, "times", 1.0)))
    months = months[months["value"].notna()]
    if len(months) < 2 * YEAR or _too_few_people(months):
        return None
    value, error = _stretches(months, card)
    good = -1.0 if card.better == "lower" else 1.0
    earlier = value[: len(value) - YEAR]
    best = int(np.argmax(good * earlier))
    now, then = float(value[-1]), float(earlier[best])
    reach = Z * float(np.hypot(error[-1], error[best]))
    periods = list(months["period"])
    return {
        "now": now,
        "best": then,
        "low": now - then - reach,
        "high": now - then + reach,
        "steps": good * (now - then) / (step_of(card, then) or np.nan),
        "first": periods[best],
        "last": periods[best + YEAR - 1],
    }


def _best(months: pd.DataFrame | None, card: MetricCard) -> dict[str, Any] | None:
    if months is None or card.kind == "quantile" or getattr(card.how, "statistic", "") == DURATION_MEDIANS:
        return None
    if not is_size_free(card):
        return None
    found = find_best_stretch(months, card)
    return None if found is None else {"metric": card.id, **found}


def _too_few_people(months: pd.DataFrame) -> bool:
    """Whether some stretch of twelve months is about fewer people than may be told."""
    people = np.convolve(months["n"].to_numpy(float), np.ones(YEAR), mode="valid")
    return FEWEST in months and bool((people < months[FEWEST].max()).any())


def _stretches(months: pd.DataFrame, card: MetricCard) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of twelve months as one figure, with its standard error (NaN where a month has none)."""
    counted = bool(months[["numerator", "denominator"]].notna().all(axis=None)) and (months["denominator"] > 0).all()
    base = months["denominator"].to_numpy(float) if counted else records_of(months).clip(min=1)
    scale = scale_of(card.unit, getattr(card.how, "times", 1.0))
    total = months["numerator"].to_numpy(float) * scale if counted else base * months["value"].to_numpy(float)
    spread = (base * months["se"].to_numpy(float)) ** 2
    sums = [np.convolve(part, np.ones(YEAR), mode="valid") for part in (total, base, spread)]
    alone = YEAR if is_of_month_ends(card) else 1  # the same records stand at several ends
    return sums[0] / sums[1], np.sqrt(alone * sums[2]) / sums[1]
