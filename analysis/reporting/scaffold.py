"""`new NAME`: the files of a report with one stem, ready to render and to be changed: catalogue, area, notebook, test,
and its words in both languages. It refuses a name that is taken, and overwrites nothing.
"""

import argparse
import json
import keyword
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.faults import UserFault
from analysis.metrics.cards import OWN_AREA
from analysis.reporting.notebook import BY_HAND
from analysis.reporting.parameters import PROJECT

TEMPLATES = Path(__file__).with_name("templates") / "new"
NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
LISTED = re.compile(r"^reports:\s*\[(?P<names>[^\]]*)\]", re.M)
FILES = {
    "catalogue.yml.j2": "analysis/metrics/catalogue/{name}.yml",
    "area.py.j2": "analysis/areas/{name}.py",
    "test.py.j2": "tests/areas/test_{name}.py",
    "locale.po.j2": "analysis/presentation/locale/zh_{name}.po",
}
NOTEBOOK = "notebooks/{name}.ipynb"
AUTORELOAD = (
    "# By hand only: code changed in analysis/ counts from the next cell on. Runs and pages leave this cell out.\n"
    "%load_ext autoreload\n"
    "%autoreload 2"
)
SECTIONS = {  # function of the area → its question, in both languages
    "trend": ("How has it developed", "走势如何"),
    "decomposition": ("What is trend, what is season", "哪些是趋势，哪些是季节"),
    "segments": ("Where does it stand out", "哪里突出"),
    "units": ("How do the units compare", "各机构相比如何"),
}


def add_new(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command `new`."""
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and _; the files' stem")
    parser.add_argument("--title", help="the page's title in English; by default made of the name")
    parser.add_argument("--title-zh", help="and in Chinese; by default the English one")


def new(asked: argparse.Namespace) -> int:
    """Write the files of a new report and say which."""
    written = write_report(asked.name, title=asked.title, title_zh=asked.title_zh)
    sys.stdout.writelines(f"wrote {path.relative_to(PROJECT)}\n" for path in written)
    sys.stdout.write(f"look at it: python run_reports.py preview {asked.name}\n")
    return 0


def write_report(
    name: str, *, title: str | None = None, title_zh: str | None = None, root: Path = PROJECT
) -> tuple[Path, ...]:
    """Write the files of a new report and name it in params/suite.yml.

    Parameters
    ----------
    name : the stem
    title, title_zh : what readers call it
    root : the project

    Returns
    -------
    The files written, the page of all metrics among them.

    Raises
    ------
    UserFault : a name that is none or taken, a title that would break its files
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # of no use to a command that writes nothing

    said = title or name.replace("_", " ").capitalize()
    filled = {"name": name, "title": said, "title_zh": title_zh or said, "today": datetime.now(UTC).date().isoformat()}
    paths = {template: root / path.format(name=name) for template, path in FILES.items()}
    notebook = root / NOTEBOOK.format(name=name)
    _check(filled, [*paths.values(), notebook], root)
    cells = _cells(filled)
    words = [(english.replace("\n", "\\n"), chinese.replace("\n", "\\n")) for english, chinese in cells.values()]
    environment = Environment(loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True)
    for template, path in paths.items():
        path.write_text(environment.get_template(template).render(filled, words=words), encoding="utf-8")
    notebook.write_text(_notebook(name, {cell: english for cell, (english, _) in cells.items()}), encoding="utf-8")
    listed = _list(name, root / "params" / "suite.yml")
    return (*paths.values(), notebook, *listed, _write_reference(root))


def _check(filled: Mapping[str, str], paths: list[Path], root: Path) -> None:
    name = filled["name"]
    faults = []
    if not NAME.fullmatch(name) or keyword.iskeyword(name) or name == OWN_AREA:
        faults.append(f"name: {name!r} cannot be a report's; write lower-case letters, digits and _, such as parts")
    else:
        taken = [str(path.relative_to(root)) for path in paths if path.exists()]
        faults += [f"name: {path} is there already; choose another name, or change that report" for path in taken]
    for field in ("title", "title_zh"):
        if not filled[field].strip() or re.search(r"[\"\\\n\r{}:#]", filled[field]):
            faults.append(f"{field}: {filled[field]!r} must be a line without quotes, braces, backslash, : or #")
    if faults:
        raise UserFault(faults)


def _cells(filled: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The notebook's markdown cells in both languages, by the function that answers each."""
    title, title_zh = filled["title"], filled["title_zh"]
    asks = {
        section: (f"## {title}: {english.lower()}?", f"## {title_zh}：{chinese}？")
        for section, (english, chinese) in SECTIONS.items()
    }
    about = ("Say in a line or two which question this page answers.", "用一两句话写明这一页回答什么问题。")
    return {"title": (f"# {title}\n\n{about[0]}", f"# {title_zh}\n\n{about[1]}"), **asks}


def _notebook(name: str, asked: Mapping[str, str]) -> str:
    parameters = (
        'business_unit: str = "all"  # a unit\'s id, or "all" for the whole company\n'
        'period: str = "last"  # "2026-06", "2026-Q2", "2026", or "last": the last complete one\n'
        'language: str = "en"  # "en", "zh", or both: "en,zh"'
    )
    opened = (
        "from analysis import open_report\n"
        f"from analysis.areas import {name} as area\n\n"
        f'report = open_report("{name}", business_unit, period, language)'
    )
    cells = [
        _cell("title", asked["title"], "markdown"),
        _cell("parameters", parameters, tags=["parameters"]),
        _cell("autoreload", AUTORELOAD, tags=[BY_HAND]),
        _cell("open", opened),
        _cell("header", "report.header()"),
        _cell("headline", "area.headline(report)"),
    ]
    for section in SECTIONS:
        cells += [_cell(f"ask-{section}", asked[section], "markdown"), _cell(section, f"area.{section}(report)")]
    cells += [_cell("definitions", "report.definitions()"), _cell("record", "report.record()")]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    content = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _cell(id: str, source: str, kind: str = "code", *, tags: list[str] | None = None) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": {"tags": tags} if tags else {}}
    if kind == "code":
        cell = {"cell_type": kind, "execution_count": None, "id": id, "metadata": cell["metadata"], "outputs": []}
    return cell | {"source": source.splitlines(keepends=True)}


def _list(name: str, suite: Path) -> tuple[Path, ...]:
    """Name the report in the settings' list, where it is a list on its line; `every` needs nothing."""
    text = suite.read_text(encoding="utf-8")
    found = LISTED.search(text)
    if found is None:
        return ()
    names = found["names"].rstrip()
    text = text[: found.start("names")] + f"{names}, {name}" + text[found.end("names") :]
    suite.write_text(text, encoding="utf-8")
    return (suite,)


def _write_reference(root: Path) -> Path:
    """The page of all metrics, written anew by the project's own command, which tries the new card too."""
    known = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-m", "analysis.metrics"], cwd=root, env=known, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UserFault(f"analysis.metrics: {done.stderr.strip().splitlines()[-1]}")
    return root / "docs" / "reference" / "metrics.md"
