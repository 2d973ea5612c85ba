"""Workers are forked from one process that has one thread, and see what is around whoever asked for them."""

import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from analysis.reporting.workers import _pool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
ASKED = "ASKED_FOR_BY"


def _asked_for_by(pool: ProcessPoolExecutor) -> str | None:
    return pool.submit(os.getenv, ASKED).result(timeout=60)


def test_a_worker_sees_the_environment_of_who_asks_though_its_parent_began_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(ASKED, raising=False)
    with _pool(1) as pool:
        before = _asked_for_by(pool)
    monkeypatch.setenv(ASKED, "this test")
    with _pool(1) as pool:
        assert (before, _asked_for_by(pool)) == (None, "this test")


def test_workers_have_one_parent_of_one_thread_which_leaves_no_trace_here():
    before = dict(os.environ)
    with _pool(1) as one, _pool(1) as other:
        parents = {pool.submit(os.getppid).result(timeout=60) for pool in (one, other)}
        loaded = one.submit(eval, "'papermill' in __import__('sys').modules").result(timeout=60)
    assert loaded
    assert len(parents) == 1
    assert os.getpid() not in parents
    assert len(list(Path(f"/proc/{parents.pop()}/task").iterdir())) == 1
    assert os.environ == before


def test_a_temporary_folder_with_a_long_name_costs_the_warm_start_and_nothing_else(tmp_path: Path):
    """Sockets take no address of more than 107 characters: neither workers nor kernels are forked then."""
    long = tmp_path / ("x" * 60) / ("y" * 40)
    long.mkdir(parents=True)
    asked = (
        "import os, tempfile\n"
        "from pathlib import Path\n"
        "from analysis.reporting.kernel_parent import nursery\n"
        "from analysis.reporting.workers import _pool\n"
        "if __name__ == '__main__':\n"
        "    assert len(tempfile.gettempdir()) > 100\n"
        "    with _pool(1) as pool, nursery(dict(os.environ), project=Path.cwd()) as address:\n"
        "        print(pool.submit(os.getppid).result(timeout=60) == os.getpid(), address)\n"
    )
    script = tmp_path / "asked.py"
    script.write_text(asked, encoding="utf-8")
    around = os.environ | {"TMPDIR": str(long), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, script], env=around, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["True", "None"], done.stderr
