"""Numbers, periods and units as a reader of English or Chinese writes them: at most three significant figures, K/M
against 万/亿.

One formatter per kind, shared by cards, tables, axes and sentences. It never rounds something into nothing ("< 0.1%",
not "0%") and never turns a missing value into a number ("–").
"""

import math
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache, lru_cache
from numbers import Real

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, get_currency_symbol, parse_pattern

from analysis.presentation.language import both, pick
from analysis.presentation.magnitudes import Scale, scale_of, shared_scale

MISSING = "–"
MINUS = "−"
SIGNIFICANT = 3
FINER = 2  # decimals more than three figures ask for, so that two ends are not written alike
TINY = 0.1
WHOLE_FROM = 5.0
SMALLEST = {"%": 0.1, "per_1000": 0.01, "per_100": 0.01}
PER_SO_MANY = ("per_1000", "per_100")
SMALLEST_COIN, COIN_PLACES = 0.01, 2
SIGNS = {"CNY": "¥", "JPY": "JP¥"}
"""Signs that are the same in both languages: "¥" alone is the yuan, as readers of a Chinese company expect."""

_LOCALE = {"en": "en", "zh": "zh_Hans_CN"}
_NOTHING = ("NaTType", "NAType")  # pandas' own, told by name: a page without frames needs no pandas
ONE = {"d": "day", "h": "hour", "min": "minute", "s": "second"}
_BARE_UNITS = ("n", "ratio", "", "count", "score", "money")


def fmt_value(value: float | None, unit: str = "n", language: str = "en", *, decimals: int | None = None) -> str:
    """A figure with its unit: "2.31 days", "86.3%", "5,120", "¥1.2M"; "–" where there is none.

    Parameters
    ----------
    value : in the card's unit, so that 86.3 with "%" means 86.3 %.
    unit : an id such as "d", "h", "min", "%", "pp", "n", "ratio", "per_1000", "per_100", "points", or a currency's
        ISO code ("CNY").
    language : "en" or "zh".
    decimals : fixed number of decimals; by default as many as three significant figures ask for, without trailing
        zeros.
    """
    number = fmt_number(value, unit, language, decimals=decimals)
    return number if number == MISSING else _with_unit(number, unit, language, value)


def fmt_number(
    value: float | None,
    unit: str = "n",
    language: str = "en",
    *,
    decimals: int | None = None,
    scale: Scale | None = None,
) -> str:
    """The figure without its unit, for table cells and axes whose header names it; in a `scale` shared with another."""
    figure = finite(value)
    smallest = SMALLEST_COIN if is_currency(unit) else SMALLEST.get(unit)
    if figure is None:
        return MISSING
    if smallest and 0 < abs(figure) < smallest * (1 - 1e-9):
        return f"< {smallest}" if figure > 0 else f"> {MINUS}{smallest}"
    if unit == "%" and 99.95 <= figure < 100:
        return "> 99.9"
    divisor, suffix = (scale if figure else None) or scale_of(figure, unit, language)
    places = _decimals(figure / divisor) if decimals is None or suffix else decimals
    places = min(places, COIN_PLACES) if is_currency(unit) else places
    return _grouped(round(figure / divisor, places), places, language, trim=decimals is None or bool(suffix)) + suffix


