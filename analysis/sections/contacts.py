"""Contacts: over which channels customers come, what self-service takes off the agents, and which channel resolves how
much at equal work.
"""

from typing import TYPE_CHECKING

import pandas as pd

from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals, chart_stages
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_change, tell_count, tell_interval, tell_period, tell_span, tell_value
from analysis.sections.enough import can_name
from analysis.sections.pooling import pool
from analysis.sections.segments import UNNAMED, recent
from analysis.sections.trend import MONTHS_SHOWN
from analysis.sections.wording import capital, said
from analysis.statistics.comparison import benjamini_hochberg, compare_proportions

if TYPE_CHECKING:
    from analysis.report import Report

VOLUME, EQUAL = "interactions_received", "contact_resolution_standardised"
DEFLECTED, SOLVED, FELL_BACK = "self_service_deflection_rate", "self_service_solved_rate", "unsolved_contact_rate"
CHANNELS_SHOWN, MONTHS_COMPARED, YEAR = 6, 3, 12
FALSE_DISCOVERIES = 0.05
OTHERS = "others"
COMMA = {"en": ", ", "zh": "、"}
HALF_THE_WORK = 50.0  # per cent: a channel that takes less of the work is compared on a corner of it
BESIDE = ("first_response_within_4h", "csat_top2_share")  # of orders, by the channel that they came by


def channel_mix(report: "Report") -> Block:
    """A section on the contacts by channel, month by month, and whose share has moved against a year ago."""
    missing = report.lacks("channel mix", *report.run.missing.get(VOLUME, []))
    rows = report.segments(VOLUME, "channel")
    rows = rows[rows["value"].notna() & ~rows["segment"].isin(UNNAMED)]
    if missing is not None or rows.empty:
        return missing or Note.empty(both("Contacts by channel"), languages=report.languages)
    rows = rows[rows["period"].isin(sorted(rows["period"].unique())[-MONTHS_SHOWN:])]
    newest = rows[rows["period"] == rows["period"].max()].set_index("segment")["value"].sort_values(ascending=False)
    top = str(newest.index[0])
    title = _leader(report, rows, newest)
    about = both(
        "Contacts by channel, {span} · {unit} · n = {n}",
        span=tell_span(str(rows["period"].min()), str(rows["period"].max())),
        unit=report.unit_name,
        n=tell_count(rows["value"].sum()),
    )
    figure = chart_stages(
        _largest_channels(report, rows),
        title=title,
        unit="n",
        name="channel-mix",
        highlight=capital(report.segment_name("channel", top))["en"],
        description=report.catalogue[VOLUME].definition,
        languages=report.languages,
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(figure, Sentences(said(_moved(report, rows)), languages=report.languages)),
    )


def saved_contacts(report: "Report") -> Text | None:
    """How many contacts self-service may have spared over the last year: a range with what each end assumes; None where
    the data cannot tell.
    """
    deflected, solved = (_last_year(report.series(metric)) for metric in (DEFLECTED, SOLVED))
    unsolved = _last_year(report.series(FELL_BACK))
    if deflected.empty or solved.empty or unsolved.empty or not unsolved["denominator"].sum() > 0:
        return None
    fell_back = unsolved["numerator"].sum() / unsolved["denominator"].sum()
    return both(
        "Contacts that self-service spared in {months} months, of customers who are known and without the chatbot: at "
        "least {low} (solved sessions only, taking that {share} of them would have turned to a person, as after "
        "unsolved ones), at most {high} (every session without a contact after it).",
        months=str(len(deflected)),
        low=tell_count(round(solved["numerator"].sum() * fell_back)),
        share=tell_value(100 * fell_back, "%"),
        high=tell_count(deflected["numerator"].sum()),
    )


