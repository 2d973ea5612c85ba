"""What a column's values look like: blanks, distinct values, times, numbers, yes and no, words, long text.

Everything is counted on the sample; nothing is decided here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from itertools import pairwise

from analysis.intake.proposing.mends import (
    PLACEHOLDER,
    Mend,
    OtherOrder,
    mended,
    mended_sql,
    mends_of,
    turned,
    words_for_nothing,
)
from analysis.intake.proposing.moments import TimeFormats, as_moments, find_formats
from analysis.intake.proposing.orders_of_days import day_orders
from analysis.intake.proposing.vocabulary import Heading, heading, is_a_time, is_called, words_of_the_trade
from analysis.intake.proposing.written_numbers import (
    FEW_VALUES,
    SLIPS,
    is_decimal_comma,
    labels_of,
    number_range,
    value_of,
    with_point,
)
from analysis.intake.quoting import identifier

LONG_TEXT = 40
_CLOCK = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
_COMPACT_CLOCK = re.compile(r"^([01]?\d|2[0-3])?[0-5]?\d[0-5]\d$|^0$")
_DIGITS = re.compile(r"\d.*\d.*\d")
SOME = 0.3  # of the values must hold digits before a column is looked at as times that need mending
COMPACT = "%H%M%S"
CLOCKS = ("time", "clock", "uhrzeit", "zeit", "hora", "heure", "时间", "时刻")
SPEAK_OF_TIME = {"date", "time", "at", "on", "dt", "timestamp", "created", "closed", "opened", "day", "datum", "fecha"}
_NUMERIC_TIME = re.compile(r"^(1\d{9}(\d{3})?|[345]\d{4}([.,]\d+)?|(19|20|99)\d{6}(\d{6})?|0+|-1)$")


@dataclass(frozen=True)
class ColumnProfile:
    """One source column as the sample shows it.

    `blanks`: texts that mean nothing in it. `numbers`: low and high where all values are numbers, `decimal_comma` where
    they are written 1.234,50. `labelled`: number → label where some numbers bear one ("5 - Very good"). `times`: how it
    is written where all values are times, `midnight`: share at 00:00, `clock`: the column that holds the time of day.
    Of times, too: `mends` of their text, texts that stand for `nothing`, rows in which day and month are in the `other`
    order.
    """

    heading: Heading
    filled: float
    distinct: int
    counted: int
    common: Mapping[str, int]
    blanks: tuple[str, ...]
    numbers: tuple[float, float] | None
    whole: bool
    times: TimeFormats | None
    moments: tuple[datetime | None, ...]
    midnight: float
    length: float
    yes_no: bool
    duration: bool
    aside: bool
    labelled: Mapping[int, str] = field(default_factory=dict)
    decimal_comma: bool = False
    clock: str = ""
    mends: tuple[Mend, ...] = ()
    nothing: tuple[str, ...] = ()
    other: OtherOrder | None = None
    values: tuple[str | None, ...] = ()

    @property
    def name(self) -> str:
        """The heading as it stands in the source."""
        return self.heading.text

    @property
    def text_sql(self) -> str:
        """SQL for the column's text; of days with a clock beside them, both."""
        own = identifier(self.name)
        if self.is_mended:
            column = identifier(self.other.column) if self.other else ""
            own = mended_sql(own, self.mends, self.nothing, self.other, column)
        if not self.clock:
            return own
        clock = identifier(self.clock)
        return f"{own} || ' ' || " + (
            f"lpad(coalesce({clock}, '0'), 6, '0')" if COMPACT in self.times_text else f"coalesce({clock}, '00:00:00')"
        )

    @property
    def is_mended(self) -> bool:
        """Whether its text is not read as it stands."""
        return bool(self.mends or self.nothing or self.other)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said of how its times are read."""
        said = [step.said for step in self.mends if step.said]
        said += [f"{', '.join(map(repr, self.nothing))} taken for no time"] if self.nothing else []
        return (*said, *([self.other.said] if self.other else []))

    @property
    def times_text(self) -> str:
        """Its formats, as one text."""
        return " ".join(self.times.formats) if self.times else ""

    @property
    def unique(self) -> float:
        """Share of different values among the filled ones."""
        return self.distinct / self.counted if self.counted else 0.0

    @property
    def is_words(self) -> bool:
        """A few words that come again and again: a category."""
        return (
            1 < self.distinct <= max(FEW_VALUES, 0.02 * self.counted)
            and self.times is None
            and self.length <= LONG_TEXT
        )


def profile(
    name: str, values: Sequence[str | None], *, day_first: bool | None = None, false_is_nothing: bool = False
) -> ColumnProfile:
    """The profile of a column from the values of a sample (None: empty); some systems write False for no value."""
    nothing = {str(word).casefold() for word in words_of_the_trade()["words"]["nothing"]}
    nothing |= {"false"} if false_is_nothing else set()
    given = [value.strip() for value in values if value is not None]
    blanks = tuple(sorted({value for value in given if value.casefold() in nothing}))
    filled = [value for value in given if value.casefold() not in nothing]
    if blanks and not filled:
        blanks, filled = (), given
    counts = Counter(filled)
    known = {str(word) for side in ("yes", "no") for word in words_of_the_trade()["words"][side]}
    told = heading(name)
    decimal_comma = is_decimal_comma(filled)
    numbers = number_range([with_point(text) for text in filled] if decimal_comma else filled)
    times: TimeFormats | None = None
    mends: tuple[Mend, ...] = ()
    untimed: tuple[str, ...] = ()
    if numbers is None or _may_be_times(told, filled):
        times, mends, untimed = _times(filled, day_first)
        decimal_comma = decimal_comma and times is None
    filled = [value for value in filled if value not in set(untimed)]
    empty = {*blanks, *untimed}
    cleaned = [None if value is None or value.strip() in empty else value for value in values]
    read = [None if value is None else mended(value.strip(), mends) for value in cleaned] if mends else cleaned
    moments = tuple(as_moments(read, times.formats)) if times else ()
    stamps = [moment for moment in moments if moment is not None]
    return ColumnProfile(
        heading=told,
        filled=len(filled) / len(values) if values else 0.0,
        distinct=len(counts),
        counted=len(filled),
        common=dict(counts.most_common(40)),
        blanks=blanks,
        numbers=numbers,
        whole=numbers is not None
        and not decimal_comma
        and all("." not in text or text.endswith(".0") for text in counts),
        times=times,
        moments=moments,
        midnight=sum(moment.time() == time(0) for moment in stamps) / len(stamps) if stamps else 0.0,
        length=sum(map(len, filled)) / len(filled) if filled else 0.0,
        yes_no=bool(counts) and {value.casefold() for value in counts} <= known and len(counts) <= 2,
        duration=is_called(name, words_of_the_trade()["durations"]) and times is None,
        aside=is_called(name, words_of_the_trade()["never"]),
        decimal_comma=decimal_comma,
        mends=mends,
        nothing=untimed,
        labelled=labels_of(counts) if numbers is None and times is None else {},
        values=tuple(None if value is None else value.strip() for value in read),
    )


def _times(
    texts: Sequence[str], day_first: bool | None
) -> tuple[TimeFormats | None, tuple[Mend, ...], tuple[str, ...]]:
    """How texts are written as times, after which mends, and which of them say that there is no time."""
    plain = find_formats(texts, day_first=day_first)
    if plain is not None and plain.share == 1 and not any(map(PLACEHOLDER.match, set(texts))):
        return plain, (), ()
    if sum(bool(_DIGITS.search(text)) for text in texts) < SOME * len(texts):
        return plain, (), ()
    nothing = words_for_nothing(texts)
    left = [text for text in texts if text not in set(nothing)]
    found = find_formats(left, day_first=day_first)
    if found is not None and found.share == 1:
        return found, (), nothing
    mends = mends_of(left)
    after = find_formats([mended(text, mends) for text in left], day_first=day_first) if mends else None
    if after is not None and (found is None or after.share > found.share):
        return after, mends, nothing
    return (found, (), nothing) if found is not None else (plain, (), ())


def profiles_of(columns: Mapping[str, Sequence[str | None]]) -> dict[str, ColumnProfile]:
    """The profiles of a content's columns; where one column shows whether the day comes first, the others follow it. A
    column of days takes the time of day from the next column, where that is a clock."""
    nothing = _false_is_nothing(columns)
    first = {name: profile(name, values, false_is_nothing=nothing) for name, values in columns.items()}
    clear = [found.times for found in first.values() if found.times and not found.times.doubt]
    orders = {text.startswith("%d") for times in clear for text in times.formats if "%d/%m" in text or "%m/%d" in text}
    if len(orders) == 1:
        (day_first,) = orders
        first = {
            name: profile(name, columns[name], day_first=day_first, false_is_nothing=nothing)
            if found.times and found.times.asks
            else found
            for name, found in first.items()
        }
    first |= _in_their_orders(first)
    found = dict(first)
    for name, following in pairwise(first):
        if first[name].times is not None and _is_clock(following, columns[following]):
            found[name] = _with_clock(first[name], following, columns[following])
    return found


def _in_their_orders(found: Mapping[str, ColumnProfile]) -> dict[str, ColumnProfile]:
    """The columns with the day first in some rows and the month in others, where another column tells which."""
    both = {name: told for name, told in found.items() if told.times and "two orders" in told.times.doubt}
    groups = {name: told.values for name, told in found.items() if told.is_words}
    other, day_first = day_orders({name: told.values for name, told in both.items()}, groups)
    if other is None:
        return {}
    made = {}
    for name, told in both.items():
        keys = found[other.column].values
        texts = [
            turned(text) if text and key in other.values else text for text, key in zip(told.values, keys, strict=True)
        ]
        times = find_formats([text for text in texts if text], day_first=day_first)
        if times is not None:
            moments = tuple(as_moments(texts, times.formats))
            made[name] = replace(told, times=times, moments=moments, values=tuple(texts), other=other)
    return made


def numbers_of(found: ColumnProfile) -> list[float | None]:
    """The numbers of a column of numbers, row by row."""
    texts = [with_point(text) if found.decimal_comma and text else text for text in found.values]
    return [None if not text else value_of(text) for text in texts]


def _is_clock(name: str, values: Sequence[str | None]) -> bool:
    given = [value.strip() for value in values if value is not None]
    if is_called(name, CLOCKS) and given and sum(len(text) == len("HHMMSS") for text in given) > len(given) / 2:
        return all(_COMPACT_CLOCK.match(text) for text in given)
    return bool(given) and sum(bool(_CLOCK.match(text)) for text in given) >= (1 - SLIPS) * len(given)


def _with_clock(days: ColumnProfile, clock: str, values: Sequence[str | None]) -> ColumnProfile:
    """A column of days with the clock beside it; as it is where it holds times of day itself."""
    if days.times is None or days.midnight < 1 or days.times.time_of_day or "excel" in days.times.formats:
        return days
    texts = [(value or "00:00:00").strip() for value in values]
    compact = not any(":" in value for value in values if value)
    if compact:
        texts = [(value or "0").strip().zfill(6) for value in values]
    tails = sorted({f" {COMPACT}" if compact else " %H:%M:%S" if t.count(":") == 2 else " %H:%M" for t in texts})
    formats = tuple(text if text == "iso" else f"{text}{tail}" for text in days.times.formats for tail in tails)
    times = replace(days.times, formats=tuple(dict.fromkeys(formats)), time_of_day=True)
    both = [None if day is None else f"{day} {text}" for day, text in zip(days.values, texts, strict=True)]
    return replace(days, times=times, moments=tuple(as_moments(both, times.formats)), midnight=0.0, clock=clock)


def _false_is_nothing(columns: Mapping[str, Sequence[str | None]]) -> bool:
    """Whether the source writes False where a value is missing: beside other values, and no column says yes or no."""
    found = [{value.strip().casefold() for value in values if value} for values in columns.values()]
    return any("false" in some and len(some) > 2 for some in found) and not any(
        "true" in some or some == {"false"} for some in found
    )


def _may_be_times(told: Heading, texts: Sequence[str]) -> bool:
    """Numbers are times only where the heading speaks of a time: 1735694310 may as well be a telephone."""
    if SPEAK_OF_TIME & set(told.words) or told.folded.endswith(("时间", "日期", "at", "time", "date")):
        return True
    fit = sum(bool(_NUMERIC_TIME.match(text)) for text in texts) >= 0.6 * len(texts)
    return fit and is_a_time(told)
