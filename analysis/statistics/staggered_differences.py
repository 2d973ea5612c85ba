"""What a treatment did that people got at different times: the change of the treated around their own date less the
change of those not treated around the same date, all dates stacked.

Levels of people and the ups and downs of months fall out. What does not: people are sent to a course after bad months,
and bad months are followed by better ones without any course. So the same difference is taken one window earlier, when
nothing had happened (`placebo`), and the gap before the date is told (`gap_before`). Only people treated once in both
windows count, and only people not treated in them serve as comparison, so that an early treatment is never the
comparison of a late one. Refuses windows below one month.
Sources: difference in differences, Card & Krueger 1994; stacking, Cengiz, Dube, Lindner & Zipperer 2019; bootstrap over
people, Bertrand, Duflo & Mullainathan 2004.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.statistics.intervals import CONFIDENCE

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINDOW = 3
DRAWS = 400
SEED = 20_240_615


@dataclass(frozen=True)
class Difference:
    """value, low, high, se : the estimate, its standard error by bootstrap over people, and the interval from it with
    Student's t of people − 1 (percentiles are too narrow for few people); dates : treatments that
    count; people : different people treated. NaN where nothing can be compared."""

    value: float
    low: float
    high: float
    se: float
    dates: int
    people: int


@dataclass(frozen=True)
class Effect:
    """difference : treated less comparison; naive : the plain change of the treated; placebo : the difference one
    window earlier, which should be zero; gap_before : treated less comparison in the window before the date."""

    difference: Difference
    naive: Difference
    placebo: Difference
    gap_before: Difference


@dataclass(frozen=True)
class _Stack:
    """Per date month with treated people: change of every person, its weight, and who counts as treated or as
    comparison; (dates, people)."""

    change: Floats
    weight: Floats
    treated: Bools
    compared: Bools


def staggered_effect(
    numerator: ArrayLike,
    denominator: ArrayLike,
    treated: ArrayLike,
    *,
    of: ArrayLike | None = None,
    window: int = WINDOW,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
) -> Effect:
    """The effect of treatments on a ratio of sums.

    Parameters
    ----------
    numerator, denominator : (people, months) sums whose quotient is the outcome; 0 in both where there is nothing
    treated : (people, months) whether a treatment fell into the month
    of : (people,) whose treatments are counted, by default everybody's; all others still serve as comparison
    window : months before and after the date, which is itself left out

    Returns
    -------
    Effect in the unit of the quotient
    """
    top, base = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    dated = np.asarray(treated, dtype=bool)
    chosen = np.ones(len(dated), dtype=bool) if of is None else np.asarray(of, dtype=bool)
    if window < 1:
        raise ValueError(f"window must be at least one month, not {window}")
    after = _stack(top, base, dated, chosen, before=(-window, -1), after=(1, window))
    earlier = _stack(top, base, dated, chosen, before=(-2 * window, -window - 1), after=(-window, -1))
    level = _stack(top, base, dated, chosen, before=None, after=(-window, -1))
    rng = np.random.default_rng(SEED)
    boots = rng.multinomial(len(dated), np.full(len(dated), 1 / max(len(dated), 1)), size=draws).astype(float)
    return Effect(
        _difference(after, boots, confidence),
        _difference(after, boots, confidence, compare=False),
        _difference(earlier, boots, confidence),
        _difference(level, boots, confidence),
    )


def _stack(
    top: Floats,
    base: Floats,
    dated: Bools,
    chosen: Bools,
    *,
    before: tuple[int, int] | None,
    after: tuple[int, int],
) -> _Stack:
    people, months = base.shape
    sums = {name: np.concatenate([np.zeros((people, 1)), part.cumsum(axis=1)], axis=1) for name, part in
            (("top", top), ("base", base), ("dated", dated.astype(float)))}  # fmt: skip

    def over(name: str, at: int, span: tuple[int, int]) -> Floats:
        return np.asarray(sums[name][:, at + span[1] + 1] - sums[name][:, at + span[0]])

    spans = [after] if before is None else [before, after]
    reach = (min(span[0] for span in spans), max(0, *(span[1] for span in spans)))
    rows: list[tuple[Floats, Floats, Bools, Bools]] = []
    for at in range(-reach[0], months - reach[1]):
        hit = dated[:, at] & chosen
        if not hit.any():
            continue
        others = over("dated", at, reach) - dated[:, at] == 0
        n_after = over("base", at, after)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = over("top", at, after) / n_after
            weight = n_after
            if before is not None:
                n_before = over("base", at, before)
                change = change - over("top", at, before) / n_before
                weight = 1 / (1 / n_before + 1 / n_after)
        told = np.isfinite(change) & np.isfinite(weight) & (weight > 0)
        rows.append((np.where(told, change, 0.0), np.where(told, weight, 0.0), hit & others & told,
                     ~dated[:, at] & others & told))  # fmt: skip
    if not rows:
        blank = np.zeros((0, people))
        return _Stack(blank, blank, blank.astype(bool), blank.astype(bool))
    change, weight, hits, rest = (np.stack(part) for part in zip(*rows, strict=True))
    return _Stack(change, weight, hits.astype(bool), rest.astype(bool))


def _difference(stack: _Stack, boots: Floats, confidence: float, *, compare: bool = True) -> Difference:
    usable = stack.treated & (stack.compared.any(axis=1, keepdims=True) if compare else True)
    dates, people = int(usable.sum()), int(usable.any(axis=0).sum())
    if not dates:
        return Difference(np.nan, np.nan, np.nan, np.nan, 0, 0)
    value = _estimate(stack, usable, np.ones((1, usable.shape[1])), compare)[0]
    drawn = _estimate(stack, usable, boots, compare)
    drawn = drawn[np.isfinite(drawn)]
    if people < 2 or drawn.size < len(boots) / 2:
        return Difference(float(value), np.nan, np.nan, np.nan, dates, people)
    se = float(drawn.std(ddof=1) * np.sqrt(people / (people - 1)))
    reach = float(special.stdtrit(people - 1, 0.5 + confidence / 2)) * se
    return Difference(float(value), float(value) - reach, float(value) + reach, se, dates, people)


def _estimate(stack: _Stack, usable: Bools, copies: Floats, compare: bool) -> Floats:
    """The weighted mean over dates of the treated's change less the comparison's; copies : (draws, people) how often
    each person is in the sample."""
    w_treated = np.where(usable, stack.weight, 0.0)
    top = copies @ (w_treated * stack.change).T
    base = copies @ w_treated.T
    if compare:
        w_rest = np.where(stack.compared, stack.weight, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (copies @ (w_rest * stack.change).T) / (copies @ w_rest.T)
        known = np.isfinite(mean)
        base = np.where(known, base, 0.0)
        top = np.where(known, top, 0.0) - base * np.where(known, mean, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(top.sum(axis=1) / base.sum(axis=1))


def as_mapping(effect: Effect) -> Mapping[str, Difference]:
    """The four differences by name, in the order in which they are told."""
    return {
        "difference": effect.difference,
        "naive": effect.naive,
        "placebo": effect.placebo,
        "gap_before": effect.gap_before,
    }
