"""Where things stand in the output folder. A unit's id becomes one safe folder name and never leads outside."""

import hashlib
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote

HIDDEN = ".after_sales"
FAILED = "failed"
AT_MOST = 40
BYTES_AT_MOST = 120
_SAFE = re.compile(r"^\w(?:[\w .&+()-]{0,38}[\w)])?$")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d|failed|index|run)$", re.IGNORECASE)


def unit_folder(business_unit: str) -> str:
    """The folder of a unit: its id where that is a plain name, else its letters and digits and eight of its hash.

    Two units never share a name by accident, whatever their ids hold; no name is a path, hidden or reserved on Windows.

    Example
    -------
    >>> unit_folder("U03"), unit_folder("Credit reporting"), unit_folder("../../x")
    ('U03', 'Credit reporting', 'x-9cdf6a50')
    """
    plain = _SAFE.match(business_unit) and not _RESERVED.match(business_unit.split(".")[0])
    if plain and len(business_unit.encode()) <= BYTES_AT_MOST:
        return business_unit
    letters = (
        re.sub(r"[^\w]+", "-", unicodedata.normalize("NFKC", business_unit)).strip("-_")[:AT_MOST].strip("-_") or "unit"
    )
    return f"{letters}-{hashlib.sha256(business_unit.encode()).hexdigest()[:8]}"


def report_folder(out: Path, period: str, business_unit: str) -> Path:
    """The folder of a unit's reports of a period, proven to lie inside the output folder.

    Raises
    ------
    ValueError : when it would not, which no id should bring about
    """
    folder = out / period / unit_folder(business_unit)
    if out.resolve() not in folder.resolve().parents:
        raise ValueError(f"{folder} lies outside {out}")
    return folder


def index_file(language: str, languages: tuple[str, ...]) -> str:
    """index.html in the first language, index.<language>.html in the others."""
    return "index.html" if language == languages[0] else f"index.{language}.html"


def href(*parts: str) -> str:
    """A relative link of path parts, each quoted."""
    return "/".join(part if part == ".." else quote(part, safe="") for part in parts)
