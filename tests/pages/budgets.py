"""The budgets of a report's page, on screens, on paper and while it loads.

As a command it prints them as a table of every page in the folders, and what breaks them below each page:
`python -m tests.pages.budgets reports/2026-06/all reports/2026-06/U03`. First paint is measured beside that of a page
of one word in the same browser, one after the other, because a machine at work slows both.
"""

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.pages.looking import SCREENS, look_on, open_browser, stumbles

SHEETS_AT_MOST = 6
ROUNDS = 7
COLUMNS = ("page", "KB", "nodes", "A4", "faults", "axe", "requests", "contrast", "glyphs missing", "first paint, ms",
           "of one word")  # fmt: skip
GLYPHS = Path(__file__).with_name("glyphs.js")
ONE_WORD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>t</title><p>word</p>'
FIRST_PAINT = """() => new Promise(told => new PerformanceObserver(seen => {
    const paint = seen.getEntriesByName("first-contentful-paint")[0]; if (paint) told(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


@dataclass(frozen=True)
class Paint:
    """Milliseconds from the start of loading to the first contents: of the page, and of a page of one word."""

    page: float
    word: float


def beyond_budget(
    browser: Any, axe: Any, files: Sequence[Path], screens: Sequence[tuple[int, str]] = SCREENS
) -> list[str]:
    """What reports' pages break of the budgets, on the screens and on paper."""
    found = [line for file in files for line in stumbles(browser, axe, file, screens)]
    for file in files:
        taken, boxes = sheets(browser, file), missing_glyphs(browser, file)
        found += [f"{file.name}: {taken} A4 pages"] * (taken > SHEETS_AT_MOST)
        found += [f"{file.name}: no glyph for {boxes}"] * bool(boxes)
    return found


def sheets(browser: Any, file: Path) -> int:
    """How many A4 pages the page takes on paper."""
    from pypdf import PdfReader

    page = browser.new_page()
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    return len(PdfReader(BytesIO(printed)).pages)


def missing_glyphs(browser: Any, file: Path) -> str:
    """The characters of the page that no font of this machine draws."""
    page = browser.new_page()
    page.goto(file.as_uri())
    found: str = page.evaluate(GLYPHS.read_text(encoding="utf-8"))
    page.close()
    return found


def first_paint(browser: Any, file: Path, word: Path, rounds: int = ROUNDS) -> Paint:
    """The median time to first contents of a page and of the one-word page, each opened anew in turn."""
    taken = [(_painted(browser, word), _painted(browser, file)) for _ in range(rounds)]
    words, pages = zip(*taken, strict=True)
    return Paint(statistics.median(pages), statistics.median(words))


def _painted(browser: Any, file: Path) -> float:
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    page = context.new_page()
    page.goto(file.as_uri())
    taken: float = page.evaluate(FIRST_PAINT)
    context.close()
    return taken


def _row(browser: Any, axe: Any, file: Path, word: Path) -> tuple[list[object], list[str]]:
    """A page's line of the table, the worst of all screens, and what breaks its budgets."""
    looks = look_on(browser, file, SCREENS, axe=axe)
    taken, boxes, paint = sheets(browser, file), missing_glyphs(browser, file), first_paint(browser, file, word)
    broken = [line for one in looks for line in (*one.faults, *one.asked, *(one.violations or ()))]
    contrasts = [one.contrast for one in looks if one.contrast is not None]
    cells = [
        f"{file.parent.name}/{file.stem}", looks[0].kilobytes, max(one.nodes for one in looks), taken,
        sum(len(one.faults) for one in looks), sum(len(one.violations or ()) for one in looks),
        sum(len(one.asked) for one in looks), min(contrasts, default="–"), len(boxes), round(paint.page),
        round(paint.word),
    ]  # fmt: skip
    return cells, [*dict.fromkeys(broken), *([f"no glyph for {boxes}"] if boxes else [])]


def main(folders: Iterable[Path], chromium: str) -> None:
    """Print the table of every page in the folders."""
    from axe_playwright_python.sync_playwright import Axe

    out, axe = sys.stdout, Axe()
    out.write(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n")
    with tempfile.TemporaryDirectory() as home, open_browser(chromium) as browser:
        word = Path(home) / "word.html"
        word.write_text(ONE_WORD, encoding="utf-8")
        for file in (file for folder in folders for file in sorted(folder.glob("*.html"))):
            cells, broken = _row(browser, axe, file, word)
            out.write(f"| {' | '.join(map(str, cells))} |\n" + "".join(f"  {line}\n" for line in broken))
            out.flush()


if __name__ == "__main__":
    main([Path(name).resolve() for name in sys.argv[1:]], shutil.which("chromium") or "chromium")
