"""Pictures of the reports for docs/gallery, taken from rendered pages: `python -m tests.pages.gallery reports/2026-06`.

Each report of the whole company as it opens on a desk, the index, and the summary in Chinese, in the dark and on a
phone.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from tests.pages.looking import open_browser

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
DESK, PHONE = (1366, 1000), (390, 1000)
COLOURS = 96


@dataclass(frozen=True)
class Picture:
    """One screenshot: of which page, on which screen, in which scheme."""

    name: str
    page: Path
    screen: tuple[int, int] = DESK
    scheme: str = "light"


def pictures(period: Path) -> Iterator[Picture]:
    """What the gallery shows of a period's folder."""
    company = period / "all"
    for page in sorted(company.glob("*.en.html")):
        yield Picture(page.name.removesuffix(".en.html"), page)
    yield Picture("index", period / "index.html")
    yield Picture("summary.zh", company / "summary.zh.html")
    yield Picture("summary.dark", company / "summary.en.html", scheme="dark")
    yield Picture("summary.phone", company / "summary.zh.html", screen=PHONE)


def take(browser: Any, picture: Picture, folder: Path) -> Path:
    """Take one picture, in few colours so that a repository can keep it."""
    from PIL import Image

    width, height = picture.screen
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=picture.scheme)
    page.goto(picture.page.as_uri())
    taken = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    page.close()
    file = folder / f"{picture.name}.png"
    taken.save(file, optimize=True)
    return file


def main(period: Path) -> None:
    """Take every picture anew."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or "google-chrome"
    GALLERY.mkdir(parents=True, exist_ok=True)
    with open_browser(chromium) as browser:
        for picture in pictures(period):
            sys.stdout.write(f"{take(browser, picture, GALLERY)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
