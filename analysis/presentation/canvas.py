"""A sheet to draw on, in pixels from the top left: marks go onto a plain matplotlib figure, words are laid over it
once per language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from numpy.typing import ArrayLike, NDArray

from analysis.presentation.language import LANGUAGES, Text, Value
from analysis.presentation.theme import DOT, FONT, LIGHT, LINE, MARKS_AT_MOST, THIN, WIDTH

CLOUD_DPI = 144
DASHES: Mapping[str, tuple[float, ...]] = {"dash": (5, 3), "dot": (1.2, 3), "long": (9, 4)}


@dataclass(frozen=True)
class Words:
    """A text on the sheet: where, how it hangs on the place (start, middle, end) and in which role. `halo` keeps it
    legible over marks.
    """

    x: float
    y: float
    text: Value
    anchor: str = "start"
    role: str = "ink"
    size: float = FONT
    bold: bool = False
    halo: bool = False


@dataclass(frozen=True)
class Sheet:
    """What a chart is drawn on. Colours are roles of the theme; y grows downwards."""

    height: float
    width: float = WIDTH
    languages: tuple[str, ...] = LANGUAGES
    words: list[Words] = field(default_factory=list)
    drawing: Drawing = field(init=False, repr=False)

    def __post_init__(self) -> None:
        drawing = Drawing(figsize=(self.width / 72, self.height / 72), dpi=CLOUD_DPI)
        drawing.patch.set_visible(False)
        object.__setattr__(self, "drawing", drawing)

    def line(
        self,
        x: ArrayLike,
        y: ArrayLike,
        role: str = "ink",
        *,
        width: float = LINE,
        dash: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """A line through the points; a gap where a point is missing, a dot where one stands alone between gaps."""
        points = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        vertices, codes = _runs(points)
        if len(vertices):
            style = (0, tuple(d / width for d in DASHES[dash])) if dash else "solid"
            self._patch(
                Path(vertices, codes),
                edgecolor=LIGHT[role],
                linewidth=width,
                linestyle=style,
                alpha=alpha,
                round=not dash,
            )
        alone = [start for start, stop in _spans(np.isfinite(points).all(axis=1)) if stop - start == 1]
        if alone and width < DOT:  # as thin as the line it would be overlooked
            self.dots(points[alone, 0], points[alone, 1], role, size=DOT, alpha=alpha)

    def rule(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        role: str = "grid",
        *,
        width: float = THIN,
        dash: str | None = None,
    ) -> None:
        """A straight line."""
        self.line([x0, x1], [y0, y1], role, width=width, dash=dash)

    def rules(
        self, lines: Sequence[tuple[float, float, float, float]], role: str = "grid", *, width: float = THIN
    ) -> None:
        """Several straight lines as one mark: a grid, or the whiskers of intervals."""
        if lines:
            vertices = np.asarray(lines, float).reshape(-1, 2)
            codes = np.tile([Path.MOVETO, Path.LINETO], len(lines))
            self._patch(Path(vertices, codes), edgecolor=LIGHT[role], linewidth=width)

    def area(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, role: str, *, alpha: float = 1.0, hatch: str | None = None
    ) -> None:
        """The surface between two lines, where both are there."""
        x, low, high = (np.asarray(values, float) for values in (x, low, high))
        for start, stop in _spans(np.isfinite(low) & np.isfinite(high)):
            if stop - start > 1:
                part = slice(start, stop)
                upper, lower = np.column_stack([x[part], high[part]]), np.column_stack([x[part], low[part]])[::-1]
                self._closed(np.vstack([upper, lower]), role, alpha=alpha, hatch=hatch)

    def bars(
        self,
        boxes: Sequence[tuple[float, float, float, float]],
        role: str,
        *,
        alpha: float = 1.0,
        hatch: str | None = None,
    ) -> None:
        """Rectangles (x, y, width, height) as one mark; those without size are left out."""
        kept = [box for box in boxes if abs(box[2]) > 0.05 and abs(box[3]) > 0.05]
        if kept:
            corners = np.concatenate([_corners(*box) for box in kept])
            codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], len(kept))
            self._fill(Path(corners, codes), role, alpha, hatch)

    def dots(
        self,
        x: ArrayLike,
        y: ArrayLike,
        role: str = "ink",
        *,
        size: float = DOT,
        hollow: bool = False,
        alpha: float = 1.0,
    ) -> None:
        """Round marks. More than 2,000 become one picture inside the drawing; the words stay words."""
        points = np.column_stack([np.asarray(x, float), np.asarray(y, float)])
        points = points[~np.isnan(points).any(axis=1)]
        if not len(points):
            return
        if len(points) > MARKS_AT_MOST:
            self._cloud(points, size)
            return
        path = Path(np.repeat(points, 2, axis=0), np.tile([Path.MOVETO, Path.LINETO], len(points)))
        self._patch(path, edgecolor=LIGHT[role], linewidth=size, round=True, alpha=alpha)
        if hollow:
            self._patch(path, edgecolor=LIGHT["paper"], linewidth=max(1.0, size - 2.6), round=True)

    def text(
        self,
        x: float,
        y: float,
        text: Value | Text,
        *,
        anchor: str = "start",
        role: str = "ink",
        size: float = FONT,
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """Words whose baseline starts, centres or ends at the place."""
        self.words.append(Words(x, y, text, anchor, role, size, bold, halo))

    def _cloud(self, points: NDArray[np.float64], size: float) -> None:
        # one picture serves light and dark: a middle grey stands out on both
        circle = Path.circle()
        outline, codes = np.asarray(circle.vertices, float) * size / 2, np.asarray(circle.codes)
        vertices = np.concatenate([outline + point for point in points])
        self._patch(
            Path(vertices, np.tile(codes, len(points))),
            facecolor="#7b848c",
            alpha=0.35,
            linewidth=0,
            rasterized=True,
        )

    def _closed(self, corners: NDArray[np.float64], role: str, *, alpha: float, hatch: str | None) -> None:
        codes = np.full(len(corners) + 1, Path.LINETO)
        codes[0], codes[-1] = Path.MOVETO, Path.CLOSEPOLY
        self._fill(Path(np.vstack([corners, corners[:1]]), codes), role, alpha, hatch)

    def _fill(self, path: Path, role: str, alpha: float, hatch: str | None) -> None:
        if hatch:
            self._patch(path, facecolor="none", edgecolor=LIGHT[role], linewidth=0, hatch=hatch, alpha=alpha)
        else:
            self._patch(path, facecolor=LIGHT[role], linewidth=0, alpha=alpha)

    def _patch(self, path: Path, *, round: bool = False, **style: object) -> None:
        caps = {"capstyle": "round", "joinstyle": "round"} if round else {}
        style = {"facecolor": "none", "edgecolor": "none"} | style  # matplotlib's own defaults cost a look-up each
        down = Affine2D().scale(1, -1).translate(0, self.height).scale(1 / 72) + self.drawing.dpi_scale_trans
        self.drawing.add_artist(PathPatch(path, transform=down, clip_on=False, **caps, **style))


def _runs(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    vertices, codes = [], []
    for start, stop in _spans(np.asarray(np.isfinite(points).all(axis=1))):
        run = points[start:stop] if stop - start > 1 else np.repeat(points[start:stop], 2, axis=0)
        vertices.append(run)
        codes += [Path.MOVETO] + [Path.LINETO] * (len(run) - 1)
    return (
        (np.concatenate(vertices), np.asarray(codes, np.uint8))
        if vertices
        else (np.empty((0, 2)), np.empty(0, np.uint8))
    )


def _spans(present: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], present.astype(np.int8), [0]])))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _corners(x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]])
