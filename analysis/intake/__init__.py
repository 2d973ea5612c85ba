"""From a source to the store: files, mapping, checks, Parquet by business unit. `intake` is the whole of it.

Refuses what would make figures wrong without a word: a column that is missing or there twice, times with and without an
offset, more than a fifth of a table in quarantine. Runs in bounded memory and fetches nothing.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path

import duckdb

from analysis.faults import UserFault
from analysis.intake.building import build_store
from analysis.intake.business_calendar import calendar_file
from analysis.intake.extending import mapping_files
from analysis.intake.folders import building_folder, is_finished
from analysis.intake.manifest import Order
from analysis.intake.mapping import of_folder, read_mapping
from analysis.intake.naming import adopt
from analysis.intake.sources import Content, Reading, SourceFile, find_files, list_contents, open_content
from analysis.intake.units import FILE as UNITS_FILE
from analysis.intake.units import read_described_units
from analysis.store import Store

__all__ = ["intake"]

MEMORY_LIMIT = "1536MiB"  # the whole process then stays below 2 GiB
_CHECKSUMS = "checksums.json"


def intake(
    source: str,
    *,
    mapping: Path | None,
    params: Path,
    store_root: Path,
    memory_limit: str = MEMORY_LIMIT,
    report_progress: Callable[[str], None] | None = None,
) -> Store:
    """The store of a source: at once when nothing changed since it was built, else built anew.

    Parameters
    ----------
    source : a folder of CSV, Excel or Parquet files (also .gz, .zip), or one such file.
    mapping : a file of params/mappings; None when the files already bear the canonical names.
    params : the folder that may hold business_units.yml.
    store_root : where stores lie, each in a folder named by its fingerprint.
    memory_limit : what DuckDB may use at once; beyond it spills to the store's temporary folder.
    report_progress : called with a few words before each step.

    Raises
    ------
    UserFault : what is wrong with source, mapping or data, one line each.
    """
    say = report_progress or _silent
    described = read_described_units(params)
    rules = read_mapping(mapping) if mapping is not None else None
    say("check what changed")
    found = find_files(source, known=store_root / _CHECKSUMS)
    calendar = calendar_file(rules.meta.get("calendar") if rules else None, params=params, mapping=mapping)
    declared = [*(mapping_files(mapping) if mapping else ()), params / UNITS_FILE, *([calendar] if calendar else [])]
    fingerprint = _fingerprint(found, declared)
    target = store_root / fingerprint[:16]
    if is_finished(target):
        return Store(target)
    contents = list_contents(found)
    if rules is not None and rules.sources:
        contents = adopt(rules.sources, contents, mapping=rules.name, headings_of=_headings_of)
    rules = rules or of_folder([content.stem for content in contents])
    order = Order(found, contents, rules, described, fingerprint, memory_limit, calendar)
    try:
        with building_folder(target) as folder:
            build_store(order, into=folder, report_progress=say)
    except duckdb.OutOfMemoryException as fault:
        raise UserFault(
            f"intake needs more than {memory_limit} of memory or disk: {str(fault).splitlines()[0]}"
        ) from fault
    return Store(target)


def _fingerprint(found: tuple[SourceFile, ...], parameters: Iterable[Path]) -> str:
    """One hash over all the store depends on: the source, mapping, units, the data model, this code and DuckDB."""
    code = [
        file
        for package in ("analysis.intake", "analysis.data_model")
        for file in files(package).iterdir()
        if file.name.endswith((".py", ".yml"))
    ]
    parts = {
        "source": [[file.name, file.sha256] for file in found],
        "parameters": [
            [path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in parameters if path.is_file()
        ],
        "code": sorted(
            [file.name, hashlib.sha256(file.read_bytes()).hexdigest()]
            for file in [*code, files("analysis").joinpath("store.py")]
        ),
        "duckdb": duckdb.__version__,
    }
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _headings_of(content: Content) -> tuple[str, ...]:
    """The headings of a content that no source of the mapping is named after; none where it cannot be read."""
    with tempfile.TemporaryDirectory() as temp:
        try:
            return tuple(open_content(content, Reading(repeats=True), temp=Path(temp)).columns)
        except UserFault:
            return ()


def _silent(_: str) -> None:
    """What is said when nobody listens."""
