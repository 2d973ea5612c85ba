"""The examples of the how-to on exploring run as they stand, on the sample."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "explore-and-ask.md"
LINES = [
    line
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    for line in block.splitlines()
    if line.startswith(("report.", "found"))
]


@pytest.mark.prove  # measures a good dozen figures anew
def test_every_example_of_the_page_gives_what_it_promises(sample_report):
    names = {"report": sample_report("repair_cycle", "all")}
    for line in LINES:
        names.pop("shown", None)
        exec(line if line.startswith("found =") else f"shown = {line}", names)
        shown = names.get("shown", names.get("found"))
        assert len(shown.data if hasattr(shown, "data") and not hasattr(shown, "columns") else shown) > 0, line
        if line.startswith("report.ask"):
            assert shown.reading.understood, line


@pytest.mark.parametrize("name", ["measure", "compare", "why", "decompose", "funnel", "ask"])
def test_every_call_is_on_the_page(name):
    assert any(line.startswith(f"report.{name}(") for line in LINES)
