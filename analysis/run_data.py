"""The prepared run as a notebook reads it: measurements, signals and findings of one unit, from files. It computes
nothing.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from analysis.data_model import ALL_UNITS
from analysis.faults import UserFault, did_you_mean
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.scorecard import Scorecard, parse_scorecard
from analysis.store import Store

SCHEMA = "after-sales-run/1"
ENVIRONMENT_VARIABLE = "AFTER_SALES_RUN"
PROJECT = Path(__file__).resolve().parents[1]
CURRENT = PROJECT / ".store" / "current.json"
MEASUREMENTS = "measurements"


@dataclass(frozen=True)
class RunData:
    """One prepared run.

    Parameters
    ----------
    path : folder that holds run_data.json and the measured tables
    facts : the content of run_data.json: store, grain, period, languages, fingerprints
    """

    path: Path
    facts: dict[str, Any]

    @cached_property
    def store(self) -> Store:
        """The validated records behind the run."""
        return Store(Path(self.facts["store"]))

    @cached_property
    def catalogue(self) -> Catalogue:
        """What each metric means, the company's own included."""
        own = self.facts.get("catalogue_own")
        return read_catalogue(Path(own) if own else None, currency=self.store.manifest.get("currency"))

    @cached_property
    def own_metrics(self) -> tuple[str, ...]:
        """The company's own metrics, of params/metrics.yml, in the order of the file."""
        suite = read_catalogue()
        return tuple(metric for metric in self.catalogue if metric not in suite)

    @cached_property
    def scorecard(self) -> Scorecard | None:
        """The company's scorecard; None where params has none."""
        file = self.path / "scorecard.json"
        content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        return None if content is None else parse_scorecard(content)

    @cached_property
    def missing(self) -> dict[str, list[str]]:
        """Metric → the tables or columns that it would need and the data lacks."""
        return json.loads((self.path / "missing.json").read_text(encoding="utf-8"))

    @cached_property
    def findings(self) -> list[dict[str, Any]]:
        """All findings of the run, all units, most consequential first."""
        return json.loads((self.path / "findings.json").read_text(encoding="utf-8"))

    @cached_property
    def measures(self) -> list[dict[str, Any]]:
        """Every improvement measure on every metric it names, with what can be said of its effect; all units."""
        return json.loads((self.path / "measures.json").read_text(encoding="utf-8"))

    @property
    def grain(self) -> str:
        """month, quarter or year."""
        return self.facts["grain"]

    @property
    def period(self) -> str:
        """The period that the run was prepared for, such as 2025-06."""
        return self.facts["period"]

    @property
    def business_units(self) -> list[str]:
        """Ids of the units that have records, without the company."""
        return [unit for unit in self.store.business_units if unit != ALL_UNITS]

    def unit_name(self, business_unit: str) -> dict[str, str]:
        """The unit's name in both languages; its id where nothing describes it."""
        if business_unit == ALL_UNITS:
            return {"en": "Whole company", "zh": "全公司"}
        for entry in self.store.manifest["business_units"]:
            if entry["business_unit"] == business_unit:
                name = entry.get("name") or {}
                return {language: name.get(language) or name.get("en") or business_unit for language in ("en", "zh")}
        return {"en": business_unit, "zh": business_unit}

    def rows(self, table: str, **equal: str) -> pd.DataFrame:
        """Rows of one of the run's tables (measurements, curves, kpis, adjusted), filtered before they are read.

        Parameters
        ----------
        table : file stem in the run's folder
        equal : column = value conditions; an empty string asks for the empty string (no breakdown)
        """
        frame = self._found(table, equal).to_pandas()
        return frame.assign(period_start=pd.to_datetime(frame["period_start"])) if "period_start" in frame else frame

    def told(self, business_unit: str) -> set[str]:
        """The metrics of which a unit has any figure, whole or of a segment."""
        told = (ds.field("business_unit") == business_unit) & ~ds.field("value").is_null(nan_is_null=True)
        return set(pc.unique(self._measurements.to_table(columns=["metric"], filter=told)["metric"]).to_pylist())

    def _found(self, table: str, equal: Mapping[str, str]) -> pa.Table:
        """The rows in the order of the file. Of measurements, most of the file is skipped; what is asked of all units
        at once, and the small tables, are held after the first time, since a report asks for them again and again."""
        if table == MEASUREMENTS and ("business_unit" in equal or equal.get("breakdown") != ""):
            condition = None
            for column, value in equal.items():
                term = ds.field(column) == value
                condition = term if condition is None else condition & term
            return self._measurements.to_table(filter=condition)
        if table not in self._held:
            whole = ds.field("breakdown") == "" if table == MEASUREMENTS else None
            self._held[table] = ds.dataset(self.path / f"{table}.parquet").to_table(filter=whole)
        held = self._held[table]
        asked = {column: value for column, value in equal.items() if (table, column) != (MEASUREMENTS, "breakdown")}
        alike = [pc.equal(held[column], value) for column, value in asked.items()]
        return held.filter(reduce(pc.and_, alike)) if alike else held

    @cached_property
    def _measurements(self) -> ds.Dataset:
        return ds.dataset(self.path / f"{MEASUREMENTS}.parquet")

    @cached_property
    def _held(self) -> dict[str, pa.Table]:
        return {}


