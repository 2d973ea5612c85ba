"""A warm kernel is a kernel: it shows what a cold one shows, keeps to itself, and never outlives who asked for it."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nbformat
import psutil
import pytest

from analysis.reporting import failures
from analysis.reporting.execute import execute
from analysis.reporting.failures import ReportFailed
from analysis.reporting.kernel_parent import kernel_environment, nursery
from analysis.reporting.parameters import PROJECT, Limits
from analysis.reporting.warm_kernels import ask

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

SHOWS = """
import os, sys, random, warnings
import matplotlib, matplotlib.pyplot as plt, numpy as np, pandas as pd
print("printed"); print("told aside", file=sys.stderr); os.write(1, b"written below Python\\n")
display(pd.DataFrame({"a": range(30), "b": 1.5}))
for count in range(2):
    plt.figure(); plt.plot([1, count])
plt.show()
warnings.warn("a warning")
np.random.default_rng(4).normal(size=3), sum(range(10))
"""
TELLS = """
import os, random, sys
import matplotlib, numpy as np, pandas as pd, seaborn, statsmodels
options = {name: pd.get_option(name) for name in ("display.max_columns", "display.max_rows", "mode.sim_interactive")}
print(sorted((k, v) for k, v in os.environ.items() if k not in ("JPY_PARENT_PID", "JPY_SESSION_NAME", "IPYTHONDIR")))
print(options, os.getcwd(), sys.path[-3:])
print(sorted((k, str(v)) for k, v in matplotlib.rcParams.items()))
print(np.geterr(), sys.getrecursionlimit(), sys.stdin.__class__.__name__, os.getpid() == os.getpgid(0))
print(__name__, sorted(name for name in dir() if not name.startswith("_")))
"""
DRAWS = "import random, numpy as np\nprint(random.random(), np.random.random())"
MISBEHAVES = """
import pandas as pd, os
pd.DataFrame.head = None
os.environ["LEFT"] = "behind"
pd.set_option("display.max_rows", 1)
"""
LOOKS = """
import pandas as pd, os
print(pd.DataFrame({"a": [1]}).head(), os.environ.get("LEFT"), pd.get_option("display.max_rows"))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("run")
    with nursery(kernel_environment(folder, PROJECT), project=PROJECT) as found:
        assert found is not None
        yield found


@pytest.fixture
def run(tiny: SimpleNamespace, tmp_path: Path):
    """`run("print(1)", nursery=address)`: the outputs of that cell, as nbformat keeps them."""

    def once(*cells: str, nursery: str | None, limits: Limits = Limits()) -> list:  # noqa: B008
        notebook = tiny.write_notebook(tmp_path / "notebooks", "warm", *cells)
        values = {"business_unit": "U01", "period": "2026-06", "language": "en"}
        done, _ = execute(notebook, tmp_path / "out.ipynb", values=values, run=tmp_path, limits=limits, nursery=nursery)
        return next(cell for cell in done.cells if cell.source == cells[0].strip()).outputs

    return once


def normalised(outputs: list) -> str:
    """Outputs without the addresses and process numbers that differ between any two runs."""
    return re.sub(r"0x[0-9a-f]+|ipykernel_\d+|asr-\w+", "~", nbformat.v4.writes_json(nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("", outputs=outputs, id="x")])))  # fmt: skip


def texts(outputs: list) -> str:
    return "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stdout")


def test_a_warm_kernel_shows_what_a_cold_one_shows_byte_for_byte(run, address: str):
    warm, cold = (run(SHOWS, nursery=place) for place in (address, None))
    figures = [output for output in warm if "image/png" in output.get("data", {})]

    assert len(figures) == 2
    assert normalised(warm) == normalised(cold)


def test_environment_options_and_names_are_those_of_a_cold_kernel(run, address: str):
    warm, cold = (texts(run(TELLS, nursery=place)).splitlines() for place in (address, None))
    for told, expected in zip(warm, cold, strict=True):
        assert re.sub(r"asr-\w+", "~", told) == re.sub(r"asr-\w+", "~", expected)


def test_each_kernel_draws_random_numbers_of_its_own(run, address: str):
    assert texts(run(DRAWS, nursery=address)) != texts(run(DRAWS, nursery=address))


def test_nothing_leaks_from_a_notebook_that_misbehaves(run, address: str):
    run(MISBEHAVES, nursery=address)
    told = texts(run(LOOKS, nursery=address))

    assert "None 60" in told
    assert "1" in told.splitlines()[1]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", failures.KERNEL_DIED),
        ("import os\nos._exit(3)", failures.KERNEL_DIED),
        ("import ctypes\nctypes.string_at(0)", failures.KERNEL_DIED),
        ("1 / 0", failures.CELL_ERROR),
        ("import time\ntime.sleep(60)", failures.CELL_TIME),
        ("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)", failures.CELL_TIME),
        ("import sys\nsys.exit(0)", failures.INCOMPLETE),
    ],
)
def test_a_warm_kernel_fails_as_a_cold_one_does_and_the_next_is_well(run, address: str, cell: str, kind: str):
    before = children()
    with pytest.raises(ReportFailed) as failed:
        run(cell, nursery=address, limits=Limits(cell_seconds=3))

    assert failed.value.failure.kind == kind
    assert texts(run("print('well')", nursery=address)) == "well\n"
    assert settled(lambda: children() <= before), "a process of the failed kernel is still there"


def test_a_kernel_that_nobody_waits_for_is_ended_when_its_client_goes(address: str, tmp_path: Path):
    kernel = ask(address, ["-f", str(tmp_path / "k.json")], env=dict(os.environ), cwd=str(tmp_path))
    assert kernel is not None
    assert psutil.pid_exists(kernel.pid)
    kernel._connection.close()

    assert settled(lambda: not psutil.pid_exists(kernel.pid))


def test_when_the_parent_is_killed_its_kernels_go_too_and_the_next_report_gets_an_ordinary_one(run, tmp_path: Path):
    with nursery(kernel_environment(tmp_path, PROJECT), project=PROJECT) as address:
        assert address is not None
        kernel = ask(address, ["-f", str(tmp_path / "k.json")], env=dict(os.environ), cwd=str(tmp_path))
        assert kernel is not None
        os.kill(psutil.Process(kernel.pid).ppid(), signal.SIGKILL)

        assert settled(lambda: kernel.poll() is not None and not psutil.pid_exists(kernel.pid))
        assert texts(run("print('well')", nursery=address)) == "well\n"


def test_a_parent_with_a_second_thread_refuses_to_fork(monkeypatch: pytest.MonkeyPatch):
    from analysis.reporting import nursery as parent

    monkeypatch.setattr(parent.os, "listdir", lambda _: ["1", "2"])
    assert parent.unsafe_to_fork() == "2 threads run in the parent of the kernels"


def children() -> set[int]:
    """The parents of kernels of this process, and what is below them and not yet gone. A browser that other tests have
    open comes and goes with processes of its own."""
    parents = [one for one in psutil.Process().children() if "analysis.reporting.nursery" in " ".join(one.cmdline())]
    assert parents, "no parent of kernels runs"
    return {one.pid for parent in parents for one in (parent, *parent.children(recursive=True))}


def settled(condition, seconds: float = 60.0) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return False
