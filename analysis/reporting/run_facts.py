"""What is known of a run itself, for run.json and the ledger."""

import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.reporting import fingerprints, ledger
from analysis.reporting.parameters import Suite
from analysis.reporting.prepare import Prepared

if TYPE_CHECKING:
    from analysis.reporting.render import Outcome


def run_facts(suite: Suite, prepared: Prepared, *, started: datetime, seconds: float) -> dict[str, Any]:
    """When it began, how long it took, from which data, code and packages: the head of run.json."""
    return {
        "started_at": started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(seconds, 1),
        "data": {
            "source": Path(suite.data).name if suite.data else "the sample business",
            "fingerprint": prepared.data,
            "cutoff_at": prepared.store.manifest["data_cutoff_at"],
        },
        "mapping": suite.mapping.stem if suite.mapping else None,
        "code": fingerprints.of_code(""),
        "versions": {"python": sys.version.split()[0], **fingerprints.versions()},
        "languages": list(suite.languages),
        "workers": suite.workers,
    }


def note_run(suite: Suite, prepared: Prepared, facts: Mapping[str, Any], outcome: "Outcome", *, command: str) -> None:
    """The run into the ledger, unless the output folder takes nothing, which the outcome says already."""
    run = {
        "command": command, "period": prepared.period.name, "started_at": facts["started_at"],
        "seconds": facts["seconds"], "host": socket.gethostname(), "process": os.getpid(),
        "published": outcome.published, "unchanged": outcome.unchanged, "failed": len(outcome.failed),
        "data": prepared.data, "prepared": prepared.folder.name,
    }  # fmt: skip
    with suppress(OSError), ledger.writing(suite.out) as book:
        book.note_run(run)
