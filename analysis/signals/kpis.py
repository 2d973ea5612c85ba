"""The table of key figures: one row per metric and business unit, every comparison controlled over the run.

Unknown numbers stay unknown and carry their reason; a metric without any mature period has its rows too.
"""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.changes import VERSUS, Comparison, excludes_zero
from analysis.signals.false_discoveries import surviving_twice
from analysis.signals.judging import Judged
from analysis.signals.panel import Panel, period_numbers
from analysis.signals.scales import worth
from analysis.signals.targets import assure, meets
from analysis.signals.verdicts import chart_of, number, period_label, signals_of

Floats = NDArray[np.float64]
Reasons = Mapping[tuple[str, str, str], str]

CHANGE_RATE = 0.05
NOT_YET = "window not passed"
NO_RECORDS = "no records"
COLUMNS = (
    *(
        "metric",
        "business_unit",
        "period",
        "value_period",
        "value",
        "low",
        "high",
        "se",
        "n",
        "unit",
        "better",
        "numerator",
    ),
    *("denominator", "immature_share", "reason", "previous", "year_ago", "peers", "target", "target_met", "changes"),
    *("signal", "signal_reason", "assurance", "chart"),
)
FIGURES = ("value", "low", "high", "se", "n", "numerator", "denominator", "immature_share")


@dataclass(frozen=True)
class Controlled:
    """A comparison after the run's control.

    Parameters
    ----------
    comparison : what was compared
    significant : (units,) real beyond chance: survives the control, and its interval, as shown and with the season
        taken out,
        lies on one side of zero
    q : (units,) rate of false ones at which it would be called
    """

    comparison: Comparison
    significant: NDArray[np.bool_]
    q: Floats


def kpi_table(
    shown: Mapping[str, Panel],
    judged: Mapping[str, Judged],
    compared: Mapping[str, Sequence[Comparison]],
    totals: pd.DataFrame,
    *,
    metrics: Sequence[str],
    grain: str,
    period: str,
) -> pd.DataFrame:
    """One row per metric and unit, in the order of `metrics`.

    Parameters
    ----------
    shown : metric → panel of the grain that is reported
    judged : metric → its months, fully looked at
    compared : metric → its comparisons
    totals : the long shape without breakdowns, for reasons and for metrics that have no mature period
    metrics : ids, the most important first
    grain, period : what is reported
    """
    controlled = control(compared, followed=judged)
    signals = signals_of(judged)
    reasons = _reasons(totals, grain)
    rows: list[dict[str, Any]] = []
    for metric in metrics:
        if metric in shown:
            told = signals.get(metric)
            one = judged.get(metric)
            rows += _rows(shown[metric], one, controlled[metric], told, reasons, period=period, grain=grain)
    units = sorted(totals["business_unit"].unique())
    rows += _blank_rows(
        totals, [metric for metric in metrics if metric not in shown], units, grain=grain, period=period
    )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def control(
    compared: Mapping[str, Sequence[Comparison]], *, followed: Container[str] | None = None
) -> dict[str, list[Controlled]]:
    """Every comparison of the run with what survives, controlled together with all others.

    A change must survive among all comparisons of the run, and among those against the same reference: real gaps
    between units would otherwise lend the monthly ups and downs their significance. A metric that is not `followed`
    has its differences, but takes no part and is never news.
    """
    result: dict[str, dict[str, Controlled]] = {metric: {} for metric in compared}
    groups = [
        [(metric, one) for metric, many in compared.items() for one in many if one.versus == versus]
        for versus in VERSUS
    ]
    ps = [
        [one.p if followed is None or metric in followed else np.full_like(one.p, np.nan) for metric, one in group]
        for group in groups
    ]
    for versus, group, survived in zip(VERSUS, groups, surviving_twice(ps, rate=CHANGE_RATE), strict=True):
        for (metric, one), (kept, q) in zip(group, survived, strict=True):
            clear = excludes_zero(one.low, one.high) & excludes_zero(one.adjusted_low, one.adjusted_high)
            same_side = np.sign(one.value) == np.sign(one.adjusted)
            result[metric][versus] = Controlled(one, kept & clear & same_side, q)
    return {metric: list(many.values()) for metric, many in result.items()}


