"""What a column's values look like: blanks, distinct values, times, numbers, yes and no, words, long text.

Everything is counted on the sample; nothing is decided here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from itertools import pairwise

from analysis.intake.proposing.moments import TimeFormats, as_moments, find_formats
from analysis.intake.proposing.vocabulary import Heading, heading, is_called, words_of_the_trade
from analysis.intake.quoting import identifier

LONG_TEXT = 40
SLIPS = 0.01  # of the values of a column of numbers may be none
FEW_VALUES = 60
_NUMBER = re.compile(
    r"^[-+(]?[¥￥$€£]?\s*[-+]?\d{1,3}([,，]\d{3})*(\.\d+)?[-)]?%?[元円]?$|^[-+]?[¥￥$€£]?\d+(\.\d+)?-?%?[元円]?$|^[-+]?\d+(\.\d+)?[eE][-+]?\d+$"
)
_CLOCK = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
_COMMA = re.compile(r"^[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?-?$")
_SURELY_COMMA = re.compile(r",(\d{1,2}|\d{4,})-?$")
_UNSAID = re.compile(r"[\s€$£]|EUR|CHF")  # \s: a blank between thousands, be it narrow or not to be broken
_HALVES = (("上午", "AM"), ("下午", "PM"))
_MAGNITUDE = re.compile(r"^([-+]?\d+(\.\d+)?)(万|千|百万|千万|亿)元?$")
_TIMES = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_LABELLED = re.compile(r"^(\d{1,3})(?:\s*[-–—:.=(（：、]\s*(\D.*))?$")


@dataclass(frozen=True)
class ColumnProfile:
    """One source column as the sample shows it.

    `blanks`: texts that mean nothing in it. `numbers`: low and high where all values are numbers, `decimal_comma` where
    they are written 1.234,50. `labelled`: number → label where some numbers bear one ("5 - Very good"). `times`: how it
    is written where all values are times, `midnight`: share at 00:00, `clock`: the column that holds the time of day,
    `halves`: whether the time of day says 上午 or 下午.
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
    halves: bool = False
    values: tuple[str | None, ...] = ()

    @property
    def name(self) -> str:
        """The heading as it stands in the source."""
        return self.heading.text

    @property
    def text_sql(self) -> str:
        """SQL for the column's text; of days with a clock beside them, both."""
        own = identifier(self.name)
        for word, half in _HALVES if self.halves else ():
            own = f"replace({own}, '{word}', '{half}')"
        return f"{own} || ' ' || coalesce({identifier(self.clock)}, '00:00:00')" if self.clock else own

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
    halves = any(word in value for value in values if value for word, _ in _HALVES)
    if halves:
        values = [None if value is None else value.replace("上午", "AM").replace("下午", "PM") for value in values]
    given = [value.strip() for value in values if value is not None]
    blanks = tuple(sorted({value for value in given if value.casefold() in nothing}))
    filled = [value for value in given if value.casefold() not in nothing]
    if blanks and not filled:
        blanks, filled = (), given
    counts = Counter(filled)
    known = {str(word) for side in ("yes", "no") for word in words_of_the_trade()["words"][side]}
    told = heading(name)
    decimal_comma = _is_decimal_comma(filled)
    numbers = _numbers([_with_point(text) for text in filled] if decimal_comma else filled)
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
        halves=halves and times is not None,
        labelled=_labels(counts) if numbers is None and times is None else {},
        values=tuple(None if value is None else value.strip() for value in cleaned),
    )


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
    found = dict(first)
    for name, following in pairwise(first):
        if first[name].times is not None and _is_clock(columns[following]):
            found[name] = _with_clock(first[name], following, columns[following])
    return found


def numbers_of(found: ColumnProfile) -> list[float | None]:
    """The numbers of a column of numbers, row by row."""
    texts = [_with_point(text) if found.decimal_comma and text else text for text in found.values]
    return [None if not text else _value(text) for text in texts]


def _is_clock(values: Sequence[str | None]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and sum(bool(_CLOCK.match(value.strip())) for value in given) >= (1 - SLIPS) * len(given)


def _with_clock(days: ColumnProfile, clock: str, values: Sequence[str | None]) -> ColumnProfile:
    """A column of days with the clock beside it; as it is where it holds times of day itself."""
    if days.times is None or days.midnight < 1 or days.times.time_of_day or "excel" in days.times.formats:
        return days
    tails = sorted({" %H:%M:%S" if (value or "00:00:00").count(":") == 2 else " %H:%M" for value in values})
    formats = tuple(text if text == "iso" else f"{text}{tail}" for text in days.times.formats for tail in tails)
    times = replace(days.times, formats=tuple(dict.fromkeys(formats)), time_of_day=True)
    texts = [
        None if day is None else f"{day} {(of_day or '00:00:00').strip()}"
        for day, of_day in zip(days.values, values, strict=True)
    ]
    return replace(days, times=times, moments=tuple(as_moments(texts, times.formats)), midnight=0.0, clock=clock)


def _numbers(texts: Sequence[str]) -> tuple[float, float] | None:
    values = [_value(text) for text in texts if _NUMBER.match(text) or _MAGNITUDE.match(text)]
    if not values or len(values) < len(texts) - SLIPS * len(texts):
        return None
    return min(values), max(values)


def _is_decimal_comma(texts: Sequence[str]) -> bool:
    """Whether numbers are written 1.234,50: all fit, and some can be nothing else (two digits after the comma)."""
    fits = [bare for text in texts if _COMMA.match(bare := _UNSAID.sub("", text))]
    sure = any(_SURELY_COMMA.search(text) for text in fits)
    return sure and len(fits) >= (1 - SLIPS) * len(texts)


def _with_point(text: str) -> str:
    return _UNSAID.sub("", text).replace(".", "").replace(",", ".")


def _false_is_nothing(columns: Mapping[str, Sequence[str | None]]) -> bool:
    """Whether the source writes False where a value is missing: beside other values, and no column says yes or no."""
    found = [{value.strip().casefold() for value in values if value} for values in columns.values()]
    return any("false" in some and len(some) > 2 for some in found) and not any(
        "true" in some or some == {"false"} for some in found
    )


def _labels(counts: Mapping[str, int]) -> dict[int, str]:
    """Number → its label, of values that are whole numbers and now and then a number with words; empty otherwise."""
    found = {text: match for text in counts if (match := _LABELLED.match(text))}
    if (
        not found
        or len(counts) > FEW_VALUES
        or sum(counts[text] for text in found) < (1 - SLIPS) * sum(counts.values())
    ):
        return {}
    labels = {
        int(match.group(1)): match.group(2) or "" for match in sorted(found.values(), key=lambda m: bool(m.group(2)))
    }
    return dict(sorted(labels.items())) if any(labels.values()) else {}


def _value(text: str) -> float:
    if written := _MAGNITUDE.match(text):
        return float(written.group(1)) * _TIMES[written.group(3)]
    bare = re.sub(r"[^0-9.eE+-]", "", text)
    bare = f"-{bare.strip('-')}" if bare.endswith("-") or text.startswith("(") else bare
    try:
        return float(bare)
    except ValueError:
        return 0.0


def _may_be_times(told: Heading, texts: Sequence[str]) -> bool:
    """Numbers are times only where the heading speaks of a time: 1735694310 may as well be a telephone."""
    speaks = {"date", "time", "at", "on", "dt", "timestamp", "created", "closed", "opened", "day"}
    return bool(speaks & set(told.words)) or told.folded.endswith(("时间", "日期", "at", "time", "date"))
