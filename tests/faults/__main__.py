"""Write docs/reliability.md: every row of the fault table with what was injected and what happened in a real run.

    python -m tests.faults             run the tests of this folder, then write the page
    python -m tests.faults --prove     with the long proofs
    python -m tests.faults --seen F    write the page from what an earlier run with FAULTS_SEEN=F saw

A row that no passed test bore witness of stands there as "not shown".
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.reliability import HERE, PAGE, read_rows, read_seen, render_page


def main() -> int:
    """The exit code of the tests, once the page is written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prove", action="store_true", help="run the long proofs too")
    parser.add_argument("--seen", type=Path, metavar="FILE", help="what an earlier run saw")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = asked.seen or Path(folder) / "seen"
        code = 0 if asked.seen else _run_tests(seen, prove=asked.prove)
        page = render_page(read_rows(), read_seen(seen))
    PAGE.write_text(page, encoding="utf-8")
    print(f"{PAGE}: {page.count('**not shown**')} of {len(read_rows())} rows are not shown")
    return code


def _run_tests(seen: Path, *, prove: bool) -> int:
    chosen = ["-m", "prove or not prove"] if prove else []
    command = [sys.executable, "-m", "pytest", "-q", str(HERE), *chosen]
    return subprocess.run(command, env={**os.environ, "FAULTS_SEEN": str(seen)}).returncode


if __name__ == "__main__":
    sys.exit(main())
