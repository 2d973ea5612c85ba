"""The stylesheet and the theme agree, every text colour is legible, and the page needs nothing from outside."""

import re
from pathlib import Path

import pytest

import analysis.presentation.theme as theme

CSS = (Path(theme.__file__).parent / "style.css").read_text(encoding="utf-8")
VARIABLE = re.compile(r"--([a-z0-9]+):\s*(#[0-9a-f]{6})")


def declared(block: str) -> dict[str, str]:
    return dict(VARIABLE.findall(block))


def test_the_stylesheet_has_the_themes_colours_light_and_dark():
    light, dark = CSS.split("@media screen and (prefers-color-scheme: dark)")[:2]
    dark = dark.split("*, *::before")[0]
    assert {role: declared(light)[role] for role in theme.LIGHT} == dict(theme.LIGHT)
    assert {role: declared(dark)[role] for role in theme.DARK} == dict(theme.DARK)


def test_both_pages_have_the_same_roles_and_every_light_colour_is_one_role():
    assert set(theme.LIGHT) == set(theme.DARK)
    assert len(set(theme.LIGHT.values())) == len(theme.LIGHT)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", theme.TEXT_ROLES)
def test_text_and_line_colours_have_contrast_on_page_band_and_tint(palette, role):
    tint = {"#ffffff": "#f5f5f2", "#15181b": "#1d2125"}[palette["paper"]]
    assert theme.contrast(palette[role], palette["paper"]) >= 4.5
    assert theme.contrast(palette[role], tint) >= 4.5 or role not in ("ink", "muted")
    assert theme.contrast(palette[role], palette["band"]) >= 3


def test_ink_is_legible_on_the_strongest_cell_of_a_heat_chart():
    from analysis.presentation.charts_rank import STRONGEST

    for palette in (theme.LIGHT, theme.DARK):
        tint, paper = (bytes.fromhex(palette[role][1:]) for role in ("a3", "paper"))
        mixed = (round(STRONGEST * a + (1 - STRONGEST) * b) for a, b in zip(tint, paper, strict=True))
        cell = "#" + bytes(mixed).hex()
        assert theme.contrast(palette["ink"], cell) >= 4.5


def test_contrast_is_the_published_one():
    assert theme.contrast("#ffffff", "#000000") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # WCAG's well-known near miss


def test_the_stylesheet_asks_nothing_of_another_host_and_is_small():
    assert "http" not in CSS
    assert "@import" not in CSS
    assert "url(" not in CSS
    assert len(CSS) < 20_000


@pytest.mark.parametrize(
    "promise",
    [
        "prefers-color-scheme: dark",
        "prefers-reduced-motion",
        "forced-colors: active",
        "@media print",
        "size: A4",
        ":focus-visible",
        "min-height: 24px",
    ],
)
def test_the_stylesheet_keeps_its_promises(promise):
    assert promise in CSS


def test_the_direction_of_a_metric_decides_what_is_good():
    assert theme.tone("lower", 2, 1) == "good"
    assert theme.tone("lower", 1, 2) == "bad"
    assert theme.tone("higher", 1, 2) == "good"
    assert (theme.tone("none", 1, 2), theme.tone("lower", 1, 1)) == ("flat", "flat")
