"""Kinds of work that differ as a group: which are higher and which lower, where none is outside the others' spread."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from analysis.metrics.cards import read_catalogue
from analysis.presentation.language import plain
from analysis.sections.segments import _headline, _sentences, judge
from analysis.sections.unlike import apart_from_all, are_few, told_apart

REMOTE = read_catalogue()["remote_resolution_rate_all"]
REPORT = SimpleNamespace(segment_name=lambda _, segment: plain(segment))
# product line, solved remotely, repairs: the six of North China
LINES = [("heater", 25, 278), ("fridge", 16, 197), ("cooler", 56, 621), ("washer", 42, 265), ("tv", 39, 118),
         ("small", 50, 144)]  # fmt: skip


def shares(lines: list[tuple[str, int, int]]) -> pd.DataFrame:
    rows = pd.DataFrame(lines, columns=["segment", "numerator", "n"]).astype({"numerator": float})
    share = rows["numerator"] / rows["n"]
    rows = rows.assign(denominator=rows["n"].astype(float), value=100 * share, low=np.nan, high=np.nan)
    rows = rows.assign(se=100 * np.sqrt(share * (1 - share) / rows["n"]), enough=True)
    rows.attrs = {"centre": 100 * float(rows["numerator"].sum() / rows["n"].sum())}
    return rows


def judged(lines: list[tuple[str, int, int]]) -> pd.DataFrame:
    return judge(shares(lines), REMOTE)


def test_two_that_are_twice_as_high_are_named_although_they_widen_each_others_funnel():
    """33 and 35 % beside 8 to 16 %: the funnel of six has so wide a spread that it names none."""
    found = judged(LINES)
    assert (found["outside"] == 0).all()
    sides = dict(zip(found["segment"], apart_from_all(found), strict=True))
    assert sides == {"heater": -1, "fridge": -1, "cooler": -1, "washer": 0, "tv": 1, "small": 1}
    said = _headline(REPORT, told_apart(found), REMOTE, "product_line", against=plain("overall"))
    assert said["en"].endswith("above the 14% overall: small and tv; below: fridge, heater and cooler")
    assert "显著高于总体（14%）的有small和tv" in said["zh"]


def test_alike_ones_are_hardly_ever_named():
    rng = np.random.default_rng(7)
    drawn = [[(name, int(rng.binomial(n, 0.14)), n) for name, _, n in LINES] for _ in range(400)]
    named = sum(int(apart_from_all(shares(lines)).ne(0).any()) for lines in drawn)
    assert named <= 0.08 * len(drawn)


def test_where_the_group_differs_and_no_single_one_can_be_told_it_says_so():
    low, high = ([(f"{side}{n}", hits, 60) for n in range(6)] for side, hits in (("low", 12), ("high", 23)))
    found = judged([*low, *high])
    said = _headline(REPORT, told_apart(found), REMOTE, "product_line", against=plain("overall"))["en"]
    assert ("cannot be told" in said) == (not apart_from_all(found).any())


def test_of_many_segments_none_is_named_for_lying_within_their_usual_spread():
    """Three thousand products of a shop: each return rate is its own, and eighty lie apart from all together."""
    rng = np.random.default_rng(3)
    rates = np.clip(rng.gamma(3.0, 0.05, 40), 0.01, 0.9)
    found = judged([(f"P{n}", int(rng.binomial(400, rate)), 400) for n, rate in enumerate(rates)])
    assert not are_few(found)
    assert apart_from_all(found).ne(0).sum() > 10
    quiet = found.assign(outside=0)
    quiet.attrs = found.attrs
    said = _headline(REPORT, quiet, REMOTE, "product_id", against=plain("overall"))["en"]
    assert said.endswith("more than chance, but none stands apart from the rest")


def test_one_segment_with_records_enough_is_held_against_nothing():
    """491 repairs beside 8 orders of maintenance that cost twenty times as much."""
    found = judged([("repair", 70, 491), ("maintenance", 7, 8)])
    assert found["enough"].tolist() == [True, False]
    said = _headline(REPORT, found, REMOTE, "work_order_type", against=plain("overall"))["en"]
    assert said == "Only one type of work has records enough: nothing to hold it against"
    assert not [one for one in _sentences(found, held=0) if "differ no more" in one["en"]]
