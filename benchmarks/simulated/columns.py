"""Columns of canonical tables from arrays: ids, moments, days, weighted months."""

import numpy as np
import pandas as pd

NEVER = np.iinfo("int64").min
DAY = 86_400


def ids(prefix: str, numbers: np.ndarray | pd.Series) -> pd.Series:
    """S0000012 …"""
    return pd.Series(prefix + pd.Series(np.asarray(numbers)).astype(str).str.zfill(7))


def moments(seconds: np.ndarray | pd.Series) -> np.ndarray:
    """Seconds since 1970 as datetimes; NEVER as missing."""
    found = np.asarray(seconds, dtype="int64")
    return np.where(found == NEVER, np.datetime64("NaT"), found.astype("datetime64[s]")).astype("datetime64[us]")


def days(seconds: np.ndarray | pd.Series) -> np.ndarray:
    """Seconds since 1970 as midnights."""
    return np.asarray(seconds, dtype="int64").astype("datetime64[s]").astype("datetime64[D]").astype("datetime64[us]")


def until(seconds: np.ndarray, cutoff: int) -> np.ndarray:
    """The moments that are known at the cut-off; later ones NEVER."""
    return np.where(seconds <= cutoff, seconds, NEVER)


def when(rng: np.random.Generator, counts: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, month and second of so many events in every unit and month, at any day, mostly by day."""
    units, months = counts.shape
    unit = np.repeat(np.arange(units), counts.sum(axis=1))
    month = np.repeat(np.tile(np.arange(months), units), counts.ravel())
    length = (starts[1:] - starts[:-1]) // 86_400
    day = (rng.random(len(month)) * length[month]).astype("int64")
    hour = np.clip(rng.normal(13.5, 3.5, len(month)), 0.5, 23.5) * 3600
    return unit, month, starts[month] + day * 86_400 + hour.astype("int64")
