"""What is kept between runs is bounded, and what is in use or young never goes."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis.faults import UserFault
from analysis.reporting.parameters import Keep, read_suite
from analysis.reporting.pruning import SPARED_SECONDS, prune


def _aged(folder: Path, days: float, *, manifest: bool = False) -> Path:
    folder.mkdir(parents=True)
    (folder / ("manifest.json" if manifest else "kpis.parquet")).write_text("{}")
    moment = time.time() - days * 24 * 3600
    os.utime(folder, (moment, moment))
    return folder


def test_the_oldest_go_but_for_what_is_in_use_or_young(tiny: SimpleNamespace, tmp_path: Path) -> None:
    suite = replace(tiny.make_suite(tmp_path), keep=Keep(stores=2, runs=2))
    stores = [_aged(suite.store / f"s{days}", days, manifest=True) for days in range(1, 7)]
    runs = [_aged(suite.store / "run" / f"r{days}", days) for days in range(1, 7)]
    young = _aged(suite.store / "run" / "young", 0.5)
    foreign = _aged(suite.store / "built" / "x" / "waits", 29)
    _aged(suite.store / "built" / "x" / "forgotten", 31)
    (runs[5] / "run_data.json").write_text(json.dumps({"store": str(stores[4])}))
    os.utime(runs[5], (time.time() - 6 * 24 * 3600,) * 2)
    (suite.store / "current.json").write_text(json.dumps({"run": str(runs[5])}))
    gone = prune(suite)
    assert sorted(folder.name for folder in gone) == ["forgotten", "r2", "r3", "r4", "r5", "s3", "s4", "s6"]
    assert all(folder.exists() for folder in (*stores[:2], stores[4], runs[0], runs[5], young, foreign))
    assert not any(folder.exists() for folder in gone)
    assert prune(suite) == []
    assert SPARED_SECONDS == 24 * 3600


def test_mistakes_in_what_to_keep_are_lines(tmp_path: Path) -> None:
    (tmp_path / "suite.yml").write_text("keep: {version: 3, runs: 0}\npartial_data: bannner\n")
    with pytest.raises(UserFault) as fault:
        read_suite(tmp_path)
    assert fault.value.lines == (
        "suite.yml: keep: unknown key 'version'; did you mean 'versions'?",
        "suite.yml: keep: runs must be a whole number of at least 1, got 0",
        "suite.yml: partial_data must be banner or stop, got 'bannner'",
    )
    (tmp_path / "suite.yml").write_text("schedule: {timezone: Asia/Shanghai, groups: {m: {every: month, dya: 3}}}\n")
    with pytest.raises(UserFault) as fault:
        read_suite(tmp_path)
    assert fault.value.lines[0].startswith("suite.yml: schedule: groups: m: unknown key 'dya'; did you mean 'day'")
