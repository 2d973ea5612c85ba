"""Rows X1 to X13: hostile texts, hostile settings, persons' data, and files that were changed afterwards.

The business of people.py goes through the real suite once: intake, measuring, signals, notebooks, pages. What is looked
at are the files that readers get.
"""

import ast
import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from analysis.faults import UserFault
from analysis.intake.strict_yaml import read_yaml as read_mapping
from analysis.metrics.cards import Catalogue, read_catalogue
from analysis.metrics.check import check_catalogue
from analysis.metrics.small_cells import about_people
from analysis.reporting import command_line, commands
from analysis.reporting.folders import report_folder
from analysis.reporting.parameters import override, read_suite, read_yaml
from analysis.reporting.refused_list import as_text
from analysis.reporting.render import render
from analysis.reporting.steps import suite_steps
from analysis.reporting.workbook import write_workbook
from tests.faults import hostile, people

ROOT = Path(__file__).parents[2]
REPORTS = ("satisfaction", "complaints")
NAVIGATION = re.compile(r"<nav\b.*?</nav>", re.DOTALL)
CSV_WRITERS = re.compile(r"\.to_csv\(|csv\.writer\(|CSVWriter\(|DictWriter\(")


@pytest.fixture(scope="module")
def rendered(tiny: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Two reports of two units of the hostile business, rendered by the real suite, with all that was told."""
    home = tmp_path_factory.mktemp("hostile")
    (home / "data").mkdir()
    (home / "params").mkdir()
    people.write_people_business(home / "data")
    asked = {
        "data": str(home / "data"), "out": home / "out", "store": home / "store", "reports": REPORTS,
        "business_units": ("U01", "U04"), "languages": ("en", "zh"), "workers": 2,
    }  # fmt: skip
    suite, told = override(read_suite(home / "params"), asked), tiny.Silent()
    outcome = render(suite, steps=suite_steps(), progress=told)
    assert outcome.failed == ()
    return SimpleNamespace(
        out=suite.out, u01=suite.out / "2026-06" / "U01", u04=suite.out / "2026-06" / "U04", told=told
    )


def _texts(file: Path) -> dict[str, str]:
    """What stands in a published file, part by part for a workbook."""
    if file.suffix != ".xlsx":
        return {file.name: file.read_bytes().decode("utf-8", "replace")}
    with zipfile.ZipFile(file) as parts:
        return {f"{file.name}:{name}": parts.read(name).decode("utf-8", "replace") for name in parts.namelist()}


def _all_texts(folder: Path) -> dict[str, str]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {f"{file.parent.name}/{name}": text for file in files for name, text in _texts(file).items()}


def _opened(browser: Any, file: Path) -> str:
    """The words of a page in a real browser, once it is shown that nothing in it ran and nothing was asked for."""
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert (
        page.evaluate("document.querySelectorAll('script:not([data-own]), [onerror], [onload], [onclick]').length") == 0
    )
    assert page.evaluate("[...document.querySelectorAll('a')].filter(a => a.protocol === 'javascript:').length") == 0
    assert page.title() not in ("owned", "1")
    words = page.inner_text("body")
    page.close()
    return str(words)


def test_x1_nothing_of_a_hostile_business_runs_in_a_browser(rendered: SimpleNamespace, browser: Any, witness):
    pages = [*sorted(rendered.u01.glob("*.html")), *sorted(rendered.u04.glob("*.html")), rendered.out / "index.html"]
    words = {f"{page.parent.name}/{page.name}": _opened(browser, page) for page in pages}
    assert len(pages) == 9
    assert "document.title" in words["U01/complaints.en.html"], "hostile texts are shown, as text"
    witness(
        "X1",
        injected="<script>, onerror= and javascript: in every name, code, category and free text of a business of four "
        "units, through intake, measuring, notebooks and pages",
        happened=f"{len(pages)} pages opened in Chromium: no script ran, no element has a handler, no javascript: "
        "address, no request but the page itself; the markup stands on the page as text",
    )


@pytest.mark.prove
def test_x1_nothing_of_a_whole_hostile_sample_runs_on_any_report(tmp_path: Path, browser: Any, witness):
    hostile.write_hostile_business(tmp_path / "data", work_orders=4_000)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "suite.yml").write_text(f"store: {tmp_path / 'store'}\n", encoding="utf-8")
    command = [sys.executable, "run_reports.py", "render", "--data", str(tmp_path / "data"), "--params"]
    command += [str(tmp_path / "params"), "--out", str(tmp_path / "out"), "--business-unit", f"{hostile.UNIT},all"]
    done = subprocess.run([*command, "--period", "2026-06"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted((tmp_path / "out").rglob("*.html"))
    for page in pages:
        _opened(browser, page)
    leaks = _leaks(_all_texts(tmp_path / "out"), hostile.TRACES)
    assert leaks == []
    witness(
        "X1",
        injected="the sample business with hostile markup in every text column, every report, one unit and the company",
        happened=f"{len(pages)} pages opened in Chromium: nothing ran, nothing was asked for",
    )


def test_x2_a_hostile_unit_name_is_escaped_for_its_place(
    rendered: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str], witness
):
    page, index = (
        (rendered.u01 / "complaints.en.html").read_text("utf-8"),
        (rendered.out / "index.html").read_text("utf-8"),
    )
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    assert "&lt;script&gt;" in title[1]
    drawn = re.findall(r"<(?:svg|text|title|desc)\b[^>]*>[^<]*", page)
    assert any("&lt;script&gt;" in one for one in drawn), "a chart's own texts hold hostile labels"
    for place, text in {"page": page, "index": index}.items():
        assert "<script>document" not in text, place
        assert "<img src=x" not in text, place
        assert not re.search(r"<[^>]*\sonerror=\"document", text), place
    tiny.write_notebook(
        tmp_path / "notebooks", "loud", 'raise ValueError("a\\n\\x1b[2JFAKE · U01: published\\r\\u2028b")'
    )
    suite, told = tiny.make_suite(tmp_path, business_units=("U01",)), tiny.Silent()
    outcome = render(suite, steps=tiny.make_steps(tiny.write_store(tmp_path / "made")), progress=told)
    assert outcome.failed == ("loud · U01 · 2026-06: cell 4, line 1: ValueError: a FAKE · U01: published b",)
    witness(
        "X2",
        injected="markup in a unit's name, in codes that charts label, and a new line with a false message and a "
        "terminal's control code in an error",
        happened="escaped in <title>, headings, chart texts and the index; in the log one line without control codes",
    )


def test_x3_code_in_a_parameters_value_is_inert(tiny: SimpleNamespace, tmp_path: Path, witness):
    touched = tmp_path / "touched"
    value = f'"); __import__("os").system("touch {touched}") #\n\'\'\'{{x.__class__}}'
    parameters = f'{tiny.PARAMETERS}note: str = ""\n'
    seen = f"import pathlib\npathlib.Path({str(tmp_path / 'seen')!r}).write_text(note)"
    tiny.write_notebook(tmp_path / "notebooks", "sound", seen, parameters=parameters)
    suite = tiny.make_suite(tmp_path, business_units=("U01",), parameters={"sound": {"note": value}})
    outcome = render(suite, steps=tiny.make_steps(tiny.write_store(tmp_path / "made")), progress=tiny.Silent())
    assert outcome.failed == ()
    assert (tmp_path / "seen").read_text() == value
    assert not touched.exists()
    witness(
        "X3",
        injected="a parameter's value that closes its string and calls os.system",
        happened="the notebook got the text, character by character; nothing was called",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("x = __import__('os').system('true') #", "1"), ("notee", "1"), ("note", 1), ("period", "2025-01"), ("", "1")],
)
def test_x4_a_parameter_that_the_notebook_does_not_have_is_refused_before_any_kernel(
    name: str, value: Any, tiny: SimpleNamespace, tmp_path: Path, witness
):
    calls: list[str] = []
    tiny.write_notebook(tmp_path / "notebooks", "sound", parameters=f'{tiny.PARAMETERS}note: str = ""\n')
    suite = tiny.make_suite(tmp_path, parameters={"sound": {name: value}})
    with pytest.raises(UserFault) as fault:
        render(suite, steps=tiny.make_steps(tiny.write_store(tmp_path / "made"), calls), progress=tiny.Silent())
    assert calls == []
    assert not suite.out.exists()
    witness(
        "X4",
        injected=f"parameter {name!r} with {value!r}",
        happened=f"refused before anything ran: {fault.value.lines[0]}",
    )


def test_x5_a_hostile_units_pages_stay_inside_the_output_folder(
    tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, witness
):
    ids = ["../../x", "a/b", "CON", ".", "..", "文" * 90, "{x.__class__}", "a\x00b", "C:\\x", "~", " "]
    folders = {unit: report_folder(tmp_path / "out", "2026-06", unit) for unit in ids}
    assert all((tmp_path / "out").resolve() in folder.resolve().parents for folder in folders.values())
    assert len({folder.name.casefold() for folder in folders.values()}) == len(ids)
    assert all(len(folder.name.encode()) < 200 and folder.parent.name == "2026-06" for folder in folders.values())
    rendered_ids = {"../../x": ("Far", "远"), "a/b": ("Slash", "斜"), "{x.__class__}": ("Brace", "括")}
    monkeypatch.setitem(tiny.write_store.__globals__, "UNITS", rendered_ids)
    tiny.write_notebook(tmp_path / "project" / "notebooks", "sound")
    suite = tiny.make_suite(tmp_path / "project", business_units=tuple(rendered_ids))
    outcome = render(suite, steps=tiny.make_steps(tiny.write_store(tmp_path / "made")), progress=tiny.Silent())
    assert (outcome.published, outcome.failed) == (3, ())
    pages = list(tmp_path.rglob("sound.en.html"))
    assert len(pages) == 3
    assert all(page.parents[1] == suite.out / "2026-06" for page in pages)
    witness(
        "X5",
        injected=f"unit ids {', '.join(repr(unit if len(unit) < 20 else unit[:3] + '… (90)') for unit in ids)}",
        happened="every folder lies in the period's own folder, no two are one; three of them rendered: "
        + ", ".join(sorted(page.parent.name for page in pages)),
    )


def test_x6_yaml_that_builds_objects_is_refused_wherever_yaml_is_read(tmp_path: Path, witness):
    touched = tmp_path / "touched"
    text = f"data: !!python/object/apply:os.system ['touch {touched}']\n"
    for name in ("suite.yml", "metrics.yml", "map.yml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    readers = {
        "suite.yml": lambda file: read_suite(file.parent), "scorecard.yml, business units": read_yaml,
        "metrics.yml": read_catalogue, "mappings": read_mapping,
    }  # fmt: skip
    for name, read in readers.items():
        with pytest.raises(UserFault):
            read(tmp_path / (name if name in ("suite.yml", "metrics.yml") else "map.yml"))
    assert not touched.exists()
    unsafe = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for file in (ROOT / "analysis").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and _loads_unsafely(call)
    ]
    assert unsafe == []
    witness(
        "X6",
        injected="`!!python/object/apply:os.system` in suite.yml, metrics.yml, a mapping and any other settings file",
        happened=f"refused by all {len(readers)} readers, nothing was called; no call of yaml in the suite takes "
        "another than a safe loader",
    )


def _loads_unsafely(call: ast.Call) -> bool:
    told = ast.unparse(call.func)
    if told in ("yaml.unsafe_load", "yaml.full_load", "yaml.load_all", "yaml.unsafe_load_all"):
        return True
    loaders = {ast.unparse(word.value) for word in call.keywords if word.arg == "Loader"}
    return (told == "yaml.load" and not loaders <= {"yaml.SafeLoader", "yaml.CSafeLoader", "_PlainLoader"}) or (
        told == "yaml.load" and not loaders
    )


def test_x7_a_text_that_looks_like_a_formula_stays_text_and_numbers_stay_numbers(
    rendered: SimpleNamespace, tmp_path: Path, witness
):
    texts = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "=1+1", "\r=1"]
    table = {"columns": ["text", "number"], "rows": [[text, -1.5] for text in texts]}
    record = {"kpis": [], "findings": [], "data_quality": [], "missing": []}
    write_workbook(tmp_path / "book.xlsx", record, {"t": table}, definitions={}, provenance=[])
    read = pd.read_excel(tmp_path / "book.xlsx", sheet_name="t", engine="calamine")
    assert read["number"].tolist() == [-1.5] * len(texts)
    assert [str(text).strip() for text in read["text"]] == [text.strip() for text in texts]
    books = {name: text for name, text in _all_texts(rendered.out).items() if ".xlsx:" in name}
    assert books
    assert not any("<f>" in text or "<hyperlink" in text for text in books.values())
    writers = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "analysis").rglob("*.py")
        if CSV_WRITERS.search(file.read_text(encoding="utf-8"))
    }
    # the sample business's own files, and a workbook's sheet on its way into the store: neither is for readers
    inner = {"analysis/sample/writing.py", "analysis/intake/workbooks.py"}
    guarded = {"analysis/reporting/refused_list.py"}
    assert writers <= inner | guarded, "guard its texts as X7 asks"
    assert [as_text(text) for text in (*texts, " =1", "＝1", "plain", -1.5)] == [
        *(f"'{text}" for text in (*texts, " =1", "＝1")), "plain", "-1.5",
    ]  # fmt: skip
    witness(
        "X7",
        injected="=cmd…, +, -, @, tab and carriage return before a formula, in drawn tables and in every text "
        "of a business",
        happened=f"{len(books)} parts of workbooks hold no formula and no link; -1.5 came back as a number; the only "
        "CSV for readers, the list of refused rows, has an apostrophe before each (a test fails when another is added)",
    )


def test_x8_a_secret_reaches_no_notebook_page_record_or_log(
    tiny: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, witness
):
    secret = "s3cr3t-9f2c"
    for name in ("WAREHOUSE_PASSWORD", "SMTP_PASSWORD", "DATABASE_URL"):
        monkeypatch.setenv(name, f"postgresql://reader:{secret}@host/db")
    tiny.write_notebook(tmp_path / "notebooks", "sound", "import os\nprint(dict(os.environ))\nos.environ")
    suite, told = tiny.make_suite(tmp_path, business_units=("U01",)), tiny.Silent()
    steps = tiny.make_steps(tiny.write_store(tmp_path / "made"))
    assert render(suite, steps=steps, progress=told).failed == ()
    left = {name: text for name, text in _all_texts(tmp_path).items() if secret in text}
    assert left == {}
    assert secret not in "".join(told.lines)
    with pytest.raises(UserFault) as fault:
        override(suite, {"data": f"postgresql://reader:{secret}@host/db"})
    assert secret not in str(fault.value)
    with pytest.raises(UserFault, match="looks like a secret"):
        render(replace(suite, parameters={"sound": {"api_key": secret}}), steps=steps, progress=told)
    witness(
        "X8",
        injected="a password in three variables of the runner's environment and a cell that prints its own; the "
        "password in the address of --data; a parameter named api_key",
        happened="the kernel did not have the variables; no file of output or store holds the password; address and "
        "parameter refused without repeating it",
    )


def test_x9_what_names_a_person_is_masked_on_every_output(
    rendered: SimpleNamespace, tiny: SimpleNamespace, tmp_path, witness
):
    texts = _all_texts(rendered.out / "2026-06") | {"index.html": (rendered.out / "index.html").read_text("utf-8")}
    assert _leaks(texts, people.TRACES) == []
    assert "[phone]" in texts["U01/complaints.en.html"]
    assert any("[phone]" in text for name, text in texts.items() if ".xlsx:" in name)
    shows = f"import pandas as pd\nprint({people.PERSONAL!r})\ndisplay(pd.DataFrame({{'a': [{people.PERSONAL!r}]}}))"
    tiny.write_notebook(tmp_path / "notebooks", "byhand", shows)
    tiny.write_notebook(tmp_path / "notebooks", "fails", f"raise ValueError({people.PERSONAL!r})")
    suite = tiny.make_suite(tmp_path, business_units=("U01",))
    outcome = render(suite, steps=tiny.make_steps(tiny.write_store(tmp_path / "made")), progress=tiny.Silent())
    assert len(outcome.failed) == 1
    by_hand = _all_texts(suite.out)
    outputs = {name: _outputs(text) if name.endswith(".ipynb") else text for name, text in by_hand.items()}
    outputs.pop("U01/fails.txt")  # the traceback quotes the cell's code, which is the notebook's own
    assert _leaks(outputs, people.TRACES) == []
    witness(
        "X9",
        injected="a telephone number, an identity number, an e-mail address and two names in every name, code and free "
        "text of a business; printed and shown by an analyst's own cell; raised in an error",
        happened=f"none of them in {len(texts)} files and parts: pages with their charts, records, workbooks, executed "
        "notebooks, index; '[phone]' stands there instead",
    )


def _outputs(notebook: str) -> str:
    return json.dumps([cell.get("outputs") for cell in json.loads(notebook)["cells"]], ensure_ascii=False)


def _leaks(texts: dict[str, str], traces: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Where one of the traces stands: name, trace, what is around it."""
    found = []
    for name, text in texts.items():
        plain = html.unescape(text)
        for trace in traces:
            at = plain.find(trace)
            if at >= 0:
                found.append((name, trace, plain[max(0, at - 80) : at + 60]))
    return found


def test_x10_a_cell_of_too_few_people_is_withheld_with_a_second_one_on_every_output(rendered: SimpleNamespace, witness):
    facts = json.loads((rendered.u04 / "satisfaction.en.json").read_text("utf-8"))
    catalogue = read_catalogue()
    told = {kpi["metric"]: kpi for kpi in facts["kpis"] if about_people(catalogue[kpi["metric"]], "")}
    small = told["csat_top2_share"]
    assert (small["value"], small["n"], small["numerator"], small["low"]) == (None, 0, None, None)
    assert small["reason"] == "too few people"
    assert all(kpi["value"] is None or kpi["n"] >= 5 for kpi in told.values())
    page, book = (rendered.u01 / "satisfaction.en.html").read_text("utf-8"), rendered.u01 / "satisfaction.xlsx"
    sheets = pd.read_excel(book, sheet_name=None, engine="calamine", dtype=str, keep_default_na=False)
    table = next(sheet for name, sheet in sheets.items() if "[c]" in sheet.to_numpy())
    held = table[table["n"] == "[c]"]
    labels = " ".join(held["label"]).lower()
    assert people.SMALL in labels
    assert len(held) == 2, "a second segment is withheld, or the total would give the first away"
    assert (held["value"] == "[c]").all()
    assert "[c] too few people to show" in page
    charts = " ".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL)).lower()
    assert people.SMALL not in charts
    others = [name for name, sheet in sheets.items() if sheet is not table and people.SMALL in sheet.to_csv().lower()]
    assert others == []
    witness(
        "X10",
        injected="a unit with 3 answers in the month; a customer segment with 2 answers in a unit's year; k = 5",
        happened="the unit's figures are null with 'too few people' in its record; the segment and a second one are "
        "[c] in table and workbook and stand in no chart and no other sheet; the page says what [c] means",
    )


