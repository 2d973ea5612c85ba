"""Thresholds, signals and findings that somebody wants to hear of: which began, which ended, which last long enough to
be told again.

An alert is a rule on one metric of one unit. It is told when it begins, when it ends, and after `repeat_days` while it
lasts; a month that was told before, or an older one, changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from analysis.delivery.facts import SUMMARY, Facts, link_to, name_of, one_line
from analysis.delivery.letter import SUBJECT_AT_MOST, Letter, ReportLine, shortened
from analysis.delivery.outbox import Outbox, State
from analysis.delivery.planning import queue
from analysis.delivery.settings import AlertRule, Limit, Settings
from analysis.presentation.formatting import finite, fmt_period, fmt_value
from analysis.presentation.language import Text, both, each, pick, words
from analysis.presentation.narrative import say_signal

SOME_KINDS_ONLY = ("benchmarks",)  # tells all metrics, but not all findings on them
BEGAN, LASTS, ENDED = "began", "lasts", "ended"


@dataclass(frozen=True)
class Watched:
    """One thing that a rule watches: whether it holds, and its sentence in every language."""

    rule: AlertRule
    key: str
    holds: bool
    sentence: Text
    facts: Facts


def tell_alerts(out: Path, facts: Sequence[Facts], settings: Settings, outbox: Outbox, *, now: datetime) -> None:
    """Queue one message per recipient, unit and period with the alerts that began, lasted long or ended."""
    groups: dict[tuple[str, str], list[Facts]] = {}
    for one in facts:
        groups.setdefault((one.item.business_unit, one.item.period), []).append(one)
    for (unit, period), own in sorted(groups.items(), key=lambda group: group[0][1]):
        told: dict[str, list[tuple[str, Watched]]] = {}
        watching = list(_watched(unit, sorted(own, key=_is_summary), settings))
        _forget_gone(own, watching, settings, outbox, now=now)
        for watched in watching:
            step = _step(watched, period, outbox, now=now)
            for name in watched.rule.to if step else ():
                told.setdefault(name, []).append((step, watched))
        for name, steps in told.items():
            person = settings.people[name]
            if not settings.may_see(person.target, unit):
                continue
            letter = _letter(out, steps, person.language, settings.base_url)
            keys = sorted(f"{watched.key}={step}" for step, watched in steps)
            queue(
                letter, person, settings, outbox, what=f"alert {unit} {period}", units=(unit,),
                key=("alert", unit, period, *keys, now.isoformat()), told=(), now=now,
            )  # fmt: skip


def _watched(unit: str, facts: Sequence[Facts], settings: Settings) -> Iterator[Watched]:
    """What the rules watch in these reports, each metric once, though several reports tell it."""
    for rule in settings.alerts:
        if rule.units and unit not in rule.units:
            continue
        seen: set[str] = set()
        for one in facts:
            found = _of_findings(rule, one) if rule.findings else _of_kpis(rule, one)
            for watched in found:
                if watched.key not in seen:
                    seen.add(watched.key)
                    yield watched


def _is_summary(facts: Facts) -> bool:
    """The summary comes last: the report on the metric's own area says more of it."""
    return facts.item.report == SUMMARY


def _forget_gone(
    facts: Sequence[Facts], watching: Sequence[Watched], settings: Settings, outbox: Outbox, *, now: datetime
) -> None:
    """A finding that a report on its metric no longer has is over, silently, so that it is told when it comes back."""
    present = {watched.key for watched in watching}
    for rule in (rule for rule in settings.alerts if rule.findings):
        for one in facts:
            metrics = {kpi["metric"] for kpi in one.kpis} if one.item.report not in SOME_KINDS_ONLY else set()
            for key, known in outbox.states(_place(rule, one)):
                metric = key.removeprefix(_place(rule, one)).split("|")[0]
                if (
                    metric in metrics
                    and key not in present
                    and known.period <= one.item.period
                    and known.state != ENDED
                ):
                    moment = now.isoformat()
                    outbox.set_state(key, State(ENDED, one.item.period, moment, moment))


def _of_kpis(rule: AlertRule, facts: Facts) -> Iterator[Watched]:
    for kpi in facts.kpis:
        if rule.metric not in (None, kpi["metric"]):
            continue
        value = finite(kpi.get("value"))
        if rule.limit is not None:
            if value is not None:  # no figure: the alert stays as it was
                yield _watch(rule, facts, kpi["metric"], rule.limit.holds(value), _say_limit(kpi, rule.limit))
        elif (kpi.get("card") or rule.metric) and kpi.get("signal") != "insufficient":
            yield _watch(rule, facts, kpi["metric"], kpi.get("signal") in rule.signals, _say_signal(kpi, facts))


