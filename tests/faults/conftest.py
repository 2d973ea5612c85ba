"""What every test of a fault leaves behind: what was injected and what happened, for docs/reliability.md.

`witness("R1", injected="…", happened="…")` is called at the end of a test, when what it says has been seen. With
FAULTS_SEEN=file each call adds a line of JSON there; otherwise nothing is written.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.delivery.conftest import certificate, drawn, locked_office, post_office, webhook  # noqa: F401 -- fixtures


@pytest.fixture
def witness(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`witness(row, injected=…, happened=…)`: this test saw the row of the fault table hold."""

    def record(row: str, *, injected: str, happened: str) -> None:
        seen = os.environ.get("FAULTS_SEEN")
        if not seen:
            return
        test = request.node.nodeid.partition("[")[0]
        line = json.dumps({"row": row, "injected": injected, "happened": happened, "test": test}, ensure_ascii=False)
        with Path(seen).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    return record
