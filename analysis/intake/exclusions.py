"""Which rows of a table stay out, from the facts about all of them: exact repeats, rows that break a rule, keys that
stand twice.

Of different rows with one key the one with the latest `recorded_at` stays; where there is none, or two are equally
late, none stays, since either could be wrong. Leaves the DuckDB table `excluded`; changes nothing else.
"""

import duckdb

from analysis.data_model import Table
from analysis.data_model.reasons import CONFLICT, SUPERSEDED
from analysis.intake.binding import BoundTable
from analysis.intake.quoting import literal
from analysis.intake.rows import PLACE, source_text_sql

_NOTHING = """
    SELECT 0 AS "row:file", 0 AS "row:number", '' AS kind, '' AS reasons, '' AS unit, TIMESTAMP '2000-01-01' AS moment,
        [''] AS source
    WHERE false"""


def exclude_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """An empty table `excluded`, for a table without rows."""
    connection.execute(f"CREATE OR REPLACE TABLE excluded AS {_NOTHING}")


def exclude_rows(table: Table, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Make `excluded` from `facts`: place, kind (`duplicate` or `refused`), reasons, unit, source text; returns rows by
    kind.

    Keys are compared by hash first, so that only the few that may stand twice are held in memory as text.
    """
    again = (
        "SELECT hash(key) FROM facts GROUP BY ALL HAVING count(*) > 1" if table.key else "SELECT 0::UBIGINT WHERE false"
    )
    replaced, conflict = literal(SUPERSEDED["en"]), literal(CONFLICT["en"])
    connection.execute(f"""
        CREATE OR REPLACE TABLE excluded AS
        WITH candidates AS (SELECT * FROM facts WHERE hash(key) IN ({again})),
        marked AS (
            SELECT *, row_number() OVER (PARTITION BY key, same, reasons ORDER BY {PLACE}) > 1 AS again
            FROM candidates),
        rivals AS (
            SELECT *, count(*) OVER (PARTITION BY key) AS rows_of_key, max(recorded) OVER (PARTITION BY key) AS latest
            FROM marked WHERE NOT again AND reasons IS NULL),
        settled AS (
            SELECT *, count(*) FILTER (recorded = latest) OVER (PARTITION BY key) = 1 AS clear
            FROM rivals WHERE rows_of_key > 1)
        SELECT {PLACE}, 'duplicate' AS kind, CAST(NULL AS VARCHAR) AS reasons, unit, moment, source
        FROM marked WHERE again
        UNION ALL
        SELECT {PLACE}, 'refused', CASE WHEN clear THEN {replaced} ELSE {conflict} END, unit, moment, source
        FROM settled WHERE NOT clear OR recorded IS DISTINCT FROM latest
        UNION ALL
        SELECT {PLACE}, 'refused', reasons, unit, moment, source FROM facts
        WHERE reasons IS NOT NULL AND ({PLACE}) NOT IN (SELECT ({PLACE}) FROM marked WHERE again)""")
    return dict(connection.execute("SELECT kind, count(*) FROM excluded GROUP BY kind").fetchall())


def add_source_text(bound: BoundTable, connection: duckdb.DuckDBPyConnection) -> None:
    """Give the refused rows that were good by themselves (only their keys clash) their source text, from one more look
    at the source.
    """
    lacking = "kind = 'refused' AND excluded.source IS NULL"
    if not connection.execute(f"SELECT count(*) FROM excluded WHERE {lacking}").fetchall()[0][0]:
        return
    connection.execute(f"""
        UPDATE excluded SET source = texts.source
        FROM (
            {source_text_sql(bound, among=f"SELECT {PLACE} FROM excluded WHERE {lacking}")}) AS texts
        WHERE excluded."row:file" = texts."row:file" AND excluded."row:number" = texts."row:number" AND {lacking}""")
