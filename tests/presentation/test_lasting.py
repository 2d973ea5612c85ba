"""A figure that lies inside its limits is never said to lie outside them: what months on end say is said as that."""

import json

import pytest

from analysis.metrics.cards import read_catalogue
from analysis.presentation.card_values import kpi_card
from analysis.presentation.lasting import is_out_unsure, say_lasting, say_unsure
from analysis.presentation.narrative import say_headline
from analysis.sections.wording import say_state

CATALOGUE = read_catalogue()
COSTS = CATALOGUE["labour_cost_per_order"]


def row(signal: str, *adjusted: float | None, better: str = "lower", out: bool = True) -> dict[str, object]:
    """A figure of 81 whose months, calendar taken out, are these around a usual level of 76 within 67 and 87."""
    lines = {"centre": 76.0, "low": 67.0, "high": 87.0}
    chart = {name: [value] * len(adjusted) for name, value in lines.items()}
    chart |= {"adjusted": list(adjusted), "out": [*[False] * (len(adjusted) - 1), out]}
    about = {"metric": COSTS.id, "period": "2026-06", "value_period": "2026-06", "value": 81.4, "n": 340}
    return about | {"signal": signal, "signal_reason": None, "better": better, "chart": json.dumps(chart)}


LONG = (75.0, 77.0, 79.0, 80.0, 78.0, 81.0, 79.0, 80.0, 82.0, 80.0)


def test_ten_dear_months_within_the_limits_are_not_said_to_be_out_of_them():
    said = say_state(row("worsening", *LONG), COSTS)
    assert said["en"].endswith("in June 2026, above its usual level for 9 months in a row (worse)")
    assert "连续9个月高于常态水平（不利）" in said["zh"]
    headed = say_headline([row("worsening", *LONG)], [], CATALOGUE)
    assert headed["en"].replace("\xa0", " ") == (
        "Labour cost per order above its usual level for 9 months in a row (worse): 81.4 in June 2026"
    )
    assert "range" not in said["en"] + headed["en"]


def test_a_month_beyond_its_limits_is_outside_its_range_however_long_the_run():
    far = row("worsening", *LONG[:-1], 95.0)
    assert say_lasting(far) is None
    assert say_state(far, COSTS)["en"].endswith("worse than its usual range")
    assert "outside the usual range, for the worse" in say_headline([far], [], CATALOGUE)["en"]


@pytest.mark.parametrize(
    ("better", "level", "said"),
    [
        ("lower", 70.0, "below its usual level for 3 months in a row (better)"),
        ("higher", 70.0, "below its usual level for 3 months in a row (worse)"),
        ("higher", 80.0, "above its usual level for 3 months in a row (better)"),
        ("none", 80.0, "above its usual level for 3 months in a row"),
        ("none", 70.0, "below its usual level for 3 months in a row"),
    ],
)
def test_the_side_and_the_good_direction_make_the_word(better, level, said):
    across = 152.0 - level  # on the other side of the usual level
    assert say_lasting(row("unusual", across, level, level, level, better=better))["en"] == said


def test_a_month_that_is_missing_ends_the_row_and_one_alone_is_not_counted():
    assert say_lasting(row("worsening", 80.0, None, 80.0))["en"] == "above its usual level (worse)"
    assert say_lasting(row("worsening", 80.0, 80.0, None)) is None
    assert say_lasting({"signal": "worsening", "better": "lower", "chart": None}) is None


def test_an_unsure_figure_says_which_of_the_two_it_is():
    long, far = row("steady", *LONG), row("steady", *LONG[:-1], 95.0)
    assert is_out_unsure(long)
    assert say_unsure(long)["en"] == "Above its usual level for 9 months in a row (worse), not yet sure"
    assert say_unsure(far)["en"] == "Outside its range, not yet sure"
    assert say_state(long, COSTS)["en"].endswith(
        "above its usual level for 9 months in a row (worse), not yet sure among all that is watched"
    )
    assert kpi_card(long, COSTS).unsure == say_unsure(long)
    within = row("steady", *LONG, out=False)
    assert not is_out_unsure(within)
    assert say_state(within, COSTS)["en"].endswith("within its usual range")
    assert kpi_card(within, COSTS).unsure is None


def test_a_month_without_a_single_case_is_not_called_above_its_usual_level():
    none = row("worsening", *LONG) | {"value": 0.0}
    assert say_lasting(none) is None
    assert say_lasting(row("worsening", *LONG)) is not None
    assert not is_out_unsure(none | {"signal": "steady"})
