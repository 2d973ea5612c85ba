"""The pages that are looked at in a browser, and axe-core."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.sample import write_sample

ROOT = Path(__file__).parents[2]
PERIOD, UNIT = "2026-06", "U03"
HOSTILE = '<script>document.title="owned"</script><img src=x onerror="document.title=1">'


@pytest.fixture(scope="session")
def axe() -> Any:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@pytest.fixture(scope="session")
def rendered(chromium: str, once: Callable[..., Path]) -> Callable[..., Path]:
    """`rendered("name", reports, units)`: the output folder of the real command in both languages, on a sample whose
    complaints carry markup, on what `write` writes, or on the source beside a `store` that is prepared."""

    def render(
        name: str,
        reports: tuple[str, ...],
        units: tuple[str, ...],
        *options: str,
        write: Callable[[Path], None] = _write_hostile_sample,
        store: Path | None = None,
    ) -> Path:
        return once(f"pages-{name}", lambda home: _render(home, store or _taken(home, write), reports, units, options))

    return render


def _write_hostile_sample(folder: Path) -> None:
    write_sample(folder, work_orders=4_000, business_units=(UNIT, "U05", "U06", "U09"))
    complaints = folder / "complaints.csv"
    pd.read_csv(complaints, dtype=str, keep_default_na=False).assign(text=HOSTILE).to_csv(complaints, index=False)


def _taken(home: Path, write: Callable[[Path], None]) -> Path:
    """Data written under `home`, and the store beside it, which the command itself prepares."""
    write(home / "source")
    return home / "store"


def _render(
    home: Path,
    store: Path,
    reports: tuple[str, ...],
    units: tuple[str, ...],
    options: tuple[str, ...],
) -> Path:
    params = home / "params"
    params.mkdir()
    (params / "suite.yml").write_text(f"store: {store}\nlanguages: [en, zh]\n", encoding="utf-8")
    command = [
        sys.executable,
        "run_reports.py",
        "render",
        "--data",
        str(store.parent / "source"),
        "--params",
        str(params),
    ]
    command += ["--out", str(home / "out"), "--business-unit", ",".join(units), "--period", PERIOD, *options]
    done = subprocess.run([*command, "--report", ",".join(reports)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "out"
