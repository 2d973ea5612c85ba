"""What a column's values look like: blanks, distinct values, times, numbers, yes and no, words, long text.

Everything is counted on the sample; nothing is decided here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from analysis.intake.proposing.moments import TimeFormats, as_moments, find_formats
from analysis.intake.proposing.vocabulary import Heading, heading, is_called, words_of_the_trade

LONG_TEXT = 40
SLIPS = 0.01  # of the values of a column of numbers may be none
FEW_VALUES = 60
_NUMBER = re.compile(
    r"^[-+(]?[¥￥$€£]?\s*[-+]?\d{1,3}([,，]\d{3})*(\.\d+)?\)?%?[元]?$|^[-+]?[¥￥$€£]?\d+(\.\d+)?%?[元]?$|^[-+]?\d+(\.\d+)?[eE][-+]?\d+$"
)


@dataclass(frozen=True)
class ColumnProfile:
    """One source column as the sample shows it. `blanks`: texts that mean nothing in it; `numbers`: low and high where
    all values are numbers; `times`: how it is written where all values are times; `midnight`: share at 00:00."""

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
    values: tuple[str | None, ...] = ()

    @property
    def name(self) -> str:
        """The heading as it stands in the source."""
        return self.heading.text

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


def profile(name: str, values: Sequence[str | None], *, day_first: bool | None = None) -> ColumnProfile:
    """The profile of a column from the values of a sample (None: empty)."""
    nothing = {str(word).casefold() for word in words_of_the_trade()["words"]["nothing"]}
    given = [value.strip() for value in values if value is not None]
    blanks = tuple(sorted({value for value in given if value.casefold() in nothing}))
    filled = [value for value in given if value.casefold() not in nothing]
    if blanks and not filled:
        blanks, filled = (), given
    counts = Counter(filled)
    known = {str(word) for side in ("yes", "no") for word in words_of_the_trade()["words"][side]}
    told = heading(name)
    numbers = _numbers(filled)
    times = find_formats(filled, day_first=day_first) if numbers is None or _may_be_times(told, filled) else None
    empty = set(blanks)
    cleaned = [None if value is None or value.strip() in empty else value for value in values]
    moments = tuple(as_moments(cleaned, times.formats)) if times and times.formats != ("excel",) else ()
    stamps = [moment for moment in moments if moment is not None]
    return ColumnProfile(
        heading=told,
        filled=len(filled) / len(values) if values else 0.0,
        distinct=len(counts),
        counted=len(filled),
        common=dict(counts.most_common(40)),
        blanks=blanks,
        numbers=numbers,
        whole=numbers is not None and all("." not in text or text.endswith(".0") for text in counts),
        times=times,
        moments=moments,
        midnight=sum(moment.time() == time(0) for moment in stamps) / len(stamps) if stamps else 0.0,
        length=sum(map(len, filled)) / len(filled) if filled else 0.0,
        yes_no=bool(counts) and {value.casefold() for value in counts} <= known and len(counts) <= 2,
        duration=is_called(name, words_of_the_trade()["durations"]) and times is None,
        aside=is_called(name, words_of_the_trade()["never"]),
        values=tuple(None if value is None else value.strip() for value in cleaned),
    )


def profiles_of(columns: Mapping[str, Sequence[str | None]]) -> dict[str, ColumnProfile]:
    """The profiles of a content's columns; where one column shows whether the day comes first, the others follow it."""
    first = {name: profile(name, values) for name, values in columns.items()}
    clear = [found.times for found in first.values() if found.times and not found.times.doubt]
    orders = {text.startswith("%d") for times in clear for text in times.formats if "%d/%m" in text or "%m/%d" in text}
    if len(orders) != 1:
        return first
    (day_first,) = orders
    return {
        name: profile(name, columns[name], day_first=day_first) if found.times and found.times.doubt else found
        for name, found in first.items()
    }


def _numbers(texts: Sequence[str]) -> tuple[float, float] | None:
    values = [_value(text) for text in texts if _NUMBER.match(text)]
    if not values or len(values) < len(texts) - SLIPS * len(texts):
        return None
    return min(values), max(values)


def _value(text: str) -> float:
    bare = re.sub(r"[^0-9.eE+-]", "", text)
    try:
        return float(bare)
    except ValueError:
        return 0.0


def _may_be_times(told: Heading, texts: Sequence[str]) -> bool:
    """Numbers are times only where the heading speaks of a time: 1735694310 may as well be a telephone."""
    speaks = {"date", "time", "at", "on", "dt", "timestamp", "created", "closed", "opened", "day"}
    return bool(speaks & set(told.words)) or told.folded.endswith(("时间", "日期", "at", "time", "date"))
