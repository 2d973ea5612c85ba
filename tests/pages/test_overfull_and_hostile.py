"""Every kind of block with texts that no designer asked for: too long, too many, hostile, none at all. Nothing runs,
nothing leaves its place, in a real browser.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.presentation.blocks import (
    Block,
    Column,
    Definitions,
    Header,
    KpiCards,
    Note,
    Provenance,
    Section,
    Sentences,
    kpi_card,
    table,
)
from analysis.presentation.language import Text, plain
from analysis.reporting.page import BLOCK_MIME, About, render_page
from tests.pages.looking import look
from tests.presentation.conftest import CASES
from tests.presentation.test_cards import ROW

HOSTILE = {
    "markup": '<script>document.title="owned"</script><img src=x onerror="document.title=1"><svg onload="owned()">',
    "ends": '</style></title></svg></td></table></main><style>*{display:none}</style>--><!-- ]] " onclick="owned()"\'',
    "template": "{{ 7*7 }} {% for a in b %} ${7*7} #{7*7} {x.__class__} %(x)s %s",
    "injection": "'; DROP TABLE work_orders;-- =cmd|'/C calc'!A0 @SUM(A1) +1 -1",
    "word": "x" * 5_000,
    "characters": "维修" * 2_500,
    "directions": "\u202eمرحبا بالعالم שלום\u202c \u2066abc\u2069 \u200b\u200c\u200d\ufeff\u2060\u00ad end",
    "emoji": "👩🏽‍🔧🔥🇨🇳" * 40,
    "stacked": "Z\u0337\u0321\u034a\u0350\u0352a\u0338\u0322\u0313l\u0335\u0328\u0351g\u0336\u0329\u0352o" * 8,
}
LONG: Text = {
    "en": "Wall-mounted condensing combination boilers with integrated buffer storage and remote diagnosis, series",
    "zh": "家用中央空调多联机组与全热交换新风系统及其配套智能控制终端产品线（第二代，含备件与耗材）",
}
SCREENS = ((1366, "light"), (390, "dark"), (320, "light"))


def _page(blocks: Sequence[Block], words: Text, language: str) -> str:
    title = "# Repairs\n\nHow long?"
    about = About(words, words, words, "2026-06", "x.{language}.ipynb", ((words, words[language]),))
    outputs = [
        new_output("display_data", data={BLOCK_MIME: {"kind": block.kind, "html": {language: block.html(language)}}})
        for block in blocks
    ]
    cells = [new_markdown_cell(title), *(new_code_cell("x", outputs=[output]) for output in outputs)]
    return render_page(new_notebook(cells=cells), about, language)


def _blocks(words: Text, card: Any) -> list[Block]:
    """One of each, and as many as a page may hold, all saying the same."""
    frame = pd.DataFrame({"name": [words] * 40, "text": [words] * 40, "n": range(40)})
    columns = {"name": Column(words, kind="text"), "text": Column(words, kind="text"), "n": Column(words, "n")}
    blocks: list[Block] = [
        Header(words, words, (words, words), [words] * 9, words),
        KpiCards([kpi_card(ROW | {"signal": signal}, card(name=words)) for signal in ("worsening", "steady") * 4]),
        Section(words, words, (table(frame, columns=columns, caption=words), Sentences([words] * 3)), question=words),
        Note(words, words, ("work_orders.fault_code|sla_policies",)),
        Definitions([card(name=words, definition=words, caveats=words)]),
        Provenance([(words, words)] * 3),
    ]
    return blocks


def _charts(words: Text, names: Callable[[int], Any]) -> list[Block]:
    """Every chart, its title, subtitle and names told in these words."""
    drawn: list[Block] = []
    for case in CASES.values():
        data = case.data.copy()
        for column in case.names:
            known = list(dict.fromkeys(map(str, data[column])))
            data[column] = [names(known.index(str(value))) for value in data[column]]
        figure = case.draw(data, title=words, description=words, subtitle=words)
        drawn.append(Section(words, words, (figure, Sentences([words])), level=3))
    return drawn


@pytest.fixture
def stumbles(browser: Any, tmp_path: Path) -> Callable[..., list[str]]:
    def told(blocks: Sequence[Block], words: Text, language: str) -> list[str]:
        file = tmp_path / "page.html"
        file.write_text(_page(blocks, words, language), encoding="utf-8")
        found = []
        for width, scheme in SCREENS:
            seen = look(browser, file, width=width, scheme=scheme)
            # how many there are is the budget of a report; here everything stands together
            faults = [line for line in seen.faults if not line.endswith((" nodes", " KB"))]
            found += [f"{width}: {line}" for line in (*faults, *seen.asked)]
        page = browser.new_page()
        page.goto(file.as_uri())
        assert page.title().startswith(words[language][:20].strip()), "no script has changed it"
        assert page.locator("body").is_visible()
        page.close()
        return found

    return told


@pytest.fixture
def card() -> Callable[..., SimpleNamespace]:
    def make(**changes: Any) -> SimpleNamespace:
        facts = {"id": "repair_cycle_median", "unit": "d", "better": "lower", "follow_up_days": 30, "minimum_n": 30}
        return SimpleNamespace(**(facts | {"kind": "duration"} | changes))

    return make


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_words_in_every_block_run_nothing_and_break_no_layout(kind: str, stumbles: Any, card: Any):
    words = plain(HOSTILE[kind])
    assert stumbles(_blocks(words, card), words, "en") == []


@pytest.mark.parametrize("kind", ["markup", "word", "characters", "directions"])
def test_hostile_words_in_every_chart_run_nothing_and_break_no_layout(kind: str, stumbles: Any):
    words = plain(HOSTILE[kind])
    assert stumbles(_charts(plain("A chart"), lambda place: f"{place} {HOSTILE[kind]}"), words, "zh") == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_very_long_names_leave_every_chart_and_block_composed(language: str, stumbles: Any, card: Any):
    named = [{"en": f"{LONG['en']} {place}", "zh": f"{LONG['zh']}{place}"} for place in range(9)]
    blocks = [*_blocks(LONG, card), *_charts(LONG, named.__getitem__)]
    assert stumbles(blocks, LONG, language) == []
