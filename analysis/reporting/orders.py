"""One report as it travels through a run: ordered, then built or failed. Plain values; nothing here does anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.presentation.language import Text
from analysis.reporting.failures import Failure
from analysis.reporting.parameters import Limits, Value

BUILT = "built.json"
FAILED_NOTEBOOK = "failed.ipynb"


@dataclass(frozen=True)
class Order:
    """One report to build: what, from what, to where.

    Parameters
    ----------
    values : the parameters cell's values, checked against the notebook
    run : folder of the prepared data
    folder : the built report's folder; its name is the report's key
    inputs : fingerprints for provenance and record: data, code, parameters
    remarks : what a reader must know before the first figure, such as that the data are partial
    """

    report: str
    business_unit: str
    unit_name: Text
    period: str
    languages: tuple[str, ...]
    notebook: Path
    values: Mapping[str, Value]
    run: Path
    folder: Path
    limits: Limits
    inputs: Mapping[str, Any]
    remarks: tuple[Text, ...] = ()

    @property
    def key(self) -> str:
        """The hash of all that the report is made from."""
        return self.folder.name

    def told(self) -> str:
        """ "complaints · U03 · 2025-06", which is how every message names a report."""
        return f"{self.report} · {self.business_unit} · {self.period}"


@dataclass(frozen=True)
class Built:
    """What became of an order: built, or failed with the reason and the notebook kept aside."""

    order: Order
    seconds: float
    failure: Failure | None = None
    attempts: int = 1
    peak_megabytes: int | None = None
