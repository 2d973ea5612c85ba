"""What the index tells of a report at a glance: how its cards stand, what is new, and one line over the months.

It is taken from the report's own facts when the report is built, so that the index says nothing that the page does not.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

# the line beside a unit's name: the first of these among the report's cards, else its first card with a line
LINES = ("repair_cycle_median", "csat_top2_share", "first_time_fix_rate")
NOT_NEWS = frozenset({"seasonality", "bottleneck", "driver", "association", "forecast_risk"})
FINDINGS_AT_MOST = 6
FEWEST_POINTS = 6


def card_signals(record: Mapping[str, Any]) -> dict[str, int]:
    """Signal → number of the report's cards."""
    return dict(Counter(kpi["signal"] for kpi in record["kpis"] if kpi.get("card", True) and kpi.get("signal")))


def at_a_glance(record: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that an index shows of one report.

    Parameters
    ----------
    record : a report's facts (results contract)

    Returns
    -------
    targets : met and missed beyond chance → number of cards
    findings : what it found, most important first: a key that is the same from period to period, since, text, good
    line : the metric, name, unit and values of one card over its months, or None
    """
    cards = [kpi for kpi in record["kpis"] if kpi.get("card", True)]
    met = Counter(kpi["target_met"] for kpi in cards if _beyond_chance(kpi))
    return {
        "targets": {"met": met[True], "missed": met[False]},
        "findings": _findings(record)[:FINDINGS_AT_MOST],
        "line": _line(cards),
    }


def _findings(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": _key(finding), **{name: finding.get(name) for name in ("since", "text", "good")}}
        for finding in record.get("findings", ())
        if finding["kind"] not in NOT_NEWS
    ]


def _key(finding: Mapping[str, Any]) -> str:
    """What a finding is about, without its figures."""
    about = (finding["kind"], finding["metric"], finding["business_unit"], finding.get("direction"))
    return json.dumps([*about, finding.get("segment")], ensure_ascii=False, sort_keys=True)


def _beyond_chance(kpi: Mapping[str, Any]) -> bool:
    return kpi.get("target_met") is not None and any(
        change["versus"] == "target" and change["significant"] for change in kpi.get("changes", ())
    )


def _line(cards: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    drawn = {
        card["metric"]: card
        for card in cards
        if sum(value is not None for value in card.get("series", {}).get("values", ())) >= FEWEST_POINTS
    }
    chosen = next((drawn[metric] for metric in LINES if metric in drawn), next(iter(drawn.values()), None))
    if chosen is None:
        return None
    told = {name: chosen[name] for name in ("metric", "name", "unit", "value", "value_period", "signal", "better")}
    return {**told, "values": chosen["series"]["values"]}
