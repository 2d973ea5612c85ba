"""Prepared runs that several packages' tests look at: one of a small sample business, and tiny ones drawn in a test.

A run is built once for all workers, in the base folder that they share, under a lock.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.report import Report, open_report
from analysis.reporting.notebook import read_notebook
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import prepare
from analysis.reporting.steps import suite_steps
from analysis.sample import write_sample
from benchmarks.lanes import run_cell
from tests.pages.budgets import missing_glyphs
from tests.pages.looking import open_browser

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
SAMPLE_ORDERS = 6_000
PREPARED = "sample_run"  # the fixture that takes a minute or more, made once for all workers
TOGETHER = ("tests/second_way/", "tests/sample/")  # folders that one worker takes whole: what they share is dear

Tables = Mapping[str, pd.DataFrame]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One file that looks at PREPARED first, then all that do not, then the others, the longest first: one worker
    prepares it while the rest have work of their own (`--no-loadscope-reorder` keeps the order)."""
    looking = {item.path for item in items if PREPARED in getattr(item, "fixturenames", ())}
    first = next((item.path for item in items if item.path in looking), None)
    items.sort(key=lambda item: (item.path != first, item.path in looking, not _scope(item.nodeid).endswith("/")))


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is nothing to hand out
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _scope(nodeid)

    return ByFileOrFolder(config, log)


def _scope(nodeid: str) -> str:
    """What one worker takes whole: the file of a test, or its folder."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], Path]], Path]:
    """`once("name", make)`: what `make(folder)` returns, made by one worker only and waited for by the others."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent

    def build(name: str, make: Callable[[Path], Path]) -> Path:
        home = shared / name
        home.mkdir(exist_ok=True)
        with (home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = home / "done"
            if not done.is_file():
                done.write_text(str(make(home)), encoding="utf-8")
        return Path(done.read_text(encoding="utf-8"))

    return build


@pytest.fixture(scope="session")
def build_run(once: Callable[..., Path]) -> Callable[[str, Callable[[Path], None]], Path]:
    """`build_run("name", write_source)`: source → intake → measure → signals; the run's folder, built once."""
    return lambda name, write_source: once(f"run-{name}", lambda home: _prepared(home, write_source))


def _prepared(home: Path, write_source: Callable[[Path], None]) -> Path:
    source, params = home / "source", home / "params"
    params.mkdir()
    source.mkdir()
    write_source(source)
    suite = Suite(params=params, data=str(source), store=home / "store")
    return prepare(suite, steps=suite_steps(), report_progress=lambda *_, **__: None).folder


@pytest.fixture(scope="session")
def sample_run(build_run: Callable[..., Path]) -> Path:
    """The run of a small sample business: 12 units, 42 months, every table."""

    def write(source: Path) -> None:
        source.rmdir()
        write_sample(source, work_orders=SAMPLE_ORDERS)

    return build_run("sample", write)


@pytest.fixture(scope="session")
def tables_run(build_run: Callable[..., Path]) -> Callable[[str, Tables], Path]:
    """`tables_run("name", {"work_orders": frame})`: the run of canonical tables drawn in the test."""

    def run(name: str, tables: Tables) -> Path:
        def write(source: Path) -> None:
            for table, frame in tables.items():
                frame.to_csv(source / f"{table}.csv", index=False)

        return build_run(name, write)

    return run


@pytest.fixture(scope="session")
def sample_report(sample_run: Path) -> Callable[[str, str], Report]:
    """`sample_report("complaints", "U03")`: a report on the sample in both languages."""
    return lambda name, unit="all": open_report(name, unit, language="en,zh", run=sample_run)


@pytest.fixture
def run_notebook(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """`run_notebook("complaints", "U03", run)`: what the notebook's cells show, top to bottom, in both languages."""

    def run(name: str, unit: str, folder: Path) -> list[Any]:
        monkeypatch.setenv("AFTER_SALES_RUN", str(folder))
        names: dict[str, Any] = {}
        cells = [cell for cell in read_notebook(NOTEBOOKS / f"{name}.ipynb").run_cells if cell["cell_type"] == "code"]
        sources = ["".join(cell["source"]) for cell in cells]
        tagged = [cell["metadata"].get("tags", []) for cell in cells]
        shown = []
        for source, tags in zip(sources, tagged, strict=True):
            shown.append(run_cell(source, names))
            if "parameters" in tags:
                names |= {"business_unit": unit, "language": "en,zh"}
        return [block for block in shown if block is not None]

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no chromium on this machine, and CI must not go without: .ci/run installs it")
    if found is None:
        pytest.skip("no chromium on this machine: pages are not looked at in a browser (apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    with open_browser(chromium) as opened:
        _read_chinese(opened)
        yield opened


def _read_chinese(browser: Any) -> None:
    """Without a Chinese font each Chinese page is boxes, and its widths and heights are not those that readers see."""
    with tempfile.TemporaryDirectory() as home:
        word = Path(home) / "word.html"
        word.write_text('<!doctype html><meta charset="utf-8"><title>t</title><p>售后</p>', encoding="utf-8")
        if not missing_glyphs(browser, word):
            return
    if os.environ.get("CI") == "true":
        pytest.fail("no Chinese font on this machine, and CI must not go without: .ci/run installs it")
    pytest.skip("no Chinese font on this machine: no page is looked at in a browser (apt-get install fonts-noto-cjk)")


class _Words(HTMLParser):
    """The words of a page, one line per paragraph, cell or heading."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object = None) -> None:
        if tag not in ("span", "strong", "b", "tspan", "code"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.handle_starttag(tag)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


@pytest.fixture(scope="session")
def words_of() -> Callable[..., str]:
    """`words_of(block, "zh")`: what a reader reads of a block, or of several; chart texts included."""

    def read(blocks: Any, language: str = "en") -> str:
        parser = _Words()
        for block in blocks if isinstance(blocks, list) else [blocks]:
            if hasattr(block, "html"):
                parser.feed(block.html(language))
        return re.sub(r"\s*\n\s*", "\n", "".join(parser.parts))

    return read
