"""What makes a whole table unacceptable, though its rows could be read: each is an error, since figures from it would
mislead.

Too large a share of refused rows, times with and without an offset from UTC side by side, an offset without a declared
zone, a business unit that takes the company's name or cannot be a folder.
"""

from urllib.parse import quote

import duckdb

from analysis.data_model import ALL_UNITS, Table
from analysis.data_model.reasons import SUPERSEDED
from analysis.faults import UserFault
from analysis.intake.binding import BoundTable
from analysis.intake.rejects import Reject
from analysis.intake.rows import Clock, timed_columns, without_offset_sql

LONGEST_UNIT_FOLDER = 200
FEW = 5
THRESHOLDS = "params/quarantine.yml"
REASONS_SHOWN = 3


def check_zones(bound: BoundTable, clock: Clock) -> None:
    """Refuse columns that are known to hold offsets when the mapping declares no zone to turn them to."""
    if clock.timezone is not None:
        return
    for origin in bound.origins:
        for column in timed_columns(origin):
            formats = column.rule.formats
            if column.type == "TIMESTAMP WITH TIME ZONE" or any("epoch" in text or "%z" in text for text in formats):
                raise UserFault(_zone_missing(f"{bound.table.name}.{column.column.name}"))


def check_offsets(bound: BoundTable, connection: duckdb.DuckDBPyConnection, clock: Clock) -> None:
    """Refuse a table whose times name an offset here and none there, going by the table `facts`."""
    sql = 'SELECT "row:file", bit_or(offset_bits) FROM facts WHERE offset_bits > 0 GROUP BY 1 ORDER BY 1'
    faults = []
    for place, offset in connection.execute(sql).fetchall():
        naive = connection.execute(without_offset_sql(bound, place, clock)).fetchall()[0][0] or 0
        origin = bound.origins[place]
        columns = [column.column.name for column in timed_columns(origin)]
        having = [name for bit, name in enumerate(columns) if offset >> bit & 1]
        lacking = [name for bit, name in enumerate(columns) if naive >> bit & 1]
        if lacking:
            faults.append(
                f"{origin.origin.name}: times with an offset from UTC ({', '.join(having)}) and without one "
                f"({', '.join(lacking)}); write all of {bound.table.name} one way"
            )
        elif clock.timezone is None:
            faults.append(_zone_missing(f"{origin.origin.name}: {having[0]}"))
    if faults:
        raise UserFault(faults)


def check_units(table: Table, connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse unit ids that cannot stand, going by the table `facts`."""
    if not any(column.name == "business_unit" for column in table.columns):
        return
    rows = connection.execute("SELECT DISTINCT unit FROM facts WHERE unit IS NOT NULL ORDER BY 1").fetchall()
    faults = []
    for (unit,) in rows:
        if unit.casefold() == ALL_UNITS:
            faults.append(
                f"{table.name}: business unit {unit!r} is reserved for the whole company; give the unit another id"
            )
        elif len(quote(unit, safe="")) > LONGEST_UNIT_FOLDER:
            faults.append(
                f"{table.name}: business unit {unit[:40]!r}… is too long for a folder; "
                "give it a short id and its name in params/business_units.yml"
            )
    if faults:
        raise UserFault(faults)


def check_limit(
    bound: BoundTable, connection: duckdb.DuckDBPyConnection, *, usable: int, kept: int, rejects: tuple[Reject, ...]
) -> None:
    """Refuse a table of which more than its limit is in `excluded` as refused; rows replaced by later ones do not
    count.

    Parameters
    ----------
    usable : rows read, without exact repeats and those the mapping leaves out.
    kept : rows that stay. A handful of refused rows is no reason while any stay, whatever their share.

    Raises
    ------
    UserFault : one line for the table, one for each of the commonest reasons with an example.
    """
    sql = "SELECT count(*) FROM excluded WHERE kind = 'refused' AND reasons <> $1"
    refused = int(connection.execute(sql, [SUPERSEDED["en"]]).fetchall()[0][0]) + sum(
        reject.lines for reject in rejects
    )
    if refused <= bound.limit * usable or (refused < FEW and kept):
        return
    name, share = bound.table.name, min(refused / max(usable, 1), 1.0)
    head = (
        f"{name}: {share:.0%} of {usable:,} rows break a rule, the limit is {bound.limit:.0%}; "
        "mend the source or mapping, or raise quarantine_limit"
    )
    unreadable = [f"{name}: {reject.error.lower()}, such as {reject.text[:60]!r}" for reject in rejects[:1]]
    raise UserFault([head, *_examples(bound, connection), *unreadable])


def check_rules(bound: BoundTable, connection: duckdb.DuckDBPyConnection, *, usable: int) -> None:
    """Refuse a table in which one rule is broken more often than params/quarantine.yml allows, going by `excluded`.

    Raises
    ------
    UserFault : one line per rule with its share, its limit and where it is broken first.
    """
    if not bound.rule_limits:
        return
    counts = "SELECT unnest(string_split(reasons, chr(31))) AS reason FROM excluded WHERE kind = 'refused'"
    found = dict(connection.execute(f"SELECT reason, count(*) FROM ({counts}) GROUP BY 1").fetchall())
    faults = []
    for reason, limit in bound.rule_limits.items():
        rows = int(found.get(reason, 0))
        if rows > limit * usable:
            shown = next((line for line in _examples(bound, connection, only=reason)), f"{bound.table.name}: {reason}")
            faults.append(
                f"{shown}; that is {rows / max(usable, 1):.2%} of {usable:,} rows, and {THRESHOLDS} allows {limit:.2%}"
            )
    if faults:
        raise UserFault(faults)


def _examples(bound: BoundTable, connection: duckdb.DuckDBPyConnection, *, only: str | None = None) -> list[str]:
    first = '("row:file", "row:number")'
    sql = f"""
        SELECT reason, count(*) AS n,
            arg_min("row:file", {first}), arg_min("row:number", {first}), arg_min(source, {first})
        FROM (SELECT *, unnest(string_split(reasons, chr(31))) AS reason FROM excluded WHERE kind = 'refused')
        WHERE $1 IS NULL OR reason = $1 GROUP BY 1 ORDER BY n DESC, reason LIMIT {REASONS_SHOWN}"""
    return [_example(bound, *row) for row in connection.execute(sql, [only]).fetchall()]


def _example(bound: BoundTable, reason: str, count: int, place: int, number: int, source: list[str] | None) -> str:
    origin = bound.origins[place]
    about = reason.split(" ")[0]
    column = next((c for c in origin.columns if c.column.name == about and c.rule.column), None)
    names = list(origin.origin.columns)
    asked = column.expression.strip('"').replace('""', '"') if column else None
    value = f", such as {source[names.index(asked)]!r}" if source and asked in names else ""
    hint = "; declare its `format:` in a mapping" if reason.endswith("as declared") else ""
    return f"{bound.table.name}: {reason} in {count:,} rows, first in {origin.origin.name} row {number:,}{value}{hint}"


def _zone_missing(subject: str) -> str:
    return f"{subject} holds an offset from UTC but no local time is declared; set meta.timezone in the mapping"
