"""Published pages as PDF, on demand: printed by the Chromium of this machine, tagged, beside the page.

A PDF is a print of one published page. It is made under another name and renamed when whole; it goes when its page
is replaced, so that it never tells older figures than the page beside it.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from analysis.faults import UserFault
from analysis.reporting.folders import report_folder
from analysis.reporting.records import Entry

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
SECONDS_AT_MOST = 120
_TRAILER = b"\n%%page "


def find_browser() -> str:
    """The Chromium that prints.

    Raises
    ------
    UserFault : where none is installed
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise UserFault(
            f"--pdf: no Chromium on this machine (looked for {', '.join(BROWSERS)}); "
            "install one (Debian: apt-get install chromium), or print the page from any browser"
        )
    return found


def print_pages(out: Path, entries: Sequence[Entry], *, browser: str) -> tuple[list[Path], list[str]]:
    """Print every published page of the entries that has no PDF of its present self.

    Parameters
    ----------
    out : the output folder
    entries : what is published
    browser : as `find_browser` found it

    Returns
    -------
    printed : the new files
    faults : one line per page that could not be printed; its PDF is then missing, never half there
    """
    printed, faults = [], []
    with tempfile.TemporaryDirectory(prefix="after-sales-print-") as profile:
        for page in _pages(out, entries):
            digest = hashlib.sha256(page.read_bytes()).hexdigest().encode()
            if is_print_of(page.with_suffix(".pdf"), digest):
                continue
            fault = _print(page, digest, browser=browser, profile=Path(profile))
            if fault is None:
                printed.append(page.with_suffix(".pdf"))
            else:
                faults.append(f"{page.relative_to(out)}: not printed: {fault}")
    return printed, faults


def is_print_of(pdf: Path, digest: bytes) -> bool:
    """Whether the PDF was printed from the page of this SHA-256: it says so in a comment after its end."""
    return pdf.is_file() and pdf.read_bytes().endswith(_TRAILER + digest + b"\n")


def forget_prints(folder: Path, report: str) -> None:
    """Remove a report's PDFs, because its pages are about to be replaced."""
    for pdf in folder.glob(f"{report}.*.pdf"):
        pdf.unlink()


def _pages(out: Path, entries: Sequence[Entry]) -> Iterator[Path]:
    for entry in entries:
        if entry.published is None:
            continue
        folder = report_folder(out, entry.period, entry.business_unit)
        yield from (
            page
            for language in entry.published.languages
            if (page := folder / f"{entry.report}.{language}.html").is_file()
        )


def _print(page: Path, digest: bytes, *, browser: str, profile: Path) -> str | None:
    made = page.with_name(f".{page.stem}.{os.getpid()}.pdf")
    command = [
        browser, "--headless", "--disable-gpu", "--disable-extensions", "--disable-background-networking",
        "--no-first-run", f"--user-data-dir={profile}", "--no-pdf-header-footer", "--export-tagged-pdf",
        "--generate-pdf-document-outline", f"--print-to-pdf={made}", page.as_uri(),
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # Chromium's sandbox refuses root; the page holds no script
        command.insert(1, "--no-sandbox")
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS_AT_MOST)
        if done.returncode != 0 or not made.is_file():
            return (done.stderr.strip().splitlines() or [f"{Path(browser).name} ended with {done.returncode}"])[-1]
        with made.open("ab") as pdf:
            pdf.write(_TRAILER + digest + b"\n")
        os.replace(made, page.with_suffix(".pdf"))
    except subprocess.TimeoutExpired:
        return f"{Path(browser).name} took longer than {SECONDS_AT_MOST} s"
    except OSError as fault:
        return fault.strerror or str(fault)
    finally:
        made.unlink(missing_ok=True)
    return None
