"""From a database to contents that intake reads like files: which tables and queries a mapping needs, each fetched into
its extract.

Refuses a mapping that names what the database does not have, with the nearest names. Fetches nothing that no table of
the mapping reads.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from analysis.faults import UserFault
from analysis.intake.databases.address import Address
from analysis.intake.databases.rules import DatabaseRule, Query, faults_of_rule
from analysis.intake.databases.server_sql import as_item
from analysis.intake.databases.sessions import Session, open_session
from analysis.intake.growth import mark_used

if TYPE_CHECKING:
    import pyarrow as pa

if os.name == "posix":
    import fcntl

EXTRACTS = "extracts"
LONGEST_NAME = 100
Progress = Callable[[str], None]
Pick = Callable[[Sequence[str]], Sequence[str]]


def fetch_extracts(
    address: Address, rule: DatabaseRule | None, *, mapping: str, pick: Pick, keep: Path, report_progress: Progress
) -> dict[str, Path]:
    """The Parquet file of each table or query that is needed, up to date.

    Parameters
    ----------
    mapping : how messages name the mapping.
    pick : from the names of all tables, views and queries those that are needed.
    keep : the folder in which stores lie; extracts lie beside them.

    Raises
    ------
    UserFault : what `open_session` and `bring_up_to_date` say; SQL that does more than read.
    """
    from analysis.intake.databases.extracts import bring_up_to_date  # with what writes Parquet; files need none of it

    rule = rule or DatabaseRule()
    faults = faults_of_rule(rule, kind=address.kind, mapping=mapping)
    if faults:
        raise UserFault(faults)
    folder = keep / EXTRACTS / hashlib.sha256(repr(address).encode()).hexdigest()[:16]
    report_progress(f"ask {address.shown}")
    with _alone(folder), open_session(address, rule) as session:
        names = list(dict.fromkeys((*rule.queries, *session.tables())))
        found = {}
        for name in pick(names):
            query = rule.queries.get(name) or Query(table=name)
            extract = bring_up_to_date(session, query, name=_file_name(name), folder=folder)
            found[name] = extract.path
            told = "unchanged, no row read" if extract.travelled is None else f"{extract.travelled:,} rows read"
            report_progress(f"{name}: {told}, {extract.rows:,} in all")
    return found


def fetch_sample(address: Address, rule: DatabaseRule | None, *, rows: int) -> Iterator[tuple[str, "pa.Table"]]:
    """Each table, view and query of a database with its first rows, for a look at an unknown source."""
    rule = rule or DatabaseRule()
    with open_session(address, rule) as session:
        for name in dict.fromkeys((*rule.queries, *session.tables())):
            query = rule.queries.get(name) or Query(table=name)
            yield name, _first(session, query, rows)


def _first(session: Session, query: Query, rows: int) -> "pa.Table":
    import pyarrow as pa

    item = session.name(query.table) if query.table else as_item(query.sql or "")
    batches = list(islice(session.rows(f"SELECT * FROM {item} AS q LIMIT {int(rows)}"), rows))
    return pa.Table.from_batches(batches)


def _file_name(name: str) -> str:
    """A name as a file's stem; a long one ends in its hash."""
    plain = quote(name, safe=" ")
    return plain if len(plain) <= LONGEST_NAME else f"{plain[:60]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time brings the extracts of a database up to date; another waits."""
    folder.mkdir(parents=True, exist_ok=True)
    mark_used(folder)
    with (folder / ".lock").open("w") as stream:
        if os.name == "posix":
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
