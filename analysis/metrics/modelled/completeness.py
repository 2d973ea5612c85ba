"""How many of the fields that ought to be filled are filled: by period, by table and by field.

Only fields that some record fills count: what a source does not have is absent, not empty. Tables without a date of
their own (products, policies) are left out.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import duckdb
import pandas as pd

from analysis.data_model import read_tables
from analysis.metrics.cards import MetricCard
from analysis.metrics.expected import Expected, ExpectedField, read_expected
from analysis.metrics.figures import NO_BREAKDOWN
from analysis.metrics.periods import Periods
from analysis.metrics.record_shares import COUNTS, no_figures, shares, tables_of

FIELD, RECORD_TYPE = "field", "record_type"


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Fields filled ÷ fields expected in per cent, with the breakdowns `field` and `record_type` (the table)."""
    counted = [part for part in _counted(con, read_expected(), tables_of(con)) if len(part)]
    if not counted:
        return no_figures()
    counts = pd.concat(counted, ignore_index=True)
    by_field = shares(counts, breakdown=FIELD, units=units)
    of_tables = counts.assign(segment=counts["segment"].str.split(".").str[0])
    by_table = shares(of_tables, breakdown=RECORD_TYPE, units=units)
    found = pd.concat([by_field, by_table[by_table["breakdown"] != NO_BREAKDOWN]], ignore_index=True)
    return found[found["breakdown"].isin([NO_BREAKDOWN, *card.breakdowns])]


def _counted(con: duckdb.DuckDBPyConnection, expected: Expected, present: set[str]) -> Iterator[pd.DataFrame]:
    """COUNTS of every field that is filled at all, table by table; the segment is the field's id."""
    for table, group in groupby(expected.fields, key=lambda field: field.table):
        time = read_tables()[table].time_column
        if table in present and time is not None:
            yield _of_table(con, table, time, list(group), expected.placeholders)


def _of_table(
    con: duckdb.DuckDBPyConnection, table: str, time: str, fields: list[ExpectedField], placeholders: tuple[str, ...]
) -> pd.DataFrame:
    sums = ", ".join(
        f"count(*) FILTER (({field.when}) AND {_says_something(field, placeholders)}) AS x_{number}, "
        f"count(*) FILTER ({field.when}) AS y_{number}"
        for number, field in enumerate(fields)
    )
    rows = con.execute(
        f'SELECT business_unit, period_of("{time}") AS period, {sums} FROM {table} '
        f'WHERE "{time}" IS NOT NULL GROUP BY ALL'
    ).df()
    parts = [
        rows[["business_unit", "period"]].assign(
            segment=field.id, numerator=rows[f"x_{number}"], denominator=rows[f"y_{number}"]
        )
        for number, field in enumerate(fields)
        if rows[f"x_{number}"].sum() > 0
    ]
    return pd.concat(parts, ignore_index=True)[list(COUNTS)] if parts else pd.DataFrame(columns=list(COUNTS))


def _says_something(field: ExpectedField, placeholders: tuple[str, ...]) -> str:
    filled = f'"{field.column}" IS NOT NULL'
    if read_tables()[field.table].column(field.column).type != "str":
        return filled
    nothing = ", ".join("'" + text.replace("'", "''") + "'" for text in placeholders)
    return f'({filled} AND lower(trim("{field.column}")) NOT IN ({nothing}))'
