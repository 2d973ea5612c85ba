"""Working hours: moments moved into the hours and days in which people work. Seconds since 1970 as floats; NaN
stays NaN.
"""

import numpy as np

from analysis.sample.business import Unit
from analysis.sample.days import DAY, DAY_ZERO, closed_days

HOUR = 3600.0
DESK_HOURS, FIELD_HOURS, OFFICE_HOURS = (7.0, 23.0), (8.0, 20.0), (8.5, 18.0)


def next_open(moment: np.ndarray, hours: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """The moment itself within the hours of work, else some time in the next morning; never earlier than the moment."""
    day, clock = np.divmod(moment, DAY)
    opens, closes = hours[0] * HOUR, hours[1] * HOUR
    morning = opens + HOUR * 2.2 * rng.random(len(moment))
    next_morning = np.where(clock >= closes, (day + 1) * DAY + morning, day * DAY + np.maximum(morning, clock))
    return np.floor(np.where((clock < opens) | (clock >= closes), next_morning, moment))


def field_time(assigned: np.ndarray, wait: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When the technician arrives: the wait runs round the clock, its end is put into the field's hours of that day."""
    opens, closes = FIELD_HOURS[0] * HOUR, FIELD_HOURS[1] * HOUR
    day, clock = np.divmod(assigned + wait, DAY)
    arrived = day * DAY + opens + clock / DAY * (closes - opens)
    next_day = (day + 1) * DAY + opens + rng.random(len(wait)) * (closes - opens) * 0.6
    return np.floor(np.where(arrived < assigned + 1200, next_day, arrived))


def open_day(moment: np.ndarray, unit: Unit, rng: np.random.Generator) -> np.ndarray:
    """Moved behind the days without field service, keeping the time of day and spreading over the first three days."""
    closed = closed_days(unit.festival)
    position = np.clip(np.nan_to_num(moment // DAY).astype("int64") - DAY_ZERO, 0, len(closed) - 5)
    wait = np.where(closed[position], 4 - closed[position[:, None] - np.arange(4)].sum(axis=1) + 1, 0)
    spread = np.where(wait > 0, np.floor(rng.random(len(moment)) * 3), 0)
    return moment + DAY * (wait + spread)
