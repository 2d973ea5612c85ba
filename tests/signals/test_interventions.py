"""Improvement measures: an effect that was put in is found about as large as it is; none is claimed where none is."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.signals import evaluate
from analysis.signals.findings.interventions import HINT, NOTHING, PROVEN, UNKNOWN

MONTHS, UNITS = 36, 12
KINDS = {"business_unit": "U003", "started_on": "2023-11-01", "metrics": "cycle", "kind": "tool", "note": "New planner"}


def measures(*rows: dict) -> pd.DataFrame:
    """The canonical table: each row only what differs from KINDS; months run from 2022-01 to 2024-12."""
    frame = pd.DataFrame([{"intervention_id": f"I{number}", **KINDS, **row} for number, row in enumerate(rows)])
    return frame.assign(started_on=pd.to_datetime(frame["started_on"]))


@pytest.fixture
def world_with_effect(make_world):
    """`world_with_effect(factor, unit=3, month=22)`: medians of 12 units with season; from the month on one differs."""

    def build(factor=1.0, *, unit=3, month=22, seed=7):
        world = make_world(seed)
        truth = np.full((UNITS, MONTHS), 3.0) * world.season(MONTHS)
        truth[unit, month:] *= factor
        world.duration("cycle", truth, 300)
        return world

    return build


def told(world, interventions, period="2024-12"):
    signals = evaluate(world.frame(), world.cards, interventions=interventions, period=period)
    return signals.measures, [one for one in signals.findings if one["kind"] == "intervention_effect"]


def test_an_effect_is_found_with_its_size_date_and_direction(world_with_effect):
    (measure,), (found,) = told(world_with_effect(0.7), measures({}))
    assert measure["status"] == PROVEN
    assert (measure["method"], measure["values"]["controls"]) == ("other_units", UNITS - 1)
    assert (found["business_unit"], found["since"], found["direction"], found["good"]) == (
        "U003",
        "2023-11",
        "down",
        True,
    )
    assert found["effect"]["low"] < -0.3 < found["effect"]["high"]
    assert found["effect"]["value"] == pytest.approx(-0.3, abs=0.05)
    assert found["effect"]["unit"] == "ratio"
    assert found["values"]["note"] == "New planner"
    assert found["q_value"] < 0.01


def test_an_effect_for_the_worse_is_told_as_such(world_with_effect):
    _, (found,) = told(world_with_effect(1.4), measures({}))
    assert (found["direction"], found["good"]) == ("up", False)


def test_measures_without_effect_are_not_claimed(world_with_effect):
    rows = [{"business_unit": f"U{unit:03d}", "started_on": f"2023-{month:02d}-01"}
            for unit in range(UNITS) for month in (4, 9)]  # fmt: skip
    world = world_with_effect(seed=8)
    listed = [told(world, measures(row))[0][0] for row in rows]
    assert sum(one["status"] == PROVEN for one in listed) == 0
    assert sum(one["status"] == HINT for one in listed) <= 3


def test_what_happened_to_all_units_at_once_is_no_effect_of_one_units_measure(make_world):
    world = make_world(9)
    truth = np.full((UNITS, MONTHS), 3.0)
    truth[:, 22:] *= 0.7
    world.duration("cycle", truth, 300)
    (measure,), found = told(world, measures({}))
    assert not found
    assert measure["status"] == NOTHING
    assert measure["own_effect"]["high"] < 0  # the own past alone would have claimed it


def test_a_measure_of_every_unit_is_judged_by_the_own_past_and_says_so(make_world):
    world = make_world(10)
    truth = np.full((UNITS, MONTHS), 3.0)
    truth[:, 22:] *= 0.6
    world.duration("cycle", truth, 2_000)
    listed, _ = told(world, measures({"business_unit": "*"}))
    assert len(listed) == UNITS
    assert {one["method"] for one in listed} == {"own_past"}
    assert {one["scope"] for one in listed} == {"*"}


def test_units_with_a_measure_on_the_same_figure_are_no_yardstick(world_with_effect):
    rows = [{"business_unit": f"U{unit:03d}", "started_on": "2023-10-10"} for unit in (3, 4, 5)]
    listed, _ = told(world_with_effect(), measures(*rows))
    assert [one["values"]["controls"] for one in listed] == [UNITS - 3] * 3
    nine = [{"business_unit": f"U{unit:03d}"} for unit in range(9)]
    listed, _ = told(world_with_effect(), measures(*nine))
    assert {one["method"] for one in listed} == {"own_past"}  # three units are left: too few


@pytest.mark.parametrize(
    ("started", "reason"),
    [("2022-05-01", "before"), ("2024-11-01", "after"), ("2025-03-01", "after"), ("2019-01-01", "before")],
)
def test_too_few_months_before_or_after_cannot_be_told(world_with_effect, started, reason):
    (measure,), found = told(world_with_effect(), measures({"started_on": started}))
    assert (measure["status"], measure["reason"], measure["effect"]) == (UNKNOWN, reason, None)
    assert not found


def test_a_figure_that_is_not_measured_is_told_as_such(world_with_effect):
    listed, found = told(world_with_effect(), measures({"metrics": "nps; cycle"}, {"business_unit": "U999"}))
    assert [(one["metric"], one["reason"]) for one in listed] == [
        ("nps", "not_measured"),
        ("cycle", None),
        ("cycle", "not_measured"),
    ]
    assert not found


def test_a_month_with_half_a_measure_is_on_neither_side(world_with_effect):
    (whole,), _ = told(world_with_effect(), measures({"started_on": "2023-11-04"}))
    (half,), _ = told(world_with_effect(), measures({"started_on": "2023-11-17"}))
    assert (whole["since"], whole["values"]["months_before"]) == ("2023-11", 22)
    assert (half["since"], half["values"]["months_before"]) == ("2023-12", 22)


def test_a_unit_that_was_drifting_before_is_no_proof(make_world):
    world = make_world(11)
    truth = np.full((UNITS, MONTHS), 3.0)
    truth[3] *= np.exp(-0.02 * np.arange(MONTHS))
    world.duration("cycle", truth, 2_000)
    (measure,), found = told(world, measures({}))
    assert not found
    assert measure["values"]["earlier_trend"]


def test_no_table_and_an_empty_one_tell_nothing(world_with_effect):
    world = world_with_effect()
    assert told(world, None) == ([], [])
    assert told(world, measures({}).iloc[:0]) == ([], [])


def test_rows_without_a_date_or_figure_are_passed_over(world_with_effect):
    frame = measures({"started_on": None}, {"metrics": None}, {})
    assert len(told(world_with_effect(), frame)[0]) == 1


def test_the_planted_dispatch_story_stands_out_with_its_size_and_nothing_else_does(sample_run):
    """A tenth of the sample business: some eight orders a month in U07. Enough for a hint of the right size, not for a
    claim among all measures of the run; the whole sample proves it (−51 %, −59 to −43 %)."""
    listed = json.loads((sample_run / "measures.json").read_text(encoding="utf-8"))
    (story,) = [one for one in listed if one["status"] in (PROVEN, HINT)]
    assert (story["business_unit"], story["metric"], story["since"]) == ("U07", "dispatch_time_median", "2025-09")
    assert story["effect"]["low"] < -0.5 < story["effect"]["high"] < 0
    assert story["values"]["placebo_p"] < 0.01
    assert story["good"] is True
    findings = json.loads((sample_run / "findings.json").read_text(encoding="utf-8"))
    told = [one["business_unit"] for one in findings if one["kind"] == "intervention_effect"]
    assert told == (["U07"] if story["status"] == PROVEN else [])
