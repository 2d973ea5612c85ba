"""An analyst's own drawing in the house style: without effort, in Chinese too, and without touching the suite's."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.presentation.house_style import use_house_style
from analysis.presentation.theme import LIGHT


@pytest.fixture(autouse=True)
def _own_settings() -> Iterator[None]:
    with mpl.rc_context():
        yield


def test_chinese_titles_have_every_glyph():
    use_house_style()
    drawing = Figure()
    FigureCanvasAgg(drawing)
    axes = drawing.subplots()
    axes.plot([1, 2, 3], label="一次修复率")
    axes.set_title("华东大区 · 维修周期（喆镕㛃）")
    axes.legend()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing.savefig(BytesIO())


def test_the_lines_take_the_pages_colours_in_order():
    use_house_style()
    axes = Figure().subplots()
    drawn = [axes.plot([1, 2])[0].get_color() for _ in range(6)]
    assert [f"#{colour.removeprefix('#')}" for colour in drawn] == [LIGHT[f"c{number}"] for number in range(1, 7)]


def test_what_the_analyst_sets_afterwards_wins():
    use_house_style()
    mpl.rcParams["axes.grid"] = False
    assert not Figure().subplots().xaxis.get_gridlines()[0].get_visible()


def test_the_suites_own_charts_are_the_same_bytes_with_and_without_it(case: Any):
    before = case.draw().svg
    use_house_style()
    assert case.draw().svg == before
