"""What each unit's reports are made from, as a fingerprint: the unit's own records and the tables that all units share.

Records are hashed by content, whatever their order in the files, so that one unit's late correction changes that
unit's fingerprint and the company's, and no other's. Peers on a unit's page are as of the day it was made.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from analysis.data_model import ALL_UNITS
from analysis.reporting import fingerprints
from analysis.store import Store

PRIME = 9007199254740881


def inputs_by_unit(store: Store, root: Path) -> Mapping[str, str]:
    """Business unit → fingerprint of its inputs; computed once per store and kept under `root`/inputs."""
    file = root / "inputs" / f"{store.manifest['fingerprint']}.json"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        work = file.with_name(f".{file.name}.{os.getpid()}")
        work.write_text(json.dumps(_by_unit(store)), encoding="utf-8")
        os.replace(work, file)
    return json.loads(file.read_text(encoding="utf-8"))


def _by_unit(store: Store) -> dict[str, str]:
    own: dict[str, dict[str, list[int]]] = {unit: {} for unit in store.business_units}
    shared = {}
    with store.connect() as connection:
        for name, table in store.tables.items():
            by = "business_unit" if any(column.name == "business_unit" for column in table.stored) else "NULL"
            counted = connection.execute(
                f'SELECT {by}::VARCHAR, count(*), sum(hash(t)::HUGEINT % {PRIME})::VARCHAR FROM "{name}" t GROUP BY 1'
            ).fetchall()
            for unit, rows, digest in counted:
                if unit is None:
                    shared[name] = [rows, digest]
                elif unit in own:
                    own[unit][name] = [rows, digest]
    settings = [store.manifest.get(name) for name in ("data_cutoff_at", "timezone", "currency")]
    counts = store.manifest["tables"]
    described = {entry["business_unit"]: entry for entry in store.manifest["business_units"]}
    found = {ALL_UNITS: fingerprints.of_values(settings, shared, own, counts, described)}
    for unit, tables in own.items():
        refused = {name: count.get("by_unit", {}).get(unit) for name, count in counts.items()}
        found[unit] = fingerprints.of_values(settings, shared, tables, refused, described.get(unit))
    return found
