"""What every metric of a page means and what is known to be wrong with the data: from the metrics' cards and the
store's manifest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from analysis.presentation.block import Block, shown
from analysis.presentation.formatting import fmt_count, unit_label
from analysis.presentation.language import Text, both, each, join, pick, words
from analysis.presentation.naming import need_name

if TYPE_CHECKING:
    from analysis.metrics.cards import MetricCard


@dataclass(frozen=True)
class Definitions(Block):
    """The definitions of the metrics shown and, where the store's manifest is given, the rows set aside and why.

    Parameters
    ----------
    cards : the metrics' entries of the catalogue, in the order shown.
    manifest : the store's manifest; None leaves the known data problems out.
    business_unit : whose rows are counted; "all" counts everything.
    """

    kind: ClassVar[str] = "definitions"
    cards: Sequence["MetricCard"]
    manifest: Mapping[str, Any] | None = None
    business_unit: str = "all"

    @property
    def data(self) -> pd.DataFrame:
        rows = [(card.id, pick(card.name, "en"), pick(card.definition, "en"), card.unit) for card in self.cards]
        return pd.DataFrame(rows, columns=["metric", "name", "definition", "unit"])

    def html(self, language: str) -> str:
        entries = "".join(_entry(card, language) for card in self.cards)
        problems = "".join(
            f"<li>{shown(line, language)}</li>" for line in known_problems(self.manifest, self.business_unit)
        )
        return (
            f'<section class="definitions"><h2>{words("What the figures mean", language)}</h2><dl>{entries}</dl>'
            + (
                f'<h3>{words("Known problems of the data", language)}</h3><ul class="problems">{problems}</ul>'
                if problems
                else ""
            )
            + "</section>"
        )


def known_problems(manifest: Mapping[str, Any] | None, business_unit: str) -> list[Text]:
    """One line per table and reason for rows set aside as faulty or dropped as duplicates, most rows first."""
    found: list[tuple[int, Text]] = []
    known = (manifest or {}).get("reason_texts", {})
    for table, facts in sorted((manifest or {}).get("tables", {}).items()):
        counts = facts if business_unit == "all" else facts.get("by_unit", {}).get(business_unit, {})
        for reason, rows in counts.get("reasons", {}).items():
            found.append((rows, _problem(table, rows, known.get(reason, reason))))
        if counts.get("duplicates_dropped"):
            rows = counts["duplicates_dropped"]
            found.append((rows, _problem(table, rows, both("repeated identically, counted once"))))
    return [line for _, line in sorted(found, key=lambda item: -item[0])]


def _problem(table: str, rows: int, reason: Text | str) -> Text:
    count = each(lambda language: fmt_count(rows, language, exact=True))
    return both("{table}: {reason} (rows: {rows})", table=need_name(table), rows=count, reason=reason)


def _entry(card: "MetricCard", language: str) -> str:
    unit = each(lambda asked: unit_label(card.unit, asked))
    better = {"lower": both("lower is better"), "higher": both("higher is better")}.get(card.better)
    facts = [text for text in (unit if pick(unit, language) else None, better, *_rules(card)) if text]
    return (
        f'<div id="d-{shown(card.id, language)}"><dt>{shown(card.name, language)}</dt>'
        + f"<dd>{shown(card.definition, language)}"
        + f' <span class="aside">{shown(join(facts, " · "), language)}</span>'
        + (
            f'<span class="caveat">{shown(card.caveats, language)}</span>'
            if card.caveats and pick(card.caveats, language)
            else ""
        )
        + "</dd></div>"
    )


def _rules(card: "MetricCard") -> list[Text]:
    rules: list[Text] = []
    if card.follow_up_days:
        rules.append(both("follow-up {days} days", days=card.follow_up_days))
    if card.minimum_n > 1:
        rules.append(both("not judged below n = {n}", n=card.minimum_n))
    return rules
