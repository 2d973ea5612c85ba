"""What drives the cost of an order: one breakdown drawn with its intervals, all others in a table of their dearest and
cheapest group.
"""

from typing import TYPE_CHECKING

import pandas as pd
from scipy import stats

from analysis.presentation.blocks import Block, Column, Note, Section, Table, table, text_column
from analysis.presentation.language import Text, both
from analysis.presentation.naming import breakdown_name
from analysis.presentation.telling import tell_interval, tell_value
from analysis.sections.pooling import pool
from analysis.sections.segments import judge, recent
from analysis.sections.segments import segments as segments_section
from analysis.sections.wording import capital

if TYPE_CHECKING:
    from analysis.report import Report

CHANCE = 0.05


def cost_groups(report: "Report", metric: str, breakdowns: tuple[str, ...]) -> Block:
    """A section with the metric by the first breakdown of which more than one group is known, and every further one in
    a table.

    Parameters
    ----------
    metric : a mean cost
    breakdowns : the most telling first
    """
    missing = report.lacks("cost by group", *report.run.missing.get(metric, []))
    usable = [name for name in breakdowns if recent(report.segments(metric, name))["segment"].nunique() > 1]
    if missing is not None:
        return missing
    if not usable:
        reason = both("All orders are of one kind: there are no groups to compare.")
        return Note(both("Groups of orders beside each other"), reason, languages=report.languages)
    section = segments_section(report, metric, usable[0])
    if not isinstance(section, Section) or len(usable) < 2:
        return section
    beside = _beside(report, metric, usable[1:])
    return report.section(headline=section.headline, subtitle=section.subtitle or {}, parts=(*section.parts, beside))


def _beside(report: "Report", metric: str, breakdowns: list[str]) -> Table:
    card = report.catalogue[metric]
    rows = []
    for name in breakdowns:
        judged = judge(pool(recent(report.segments(metric, name)), card), card)
        known = judged[judged["enough"]]
        if len(known) < 2:
            continue
        ranked = known.sort_values("value", kind="stable")
        cheapest, dearest = ranked.iloc[0], ranked.iloc[-1]
        rows.append(
            {
                "by": capital(breakdown_name(name)),
                "dearest": _said(report, name, dearest, card.unit),
                "cheapest": _said(report, name, cheapest, card.unit),
                "verdict": both("differ beyond chance")
                if _differ(known, compared=len(breakdowns))
                else both("no more than chance"),
            }
        )
    frame = pd.DataFrame(rows, columns=["by", "dearest", "cheapest", "verdict"])
    frame = frame.assign(**{str(name): text_column(frame[name]) for name in frame})
    columns = {
        "by": Column(both("By"), kind="text"),
        "dearest": Column(both("Dearest group"), kind="text"),
        "cheapest": Column(both("Cheapest group"), kind="text"),
        "verdict": Column(both("The groups"), kind="text"),
    }
    caption = both("{name} by other groups (95% intervals)", name=card.name)
    return table(frame, columns=columns, caption=caption, name=f"{metric}-groups", languages=report.languages)


def _differ(known: pd.DataFrame, *, compared: int) -> bool:
    """Whether the groups' means differ by more than their standard errors allow: Cochran's Q (1954), at 5 % over all
    breakdowns compared.
    """
    sure = known[known["se"] > 0]
    weight = 1 / sure["se"] ** 2
    centre = (weight * sure["value"]).sum() / weight.sum() if len(sure) else 0.0
    q = float((weight * (sure["value"] - centre) ** 2).sum())
    return len(sure) > 1 and float(stats.chi2.sf(q, len(sure) - 1)) < CHANCE / compared


def _said(report: "Report", breakdown: str, row: pd.Series, unit: str) -> Text:
    return both(
        "{group}: {value} ({interval})",
        group=capital(report.segment_name(breakdown, str(row["segment"]))),
        value=tell_value(row["value"], unit),
        interval=tell_interval(row["low"], row["high"], unit),
    )
