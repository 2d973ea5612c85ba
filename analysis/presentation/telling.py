"""Figures as words in every language at once: what sentences and headlines are filled with. One call per kind of
figure; formats nothing itself.
"""

from analysis.presentation.formatting import (
    MINUS,
    PER_SO_MANY,
    WHOLE_FROM,
    fmt_change,
    fmt_count,
    fmt_interval,
    fmt_period,
    fmt_value,
)
from analysis.presentation.language import Text, each, join
from analysis.presentation.magnitudes import readable_time


def tell_value(value: float | None, unit: str) -> Text:
    """A figure with its unit: "2.31 days" / "2.31 天"; less than a tenth of a day in hours, of an hour in minutes.

    An expected count is told whole from five on: 94, not 94.4.
    """
    value, unit = readable_time(value, unit)
    if unit == "n" and value is not None and abs(value) >= WHOLE_FROM:
        value = round(value)
    return {**each(lambda language: fmt_value(value, unit, language)), "zh": _less_than(fmt_value(value, unit, "zh"))}


def tell_figure(value: float | None, unit: str) -> Text:
    """A figure beside its metric's name, which already says "per 1,000": the unit is left out there."""
    return tell_value(value, "" if unit in ("per_1000", "per_100") else unit)


def tell_interval(low: float | None, high: float | None, unit: str) -> Text:
    """Both ends of an interval: "2.11–2.55 days"."""
    return each(lambda language: fmt_interval(low, high, unit, language))


def tell_ends_of_change(low: float | None, high: float | None, unit: str) -> Text:
    """Both ends of a difference's interval, in points for shares; without "每千" in Chinese, as the difference."""
    shown = "pp" if unit == "%" else unit
    return each(
        lambda language: fmt_interval(low, high, "" if language == "zh" and shown in PER_SO_MANY else shown, language)
    )


def tell_estimate(value: float, low: float | None, high: float | None, unit: str) -> tuple[Text, Text]:
    """A figure and its interval in one unit, the one that suits the figure: "14 minutes", "9–22 minutes"."""
    shown, shown_unit = readable_time(value, unit)
    if not value:  # nought in the unit that suits the end of its interval: "0 minutes (0–5 minutes)"
        end, shown_unit = readable_time(high, unit)
        factor = end / high if end and high else 1.0
    else:
        factor = shown / value if shown is not None and shown_unit != unit else 1.0
    ends = [end if end is None else end * factor for end in (low, high)]
    return each(lambda language: fmt_value(shown, shown_unit, language)), tell_interval(ends[0], ends[1], shown_unit)


def tell_change(value: float | None, unit: str, *, relative: bool = False, decimals: int | None = None) -> Text:
    """A difference with its sign: "+0.31 days", "−1.2 pp", relative "+12%"; `decimals` for changes side by side."""
    return each(lambda language: fmt_change(value, unit, language, relative=relative, decimals=decimals))


def tell_move(change: Text) -> Text:
    """A difference as running text has it: English keeps the sign, Chinese has a verb: "下降11.9%", not "−11.9%"."""
    told = change["zh"]
    for sign, verb in (("< +", "上升不到"), (f"> {MINUS}", "下降不到"), ("+", "上升"), (MINUS, "下降")):
        if told.startswith(sign):
            return {**change, "zh": verb + told[len(sign) :]}
    return change


def tell_size(value: float, unit: str) -> Text:
    """The size of a difference without its sign, in points for shares: "1.2 pp", "0.31 days"."""
    return each(lambda language: fmt_value(abs(value), "pp" if unit == "%" else unit, language))


def tell_count(value: float | None) -> Text:
    """How many, to three figures from ten thousand: "5,120"."""
    return each(lambda language: fmt_count(value, language))


def tell_period(period: str) -> Text:
    """A period as said: "June 2025" / "2025年6月"."""
    return each(lambda language: fmt_period(period, language))


def tell_span(first: str, last: str) -> Text:
    """From one period to another: "July 2024 – June 2025" / "2024年7月至2025年6月", "2025年4月至6月"; one period alone
    where both are the same."""
    if first == last:
        return tell_period(first)
    end = fmt_period(last, "zh")
    if first[:4] == last[:4] and first[4:]:
        end = end.partition("年")[2]
    told = join([tell_period(first), tell_period(last)], " – ")
    return {**told, "zh": f"{fmt_period(first, 'zh')}至{end}"}


def _less_than(told: str) -> str:
    """In running Chinese the signs before a figure are words: "不到0.1%", "超过99.9%"."""
    if told.startswith("< "):
        return f"不到{told[2:]}"
    return f"超过{told[2:]}" if told.startswith("> ") and not told.startswith(f"> {MINUS}") else told
