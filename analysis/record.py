"""The facts of a finished report for machines (results contract, after-sales-report/1). Strict: no NaN, every gap
with its reason.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.presentation.language import LANGUAGES
from analysis.presentation.masking import mask_text

if TYPE_CHECKING:
    from analysis.presentation.cards import Kpi
    from analysis.presentation.sheets import Sheet
    from analysis.presentation.sparkline import Spark
    from analysis.report import Report

SCHEMA = "after-sales-report/1"
MIME = "application/vnd.after-sales.record+json"
KPI_FIELDS = (
    "metric", "value", "low", "high", "n", "unit", "better", "numerator", "denominator", "immature_share", "previous",
    "year_ago", "peers", "target", "target_met", "value_period", "reason", "changes", "signal",
    "signal_reason", "assurance",
)  # fmt: skip
FINDING_FIELDS = ("kind", "metric", "business_unit", "segment", "since", "direction", "good", "effect", "q_value")
TABLE_ROWS_AT_MOST = 20_000
_IDENTITY = ("schema", "report", "business_unit", "period", "data_cutoff_at")


@dataclass(frozen=True)
class Record:
    """The closing cell's output: the record of results.md and the tables for the workbook."""

    record: Mapping[str, Any]
    tables: Mapping[str, Any]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        kpis, findings = len(self.record["kpis"]), len(self.record["findings"])
        return {
            MIME: {"record": self.record, "tables": self.tables},
            "text/plain": f"{self.record['report']} · {self.record['business_unit']} · {self.record['period']}: "
            f"{kpis} metrics, {findings} findings",
        }


def build_record(
    report: "Report",
    *,
    cards: Sequence["Kpi"],
    lacking: Sequence[Mapping[str, str]],
    tables: Mapping[str, "Sheet"],
) -> Record:
    """The record of a report.

    Parameters
    ----------
    report : the report in hand, whose metrics and findings are told
    cards : the figures shown as cards, whose lines are told too
    lacking : sections that lacked a table or column, as {"section", "needs"}
    tables : sheet name → title and frame of a figure or table of the page
    """
    lines = {card.metric: card.spark for card in cards}
    kpis = [_kpi(row, report, lines) for row in report.kpi_rows if row["metric"] in report.metrics]
    findings = [_finding(found, report) for found in report.findings()]
    record = {
        "schema": SCHEMA,
        "report": report.name,
        "business_unit": report.business_unit,
        "unit_name": dict(report.unit_name),
        "period": report.period,
        "data_cutoff_at": report.run.store.manifest["data_cutoff_at"],
        "headline": report.headline,
        "kpis": kpis,
        "findings": findings,
        "data_quality": _data_quality(report.run.store.manifest, report.business_unit),
        "missing": _missing(report, lacking),
    }  # fmt: skip
    sheets = {name: {"title": _masked(sheet.title), **_sheet(sheet.frame)} for name, sheet in tables.items()}
    told = {name: part if name in _IDENTITY else _masked(part) for name, part in record.items()}
    json.dumps(told, allow_nan=False)
    return Record(told, sheets)


def _kpi(row: Mapping[str, Any], report: "Report", lines: Mapping[str, "Spark | None"]) -> dict[str, Any]:
    told = {name: _plain(row.get(name)) for name in KPI_FIELDS}
    told["name"] = dict(report.catalogue[row["metric"]].name)
    changes = row.get("changes")
    told["changes"] = json.loads(changes) if isinstance(changes, str) else _plain(changes or [])
    told["card"] = row["metric"] in lines
    line = lines.get(row["metric"])
    return told if line is None else {**told, "series": _series(line)}


def _series(line: "Spark") -> dict[str, Any]:
    """The card's line, oldest first, as precise as a line needs."""
    sides = {"values": line.values, "low": line.low, "high": line.high, "centre": line.centre}
    told = {name: [None if value is None else float(f"{value:.6g}") for value in side] for name, side in sides.items()}
    return {**_plain(told), "out": list(line.out)}


def _finding(found: Mapping[str, Any], report: "Report") -> dict[str, Any]:
    told = {name: _plain(found.get(name)) for name in FINDING_FIELDS}
    told["text"] = report.say(found, with_unit=True)
    return told


def _data_quality(manifest: Mapping[str, Any], business_unit: str) -> list[dict[str, Any]]:
    """Rows kept and quarantined by table: of the unit's own rows, or of all for the company."""
    told = []
    for table, counts in sorted(manifest["tables"].items()):
        own = counts if business_unit == "all" else counts.get("by_unit", {}).get(business_unit)
        if own is not None:
            told.append(
                {
                    "table": table,
                    "rows": own["rows"],
                    "quarantined": own["quarantined"],
                    "reasons": dict(own.get("reasons", {})),
                }
            )
    return told


def _missing(report: "Report", lacking: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Sections without their data, then metrics without theirs, each need once."""
    unmeasured = [
        {"section": metric, "needs": need}
        for metric in report.metrics
        for need in report.run.missing.get(metric, [])
    ]  # fmt: skip
    return [dict(entry) for entry in dict.fromkeys(tuple(sorted(entry.items())) for entry in [*lacking, *unmeasured])]


def _sheet(frame: pd.DataFrame) -> dict[str, Any]:
    rows = frame.head(TABLE_ROWS_AT_MOST)
    values = [[_masked(_plain(value)) for value in row] for row in rows.itertuples(index=False, name=None)]
    return {"columns": [str(column) for column in rows.columns], "rows": values}


def _masked(value: Any, language: str = LANGUAGES[0]) -> Any:
    """A value of the record with every text freed of what names a person; ids by which programs find their way stay."""
    if isinstance(value, Mapping):
        return {
            key: part if key in _IDENTITY else _masked(part, key if key in LANGUAGES else language)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_masked(part, language) for part in value]
    return mask_text(value, language) if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """A value as strict JSON has it: NaN and NaT are null, numpy scalars are Python's, dates are ISO text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(part) for part in value]
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, pd.Timestamp | pd.Period):
        return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
