"""A small generator of measurements in the long shape, so that signals can be tested on series whose truth is
known."""

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

COLUMNS = [
    *("metric", "business_unit", "grain", "period", "period_start", "breakdown", "segment", "numerator", "denominator"),
    *("n", "value", "low", "high", "se", "immature_share", "mature", "reason"),
]


@dataclass(frozen=True)
class Card:
    """What signals read of a metric card."""

    id: str
    unit: str = "%"
    better: str = "lower"
    kind: str = "ratio"
    area: str = "test"
    minimum_n: int = 10
    worth_acting_on: dict = field(default_factory=lambda: {"relative": 0.02})
    breakdowns: tuple = ()
    follow_up_days: int = 0
    view: str = "event"
    name: dict = field(default_factory=lambda: {"en": "Test figure", "zh": "测试指标"})
    how: object = None
    judged: bool = True


class World:
    """Long-shape rows by kind of metric; `truth` arrays are (units, months) of the true level."""

    def __init__(self, seed=0, start="2022-01"):
        self.rng = np.random.default_rng(seed)
        self.start = pd.Period(start, freq="M")
        self.rows = []
        self.cards = {}

    def months(self, count):
        return pd.period_range(self.start, periods=count, freq="M")

    def share(self, metric, truth, n, *, spread=0.0, **card):
        """Per cent of n records; spread = logit-scale variation beyond sampling."""
        p = 1 / (1 + np.exp(-(np.log(truth / (1 - truth)) + spread * self.rng.standard_normal(truth.shape))))
        n = np.broadcast_to(n, truth.shape)
        k = self.rng.binomial(n, p)
        return self._add(metric, k, n, 100 * k / n, 100 * np.sqrt(p * (1 - p) / n), n, Card(metric, unit="%", **card))

    def rate(self, metric, truth, exposure, *, spread=0.0, **card):
        """Events per 1,000 of exposure; truth per 1,000."""
        exposure = np.broadcast_to(exposure, truth.shape).astype(float)
        mean = truth * exposure / 1000 * np.exp(spread * self.rng.standard_normal(truth.shape))
        k = self.rng.poisson(mean)
        value = 1000 * k / exposure
        return self._add(
            metric,
            k,
            exposure,
            value,
            1000 * np.sqrt(mean) / exposure,
            k,
            Card(metric, unit="per_1000", kind="rate", **card),
        )

    def duration(self, metric, truth, n, *, cv=0.8, spread=0.0, rho=0.0, **card):
        """Median of n log-normal durations; spread on the log scale, lag-1 correlation rho of that spread."""
        n = np.broadcast_to(n, truth.shape)
        error = 1.2533 * cv / np.sqrt(n)
        value = truth * np.exp(error * self.rng.standard_normal(truth.shape) + spread * self._noise(truth.shape, rho))
        nothing = np.full(truth.shape, np.nan)
        return self._add(
            metric, nothing, nothing, value, value * error, n, Card(metric, unit="d", kind="duration", **card)
        )

    def count(self, metric, truth, *, spread=0.0, **card):
        """Plain counts."""
        k = self.rng.poisson(truth * np.exp(spread * self.rng.standard_normal(truth.shape)))
        nothing = np.full(truth.shape, np.nan)
        card = {"better": "none", "minimum_n": 0} | card
        return self._add(
            metric, k, nothing, k.astype(float), np.sqrt(k), k, Card(metric, unit="n", kind="count", **card)
        )

    def frame(self):
        return pd.concat(self.rows, ignore_index=True)[COLUMNS]

    def segments(self, metric, breakdown, counts, names, *, denominator=None):
        """Rows of a breakdown: counts (units, segments, months) and, for ratios, their denominators."""
        for code, name in enumerate(names):
            k = counts[:, code]
            den = np.full(k.shape, np.nan) if denominator is None else denominator[:, code]
            factor = 100 if self.cards[metric].unit == "%" else 1000
            value = k.astype(float) if denominator is None else factor * k / den
            n = k if denominator is None else den
            block = self._add(metric, k, den, value, np.sqrt(k + 1.0), n, self.cards[metric])
            self.rows[-1] = block.assign(breakdown=breakdown, segment=name)

    def season(self, months, size=0.15):
        return np.exp(size * np.sin(2 * np.pi * np.arange(months) / 12))

    def _noise(self, shape, rho):
        white = self.rng.standard_normal(shape)
        noise = white.copy()
        for month in range(1, shape[1]):
            noise[:, month] = rho * noise[:, month - 1] + np.sqrt(1 - rho**2) * white[:, month]
        return noise

    def _add(self, metric, k, den, value, se, n, card):
        units, count = value.shape
        months = self.months(count)
        block = pd.DataFrame(
            {
                "metric": metric,
                "business_unit": np.repeat([f"U{unit:03d}" for unit in range(units)], count),
                "grain": "month",
                "period": np.tile(months.astype(str), units),
                "period_start": np.tile(months.to_timestamp(), units),
                "breakdown": "",
                "segment": "",
                "numerator": np.ravel(k),
                "denominator": np.ravel(den),
                "n": np.ravel(n),
                "value": value.ravel(),
                "low": (value - 1.96 * se).ravel(),
                "high": (value + 1.96 * se).ravel(),
                "se": np.ravel(se),
                "immature_share": 0.0,
                "mature": True,
                "reason": None,
            }
        )
        self.rows.append(block)
        self.cards[metric] = card
        return block


@pytest.fixture
def make_world():
    """A factory of worlds: make_world(seed)."""
    return World


@pytest.fixture
def make_card():
    """A factory of cards."""
    return Card


@pytest.fixture
def read_changes():
    """The changes of a kpi table as a frame of their own."""

    def read(kpis):
        rows = [
            {"metric": row.metric, "business_unit": row.business_unit, **change}
            for row in kpis.itertuples()
            for change in json.loads(row.changes)
        ]
        return pd.DataFrame(rows)

    return read
