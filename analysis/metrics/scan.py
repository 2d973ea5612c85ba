"""Counts, totals, ratios and rates: every card of one table and time column in one pass, for all units, the company
and all breakdowns, whatever the number of records.

A record whose numerator is unknown is left out of the denominator too. Sums are kept to the end and divided once.
"""

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.durations import WINDOW_NOT_PASSED
from analysis.metrics.figures import Coded, Figures, Floats, code, figures, reason_where
from analysis.metrics.kinds import Count, Rate, Total, scale_of
from analysis.metrics.periods import PeriodRange
from analysis.metrics.sums import names_of, read_sums
from analysis.statistics.intervals import CONFIDENCE, Estimate, normal_quantile, poisson_exact, ratio_interval, wilson

Sums = dict[str, Floats]
SIGNED_UNITS = ("points", "pp")  # of differences of shares
ALIKE = 1e-18  # of the squared denominators: what rounding leaves of a spread that is none


def scan(
    con: duckdb.DuckDBPyConnection,
    cards: Sequence[MetricCard],
    *,
    breakdowns: Sequence[str],
    periods: PeriodRange,
    records: int,
    units: int,
) -> Iterator[tuple[MetricCard, Figures]]:
    """Measure count, total, ratio and rate cards that share table and time column; yields each card's figures,
    breakdown by breakdown.

    The figures of a rate per named exposure hold its events only (`numerator`): exposures.rate_by_exposure completes
    them.
    """
    asked = [name for name in breakdowns if any(name in card.breakdowns for card in cards)]
    for breakdown, table in read_sums(con, cards, breakdowns=asked, periods=periods, records=records, units=units):
        unit, segment = code(table.column("business_unit"), missing=ALL_UNITS), code(table.column("segment"))
        cell = (unit, table.column("period").to_numpy().astype(np.int64), breakdown, segment)
        for number, card in enumerate(cards):
            if f"n_{number}" in table.column_names:
                sums = {name: table.column(f"{name}_{number}").to_numpy() for name in names_of(card)}
                yield card, _figures_of(card, cell, sums)


def quotient(numerator: Floats, denominator: Floats) -> Estimate:
    """Two counts over each other: the interval is that of the share of one in both (Wilson), turned into a ratio."""
    share = wilson(numerator, numerator + denominator)
    known = denominator > 0
    safe = np.where(known, denominator, 1.0)
    low, high = (part / np.where(part < 1, 1 - part, np.nan) for part in (share.low, share.high))
    se = numerator / safe * np.sqrt(1 / np.where(numerator > 0, numerator, np.inf) + 1 / safe)
    return Estimate(*(np.where(known, part, np.nan) for part in (numerator / safe, low, high, se)))


def _figures_of(card: MetricCard, cell: tuple[Coded, NDArray[np.int64], str, Coded], sums: Sums) -> Figures:
    n = np.nan_to_num(sums["n"])
    if isinstance(card.how, Count):
        return figures(*cell, n=n, value=n).where(n > 0)
    if isinstance(card.how, Total):
        return figures(*cell, n=n, value=sums["total"]).where(n > 0)
    if isinstance(card.how, Rate) and card.how.exposure:
        return figures(*cell, numerator=n).where(n > 0)
    seen = n + sums["waiting"]
    immature = sums["waiting"] / np.where(seen > 0, seen, 1.0)
    estimate = _rate(sums) if isinstance(card.how, Rate) else _ratio(card, sums)
    parts = {
        name: getattr(estimate, name) * scale_of(card.unit, card.how.times) for name in ("value", "low", "high", "se")
    }
    parts |= {name: np.where(n > 0, sums[name], np.nan) for name in ("numerator", "denominator")}
    parts |= {"n": n, "immature_share": immature}
    reason = reason_where(n == 0, WINDOW_NOT_PASSED)
    return figures(*cell, reason=reason, **parts).where(seen > 0)


def _ratio(card: MetricCard, sums: Sums) -> Estimate:
    """Wilson's interval where records count 1 or 0, else the linearised one of a ratio of sums.

    Records that are all alike say nothing of how they vary: no interval then. A share of an amount stays within its
    bounds, a difference of shares (an NPS) within −100 … 100, and an amount (costs, visits, scores) is not below
    nought, be it that a few records correct earlier ones downwards (`ratio_interval`). What may be is for the card to
    say: that it was not in one cell bounds nothing. But where a quotient in per cent does pass 100 (productive beyond
    paid hours), it is no share, and the interval of a month below must not end where its neighbours lie.
    """
    x, y, n = sums["numerator"], sums["denominator"], sums["n"]
    signed = card.how.signed or card.unit in SIGNED_UNITS
    if not signed and bool((sums["xx"] == x).all() and (sums["yy"] == y).all() and (x <= y).all()):
        return wilson(x, y)
    safe = np.where(y != 0, y, np.nan)
    value = x / safe
    spread = np.maximum(sums["xx"] - 2 * value * sums["xy"] + value**2 * sums["yy"], 0.0)
    enough = (n > 1) & (spread > ALIKE * sums["yy"])
    se = np.where(enough, np.sqrt(spread * n / np.where(enough, n - 1, 1)) / np.abs(safe), np.nan)
    if not signed:
        share = card.unit == "%" and not bool((value > 1 + ALIKE).any())
        return Estimate(value, *ratio_interval(value, se, share=share), se)
    reach = normal_quantile(CONFIDENCE) * se
    low, high = value - reach, value + reach
    if card.unit in SIGNED_UNITS:
        inside = np.abs(value) <= 1
        low, high = np.where(inside, np.maximum(low, -1.0), low), np.where(inside, np.minimum(high, 1.0), high)
    return Estimate(value, low, high, se)


def _rate(sums: Sums) -> Estimate:
    return poisson_exact(sums["numerator"], sums["denominator"])
