"""One canonical table from its bound origins to Parquet: facts about every row, what to leave out, the rows that stay.

Two passes over the source, both in bounded memory: the first keeps a few bytes per row, the second writes. The rows are
stored in the order of their key, so that the store, and every figure to its last digit, is the same in whichever order
they came. What a table is refused for as a whole is in `refusals`.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analysis.data_model import UNKNOWN_UNIT, Table, read_tables
from analysis.intake.binding import BoundOrigin, BoundTable
from analysis.intake.exclusions import add_source_text, exclude_nothing, exclude_rows
from analysis.intake.quoting import identifier, literal
from analysis.intake.refusals import check_limit, check_offsets, check_rules, check_units, check_zones
from analysis.intake.rejects import Reject, read_rejects
from analysis.intake.rows import Clock, facts_sql, rejects_name, stored_sql
from analysis.intake.sources import scan_sql
from analysis.store import files_sql


@dataclass(frozen=True)
class Loaded:
    """What came of one table: rows read, kept, dropped, refused, left out by `where`; details in `excluded`."""

    bound: BoundTable
    read: int
    rows: int
    duplicates: int
    refused: int
    left_out: int
    rejects: tuple[Reject, ...]

    @property
    def quarantined(self) -> int:
        """Rows and unreadable stretches that went to quarantine."""
        return self.refused + len(self.rejects)


def load_table(
    bound: BoundTable,
    connection: duckdb.DuckDBPyConnection,
    clock: Clock,
    *,
    store: Path,
    rejects: tuple[Reject, ...] = (),
) -> Loaded:
    """Write one table below `store`/tables; leaves the DuckDB table `excluded` about it for quarantine and manifest.

    `rejects` are unreadable lines found before, when the files of a SELECT were read.

    Raises
    ------
    UserFault : what `refusals` says about the table.
    """
    if not bound.origins:
        exclude_nothing(connection)
        return Loaded(bound, read=0, rows=0, duplicates=0, refused=0, left_out=0, rejects=())
    check_zones(bound, clock)
    unreadable = (*rejects, *_gather_facts(bound, connection, clock))
    check_offsets(bound, connection, clock)
    excluded = exclude_rows(bound.table, connection)
    check_units(bound.table, connection)
    facts = int(connection.execute("SELECT count(*) FROM facts").fetchall()[0][0])
    left_out = sum(_left_out(origin, connection) for origin in bound.origins)
    loaded = Loaded(
        bound=bound,
        read=facts + left_out + len(unreadable),
        rows=facts - sum(excluded.values()),
        duplicates=excluded.get("duplicate", 0),
        refused=excluded.get("refused", 0),
        left_out=left_out,
        rejects=unreadable,
    )
    usable = facts + len(unreadable) - loaded.duplicates
    check_limit(bound, connection, usable=usable, kept=loaded.rows, rejects=unreadable)
    check_rules(bound, connection, usable=usable)
    add_source_text(bound, connection)
    _write(bound, connection, clock, store=store, excluding=bool(excluded))
    return loaded


def parent_sql(table: Table, *, store: Path) -> str | None:
    """SQL for key and business unit of a table's parent as stored; None when it has no parent or that has no rows."""
    if table.parent is None:
        return None
    parent = read_tables()[table.parent[0]]
    if not any((store / "tables" / parent.name).rglob("*.parquet")):
        return None
    key = identifier(parent.key[0])
    return f'SELECT {key} AS parent_key, "business_unit" AS parent_unit FROM {files_sql(store, parent)}'


def _gather_facts(bound: BoundTable, connection: duckdb.DuckDBPyConnection, clock: Clock) -> list[Reject]:
    prefix = f"rejects_{bound.table.name}"
    connection.execute(f"CREATE OR REPLACE TABLE facts AS {facts_sql(bound, clock, rejects=prefix)}")
    found = []
    for place, origin in enumerate(bound.origins):
        found += read_rejects(connection, rejects_name(prefix, place), origin=origin.origin)
    return found


def _write(
    bound: BoundTable, connection: duckdb.DuckDBPyConnection, clock: Clock, *, store: Path, excluding: bool
) -> None:
    table = bound.table
    filed = [column.name for column in table.columns if column.name in {*bound.given, "business_unit"}]
    columns = [f"r.{identifier(name)}" for name in filed]
    joined = ""
    if table.parent is not None:
        parent = parent_sql(table, store=store) or "SELECT '' AS parent_key, '' AS parent_unit WHERE false"
        joined = f"LEFT JOIN ({parent}) ON parent_key = r.{identifier(table.parent[1])}"
        columns.append(f"coalesce(parent_unit, {literal(UNKNOWN_UNIT)}) AS business_unit")
    same_place = 'e."row:file" = r."row:file" AND e."row:number" = r."row:number"'
    without = f"WHERE NOT EXISTS (SELECT 1 FROM excluded e WHERE {same_place})" if excluding else ""
    rows = f"SELECT {', '.join(columns)} FROM ({stored_sql(bound, clock)}) r {joined} {without}"
    folder = store / "tables" / table.name
    folder.mkdir(parents=True)
    order = [name for name in table.key if name in filed] or filed
    unsorted = store / "tmp" / f"unsorted {table.name}"
    layout = ", PARTITION_BY (business_unit)" if table.partitioned else ""
    connection.execute(f"COPY ({rows}) TO {literal(unsorted)} (FORMAT parquet{layout})")
    parts = sorted(unsorted.glob("business_unit=*")) if table.partitioned else [unsorted]
    within = [name for name in order if not table.partitioned or name != "business_unit"]
    for part in parts:
        target = folder / part.name if table.partitioned else folder
        target.mkdir(exist_ok=True)
        _sort(part / "*.parquet" if table.partitioned else part, target / "data.parquet", within, connection)
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def _sort(found: Path, target: Path, order: Sequence[str], connection: duckdb.DuckDBPyConnection) -> None:
    """Write the rows of Parquet files in the order of these columns; what does not fit in memory is spilled."""
    by = ", ".join(map(identifier, order))
    rows = f"SELECT * FROM read_parquet({literal(found)}, hive_partitioning = false) ORDER BY {by}"
    connection.execute(f"COPY ({rows}) TO {literal(target)} (FORMAT parquet)")


def _left_out(origin: BoundOrigin, connection: duckdb.DuckDBPyConnection) -> int:
    if origin.where is None:
        return 0
    scan = scan_sql(origin.origin, rejects=None)
    sql = f"SELECT count(*) FILTER (({origin.where}\n) IS DISTINCT FROM true) FROM {scan}"
    return int(connection.execute(sql).fetchall()[0][0])
