"""`python docs/build_site.py`: the docs as a static site in .store/docs/site; no network, and no broken link.

The pages are plain Markdown and read as such. For the site they are copied, README first; a link to a file of the
project that is no page becomes the file's name.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
HOME = ROOT / ".store" / "docs"
PAGES = {".md", ".png"}
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")
PARTS = {"Start": (), "How to": ("how-to",), "Explanation": ("explanation",), "Reference": ("reference",),
         "Decisions": ("decisions",)}  # fmt: skip
LOOK = {
    "site_name": "After-sales reports",
    "theme": {"name": "readthedocs", "highlightjs": False, "locale": "en"},
    "use_directory_urls": False,  # so that it opens from a folder
    "plugins": ["search"],
    "markdown_extensions": ["tables", "fenced_code", "toc"],
    "validation": {"links": {"not_found": "warn", "anchors": "warn", "unrecognized_links": "warn"}},
}


def build_site(home: Path = HOME, docs: Path = DOCS) -> Path:
    """Build the site anew and return its first page.

    Raises
    ------
    SystemExit : with the tool's own words, for a broken link or anchor
    """
    source, site = home / "source", home / "site"
    shutil.rmtree(source, ignore_errors=True)
    for file in sorted(file for file in docs.rglob("*") if file.suffix in PAGES):
        _copy(file, source / file.relative_to(docs), docs)
    _copy(docs.parent / "README.md", source / "index.md", docs)
    settings = LOOK | {"docs_dir": str(source), "site_dir": str(site), "nav": list(_navigation(source))}
    config = home / "properdocs.yml"
    config.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    command = [sys.executable, "-m", "properdocs", "build", "--strict", "--config-file", str(config)]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"docs: {done.stdout}{done.stderr}".strip())
    return site / "index.html"


def _copy(file: Path, target: Path, docs: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if file.suffix != ".md":
        shutil.copy(file, target)
        return
    text = LINK.sub(lambda link: _rewritten(link, file, docs), file.read_text(encoding="utf-8"))
    target.write_text(text, encoding="utf-8")


def _rewritten(link: re.Match[str], file: Path, docs: Path) -> str:
    """A link as the site needs it: README is its first page, and what is no page is named, not linked."""
    target, anchor = link["target"], link["anchor"] or ""
    if "://" in target or not target:
        return link[0]
    place = (file.parent / target).resolve()
    inside = place.is_relative_to(docs) and (place.suffix in PAGES or not place.exists())
    page = docs / "index.md" if place == docs.parent / "README.md" else place
    if not inside and page == place:
        return f"{link['text']} (`{place.relative_to(docs.parent)}`)" if place.exists() else link[0]
    here = docs if file.parent == docs.parent else file.parent
    return f"{link['image']}[{link['text']}]({_relative(page, here)}{anchor})"


def _relative(page: Path, here: Path) -> str:
    steps = 0
    while not page.is_relative_to(here):
        here, steps = here.parent, steps + 1
    return "../" * steps + page.relative_to(here).as_posix()


def _navigation(source: Path) -> Iterator[dict[str, Any]]:
    for part, folders in PARTS.items():
        pages = [page for folder in folders for page in sorted((source / folder).glob("*.md"))]
        first = [source / "index.md", *sorted(set(source.glob("*.md")) - {source / "index.md"})]
        yield {part: [page.relative_to(source).as_posix() for page in (pages if folders else first)]}


if __name__ == "__main__":
    sys.stdout.write(f"{build_site()}\n")
