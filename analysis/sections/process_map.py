"""Which way orders go: the map of their steps, the ways taken most often, and how they deviate from the norm."""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals, chart_process_map
from analysis.presentation.formatting import fmt_number, is_missing
from analysis.presentation.known_values import STEPS, step_name
from analysis.presentation.language import Text, both, each, join
from analysis.presentation.telling import tell_count, tell_interval, tell_period, tell_value
from analysis.sections.wording import capital, said
from analysis.statistics.process_mining import dependency, main_paths

if TYPE_CHECKING:
    from analysis.report import Report

STEP_METRIC, PATH_METRIC, DEVIATION_METRIC = "step_wait_median", "path_cycle_median", "deviation_share"
COVER = 0.95
OFTEN = 0.2  # of the orders: a wait on the way of fewer is no headline
OTHER = "other"
WAIT_PLACES = 2  # of hours: one precision for a median and its interval, so that none stands outside its own
OVER = ("completed", "closed", "cancelled")  # after these no customer waits


def process_map(report: "Report") -> Block:
    """A section with the directly-follows map of the year's orders, and below it the ways taken most often."""
    missing = report.lacks("process map", *report.run.missing.get(STEP_METRIC, []))
    rows = _newest(report, STEP_METRIC, "step")
    if missing is not None or rows.empty:
        return missing or _only_newest(report, both("The steps of the orders, as they ran"))
    pairs = rows["segment"].str.split(">", expand=True)
    edges = pd.DataFrame(
        {"before": pairs[0], "after": pairs[1], "count": rows["n"], "wait": rows["value"],
         "low": rows["low"], "high": rows["high"]}
    ).reset_index(drop=True)  # fmt: skip
    edges["dependency"] = dependency(edges)
    drawn = edges[main_paths(edges, cover=COVER)].sort_values("count", ascending=False)
    title = capital(_longest_step(drawn))
    newest = _newest(report, STEP_METRIC, "activity")
    visits = {str(step): float(count) for step, count in zip(newest["segment"], newest["n"], strict=True)}
    whole = report.series(STEP_METRIC)
    orders = whole.loc[whole["period"] == report.period, "n"].sum()
    about = both(
        "Steps of the orders submitted in the twelve months to {period}: how often one follows another, and the median "
        "time between · {unit} · n = {n}",
        period=tell_period(report.period),
        unit=report.unit_name,
        n=tell_count(orders),
    )
    figure = chart_process_map(
        drawn,
        order=STEPS,
        visits=visits,
        names={step: capital(step_name(step)) for step in STEPS},
        title=title,
        description=report.catalogue[STEP_METRIC].definition,
        name="process-map",
        table=_edge_table(report, edges, about),
        languages=report.languages,
    )
    covered = both(
        "The arrows drawn are {share} of all steps taken; {n} rarer ways are left out. Orange arrows go back.",
        share=tell_value(100 * drawn["count"].sum() / edges["count"].sum(), "%"),
        n=tell_count(len(edges) - len(drawn)),
    )
    if len(edges) == len(drawn):
        covered = both("Every step taken is drawn. Orange arrows go back.")
    lines = said(_source(report), covered, _boxes(drawn, visits), _ways(report))
    return report.section(
        headline=title,
        subtitle=about,
        parts=(figure, Sentences(lines, languages=report.languages), *_path_table(report)),
    )


def deviations(report: "Report") -> tuple[Block, ...]:
    """The kinds of deviation from the norm over the year: a chart and a sentence, to stand below the trend; nothing
    where the data cannot tell.
    """
    rows = _newest(report, DEVIATION_METRIC, "deviation")
    rows = rows[rows["value"] > 0].sort_values("value", ascending=False)
    if rows.empty:
        return ()
    title = both(
        "How they deviate, orders completed in the twelve months to {period}", period=tell_period(report.period)
    )
    figure = chart_intervals(
        rows.assign(label=text_column(capital(report.segment_name("deviation", kind)) for kind in rows["segment"])),
        title=title,
        unit="%",
        name="deviations",
        description=report.catalogue[DEVIATION_METRIC].definition,
        languages=report.languages,
    )
    top = rows.iloc[0]
    line = both(
        "Most frequent deviation in the twelve months: {kind}, {share} of the orders ({interval}).",
        kind=report.segment_name("deviation", top["segment"]),
        share=tell_value(top["value"], "%"),
        interval=tell_interval(top["low"], top["high"], "%"),
    )
    return figure, Sentences((line,), languages=report.languages)


def _newest(report: "Report", metric: str, breakdown: str) -> pd.DataFrame:
    """The rows of the report's period; figures of a year are measured for the newest period only."""
    rows = report.segments(metric, breakdown)
    return rows[(rows["period"] == report.period) & rows["value"].notna()]


