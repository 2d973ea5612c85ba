"""Colours and sizes of every drawing: roles instead of colours, each with its value on a light and on a dark page.

A drawing carries roles only (`var(--good)`); the page's stylesheet gives them their colours, so that one drawing
serves both.
"""

from collections.abc import Mapping

WIDTH = 480
FONT, SMALL = 13.0, 12.0
LINE, THIN, THICK = 1.8, 1.0, 2.4
DOT = 4.4
GRID_AT_MOST = 10
MARKS_AT_MOST = 2_000

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff",
    "ink": "#1c1f23",
    "muted": "#595959",
    "grid": "#e4e4e0",
    "band": "#e9eef2",
    "good": "#0369a1",
    "bad": "#b45309",
    "flat": "#595a5b",
    "c1": "#03699f",
    "c2": "#b45308",
    "c3": "#566370",
    "c4": "#6b46a6",
    "c5": "#0b6e66",
    "c6": "#9a345f",
    "a1": "#cfdfea",
    "a2": "#9dbfd6",
    "a3": "#5d96bb",
    "a4": "#2a6f9b",
    "a5": "#0c4468",
    "g1": "#d9dcdf",
    "g2": "#bcc2c7",
    "g3": "#9aa2a9",
    "g4": "#78828a",
}
"""Role → colour on a light page. Each colour occurs once: it is also what a drawing's raw form carries for the role."""

DARK: Mapping[str, str] = {
    "paper": "#15181b",
    "ink": "#e8e8e6",
    "muted": "#b0b2b4",
    "grid": "#30353a",
    "band": "#232b32",
    "good": "#5cc1f5",
    "bad": "#f4a261",
    "flat": "#b8b8b8",
    "c1": "#5cc1f4",
    "c2": "#f4a262",
    "c3": "#a9b4bf",
    "c4": "#bfa3f0",
    "c5": "#5fcfc2",
    "c6": "#f08fb8",
    "a1": "#22394a",
    "a2": "#2c5876",
    "a3": "#3b80ab",
    "a4": "#63b0dd",
    "a5": "#b5e1fa",
    "g1": "#31373c",
    "g2": "#454c53",
    "g3": "#5f6870",
    "g4": "#7f8991",
}

TEXT_ROLES = ("ink", "muted", "good", "bad", "flat", "c1", "c2", "c3", "c4", "c5", "c6")
SERIES = ("c1", "c2", "c5", "c4", "c6", "c3")
AGES = ("a1", "a2", "a3", "a4", "a5")
GREYS = ("g1", "g2", "g3", "g4")


def tone(better: str, before: float, after: float) -> str:
    """good, bad or flat: whether going from one value to the other is for the better of a metric ("lower", "higher"
    or "none").
    """
    if better not in ("lower", "higher") or before == after:
        return "flat"
    return "good" if (after > before) == (better == "higher") else "bad"


def css_variables(palette: Mapping[str, str]) -> str:
    """The palette as CSS declarations."""
    return "".join(f"--{role}:{colour};" for role, colour in palette.items())


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours after WCAG 2.2 (1 to 21)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