def _rows(
    panel: Panel,
    one: Judged | None,
    controlled: Sequence[Controlled],
    signals: Sequence[tuple[str, str | None]] | None,
    reasons: Reasons,
    *,
    period: str,
    grain: str,
) -> Iterator[dict[str, Any]]:
    at = len(panel.months) - 1
    label = period_label(panel.months[at], grain)
    references = {each.comparison.versus: each.comparison.reference for each in controlled}
    target = references["target"]
    met = meets(panel.value[:, at], target, panel.card.better)
    words = assure(one.panel, one.chart, target, met) if one is not None else ["none"] * len(met)
    for row, unit in enumerate(panel.units):
        signal, lack = signals[row] if signals else ("insufficient", "months")
        figures = {name: number(panel.figures[name][row, at]) for name in FIGURES}
        missing = reasons.get((panel.metric, unit, label), NO_RECORDS) if figures["value"] is None else None
        yield {
            "metric": panel.metric,
            "business_unit": unit,
            "period": period,
            "value_period": label,
            **figures,
            "unit": panel.card.unit,
            "better": panel.card.better,
            "reason": missing,
            **{name: _reference(references, name, row) for name in ("previous", "year_ago", "peers", "target")},
            "target_met": met[row],
            "changes": json.dumps(list(_changes(panel, controlled, row, lack)), allow_nan=False),
            "signal": signal,
            "signal_reason": lack,
            "assurance": words[row] if lack is None else "none",
            "chart": json.dumps(chart_of(one.panel, one.chart, row), allow_nan=False) if one is not None else None,
        }


def _reference(references: Mapping[str, Floats], name: str, row: int) -> float | None:
    return number(references[name][row]) if name in references else None


def _changes(panel: Panel, controlled: Sequence[Controlled], row: int, lack: str | None) -> Iterator[dict[str, Any]]:
    """The comparisons of one unit; with too few months none with its own past is called more than chance: how much it
    usually moves from month to month is what nobody knows then."""
    for each in controlled:
        one = each.comparison
        if not np.isfinite(one.value[row]):
            continue
        unsure = lack == "months" and one.versus in ("previous", "year_ago")
        yield {
            "versus": one.versus,
            "value": number(one.value[row]),
            "low": number(one.low[row]),
            "high": number(one.high[row]),
            "significant": bool(each.significant[row]) and not unsure,
            "sampled": bool(one.sampled[row]),
            "worth": bool(abs(one.value[row]) >= float(worth(panel.card, one.reference[row]))),
            "adjusted": number(one.adjusted[row]),
            "p": None if unsure else number(one.p[row]),
            "q": None if unsure else number(each.q[row]),
        }


def _blank_rows(
    totals: pd.DataFrame, metrics: Sequence[str], units: Sequence[str], *, grain: str, period: str
) -> Iterator[dict[str, Any]]:
    """Rows of metrics that have no mature period yet, with the reason of the newest one."""
    rows = totals[(totals["grain"] == grain) & totals["metric"].isin(list(metrics))]
    rows = rows[period_numbers(rows["period"]) <= period_numbers(pd.Series([period]))[0]]
    newest = rows.sort_values("period").groupby(["metric", "business_unit"], observed=True)["reason"].last()
    for metric in metrics:
        for unit in units:
            reason = newest.get((metric, unit), None)
            yield {
                "metric": metric,
                "business_unit": unit,
                "period": period,
                "value_period": period,
                "reason": reason if isinstance(reason, str) else NOT_YET,
                "changes": "[]",
                "signal": "insufficient",
                "signal_reason": "value",
                "assurance": "none",
            }


def _reasons(totals: pd.DataFrame, grain: str) -> dict[tuple[str, str, str], str]:
    rows = totals[(totals["grain"] == grain) & totals["reason"].notna()]
    keys = zip(rows["metric"], rows["business_unit"], rows["period"], strict=True)
    return dict(zip(keys, rows["reason"], strict=True))
