"""What the store says about itself: cut-off, units, what was read, kept and refused, and what a reader should know.

Refuses data of which nothing says up to when it goes. Holds counts and names, no records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import duckdb

from analysis.data_model import UNKNOWN_UNIT, read_tables
from analysis.faults import UserFault, did_you_mean
from analysis.intake.checksums import SourceFile
from analysis.intake.loading import Loaded
from analysis.intake.mapping import SourceMapping
from analysis.intake.rows import Clock
from analysis.intake.sources import Content, Origin
from analysis.intake.tallies import Tally, count_orphans
from analysis.intake.units import describe_units, notes_on_units
from analysis.store import SCHEMA, table_sql

FAR_OFF = timedelta(days=400)
SERVICE = ("work_orders", "complaints")


@dataclass(frozen=True)
class Order:
    """What to build: the source's files and contents, the mapping, the units and thresholds of params, the fingerprint
    of it all, the folder in which stores lie, the declared calendar where the mapping names one.
    """

    files: tuple[SourceFile, ...]
    contents: tuple[Content, ...]
    mapping: SourceMapping
    described: Mapping[str, Mapping[str, str]]
    fingerprint: str
    memory_limit: str
    keep: Path
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    calendar: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """One table as loaded and as counted."""

    loaded: Loaded
    tally: Tally


def write_down(
    order: Order,
    outcomes: Mapping[str, Outcome],
    origins: Mapping[str, Origin],
    selected_rows: Mapping[str, int],
    clock: Clock,
    connection: duckdb.DuckDBPyConnection,
    into: Path,
) -> dict[str, Any]:
    """The manifest of a finished load as strict JSON values.

    Raises
    ------
    UserFault : nothing says up to when the data goes.
    """
    tables = {name: outcome.tally.entry for name, outcome in outcomes.items()}
    given = {name: outcome.loaded.bound.given for name, outcome in outcomes.items()}
    for name, orphans in count_orphans(
        [o.loaded.bound.table for o in outcomes.values()], given, connection, store=into
    ).items():
        tables[name]["orphans"] = orphans
    about = _meta(order.mapping, outcomes, connection, into)
    cutoff, cutoff_from, notes = _cutoff(order.mapping, outcomes, clock)
    business_units = read_tables()["business_units"]
    described = (
        f"({table_sql(into, business_units, given['business_units'])})" if "business_units" in outcomes else None
    )
    units = describe_units(_unit_rows(outcomes), order.described, described, connection)
    notes += [note for outcome in outcomes.values() for note in (*outcome.loaded.bound.notes, *outcome.tally.notes)]
    notes += [note for origin in origins.values() for note in origin.notes]
    notes += _unused_readings(order)
    read = {content.file.name for content in order.contents if content.name in origins}
    notes += [
        f"{file.name}: not read, no table of the mapping names it" for file in order.files if file.name not in read
    ]
    events = {name: o.tally.first_event for name, o in outcomes.items() if o.tally.first_event}
    firsts = [events[name] for name in SERVICE if name in events] or list(events.values())
    newest = {name: o.tally.newest_event for name, o in outcomes.items() if o.tally.newest_event}
    lasts = [newest[name] for name in SERVICE if name in newest] or list(newest.values())
    return {
        "schema": SCHEMA,
        "fingerprint": order.fingerprint,
        "data_cutoff_at": cutoff.isoformat(),
        "cutoff_from": cutoff_from,
        "timezone": clock.timezone,
        "currency": about.get("currency"),
        "note": about.get("note"),
        "mapping": order.mapping.name or None,
        "first_event_at": min(firsts).isoformat() if firsts else None,
        "last_event_at": max(lasts).isoformat() if lasts else None,
        "business_units": units,
        "tables": tables,
        "reason_texts": {key: text for outcome in outcomes.values() for key, text in outcome.tally.reasons.items()},
        "sources": [_source(file, order, outcomes, selected_rows) for file in order.files if file.name in read],
        "notes": [*notes, *notes_on_units(units)],
    }


def _unused_readings(order: Order) -> list[str]:
    """Entries of the mapping's `files:` that fit nothing, which else would be passed over in silence."""
    stems = [content.stem for content in order.contents]
    return [
        f"files.{name} of the mapping fits nothing in the source{did_you_mean(name, stems)}"
        for name in order.mapping.files
        if not any(fnmatchcase(stem.casefold(), name.casefold()) for stem in stems)
    ]


def _meta(
    mapping: SourceMapping, outcomes: Mapping[str, Outcome], connection: duckdb.DuckDBPyConnection, into: Path
) -> dict[str, str]:
    about: dict[str, str] = {}
    if "meta" in outcomes:
        given = outcomes["meta"].loaded.bound.given
        row = connection.execute(
            f'SELECT "currency", "note" FROM ({table_sql(into, read_tables()["meta"], given)})'
        ).fetchall()[0]
        about = {key: text for key, text in zip(("currency", "note"), row, strict=True) if text}
    return {**about, **mapping.meta}


def _cutoff(mapping: SourceMapping, outcomes: Mapping[str, Outcome], clock: Clock) -> tuple[datetime, str, list[str]]:
    if "data_cutoff_at" in mapping.meta:
        return clock.cutoff, "mapping", []
    if "meta" in outcomes:
        return clock.cutoff, "meta", []
    newest = sorted(outcome.tally.newest_event for outcome in outcomes.values() if outcome.tally.newest_event)
    if not newest:
        raise UserFault("no table holds an event; without data_cutoff_at nothing says up to when the data goes")
    midnight = newest[-1].replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    far = len(newest) > 1 and newest[-1] - newest[-2] > FAR_OFF
    note = (
        f"the newest event ({newest[-1].isoformat()}) stands far from all others; "
        "if it is a slip, declare meta.data_cutoff_at"
    )
    return midnight, "newest event", [note] if far else []


def _unit_rows(outcomes: Mapping[str, Outcome]) -> dict[str, dict[str, int]]:
    """Unit → table → rows. A unit exists by rows that must carry a unit; `unknown` does not arise from tables that may
    do without.
    """
    rows: dict[str, dict[str, int]] = {}
    for name, outcome in outcomes.items():
        for unit, counts in outcome.tally.entry["by_unit"].items():
            if counts["rows"]:
                rows.setdefault(unit, {})[name] = counts["rows"]
    tables = read_tables()
    own = {
        name
        for name in outcomes
        if any(column.name == "business_unit" and column.need != "o" for column in tables[name].columns)
    }
    return {unit: counts for unit, counts in rows.items() if unit != UNKNOWN_UNIT or own & counts.keys()}


def _source(
    file: SourceFile, order: Order, outcomes: Mapping[str, Outcome], selected_rows: Mapping[str, int]
) -> dict[str, Any]:
    """A file with its rows: those read straight into a table, and those of files that SELECTs read."""
    names = {content.name for content in order.contents if content.file == file}
    rows = [
        outcome.loaded.read
        for outcome in outcomes.values()
        if any(origin.origin.name in names for origin in outcome.loaded.bound.origins)
    ]
    rows += [count for name, count in selected_rows.items() if name in names]
    return {"file": file.name, "bytes": file.bytes, "sha256": file.sha256, "rows": max(rows, default=None)}
