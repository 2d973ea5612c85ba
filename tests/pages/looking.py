"""A page in a real browser, measured against the budgets of a page that managers open anywhere.

What counts as a fault of a page is declared here; what is measured inside the page is in looking.js. As a command it
prints the budgets of rendered pages: `python -m tests.pages.looking reports/2026-06/all`.
"""

import json
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("looking.js")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NODES_AT_MOST, KILOBYTES_AT_MOST, SHEETS_AT_MOST = 3_000, 300, 6
SCREENS = ((1366, "light"), (1366, "dark"), (390, "light"), (390, "dark"), (320, "light"), (320, "dark"))
COLUMNS = ("page", "KB", "nodes", "A4", "faults, axe and requests on six screens", "slowest first paint, ms")
TALLEST, LEGIBLE_FROM = 16_000, 390
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@dataclass(frozen=True)
class Look:
    """One page on one screen.

    Parameters
    ----------
    faults : what a reader would stumble over, one line each
    asked : addresses the page asked for, besides its own
    first_paint : milliseconds from the start of loading, None where the browser tells none
    violations : axe-core's, as rule and first element; None where axe was not run
    """

    nodes: int
    kilobytes: float
    lettering: int
    faults: tuple[str, ...]
    asked: tuple[str, ...]
    first_paint: float | None
    violations: tuple[str, ...] | None = field(default=None)


@contextmanager
def hanging_host() -> Iterator[int]:
    """The port of a host that accepts and never answers, as a firewall that drops packets looks to a page."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        held: list[socket.socket] = []

        def hold() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


@contextmanager
def open_browser(chromium: str, *, but: str = "") -> Iterator[Any]:
    """A browser for which every host hangs, `but` for the one that a test serves itself."""
    from playwright.sync_api import sync_playwright

    with hanging_host() as port, sync_playwright() as playwright:
        reached = f", EXCLUDE {but}" if but else ""
        rules = f"--host-resolver-rules=MAP * 127.0.0.1:{port}{reached}"
        browser = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS, rules])
        yield browser
        browser.close()


def look(browser: Any, file: Path, *, width: int, scheme: str, axe: Any = None) -> Look:
    """Open a page as a reader does and measure it.

    Parameters
    ----------
    axe : an `axe_playwright_python` runner; None leaves axe-core out
    """
    asked: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(height + 20, TALLEST)})
    seen = page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null")
    violations = _violations(axe, page) if axe else None
    page.close()
    others = tuple(address for address in asked if address != file.as_uri())
    kilobytes = round(file.stat().st_size / 1000, 1)
    faults = tuple(_faults(seen, width=width, kilobytes=kilobytes))
    return Look(seen["nodes"], kilobytes, seen["lettering"], faults, others, paint, violations)


def sheets(browser: Any, file: Path) -> int:
    """How many A4 pages the page takes on paper."""
    from io import BytesIO

    from pypdf import PdfReader

    page = browser.new_page()
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    return len(PdfReader(BytesIO(printed)).pages)


def stumbles(browser: Any, axe: Any, file: Path, screens: Sequence[tuple[int, str]] = SCREENS) -> list[str]:
    """What a reader of the page would stumble over on the screens, one line each."""
    return [
        f"{file.name} {width} {scheme}: {line}"
        for width, scheme in screens
        for seen in [look(browser, file, width=width, scheme=scheme, axe=axe)]
        for line in (*seen.faults, *seen.asked, *(seen.violations or ()))
    ]


def beyond_budget(browser: Any, axe: Any, files: Sequence[Path]) -> list[str]:
    """What reports' pages break of the budgets, on every screen and on paper."""
    on_screens = [line for file in files for line in stumbles(browser, axe, file)]
    taken = {file.name: sheets(browser, file) for file in files}
    return [*on_screens, *(f"{name}: {count} A4 pages" for name, count in taken.items() if count > SHEETS_AT_MOST)]


def _faults(seen: dict[str, Any], *, width: int, kilobytes: float) -> Iterator[str]:
    if seen["width"] > width:
        yield f"{seen['width']} px wide on a screen of {width}"
    if seen["nodes"] > NODES_AT_MOST:
        yield f"{seen['nodes']} nodes"
    if kilobytes > KILOBYTES_AT_MOST:
        yield f"{kilobytes} KB"
    if seen["h1"] != 1:
        yield f"{seen['h1']} h1"
    if seen["scripts"]:
        yield f"{seen['scripts']} scripts"
    for name in ("clipped", "overlapping", "faint", "cut", "spilling", *(("tiny",) if width >= LEGIBLE_FROM else ())):
        yield from (f"{name}: {json.dumps(one, ensure_ascii=False)}" for one in seen[name])


def _violations(axe: Any, page: Any) -> tuple[str, ...]:
    found = axe.run(page, options={"runOnly": {"type": "tag", "values": AXE_RULES}}).response["violations"]
    return tuple(f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found)


def main(folder: Path, chromium: str) -> None:
    """Print a table of the budgets of every page in a folder: the worst of all screens."""
    from axe_playwright_python.sync_playwright import Axe

    out, axe = sys.stdout, Axe()
    out.write(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n")
    with open_browser(chromium) as browser:
        for file in sorted(folder.glob("*.html")):
            looks = [look(browser, file, width=width, scheme=scheme, axe=axe) for width, scheme in SCREENS]
            lines = [line for one in looks for line in (*one.faults, *one.asked, *(one.violations or ()))]
            paint = max(one.first_paint or 0 for one in looks)
            cells = (file.name, looks[0].kilobytes, looks[0].nodes, sheets(browser, file), len(lines), round(paint))
            out.write("".join(f"| {cell} " for cell in cells) + "|\n" + "".join(f"  {line}\n" for line in set(lines)))
            out.flush()


if __name__ == "__main__":
    import shutil

    main(Path(sys.argv[1]).resolve(), shutil.which("chromium") or "chromium")
