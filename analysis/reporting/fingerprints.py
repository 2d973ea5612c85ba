"""What a step or a report was made from, as one short hash: same hash, nothing to do."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import analysis

PACKAGE = Path(analysis.__file__).parent
LENGTH = 16
CODE = frozenset({".py", ".yml", ".sql", ".po", ".css", ".j2", ".js", ".mplstyle"})
SHOWN_WITH = (
    "babel",
    "duckdb",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "scipy",
    "seaborn",
    "statsmodels",
    "xlsxwriter",
)


def of_values(*values: Any) -> str:
    """Hash of plain values; mappings count without regard to order."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()[
        :LENGTH
    ]


def of_file(file: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@lru_cache
def of_code(*parts: str) -> str:
    """Hash of files of the package, by name relative to it: "metrics" a folder, "store.py" a file, "" the package.

    Parameters
    ----------
    parts : a part with a leading "-" is left out, such as "-sample"
    """
    wanted = tuple(part for part in parts if not part.startswith("-"))
    left_out = tuple(part[1:] for part in parts if part.startswith("-"))
    chosen = {
        name: digest for name, digest in _code_files().items() if _within(name, wanted) and not _within(name, left_out)
    }
    return of_values(chosen)


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """The packages that can change a figure or a page, with their versions."""
    return {name: found for name in SHOWN_WITH if (found := _version(name))}


@lru_cache(maxsize=1)
def _code_files() -> Mapping[str, str]:
    files = sorted(file for file in PACKAGE.rglob("*") if file.suffix in CODE and "__pycache__" not in file.parts)
    return {file.relative_to(PACKAGE).as_posix(): of_file(file) for file in files}


def _within(name: str, parts: Iterable[str]) -> bool:
    return any(part == "" or name == part or name.startswith(part + "/") for part in parts)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
