"""Business units: those in the data, described by the table business_units and by params/business_units.yml.

Refuses a params file that is not plain names; a unit nobody describes is no fault, it is said.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from analysis.data_model import ALL_UNITS, UNKNOWN_UNIT, Text
from analysis.faults import UserFault, did_you_mean
from analysis.intake.strict_yaml import read_yaml

FILE = "business_units.yml"
_KEYS = ("name", "name_zh", "region")


def read_described_units(params: Path) -> dict[str, dict[str, str]]:
    """The units of params/business_units.yml: id → name, name_zh, region. No file, no units.

    Raises
    ------
    UserFault : an id that YAML does not read as text, the reserved id `all`, an unknown key.
    """
    path = params / FILE
    if not path.is_file():
        return {}
    content = read_yaml(path)
    units = content.get("units") or {}
    faults = [f"{FILE}: unknown key {key!r}{did_you_mean(str(key), ['units'])}" for key in content if key != "units"]
    if not isinstance(units, dict):
        raise UserFault([*faults, f"{FILE}: `units:` expects ids with their names"])
    for unit, entry in units.items():
        faults += _faults_of_unit(unit, entry)
    if faults:
        raise UserFault(faults)
    return {
        unit: {key: str(value) for key, value in (entry or {}).items() if value is not None}
        for unit, entry in units.items()
    }


def describe_units(
    rows: Mapping[str, Mapping[str, int]],
    described: Mapping[str, Mapping[str, str]],
    table: str | None,
    connection: duckdb.DuckDBPyConnection,
) -> list[dict[str, Any]]:
    """One entry per unit for the manifest, those of the data and those only described, in the order of their ids.

    Parameters
    ----------
    rows : unit → table → rows.
    described : what params says.
    table : the FROM item of the stored table business_units, or None.
    """
    from_table: dict[str, dict[str, str]] = {}
    if table is not None:
        sql = f'SELECT "business_unit", "name", "name_zh", "region" FROM {table}'
        for unit, *texts in connection.execute(sql).fetchall():
            from_table[unit] = {key: text for key, text in zip(_KEYS, texts, strict=True) if text}
    entries = []
    for unit in sorted({*rows, *described, *from_table}):
        about = {**from_table.get(unit, {}), **described.get(unit, {})}
        entries.append(
            {
                "business_unit": unit,
                "name": _name(unit, about),
                "region": about.get("region"),
                "described": unit in described or unit in from_table,
                "rows": dict(rows.get(unit, {})),
            }
        )
    return entries


def notes_on_units(entries: list[dict[str, Any]]) -> list[str]:
    """What a reader should know: units without a description, described units without a row, ids that differ in letter
    case only.
    """
    undescribed = [
        entry["business_unit"]
        for entry in entries
        if entry["rows"] and not entry["described"] and entry["business_unit"] != UNKNOWN_UNIT
    ]
    described = [entry["business_unit"] for entry in entries if entry["described"]]
    notes = []
    if undescribed and described:
        named = [f"{unit}{did_you_mean(unit, [other for other in described if other != unit])}" for unit in undescribed]
        notes.append(f"business units not described: {', '.join(named)}")
    silent = [entry["business_unit"] for entry in entries if not entry["rows"]]
    if silent:
        notes.append(f"business units without a row: {', '.join(silent)}")
    folded: dict[str, list[str]] = {}
    for entry in entries:
        folded.setdefault(entry["business_unit"].casefold(), []).append(entry["business_unit"])
    notes += [
        f"business units that differ in letter case only: {', '.join(same)}"
        for same in folded.values()
        if len(same) > 1
    ]
    return notes


def _name(unit: str, about: Mapping[str, str]) -> Text:
    if unit == UNKNOWN_UNIT and "name" not in about:
        return {"en": "Unknown", "zh": "未知"}
    name = about.get("name", unit)
    return {"en": name, "zh": about.get("name_zh", name)}


def _faults_of_unit(unit: object, entry: object) -> list[str]:
    if not isinstance(unit, str):
        return [f"{FILE}: unit {unit!r} is not text in YAML; put quotes around the id"]
    if unit.casefold() == ALL_UNITS:
        return [f"{FILE}: {unit!r} is reserved for the whole company"]
    if (
        "\n" in unit
        or "\r" in unit
        or (isinstance(entry, dict) and any("\n" in str(text) or "\r" in str(text) for text in entry.values()))
    ):
        return [f"{FILE}: {unit!r}: a line end in an id or name"]
    if entry is not None and not isinstance(entry, dict):
        return [f"{FILE}: {unit}: expected name, name_zh, region"]
    return [
        f"{FILE}: {unit}: unknown key {key!r}{did_you_mean(str(key), _KEYS)}" for key in entry or {} if key not in _KEYS
    ]
