"""A page in a real browser, measured on a desk and on phones, light and dark.

What counts as a fault of a page is declared here; what is measured inside the page is in looking.js; the budgets of
reports are in budgets.py.
"""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("looking.js")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NODES_AT_MOST, KILOBYTES_AT_MOST = 3_000, 300
SCREENS = ((1366, "light"), (1366, "dark"), (390, "light"), (390, "dark"), (320, "light"), (320, "dark"))
SHORT = ((1366, "light"), (390, "dark"), (320, "light"))  # each width and each scheme once
TALLEST, LEGIBLE_FROM = 16_000, 390
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


@dataclass(frozen=True)
class Look:
    """One page on one screen.

    Parameters
    ----------
    faults : what a reader would stumble over, one line each
    asked : addresses the page asked for, besides its own
    contrast : of the faintest text in a chart; None without any
    violations : axe-core's, as rule and first element; None where axe was not run
    """

    nodes: int
    kilobytes: float
    lettering: int
    faults: tuple[str, ...]
    asked: tuple[str, ...]
    contrast: float | None
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
    return look_on(browser, file, [(width, scheme)], axe=axe)[0]


def look_on(browser: Any, file: Path, screens: Sequence[tuple[int, str]], *, axe: Any = None) -> tuple[Look, ...]:
    """Open a page once and measure it on each screen, as a reader who turns a phone or a light sees it."""
    asked: list[str] = []
    page = browser.new_page(viewport={"width": screens[0][0], "height": 900}, color_scheme=screens[0][1])
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    seen = [_measure(page, file, asked, width=width, scheme=scheme, axe=axe) for width, scheme in screens]
    page.close()
    return tuple(seen)


def stumbles(browser: Any, axe: Any, file: Path, screens: Sequence[tuple[int, str]] = SCREENS) -> list[str]:
    """What a reader of the page would stumble over on the screens, one line each."""
    return [
        f"{file.name} {width} {scheme}: {line}"
        for (width, scheme), seen in zip(screens, look_on(browser, file, screens, axe=axe), strict=True)
        for line in (*seen.faults, *seen.asked, *(seen.violations or ()))
    ]


def _measure(page: Any, file: Path, asked: list[str], *, width: int, scheme: str, axe: Any) -> Look:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(height + 20, TALLEST)})
    seen = page.evaluate(SCRIPT.read_text(encoding="utf-8"))
    violations = _violations(axe, page) if axe else None
    others = tuple(address for address in asked if address != file.as_uri())
    kilobytes = round(file.stat().st_size / 1000, 1)
    faults = tuple(_faults(seen, width=width, kilobytes=kilobytes))
    return Look(seen["nodes"], kilobytes, seen["lettering"], faults, others, seen["contrast"], violations)


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
    # told of violations alone, axe-core takes two thirds of the time
    asked = {"runOnly": {"type": "tag", "values": AXE_RULES}, "resultTypes": ["violations"]}
    found = axe.run(page, options=asked).response["violations"]
    return tuple(f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found)
