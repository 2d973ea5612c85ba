"""Twelve months of a metric together, where one month holds too few records: the figure, and the change on a year."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.presentation.formatting import common_decimals, is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.narrative_words import subject, subject_inside
from analysis.presentation.telling import tell_count, tell_ends_of_change, tell_estimate, tell_move, tell_value
from analysis.presentation.told import Told
from analysis.sections.gaps import step_of
from analysis.sections.grading import say_unreliable
from analysis.sections.pooling import pool
from analysis.sections.segments import MONTHS_POOLED, recent
from analysis.sections.target_years import target_years
from analysis.sections.wording import say_difference
from analysis.statistics.comparison import benjamini_hochberg, compare_estimates

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST_MONTHS = 6  # of the year before
FALSE_DISCOVERIES = 0.05
Z95 = 1.959963984540054


def over_a_year(report: "Report", metric: str, *, of: Text | None = None) -> Text | None:
    """One line on a metric over the last twelve months; None where the data cannot tell it or hold too few records.
    `of` names its records, where the page has a figure of the same kind on others."""
    year, card = _year_of(report, metric), report.catalogue[metric]
    if year is None:
        return None
    value, interval = tell_estimate(year["value"], year["low"], year["high"], card.unit)
    told = both(
        "{name} over twelve months: {value} ({interval}, n = {n}).",
        name=card.name,
        value=value,
        interval=interval,
        n=tell_count(year["n"]) if of is None else join([tell_count(year["n"]), of], {"en": " ", "zh": ""}),
    )
    unreliable = say_unreliable(report, metric)
    return told if unreliable is None else join([told, unreliable], {"en": " ", "zh": ""})


def year_on_year(report: "Report", metric: str) -> Text | None:
    """The last twelve months against the twelve before, and whether that is more than chance; without a year before the
    twelve months alone. And that they miss their target together, where that is sure though no single month is.
    """
    moved, card = year_moved(report, metric), report.catalogue[metric]
    if moved is None:
        told = over_a_year(report, metric)
    elif is_sure(report, metric, moved):
        told = both(
            "Twelve months together: {value} ({interval}), against the twelve before {change} ({ends}), "
            "more than chance would make it.",
            **_figures(moved, card),
        )
    elif moved.beyond:
        told = both(
            "Twelve months together: {value} ({interval}), against the twelve before {change} ({ends}), "
            "a hint, not yet sure among all that is compared.",
            **_figures(moved, card),
        )
    else:
        told = both(
            "Twelve months together: {value} ({interval}), against the twelve before {change} ({ends}), "
            "no more than chance explains.",
            **_figures(moved, card),
        )
    missed = _target_missed(report, metric)
    return told if told is None or missed is None else join([told, missed], {"en": " ", "zh": ""})


def year_told(report: "Report", metric: str) -> Told | None:
    """The change on a year as what may head the page: beyond chance, worth acting on, and with a good direction; None
    else."""
    moved, card = year_moved(report, metric), report.catalogue[metric]
    if moved is None or card.better not in ("lower", "higher") or abs(moved.change) < step_of(card, moved.before):
        return None
    if not is_sure(report, metric, moved):
        return None
    told = {"name": subject(card), **_figures(moved, card)}
    return Told(
        both("{name} over twelve months: {value}, {change} on the twelve before", **told),
        both(
            "{name} over twelve months: {value} ({interval}), against the twelve before {change} ({ends}), more than "
            "chance would make it.",
            **told,
        ),
        good=(moved.change > 0) == (card.better == "higher"),
        metric=metric,
    )


def year_alone(report: "Report", metrics: Sequence[str]) -> Told | None:
    """The first of the metrics that twelve months hold records enough for, where its newest month does not: what a page
    without news may be headed by. That not even a year is enough, where none is; None where a month is, or where the
    data tell none of them."""
    shown = {row["metric"]: row for row in report.kpi_rows if row["metric"] in metrics}
    for metric in (metric for metric in metrics if metric in shown):
        n, card = shown[metric]["n"], report.catalogue[metric]
        if not is_missing(n) and n >= card.minimum_n and not is_missing(shown[metric]["value"]):
            return None
        year = _year_of(report, metric)
        if year is not None:
            value, interval = tell_estimate(year["value"], year["low"], year["high"], card.unit)
            figure = {"subject": subject_inside(card), "value": value, "interval": interval}
            said = both(
                "Too few records in a month to judge; over twelve months {subject} {value} ({interval})", **figure
            )
            return Told(said, both("{found}.", found=said), good=None, metric=metric)
    if not shown:
        return None
    said = both("Too few records to judge, even over twelve months")
    return Told(said, both("{found}.", found=said), good=None)


class Moved(NamedTuple):
    """Twelve months and the twelve before: the figure now with its interval, and the change with its own; `since` the
    first of the twelve months."""

    now: pd.Series
    before: float
    change: float
    low: float
    high: float
    since: pd.Period

    @property
    def beyond(self) -> bool:
        """Whether the change, looked at alone, is more than chance: of many that are looked at one in twenty is."""
        return self.low > 0 or self.high < 0

    @property
    def p(self) -> float:
        """The chance of so large a change of a year that did not move, by its interval."""
        error = (self.high - self.low) / 2 / Z95
        return float(2 * ndtr(-abs(self.change) / error)) if error > 0 else 1.0


def year_moved(report: "Report", metric: str) -> Moved | None:
    """The last twelve months against the twelve before; None where either holds too few months or records, or where the
    months do not add up to a year (medians)."""
    return _moved_of(report.series(metric), report.catalogue[metric])


def is_sure(report: "Report", metric: str, moved: Moved) -> bool:
    """Whether the change of this page's unit is more than chance also as one of the same change of every unit: one in
    twenty quiet units would else be told as moved, and the company's page would not know of it."""
    return moved.beyond and bool(_sure(_all_moved(report, report.catalogue[metric])).get(report.business_unit, False))


