"""Where a block's figures come from, for the analyst in a notebook: what its metrics mean, the SQL that reads their
records, the records. It reads nothing until it is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from analysis.faults import UserFault
from analysis.presentation.block import Block
from analysis.presentation.definitions import Definitions

if TYPE_CHECKING:
    from analysis.metrics.cards import MetricCard


@dataclass(frozen=True)
class Origin:
    """The metrics that a block read, and how to come to their records.

    Parameters
    ----------
    cards : the metrics' cards, in the order they were read
    say_sql, read_records : metric id → the statement that reads its records, and the records
    """

    cards: tuple["MetricCard", ...]
    say_sql: Callable[[str], str]
    read_records: Callable[[str], pd.DataFrame]


@dataclass(frozen=True)
class Traced(Block):
    """A block that hands out where its figures come from."""

    origin: Origin | None = field(default=None, kw_only=True, repr=False, compare=False)

    @property
    def definition(self) -> Definitions:
        """What the metrics behind it mean, what they leave out and how they are measured."""
        return Definitions(self._origin.cards, languages=self.languages)

    @property
    def sql(self) -> str:
        """The statements that read the records behind the figures, one metric after the other."""
        return "\n\n".join(self._origin.say_sql(card.id) for card in self._origin.cards)

    @property
    def records(self) -> pd.DataFrame:
        """The records that its first metric with records of its own counts in the period, one row each;
        `report.measure(…).records` has those of the others.
        """
        why_not: list[str] = []
        for card in self._origin.cards:
            try:
                return self._origin.read_records(card.id)
            except UserFault as fault:  # made of other metrics, or measured by a model
                why_not += fault.lines
        raise UserFault(why_not)

    @property
    def _origin(self) -> Origin:
        if self.origin is None or not self.origin.cards:
            raise UserFault("this block reads no metric of the catalogue; its figures are in .data")
        return self.origin
