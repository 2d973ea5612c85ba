"""Technicians needed, for the hours of work and in reserve: figures that add up instead of contradicting each other."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis.presentation.language import plain
from analysis.sections.staff_reserve import reserve_by_unit, say_reserve

# unit: technicians for the hours, needed, in post
COMPANY = {"U1": (3.1, 4.0, 3.0), "U2": (5.2, 6.0, 6.0), "U3": (2.9, 4.0, 3.0), "all": (11.2, 14.0, 12.0)}


def page(unit: str, figures: dict[str, tuple[float, float, float]]) -> Any:
    needed = [
        {"business_unit": of, "period": "2026-06", "breakdown": breakdown, "value": value}
        for of, (use, need, _) in figures.items()
        for breakdown, value in (("rule", use), ("", need), ("month_ahead", 99.0))
    ]
    gap = [
        {"business_unit": of, "period": "2026-06", "breakdown": "", "value": there - need}
        for of, (_, need, there) in figures.items()
    ]
    tables = {"staff_needed": pd.DataFrame(needed), "staff_gap": pd.DataFrame(gap)}

    def rows(_: str, metric: str, business_unit: str | None = None) -> pd.DataFrame:
        found = tables[metric]
        return found if business_unit is None else found[found["business_unit"] == business_unit]

    run = SimpleNamespace(rows=rows, unit_name=lambda of: plain(of))
    return SimpleNamespace(
        business_unit=unit, is_company=unit == "all", period="2026-06", run=run, languages=("en", "zh")
    )


def test_the_companys_need_is_the_hours_and_the_reserve_and_says_where_hours_alone_are_too_many():
    said = say_reserve(page("all", COMPANY))
    assert said["en"].startswith("Of the 14 needed the hours of work take 11.2 at 85% use; 2.8 are reserve: each unit")
    assert "In 1 of 3 units the hours alone take more than are in post" in said["en"]
    assert "can work the hours" not in said["en"], "people of one unit do not work another's hours"


def test_the_units_add_up_to_the_company():
    (shown,) = reserve_by_unit(page("all", COMPANY))
    assert shown.total == pytest.approx({"use": 11.2, "reserve": 2.8, "needed": 14.0, "there": 12.0, "gap": -2.0})
    assert (shown.data["use"] + shown.data["reserve"]).round(9).tolist() == shown.data["needed"].tolist()
    assert list(shown.data["gap"]) == sorted(shown.data["gap"]), "the shortest first"


def test_a_unit_that_lacks_only_reserve_is_told_so_and_one_that_lacks_hours_is_not():
    assert "The 3 in post can work the hours; what they lack is reserve" in say_reserve(page("U3", COMPANY))["en"]
    assert "can work the hours" not in say_reserve(page("U1", COMPANY))["en"]
    assert reserve_by_unit(page("U1", COMPANY)) == ()
    assert say_reserve(page("U9", {"U9": (4.0, 4.0, 4.0)})) is None
