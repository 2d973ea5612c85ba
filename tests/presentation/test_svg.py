"""A sheet becomes few, equal bytes: colours as roles, letters as letters, thousands of marks as one picture."""

import base64
import io
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from analysis.presentation.canvas import Sheet
from analysis.presentation.lettering import fold, shorten, spread, width_of
from analysis.presentation.row_labels import row_labels, row_pitch
from analysis.presentation.svg import to_svg
from analysis.presentation.theme import LIGHT, MARKS_AT_MOST

SAID = {"title": {"en": "T", "zh": "题"}, "description": {"en": "D", "zh": "述"}, "name": "a figure"}


def sheet_with_dots(count: int) -> Sheet:
    sheet = Sheet(200)
    rng = np.random.default_rng(5)
    sheet.dots(rng.uniform(0, 480, count), rng.uniform(0, 200, count), "c1")
    sheet.text(10, 20, {"en": "named", "zh": "命名"})
    return sheet


def test_up_to_two_thousand_marks_are_drawn_and_more_become_one_picture_with_its_words_kept():
    drawn, pictured = (to_svg(sheet_with_dots(n), **SAID)["zh"] for n in (MARKS_AT_MOST, MARKS_AT_MOST + 1))
    assert "<image" not in drawn
    assert pictured.count("<image") == 1
    assert "命名" in pictured
    assert len(pictured) < 100_000
    picture = ET.fromstring(pictured).find("image").get("href").removeprefix("data:image/png;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(picture))).size[0] > 480
    assert to_svg(sheet_with_dots(MARKS_AT_MOST + 1), **SAID)["zh"] == pictured


def test_every_role_of_the_theme_becomes_a_variable_of_the_page():
    sheet = Sheet(200)
    for step, role in enumerate(LIGHT):
        sheet.bars([(step, step, 5, 5)], role)
        sheet.line([0, 9], [step, step], role)
    svg = to_svg(sheet, **SAID)["en"]
    assert "#" not in svg
    for role in LIGHT:
        assert ("currentColor" if role == "ink" else f"var(--{role})") in svg


def test_a_dot_is_a_round_point_and_a_hollow_one_shows_the_paper():
    sheet = Sheet(100)
    sheet.dots([10, np.nan], [20, 30], "bad", hollow=True)
    svg = to_svg(sheet, **SAID)["en"]
    assert svg.count('d="M10 20L10 20"') == 2
    assert 'stroke-linecap="round"' in svg
    assert "nan" not in svg


def test_nothing_drawn_is_an_empty_sheet():
    sheet = Sheet(100)
    sheet.line([np.nan], [1.0])
    sheet.area([1, 2], [np.nan, 1], [1, 2], "band")
    sheet.bars([(1, 1, 0, 9)], "c1")
    sheet.dots([], [])
    sheet.rules([])
    assert "<path" not in to_svg(sheet, **SAID)["en"]


@pytest.mark.parametrize("text", ["维修周期喆镕㛃", "a − b ≥ c", "😀 emoji", "é́ combining", ""])
def test_any_text_has_a_width_and_no_glyph_warns(text):
    assert 0 <= width_of(text, 13) < 400
    assert width_of(text, 26) == pytest.approx(2 * width_of(text, 13))


def test_a_chinese_character_is_as_wide_as_high():
    assert width_of("维", 13) == pytest.approx(13, abs=0.1)


def test_a_shortened_text_fits_and_says_that_it_was_cut():
    cut = shorten("上海第一维修服务中心有限公司", 80, 13)
    assert cut.endswith("…")
    assert width_of(cut, 13) <= 80
    assert shorten("短", 80, 13) == "短"


@pytest.mark.parametrize(
    ("places", "apart"),
    [([10, 11, 12], [10, 25, 40]), ([50, 10], [50, 10]), ([10, 10, 200], [10, 25, 200]), ([198, 199], [185, 200])],
)
def test_labels_move_apart_as_little_as_needed_and_stay_inside(places, apart):
    assert spread(places, 15, low=10, high=200) == pytest.approx(apart, abs=8)
    moved = sorted(spread(places, 15, low=10, high=200))
    assert min(moved) >= 10
    assert max(moved) <= 200
    assert all(b - a >= 15 - 1e-9 for a, b in pairwise(moved))


def test_more_labels_than_room_stand_evenly():
    assert spread([1, 1, 1], 100, low=0, high=100) == [0, 50, 100]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", 1),
        ("Complaints settled within 15 days", 2),
        ("家用中央空调多联机组与全热交换新风系统", 2),
        ("x" * 5_000, 2),
        ("", 1),
    ],
)
def test_a_folded_text_fits_its_lines_and_loses_nothing_that_would_fit(text, lines):
    folded = fold(text, 120, 12)
    assert len(folded) == lines
    assert all(width_of(line, 12) <= 120 for line in folded)
    assert "…" in folded[-1] or "".join(folded).replace(" ", "") == text.replace(" ", "")


def test_a_text_folded_by_its_end_keeps_it():
    first, last = fold("Wall-mounted combination boilers with remote diagnosis, series 7", 120, 12, keep_end=True)
    assert first.startswith("Wall-mounted")
    assert last.startswith("…")
    assert last.endswith("series 7")


def test_rows_that_begin_alike_are_told_apart():
    names = [f"{'Wall-mounted condensing combination boilers with storage, series'} {number}" for number in (1, 2)]
    labels = row_labels(names, 120, "en")
    assert labels.lines[0] != labels.lines[1]
    assert labels.width <= 120
    assert (row_pitch(["short"], 120, ("en",)), row_pitch(["short", *names], 120, ("en",))) == (25, 33)


@given(st.text(max_size=60), st.floats(30, 300))
def test_any_text_folds_into_its_room(text, room):
    assert all(width_of(line, 12) <= room for line in fold(text, room, 12) + fold(text, room, 12, keep_end=True))
