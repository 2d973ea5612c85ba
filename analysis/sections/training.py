"""Whether training and incentives show in the work, and what can honestly be said of it: who was trained or paid was
not drawn by lot.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.presentation.blocks import Block, Note, Sentences, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.naming import segment_name
from analysis.presentation.telling import tell_change, tell_count, tell_interval, tell_size, tell_value
from analysis.sections.wording import capital, said

if TYPE_CHECKING:
    from analysis.report import Report

EFFECT = "training_effect"
OTHERS = ("training_effect_repair_time", "training_effect_within_7d")
LINK = "incentive_association"
CHECKS = ("difference", "naive", "placebo", "gap_before")


def training(report: "Report") -> Block:
    """A section with the difference in differences around courses, the plain change, the placebo and the gap before.

    A unit with too few people trained shows the company's figures, and says so.
    """
    missing = report.lacks("training", *report.run.missing.get(EFFECT, []))
    title = both("Training effect on first-time fix")
    rows, own = _effect_rows(report)
    if missing is not None or rows.empty or is_missing(rows.loc["difference", "value"]):
        reason = both("Too few technicians were trained while others were not: there is nothing to compare.")
        return missing or Note(title, reason, languages=report.languages)
    effect = _row(rows, "difference")
    headline = capital(_verdict(rows))
    figure = chart_intervals(
        rows.assign(label=text_column(_check_name(check) for check in rows.index)).reset_index(drop=True),
        title=headline,
        unit="pp",
        reference=0.0,
        reference_label=both("no difference"),
        name="training-effect",
        description=report.catalogue[EFFECT].definition,
        languages=report.languages,
    )
    about = both(
        "First-time fix three months after a course against three months before, {n} courses · {people}",
        n=tell_count(effect["n"]),
        people=report.unit_name if own else both("the whole company"),
    )
    lines = said(_selection(rows), _placebo(rows), _others(report, own=own))
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def incentives(report: "Report") -> Block:
    """A section with what was paid, and how the same technicians' months after an incentive differ from the others."""
    missing = report.lacks("incentives", *report.run.missing.get(LINK, []))
    title = both("Incentives, and the months after them")
    rows, own = _link_rows(report)
    paid = _paid(report)
    if missing is not None or rows.empty or is_missing(rows["value"].iloc[0]):
        reason = both("Too few technicians with and without incentives: there is nothing to compare.")
        return missing or Note(title, reason, languages=report.languages)
    whole: Mapping[str, Any] = {str(name): value for name, value in rows.iloc[0].items()}
    headline = capital(_link_verdict(whole))
    labels = [both("any incentive") if not kind else segment_name("incentive_kind", kind) for kind in rows["segment"]]
    figure = chart_intervals(
        rows.assign(label=text_column(map(capital, labels)))[["label", "value", "low", "high", "n"]],
        title=headline,
        unit="pp",
        reference=0.0,
        reference_label=both("no difference"),
        name="incentives",
        description=report.catalogue[LINK].definition,
        languages=report.languages,
    )
    about = both(
        "First-time fix of the same technician in months after an incentive against other months, {n} "
        "technician-months · {people}",
        n=tell_count(whole["n"]),
        people=report.unit_name if own else both("the whole company"),
    )
    honest = both(
        "Who is rewarded, and when, is not drawn by lot: this is what goes along with incentives, not what they "
        "do. To know, "
        "start the next scheme in units drawn by lot."
    )
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(said(paid, honest), languages=report.languages))
    )


# -- training ---------------------------------------------------------------------------------------------------------


def _effect_rows(report: "Report", metric: str = EFFECT) -> tuple[pd.DataFrame, bool]:
    """The four differences by name, and whether they are the unit's own; the company's where it has too few."""
    for unit, own in ((report.business_unit, True), (ALL_UNITS, False)):
        rows = report.run.rows("measurements", metric=metric, business_unit=unit)
        rows = rows[(rows["period"] == report.period) & rows["breakdown"].isin(["", "check"])]
        named = rows.assign(check=rows["segment"].astype(str).replace("", "difference")).set_index("check")
        if "difference" in named.index and not is_missing(named.loc["difference", "value"]):
            kept = [check for check in CHECKS if check in named.index]
            return named.loc[kept, ["value", "low", "high", "n"]], own
    return pd.DataFrame(columns=["value", "low", "high", "n"]), False


def _row(rows: pd.DataFrame, check: str) -> Mapping[str, Any]:
    return {str(name): value for name, value in rows.loc[check].items()}


def _check_name(check: str) -> Text:
    return {
        "difference": both("Against others"),
        "naive": both("Plain change"),
        "placebo": both("Placebo, earlier"),
        "gap_before": both("Gap before"),
    }[check]


def _verdict(rows: pd.DataFrame) -> Text:
    effect = _row(rows, "difference")
    figures = {
        "value": tell_change(effect["value"], "pp", decimals=2),
        "interval": tell_interval(effect["low"], effect["high"], "pp"),
    }
    if is_missing(effect["low"]) or is_missing(effect["high"]):
        return both("Too few technicians to say what training does: {value}", value=figures["value"])
    if effect["low"] <= 0 <= effect["high"]:
        return both("Training does not show in first-time fix: {value} ({interval})", **figures)
    if not _placebo_clean(rows):
        return both("First-time fix changed by {value} ({interval}) after courses, but had begun to before", **figures)
    if effect["low"] > 0:
        return both("First-time fix rose by {value} ({interval}) after courses, more than elsewhere", **figures)
    return both("First-time fix fell by {value} ({interval}) after courses against those without", **figures)


