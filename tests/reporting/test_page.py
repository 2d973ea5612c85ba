"""The page made of an executed notebook: what is shown, in which language, and what never is."""

import base64
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.reporting.gates import check_page
from analysis.reporting.notebook import title_and_question
from analysis.reporting.notices import correction
from analysis.reporting.page import BLOCK_MIME, About, render_page, show_output
from analysis.reporting.parameters import Limits
from analysis.reporting.records import Published
from analysis.reporting.sanitizing import safe_html, safe_markdown

EVIL = '<script>alert(1)</script><img src=x onerror="alert(1)"><a href="javascript:alert(1)">x</a>'


def _page(*cells: object, language: str = "en", unit: str = "East") -> str:
    title, question = title_and_question("# Repairs\n\nHow long?")
    about = About(
        title,
        question,
        {"en": unit, "zh": "华东"},
        "2026-06",
        "repairs.{language}.ipynb",
        (({"en": "At", "zh": "时间"}, "now"),),
    )
    return render_page(new_notebook(cells=[new_markdown_cell("# Repairs\n\nHow long?"), *cells]), about, language)


def _block(html: str, kind: str = "section") -> object:
    return new_output(
        "display_data",
        data={BLOCK_MIME: {"kind": kind, "html": {"en": html, "zh": html.replace("E", "Z")}}, "text/html": "no"},
    )


HEADER = new_code_cell("report.header()", outputs=[_block("<header><h1>E</h1></header>", "header")])


def test_a_page_has_its_skeleton_and_passes_the_gate() -> None:
    page = _page(HEADER, language="zh", unit="E & <W>")
    assert "<title>华东 · 2026年6月 · Repairs</title>" in page
    assert page.count("<h1") == 1
    assert '<html lang="zh-Hans">' in page
    assert '<a class="skip" href="#main">' in page
    assert page.index("<header") < page.index("<main") < page.index("<footer")
    assert "default-src 'none'" in page
    assert check_page(page, Limits()) == []


def test_a_block_is_shown_in_the_pages_language() -> None:
    assert "<h1>E</h1>" in _page(HEADER)
    assert "<h1>Z</h1>" in _page(HEADER, language="zh")


def test_a_units_name_is_escaped_wherever_it_stands() -> None:
    page = _page(HEADER, unit='<b onclick="x()">"')
    assert "<b onclick" not in page
    assert page.count("&lt;b onclick=&#34;x()&#34;&gt;") + page.count("&lt;b onclick=&quot;x()&quot;&gt;") == 2


@pytest.mark.parametrize(
    "output",
    [
        new_output("stream", name="stderr", text="Warning: /home/me/x.py"),
        new_output("execute_result", data={"text/plain": "<Axes: title='x'>"}),
        new_output("display_data", data={"application/javascript": "alert(1)", "text/plain": "x"}),
        new_output("display_data", data={"application/vnd.after-sales.record+json": {}, "text/plain": "record"}),
        new_output("error", ename="E", evalue="x", traceback=["/home/me"]),
    ],
    ids=["stderr", "repr", "javascript", "record", "error"],
)
def test_what_is_not_for_readers_is_dropped(output: object) -> None:
    assert show_output(output, "en") == ""


def test_code_and_prompts_are_never_shown() -> None:
    assert "report.header" not in _page(HEADER)


def test_an_analysts_html_is_made_harmless_and_keeps_its_table() -> None:
    html = f"<table onclick='x()'><tr><td style='color:red'>a {EVIL} 13912345678</td></tr></table><style>p{{}}</style>"
    shown = show_output(new_output("execute_result", data={"text/html": html, "text/plain": "df"}), "en")
    assert "<table><tbody><tr><td>a " in shown
    for evil in ("script", "onerror", "javascript", "onclick", "<img", "style", "13912345678"):
        assert evil not in shown
    assert "[phone]" in shown


def test_markdown_is_made_harmless_and_has_no_second_title() -> None:
    shown = safe_markdown(f"# Big\n\n{EVIL}\n\n| a | b |\n|---|---|\n| 1 | 2 |", "en")
    assert "<h2>Big</h2>" in shown
    assert "<td>1</td>" in shown
    assert "<script" not in shown
    assert "<img" not in shown


def test_masking_leaves_entities_whole() -> None:
    assert safe_html("<p>a &amp; b &lt; c</p>", "en") == "<p>a &amp; b &lt; c</p>"


def test_pictures_are_data_and_an_svg_can_do_nothing() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    shown = show_output(new_output("display_data", data={"image/svg+xml": svg, "image/png": "eA=="}), "en")
    assert shown.startswith(
        '<figure class="picture"><img alt="Figure drawn by this notebook" src="data:image/svg+xml;base64,'
    )
    assert base64.b64decode(shown.split("base64,")[1].split('"')[0]).decode() == svg
    png = new_output("display_data", data={"image/png": "eA==\n"}, metadata={"image/png": {"alt": 'Days by "stage"'}})
    assert (
        show_output(png, "en")
        == '<figure class="picture"><img alt="Days by &quot;stage&quot;" src="data:image/png;base64,eA=="></figure>\n'
    )


def test_a_question_goes_into_the_section_that_answers_it() -> None:
    answer = new_code_cell("area.trend(report)", outputs=[_block('<section class="finding"><h3>E</h3></section>')])
    page = _page(HEADER, new_markdown_cell("## How long & why?"), answer)
    assert '<section class="finding"><h2 class="question">How long &amp; why?</h2><h3>E</h3>' in page


def test_a_question_without_an_answer_is_not_asked() -> None:
    silent = new_code_cell("area.trend(report)", outputs=[new_output("execute_result", data={"text/plain": "None"})])
    assert "How long" not in _page(HEADER, new_markdown_cell("## How long is it?"), silent).split("<main")[1]


def test_a_correction_lists_what_changed_and_counts_what_is_told_for_the_first_time() -> None:
    changes = [("1", None, 14.6), ("2", 2.31, 2.36), ("3", None, 8.0), ("4", 3.0, None), ("5", 2.0, 2.0)]
    corrections = tuple({"metric": name, "old": old, "new": new, "unit": "d"} for name, old, new in changes)
    facts: dict[str, Any] = {"title": {}, "unit_name": {}, "headline": None, "signals": {}, "languages": ("en",)}
    told = {"published_at": "2026-07-05T00:00:00Z", "generated_at": "", "seconds": 1.0, "data_cutoff_at": None}
    published = Published(key="k", version=2, corrections=corrections, files={}, **facts, **told)
    assert correction(published, "en") == (
        "Version 2, corrected on 5 July 2026: 2 2.31 → 2.36\u00a0days; figures told for the first time: 2; "
        "figures no longer told: 1"
    )
    assert correction(published, "zh").endswith("首次给出的指标：2项；不再给出的指标：1项")
