"""Signs of entry by hand: times on round minutes, durations on round quarters of an hour, days with far too many or too
few orders.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.data_model.reasons import name_of
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import fmt_date
from analysis.presentation.language import Text, both, each
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.wording import said
from analysis.statistics.heaping import FEWEST, Heaping, measure_heaping
from analysis.statistics.outlying_days import find_outlying_days

if TYPE_CHECKING:
    from analysis.report import Report

STAMPS = ("submitted_at", "handled_at", "assigned_at", "arrived_at", "completed_at", "closed_at")
EVERY = 5
ROUGH = 125.0  # the United Nations call it rough from here on
MONTHS = 24
DAYS_SHOWN = 8


def rounding(report: "Report") -> Block:
    """How often times of orders fall on round minutes, and repairs last round durations."""
    missing = report.lacks("rounding", "work_orders")
    title = both("Times and durations on round values")
    orders = _recent(report) if missing is None else pd.DataFrame()
    if missing is not None or orders.empty:
        return missing or Note.empty(title, languages=report.languages)
    found = [(label, heaped) for label, heaped in _heaped(orders) if heaped.n >= FEWEST]
    if not found:
        few = both("Too few times to say whether they are rounded.")
        return Note(title, few, languages=report.languages)
    rows = pd.DataFrame(
        {
            "label": text_column(label for label, _ in found),
            **{name: [getattr(heaped, name) for _, heaped in found] for name in ("low", "high", "n")},
            "value": [heaped.index for _, heaped in found],
            "tone": ["bad" if heaped.low >= ROUGH else "flat" for _, heaped in found],
        }
    )
    headline = _headline(found)
    figure = chart_intervals(
        rows,
        title=headline,
        description=title,
        name="rounding",
        reference=100.0,
        reference_label=both("as chance makes it"),
        table=_table(found, title, report.languages),
        languages=report.languages,
    )
    about = both(
        "{title}: index, 100 = as common as chance makes them, 500 = all rounded · "
        "orders of the last 24 months · {unit}",
        title=title,
        unit=report.unit_name,
    )
    notes = said(
        both(
            "Round means every fifth minute. Rounding by hand shows as an index well above 100; it is taken for sure "
            "where the whole 95% interval lies at 125 or above."
        ),
        _midnight(orders),
    )
    days = _odd_days(report, orders)
    parts = (figure, Sentences(notes, languages=report.languages), *([days] if days is not None else []))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _recent(report: "Report") -> pd.DataFrame:
    store = report.run.store
    stamps = [name for name in STAMPS if store.has("work_orders", name)]
    orders = report.records("work_orders", stamps)
    end = min(pd.Period(report.period.replace("-Q", "Q")).end_time, store.cutoff)
    since = (end - pd.DateOffset(months=MONTHS)).normalize()
    return orders[orders["submitted_at"].between(since, end)]


def _heaped(orders: pd.DataFrame) -> list[tuple[Text, Heaping]]:
    found: list[tuple[Text, Heaping]] = [
        (both("time {stamp}", stamp=name_of(stamp)), measure_heaping(_minutes(orders[stamp]), every=EVERY))
        for stamp in map(str, orders)
    ]
    if {"arrived_at", "completed_at"} <= set(orders):
        lasted = (orders["completed_at"] - orders["arrived_at"]).dt.total_seconds() / 60
        found.append((both("duration of the repair"), measure_heaping(lasted, every=EVERY)))
    return found


def _minutes(moments: pd.Series) -> np.ndarray:
    """Minutes of the hour; days without a time (midnight) say nothing of rounding."""
    timed = moments.notna() & (moments != moments.dt.normalize())
    return moments.dt.minute.where(timed).to_numpy(float)


def _headline(found: list[tuple[Text, Heaping]]) -> Text:
    """What is surely rounded (the whole interval is rough), else what only looks so, else that nothing does."""
    sure = [entry for entry in found if entry[1].low >= ROUGH]
    if sure:
        label, worst = max(sure, key=lambda entry: entry[1].index)
        return both(
            "Rounded by hand: {label}, at least {share} of the values",
            label=label,
            share=tell_value(100 * worst.excess, "%"),
        )
    label, worst = max(found, key=lambda entry: entry[1].index)
    if worst.index >= ROUGH:
        return both(
            "Perhaps rounded by hand, too few values to be sure: {label} (index {index}, {interval})",
            label=label,
            index=tell_count(round(worst.index)),
            interval=tell_interval(round(worst.low), round(worst.high), ""),
        )
    return both("Times and durations are not noticeably rounded")


def _midnight(orders: pd.DataFrame) -> Text | None:
    stamps = [orders[name].dropna() for name in orders]
    total = sum(len(part) for part in stamps)
    midnight = sum(int((part == part.dt.normalize()).sum()) for part in stamps)
    if not midnight:
        return None
    return both(
        "{share} of all times are exactly midnight: days without a time.", share=tell_value(100 * midnight / total, "%")
    )


def _table(found: list[tuple[Text, Heaping]], caption: Text, languages: tuple[str, ...]) -> Table:
    frame = pd.DataFrame(
        {
            "label": text_column(label for label, _ in found),
            "n": [heaped.n for _, heaped in found],
            "share": [100 * heaped.round_share for _, heaped in found],
            "index": [heaped.index for _, heaped in found],
            "excess": [100 * heaped.excess for _, heaped in found],
        }
    )
    columns = {
        "label": Column(both("What"), kind="text"),
        "n": Column(both("n"), "n"),
        "share": Column(both("On a round value"), "%"),
        "index": Column(both("Index"), decimals=0),
        "excess": Column(both("Rounded, at least"), "%"),
    }
    return table(frame, columns=columns, caption=caption, name="rounding", languages=languages)


def _odd_days(report: "Report", orders: pd.DataFrame) -> Table | None:
    """The newest days with far more or fewer orders than the same weekdays around them; None where there are none."""
    days = orders["submitted_at"].dt.normalize().value_counts().sort_index()
    counts = days.reindex(pd.date_range(days.index.min(), days.index.max(), freq="D"), fill_value=0)
    found = find_outlying_days(counts.to_numpy())
    holidays = _holidays(report)
    odd = pd.DataFrame({"day": counts.index, "n": counts.to_numpy(), "usual": found.expected, "out": found.outlying})
    odd = odd[odd["out"] != 0].assign(ratio=lambda rows: np.abs(np.log((rows["n"] + 1) / (rows["usual"] + 1))))
    odd = odd[~odd["day"].isin(holidays)].nlargest(DAYS_SHOWN, "ratio").sort_values("day")
    if odd.empty:
        return None
    frame = odd.assign(
        day=text_column(_said(day) for day in odd["day"]),
        verdict=text_column(both("far more") if out > 0 else both("far fewer") for out in odd["out"]),
    )[["day", "n", "usual", "verdict"]]
    columns = {
        "day": Column(both("Day"), kind="text"),
        "n": Column(both("Orders submitted"), "n"),
        "usual": Column(both("Usual on such a day"), "n", decimals=0),
        "verdict": Column(both("Verdict"), kind="text"),
    }
    caption = both("Odd days: far more or fewer orders than on the same weekdays around them; holidays left out")
    return table(frame, columns=columns, caption=caption, name="odd-days", languages=report.languages)


def _said(day: pd.Timestamp) -> Text:
    return each(lambda language: fmt_date(day, language))


def _holidays(report: "Report") -> pd.Series:
    """Days that the calendar names, and the day on either side of them."""
    calendar = report.records("calendar", ["date", "holiday", "event"])
    named = pd.to_datetime(calendar.loc[calendar["holiday"].notna() | calendar["event"].notna(), "date"])
    day = pd.Timedelta(days=1)
    return pd.concat([named, named - day, named + day], ignore_index=True)
