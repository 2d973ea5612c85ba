"""What can be planted in a unit, and the multipliers by which the simulation carries it out."""

from dataclasses import dataclass

import numpy as np

STAGES = ("request_handling", "dispatch", "technician_response", "repair")
KINDS = (
    "stage", "mix", "dispatch_measure", "first_time_fix", "neglected_backlog", "complaint_growth", "complaint_spike",
    "complaint_level", "batch",
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """One thing that happens to one unit.

    Parameters
    ----------
    kind : one of KINDS
    unit : number of the unit
    size : stage, spike, level and measure: a factor; first_time_fix: points lost; complaint_growth: growth a month;
        mix: the share that the slow line gains; batch: factor on the failures of its serials; neglected_backlog: the
        share of orders that nobody works on
    start, months : its first month and how many it lasts
    stage : which stage, where the kind asks for one
    """

    kind: str
    unit: int
    size: float
    start: int
    months: int
    stage: str = ""

    def runs(self, months: int) -> np.ndarray:
        """(months,) whether it is on."""
        at = np.arange(months)
        return (at >= self.start) & (at < self.start + self.months)


@dataclass(frozen=True)
class Multipliers:
    """What all effects together do, (units, months) each.

    Parameters
    ----------
    stage : stage → factor on its times
    complaints : factor on the rate of complaints
    fix_points : points taken off the first-time-fix rate
    slow_share : points added to the share of the slow product line
    neglected : share of orders that nobody works on
    batch : factor on the failures of one batch's serials
    """

    stage: dict[str, np.ndarray]
    complaints: np.ndarray
    fix_points: np.ndarray
    slow_share: np.ndarray
    neglected: np.ndarray
    batch: np.ndarray


def multipliers(effects: tuple[Effect, ...], units: int, months: int) -> Multipliers:
    """Carry all effects out on a grid of units and months.

    Raises
    ------
    ValueError : for a kind that is not known
    """
    one, none = np.ones((units, months)), np.zeros((units, months))
    found = Multipliers(
        {stage: one.copy() for stage in STAGES}, one.copy(), none.copy(), none.copy(), none.copy(), one.copy()
    )
    for effect in effects:
        on = effect.runs(months)
        if effect.kind in ("stage", "dispatch_measure"):
            found.stage[effect.stage or "dispatch"][effect.unit, on] *= effect.size
        elif effect.kind == "mix":
            found.slow_share[effect.unit, on] += effect.size
        elif effect.kind == "first_time_fix":
            found.fix_points[effect.unit, on] += effect.size
        elif effect.kind == "neglected_backlog":
            found.neglected[effect.unit, on] = effect.size
        elif effect.kind == "complaint_growth":
            risen = np.clip(np.arange(months) - effect.start + 1, 0, effect.months)
            found.complaints[effect.unit] *= (1 + effect.size) ** risen
        elif effect.kind in ("complaint_spike", "complaint_level"):
            found.complaints[effect.unit, on] *= effect.size
        elif effect.kind == "batch":
            found.batch[effect.unit, on] *= effect.size
        else:
            raise ValueError(f"unknown effect {effect.kind!r}; known are {', '.join(KINDS)}")
    return found
