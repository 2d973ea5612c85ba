"""A notebook by hand, as an analyst has it: a real JupyterLab server, driven in a browser that reaches no other."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lab.driving import open_lab, run_all, run_cell
from tests.pages.looking import open_browser

NAME = "repair_cycle"
ERRORS = '[data-mime-type$="jupyter.error"], [data-mime-type$="jupyter.stderr"]'
# what is painted beneath a text: the nearest ancestor that has a colour of its own
CONTRAST = """(texts) => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  return Math.min(...texts.map((text) => {
    let at = text, paper = [0, 0, 0, 0];
    while (at && (paper.length > 3 && paper[3] === 0)) {
      paper = parts(getComputedStyle(at).backgroundColor); at = at.parentElement;
    }
    const style = getComputedStyle(text), ink = parts(text.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const [dark, bright] = [light(ink), light(paper)].sort((one, other) => one - other);
    return (bright + 0.05) / (dark + 0.05);
  }));
}"""


@pytest.mark.parametrize("theme", ["Light", pytest.param("Dark", marks=pytest.mark.prove)])
def test_a_notebook_runs_from_top_to_bottom_and_shows_cards_and_figures(
    theme: str, sample_run: Path, chromium: str, tmp_path: Path
):
    with ThreadPoolExecutor(1) as alone:  # the thread of the other tests may have a browser of its own already
        alone.submit(_run_from_top_to_bottom, theme, sample_run, chromium, tmp_path).result()


def _run_from_top_to_bottom(theme: str, sample_run: Path, chromium: str, tmp_path: Path) -> None:
    asked: list[str] = []
    with (
        open_lab(tmp_path, sample_run, (NAME,), theme=f"JupyterLab {theme}") as address,
        open_browser(chromium, but="127.0.0.1") as browser,
    ):
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        run_all(page, address.format(name=NAME))
        assert page.locator(ERRORS).count() == 0, page.locator(ERRORS).first.inner_text()
        assert page.locator(".after-sales .cards .card").count() >= 4
        figures = page.locator(".after-sales .chart svg")
        assert figures.count() >= 8
        assert all(figures.nth(place).bounding_box()["width"] > 300 for place in range(figures.count()))
        for texts in (".after-sales .card h3", ".after-sales .chart svg text", ".after-sales .subtitle"):
            assert page.locator(texts).evaluate_all(CONTRAST) > 4, texts
        assert "metrics," in page.locator(".jp-OutputArea-output").last.inner_text(), "the record closes it"
        assert page.locator(".jp-toast, .Toastify__toast").count() == 0, "nobody is asked about news"
        _hands_out_what_is_behind_it(page)
        _shows_a_mistake_as_a_line(page)
    others = [url for url in asked if "://127.0.0.1" not in url and not url.startswith(("data:", "blob:"))]
    assert others == []
    left = json.loads((tmp_path / "notebooks" / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    assert left["cells"][2]["metadata"]["tags"] == ["skip-execution"]


def _hands_out_what_is_behind_it(page: Any) -> None:
    told = run_cell(
        page,
        "shown = area.trend(report)\n"
        "print(len(shown.data) > 12, 'SELECT' in shown.sql, len(shown.records) > 0, len(shown.definition.data))",
    )
    assert told == "True True True 1"
    assert "Repair cycle" in run_cell(page, "shown.definition")


def _shows_a_mistake_as_a_line(page: Any) -> None:
    told = run_cell(page, 'report.measure("repair_cycle_meddian")')
    assert "did you mean 'repair_cycle_median'" in told
    assert "Traceback" not in told
    assert "analysis/exploring" not in told
    assert "did you mean 'by'" in run_cell(page, 'report.measure("nps", groupby="region")')
    assert "did you mean 'records'" in run_cell(page, "report.recrods")
