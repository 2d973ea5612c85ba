"""Why a unit lies apart from its peers: because its parts do (rate), or because it has other parts (mix).

The exact split of the distance between the unit and all other units together over the last twelve months (Kitagawa
1955), along the breakdown that tells most. Medians do not split and stay without an answer. Peers are told together,
never by name.
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.data_model import ALL_UNITS
from analysis.signals.findings.finding import Finding
from analysis.signals.findings.mix import NOT_A_MIX, Split, leading_mix, leading_rate, split_between, splits
from analysis.signals.findings.segments import Segments, read_segments
from analysis.signals.judging import Judged
from analysis.signals.verdicts import number

Floats = NDArray[np.float64]

MONTHS = 12


def explain_gaps(
    findings: Iterable[Finding], measurements: pd.DataFrame, judged: Mapping[str, Judged]
) -> Iterator[Finding]:
    """The findings of units outside their funnel, each with what its distance is made of (values: `gap`), where one
    breakdown tells it.

    Parameters
    ----------
    findings : unit_outlier findings
    measurements : the long shape, breakdowns included
    judged : metric → its months
    """
    told = list(findings)
    metrics = sorted({found["metric"] for found in told if splits(judged[found["metric"]].panel)})
    panels = {metric: judged[metric].panel for metric in metrics}
    best: dict[tuple[str, str], dict[str, object]] = {}
    for segments in read_segments(measurements, panels, metrics=metrics, months=MONTHS) if metrics else ():
        for found in told:
            if found["metric"] != segments.panel.metric or segments.breakdown in NOT_A_MIX:
                continue
            gap = _gap(segments, segments.panel.units.index(found["business_unit"]), found)
            key = (found["metric"], found["business_unit"])
            if gap is not None and (key not in best or _part(gap) > _part(best[key])):
                best[key] = gap
    for found in told:
        gap = best.get((found["metric"], found["business_unit"]))
        yield found if gap is None else found | {"values": found["values"] | {"gap": gap}}


def _gap(segments: Segments, row: int, found: Finding) -> dict[str, object] | None:
    if segments.withheld[row, -MONTHS:].any():
        return None
    own, others = _sums(segments, [row]), _sums(segments, _others(segments, row))
    counts = [float(np.nansum(segments.n[rows])) for rows in ([row], _others(segments, row))]
    parts = split_between(own, others, counts)
    if parts is None or (parts.after > parts.before) != (found["direction"] == "up"):
        return None
    distance = parts.after - parts.before
    mix, rate = leading_mix(segments, parts), leading_rate(segments, parts)
    if mix is not None:
        return _told("mix", segments, parts, mix, float(parts.mix.sum()) / distance)
    return None if rate is None else _told("rate", segments, parts, rate, float(parts.rate[rate]) / distance)


def _told(kind: str, segments: Segments, parts: Split, leader: int, share: float) -> dict[str, object]:
    return {
        "kind": kind, "breakdown": segments.breakdown, "segment": segments.names[leader], "share_of_gap": share,
        "peers": parts.before, "value": parts.after,
        "rate_total": float(parts.rate.sum()), "mix_total": float(parts.mix.sum()),
        "segment_share": 100 * float(parts.share_after[leader]),
        "segment_share_peers": 100 * float(parts.share_before[leader]),
        "segment_value": float(parts.rate_after[leader]), "segment_value_peers": float(parts.rate_before[leader]),
        "waterfall": [
            {"segment": name, "rate": number(rate), "mix": number(mix)}
            for name, rate, mix in zip(segments.names, parts.rate, parts.mix, strict=True)
        ],
    }  # fmt: skip


def _part(gap: Mapping[str, object]) -> float:
    return float(str(gap["share_of_gap"]))


def _others(segments: Segments, row: int) -> list[int]:
    return [other for other, unit in enumerate(segments.panel.units) if other != row and unit != ALL_UNITS]


def _sums(segments: Segments, rows: list[int]) -> tuple[Floats, Floats]:
    """(value × weight, weight) of each segment over the window, of some units together."""
    value, denominator = segments.value[rows], segments.denominator[rows]
    weight = np.where(np.isfinite(denominator), denominator, segments.n[rows])
    known = np.isfinite(value) & np.isfinite(weight)
    weight = np.where(known, weight, 0.0)
    return (np.where(known, value, 0.0) * weight).sum(axis=(0, 2)), weight.sum(axis=(0, 2))
