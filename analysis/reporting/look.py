"""What every page and index shares: where the templates lie, the stylesheet, how languages are marked."""

import re
from functools import lru_cache
from pathlib import Path

from analysis.presentation import language

TEMPLATES = Path(__file__).parent / "templates"
NAVIGATION = "<!--navigation-->"
NOTICES = "<!--notices-->"
HTML_LANGUAGE = {"en": "en", "zh": "zh-Hans"}
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The stylesheet of every page, without its comments and indentation."""
    css = Path(language.__file__).with_name("style.css").read_text(encoding="utf-8")
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()
