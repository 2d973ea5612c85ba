"""Whether a table's records thin out before the data end, as where a source was no longer kept or not wholly exported.

It judges months that are over against the year before; why fewer records came is for the source's owner to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from analysis.intake.quoting import identifier

YEAR, FEWEST_MONTHS = 12, 6
FEWEST_RECORDS = 10
HALF = 0.5
MINUTE = timedelta(minutes=1)  # a cut-off of 23:59 ends its day


@dataclass(frozen=True)
class Thinning:
    """From which month on records come seldom, how many a month since and in the year before (fewest, most)."""

    first: str
    since: tuple[int, int]
    before: tuple[int, int]

    @property
    def note(self) -> str:
        """As `check` says it."""
        since, before = (f"{low:,}" + (f"-{high:,}" if high > low else "") for low, high in (self.since, self.before))
        return (
            f"records thin out: {since} a month from {self.first} on, {before} in the year before; "
            "if the source is not whole, declare meta.data_cutoff_at before that month"
        )

    @property
    def facts(self) -> dict[str, object]:
        """As the manifest keeps it."""
        return {"from": self.first, "since": list(self.since), "before": list(self.before)}


def thinning(months: Sequence[str], counts: Sequence[int]) -> Thinning | None:
    """The last months if each of them has fewer than half the records of the poorest month of the year before them.

    The poorest month, not the usual one, so that a season's or a holiday's low does not count; and at least ten
    records in it, so that chance does not.

    Parameters
    ----------
    months : every month of the table in order ("2011-11"), those without records too, the unfinished last one not
    """
    for start in range(FEWEST_MONTHS, len(counts)):
        before, since = counts[max(0, start - YEAR) : start], counts[start:]
        if min(before) >= FEWEST_RECORDS and max(since) < HALF * min(before):
            return Thinning(months[start], (min(since), max(since)), (min(before), max(before)))
    return None


def table_thinning(
    column: str, files: str, connection: duckdb.DuckDBPyConnection, *, cutoff: datetime
) -> Thinning | None:
    """The thinning of a stored table by the column that dates its records, over the months that end by the cut-off."""
    moment = f"CAST({identifier(column)} AS TIMESTAMP)"
    sql = f"""
        WITH counted AS (SELECT date_trunc('month', {moment}) AS month, count(*) AS rows FROM {files} GROUP BY 1),
        whole AS (
            SELECT unnest(generate_series(
                (SELECT CAST(min(month) AS TIMESTAMP) FROM counted),
                date_trunc('month', CAST(? AS TIMESTAMP)) - INTERVAL 1 MONTH, INTERVAL 1 MONTH)) AS month)
        SELECT strftime(whole.month, '%Y-%m'), coalesce(counted.rows, 0)
        FROM whole LEFT JOIN counted ON CAST(counted.month AS TIMESTAMP) = whole.month ORDER BY whole.month"""
    rows = connection.execute(sql, [cutoff + MINUTE]).fetchall()
    return thinning([month for month, _ in rows], [count for _, count in rows])
