"""A source drawn in the test, loaded into a store that is thrown away; and private database servers to read from.

PostgreSQL and MariaDB are started as an unprivileged user on a folder and a port of their own and stopped at the end.
Where they are not installed, the tests that need them are skipped and say so; with CI=true that is a failure.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest
from adbc_driver_postgresql import dbapi as postgresql

from analysis.intake import intake
from analysis.store import Store

Load = Callable[..., Store]
PASSWORD = "gehe1m/@:'pw"
START_SECONDS = 60


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load({"work_orders.csv": "…"}, mapping="…", units="…")` writes the files and runs intake on them."""

    def run(files: Mapping[str, str | bytes], *, mapping: str | None = None, units: str | None = None) -> Store:
        source, params = tmp_path / "source", tmp_path / "params"
        source.mkdir(exist_ok=True)
        params.mkdir(exist_ok=True)
        for old in source.iterdir():
            old.unlink()
        for name, content in files.items():
            (source / name).write_bytes(content.encode() if isinstance(content, str) else content)
        if units is not None:
            (params / "business_units.yml").write_text(units, encoding="utf-8")
        rules = None
        if mapping is not None:
            rules = params / "trial.yml"
            rules.write_text(mapping, encoding="utf-8")
        return intake(str(source), mapping=rules, params=params, store_root=tmp_path / "stores")

    return run


@dataclass(frozen=True)
class Server:
    """A database server of this test run: `run` executes statements as its owner, `reader` may log in with PASSWORD."""

    kind: str
    port: int
    connect: Callable[[str], Any]

    def address(self, database: str) -> str:
        """What `data:` would name."""
        return f"{self.kind}://reader@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def cursor(self, database: str) -> Iterator[Any]:
        """A cursor of the owner on a database, committed at the end."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        finally:
            connection.close()

    def run(self, database: str, *statements: str) -> None:
        """Statements of the owner."""
        with self.cursor(database) as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A private PostgreSQL."""
    programs = _programs("initdb", "postgres", package="postgresql")
    with _home("postgres") as (folder, user):
        (folder / "password").write_text(PASSWORD)
        setup = ["-D", "data", "-U", "owner", "--auth=scram-sha-256", "--pwfile=password", "--no-sync", "-E", "UTF8"]
        _call([programs["initdb"], *setup, "--locale=C.UTF-8"], folder, user)
        port = _free_port()
        settings = [f"port={port}", "listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=32MB"]
        command = [programs["postgres"], "-D", "data", "-k", str(folder)]
        command += [part for setting in settings for part in ("-c", setting)]

        def connect(database: str) -> Any:
            told = PASSWORD.replace("'", "\\'")
            return postgresql.connect(f"host=127.0.0.1 port={port} user=owner password='{told}' dbname={database}")

        with _running(command, folder, user, ready="ready to accept connections"):
            server = Server("postgresql", port, connect)
            secret = PASSWORD.replace("'", "''")
            server.run("postgres", f"CREATE USER reader PASSWORD '{secret}'", "GRANT pg_read_all_data TO reader")
            yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """A private MariaDB. Its reader may write, so that what refuses to write is the session."""
    programs = _programs("mariadb-install-db", "mariadbd", package="mariadb-server")
    with _home("mysql") as (folder, user):
        data = ["--no-defaults", f"--datadir={folder / 'data'}"]
        install = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        _call([programs["mariadb-install-db"], *data, *install], folder, user)
        port, place = _free_port(), folder / "socket"
        settings = [f"--socket={place}", f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}"]
        settings += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]

        def connect(database: str) -> Any:
            return pymysql.connect(unix_socket=str(place), user="root", database=database, charset="utf8mb4")

        with _running([programs["mariadbd"], *data, *settings], folder, user, ready="ready for connections"):
            server = Server("mysql", port, connect)
            with server.cursor("mysql") as cursor:
                cursor.execute("CREATE USER reader@'127.0.0.1' IDENTIFIED BY %s", (PASSWORD,))
                cursor.execute("GRANT ALL ON *.* TO reader@'127.0.0.1'")
            yield server


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """The reader's password, set where a mapping that names no variable looks for it."""
    monkeypatch.setenv("AFTER_SALES_DATABASE_PASSWORD", PASSWORD)
    return PASSWORD


def _programs(*names: str, package: str) -> dict[str, str]:
    places = [
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
        "/usr/sbin",
        os.environ["PATH"],
    ]
    found = {name: shutil.which(name, path=os.pathsep.join(places)) for name in names}
    if None in found.values():
        told = f"{package} is not installed (apt-get install {package}): its databases are NOT tested"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return {name: str(place) for name, place in found.items()}


@contextmanager
def _home(user: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder for a server, and who runs it: servers refuse to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="after-sales-server-"))
    run_as: dict[str, Any] = {}
    try:
        if os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
            run_as = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        yield folder, run_as
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(command: list[str], folder: Path, user: Mapping[str, Any]) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **user)
    assert done.returncode == 0, done.stderr


@contextmanager
def _running(command: list[str], folder: Path, user: Mapping[str, Any], *, ready: str) -> Iterator[None]:
    """The server until the end, from when it says that it is ready."""
    said = folder / "server.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **user)
    try:
        until = time.monotonic() + START_SECONDS
        while ready not in (told := said.read_text(errors="replace")):
            assert process.poll() is None, told
            assert time.monotonic() < until, told
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
