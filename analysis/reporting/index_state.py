"""Whether the index pages stand as they would be written now: what they were made from, and their checksums.

An index is made from the ledger alone, so a run that published nothing need not even load what writes one.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.reporting import fingerprints, ledger
from analysis.reporting.folders import HIDDEN
from analysis.reporting.records import strict_json, write_whole

PAGES = "pages.json"
CODE = ("reporting", "presentation")


def note_pages(out: Path, pages: Mapping[str, str], *, languages: Sequence[str], reports: Sequence[str]) -> None:
    """Write down the index pages, name → SHA-256, and what they were made from."""
    made_from = _made_from(out, languages, reports)
    write_whole(out / HIDDEN / PAGES, strict_json({"made_from": made_from, "pages": dict(pages)}))


def stands(out: Path, *, languages: Sequence[str], reports: Sequence[str]) -> bool:
    """Whether all index pages are there, as written, and would be written the same again."""
    known = _known(out)
    return known.get("made_from") == _made_from(out, languages, reports) and not pages_changed(out)


def pages_changed(out: Path) -> list[str]:
    """One line per index page that is gone or is not what was written."""
    known, found = _known(out), []
    for name, digest in known.get("pages", known).items():  # an older suite wrote down the pages alone
        file = out / name
        if not file.is_file():
            found.append(f"{name}: missing")
        elif fingerprints.of_file(file) != digest:
            found.append(f"{name}: changed since it was written")
    return found


def _known(out: Path) -> dict[str, Any]:
    file = out / HIDDEN / PAGES
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _made_from(out: Path, languages: Sequence[str], reports: Sequence[str]) -> str:
    with ledger.reading(out) as book:
        told = book.fingerprint()
    return fingerprints.of_values(told, languages, reports, fingerprints.of_code(*CODE), fingerprints.versions())
