"""Survey answers: which question a score answers, on which scale, and whether the scale counts backwards.

A scale is taken to count backwards where its heading ("1 = very satisfied") or the labels of its ends say so. Where
nothing does and most answers are low, a person is asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.data_model import read_tables
from analysis.intake.naming import fold
from analysis.intake.proposing.matching import Match
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.proposal import ColumnChoice
from analysis.intake.proposing.specs import choice_of, examples_of, levels_of, with_formats
from analysis.intake.proposing.values import KNOWN, meaning, translate
from analysis.intake.proposing.vocabulary import is_called, words_of_the_trade
from analysis.intake.proposing.written_scores import nought_question, without_codes, written_score
from analysis.intake.quoting import identifier
from analysis.intake.undecided import ASK

ASPECTS = (
    "response_speed",
    "problem_solving",
    "attitude",
    "service_quality",
    "feedback_handling",
    "accessibility",
    "transparency",
    "reliability",
    "expectation",
)
CHECKED, MIDDLE = 0.55, 3
SCALES = ((1, 3), (1, 5), (0, 5), (1, 7), (0, 10), (1, 10), (0, 100))
SELDOM_USED = ((1, 4), (1, 6))  # taken only where many have answered and nobody beyond
MANY = 100  # answers from which an end that nobody chose is none
SATISFIED = ("satisfaction", "satisfied", "csat", "zufriedenheit", "满意", "满意度", "acsi")
_NPS = re.compile(r"nps|recommend|promoter|推荐")
_CES = re.compile(r"\bces\b|effort|easy|费力|轻松")
_ENDS = re.compile(r"(?<!\d)(0|1)\s*=.*?(?<!\d)(3|4|5|6|7|10|100)\s*=")  # 1 = sehr gut bis 6 = ungenügend
_TEN = re.compile(r"(?<!\d)(0|1)\s*(?:-|–|to|bis|~|至|到|—)\s*(3|4|5|6|7|10|100)(?!\d)")


@dataclass(frozen=True)
class ScoreReading:
    """How answers are read: what the mapping says, how sure, on which scale, whether it was turned round."""

    spec: object
    confidence: float
    why: str
    low: int
    high: int
    backwards: bool
    notes: tuple[str, ...] = ()


def survey_choices(
    matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile], *, headings: Sequence[str]
) -> tuple[list[ColumnChoice], list[str]]:
    """The choices of a table of surveys beside the plainly matched ones: times, instrument, score, scale, aspects; and
    remarks.

    Parameters
    ----------
    headings : all headings of the content, among which a key to the scale may stand.
    """
    notes: list[str] = []
    choices = times_of_answers(matches, profiles)
    score = matches["score"]
    profile = profiles[score.heading]
    reading = read_score(score, profile)
    notes += reading.notes
    low, high, backwards = reading.low, reading.high, reading.backwards
    choices.append(
        ColumnChoice(
            "score", score.heading, reading.spec, reading.confidence, reading.why, examples_of(profile), score.instead
        )
    )
    if "instrument" not in matches:
        told, why = instrument_of(score.heading, low, high)
        choices.append(ColumnChoice("instrument", None, {"constant": told}, 0.7, why))
    both = said_scale(score.heading) or profile.numbers in (None, (low, high))
    ends = (0.8, "the scale of the score") if both else (CHECKED, "the scale of the score: nobody gave one of its ends")
    choices += [ColumnChoice(f"scale_{end}", None, {"constant": n}, *ends) for end, n in (("min", low), ("max", high))]
    for aspect in ASPECTS:
        if aspect in matches:
            choices += _aspect(aspect, matches[aspect], profiles[matches[aspect].heading], backwards=backwards)
    return choices, notes


def read_score(score: Match, profile: ColumnProfile) -> ScoreReading:
    """How a column of answers is read: its numbers or words on their scale, turned round or asked about."""
    heading = score.heading
    if (written := written_score(profile)) is not None:
        return _written(written.sql, written.low, written.high, f"{score.why}; {written.why}", score, profile)
    profile, codes = without_codes(profile, said=said_scale(heading))
    if codes:
        name = f"TRY_CAST({profile.text_sql} AS DOUBLE)"
        low, high = scale_of(heading, profile.numbers or (0, 0), answers=profile.counted)
        reading = _written(name, low, high, f"{score.why}; scale {low} to {high}", score, profile)
        return replace(reading, notes=(codes, *reading.notes))
    name = f"TRY_CAST({identifier(score.heading)} AS DOUBLE)"
    if profile.numbers is None and not _only_labels(profile):
        words = levels_of(profile.common, heading)
        if "9" not in {f"{level:g}" for level in words["values"].values()}:
            return ScoreReading(words, score.score, score.why, 1, 5, backwards=False)
        note = f"{heading!r} holds only the group: 9, 7 and 6 stand for it, so the mean of the scores means nothing"
        return ScoreReading(words, min(score.score, CHECKED), score.why, 0, 10, backwards=False, notes=(note,))
    numbers = profile.numbers or (float(min(profile.labelled)), float(max(profile.labelled)))
    low, high = scale_of(heading, numbers, answers=profile.counted)
    why = f"{score.why}; scale {low} to {high}"
    spec: object = heading
    if profile.numbers is None:
        name = f"CAST(regexp_extract({identifier(heading)}, '^[0-9]+') AS DOUBLE)"
        spec = {"sql": f"CASE WHEN regexp_matches({identifier(heading)}, '^[0-9]') THEN {name} END"}
    turned = {"sql": f"{low + high} - {name}"}
    if profile.numbers is None:
        turned = {"sql": f"CASE WHEN regexp_matches({identifier(heading)}, '^[0-9]') THEN {low + high} - {name} END"}
    told = "its heading says" if is_backwards(heading) else "its labels say"
    if is_backwards(heading) or _labels_fall(profile):
        note = f"{heading!r}: {told} that {low} is the best; turned round, so that {high} is"
        return ScoreReading(turned, score.score, f"{why}; {told} that {low} is the best: turned round", low, high,
                            backwards=True, notes=(note,))  # fmt: skip
    if profile.numbers is not None and said_scale(heading) is None and (asked := nought_question(profile, low, high)):
        return ScoreReading(f"{ASK}{asked}", CHECKED, why, low, high, backwards=False)
    if not any(profile.labelled.values()) and mostly_low(profile, low, high):
        question = _which_end(heading, low, high, "", turned["sql"])
        return ScoreReading(question, CHECKED, f"{why}; most answers are low", low, high, backwards=False)
    return ScoreReading(spec, score.score, why, low, high, backwards=False)


def _written(sql: str, low: int, high: int, why: str, score: Match, profile: ColumnProfile) -> ScoreReading:
    """A reading of answers whose number is given by SQL: turned round where the heading says so, or asked about."""
    heading, turned = score.heading, {"sql": f"{low + high} - {sql}"}
    if is_backwards(heading):
        note = f"{heading!r}: its heading says that {low} is the best; turned round, so that {high} is"
        return ScoreReading(turned, score.score, why, low, high, backwards=True, notes=(note,))
    if profile.numbers is not None and mostly_low(profile, low, high):
        question = _which_end(heading, low, high, sql, turned["sql"])
        return ScoreReading(question, CHECKED, f"{why}; most answers are low", low, high, backwards=False)
    return ScoreReading({"sql": sql}, score.score, why, low, high, backwards=False)


def _which_end(heading: str, low: int, high: int, plain: str, turned: str) -> str:
    """What is asked where most answers lie near the low end."""
    own = f"{{sql: '{plain}'}}" if plain else repr(heading)
    return (
        f"{ASK}most answers to {heading!r} lie near {low}. If {high} is the best, write {own}; "
        f"if {low} is, write {{sql: '{turned}'}}"
    )


def _only_labels(profile: ColumnProfile) -> bool:
    """Whether the answers are numbers of which not all bear words that say how good they are."""
    return bool(profile.labelled) and translate(profile.common, "satisfaction")[1] < KNOWN


def _labels_fall(profile: ColumnProfile) -> bool:
    """Whether the labels say that the low end is the good one."""
    known = {
        number: int(said)
        for number, text in profile.labelled.items()
        if text and (said := meaning(text, "satisfaction"))
    }
    if not known:
        return False
    first, last = known[min(known)], known[max(known)]
    middle = (min(profile.labelled) + max(profile.labelled)) / 2
    if len(known) > 1:
        return first > last
    return (first > MIDDLE) if min(known) < middle else (first < MIDDLE)


def is_backwards(heading: str) -> bool:
    """Whether a heading says that the low end of its scale is the good one."""
    letters = fold(heading)
    return any(fold(str(words)) in letters for words in words_of_the_trade()["reversed"])


def scale_of(heading: str, numbers: tuple[float, float], *, answers: int = 0) -> tuple[int, int]:
    """The scale of a score: as its heading says ("1-5", "0 to 10"), else the narrowest usual one that holds it.

    Parameters
    ----------
    answers : how many there are.
    """
    if said := said_scale(heading):
        return said
    if is_called(heading, ["schulnote", "schulnoten"]) and numbers[1] <= 6:
        return 1, 6
    whole = (int(numbers[0]), int(numbers[1]))
    if answers >= MANY and whole in SELDOM_USED:
        return whole
    if _NPS.search(heading.casefold()) and numbers[1] <= 10:
        return 0, 10
    if numbers[0] >= 1 and 7 < numbers[1] <= 10 and is_called(heading, SATISFIED):
        return 1, 10
    return next(((low, high) for low, high in SCALES if low <= numbers[0] and numbers[1] <= high), (0, 100))


def said_scale(heading: str) -> tuple[int, int] | None:
    """The ends of the scale as a heading says them; None where it does not."""
    said = _TEN.search(heading) or _ENDS.search(heading)
    return (int(said.group(1)), int(said.group(2))) if said else None


def instrument_of(heading: str, low: int, high: int) -> tuple[str, str]:
    """The instrument that a score is taken for, and why."""
    text = heading.casefold()
    if (_NPS.search(text) and (low, high) == (0, 10)) or (
        (low, high) == (0, 10) and "satisf" not in text and "满意" not in text
    ):
        return "nps", "a scale of 0 to 10" + ("" if _NPS.search(text) else ": taken for the question of recommendation")
    if _CES.search(text) and high == 7:
        return "ces7", "effort on 7 levels"
    return f"csat{high if low else high + 1 if high < 100 else 100}", "satisfaction on this scale"


def times_of_answers(matches: Mapping[str, Match], profiles: Mapping[str, ColumnProfile]) -> list[ColumnChoice]:
    """Sent and answered; where only one is known it stands for both, and the answers count as unasked."""
    table = read_tables()["surveys"]
    choices = []
    both = "sent_at" in matches and "answered_at" in matches
    for name in ("sent_at", "answered_at"):
        match = matches.get(name) or matches.get("answered_at" if name == "sent_at" else "sent_at")
        if match is None:
            return []
        told = choice_of(table.column(name), match, profiles[match.heading])
        why = told.why if name in matches else f"{told.why}; the only time there is"
        choices.append(
            ColumnChoice(
                name, match.heading, told.spec, told.confidence - 0.1 * (name not in matches), why, told.examples
            )
        )
    if not both and "method" not in matches:
        why = "nobody knows who was asked in vain: no response rate is told"
        choices.append(ColumnChoice("method", None, {"constant": "online_review"}, 0.6, why))
    return choices


def answered_only_if_scored(
    choices: Sequence[ColumnChoice], score: ColumnProfile, answered: ColumnProfile
) -> list[ColumnChoice]:
    """Where some rows have no score, their answer's time is taken away: a row without an answer is an invitation."""
    score, _ = without_codes(score, said=said_scale(score.name))
    if score.filled >= answered.filled:
        return list(choices)
    condition = f"CASE WHEN {score.text_sql} IS NOT NULL THEN {answered.text_sql} END"
    spec = with_formats({"sql": condition}, answered)
    return [
        ColumnChoice(c.column, c.source, spec, c.confidence, f"{c.why}; only where there is a score", c.examples)
        if c.column == "answered_at"
        else c
        for c in choices
    ]


