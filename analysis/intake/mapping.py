"""How a source's columns become canonical tables: the files params/mappings/*.yml as checked, frozen values.

Refuses unknown keys, unknown tables and columns, formats that contradict each other, and SQL beyond one expression or
one SELECT. What a mapping says about the source's own columns is checked against the opened source in `binding`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analysis.data_model import Table, read_tables
from analysis.faults import UserFault, did_you_mean
from analysis.intake.databases.rules import DatabaseRule, read_database_rule
from analysis.intake.extending import read_extended
from analysis.intake.folding import Folding, read_folding
from analysis.intake.locked_sql import faults_of_expression
from analysis.intake.naming import NamedSource, named_source
from analysis.intake.sources import Reading
from analysis.intake.undecided import questions_in

SPECIAL_FORMATS = frozenset({"iso", "excel", "epoch_s", "epoch_ms"})
QUARANTINE_LIMIT = 0.20
_TOP = ("name", "description", "extends", "meta", "database", "files", "sources", "tables", "quarantine_limit")
_META = ("data_cutoff_at", "timezone", "currency", "note", "calendar")
_TABLE = ("from", "select", "fold", "steps", "columns", "where", "quarantine_limit")
_ORIGINS = ("from", "select", "fold", "steps")
_COLUMN = ("column", "format", "formats", "values", "null", "units", "constant", "sql")


@dataclass(frozen=True)
class ColumnRule:
    """Where one canonical column comes from: a source column, a constant, or an expression over the source's row."""

    column: str | None = None
    sql: str | None = None
    constant: str | None = None
    formats: tuple[str, ...] = ()
    values: Mapping[str, str | None] = field(default_factory=dict)
    null: tuple[str, ...] = ()
    units: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TableRule:
    """Where one canonical table comes from. `columns` None = the source already uses the canonical names."""

    table: str
    stem: str | None = None
    select: str | None = None
    columns: Mapping[str, ColumnRule] | None = None
    where: str | None = None
    quarantine_limit: float | None = None
    fold: Folding | None = None

    @property
    def is_query(self) -> bool:
        """Whether its rows are the result of a query over the source's tables, and not a file's own rows."""
        return self.select is not None or self.fold is not None


@dataclass(frozen=True)
class SourceMapping:
    """A whole mapping. Without a file (`of_folder`), each stem that is a canonical table's name is read as it is."""

    name: str
    tables: tuple[TableRule, ...]
    meta: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Reading] = field(default_factory=dict)
    quarantine_limit: float = QUARANTINE_LIMIT
    sources: Mapping[str, NamedSource] = field(default_factory=dict)
    database: DatabaseRule | None = None

    def reading(self, stem: str) -> Reading:
        """How the file of that stem is to be read: by the entry of its name, else by the first pattern that fits it. A
        vendor's export may have a heading twice."""
        fits = (pattern for pattern in self.files if fnmatchcase(stem.casefold(), pattern.casefold()))
        reading = self.files.get(stem) or self.files.get(next(fits, ""), Reading())
        return replace(reading, repeats=True) if stem in self.sources else reading


def read_mapping(path: Path) -> SourceMapping:
    """The mapping a YAML file declares, checked as far as that goes without the source.

    Raises
    ------
    UserFault : all faults at once, each naming file, place and next step.
    """
    content = read_extended(path)
    name = path.name
    faults = _unknown_keys(content, _TOP, name)
    tables = content.get("tables") or {}
    if not isinstance(tables, dict) or not tables:
        raise UserFault([*faults, f"{name}: `tables:` is missing; name at least one canonical table"])
    meta = content.get("meta") or {}
    faults += _unknown_keys(meta, _META, f"{name}: meta")
    rules = [_table_rule(table, entry, f"{name}: tables.{table}", faults) for table, entry in tables.items()]
    files = {
        stem: _reading(entry, f"{name}: files.{stem}", faults) for stem, entry in (content.get("files") or {}).items()
    }
    sources = {
        source: named_source(str(source), entry, f"{name}: sources.{source}", faults)
        for source, entry in (content.get("sources") or {}).items()
    }
    limit = _share(content.get("quarantine_limit", QUARANTINE_LIMIT), f"{name}: quarantine_limit", faults)
    database = read_database_rule(content["database"], f"{name}: database", faults) if "database" in content else None
    if faults:
        raise UserFault(faults)
    texts = {key: str(value) for key, value in meta.items() if value is not None}
    return SourceMapping(
        name=str(content.get("name", path.stem)),
        tables=tuple(rules),
        meta=MappingProxyType(texts),
        files=MappingProxyType(files),
        quarantine_limit=limit,
        sources=MappingProxyType(sources),
        database=database,
    )


