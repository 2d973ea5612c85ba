"""Periods as people say them, in English and Chinese, relative to the report's own period. Finds them; which one a
question is about is for reading.py.

`now` is the number of the report's last month (year × 12 + month − 1). A month, quarter or half without a year stays
open until the question's tense is known.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from analysis.asking.moment_words import CHINESE, DIGITS, ENGLISH, ZH_MONTH, ZH_YEAR, at, number_of, year_of
from analysis.asking.spans import Moment, Span

_PATTERNS = tuple((re.compile(pattern), make) for pattern, make in (*DIGITS, *ENGLISH, *CHINESE))
_MONTH_RANGE = re.compile(rf"(?:从)?(?:{ZH_YEAR}的?)?{ZH_MONTH}月?份?(?:到|至|-|~){ZH_MONTH}月份?")
_SINCE_BEFORE = re.compile(r"\b(?:since|starting(?: in| from)?)\s+(?:the\s+(?:start|beginning)\s+of\s+)?$")
_SINCE_AFTER = re.compile(r"^(?:年初)?(?:以来|至今|到现在|起至今|开始|起|到目前)")
_JOINED = re.compile(r"^\s*(?:to|until|till|through|-|到|至|~)\s*$")


def settle(moment: Moment, now: int, *, ahead: bool = False) -> Span:
    """The months of a moment: an open one is the latest that has begun, or the next one where the question looks
    ahead.
    """
    span = moment.span
    if moment.open_grain:
        while span.first > now:
            span = span.shifted(-12)
        while ahead and span.last <= now:
            span = span.shifted(12)
    return Span(span.first, now) if moment.since else span


def find_moments(text: str, now: int) -> list[tuple[int, int, Moment]]:
    """Every period said in a normal text with its place, overlapping ones included."""
    base = [(start, end, moment) for start, end, moment in _single(text, now) if end > start]
    return [*base, *_since(text, base), *_ranges(text, base)]


def _single(text: str, now: int) -> Iterator[tuple[int, int, Moment]]:
    for pattern, make in _PATTERNS:
        for found in pattern.finditer(text):
            yield found.start(), found.end(), make(found, now)
    for found in _MONTH_RANGE.finditer(text):
        year = year_of(found[1], now) if found[1] else None
        first, last = (at(year, number_of(found[group]) - 1, "month", now).span.first for group in (2, 3))
        if first <= last:
            yield found.start(), found.end(), Moment(Span(first, last), "range", open_grain=year is None)


def _since(text: str, base: list[tuple[int, int, Moment]]) -> Iterator[tuple[int, int, Moment]]:
    for start, end, moment in base:
        before, after = _SINCE_BEFORE.search(text[:start]), _SINCE_AFTER.search(text[end:])
        if before:
            yield before.start(), end, replace(moment, since=True, grain="range")
        if after:
            yield start, end + after.end(), replace(moment, since=True, grain="range")


def _ranges(text: str, base: list[tuple[int, int, Moment]]) -> Iterator[tuple[int, int, Moment]]:
    for start, end, first in base:
        for later, stop, last in base:
            between = text[end:later]
            joined = later > end and (
                _JOINED.match(between) or (between.strip() == "and" and text[:start].endswith("between "))
            )
            if joined and first.span.first <= last.span.last and first.grain == last.grain:
                before = re.search(r"(?:\bfrom |\bbetween |从)$", text[:start])
                unsaid = first.open_grain and last.open_grain
                span = Span(
                    first.span.first if not first.open_grain or unsaid else _sameyear_of(first, last), last.span.last
                )
                yield (before.start() if before else start), stop, Moment(span, "range", open_grain=unsaid)


def _sameyear_of(first: Moment, last: Moment) -> int:
    """The first month of an open moment in the year of the other one."""
    return last.span.last // 12 * 12 + first.span.first % 12
