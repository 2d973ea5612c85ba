"""Answers one below the other, a row per question: each question is an instrument with a scale of its own.

A scale over all questions would make a 5 of 5 a 5 of 10. Which end of a question's scale is the good one is asked
where most of its answers are low, as for a column of its own.
"""

from collections.abc import Mapping

from analysis.intake.proposing.answers import instrument_of, mostly_low, scale_of
from analysis.intake.proposing.matching import Match
from analysis.intake.proposing.profiles import ColumnProfile, profile
from analysis.intake.proposing.proposal import ColumnChoice
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.quoting import identifier, literal
from analysis.intake.undecided import ASK

MOST_QUESTIONS = 40


def are_below_each_other(content: SampledContent, matches: Mapping[str, Match]) -> bool:
    """Whether a survey's rows are told apart only by its answers' id and the question together."""
    key, question = matches.get("survey_id"), matches.get("instrument")
    if key is None or question is None:
        return False
    return content.distinct([key.heading]) < content.rows == content.distinct([key.heading, question.heading])


def long_choices(
    matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]
) -> tuple[list[ColumnChoice], str | None]:
    """Key, instrument, score and scales of answers that stand below each other, and which rows are answers in numbers
    (None: all)."""
    key, question, score = (matches[name].heading for name in ("survey_id", "instrument", "score"))
    answers: dict[str, list[str]] = {}
    for asked, value in zip(profiles[question].values, profiles[score].values, strict=True):
        if asked and value:
            answers.setdefault(asked, []).append(value)
    read = {asked: profile(asked, values) for asked, values in list(answers.items())[:MOST_QUESTIONS]}
    scales = {asked: scale_of(asked, told.numbers) for asked, told in read.items() if told.numbers is not None}
    called = {asked: instrument_of(asked, *ends)[0] for asked, ends in scales.items()}
    low = [asked for asked, ends in scales.items() if mostly_low(read[asked], *ends)]
    spec: object = score
    if low:
        told = ", ".join(map(repr, low))
        spec = (
            f"{ASK}most answers to {told} are low. If the high end is the best, write {score!r}; else turn them round"
        )
    why = "each question is an instrument of its own"
    ends_of = {"scale_min": 0, "scale_max": 1}
    choices = [
        ColumnChoice("survey_id", key, {"sql": f"{identifier(key)} || '-' || {identifier(question)}"}, 0.7, why),
        ColumnChoice("instrument", question, {"column": question, "values": _apart(called)}, 0.7, why),
        ColumnChoice("score", score, spec, 0.7, "scales: " + ", ".join(f"{q} {a}-{b}" for q, (a, b) in scales.items())),
        *[
            ColumnChoice(name, question, {"sql": _of_question(question, {q: s[n] for q, s in scales.items()})}, 0.7)
            for name, n in ends_of.items()
        ],
    ]  # fmt: skip
    where = None
    if len(scales) < len(answers):
        where = f"{identifier(question)} IN ({', '.join(map(literal, scales))})"
    return choices, where


def _apart(called: Mapping[str, str]) -> dict[str, str]:
    """The instruments' names; of several questions of one kind all but the first keep their own words."""
    seen: set[str] = set()
    found = {}
    for asked, name in called.items():
        found[asked] = asked if name in seen else name
        seen.add(name)
    return found


def _of_question(question: str, values: Mapping[str, int]) -> str:
    cases = " ".join(f"WHEN {literal(asked)} THEN {value}" for asked, value in values.items())
    return f"CASE {identifier(question)} {cases} END"
