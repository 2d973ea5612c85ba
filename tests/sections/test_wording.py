"""What a section says of a change: a hint only where the season does not explain it."""

import json
from types import SimpleNamespace

from analysis.sections import data_refusals
from analysis.sections.wording import say_change

CARD = SimpleNamespace(unit="per_100")


def said_of(p: float, **change) -> str:
    found = {"versus": "previous", "value": 3.8, "low": 0.3, "high": 7.3, "p": p, "significant": False} | change
    return say_change({"changes": json.dumps([found])}, CARD, "previous")["en"]


def test_a_rise_that_the_season_explains_is_no_hint():
    assert "once the season is taken out" in said_of(0.24)
    assert "hint" not in said_of(0.24)


def test_a_rise_that_outlasts_the_season_is_a_hint_until_all_comparisons_are_allowed_for():
    assert "a hint" in said_of(0.02)
    assert "more than chance would make it" in said_of(0.0001, significant=True)


def test_an_interval_that_holds_no_change_is_no_more_than_chance():
    assert said_of(0.4, low=-1.0).endswith("no more than chance explains.")


def test_references_that_lead_nowhere_are_told_by_the_names_of_the_tables():
    tables = {"costs": {"orphans": {"work_order_id": 281}}, "work_orders": {}}
    run = SimpleNamespace(store=SimpleNamespace(manifest={"tables": tables}))
    said = data_refusals._orphans(SimpleNamespace(is_company=True, run=run))
    assert "work_order_id" not in said["en"] + said["zh"]
    assert said["en"].endswith(": Costs to Work orders (281).")
