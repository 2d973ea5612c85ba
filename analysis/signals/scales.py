"""The scale on which a metric's months are compared: where noise is even, steps are additive and the way back is
exact.

Shares on the arcsine, rates and small counts on the square root, durations, money and large counts on the
logarithm, scores as they are.
It never sees a business unit's name and judges nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LARGE_COUNT = 30.0
SIGNED = ("score", "points", "pp")  # may be negative or have no natural zero: differences, never factors
Z95 = 1.959963984540054
FAR_ROUGHER = 3.0


@dataclass(frozen=True)
class Scale:
    """A one-to-one change of scale.

    Parameters
    ----------
    name : share, rate, log or plain
    chart : the control chart that belongs to it (p', u' or XmR)
    relative : whether an effect is told as a ratio of levels (else as a difference in the card's unit)
    """

    name: str
    chart: str
    relative: bool
    forward: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]


def _share_in(value: Floats) -> Floats:
    return np.arcsin(np.sqrt(np.clip(value / 100, 0, 1)))


def _share_out(y: Floats) -> Floats:
    return 100 * np.sin(np.clip(y, 0, np.pi / 2)) ** 2


def _root_in(value: Floats) -> Floats:
    return np.sqrt(np.maximum(value, 0))


def _root_out(y: Floats) -> Floats:
    return np.maximum(y, 0) ** 2


def _log_in(value: Floats) -> Floats:
    return np.log(np.where(value > 0, value, np.nan))


def _same(value: Floats) -> Floats:
    return np.asarray(value, dtype=float)


SHARE = Scale("share", "p'", False, _share_in, _share_out)
RATE = Scale("rate", "u'", True, _root_in, _root_out)
LOG = Scale("log", "XmR", True, _log_in, np.exp)
PLAIN = Scale("plain", "XmR", False, _same, _same)


@dataclass(frozen=True)
class Scaled:
    """A metric's months on their scale.

    Parameters
    ----------
    scale : the change of scale that was chosen
    y : (units, months) values on it, NaN where there is none
    s : (units, months) their sampling standard errors, NaN where the sampling error is not known
    """

    scale: Scale
    y: Floats
    s: Floats


def choose_scale(unit: str, months: dict[str, Floats]) -> Scaled:
    """The scale that fits a metric's unit and figures, and the months on it.

    Parameters
    ----------
    unit : the card's unit
    months : arrays (units, months) under value, low, high, se, numerator, denominator, n; NaN where unknown

    Returns
    -------
    Scaled. Counts are smoothed (k + 3/8) so that a month without an event is a small value rather than a hole.

    Source: Anscombe (1948) for the arcsine and the square root of counts.
    """
    value, numerator, denominator = months["value"], months["numerator"], months["denominator"]
    known = np.isfinite(value)
    counted = known & np.isfinite(numerator) & np.isfinite(denominator) & (denominator > 0)
    whole = bool(counted.any()) and _are_whole(numerator[counted])
    if unit in SIGNED:
        return Scaled(PLAIN, np.where(known, value, np.nan), _even(_error(months), months["n"]))
    if unit == "%":
        return _shares(months, known, counted, whole)
    if unit.startswith("per_") and whole and counted[known].all():
        return _rates(value, numerator, denominator, counted)
    if unit == "n" and known.any() and _are_whole(value[known]) and bool((value[known] >= 0).all()):
        return _counts(value, known)
    if known.any() and bool((value[known] >= 0).all()) and bool((value[known] > 0).any()):
        return Scaled(LOG, LOG.forward(_lifted(value, known)), _even(_log_error(months), months["n"]))
    return Scaled(PLAIN, np.where(known, value, np.nan), _even(_error(months), months["n"]))


def _shares(months: dict[str, Floats], known: NDArray[np.bool_], counted: NDArray[np.bool_], whole: bool) -> Scaled:
    value, k, n = months["value"], months["numerator"], months["denominator"]
    if whole and counted[known].all() and bool((k[counted] <= n[counted]).all()):
        smoothed = np.divide(100 * (k + 0.375), n + 0.75, out=np.full_like(value, np.nan), where=counted)
        return Scaled(
            SHARE,
            np.where(known, SHARE.forward(smoothed), np.nan),
            np.where(known, 0.5 / np.sqrt(np.maximum(n, 0) + 0.5), np.nan),
        )
    if known.any() and (value[known].min() < 0 or value[known].max() > 100):
        positive = bool((value[known] > 0).all())
        return Scaled(
            *(
                (LOG, LOG.forward(value), _even(_log_error(months), months["n"]))
                if positive
                else (PLAIN, np.where(known, value, np.nan), _even(_error(months), months["n"]))
            )
        )
    return Scaled(SHARE, np.where(known, SHARE.forward(value), np.nan), _even(_angle_error(months), months["n"]))


def _angle_error(months: dict[str, Floats]) -> Floats:
    """The standard error of a share that is no count (a share within T, a weighted one) on the arcsine.

    From its interval, carried onto the arcsine: there half of one from 91.9 to 100 % is as wide as in the middle, while
    a standard error divided by the slope at 100 % would be without bound. Where an end was cut at 0 or 100 %, the other
    one speaks alone. Without an interval by the slope, that of a share at least 3/8 of a record from either end.
    """
    value, low, high, n = months["value"], months["low"], months["high"], months["n"]
    bounded = np.isfinite(low) & np.isfinite(high) & (high > low)
    y, ends = SHARE.forward(value), [SHARE.forward(np.where(bounded, end, np.nan)) for end in (low, high)]
    below, above = (y - ends[0]) / Z95, (ends[1] - y) / Z95
    wide = np.where(
        (high >= 100) & (value < 100), below, np.where((low <= 0) & (value > 0), above, (below + above) / 2)
    )
    edge = np.where(n > 0, 0.375 / (n + 0.75), 0.01)
    share = np.clip(value / 100, edge, 1 - edge)
    return np.where(bounded, wide, months["se"] / 100 / (2 * np.sqrt(share * (1 - share))))


def _rates(value: Floats, numerator: Floats, denominator: Floats, counted: NDArray[np.bool_]) -> Scaled:
    exposure = _exposure(value, numerator, denominator, counted)
    y = np.sqrt((numerator + 0.375) / exposure)
    return Scaled(RATE, y, np.where(np.isfinite(y), 0.5 / np.sqrt(exposure), np.nan))


def _exposure(value: Floats, numerator: Floats, denominator: Floats, counted: NDArray[np.bool_]) -> Floats:
    """What to divide the count by to get the card's value; months without an event borrow the usual factor."""
    told = counted & (numerator > 0) & (value > 0)
    exposure = np.full_like(value, np.nan)
    exposure[told] = numerator[told] / value[told]
    factor = float(np.median(exposure[told] / denominator[told])) if told.any() else 1.0
    return np.where(counted & ~told, denominator * factor, exposure)


def _counts(value: Floats, known: NDArray[np.bool_]) -> Scaled:
    level = np.array(
        [np.median(row[row_known]) if row_known.any() else np.inf for row, row_known in zip(value, known, strict=True)]
    )
    error = 1 / np.sqrt(np.maximum(level, 0.5))[:, None]
    if (level >= LARGE_COUNT).all():
        return Scaled(
            LOG, np.where(known, np.log(np.where(known, value, 1) + 0.5), np.nan), np.where(known, error, np.nan)
        )
    return Scaled(
        RATE, np.where(known, np.sqrt(np.where(known, value, 0) + 0.375), np.nan), np.where(known, 0.5, np.nan)
    )


def _lifted(value: Floats, known: NDArray[np.bool_]) -> Floats:
    """Zeros as half the smallest figure above zero, so that a logarithm has them."""
    return np.where(known, np.maximum(value, value[known & (value > 0)].min() / 2), np.nan)


def _log_error(months: dict[str, Floats]) -> Floats:
    value, low, high = months["value"], months["low"], months["high"]
    bounded = np.isfinite(low) & np.isfinite(high) & (low > 0) & (high > low)
    wide = np.log(np.where(bounded, high, 1) / np.where(bounded, low, 1)) / (2 * Z95)
    plain = np.divide(months["se"], value, out=np.full_like(value, np.nan), where=value > 0)
    return np.where(bounded, wide, plain)


def _error(months: dict[str, Floats]) -> Floats:
    bounded = np.isfinite(months["low"]) & np.isfinite(months["high"])
    return np.where(
        np.isfinite(months["se"]), months["se"], np.where(bounded, (months["high"] - months["low"]) / (2 * Z95), np.nan)
    )


def _even(error: Floats, n: Floats) -> Floats:
    """Each unit's standard errors as c/√n with one c: single months' own estimates of their error are too rough to
    weigh by. But a month whose own error is many times that says that it knows little (a mean that hangs on one order
    that left unfinished), and is believed."""
    size = np.sqrt(np.where(n > 0, n, np.nan))
    with_both = np.where(error > 0, error * size, np.nan)
    constant = np.array(
        [np.median(row[np.isfinite(row)]) if np.isfinite(row).sum() >= 3 else np.nan for row in with_both]
    )
    even = constant[:, None] / size
    return np.where(np.nan_to_num(error) > FAR_ROUGHER * even, error, even)


def _are_whole(values: Floats) -> bool:
    return bool(np.all(np.abs(values - np.round(values)) < 1e-9))


def worth(card: Any, level: Floats | float) -> Floats:
    """The smallest change of the card's value, in its unit, that is worth acting on at a given level.

    The card's `worth_acting_on` says so, relative to the level (0.05 = five per cent) or absolute in its unit;
    a card that is silent gets five per cent, for shares one percentage point.
    """
    stated = getattr(card, "worth_acting_on", None) or {}
    if not isinstance(stated, dict):
        stated = {name: getattr(stated, name, None) for name in ("relative", "absolute")}
    if stated.get("absolute") is not None:
        return np.full_like(np.asarray(level, dtype=float), float(stated["absolute"]))
    if stated.get("relative") is None and card.unit == "%":
        return np.full_like(np.asarray(level, dtype=float), 1.0)
    return np.abs(np.asarray(level, dtype=float)) * float(stated.get("relative") or 0.05)
