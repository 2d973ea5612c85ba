"""Every chart with a frame that suits it, and a metric's card: what the tests of this package go through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.presentation import charts

TITLE = {"en": "The repair cycle is longer", "zh": "维修周期变长（喆 镕 − ≥ 😀）"}
DESCRIPTION = {"en": "Rises from 2.1 to 2.5 days.", "zh": "从2.1天升至2.5天。"}
MONTHS = [str(month) for month in pd.period_range("2023-07", "2026-06", freq="M")]
WAVE = 2.1 + 0.25 * np.sin(np.arange(36) / 12 * 2 * np.pi)


@dataclass(frozen=True)
class Case:
    """A chart, the frame it draws, what else it needs, and which of its columns hold names and numbers."""

    chart: Callable[..., Any]
    data: pd.DataFrame
    others: Mapping[str, Any]
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ("value",)

    @cached_property
    def drawn(self) -> Any:
        return self.draw()

    def draw(self, data: pd.DataFrame | None = None, **changes: Any) -> Any:
        chosen = {"title": TITLE, "description": DESCRIPTION} | dict(self.others) | changes
        return self.chart(self.data if data is None else data, **chosen)


def _by_month(column: str, names: list[str]) -> pd.DataFrame:
    rows = [(month, name, 1 + i % 5 + k) for i, month in enumerate(MONTHS) for k, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["period", column, "value"])


def _trend() -> Case:
    data = pd.DataFrame(
        {"period": MONTHS, "value": WAVE, "low": WAVE - 0.1, "high": WAVE + 0.1, "year_ago": WAVE - 0.2}
    )
    limits = pd.DataFrame(
        {"period": MONTHS, "low": 1.8, "high": 2.3, "centre": 2.1, "adjusted": WAVE, "out": WAVE > 2.3}
    )
    return Case(
        charts.chart_trend,
        data.assign(mature=[True] * 34 + [False] * 2),
        {"unit": "d", "limits": limits, "target": 2.0},
    )


def _forecast() -> Case:
    ahead = pd.DataFrame({"period": ["2026-07", "2026-08"], "value": [2.2, 2.3], "low": [2.0, 2.0], "high": [2.4, 2.6]})
    return Case(
        charts.chart_forecast, pd.DataFrame({"period": MONTHS, "value": WAVE}), {"forecast": ahead, "unit": "d"}
    )


def _decomposition() -> Case:
    data = pd.DataFrame(
        {"period": MONTHS, "observed": WAVE, "trend": 2.1, "seasonal": WAVE - 2.1, "provisional": False}
    )
    return Case(charts.chart_decomposition, data, {"unit": "d"}, numbers=("observed", "trend", "seasonal"))


def _survival() -> Case:
    time = np.linspace(0, 20, 41)
    share = np.exp(-time / 4)
    data = pd.DataFrame({"time": time, "survival": share, "low": share * 0.95, "high": share, "naive": share**1.3})
    return Case(charts.chart_survival, data, {}, numbers=("survival", "low", "high", "naive"))


def _funnel() -> Case:
    size = np.array([100, 200, 300, 400])
    data = pd.DataFrame(
        {
            "n": size,
            "value": [12.0, 30.0, 11.0, 12.5],
            "label": ["U01", "U02", "U03", None],
            "own": [True, False, False, False],
        }
    )
    spread = 200 / np.sqrt(np.linspace(50, 500, 20))
    limits = pd.DataFrame({"n": np.linspace(50, 500, 20), "low": 12 - spread / 2, "high": 12 + spread / 2})
    limits = limits.assign(low_outer=12 - spread, high_outer=12 + spread)
    return Case(charts.chart_funnel, data, {"limits": limits, "centre": 12.0, "better": "lower"}, names=("label",))


def _labelled(chart: Callable[..., Any], **others: Any) -> Case:
    data = pd.DataFrame(
        {
            "label": ["Leak", "Noise", "Display"],
            "value": [3.0, 2.0, 1.0],
            "low": [2.0, 1.5, 0.5],
            "high": [4.0, 2.5, 1.5],
        }
    )
    return Case(chart, data, others, names=("label",))


def _rising(**others: Any) -> pd.DataFrame:
    time = np.linspace(0, 90, 10)
    return pd.DataFrame({"time": time, "value": time / 3, "low": time / 3.5, "high": time / 2.5}).assign(**others)


def _expected() -> Case:
    data = pd.DataFrame({"period": [*MONTHS[-6:], "2026-07"], "value": [3.0, 4, 2, 5, 3, 9, np.nan], "expected": 4.0})
    return Case(charts.chart_expected, data.assign(low=2.0, high=6.0), {"tone": "bad"}, numbers=("value", "expected"))


def _pairs() -> Case:
    rows = {"label": ["Leak", "Noise"], "odds": [1.2, 0.7], "share": [30.0, 10.0]}
    data = pd.DataFrame(rows).assign(odds_low=0.6, odds_high=1.6, share_low=5.0, share_high=40.0)
    sides = {"left": charts.Side("odds", TITLE, unit="ratio", reference=1.0), "right": charts.Side("share", TITLE, "%")}
    return Case(charts.chart_pairs, data, sides, names=("label",), numbers=("odds", "share"))


CASES: dict[str, Case] = {
    "rising": Case(charts.chart_rising, _rising(), {"mark": 30.0}),
    "curves": Case(
        charts.chart_curves, pd.concat([_rising(group="2025"), _rising(group="2026")]), {}, names=("group",)
    ),
    "scatter": Case(
        charts.chart_scatter,
        pd.DataFrame({"x": [1.0, 2, 3], "y": [5.0, 3, 4], "label": ["U01", "U02", None], "own": [True, False, False]}),
        {"x_label": TITLE, "y_label": TITLE},
        names=("label",),
        numbers=("x", "y"),
    ),
    "expected": _expected(),
    "pairs": _pairs(),
    "trend": _trend(),
    "forecast": _forecast(),
    "decomposition": _decomposition(),
    "survival": _survival(),
    "stages": Case(charts.chart_stages, _by_month("stage", ["Handling", "Dispatch", "Repair"]), {}, names=("stage",)),
    "ageing": Case(charts.chart_ageing, _by_month("bucket", ["0–3 days", "4–7 days"]), {}, names=("bucket",)),
    "funnel": _funnel(),
    "window": Case(
        charts.chart_window,
        pd.DataFrame({"time": [0.0, 30.0, 60.0, 90.0], "value": [86.0, 81.0, 80.0, 79.5]}).assign(low=78.0, high=88.0),
        {"windows": (0, 30, 90)},
        names=(),
    ),
    "waterfall": _labelled(charts.chart_waterfall, start=(TITLE, 2.0), end=(TITLE, 8.0), unit="d", better="lower"),
    "pareto": _labelled(charts.chart_pareto, top=2),
    "intervals": _labelled(charts.chart_intervals, unit="d", reference=2.0, reference_label=TITLE),
    "ratios": _labelled(charts.chart_intervals, unit="ratio", log=True, reference=1.0),
    "small multiples": Case(
        charts.chart_small_multiples, _by_month("panel", ["U01", "U02", "U03", "U04"]), {}, names=("panel",)
    ),
    "heat": Case(
        charts.chart_heat,
        pd.DataFrame(
            [(r, c, len(r) * len(c)) for r in ("Leak", "Noise") for c in ("P-1", "P-22")],
            columns=["row", "column", "value"],
        ),
        {},
        names=("row", "column"),
    ),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture
def cases() -> dict[str, Case]:
    return CASES


@pytest.fixture
def metric_card():
    def make(**changes):
        facts = {
            "id": "repair_cycle_median",
            "name": {"en": "Repair cycle", "zh": "维修周期"},
            "unit": "d",
            "better": "lower",
            "definition": {"en": "Completed minus submitted.", "zh": "完成减提交。"},
            "caveats": {"en": "Calendar time.", "zh": "自然时间。"},
            "follow_up_days": 30,
            "minimum_n": 30,
            "kind": "duration",
        }
        return SimpleNamespace(**(facts | changes))

    return make
