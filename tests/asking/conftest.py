"""The vocabulary of a report on the sample business, made without any data: its units and products by name."""

from collections.abc import Callable
from functools import cache

import pytest

from analysis.asking import Unit, Vocabulary, make_vocabulary
from analysis.metrics.cards import read_catalogue
from analysis.sample.business import UNITS

REGIONS = ("上海", "青岛", "广州", "北京", "Germany", "France", "华东", "华南")
SUPPLIERS = ("Hanyu", "Meizhi", "Weiling")


@pytest.fixture(scope="session")
def vocabulary() -> Callable[..., Vocabulary]:
    """`vocabulary("U03")`: what may be asked on that unit's report of June 2026."""
    return sample_vocabulary


@cache
def sample_vocabulary(business_unit: str = "all", period: str = "2026-06") -> Vocabulary:
    """The words of a report on the sample business."""
    units = [Unit(unit.id, {"en": unit.name, "zh": unit.name_zh}, unit.region) for unit in UNITS]
    values = {
        "region": {name: {"en": name, "zh": name} for name in REGIONS},
        "supplier": {name: {"en": name, "zh": name} for name in SUPPLIERS},
    }
    return make_vocabulary(read_catalogue(), units=units, values=values, period=period, business_unit=business_unit)
