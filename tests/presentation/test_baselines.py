"""Every chart as a browser draws it, against its picture in baselines/: a change of its shape is seen before a reader
sees it.

Words are left out of the pictures, because fonts differ between machines; where words stand is tested elsewhere.
`UPDATE_BASELINES=1 pytest tests/presentation/test_baselines.py` draws the pictures anew: look before you
commit.
"""

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.reporting.look import stylesheet

BASELINES = Path(__file__).with_name("baselines")
DIFFERENT, SHARE_AT_MOST = 64, 0.004
STYLE = "svg text { visibility: hidden } body { margin: 0; width: 480px }"
COLOURS = 48


def _picture(browser: Any, figure: Any) -> Image.Image:
    page = browser.new_page(viewport={"width": 520, "height": 900}, color_scheme="light")
    page.set_content(f"<!doctype html><style>{stylesheet()} {STYLE}</style>{figure.html('en')}")
    taken = page.locator("figure > svg").screenshot()
    page.close()
    return Image.open(BytesIO(taken)).convert("RGB")


def _share_different(one: Image.Image, other: Image.Image) -> float:
    if one.size != other.size:
        return 1.0
    apart = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max(axis=2)
    return float((apart > DIFFERENT).mean())


def test_a_chart_is_drawn_as_its_baseline_shows(case: Any, browser: Any, request: pytest.FixtureRequest):
    drawn = _picture(browser, case.drawn)
    file = BASELINES / f"{request.node.callspec.id.replace(' ', '_')}.png"
    if os.environ.get("UPDATE_BASELINES"):
        BASELINES.mkdir(exist_ok=True)
        drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    apart = _share_different(drawn, Image.open(file).convert("RGB"))
    assert apart <= SHARE_AT_MOST, f"{file.name}: {apart:.1%} of the picture differ; look at it, then update it"


def test_a_chart_of_other_figures_is_told_from_its_baseline(cases: dict[str, Any], browser: Any):
    case = cases["survival"]
    slower = case.data.assign(survival=case.data["survival"] ** 0.5)
    apart = _share_different(_picture(browser, case.draw(slower)), _picture(browser, case.drawn))
    assert apart > SHARE_AT_MOST
