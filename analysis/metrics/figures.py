"""Measured figures as columns, cell by cell: what every kind of metric gives before it becomes rows of the long shape.

Units and segments stay codes with labels all the way, so that half a million cells cost little more than their numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

NO_BREAKDOWN = ""
CELL = ["business_unit", "period", "breakdown", "segment"]
NUMBERS = ("numerator", "denominator", "n", "value", "low", "high", "se", "immature_share")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Coded:
    """A text column as codes 0 … len(labels) − 1."""

    codes: Ints
    labels: NDArray[np.object_]

    @property
    def texts(self) -> NDArray[np.object_]:
        """The texts themselves."""
        return self.labels[self.codes]


@dataclass(frozen=True)
class Figures:
    """Figures of N cells of one breakdown; NaN where there is nothing to tell, `reason` says why (None elsewhere)."""

    unit: Coded
    period: Ints
    breakdown: str
    segment: Coded
    numerator: Floats
    denominator: Floats
    n: Floats
    value: Floats
    low: Floats
    high: Floats
    se: Floats
    immature_share: Floats
    reason: NDArray[np.object_]

    def __len__(self) -> int:
        return self.period.size

    def where(self, kept: NDArray[np.bool_]) -> "Figures":
        """The cells for which `kept` is true."""
        columns = {name: getattr(self, name)[kept] for name in ("period", "reason", *NUMBERS)}
        unit, segment = (Coded(part.codes[kept], part.labels) for part in (self.unit, self.segment))
        return replace(self, unit=unit, segment=segment, **columns)

    def as_segment(self, breakdown: str, segment: str) -> "Figures":
        """These figures as those of the only segment of a breakdown."""
        labels = np.array([segment], dtype=object)
        return replace(self, breakdown=breakdown, segment=Coded(np.zeros_like(self.segment.codes), labels))

    def frame(self) -> pd.DataFrame:
        """The figures as a frame with the CELL columns, for the few steps that join cells."""
        cell = dict(zip(CELL, (self.unit.texts, self.period, self.breakdown, self.segment.texts), strict=True))
        numbers = {name: getattr(self, name) for name in NUMBERS}
        return pd.DataFrame({**cell, **numbers, "reason": pd.Series(self.reason, dtype=object)})


def figures(
    unit: Coded,
    period: Ints,
    breakdown: str,
    segment: Coded,
    *,
    reason: NDArray[np.object_] | None = None,
    **numbers: Floats,
) -> Figures:
    """Figures from their cells and the numbers there are; the others are NaN, the share of immature records is 0."""
    blank = {name: np.full(period.size, 0.0 if name == "immature_share" else np.nan) for name in NUMBERS}
    known = {name: np.asarray(value, dtype=float) for name, value in numbers.items()}
    reasons = reason_where(np.zeros(period.size, dtype=bool), "") if reason is None else reason
    return Figures(unit, period, breakdown, segment, **{**blank, **known}, reason=reasons)


def figures_of(frame: pd.DataFrame, breakdown: str) -> Figures:
    """Figures from a frame with the CELL columns (of one breakdown), numbers and perhaps a reason."""
    numbers = {name: frame[name].to_numpy(float) for name in NUMBERS if name in frame}
    given = frame["reason"].astype(object) if "reason" in frame else None
    reason = None if given is None else given.where(given.notna(), None).to_numpy()
    period = frame["period"].to_numpy(np.int64)
    return figures(code(frame["business_unit"]), period, breakdown, code(frame["segment"]), reason=reason, **numbers)


def join_levels(levels: Sequence[Figures]) -> Figures:
    """The figures of the units and of the company in one; they share their labels."""
    first = levels[0]
    columns = {
        item.name: np.concatenate([getattr(level, item.name) for level in levels])
        for item in fields(Figures)
        if item.name not in ("unit", "breakdown", "segment")
    }
    unit, segment = (
        Coded(np.concatenate([getattr(level, name).codes for level in levels]), getattr(first, name).labels)
        for name in ("unit", "segment")
    )
    return Figures(unit=unit, breakdown=first.breakdown, segment=segment, **columns)


def code(texts: pd.Series | pa.ChunkedArray, *, missing: str | None = None) -> Coded:
    """A text column as codes; `missing` stands for empty ones."""
    column = pa.array(texts.to_numpy(dtype=object), pa.string()) if isinstance(texts, pd.Series) else texts
    filled = column if missing is None else pc.fill_null(column, missing)
    whole = filled.combine_chunks() if isinstance(filled, pa.ChunkedArray) else filled
    encoded = whole.dictionary_encode()
    return Coded(encoded.indices.to_numpy().astype(np.int64), np.array(encoded.dictionary.to_pylist(), dtype=object))


def in_order(column: Coded) -> Coded:
    """The same texts, their codes in the order of the texts."""
    order = np.argsort(column.labels.astype(str))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return Coded(place[column.codes], column.labels[order])


def reason_where(hit: NDArray[np.bool_], reason: str) -> NDArray[np.object_]:
    """The reason where the condition holds, None elsewhere."""
    found = np.full(len(hit), None, dtype=object)
    found[np.asarray(hit, dtype=bool)] = reason
    return found
