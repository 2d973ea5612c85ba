"""A target is neither met nor missed by a handful of records, and a gap of rounding is no gap."""

from pathlib import Path

from analysis.metrics.cards import read_catalogue
from analysis.presentation.narrative import say_targets_met
from analysis.presentation.narrative_service import say_targets
from analysis.presentation.target_count import count_targets
from analysis.presentation.target_verdicts import target_verdict, with_target
from analysis.sections.gaps import _gap

CARD = "first_time_fix_rate"


def row(value: float, *, met: bool, few: bool = False) -> dict:
    judged = {"signal": "insufficient", "signal_reason": "records"} if few else {"signal": "steady"}
    return {"metric": CARD, "value": value, "low": None, "high": None, "target": 90.0, "target_met": met, **judged}


def test_targets_of_few_records_are_counted_neither_as_met_nor_as_missed():
    rows = [row(95, met=True), row(100, met=True, few=True), row(60, met=False), row(50, met=False, few=True)]
    judged, few = with_target([*rows, {"metric": CARD, "value": 80.0, "target": None, "target_met": None}])
    assert ([one["value"] for one in judged], few) == ([95, 60], 2)
    assert say_targets_met(rows, read_catalogue())["en"] == "1 of 2 targets are met"
    told = say_targets(rows, read_catalogue())
    assert told["en"].startswith("1 of 2 targets are met")
    assert "2 more cannot be judged" in told["en"]
    assert "另有2项" in told["zh"]


def test_without_a_target_that_can_be_judged_nothing_is_counted():
    assert say_targets_met([row(100, met=True, few=True)], read_catalogue()) is None


def test_the_verdict_on_few_records_is_that_they_are_few():
    assert target_verdict(row(100, met=True, few=True))["en"] == "too few records"


def test_a_gap_of_rounding_is_no_gap():
    card = read_catalogue()[CARD]
    assert _gap(card, 90.0, 90.00000000000001 - 90.0, None, None)["steps"] == 0
    assert _gap(card, 90.0, -0.5, None, None)["steps"] < 0


def test_one_question_under_two_names_and_the_datas_own_figures_count_once_and_not_at_all():
    """Wherever targets are counted: summary, benchmarks and headlines ask `count_targets`."""
    twin = {"changes": [{"versus": "previous", "value": 1.25}], "unit": "%", "n": 400}
    rows = [
        row(95, met=True) | twin,
        row(95, met=True) | twin | {"metric": "repeat_repair_rate_30d"},
        row(99, met=True) | {"metric": "completeness"},
        row(60, met=False) | {"metric": "reopen_rate"},
    ]
    count = count_targets(rows, read_catalogue())
    assert [one["metric"] for one in count.judged] == [CARD, "reopen_rate"]
    assert (len(count.met), len(count.missed), len(count.surely_missed), count.few) == (1, 1, 0, 0)
    assert say_targets(rows, read_catalogue())["en"].startswith("1 of 2 targets are met")


def test_targets_are_counted_in_one_place():
    package = Path(__file__).parents[2] / "analysis"
    counting = [path.name for path in package.rglob("*.py") if "with_target(" in path.read_text(encoding="utf-8")]
    assert sorted(counting) == ["target_count.py", "target_verdicts.py"]
