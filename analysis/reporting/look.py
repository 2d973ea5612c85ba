"""What every page and index shares: where the templates lie, the stylesheet, how languages are marked."""

import re
from functools import lru_cache
from pathlib import Path

from analysis.presentation import language
from analysis.presentation.icons import icon_masks

TEMPLATES = Path(__file__).parent / "templates"
NAVIGATION = "<!--navigation-->"
NOTICES = "<!--notices-->"
HTML_LANGUAGE = {"en": "en", "zh": "zh-Hans"}
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The stylesheet of every page, without its comments and indentation."""
    return _bare(Path(language.__file__).with_name("style.css").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def index_stylesheet() -> str:
    """The stylesheet of the index: every page's, the shapes of its marks, and its own."""
    shapes = "".join(f"--{name}:url('{address}');" for name, address in icon_masks().items())
    own = _bare((TEMPLATES / "index.css").read_text(encoding="utf-8"))
    return f"{stylesheet()}\n:root{{{shapes}}}\n{own}"


def _bare(css: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()
