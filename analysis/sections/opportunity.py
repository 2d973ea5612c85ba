"""What closing a gap to the median of the other units would mean in a year: so many orders, complaints, customers, so
much time or money.

Plain arithmetic on the gap and the volume of the last twelve months, not a forecast and no promise: a unit that is
worst by luck moves back by itself, and the others' median may not be within reach.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.metrics.kinds import scale_of
from analysis.presentation.blocks import Block, Column, Note, Sentences, table, text_column
from analysis.presentation.language import Text, both
from analysis.presentation.telling import tell_count, tell_interval, tell_value
from analysis.sections.gaps import rows_of, step_of
from analysis.sections.year_gaps import year_gaps

if TYPE_CHECKING:
    from analysis.report import Report

SHARES = ("%", "per_100", "per_1000")
SUMS = ("d", "h", "min", "money")
ROWS_SHOWN = 10


def opportunity(report: "Report") -> Block:
    """The metrics that lie behind the others' median, by what catching up would mean in a year; sure ones first."""
    title = both("What the median of the other units would mean in a year")
    found = _of_units(report) if report.is_company else _of_unit(report)
    if found.empty:
        reason = both(
            "No figure of twelve months lies behind the median of the other units, or there are too few units or "
            "months to compare with."
        )
        return Note(title, reason, languages=report.languages)
    found = found.sort_values(["sure", "weight"], ascending=False, kind="stable").reset_index(drop=True)
    told = rows_of(found)
    first = _heading(report, told)
    headline = (
        both(
            "{name}: {gain} in a year ({interval}) with the others' median",
            **_said(report, first),
        )
        if first["sure"]
        else both("Over twelve months no gap to the others' median is sure")
    )
    frame = pd.DataFrame(
        {
            "metric": text_column(report.catalogue[metric].name for metric in found["metric"]),
            "volume": found["volume"],
            "gain": text_column(_said(report, row)["gain"] for row in told),
            "interval": text_column(_said(report, row)["interval"] for row in told),
            "units": found["units"],
            "verdict": text_column(map(_verdict, told)),
        }
    )
    columns = {
        "metric": Column(both("Metric"), kind="text"),
        "volume": Column(both("Records or units, 12 months"), "n"),
        "gain": Column(both("Difference in a year"), kind="text"),
        "interval": Column(both("95% interval"), kind="text"),
        "verdict": Column(both("Gap"), kind="text"),
    }
    if report.is_company:
        columns["units"] = Column(both("Units behind"), "n")
    about = (
        both(
            "{title}, for the units that lie behind it beyond chance · gap and volume of each unit's last 12 months",
            title=title,
        )
        if report.is_company
        else both(
            "{title} · gap and volume of the last 12 months · {unit}",
            title=title,
            unit=report.unit_name,
        )
    )
    notes = (
        both(
            "Arithmetic on last year's volume, not a forecast; the same records can stand in several rows, which do "
            "not add up."
        ),
        both(
            "A unit that is behind by luck moves back by itself; only gaps beyond chance are worth a plan. A hint: the "
            "interval leaves 0 out, which among so many comparisons may still be luck."
        ),
    )
    parts = (
        table(
            frame, columns=columns, caption=title, rows_shown=ROWS_SHOWN, name="opportunity", languages=report.languages
        ),
        Sentences(notes, languages=report.languages),
    )
    return report.section(headline=headline, subtitle=about, parts=parts)


def _heading(report: "Report", told: list[dict[str, Any]]) -> dict[str, Any]:
    """The row that heads the section: the first; among sums of money the largest that is sure, so that a part of a cost
    does not head the page above the whole."""
    first, unit = told[0], report.catalogue[told[0]["metric"]].unit
    if not first["sure"] or unit in (*SHARES, "d", "h", "min"):
        return first
    alike = [row for row in told if row["sure"] and report.catalogue[row["metric"]].unit == unit]
    return max(alike, key=lambda row: float(row["gain"]))


def gain_of(card: MetricCard, gap: float, volume: float) -> float | None:
    """Records, time or money that a gap stands for over a volume of records; None where a gap does not add up.

    Shares and rates: records. Means of time and money: their sum. Medians and quantiles add up to nothing, nor do
    shares of something else than records (of money, of time).
    """
    if not _counts_records(card):
        return None
    if card.unit in SHARES:
        return abs(gap) / scale_of(card.unit, getattr(card.how, "times", 1.0)) * volume
    is_mean = card.kind == "ratio" or getattr(card.how, "statistic", "") == "restricted_mean"
    is_money = card.unit == "money" or (len(card.unit) == 3 and card.unit.isupper())
    return abs(gap) * volume if is_mean and (card.unit in SUMS or is_money) else None


def _counts_records(card: MetricCard) -> bool:
    """Whether what the figure is divided by is a number of records, or an exposure of units or customers."""
    if card.kind == "ratio":
        return bool(card.how.denominator == "true")
    return card.kind in ("rate", "duration") or getattr(card.how, "function", "") == "quotient"


def _of_unit(report: "Report") -> pd.DataFrame:
    gaps = rows_of(year_gaps(report))
    return pd.DataFrame([found for row in gaps if (found := _row(row, report.catalogue[row["metric"]])) is not None])


