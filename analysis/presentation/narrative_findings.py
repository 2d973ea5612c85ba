"""One sentence per kind of finding, filled from the finding's own values: what, how much, since when, against
what, where, how sure.

The direction of every word comes from the sign of the effect, never from a word elsewhere.
"""

from collections.abc import Callable, Mapping
from typing import Any

from analysis.presentation.formatting import fmt_number, is_missing
from analysis.presentation.language import Text, Value, both, each
from analysis.presentation.narrative_measures import intervention_effect
from analysis.presentation.narrative_mix import mix_effect, rate_effect
from analysis.presentation.narrative_outlook import driver, forecast_risk, say_gap
from analysis.presentation.narrative_words import (
    say_certainty,
    say_change,
    say_effect,
    say_effect_interval,
    say_month_of_year,
    say_segment,
    say_stage,
    sentence,
    shown_unit,
    subject,
    subject_inside,
)
from analysis.presentation.telling import tell_count, tell_period, tell_span, tell_value

Finding = Mapping[str, Any]
ALL = 95
SOLD = "sold_units"  # the table of metrics by month of sale
WHOLE = 10  # from here on an expected number is told without decimals


def level_shift(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A new level, since its first month or, where it has passed, from then until when."""
    values = found["values"]
    told = _levels(found, card) | {"since": tell_period(found["since"]), "much": _much(values)}
    if values.get("until"):
        told["until"] = tell_period(values["until"])
        core = (
            both("{subject} stood {much} higher from {since} to {until}: {after} instead of {before}", **told)
            if _up(found)
            else both("{subject} stood {much} lower from {since} to {until}: {after} instead of {before}", **told)
        )
    elif _up(found):
        core = both("{subject} rose {much} in {since} and stayed there: {after} instead of {before}", **told)
    else:
        core = both("{subject} fell {much} in {since} and stayed there: {after} instead of {before}", **told)
    stage = _stage(found)
    return (
        sentence(core, stage) if short else sentence(core, stage, say_certainty(found["q_value"]), aside=_aside(found))
    )


def trend(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A slope that goes on."""
    values = found["values"]
    told = _levels(found, card) | {"since": tell_period(found["since"]), "as_of": tell_period(values["as_of"])}
    if _up(found):
        core = both("{subject} kept rising from {since} on: its trend went from {before} to {after} by {as_of}", **told)
    else:
        core = both(
            "{subject} kept falling from {since} on: its trend went from {before} to {after} by {as_of}", **told
        )
    stage = _stage(found)
    return (
        sentence(core, stage) if short else sentence(core, stage, say_certainty(found["q_value"]), aside=_aside(found))
    )


def outlier(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A single month that stands out."""
    told = _levels(found, card) | {"since": tell_period(found["since"])}
    if _up(found):
        core = both("{subject} stood unusually high in {since}: {after} where {before} was to be expected", **told)
    else:
        core = both("{subject} stood unusually low in {since}: {after} where {before} was to be expected", **told)
    return _ended(core, found, short=short)


def unit_outlier(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A unit outside its funnel, with the estimate that allows for chance."""
    values = found["values"]
    told: dict[str, Value] = {
        "unit": unit or both("This unit"),
        "subject": subject_inside(card),
        "value": tell_value(values["value"], shown_unit(card)),
        "peers": tell_value(values["peers"], shown_unit(card)),
        "over": _over(values),
    }
    if _up(found):
        core = both(
            "{unit} lies above its peers: {subject} {value} {over}, {peers} in the middle of the others",
            **told,
        )
    else:
        core = both(
            "{unit} lies below its peers: {subject} {value} {over}, {peers} in the middle of the others",
            **told,
        )
    cautious = both("allowing for chance, about {shrunk}", shrunk=tell_value(values["shrunk"], shown_unit(card)))
    if short:
        return sentence(core)
    return sentence(core, cautious, say_gap(found, card), say_certainty(found["q_value"]), aside=_aside(found))


def target_missed(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A target missed beyond chance, and how often in a row."""
    values = found["values"]
    core = both(
        "{subject} missed its target in {period}: {value} against {target}",
        subject=subject(card),
        period=tell_period(values["period"]),
        value=tell_value(values["value"], shown_unit(card)),
        target=tell_value(values["target"], shown_unit(card)),
    )
    again = both("missed {times} times in a row", times=str(values["missed"])) if values["missed"] > 1 else None
    return (
        sentence(core, again)
        if short
        else sentence(core, again, both("more than chance explains"), aside=_aside(found))
    )


def concentration(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """A segment whose share has risen against its own past; the other views of the same event in a sentence after."""
    values = found["values"]
    since: Text = both("since {month}", month=tell_period(found["since"]))
    if values.get("since_before"):
        since = _over(values)
    if getattr(card, "table", None) == SOLD:  # its months are those of the sale: no calendar in which something began
        since = both("among units {sold}", sold=_sold(found))
    told = {"segment": say_segment(found["segment"]), "since": since, "view": say_view(found, card)}
    core = both("{segment} stands out {since}: {view}", **told)
    return _ended(_capital(core), found, short=short)


def say_view(found: Finding, card: Any) -> Text:
    """What one figure tells of a segment that stands out: how much there is, and how much was to be expected. A number
    of records is of some months, and says up to when."""
    values = found["values"]
    if "usual" in values:
        return both(
            "{subject} {value} where its past and the other segments give {usual}",
            subject=subject_inside(card),
            value=tell_value(values["value"], shown_unit(card)),
            usual=tell_value(values["usual"], shown_unit(card)),
        )
    told = {
        "subject": subject_inside(card),
        "count": tell_count(values["count"]),
        "expected": _told_expected(values["expected"]),
    }
    if values.get("since_before") or not values.get("as_of"):  # the months are named already
        return both("{count} {subject} where its past and the other segments give {expected}", **told)
    return both(
        "{count} {subject} up to {month} where its past and the other segments give {expected}",
        **told,
        month=tell_period(str(values["as_of"])[:7]),
    )


def say_beside(found: Finding, card: Any) -> Text:
    """The same after another view of the same event, with the months of the sale where it counts by them."""
    view = say_view(found, card)
    if getattr(card, "table", None) != SOLD:
        return view
    return both("{view} (units {sold})", view=view, sold=_sold(found))


def _sold(found: Finding) -> Text:
    """The months of sale that a finding is of: from the first to the last that is old enough to tell, often one alone.
    "Since" that month would speak of units sold later too, of which nothing is known yet."""
    begun, as_of = str(found["since"])[:7], found["values"].get("as_of")
    if not as_of:
        return both("sold since {month}", month=tell_period(begun))
    return both("sold in {span}", span=tell_span(begun, str(as_of)[:7]))


def _over(values: Mapping[str, Any]) -> Text:
    """The months that a figure is of, named; counted where a finding of an earlier run does not say which they were."""
    if "as_of" not in values:
        return both("over the last {months} months", months=str(values["months"]))
    year, month = map(int, str(values["as_of"])[:7].split("-"))
    first = year * 12 + month - int(values["months"])
    begun = str(values.get("from", f"{first // 12}-{first % 12 + 1:02d}"))
    return both("over {span}", span=tell_span(begun, str(values["as_of"])))


def _told_expected(number: float) -> Text:
    if number >= WHOLE:
        return tell_count(round(number))
    return each(lambda language: fmt_number(number, "n", language, decimals=1))


def censoring(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """How much better closed records alone look."""
    values = found["values"]
    core = both(
        "Closed work alone makes {subject} look better than it is: {over} {closed} instead of {value} with open work"
        " counted",
        subject=subject_inside(card),
        over=_over(values),
        closed=tell_value(values["closed_only"], shown_unit(card)),
        value=tell_value(values["value"], shown_unit(card)),
    )
    return _ended(core, found, short=short)


def bottleneck(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """The stage with the largest share of the cycle."""
    values = found["values"]
    core = both(
        "{stage} took the largest part of the repair cycle {over}: {mean} of {total} on average, {share}",
        stage=say_stage(found["segment"]["stage"]),
        mean=tell_value(values["mean"], shown_unit(card)),
        total=tell_value(values["total"], shown_unit(card)),
        share=tell_value(values["share"], "%"),
        over=_over(values),
    )
    return sentence(_capital(core))


def seasonality(found: Finding, card: Any, unit: Text | None, *, short: bool) -> Text:
    """The months between which a metric swings every year."""
    values, effect = found["values"], found["effect"]
    factor, unit_of = (100, "%") if effect["unit"] == "ratio" else (1, effect["unit"])
    size = tell_value(factor * effect["value"], unit_of)
    core = both(
        "{subject} swung with the season: highest in {peak}, {size} above {low}, the lowest month",
        subject=subject(card),
        peak=say_month_of_year(values["peak_month"]),
        low=say_month_of_year(values["low_month"]),
        size=size,
    )
    return _ended(core, {**found, "effect": {**effect, "low": None}}, short=True)


SPEAKERS: Mapping[str, Callable[..., Text]] = {
    speaker.__name__: speaker
    for speaker in (
        level_shift,
        trend,
        outlier,
        unit_outlier,
        intervention_effect,
        target_missed,
        forecast_risk,
        driver,
        mix_effect,
        rate_effect,
        concentration,
        censoring,
        bottleneck,
        seasonality,
    )
}


def _up(found: Finding) -> bool:
    return bool(found["effect"]["value"] > 0)


def _levels(found: Finding, card: Any) -> dict[str, Text]:
    values = found["values"]
    return {
        "subject": subject(card),
        "before": tell_value(values["before"], shown_unit(card)),
        "after": tell_value(values["after"], shown_unit(card)),
    }


def _much(values: Mapping[str, Any]) -> Text:
    before, after = values["before"], values["after"]
    return say_change(abs(after - before) / abs(before)) if before else say_change(1.0)


def _aside(found: Finding) -> Text:
    change, interval = say_effect(found["effect"]), say_effect_interval(found["effect"])
    return change if interval is None else both("{change}, 95% interval {interval}", change=change, interval=interval)


def _ended(core: Text, found: Finding, *, short: bool) -> Text:
    return sentence(core) if short else sentence(core, say_certainty(found["q_value"]), aside=_aside(found))


def _stage(found: Finding) -> Text | None:
    stage = found["segment"].get("stage")
    if stage is None or is_missing(found["values"].get("stage_share")):
        return None
    share = found["values"]["stage_share"]
    if share >= ALL:
        return both("all of the change comes from {stage}", stage=say_stage(stage))
    return both("{part} of the change comes from {stage}", part=tell_value(round(share), "%"), stage=say_stage(stage))


def _capital(text: Text) -> Text:
    return {**text, "en": text["en"][:1].upper() + text["en"][1:]}
