"""SQLite files through ADBC, opened for reading only.

SQLite gives a type to each value and not to a column; every value therefore comes as text, as from a file.
"""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import pyarrow as pa
from adbc_driver_manager.dbapi import Error
from adbc_driver_sqlite import dbapi

from analysis.intake.databases.address import Address
from analysis.intake.databases.sessions import BATCH_ROWS, DriverFault

_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"

_FAULTS = (Error, OSError, pa.ArrowException)  # a driver's own, and what comes through while batches are read


class SqliteSession:
    """One connection; see `sessions.Session`."""

    def __init__(self, address: Address, statement_seconds: float) -> None:
        self._path, self._seconds = Path(address.database), statement_seconds

    def __enter__(self) -> Self:
        if not self._path.is_file():
            raise DriverFault("file", "no such file; give its whole path after four slashes")
        try:
            self._connection = dbapi.connect(f"file:{quote(str(self._path.resolve()))}?mode=ro", autocommit=True)
            self._all("PRAGMA query_only = on")
        except _FAULTS as fault:
            raise _driver_fault(fault) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def tables(self) -> list[str]:
        """The tables and views of the file."""
        return [str(row) for row in self._all(_TABLES).column(0).to_pylist()]

    def name(self, name: str) -> str:
        """A name in double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def text(self, expression: str) -> str:
        """The value as an SQL literal, for that is what says whether it is a number."""
        return f"quote({expression})"

    def literal(self, value: str) -> str:
        """What `text` gave is a literal already."""
        return value

    def columns(self, item: str) -> list[str]:
        """The columns of what stands in FROM, from a query without rows."""
        return list(self._all(f"SELECT * FROM {item} AS q LIMIT 0").schema.names)

    def rows(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows, every value as text; numbers to the last digit."""
        names = self.columns(f"({query}\n)")
        picked = ", ".join(_as_text(self.name(name)) for name in names)
        try:
            with self._connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH_ROWS)})
                timer = threading.Timer(self._seconds, cursor.adbc_cancel)
                timer.start()
                try:
                    cursor.execute(f"SELECT {picked} FROM ({query}\n) AS q")
                    with cursor.fetch_record_batch() as reader:
                        schema = pa.schema([(name, pa.string()) for name in names])
                        for batch in reader:
                            yield batch.cast(schema)
                finally:
                    timer.cancel()
                    timer.join()
        except _FAULTS as fault:
            raise _driver_fault(fault) from None

    def _all(self, query: str) -> pa.Table:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetch_arrow_table()
        except _FAULTS as fault:
            raise _driver_fault(fault) from None


def _as_text(name: str) -> str:
    return f"CASE typeof({name}) WHEN 'real' THEN printf('%!.17g', {name}) ELSE CAST({name} AS TEXT) END AS {name}"


def _driver_fault(fault: Exception) -> DriverFault:
    words = re.sub(r"^.*?: ", "", str(fault).splitlines()[0]) if ": " in str(fault) else str(fault)
    missing = re.search(r"no such table: (?:main\.)?(\S+)", str(fault))
    if missing:
        return DriverFault("table", words, subject=missing.group(1).split("\n")[0])
    if "readonly" in str(fault) or "read-only" in str(fault):
        return DriverFault("writes", words)
    if "interrupt" in str(fault).lower() or "cancel" in str(fault).lower():
        return DriverFault("time", words)
    return DriverFault("other", words)
