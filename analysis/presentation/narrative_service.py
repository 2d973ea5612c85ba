"""How good the service is, in one sentence with its uncertainty: what heads the summary, whatever else is news."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import pandas as pd

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.narrative_words import dated, shown_unit, subject_inside
from analysis.presentation.target_count import count_targets
from analysis.presentation.telling import tell_interval, tell_value

Row = Mapping[str, Any]

JUDGED = (
    ("csat_top2_share", "nps", "csat_mean", "complaints_per_1000_units", "complaints_per_100_orders"),
    ("repair_cycle_median", "resolution_sla_attainment", "repair_cycle_within_7d"),
    ("first_time_fix_rate", "repeat_repair_rate_30d", "resolution_rate_7d"),
)
"""What customers say, how long they wait, whether the fault is gone: of each, the first that has records enough."""
BEHIND = ("service_cost", "workforce", "data_quality")  # areas that speak of what service takes, not of how good it is
FIGURES_SAID = 2
NAMED_AT_MOST = 3
COMMA = {"en": ", ", "zh": "，"}
LIST = {"en": ", ", "zh": "、"}


def say_service(
    kpis: Sequence[Row],
    catalogue: Mapping[str, Any],
    *,
    worse_units: Sequence[Text] = (),
    worse: Sequence[Row] = (),
    news: Text | None = None,
) -> Text | None:
    """The state of the service and its leading figures with their intervals; None where there is no such figure.

    Parameters
    ----------
    kpis : the unit's row of each metric
    worse_units : on the company's page the units of which a figure worsens beyond chance, each with that figure
        (`named_units`)
    worse : further figures shown that worsen, whatever they speak of: a page that shows them must not call itself calm
    news : the gravest unfavourable finding as a clause; it heads what no such figure worsens
    """
    rows = {row["metric"]: row for row in kpis}
    shown = [row for row in (_first(rows, catalogue, group) for group in JUDGED) if row is not None][:FIGURES_SAID]
    if not shown:
        return None
    watched = [rows[metric] for group in JUDGED for metric in group if metric in rows]
    told = {row["metric"] for row in watched}
    others = [row for row in worse if row["metric"] not in told]
    beside = [subject_inside(catalogue[row["metric"]]) for row in others]
    verdict = _verdict(watched, catalogue, worse_units, beside)
    calm = not beside and not worse_units and not any(row["signal"] == "worsening" for row in watched)
    if news is not None and calm:
        figure = _figure(shown[0], catalogue[shown[0]["metric"]], first=True)
        if verdict == _steady():  # not "steady" beside something that is not
            return both("{news}; otherwise no key figure of service worsens: {figure}", news=news, figure=figure)
        inside = {**verdict, "en": verdict["en"][:1].lower() + verdict["en"][1:]}
        return both("{news}; {verdict}: {figure}", news=news, verdict=inside, figure=figure)
    moved = [row for row in (*_of_groups(watched, "worsening"), *others) if not is_missing(row["value"])]
    if moved:  # with their own figures, which say more than the usual ones
        told_moved = [_figure(row, catalogue[row["metric"]], first=row is moved[0]) for row in moved]
        return both("Service is worsening: {figures}", figures=listed(told_moved))
    figures = join([_figure(row, catalogue[row["metric"]], first=row is shown[0]) for row in shown], COMMA)
    if worse_units:
        names = listed(worse_units)
        return both("Service is steady as a whole: {figures}; worsening in {names}", figures=figures, names=names)
    return both("{verdict}: {figures}", verdict=verdict, figures=figures)


def say_targets(kpis: Sequence[Row], catalogue: Mapping[str, Any]) -> Text | None:
    """How many targets are met, which are missed by more than chance, and how many cannot be judged; None without a
    target."""
    count = count_targets(kpis, catalogue)
    if not count.judged:
        return None
    unjudged = both("{few} more cannot be judged: too few records.", few=str(count.few)) if count.few else None
    missed = [row["metric"] for row in count.surely_missed]
    counts = {"met": str(len(count.met)), "all": str(len(count.judged))}
    if not count.missed:
        told = both("All {all} targets are met.", **counts)
    elif not missed:
        told = both(
            "{met} of {all} targets are met; no single miss is sure, allowing for all that is compared.", **counts
        )
    else:
        names = listed([subject_inside(catalogue[metric]) for metric in missed])
        told = both("{met} of {all} targets are met; missed by more than chance: {names}.", **counts, names=names)
    return told if unjudged is None else join([told, unjudged], {"en": " ", "zh": ""})


def say_without_targets(kpis: Sequence[Row], catalogue: Mapping[str, Any], calm: Text) -> Text:
    """What a page of comparisons without a target that can be judged is headed by: `calm`, and that none is set."""
    if count_targets(kpis, catalogue).few:
        return calm
    return both("No targets are set; {calm}", calm={**calm, "en": calm["en"][:1].lower() + calm["en"][1:]})


def say_shortage(kpis: Sequence[Row]) -> Text | None:
    """How many technicians are missing for the next three months; None where the forecast does not make it sure."""
    row = next((row for row in kpis if row["metric"] == "staff_gap"), None)
    if row is None or is_missing(row["value"]) or is_missing(row.get("high")) or row["high"] >= 0:
        return None
    return both(
        "Technicians short for the next three months: {n} (95% interval {interval})",
        n=tell_value(_whole(-row["value"]), "n"),
        interval=tell_interval(_whole(-row["high"]), _whole(-row["low"]), "n"),
    )


def _whole(people: float) -> float:
    """People are whole; part of one is one more."""
    return float(ceil(people - 1e-9))


def worsening_figures(kpis: pd.DataFrame) -> dict[str, list[str]]:
    """Unit → its figures that speak of service and worsen beyond chance, from the rows of all units; of figures that
    say the same the first. Headline and table read the same list."""
    rows = kpis[(kpis["signal"] == "worsening") & (kpis["business_unit"] != "all")]
    found: dict[str, list[str]] = {}
    for unit, metrics in rows.groupby("business_unit", sort=True)["metric"]:
        moved = [next((metric for metric in group if metric in set(metrics)), None) for group in JUDGED]
        if any(moved):
            found[str(unit)] = [metric for metric in moved if metric is not None]
    return found


def named_units(
    figures: Mapping[str, Sequence[str]], catalogue: Mapping[str, Any], unit_name: Callable[[str], Text]
) -> list[Text]:
    """Each unit with what worsens in it: "South China (satisfied customers)"."""
    return [
        both(
            "{unit} ({figures})",
            unit=unit_name(unit),
            figures=listed([subject_inside(catalogue[metric]) for metric in metrics]),
        )
        for unit, metrics in figures.items()
    ]


def spread_news(news: Sequence[Row], catalogue: Mapping[str, Any]) -> list[Any]:
    """The news for a summary: one of each metric and segment and of each unit and area before the rest, so that nothing
    crowds out the others; among those service before its cost, then the order given, the gravest first."""
    seen: set[Any] = set()
    first: list[Any] = []
    rest: list[Any] = []
    for found in news:
        card = catalogue[found["metric"]]
        keys = {(found["metric"], *sorted(found["segment"].items())), (found["business_unit"], card.area)}
        (rest if keys & seen else first).append(found)
        seen |= keys
    return [*sorted(first, key=lambda found: catalogue[found["metric"]].area in BEHIND), *rest]


def listed(names: Sequence[Text]) -> Text:
    """The first names, and how many more there are: "A, B and C", "A, B, C and 2 more"."""
    more = len(names) - NAMED_AT_MOST
    if more > 0:
        return both("{names} and {n} more", names=join(names[:NAMED_AT_MOST], LIST), n=str(more))
    if len(names) == 1:
        return names[0]
    return both("{names} and {last}", names=join(names[:-1], LIST), last=names[-1])


def _verdict(
    watched: Sequence[Row], catalogue: Mapping[str, Any], worse_units: Sequence[Text], beside: Sequence[Text]
) -> Text:
    def moved(signal: str) -> list[Text]:
        return [subject_inside(catalogue[row["metric"]]) for row in _of_groups(watched, signal)]

    worse, better = [*moved("worsening"), *beside], moved("improving")
    judged = any(row["signal"] != "insufficient" for row in watched)
    if worse:
        return both("Service is worsening in {names}", names=listed(worse))
    if worse_units:
        return both("Service is steady as a whole")
    if better:
        return both("Service is improving in {names}", names=listed(better))
    return _steady() if judged else both("Too little history to say whether service changes")


def _of_groups(watched: Sequence[Row], signal: str) -> list[Row]:
    """Of each group the first figure with that signal: its neighbours say the same again."""
    of_group = ([row for row in watched if row["metric"] in group and row["signal"] == signal] for group in JUDGED)
    return [rows[0] for rows in of_group if rows]


def _steady() -> Text:
    return both("Service is steady")


def _first(rows: Mapping[str, Row], catalogue: Mapping[str, Any], group: Sequence[str]) -> Row | None:
    """The first of the group that has records enough."""
    told = [rows[metric] for metric in group if metric in rows and not is_missing(rows[metric]["value"])]
    enough = [row for row in told if not is_missing(row["n"]) and row["n"] >= catalogue[row["metric"]].minimum_n]
    return next(iter(enough), None)


def _figure(row: Row, card: Any, *, first: bool) -> Text:
    told = {"name": subject_inside(card), "value": dated(tell_value(row["value"], shown_unit(card)), row)}
    if is_missing(row.get("low")) and is_missing(row.get("high")):
        return both("{name} {value}", **told)
    interval = tell_interval(row.get("low"), row.get("high"), shown_unit(card))
    pattern = both("{name} {value} (95% interval {interval})", **told, interval=interval)
    return pattern if first else both("{name} {value} ({interval})", **told, interval=interval)
