"""MySQL and MariaDB through SQLAlchemy and PyMySQL, over a cursor that stays on the server.

Every value comes as the text the server writes, as from a file: `0000-00-00` is then refused with its reason and not
turned into nothing. The session is held to reading by the server, under the server's own time limit.
"""

import re
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pymysql
import sqlalchemy
from pymysql.constants import FIELD_TYPE
from sqlalchemy.pool import NullPool

from analysis.intake.databases.address import Address
from analysis.intake.databases.sessions import BATCH_ROWS, CONNECT_SECONDS, DriverFault

_NO_SUCH_TABLE, _READ_ONLY = 1146, 1792
_TIME_IS_UP = (1969, 3024)
_PASSWORD, _DATABASE, _CONNECT, _LOST = (1045, 1698), (1044, 1049), (2003, 2002), (2006, 2013)
_TABLES = """
    SELECT CASE WHEN table_schema = database() THEN table_name ELSE concat(table_schema, '.', table_name) END AS name
    FROM information_schema.tables
    WHERE table_schema NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1"""


class MysqlSession:
    """One connection; see `sessions.Session`."""

    def __init__(self, address: Address, password: str | None, statement_seconds: float) -> None:
        url = sqlalchemy.URL.create(
            "mysql+pymysql",
            username=address.user or None,
            password=password,
            host=None if "unix_socket" in address.options else address.host,
            port=None if "unix_socket" in address.options else address.port,
            database=address.database,
        )
        arguments: dict[str, Any] = {
            "conv": dict(pymysql.converters.encoders),  # encoders only: what is read stays text
            "connect_timeout": CONNECT_SECONDS,
            "charset": "utf8mb4",
        }
        if "unix_socket" in address.options:
            arguments["unix_socket"] = address.options["unix_socket"]
        if "ssl_ca" in address.options:
            arguments["ssl"] = {"ca": address.options["ssl_ca"]}
        self._engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=arguments)
        self._seconds, self._zone = statement_seconds, address.options.get("time_zone")

    def __enter__(self) -> Self:
        try:
            connection = self._engine.connect()
            maria = bool(getattr(connection.dialect, "is_mariadb", False))
            limit = (
                f"max_statement_time = {self._seconds}"
                if maria
                else f"max_execution_time = {int(self._seconds * 1000)}"
            )
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            connection.exec_driver_sql(f"SET SESSION {limit}")
            if self._zone:
                connection.exec_driver_sql(f"SET SESSION time_zone = {self.literal(self._zone)}")
            connection.rollback()  # the next transaction is the first that is held to reading
        except sqlalchemy.exc.SQLAlchemyError as fault:
            raise _driver_fault(fault) from None
        self._connection = connection.execution_options(stream_results=True, no_parameters=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._engine.dispose()

    def tables(self) -> list[str]:
        """The tables and views of the database, those of others as `database.table`."""
        return [row for batch in self.rows(_TABLES) for row in batch.column(0).to_pylist()]

    def name(self, name: str) -> str:
        """A name in backticks, `database.table` part by part."""
        return ".".join("`" + part.replace("`", "``") + "`" for part in name.split(".", maxsplit=1))

    def text(self, expression: str) -> str:
        """The expression cast to text."""
        return f"CAST({expression} AS CHAR)"

    def literal(self, value: str) -> str:
        """A literal, which the server reads as its column's type."""
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    def columns(self, item: str) -> list[str]:
        """The columns of what stands in FROM, from a query without rows."""
        return self._columns(f"SELECT * FROM {item} AS q LIMIT 0")

    def rows(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows, every column as text."""
        try:
            result = self._connection.exec_driver_sql(query)
            try:
                names = list(result.keys())
                described: Sequence[Any] = result.cursor.description if result.cursor else ()
                bits = {place for place, field in enumerate(described) if field[1] == FIELD_TYPE.BIT}
                schema = pa.schema([(name, pa.string()) for name in names])
                yield pa.RecordBatch.from_arrays([pa.array([], pa.string()) for _ in names], schema=schema)
                while rows := result.fetchmany(BATCH_ROWS):
                    columns = zip(*rows, strict=True)
                    arrays = [
                        pa.array(_texts(values, names[at], is_bits=at in bits), pa.string())
                        for at, values in enumerate(columns)
                    ]
                    yield pa.RecordBatch.from_arrays(arrays, schema=schema)
            finally:
                result.close()
                self._connection.rollback()
        except sqlalchemy.exc.SQLAlchemyError as fault:
            raise _driver_fault(fault) from None

    def _columns(self, query: str) -> list[str]:
        for batch in self.rows(query):
            return list(batch.schema.names)
        return []


def _texts(values: Sequence[Any], column: str, *, is_bits: bool) -> Sequence[str | None]:
    """The values of a column as text: bits as the number they are, bytes as UTF-8, strictly."""
    if not any(isinstance(value, bytes) for value in values):
        return values
    if is_bits:
        return [None if value is None else str(int.from_bytes(value, "big")) for value in values]
    try:
        return [value.decode("utf-8") if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError:
        told = f"column {column!r} holds bytes that are no text; leave it out of the query"
        raise DriverFault("other", told) from None


def _driver_fault(fault: sqlalchemy.exc.SQLAlchemyError) -> DriverFault:
    original = getattr(fault, "orig", None)
    arguments: Sequence[Any] = getattr(original, "args", ())
    code = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    words = str(arguments[1] if len(arguments) > 1 else original or fault).splitlines()[0]
    if code == _NO_SUCH_TABLE:
        found = re.search(r"Table '(?:[^'.]+\.)?([^']+)'", words)
        return DriverFault("table", words, subject=found.group(1) if found else "")
    if code == _READ_ONLY:
        return DriverFault("writes", words)
    if code in _TIME_IS_UP:
        return DriverFault("time", words)
    if code in _PASSWORD:
        return DriverFault("password", words)
    if code in _DATABASE:
        return DriverFault("database", words)
    if code in _CONNECT:
        lost = re.search("not known|No address|Temporary failure in name", words)
        return DriverFault("host" if lost else "refused", words)
    if code in _LOST:
        return DriverFault("other", f"the connection broke while rows were read ({words}); run again")
    return DriverFault("other", words)
