"""The words for periods in English and Chinese, as patterns, each with what it comes to. A list to read and to
add to.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from analysis.asking.spans import LENGTHS, MONTHS, Moment, Span

NUMBERS = {
    **{word: number for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1)},
    **{word: number for number, word in enumerate("一二三四五六七八九十", start=1)},
    "两": 2, "十一": 11, "十二": 12, "十八": 18, "二十四": 24, "半": 0,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4,
    "eighteen": 18, "twenty-four": 24, "twenty four": 24,
}  # fmt: skip
_EN_NUMBER = r"(\d{1,3}|twenty[- ]four|eighteen|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_ZH_NUMBER = r"(\d{1,3}|二十四|十八|十[一二]?|[一二两三四五六七八九])"
_MONTH_NAME = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_GRAIN = r"(month|quarter|year)"
_EN_YEAR = r"(20\d\d|this year|last year)"
ZH_YEAR = r"(20\d\d ?年?|\d\d年|去年|今年|前年|上年|明年|本年)"
ZH_MONTH = r"(1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"


def number_of(word: str) -> int:
    """A count in digits or words, 3 or "three" or 三; the patterns that call it let through nothing else."""
    return int(word) if word.isdigit() else NUMBERS[word]


def _month_of(name: str) -> int:
    return next(at for at, month in enumerate(MONTHS) if month.startswith(name[:3]))


def year_of(word: str, now: int) -> int:
    """The calendar year that a word names: "2025", "25年", 去年 (last year), the year of `now` for 今年.

    Parameters
    ----------
    now : the report's month, counted from year 0: 12 · year + month − 1
    """
    this = now // 12
    said = {"去年": this - 1, "上年": this - 1, "last year": this - 1, "前年": this - 2, "明年": this + 1}
    digits = re.sub(r"\D", "", word)
    if digits:
        return int(digits) if len(digits) == 4 else 2000 + int(digits)
    return said.get(word.strip(), this)


def at(year: int | None, index: int, grain: str, now: int) -> Moment:
    """The index-th month, quarter or half of a year; open where no year was said."""
    length = LENGTHS[grain]
    first = (now // 12 if year is None else year) * 12 + index * length
    return Moment(Span(first, first + length - 1), grain, open_grain=year is None)


def _around(step: int, grain: str, now: int) -> Moment:
    """This (0), the last (−1), the next (1) month, quarter or year; of one that is not over, the months so far."""
    length = LENGTHS[grain]
    first = (now // length + step) * length
    last = first + length - 1
    return Moment(Span(first, now if step == 0 else last), grain, relative=True)


def _rolling(count: int, grain: str, now: int, *, ahead: bool = False) -> Moment:
    """The last, or the next, so many months, quarters or years."""
    months = count * LENGTHS[grain]
    return Moment(Span(now + 1, now + months) if ahead else Span(now - months + 1, now), "range")


Found = re.Match[str]
Make = Callable[[Found, int], Moment]


def _year_ago(_: Found, now: int) -> Moment:
    return Moment(Span(now - 12, now - 12), "month", year_ago=True, relative=True)


def _part(grain: str, part: int, year: int | None = None) -> Make:
    """The part-th group of a match is the number of a month, quarter or half, the year-th its year."""

    def make(found: Found, now: int) -> Moment:
        said = found[year] if year is not None else None
        return at(year_of(said, now) if said else None, number_of(found[part]) - 1, grain, now)

    return make


def _month(name: int, year: int | None = None) -> Make:
    """The name-th group of a match is an English month, the year-th its year."""

    def make(found: Found, now: int) -> Moment:
        return at(year_of(found[year], now) if year is not None else None, _month_of(found[name]), "month", now)

    return make


def _step(step: int, grain: str | None = None) -> Make:
    """This, the last or the next period: of a grain, or of the one that the match names."""
    return lambda found, now: _around(step, grain or found[1], now)


def _before(found: Found, now: int) -> Moment:
    """ "The month before": the last one, or the one before the month that is named beside it."""
    return replace(_around(-1, found[1], now), before=True)


def _last(count: int | None = None, grain: str | None = None) -> Make:
    """The last so many periods: as given, or as the match's first and second group say."""
    return lambda found, now: _rolling(count or number_of(found[1]), grain or found[2], now)


def _next(count: int | None = None, grain: str | None = None) -> Make:
    """The next so many periods."""
    return lambda found, now: _rolling(count or number_of(found[1]), grain or found[2], now, ahead=True)


def _whole_last_year(_: Found, now: int) -> Moment:
    """All of last year: not its first months, whatever this year is compared with it."""
    return replace(_around(-1, "year", now), relative=False)