def of_folder(stems: Sequence[str]) -> SourceMapping:
    """The mapping of a source that already uses the canonical names.

    Raises
    ------
    UserFault : not one of the files bears a canonical table's name.
    """
    tables = read_tables()
    found = {stem.casefold(): stem for stem in stems if stem.casefold() in tables}
    if not found:
        near = "; ".join(f"{stem}{did_you_mean(stem, tables)}" for stem in stems[:5])
        raise UserFault(
            f"no file is named after a table of the data model ({near}); "
            "name a mapping, or see docs/reference/data_model.md"
        )
    return SourceMapping("", tuple(TableRule(table, stem=stem) for table, stem in found.items()))


def _table_rule(table: str, entry: Any, place: str, faults: list[str]) -> TableRule:
    declared = read_tables().get(table)
    if declared is None:
        faults.append(f"{place}: no such table{did_you_mean(table, read_tables())}")
        return TableRule(table)
    if not isinstance(entry, dict):
        faults.append(f"{place}: expected `from:` or `select:`, and `columns:`")
        return TableRule(table)
    faults += _unknown_keys(entry, _TABLE, place)
    given = [key for key in _ORIGINS if key in entry]
    if len(given) != 1:
        faults.append(
            f"{place}: give either `from:` (a file's stem), `select:` (one SELECT), `fold:` or `steps:` (a log), "
            f"not {' and '.join(given) or 'neither'}"
        )
    folds = [key for key in ("fold", "steps") if key in entry]
    if "where" in entry and "select" not in entry:
        faults += [f"{place}.where: {fault}" for fault in faults_of_expression(str(entry["where"]))]
    columns = entry.get("columns")
    rules = {
        name: _column_rule(declared, name, spec, f"{place}.columns.{name}", faults)
        for name, spec in (columns or {}).items()
    }
    limit = (
        _share(entry["quarantine_limit"], f"{place}.quarantine_limit", faults) if "quarantine_limit" in entry else None
    )
    return TableRule(
        table=table,
        stem=str(entry["from"]) if "from" in entry else None,
        select=str(entry["select"]) if "select" in entry else None,
        columns=MappingProxyType(rules) if columns is not None else None,
        where=str(entry["where"]) if "where" in entry else None,
        quarantine_limit=limit,
        fold=read_folding(entry[folds[0]], folds[0], f"{place}.{folds[0]}", faults) if folds else None,
    )