def resolution_by_channel(report: "Report") -> Block:
    """A section on what each channel resolves, plainly and at equal work."""
    missing = report.lacks("resolution by channel", *report.run.missing.get(EQUAL, []))
    rows = report.segments(EQUAL, "channel")
    rows = rows[(rows["period"] == report.period) & rows["value"].notna()].sort_values("value", ascending=False)
    title_of_none = both("Contacts resolved by channel, at equal work")
    if missing is not None or rows.empty:
        return missing or Note.empty(title_of_none, languages=report.languages)
    compared = rows[rows["denominator"] >= HALF_THE_WORK]
    if len(compared) < 2:
        reason = both("Fewer than two channels have enough contacts about orders to be compared.")
        if len(rows) > 1:
            reason = both("Fewer than two channels cover half of the work: at equal work there is nothing to compare.")
        return Note(title_of_none, reason, languages=report.languages)
    title = capital(_equal_work_headline(report, compared))
    about = both(
        "Contacts about orders that ended as resolved, twelve months to {period}, each channel at the same mix "
        "of product "
        "lines and faults · {unit} · n = {n}",
        period=tell_period(report.period),
        unit=report.unit_name,
        n=tell_count(rows["n"].sum()),
    )
    figure = chart_intervals(
        _labelled(report, compared),
        title=title,
        unit="%",
        name="resolution-by-channel",
        description=report.catalogue[EQUAL].definition,
        table=_equal_work_table(report, _labelled(report, rows), about),
        languages=report.languages,
    )
    caution = both(
        "Evened out are product line and fault; who chooses which channel, and with how urgent a problem, is not."
    )
    return report.section(
        headline=title,
        subtitle=about,
        parts=(
            figure,
            Sentences(
                said(_not_drawn(report, rows), caution, *(by_channel(report, metric) for metric in BESIDE)),
                languages=report.languages,
            ),
        ),
    )


def _leader(report: "Report", rows: pd.DataFrame, newest: pd.Series) -> Text:
    """The channel with most contacts of the newest month, where they are enough to name one."""
    newest_month = tell_period(str(rows["period"].max()))
    if not can_name(newest.sum()):
        return both(
            "Too few contacts in {period} to say which channel leads: {n}",
            period=newest_month,
            n=tell_count(newest.sum()),
        )
    return both(
        "{channel} takes {share} of the contacts in {period}",
        channel=capital(report.segment_name("channel", str(newest.index[0]))),
        share=tell_value(100 * newest.iloc[0] / newest.sum(), "%"),
        period=newest_month,
    )


def _largest_channels(report: "Report", rows: pd.DataFrame) -> pd.DataFrame:
    """Contacts by month of the largest channels, the others together, in the shape that the chart takes."""
    largest = list(rows.groupby("segment")["value"].sum().sort_values(ascending=False).index[:CHANNELS_SHOWN])
    kept = rows.assign(channel=rows["segment"].where(rows["segment"].isin(largest), OTHERS))
    sums = kept.groupby(["period", "channel"], as_index=False)["value"].sum()
    order = [*largest, OTHERS] if (kept["channel"] == OTHERS).any() else largest
    sums = sums.assign(place=sums["channel"].map(order.index)).sort_values(["period", "place"], kind="stable")
    names = {channel: capital(report.segment_name("channel", channel)) for channel in largest}
    names[OTHERS] = both("Other channels")
    return sums.assign(stage=text_column(names[channel] for channel in sums["channel"]))


def _moved(report: "Report", rows: pd.DataFrame) -> Text | None:
    """The channel whose share has moved most against the same months a year before, chance and the number of channels
    allowed for.
    """
    months = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=MONTHS_COMPARED, freq="M")
    now, before = (
        rows[rows["period"].isin(span.astype(str))].groupby("segment")["value"].sum()
        for span in (months, months - YEAR)
    )
    if now.empty or before.empty:
        return both("There is no year before to compare the shares with.")
    both_years = pd.DataFrame({"now": now, "before": before}).fillna(0.0)
    told = compare_proportions(both_years["now"], now.sum(), k0=both_years["before"], n0=before.sum())
    moved = pd.Series(told.value * 100, index=both_years.index)
    beyond = moved[benjamini_hochberg(told.p) < FALSE_DISCOVERIES]
    if beyond.empty:
        return both("No channel's share of the last three months differs from a year before by more than chance.")
    top = str(beyond.abs().idxmax())
    low, high = (100 * float(end[list(both_years.index).index(top)]) for end in (told.low, told.high))
    return both(
        "Against the same three months a year before {channel} moved most: {change} of all contacts ({interval}).",
        channel=report.segment_name("channel", top),
        change=tell_change(moved[top], "%"),
        interval=tell_interval(low, high, "pp"),
    )


