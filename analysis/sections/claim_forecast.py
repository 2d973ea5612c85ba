"""What will be claimed next: the forecast by the ages of the units, its money, and how it would have done so far."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Note, Sentences
from analysis.presentation.charts import chart_expected
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_interval, tell_value
from analysis.sections.wording import said
from analysis.statistics.claim_forecast import coverage

if TYPE_CHECKING:
    from analysis.report import Report

MONTH, QUARTER, MONEY = "expected_claims_next_month", "expected_claims_next_quarter", "expected_claim_cost_next_quarter"
COUNTED = "claims_received"
MONTHS_SHOWN = 18
FEWEST_CHECKED = 6
WHOLE_FROM = 5.0


def claim_forecast(report: "Report") -> Block:
    """A section on the claims to come, beside those that came and what the same method had expected of them."""
    missing = report.lacks("claim forecast", *report.run.missing.get(MONTH, []))
    row, quarter = report.kpi(MONTH), report.kpi(QUARTER)
    title = both("Claims to come")
    if missing is not None:
        return missing
    if row is None or is_missing(row["value"]) or quarter is None or is_missing(quarter["value"]):
        reason = both("A forecast needs twelve months of claims for units whose day of sale is known.")
        return Note(title, reason, languages=report.languages)
    drawn = _drawn(report)
    headline = both(
        "{value} claims are to be expected in the next three months ({interval})",
        value=tell_value(quarter["value"], "n"),
        interval=tell_interval(quarter["low"], quarter["high"], "n"),
    )
    about = both(
        "Claims by month, and what was expected of each a month before from the ages of the units under warranty "
        "· {unit}",
        unit=report.unit_name,
    )
    figure = chart_expected(
        drawn.tail(MONTHS_SHOWN + 1),
        title=headline,
        unit="n",
        name="claim-forecast",
        description=about,
        expected_label=both("forecast"),
        languages=report.languages,
    )
    next_month = both(
        "Next month: {value} ({interval}).",
        value=tell_value(row["value"], "n"),
        interval=tell_interval(row["low"], row["high"], "n"),
    )
    if (money := _money(report)) is not None:
        next_month = both("{month} {money}", month=next_month, money=money)
    unforeseen = both(
        "A new failing batch or a recall is not foreseen; one that fails already is in it at the level of the "
        "last months."
    )
    stand_in = None
    if not report.run.store.has("warranty_claims"):
        stand_in = both(
            "The data hold no warranty claims: first repair orders stand for them, of all units whose warranty is not "
            "known to have ended."
        )
    lines = said(stand_in, next_month, _checked(drawn), unforeseen)
    return report.section(
        headline=headline, subtitle=about, parts=(figure, Sentences(lines, languages=report.languages))
    )


def _drawn(report: "Report") -> pd.DataFrame:
    """Claims by month, and the forecast that was made of the month at the end of the one before."""
    counted = report.series(COUNTED)[["period", "value"]]
    made = report.segments(MONTH, "backtest")[["period", "value", "low", "high"]]
    about = pd.PeriodIndex(made["period"], freq="M") + 1
    forecast = made.assign(period=about.astype(str)).rename(columns={"value": "expected"})
    drawn = counted.merge(forecast, how="outer", on="period").sort_values("period", ignore_index=True)
    drawn["expected"] = drawn["expected"].where(drawn["expected"] < WHOLE_FROM, drawn["expected"].round())
    return drawn[drawn[["value", "expected"]].notna().any(axis=1)]


def _checked(drawn: pd.DataFrame) -> Text | None:
    """How many of the past forecasts held what then happened in their interval."""
    held, known = coverage(drawn["value"], drawn["low"], drawn["high"])
    if not known:
        return both("No forecast of the past can be checked yet.")
    if known < FEWEST_CHECKED:
        return both(
            "Checked on the past {n} months: what came lay within the 95% interval in {held} of them; too few to judge "
            "the forecast by.",
            held=str(held),
            n=str(known),
        )
    return both(
        "Checked on each of the last {n} months: what came lay within the 95% interval in {held} of them.",
        held=str(held),
        n=str(known),
    )


def _money(report: "Report") -> Text | None:
    row = report.kpi(MONEY)
    if row is None or is_missing(row["value"]):
        return None
    currency = str(report.run.store.manifest.get("currency") or "money")
    return both(
        "The three months' claims would cost {value} ({interval}), before what suppliers give back.",
        value=tell_value(row["value"], currency),
        interval=tell_interval(row["low"], row["high"], currency),
    )
