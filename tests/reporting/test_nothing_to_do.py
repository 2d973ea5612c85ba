"""A run that finds nothing to do: no index is written again, no library is loaded that only rendering needs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.reporting.index import write_indexes
from analysis.reporting.index_state import pages_changed, stands
from analysis.reporting.parameters import PROJECT
from analysis.reporting.records import Entry, Failed, Published
from analysis.reporting.run_record import write_entry

LANGUAGES, REPORTS = ("en", "zh"), ("cycle",)
NEEDS = """
import sys
from analysis.reporting import command_line, plan, prepare, render, steps, workers
steps.suite_steps()
heavy = "jinja2 jupyter_client matplotlib nbconvert nbformat numpy pandas papermill pyarrow scipy statsmodels"
print(*sorted(set(heavy.split()) & set(sys.modules)))
"""


def _published(out: Path, *, value: str = "2.3") -> None:
    told = {"en": f"Repairs take {value} days", "zh": f"维修需{value}天"}
    moment = "2026-07-05T00:00:00Z"
    published = Published(
        key="k", published_at=moment, generated_at=moment, seconds=1.0, title={"en": "Cycle", "zh": "周期"},
        unit_name={"en": "East", "zh": "华东"}, headline=told, signals={}, languages=LANGUAGES,
        data_cutoff_at=moment, files={},
    )  # fmt: skip
    write_entry(out, Entry("cycle", "U01", "2026-06", published))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    _published(tmp_path)
    write_indexes(tmp_path, languages=LANGUAGES, reports=REPORTS)
    return tmp_path


def _fail(out: Path) -> None:
    failed = Failed(
        failed_at="2026-07-06T00:00:00Z", kind="cell raised", reason="no", cell=1, line=1, seconds=1.0, attempts=1,
        title={"en": "Cycle", "zh": "周期"}, unit_name={"en": "East", "zh": "华东"}, key="k",
    )  # fmt: skip
    write_entry(out, Entry("cycle", "U02", "2026-06", None, failed))


CHANGES: dict[str, Callable[[Path], None]] = {
    "a report says something else": lambda out: _published(out, value="2.4"),
    "a report failed": _fail,
    "a page is gone": lambda out: (out / "2026-06" / "index.zh.html").unlink(),
    "a page was written into": lambda out: (out / "index.html").write_text("other"),
    "what is known of the pages is gone": lambda out: (out / ".after_sales" / "pages.json").unlink(),
}


def test_index_pages_stand_while_nothing_they_are_made_from_changed(out: Path):
    assert stands(out, languages=LANGUAGES, reports=REPORTS)
    assert not stands(out, languages=("zh", "en"), reports=REPORTS)
    assert not stands(out, languages=LANGUAGES, reports=("summary", "cycle"))


@pytest.mark.parametrize("change", CHANGES)
def test_index_pages_are_written_again_once(out: Path, change: str):
    CHANGES[change](out)
    assert not stands(out, languages=LANGUAGES, reports=REPORTS)
    write_indexes(out, languages=LANGUAGES, reports=REPORTS)
    assert stands(out, languages=LANGUAGES, reports=REPORTS)


def test_what_an_older_suite_wrote_down_of_its_pages_is_verified_but_not_trusted(out: Path):
    known = out / ".after_sales" / "pages.json"
    known.write_text('{"index.html": "0", "gone.html": "1"}')
    assert pages_changed(out) == ["index.html: changed since it was written", "gone.html: missing"]
    assert not stands(out, languages=LANGUAGES, reports=REPORTS)


def test_what_a_run_without_work_imports_holds_no_library_of_frames_charts_or_kernels():
    done = subprocess.run([sys.executable, "-c", NEEDS], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
