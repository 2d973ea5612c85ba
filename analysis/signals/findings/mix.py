"""Why a figure moved against the year before: because its parts did (rate) or because their shares did (mix).

Exact split (Kitagawa 1955) of ratios, of shares done in time and of restricted means, three newest months against
the same three a year before. A segment's own figure is named only where the whole has really changed; a different mix
where the mix has (mix_index). Medians do not split and are left to their siblings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.chance import t_tail
from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.families import is_closed_only
from analysis.signals.findings.finding import Z95, Finding, is_good, make_finding, touched
from analysis.signals.findings.mix_index import BACK, WINDOW, moved
from analysis.signals.findings.segments import Segments, is_named, read_segments
from analysis.signals.judging import Judged
from analysis.signals.noise import inflation
from analysis.signals.panel import Panel
from analysis.signals.scales import worth
from analysis.signals.verdicts import number

Floats = NDArray[np.float64]

HISTORY = 36
LEAST_SHARE_OF_CHANGE = 0.35
STANDS_OUT = 1.5
BESIDE_THE_CHANGE = 0.9
NOT_A_MIX = ("technician_id", "age_bucket", "batch")  # batches come and go: other ones are no other mix
SPLITS = ("probability_by", "restricted_mean", "restricted_mean_step")


@dataclass(frozen=True)
class Split:
    """The change of one metric, unit and breakdown, split; (segments,) arrays in the card's unit.

    Parameters
    ----------
    before, after : the whole in both windows
    rate, mix : each segment's effects; they add up to the change
    share, share_before : the segments' mean share of the whole, and their share before
    mix_error : standard error of the whole mix effect
    rate_before, rate_after, n : each segment's figures and its records in the smaller window
    """

    before: float
    after: float
    rate: Floats
    mix: Floats
    share: Floats
    share_before: Floats
    share_after: Floats
    mix_error: float
    rate_before: Floats
    rate_after: Floats


def look_for_mix(measurements: pd.DataFrame, judged: Mapping[str, Judged]) -> Looks:
    """Shifts of the mix that moved a figure by enough to act on, along any breakdown."""
    able = {metric: one.panel for metric, one in judged.items() if splits(one.panel)}
    read = [
        (segments, moved(segments))
        for segments in read_segments(measurements, able, metrics=list(able), months=HISTORY)
        if segments.breakdown not in NOT_A_MIX
    ]

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        best: dict[tuple[str, int], Finding] = {}
        for (segments, move), (kept, q) in zip(read, verdicts, strict=True):
            for row in np.flatnonzero(kept):
                found = _mix_told(segments, int(row), float(q[row]), float(move.size[row]))
                key = (segments.panel.metric, int(row))
                if found is not None and (
                    key not in best or abs(found["effect"]["value"]) > abs(best[key]["effect"]["value"])
                ):
                    best[key] = found
        yield from best.values()

    return Looks([move.p for _, move in read], tell)


def _mix_told(segments: Segments, row: int, q: float, size: float) -> Finding | None:
    """The mix effect where it goes the way the figure went, makes a good part of it, and is worth acting on."""
    parts = split(segments, row)
    if parts is None or np.sign(parts.mix.sum()) != np.sign(size):
        return None
    if abs(parts.mix.sum()) < float(worth(segments.panel.card, parts.before)):
        return None
    leader = leading_mix(segments, parts)
    return None if leader is None else _finding("mix_effect", segments, row, parts, leader, float(parts.mix.sum()), q)


def look_for_rates(measurements: pd.DataFrame, judged: Mapping[str, Judged]) -> Looks:
    """Segments whose own figure carries a change against the year before that survives the run's control."""
    able = {
        metric: one for metric, one in judged.items() if splits(one.panel) and len(one.panel.months) >= WINDOW + BACK
    }
    changed = {metric: _year_change(one) for metric, one in able.items()}

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        return _find(measurements, able, changed, dict(zip(changed, verdicts, strict=True)))

    return Looks([p for p, _ in changed.values()], tell)


