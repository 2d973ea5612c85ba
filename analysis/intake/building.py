"""The whole load: open what the mapping needs, load the tables parents first, write the manifest.

Works on one locked DuckDB connection that reaches the source's files and the building folder only. Refuses a source
that changes meanwhile.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from analysis.data_model import read_tables
from analysis.faults import UserFault
from analysis.intake.binding import BoundTable, bind_table, contents_for
from analysis.intake.business_calendar import calendar_days, read_calendar
from analysis.intake.checksums import check_unchanged
from analysis.intake.keeping import is_kept, open_kept
from analysis.intake.loading import Loaded, load_table, parent_sql
from analysis.intake.locked_sql import lock
from analysis.intake.manifest import Order, Outcome, write_down
from analysis.intake.mapping import SourceMapping, TableRule
from analysis.intake.naming import is_there, under_own_names
from analysis.intake.quarantine import write_exclusions, write_quarantine
from analysis.intake.quoting import identifier
from analysis.intake.rejects import Reject
from analysis.intake.rows import Clock
from analysis.intake.selecting import SourceTable, load_source_table, make_empty, select_rows
from analysis.intake.sources import Content, Origin
from analysis.intake.tallies import tally_table
from analysis.store import MANIFEST, table_sql

Progress = Callable[[str], None]
THREADS = 2
SWAPS_JOINS = "build_side_probe_side"  # it guesses the size of a CSV file too low and holds the large side in memory


def build_store(order: Order, *, into: Path, report_progress: Progress) -> None:
    """Build a complete store in the folder `into`, its manifest last.

    Raises
    ------
    UserFault : anything the user can put right, all faults of one kind at once.
    """
    temp = into / "tmp"
    temp.mkdir(parents=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": order.memory_limit,
        "python_enable_replacements": False,
    }
    with duckdb.connect(str(temp / "work.duckdb"), config=config) as connection:
        connection.execute(f"SET temp_directory = '{str(temp).replace(chr(39), chr(39) * 2)}'")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"SET disabled_optimizers = '{SWAPS_JOINS}'")
        rules = _parents_first(
            rule
            for rule in order.mapping.tables
            if is_there(order.mapping.sources, order.contents, stem=rule.stem, select=rule.select or "")
        )
        empty = {name: source for name, source in order.mapping.sources.items() if source.optional} if rules else {}
        empty = {name: s for name, s in empty.items() if name not in {content.stem for content in order.contents}}
        needed = {r.table: contents_for(r, order.contents, mapping=order.mapping.name, optional=empty) for r in rules}
        for source in empty.values():
            make_empty(source.name, source.names, connection)
        origins = _open_all(needed, order, temp, report_progress)
        lock(connection, files=[origin.read_from for origin in origins.values()], folder=into)
        clock, outcomes, rows = _load_all(rules, needed, origins, order, connection, into, report_progress)
        report_progress("count")
        manifest = write_down(order, outcomes, origins, rows, clock, connection, into)
    check_unchanged(order.files)
    (into / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8")


def _open_all(
    needed: Mapping[str, Sequence[Content]], order: Order, temp: Path, report_progress: Progress
) -> dict[str, Origin]:
    origins: dict[str, Origin] = {}
    faults: list[str] = []
    for content in {content.name: content for contents in needed.values() for content in contents}.values():
        reading = order.mapping.reading(content.stem)
        report_progress(f"{'keep' if is_kept(content, reading, keep=order.keep) else 'open'} {content.name}")
        try:
            opened = open_kept(content, reading, temp=temp, keep=order.keep, memory_limit=order.memory_limit)
            origins[content.name] = under_own_names(opened, order.mapping.sources.get(content.stem))
        except UserFault as fault:
            faults += fault.lines
    if faults:
        raise UserFault(faults)
    return origins


def _load_all(
    rules: Sequence[TableRule],
    needed: Mapping[str, Sequence[Content]],
    origins: Mapping[str, Origin],
    order: Order,
    connection: duckdb.DuckDBPyConnection,
    into: Path,
    report_progress: Progress,
) -> tuple[Clock, dict[str, Outcome], dict[str, int]]:
    bound, sources, rejects = _bind_all(rules, needed, origins, order, connection)
    clock = _declared_clock(order.mapping)
    outcomes: dict[str, Outcome] = {}
    for table in bound:
        name = table.table.name
        report_progress(f"load {name}")
        outcomes[name] = _outcome(table, connection, clock, into, rejects.get(name, ()))
        if name == "meta":
            clock = _clock_of_meta(outcomes[name].loaded, clock, order.mapping, connection, into)
    if order.calendar is not None and "calendar" not in outcomes:
        report_progress("load calendar")
        declared = _declared_calendar(order.calendar, outcomes, connection, into / "tmp" / "calendar.parquet")
        if declared is not None:
            outcomes["calendar"] = _outcome(declared, connection, clock, into, ())
    return clock, outcomes, {source.origin.name: source.rows for source in sources}


def _outcome(
    table: BoundTable, connection: duckdb.DuckDBPyConnection, clock: Clock, into: Path, rejects: tuple[Reject, ...]
) -> Outcome:
    """Load one table, and write down what was set aside of it."""
    name = table.table.name
    loaded = _load_one(table, connection, clock, into, rejects)
    parent = parent_sql(table.table, store=into)
    write_quarantine(loaded, connection, to=into / "quarantine" / f"{name}.parquet", parent=parent)
    write_exclusions(name, connection, to=into / "excluded" / f"{name}.parquet", parent=parent)
    return Outcome(loaded, tally_table(loaded, connection, store=into, parent=parent, cutoff=clock.cutoff))


def _declared_calendar(
    file: Path, outcomes: Mapping[str, Outcome], connection: duckdb.DuckDBPyConnection, target: Path
) -> BoundTable | None:
    """The table `calendar` of a declared calendar for the data's years, written to `target`; None without events."""
    events = [m for o in outcomes.values() for m in (o.tally.first_event, o.tally.newest_event) if m is not None]
    if not events:
        return None
    days = calendar_days(read_calendar(file), first=min(events).date(), last=max(events).date())
    kinds = {"date": "DATE", "is_workday": "BOOLEAN"}
    parts = ", ".join(f"unnest(${n}::{kinds.get(c, 'VARCHAR')}[]) AS {c}" for n, c in enumerate(days.columns, start=1))
    connection.execute(f"CREATE OR REPLACE TABLE declared_calendar AS SELECT {parts}", list(days.columns.values()))
    connection.execute(f"COPY declared_calendar TO '{str(target).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")
    columns = {name: kinds.get(name, "VARCHAR") for name in days.columns}
    origin = Origin(f"calendars/{file.name}", "calendar", target, "parquet", columns)
    bound = bind_table(
        TableRule("calendar", stem="calendar"), [origin], mapping=SourceMapping("", ()), connection=connection
    )
    years = ", ".join(map(str, days.unknown_years))
    note = f"calendars/{file.name}: no holidays known for {years}; list them under `days:`, only weekends count there"
    return replace(bound, notes=(*bound.notes, note)) if years else bound