def years_told(report: "Report", metric: str) -> Told | None:
    """On the company's page the units whose last twelve months are worse than the twelve before, beyond chance among
    all units and by enough to act on, as what may head the page; None where there is none."""
    card = report.catalogue[metric]
    if not report.is_company or card.better not in ("lower", "higher"):
        return None
    moved = _all_moved(report, card)
    sure = _sure(moved)
    worse = [
        (unit, one)
        for unit, one in moved.items()
        if unit != ALL_UNITS
        and sure[unit]
        and (one.change < 0) == (card.better == "higher")
        and abs(one.change) >= step_of(card, one.before)
    ]
    if not worse:
        return None
    names = [
        both("{unit} {value} ({change})", unit=report.run.unit_name(unit), **_figures(one, card)) for unit, one in worse
    ]
    told = both(
        "{name} over twelve months worse than the twelve before, beyond chance: {names}",
        name=subject(card),
        names=join(names, {"en": "; ", "zh": "；"}),
    )
    return Told(told, both("{found}.", found=told), good=False, metric=metric, units=tuple(unit for unit, _ in worse))


def _year_of(report: "Report", metric: str) -> pd.Series | None:
    """The last twelve months of a metric together; None where they hold too few records, or do not add up (medians)."""
    rows, card = recent(report.series(metric).assign(segment="all")), report.catalogue[metric]
    if rows.empty or _is_quantile(card):
        return None
    year = pool(rows, card).iloc[0]
    few = year["n"] < card.minimum_n or is_missing(year["low"]) or is_missing(year["high"])
    return None if few else year


def _target_missed(report: "Report", metric: str) -> Text | None:
    """That the twelve months together miss the target that is valid now, as the page on comparisons judges it."""
    row, card, year = report.kpi(metric), report.catalogue[metric], _year_of(report, metric)
    if row is None or is_missing(row.get("target")) or year is None or card.better not in ("lower", "higher"):
        return None
    misses = year["value"] < row["target"] if card.better == "higher" else year["value"] > row["target"]
    if not misses or not any(one["metric"] == metric for one in target_years(report).missed):
        return None
    return both(
        "Over these months together the target of {target} is missed, beyond chance.",
        target=tell_value(row["target"], card.unit),
    )


