"""The businesses of the proof: every effect of the promise in several sizes, and businesses where nothing happens; no
two seeds alike in size, season, scatter, growth and length.
"""

import numpy as np

from benchmarks.simulated import Business, Effect
from benchmarks.simulated.effects import STAGES
from benchmarks.simulated.levels import Quiet

STAGE_SIZES = (1.15, 1.25, 1.5, 1.5, 2.0)
MIX_SHARES = (0.15, 0.3)
FIX_POINTS = (3.0, 5.0, 7.0, 10.0)
NEGLECTED = (0.12, 0.25)
GROWTHS = (0.015, 0.03, 0.045)
SPIKES = (1.6, 2.4, 2.4)
QUIET_AMONG_PLANTED = 6
ORDERS, COMPLAINT_ORDERS = (240, 420), (420, 480)
MONTHS = (36, 42, 48)
LASTS = ("2025-08", "2024-12", "2025-03", "2025-11", "2024-05")
QUIET_UNITS = 12


def planted_business(seed: int) -> Business:
    """Units that carry one effect each, and some that carry none."""
    rng = np.random.default_rng((seed, 1))
    months = int(rng.choice(MONTHS))
    effects = _effects(rng, months)
    orders = [int(rng.integers(*(COMPLAINT_ORDERS if _on_complaints(effect) else ORDERS))) for effect in effects]
    orders += [int(rng.integers(*ORDERS)) for _ in range(QUIET_AMONG_PLANTED)]
    return _business(rng, seed, tuple(orders), months, tuple(effects))


def quiet_business(seed: int, units: int = QUIET_UNITS) -> Business:
    """Units where nothing happens."""
    rng = np.random.default_rng((seed, 2))
    orders = tuple(int(rng.integers(*ORDERS)) for _ in range(units))
    return _business(rng, seed + 1000, orders, int(rng.choice(MONTHS)), ())


def _business(
    rng: np.random.Generator, seed: int, orders: tuple[int, ...], months: int, effects: tuple[Effect, ...]
) -> Business:
    quiet = Quiet(
        season=float(rng.choice([0.04, 0.1, 0.18])),
        festival=float(rng.choice([0.1, 0.4])),
        wander=float(rng.choice([0.0, 0.02, 0.04])),
        memory=float(rng.choice([0.0, 0.3, 0.5])),
        between=float(rng.choice([0.05, 0.1, 0.15])),
    )
    growth = tuple(np.round(rng.uniform(0, 0.008, len(orders)), 4).tolist())
    return Business(
        seed, orders, months=months, last=str(rng.choice(LASTS)), growth=growth, effects=effects, quiet=quiet,
        cutoff_days=int(rng.integers(3, 12)),
    )  # fmt: skip


def _effects(rng: np.random.Generator, months: int) -> list[Effect]:
    """One effect a unit; most begin within the last year and go on."""
    kinds: list[tuple[str, float, int, int, str]] = []
    for size in STAGE_SIZES:
        ended = int(rng.choice([0, 0, 3]))
        kinds.append(("stage", size, months - 5 - ended, 5, str(rng.choice(STAGES))))
    kinds += [("mix", share, months - int(rng.integers(4, 9)), months, "") for share in MIX_SHARES]
    kinds += [("dispatch_measure", 0.5, months - int(rng.integers(5, 12)), months, "dispatch")]
    kinds += [("first_time_fix", points, months - int(rng.integers(6, 10)), months, "") for points in FIX_POINTS]
    kinds += [("neglected_backlog", share, months - int(rng.integers(3, 6)), months, "") for share in NEGLECTED]
    kinds += [("complaint_growth", growth, months - 12, 12, "") for growth in GROWTHS]
    kinds += [("complaint_spike", size, months - int(rng.integers(1, 8)), 1, "") for size in SPIKES]
    kinds += [("complaint_level", 1.7, 0, months, ""), ("batch", 1.0, months - int(rng.integers(3, 7)), months, "")]
    return [Effect(kind, unit, size, start, last, stage) for unit, (kind, size, start, last, stage) in enumerate(kinds)]


def _on_complaints(effect: Effect) -> bool:
    return effect.kind.startswith("complaint")
