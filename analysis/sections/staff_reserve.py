"""What the technicians needed are needed for: the hours of work, and the reserve that lets a small team answer in time.

The hours alone ask for parts of people, and for fewer than the rule; without the reserve named beside them, "seven
short" and "the hours would be worked by those in post" read as a contradiction. Both are true, and here they add up.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, table, text_column
from analysis.presentation.formatting import fmt_value
from analysis.presentation.language import Text, both, each
from analysis.presentation.telling import tell_count, tell_period

if TYPE_CHECKING:
    from analysis.report import Report

NEEDED, GAP = "staff_needed", "staff_gap"
RULE = "rule"  # the breakdown whose only segment is what the ceiling on use alone asks for


def say_reserve(report: "Report") -> Text | None:
    """How many of the technicians needed the hours take and how many are reserve, and whether those in post would do
    for the hours; None where the hours ask for all of them."""
    rows = _by_unit(report)
    row = next(iter(rows[rows["business_unit"] == report.business_unit].to_dict("records")), None)
    if row is None or not row["reserve"] > 0:
        return None
    told = {"need": tell_count(row["needed"]), "use": _people(row["use"]), "reserve": _people(row["reserve"])}
    if report.is_company:
        split = both(
            "Of the {need} needed the hours of work take {use} at 85% use; {reserve} are reserve: each unit needs "
            "whole people, and a small team somebody free on days on which much comes at once.",
            **told,
        )
        return _with_units(split, rows[rows["business_unit"] != report.business_unit])
    split = both(
        "Of the {need} needed the hours of work take {use} at 85% use; {reserve} are reserve: people come whole, and a "
        "small team needs somebody free on days on which much comes at once.",
        **told,
    )
    if row["there"] >= row["needed"] or row["there"] < row["use"]:
        return split
    return both(
        "{split} The {there} in post can work the hours; what they lack is reserve, so that orders wait on busy days.",
        split=split,
        there=tell_count(row["there"]),
    )


def _with_units(split: Text, units: pd.DataFrame) -> Text:
    """In how many units the hours alone ask for more than are there: one unit's people do not serve another's work."""
    beyond = int((units["use"] > units["there"]).sum())
    if not beyond:
        return split
    return both(
        "{split} In {n} of {all} units the hours alone take more than are in post; elsewhere at most reserve is "
        "lacking.",
        split=split,
        n=str(beyond),
        all=str(len(units)),
    )


def reserve_by_unit(report: "Report") -> tuple[Block, ...]:
    """On the company's page the units' technicians for the hours, in reserve, needed and in post, which add up to the
    company's; nothing on a unit's page."""
    rows = _by_unit(report)
    if not report.is_company or len(rows) < 2:
        return ()
    whole = rows["business_unit"] == report.business_unit
    units = rows[~whole].sort_values(["gap", "needed"], ascending=[True, False], kind="stable")
    frame = units.assign(unit=text_column(report.run.unit_name(unit) for unit in units["business_unit"]))
    shown = ["unit", "use", "reserve", "needed", "there", "gap"]
    columns = {
        "unit": Column(both("Unit"), kind="text"),
        "use": Column(both("For the hours of work"), "n", decimals=1),
        "reserve": Column(both("In reserve"), "n", decimals=1),
        "needed": Column(both("Technicians needed"), "n"),
        "there": Column(both("In post"), "n"),
        "gap": Column(both("In post beyond need"), "n"),
    }
    total = {name: float(units[name].sum()) for name in shown[1:]}
    caption = both("Technicians needed by unit, three months after {period}", period=tell_period(report.period))
    return (
        table(
            frame[shown],
            columns=columns,
            caption=caption,
            total=total,
            rows_shown=14,
            name="demand-staff-units",
            languages=report.languages,
        ),
    )


def _by_unit(report: "Report") -> pd.DataFrame:
    """business_unit, use, reserve, needed, there and gap of every unit and the company, the report's unit alone on a
    unit's page."""
    of = {} if report.is_company else {"business_unit": report.business_unit}
    needed, gap = (report.run.rows("measurements", metric=metric, **of) for metric in (NEEDED, GAP))
    needed, gap = (rows[rows["period"] == report.period] for rows in (needed, gap))
    parts = {
        "needed": needed[needed["breakdown"] == ""],
        "use": needed[needed["breakdown"] == RULE],
        "gap": gap[gap["breakdown"] == ""],
    }
    told = pd.DataFrame({name: rows.set_index("business_unit")["value"] for name, rows in parts.items()}).dropna()
    told = told.assign(reserve=np.maximum(told["needed"] - told["use"], 0.0), there=told["needed"] + told["gap"])
    return told.rename_axis("business_unit").reset_index()


def _people(value: float) -> Text:
    return each(lambda language: fmt_value(value, "n", language, decimals=1))
