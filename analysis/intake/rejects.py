"""Lines of a file that are no record: too few or too many fields, a quotation mark that never closes, bytes that are no
text.

DuckDB sets them aside while it reads; here they become values that can be counted and shown. Refuses nothing.
"""

from dataclasses import dataclass

import duckdb

from analysis.intake.quoting import identifier
from analysis.intake.sources import Origin


@dataclass(frozen=True)
class Reject:
    """A stretch of a file that is no record: where it lies, how many lines, what is wrong (in DuckDB's words), the
    text.
    """

    origin: Origin
    position: int
    lines: int
    error: str
    text: str
    line: int | None = None


def read_rejects(connection: duckdb.DuckDBPyConnection, name: str, *, origin: Origin) -> list[Reject]:
    """The unreadable stretches of `origin` that its scan has put into the table `name`, in the file's order."""
    if origin.kept is not None:
        return list(origin.rejects)
    if origin.form not in ("text", "sheet"):
        return []
    sql = f"""
        SELECT line_byte_position, arg_min(error_type, byte_position), arg_min(csv_line, byte_position)
        FROM {identifier(name)} GROUP BY 1 ORDER BY 1"""
    return [
        Reject(origin, position, 1 + (text or "").rstrip("\r\n").count("\n"), str(error), text or "")
        for position, error, text in connection.execute(sql).fetchall()
    ]