def _placebo_clean(rows: pd.DataFrame) -> bool:
    if "placebo" not in rows.index or is_missing(rows.loc["placebo", "low"]):
        return False
    placebo = _row(rows, "placebo")
    return bool(placebo["low"] <= 0 <= placebo["high"])


def _selection(rows: pd.DataFrame) -> Text | None:
    """Who was sent: those with bad months would have got better anyway."""
    if "gap_before" not in rows.index or is_missing(rows.loc["gap_before", "low"]):
        return None
    gap = _row(rows, "gap_before")
    figures = {"size": tell_size(gap["value"], "pp"), "interval": tell_interval(gap["low"], gap["high"], "pp")}
    if gap["high"] < 0:
        return both(
            "Those sent stood {size} below the others just before ({interval}): part of any rise is a return to "
            "their usual "
            "level (regression to the mean).",
            **figures,
        )
    if gap["low"] > 0:
        return both("Those sent stood {size} above the others just before ({interval}).", **figures)
    return both(
        "Those sent stood no clearly lower than the others just before ({interval}): little room for regression "
        "to the mean.",
        interval=figures["interval"],
    )


def _placebo(rows: pd.DataFrame) -> Text:
    if "placebo" not in rows.index or is_missing(rows.loc["placebo", "value"]):
        return both("The placebo three months earlier cannot be told: take the figure as a hint only.")
    found = _row(rows, "placebo")
    figures = {
        "value": tell_change(found["value"], "pp", decimals=2),
        "interval": tell_interval(found["low"], found["high"], "pp"),
    }
    if _placebo_clean(rows):
        return both(
            "Three months earlier, when nothing had happened, the same difference is {value} ({interval}).", **figures
        )
    return both(
        "Three months earlier, when nothing had happened, the same difference is {value} ({interval}): the two "
        "groups were not "
        "on the same path, and no effect can be read.",
        **figures,
    )


def _others(report: "Report", *, own: bool) -> Text | None:
    """Repair time and repairs within 7 days, of the same people as the chart."""
    told: list[Mapping[str, Any]] = []
    for metric in OTHERS:
        rows = report.series(metric, business_unit=report.business_unit if own else ALL_UNITS)
        rows = rows[(rows["period"] == report.period) & rows["value"].notna()]
        told += [{str(name): value for name, value in row.items()} for row in rows.tail(1).to_dict("records")]
    if len(told) < len(OTHERS):
        return None
    hours, week = told
    return both(
        "Repair time {hours} ({hours_interval}), completed within 7 days {week} ({week_interval}), on the same "
        "reckoning.",
        hours=tell_change(hours["value"] / 100, "n", relative=True),
        hours_interval=tell_interval(hours["low"], hours["high"], "%"),
        week=tell_change(week["value"], "pp", decimals=2),
        week_interval=tell_interval(week["low"], week["high"], "pp"),
    )


# -- incentives -------------------------------------------------------------------------------------------------------


def _link_rows(report: "Report") -> tuple[pd.DataFrame, bool]:
    for unit, own in ((report.business_unit, True), (ALL_UNITS, False)):
        rows = report.run.rows("measurements", metric=LINK, business_unit=unit)
        rows = rows[(rows["period"] == report.period) & rows["breakdown"].isin(["", "incentive_kind"])]
        rows = rows[rows["value"].notna()].sort_values("breakdown", kind="stable").reset_index(drop=True)
        if len(rows) and rows["breakdown"].iloc[0] == "":
            return rows, own
    return pd.DataFrame(columns=["segment", "value", "low", "high", "n"]), False


def _link_verdict(whole: Mapping[str, Any]) -> Text:
    figures = {
        "value": tell_change(whole["value"], "pp", decimals=2),
        "interval": tell_interval(whole["low"], whole["high"], "pp"),
    }
    if whole["low"] > 0:
        return both(
            "Months after an incentive are better by {value} ({interval}), which need not be its doing", **figures
        )
    if whole["high"] < 0:
        return both(
            "Months after an incentive are worse by {value} ({interval}), which need not be its doing", **figures
        )
    return both("Months after an incentive differ by no more than chance explains: {value} ({interval})", **figures)


def _paid(report: "Report") -> Text | None:
    """What was granted over the last twelve months."""
    granted = report.series("incentives_granted").tail(12)["value"]
    if granted.notna().sum() == 0:
        return None
    n = tell_count(granted.sum())
    amount = report.series("incentive_paid").tail(12)["value"] if "incentive_paid" in report.kpis.index else None
    if amount is None or not np.nan_to_num(amount).sum() > 0:
        return both("Granted over the last twelve months: {n} incentives.", n=n)
    unit = report.catalogue["incentive_paid"].unit
    return both(
        "Granted over the last twelve months: {n} incentives, of which {amount} in money.",
        n=n,
        amount=tell_value(amount.sum(), unit),
    )
