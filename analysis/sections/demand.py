"""What is coming: orders, the parts they take and the people that takes, each with an interval and with how such
forecasts did in the past.

Reads the forecasts of the run; computes none. Refuses to give a bare number: an interval and its record stand beside
each.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_forecast
from analysis.presentation.formatting import WHOLE_FROM, fmt_value, is_missing
from analysis.presentation.language import Text, both, each, join
from analysis.presentation.telling import tell_change, tell_count, tell_interval, tell_move, tell_period, tell_span
from analysis.sections.forecast_basis import is_idle, say_basis
from analysis.sections.staff_reserve import reserve_by_unit, say_reserve
from analysis.sections.stock_ahead import stock_ahead
from analysis.sections.wording import capital, said
from analysis.sections.work_left import say_waiting

if TYPE_CHECKING:
    from analysis.report import Report

FORECAST = {"orders": "order_forecast", "parts": "parts_demand_forecast", "staff": "staff_needed"}
HITS = {"orders": "order_forecast_hit_share", "parts": "parts_forecast_hit_share"}
ERROR = {"orders": "order_forecast_error", "parts": "parts_forecast_error"}
PAST = {"orders": "orders_submitted", "parts": "parts_requested"}
MONTHS_OF_PAST = 24
PROMISED, POOR = 95.0, 90.0
ABOUT_AS_GOOD = 0.05  # two methods whose usual miss differs by less are told as alike
TRIALS_NEEDED = 6
NEEDS_MONTHS = 6


def demand(report: "Report", what: Sequence[str] = ("orders", "parts", "staff"), *, brief: bool = False) -> Block:
    """A section with what is expected for the next 3 and 12 months.

    Parameters
    ----------
    report : the report in hand
    what : of orders, parts, staff those to show; the first one that can be told leads
    brief : only the first figure, with how far to trust it, and the verdict on the rest
    """
    missing = {of: report.lacks(f"demand: {of}", *report.run.missing.get(FORECAST[of], [])) for of in what}
    told = [of for of in what if missing[of] is None and report.tells(FORECAST[of])]
    if not told:
        notes = [note for note in missing.values() if note is not None]
        reason = both("A forecast needs at least {n} complete months.", n=str(NEEDS_MONTHS))
        return notes[0] if notes else Note(both("What is coming"), reason, languages=report.languages)
    if told[0] in PAST and is_idle(report, PAST[told[0]]):
        return Note(both("What is coming"), both("Nothing came in within twelve months: nothing to forecast from."))
    parts: list[Block] = []
    for of in told:
        blocks = _SHOWN[of](report)
        parts += blocks if not brief else [_first_lines(block) for block in blocks if not isinstance(block, Table)]
    leads = [_lead(report, of) for of in told[:1]]
    if "staff" in told and told[0] != "staff":
        leads.append(_staff_lead(report))
    headline = leads[0] if len(leads) == 1 else both("{first}; {second}", first=leads[0], second=leads[1])
    about = say_basis(report, [PAST[of] for of in told if of in PAST])
    return report.section(headline=capital(headline), subtitle=about, parts=parts)


# -- orders and parts -------------------------------------------------------------------------------------------------


def _first_lines(block: Block) -> Block:
    """Of a list of sentences what is expected and how far to trust it; any other block as it is."""
    return replace(block, items=block.items[:2]) if isinstance(block, Sentences) else block


def _orders(report: "Report") -> list[Block]:
    return _outlook(report, "orders", both("Orders: the past, and what is expected"))


def _parts(report: "Report") -> list[Block]:
    shown = _outlook(report, "parts", both("Parts asked for: the past, and what is expected"))
    return [*shown, *stock_ahead(report)]


def _outlook(report: "Report", of: str, title: Text) -> list[Block]:
    metric = FORECAST[of]
    ahead = report.segments(f"{metric}_12m", "month_ahead")
    ahead = ahead[ahead["period"] == report.period]
    past = report.series(PAST[of]).tail(MONTHS_OF_PAST)
    lines = Sentences(
        said(_expected(report, of), _record(report, of), _long_record(report, of)), languages=report.languages
    )
    if ahead.empty or past["value"].notna().sum() == 0:
        return [lines]
    coming = ahead.assign(period=ahead["segment"]).sort_values("period")[["period", "value", "low", "high"]]
    ends = coming[["value", "low", "high"]]
    coming[["value", "low", "high"]] = ends.where(ends < WHOLE_FROM, ends.round())  # orders and parts are whole
    figure = chart_forecast(
        past[["period", "value"]],
        forecast=coming.reset_index(drop=True),
        title=title,
        unit="n",
        name=f"demand-{of}",
        description=report.catalogue[metric].definition,
        languages=report.languages,
    )
    return [figure, lines]


def _lead(report: "Report", of: str) -> Text:
    if of == "staff":
        return _staff_lead(report)
    row = report.kpi(FORECAST[of])
    assert row is not None
    figures = {"value": _whole(row["value"]), "interval": tell_interval(row["low"], row["high"], "n")}
    head = (
        both("{value} orders expected in the next three months ({interval})", **figures)
        if of == "orders"
        else both("{value} parts needed in the next three months ({interval})", **figures)
    )
    before = _a_year_before(report, of)
    if before is None:
        return head
    if row["low"] <= before <= row["high"]:
        return both("{head}, no clear change on the same months a year ago", head=head)
    change = tell_move(tell_change(row["value"] / before - 1, "n", relative=True))
    return both("{head}, {change} on the same months a year ago", head=head, change=change)


def _whole(value: float) -> Text:
    """Orders and parts come whole, also those expected."""
    return tell_count(float(round(value)))


def _a_year_before(report: "Report", of: str) -> float | None:
    """The sum of the same three months a year before, where they are all known."""
    if report.run.grain != "month":
        return None
    months = pd.period_range(pd.Period(report.period, freq="M") - 11, periods=3, freq="M").astype(str)
    before = report.series(PAST[of]).set_index("period")["value"].reindex(months)
    return None if before.isna().any() or not before.sum() > 0 else float(before.sum())


def _expected(report: "Report", of: str) -> Text | None:
    year = report.kpi(f"{FORECAST[of]}_12m")
    if year is None or is_missing(year["value"]):
        return None
    figures = {"value": _whole(year["value"]), "interval": tell_interval(year["low"], year["high"], "n")}
    if of == "orders":
        return both("Over the next twelve months: {value} orders ({interval}).", **figures)
    return both("Over the next twelve months: {value} parts ({interval}).", **figures)


def _record(report: "Report", of: str) -> Text:
    """How the forecasts for three months did in the past: what the interval is worth."""
    hits, error = report.kpi(HITS[of]), report.kpi(ERROR[of])
    if hits is None or is_missing(hits["value"]) or hits["n"] < TRIALS_NEEDED:
        return both("The history is too short to try such forecasts on the past: read the interval as a minimum.")
    figures = {"held": tell_count(hits["numerator"]), "tested": tell_count(hits["denominator"])}
    told = both(
        "Made again at {tested} earlier month-ends, the interval for three months held what came {held} times",
        **figures,
    )
    if hits["value"] < POOR:
        told = both("{told}, too seldom; the interval shown is widened by as much as was lacking", told=told)
    if error is None or is_missing(error["value"]):
        return both("{told}.", told=told)
    size = each(lambda language: fmt_value(error["value"], "ratio", language, decimals=2))
    if abs(error["value"] - 1) <= ABOUT_AS_GOOD:
        return both(
            "{told}. It missed a month by {size} times what “as a year before” usually misses: about as good.",
            told=told,
            size=size,
        )
    if error["value"] < 1:
        return both(
            "{told}. It missed a month by {size} times what “as a year before” usually misses: it beats that.",
            told=told,
            size=size,
        )
    return both(
        "{told}. It missed a month by {size} times what “as a year before” usually misses: no better than that.",
        told=told,
        size=size,
    )


def _long_record(report: "Report", of: str) -> Text | None:
    rows = report.segments(HITS[of], "horizon")
    rows = rows[(rows["segment"] == "12") & (rows["period"] == report.period)]
    if rows.empty or not rows["denominator"].iloc[0] >= TRIALS_NEEDED:
        return both("Twelve months ahead cannot be tried on so short a history: take that interval with care.")
    row = rows.iloc[0]
    figures = {"held": tell_count(row["numerator"]), "tested": tell_count(row["denominator"])}
    if 100 * row["numerator"] < POOR * row["denominator"]:
        return both(
            "The interval for twelve months held in {held} of {tested} overlapping trials: too seldom, so that the "
            "twelve months may lie well outside it.",
            **figures,
        )
    return both("The interval for twelve months held in {held} of {tested} overlapping trials.", **figures)


def _staff_lead(report: "Report") -> Text:
    need, gap = report.kpi("staff_needed"), report.kpi("staff_gap")
    assert need is not None
    figures = {"need": _people(need["value"]), "interval": tell_interval(_up(need["low"]), _up(need["high"]), "n")}
    if gap is None or is_missing(gap["value"]):
        return both("{need} technicians needed ({interval})", **figures)
    return both("{need} technicians needed ({interval}) against {there} in post", **figures, there=_in_post(need, gap))


def _staff(report: "Report") -> list[Block]:
    need, gap = report.kpi("staff_needed"), report.kpi("staff_gap")
    rows = report.segments("staff_needed", "month_ahead")
    rows = rows[rows["period"] == report.period].sort_values("segment")
    if need is None or gap is None or is_missing(gap["value"]):
        return []
    verdict = both("Whether the technicians in post are enough cannot be told: the interval holds both.")
    if gap["high"] < 0:
        verdict = both(
            "Technicians are short: {short} at last year's hours, {least} even at the low end of the forecast. What "
            "else helps: overtime, lent people, later appointments.",
            short=_people(-gap["value"]),
            least=_people(-gap["high"]),
        )
    elif gap["low"] >= 0:
        verdict = both("The technicians in post are enough for the orders expected.")
    verdict = join(said(verdict, say_waiting(report)), {"en": " ", "zh": ""})
    rule = both(
        "Counted at 85% use of the paid hours as worked in the same months of the last twelve; in small units "
        "also so that "
        "at most one order in twenty waits longer than a day for somebody free. {backlog}",
        backlog=_left_out(report),
    )
    lines = said(verdict, _peak(rows, need["value"] + gap["value"]), say_reserve(report), rule)
    blocks: list[Block] = [Sentences(lines, languages=report.languages)]
    if len(rows):
        shown = pd.DataFrame(
            {
                "month": text_column(tell_period(segment) for segment in rows["segment"]),
                "value": np.ceil(rows["value"].to_numpy(float) - 1e-9),
                "interval": text_column(
                    tell_interval(_up(low), _up(high), "") for low, high in zip(rows["low"], rows["high"], strict=True)
                ),
                "there": [need["value"] + gap["value"]] * len(rows),
            }
        )
        columns = {
            "month": Column(both("Month"), kind="text"),
            "value": Column(both("Technicians needed"), "n"),
            "interval": Column(both("95% interval"), kind="text"),
            "there": Column(both("In post"), "n"),
        }
        span = tell_span(rows["segment"].iloc[0], rows["segment"].iloc[-1])
        caption = both("Technicians needed by month, {span}", span=span)
        blocks.append(table(shown, columns=columns, caption=caption, name="demand-staff", languages=report.languages))
    return [*blocks, *reserve_by_unit(report)]


def _left_out(report: "Report") -> Text:
    """What the forecast of staff does not count: the orders that are open already, and how many they are."""
    row = report.kpi("backlog")
    if row is None or is_missing(row["value"]) or not row["value"] > 0:
        return both("Orders that are open already are not in it.")
    return both("Orders that are open already ({n}) are not in it.", n=tell_count(row["value"]))


def _peak(rows: pd.DataFrame, there: float) -> Text | None:
    """The month that asks for more than are in post beyond the uncertainty, where the three together do not."""
    short = rows[rows["low"].map(_up) > round(there)]
    if short.empty:
        return None
    month = short.sort_values("value").iloc[-1]
    return both(
        "In {month} alone {need} would be needed ({interval}) against {there} in post: paid hours are taken as in the "
        "same month of last year.",
        month=tell_period(month["segment"]),
        need=_people(month["value"]),
        interval=tell_interval(_up(month["low"]), _up(month["high"]), "n"),
        there=tell_count(round(there)),
    )


def _people(value: float) -> Text:
    return tell_count(_up(value))


def _up(value: float) -> float:
    """People are whole; part of one is one more."""
    return float(np.ceil(value - 1e-9))


def _in_post(need: Any, gap: Any) -> Text:
    return tell_count(round(need["value"] + gap["value"]))


_SHOWN = {"orders": _orders, "parts": _parts, "staff": _staff}