@dataclass(frozen=True)
class OwnFigures:
    """One unit's measurements, read as a report asks for them and kept."""

    run: RunData
    business_unit: str

    def whole(self, metric: str) -> pd.DataFrame:
        """A metric without a breakdown, of every grain, in the order of the file."""
        return self._whole.get(metric, self._unbroken.iloc[:0])

    def by_segment(self, metric: str) -> pd.DataFrame:
        """A metric of every breakdown and grain."""
        if metric not in self._segments:
            self._segments[metric] = self.run.rows(MEASUREMENTS, business_unit=self.business_unit, metric=metric)
        return self._segments[metric]

    @cached_property
    def _unbroken(self) -> pd.DataFrame:
        return self.run.rows(MEASUREMENTS, business_unit=self.business_unit, breakdown="")

    @cached_property
    def _whole(self) -> dict[str, pd.DataFrame]:
        return {str(metric): rows for metric, rows in self._unbroken.groupby("metric", sort=False, observed=True)}

    @cached_property
    def _segments(self) -> dict[str, pd.DataFrame]:
        return {}


def read_run(path: Path | None = None) -> RunData:
    """The run that the runner names, or by hand the newest prepared one.

    Raises
    ------
    UserFault : when nothing has been prepared yet, with the command that prepares it
    """
    folder = path or _named_by_the_runner() or _newest()
    file = folder / "run_data.json"
    if not file.is_file():
        raise UserFault(
            f"{file}: no prepared data there; run `python run_reports.py check` once, then this notebook again"
        )
    facts = json.loads(file.read_text(encoding="utf-8"))
    if facts.get("schema") != SCHEMA:
        raise UserFault(
            f"{file}: schema is {facts.get('schema')!r}, expected {SCHEMA!r}; run `python run_reports.py check` again"
        )
    return RunData(folder, facts)


def check_unit(run: RunData, business_unit: str) -> str:
    """The unit's id when the data hold it; a unit may also be called by its name.

    Raises
    ------
    UserFault : for an id that has no records, with the nearest ones
    """
    known = [ALL_UNITS, *run.business_units]
    if business_unit not in known:
        named = {name.casefold(): unit for unit in run.business_units for name in run.unit_name(unit).values()}
        if unit := named.get(str(business_unit).casefold()):
            return unit
        hint = did_you_mean(str(business_unit), [*known, *(run.unit_name(unit)["en"] for unit in run.business_units)])
        raise UserFault(
            f"business_unit: no records of {business_unit!r}{hint} ({len(known) - 1} units: {', '.join(known[1:9])} …)"
        )
    return business_unit


def _named_by_the_runner() -> Path | None:
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(named) if named else None


def _newest() -> Path:
    if not CURRENT.is_file():
        raise UserFault(
            "no prepared data yet; run `python run_reports.py check` (or `make lab`) once, then this notebook again"
        )
    return Path(json.loads(CURRENT.read_text(encoding="utf-8"))["run"])
