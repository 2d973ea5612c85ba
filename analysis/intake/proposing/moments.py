"""Which date formats a column of text is written in, so that a mapping can declare them.

Goes by every value of the sample: a day over 12 says which of two numbers is the day. Where the sample leaves it open,
or holds both orders, a person is asked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHARE_READ = 0.9  # of the values that must be read as times for a column to be one
FEW = 3
SLIPS = 0.01  # of the values may be written the other way round before it is two orders and no slip of the pen
OPEN = "no day over 12 in the sample: day and month may be either way round"
TWO_ORDERS = "{} of the values read only with the day first and {} only with the month first: two orders in one column"
TWO_CLOCKS = "some values hold an offset from UTC and others do not, which is refused: write all one way"
LOOKED_AT = 3_000
LONGEST = 36
MOST_SHAPES = 12
TRIED = 12  # texts of a shape on which patterns are tried before all are counted
_ISO = re.compile(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?([Zz]|[+-]\d{2}(:?\d{2})?))?)?$")
_OFFSET = re.compile(r"\d{1,2}:\d{2}.*([Zz]|[+-]\d{2}:?\d{2})$")
_EPOCH = re.compile(r"^1[0-9]{9}([0-9]{3})?$")
_SERIAL = re.compile(r"^[34]\d{4}(\.\d+)?$")
_TAILS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
    "T%H:%M",
    "T%H:%M:%S",
    "%H:%M",
    " %H时%M分",
    " %H点%M分",
    ", %H:%M",
    ", %I:%M %p",
    " %H:%M:%S %z",
)
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y")
_MONTH_FIRST = tuple(text.replace("%d", "#").replace("%m", "%d").replace("#", "%m") for text in _DAY_FIRST)
_NAMED = (
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%d/%b/%y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%B %d, %Y",
    "%B %d %Y",
    "%d. %B %Y",
)
_OTHER = ("%Y年%m月%d日", "%Y.%m.%d", "%Y%m%d", "%y-%m-%d", "%Y年%m月%d号")


@dataclass(frozen=True)
class TimeFormats:
    """How a column's times are written: formats for the mapping (none: ISO 8601), what share of the values they read,
    whether they hold an offset or a time of day, what the sample leaves open, and what has to be asked about it."""

    formats: tuple[str, ...]
    share: float
    offset: bool = False
    time_of_day: bool = True
    doubt: str = ""
    asks: str = ""


def find_formats(values: Sequence[str], *, day_first: bool | None = None) -> TimeFormats | None:
    """The formats of a column's values; None when they are no times.

    Parameters
    ----------
    values : non-empty values of the sample.
    day_first : what other columns of the file say of `05/06/2026`; decides only where this one does not.
    """
    if not values:
        return None
    texts = [value.strip() for value in values]
    texts = texts[:: max(len(texts) // LOOKED_AT, 1)]
    if sum(_may_be_one(text) for text in texts) < SHARE_READ * len(texts):
        return None
    iso = [text for text in texts if _ISO.match(text)]
    rest = [text for text in texts if not _ISO.match(text)]
    clocks = sum(map(_has_offset, iso))
    mixed = TWO_CLOCKS if 0 < clocks < sum(":" in text for text in iso) else ""
    if not rest:
        return TimeFormats((), 1.0, offset=clocks > 0, time_of_day=_time_of_day(iso), doubt=mixed)
    if len(rest) == len(texts) and (numeric := _numeric(texts)):
        return numeric
    serials = [text for text in rest if _SERIAL.match(text)] if len(rest) < len(texts) or _vary(rest) else []
    rest = [text for text in rest if text not in set(serials)]
    found, doubt, asks = _patterns(rest, day_first)
    either = (*found, *(twin for pattern in found if (twin := _twin(pattern)))) if asks else found
    read = len(iso) + len(serials) + sum(_reads(text, either) for text in rest)
    if not found or read < SHARE_READ * len(texts):
        return None
    formats = (*(("iso",) if iso else ()), *found, *(("excel",) if serials else ()))
    tails = "".join(found)
    return TimeFormats(
        formats,
        read / len(texts),
        offset="%z" in tails or clocks > 0,
        time_of_day="%H" in tails or "%I" in tails or _time_of_day(iso),
        doubt=doubt or mixed,
        asks=asks,
    )


def as_moments(values: Iterable[str | None], formats: Sequence[str]) -> list[datetime | None]:
    """The values read by these formats (none: ISO), None where they are none; offsets are dropped."""
    return [None if value is None else _moment(value.strip(), formats) for value in values]


def _may_be_one(text: str) -> bool:
    return len(text) <= LONGEST and any(character.isdigit() for character in text)


def _moment(text: str, formats: Sequence[str]) -> datetime | None:
    for pattern in formats or ("iso",):
        if pattern == "iso":
            moment = _iso(text)
        elif pattern.startswith("epoch"):
            scale = 1000 if pattern == "epoch_ms" else 1
            moment = datetime.fromtimestamp(int(text) / scale) if text.isdigit() else None
        elif pattern == "excel":
            moment = datetime(1899, 12, 30) + timedelta(days=float(text)) if _SERIAL.match(text) else None
        else:
            moment = _parse(text, pattern)
        if moment is not None:
            return moment.replace(tzinfo=None)
    return None


def _iso(text: str) -> datetime | None:
    if not _ISO.match(text):
        return None
    day, _, clock = re.sub(r"[/]", "-", text).replace("T", " ").partition(" ")
    clock = re.split(r"[Zz+ ]|(?<=\d)-", clock)[0]
    try:
        year, month, date = (int(part) for part in day.split("-"))
        hour, minute, *second = (float(part) for part in clock.split(":")) if clock else (0, 0)
        return datetime(year, month, date, int(hour), int(minute), int(second[0]) if second else 0)
    except ValueError:
        return None


def _numeric(texts: Sequence[str]) -> TimeFormats | None:
    if all(_EPOCH.match(text) for text in texts):
        return TimeFormats(("epoch_ms" if len(texts[0]) == 13 else "epoch_s",), 1.0, offset=True)
    if all(_SERIAL.match(text) for text in texts) and len({text.split(".")[0] for text in texts}) > FEW:
        return TimeFormats(("excel",), 1.0, time_of_day=any("." in text for text in texts))
    return None


def _vary(texts: Sequence[str]) -> bool:
    """Whether some of the texts are serials of a spreadsheet and others written dates."""
    serials = sum(bool(_SERIAL.match(text)) for text in texts)
    return 0 < serials < len(texts)


def _patterns(texts: Sequence[str], day_first: bool | None) -> tuple[tuple[str, ...], str, str]:
    """The patterns that together read most of the texts, commonest first, never two that read one text differently;
    what is doubtful about them, and what has to be asked."""
    counts: dict[str, int] = {}
    shapes: dict[str, list[str]] = {}
    for text in texts:
        shapes.setdefault(re.sub(r"\d", "0", re.sub(r"[A-Za-z]{3,}", "A", text)), []).append(text)
    for same in sorted(shapes.values(), key=len, reverse=True)[:MOST_SHAPES]:
        few = same[:: max(len(same) // TRIED, 1)]
        fitting = [p for p in _all_patterns() if any(_parse(text, p) is not None for text in few)]
        for pattern in fitting:
            hits = sum(_parse(text, pattern) is not None for text in same)
            counts[pattern] = counts.get(pattern, 0) + hits
    chosen: list[str] = []
    doubt = asks = ""
    for pattern in sorted(counts, key=lambda text: (-counts[text], _all_patterns().index(text))):
        twin = _twin(pattern)
        if pattern in chosen or twin in chosen or not counts[pattern]:
            continue
        if twin in counts:
            pattern, said, asked = _one_of_two(pattern, twin, texts, day_first)
            doubt, asks = said or doubt, asked or asks
        chosen.append(pattern)
    kept: list[str] = []
    left = list(texts)
    for pattern in chosen:
        rest = [text for text in left if _parse(text, pattern) is None]
        if len(rest) < len(left):
            kept.append(pattern)
        left = rest
    return tuple(kept), doubt, asks


def _one_of_two(one: str, other: str, texts: Sequence[str], day_first: bool | None) -> tuple[str, str, str]:
    """Which of two patterns that read the same texts as different days is meant, what is doubtful about it, and what
    has to be asked."""
    only_one = sum(_parse(text, one) is not None and _parse(text, other) is None for text in texts)
    only_other = sum(_parse(text, other) is not None and _parse(text, one) is None for text in texts)
    if not only_one and not only_other:
        chosen = one if one.startswith("%d") == (day_first is not False) else other
        if day_first is not None:
            return chosen, "", ""
        return chosen, OPEN, f"is the day or the month first? {' or '.join(sorted((one, other)))}"
    chosen, wrong = (one, only_other) if only_one >= only_other else (other, only_one)
    if not wrong:
        return chosen, "", ""
    days, months = (only_one, only_other) if one.startswith("%d") else (only_other, only_one)
    told = TWO_ORDERS.format(days, months)
    if wrong <= SLIPS * (only_one + only_other):
        return chosen, told, ""
    told_apart = "tell the rows apart by another column (`sql:`), or mend them at the source"
    return chosen, told, f"{days} values have the day first, {months} the month; {told_apart}"


def _all_patterns() -> tuple[str, ...]:
    return _PATTERNS


_PATTERNS = (
    *(day + tail for day in (*_OTHER, *_DAY_FIRST, *_MONTH_FIRST, *_NAMED) for tail in _TAILS),
    *(day + tail for day in ("%Y/%m/%d", "%Y-%m-%d", "%Y年%m月%d日") for tail in (" %p %I:%M", " %p %I:%M:%S")),
)


def _twin(pattern: str) -> str:
    if "%d" in pattern and "%m" in pattern and not pattern.startswith("%Y"):
        return pattern.replace("%d", "#").replace("%m", "%d").replace("#", "%m")
    return ""


def _parse(text: str, pattern: str) -> datetime | None:
    try:
        moment = datetime.strptime(text, pattern)
    except ValueError:
        return None
    return moment if 1970 <= moment.year <= 2100 and ("%Y" not in pattern or re.search(r"\d{4}", text)) else None


def _reads(text: str, patterns: Sequence[str]) -> bool:
    return any(_parse(text, pattern) is not None for pattern in patterns)


def _has_offset(text: str) -> bool:
    return bool(_OFFSET.search(text))


def _time_of_day(texts: Sequence[str]) -> bool:
    return any(":" in text for text in texts)
