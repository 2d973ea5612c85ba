"""Whole runs on tiny notebooks with real kernels: what is published, what fails and how, what a second run does."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from analysis.reporting.index import write_indexes
from analysis.reporting.plan import built_folder
from analysis.reporting.publish import verify
from analysis.reporting.render import render
from analysis.reporting.run_record import read_entries

PROVENANCE = re.compile(rb'<details class="made">.*?</details>', re.DOTALL)
LINKS = re.compile(rb"<nav .*</nav>")


@pytest.fixture(scope="module")
def runs(tiny: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Three runs: everything for one unit; nothing changed; two reports again, by force, with the company."""
    folder = tmp_path_factory.mktemp("runs")
    notebooks, store = folder / "notebooks", tiny.write_store(folder / "made")
    tiny.write_notebook(
        notebooks, "sound", 'print("<script>alert(1)</script> call 13912345678")\nvalue = parameter_like = 1'
    )
    tiny.write_notebook(notebooks, "changing")
    tiny.write_notebook(notebooks, "raises", "ok = 1\n1 / 0  # here")
    calls: list[str] = []
    suite = tiny.make_suite(folder, business_units=("U01",))
    steps = tiny.make_steps(store, calls)
    (folder / "out" / ".after_sales" / "staging" / "left").mkdir(parents=True)
    (built_folder(suite) / ".half.123").mkdir(parents=True)
    for half in (".after_sales/records/2026-06/U01/.sound.json.21396", "2026-06/U01/.sound.en.77.pdf"):
        (folder / "out" / half).parent.mkdir(parents=True, exist_ok=True)
        (folder / "out" / half).write_text("{")
    first = render(suite, steps=steps, progress=tiny.Silent())
    kept = shutil.copytree(suite.out, folder / "after_first")
    _add_cells_for_work_by_hand(notebooks / "sound.ipynb")
    second_progress = tiny.Silent()
    second = render(replace(suite, reports=("sound", "changing")), steps=steps, progress=second_progress)
    tiny.write_notebook(notebooks, "changing", 'raise ValueError("new fault\\nof two lines")')
    third = render(
        replace(suite, reports=("sound", "changing"), business_units=("all", "East")),
        steps=steps,
        progress=tiny.Silent(),
        force=True,
    )
    return SimpleNamespace(
        folder=folder, suite=suite, first=first, second=second, second_progress=second_progress, third=third, kept=kept,
        calls=calls, out=suite.out, store=store,
    )  # fmt: skip


def test_sound_reports_are_published_beside_failed_ones(runs: SimpleNamespace) -> None:
    assert runs.first.published == 2
    assert runs.first.failed == ("raises · U01 · 2026-06: cell 4, line 2: ZeroDivisionError: division by zero",)
    published = sorted(file.name for file in (runs.kept / "2026-06" / "U01").iterdir())
    kinds = ["en.html", "en.ipynb", "en.json", "xlsx", "zh.html", "zh.ipynb", "zh.json"]
    assert published == sorted(f"{name}.{kind}" for name in ("changing", "sound") for kind in kinds)


def test_a_run_killed_before_leaves_no_staging(runs: SimpleNamespace) -> None:
    assert not (runs.kept / ".after_sales" / "staging" / "left").exists()
    assert not (built_folder(runs.suite) / ".half.123").exists()
    assert not list(runs.kept.rglob(".*.[0-9]*")), "a file that a killed run had only begun is still there"


def test_cells_for_work_by_hand_are_neither_run_nor_shown_and_make_no_report_anew(runs: SimpleNamespace) -> None:
    assert (runs.second.published, runs.second.unchanged) == (0, 2), "they came after the first run"
    folder = runs.out / "2026-06" / "U01"
    cells = json.loads((folder / "sound.en.ipynb").read_text(encoding="utf-8"))["cells"]
    by_hand = next(cell for cell in cells if "autoreload" in "".join(cell["source"]))
    assert by_hand["execution_count"] is None
    assert by_hand["outputs"] == []
    assert "for my eyes" not in (folder / "sound.en.html").read_text(encoding="utf-8")


def test_nothing_changed_means_nothing_rendered(runs: SimpleNamespace) -> None:
    assert (runs.second.published, runs.second.unchanged, runs.second.failed) == (0, 2, ())
    assert runs.calls.count("measure month") == 1
    assert runs.calls.count("evaluate 2026-06") == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_forced_second_render_gives_the_same_page_but_for_provenance_and_links(
    runs: SimpleNamespace, language: str
) -> None:
    name = f"2026-06/U01/sound.{language}.html"
    before, after = (root.joinpath(name).read_bytes() for root in (runs.kept, runs.out))
    same = [LINKS.sub(b"", PROVENANCE.sub(b"", page)) for page in (before, after)]
    assert same[0] == same[1]
    assert len(same[0]) > 1000


def test_a_forced_second_render_gives_the_same_facts_but_for_the_moment(runs: SimpleNamespace) -> None:
    before, after = (json.loads((root / "2026-06/U01/sound.en.json").read_text()) for root in (runs.kept, runs.out))
    assert {**before, "generated_at": ""} == {**after, "generated_at": ""}


def test_a_failed_report_never_replaces_a_good_one(runs: SimpleNamespace) -> None:
    assert [line.split(":")[0] for line in runs.third.failed] == [
        "changing · all · 2026-06",
        "changing · U01 · 2026-06",
    ]
    before, after = ((root / "2026-06/U01/changing.en.html").read_bytes() for root in (runs.kept, runs.out))
    assert before == after
    assert "new fault of two lines" in runs.third.failed[0]


