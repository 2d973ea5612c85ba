"""What a month would be without news: level, season, festival and working days, by weighted regression for all
units of a metric at once.

STL is the picture, not the judge: one Fourier pair (two from 60 months) has a third of its error on short series.
Below 24 months the season cannot be told and is not taken out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.signals.panel import Panel
from analysis.statistics.calendar_effects import calendar_regressors
from analysis.statistics.month_design import fourier_pairs

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MONTHS_FOR_CALENDAR = 30
MONTHS_FOR_GROWTH = 24
VOLUMES = ("count", "total")
ROUNDING = 1e-10


@dataclass(frozen=True)
class Background:
    """The regressors that stand for "nothing new", per unit.

    Parameters
    ----------
    columns : (units, months, regressors); a regressor that a unit's history cannot carry is all zero
    weights : (units, months) inverse variances, 0 where a month may not be used
    floor : (units,) the least variance, in weighted terms, that sampling alone leaves
    scale : (units,) what a weighted variance of 1 stands for on the metric's scale, for a typical month
    sampling : (units,) sampling variance of a typical month, 0 where it is unknown
    seasonal : (regressors,) which columns are the season and the calendar (the first is the level)
    growing : (regressors,) which column is the steady growth of a volume; none for everything else
    """

    columns: Floats
    weights: Floats
    floor: Floats
    scale: Floats
    sampling: Floats
    seasonal: Flags
    growing: Flags

    @property
    def degrees(self) -> Floats:
        """(units,) months used minus regressors that are in use."""
        used = (np.abs(self.columns).max(axis=1) > 0).sum(axis=1)
        return (self.weights > 0).sum(axis=1) - used

    def without_season(self) -> "Background":
        """The same months and weights with level and growth alone."""
        kept = ~self.seasonal
        return replace(self, columns=self.columns[:, :, kept], seasonal=self.seasonal[kept], growing=self.growing[kept])


@dataclass(frozen=True)
class Fit:
    """Coefficients (units, regressors), their covariance up to the variance, residuals and weighted residual sum
    of squares."""

    coefficients: Floats
    covariance: Floats
    residuals: Floats
    rss: Floats
    fitted: Floats


def background(panel: Panel, calendar: Mapping[str, Floats] | None = None) -> Background:
    """Level, season and calendar of a panel, with weights that allow for more spread than sampling gives.

    A volume (how many orders, contacts, answers) may grow steadily: more business is no news; a break in its growth is.

    Parameters
    ----------
    panel : a metric's months on their scale
    calendar : name → (months,) regressors such as festival days; from `calendar_columns`
    """
    seasonal = _season_columns(panel.months, panel.usable, calendar or {})
    growth = _growth_columns(panel)
    known = panel.usable.astype(float)
    columns = np.concatenate([np.ones((*known.shape, 1)), growth, seasonal], axis=2) * known[:, :, None]
    parts = np.repeat([0, 1, 2], [1, growth.shape[2], seasonal.shape[2]])
    nothing = np.zeros(len(known))
    rough = Background(columns, known, nothing, nothing, nothing, parts == 2, parts == 1)
    return Background(columns, *_weights(panel, fit(rough, panel.scaled.y).residuals), rough.seasonal, rough.growing)


def fit(base: Background, y: Floats, extra: Floats | None = None) -> Fit:
    """Weighted least squares of every unit's months on the background and, where given, further columns (units,
    months, m)."""
    columns = base.columns if extra is None else np.concatenate([base.columns, extra], axis=2)
    clean = np.where(base.weights > 0, y, 0.0)
    weighted = columns * base.weights[:, :, None]
    covariance = np.linalg.pinv(np.einsum("utp,utq->upq", weighted, columns), hermitian=True)
    coefficients = np.einsum("upq,utq,ut->up", covariance, weighted, clean, optimize=True)
    fitted = np.einsum("utp,up->ut", columns, coefficients)
    rounding = ROUNDING * np.abs(clean).max(axis=1, keepdims=True, initial=0.0)
    left = clean - fitted
    residuals = np.where((base.weights > 0) & (np.abs(left) > rounding), left, 0.0)
    return Fit(coefficients, covariance, residuals, (base.weights * residuals**2).sum(axis=1), fitted)


def part_of(base: Background, coefficients: Floats, which: Flags) -> Floats:
    """(units, months) the share of the fit that some columns have (base.seasonal, base.growing), centred so that the
    adjusted series keeps its level."""
    count = len(base.seasonal)
    part = np.einsum("utp,up->ut", base.columns[:, :, which], coefficients[:, :count][:, which])
    known = base.weights > 0
    mean = np.divide((part * known).sum(axis=1), known.sum(axis=1), out=np.zeros(len(part)), where=known.any(axis=1))
    return np.where(known, part - mean[:, None], 0.0)


def calendar_columns(calendar: pd.DataFrame | None, months: pd.PeriodIndex) -> dict[str, Floats]:
    """Working days and days of moving festivals per month, standardised; empty unless the calendar covers every
    month.

    Parameters
    ----------
    calendar : columns date, is_workday and, where known, holiday and event
    months : the months wanted
    """
    terms = calendar_regressors(calendar, months)
    told = {str(name): terms[name].to_numpy(dtype=float) for name in terms.columns if terms[name].notna().all()}
    return {name: _standard(column) for name, column in told.items() if column.std() > 0}


def _season_columns(months: pd.PeriodIndex, usable: Flags, calendar: Mapping[str, Floats]) -> Floats:
    angle = 2 * np.pi * (months.month.to_numpy() - 1) / 12
    length = usable.sum(axis=1)
    pairs = np.array([fourier_pairs(int(count)) for count in length])
    terms = [(wave(pair * angle), pairs >= pair) for pair in (1, 2) for wave in (np.cos, np.sin)]
    terms += [(column, length >= MONTHS_FOR_CALENDAR) for column in calendar.values()]
    return np.stack([np.where(able[:, None], column[None, :], 0.0) for column, able in terms], axis=2)


def _growth_columns(panel: Panel) -> Floats:
    """(units, months, 1) a slope for volumes whose history is long enough to tell one; else no column."""
    units, months = panel.usable.shape
    card = panel.card
    if card.kind not in VOLUMES or card.better in ("lower", "higher"):
        return np.zeros((units, months, 0))
    slope = (np.arange(months) - (months - 1) / 2) / months
    return np.where(panel.usable.sum(axis=1)[:, None] >= MONTHS_FOR_GROWTH, slope[None, :], 0.0)[:, :, None]


def _weights(panel: Panel, residuals: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Weights 1/(s² + τ²), floor, scale and sampling; τ² from the month-to-month jumps, so that a step does not
    count as spread."""
    sampling = panel.scaled.s**2
    told = np.isfinite(sampling) & panel.usable
    has_error = told.sum(axis=1) >= 0.8 * np.maximum(panel.usable.sum(axis=1), 1)
    typical = np.array([np.median(row[mask]) if mask.any() else 0.0 for row, mask in zip(sampling, told, strict=True)])
    variance = np.where(told, sampling, typical[:, None])
    jumps = np.nan_to_num(_jump_variance(residuals, panel.usable))
    extra = np.maximum(jumps - typical, 0.0)
    combined = np.where(has_error[:, None], variance + extra[:, None], 1.0)
    weights = np.where(panel.usable & (combined > 0), 1 / np.where(combined > 0, combined, 1.0), 0.0)
    used = np.maximum((weights > 0).sum(axis=1), 1)
    floor = np.where(has_error, np.where(weights > 0, variance * weights, 0.0).sum(axis=1) / used, 0.0)
    return weights, floor, np.where(has_error, typical + extra, 1.0), np.where(has_error, typical, 0.0)


def _jump_variance(residuals: Floats, usable: Flags) -> Floats:
    pairs = usable[:, 1:] & usable[:, :-1]
    jumps = np.where(pairs, np.diff(residuals, axis=1), 0.0) ** 2
    return np.divide(
        jumps.sum(axis=1) / 2, pairs.sum(axis=1), out=np.full(len(residuals), np.nan), where=pairs.any(axis=1)
    )


def _standard(column: Floats) -> Floats:
    return (column - column.mean()) / column.std()
