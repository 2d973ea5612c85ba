"""What is said of the paid hours that were worked: a year against the band in which neither people nor work wait long,
months above 100 %, and how many people the mean hides.

Never by one month, which swings by ten points and more where nothing has changed.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_interval, tell_period, tell_value
from analysis.sections.fewest import fewest_technicians
from analysis.sections.pooling import pool
from analysis.sections.segments import recent
from analysis.sections.trend import MONTHS_SHOWN

if TYPE_CHECKING:
    from analysis.report import Report

USED = "technician_utilisation"
BAND = (70.0, 85.0)
"""Utilisation below which people wait for work, and above which work waits for people; usual in field service."""
FULL = 100.0
FEWEST_DAYS = 100
FEWEST_MONTHS = 3


def say_use(report: "Report") -> Text | None:
    """Where twelve months lie against the band, and the busiest of them: one month swings far more than its records'
    own error says, and people are not hired by it."""
    card = report.catalogue[USED]
    months = recent(report.series(USED).assign(segment="all"))
    year = pool(months, card).iloc[0] if len(months) else None
    if year is None or year["n"] < card.minimum_n or is_missing(year["value"]):
        return None
    low, high = _interval(year, months)
    told: dict[str, Text | str] = {
        "months": str(len(months)),
        "value": tell_value(year["value"], "%"),
        "interval": tell_interval(low, high, "%"),
        "band": tell_interval(*BAND, "%"),
    }
    if low > BAND[1]:
        state = both(
            "{value} over {months} months ({interval}), above the band of {band}: work waits for people.", **told
        )
    elif high < BAND[0]:
        state = both(
            "{value} over {months} months ({interval}), below the band of {band}: people wait for work.", **told
        )
    elif BAND[0] <= year["value"] <= BAND[1]:
        state = both("{value} over {months} months ({interval}), within the band of {band}.", **told)
    else:
        state = both(
            "{value} over {months} months, outside the band of {band}, but the interval ({interval}) reaches into it.",
            **told,
        )
    most = months.sort_values("value").to_dict("records")[-1]
    busiest: dict[str, Text | str] = {"value": tell_value(most["value"], "%"), "period": tell_period(most["period"])}
    return both("{state} The busiest month had {value} ({period}).", state=state, **busiest)


def _interval(year: pd.Series, months: pd.DataFrame) -> tuple[float, float]:
    """The year's interval, as wide as its months are unlike where that is wider than the records' own error: nine
    months between 28 and 109 % do not make a year sure to three points."""
    value = float(year["value"])
    low, high = (value if is_missing(year[end]) else float(year[end]) for end in ("low", "high"))
    known = months.dropna(subset=["value"])
    if len(known) < FEWEST_MONTHS:
        return low, high
    weight = known["n"].to_numpy(float) / known["n"].sum()
    error = np.sqrt((weight**2 * (known["value"].to_numpy(float) - value) ** 2).sum() * len(known) / (len(known) - 1))
    reach = float(stdtrit(len(known) - 1, 0.975) * error)
    return max(min(low, value - reach), 0.0), max(high, value + reach)


def say_overbooked(report: "Report") -> Text | None:
    """Why a month can lie above 100 %, where one of those shown does."""
    months = report.series(USED).tail(MONTHS_SHOWN).dropna(subset=["value"])
    above = months[months["value"] > FULL]
    if above.empty:
        return None
    return both(
        "{n} of {all} months lie above 100%: travel, work on site and remote work exceeded the paid hours of those "
        "days, as with overtime that is not in the paid hours.",
        n=str(len(above)),
        all=str(len(months)),
    )


def say_stretched(report: "Report") -> Text | None:
    """How many technicians are above the band over a year: the mean hides the stretched ones."""
    rows = recent(report.segments(USED, "technician_id"))
    if rows.empty:
        return None
    sums = rows.groupby("segment", observed=True)[["numerator", "denominator", "n"]].sum()
    sums = sums[sums["n"] >= FEWEST_DAYS]
    if len(sums) < fewest_technicians(report):
        return None
    use = 100 * sums["numerator"] / sums["denominator"]
    return both(
        "Of {all} technicians with at least 100 days in twelve months: above {high} {above}, below {low} {below}.",
        above=_people(int((use > BAND[1]).sum())),
        below=_people(int((use < BAND[0]).sum())),
        all=tell_count(len(use)),
        high=tell_value(BAND[1], "%"),
        low=tell_value(BAND[0], "%"),
    )


def _people(number: int) -> Text:
    return both("{n} of them", n=tell_count(number)) if number else both("nobody")
