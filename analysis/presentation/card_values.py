"""One row of the run's signals as a card: formats figures, names reasons, judges nothing that the row does not."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.presentation.cards import ASSURANCES, TONES, Change, Kpi
from analysis.presentation.formatting import (
    common_decimals,
    finite,
    fmt_change,
    fmt_count,
    fmt_interval,
    fmt_number,
    fmt_period,
    fmt_value,
    is_currency,
    is_missing,
    unit_label,
)
from analysis.presentation.language import Text, both, each, plain
from analysis.presentation.lasting import is_out_unsure, say_unsure
from analysis.presentation.magnitudes import readable_time
from analysis.presentation.possible import BOUNDED, LEAST, PEOPLE, possible_intervals
from analysis.presentation.sparkline import Spark
from analysis.presentation.theme import tone

if TYPE_CHECKING:
    from analysis.metrics.cards import MetricCard

SPARK_PERIODS = 24
TEN_THOUSAND = 10_000
IN_THE_UNIT = ("value", "low", "high", "previous", "year_ago", "peers", "target")
LONG_UNITS = ("per_1000", "per_100")  # said once, beside the figure


def kpi_card(row: Mapping[str, Any], card: "MetricCard", *, history: pd.DataFrame | None = None) -> Kpi:
    """One card from one row of the run's kpis.

    Parameters
    ----------
    row : metric, period, value_period, value, low, high, n, reason, previous, year_ago, peers, target, changes, chart
        (JSON text or parsed), signal, assurance; missing keys count as empty.
    card : the metric's entry: id, name, unit, better.
    history : the metric's periods in order: either rows of `adjusted` (observed, centre, low, high, out) or of the
        measurements (value); None draws no line.
    """
    drawn_target = row.get("target")  # the line is drawn in the metric's own unit
    row, unit = _in_readable_time(row, card.unit)
    value, target = row.get("value"), row.get("target")
    signal = row.get("signal") or "insufficient"
    chart = _parsed(row.get("chart")) or {}
    has_unit = not is_missing(value) and not is_currency(unit)
    return Kpi(
        metric=card.id,
        label=card.name,
        value=each(lambda language: (fmt_value if is_currency(unit) else fmt_number)(value, unit, language)),
        unit=each(lambda language: _after(unit, language)) if has_unit else plain(""),
        interval=_interval(row, unit),
        changes=_changes(row, card, unit),
        target=_told(target, unit),
        peers=_told(row.get("peers"), "n" if unit in LONG_UNITS else unit),
        signal=signal,
        judged=getattr(card, "judged", True),
        assurance=_assurance(row),
        count=each(lambda language: fmt_count(row["n"], language)) if _tells_n(row, card) else None,
        about=_about(row),
        reason=_reason(row.get("reason")) if is_missing(value) else None,
        lack="" if is_missing(row.get("signal_reason")) else str(row["signal_reason"]),
        unsure=say_unsure(row) if is_out_unsure({**row, "signal": signal}) else None,
        provisional=bool(chart.get("provisional")) and signal != "insufficient",
        spark=_spark(history, chart, drawn_target, TONES.get(signal, "flat")),
    )


def _in_readable_time(row: Mapping[str, Any], unit: str) -> tuple[Mapping[str, Any], str]:
    """The row's figures in the unit that suits its value: all in minutes, not "0.0083 days (0.0067–0.011)"."""
    value = finite(row.get("value"))
    shown, finer = readable_time(value, unit)
    if not value or shown is None or finer == unit:
        return row, unit
    factor = shown / value

    def told(figure: Any) -> Any:
        return figure if is_missing(figure) else float(figure) * factor

    changes = [
        {**change, **{key: told(change[key]) for key in ("value", "low", "high") if key in change}}
        for change in _parsed(row.get("changes")) or []
    ]
    return {**row, **{key: told(row.get(key)) for key in IN_THE_UNIT}, "changes": changes}, finer


def _after(unit: str, language: str) -> str:
    """The unit set after the figure; none in Chinese for "每千", which stands before figures and in the name."""
    return "" if language == "zh" and unit in LONG_UNITS else unit_label(unit, language)


def _assurance(row: Mapping[str, Any]) -> str:
    """What the process promises; "misses" where the newest figure misses its target beyond chance: "now meets, now
    misses" beside a main point that says so would belie it."""
    told = row.get("assurance")
    if told not in ASSURANCES or is_missing(row.get("target")):
        return ""
    against = (change for change in _parsed(row.get("changes")) or [] if change["versus"] == "target")
    sure = any(change.get("significant") for change in against)
    return "misses" if told == "varies" and sure and row.get("target_met") is False else str(told)


