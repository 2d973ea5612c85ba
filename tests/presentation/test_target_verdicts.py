"""A verdict on a target never contradicts the interval beside it: neither the figure's own nor the gap's."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.metrics.cards import read_catalogue
from analysis.presentation.target_verdicts import (
    beyond_chance,
    gap_to_target,
    leaves_target_out,
    sureness,
    target_verdict,
)
from analysis.presentation.verdicts import (
    CHANCE,
    HINT,
    SEASON,
    SURE,
    SWINGS,
    UNKNOWN,
    is_apart,
    say_verdict,
    verdict_of,
)
from analysis.sections.gap_chart import say_side
from analysis.sections.gaps import gaps_against, rows_of
from analysis.sections.wording import say_change, say_target

CARD = read_catalogue()["repair_cycle_median"]
SIZE = st.floats(0.01, 9.0)


def row_of(value: float, target: float, own: tuple[float, float], gap: tuple[float, float], *, sure: bool) -> dict:
    change = {"versus": "target", "value": value - target, "low": gap[0], "high": gap[1], "significant": sure}
    return {"value": value, "target": target, "target_met": value <= target, "low": own[0], "high": own[1],
            "changes": [change]}  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> dict:
    value, target = draw(SIZE), draw(SIZE)
    own = (value - draw(SIZE), value + draw(SIZE))
    gap = (value - target - draw(SIZE), value - target + draw(SIZE))
    return row_of(value, target, own, gap, sure=draw(st.booleans()) and (gap[0] > 0 or gap[1] < 0))


def holds(row: dict) -> None:
    """What must be true of a row's cell and sentence."""
    cell, sentence = target_verdict(row)["en"], say_target(row, CARD)["en"]
    own_out = leaves_target_out(row)
    gap = row["changes"][0]
    gap_out = is_apart(gap)
    if "within chance" in cell or "than chance explains" in sentence:
        assert not own_out
    if "usual swings" in cell or "swings from month to month" in sentence:
        assert own_out
        assert not gap_out
    if "beyond chance" in cell or "a hint" in cell or "than chance would" in sentence or "a hint" in sentence:
        assert own_out
        assert gap_out


@settings(max_examples=300, deadline=None)
@given(rows())
def test_no_verdict_contradicts_either_interval(row):
    holds(row)
    told = say_target(row, CARD)["en"].replace("−", "-").replace("\xa0", " ")
    printed = re.search(r"\((-?[\d.]+)(?: to |–)(-?[\d.]+)", told)
    if printed and "no more than" in told:
        assert float(printed[1]) <= 0 <= float(printed[2])


@pytest.mark.parametrize(
    ("own", "gap", "sure", "word"),
    [
        ((2.1, 2.7), (0.1, 0.7), True, "missed, beyond chance"),
        ((2.1, 2.7), (0.1, 0.7), False, "missed, a hint"),
        ((2.1, 2.7), (-0.2, 1.0), False, "missed, within the usual swings"),
        ((1.9, 2.7), (-0.2, 1.0), False, "missed, within chance"),
        ((1.9, 2.7), (None, None), False, "missed"),
    ],
)
def test_how_sure_a_missed_target_is(own, gap, sure, word):
    row = row_of(2.4, 2.0, own, gap, sure=sure)
    assert target_verdict(row)["en"] == word
    assert beyond_chance(row) == sure


def test_no_page_of_the_sample_sets_chance_beside_an_interval_that_says_otherwise(sample_report):
    report, told = sample_report("benchmarks", "all"), set()
    for unit in ("all", *report.run.business_units):
        page = sample_report("benchmarks", unit)
        for row in page.kpi_rows:
            if target_verdict(row) is not None and sureness(row) != "unknown":
                holds({**row, "changes": [gap_to_target(row)]})
                told.add(sureness(row))
        for gap in rows_of(gaps_against(page, "target")):
            said = say_side(gap["side"], gap["steps"], gap["verdict"])["en"]
            apart = gap["low"] > gap["reference"] or gap["high"] < gap["reference"]
            assert not ("within chance" in said and apart), (unit, gap["metric"])
    assert {"chance", "swings"} <= told


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"low": 0.1, "high": 0.7, "significant": True, "p": 1e-5}, SURE),
        ({"low": 0.1, "high": 0.7, "significant": False, "p": 0.01}, HINT),
        ({"low": 0.1, "high": None, "significant": False, "p": 0.01}, HINT),
        ({"low": 0.1, "high": 0.7, "significant": False, "p": 0.2, "versus": "previous"}, SEASON),
        ({"low": -0.1, "high": 0.7, "significant": False, "p": 0.2, "sampled": True}, SWINGS),
        ({"low": -0.1, "high": 0.7, "significant": False, "p": 0.2, "sampled": False}, CHANCE),
        ({"low": -0.1, "high": None, "significant": False, "p": 0.2}, CHANCE),
        ({"low": -0.1, "high": 0.7, "significant": False, "p": None}, UNKNOWN),
    ],
)
def test_one_comparison_has_one_verdict(change, verdict):
    assert verdict_of(change) == verdict


def test_two_intervals_that_do_not_meet_are_never_told_as_chance():
    """16.4 points more than the month before: the two months' own intervals do not meet, the months swing that much."""
    change = {"versus": "previous", "value": 16.4, "low": -12.3, "high": 47.2, "significant": False, "p": 0.2,
              "adjusted": 16.4, "sampled": True}  # fmt: skip
    row = {"changes": [change]}
    told = say_change(row, read_catalogue()["technician_utilisation"], "previous")["en"]
    assert told.endswith("more than sampling explains, but no more than it usually swings from month to month.")
    assert "chance" not in told


def test_where_the_card_says_that_the_process_meets_its_target_no_sentence_calls_it_chance():
    row = {**row_of(1.6, 2.0, (1.3, 1.9), (-0.9, -0.05), sure=False), "assurance": "hits", "unit": "d"}
    assert target_verdict(row)["en"] == "met, as usual"
    assert say_target(row, CARD)["en"].endswith("as is usual for its months.")
    missed = {**row_of(2.4, 2.0, (1.9, 2.7), (-0.2, 1.0), sure=False), "assurance": "misses"}
    assert target_verdict(missed)["en"] == "missed, as usual"
    other_side = {**missed, "assurance": "hits"}
    assert target_verdict(other_side)["en"] == "missed, within chance"


def test_a_gap_that_is_open_at_one_end_is_told_open():
    row = row_of(3.67, 2.0, (2.51, None), (0.51, None), sure=True)
    assert target_verdict(row)["en"] == "missed, beyond chance"
    assert "(≥ 0.51 days)" in say_target(row, CARD)["en"].replace("\u00a0", " ")


def test_every_verdict_has_words():
    assert len({say_verdict(one)["en"] for one in (SURE, HINT, SEASON, SWINGS, CHANCE, UNKNOWN)}) == 6
