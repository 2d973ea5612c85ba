"""The fault that piles up in one product, batch or supplier, as a headline: what, since when, how many times as many.

Says nothing of a unit whose own repairs are too few to tell; the cluster may still be the company's.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from analysis.presentation.language import Text, both, join
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_count, tell_period, tell_value

METRIC = "fault_cluster_excess"
BREAKDOWN = "fault_cluster"
FEWEST = 3
"""Repairs of a unit below which no multiple is told: one repair where 0.04 are expected is "26 times as many"."""

Name = Callable[[str, str], Text]


def read_clusters(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    """One row per cluster that holds in the period, most units first.

    Parameters
    ----------
    rows : the measurements of METRIC by BREAKDOWN up to the period

    Returns
    -------
    segment, since, observed and expected repairs, units touched, value, low, high (times as many), sure.
    """
    begun = rows[rows["value"].notna()]
    if not (begun["period"] == period).any():
        return pd.DataFrame()
    grouped = begun.groupby("segment", observed=True)
    found = grouped.agg(
        since=("period", "min"), observed=("numerator", "sum"), expected=("denominator", "sum"), touched=("n", "max")
    )
    newest = grouped[["value", "low", "high"]].last()
    told = found.join(newest).reset_index().sort_values("touched", ascending=False, kind="stable")
    sure = (told["low"] > 1) & (told["observed"] >= FEWEST)
    return told.assign(sure=sure).reset_index(drop=True)


def say_found(cluster: Any, segment_name: Name) -> Text:
    """One row of `read_clusters` as a headline; `segment_name` gives a breakdown's segment its name."""
    name = name_cluster(cluster["segment"], segment_name)
    told = {"cluster": capital(name), "since": tell_period(cluster["since"])}
    if cluster["sure"]:
        ratio = tell_value(two_figures(cluster["value"]), "ratio")
        return both(
            "{cluster}: {ratio} times the repairs to be expected since {since} ({n} repairs)",
            **told,
            ratio=ratio,
            n=tell_count(cluster["observed"]),
        )
    return both(
        "{cluster}: fails across the company since {since}; repairs in this unit alone are too few to tell ({n})",
        **told,
        n=tell_count(cluster["observed"]),
    )


def name_cluster(segment: str, segment_name: Name) -> Text:
    """A cluster as a reader says it: "12 kg washer-dryer, batch P08-B25S2, fault WM-E21"."""
    parts = []
    for part in segment.split(";"):
        breakdown, _, value = part.partition("=")
        name = segment_name(breakdown, value)
        parts.append(
            name if breakdown == "product_id" else join((breakdown_name(breakdown), name), {"en": " ", "zh": ""})
        )
    return join(parts, {"en": ", ", "zh": "，"})


def two_figures(value: Any) -> float:
    """Two figures: a ratio of 29.5 against 20–40 says no more."""
    return float(np.format_float_positional(float(value), precision=2, fractional=False)) if value else 0.0


def capital(text: Text) -> dict[str, str]:
    """The text with a capital at its start."""
    return {language: words[:1].upper() + words[1:] for language, words in text.items()}
