"""DuckDB files, opened for reading only on a connection that reaches nothing else."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from analysis.intake.databases.address import Address
from analysis.intake.databases.sessions import BATCH_ROWS, DriverFault

MEMORY_LIMIT = "512MiB"
_TABLES = """
    SELECT CASE WHEN table_schema = current_schema() THEN table_name ELSE table_schema || '.' || table_name END
    FROM information_schema.tables ORDER BY 1"""
_PLAIN: tuple[str, ...] = (
    "BOOLEAN",
    "DATE",
    "VARCHAR",
    "FLOAT",
    "DOUBLE",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
)
_PLAIN += ("USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


class DuckdbSession:
    """One connection; see `sessions.Session`."""

    def __init__(self, address: Address, statement_seconds: float) -> None:
        self._path, self._seconds = Path(address.database), statement_seconds

    def __enter__(self) -> Self:
        if not self._path.is_file():
            raise DriverFault("file", "no such file; give its whole path after four slashes")
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY_LIMIT,
            "threads": 2,
            "python_enable_replacements": False,
            "enable_external_access": False,
        }
        try:
            self._connection = duckdb.connect(str(self._path), read_only=True, config=config)
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute("SET lock_configuration = true")
        except duckdb.Error as fault:
            raise _driver_fault(fault) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def tables(self) -> list[str]:
        """The tables and views of the file."""
        return [str(row[0]) for row in self._fetch(_TABLES)]

    def name(self, name: str) -> str:
        """A name in double quotes, `schema.table` part by part."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in name.split(".", maxsplit=1))

    def text(self, expression: str) -> str:
        """The expression cast to text."""
        return f"CAST({expression} AS VARCHAR)"

    def literal(self, value: str) -> str:
        """A literal, which is read as its column's type."""
        return "'" + value.replace("'", "''") + "'"

    def columns(self, item: str) -> list[str]:
        """The columns of what stands in FROM; nothing is read."""
        return [str(row[0]) for row in self._fetch(f"DESCRIBE SELECT * FROM {item} AS q")]

    def rows(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows; lists, intervals and the like as text."""
        described = self._fetch(f"DESCRIBE SELECT * FROM ({query}\n) AS q")
        picked = ", ".join(_picked(str(row[0]), str(row[1])) for row in described)
        timer = threading.Timer(self._seconds, self._connection.interrupt)
        timer.start()
        try:
            yield from self._connection.sql(f"SELECT {picked} FROM ({query}\n) AS q").to_arrow_reader(BATCH_ROWS)
        except duckdb.Error as fault:
            raise _driver_fault(fault) from None
        finally:
            timer.cancel()
            timer.join()

    def _fetch(self, query: str) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(query).fetchall()
        except duckdb.Error as fault:
            raise _driver_fault(fault) from None


def _picked(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.startswith("DECIMAL"):
        return f"CAST({quoted} AS VARCHAR) AS {quoted}"
    return quoted if kind in _PLAIN else f"CAST({quoted} AS VARCHAR) AS {quoted}"


def _driver_fault(fault: duckdb.Error) -> DriverFault:
    words = re.sub(r"^[A-Z]\w+ Error: ", "", str(fault).splitlines()[0])
    missing = re.search(r"Table with name (\S+) does not exist", words)
    if missing:
        return DriverFault("table", words, subject=missing.group(1))
    if isinstance(fault, duckdb.InterruptException):
        return DriverFault("time", words)
    if "read-only" in words:
        return DriverFault("writes", words)
    return DriverFault("other", words)
