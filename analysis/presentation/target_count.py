"""How many targets are met and missed: counted once, for the summary, the benchmarks and the headlines of both.

Which figures count is decided here too (`comparable_rows`), so that no page counts others than its neighbour.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.presentation.formatting import is_missing
from analysis.presentation.target_verdicts import beyond_chance, with_target

Row = Mapping[str, Any]

OWN = "data_quality"  # how good the records are is no figure of service


@dataclass(frozen=True)
class TargetCount:
    """The figures whose target can be judged, and how many more cannot, for too few records."""

    judged: Sequence[Row]
    few: int

    @property
    def met(self) -> list[Row]:
        """Those that meet their target now, surely or not."""
        return [row for row in self.judged if bool(row["target_met"])]

    @property
    def missed(self) -> list[Row]:
        """Those that miss their target now, surely or not."""
        return [row for row in self.judged if not bool(row["target_met"])]

    @property
    def surely_missed(self) -> list[Row]:
        """Those that miss it by more than chance."""
        return [row for row in self.missed if beyond_chance(row)]


def count_targets(rows: Sequence[Row], catalogue: Mapping[str, Any]) -> TargetCount:
    """The targets of a unit's rows that count, those of few records apart."""
    return TargetCount(*with_target(comparable_rows(rows, catalogue)))


def comparable_rows(rows: Sequence[Row], catalogue: Mapping[str, Any]) -> list[Any]:
    """The figures that have a good direction and are judged at all, of every area but the data's own; one that is
    another's under a second name (the same question counted for two areas) once."""
    kept = [
        row
        for row in rows
        if not is_missing(row["value"])
        and (card := catalogue[row["metric"]]).better in ("lower", "higher")
        and card.judged
        and card.area != OWN
    ]
    first: dict[Any, str] = {}
    for row in kept:
        first.setdefault(_identity(row), row["metric"])
    return [row for row in kept if first[_identity(row)] == row["metric"]]


def _identity(row: Row) -> Any:
    """What two names of one figure share: the figure, its interval, its records and its distance from the past and from
    the others, to the last digit; a figure without any is nobody's twin."""
    changes = row.get("changes")
    told = changes if isinstance(changes, str) else json.dumps(changes)
    compared = [(one["versus"], one["value"]) for one in json.loads(told) or [] if one["versus"] != "target"]
    if not compared:
        return row["metric"]
    figures = (row["unit"], row["value"], row["low"], row["high"], row["n"])
    return (*map(str, figures), *compared)
