"""Contacts by day and hour: when customers turn to a person, and so when staff are needed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_heat
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.naming import weekday_name
from analysis.presentation.telling import tell_count, tell_period, tell_value
from analysis.sections.enough import FEWEST_OF_HOURS, can_name
from analysis.statistics.comparison import compare_rates

if TYPE_CHECKING:
    from analysis.report import Report

VOLUME, HOURS = "interactions_received", "contacts_by_hour"
BANDS, BAND_HOURS, WEEK, MONTHS = 12, 2, range(1, 8), 12
PAIRS = BANDS * (BANDS - 1) / 2
FALSE_ALARMS = 0.05
AND = {"en": " and ", "zh": "和"}


def contact_hours(report: "Report") -> Block:
    """A section on when customers turn to a person, by day of the week and time of day: when staff are needed."""
    missing = report.lacks("contact hours", *report.run.missing.get(HOURS, []))
    rows = report.segments(HOURS, "hour_slot")
    rows = rows[(rows["period"] == report.period) & rows["value"].notna()]
    if missing is not None or rows.empty:
        return missing or Note.empty(both("Contacts by day and hour"), languages=report.languages)
    grid = _grid(rows)
    title = say_busiest(grid.groupby("hour")["n"].sum())
    about = both(
        "Contacts a week with a person, by day and hour, mean of {months} months to {period} · {unit} · n = {n}",
        months=str(min(int(report.series(VOLUME)["value"].notna().sum()), MONTHS)),
        period=tell_period(report.period),
        unit=report.unit_name,
        n=tell_count(rows["n"].sum()),
    )
    figure = chart_heat(
        grid.assign(
            row=text_column(plain(_span(hour, hour)) for hour in grid["hour"]),
            column=text_column(weekday_name(day, short=True) for day in grid["day"]),
        ),
        title=title,
        unit="n",
        name="contact-hours",
        description=report.catalogue[HOURS].definition,
        languages=report.languages,
    )
    return report.section(
        headline=title, subtitle=about, parts=(figure, Sentences((_odd_hours(grid),), languages=report.languages))
    )


def say_busiest(contacts: pd.Series) -> Text:
    """The hours in which most people are needed: the busiest band of the day with all that chance does not tell from
    it, or that there are none.

    contacts : how many in each band of two hours, by its first hour.
    """
    total = float(contacts.sum())
    if not can_name(total, fewest=FEWEST_OF_HOURS):
        return both("Too few contacts to say when most people are needed: {n}", n=tell_count(total))
    busy = busiest(contacts)
    if len(busy) == len(contacts):
        return both("No hours of the day stand out beyond chance")
    return both(
        "Most people are needed at {hours}: {share} of the contacts come in these {n} hours",
        hours=_enumerated([plain(_span(first, last)) for first, last in _runs(busy)]),
        share=tell_value(100 * float(contacts[busy].sum()) / total, "%"),
        n=str(len(busy) * BAND_HOURS),
    )


def _enumerated(spans: Sequence[Text]) -> Text:
    """ "a", "a and b", "a, b and c"."""
    if len(spans) < 3:
        return join(spans, AND)
    return join([join(spans[:-1], {"en": ", ", "zh": "、"}), spans[-1]], AND)


def busiest(contacts: pd.Series) -> list[int]:
    """The first hours of the busiest band and of those that do not differ from it beyond chance, allowing for all pairs
    of bands: which is the busiest is not known before."""
    counts = contacts.to_numpy(float)
    told = compare_rates(counts, np.ones_like(counts), k0=np.full_like(counts, counts.max()), exposure0=1.0)
    like = np.nan_to_num(told.p, nan=1.0) * PAIRS >= FALSE_ALARMS
    return sorted(int(hour) for hour in contacts.index[like])


def _grid(rows: pd.DataFrame) -> pd.DataFrame:
    """Day, hour, contacts a week (value) and in all (n), every slot once; a slot without contacts has none."""
    slots = rows.set_index("segment")[["value", "n"]]
    grid = pd.DataFrame([(day, BAND_HOURS * band) for band in range(BANDS) for day in WEEK], columns=["day", "hour"])
    names = [f"{day}-{hour:02d}" for day, hour in zip(grid["day"], grid["hour"], strict=True)]
    return grid.join(slots.reindex(names).fillna(0.0).reset_index(drop=True))


def _odd_hours(grid: pd.DataFrame) -> Text:
    whole = grid["value"].sum()
    weekend = 100 * grid.loc[grid["day"] >= 6, "value"].sum() / whole
    evening = 100 * grid.loc[(grid["hour"] >= 18) | (grid["hour"] < 8), "value"].sum() / whole
    return both(
        "{weekend} of the contacts come on Saturday or Sunday (two days of seven are 28.6%), {evening} before 8:00 or "
        "from 18:00 on.",
        weekend=tell_value(weekend, "%"),
        evening=tell_value(evening, "%"),
    )


def _runs(hours: Sequence[int]) -> list[tuple[int, int]]:
    """Bands that follow one another as one: the first hours of the first and of the last."""
    runs: list[tuple[int, int]] = []
    for hour in hours:
        if runs and hour == runs[-1][1] + BAND_HOURS:
            runs[-1] = (runs[-1][0], hour)
        else:
            runs.append((hour, hour))
    return runs


def _span(first: int, last: int) -> str:
    return f"{first}:00–{last + BAND_HOURS}:00"
