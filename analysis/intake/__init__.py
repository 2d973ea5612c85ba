"""From a source (files or a database) to the store: mapping, checks, Parquet by business unit. `intake` is all of it.

Refuses what would make figures wrong without a word: a column that is missing or there twice, times with and without an
offset, more than a fifth of a table in quarantine. Runs in bounded memory and downloads nothing.
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
from analysis.intake.checksums import SourceFile
from analysis.intake.extending import mapping_files
from analysis.intake.folders import building_folder, is_finished
from analysis.intake.gathering import gather
from analysis.intake.growth import forget_unused, mark_used
from analysis.intake.manifest import Order
from analysis.intake.mapping import of_folder, read_mapping
from analysis.intake.naming import adopt
from analysis.intake.sources import Content, Reading, open_content
from analysis.intake.thresholds import FILE as THRESHOLDS_FILE
from analysis.intake.thresholds import read_thresholds
from analysis.intake.units import FILE as UNITS_FILE
from analysis.intake.units import read_described_units
from analysis.store import Store

__all__ = ["intake"]

MEMORY_LIMIT = "1536MiB"  # the whole process then stays below 2 GiB


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
    source : a folder of CSV, Excel or Parquet files (also .gz, .zip), or one such file; or a database's address.
    mapping : a file of params/mappings; None when the files already bear the canonical names.
    params : the folder that may hold business_units.yml and quarantine.yml.
    store_root : where stores lie, each in a folder named by its fingerprint.
    memory_limit : what DuckDB may use at once; beyond it spills to the store's temporary folder.
    report_progress : called with a few words before each step.

    Raises
    ------
    UserFault : what is wrong with source, mapping or data, one line each.
    """
    say = report_progress or _silent
    described = read_described_units(params)
    thresholds = read_thresholds(params)
    rules = read_mapping(mapping) if mapping is not None else None
    say("check what changed")
    found = gather(source, rules, store_root=store_root, report_progress=say)
    calendar = calendar_file(rules.meta.get("calendar") if rules else None, params=params, mapping=mapping)
    declared = [*(mapping_files(mapping) if mapping else ()), params / UNITS_FILE, params / THRESHOLDS_FILE]
    fingerprint = _fingerprint(found.files, [*declared, *([calendar] if calendar else [])])
    target = store_root / fingerprint[:16]
    if is_finished(target):
        mark_used(target)
        return Store(target)
    contents = found.contents()
    if rules is not None and rules.sources:
        contents = adopt(rules.sources, contents, mapping=rules.name, headings_of=_headings_of)
    rules = rules or of_folder([content.stem for content in contents])
    order = Order(found.files, contents, rules, described, fingerprint, memory_limit, store_root, thresholds, calendar)
    try:
        with building_folder(target) as folder:
            build_store(order, into=folder, report_progress=say)
    except duckdb.OutOfMemoryException as fault:
        raise UserFault(
            f"intake needs more than {memory_limit} of memory or disk: {str(fault).splitlines()[0]}"
        ) from fault
    forget_unused(store_root)
    return Store(target)


def _fingerprint(found: tuple[SourceFile, ...], parameters: Iterable[Path]) -> str:
    """One hash over all the store depends on: the source, mapping, units, the data model, this code and DuckDB."""
    code = [
        file
        for package in ("analysis.intake", "analysis.intake.databases", "analysis.data_model")
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