def fmt_interval(low: float | None, high: float | None, unit: str = "n", language: str = "en") -> str:
    """The two ends with the same decimals and thousands and the unit once: "2.11–2.55 days", "9,800–12,000"; an end
    that is not reached stays open: "≥ 2.1 days".
    """
    if is_missing(low) and is_missing(high):
        return MISSING
    if is_missing(high):
        return f"≥ {fmt_value(low, unit, language)}"
    if is_missing(low):
        return f"≤ {fmt_value(high, unit, language)}"
    smallest = SMALLEST.get(unit)
    if smallest and 0 <= float(low) <= float(high) < smallest and high:  # type: ignore[arg-type]
        return fmt_value(high, unit, language)  # "< 0.1%" holds both ends
    scale = shared_scale([float(low), float(high)], unit, language)  # type: ignore[arg-type]
    places = _telling_apart(float(low), float(high), common_decimals([low, high]))  # type: ignore[arg-type]
    written = (fmt_number(end, unit, language, decimals=places, scale=scale) for end in (low, high))
    ends = [end.replace("> " + MINUS, MINUS) for end in written]
    if any(end.startswith(("<", ">")) for end in ends):  # "99.8–> 99.9%" reads as nothing: two decimals say it
        finer = [_grouped(round(float(end), 2), 2, language, trim=False) for end in (low, high)]  # type: ignore[arg-type]
        told = all(new not in ("0.00", "100.00") for end, new in zip(ends, finer, strict=True) if end[:1] in "<>")
        ends = finer if told else ends
    dash = (
        " to "
        if language == "en" and any(MINUS in end for end in ends)
        else "–"
        if not any(MINUS in end for end in ends)
        else "至"
    )
    if is_currency(unit) and dash != "–":  # apart by a word, each end has its sign: "−¥10 to ¥13"
        return dash.join(_with_unit(end, unit, language, high) for end in ends)
    return _with_unit(dash.join(ends), unit, language, high)


def fmt_change(
    value: float | None,
    unit: str = "n",
    language: str = "en",
    *,
    relative: bool = False,
    decimals: int | None = None,
) -> str:
    """A difference with its sign: "+0.31 days", "−1.2 pp" for shares; "no change" for exactly none.

    `relative` writes a ratio as percent: 0.12 is "+12%". `decimals` fixes their number, for changes side by side.
    """
    figure = finite(value)
    if figure is None:
        return MISSING
    figure, shown = (figure * 100, "%") if relative else (figure, "pp" if unit == "%" else unit)
    size = fmt_value(abs(figure), shown, language, decimals=decimals)
    if figure == 0:
        return pick(both("no change"), language)
    if decimals is not None and round(abs(figure), decimals) == 0:
        return size
    sign = "+" if figure > 0 else MINUS
    if size.startswith("< "):  # smaller than the smallest figure written: between none and that
        return f"{'<' if figure > 0 else '>'} {sign}{size[2:]}"
    return f"{sign}{size}"


def fmt_count(value: float | None, language: str = "en", *, exact: bool = False) -> str:
    """How many: "5,120", from ten thousand "12.3K" / "1.23万"; `exact` writes every digit. An expected count is whole
    from five on: 94, not 94.4.
    """
    figure = finite(value)
    if figure is None:
        return MISSING
    if exact:
        return _grouped(round(figure), 0, language, trim=False)
    return fmt_number(round(figure) if abs(figure) >= WHOLE_FROM else figure, "n", language)


def fmt_period(period: str, language: str = "en", *, short: bool = False) -> str:
    """A period as said: "June 2025" / "2025年6月", "Q2 2025" / "2025年二季度", "2025"; `short` for axes: "Jun 25" /
    "25年6月".
    """
    year, _, part = str(period).partition("-")
    if not part:
        return year if language == "en" else f"{year}年"
    if part.startswith("Q"):
        quarter = {"1": "一", "2": "二", "3": "三", "4": "四"}[part[1]]
        return (
            f"{part} {year[2:] if short else year}"
            if language == "en"
            else f"{year[2:] if short else year}年{quarter}季度"
        )
    return _month(int(year), int(part[:2]), language, short)


def month_name(number: int, language: str = "en") -> str:
    """A calendar month of any year: "July" / "7月"."""
    return f"{number}月" if language == "zh" else format_date(date(2001, number, 1), "MMMM", locale="en")


def fmt_date(day: date | datetime | str | None, language: str = "en") -> str:
    """A day: "5 July 2026" / "2026年7月5日"."""
    known = _as_day(day)
    if known is None:
        return MISSING
    return format_date(known, "d MMMM y" if language == "en" else "y年M月d日", locale=_LOCALE[language])


def unit_label(unit: str, language: str = "en") -> str:
    """The unit's name for headers and subtitles: "days" / "天", "%", "per 1,000" / "每千"; nothing for plain counts and
    ratios.
    """
    return pick(
        _unit_names().get(unit, currency_sign(unit, language) if is_currency(unit) else unit),
        language,
    )