def _last_year(history: pd.DataFrame) -> pd.DataFrame:
    """The newest twelve mature months with a figure."""
    known = history[history["mature"].astype(bool) & history["value"].notna()]
    return known.tail(YEAR)


def _equal_work_headline(report: "Report", rows: pd.DataFrame) -> Text:
    best, worst = rows.iloc[[0, -1]].to_dict("records")
    facts = {
        "best": report.segment_name("channel", best["segment"]),
        "high": tell_value(best["value"], "%"),
        "worst": report.segment_name("channel", worst["segment"]),
        "low": tell_value(worst["value"], "%"),
    }
    if best["low"] > worst["high"]:
        return both("Contacts resolved at equal work: {best} {high}, {worst} {low}", **facts)
    return both(
        "At equal work no channel resolves more than another beyond chance ({best} {high}, {worst} {low})", **facts
    )


def _labelled(report: "Report", rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(label=text_column(capital(report.segment_name("channel", name)) for name in rows["segment"]))


def _not_drawn(report: "Report", rows: pd.DataFrame) -> Text | None:
    """The channels that are not compared, with the part of the work that they know; the table has their figures."""
    apart = rows[rows["denominator"] < HALF_THE_WORK]
    if apart.empty:
        return None
    named = [
        both(
            "{name} ({share})",
            name=report.segment_name("channel", row["segment"]),
            share=tell_value(row["denominator"], "%"),
        )
        for row in apart.sort_values("denominator", ascending=False).to_dict("records")
    ]
    return both(
        "Not compared, since their contacts cover less than half of the work: {names}; the table has their figures.",
        names=join(named, COMMA),
    )


def _equal_work_table(report: "Report", rows: pd.DataFrame, caption: Text) -> Table:
    frame = pd.DataFrame(
        {
            "label": rows["label"].to_numpy(),
            "n": rows["n"].to_numpy(),
            "crude": rows["numerator"].to_numpy(),
            "value": rows["value"].to_numpy(),
            "interval": text_column(
                tell_interval(low, high, "") for low, high in zip(rows["low"], rows["high"], strict=True)
            ),
            "covered": rows["denominator"].to_numpy(),
        }
    )
    columns = {
        "label": Column(both("Channel"), kind="text"),
        "n": Column(both("Contacts"), "n"),
        "crude": Column(both("As it stands"), "%"),
        "value": Column(both("At equal work"), "%"),
        "interval": Column(both("95% interval"), kind="text"),
        "covered": Column(both("Work covered"), "%"),
    }
    return table(frame, columns=columns, caption=caption, name="resolution-by-channel", languages=report.languages)


def by_channel(report: "Report", metric: str) -> Text | None:
    """The lowest and the highest figure among the channels, pooled over the last year; None with fewer than two."""
    card = report.catalogue.get(metric)
    rows = recent(report.segments(metric, "channel"))
    if card is None or rows.empty:
        return None
    pooled = pool(rows, card)
    pooled = pooled[pooled["n"] >= card.minimum_n].sort_values("value")
    if len(pooled) < 2:
        return None
    low, high = pooled.iloc[0], pooled.iloc[-1]
    months = str(rows["period"].nunique())
    if not low["high"] < high["low"]:
        return both("{name}, {months} months by channel: no difference beyond chance.", name=card.name, months=months)
    return both(
        "{name}, {months} months by channel: from {low} ({low_channel}) to {high} ({high_channel}), mix not taken out.",
        name=card.name,
        months=months,
        low_channel=report.segment_name("channel", low["segment"]),
        low=tell_value(low["value"], card.unit),
        high_channel=report.segment_name("channel", high["segment"]),
        high=tell_value(high["value"], card.unit),
    )
