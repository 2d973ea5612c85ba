"""Benjamini–Hochberg over everything a run compares, whatever the number of places the p-values come from.

Twice: a look survives when it does so among all looks of the run and among those of its own kind. The first is what
the run promises; the second keeps kinds that are mostly true (seasons, targets) from lending the others their credit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.comparison import benjamini_hochberg

Floats = NDArray[np.float64]
Verdicts = list[tuple[NDArray[np.bool_], Floats]]


@dataclass(frozen=True)
class Looks:
    """All looks of one kind.

    Parameters
    ----------
    p : their p-values by the place they come from; NaN for what could not be compared
    tell : from what survived of each place, and the rates of false ones, to the findings
    """

    p: Sequence[Sequence[float] | Floats]
    tell: Callable[[Verdicts], Iterator[Any]]


def surviving(parts: Iterable[Sequence[float] | Floats], *, rate: float) -> Verdicts:
    """Per part which of its p-values survive when all parts are controlled together, and their q-values.

    Parameters
    ----------
    parts : p-values by the place they come from; NaN for what could not be compared
    rate : the share of false ones among those called that is accepted
    """
    arrays = [np.asarray(part, dtype=float).ravel() for part in parts]
    q = benjamini_hochberg(np.concatenate(arrays)) if arrays else np.empty(0)
    split = np.split(q, np.cumsum([len(part) for part in arrays])[:-1]) if arrays else []
    return [(np.nan_to_num(part, nan=2.0) <= rate, part) for part in split]


def surviving_twice(kinds: Sequence[Sequence[Sequence[float] | Floats]], *, rate: float) -> list[Verdicts]:
    """Per kind and part which p-values survive among all of the run and among their own kind, with the larger of the
    two q-values.

    Parameters
    ----------
    kinds : per kind of look its p-values by part
    rate : as in `surviving`, for both
    """
    overall = iter(surviving([part for parts in kinds for part in parts], rate=rate))
    return [
        [
            (own & run, np.fmax(q, q_run))
            for (own, q), (run, q_run) in zip(surviving(parts, rate=rate), overall, strict=False)
        ]
        for parts in kinds
    ]


def tell_surviving(kinds: Sequence[Looks], *, rate: float) -> list[list[Any]]:
    """Per kind of look the findings of those that survive, controlled as `surviving_twice` does."""
    verdicts = surviving_twice([kind.p for kind in kinds], rate=rate)
    return [list(kind.tell(found)) for kind, found in zip(kinds, verdicts, strict=True)]
