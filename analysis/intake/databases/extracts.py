"""What has travelled from a database, kept as one Parquet file per query beside the stores, and brought up to date.

With a watermark only rows from the highest one seen travel again; a changed row replaces the old one of its key, a row
marked as deleted goes, and where the number of rows then differs from the server's, everything travels again: an
extract that does not agree with its source is never used. The file is rewritten as a whole and so never grows beyond
its rows. Refuses a watermark or key that the query does not give, a key that stands twice.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from analysis.faults import UserFault, did_you_mean
from analysis.intake.databases.parquet import DELETED, check_key, merge, put_in_place, write
from analysis.intake.databases.rules import Query
from analysis.intake.databases.server_sql import as_item
from analysis.intake.databases.sessions import Session, first_row

_FORM = 1  # of the state file; another one means that everything travels again


@dataclass(frozen=True)
class State:
    """What is known of an extract: rows, the highest watermark as the server writes it, when everything travelled last,
    what the probe answered.
    """

    query: str
    rows: int
    high: str | None
    full_at: str
    probe: str | None = None


@dataclass(frozen=True)
class Extract:
    """A query's rows on disk, and how many travelled this time (None: nothing was asked for but its state)."""

    path: Path
    rows: int
    travelled: int | None


def bring_up_to_date(session: Session, query: Query, *, name: str, folder: Path) -> Extract:
    """The extract `name` in `folder` as the database has it now.

    Raises
    ------
    UserFault : a watermark or key that is no column, a key that stands twice in the query's rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, state_file = folder / f"{name}.parquet", folder / f"{name}.json"
    item = session.name(query.table) if query.table else as_item(query.sql or "")
    _check_columns(session, query, item, name)
    state = _read_state(state_file, path, _signature(query))
    stale = state is None or _is_due(query, state)
    if state is not None and not stale:
        if query.probe is not None and _answer(session, query.probe) == state.probe:
            return Extract(path, state.rows, None)
        if query.watermark is not None:
            found = _increment(session, query, item, state, path, name)
            if found is not None:
                _write_state(state_file, found[1])
                return found[0]
    rows, new_state = _everything(session, query, item, path, name)
    _write_state(state_file, new_state)
    return Extract(path, rows, rows)


def _everything(session: Session, query: Query, item: str, path: Path, name: str) -> tuple[int, State]:
    probe = _answer(session, query.probe) if query.probe is not None else None
    high = _count_and_high(session, query, item)[1] if query.watermark else None
    within = f"({_up_to(session, query, high)})" if high is not None else ""
    alive = f"NOT ({_is_deleted(query)})" if query.deleted_when else ""
    where = " AND ".join(part for part in (within, alive) if part)
    staged = path.with_suffix(".new")
    rows = write(session.rows(f"SELECT * FROM {item} AS q" + (f" WHERE {where}" if where else "")), staged, name)
    if query.key:
        check_key(staged, query, name)
    put_in_place(staged, path)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return rows, State(_signature(query), rows, high, now, probe)


def _increment(
    session: Session, query: Query, item: str, state: State, path: Path, name: str
) -> tuple[Extract, State] | None:
    """The extract with what is new and changed; None where it would not agree with the server."""
    count, high = _count_and_high(session, query, item)
    if (count, high) == (state.rows, state.high) and query.late is None:
        return Extract(path, state.rows, None), state
    if high is None or state.high is None:
        return None
    column = session.name(query.watermark or "")
    since = _earlier(session, state.high, query.late)
    condition = f"({column} >= {since} AND {_up_to(session, query, high)}) OR {column} IS NULL"
    marked = f", {_deleted_mark(query)} AS {session.name(DELETED)}" if query.deleted_when else ""
    delta, staged = path.with_suffix(".delta"), path.with_suffix(".new")
    try:
        travelled = write(session.rows(f"SELECT q.*{marked} FROM {item} AS q WHERE {condition}"), delta, name)
        rows = merge(path, delta, query, staged)
    finally:
        delta.unlink(missing_ok=True)
    if rows != count:
        staged.unlink(missing_ok=True)
        return None
    put_in_place(staged, path)
    return Extract(path, rows, travelled), State(state.query, rows, high, state.full_at)


def _check_columns(session: Session, query: Query, item: str, name: str) -> None:
    wanted = [*query.key, *([query.watermark] if query.watermark else [])]
    columns = session.columns(item) if wanted else []
    faults = [
        f"database.queries.{name}: its rows have no column {column!r}{did_you_mean(column, columns)}"
        for column in wanted
        if column not in columns
    ]
    if faults:
        raise UserFault(faults)


def _count_and_high(session: Session, query: Query, item: str) -> tuple[int, str | None]:
    counted = f"sum(CASE WHEN {_is_deleted(query)} THEN 0 ELSE 1 END)" if query.deleted_when else "count(*)"
    highest = session.text(f"max({session.name(query.watermark or '')})")
    row = first_row(session, f"SELECT {counted} AS n, {highest} AS high FROM {item} AS q")
    high = row[1] if row else None
    return int(str(row[0] or 0)) if row else 0, None if high is None or high == "NULL" else str(high)


def _is_deleted(query: Query) -> str:
    """The mapping's expression with NULL as not deleted."""
    return f"{_deleted_mark(query)} = 1"


def _deleted_mark(query: Query) -> str:
    return f"CASE WHEN ({query.deleted_when}\n) THEN 1 ELSE 0 END"


def _up_to(session: Session, query: Query, high: str) -> str:
    column = session.name(query.watermark or "")
    return f"{column} <= {session.literal(high)} OR {column} IS NULL"


def _earlier(session: Session, high: str, late: timedelta | float | None) -> str:
    """The watermark from which rows travel again, as the server compares it."""
    if late is None:
        return session.literal(high)
    quoted = high.startswith("'")
    text = high.strip("'")
    try:
        moved = (
            str(datetime.fromisoformat(text) - late) if isinstance(late, timedelta) else f"{float(text) - late:.17g}"
        )
    except ValueError:
        kind = "a span of time" if isinstance(late, timedelta) else "a number"
        raise UserFault(f"database: `late:` is {kind}, but the highest watermark is {text!r}") from None
    return f"'{moved}'" if quoted else session.literal(moved)


def _answer(session: Session, probe: str) -> str:
    return json.dumps(first_row(session, probe), default=str, ensure_ascii=False)


def _is_due(query: Query, state: State) -> bool:
    if query.full_reload_days is None:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(state.full_at) >= timedelta(days=query.full_reload_days)


def _signature(query: Query) -> str:
    return hashlib.sha256(json.dumps([_FORM, asdict(query)], default=str).encode()).hexdigest()


def _read_state(file: Path, extract: Path, signature: str) -> State | None:
    try:
        state = State(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return state if state.query == signature and extract.is_file() else None


def _write_state(file: Path, state: State) -> None:
    staged = file.with_suffix(".json.new")
    staged.write_text(json.dumps(asdict(state), ensure_ascii=False), encoding="utf-8")
    os.replace(staged, file)
