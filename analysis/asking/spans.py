"""Months, quarters, years and stretches of months as whole numbers, and periods as they were said: what a question's
words for time come to.
"""

from dataclasses import dataclass

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip
LENGTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class Span:
    """Whole months from `first` to `last`, both included, as numbers."""

    first: int
    last: int

    @property
    def key(self) -> str:
        """2025-06, 2025-Q2, 2025, or 2025-01..2025-05."""
        months = self.last - self.first + 1
        if months == 1:
            return month_key(self.first)
        if months == 3 and self.first % 3 == 0:
            return f"{self.first // 12}-Q{self.first % 12 // 3 + 1}"
        if months == 12 and self.first % 12 == 0:
            return str(self.first // 12)
        return f"{month_key(self.first)}..{month_key(self.last)}"

    def shifted(self, months: int) -> "Span":
        """So many months later."""
        return Span(self.first + months, self.last + months)


@dataclass(frozen=True)
class Moment:
    """A period as said.

    Parameters
    ----------
    span : the months; of an open one (`open_grain`) those of the year of `now`
    grain : month, quarter, half, year, or range
    open_grain : whether the year was left unsaid
    year_ago : "a year ago", "去年同期": the period in question, a year before
    relative : said relative to now ("last year", "上季度"), compared at the length of the other side
    since : "since March": up to now
    before : "the month before": of another period that is named, or of now
    unclear : said in words that mean two periods: "last June" in June, 前五个月 for the last five or the year's first
    """

    span: Span
    grain: str
    open_grain: bool = False
    year_ago: bool = False
    relative: bool = False
    since: bool = False
    before: bool = False
    unclear: bool = False


def month_key(number: int) -> str:
    """2025-06 of a month's number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def month_number(key: str) -> int:
    """The number of the last month of a period: 2025-06, 2025-Q2 or 2025."""
    if "-Q" in key:
        return int(key[:4]) * 12 + int(key[-1]) * 3 - 1
    return int(key[:4]) * 12 + (int(key[5:7]) - 1 if len(key) > 4 else 11)