def _aspect(aspect: str, match: Match, profile: ColumnProfile, *, backwards: bool) -> list[ColumnChoice]:
    profile, _ = without_codes(profile, said=said_scale(match.heading))
    if profile.numbers is None:
        if _only_labels(profile) or written_score(profile):
            return []
        words = levels_of(profile.common, match.heading)
        return [ColumnChoice(aspect, match.heading, words, match.score, match.why, examples_of(profile))]
    low, high = scale_of(match.heading, profile.numbers)
    low, high = (low, high) if (low, high) in ((1, 5), (1, 7), (1, 10), (0, 10)) else (1, 5)
    turned = backwards or is_backwards(match.heading) or _labels_fall(profile)
    name = f"TRY_CAST({profile.text_sql} AS DOUBLE)"
    value = f"{low + high} - {name}" if turned else name
    spec: object = {"sql": name} if profile.is_mended else match.heading
    if turned or (low, high) != (1, 5):
        spec = {"sql": _on_five(value, low, high)}
    why = f"{match.why}; scale {low} to {high}" + ("; turned round" if turned else "")
    if not turned and not profile.labelled and mostly_low(profile, low, high):
        question = _which_end(match.heading, low, high, "", _on_five(f"{low + high} - {name}", low, high))
        return [ColumnChoice(aspect, match.heading, question, CHECKED, f"{why}; most answers are low")]
    return [ColumnChoice(aspect, match.heading, spec, match.score, why, examples_of(profile))]


def _on_five(value: str, low: int, high: int) -> str:
    """SQL for an answer on a scale of 1 to 5."""
    return value if (low, high) == (1, 5) else f"1 + 4 * ({value} - {low}) / {high - low}"


def mostly_low(profile: ColumnProfile, low: int, high: int) -> bool:
    """Whether the answers lie low on the whole: angry customers, or a scale that counts backwards."""
    counts = {int(value): count for value, count in profile.common.items() if value.isdigit()}
    total = sum(counts.values())
    near = sum(count for value, count in counts.items() if value <= low + (high - low) * 0.3)
    mean = sum(value * count for value, count in counts.items()) / max(total, 1)
    return total > 0 and (near > 0.6 * total or mean < (low + high) / 2)
