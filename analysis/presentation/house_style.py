"""The look of an analyst's own drawings: matplotlib and seaborn as the suite's charts look, Chinese included."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pylopdf_fonts_zh_cn

STYLE = Path(__file__).with_name("after_sales.mplstyle")
LATIN = ("DejaVu Sans",)


def use_house_style() -> None:
    """Let every drawing from here on take the house style; what the analyst sets afterwards still wins."""
    settings: Any = mpl.rcParams
    settings.update(_style())


@lru_cache(maxsize=1)
def _style() -> dict[str, Any]:
    from matplotlib import font_manager

    font = pylopdf_fonts_zh_cn.sans_path()
    font_manager.fontManager.addfont(font)
    name = font_manager.FontProperties(fname=font).get_name()
    # Latin letters from the first, Chinese from the second: a missing glyph is looked up in the next font
    declared: Any = mpl.rc_params_from_file(STYLE, use_default_template=False)
    return {**declared, "font.family": [*LATIN, name]}
