"""Key figures as cards: the value, how sure, what changed, and whether that is noise. It shows what it is given.

`kpi_card` in `card_values` makes a card's figures out of one row of signals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from analysis.presentation.block import shown
from analysis.presentation.icons import assurance_icon, signal_icon
from analysis.presentation.language import Text, both, pick, words
from analysis.presentation.narrative import say_signal
from analysis.presentation.origin import Traced
from analysis.presentation.sparkline import Spark, sparkline

TONES = {"improving": "good", "worsening": "bad"}
ASSURANCES = ("hits", "misses", "varies")


@dataclass(frozen=True)
class Change:
    """One comparison of a card: against what, by how much, and whether it is more than chance.

    `tone` is good, bad or flat: flat for anything within chance or without a good direction.
    """

    versus: Text
    amount: Text
    tone: str = "flat"
    significant: bool = False


@dataclass(frozen=True)
class Kpi:
    """One key figure, every text ready in every language.

    Parameters
    ----------
    value, unit : apart, so that the page can set the figure large; `unit` may be empty.
    interval : "2.11–2.55 days", None where there is none.
    changes : against the last period, last year …, in the order shown.
    signal : improving, worsening, steady, unusual or insufficient.
    assurance : hits, misses, varies, or "" without a target.
    about : the period the value is about, where it is older than the report's; None otherwise.
    reason : why there is no value; None where there is one.
    unsure : what a steady figure's chart says all the same (outside its limits, long on one side): a hint, no signal.
    lack : what there is too little of where the signal is insufficient: months, records or value; "" otherwise.
    """

    metric: str
    label: Text
    value: Text
    unit: Text
    interval: Text | None = None
    changes: tuple[Change, ...] = ()
    target: Text | None = None
    peers: Text | None = None
    signal: str = "insufficient"
    assurance: str = ""
    count: Text | None = None
    about: Text | None = None
    reason: Text | None = None
    lack: str = ""
    provisional: bool = False
    judged: bool = True
    unsure: Text | None = None
    spark: Spark | None = None


@dataclass(frozen=True)
class KpiCards(Traced):
    """The four to eight key figures of a report."""

    kind: ClassVar[str] = "kpi_cards"
    cards: Sequence[Kpi]
    title: Text = field(default_factory=lambda: both("Key figures"))

    @property
    def data(self) -> pd.DataFrame:
        """One row per card, in English, as shown."""
        rows = [
            (
                card.metric,
                *(pick(text, "en") for text in (card.label, card.value, card.unit)),
                card.signal,
                card.assurance,
            )
            for card in self.cards
        ]
        return pd.DataFrame(rows, columns=["metric", "label", "value", "unit", "signal", "assurance"])

    def html(self, language: str) -> str:
        """The cards as a list under a small heading."""
        cards = "".join(_card(card, language) for card in self.cards)
        title = f'<h2 class="label">{shown(self.title, language)}</h2>'
        return f'<section class="kpis">{title}<ul class="cards">{cards}</ul></section>' if cards else ""


def signal_words() -> dict[str, Text]:
    """What each variation signal says."""
    return {
        "improving": both("Improving"),
        "worsening": both("Worsening"),
        "steady": both("Steady"),
        "unusual": both("Unusual"),
        "insufficient": both("Too few to say"),
    }


def assurance_words(target: Text) -> dict[str, Text]:
    """What each assurance says of a target."""
    return {
        "hits": both("Meets the target of {target}", target=target),
        "misses": both("Misses the target of {target}", target=target),
        "varies": both("Now meets, now misses the target of {target}", target=target),
    }


def _card(card: Kpi, language: str) -> str:
    unit = f' <span class="unit">{shown(card.unit, language)}</span>' if pick(card.unit, language) else ""
    tone = TONES.get(card.signal, "flat")
    return (
        f'<li class="card {tone}"><h3>{shown(card.label, language)}</h3>'
        + (f'<p class="about">{shown(card.about, language)}</p>' if card.about else "")
        + f'<p class="figure"><span class="number">{shown(card.value, language)}</span>{unit}</p>'
        + _sure(card, language)
        + (sparkline(card.spark, language) if card.spark else "")
        + _verdicts(card, tone, language)
        + _comparisons(card, language)
        + "</li>"
    )


def _sure(card: Kpi, language: str) -> str:
    if card.reason:
        return f'<p class="interval">{shown(card.reason, language)}</p>'
    said = [words("95% interval {interval}", language, interval=card.interval)] if card.interval else []
    said += [words("n = {n}", language, n=card.count)] if card.count else []
    parts = " ".join(f"<span>{shown(part, language)}</span>" for part in said)
    return f'<p class="interval">{parts}</p>' if said else ""


def _verdicts(card: Kpi, tone: str, language: str) -> str:
    provisional = f' <span class="aside">{words("(limits provisional)", language)}</span>' if card.provisional else ""
    signal = say_signal(card.signal, reason=card.lack or None)
    signal = signal if card.unsure is None else card.unsure
    said = shown(signal, language) + provisional
    lines = _verdict(signal_icon(card.signal), said, tone) if card.judged else ""
    if card.target and card.assurance:
        said = shown(assurance_words(card.target)[card.assurance], language)
        return lines + _verdict(assurance_icon(card.assurance), said)
    if card.target:
        return lines + _verdict("", shown(words("Target {target}", language, target=card.target), language))
    return lines


def _verdict(icon: str, said: str, tone: str = "flat") -> str:
    return f'<p class="verdict {tone}">{icon}<span>{said}</span></p>'


def _comparisons(card: Kpi, language: str) -> str:
    rows = "".join(_comparison(change, language) for change in card.changes)
    if card.peers:
        peers = shown(card.peers, language)
        rows += f"<div><dt>{words('median of others', language)}</dt><dd>{peers}</dd></div>"
    return f'<dl class="changes">{rows}</dl>' if rows else ""


def _comparison(change: Change, language: str) -> str:
    sure = f' <span class="sure">{words("clear", language)}</span>' if change.significant else ""
    amount = shown(change.amount, language)
    return f'<div><dt>{shown(change.versus, language)}</dt><dd class="{change.tone}">{amount}{sure}</dd></div>'
