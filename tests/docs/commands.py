"""The commands and changes that the pages tell a reader to make, as they stand there."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WRITTEN = ("decisions", "reference")  # what was decided, and what is written by a program of ours: nothing to follow
RESULTS = ("evidence.md", "reliability.md", "coverage.md")
PAGES = [
    ROOT / "README.md",
    *(
        page
        for page in sorted((ROOT / "docs").rglob("*.md"))
        if page.parent.name not in WRITTEN and page.name not in RESULTS
    ),
]
STARTS = (".venv/bin/", "make ", "git ", "python run_reports.py", "run_reports.py ", "dask ")
NAMES = ("git diff", "git merge")  # spoken of, not told to type
INLINE = re.compile(r"`([^`\n]+)`")
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)")
STEP = re.compile(
    r"^```(?P<kind>diff|python)\n(?P<body>.*?)^```$|^    (?P<line>(?:\.venv/bin/|git |make )[^\n]*)$", re.S | re.M
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)


def commands_of(page: Path) -> list[str]:
    """The commands of a page, top to bottom: lines of indented blocks and whole code spans, comments off."""
    text = page.read_text(encoding="utf-8")
    plain = FENCE.sub("", text)
    lines = [line.strip() for line in plain.splitlines() if line.startswith("    ")]
    blocks = {line: None for line in lines if line.startswith(STARTS)}
    spans = {span: None for line in plain.splitlines() if not line.startswith("    ") for span in INLINE.findall(line)}
    found = [*blocks, *(span for span in spans if span.startswith(STARTS) and span not in NAMES)]
    return [told for command in found if (told := shlex.join(shlex.split(command, comments=True))) and "…" not in told]


@dataclass(frozen=True)
class Outline:
    """What a page has in any language: the levels of its headings, the files it leads to (a Chinese page told as the
    English one), the names that it writes as code.
    """

    levels: tuple[int, ...]
    leads_to: frozenset[Path]
    names: frozenset[str]


def outline_of(page: Path) -> Outline:
    """The outline of one page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    links = ((page.parent / target).resolve() for target in LINK.findall(plain) if "://" not in target)
    same = {ROOT / "docs" / "README.md": ROOT / "README.md"}
    english = (link.with_name(link.name.replace(".zh.", ".")) for link in links)
    return Outline(
        tuple(len(marks) for marks in re.findall(r"^(#+) ", text, re.M)),
        frozenset(same.get(link, link) for link in english),
        frozenset(" ".join(name.split()) for name in SPAN.findall(plain)),
    )


def quick(commands: list[str]) -> list[str]:
    """Those of the program itself that need neither another machine nor a change of the project's own files."""
    ours = re.compile(r"^(?:\.venv/bin/python |python )?run_reports\.py (?!.*tcp://)(?!new )(?!preview )(?!--help)")
    return [command for command in commands if ours.match(command)]


def words_of(command: str) -> list[str]:
    """A command as a shell takes it apart; `python` and none at all are the environment's own."""
    words = shlex.split(command)
    if words[0] == "run_reports.py":
        return [".venv/bin/python", *words]
    return [".venv/bin/python", *words[1:]] if words[0] == "python" else words


def blocks_of(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [body for kind, body in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def steps_of(page: Path) -> Iterator[tuple[str, str]]:
    """Commands and changes of a tutorial in their order: ("run", command), ("change", diff), ("cell", code)."""
    for found in STEP.finditer(page.read_text(encoding="utf-8")):
        if found["line"]:
            yield "run", found["line"].strip()
        else:
            yield {"diff": "change", "python": "cell"}[found["kind"]], found["body"]


def change(root: Path, diff: str) -> None:
    """Make a change as the page shows it: what `-` and blank lines say must stand in the file once."""
    head, *lines = diff.splitlines()
    file = root / head.removeprefix("--- ").strip()
    old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("-", " "))
    new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in ("+", " "))
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file}: {old!r} stands there {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")
