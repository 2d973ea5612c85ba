"""The unit among the others over all metrics: median and band of the middle eight in ten. Names stand on the company's
page only.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.language import Text, both, join, plain
from analysis.presentation.narrative_words import subject_inside
from analysis.presentation.telling import tell_interval, tell_period, tell_value
from analysis.sections.gap_chart import LABEL_ROOM, METRICS_SHOWN, chart_gaps, gap_table, units_of_rows
from analysis.sections.gaps import comparable, gaps_against, is_size_free, rows_of, step_of
from analysis.sections.wording import change_against

if TYPE_CHECKING:
    from analysis.report import Report

FEWEST_UNITS = 4
COMPANY = "all"
NAMES_AT_MOST = 3
APART = {"en": "; ", "zh": "；"}  # a unit's name may itself hold commas


def peers(report: "Report") -> Block:
    """On a unit's page its gaps to the median of the others; on the company's where its units differ most."""
    values = _values(report)
    title = both("Figures beside those of the other units")
    if values["metric"].value_counts().max() < FEWEST_UNITS if len(values) else True:
        few = both("A comparison between units needs at least four of them with records.")
        return Note(title, few, languages=report.languages)
    return _company(report, values) if report.is_company else _unit(report, values, title)


def _values(report: "Report") -> pd.DataFrame:
    """metric, business_unit, value, changes of every unit, for metrics with a good direction; the company left out."""
    wanted = {row["metric"] for row in comparable(report) if is_size_free(report.catalogue[row["metric"]])}
    rows = report.run.rows("kpis")
    rows = rows[(rows["business_unit"] != COMPANY) & rows["metric"].isin(wanted) & rows["value"].notna()]
    return rows[["metric", "business_unit", "value", "changes", "better", "unit"]]


def _unit(report: "Report", values: pd.DataFrame, title: Text) -> Block:
    gaps = gaps_against(report, "peers")
    if gaps.empty:
        return Note.empty(title, languages=report.languages)
    others = values[values["business_unit"] != report.business_unit]
    low, high = (others.groupby("metric")["value"].quantile(level).to_dict() for level in (0.1, 0.9))
    cards = [report.catalogue[metric] for metric in gaps["metric"]]
    gaps = gaps.assign(
        band=text_column(
            tell_interval(low[card.id] * factor, high[card.id] * factor, unit) if card.id in low else plain("–")
            for card, (unit, factor) in zip(cards, units_of_rows(gaps, cards), strict=True)
        )
    )
    better, worse = (int((gaps["side"] == side).sum()) for side in (1, -1))
    counts = {"better": str(better), "worse": str(worse), "all": str(len(gaps))}
    apart = list(gaps.loc[gaps["side"] != 0, "metric"])
    period = tell_period(report.period)
    headline = both(
        "By the newest period alone (up to {period}) not one of {all} figures differs from the others' median beyond "
        "chance",
        period=period,
        all=str(len(gaps)),
    )
    if better or worse:
        headline = both(
            "Beside the others by the newest period alone (up to {period}), beyond chance: of {all} figures {better} "
            "better, {worse} worse",
            period=period,
            **counts,
        )
    if 0 < len(apart) <= NAMES_AT_MOST:
        told: dict[str, Any] = {
            "period": period,
            "named": _sides(report, gaps),
            "all": str(len(gaps)),
            "n": str(len(apart)),
        }
        headline = both(
            "Of {all} figures {n} lie apart from the others' median beyond chance, by the newest period alone (up to "
            "{period}): {named}",
            **told,
        )
        if len(apart) == 1:
            headline = both(
                "Of {all} figures one lies apart from the others' median beyond chance, by the newest period alone (up "
                "to {period}): {named}",
                **told,
            )
    elif worse and not better:
        headline = both(
            "Beside the others by the newest period alone (up to {period}), beyond chance: {worse} of {all} figures "
            "worse, none better",
            period=period,
            **counts,
        )
    extra = {"band": Column(both("Middle eight in ten of the others"), kind="text")}
    median = both("median of the others")
    figures = gap_table(report, gaps, caption=title, against=median, name="peers", extra=extra)
    figure = chart_gaps(report, gaps, title=headline, description=title, against=median, name="peers", table=figures)
    about = both("{title} · {period} · {unit}", title=title, period=period, unit=report.unit_name)
    mix = both("Units differ in products, customers and distances; this comparison does not adjust for that.")
    parts = (figure, Sentences((mix,), languages=report.languages))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _sides(report: "Report", gaps: pd.DataFrame) -> Text:
    """The figures that differ beyond chance, by name: those worse, then those better."""
    told = {}
    for side, word in ((-1, "worse"), (1, "better")):
        names = [subject_inside(report.catalogue[metric]) for metric in gaps.loc[gaps["side"] == side, "metric"]]
        if names:
            told[word] = join(names, APART)
    if "better" not in told:
        return both("worse in {names}", names=told["worse"])
    if "worse" not in told:
        return both("better in {names}", names=told["better"])
    return both("worse in {worse}, better in {better}", **told)


def _company(report: "Report", values: pd.DataFrame) -> Block:
    title = both("How far apart the units lie: width of the middle eight in ten")
    rows = [_spread(report, str(metric), part) for metric, part in values.groupby("metric", sort=False)]
    spread = pd.DataFrame([row for row in rows if row is not None])
    if spread.empty:
        return Note.empty(title, languages=report.languages)
    spread = spread.sort_values(["apart", "width"], ascending=False, kind="stable").reset_index(drop=True)
    first = spread.iloc[0]
    headline = both("No figure sets a unit apart from the others beyond chance")
    if first["apart"]:
        headline = both(
            "Most units stand apart in: {name}; {n} of them beyond chance, the middle eight in ten lie at {band}",
            name=report.catalogue[first["metric"]].name,
            n=str(int(first["apart"])),
            band=first["band"],
        )
    drawn = spread.head(METRICS_SHOWN)[["metric", "width"]].rename(columns={"width": "value"})
    drawn = drawn.sort_values("value", ascending=False, kind="stable")
    drawn = drawn.assign(label=text_column(report.catalogue[metric].name for metric in drawn["metric"]), tone="flat")
    for metric in drawn["metric"]:
        report.kpi(metric)  # what is drawn is defined at the end of the page
    columns = {
        "name": Column(both("Metric"), kind="text"),
        "median": Column(both("Median of the units"), kind="text"),
        "band": Column(both("Middle eight in ten"), kind="text"),
        "worse": Column(both("Worse than the others, beyond chance"), kind="text"),
        "better": Column(both("Better than the others, beyond chance"), kind="text"),
    }
    figures = table(
        spread, columns=columns, caption=title, name="units", rows_shown=METRICS_SHOWN, languages=report.languages
    )
    figure = chart_intervals(
        drawn,
        title=headline,
        description=title,
        name="unit-spread",
        label_room=LABEL_ROOM,
        table=figures,
        languages=report.languages,
    )
    about = both("{title}, in steps worth acting on · {period}", title=title, period=tell_period(report.period))
    chance = both(
        "Part of every spread is chance: small units lie farther out. Names stand only where it is beyond chance."
    )
    parts = (figure, Sentences((chance,), languages=report.languages))
    return report.section(headline=headline, subtitle=about, parts=parts)


def _spread(report: "Report", metric: str, part: pd.DataFrame) -> dict[str, object] | None:
    card = report.catalogue[metric]
    if len(part) < FEWEST_UNITS:
        return None
    low, median, high = (float(value) for value in part["value"].quantile([0.1, 0.5, 0.9]))
    step = step_of(card, median) or np.nan
    good = -1 if card.better == "lower" else 1
    sides = {unit: _side(row, good) for unit, row in zip(part["business_unit"], rows_of(part), strict=True)}
    ends = sorted(good * (value - median) / step for value in (low, high))
    if not np.isfinite(ends).all():
        return None
    return {
        "metric": metric,
        "name": card.name,
        "median": tell_value(median, card.unit),
        "band": tell_interval(low, high, card.unit),
        "worse": _named(report, [unit for unit, side in sides.items() if side < 0]),
        "better": _named(report, [unit for unit, side in sides.items() if side > 0]),
        "apart": sum(side != 0 for side in sides.values()),
        "low": ends[0],
        "high": ends[1],
        "width": ends[1] - ends[0],
    }


def _side(row: dict[str, object], good: int) -> int:
    change = change_against(row, "peers")
    if change is None or not change.get("significant"):
        return 0
    return good if float(change["value"]) > 0 else -good


def _named(report: "Report", units: list[str]) -> Text:
    names = [report.run.unit_name(unit) for unit in units[:NAMES_AT_MOST]]
    more = [plain(f"+{len(units) - NAMES_AT_MOST}")] if len(units) > NAMES_AT_MOST else []
    return join([*names, *more], APART) if units else plain("–")