def test_the_index_says_what_is_stale_since_when_and_shows_the_good_page(runs: SimpleNamespace) -> None:
    index = (runs.out / "index.html").read_text()
    assert re.search(
        r"Failed on \d+ \w+ \d{4}: a cell stopped with an error \(cell 4, line 1\): "
        r"ValueError: new fault of two lines\. The page of .* is shown",
        index,
    )
    assert 'href="2026-06/U01/changing.en.html"' in index
    assert "2026-06/all/changing.en.html" not in index
    assert index.index("Whole company") < index.index("East")
    assert "ZeroDivisionError" in index
    zh = (runs.out / "index.zh.html").read_text()
    assert "生成失败：单元格运行出错（第4格第1行）：ValueError: new fault of two lines。目前显示的是" in zh
    assert "维修需2.3天" in zh


def test_run_json_tells_every_report(runs: SimpleNamespace) -> None:
    run = json.loads((runs.kept / "2026-06" / "run.json").read_text(), parse_constant=_refuse)
    assert run["counts"] == {"published": 2, "stale": 0, "failed": 1}
    told = {report["report"]: report for report in run["reports"]}
    assert told["sound"]["seconds"] > 0
    assert told["raises"]["failed"]["cell"] == 4
    assert run["data"]["fingerprint"] == "f1"


def test_every_json_is_strict(runs: SimpleNamespace) -> None:
    files = list(runs.out.rglob("*.json"))
    assert len(files) > 10
    for file in files:
        json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)


def test_every_link_is_relative_and_leads_to_a_page_that_is_there(runs: SimpleNamespace) -> None:
    pages = list(runs.out.rglob("*.html"))
    links = [(page, link) for page in pages for link in _Links.of(page) if not link.startswith("#")]
    assert len(links) > 20
    missing = [(page.name, link) for page, link in links if not (page.parent / unquote(link)).resolve().is_file()]
    assert missing == []


def test_a_page_holds_no_script_no_stderr_and_no_path_of_this_machine(runs: SimpleNamespace) -> None:
    page = (runs.out / "2026-06/U01/sound.en.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; call [phone]" in page
    assert "<script" not in page
    assert str(runs.folder) not in page
    assert str(runs.folder) not in (runs.out / "2026-06/U01/sound.en.ipynb").read_text()


def test_verify_finds_a_file_that_was_tampered_with(runs: SimpleNamespace, tmp_path: Path) -> None:
    out = shutil.copytree(runs.kept, tmp_path / "copy")
    assert verify(out, read_entries(out)) == []
    page = out / "2026-06/U01/sound.en.html"
    page.write_text(page.read_text().replace("2.3", "1.3"))
    (out / "2026-06/U01/sound.xlsx").unlink()
    found = verify(out, read_entries(out))
    assert [line.split(":")[0] for line in found] == ["2026-06/U01/sound.en.html", "2026-06/U01/sound.xlsx"]


def test_a_page_that_cannot_be_made_fails_its_own_report_only(
    runs: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path
) -> None:
    odd = 'display({"application/vnd.after-sales.block+json": {"kind": "odd"}}, raw=True)'
    tiny.write_notebook(tmp_path / "notebooks", "odd", odd)
    tiny.write_notebook(tmp_path / "notebooks", "sound")
    suite = replace(
        runs.suite, out=tmp_path / "out", notebooks=tmp_path / "notebooks", store=tmp_path / "store", workers=1
    )
    outcome = render(suite, steps=tiny.make_steps(runs.store), progress=tiny.Silent())
    assert outcome.published == 1
    assert outcome.failed == ("odd · U01 · 2026-06: its page could not be made: KeyError('html')",)
    assert "KeyError" in (suite.out / "2026-06" / "failed" / "U01" / "odd.txt").read_text()


def test_an_index_made_again_is_byte_equal(runs: SimpleNamespace, tmp_path: Path) -> None:
    out = shutil.copytree(runs.kept, tmp_path / "elsewhere")
    before = {name: (out / name).read_bytes() for name in ("index.html", "index.zh.html", "2026-06/index.html")}
    write_indexes(
        out, languages=("en", "zh"), reports=tuple(sorted(file.stem for file in runs.suite.notebooks.iterdir()))
    )
    assert {name: (out / name).read_bytes() for name in before} == before


class _Links(HTMLParser):
    """Every href of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]

    @classmethod
    def of(cls, page: Path) -> list[str]:
        parser = cls()
        parser.feed(page.read_text(encoding="utf-8"))
        return parser.found


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _add_cells_for_work_by_hand(notebook: Path) -> None:
    content = json.loads(notebook.read_text(encoding="utf-8"))
    marked = {"metadata": {"tags": ["skip-execution"]}}
    code = {"outputs": [], "execution_count": None, "source": '%load_ext autoreload\nraise RuntimeError("by hand")'}
    content["cells"][2:2] = [{"cell_type": "code", "id": "by-hand", **marked, **code}]
    content["cells"].append({"cell_type": "markdown", "id": "note", **marked, "source": "A note for my eyes"})
    content["cells"].append({"cell_type": "code", "id": "after", **marked, **code, "source": "1 / 0"})
    notebook.write_text(json.dumps(content), encoding="utf-8")
