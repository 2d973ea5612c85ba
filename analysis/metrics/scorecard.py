"""The company's scorecard (params/scorecard.yml): items, their weights, and how each earns its points. Refuses what is
misspelt.

Nothing is scored here; what is not answered stays without points.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.faults import UserFault, did_you_mean

FIELDS = ("id", "name", "weight", "metric", "none_at", "full_at", "points")
LANGUAGES = ("en", "zh")

Text = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ScoreItem:
    """One item: scored from a metric between `none_at` (no points) and `full_at` (all), or by hand with `points` (0 to
    100)."""

    id: str
    name: Text
    weight: float
    metric: str | None = None
    none_at: float | None = None
    full_at: float | None = None
    points: float | None = None


@dataclass(frozen=True)
class Scorecard:
    """The items in their order, special deductions (points), and whether there is a special merit (one point)."""

    items: tuple[ScoreItem, ...]
    deductions: float = 0.0
    merit: bool = False


def parse_scorecard(content: Mapping[str, Any], *, file: str = "scorecard.yml") -> Scorecard:
    """The scorecard of a file's content, which is what its YAML holds. A metric that the catalogue does not have leaves
    its item unanswered; the page says so.

    Raises
    ------
    UserFault : one line per fault, with the item and the field
    """
    entries = content.get("items") or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UserFault(f"{file}: 'items' must be a list of items with fields")
    faults = [f"{file}: unknown key {name!r}" for name in content if name not in ("items", "deductions", "merit")]
    for entry in entries:
        faults += [f"{file}: item {entry.get('id', '?')!r}: {line}" for line in _faults(entry)]
    ids = [entry.get("id") for entry in entries]
    faults += [f"{file}: item {name!r} stands twice" for name in sorted({str(n) for n in ids if ids.count(n) > 1})]
    deductions, merit = content.get("deductions") or 0, content.get("merit") or False
    if not _is_number(deductions) or deductions < 0:
        faults.append(f"{file}: 'deductions' must be a number from 0, got {deductions!r}")
    if not isinstance(merit, bool):
        faults.append(f"{file}: 'merit' must be true or false, got {merit!r}")
    if faults:
        raise UserFault(faults)
    return Scorecard(tuple(ScoreItem(**entry) for entry in entries), float(deductions), merit)


def _faults(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"unknown field {name!r}{did_you_mean(str(name), FIELDS)}" for name in entry if name not in FIELDS)
    yield from (f"the field {name!r} is missing" for name in ("id", "name", "weight") if entry.get(name) is None)
    name = entry.get("name")
    if name is not None and (not isinstance(name, dict) or set(name) != set(LANGUAGES)):
        yield f"'name' must hold a text in each language: {', '.join(LANGUAGES)}"
    weight, points = entry.get("weight"), entry.get("points")
    if weight is not None and (not _is_number(weight) or weight < 0):
        yield f"'weight' must be a number from 0, got {weight!r}"
    if points is not None and (not _is_number(points) or not 0 <= points <= 100):
        yield f"'points' must be a number from 0 to 100, got {points!r}"
    metric = entry.get("metric")
    if metric is None:
        return
    if points is not None:
        yield "has a 'metric' and 'points'; keep one of them"
    ends = [entry.get("none_at"), entry.get("full_at")]
    if not all(_is_number(end) for end in ends) or ends[0] == ends[1]:
        yield "needs 'none_at' and 'full_at', two different numbers in the metric's unit"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
