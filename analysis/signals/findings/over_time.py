"""Changes of a unit against its own past: new levels, trends, single months, and the season it lives with."""

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.special import fdtrc

from analysis.signals.effects import RAMP, SINGLE, STEP, Effect, columns_of
from analysis.signals.false_discoveries import Looks, Verdicts
from analysis.signals.findings.finding import Finding, effect_between, is_good, levels, make_finding, touched
from analysis.signals.judging import Judged
from analysis.signals.season import fit
from analysis.signals.verdicts import period_label

KIND = {STEP: "level_shift", SINGLE: "outlier", RAMP: "trend"}
MONTHS_BEFORE = 12
MONTHS_OF_NEWS = 24
LEAST_SEASON = 0.05


def look_for_changes(judged: Mapping[str, Judged]) -> Looks:
    """Everything the search looked at; a finding for every effect of the last two years: older ones are history."""

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        for one, (kept, q) in zip(judged.values(), verdicts, strict=True):
            rates = {_key(found): rate for found, sure, rate in zip(one.search.effects, kept, q, strict=True) if sure}
            for effect in one.effects:
                recent = effect.shape == RAMP or effect.start >= len(one.panel.months) - MONTHS_OF_NEWS
                if recent and _key(effect) in rates:
                    yield _told(one, effect, float(rates[_key(effect)]))

    return Looks([[effect.p for effect in one.search.effects] for one in judged.values()], tell)


def look_for_seasons(judged: Mapping[str, Judged]) -> Looks:
    """Metrics whose months differ by season beyond what noise gives, with the months of the peak and the low."""

    def tell(verdicts: Verdicts) -> Iterator[Finding]:
        for one, (kept, q) in zip(judged.values(), verdicts, strict=True):
            for row in np.flatnonzero(kept):
                told = _season_told(one, int(row), float(q[row]))
                if told is not None:
                    yield told

    return Looks([_season_p(one) for one in judged.values()], tell)


def _key(effect: Effect) -> tuple[int, int, int]:
    return effect.row, effect.shape, effect.start


def _told(one: Judged, effect: Effect, q: float) -> Finding:
    panel = one.panel
    months = len(panel.months)
    before = level_before(one, effect)
    size, error = _so_far(effect, months)
    told = effect_between(panel, before, size, error)
    direction = "up" if size > 0 else "down"
    good = is_good(direction, panel.card.better)
    values = levels(panel, before, size) | _dates(one, effect)
    weight = touched(
        panel, effect.row, told, good=good, age=months - 1 - _last(one, effect), is_worth=bool(values["worth"])
    )
    if effect.shape == SINGLE:
        weight /= 2
        values["observed"] = float(panel.value[effect.row, effect.start])
    return make_finding(
        KIND[effect.shape],
        panel,
        effect.row,
        direction=direction,
        effect=told,
        q=q,
        weight=weight,
        since=effect.start,
        values=values,
        good=good,
    )


def level_before(one: Judged, effect: Effect) -> float:
    """The level, on the metric's scale, from which an effect departs: what a single month would have been without
    it; else the mean of
    up to twelve adjusted months before, other single months left out."""
    months = one.chart.adjusted[effect.row].copy()
    if effect.shape == SINGLE:
        return float(months[effect.start] - effect.size)
    months[[other.start for other in one.effects if other.row == effect.row and other.shape == SINGLE]] = np.nan
    earlier = months[max(_previous_break(one, effect), effect.start - MONTHS_BEFORE) : effect.start]
    if np.isfinite(earlier).any():
        return float(np.nanmean(earlier))
    return float(np.nanmean(months) - effect.size / 2)


def _so_far(effect: Effect, months: int) -> tuple[float, float]:
    """An effect's size to date and its error: a ramp's rise from its first to the last month."""
    share = (months - effect.start) / months if effect.shape == RAMP else 1.0
    return effect.size * share, effect.error * share


def _dates(one: Judged, effect: Effect) -> dict[str, object]:
    panel = one.panel
    until = _next_break(one, effect)
    last = len(panel.months) - 1
    return {
        "since_earliest": period_label(panel.months[effect.earliest], "month"),
        "since_latest": period_label(panel.months[effect.latest], "month"),
        "until": period_label(panel.months[until - 1], "month") if until is not None else None,
        "months": (until if until is not None else last + 1) - effect.start,
        "as_of": period_label(panel.months[last], "month"),
        "season_removed": bool(np.abs(one.chart.season[effect.row]).max() > 0),
    }


def _breaks(one: Judged, effect: Effect) -> list[int]:
    return [
        other.start
        for other in one.effects
        if other.row == effect.row and other is not effect and other.shape != SINGLE
    ]


def _next_break(one: Judged, effect: Effect) -> int | None:
    """Column at which another step or ramp ends the level that this step began."""
    later = [start for start in _breaks(one, effect) if start > effect.start]
    return min(later) if later and effect.shape == STEP else None


def _previous_break(one: Judged, effect: Effect) -> int:
    return max([start for start in _breaks(one, effect) if start < effect.start], default=0)


def _last(one: Judged, effect: Effect) -> int:
    """The column from which news grow old: the first month, for a ramp the newest."""
    return len(one.panel.months) - 1 if effect.shape == RAMP else effect.start


def _season_p(one: Judged) -> np.ndarray:
    """(units,) F test of the season's and calendar's columns, effects taken out; NaN where no season was fitted."""
    base, y = one.base, one.panel.scaled.y
    extra = columns_of(one.panel, one.effects)
    full = fit(base, y, extra)
    bare = fit(base.without_season(), y, extra)
    used = (np.abs(base.columns[:, :, base.seasonal]).max(axis=1) > 0).sum(axis=1)
    degrees = base.degrees - (0 if extra is None else (np.abs(extra).max(axis=1) > 0).sum(axis=1))
    known = (used > 0) & (degrees >= 6) & (full.rss > 0)
    variance = np.maximum(np.where(known, full.rss / np.maximum(degrees, 1), 1.0), one.base.floor)
    ratio = np.where(known, (bare.rss - full.rss) / np.maximum(used, 1) / np.where(variance > 0, variance, 1.0), 0.0)
    return np.where(known, fdtrc(np.maximum(used, 1), np.maximum(degrees, 1), np.maximum(ratio, 0.0)), np.nan)


def _season_told(one: Judged, row: int, q: float) -> Finding | None:
    panel, season = one.panel, one.chart.season[row]
    usable = panel.usable[row]
    of_year = panel.months.month.to_numpy()[usable]
    by_month = {int(month): float(season[usable][of_year == month].mean()) for month in np.unique(of_year)}
    if len(by_month) < 12:
        return None
    peak, low = max(by_month, key=by_month.__getitem__), min(by_month, key=by_month.__getitem__)
    level = (
        float(one.chart.centre[row, -1])
        if np.isfinite(one.chart.centre[row, -1])
        else float(np.nanmean(one.chart.adjusted[row]))
    )
    swing = by_month[peak] - by_month[low]
    told = effect_between(panel, level + by_month[low], swing, None)
    if told["unit"] == "ratio" and abs(told["value"]) < LEAST_SEASON:
        return None
    weight = 0.1 * touched(panel, row, told, good=None)
    values = {"peak_month": peak, "low_month": low, "months": int(usable.sum())}
    return make_finding("seasonality", panel, row, direction="up", effect=told, q=q, weight=weight, values=values)
