"""Times that are partly still running: Kaplan–Meier curves, their quantiles, shares and restricted means, for many
groups in one pass.

A record that is still open is censored, never dropped; a record that came under observation late enters late. A
figure that the records cannot give (level not reached, nobody followed so long, no beginning of the curve) is NaN,
never a guess.
Sources: Kaplan & Meier 1958; Greenwood 1926; Brookmeyer & Crowley 1982 with the cloglog scale.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.intervals import CONFIDENCE, Estimate, normal_quantile, wilson
from analysis.statistics.risk_sets import RiskSets, check_durations, count_risk_sets, cumulate_within, sum_by_group

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIE = 1e-9  # survival probabilities nearer than this count as equal: sums of logarithms carry rounding


class Quantile(NamedTuple):
    """The time by which a share of the records has ended, (G,) each: NaN where not reached; high is NaN where its
    limit is not reached."""

    value: Floats
    low: Floats
    high: Floats


class Curve(NamedTuple):
    """The share still open at each asked time, (G, times) each; NaN beyond the longest follow-up."""

    survival: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class KaplanMeier:
    """Kaplan–Meier curves of G groups as their steps, group by group; read it through its methods.

    group, time, at_risk, events, survival : (M,) one row a moment at which a record ended or was last seen; start :
        (G + 1,) rows of each group;
    n, n_events, last_time : (G,); identified : (G,) False where delayed entry leaves the curve undefined.
    low, high, hazard_variance : (M,) reckoned when they are asked for; what asks for a few rows reckons those only.
    """

    group: Ints
    time: Floats
    at_risk: Floats
    events: Floats
    survival: Floats
    start: Ints
    n: Floats
    n_events: Floats
    last_time: Floats
    identified: NDArray[np.bool_]
    confidence: float

    @cached_property
    def low(self) -> Floats:
        """The lower limit of the curve."""
        return self._limits(np.arange(self.time.size))[0]

    @cached_property
    def high(self) -> Floats:
        """The upper limit of the curve."""
        return self._limits(np.arange(self.time.size))[1]

    @cached_property
    def hazard_variance(self) -> Floats:
        """Greenwood's variance of the cumulated hazard; NaN where the curve is at 0."""
        return np.where(self.survival > 0, self._variance, np.nan)

    def quantile(self, p: float) -> Quantile:
        """The smallest time by which a share p has ended, with its interval (the limits of the curve read at the same
        level)."""
        if not 0 < p < 1:
            raise ValueError(f"p must lie between 0 and 1, not {p}")
        level = 1 - p + TIE
        passed = self.survival <= level
        value = self._first_time(passed)
        # The lower limit passes the level with the curve or before it, the upper one with it or after it.
        low, high = passed.copy(), passed.copy()
        low[~passed] = self._limits(np.flatnonzero(~passed))[0] <= level
        high[passed] = self._limits(np.flatnonzero(passed))[1] <= level
        low, high = self._first_time(low), self._first_time(high)
        reached = np.isfinite(value)
        return Quantile(value, np.where(reached, low, np.nan), np.where(reached, high, np.nan))

    def probability_by(self, t: ArrayLike) -> Estimate:
        """P(T ≤ t), the share (0 … 1) that has ended within t; t scalar or one for each group. NaN where nobody is
        followed up to t."""
        rows, knowns = self._rows_at(np.broadcast_to(np.asarray(t, dtype=float), self.n.shape)[:, None])
        row, known = rows[:, 0], knowns[:, 0]
        survival = self._pick(self.survival, row, known, 1.0)
        low, high = (np.where(known, part, np.nan) for part in self._limits_at(row))
        variance = self._pick(self._variance, row, known & (survival > 0), 0.0)
        at_risk = self._still_at_risk(row, known)
        unmoved = 1 - wilson(np.zeros_like(at_risk), at_risk, confidence=self.confidence).high
        low = np.where(survival >= 1, unmoved, low)
        with_variance = (survival > 0) & np.isfinite(variance)
        se = np.where(with_variance, survival * np.sqrt(np.where(with_variance, variance, 0.0)), np.nan)
        return Estimate(1 - survival, 1 - high, 1 - low, se)

    def restricted_mean(self, tau: ArrayLike) -> Estimate:
        """The mean of min(T, tau): the time spent open within the first tau, in the unit of time. NaN where nobody is
        followed to tau."""
        horizon = np.broadcast_to(np.asarray(tau, dtype=float), self.n.shape)
        _, known = self._rows_at(horizon[:, None])
        within = self.time <= horizon[self.group]
        begins = np.minimum(self.time, horizon[self.group])
        ends = np.minimum(np.append(self.time[1:], np.inf), horizon[self.group])
        ends[self._last_rows()] = horizon[self.group[self._last_rows()]]
        area = self.survival * (ends - begins)
        first = np.minimum(self._first_time(np.ones(self.time.size, dtype=bool), missing=np.inf), horizon)
        total = first + self._total(area)
        later = self._total(area)[self.group] - cumulate_within(area, self.group) + area
        increment = hazard_variance(self.events, self.at_risk)
        terms = np.where(within & (later > 0), later**2 * np.where(np.isfinite(increment), increment, 0.0), 0.0)
        se = np.sqrt(self._total(terms))
        value, se = np.where(known[:, 0], total, np.nan), np.where(known[:, 0], se, np.nan)
        reach = normal_quantile(self.confidence) * se
        return Estimate(value, np.maximum(value - reach, 0.0), np.minimum(value + reach, horizon), se)

    def curve(self, times: ArrayLike) -> Curve:
        """The share still open at each of `times` (any order), a row for each group."""
        grid = np.broadcast_to(np.asarray(times, dtype=float).ravel(), (self.n.size, np.asarray(times).size))
        row, known = self._rows_at(grid)
        survival, low, high = (self._pick(column, row, known, 1.0) for column in (self.survival, self.low, self.high))
        return Curve(survival, low, high)

    @cached_property
    def _variance(self) -> Floats:
        """Greenwood's sum up to each row; a row at which all at risk ended adds nothing."""
        return cumulate_within(np.nan_to_num(hazard_variance(self.events, self.at_risk), posinf=0.0), self.group)

    def _limits(self, rows: Ints) -> tuple[Floats, Floats]:
        """Limits S^exp(±z·se(log(−log S))) at these rows. At S = 0 they rest on the step before: high is its limit ×
        what 0 of n allows."""
        low, high = self._cloglog(rows)
        ended = np.flatnonzero(self.survival[rows] <= 0)
        if ended.size:
            row = rows[ended]
            begins = row == self.start[self.group[row]]
            before = np.where(begins, 1.0, self._cloglog(np.maximum(row - 1, 0))[1])
            none_of = wilson(np.zeros(row.size), self.at_risk[row], confidence=self.confidence).high
            high[ended] = np.minimum(before * none_of, high[ended])
        return low, high

    def _cloglog(self, rows: Ints) -> tuple[Floats, Floats]:
        survival = self.survival[rows]
        inside = (survival > 0) & (survival < 1)
        log_survival = np.log(np.where(inside, survival, 0.5))
        spread = np.exp(normal_quantile(self.confidence) * np.sqrt(self._variance[rows]) / np.abs(log_survival))
        low = np.where(inside, np.exp(log_survival * spread), np.where(survival >= 1, 1.0, 0.0))
        return low, np.where(inside, np.exp(log_survival / spread), 1.0)

    def _limits_at(self, row: Ints) -> tuple[Floats, Floats]:
        """The limits at these rows; 1 before the first (row −1)."""
        begun = row >= 0
        low, high = np.ones(row.size), np.ones(row.size)
        low[begun], high[begun] = self._limits(row[begun])
        return low, high

    def _rows_at(self, grid: Floats) -> tuple[Ints, NDArray[np.bool_]]:
        """The step in force at each time of the (G, times) grid, −1 before the first; and whether the curve is known
        there."""
        row = np.empty(grid.shape, dtype=np.int64)
        for column in range(grid.shape[1]):
            passed = np.bincount(self.group[self.time <= grid[self.group, column]], minlength=self.n.size)
            row[:, column] = np.where(passed > 0, self.start[:-1] + passed - 1, -1)
        ended = (row >= 0) & (np.append(self.survival, 1.0)[row] <= TIE)
        followed = (grid <= self.last_time[:, None]) | ended
        return row, followed & (grid >= 0) & self.identified[:, None]

    def _pick(self, column: Floats, row: Ints, known: NDArray[np.bool_], at_start: float) -> Floats:
        return np.where(known, np.append(column, at_start)[row], np.nan)

    def _still_at_risk(self, row: Ints, known: NDArray[np.bool_]) -> Floats:
        """At risk at the next moment of the group (at its last one where there is no next): what a curve that has not
        moved up to there rests on."""
        following = np.minimum(np.where(row < 0, self.start[:-1], row + 1), self.start[1:] - 1)
        return np.where(known, np.append(self.at_risk, np.nan)[following], np.nan)

    def _first_time(self, reached: NDArray[np.bool_], *, missing: float = np.nan) -> Floats:
        rows = np.flatnonzero(reached)
        position = np.searchsorted(rows, self.start[:-1])
        row = np.append(rows, self.time.size)[position]
        inside = (row < self.start[1:]) & self.identified
        return np.where(inside, np.append(self.time, missing)[np.where(inside, row, -1)], missing)

    def _last_rows(self) -> Ints:
        return self.start[1:][self.start[1:] > self.start[:-1]] - 1

    def _total(self, values: Floats) -> Floats:
        return sum_by_group(values, self.group, self.n.size)


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    *,
    group: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    groups: int | None = None,
    confidence: float = CONFIDENCE,
) -> KaplanMeier:
    """The share of records still open as time goes by, open records counted as long as they have been watched.

    Parameters
    ----------
    time : (N,) follow-up in any unit, ≥ 0: end − start, or cut-off − start where still open.
    event : (N,) True where the record has ended, False where it is still open (or left for another reason).
    group : (N,) integers 0 … groups − 1; one group without it. groups defaults to the largest group + 1.
    weight : (N,) records that share this time and event.
    entry : (N,) time since start at which the record came under observation (`max(0, P0 − start)` in a period view);
        forgetting it over-represents old records. A record watched from its beginning has 0.

    Raises ValueError where a time is missing or negative, or an entry is not before its time.
    """
    sets = count_risk_sets(check_durations(time, event, group=group, weight=weight, entry=entry, groups=groups))
    events = sets.events.sum(axis=1)
    return KaplanMeier(
        group=sets.group,
        time=sets.time,
        at_risk=sets.at_risk,
        events=events,
        survival=product_limit(events, sets),
        start=sets.start,
        n=sets.n,
        n_events=sum_by_group(events, sets.group, sets.n.size),
        last_time=sets.last_time,
        identified=sets.identified,
        confidence=confidence,
    )


def product_limit(events: Floats, sets: RiskSets) -> Floats:
    """Π (1 − d/n) within each group; once nobody is left it stays 0."""
    share = events / sets.at_risk
    emptied = share >= 1
    survival = np.exp(cumulate_within(np.log1p(-np.where(emptied, 0.0, share)), sets.group))
    if emptied.any():
        survival[cumulate_within(emptied.astype(float), sets.group) > 0] = 0.0
    return survival


def hazard_variance(events: Floats, at_risk: Floats) -> Floats:
    """Greenwood's terms d / (n (n − d)); infinite where all at risk end at once."""
    staying = at_risk - events
    return np.where(staying > 0, events / (at_risk * np.where(staying > 0, staying, 1.0)), np.inf)