def _tells_n(row: Mapping[str, Any], card: "MetricCard") -> bool:
    """Whether n says how many records the figure rests on: not where the figure is that number itself, nor where n is
    an amount (money, hours) or less than one year of one unit.
    """
    of_totals = card.kind == "derived" and card.how.function == "ratio_of_totals"
    return not is_missing(row.get("n")) and row["n"] >= 1 and card.unit != "n" and not of_totals


def _interval(row: Mapping[str, Any], unit: str) -> Text | None:
    """The interval as far as it can be true (see `possible_intervals`)."""
    low, high = finite(row.get("low")), finite(row.get("high"))
    if unit in BOUNDED or row.get("metric") in (*LEAST, *PEOPLE):
        one = pd.DataFrame([{"low": low, "high": high, "n": finite(row.get("n"))}], dtype=float)
        one = one.assign(metric=row.get("metric"))
        low, high = (finite(end) for end in possible_intervals(one, pd.Series([unit]))[["low", "high"]].iloc[0])
    if low is None and high is None:
        return None
    return each(lambda language: fmt_interval(low, high, unit, language))


def _told(value: Any, unit: str) -> Text | None:
    return None if is_missing(value) else each(lambda language: fmt_value(value, unit, language))


def _about(row: Mapping[str, Any]) -> Text | None:
    about = row.get("value_period")
    if is_missing(about) or not about or about == row.get("period"):
        return None
    return each(lambda language: fmt_period(str(about), language))


def _changes(row: Mapping[str, Any], card: "MetricCard", unit: str) -> tuple[Change, ...]:
    found = {change["versus"]: change for change in _parsed(row.get("changes")) or []}
    versus_names = {"previous": both("on the period before"), "year_ago": both("on a year ago")}
    return tuple(
        _change(label, found.get(versus, {}), row, versus, card.better, unit)
        for versus, label in versus_names.items()
        if versus in found or not is_missing(row.get(versus))
    )


def _change(
    label: Text, change: Mapping[str, Any], row: Mapping[str, Any], versus: str, better: str, unit: str
) -> Change:
    amount, significant = finite(change.get("value")), bool(change.get("significant"))
    now, then = finite(row.get("value")), finite(row.get(versus))
    if amount is None and now is not None and then is not None:
        amount = now - then
    judged = tone(better, 0.0, amount) if significant and amount is not None else "flat"
    places = _places(amount, now)
    if amount is not None and places is not None and not round(amount, places):
        amount = 0.0  # as in the sentences: what the figure's own precision rounds away is no change
    said = each(lambda language: fmt_change(amount, "n" if unit in LONG_UNITS else unit, language, decimals=places))
    return Change(label, said, judged, significant)


def _places(amount: float | None, value: float | None) -> int | None:
    # as precise as the figure itself
    if amount is None or value is None or max(abs(amount), abs(value)) >= TEN_THOUSAND:
        return None
    return max(common_decimals([value]), common_decimals([amount]) if float(value).is_integer() else 0)


def _spark(history: pd.DataFrame | None, chart: Mapping[str, Any], target: Any, colour: str) -> Spark | None:
    if history is None or not len(history):
        return None
    recent = history.tail(SPARK_PERIODS)
    observed = recent["observed" if "observed" in recent else "value"]
    sides = {side: recent[side] if "centre" in recent else chart.get(side) for side in ("low", "high", "centre")}
    low, high, centre = (_limits(sides[side], len(recent)) for side in ("low", "high", "centre"))
    out = tuple(bool(flag) and not is_missing(flag) for flag in recent["out"]) if "out" in recent else ()
    return Spark(tuple(map(finite, observed)), low, high, centre, out, finite(target), colour)


def _limits(values: Iterable[Any] | None, length: int) -> tuple[float | None, ...]:
    if values is None:
        return ()
    newest = [finite(value) for value in values][-length:]
    return (*[None] * (length - len(newest)), *newest)


def _parsed(value: Any) -> Any:
    if isinstance(value, str):
        return json.loads(value) if value else None
    return value if isinstance(value, (list, tuple, dict)) else None


def _reason(reason: Any) -> Text:
    known = {
        "no records": both("No records in this period"),
        "not reached": both("Not reached: too many are still open"),
        "window not passed": both("The follow-up window has not passed yet"),
        "no exposure": both("Nothing to relate it to in this period"),
        "too few": both("Too few records to say"),
        "too few people": both("[c] too few people to show"),
    }
    if is_missing(reason) or not reason:
        return both("Not available")
    return known.get(str(reason), plain(reason))
