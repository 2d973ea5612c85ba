"""Businesses that fill everything, or almost nothing, from their records to their pages: composed on every screen."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.pages.budgets import beyond_budget
from tests.pages.businesses import write_overfull, write_tiny
from tests.pages.looking import SHORT, stumbles
from tests.pages.test_in_a_browser import EVERY, LANGUAGES, PERIOD

OVERFULL, TINY = ("all", "U01-3", "U12-1"), ("all", "A", "B", "C")
ORDERS = 12_000


@pytest.fixture(scope="module")
def overfull(rendered: Callable[..., Path]) -> Path:
    return rendered("overfull", EVERY, OVERFULL, write=partial(write_overfull, work_orders=ORDERS))


@pytest.fixture(scope="module")
def tiny(rendered: Callable[..., Path]) -> Path:
    return rendered("tiny", EVERY, TINY, write=write_tiny)


@pytest.mark.prove  # sixty units are measured first
@pytest.mark.parametrize("unit", OVERFULL)
@pytest.mark.parametrize("report", EVERY)
def test_a_report_of_an_overfull_business_keeps_every_budget(
    report: str, unit: str, overfull: Path, browser: Any, axe: Any
):
    pages = [overfull / PERIOD / unit / f"{report}.{language}.html" for language in LANGUAGES]
    assert beyond_budget(browser, axe, pages, SHORT) == []


@pytest.mark.prove
@pytest.mark.parametrize("unit", TINY)
@pytest.mark.parametrize("report", EVERY)
def test_a_report_of_almost_nothing_keeps_every_budget(report: str, unit: str, tiny: Path, browser: Any, axe: Any):
    pages = [tiny / PERIOD / unit / f"{report}.{language}.html" for language in LANGUAGES]
    assert beyond_budget(browser, axe, pages, SHORT) == []


@pytest.mark.prove
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("business", ["overfull", "tiny"])
def test_the_index_of_an_odd_business_keeps_every_budget_but_paper(
    business: str, language: str, browser: Any, axe: Any, request: pytest.FixtureRequest
):
    file = request.getfixturevalue(business) / ("index.html" if language == "en" else f"index.{language}.html")
    assert [line for line in stumbles(browser, axe, file, SHORT) if not line.endswith("1 scripts")] == []