def _of_findings(rule: AlertRule, facts: Facts) -> Iterator[Watched]:
    for found in facts.content["findings"]:
        if found["kind"] not in rule.findings or rule.metric not in (None, found["metric"]):
            continue
        if rule.good is not None and found.get("good") is not rule.good:
            continue
        segment = ";".join(f"{by}={part}" for by, part in sorted((found.get("segment") or {}).items()))
        what = f"{found['metric']}|{found['kind']}|{found.get('since') or ''}|{segment}"
        yield _watch(rule, facts, what, True, {lang: one_line(said) for lang, said in found["text"].items()})


def _watch(rule: AlertRule, facts: Facts, what: str, holds: bool, sentence: Text) -> Watched:
    return Watched(rule, _place(rule, facts) + what, holds, sentence, facts)


def _place(rule: AlertRule, facts: Facts) -> str:
    """How the keys of a rule begin, for one unit: months, quarters and years are watched apart."""
    item = facts.item
    grain = "quarter" if "Q" in item.period else "month" if "-" in item.period else "year"
    return f"alert|{rule.name}|{grain}|{item.business_unit}|"


def _step(watched: Watched, period: str, outbox: Outbox, *, now: datetime) -> str:
    """What is to be told of it now, "" for nothing; the outbox remembers it."""
    known = outbox.state(watched.key)
    if known is not None and period < known.period:
        return ""
    moment = now.isoformat()
    if not watched.holds:
        outbox.set_state(watched.key, State(ENDED, period, moment, moment))  # quiet too: an older period wakes nothing
        return "" if known is None or known.state == ENDED else ENDED
    if known is None or known.state == ENDED:
        outbox.set_state(watched.key, State(BEGAN, period, moment, moment))
        return BEGAN
    days = watched.rule.repeat_days
    again = days is not None and now - datetime.fromisoformat(known.told_at) >= timedelta(days=days)
    outbox.set_state(watched.key, State(LASTS, period, known.since, moment if again else known.told_at))
    return LASTS if again else ""


def _letter(out: Path, steps: Sequence[tuple[str, Watched]], language: str, base_url: str) -> Letter:
    facts = steps[0][1].facts
    unit, period = pick(facts.unit_name, language), fmt_period(facts.item.period, language)
    points = [_say(step, watched, language) for step, watched in steps]
    reports = {id(watched.facts): watched.facts for _, watched in steps}.values()
    kicker = f"{unit} · {period}"
    said = words("Alert · {kicker}", language, kicker=kicker)
    subject = f"{said}: {points[0]}" if language == "en" else f"{said}：{points[0]}"
    return Letter(
        language=language,
        subject=shortened(subject, SUBJECT_AT_MOST),
        kicker=said,
        heading=points[0],
        points_title=words("Further alerts", language) if points[1:] else "",
        points=tuple(points[1:]),
        reports_title=words("Reports", language),
        reports=tuple(
            ReportLine(
                title=pick(one.title, language),
                headline="",
                href=link_to(out, one.page(language), base_url) if base_url else "",
                place=link_to(out, one.page(language), ""),
                file=one.page(language),
            )
            for one in reports
        ),
        closing=(
            words("You are told when it begins and when it is over.", language),
            words("Sent automatically by the after-sales reports.", language),
        ),
    )


def _say(step: str, watched: Watched, language: str) -> str:
    said = pick(watched.sentence, language)
    if step == ENDED:
        return words("Over: {sentence}", language, sentence=said)
    return words("Still: {sentence}", language, sentence=said) if step == LASTS else said


def _say_limit(kpi: Mapping[str, Any], limit: Limit) -> Text:
    unit = kpi.get("unit") or "n"
    told: dict[str, Any] = {
        "metric": name_of(kpi),
        "value": each(lambda language: fmt_value(kpi["value"], unit, language)),
        "limit": each(lambda language: fmt_value(limit.value, unit, language)),
    }
    figure = finite(kpi["value"])
    if figure == limit.value:
        return both("{metric}: {value}, at the limit of {limit}", **told)
    if figure is not None and figure > limit.value:
        return both("{metric}: {value}, above the limit of {limit}", **told)
    return both("{metric}: {value}, below the limit of {limit}", **told)


def _say_signal(kpi: Mapping[str, Any], facts: Facts) -> Text:
    """The finding on the metric where there is one, else the signal and the figure."""
    for found in facts.news:
        if found["metric"] == kpi["metric"] and kpi.get("signal") in ("worsening", "improving", "unusual"):
            return {language: one_line(said) for language, said in found["text"].items()}
    value = each(lambda language: fmt_value(kpi.get("value"), kpi.get("unit") or "n", language))
    signal = say_signal(kpi.get("signal") or "insufficient")
    return both("{metric}: {value} ({signal})", metric=name_of(kpi), value=value, signal=signal)