def _rest_of_year(_: Found, now: int) -> Moment:
    """What is left of the year after now; in December nobody knows which year."""
    return Moment(Span(now + 1, (now + 1) // 12 * 12 + 11), "range", unclear=now % 12 == 11)


def _month_last(found: Found, now: int) -> Moment:
    """ "last June": the latest one that has begun, but in June nobody knows which."""
    moment = at(None, _month_of(found[1]), "month", now)
    return replace(moment, unclear=moment.span.first == now)


def _first(grain: str, count: int = 1, year: int | None = None) -> Make:
    """The first so many months or quarters of a year, the count-th group of the match their number."""

    def make(found: Found, now: int) -> Moment:
        said = found[year] if year is not None else None
        first = year_of(said or "", now) * 12
        months = number_of(found[count]) * LENGTHS[grain]
        return Moment(Span(first, first + months - 1), "range")

    return make


def _first_or_last(grain: str) -> Make:
    """前五个月, 前三季度: the year's first or the last; where these are not the same and both could be, unclear."""

    def make(found: Found, now: int) -> Moment:
        rolling = _rolling(number_of(found[1]), grain, now)
        first = Span(now // 12 * 12, now // 12 * 12 + rolling.span.last - rolling.span.first)
        could_be = first.last <= now or grain == "quarter"
        return replace(rolling, unclear=could_be and first != rolling.span)

    return make


def _half(found: Found, now: int) -> Moment:
    said = found[1] if found.lastindex == 2 else None
    return at(year_of(said, now) if said else None, "上下".index(found[found.lastindex or 1]), "half", now)


_PREPOSED = "|".join(
    rf"(?<={word} )"
    for word in ("in", "for", "of", "since", "to", "from", "and", "between", "until", "with", "during", "vs", "versus",
                 "than", "against", "was", "is", "did", "compare")
)  # fmt: skip
_SAME = "month|period|quarter|time"
_BACK, _WITHIN, _AHEAD = "(?:近|最近|过去|这|最近这)", "(?:以来|来|内|里|间)?", "(?:未来|今后|接下来|往后|后面|后)"
_ALL_YEAR = "(?:全年|年度|度|整年)?"

DIGITS: tuple[tuple[str, Make], ...] = (
    (r"(?<!\d)(20\d\d)[-/.](1[0-2]|0?[1-9])(?!\d)", _part("month", 2, 1)),
    (r"(?<!\d)(20\d\d) ?[-/]? ?q([1-4])(?!\d)", _part("quarter", 2, 1)),
    (r"\bq([1-4]) ?[-/]? ?(?:of )?(20\d\d|last year|this year)(?!\d)", _part("quarter", 1, 2)),
    (r"(?<![a-z\d])q([1-4])(?![a-z\d])", _part("quarter", 1)),
    (r"(?<![a-z\d])h([12]) ?(20\d\d)(?!\d)", _part("half", 1, 2)),
    (r"(?<!\d)(20\d\d) ?h([12])(?!\d)", _part("half", 2, 1)),
    (r"(?<![a-z\d])h([12])(?![a-z\d])", _part("half", 1)),
    (r"(?<![\d.])(20\d\d)(?![\d.年])", lambda found, now: at(int(found[1]), 0, "year", now)),
)
ENGLISH: tuple[tuple[str, Make], ...] = (
    (rf"\b{_MONTH_NAME}\.?,? (?:of )?{_EN_YEAR}", _month(1, 2)),
    (rf"\blast {_MONTH_NAME}\b", _month_last),
    (r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b", _month(1)),
    (r"\b(january|february|april|june|july|august|september|october|november|december)\b", _month(1)),
    (rf"(?:{_PREPOSED}|(?<=, ))(may|march)\b", _month(1)),  # elsewhere they are verbs
    (r"^(may|march)(?= (?!(?:i|we|you|it|they|have|be)\b))", _month(1)),
    (rf"\b(first|second|third|fourth|1st|2nd|3rd|4th) quarter(?: (?:of |in )?{_EN_YEAR})?", _part("quarter", 1, 2)),
    (rf"\b(first|second|1st|2nd) half(?: of the year)?(?: (?:of |in )?{_EN_YEAR})?", _part("half", 1, 2)),
    (rf"\b(?:the )?first {_EN_NUMBER} months(?: (?:of |in )?(?:{_EN_YEAR}|the year))?", _first("month", 1, 2)),
    (rf"\b(?:the )?first {_EN_NUMBER} quarters(?: (?:of |in )?(?:{_EN_YEAR}|the year))?", _first("quarter", 1, 2)),
    (rf"\b(?:this|current|the current) {_GRAIN}\b", _step(0)),
    (rf"\b(?:last|previous|prior) {_GRAIN}\b", _step(-1)),
    (rf"\b(?:the )?{_GRAIN} before\b", _before),
    (rf"\b(?:next|coming|following|upcoming) {_GRAIN}\b", _step(1)),
    (rf"\b(?:last|past|previous) {_EN_NUMBER} {_GRAIN}s?\b", _last()),
    (rf"\b(?:next|coming|following) {_EN_NUMBER} {_GRAIN}s?\b", _next()),
    (r"\b(?:over|in|during|within) the (?:last|past) year\b", _last(12, "month")),
    (r"\b(?:the )?past year\b", _last(12, "month")),
    (r"\b(?:last|past) half (?:a )?year\b", _last(6, "month")),
    (r"\b(?:year to date|year-to-date|ytd|so far this year|this year so far)\b", _step(0, "year")),
    (r"\b(?:all|the whole|the entire) (?:of )?last year\b", _whole_last_year),
    (r"\b(?:the )?(?:rest|remainder) of (?:the|this) year\b", _rest_of_year),
    (r"\b(?:a year ago|one year ago|a year earlier|the year before)\b", _year_ago),
    (rf"\b(?:the )?same (?:{_SAME}) (?:of |in )?(?:last year|a year ago)\b", _year_ago),
)
CHINESE: tuple[tuple[str, Make], ...] = (
    (rf"{ZH_YEAR}的?{ZH_MONTH}月份?", _part("month", 2, 1)),
    (rf"(?<![\d个上本下这]){ZH_MONTH}月份?(?!\d)", _part("month", 1)),
    (rf"{ZH_YEAR}的?第?([一二三四1-4])季度?", _part("quarter", 2, 1)),
    (rf"{ZH_YEAR}的?q([1-4])", _part("quarter", 2, 1)),
    (r"第?([一二三四1-4])季度", _part("quarter", 1)),
    (rf"{ZH_YEAR}的?([上下])半年", _half),
    (r"([上下])半年", _half),
    (rf"(20\d\d) ?年{_ALL_YEAR}", lambda found, now: at(int(found[1]), 0, "year", now)),
    (rf"(?<!\d)(\d\d)年{_ALL_YEAR}", lambda found, now: at(2000 + int(found[1]), 0, "year", now)),
    (r"(?:去年|上年|上一年)(?:度|年度)?", _step(-1, "year")),
    (r"(?:去年|上年|上一年)(?:全年|整年|一整年)", _whole_last_year),
    (r"(?:今年|本年)(?:以来|至今|累计|到现在|到目前为止)?", _step(0, "year")),
    (r"(?:今年)?(?:剩下|剩余|余下)的?(?:几个月|月份|时间)|今年后面几个月", _rest_of_year),
    (r"年初至今|年初以来|截至目前", _step(0, "year")),
    (r"前年", _step(-2, "year")),
    (r"明年", _step(1, "year")),
    (r"本月份?|这个?月|当月", _step(0, "month")),
    (r"上上个?月", _step(-2, "month")),
    (r"上一?个?月份?", _step(-1, "month")),
    (r"下一?个?月份?", _step(1, "month")),
    (r"本季度?|这个?季度|当季", _step(0, "quarter")),
    (r"上一?个?季度?", _step(-1, "quarter")),
    (r"下一?个?季度?", _step(1, "quarter")),
    (rf"{ZH_YEAR}的?前{_ZH_NUMBER}个?月", _first("month", 2, 1)),
    (rf"{ZH_YEAR}的?前{_ZH_NUMBER}个?季度?", _first("quarter", 2, 1)),
    (rf"前{_ZH_NUMBER}个?月{_WITHIN}", _first_or_last("month")),
    (rf"前{_ZH_NUMBER}个?季度?{_WITHIN}", _first_or_last("quarter")),
    (rf"{_BACK}{_ZH_NUMBER}个?月{_WITHIN}", _last(grain="month")),
    (rf"{_BACK}{_ZH_NUMBER}个?季度?{_WITHIN}", _last(grain="quarter")),
    (rf"(?:近|最近|过去|这){_ZH_NUMBER}年{_WITHIN}", _last(grain="year")),
    (rf"{_ZH_NUMBER}年来", _last(grain="year")),
    (rf"{_ZH_NUMBER}个月来", _last(grain="month")),
    (rf"(?:近|最近|过去|这)半年{_WITHIN}", _last(6, "month")),
    (r"半年来|半年以来", _last(6, "month")),
    (rf"{_AHEAD}{_ZH_NUMBER}个?月", _next(grain="month")),
    (rf"{_AHEAD}{_ZH_NUMBER}个?季度", _next(grain="quarter")),
    (rf"{_AHEAD}{_ZH_NUMBER}年", _next(grain="year")),
    (rf"{_AHEAD}半年", _next(6, "month")),
    (r"去年同期|上年同期|去年同月|去年这个时候|一年前|去年此时", _year_ago),
)