def _only_newest(report: "Report", title: Text) -> Note:
    reason = both("It is drawn from the orders of the newest twelve months; this unit and period have none.")
    return Note(title, reason, languages=report.languages)


def _longest_step(drawn: pd.DataFrame) -> Text:
    running = drawn[~drawn["before"].isin(OVER) & (drawn["before"] != drawn["after"])]
    frequent = running[running["count"] >= OFTEN * drawn["count"].max()]
    if frequent.empty:
        return both("The steps of the orders, as they ran")
    top = frequent.loc[frequent["wait"].idxmax()]
    return both(
        "The longest step on the main way: from “{before}” to “{after}” half of the orders take {wait} or longer",
        before=step_name(top["before"]),
        after=step_name(top["after"]),
        wait=tell_value(top["wait"], "h"),
    )


def _source(report: "Report") -> Text | None:
    if report.run.store.has("work_order_events"):
        return None
    return both(
        "The data hold no recorded steps: the map is built from the orders' time stamps, which show neither "
        "repeats nor "
        "waits."
    )


def _boxes(drawn: pd.DataFrame, visits: dict[str, float]) -> Text | None:
    """What the boxes count, and which steps have no box because no way drawn touches them."""
    if not visits:
        return None
    shown = set(drawn["before"]) | set(drawn["after"])
    left = sorted(((count, step) for step, count in visits.items() if step not in shown), reverse=True)
    if not left:
        return both("A box counts every time its step was taken, by whichever way.")
    each_step = [both("{step} ({n})", step=step_name(step), n=tell_count(count)) for count, step in left]
    return both(
        "A box counts every time its step was taken, by whichever way; steps without a box: {steps}.",
        steps=join(each_step, {"en": ", ", "zh": "、"}),
    )


def _ends(low: float, high: float) -> Text:
    if is_missing(low) or is_missing(high):
        return both("too few")
    return each(lambda language: "–".join(fmt_number(end, "h", language, decimals=WAIT_PLACES) for end in (low, high)))


def _ways(report: "Report") -> Text | None:
    rows = _newest(report, PATH_METRIC, "path")
    named = rows[rows["segment"] != OTHER].sort_values("n", ascending=False)
    if named.empty:
        return None
    top = named.iloc[0]
    return both(
        "{share} of the completed orders went the most frequent way, at a median of {value}.",
        share=tell_value(100 * top["n"] / rows["n"].sum(), "%"),
        value=tell_value(top["value"], "d"),
    )


def _path_table(report: "Report") -> tuple[Table, ...]:
    rows = _newest(report, PATH_METRIC, "path")
    if rows.empty:
        return ()
    rows = rows.assign(last=rows["segment"] == OTHER).sort_values(["last", "n"], ascending=[True, False])
    main = rows["value"].iloc[0]
    frame = pd.DataFrame(
        {
            "path": text_column(capital(report.segment_name("path", path)) for path in rows["segment"]),
            "n": rows["n"].to_numpy(),
            "share": (100 * rows["n"] / rows["n"].sum()).to_numpy(),
            "median": rows["value"].to_numpy(),
            "longer": (rows["value"] - main).to_numpy(),
        }
    )
    columns = {
        "path": Column(both("Way"), kind="text"),
        "n": Column(both("Orders"), "n"),
        "share": Column(both("Share"), "%"),
        "median": Column(both("Median cycle"), "d"),
        "longer": Column(both("Against the first"), "d", kind="change"),
    }
    caption = both(
        "The ways completed orders took; harder work takes other ways, so a difference is no effect of the way"
    )
    return (table(frame, columns=columns, caption=caption, name="paths", languages=report.languages),)


def _edge_table(report: "Report", edges: pd.DataFrame, caption: Text) -> Table:
    ranked = edges.sort_values("count", ascending=False)
    frame = pd.DataFrame(
        {
            "before": text_column(capital(step_name(step)) for step in ranked["before"]),
            "after": text_column(capital(step_name(step)) for step in ranked["after"]),
            "count": ranked["count"].to_numpy(),
            "wait": ranked["wait"].to_numpy(),
            "interval": text_column(_ends(low, high) for low, high in zip(ranked["low"], ranked["high"], strict=True)),
            "dependency": ranked["dependency"].to_numpy(),
        }
    )
    columns = {
        "before": Column(both("From"), kind="text"),
        "after": Column(both("To"), kind="text"),
        "count": Column(both("How often"), "n"),
        "wait": Column(both("Median time between"), "h", decimals=WAIT_PLACES),
        "interval": Column(both("95% interval"), kind="text"),
        "dependency": Column(both("One way only (1 = always)"), "", decimals=2),
    }
    return table(frame, columns=columns, caption=caption, name="process-map", languages=report.languages)
