"""How often a rule may be broken before a run stops: params/quarantine.yml, by the rule's words or by table and rule.

Refuses a rule that no table has, with the nearest ones, and a limit that is no share. Without the file only the limits
for whole tables hold (`quarantine_limit`).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from analysis.data_model import Table, read_tables
from analysis.data_model import reasons as reason
from analysis.faults import UserFault, did_you_mean
from analysis.intake.checks import checks_of
from analysis.intake.strict_yaml import read_yaml

FILE = "quarantine.yml"
_ANY_DAY = datetime(2000, 1, 1)


def read_thresholds(params: Path) -> dict[str, dict[str, float]]:
    """Table → rule in English, as manifest and pages name it → the largest share of rows that may break it.

    Raises
    ------
    UserFault : unknown tables, rules or keys, all at once.
    """
    path = params / FILE
    if not path.is_file():
        return {}
    content = read_yaml(path)
    faults = [f"{FILE}: unknown key {key!r}{did_you_mean(str(key), ['rules'])}" for key in content if key != "rules"]
    found: dict[str, dict[str, float]] = {}
    entries = content.get("rules") or {}
    if not isinstance(entries, dict):
        raise UserFault([*faults, f"{FILE}: `rules:` expects rules, or tables with their rules"])
    for name, entry in entries.items():
        if isinstance(entry, dict):
            _of_table(str(name), entry, found, faults)
            continue
        having = [table for table in read_tables() if name in _rules_of(table)]
        if not having:
            every = {rule for table in read_tables() for rule in _rules_of(table)}
            faults.append(f"{FILE}: no table has the rule {name!r}{did_you_mean(str(name), [*every, *read_tables()])}")
        for table in having:
            found.setdefault(table, {}).setdefault(str(name), _share(entry, f"{FILE}: {name}", faults))
    if faults:
        raise UserFault(faults)
    return found


def _of_table(table: str, entry: Mapping[Any, Any], found: dict[str, dict[str, float]], faults: list[str]) -> None:
    if table not in read_tables():
        faults.append(f"{FILE}: no such table {table!r}{did_you_mean(table, read_tables())}")
        return
    for rule, share in entry.items():
        if rule not in _rules_of(table):
            faults.append(f"{FILE}: {table} has no rule {rule!r}{did_you_mean(str(rule), _rules_of(table))}")
            continue
        found.setdefault(table, {})[str(rule)] = _share(share, f"{FILE}: {table}: {rule}", faults)


@cache
def _rules_of(name: str) -> frozenset[str]:
    table: Table = read_tables()[name]
    checks = checks_of(table, [column.name for column in table.columns], cutoff=_ANY_DAY)
    return frozenset({*(check.reason["en"] for check in checks), reason.SUPERSEDED["en"], reason.CONFLICT["en"]})


def _share(value: Any, place: str, faults: list[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        faults.append(f"{place}: {value!r} is not a share between 0 and 1")
        return 1.0
    return float(value)