def test_x11_a_units_files_hold_no_record_or_name_of_another_unit(rendered: SimpleNamespace, witness):
    texts = _all_texts(rendered.u01)
    others = tuple(people.mark(unit) for unit in people.UNITS if unit != "U01")
    told = {name: NAVIGATION.sub("", text) for name, text in texts.items()}  # links to the others' own pages
    assert _leaks(told, others) == []
    assert any(people.mark("U01") in text for text in texts.values())
    assert {Path(name.split(":")[0]).suffix for name in texts} == {".html", ".json", ".ipynb", ".xlsx"}
    witness(
        "X11",
        injected="every order, customer, technician, complaint and unit name carries its unit's mark",
        happened=f"{len(texts)} files and parts of one unit (pages, records, notebooks, workbooks) hold no "
        "other's mark",
    )


@pytest.mark.parametrize(
    "expression", ["reopens > 0; DROP TABLE x", "read_csv('/etc/passwd') IS NULL", "COPY x TO 'y'", "ATTACH 'x'"]
)
def test_x12_a_metric_that_is_no_plain_expression_is_refused(expression: str, witness):
    card = read_catalogue()["csat_top2_share"]
    broken = Catalogue({card.id: replace(card, how=replace(card.how, numerator=expression))})
    with pytest.raises(UserFault) as fault:
        check_catalogue(broken)
    assert "csat_top2_share" in fault.value.lines[0]
    witness("X12", injected=f"a numerator `{expression}`", happened=f"refused: {fault.value.lines[0][:150]}")


