"""Where a database is: `postgresql://reader@db.example:5432/service?sslmode=require`, taken apart and checked.

Refuses a password in the address, which would end up in logs and parameters; it comes from the environment, by name. An
address is shown by `shown`, which holds none.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from analysis.faults import UserFault, did_you_mean

PASSWORD_VARIABLE = "AFTER_SALES_DATABASE_PASSWORD"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "postgresql": "postgresql",
        "postgres": "postgresql",
        "mysql": "mysql",
        "mariadb": "mysql",
        "sqlite": "sqlite",
        "duckdb": "duckdb",
    }
)
SERVERS = frozenset({"postgresql", "mysql"})
OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "postgresql": ("host", "schema", "sslmode", "sslrootcert", "sslcert", "sslkey"),
        "mysql": ("unix_socket", "ssl_ca", "time_zone"),
        "sqlite": (),
        "duckdb": (),
    }
)
PORTS: Mapping[str, int] = MappingProxyType({"postgresql": 5432, "mysql": 3306})
_SCHEME = re.compile(r"^([a-z][a-z0-9]*)(\+[a-z0-9]+)?://", re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """A database's place. `database` is its name on a server, or the file's path."""

    kind: str
    database: str
    host: str = ""
    port: int = 0
    user: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The address as messages and records name it; it never holds a password."""
        if self.kind not in SERVERS:
            return f"{self.kind}:///{self.database}"
        user = f"{self.user}@" if self.user else ""
        return f"{self.kind}://{user}{self.place}/{self.database}"

    @property
    def place(self) -> str:
        """Host and port, or the socket, of a server."""
        socket = self.options.get("host") or self.options.get("unix_socket")
        return socket or f"{self.host}:{self.port}"


def is_address(source: str) -> bool:
    """Whether a source is named by an address and not by a path."""
    return "://" in source


def read_address(source: str) -> Address:
    """The parts of an address.

    Raises
    ------
    UserFault : another kind of database, a password in it, an unknown option, no database named.
    """
    found = _SCHEME.match(source)
    scheme = found.group(1).casefold() if found else ""
    if scheme not in KINDS:
        known = ", ".join(f"{name}://" for name in KINDS)
        raise UserFault(f"data: {scheme}:// is no kind of database that is read; known are {known}")
    kind = KINDS[scheme]
    parts = urlsplit(source)
    if parts.password is not None:
        raise UserFault(
            f"data: the address of {parts.hostname or scheme} holds a password; leave it out and set it in the "
            f"environment as {PASSWORD_VARIABLE}, or as what `database.password_env` of the mapping names"
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    faults = [
        f"data: unknown option {name!r} in the address{did_you_mean(name, OPTIONS[kind])}"
        for name in options
        if name not in OPTIONS[kind]
    ]
    database = unquote(parts.path[1:] if parts.path.startswith("/") else parts.path)
    if not database:
        faults.append(f"data: the address names no {'database' if kind in SERVERS else 'file'}; end it with /name")
    if kind not in SERVERS and parts.netloc:
        faults.append(f"data: {scheme}:// takes three slashes before a path, four before an absolute one")
    try:
        port = parts.port or PORTS.get(kind, 0)
    except ValueError:
        faults.append(f"data: the port in the address of {parts.hostname} is none")
        port = 0
    if faults:
        raise UserFault(faults)
    host = parts.hostname or ("localhost" if kind in SERVERS else "")
    return Address(kind, database, host, port, unquote(parts.username or ""), MappingProxyType(options))


def password_for(address: Address, variable: str | None) -> str | None:
    """The password of a server from the environment; None where none is set.

    Raises
    ------
    UserFault : the mapping names a variable that is not set.
    """
    if address.kind not in SERVERS:
        return None
    value = os.environ.get(variable or PASSWORD_VARIABLE)
    if value is None and variable is not None:
        raise UserFault(
            f"{address.shown}: the environment has no {variable}, which `database.password_env` of the mapping names; "
            "set it to the password"
        )
    return value