def _find(
    measurements: pd.DataFrame,
    able: Mapping[str, Judged],
    changed: Mapping[str, tuple[Floats, Floats]],
    survived: Mapping[str, tuple[NDArray[np.bool_], Floats]],
) -> Iterator[Finding]:
    real = [metric for metric, (kept, _) in survived.items() if kept.any()]
    panels = {metric: able[metric].panel for metric in real}
    best: dict[tuple[str, int, str], Finding] = {}
    for segments in read_segments(measurements, panels, metrics=real, months=WINDOW + BACK):
        kept, q = survived[segments.panel.metric]
        for row in np.flatnonzero(kept):
            for found in _told(segments, int(row), float(q[row]), np.sign(changed[segments.panel.metric][1][row])):
                key = (found["metric"], int(row), found["kind"])
                if key not in best or found["values"]["share_of_change"] > best[key]["values"]["share_of_change"]:
                    best[key] = found
    yield from best.values()


def split(segments: Segments, row: int) -> Split | None:
    """The exact split of one unit's change over a breakdown; None where the breakdown does not partition the figure,
    or a segment of either window is withheld.

    A segment that is new or gone has no rate to compare: it is mix alone.
    """
    if any(segments.withheld[row, months].any() for months in (_newest(segments), _year_before(segments))):
        return None
    now, then = _windows(segments, row)
    counts = [_records(segments, row, months) for months in (_newest(segments), _year_before(segments))]
    return split_between(now, then, counts)


def split_between(now: tuple[Floats, Floats], then: tuple[Floats, Floats], counts: Sequence[float]) -> Split | None:
    """The exact split of the difference of two wholes, (value × weight, weight) of each segment; None where one of
    them is empty.

    Parameters
    ----------
    now, then : the two sides; the difference is now − then
    counts : how many records stand behind each side, for the error of the mix
    """
    (k1, d1), (k0, d0) = now, then
    if d1.sum() <= 0 or d0.sum() <= 0:
        return None
    w1, w0 = d1 / d1.sum(), d0 / d0.sum()
    r1, r0 = _rates(k1, d1), _rates(k0, d0)
    r1, r0 = np.where(np.isnan(r1), r0, r1), np.where(np.isnan(r0), r1, r0)
    r1, r0 = np.nan_to_num(r1), np.nan_to_num(r0)
    after, before = float((w1 * r1).sum()), float((w0 * r0).sum())
    middle = (r1 + r0) / 2
    spread = [float((w * middle**2).sum() - (w * middle).sum() ** 2) for w in (w1, w0)]
    error = np.sqrt(sum(max(part, 0.0) / max(count, 1.0) for part, count in zip(spread, counts, strict=True)))
    mix = (w1 - w0) * (middle - (after + before) / 2)
    return Split(before, after, (r1 - r0) * (w1 + w0) / 2, mix, (w1 + w0) / 2, w0, w1, float(error), r0, r1)


def splits(panel: Panel) -> bool:
    """Whether a metric's whole is the weighted sum of its parts; medians are not."""
    card = panel.card
    if is_closed_only(card):
        return False
    return card.kind in ("ratio", "rate") or getattr(card.how, "statistic", None) in SPLITS


def _year_change(one: Judged) -> tuple[Floats, Floats]:
    """(units,) p-value and size, on the metric's scale, of the newest three months against the same three a year
    before."""
    y, weights, usable = one.chart.adjusted, one.base.weights, one.panel.usable
    now, then = slice(-WINDOW, None), slice(-WINDOW - BACK, -BACK)
    means, parts = [], []
    for window in (now, then):
        weight = np.where(usable[:, window], weights[:, window], 0.0)
        total = weight.sum(axis=1)
        full = usable[:, window].all(axis=1) & (total > 0)
        safe = np.where(full, total, 1.0)
        means.append(np.where(full, (weight * np.nan_to_num(y[:, window])).sum(axis=1) / safe, np.nan))
        parts.append(1 / safe)
    variance = one.search.prior.variance if one.search.prior.degrees > 0 else np.maximum(one.base.floor, 1.0)
    error = np.sqrt(np.maximum(variance, one.base.floor) * (parts[0] + parts[1])) * inflation(one.search.rho)
    size = means[0] - means[1]
    known = np.isfinite(size) & (error > 0)
    return np.where(known, t_tail(np.where(known, size / np.where(known, error, 1.0), 0.0), 30.0), np.nan), size


