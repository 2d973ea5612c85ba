"""Amounts as they are written: with a decimal comma, or in thousands and 万 by their heading.

A heading's magnitude is part of the figure: 0.12 under `维修费（万元）` is 1,200.
"""

import re

from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.quoting import identifier

_MAGNITUDES = (
    (re.compile(r"百万|(?<![a-z])(million|mio|mn)(?![a-z])", re.I), 1_000_000),
    (re.compile(r"千万"), 10_000_000),
    (re.compile(r"亿"), 100_000_000),
    (re.compile(r"万元|[(（]万[)）]"), 10_000),
    (
        re.compile(r"千元|[(（](k|tsd|in thousands|thousands?|k ?[€$¥]|k(eur|usd|cny|rmb)|t€|teur)[.)）]+|'000", re.I),
        1_000,
    ),
)
_UNSAID = r"[\s\x{a0}\x{202f}€$£]|EUR|CHF"  # blanks between thousands, currencies


def magnitude_of(heading: str) -> int:
    """How many of the currency's units one of the column's numbers is, as its heading says."""
    return next((times for pattern, times in _MAGNITUDES if pattern.search(heading)), 1)


def amount_sql(profile: ColumnProfile) -> str:
    """SQL for the column's amount: its text as it stands where intake reads it, else turned into a number."""
    name, times = identifier(profile.name), magnitude_of(profile.name)
    if profile.decimal_comma:
        bare = f"regexp_replace({name}, '{_UNSAID}', '', 'g')"
        name = f"replace(replace({bare}, '.', ''), ',', '.')"
    if times == 1:
        return name
    return f"CAST(round(TRY_CAST(replace({name}, ',', '') AS DOUBLE) * {times}, 6) AS VARCHAR)"


def amount_remark(profile: ColumnProfile) -> str:
    """What was done to the amount, in words; empty when nothing was."""
    said = ["decimal comma"] if profile.decimal_comma else []
    times = magnitude_of(profile.name)
    said += [f"times {times:,}, as its heading says"] if times > 1 else []
    return ", ".join(said)
