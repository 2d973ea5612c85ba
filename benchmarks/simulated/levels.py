"""What is usual in every unit and month: levels that differ between units, follow the season and the festival, wander
with memory and scatter more than chance: all of it quiet, none of it news.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.simulated.calendar import festival_days

Grid = np.ndarray


@dataclass(frozen=True)
class Quiet:
    """How lively the quiet is.

    Parameters
    ----------
    season : amplitude of the yearly wave on the log scale
    festival : log change of a month that is all festival
    wander, memory : standard deviation and lag-1 correlation of the months' own ups and downs
    between : standard deviation of the units' levels on the log scale
    """

    season: float = 0.1
    festival: float = 0.3
    wander: float = 0.03
    memory: float = 0.3
    between: float = 0.1


def level_maker(rng: np.random.Generator, units: int, months: pd.PeriodIndex, quiet: Quiet) -> Callable[..., Grid]:
    """A function that draws the levels of one quantity, (units, months); each call another quantity."""
    wave = 2 * np.pi * (months.month.to_numpy() - 1) / 12
    festival = festival_days(months) / months.days_in_month.to_numpy()

    def draw(mean: float, *, season: float = 1.0, festival_pull: float = 0.0, between: float = 1.0) -> Grid:
        phase = rng.uniform(0, 2 * np.pi)
        shape = np.cos(wave - phase) + rng.uniform(-0.3, 0.3) * np.cos(2 * wave - rng.uniform(0, 2 * np.pi))
        own = quiet.between * between * rng.standard_normal((units, 1))
        noise = _wandering(rng, units, len(months), quiet)
        return mean * np.exp(own + season * quiet.season * shape + festival_pull * quiet.festival * festival + noise)

    return draw


def _wandering(rng: np.random.Generator, units: int, months: int, quiet: Quiet) -> Grid:
    steps = rng.standard_normal((units, months))
    noise = steps.copy()
    for month in range(1, months):
        noise[:, month] = quiet.memory * noise[:, month - 1] + np.sqrt(1 - quiet.memory**2) * steps[:, month]
    return quiet.wander * noise
