"""`python -m analysis.data_model` writes docs/reference/data_model.md; with a path, it writes there."""

import sys
from pathlib import Path

from analysis.data_model.reference import reference_page

DEFAULT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "data_model.md"


def main(arguments: list[str]) -> None:
    """Write the reference page of the data model."""
    target = Path(arguments[0]) if arguments else DEFAULT
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(reference_page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
