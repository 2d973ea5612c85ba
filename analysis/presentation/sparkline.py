"""The line on a card: the series so far, its control limits, its target and what stands out; drawn by hand, a few
hundred bytes each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.presentation.block import shown
from analysis.presentation.formatting import finite
from analysis.presentation.language import Text
from analysis.presentation.reach import within_reach

WIDTH, HEIGHT, MARGIN = 180, 44, 5
FEWEST = 2
Place = Callable[[int, float], str]


@dataclass(frozen=True)
class Spark:
    """What a sparkline draws: values oldest first, the limits and centre beside each of them, the target, the newest
    point's tone.

    `low`, `high`, `centre` are empty or as long as `values`; `out` marks points beyond the limits; `tone` is good,
    bad or flat.
    """

    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    centre: tuple[float | None, ...] = ()
    out: tuple[bool, ...] = ()
    target: float | None = None
    tone: str = "flat"
    label: Text | None = None


def sparkline(spark: Spark, language: str = "en") -> str:
    """Inline SVG of a card's series; an empty string where no two values follow each other, since points are no line.

    The label, where there is one, becomes the image's text; without it the image is hidden from screen readers, whose
    reader has the card's words.
    """
    present = [value for value in map(finite, spark.values) if value is not None]
    if len(present) < FEWEST:
        return ""
    spark = in_reach(spark)
    at = _places(spark, present)
    line = _line(spark.values, at)
    if not line:
        return ""
    marks = _band(spark, at) + _level(spark, at) + line + _points(spark, at)
    label = f'role="img" aria-label="{shown(spark.label, language)}"' if spark.label else 'aria-hidden="true"'
    return f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" {label}>{marks}</svg>'


def in_reach(spark: Spark) -> Spark:
    """The line with its limits as far as they say something on its scale (see `within_reach`)."""
    figures = [[value for value in map(finite, (*spark.values, spark.target)) if value is not None]]
    low, high = (
        tuple(within_reach([np.nan if value is None else value for value in limits], figures))
        for limits in (spark.low, spark.high)
    )
    return replace(spark, low=low, high=high)


def _places(spark: Spark, present: Sequence[float]) -> Place:
    others = [value for value in map(finite, (*spark.low, *spark.high, spark.target)) if value is not None]
    lowest, highest = min([*present, *others]), max([*present, *others])
    span = (highest - lowest) or abs(highest) or 1.0
    step = (WIDTH - 2 * MARGIN) / max(1, len(spark.values) - 1)

    def at(index: int, value: float) -> str:
        height = HEIGHT - MARGIN - (value - lowest) / span * (HEIGHT - 2 * MARGIN)
        return f"{_short(MARGIN + index * step)} {_short(height)}"

    return at


def _band(spark: Spark, at: Place) -> str:
    lows, highs = _known(spark.low), _known(spark.high)
    both_ends = [i for i in lows if i in highs]
    if len(both_ends) < FEWEST:
        return ""
    outline = [at(i, highs[i]) for i in both_ends] + [at(i, lows[i]) for i in reversed(both_ends)]
    return f'<path d="M{"L".join(outline)}z" fill="var(--band)"/>'


def _level(spark: Spark, at: Place) -> str:
    marks = _path(list(_known(spark.centre).items()), at, 'stroke="var(--muted)" stroke-width=".8"')
    target = finite(spark.target)
    if target is None:
        return marks
    ends = [(0, target), (len(spark.values) - 1, target)]
    return marks + _path(ends, at, 'stroke="currentColor" stroke-width="1" stroke-dasharray="1.5 3"')


def _line(values: Sequence[float | None], at: Place) -> str:
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(map(finite, values)):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    style = 'stroke="currentColor" stroke-width="1.4" stroke-linejoin="round"'
    return "".join(_path(run, at, style) for run in runs)


def _points(spark: Spark, at: Place) -> str:
    values, colour = _known(spark.values), f"var(--{spark.tone})"
    last = max(values)
    out = [i for i, flag in enumerate(spark.out) if flag and i in values and i != last]
    return "".join(_dot(at(i, values[i]), 2.2, colour) for i in out) + _dot(at(last, values[last]), 3.2, colour)


def _known(values: Sequence[float | None]) -> dict[int, float]:
    return {i: value for i, value in enumerate(map(finite, values)) if value is not None}


def _dot(place: str, radius: float, colour: str) -> str:
    x, y = place.split()
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}"/>'


def _path(points: Sequence[tuple[int, float]], at: Place, style: str) -> str:
    return (
        f'<path d="M{"L".join(at(*point) for point in points)}" fill="none" {style}/>' if len(points) >= FEWEST else ""
    )


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
