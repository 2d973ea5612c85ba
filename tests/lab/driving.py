"""A real JupyterLab server on a free port, with folders of its own, and a notebook of it driven in a browser."""

import os
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[2]
START_SECONDS, RUN_SECONDS = 90, 60
SETTINGS = {
    "apputils-extension/themes": '{{"theme": "{theme}"}}',
    "notebook-extension/tracker": '{{"windowingMode": "none"}}',  # cells off the screen are in the page too
}


@contextmanager
def open_lab(home: Path, run: Path, notebooks: tuple[str, ...], *, theme: str = "JupyterLab Light") -> Iterator[str]:
    """The address of a notebook, {name} to be filled, on the server that `make lab` starts: its folder is a copy of the
    project's notebooks, its data the prepared run, its settings and runtime files under `home`.
    """
    folder = home / "notebooks"
    folder.mkdir(parents=True)
    for name in notebooks:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", folder)
    for name, text in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(theme=theme), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    places = {
        "HOME": "", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython", "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }  # fmt: skip
    known = os.environ | {name: str(home / place) for name, place in places.items()}
    known |= {"JUPYTER_TOKEN": token, "AFTER_SALES_RUN": str(run), "PYTHONPATH": str(ROOT)}
    options = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1"]
    options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with (home / "server.log").open("w", encoding="utf-8") as log:
        command = [*lab_command(folder), *options]
        server = subprocess.Popen(command, cwd=home, env=known, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait(f"http://127.0.0.1:{port}/api?token={token}", server, home / "server.log")
            yield f"http://127.0.0.1:{port}/lab/tree/{{name}}.ipynb?token={token}"
        finally:
            server.terminate()
            server.wait(30)


def lab_command(folder: Path) -> list[str]:
    """What `make lab` starts last, on another folder, with this Python."""
    recipe = re.search(r"^lab:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert recipe is not None
    last = recipe[1].strip().splitlines()[-1].strip()
    words = shlex.split(last.replace("$(LAB_OPTIONS)", "").replace("$(CURDIR)", str(ROOT)))
    assert words[:3] == ["$(BIN)/jupyter", "lab", "notebooks"], last
    return [sys.executable, "-m", "jupyterlab", str(folder), *words[3:]]


def run_all(page: Any, address: str) -> None:
    """Open the notebook and run all its cells by the menu, as one does by hand, until the last has shown something."""
    page.goto(address)
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=RUN_SECONDS * 1000)
    page.locator(".jp-StatusBar-Widget", has_text="| Idle").wait_for(timeout=RUN_SECONDS * 1000)
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    last = page.locator(".jp-Notebook .jp-CodeCell").last
    last.locator(".jp-OutputArea-output, .jp-RenderedText").first.wait_for(timeout=RUN_SECONDS * 1000)


def run_cell(page: Any, source: str) -> str:
    """Write a cell below the last one, run it as one does, and read what it shows."""
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    cell = cells.nth(cells.count())
    page.locator(".jp-Notebook-footer").click()
    cell.locator(".cm-content").click()
    # what the cell above shows may still come and move this one away from under the pointer: wait for the cursor in it
    cell.locator(".cm-editor.cm-focused").wait_for(timeout=RUN_SECONDS * 1000)
    page.keyboard.insert_text(source)
    cell.locator(".cm-content", has_text=source.splitlines()[-1]).wait_for(timeout=RUN_SECONDS * 1000)
    cell.locator(".cm-content").press("Control+Enter")
    shown = cell.locator(".jp-OutputArea-output").first
    shown.wait_for(timeout=RUN_SECONDS * 1000)
    return shown.inner_text().strip()


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text(encoding="utf-8")[-2000:]
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8")[-2000:])
