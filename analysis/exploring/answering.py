"""Questions in words, answered through the exploring calls; what was not understood is asked back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from analysis.asking import Near, Reading, Unit, Vocabulary, make_vocabulary, near_misses, read_question
from analysis.asking.spans import month_number
from analysis.data_model import ALL_UNITS
from analysis.exploring.measuring import compared, measured
from analysis.exploring.reasons import explained
from analysis.exploring.untold import told
from analysis.faults import UserFault
from analysis.metrics.kinds import Modelled
from analysis.presentation.block import Block, facts_list, shown
from analysis.presentation.blocks import Note
from analysis.presentation.language import Text, both, join, plain, words
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_period, tell_span
from analysis.sections.decomposition import HORIZON, decomposition

if TYPE_CHECKING:
    from analysis.report import Report

VALUES_OF = ("product_line", "product_id", "region", "supplier", "customer_segment", "fault_code", "technician_id",
             "category", "channel", "cost_type")  # fmt: skip
VALUES_AT_MOST = 500


@dataclass(frozen=True)
class Answer(Block):
    """A question, how it was understood, and its answer; or what is asked back.

    Parameters
    ----------
    reading : metric, unit, period, breakdown, intent; the words that were not understood
    near : what else could have been meant, each with its reason and the question to ask for it
    result : the answer; None where something is asked back
    facts : how the question was understood, label by label
    """

    kind: ClassVar[str] = "answer"
    reading: Reading
    near: tuple[Near, ...] = ()
    result: Block | None = None
    facts: tuple[tuple[Text, Text], ...] = field(default=(), repr=False)
    asked_back: Text | None = None

    @property
    def data(self) -> pd.DataFrame:
        """The answer's figures; of a question asked back, what could have been meant."""
        if self.result is not None:
            return self.result.data
        rows = [(near.name["en"], near.reason["en"], near.question) for near in self.near]
        return pd.DataFrame(rows, columns=["name", "reason", "question"])

    def html(self, language: str) -> str:
        """How it was understood, the answer or the question back, and what else could have been meant."""
        asked = f'<p class="question">{shown(self.reading.question, language)}</p>'
        facts = facts_list(self.facts, language) if self.facts else ""
        back = f'<p class="note-title">{shown(self.asked_back, language)}</p>' if self.asked_back else ""
        answer = self.result.html(language) if self.result is not None else ""
        return f'<section class="answer">{asked}{back}{facts}{answer}{self._near(language)}</section>'

    def _near(self, language: str) -> str:
        if not self.near:
            return ""
        title = words("Did you mean?", language) if self.asked_back else words("It could also mean", language)
        items = "".join(
            f"<li>{shown(near.name, language)}: {shown(near.reason, language)}"
            + (f" → “{shown(near.question, language)}”" if self.asked_back and near.question else "")
            + "</li>"
            for near in self.near
        )
        return f'<p class="label">{title}</p><ul class="sentences">{items}</ul>'


def vocabulary_of(report: "Report") -> Vocabulary:
    """What a question on the report may speak of: the catalogue, the units, the values that the data hold."""
    entries = {entry["business_unit"]: entry for entry in report.run.store.manifest["business_units"]}
    regions = {unit: entry.get("region") for unit, entry in entries.items()}
    units = [Unit(unit, report.run.unit_name(unit), regions.get(unit)) for unit in report.run.business_units]
    values: dict[str, Mapping[str, Text]] = {}
    held = report.held_segments
    for breakdown in VALUES_OF:
        found = held.get(breakdown, ())[:VALUES_AT_MOST]
        values[breakdown] = {value: report.segment_name(breakdown, value) for value in found if value != "unknown"}
    own = report.business_unit
    return make_vocabulary(report.run.catalogue, units=units, values=values, period=report.period, business_unit=own)


def answered(report: "Report", question: str, vocabulary: Vocabulary) -> Answer:
    """Read the question and answer it, or ask back."""
    reading = read_question(question, vocabulary)
    near = near_misses(reading, vocabulary)
    if not reading.understood:
        return Answer(reading, near, None, (), _ask_back(reading), languages=report.languages)
    lacking = report.run.missing.get(str(reading.metric))
    try:
        result = Note.missing(lacking, languages=report.languages) if lacking else _answer(report, reading)
    except UserFault as fault:  # understood, but not to be had: a target of an earlier month, a filter that cannot be
        result = Note(report.catalogue[str(reading.metric)].name, told(fault), languages=report.languages)
    return Answer(reading, near, result, _facts(report, reading), languages=report.languages)