def is_missing(value: object) -> bool:
    """True for None, NaN, NaT and the infinite: what has no figure to show. A text or a list is never missing."""
    if isinstance(value, (float, int, Real)):  # numpy's numbers call themselves real
        return not math.isfinite(value)
    return value is None or type(value).__name__ in _NOTHING


def finite(value: object) -> float | None:
    """The value as a number; None for what is missing."""
    return None if is_missing(value) else float(value)  # type: ignore[arg-type]


def common_decimals(values: Sequence[float | None]) -> int:
    """Decimals that give the largest of the values three significant figures: one column, or one interval, one
    precision.
    """
    sizes = [abs(figure) for value in values if (figure := finite(value)) is not None]
    if all(size.is_integer() for size in sizes):
        return 0
    return _decimals(max(sizes))


def _as_day(day: date | datetime | str | None) -> date | None:
    """The day of a moment, None where there is none. Only what a frame holds asks for pandas."""
    if day is None or is_missing(day):
        return None
    if isinstance(day, date):
        return day.date() if isinstance(day, datetime) else day
    import pandas as pd

    stamp = pd.Timestamp(day)
    return None if stamp is pd.NaT else stamp.date()


def _telling_apart(low: float, high: float, places: int) -> int:
    """Decimals from those given on that tell two ends apart: an interval of 99.8 to 100 is not written "100–100"."""
    finer = (more for more in range(places, places + FINER + 1) if round(low, more) != round(high, more))
    return next(finer, places)


def _decimals(figure: float) -> int:
    if figure == 0:
        return 0
    digits = SIGNIFICANT - 1 - math.floor(math.log10(abs(figure)) + 1e-9)
    return max(0, min(digits, 2 if abs(figure) >= TINY else digits - 1))


def _grouped(figure: float, places: int, language: str, *, trim: bool) -> str:
    pattern = "#,##0." + ("#" if trim else "0") * places if places else "#,##0"
    text = _pattern(pattern).apply(abs(figure), _locale(language))
    return MINUS + text if figure < 0 and text.strip("0.,") else text


def _with_unit(number: str, unit: str, language: str, value: float | None) -> str:
    if is_currency(unit):
        symbol = currency_sign(unit, language)
        above, figure = (number[:2], number[2:]) if number.startswith(("< ", "> ")) else ("", number)
        figure = figure.replace(MINUS, MINUS + symbol, 1) if figure.startswith(MINUS) else symbol + figure
        return above + figure
    label = unit_label(unit, language)
    if not label:
        return number
    if language == "en" and number == "1":
        label = ONE.get(unit, label)
    if language == "zh" and unit in PER_SO_MANY:  # the metric's name says it ("千台投诉率"): a second one reads wrong
        return number
    return number + label if unit == "%" or language == "zh" else f"{number}\u00a0{label}"


def is_currency(unit: str) -> bool:
    """True for a currency's ISO code, such as "CNY": its sign stands before the figure."""
    return len(unit) == 3 and unit.isascii() and unit.isupper()


def currency_sign(unit: str, language: str = "en") -> str:
    """The sign of a currency: "¥" for the yuan in both languages, "JP¥" for the yen, which would else look the same."""
    return SIGNS.get(unit) or get_currency_symbol(unit, locale=_LOCALE[language])


@cache
def _pattern(pattern: str) -> NumberPattern:
    return parse_pattern(pattern)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALE[language])


@lru_cache(maxsize=4096)
def _month(year: int, month: int, language: str, short: bool) -> str:
    if language == "zh":
        return f"{year % 100:02d}年{month}月" if short else f"{year}年{month}月"
    return format_date(date(year, month, 1), "MMM yy" if short else "MMMM y", locale="en")


@lru_cache(maxsize=1)
def _unit_names() -> dict[str, dict[str, str]]:
    return {unit: {"en": "", "zh": ""} for unit in _BARE_UNITS} | {
        "d": both("days"),
        "h": both("hours"),
        "min": both("minutes"),
        "s": both("seconds"),
        "%": both("%"),
        "pp": both("pp"),
        "per_1000": both("per 1,000"),
        "per_100": both("per 100"),
        "points": both("points"),
        "per_year": both("a year"),
    }
