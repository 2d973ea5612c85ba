"""Text files and sheets kept as Parquet beside the stores, so that of a source only new and changed files are read.

A copy holds every column as the text it is, in the file's order, with its unreadable lines and all that was found out
when the file was opened. It is known by the file's checksum, how it is read, and this code; a file's older copy goes
when a new one is made. Small files are read again: that is as quick. Refuses nothing.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from analysis.intake.growth import mark_used
from analysis.intake.rejects import Reject, read_rejects
from analysis.intake.sources import Content, Origin, Reading, open_content, scan_sql
from analysis.intake.text_files import lines_of_bytes

KEPT = "kept"
WORTH_KEEPING = 1024**2  # bytes of a file
MEMORY_LIMIT = "512MiB"
_FACTS = ("columns", "delimiter", "spaces", "first_line", "line_ends", "notes")


def open_kept(content: Content, reading: Reading, *, temp: Path, keep: Path, memory_limit: str) -> Origin:
    """The content ready to be read: from its copy if there is one, else opened, and kept when that is worth it.

    Parameters
    ----------
    temp : for temporary files; keep : the folder in which stores lie.

    Raises
    ------
    UserFault : what `open_content` says.
    """
    if content.form == "parquet" or content.file.bytes < WORTH_KEEPING:
        return open_content(content, reading, temp=temp)
    folder = keep / KEPT / _place_key(content)
    copy = folder / f"{_content_key(content, reading)}.parquet"
    facts = _read(copy)
    if facts is not None:
        mark_used(folder)
    else:
        origin = open_content(content, reading, temp=temp)
        if not origin.columns:
            return origin
        facts = _keep(origin, copy, temp=temp, memory_limit=memory_limit)
    origin = Origin(
        content.name,
        content.stem,
        content.file.path,
        content.form,
        dict.fromkeys(facts["columns"], "VARCHAR"),
        facts["delimiter"],
        facts["spaces"],
        facts["first_line"],
        facts["line_ends"],
        tuple(facts["notes"]),
        kept=copy,
        text=lambda: open_content(content, reading, temp=temp).path,
    )
    rejects = tuple(Reject(origin, **told) for told in facts["rejects"])
    return replace(origin, rejects=rejects)


def is_kept(content: Content, reading: Reading, *, keep: Path) -> bool:
    """Whether a copy stands for the content as it is now."""
    return _read(keep / KEPT / _place_key(content) / f"{_content_key(content, reading)}.parquet") is not None


def _keep(origin: Origin, copy: Path, *, temp: Path, memory_limit: str) -> dict[str, Any]:
    copy.parent.mkdir(parents=True, exist_ok=True)
    staged = copy.with_suffix(f".{os.getpid()}")
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": memory_limit,
        "temp_directory": str(temp),
        "python_enable_replacements": False,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("SET enable_progress_bar = false")
        place = str(staged).replace("'", "''")
        scan = scan_sql(origin, rejects="rejects_kept")
        connection.execute(f"COPY (SELECT * FROM {scan}) TO '{place}' (FORMAT parquet)")
        found = read_rejects(connection, "rejects_kept", origin=origin)
    starts = lines_of_bytes(origin.path, [reject.position for reject in found])
    facts = {name: getattr(origin, name) for name in _FACTS} | {
        "columns": list(origin.columns),
        "rejects": [
            {
                "position": reject.position,
                "lines": reject.lines,
                "error": reject.error,
                "text": reject.text,
                "line": starts[reject.position],
            }
            for reject in found
        ],
    }
    for older in copy.parent.glob("*.parquet"):
        older.unlink(missing_ok=True)
        _facts_file(older).unlink(missing_ok=True)
    os.replace(staged, copy)
    _facts_file(copy).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    return facts


def _read(copy: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(_facts_file(copy).read_text(encoding="utf-8"))) if copy.is_file() else None
    except (OSError, ValueError):
        return None


def _facts_file(copy: Path) -> Path:
    return copy.with_suffix(".json")


def _place_key(content: Content) -> str:
    return _hash([str(content.file.path.resolve()), content.part])


def _content_key(content: Content, reading: Reading) -> str:
    return _hash([content.file.sha256, repr(reading), _code(), duckdb.__version__])


@cache
def _code() -> str:
    sources = sorted(file.name for file in files("analysis.intake").iterdir() if file.name.endswith(".py"))
    return _hash([files("analysis.intake").joinpath(name).read_text(encoding="utf-8") for name in sources])


def _hash(parts: Mapping[str, Any] | list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]
