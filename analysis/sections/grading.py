"""How far each metric can be relied on: grades A to D by a declared rule, from the quality of the data that it needs.

The rule is grades.yml. A metric without a figure has no grade; what cannot be judged of it does not lower its grade.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from analysis.data_model.reasons import SUPERSEDED
from analysis.metrics.cards import MetricCard
from analysis.metrics.expected import read_expected
from analysis.metrics.kinds import Derived
from analysis.metrics.tables import read_measured_tables
from analysis.presentation.formatting import is_missing
from analysis.presentation.language import Text, both, join
from analysis.presentation.telling import tell_value

if TYPE_CHECKING:
    from analysis.report import Report

GRADES = ("A", "B", "C", "D")
MONTHS = 12
OWN = "data_quality"
RULE = Path(__file__).with_name("grades.yml")


@dataclass(frozen=True)
class Criterion:
    """One criterion: the bounds of A, B and C, and on which side of them a figure must lie."""

    id: str
    name: Text
    bounds: tuple[float, float, float]
    at_least: bool

    def grade(self, value: float) -> str:
        """The grade that a figure earns."""
        reached = [value >= bound if self.at_least else value <= bound for bound in self.bounds]
        return next((grade for grade, good in zip(GRADES, reached, strict=False) if good), GRADES[-1])


@cache
def read_criteria(file: Path = RULE) -> tuple[Criterion, ...]:
    """The criteria of the rule, in their order."""
    told = yaml.safe_load(file.read_text(encoding="utf-8"))["criteria"]
    return tuple(
        Criterion(name, entry["name"], tuple(entry.get("at_least") or entry["at_most"]), "at_least" in entry)
        for name, entry in told.items()
    )


def grade_metrics(report: "Report") -> pd.DataFrame:
    """Every metric of the catalogue that this unit has a figure of, worst first.

    Returns
    -------
    metric, area, grade, weakest (the criterion that decides; "" where all are A), and a column per criterion (NaN
    where it does not apply), in per cent; `records` in multiples of the fewest that say something.
    """
    for metric in ("completeness", "linkage_rate"):
        report.kpi(metric)  # their definitions belong on the page
    evidence = _Evidence.of(report)
    rows = [
        _graded(row, report.catalogue[row["metric"]], evidence, report.catalogue)
        for row in report.kpi_rows
        if not is_missing(row["value"]) and report.catalogue[row["metric"]].area != OWN
    ]
    columns = ["metric", "area", "grade", "weakest", *(criterion.id for criterion in read_criteria())]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("grade", ascending=False, kind="stable").reset_index(drop=True)


def say_unreliable(report: "Report", metric: str) -> Text | None:
    """That a figure rests on data too poor to rely on it (grade D), and what they lack; None for any other. Too few
    records are said elsewhere, with the figure's interval."""
    row, card = report.kpi(metric), report.catalogue.get(metric)
    if row is None or card is None or is_missing(row["value"]):
        return None
    evidence = report.once("evidence of grades", lambda: _Evidence.of(report))
    found = _graded(row, card, evidence, report.catalogue)
    poor = [one for one in read_criteria() if one.id != "records" and one.grade(found[one.id]) == GRADES[-1]]
    poor = [one for one in poor if np.isfinite(found[one.id])]
    if not poor:
        return None
    told = [both("{name} {value}", name=one.name, value=tell_value(found[one.id], "%")) for one in poor]
    return both("Not to be relied on, grade D: {lacking}.", lacking=join(told, {"en": ", ", "zh": "、"}))


def counts_open_work(card: MetricCard) -> bool:
    """Whether records still open are in the figure as such, with the time they have been open: its interval is as wide
    as they leave it, or open, so that no further share of them is undecided."""
    return card.kind == "duration"


