"""Published numbers to as many digits as the order of the rows cannot change.

The same amounts added in another order, as a database or another thread gives them, differ from the thirteenth digit
on. What is published holds ten, and nothing that such a difference leaves of nought.
"""

from collections.abc import Mapping
from typing import Any

DIGITS = 10
NOUGHT = 1e-11  # below it nothing of what the suite measures lies


def settled(facts: Any) -> Any:
    """Facts for a JSON file with every number settled; whole numbers, words and gaps stay as they are."""
    if isinstance(facts, Mapping):
        return {name: settled(part) for name, part in facts.items()}
    if isinstance(facts, list | tuple):
        return [settled(part) for part in facts]
    if isinstance(facts, float):
        return 0.0 if abs(facts) < NOUGHT else float(f"{facts:.{DIGITS}g}")
    return facts
