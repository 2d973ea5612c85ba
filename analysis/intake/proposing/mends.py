"""What is mended in a column's text before it is read as a time, each in the same way in the sample and in SQL.

Halves of the day in Chinese, a.m., ordinals, weekdays, names of months in other languages, the word of a zone, serials
with a decimal comma; and words that stand where there is no time yet (处理中, "Ongoing", 00000000, 31.12.9999). Says
what was mended; changes nothing else.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.intake.proposing.vocabulary import words_of_the_trade
from analysis.intake.quoting import literal, literals

FEW_WORDS = 6  # kinds of words that may stand where there is no time yet
MOST_OPEN = 0.7  # of the values
PLACEHOLDER = re.compile(
    r"^(-1|0+|0{4}[-/.]?0{2}[-/.]?0{2}( .*)?|(0001|1900)[-/.]?01[-/.]?0[01]([ T].*)?|0?1[/.]0?[01][/.]1900( .*)?"
    r"|9999[-/.]?12[-/.]?31([ T].*)?|(31[/.]12|12[/.]31)[/.]9999( .*)?)$"
)


@dataclass(frozen=True)
class Mend:
    """A pattern (as Python and RE2 know it), what is put in its place, and what is said of it; "" where the meaning is
    plain."""

    pattern: str
    to: str
    said: str = ""


@dataclass(frozen=True)
class OtherOrder:
    """Rows that write day and month the other way round: those in which a column holds one of these values."""

    column: str
    values: tuple[str, ...]
    said: str


_ORDER, _SWAPPED = r"^(\d{1,2})([/.-])(\d{1,2})([/.-])", r"\3\2\1\4"
_SIMPLE = (
    Mend(r"^(\d{4})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})(Z?)$", r"\1-\2-\3 \4:\5:\6\7"),
    Mend(r"^(\d{1,2}:\d{2}(?::\d{2})?),? +(\d.*)$", r"\2 \1"),
    Mend(r"(\d{2}:\d{2}:\d{2}),(\d{1,6})$", r"\1.\2"),
    Mend(r"(\d)\.\s+([A-Za-zäéû])", r"\1 \2"),
    Mend(r"\s+de\s+", " "),
    Mend(r"\s*(?:星期|周)[一二三四五六日天]\s*", " "),
    Mend(r"^(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)[a-z]*[,.]?\s+", ""),
    Mend(r"\s*(?:上午|凌晨|早上|清晨)\s*", " AM "),
    Mend(r"\s*(?:下午|晚上|傍晚)\s*", " PM "),
    Mend(r"(\d{1,2})[时點点](\d{1,2})分(\d{1,2})秒?", r"\1:\2:\3"),
    Mend(r"(\d{1,2})[时點点](\d{1,2})分", r"\1:\2"),
    Mend(r"(\d)\s*([AaPp])\.?\s?[Mm]\.?$", r"\1 \2M"),
    Mend(r"(\d)(?:st|nd|rd|th|er|º)\b", r"\1"),
    Mend(r"^([1-5]\d{4}),(\d+)$", r"\1.\2"),
)
_ZONES = (
    ("EST", "EDT"), ("CST", "CDT"), ("MST", "MDT"), ("PST", "PDT"), ("CET", "CEST", "MEZ", "MESZ"), ("GMT", "BST"),
    ("EET", "EEST"), ("AEST", "AEDT"), ("IST",), ("JST",), ("SGT",), ("HKT",),
)  # fmt: skip
_ZONE = re.compile(r"\d\s*(?:[AaPp][Mm]\s*)?\(?([A-Z]{3,4})\)?$")


def mends_of(texts: Sequence[str]) -> tuple[Mend, ...]:
    """The mends that change some of the texts, in the order in which they are made."""
    zone = _zone(texts)
    made: list[Mend] = []
    for step in (*zone, *_months(texts), *_SIMPLE):
        changed = [re.sub(step.pattern, step.to, text) for text in texts]
        if changed != list(texts):
            made.append(step)
            texts = changed
    return tuple(made)


def words_for_nothing(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts of a column of times that say there is none: placeholders, and a few words that come again."""
    counts = Counter(texts)
    held = {text for text in counts if PLACEHOLDER.match(text)}
    words = {text for text in counts if text not in held and not re.search(r"\d", text)}
    few = len(words) <= FEW_WORDS and sum(counts[text] for text in words) <= MOST_OPEN * len(texts)
    return tuple(sorted(held | (words if few else set())))


def mended(text: str, mends: Iterable[Mend]) -> str:
    """The text as it is read."""
    for step in mends:
        text = re.sub(step.pattern, step.to, text)
    return text.strip()


def mended_sql(sql: str, mends: Iterable[Mend], nothing: Sequence[str], other: OtherOrder | None, column: str) -> str:
    """SQL for the same; `column` is the identifier of the other order's column."""
    if nothing:
        sql = f"CASE WHEN trim({sql}) NOT IN ({literals(nothing)}) THEN {sql} END"
    for step in mends:
        sql = f"regexp_replace({sql}, {literal(step.pattern)}, {literal(step.to)}, 'g')"
    if other is not None:
        swapped = f"regexp_replace({sql}, {literal(_ORDER)}, {literal(_SWAPPED)})"
        sql = f"CASE WHEN {column} IN ({literals(other.values)}) THEN {swapped} ELSE {sql} END"
    return sql


def turned(text: str) -> str:
    """The text with its first two numbers in the other order."""
    return re.sub(_ORDER, _SWAPPED, text)


def _zone(texts: Sequence[str]) -> tuple[Mend, ...]:
    """The zone's word behind a clock, where all are of one place: its summer and its winter."""
    found = {match.group(1) for text in texts if (match := _ZONE.search(text))}
    for family in _ZONES:
        if found and found <= set(family):
            said = f"{' and '.join(sorted(found))} left away: read as the local time of where the work is done"
            return (Mend(rf"\s*\(?(?:{'|'.join(family)})\)?$", "", said),)
    return ()


def _months(texts: Sequence[str]) -> tuple[Mend, ...]:
    """Names of months that are not English, in the language of which most that English lacks stand in the texts."""
    told = set(re.findall(r"[^\W\d_]{3,}", " ".join(dict.fromkeys(texts)).casefold()))
    languages: Mapping[str, Mapping[str, Sequence[str]]] = words_of_the_trade()["months"]
    hits = {
        name: sum(
            word.startswith(start) and not start.startswith(month.casefold())
            for month, starts in months.items()
            for start in starts
            for word in told
        )
        for name, months in languages.items()
    }
    best = max(hits, key=lambda name: hits[name])
    if not hits[best]:
        return ()
    return tuple(Mend(rf"(?i)\b(?:{'|'.join(starts)})[a-zà-ÿ]*\.?", month) for month, starts in languages[best].items())
