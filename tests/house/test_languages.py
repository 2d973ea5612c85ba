"""Every word a reader sees exists in both languages: one scan over the whole package and the notebooks."""

import re
from pathlib import Path

from analysis.presentation.language import missing_translations

ROOT = Path(__file__).parents[2]
SPEAKS_A_VARIABLE = re.compile(r"\b(?:both|words)\(\s*(?![\"'f)\s])([A-Za-z_.]+)\s*[,)]")
ALLOWED = {
    "msgid",
    "cell",
    "cell.source",
}  # language.py itself, and the markdown cells, which are scanned as they stand


def test_nothing_is_left_in_english_on_a_chinese_page():
    assert missing_translations([ROOT / "analysis", ROOT / "notebooks"]) == []


def test_sentences_are_literals_so_that_the_scan_sees_them():
    """A pattern chosen at run time would slip through the scan above."""
    unseen = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sorted((ROOT / "analysis").rglob("*.py"))
        for name in SPEAKS_A_VARIABLE.findall(path.read_text(encoding="utf-8"))
        if name not in ALLOWED
    ]
    assert unseen == []
