"""Chance that depends only on what it is for: a generator per (seed, subject, unit, month) and a number per record.

No state is kept: two calls with the same arguments give the same draws, whatever was drawn before.
"""

from zlib import crc32

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def generator(seed: int, subject: str, *key: int) -> np.random.Generator:
    """The generator of one subject ("orders") in one place and time (unit index, month index)."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(subject.encode()), *key])))


def chance(seed: int, subject: str, *numbers: np.ndarray | int) -> np.ndarray:
    """A uniform number in [0, 1) for each record, a pure function of the seed, the subject and the record's own
    numbers.

    The mixing step is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
    generators, 2014).
    """
    mixed = np.asarray(np.uint64((crc32(subject.encode()) ^ (seed * int(_STEP))) % 2**64))
    with np.errstate(over="ignore"):
        for number in numbers:
            mixed = _finalise((mixed ^ np.asarray(number).astype(np.uint64)) + _STEP)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(2**53)


def pick(share: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """The index of the share (weights along the last axis) that each uniform number falls into."""
    edges = np.cumsum(share / np.sum(share))
    return np.minimum(np.searchsorted(edges, uniform, side="right"), len(edges) - 1)


def _finalise(value: np.ndarray) -> np.ndarray:
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    return value ^ (value >> np.uint64(31))