def _load_one(
    table: BoundTable, connection: duckdb.DuckDBPyConnection, clock: Clock, into: Path, rejects: tuple[Reject, ...]
) -> Loaded:
    try:
        return load_table(table, connection, clock, store=into, rejects=rejects)
    except (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException) as fault:
        raise UserFault(
            f"{table.table.name}: {str(fault).splitlines()[0]}; check the mapping's SQL and the source's files"
        ) from fault


def _bind_all(
    rules: Sequence[TableRule],
    needed: Mapping[str, Sequence[Content]],
    origins: Mapping[str, Origin],
    order: Order,
    connection: duckdb.DuckDBPyConnection,
) -> tuple[list[BoundTable], list[SourceTable], dict[str, tuple[Reject, ...]]]:
    bound: list[BoundTable] = []
    faults: list[str] = []
    sources: dict[str, SourceTable] = {}
    largest: dict[str, tuple[int, str]] = {}
    for rule in rules:
        parts = [origins[content.name] for content in needed[rule.table]]
        selected = None
        try:
            if rule.is_query:
                for part in (part for part in parts if part.name not in sources):
                    sources[part.name] = load_source_table(part, connection, number=len(sources))
                selected, result = select_rows(rule, parts, connection, mapping=order.mapping)
                size = int(connection.execute(f"SELECT count(*) FROM {identifier(selected)}").fetchall()[0][0])
                for part in parts:
                    largest[part.name] = max(largest.get(part.name, (-1, "")), (size, rule.table))
                parts = [result]
            fitted = bind_table(rule, parts, mapping=order.mapping, connection=connection, selected=selected)
            notes = (*fitted.notes, *(parts[0].notes if rule.is_query else ()))
            bound.append(replace(fitted, notes=notes, rule_limits=order.thresholds.get(rule.table, {})))
        except UserFault as fault:
            faults += fault.lines
    if faults:
        raise UserFault(faults)
    return bound, list(sources.values()), _rejects_by_table(sources.values(), {n: t for n, (_, t) in largest.items()})


def _rejects_by_table(sources: Iterable[SourceTable], table_of: Mapping[str, str]) -> dict[str, tuple[Reject, ...]]:
    """Unreadable lines of a file that several SELECTs read count once, for the table that takes most rows from it."""
    found: dict[str, tuple[Reject, ...]] = {}
    for source in sources:
        table = table_of[source.origin.name]
        found[table] = found.get(table, ()) + source.rejects
    return found


def _parents_first(rules: Iterable[TableRule]) -> list[TableRule]:
    tables = read_tables()
    order = {name: place for place, name in enumerate(tables)}
    return sorted(
        rules, key=lambda rule: (rule.table != "meta", tables[rule.table].parent is not None, order[rule.table])
    )


def _declared_clock(mapping: SourceMapping) -> Clock:
    declared = mapping.meta.get("data_cutoff_at")
    tomorrow = datetime.now().replace(microsecond=0) + timedelta(days=1)
    return Clock(
        _moment(declared, f"{mapping.name}: meta.data_cutoff_at") if declared else tomorrow,
        _zone(mapping.meta.get("timezone")),
    )


def _clock_of_meta(
    loaded: Loaded, clock: Clock, mapping: SourceMapping, connection: duckdb.DuckDBPyConnection, into: Path
) -> Clock:
    rows = connection.execute(
        f'SELECT "data_cutoff_at", "timezone" FROM ({table_sql(into, loaded.bound.table, loaded.bound.given)})'
    ).fetchall()
    if len(rows) != 1:
        raise UserFault(f"meta: {len(rows)} rows, exactly one says up to when the data goes")
    zone = clock.timezone or _zone(rows[0][1])
    return replace(clock, timezone=zone) if "data_cutoff_at" in mapping.meta else Clock(rows[0][0], zone)


def _moment(text: str, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise UserFault(f"{place}: {text!r} is not a time; write it as 2026-07-05T23:59:59") from fault
    if moment.tzinfo is not None:
        raise UserFault(f"{place}: {text!r} holds an offset; write local time without one")
    return moment


def _zone(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise UserFault(f"timezone {name!r} is unknown; write it as Asia/Shanghai") from fault
    return name