def _answer(report: "Report", reading: Reading) -> Block:
    metric, where = str(reading.metric), dict(reading.where) or None
    of = report.of(reading.business_unit)
    if reading.intent == "compare":
        unit = reading.business_unit
        return compared(report, metric, to=str(reading.to), where=where, period=reading.period, business_unit=unit)
    if reading.intent == "why" and where is None:
        return explained(of, metric, period=reading.period, by=reading.by)
    if reading.intent == "forecast" and not isinstance(report.catalogue[metric].how, Modelled):
        return _forecast(of, reading)
    if reading.intent == "forecast":
        return measured(of, metric)
    found = measured(
        of, metric, by=reading.by, where=where, period=reading.period, order=reading.order, count=reading.count
    )
    if reading.intent != "why":
        return found
    narrow = both("What moves a part of a figure is not split further; this is how the part developed.")
    return replace(found, parts=(Note(found.headline, narrow, languages=report.languages), *found.parts))


def _forecast(report: "Report", reading: Reading) -> Block:
    """Trend, season and the months ahead; a note where the question looks further, or asks for a part only."""
    title = report.catalogue[str(reading.metric)].name
    last = month_number(reading.period.rpartition("..")[2])
    if reading.where or reading.by:
        return Note(title, both("A forecast is made of the whole figure only."), languages=report.languages)
    if last > month_number(report.period) + HORIZON:
        too_far = both("A forecast reaches {months} months ahead, not further.", months=str(HORIZON))
        return Note(title, too_far, languages=report.languages)
    return decomposition(report, str(reading.metric))


def _facts(report: "Report", reading: Reading) -> tuple[tuple[Text, Text], ...]:
    """How the question was understood: what the reader can check at a glance."""
    first, dots, last = reading.period.partition("..")
    facts: list[tuple[Text, Text]] = [
        (both("Asked"), _intent_name(reading.intent)),
        (both("Figure"), report.catalogue[str(reading.metric)].name),
        (both("Unit"), report.run.unit_name(reading.business_unit)),
        (both("Period"), tell_span(first, last) if dots else tell_period(reading.period)),
    ]
    if reading.by:
        facts.append((both("By"), both("unit") if reading.by == "business_unit" else breakdown_name(reading.by)))
    for breakdown, value in reading.where.items():
        facts.append((breakdown_name(breakdown), report.segment_name(breakdown, value)))
    if reading.to:
        facts.append((both("Against"), _against(report, reading.to)))
    if reading.order:
        facts.append((both("Order"), _order_name(reading.order)))
    return tuple(facts)


def _intent_name(intent: str) -> Text:
    return {
        "value": both("a figure"),
        "trend": both("how it developed"),
        "compare": both("a comparison"),
        "why": both("what it comes from"),
        "top": both("where it stands out"),
        "forecast": both("what comes next"),
    }[intent]


def _order_name(order: str) -> Text:
    return {
        "high": both("highest first"),
        "low": both("lowest first"),
        "worst": both("worst first"),
        "best": both("best first"),
    }[order]


def _against(report: "Report", to: str) -> Text:
    known = {
        "year_ago": both("the same period a year ago"),
        "previous": both("the period before"),
        "target": both("target"),
        "peers": both("median of the other units"),
    }
    if to in known:
        return known[to]
    return report.run.unit_name(to) if to in (ALL_UNITS, *report.run.business_units) else plain(to)


def _ask_back(reading: Reading) -> Text:
    """The question back, in words."""
    quoted = join([both("“{word}”", word=word) for word in reading.about], {"en": ", ", "zh": "、"})
    asks: dict[str, Any] = {
        "unknown": both("Not understood: {words}.", words=quoted),
        "negation": both("{words}: what is not so, or left out, cannot be asked for.", words=quoted),
        "advice": both("What should be done is not in the figures; ask for what happened and why."),
        "several": both("One figure at a time, please: {words}.", words=quoted),
        "ambiguous": both("{words} could mean several figures.", words=quoted),
        "metric": both("Which figure? Name one, such as the repair cycle, complaints or satisfaction."),
        "units": both("One unit, or two to compare: {words}.", words=quoted),
        "segments": both("One at a time: {words}; or ask by it.", words=quoted),
        "breakdown": both("By what? {words} does not go with this figure that way.", words=quoted),
        "sort": both("{words}: this figure is of another sort.", words=quoted),
        "order": both("{words}: say most, least, best or worst.", words=quoted),
        "change": both(
            "{words}: ranked is how parts stand, not how they changed; ask how one of them developed, or why.",
            words=quoted,
        ),
        "two_intents": both("One thing at a time: {words}.", words=quoted),
        "period": both("Which period? Figures are by month, quarter and year: {words}.", words=quoted),
        "comparand": both("Compared with what? {words}", words=quoted),
        "other_unit": both("{words}: other units stand in the company's report; this one is about one.", words=quoted),
    }
    return asks[reading.asks]
