"""What the fields of a card may hold, kind by kind. Gives each rule that a card breaks as the rest of an error line.

Raises nothing and reads no file; whether an expression can be run is for check.py.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

LANGUAGES = ("en", "zh")
TEXTS = ("name", "definition", "why", "caveats")
UNITS = ("d", "h", "min", "s", "%", "points", "n", "ratio", "score", "money", "per_year", "per_100", "per_1000", "pp")
BETTER = ("lower", "higher", "none")
VIEWS = ("event", "cohort", "in_period", "month_end")
VIEWS_OF = {
    "count": ("event",),
    "ratio": ("event", "cohort"),
    "rate": ("event", "cohort"),
    "duration": ("cohort", "in_period"),
    "snapshot": ("month_end",),
    "total": ("event", "cohort", "month_end"),
    "quantile": ("event", "cohort", "month_end"),
    "derived": VIEWS,
    "modelled": VIEWS,
}
STATISTICS = {
    "duration": ("quantile", "probability_by", "restricted_mean", "restricted_mean_step"),
    "snapshot": ("count", "quantile", "share_over"),
}
FUNCTIONS = {"quotient": 2, "ratio_of_totals": 2, "days_of_work": 2, "share_of_total": 1}
TIME_UNITS = ("d", "h")
_ID = re.compile(r"[a-z][a-z0-9_]*")


def wrong_values(values: Mapping[str, Any]) -> Iterator[str]:
    """Why the fields of a card, all there and none unknown, are refused; nothing for a good card."""
    yield from _wrong_general(values)
    yield from _wrong_texts(values)
    yield from _wrong_numbers(values)
    yield from _wrong_measurement(values)
    if values["kind"] == "duration":
        yield from _wrong_duration(values)


def _wrong_general(values: Mapping[str, Any]) -> Iterator[str]:
    if not _ID.fullmatch(str(values["id"])):
        yield f"an id is lower-case letters, digits and _, got {values['id']!r}"
    for name, allowed in (("unit", UNITS), ("better", BETTER), ("view", VIEWS_OF[values["kind"]])):
        if values[name] not in allowed:
            yield f"{name!r} of a {values['kind']} must be one of {', '.join(allowed)}, got {values[name]!r}"
    if not isinstance(values["reviewed_on"], date):
        yield f"'reviewed_on' must be a date (YYYY-MM-DD), got {values['reviewed_on']!r}"
    for name in ("judged", "signed"):
        if not isinstance(values.get(name, True), bool):
            yield f"{name!r} must be true or false, got {values[name]!r}"
    for name in ("needs", "breakdowns", "of", "tables"):
        if not _is_list_of_names(values.get(name, ())):
            yield f"{name!r} must be a list of names, got {values[name]!r}"


def _wrong_texts(values: Mapping[str, Any]) -> Iterator[str]:
    for name in TEXTS:
        text = values[name] if isinstance(values[name], dict) else {}
        if set(text) != set(LANGUAGES) or not all(isinstance(part, str) and part.strip() for part in text.values()):
            yield f"{name!r} must hold a text in each language: {', '.join(LANGUAGES)}"


def _wrong_numbers(values: Mapping[str, Any]) -> Iterator[str]:
    for name, least in (("minimum_n", 1), ("follow_up_days", 0)):
        value = values.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            yield f"{name!r} must be a whole number from {least}, got {value!r}"
    worth = values["worth_acting_on"]
    named = isinstance(worth, dict) and set(worth) in ({"relative"}, {"absolute"})
    if not named or not all(_is_positive(value) for value in worth.values()):
        yield f"'worth_acting_on' must be {{relative: 0.1}} or {{absolute: 2}}, got {worth!r}"


def _wrong_measurement(values: Mapping[str, Any]) -> Iterator[str]:
    kind, statistic, at = values["kind"], values.get("statistic"), values.get("at")
    if kind in STATISTICS and statistic not in STATISTICS[kind]:
        yield f"'statistic' must be one of {', '.join(STATISTICS[kind])}, got {statistic!r}"
    if (kind == "quantile" or (kind in STATISTICS and statistic != "count")) and not _is_positive(at):
        yield f"'at' must be a positive number (a level or days), got {at!r}"
    elif (statistic == "quantile" or kind == "quantile") and not 0 < at < 1:  # type: ignore[operator]
        yield f"'at' of a quantile lies between 0 and 1, got {at!r}"
    if values.get("follow_up_days") and kind in ("count", "total", "quantile", "snapshot", "derived"):
        yield f"a {kind} has no follow-up window, got 'follow_up_days': {values['follow_up_days']}"
    if not _is_positive(values.get("times", 1)):
        yield f"'times' must be a positive number, got {values['times']!r}"
    if not isinstance(values.get("options", {}), dict):
        yield f"'options' must be fields with values, got {values['options']!r}"
    if kind == "rate" and (values.get("exposure") is None) == (values.get("denominator") is None):
        yield "a rate has either an 'exposure' or a 'denominator'"
    if kind == "rate" and values.get("exposure") and values.get("follow_up_days"):
        yield "a rate per named exposure has no follow-up window; count its events when they happen"
    if kind == "derived" and len(values["of"]) != FUNCTIONS.get(values["function"], -1):
        known = ", ".join(f"{name} (of {n})" for name, n in FUNCTIONS.items())
        yield f"'function' must be one of {known}, got {values['function']!r} of {len(values['of'])}"


def _wrong_duration(values: Mapping[str, Any]) -> Iterator[str]:
    statistic, curve = values["statistic"], values.get("curve")
    units = ("%",) if statistic == "probability_by" else TIME_UNITS
    if values["unit"] not in units:
        yield f"a {statistic} is measured in {' or '.join(units)}, got the unit {values['unit']!r}"
    if (statistic == "restricted_mean_step") != (values.get("after") is not None):
        yield "'after' goes with the statistic restricted_mean_step, and only with it"
    if values["view"] == "in_period" and (values.get("closed_only") or curve or statistic == "restricted_mean_step"):
        yield "closed_only, curve and restricted_mean_step are for the view cohort, not for in_period"
    if curve is not None and not _is_curve(curve):
        yield f"'curve' must be {{name: …, to: 30, step: 0.5}} in the card's unit, got {curve!r}"


def _is_curve(curve: Any) -> bool:
    known = isinstance(curve, dict) and set(curve) == {"name", "to", "step"}
    return known and _is_positive(curve["to"]) and _is_positive(curve["step"]) and curve["to"] / curve["step"] <= 1000


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
