"""Faults, products, categories that stand out against their own past: more records than their past and everyone's
months explain.

Where the exposure of each segment is known (units in service by product), its own rate is compared, so that a
product that sells well
does not pass for one that fails; else its share of the records. Every possible first month of the last twelve is
looked at, chance counted
for all of them. What all segments share (season, growth) cancels.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc, ndtr, ndtri

from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.families import EXPOSED_BY, family_of
from analysis.signals.findings.finding import URGENCY, Finding, make_finding
from analysis.signals.findings.segments import Segments, is_named, read_segments
from analysis.signals.judging import Judged
from analysis.signals.panel import Panel

Floats = NDArray[np.float64]

BREAKDOWNS = ("fault_code", "product_id", "product_line", "model", "category", "batch", "supplier", "part_id", "reason")
HISTORY = 36
NEWEST = 12
LEAST_PAST = 12
LEAST_RECORDS = 10
LEAST_RATIO = 1.5
LEAST_EXCESS = 8.0
PRIOR_EVENTS = 5.0
SMALLEST_P = 1e-300


@dataclass(frozen=True)
class Counts:
    """Records by segment over the last 36 months.

    Parameters
    ----------
    k : (units, segments, months) records
    base : (units, segments, months) what they are measured on: each segment's exposure, or everyone's records
    by_exposure : whether the base is an exposure
    """

    k: Floats
    base: Floats
    by_exposure: bool


def look_for_concentrations(measurements: pd.DataFrame, judged: Mapping[str, Judged]) -> Looks:
    """Segments with more records than their past explains beyond chance, over the whole run."""
    panels = {metric: one.panel for metric, one in judged.items() if one.panel.card.kind in ("count", "rate")}
    read = [
        (segments, counts)
        for segments in read_segments(measurements, panels, metrics=list(panels), months=HISTORY)
        if segments.breakdown in BREAKDOWNS and (counts := counts_of(segments)) is not None
    ]
    exposed = {(family_of(one.panel.metric), one.breakdown) for one, counts in read if counts.by_exposure}
    looked = [
        (one, counts, *rises(counts, one.names))
        for one, counts in read
        if counts.by_exposure or not _has_rate(one, exposed)
    ]

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        for (segments, counts, p, start), (kept, q) in zip(looked, verdicts, strict=True):
            rates = q.reshape(p.shape)
            for row, code in zip(*np.nonzero(kept.reshape(p.shape)), strict=True):
                begin, rate = int(start[row, code]), float(rates[row, code])
                told = _told(segments, counts, int(row), int(code), begin, rate)
                if told is not None:
                    yield told

    return Looks([p for _, _, p, _ in looked], tell)


def counts_of(segments: Segments) -> Counts | None:
    """Records and base of a breakdown; None for rates whose exposure is not divided among the segments."""
    window = slice(max(segments.value.shape[2] - HISTORY, 0), None)
    if segments.panel.card.kind == "count":
        told = np.where(np.isfinite(segments.numerator), segments.numerator, segments.value)
        k = np.nan_to_num(told[:, :, window])
        return Counts(k, np.repeat(k.sum(axis=1, keepdims=True), k.shape[1], axis=1), by_exposure=False)
    k, base = np.nan_to_num(segments.numerator[:, :, window]), np.nan_to_num(segments.denominator[:, :, window])
    if not _is_divided(segments.panel, base):
        return None
    return Counts(k, base, by_exposure=True)


def rises(counts: Counts, names: tuple[str, ...]) -> tuple[Floats, NDArray[np.int64]]:
    """(units, segments) chance of so large a rise of a segment in a quiet business, and the column where it begins.

    Deviance of the count since each possible beginning against what its rate before, and the months of all
    segments, would
    give; divided by the over-dispersion of the months before the last twelve (of the whole breakdown, at least 1);
    one-sided;
    Bonferroni over the beginnings.
    """
    size = counts.k.shape[2]
    phi = _dispersion(counts, size - NEWEST)
    begins = np.arange(max(size - NEWEST, _first_month(counts.k) + LEAST_PAST), size)
    p, start = np.full(counts.k.shape[:2], np.nan), np.full(counts.k.shape[:2], size - 1)
    best = np.full(counts.k.shape[:2], -np.inf)
    for begin in begins:
        score = _score(counts, int(begin)) / np.sqrt(phi)
        better = score > best
        best, start = np.where(better, score, best), np.where(better, begin, start)
    if len(begins):
        many = counts.k[:, :, -NEWEST:].sum(axis=2) >= LEAST_RECORDS
        tested = many & np.array([is_named(name) for name in names])[None, :]
        p = np.where(tested, np.minimum(len(begins) * ndtr(-best), 1.0), np.nan)
    return p, start


def _has_rate(counted: Segments, exposed: Collection[tuple[str, str]]) -> bool:
    """Whether a rate tells of these segments what their count could: of the same story, or of one that knows what the
    count grows with."""
    family = family_of(counted.panel.metric)
    return any((one, counted.breakdown) in exposed for one in (family, EXPOSED_BY.get(family)))


def _is_divided(panel: Panel, base: Floats) -> bool:
    """Whether the segments' exposures add up to the unit's, rather than each repeating it."""
    whole = np.nan_to_num(panel.figures["denominator"][:, -base.shape[2] :])
    return bool(base.sum() > 0 and base.sum() <= 1.2 * whole.sum())


def _first_month(k: Floats) -> int:
    known = np.flatnonzero(k.sum(axis=(0, 1)) > 0)
    return int(known[0]) if len(known) else 0


def _expected(counts: Counts, until: int, months: slice) -> tuple[Floats, Floats, Floats]:
    """(units, segments, months) records that the past rates and the other segments' months give, their variance for the
    others' chance, and (units, segments) past records.

    A segment's own months have no part in what is expected of it: a large one would pull its yardstick with it.
    A segment without a past is taken to be like the others, as far as exposures tell.
    """
    past, base = counts.k[:, :, :until].sum(axis=2), counts.base[:, :, :until].sum(axis=2)
    if counts.by_exposure:
        usual = past.sum(axis=1, keepdims=True) / np.maximum(base.sum(axis=1, keepdims=True), 1e-9)
        rate = (past + PRIOR_EVENTS) / (base + PRIOR_EVENTS / np.maximum(usual, 1e-9))
        known = past + PRIOR_EVENTS
    else:
        rate, known = (past + 0.5) / (base + 1.0), past + 0.5
    pull = rate[:, :, None] * counts.base[:, :, months]
    k = counts.k[:, :, months]
    others, pulled = k.sum(axis=1, keepdims=True) - k, pull.sum(axis=1, keepdims=True) - pull
    ratio = np.divide(pull, pulled, out=np.zeros_like(pull), where=pulled > 1e-9)
    return others * ratio, others * ratio**2, known


def _score(counts: Counts, begin: int) -> Floats:
    """Normal score of the counts since `begin`, given those before: an exact binomial test of where a segment's
    records fall."""
    monthly, loose, known = _expected(counts, begin, slice(begin, None))
    k, expected = counts.k[:, :, begin:].sum(axis=2), np.maximum(monthly.sum(axis=2), 1e-9)
    compared = monthly.sum(axis=2) > 0
    p = np.where(k > 0, betainc(np.maximum(k, 1e-9), known + 1, expected / (expected + known)), 1.0)
    score = -ndtri(np.clip(p, SMALLEST_P, 1 - 1e-12)) / np.sqrt(1 + loose.sum(axis=2) / expected)
    return np.where(compared, score, -np.inf)


def _dispersion(counts: Counts, until: int) -> Floats:
    """(units, 1) how much more the monthly counts scatter around what was to be expected than chance, at least 1."""
    if until < LEAST_PAST:
        return np.ones((counts.k.shape[0], 1))
    expected, loose, _ = _expected(counts, until, slice(0, until))
    told = expected >= 1
    variance = np.where(told, expected + loose, 1.0)
    chi2 = np.where(told, (counts.k[:, :, :until] - expected) ** 2 / variance, 0.0).sum(axis=(1, 2))
    degrees = np.maximum(told.sum(axis=(1, 2)) - told.any(axis=2).sum(axis=1), 1)
    return np.maximum(chi2 / degrees, 1.0)[:, None]


def _told(segments: Segments, counts: Counts, row: int, code: int, start: int, q: float) -> Finding | None:
    monthly, loose, known = _expected(counts, start, slice(start, None))
    k, expected = float(counts.k[row, code, start:].sum()), float(monthly[row, code].sum())
    if k < LEAST_RATIO * expected or k - expected < LEAST_EXCESS:
        return None
    months, ratio = counts.k.shape[2] - start, k / expected
    spread = np.exp(1.96 * np.sqrt(1 / k + 1 / known[row, code] + float(loose[row, code].sum()) / expected**2))
    effect = {"value": ratio - 1, "low": ratio / spread - 1, "high": ratio * spread - 1, "unit": "ratio"}
    panel = segments.panel
    values: dict[str, Any] = {"count": k, "expected": expected, "months": months, "breakdown": segments.breakdown}
    values |= {"since_before": months == NEWEST, "as_of": str(segments.panel.months[-1])}
    if counts.by_exposure:
        shown = segments.value[row, code, -months:]
        level = float(np.nanmean(shown)) if np.isfinite(shown).any() else float("nan")
        values |= {"value": level, "usual": level / ratio}
    else:
        whole = float(counts.k[row, :, start:].sum())
        values |= {"share": 100 * k / whole, "share_before": 100 * known[row, code] / max(known[row].sum(), 1e-9)}
    return make_finding(
        "concentration",
        panel,
        row,
        direction="up",
        effect=effect,
        q=q,
        weight=(k - expected) / months * URGENCY[False],
        segment={segments.breakdown: segments.names[code]},
        since=len(panel.months) - months,
        values=values,
        good=False,
    )
