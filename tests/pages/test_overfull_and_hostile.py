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
from tests.pages.looking import SCREENS, look
from tests.presentation.conftest import CASES, Case
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
PHONE = ((390, "dark"),)
LINES = """() => {
    const words = document.querySelector("li").firstChild, range = document.createRange(), lines = [];
    for (let at = 0, below = null; at < words.length; at += 1) {
        range.setStart(words, at), range.setEnd(words, at + 1);
        const top = range.getBoundingClientRect().bottom;
        if (below === null || top > below + 4) lines.push(""), below = top;
        lines[lines.length - 1] += words.data[at].replace("\u2060", "");
    }
    return lines.filter((line) => line.trim());
}"""


def _page(blocks: Sequence[Block], words: Text, language: str) -> str:
    title = "# Repairs\n\nHow long?"
    about = About(words, words, words, "2026-06", "x.{language}.ipynb", ((words, words[language]),))
    outputs = [
        new_output("display_data", data={BLOCK_MIME: {"kind": block.kind, "html": {language: block.html(language)}}})
        for block in blocks
    ]
    cells = [new_markdown_cell(title), *(new_code_cell("x", outputs=[output]) for output in outputs)]
    return render_page(new_notebook(cells=cells), about, language)


def _header(words: Text) -> Block:
    return Header(words, words, (words, words), [words] * 9, words)


def _blocks(words: Text, card: Any) -> list[Block]:
    """One of each, as many rows and cards as a page may hold, all saying the same."""
    frame = pd.DataFrame({"name": [words] * 40, "text": [words] * 40, "n": range(40)})
    columns = {"name": Column(words, kind="text"), "text": Column(words, kind="text"), "n": Column(words, "n")}
    return [
        KpiCards([kpi_card(ROW | {"signal": signal}, card(name=words)) for signal in ("worsening", "steady") * 4]),
        Section(words, words, (table(frame, columns=columns, caption=words), Sentences([words] * 3)), question=words),
        Note(words, words, ("work_orders.fault_code|sla_policies",)),
        Definitions([card(name=words, definition=words, caveats=words)]),
        Provenance([(words, words)] * 3),
    ]


def _charts(words: Callable[[int], Text], names: Callable[[int, int], Any]) -> list[Block]:
    """Every chart: its title and subtitle, and its names, told in words chosen by its place."""
    drawn: list[Block] = []
    for place, case in enumerate(CASES.values()):
        data = case.data.copy()
        for column in case.names:
            known = list(dict.fromkeys(map(str, data[column])))
            data[column] = [names(place, known.index(str(value))) for value in data[column]]
        said = words(place)
        figure = case.draw(data, title=said, description=said, subtitle=said)
        drawn.append(Section(said, said, (figure, Sentences([said])), level=3))
    return drawn


def _hostile_page(card: Any) -> list[Block]:
    kinds = [plain(text) for text in HOSTILE.values()]
    said = [block for words in kinds for block in _blocks(words, card)]

    def words(place: int) -> Text:
        return kinds[place % len(kinds)]

    return [_header(kinds[0]), *said, *_charts(words, lambda place, row: f"{row} {words(place + row)['en']}")]


def _long_page(card: Any) -> list[Block]:
    def name(_: int, row: int) -> Text:
        return {"en": f"{LONG['en']} {row}", "zh": f"{LONG['zh']}{row}"}

    return [_header(LONG), *_blocks(LONG, card), *_charts(lambda _: LONG, name)]


def _one_row_page(card: Any) -> list[Block]:
    return [_header(LONG), *_drawn(lambda case: case.data.iloc[:1])]


def _crowded_page(card: Any) -> list[Block]:
    """Every chart with forty times its names and figures of very unlike sizes."""
    return [_header(LONG), *_drawn(_crowd)]


def _drawn(data_of: Callable[[Case], pd.DataFrame]) -> list[Block]:
    return [Section(plain(name), None, (case.draw(data_of(case)),)) for name, case in CASES.items()]


def _crowd(case: Case) -> pd.DataFrame:
    copies = []
    for number in range(40 if case.names else 1):
        copy = case.data.assign(**{column: case.data[column] * 1.3**number for column in case.numbers})
        for column in case.names:
            copy[column] = copy[column].map(lambda name, number=number: name and f"{name} {number}")
        copies.append(copy)
    return pd.concat(copies, ignore_index=True)


def _stumbles(
    browser: Any, folder: Path, blocks: Sequence[Block], language: str, screens: Sequence[tuple[int, str]]
) -> list[str]:
    title = plain(f"{HOSTILE['markup']} {HOSTILE['ends']}")
    file = folder / "page.html"
    file.write_text(_page(blocks, title, language), encoding="utf-8")
    found = []
    for width, scheme in screens:
        seen = look(browser, file, width=width, scheme=scheme)
        # how many there are is the budget of a report; here everything stands together
        faults = [line for line in seen.faults if not line.endswith((" nodes", " KB"))]
        found += [f"{width}: {line}" for line in (*faults, *seen.asked)]
    page = browser.new_page()
    page.goto(file.as_uri())
    assert page.title().startswith("<script>document.title="), "no script has changed it"
    assert page.locator("h1").is_visible(), "no style has hidden it"
    page.close()
    return found


@pytest.fixture
def card() -> Callable[..., SimpleNamespace]:
    def make(**changes: Any) -> SimpleNamespace:
        facts = {"id": "repair_cycle_median", "unit": "d", "better": "lower", "follow_up_days": 30, "minimum_n": 30}
        return SimpleNamespace(**(facts | {"kind": "duration"} | changes))

    return make


def test_hostile_words_everywhere_run_nothing_and_break_no_layout(browser: Any, tmp_path: Path, card: Any):
    assert _stumbles(browser, tmp_path, _hostile_page(card), "en", PHONE) == []


def test_very_long_names_leave_every_block_and_chart_composed(browser: Any, tmp_path: Path, card: Any):
    assert _stumbles(browser, tmp_path, _long_page(card), "zh", PHONE) == []


@pytest.mark.parametrize("pages", [_one_row_page, _crowded_page])
def test_charts_of_one_row_and_of_far_too_many_stay_composed(
    pages: Callable[[Any], list[Block]], browser: Any, tmp_path: Path, card: Any
):
    assert _stumbles(browser, tmp_path, pages(card), "en", PHONE) == []


def test_no_line_ends_between_the_sign_and_the_currency_of_an_amount(browser: Any, tmp_path: Path):
    said = Sentences([{"en": "from −¥53.9 to −¥32.6, +€5 a month", "zh": "每月在−¥53.9 至 −¥32.6之间，增加+€5"}])
    file, page = tmp_path / "page.html", browser.new_page()
    for language in ("en", "zh"):
        file.write_text(f'<meta charset="utf-8"><div>{said.html(language)}</div>', encoding="utf-8")
        page.goto(file.as_uri())
        for width in range(60, 300, 8):
            page.evaluate("width => document.querySelector('div').style.width = width + 'px'", width)
            assert not [line for line in page.evaluate(LINES) if line.rstrip()[-1:] in "−+"], (language, width)
    page.close()


@pytest.mark.prove
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("pages", [_hostile_page, _long_page, _one_row_page, _crowded_page])
def test_no_words_break_a_page_on_any_screen(
    pages: Callable[[Any], list[Block]], language: str, browser: Any, tmp_path: Path, card: Any
):
    assert _stumbles(browser, tmp_path, pages(card), language, SCREENS) == []
