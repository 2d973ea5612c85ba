"""Working time by counting: every minute of the calendar is a flag, and the time worked up to a moment is their sum."""

import numpy as np
import pandas as pd

MINUTE = pd.Timedelta(minutes=1)
STAMPS = ("submitted_at", "handled_at", "assigned_at", "arrived_at", "first_response_at", "completed_at", "left_at")


def with_working_times(orders: pd.DataFrame, calendar: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    """The orders with `worked_<stamp>`: the moment moved so that differences are working time, the cut-off unmoved."""
    days = calendar.sort_values("date").reset_index(drop=True)
    first = pd.Timestamp(days["date"].iloc[0])
    flags = np.zeros(len(days) * 1440)
    for number, day in enumerate(days.itertuples()):
        if day.is_workday:
            flags[number * 1440 + _minute(day.opens_at, 0) : number * 1440 + _minute(day.closes_at, 1440)] = 1
    worked = np.concatenate([[0], np.cumsum(flags)])

    def up_to(moments: pd.Series) -> np.ndarray:
        places = ((moments - first) / MINUTE).to_numpy(dtype=float)
        whole = np.floor(np.nan_to_num(places)).astype(int)
        return np.where(np.isnan(places), np.nan, worked[whole] + (places - whole) * flags[whole])

    now = up_to(pd.Series([cutoff]))[0]
    moved = {f"worked_{name}": cutoff - pd.to_timedelta(now - up_to(orders[name]), unit="min") for name in STAMPS}
    return orders.assign(**moved)


def _minute(text: object, default: int) -> int:
    return int(text[:2]) * 60 + int(text[3:5]) if isinstance(text, str) else default
