"""A session with a database, whichever it is: its tables, a query's columns, its rows as Arrow batches.

A session reads and nothing else: the server is told so before the first query. What a driver complains of becomes one
line that names the address, the fault and the next step, never a password.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from analysis.faults import UserFault, did_you_mean
from analysis.intake.databases.address import PASSWORD_VARIABLE, Address, password_for
from analysis.intake.databases.rules import DatabaseRule

if TYPE_CHECKING:
    import pyarrow as pa

CONNECT_SECONDS = 15
BATCH_ROWS = 20_000
APPLICATION = "after-sales-reports"


class DriverFault(Exception):
    """What went wrong: one of a few words (`kind`), the driver's own words, and the table or column it is about."""

    def __init__(self, kind: str, words: str, *, subject: str = "") -> None:
        self.kind, self.words, self.subject = kind, words, subject
        super().__init__(words)


class Session(Protocol):
    """What the kinds of databases have in common."""

    def tables(self) -> list[str]:
        """The tables and views that may be read; those outside the usual schemas as `schema.table`."""

    def name(self, name: str) -> str:
        """A column, or a table as `tables` names it, as the server quotes it."""

    def text(self, expression: str) -> str:
        """An expression turned to text."""

    def literal(self, value: str) -> str:
        """What `text` gave, as it is compared with its column."""

    def columns(self, item: str) -> list[str]:
        """The columns of what stands in FROM."""

    def rows(self, query: str) -> Iterator["pa.RecordBatch"]:
        """What a SELECT gives, batch by batch in bounded memory; types that Parquet does not know come as text."""


@contextmanager
def open_session(address: Address, rule: DatabaseRule) -> Iterator[Session]:
    """A session that only reads, closed at the end.

    Raises
    ------
    UserFault : host not found, connection refused, wrong password, no such database, no such file; within the block
        also what the server says against a query.
    """
    password = password_for(address, rule.password_env)

    def told(fault: DriverFault, session: Session | None = None) -> UserFault:
        line = _line(fault, address, rule, has_password=password is not None, session=session)
        return UserFault(line.replace(password, "…") if password else line)

    try:
        with _opened(address, password, rule.statement_seconds) as session:
            try:
                yield session
            except DriverFault as fault:
                raise told(fault, session) from None
    except DriverFault as fault:
        raise told(fault) from None


def first_row(session: Session, query: str) -> list[object]:
    """The first row a query gives; empty when it gives none."""
    for batch in session.rows(query):
        if batch.num_rows:
            return [column[0].as_py() for column in batch.columns]
    return []


@contextmanager
def _opened(address: Address, password: str | None, seconds: float) -> Iterator[Session]:
    # a driver is imported only when a database of its kind is read: each costs time and memory
    if address.kind == "postgresql":
        from analysis.intake.databases.postgresql import PostgresqlSession

        with PostgresqlSession(address, password, seconds) as session:
            yield session
    elif address.kind == "mysql":
        from analysis.intake.databases.mysql import MysqlSession

        with MysqlSession(address, password, seconds) as session:
            yield session
    elif address.kind == "sqlite":
        from analysis.intake.databases.sqlite import SqliteSession

        with SqliteSession(address, seconds) as session:
            yield session
    else:
        from analysis.intake.databases.duckdb_file import DuckdbSession

        with DuckdbSession(address, seconds) as session:
            yield session


def _line(
    fault: DriverFault, address: Address, rule: DatabaseRule, *, has_password: bool, session: Session | None
) -> str:
    variable = rule.password_env or PASSWORD_VARIABLE
    head = f"{address.shown}: "
    if fault.kind == "host":
        return f"{head}host {address.host!r} is not found; check its name, and that this machine may reach it"
    if fault.kind == "refused":
        return f"{head}nothing answers at {address.place}; check port and firewall, and that the server runs"
    if fault.kind == "password":
        reason = f"the password in {variable} is wrong" if has_password else f"it asks for a password; set {variable}"
        return f"{head}the server does not let {address.user or 'this user'!r} in: {reason}"
    if fault.kind == "database":
        return f"{head}there is no database {address.database!r}, or {address.user!r} may not see it"
    if fault.kind == "file":
        return f"{head}{fault.words}"
    if fault.kind == "table":
        near = did_you_mean(fault.subject, _tables(session))
        return f"{head}no table or view {fault.subject!r}{near}"
    if fault.kind == "writes":
        return f"{head}the query writes and was refused by the server; a database is only read ({fault.words})"
    if fault.kind == "time":
        limit = f"{rule.statement_seconds:g}"
        return (
            f"{head}a query ran longer than {limit} s and was stopped; "
            "let it read less, index its columns, or raise database.statement_seconds"
        )
    return f"{head}{fault.words}"


def _tables(session: Session | None) -> list[str]:
    try:
        return session.tables() if session is not None else []
    except DriverFault:  # the session may be broken by the very fault that is being told
        return []
