"""The rows intake refused, as a Parquet file per table: every source column as text, and file, line, business unit and
reasons, in the order of files and lines. And one narrow row for each that is not stored, refused or repeated.

Lines are found only here, for the few rows that need them. Refuses nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from analysis.data_model.reasons import unreadable
from analysis.intake.binding import BoundOrigin
from analysis.intake.loading import Loaded
from analysis.intake.quoting import identifier, literal
from analysis.intake.rejects import Reject
from analysis.intake.sources import Origin
from analysis.intake.text_files import lines_by_counting, lines_of_bytes, lines_of_rows

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_TEXT = 10_000


def write_quarantine(loaded: Loaded, connection: duckdb.DuckDBPyConnection, *, to: Path, parent: str | None) -> None:
    """Write the refused rows of one table, if there are any, from the DuckDB table `excluded`.

    Parameters
    ----------
    parent : SQL for the parent's key and unit, where the table takes its unit from there.
    """
    if not loaded.quarantined:
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    _register_lines(loaded, connection)
    connection.execute(f"CREATE OR REPLACE VIEW refused AS {refused_sql(parent)}")
    parts = [_rows_sql(origin, place) for place, origin in enumerate(loaded.bound.origins)]
    if loaded.rejects:
        connection.register("unreadable_lines", _reject_rows(loaded.rejects))
        parts.append("SELECT * FROM unreadable_lines")
    union = "\nUNION ALL BY NAME\n".join(parts)
    in_order = f"SELECT * FROM ({union}) ORDER BY _file, _line, _business_unit, _reasons"
    connection.execute(f"COPY ({in_order}) TO {literal(str(to))} (FORMAT parquet)")


def write_exclusions(table: str, connection: duckdb.DuckDBPyConnection, *, to: Path, parent: str | None) -> None:
    """Write one narrow row for each row that is not stored, refused or repeated, from the DuckDB table `excluded`: its
    table, unit, kind, reasons and when it happened (NULL where that cannot be read). What `Store.connect` counts from.
    """
    if not connection.execute("SELECT count(*) FROM excluded").fetchall()[0][0]:
        return
    to.parent.mkdir(parents=True, exist_ok=True)
    rows = f"""
        SELECT {literal(table)} AS table_name, of_unit AS business_unit, kind,
            replace(reasons, chr(31), '; ') AS reasons, moment AS happened_at
        FROM ({_with_unit_sql(parent)})
        ORDER BY "row:file", "row:number", kind"""
    connection.execute(f"COPY ({rows}) TO {literal(str(to))} (FORMAT parquet)")


def refused_sql(parent: str | None) -> str:
    """The refused rows of `excluded`, each with the unit it would have gone to."""
    return f"SELECT * FROM ({_with_unit_sql(parent)}) WHERE kind = 'refused'"


def _with_unit_sql(parent: str | None) -> str:
    if parent is None:
        return "SELECT *, coalesce(unit, 'unknown') AS of_unit FROM excluded"
    return f"""
        SELECT e.*, coalesce(parent_unit, 'unknown') AS of_unit
        FROM excluded e LEFT JOIN ({parent}) ON parent_key = e.unit"""


def _rows_sql(origin: BoundOrigin, place: int) -> str:
    sources = ", ".join(
        f"source[{number}] AS {identifier(name)}" for number, name in enumerate(origin.origin.columns, start=1)
    )
    return f"""
        SELECT {literal(origin.origin.name)} AS _file, line AS _line, of_unit AS _business_unit,
            replace(reasons, chr(31), '; ') AS _reasons{", " + sources if sources else ""}
        FROM refused LEFT JOIN lines_of_refused USING ("row:file", "row:number") WHERE "row:file" = {place}"""


def _register_lines(loaded: Loaded, connection: duckdb.DuckDBPyConnection) -> None:
    files, numbers, lines = [], [], []
    for place, origin in enumerate(loaded.bound.origins):
        sql = 'SELECT "row:number" FROM excluded WHERE kind = \'refused\' AND "row:file" = $1'
        rows = [row[0] for row in connection.execute(sql, [place]).fetchall()]
        rejects = [reject for reject in loaded.rejects if reject.origin == origin.origin]
        accepted = connection.execute('SELECT count(*) FROM facts WHERE "row:file" = $1', [place]).fetchall()[0][0]
        found = _lines(origin, rows, rejects, accepted=None if origin.where else accepted)
        files += [place] * len(found)
        numbers += list(found)
        lines += list(found.values())
    import pyarrow as pa

    columns = {
        "row:file": pa.array(files, pa.int32()),
        "row:number": pa.array(numbers, pa.int64()),
        "line": pa.array(lines, pa.int64()),
    }
    connection.register("lines_of_refused", pa.table(columns))


def _lines(origin: BoundOrigin, rows: list[int], rejects: Sequence[Reject], *, accepted: int | None) -> dict[int, int]:
    source = origin.origin
    if origin.table is not None or not rows:
        return {}
    if source.form == "parquet":
        return {row: row for row in rows}
    starts = _starts(source, rejects)
    gaps = [(starts[reject.position], starts[reject.position] + reject.lines - 1) for reject in rejects]
    records = None if accepted is None else 1 + accepted + sum(reject.lines for reject in rejects)
    if records is not None and source.line_ends in (records, records - 1):
        found = lines_by_counting(rows, refused=gaps)
    else:
        sheet = source.form == "sheet"
        found = lines_of_rows(source.plain_text(), rows, delimiter=source.delimiter, refused=gaps, by_record=sheet)
    return {row: line + source.first_line for row, line in found.items()}


def _starts(origin: Origin, rejects: Sequence[Reject]) -> dict[int, int]:
    """The line at which each unreadable stretch starts, by its position."""
    known = {reject.position: reject.line for reject in rejects if reject.line is not None}
    unknown = [reject.position for reject in rejects if reject.line is None]
    return known | (lines_of_bytes(origin.path, unknown) if unknown else {})


def _reject_rows(rejects: Sequence[Reject]) -> "pa.Table":
    import pyarrow as pa

    starts = {}
    for origin in {id(reject.origin): reject.origin for reject in rejects}.values():
        starts[origin.name] = _starts(origin, [reject for reject in rejects if reject.origin is origin])
    return pa.table(
        {
            "_file": pa.array([reject.origin.name for reject in rejects], pa.string()),
            "_line": pa.array(
                [starts[reject.origin.name][reject.position] + reject.origin.first_line for reject in rejects],
                pa.int64(),
            ),
            "_business_unit": pa.array(["unknown"] * len(rejects), pa.string()),
            "_reasons": pa.array([unreadable(reject.error)["en"] for reject in rejects], pa.string()),
            "_text": pa.array([reject.text[:LONGEST_TEXT] for reject in rejects], pa.string()),
        }
    )
