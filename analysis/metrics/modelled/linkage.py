"""How many records lead to the record that they ought to belong to: by period and by link.

A link counts where the data give both tables and some record fills the column; whether the reference is missing or
leads nowhere, the record is not linked.
"""

from collections.abc import Iterator, Sequence

import duckdb
import pandas as pd

from analysis.data_model import read_tables
from analysis.metrics.cards import MetricCard
from analysis.metrics.expected import Link, read_expected
from analysis.metrics.periods import Periods
from analysis.metrics.record_shares import no_figures, shares, tables_of

LINK = "link"


def measure(
    con: duckdb.DuckDBPyConnection, card: MetricCard, *, periods: Periods, units: Sequence[str]
) -> pd.DataFrame:
    """Records whose reference is found ÷ records that ought to have one in per cent, with the breakdown `link`."""
    found = list(_counted(con, tables_of(con)))
    return shares(pd.concat(found, ignore_index=True), breakdown=LINK, units=units) if found else no_figures()


def _counted(con: duckdb.DuckDBPyConnection, present: set[str]) -> Iterator[pd.DataFrame]:
    for link in read_expected().links:
        if {link.table, link.to} <= present and _has_rows(con, link.to):
            rows = con.execute(_sql(link)).df()
            if rows["filled"].sum() > 0:
                yield rows.drop(columns="filled")


def _has_rows(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(con.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchall()[0][0])


def _sql(link: Link) -> str:
    """The join is of keys only, which are unique in their table; conditions speak of the record's own columns."""
    time, key = read_tables()[link.table].time_column, read_tables()[link.to].key[0]
    return f"""
        SELECT business_unit, period_of("{time}") AS period, '{link.id}' AS segment,
            count(there) AS numerator, count(*) AS denominator, count("{link.column}") AS filled
        FROM (SELECT * FROM {link.table} WHERE "{time}" IS NOT NULL AND ({link.when}))
        LEFT JOIN (SELECT "{key}" AS there FROM {link.to}) ON there = "{link.column}"
        GROUP BY ALL"""
