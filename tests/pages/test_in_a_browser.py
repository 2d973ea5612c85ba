"""Rendered pages in a real browser: nothing is fetched, nothing runs, nothing sticks out, on a desk and on a phone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.sample import write_sample

ROOT = Path(__file__).parents[2]
PERIOD, UNIT = "2026-06", "U03"
HOSTILE = '<script>document.title="owned"</script><img src=x onerror="document.title=1">'
REPORTS = ("complaints", "repair_cycle", "summary")
PAGES = [f"{report}.{language}.html" for report in REPORTS for language in ("en", "zh")]


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no chromium on this machine, and CI must not go without: .ci/run installs it")
    if found is None:
        pytest.skip("no chromium on this machine: pages are not looked at in a browser (apt-get install chromium)")
    return found


@pytest.fixture(scope="module")
def folder(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit's reports on a small sample whose complaints carry markup, rendered by the real command."""
    home = tmp_path_factory.mktemp("pages")
    write_sample(home / "data", work_orders=4_000, business_units=(UNIT, "U05", "U06", "U09"))
    complaints = home / "data" / "complaints.csv"
    pd.read_csv(complaints, dtype=str, keep_default_na=False).assign(text=HOSTILE).to_csv(complaints, index=False)
    params = home / "params"
    params.mkdir()
    (params / "suite.yml").write_text(f"store: {home / 'store'}\nlanguages: [en, zh]\n", encoding="utf-8")
    command = [sys.executable, "run_reports.py", "render", "--data", str(home / "data"), "--params", str(params)]
    command += ["--out", str(home / "out"), "--business-unit", UNIT, "--period", PERIOD, "--report", ",".join(REPORTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "out" / PERIOD / UNIT


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fetches_nothing_runs_nothing_and_fits(name: str, folder: Path, browser: Any):
    address, asked = (folder / name).as_uri(), []
    for width, scheme in ((1366, "light"), (390, "dark"), (320, "light")):
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("document.querySelectorAll('h1').length") == 1
        assert page.evaluate("document.querySelectorAll('script, [onerror], [onload]').length") == 0
        assert page.title() not in ("owned", "1")
        assert page.evaluate("document.documentElement.lang").startswith(name.split(".")[1])
        page.close()
    assert set(asked) == {address}


def test_hostile_texts_stand_on_the_page_as_text(folder: Path, browser: Any):
    page = browser.new_page()
    page.goto((folder / "complaints.en.html").as_uri())
    assert "document.title" in page.inner_text("body"), "the customers' words are shown, as words"
    page.close()
