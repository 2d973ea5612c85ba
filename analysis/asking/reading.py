"""How a question was understood: metric, unit, period, breakdown, filter, intent; or what to ask back, and why.

It never guesses silently: a word that carries meaning and is not understood, a word that could mean several metrics, a
negation, a second metric lead to a question back, with what could have been meant.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from analysis.asking.intents import clash_of, has, intent_of, terms_of
from analysis.asking.lexicon import Said, Term
from analysis.asking.moments import find_moments, settle
from analysis.asking.numerals import find_numbers
from analysis.asking.spans import LENGTHS, Moment, Span, month_number
from analysis.asking.tokens import normal
from analysis.asking.vocabulary import BY_UNIT, Vocabulary
from analysis.data_model import ALL_UNITS

_EXPECTS = re.compile(r"\bnext\b")
"""In the name of a metric that is itself a look ahead: of "technicians needed in Q4" the coming one is meant."""
SORTS = {"share": ("%", "pp", "ratio"), "count": ("n",), "time": ("d", "h", "min", "s")}
"""The units of a figure that answers a question for a share, a count, a time."""
_COMPARES = re.compile(r"\b(?:compar|differ|gap\b|vs\b|versus\b)")
MONTHS_EXPLAINED = 12
"""The longest stretch whose change is explained: "dropped since last year" asks for a change, not for 18 months."""
_ENDS = ({"best", "worst"}, {"high", "low"})
_CURRENCY = re.compile(r"[A-Z]{3}")
AHEAD_MONTHS = 3
"""What a forecast without a period looks ahead."""


@dataclass(frozen=True)
class Reading:
    """One question as understood.

    Parameters
    ----------
    metric, business_unit, period, by, where, intent : what is asked; `by` a breakdown (business_unit for the units),
        `where` breakdown → value, `intent` value, trend, compare, why, top or forecast
    to : what a comparison is with: year_ago, previous, target, peers, all, a unit's id or a period
    order, count : of a top: high, low, worst or best; how many
    asks : why it asks back instead of answering, "" where it was understood: unknown, negation, advice, several,
        ambiguous, metric, units, segments, breakdown, sort, order, change, two_intents, period, comparand, other_unit
    about : the words that the asking back is about
    said : the question's phrases and what each was taken for
    """

    question: str
    metric: str | None = None
    business_unit: str = ALL_UNITS
    period: str = ""
    by: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    intent: str = "value"
    to: str | None = None
    order: str | None = None
    count: int | None = None
    asks: str = ""
    about: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()

    @property
    def understood(self) -> bool:
        """Whether it can be answered."""
        return not self.asks


def read_question(question: str, vocabulary: Vocabulary) -> Reading:
    """Read one question on a report.

    Parameters
    ----------
    question : in English or Chinese, or both
    vocabulary : what it may speak of, and whose report and period it is asked on
    """
    text, now = normal(question), month_number(vocabulary.period)
    found = find_moments(text, now)
    if _COMPARES.search(text):  # "compare May and June", and "the difference between May and June": two periods
        found = [each for each in found if not text[each[0] :].startswith("between ")]
    moments = [(start, end, Term("moment", moment)) for start, end, moment in found]
    said = tuple(vocabulary.lexicon.cover(text, [*moments, *find_numbers(text)]))
    return replace(_read(question, said, vocabulary, now), said=said)


def _read(question: str, said: tuple[Said, ...], vocabulary: Vocabulary, now: int) -> Reading:
    empty = Reading(question, business_unit=vocabulary.business_unit, period=vocabulary.period)
    words = [part for part in said if part.term is None]
    if words:
        return replace(empty, asks="unknown", about=tuple(part.words for part in words))
    for kind, reason in (("negation",) * 2, ("advice",) * 2, ("expectation", "comparand"), ("topic", "breakdown")):
        if has(said, kind):
            return _asks(empty, reason, said, kind)
    meant = list(dict.fromkeys(term.meaning for term in terms_of(said, "metric")))
    if len(meant) > 1:
        return _asks(empty, "several", said, "metric")
    if meant and len(meant[0]) > 1:
        return _asks(empty, "ambiguous", said, "metric")
    if not meant:
        return replace(empty, asks="metric")
    return _read_rest(replace(empty, metric=meant[0][0]), said, vocabulary, now)


def _read_rest(reading: Reading, said: tuple[Said, ...], vocabulary: Vocabulary, now: int) -> Reading:
    """Unit, filter, breakdown, intent and period of a question whose metric is known."""
    units = list(dict.fromkeys(term.meaning for term in terms_of(said, "unit")))
    others = [unit for unit in units if vocabulary.business_unit not in (ALL_UNITS, unit)]
    if others:
        return _asks(reading, "other_unit", said, "unit")
    where: dict[str, str] = {}
    for breakdown, value in dict.fromkeys(term.meaning for term in terms_of(said, "value")):
        if breakdown in where:
            return _asks(reading, "segments", said, "value")
        where[breakdown] = value
    named = [by for by in dict.fromkeys(term.meaning for term in terms_of(said, "breakdown")) if by not in where]
    found = _set_apart([term.meaning for term in terms_of(said, "moment")], now)
    expected = bool(_EXPECTS.search(vocabulary.catalogue[str(reading.metric)].name["en"]))
    ahead = has(said, "forecast") or any(
        settle(moment, now, ahead=expected and moment.open_grain).first > now for moment in found
    )
    by_place = has(said, "place") and not named and vocabulary.business_unit == ALL_UNITS
    intent = intent_of(said, ahead=ahead, by=bool(named) or by_place, units=len(units))
    if not named and intent == "top":
        named = [BY_UNIT] if by_place else list(vocabulary.catalogue[str(reading.metric)].breakdowns)
        if len(named) != 1:
            return _asks(reading, "breakdown", said, "order")
    reading = replace(reading, where=where, intent=intent, business_unit=(units or [reading.business_unit])[0])
    return (
        _wrong_breakdown(reading, named, said, vocabulary)
        or _wrong_sort(reading, said, vocabulary)
        or _wrong_numbers(reading, said, found)
        or _with_period(_with_order(replace(reading, by=(named or [None])[0]), said), said, units, found, now)
    )


def _wrong_breakdown(
    reading: Reading, named: Sequence[str], said: tuple[Said, ...], vocabulary: Vocabulary
) -> Reading | None:
    """A breakdown that the metric does not have, two of them, or one that nothing says to split by."""
    card = vocabulary.catalogue[str(reading.metric)]
    known = {*card.breakdowns, BY_UNIT}
    quotient = has(said, "per") and card.kind in ("count", "total", "snapshot")
    split = (not quotient and has(said, "each", "per", "which", "order", "rank", "place")) or reading.intent == "top"
    alone = reading.intent in ("trend", "compare")  # their answers have no room for segments
    if len(named) > 1 or (named and (alone or not split)) or not {*named, *reading.where} <= known:
        about = tuple(dict.fromkeys(part.words for part in said if _is(part, "breakdown", "value")))
        return replace(reading, asks="breakdown", about=about or tuple(named))
    if named == [BY_UNIT] and vocabulary.business_unit != ALL_UNITS:
        return _asks(reading, "other_unit", said, "breakdown")
    return None


def _wrong_sort(reading: Reading, said: tuple[Said, ...], vocabulary: Vocabulary) -> Reading | None:
    """A share asked of what is counted, a count of what is a share …; a top by a change or by a mere "high"; two things
    at once, such as the trend of the worst.
    """
    if reading.intent == "top" and has(said, "order") and has(said, "direction"):
        return _asks(reading, "change", said, "order", "direction")
    if any(ends <= {term.meaning for term in terms_of(said, "order")} for ends in _ENDS):
        return _asks(reading, "two_intents", said, "order")
    if clashing := clash_of(said, reading.intent):
        return _asks(reading, "two_intents", said, *clashing)
    unit = vocabulary.catalogue[str(reading.metric)].unit
    money = unit == "money" or bool(_CURRENCY.fullmatch(unit))
    wrong = [
        asked
        for asked in (str(term.meaning) for term in terms_of(said, "asked_as"))
        if not (money if asked == "money" else unit in SORTS[asked])
    ]
    if wrong and reading.intent != "top":
        return _asks(reading, "sort", said, "asked_as")
    timed = tuple(part.words for part in said if part.words in vocabulary.of_time and not _is(part, "metric"))
    if timed and unit not in SORTS["time"]:
        return replace(reading, asks="sort", about=timed)
    if reading.intent == "top" and not has(said, "order") and has(said, "direction", "level"):
        return _asks(reading, "order", said, "direction", "level")
    return None


def _wrong_numbers(reading: Reading, said: tuple[Said, ...], found: Sequence[Moment]) -> Reading | None:
    """A day or a week, which no month can tell; words that mean two periods; a number that counts nothing."""
    if has(said, "too_fine"):
        return _asks(reading, "period", said, "too_fine")
    if any(moment.unclear for moment in found):
        return _asks(reading, "period", said, "moment")
    numbers = terms_of(said, "number")
    return _asks(reading, "unknown", said, "number") if len(numbers) > (reading.intent == "top") else None


def _with_order(reading: Reading, said: tuple[Said, ...]) -> Reading:
    if reading.intent != "top":
        return reading
    orders, numbers = terms_of(said, "order"), terms_of(said, "number")
    order = next((term.meaning for term in orders if term.meaning in ("low", "worst", "best")), None)
    return replace(
        reading,
        order=order or (orders[0].meaning if orders else None),
        count=numbers[0].meaning if numbers else None,
    )


def _with_period(
    reading: Reading, said: tuple[Said, ...], units: Sequence[str], found: Sequence[Moment], now: int
) -> Reading:
    """Periods and what a comparison is with; a second unit or period belongs to a comparison and to nothing else."""
    compares = reading.intent == "compare" or (reading.intent == "why" and has(said, "compare", "to", "direction"))
    if len(units) > (2 if reading.intent == "compare" else 1):
        return _asks(reading, "units", said, "unit")
    tos = list(dict.fromkeys(term.meaning for term in terms_of(said, "to")))
    to = tos[0] if tos else None
    if to and reading.intent in ("top", "trend", "value", "forecast"):
        return _asks(reading, "comparand", said, "to")
    if to not in (None, "year_ago") and reading.intent == "why":
        return _asks(reading, "comparand", said, "to")
    if len(units) == 2:
        to = to or units[1]
    if to is None and reading.intent == "compare" and has(said, "company") and reading.business_unit != ALL_UNITS:
        to = ALL_UNITS
    if len(tos) > 1 or (len(units) == 2 and to != units[1]):
        return _asks(reading, "comparand", said, "to")
    versus = compares and to is None and has(said, "compare")
    moments = list(dict.fromkeys(found))
    if versus and moments:
        *rest, other = moments
        if (
            len(rest) == 1
            and "between" in {part.words for part in said}
            and settle(rest[0], now).last < settle(other, now).first
        ):
            rest, other = [other], rest[0]  # "between May and June": the later is the one in question
        main = settle(rest[0], now) if len(rest) == 1 else _unsaid(other, now) if not rest else None
        compared = None if main is None else _comparand(main, other, now)
        if main is None or compared is None or (reading.intent == "why" and compared != "year_ago"):
            return _asks(reading, "period", said, "moment")
        return replace(reading, period=main.key, to=compared)
    if len(moments) > 1:
        return _asks(reading, "period", said, "moment")
    if reading.intent == "compare" and to is None:
        return _asks(reading, "comparand", said, "compare")
    return _one_period(replace(reading, to=to), moments[0] if moments else None, said, now)


def _one_period(reading: Reading, moment: Moment | None, said: tuple[Said, ...], now: int) -> Reading:
    if reading.intent == "forecast":
        span = Span(now + 1, now + AHEAD_MONTHS) if moment is None else settle(moment, now, ahead=True)
        if span.last <= now:
            return _asks(reading, "period", said, "moment")
        return replace(reading, period=span.key)
    if moment is None:
        return reading
    span = settle(moment, now)
    if span.first > now or (reading.intent == "why" and span.last - span.first >= MONTHS_EXPLAINED):
        return _asks(reading, "period", said, "moment")
    return replace(reading, period=Span(span.first, min(span.last, now)).key)


def _set_apart(found: list[Moment], now: int) -> list[Moment]:
    """ "Last month against the month before": the one before is that of its neighbour."""
    named = [moment for moment in found if not moment.before]
    if len(named) != 1 or len(found) != 2 or len({moment.grain for moment in found}) > 1:
        return found
    return [
        replace(moment, span=settle(named[0], now).shifted(-LENGTHS[moment.grain])) if moment.before else moment
        for moment in found
    ]


def _unsaid(other: Moment, now: int) -> Span:
    """The period in question where only the other side of a comparison is named: the current one of the same length."""
    length = LENGTHS.get(other.grain, 1)
    if other.year_ago or other.grain == "year" or length == 1:
        return Span(now, now)
    return Span(now // length * length, now)


def _comparand(main: Span, other: Moment, now: int) -> str | None:
    """What a period is compared with, as the question's own length asks; None where the two do not go together."""
    months = main.last - main.first + 1
    if other.year_ago or (other.relative and other.grain == "year" and settle(other, now).first // 12 == now // 12 - 1):
        return "year_ago"
    span = settle(other, now)
    if span.last - span.first != main.last - main.first:
        started = (
            other.relative and other.grain in LENGTHS and months < LENGTHS[other.grain] and span.last + 1 == main.first
        )
        return "previous" if started else None
    if span == main.shifted(-12):
        return "year_ago"
    if span == main.shifted(-months):
        return "previous"
    return span.key


def _asks(reading: Reading, reason: str, said: Sequence[Said], *kinds: str) -> Reading:
    return replace(reading, asks=reason, about=tuple(dict.fromkeys(part.words for part in said if _is(part, *kinds))))


def _is(part: Said, *kinds: str) -> bool:
    return part.term is not None and part.term.kind in kinds
