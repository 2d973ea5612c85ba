"""Figures that only a model of the records gives: one file per function, found by its name in a card's `function`.

A file holds

    def measure(con, card, *, periods, units) -> pd.DataFrame

    con : the connection with the card's measured tables built, and cutoff(), period_of(t), period_start(p)
    card : the metric; `card.how.options` holds what it was told
    periods : the periods of this run; `periods.last` is the newest complete one
    units : the business units, without `all`

and returns one row per unit (and `all`) × period × segment: business_unit, period (its number), breakdown, segment
(both "" for the whole), value, low, high, se, n, and where it has them numerator, denominator, reason. Values are in
the card's unit. A period that the model does not cover has no row.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from analysis.faults import UserFault, did_you_mean
from analysis.metrics.cards import MetricCard
from analysis.metrics.figures import CELL, Figures, figures_of
from analysis.metrics.periods import Periods

Model = Callable[..., pd.DataFrame]


def find_model(function: str) -> Model:
    """The `measure` of modelled/<function>.py.

    Raises
    ------
    UserFault : where there is no such file
    """
    known = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    if function not in known:
        raise UserFault(f"'function' names no model: {function!r}{did_you_mean(function, known)}")
    module: Any = import_module(f"analysis.metrics.modelled.{function}")
    return module.measure


def measure_model(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> list[Figures]:
    """The figures of a modelled card, one entry per breakdown; none where the model had nothing to go by."""
    found = find_model(card.how.function)(con, card, periods=periods, units=units)
    if found.empty:
        return []
    lacking = [name for name in (*CELL, "value", "n") if name not in found]
    if lacking:
        raise ValueError(f"modelled/{card.how.function}.py gives no column {', '.join(lacking)}")
    known = found[found["period"] <= periods.last]
    return [figures_of(part, str(breakdown)) for breakdown, part in known.groupby("breakdown", sort=False)]
