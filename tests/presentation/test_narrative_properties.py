"""Words, verdicts and figures agree, whatever the figures: never "rose" on a fall, never "improving" on a worse
figure."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.presentation.narrative import say_assurance, say_card_change, say_finding, say_headline, say_signal
from analysis.signals import evaluate

UP_EN = ("rose", "higher", "rising", "unusually high", "above")
DOWN_EN = ("fell", "lower", "falling", "unusually low", "below")
UP_ZH = ("上升", "升至", "偏高", "高于")
DOWN_ZH = ("下降", "降至", "偏低", "低于")
MONTHS = 36


@dataclass(frozen=True)
class Card:
    id: str = "cycle"
    unit: str = "d"
    better: str = "lower"
    kind: str = "duration"
    minimum_n: int = 10
    how: object = None

    @property
    def worth_acting_on(self):
        return {"relative": 0.05}

    @property
    def name(self):
        return {"en": "Repair cycle, median", "zh": "维修周期中位数"}


def _measured(value, n, unit):
    error = 1.0 / np.sqrt(n)
    frame = {
        "metric": "cycle",
        "business_unit": np.repeat([f"U{row:02d}" for row in range(len(value))], MONTHS),
        "grain": "month",
        "period": np.tile(pd.period_range("2022-01", periods=MONTHS, freq="M").astype(str), len(value)),
        "breakdown": "",
        "segment": "",
        "numerator": np.nan,
        "denominator": np.nan,
        "n": n,
        "value": value.ravel(),
        "low": (value * np.exp(-1.96 * error)).ravel(),
        "high": (value * np.exp(1.96 * error)).ravel(),
        "se": (value * error).ravel(),
        "immature_share": 0.0,
        "mature": True,
        "reason": None,
    }
    return pd.DataFrame(frame)


@st.composite
def businesses(draw):
    """A handful of units with steps, spikes and slopes of any size, a direction that is good, and a target."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    units, n = 6, draw(st.sampled_from([40, 400, 4000]))
    log = np.log(3.0) + rng.standard_normal((units, MONTHS)) / np.sqrt(n)
    for unit in range(units):
        size = draw(st.floats(-1.2, 1.2))
        shape = draw(st.sampled_from(["none", "step", "spike", "slope"]))
        start = draw(st.integers(3, MONTHS - 1))
        after = np.arange(MONTHS) >= start
        log[unit] += {
            "none": 0.0,
            "step": size * after,
            "spike": size * (np.arange(MONTHS) == start),
            "slope": size * np.maximum(np.arange(MONTHS) - start, 0) / 12,
        }[shape]
    better = draw(st.sampled_from(["lower", "higher", "none"]))
    target = draw(st.floats(0.5, 8.0))
    return _measured(np.exp(log), n, "d"), Card(better=better), target


@settings(max_examples=60, deadline=None)
@given(businesses())
def test_words_icons_figures_and_limits_agree(business):
    frame, card, target = business
    targets = pd.DataFrame({"business_unit": ["*"], "metric": ["cycle"], "from_month": ["2022-01"], "target": [target]})
    signals = evaluate(frame, {"cycle": card}, targets=targets, period="2024-12")
    adjusted = signals.adjusted.groupby("business_unit").last()
    for row in signals.kpis.to_dict("records"):
        _check_signal(row, card, adjusted.loc[row["business_unit"]])
        _check_assurance(row, card, target)
        _check_changes(row, card)
    for found in signals.findings:
        _check_finding(found, card)
    for unit in signals.kpis["business_unit"]:
        rows = [row for row in signals.kpis.to_dict("records") if row["business_unit"] == unit]
        own = [found for found in signals.findings if found["business_unit"] == unit]
        headline = say_headline(rows, own, {"cycle": card})
        if "No figure surely outside its usual range" in headline["en"]:
            assert rows[0]["signal"] == "steady"


def _check_signal(row, card, newest):
    side = np.sign(newest["adjusted"] - newest["centre"])
    word = say_signal(row["signal"])["en"]
    if row["signal"] == "improving":
        assert side == (1 if card.better == "higher" else -1)
        assert word == "Improving"
    if row["signal"] == "worsening":
        assert side == (-1 if card.better == "higher" else 1)
        assert word == "Worsening"
    assert (row["signal"] in ("improving", "worsening")) <= (card.better != "none")
    assert (row["signal"] == "unusual") <= (card.better == "none")


def _check_assurance(row, card, target):
    said = say_assurance(row["assurance"], {"en": "the target", "zh": "目标"})
    if card.better == "none":
        assert row["assurance"] == "none"
        return
    met = row["value"] <= target if card.better == "lower" else row["value"] >= target
    assert row["target_met"] == met
    assert (row["assurance"] == "hits") <= met
    assert (row["assurance"] == "misses") <= (not met)
    if said is not None and said["en"].startswith("Meets"):
        assert met


def _check_changes(row, card):
    for change in json.loads(row["changes"]):
        assert change["low"] <= change["value"] <= change["high"]
        if change["significant"]:
            assert change["low"] > 0 or change["high"] < 0
        said = say_card_change(row, card, change["versus"])
        assert said["en"].startswith("+") == (change["value"] > 0)
        assert ("a real change" in said["en"]) == (change["significant"] and change["worth"])


def _check_finding(found, card):
    effect = found["effect"]
    if found["direction"] in ("up", "down"):
        assert found["direction"] == ("up" if effect["value"] > 0 else "down")
    if found["kind"] in ("level_shift", "trend", "outlier", "unit_outlier"):
        said = say_finding(found, {"cycle": card})
        wrong_en, wrong_zh = (DOWN_EN, DOWN_ZH) if effect["value"] > 0 else (UP_EN, UP_ZH)
        assert not any(re.search(rf"\b{word}\b", said["en"]) for word in wrong_en)
        assert not any(word in said["zh"] for word in wrong_zh)
        assert effect["low"] <= effect["value"] <= effect["high"]
        assert found["good"] == (None if card.better == "none" else (effect["value"] > 0) == (card.better == "higher"))
    if found["kind"] in ("level_shift", "trend", "outlier"):
        assert np.sign(found["values"]["after"] - found["values"]["before"]) == np.sign(effect["value"])
