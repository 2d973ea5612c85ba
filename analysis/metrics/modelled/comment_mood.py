"""How many comments are negative, by theme, and how often the reader of comments is right.

The comments are read once a run (`analysis.statistics.comments`); what was read stays on the connection, so that each
card counts the same readings. `options.figure`: negative (of the classified comments, by theme too), right (of the
comments whose score is clear) or unclassified (of all).
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.metrics.cards import MetricCard
from analysis.metrics.coverage import read_coverage
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.periods import Periods
from analysis.statistics.comments import read_mood, read_themes, theme_names
from analysis.statistics.intervals import wilson

READ = "comments_read"
SAID = """
    SELECT
        business_unit, period_of(answered_at) AS period, comment,
        CASE
            WHEN family = 'nps' AND scale_to = 10 THEN CASE WHEN score <= 6 THEN 1 WHEN score >= 9 THEN 0 END
            WHEN family = 'ces' AND levels = 7 THEN CASE WHEN score <= 3 THEN 1 WHEN score >= 5 THEN 0 END
            WHEN family = 'csat' THEN CASE WHEN is_bottom THEN 1 WHEN is_top THEN 0 END
        END AS dissatisfied
    FROM survey_answers
    WHERE comment IS NOT NULL AND answered_at IS NOT NULL
    ORDER BY survey_id
"""


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """One row per unit (and `all`) × period, and for `negative` per theme: the share with Wilson's interval."""
    read, coverage = _read(con), read_coverage(con, "survey_answers", "answered_at", periods=periods)
    if read.empty or coverage is None:
        return read.head(0)
    read = read[read["period"] >= coverage.first_complete]
    if card.how.options["figure"] == "right":
        clear = read[read["dissatisfied"].notna()]
        right = (clear["negative"] == clear["dissatisfied"]).astype(float)
        return _shares(clear.assign(counted=right), NO_BREAKDOWN, NO_BREAKDOWN)
    if card.how.options["figure"] == "unclassified":
        return _shares(read.assign(counted=read["negative"].isna().astype(float)), NO_BREAKDOWN, NO_BREAKDOWN)
    known = read[read["negative"].notna()].assign(counted=lambda rows: rows["negative"])
    parts = [_shares(known, NO_BREAKDOWN, NO_BREAKDOWN)]
    parts += [_shares(known[known[f"theme_{name}"]], "theme", name) for name in theme_names()]
    return pd.concat(parts, ignore_index=True)


def _read(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Every comment with its reading: business_unit, period, dissatisfied, negative, theme_…; read on first asking."""
    ((there,),) = con.execute(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{READ}'").fetchall()
    if there:
        return con.execute(f"SELECT * FROM {READ}").df()
    said = con.execute(SAID).df()
    texts = said["comment"].astype(str).tolist()
    if not texts:
        return said
    label = said["dissatisfied"].to_numpy(float, na_value=np.nan)
    found = dict(zip((f"theme_{name}" for name in theme_names()), read_themes(texts).T, strict=True))
    read = said.drop(columns="comment").assign(dissatisfied=label, negative=read_mood(texts, label).negative, **found)
    con.register("comments_just_read", read)
    con.execute(f"CREATE TEMP TABLE {READ} AS SELECT * FROM comments_just_read")
    con.unregister("comments_just_read")
    return read


def _shares(rows: pd.DataFrame, breakdown: str, segment: str) -> pd.DataFrame:
    company = rows.assign(business_unit=ALL_UNITS)
    cells = pd.concat([rows, company], ignore_index=True).groupby(["business_unit", "period"])["counted"]
    sums = cells.agg(["sum", "size"]).reset_index()
    told = wilson(sums["sum"], sums["size"])
    return pd.DataFrame(
        {
            "business_unit": sums["business_unit"].astype(object),
            "period": sums["period"].astype("int64"),
            "breakdown": breakdown,
            "segment": segment,
            "numerator": sums["sum"].astype(float),
            "denominator": sums["size"].astype(float),
            "n": sums["size"].astype(float),
            "value": 100 * told.value,
            "low": 100 * told.low,
            "high": 100 * told.high,
            "se": 100 * told.se,
        }
    )