def test_x13_a_file_changed_afterwards_is_found_and_a_sign_off_falls_with_it(
    rendered: SimpleNamespace, tiny: SimpleNamespace, tmp_path: Path, monkeypatch, capsys, witness
):
    out = Path(shutil.copytree(rendered.out, tmp_path / "out"))
    monkeypatch.setattr(commands, "read_suite", lambda params: tiny.make_suite(tmp_path, out=out))
    monkeypatch.setattr(command_line.signal, "signal", lambda *_: None)
    monkeypatch.setenv("AFTER_SALES_SIGNING_KEY", "key of the quality office")
    assert command_line.main(["verify"]) == 0
    assert command_line.main(["verify", "--sign", "Li Lei", "--period", "2026-06"]) == 0
    capsys.readouterr()
    assert command_line.main(["verify"]) == 0
    assert re.search(r"2026-06: signed off by Li Lei on \S+Z, 28 files: stands, sealed", capsys.readouterr().out)
    page = out / "2026-06" / "U01" / "complaints.en.html"
    page.write_text(page.read_text("utf-8").replace("</html>", " </html>"), encoding="utf-8")
    (out / "2026-06" / "U04" / "complaints.xlsx").unlink()
    assert command_line.main(["verify"]) == 1
    told = capsys.readouterr().out
    assert "2026-06/U01/complaints.en.html: changed since it was published on" in told
    assert "2026-06/U04/complaints.xlsx: missing" in told
    assert "28 files: does not stand any more" in told
    assert command_line.main(["verify", "--sign", "Li Lei", "--period", "2026-06"]) == 2
    manifest = out / "2026-06" / "signed_off.json"
    manifest.write_text(manifest.read_text("utf-8").replace("Li Lei", "Han Mei"), encoding="utf-8")
    assert command_line.main(["verify"]) == 1
    assert "its seal is not that of the key" in capsys.readouterr().out
    witness(
        "X13",
        injected="one character added to a published page, a workbook removed, another name put into the sign-off",
        happened="`verify` names both files and exits 1; the sign-off of 28 files 'does not stand any more'; the "
        "changed name is found by the seal; a changed period cannot be signed off",
    )
