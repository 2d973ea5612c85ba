"""What measures pages is itself measured: each fault, planted alone on a sound page, is found."""

from pathlib import Path
from typing import Any

import pytest

from tests.pages.budgets import missing_glyphs
from tests.pages.looking import SCREENS, look, look_on

SOUND = (
    '<main><h1>Repairs</h1><p>Words <b>beside</b> words.</p><div class="scroll" style="overflow-x:auto">'
    '<table><tr><td style="white-space:nowrap">a wide row that scrolls where it stands, as wide as it likes to be</td>'
    "</tr></table></div>{planted}</main>"
)
CHART = '<figure><h3>C</h3><svg viewBox="0 0 300 100" width="300" height="100" role="img">{marks}</svg></figure>'
PLANTED = {
    "clipped": CHART.format(marks='<text x="280" y="50">beyond the edge</text>'),
    "overlapping": CHART.format(marks='<text x="10" y="50">one label</text><text x="14" y="53">another</text>'),
    "overlapping: html": '<p>under</p><p style="margin-top:-2.4em">over</p>',
    "faint": CHART.format(marks='<text x="10" y="50" fill="#bbb">pale</text>'),
    "faint: on a bar": CHART.format(marks='<path d="M0 30H99V60H0z" fill="#333"/><text x="10" y="50">dark</text>'),
    "cut": '<p style="overflow:hidden;width:80px"><span style="white-space:nowrap">words that are cut off</span></p>',
    "spilling": '<p style="width:80px;white-space:nowrap">words that leave their paragraph</p>',
    "tiny": CHART.format(marks='<text x="10" y="50" font-size="7">small print</text>'),
    "px wide": '<p style="width:900px">wide</p>',
    "2 h1": "<h1>Another</h1>",
    "1 scripts": "<script>1</script>",
}


def _faults(browser: Any, folder: Path, planted: str) -> tuple[str, ...]:
    file = folder / "page.html"
    page = '<!doctype html><meta charset="utf-8"><title>t</title><style>body{font:16px/1.5 sans-serif}</style>'
    file.write_text(page + SOUND.format(planted=planted), encoding="utf-8")
    return look(browser, file, width=390, scheme="light").faults


def test_a_sound_page_has_no_fault(browser: Any, tmp_path: Path):
    assert _faults(browser, tmp_path, CHART.format(marks='<text x="10" y="50">a label</text>')) == ()


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found(fault: str, browser: Any, tmp_path: Path):
    faults = _faults(browser, tmp_path, PLANTED[fault])
    assert any(fault.split(":")[0] in line for line in faults), faults


def test_what_a_page_asks_of_another_host_is_told_and_never_answered(browser: Any, tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_text('<!doctype html><h1>t</h1><link rel="preload" as="image" href="http://example.com/a.png">')
    assert look(browser, file, width=390, scheme="light").asked == ("http://example.com/a.png",)


def test_a_page_is_measured_anew_on_each_screen(browser: Any, tmp_path: Path):
    file = tmp_path / "page.html"
    style = "@media (prefers-color-scheme: dark) {text {fill: #111}} @media (width > 999px) {main {width: 2000px}}"
    chart = CHART.format(marks='<text x="10" y="50">a label</text>')
    root = "<!doctype html><style>:root{color-scheme:light dark} body,figure{margin:0}"
    file.write_text(f"{root}{style}</style><main><h1>t</h1>{chart}</main>", encoding="utf-8")
    kinds = [[line.split(":")[0] for line in seen.faults] for seen in look_on(browser, file, SCREENS)]
    wide = "2000 px wide on a screen of 1366"
    assert kinds == [[wide], [wide, "faint"], [], ["faint"], [], ["faint"]]


def test_a_character_that_no_font_draws_is_found(browser: Any, tmp_path: Path):
    file, unknown = tmp_path / "page.html", "\u0378"
    file.write_text(f"<!doctype html><meta charset=utf-8><p>Repairs 维修 · −1.5 {unknown}</p>", encoding="utf-8")
    assert missing_glyphs(browser, file) == unknown