def _column_rule(table: Table, name: str, spec: Any, place: str, faults: list[str]) -> ColumnRule:
    known = [column.name for column in table.columns]
    if name not in known:
        faults.append(f"{place}: {table.name} has no such column{did_you_mean(name, known)}")
    if asked := list(questions_in(spec)):
        faults += [f"{place}: not decided yet: {question}" for question in asked]
        return ColumnRule()
    if isinstance(spec, str):
        return ColumnRule(column=spec)
    if not isinstance(spec, dict):
        faults.append(f"{place}: expected a source column's name, or one of column, constant, sql")
        return ColumnRule()
    spec = {
        "null" if key is None else key: value for key, value in spec.items()
    }  # YAML reads the key `null` as nothing
    faults += _unknown_keys(spec, _COLUMN, place)
    if sum(key in spec for key in ("column", "constant", "sql")) != 1:
        faults.append(f"{place}: give exactly one of column, constant, sql")
    if "sql" in spec:
        faults += [f"{place}.sql: {fault}" for fault in faults_of_expression(str(spec["sql"]))]
    formats = tuple(str(text) for text in spec.get("formats", [spec["format"]] if "format" in spec else []))
    faults += [f"{place}: {fault}" for fault in _faults_of_formats(formats)]
    values = {str(key): None if value is None else _plain(value) for key, value in (spec.get("values") or {}).items()}
    unquoted = [key for key in (spec.get("values") or {}) if not isinstance(key, str)]
    faults += [
        f"{place}.values: {key!r} is not text in YAML; put quotes around it as it stands in the source"
        for key in unquoted
    ]
    return ColumnRule(
        column=str(spec["column"]) if "column" in spec else None,
        sql=str(spec["sql"]) if "sql" in spec else None,
        constant=_plain(spec["constant"]) if spec.get("constant") is not None else None,
        formats=formats,
        values=MappingProxyType(values),
        null=tuple(_plain(text) for text in spec.get("null", [])),
        units=MappingProxyType(_units(spec.get("units") or {}, f"{place}.units", faults)),
    )


def _units(entry: Any, place: str, faults: list[str]) -> dict[str, float]:
    if not isinstance(entry, dict):
        faults.append(f"{place}: expected units and how many of the column's own each is, such as {{天: 24, 小时: 1}}")
        return {}
    wrong = [unit for unit, n in entry.items() if isinstance(n, bool) or not isinstance(n, int | float) or n <= 0]
    faults += [f"{place}: {unit!r} needs a number above 0, got {entry[unit]!r}" for unit in wrong]
    return {str(unit): float(factor) for unit, factor in entry.items() if unit not in wrong}


def _faults_of_formats(formats: Sequence[str]) -> list[str]:
    special = ", ".join(sorted(SPECIAL_FORMATS))
    unknown = [text for text in formats if "%" not in text and text not in SPECIAL_FORMATS]
    faults = [f"format {text!r} is neither a pattern with % nor one of {special}" for text in unknown]
    patterns = [text for text in formats if "%" in text]
    shapes = [text.replace("%-", "%").replace("%d", "#").replace("%m", "#") for text in patterns]
    if len(set(shapes)) < len(set(patterns)):
        faults.append(f"formats {' and '.join(map(repr, patterns))} read the same text as two different days; keep one")
    if len({"%z" in text for text in patterns}) > 1:
        faults.append("some formats hold an offset (%z) and others do not; a column has one or the other")
    return faults


def _reading(entry: Any, place: str, faults: list[str]) -> Reading:
    faults += _unknown_keys(entry, ("encoding", "delimiter", "header_row", "header_rows"), place)
    delimiter = entry.get("delimiter")
    if delimiter is not None and len(str(delimiter)) != 1:
        faults.append(f"{place}.delimiter: {delimiter!r} is not one character")
    row, rows = entry.get("header_row"), entry.get("header_rows")
    if not all(number is None or (isinstance(number, int) and number > 0) for number in (row, rows)):
        faults.append(
            f"{place}: header_row and header_rows are whole numbers from 1, as the spreadsheet counts its rows"
        )
        row, rows = None, None
    return Reading(entry.get("encoding"), delimiter, row, rows)


def _share(value: Any, place: str, faults: list[str]) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        faults.append(f"{place}: {value!r} is not a share between 0 and 1")
        return QUARANTINE_LIMIT
    return float(value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown_keys(entry: Any, known: Sequence[str], place: str) -> list[str]:
    if not isinstance(entry, dict):
        return [f"{place}: expected keys and values, found {type(entry).__name__}"]
    return [f"{place}: unknown key {key!r}{did_you_mean(str(key), known)}" for key in entry if key not in known]