def _of_units(report: "Report") -> pd.DataFrame:
    """Per metric the sum over the units that lie behind the others beyond chance, with the errors of their gaps."""
    gaps, rows = year_gaps(report), []
    for metric, part in ((str(name), part) for name, part in gaps[gaps["sure"]].groupby("metric", sort=False)):
        card = report.catalogue[metric]
        found = [gain for row in rows_of(part) if (gain := _row(row, card)) is not None]
        if found:
            total = sum(gain["gain"] for gain in found)
            below, above = (
                float(np.sqrt(sum((gain[end] - gain["gain"]) ** 2 for gain in found))) for end in ("low", "high")
            )
            summed = {name: sum(gain[name] for gain in found) for name in ("volume", "weight")}
            ends = {"low": total - below, "high": total + above}
            rows.append({"metric": metric, "gain": total, **ends, **summed, "sure": True, "units": len(found)})
    return pd.DataFrame(rows)


def _row(row: Mapping[str, Any], card: MetricCard) -> dict[str, Any] | None:
    """What the gap of one unit's year stands for; None where it is not behind, or cannot be added up."""
    good = -1.0 if card.better == "lower" else 1.0
    behind = -good * float(row["gap"])
    gain = gain_of(card, behind, float(row["volume"]))
    if behind <= 0 or gain is None:
        return None
    ends = sorted(-good * float(row[end]) * gain / behind for end in ("low", "high"))
    return {
        "metric": card.id,
        "gain": gain,
        "low": ends[0],
        "high": ends[1],
        "volume": float(row["volume"]),
        "sure": bool(row["sure"]),
        "weight": behind / (step_of(card, float(row["peers"])) or np.inf),
        "units": 1,
    }


def _verdict(row: Mapping[str, Any]) -> Text:
    if row["sure"]:
        return both("beyond chance")
    return both("a hint") if row["low"] > 0 else both("within chance")


def _said(report: "Report", row: Mapping[str, Any]) -> dict[str, Text]:
    card = report.catalogue[row["metric"]]
    low, high = row["low"], row["high"]
    if card.unit not in SHARES:
        size = tell_value(row["gain"], card.unit)
        less = both("{value} less", value=size) if card.better == "lower" else both("{value} more", value=size)
        return {"name": card.name, "gain": less, "interval": tell_interval(low, high, card.unit)}
    amount = tell_count(round(row["gain"]))
    fewer, more = _records(card, amount)
    interval = tell_interval(round(low), round(high), "n")
    return {"name": card.name, "gain": fewer if card.better == "lower" else more, "interval": interval}


def _records(card: MetricCard, amount: Text) -> tuple[Text, Text]:
    """ "{n} fewer" and "{n} more" of what the metric counts. Of a share these are not its records but those of them
    that are as its name says: closing the gap makes no contact more, but more of them solved by self-service.
    """
    if card.kind == "rate" or getattr(card.how, "function", "") == "quotient":
        return _events(card, amount)
    table = getattr(card.how, "table", "") or card.table or ""
    if table == "complaint_cases":
        return both("{n} such complaints fewer", n=amount), both("{n} such complaints more", n=amount)
    if table in ("survey_answers", "recommendations"):
        return both("{n} such answers fewer", n=amount), both("{n} such answers more", n=amount)
    if table in ("orders", "order_paths", "order_sequels", "audited_orders", "product_faults", "order_entries"):
        return both("{n} such orders fewer", n=amount), both("{n} such orders more", n=amount)
    if table in ("contacts", "contact_issues", "first_contacts"):
        return both("{n} such contacts fewer", n=amount), both("{n} such contacts more", n=amount)
    if table in ("new_customers", "service_followups", "repurchases"):
        return both("{n} such customers fewer", n=amount), both("{n} such customers more", n=amount)
    if table in ("sold_units", "sales"):
        return both("{n} such units fewer", n=amount), both("{n} such units more", n=amount)
    if table == "appointments":
        return both("{n} such appointments fewer", n=amount), both("{n} such appointments more", n=amount)
    return both("{n} such cases fewer", n=amount), both("{n} such cases more", n=amount)


def _events(card: MetricCard, amount: Text) -> tuple[Text, Text]:
    """Of a rate: the events that it counts per exposure."""
    if card.id.startswith("complaining_customer") or card.area == "loyalty":
        return both("{n} customers fewer", n=amount), both("{n} customers more", n=amount)
    if "complaints" in card.id:
        return both("{n} complaints fewer", n=amount), both("{n} complaints more", n=amount)
    if card.id.startswith("repairs_"):
        return both("{n} repairs fewer", n=amount), both("{n} repairs more", n=amount)
    if card.id.startswith("claims_"):
        return both("{n} claims fewer", n=amount), both("{n} claims more", n=amount)
    if card.id.startswith("part_replacements"):
        return both("{n} replaced parts fewer", n=amount), both("{n} replaced parts more", n=amount)
    if card.id == "clearance_ratio":
        return both("{n} orders completed fewer", n=amount), both("{n} orders completed more", n=amount)
    return both("{n} records fewer", n=amount), both("{n} records more", n=amount)
