"""The process map: no word leaves the sheet or lies over another, in both languages, however crowded."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from analysis.presentation.charts import chart_process_map
from analysis.presentation.figure import Figure
from analysis.presentation.known_values import STEPS, step_name
from analysis.presentation.language import both, plain
from analysis.presentation.lettering import width_of
from analysis.presentation.page import Note

NAMES = {step: step_name(step) for step in STEPS}


def drawn(edges: pd.DataFrame, **options):
    wanted = {"order": STEPS, "names": NAMES, "title": both("Process"), "description": plain("x")} | options
    return chart_process_map(edges, **wanted)


def edges_of(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["before", "after", "count", "wait"])


def crowded(seed: int, n: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    pairs = list(itertools.permutations(STEPS, 2))
    chosen = rng.choice(len(pairs), n, replace=False)
    counts, waits = rng.integers(1, 999_999, n), rng.lognormal(1, 3, n)
    return edges_of(*((*pairs[at], int(count), wait) for at, count, wait in zip(chosen, counts, waits, strict=True)))


def boxes(svg: str) -> list[tuple[float, float, float, float, str]]:
    root, found = ET.fromstring(svg), []
    for text in root.iter("text"):
        size = float(text.get("font-size", root.get("font-size")))
        wide = width_of(text.text, size, bold=text.get("font-weight") is not None)
        left = float(text.get("x")) - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
        base = float(text.get("y"))
        found.append((left, base - 0.78 * size, left + wide, base + 0.2 * size, text.text))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_word_leaves_the_sheet_or_overlaps_another(seed):
    figure = drawn(crowded(seed, 16))
    for svg in figure.svg.values():
        _, _, width, height = map(float, ET.fromstring(svg).get("viewBox").split())
        words = boxes(svg)
        assert all(a >= -0.5 and b >= 0 and c <= width + 0.5 and d <= height for a, b, c, d, _ in words), words
        for one, other in itertools.combinations(words, 2):
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 0.6 or other[3] <= one[1] + 0.6
            assert apart, (one, other)


def test_a_map_takes_its_colours_from_the_page_and_stays_small():
    for svg in drawn(crowded(1, 16)).svg.values():
        assert "#" not in svg
        assert len(svg) < 16_000
        assert min(float(text.get("font-size", 13)) for text in ET.fromstring(svg).iter("text")) >= 12


def test_ways_that_follow_the_order_skip_and_go_back_are_told_with_count_and_time():
    figure = drawn(
        edges_of(("created", "handled", 120, 0.5), ("created", "completed", 9, 30), ("completed", "handled", 4, 72))
    )
    said = {text for *_, text in boxes(figure.svg["en"])}
    assert {"120 · 30 min", "9 · 30 h", "4 · 3 d"} <= said
    assert "120 · 30分钟" in {text for *_, text in boxes(figure.svg["zh"])}


def test_a_step_after_itself_is_written_into_its_box():
    figure = drawn(edges_of(("created", "handled", 50, 1), ("handled", "handled", 7, 1), ("handled", "closed", 50, 1)))
    assert "57, 7 of them again" in {text for *_, text in boxes(figure.svg["en"])}


def test_a_box_counts_every_time_its_step_was_taken_and_not_the_drawn_ways_alone():
    drawn_ways = edges_of(("created", "handled", 50, 1), ("handled", "closed", 40, 1))
    figure = drawn(drawn_ways, visits={"created": 60.0, "handled": 75.0, "closed": 41.0})
    said = {text for *_, text in boxes(figure.svg["en"])}
    assert {"60", "75", "41"} <= said
    assert not {"50", "40"} & said


def test_nothing_to_draw_is_a_note():
    assert isinstance(drawn(edges_of()), Note)
    assert isinstance(drawn(edges_of(("unheard", "of", 3, 1.0))), Note)


def test_hostile_names_and_missing_times_do_no_harm():
    names = {step: plain('<script>alert("x")</script>') for step in STEPS}
    figure = drawn(edges_of(("created", "handled", 1, np.nan), ("handled", "handled", 1, np.nan)), names=names)
    assert isinstance(figure, Figure)
    assert "<script" not in figure.html("en")
    assert "nan" not in figure.html("en").lower().replace("nance", "")
