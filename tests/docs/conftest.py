"""The tiny project's pieces, as tests/reporting makes them."""

import runpy
from pathlib import Path

tiny = runpy.run_path(str(Path(__file__).parents[1] / "reporting" / "conftest.py"))["tiny"]