def twelve_months(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums over the last 12 months by segment, with their share in per cent: segment, numerator, denominator, value."""
    if rows.empty:
        return pd.DataFrame(columns=["segment", "numerator", "denominator", "value"])
    newest = pd.period_range(end=pd.Period(rows["period"].max(), freq="M"), periods=MONTHS, freq="M").astype(str)
    recent = rows[rows["period"].isin(newest)]
    sums = recent.groupby("segment", as_index=False, observed=True)[["numerator", "denominator"]].sum()
    return sums.assign(value=100 * sums["numerator"] / sums["denominator"].where(sums["denominator"] > 0))


def refused_shares(manifest: Mapping[str, Any], business_unit: str) -> dict[str, float]:
    """Table → per cent of its records refused, those replaced by a later record of the same key not counted."""
    shares = {}
    for table, entry in manifest["tables"].items():
        counts = entry if business_unit == "all" else entry.get("by_unit", {}).get(business_unit)
        if counts and counts["rows"] + counts["quarantined"]:
            refused = counts["quarantined"] - counts.get("reasons", {}).get(SUPERSEDED["en"], 0)
            shares[table] = 100 * max(refused, 0) / (counts["rows"] + counts["quarantined"])
    return shares


@dataclass(frozen=True)
class _Evidence:
    """What is known of the data: per cent filled by field, linked by column, refused by table."""

    filled: Mapping[str, float]
    linked: Mapping[str, float]
    refused: Mapping[str, float]

    @classmethod
    def of(cls, report: "Report") -> "_Evidence":
        filled = twelve_months(report.segments("completeness", "field", defined=False))
        linked = twelve_months(report.segments("linkage_rate", "link", defined=False))
        columns = {link.id: f"{link.table}.{link.column}" for link in read_expected().links}
        return cls(
            dict(zip(filled["segment"], filled["value"], strict=True)),
            {columns[link]: value for link, value in zip(linked["segment"], linked["value"], strict=True)},
            refused_shares(report.run.store.manifest, report.business_unit),
        )


def _graded(
    row: Mapping[str, Any], card: MetricCard, evidence: _Evidence, catalogue: Mapping[str, MetricCard]
) -> dict[str, Any]:
    needs = list(_needs(card, catalogue))
    tables = set(_tables(card, catalogue)) | {part.split(".")[0] for need in needs for part in need.split("|")}
    figures = {
        "completeness": _weakest(needs, evidence.filled),
        "linkage": _weakest(needs, evidence.linked),
        "refused": max((evidence.refused[table] for table in tables if table in evidence.refused), default=np.nan),
        "immature": np.nan
        if counts_open_work(card) or is_missing(row["immature_share"])
        else 100 * row["immature_share"],
        "records": np.nan if is_missing(row["n"]) or card.kind in ("count", "snapshot") else row["n"] / card.minimum_n,
    }
    grades = {c.id: c.grade(figures[c.id]) for c in read_criteria() if np.isfinite(figures[c.id])}
    worst = max(grades.values(), default="A")
    weakest = next((name for name, grade in grades.items() if grade == worst), "") if worst != "A" else ""
    return {"metric": card.id, "area": card.area, "grade": worst, "weakest": weakest, **figures}


def _per_cent(share: Any) -> float:
    return np.nan if is_missing(share) else 100 * float(share)


def _needs(card: MetricCard, catalogue: Mapping[str, MetricCard]) -> Iterator[str]:
    yield from card.needs
    for part in card.how.of if isinstance(card.how, Derived) else ():
        yield from _needs(catalogue[part], catalogue)


def _tables(card: MetricCard, catalogue: Mapping[str, MetricCard]) -> Iterator[str]:
    """The canonical tables whose records the figure counts: the first one that each measured table reads."""
    measured = read_measured_tables()
    for part in card.how.of if isinstance(card.how, Derived) else ():
        yield from _tables(catalogue[part], catalogue)
    for name in (*getattr(card.how, "tables", ()), *([card.table] if card.table else [])):
        yield from _first_read(name, measured)


def _first_read(name: str, measured: Mapping[str, Any]) -> Iterator[str]:
    """The first canonical table read; a measured table that follows another one counts that one's records too."""
    if measured[name].reads:
        yield measured[name].reads[0]
    for before in measured[name].after:
        if measured[before].kind == "records":
            yield from _first_read(before, measured)


def _weakest(needs: list[str], shares: Mapping[str, float]) -> float:
    """The lowest share among the needs; of alternatives the best counts. NaN where nothing is known of any."""
    known = [[shares[part] for part in need.split("|") if part in shares] for need in needs]
    return min((max(found) for found in known if found), default=np.nan)