def _told(segments: Segments, row: int, q: float, sign: float) -> Iterator[Finding]:
    parts = split(segments, row)
    if parts is None or np.sign(parts.after - parts.before) != sign:
        return
    rated = leading_rate(segments, parts)
    if rated is not None:
        yield _finding("rate_effect", segments, row, parts, rated, float(parts.rate[rated]), q)


def leading_mix(segments: Segments, parts: Split) -> int | None:
    """The segment that tells a mix effect; None where the mix does not make a good part of the change beyond chance."""
    change, mix = parts.after - parts.before, float(parts.mix.sum())
    if (
        segments.breakdown in NOT_A_MIX
        or not change
        or mix / change < LEAST_SHARE_OF_CHANGE
        or abs(mix) <= 3 * parts.mix_error
    ):
        return None
    named = np.array([is_named(name) for name in segments.names])
    return int(np.argmax(np.where(named, parts.mix * np.sign(change), -np.inf)))


def leading_rate(segments: Segments, parts: Split) -> int | None:
    """The segment whose own figure carries more of the change than its share of the records; None without one."""
    share = parts.rate / (parts.after - parts.before)
    leader = int(np.argmax(share))
    stands_out = share[leader] >= max(LEAST_SHARE_OF_CHANGE, STANDS_OUT * parts.share[leader])
    return leader if stands_out and is_named(segments.names[leader]) else None


def _finding(kind: str, segments: Segments, row: int, parts: Split, leader: int, size: float, q: float) -> Finding:
    panel = segments.panel
    unit = "pp" if panel.card.unit == "%" else panel.card.unit
    effect: dict[str, Any] = {"value": size, "low": None, "high": None, "unit": unit}
    if kind == "mix_effect":
        effect |= {"low": size - Z95 * parts.mix_error, "high": size + Z95 * parts.mix_error}
    direction = "up" if size > 0 else "down"
    good = is_good(direction, panel.card.better)
    return make_finding(
        kind,
        panel,
        row,
        direction=direction,
        effect=effect,
        q=q,
        weight=BESIDE_THE_CHANGE * touched(panel, row, effect, good=good),
        segment={segments.breakdown: segments.names[leader]},
        values=_values(segments, parts, leader, size),
        good=good,
    )


def _values(segments: Segments, parts: Split, leader: int, size: float) -> dict[str, Any]:
    change = parts.after - parts.before
    months = segments.panel.months
    return {
        **{"before": parts.before, "after": parts.after, "change": change, "share_of_change": size / change},
        **{"rate_total": float(parts.rate.sum()), "mix_total": float(parts.mix.sum())},
        "segment_share_before": 100 * float(parts.share_before[leader]),
        "segment_share_after": 100 * float(parts.share_after[leader]),
        "segment_before": float(parts.rate_before[leader]),
        "segment_after": float(parts.rate_after[leader]),
        **{"breakdown": segments.breakdown, "from": str(months[-WINDOW]), "to": str(months[-1]), "months": WINDOW},
        "waterfall": [
            {"segment": name, "rate": number(rate), "mix": number(mix)}
            for name, rate, mix in zip(segments.names, parts.rate, parts.mix, strict=True)
        ],
    }


def _windows(segments: Segments, row: int) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """(value × weight, weight) of each segment in both windows; the weight is the denominator, for durations the
    records."""
    found = []
    for months in (_newest(segments), _year_before(segments)):
        value = segments.value[row][:, months]
        denominator = segments.denominator[row][:, months]
        weight = np.where(np.isfinite(denominator), denominator, segments.n[row][:, months])
        known = np.isfinite(value) & np.isfinite(weight)
        weight = np.where(known, weight, 0.0)
        found.append(((np.where(known, value, 0.0) * weight).sum(axis=1), weight.sum(axis=1)))
    return found[0], found[1]


def _records(segments: Segments, row: int, months: slice) -> float:
    return float(np.nansum(segments.n[row][:, months]))


def _newest(segments: Segments) -> slice:
    size = segments.value.shape[2]
    return slice(size - WINDOW, size)


def _year_before(segments: Segments) -> slice:
    size = segments.value.shape[2]
    return slice(size - WINDOW - BACK, size - BACK)


def _rates(top: Floats, weight: Floats) -> Floats:
    return np.divide(top, weight, out=np.full_like(top, np.nan), where=weight > 0)
