"""PostgreSQL through ADBC: rows come by binary COPY, batch by batch, without a Python object per value.

Each statement runs in a transaction that the server holds to reading, under the server's own time limit.
"""

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import pyarrow as pa
from adbc_driver_manager.dbapi import Error
from adbc_driver_postgresql import dbapi

from analysis.intake.databases.address import Address
from analysis.intake.databases.sessions import APPLICATION, CONNECT_SECONDS, DriverFault

BATCH_BYTES = 4 * 1024**2
_PLAIN = frozenset({"bool", "date", "timestamp", "timestamptz", "text", "varchar", "name", "numeric"})
_PLAIN_PREFIX = ("int", "float")
_TABLES = """
    SELECT CASE WHEN n.nspname = ANY (current_schemas(false)) THEN c.relname::text
        ELSE n.nspname || '.' || c.relname END AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg_toast%' AND has_table_privilege(c.oid, 'SELECT')
    ORDER BY 1"""

_FAULTS = (Error, OSError, pa.ArrowException)  # a driver's own, and what comes through while batches are read


class PostgresqlSession:
    """One connection; see `sessions.Session`."""

    def __init__(self, address: Address, password: str | None, statement_seconds: float) -> None:
        self._address, self._password, self._seconds = address, password, statement_seconds

    def __enter__(self) -> Self:
        settings = [
            "SET default_transaction_read_only = on",
            f"SET statement_timeout = {int(self._seconds * 1000)}",
            "SET TimeZone = 'UTC'",
        ]
        if schema := self._address.options.get("schema"):
            settings.append(f"SET search_path = {self.name(schema)}")
        try:
            self._connection = dbapi.connect(self._conninfo(), autocommit=True)
            with self._connection.cursor() as cursor:
                for setting in settings:
                    cursor.execute(setting)
        except _FAULTS as fault:
            raise _driver_fault(fault) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def tables(self) -> list[str]:
        """The tables and views that this user may read."""
        return [row for batch in self.rows(_TABLES) for row in batch.column(0).to_pylist()]

    def name(self, name: str) -> str:
        """A name in double quotes, `schema.table` part by part."""
        parts = name.split(".", maxsplit=1)
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts)

    def text(self, expression: str) -> str:
        """The expression cast to text."""
        return f"CAST({expression} AS text)"

    def literal(self, value: str) -> str:
        """An untyped literal, which the server reads as its column's type."""
        return "'" + value.replace("'", "''") + "'"

    def columns(self, item: str) -> list[str]:
        """The columns of what stands in FROM, from a query without rows."""
        return [field.name for field in self._schema(f"SELECT * FROM {item} AS q LIMIT 0")]

    def rows(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows; numeric as its exact text, types that Parquet lacks cast to text by the server."""
        fields = list(self._schema(f"SELECT * FROM ({query}\n) AS q LIMIT 0"))
        strange = [not _is_plain(_type_name(field)) for field in fields]
        names = ['"' + field.name.replace('"', '""') + '"' for field in fields]
        if any(strange) and len(set(names)) == len(names):
            picked = ", ".join(
                f"CAST({name} AS text) AS {name}" if odd else name for name, odd in zip(names, strange, strict=True)
            )
            query = f"SELECT {picked} FROM ({query}\n) AS q"
        try:
            with self._connection.cursor() as cursor:
                cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
                cursor.execute(query)
                with cursor.fetch_record_batch() as reader:
                    for batch in reader:
                        yield _without_extensions(batch)
        except _FAULTS as fault:
            raise _driver_fault(fault) from None

    def _schema(self, query: str) -> pa.Schema:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                with cursor.fetch_record_batch() as reader:
                    return reader.schema
        except _FAULTS as fault:
            raise _driver_fault(fault) from None

    def _conninfo(self) -> str:
        """Words and values, not a URI: one that libpq cannot read would come back in its message, password and all."""
        options = self._address.options
        values = {
            "host": options.get("host", self._address.host),
            "port": str(self._address.port),
            "dbname": self._address.database,
            "user": self._address.user,
            "password": self._password or "",
            "connect_timeout": str(CONNECT_SECONDS),
            "application_name": APPLICATION,
            **{name: value for name, value in options.items() if name.startswith("ssl")},
        }
        quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in values.items() if value}
        return " ".join(f"{name}='{value}'" for name, value in quoted.items())


def _type_name(field: pa.Field) -> str:
    return (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode()


def _is_plain(kind: str) -> bool:
    return kind in _PLAIN or (kind.startswith(_PLAIN_PREFIX) and kind[-1].isdigit())


def _without_extensions(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [column.storage if isinstance(column, pa.ExtensionArray) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _driver_fault(fault: Exception) -> DriverFault:
    text = str(fault)
    state = getattr(fault, "sqlstate", None) or (re.findall(r"SQLSTATE: (\w{5})", text) or [""])[-1]
    words = _words(text)
    if state == "42P01":
        found = re.search(r'relation "([^"]+)"', text)
        return DriverFault("table", words, subject=found.group(1) if found else "")
    if state == "25006" or "in a read-only transaction" in text:
        return DriverFault("writes", words)
    if state == "57014" or "due to statement timeout" in text:
        return DriverFault("time", words)
    for kind, mark in _CONNECTING.items():
        if re.search(mark, text):
            return DriverFault(kind, words)
    return DriverFault("other", words)


_CONNECTING = {
    "host": "could not translate host name",
    "refused": "Connection refused|timeout expired|No such file or directory|No route to host",
    "password": "password authentication failed|no password supplied|role .* does not exist|no pg_hba.conf entry",
    "database": "database .* does not exist|permission denied for database",
}


def _words(text: str) -> str:
    """The server's own words: the line after ERROR or FATAL, without the query."""
    found = re.search(r"(?:ERROR|FATAL):\s*(.+)", text)
    return (found.group(1) if found else text.splitlines()[0]).strip()
