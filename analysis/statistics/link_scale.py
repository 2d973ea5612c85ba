"""The scale on which effects of a metric add up: logarithm for durations, rates and counts, log-odds for shares, its
own unit for levels.

Refuses unknown kinds, negative figures where the kind has none, and shares above 1.
Source: empirical logit and log with half an event added (Cox 1970), so that a month without an event stays finite.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Kind = Literal["duration", "share", "rate", "count", "level"]

BARE_SHARE = 0.005  # nearest to 0 and 1 that a share without a denominator is taken to be


def check_values(values: Floats, kind: str) -> None:
    """ValueError where values cannot be of this kind: negative or infinite, or a share above 1 (given per cent
    without per=100)."""
    if kind not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, not {kind!r}")
    if np.isinf(values).any():
        raise ValueError("values must be finite or NaN")
    if kind != "level" and np.any(values < 0):
        raise ValueError(f"values of kind {kind!r} must not be negative")
    if kind == "share" and np.any(values > 1 + 1e-9):
        raise ValueError("a share must not exceed 1; give per=100 for shares in per cent")


def to_link(values: Floats, kind: str, base: Floats | None = None) -> Floats:
    """Values on the scale where effects add; NaN where missing, and for a duration of 0, or a rate of 0 without its
    denominator.

    base : denominators (trials of a share, exposure of a rate), which say how far from 0 "no event" is.
    """
    if kind == "level":
        return values.astype(float)
    if base is None and kind == "share":
        return np.asarray(special.logit(np.clip(values, BARE_SHARE, 1 - BARE_SHARE)))
    if base is None or kind == "duration":
        return np.log(np.where(values > 0, values, np.nan))
    size = np.where(base > 0, base, np.nan)
    events = values * size
    return np.log((events + 0.5) / (size - events + 0.5 if kind == "share" else size))


def exact_link(value: float, kind: str) -> float:
    """One value on the link scale without the half event: −∞ for a rate of 0, ∞ for a share of 1."""
    if kind == "level":
        return value
    if kind == "share":
        return float(special.logit(value))
    return float(np.log(value)) if value > 0 else -np.inf


def from_link(eta: Floats, kind: str) -> Floats:
    """The way back to values (a median for durations, not a mean)."""
    if kind == "level":
        return eta.astype(float)
    return np.asarray(special.expit(eta)) if kind == "share" else np.exp(eta)


def shift(values: Floats, effect: Floats, kind: str) -> Floats:
    """Values moved by an effect on the link scale; a share of exactly 0 or 1, and a rate of 0, stays there."""
    if kind == "level":
        return values + effect
    factor = np.exp(effect)
    return values * factor / (1 - values + values * factor) if kind == "share" else values * factor
