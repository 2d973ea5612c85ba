"""Where the measured tables of many orders lie: in a file of DuckDB's own below the store's temporary folder, since in
memory they would be compressed, put on disk and read back over and over.

The file lasts as long as the measuring. What a killed one left is taken away by the next.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from analysis.store import Store

if os.name == "posix":
    import fcntl

ROWS_IN_MEMORY = 2_000_000  # work orders whose tables still lie in memory whole
SCHEMA = "measured_tables"
_FOLDER, _HELD = "measured-", "held"


@contextmanager
def room_for_tables(store: Store) -> Iterator[Path | None]:
    """A file to be for the measured tables, taken away after the body of the `with`; None where memory holds them.

    The connection that `attach`es it must be closed within the body.
    """
    temporary = store.path / "tmp"
    for left in temporary.glob(f"{_FOLDER}*"):
        if not _is_held(left / _HELD):
            shutil.rmtree(left, ignore_errors=True)
    rows = store.manifest["tables"].get("work_orders", {}).get("rows", 0)
    if rows > ROWS_IN_MEMORY:
        temporary.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=_FOLDER, dir=temporary))
        try:
            with (folder / _HELD).open("w") as stream:
                if os.name == "posix":
                    fcntl.flock(stream, fcntl.LOCK_EX)
                yield folder / "tables.duckdb"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    else:
        yield None
    with suppress(OSError):  # it is not there, or another measuring uses it
        temporary.rmdir()


def attach(con: duckdb.DuckDBPyConnection, file: Path | None) -> str | None:
    """Open the file on the connection; gives the name under which tables are made in it, None without a file."""
    if file is None:
        return None
    con.execute(f"ATTACH '{str(file).replace(chr(39), chr(39) * 2)}' AS {SCHEMA}")
    return SCHEMA


def _is_held(file: Path) -> bool:
    """Whether a living process measures there."""
    try:
        if os.name != "posix":
            file.unlink()  # refused while it is open
            return False
        with file.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
