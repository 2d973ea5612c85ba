"""What customers write: the themes of their comments, how many of each are negative, how far the reading can be
trusted, and examples with names and numbers masked.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.metrics.small_cells import FEWEST as FEWEST_PEOPLE
from analysis.metrics.small_cells import too_few, with_kept_parts
from analysis.presentation.blocks import Block, Column, Note, Sentences, Table, table, text_column
from analysis.presentation.charts import chart_intervals
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import LANGUAGES, Text, both
from analysis.presentation.masking import mask_text
from analysis.presentation.telling import tell_count, tell_interval, tell_span, tell_value
from analysis.sections.segments import UNNAMED, recent
from analysis.sections.wording import capital, said
from analysis.statistics.comments import read_themes, theme_names
from analysis.statistics.comparison import benjamini_hochberg, compare_proportions
from analysis.statistics.intervals import wilson

if TYPE_CHECKING:
    from analysis.report import Report

NEGATIVE, RIGHT, UNCLASSIFIED = "negative_comment_share", "comment_reading_accuracy", "comment_unclassified_share"
BREAKDOWN = "theme"
FEWEST = 30
FEWEST_OF_A_THEME = 10
LABELLED = 50  # scored comments below which no accuracy is told
EXAMPLES, WORDS_SHOWN = 4, 160
LOW_HALF = 0.5
MONTHS_OF_EXAMPLES = 3
FALSE_DISCOVERIES = 0.05


def comments(report: "Report") -> Block:
    """A section on the comments of the last twelve months by theme, with the reader's accuracy and newest examples."""
    missing = report.lacks("comments", *report.run.missing.get(NEGATIVE, []))
    whole, rows = recent(report.series(NEGATIVE).assign(segment="all")), recent(report.segments(NEGATIVE, BREAKDOWN))
    title = both("What customers write")
    if missing is not None or whole.empty:
        return missing or Note.empty(title, languages=report.languages)
    overall = _shares(whole).iloc[0]
    themes = _judged(_shares(rows), overall)
    headline = capital(_headline(report, overall, themes))
    if overall["denominator"] < FEWEST:
        return Note(title, headline, languages=report.languages)
    about = both(
        "Negative comments by theme, {span} · {unit} · {n} comments",
        span=tell_span(whole["period"].min(), whole["period"].max()),
        unit=report.unit_name,
        n=tell_count(overall["denominator"]),
    )
    labels = text_column(capital(report.segment_name(BREAKDOWN, segment)) for segment in themes["segment"])
    trust = Sentences(_sentences(report), languages=report.languages)
    examples = _examples(report, list(themes.sort_values("numerator", ascending=False)["segment"]))
    others: tuple[Block, ...] = (trust,) if examples is None else (trust, examples)
    if not _comparable(themes):
        return report.section(headline=headline, subtitle=about, parts=others)
    figure = chart_intervals(
        themes.assign(label=labels),
        title=headline,
        unit="%",
        name="comments",
        reference=float(overall["value"]),
        reference_label=both("all comments"),
        description=about,
        languages=report.languages,
    )
    return report.section(headline=headline, subtitle=about, parts=(figure, *others))


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Negative ÷ classified of the months together, by segment: those too small to be told alone count among them,
    and segments that are too small together are left out."""
    sums = with_kept_parts(rows).groupby("segment", as_index=False)[["numerator", "denominator", "n"]].sum()
    if FEWEST_PEOPLE in rows and len(rows):
        sums = sums[~too_few(sums, fewest=int(rows[FEWEST_PEOPLE].max()))].reset_index(drop=True)
    told = wilson(sums["numerator"], sums["denominator"])
    return sums.assign(value=100 * told.value, low=100 * told.low, high=100 * told.high, n=sums["denominator"])


def _comparable(themes: pd.DataFrame) -> bool:
    """Whether at least two themes have comments enough to be held against each other."""
    return int((themes["denominator"] >= FEWEST_OF_A_THEME).sum()) > 1


def _judged(themes: pd.DataFrame, overall: pd.Series) -> pd.DataFrame:
    """Themes from the most negative down; `tone` where a theme differs from all other comments beyond chance, allowing
    for how many are compared.
    """
    k, n = themes["numerator"].to_numpy(float), themes["denominator"].to_numpy(float)
    found = compare_proportions(k, n, k0=overall["numerator"] - k, n0=overall["denominator"] - n)
    q = np.nan_to_num(benjamini_hochberg(np.where(n >= FEWEST_OF_A_THEME, found.p, np.nan)), nan=1.0)
    tone = np.where(q >= FALSE_DISCOVERIES, "flat", np.where(found.value > 0, "bad", "good"))
    return themes.assign(tone=tone).sort_values("value", ascending=False, kind="stable").reset_index(drop=True)


def _headline(report: "Report", overall: pd.Series, themes: pd.DataFrame) -> Text:
    share = tell_value(overall["value"], "%")
    if overall["denominator"] < FEWEST:
        return both("Too few comments to tell what they are about: {n}", n=tell_count(overall["denominator"]))
    if not _comparable(themes):
        return both("{share} of the comments are negative; too few of each theme to compare", share=share)
    worst = themes[themes["tone"] == "bad"]
    if worst.empty:
        return both(
            "{share} of the comments are negative; no theme more than the others, chance allowed for", share=share
        )
    top = worst.iloc[int(worst["value"].to_numpy().argmax())]
    return both(
        "{share} of the comments are negative; of those about {theme}, {value} ({interval}, n = {n})",
        share=share,
        theme=report.segment_name(BREAKDOWN, top["segment"]),
        value=tell_value(top["value"], "%"),
        interval=tell_interval(top["low"], top["high"], "%"),
        n=tell_count(top["denominator"]),
    )


def _sentences(report: "Report") -> tuple[Text, ...]:
    right, rest = (recent(report.series(metric).assign(segment="all")) for metric in (RIGHT, UNCLASSIFIED))
    trust: Text | None = both("Too few comments carry a clear score to say how often the reading is right.")
    told = _shares(right).iloc[0] if len(right) else None
    if told is not None and told["denominator"] >= LABELLED:
        trust = both(
            "Held against scores it had not seen, the reading is right for {value} of comments ({interval}, n = {n}).",
            value=tell_value(told["value"], "%"),
            interval=tell_interval(told["low"], told["high"], "%"),
            n=tell_count(told["denominator"]),
        )
    unread = None
    if len(rest):
        share = _shares(rest).iloc[0]["value"]
        if not is_missing(share) and share > 0:
            unread = both("Could not be classified: {share}.", share=tell_value(share, "%"))
    nature = both("Mostly the delighted and the angry write; a comment can have several themes.")
    return said(trust, unread, nature)


def _examples(report: "Report", themes: list[str]) -> Table | None:
    """The newest dissatisfied comment of each of the themes with most negative comments, newest first; masked."""
    rows = _newest_low(report)
    if rows.empty:
        return None
    touched = pd.DataFrame(read_themes(rows["comment"].tolist()), columns=list(theme_names()), index=rows.index)
    chosen: list[tuple[str, int]] = []
    for theme in (name for name in themes if name not in UNNAMED and touched.get(name, pd.Series(False)).any()):
        free = [place for place in touched.index[touched[theme]] if place not in {used for _, used in chosen}]
        chosen += [(theme, free[0])] if free else []
    if not chosen:
        return None
    place = {where: number for number, where in enumerate(rows.index)}  # the rows stand newest first
    chosen = sorted(chosen[:EXAMPLES], key=lambda one: place[one[1]])
    picked = rows.loc[[place for _, place in chosen]]
    frame = pd.DataFrame(
        {
            "theme": text_column(capital(report.segment_name(BREAKDOWN, theme)) for theme, _ in chosen),
            "answered_at": picked["answered_at"].to_numpy(),
            "comment": text_column(_shortened(text) for text in picked["comment"]),
        }
    )
    columns = {
        "theme": Column(both("Theme"), kind="text"),
        "answered_at": Column(both("Answered"), kind="date"),
        "comment": Column(both("In the customer's words"), kind="text"),
    }
    caption = both("Newest comments of dissatisfied customers, names and numbers masked")
    return table(frame, columns=columns, caption=caption, name="comments-examples", languages=report.languages)


def _newest_low(report: "Report") -> pd.DataFrame:
    """Comments of the last three months from the lower half of their scale, newest first. A scale that is not given
    is the range that its question's scores have.
    """
    columns = ["survey_id", "instrument", "answered_at", "score", "scale_min", "scale_max", "comment"]
    rows = report.records("surveys", columns)
    rows = rows[rows["score"].notna() & rows["answered_at"].notna()]
    seen = rows.groupby("instrument")["score"]
    low, high = rows["scale_min"].fillna(seen.transform("min")), rows["scale_max"].fillna(seen.transform("max"))
    end = pd.Period(report.period.replace("-Q", "Q")).end_time
    since = end - pd.DateOffset(months=MONTHS_OF_EXAMPLES)
    text = rows["comment"].fillna("").str.strip()
    kept = (rows["score"] - low <= LOW_HALF * (high - low)) & (high > low) & text.ne("")
    kept &= rows["answered_at"].between(since, end)
    return rows[kept].sort_values(["answered_at", "survey_id"], ascending=False)


def _shortened(text: str) -> Text:
    """The customer's words with identifiers masked in each language's way, cut where they run long."""
    masked = {language: mask_text(str(text), language) for language in LANGUAGES}
    return {
        language: words if len(words) <= WORDS_SHOWN else words[:WORDS_SHOWN].rstrip() + " …"
        for language, words in masked.items()
    }
