"""How many of the records that arrived were refused: by the period in which they happened, and by table.

Repeated rows are no refusal and count nowhere; a refused row that cannot be dated counts in no period.
"""

from collections.abc import Iterator, Sequence

import duckdb
import pandas as pd

from analysis.data_model import read_tables
from analysis.metrics.cards import MetricCard
from analysis.metrics.periods import Periods
from analysis.metrics.record_shares import no_figures, shares, tables_of

RECORD_TYPE = "record_type"


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Records refused ÷ records that arrived in per cent, with the breakdown `record_type` (the table)."""
    present = tables_of(con)
    kept = [
        f"SELECT business_unit, period_of({at}) AS period, '{name}' AS segment, 0 AS refused, count(*) AS n "
        f"FROM {name} WHERE {at} IS NOT NULL GROUP BY ALL"
        for name, at in _dated(present)
    ]
    if not kept:
        return no_figures()
    gone = (
        "SELECT business_unit, period_of(happened_at) AS period, table_name AS segment, count(*) AS refused, "
        "count(*) AS n FROM excluded_rows WHERE kind = 'refused' AND happened_at IS NOT NULL GROUP BY ALL"
    )
    counts = con.execute(
        "SELECT business_unit, period, segment, sum(refused)::DOUBLE AS numerator, sum(n)::DOUBLE AS denominator "
        f"FROM ({' UNION ALL '.join([*kept, gone])}) GROUP BY ALL"
    ).df()
    return shares(counts, breakdown=RECORD_TYPE, units=units)


def _dated(present: set[str]) -> Iterator[tuple[str, str]]:
    """The tables kept by unit that date their records, each with its time column as SQL names it."""
    for name, table in read_tables().items():
        if name in present and table.partitioned and table.time_column:
            yield name, f'"{table.time_column}"'
