"""The records behind a figure and the SQL that reads them: the measured table's rows that count, with what each
adds.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data_model import ALL_UNITS
from analysis.exploring.asked import BY_UNIT, Asked
from analysis.faults import UserFault
from analysis.metrics.kinds import EXPRESSIONS, Derived, Modelled, Snapshot
from analysis.metrics.periods import Periods
from analysis.metrics.tables import build_tables, read_measured_tables

if TYPE_CHECKING:
    from analysis.report import Report


def say_sql(report: "Report", asked: Asked) -> str:
    """The statement over the measured table that gives the records of the period; what the table itself is, in front.

    A metric that is made of others or that a model measures has no statement of its own: the text says of what.
    """
    how: Any = asked.card.how
    if isinstance(how, Derived):
        return f"-- {asked.card.id} = {how.function} of {', '.join(how.of)}: see their SQL"
    if isinstance(how, Modelled):
        return f"-- {asked.card.id} is measured by the model {how.function} on {', '.join(how.tables)}"
    table = read_measured_tables()[how.table]
    return f"-- {table.name}:\n{_commented(table.sql)}\n{_statement(report, asked)}"


def read_records(report: "Report", asked: Asked) -> pd.DataFrame:
    """The unit's records that count in the period, one row each, with the metric's expressions as columns.

    Raises
    ------
    UserFault : for a metric that is made of others or measured by a model
    """
    how: Any = asked.card.how
    if isinstance(how, Derived | Modelled):
        parts = how.of if isinstance(how, Derived) else how.tables
        raise UserFault(f"records: {asked.card.id} has none of its own; look at {', '.join(parts)}")
    store = report.run.store
    with store.connect() as con:
        build_tables(con, [how.table], present=store.tables, macros=Periods("month", store.cutoff).sql_macros())
        return con.execute(_statement(report, asked)).df()


def _statement(report: "Report", asked: Asked) -> str:
    how: Any = asked.card.how
    named = {name: getattr(how, name, None) for name in EXPRESSIONS if name != "where"}
    columns = [f"({text}) AS metric_{name}" for name, text in named.items() if text is not None]
    begin, end = asked.first.start_time.date(), (asked.last + 1).start_time.date()
    if isinstance(how, Snapshot):
        within = f"({how.start}) < '{end}' AND coalesce(({how.end}) >= '{end}', true)"
    else:
        within = f"({how.time}) >= '{begin}' AND ({how.time}) < '{end}'"
    conditions = [f"({how.where})", within]
    if report.business_unit != ALL_UNITS:
        conditions.append(f"business_unit = {_quoted(report.business_unit)}")
    if asked.segment is not None:
        conditions.append(f"CAST({asked.segment[0]} AS VARCHAR) = {_quoted(asked.segment[1])}")
    first = [f"{asked.by} AS by_{asked.by}"] if asked.by and asked.by != BY_UNIT and asked.segment is None else []
    chosen = ",\n       ".join([*first, *columns, "*"])
    return f"SELECT {chosen}\nFROM {how.table}\nWHERE " + "\n  AND ".join(conditions)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _commented(sql: str) -> str:
    return "\n".join(f"-- {line}" for line in sql.strip().splitlines())
