"""A card's line as a small palette PNG, for mail programs, which show no SVG. The same series, limits and target as the
SVG beside it.

The paper is transparent and every colour is one that stands out on white and on near-black alike, since nobody knows
which of the two a mail program shows.
"""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw

from analysis.presentation.formatting import finite
from analysis.presentation.sparkline import FEWEST, HEIGHT, MARGIN, WIDTH, Spark, in_reach

SCALE = 2
"""Pixels per point: sharp on a telephone."""
_FINER = 3  # drawn so many times larger and shrunk, since Pillow's lines have no smooth edges
_COLOURS = 32
EITHER_PAPER = {"ink": "#7a828a", "band": "#9aa2a930", "centre": "#8a929a", "good": "#0b84d8", "bad": "#cc6a12",
                "flat": "#7a828a"}  # fmt: skip
"""Role → colour that has a contrast of 3 : 1 at least on a light and on a dark page (the band is a mere shade)."""

Point = tuple[float, float]


def sparkline_png(spark: Spark) -> bytes:
    """The line as PNG, `WIDTH` × `HEIGHT` points at `SCALE`; empty for fewer than two values, since one point is no
    line.
    """
    present = [value for value in map(finite, spark.values) if value is not None]
    if len(present) < FEWEST:
        return b""
    spark = in_reach(spark)
    unit = SCALE * _FINER
    canvas = Image.new("RGBA", (WIDTH * unit, HEIGHT * unit), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    values, low, high, centre = (
        _points(side, spark, present, unit) for side in (spark.values, spark.low, spark.high, spark.centre)
    )
    both_ends = [index for index in low if index in high]
    if len(both_ends) >= FEWEST:
        outline = [high[i] for i in both_ends] + [low[i] for i in reversed(both_ends)]
        draw.polygon(outline, fill=EITHER_PAPER["band"])
    draw.line(list(centre.values()), fill=EITHER_PAPER["centre"], width=round(0.8 * unit))
    if finite(spark.target) is not None:
        _dashed(draw, _points([spark.target] * len(spark.values), spark, present, unit), unit)
    for run in _runs(values):
        draw.line(run, fill=EITHER_PAPER["ink"], width=round(1.7 * unit), joint="curve")
    last = max(values)
    for index, flag in enumerate(spark.out):
        if flag and index in values and index != last:
            _dot(draw, values[index], 2.2 * unit, EITHER_PAPER[spark.tone])
    _dot(draw, values[last], 3.2 * unit, EITHER_PAPER[spark.tone])
    small = canvas.resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.LANCZOS)
    file = BytesIO()
    small.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _points(side: Sequence[float | None], spark: Spark, present: Sequence[float], unit: int) -> dict[int, Point]:
    others = [value for value in map(finite, (*spark.low, *spark.high, spark.target)) if value is not None]
    lowest, highest = min([*present, *others]), max([*present, *others])
    span = (highest - lowest) or abs(highest) or 1.0
    step = (WIDTH - 2 * MARGIN) / max(1, len(spark.values) - 1)
    return {
        index: (
            (MARGIN + index * step) * unit,
            (HEIGHT - MARGIN - (value - lowest) / span * (HEIGHT - 2 * MARGIN)) * unit,
        )
        for index, value in enumerate(map(finite, side))
        if value is not None
    }


def _runs(points: dict[int, Point]) -> list[list[Point]]:
    """Neighbouring points together: a month without a figure leaves a gap."""
    runs: list[list[Point]] = []
    for index, point in points.items():
        if index - 1 in points:
            runs[-1].append(point)
        else:
            runs.append([point])
    return [run for run in runs if len(run) >= FEWEST]


def _dashed(draw: ImageDraw.ImageDraw, points: dict[int, Point], unit: int) -> None:
    (start, height), (end, _) = points[min(points)], points[max(points)]
    while start < end:
        draw.line([(start, height), (start + 1.5 * unit, height)], fill=EITHER_PAPER["ink"], width=unit)
        start += 4.5 * unit


def _dot(draw: ImageDraw.ImageDraw, centre: Point, radius: float, colour: str) -> None:
    x, y = centre
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