def _is_quantile(card: MetricCard) -> bool:
    return card.kind == "quantile" or (card.kind == "duration" and card.how.statistic == "quantile")


def _all_moved(report: "Report", card: MetricCard) -> dict[str, Moved]:
    """Unit → its year's change, the company's among them."""
    return cast(dict[str, Moved], report.once(f"years of {card.id}", lambda: _moved_of_all(report, card)))


def _moved_of_all(report: "Report", card: MetricCard) -> dict[str, Moved]:
    last = pd.Period(report.period.replace("-Q", "Q")).end_time
    known = report.run.rows("measurements", metric=card.id, breakdown="", grain="month")
    known = known[known["period_start"] <= last].sort_values("period_start", kind="stable")
    found = {unit: _moved_of(known[known["business_unit"] == unit], card) for unit in known["business_unit"].unique()}
    return {str(unit): one for unit, one in found.items() if one is not None}


def _sure(moved: Mapping[str, Moved]) -> dict[str, bool]:
    """The changes that survive the control over all of them (Benjamini–Hochberg)."""
    q = benjamini_hochberg([one.p for one in moved.values()]) if moved else np.array([])
    return {
        unit: bool(one.beyond and rate < FALSE_DISCOVERIES) for (unit, one), rate in zip(moved.items(), q, strict=True)
    }


def _moved_of(series: pd.DataFrame, card: MetricCard) -> Moved | None:
    if _is_quantile(card):
        return None
    known = series.assign(segment="all")
    rows = recent(known)
    if rows.empty:
        return None
    months = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=MONTHS_POOLED, freq="M")
    earlier = recent(known[known["period"].isin((months - MONTHS_POOLED).astype(str))])
    if len(earlier) < FEWEST_MONTHS or len(rows) < FEWEST_MONTHS:
        return None
    now, before = (pool(part, card).iloc[0] for part in (rows, earlier))
    if min(now["n"], before["n"]) < card.minimum_n or is_missing(now["se"]) or is_missing(before["se"]):
        return None
    moved = compare_estimates(now["value"], now["se"], value0=before["value"], se0=before["se"])
    reach = max(float(moved.value - moved.low), _reach_of_months(rows, earlier))
    change = float(moved.value)
    return Moved(now, float(before["value"]), change, change - reach, change + reach, months[0])


def _reach_of_months(rows: pd.DataFrame, earlier: pd.DataFrame) -> float:
    """Half the interval of a year's change by how unlike the changes of its months are (each against the same month a
    year before, so that no season is in it): more than sampling alone where months swing."""
    now, then = (
        part.assign(month=part["period"].str[-2:]).set_index("month")[["value", "n"]] for part in (rows, earlier)
    )
    pairs = now.join(then.add_suffix("_then"))
    pairs = pairs.dropna(subset=["value", "value_then"]).astype(float)
    if len(pairs) < FEWEST_MONTHS:
        return 0.0
    records = 2 / (1 / pairs["n"].clip(lower=1) + 1 / pairs["n_then"].clip(lower=1))
    weight = (records / records.sum()).to_numpy()
    change = (pairs["value"] - pairs["value_then"]).to_numpy()
    error = np.sqrt((weight**2 * (change - (weight * change).sum()) ** 2).sum() * len(pairs) / (len(pairs) - 1))
    return float(stdtrit(len(pairs) - 1, 0.975) * error)


def _figures(moved: Moved, card: MetricCard) -> dict[str, Text]:
    value, interval = tell_estimate(moved.now["value"], moved.now["low"], moved.now["high"], card.unit)
    places = common_decimals([moved.change, moved.low, moved.high])
    return {
        "value": value,
        "interval": interval,
        "change": tell_move(say_difference(moved.change, card.unit, places)),
        "ends": tell_ends_of_change(moved.low, moved.high, card.unit),
    }
