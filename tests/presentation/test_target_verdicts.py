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
from analysis.sections.gap_chart import say_side
from analysis.sections.gaps import gaps_against, rows_of
from analysis.sections.wording import say_target

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
    gap_out = gap["low"] > 0 or gap["high"] < 0
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
            said = say_side(gap["side"], gap["steps"], gap["gap_low"], gap["gap_high"], gap["swings"])["en"]
            apart = gap["low"] > gap["reference"] or gap["high"] < gap["reference"]
            assert not ("within chance" in said and apart), (unit, gap["metric"])
    assert {"chance", "swings"} <= told
