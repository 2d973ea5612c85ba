"""What an exploring call hands out: a section that shows itself, with its frame, its definition, its records and its
SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from analysis.metrics.cards import MetricCard
from analysis.presentation.blocks import Definitions, Section


@dataclass(frozen=True)
class Explored(Section):
    """A section about one metric.

    Parameters
    ----------
    frame : the figures: what `.data` gives
    card : the metric's card
    statement : the SQL that reads the records behind the figures
    read_records : reads them
    """

    frame: pd.DataFrame = field(kw_only=True, repr=False)
    card: MetricCard = field(kw_only=True, repr=False)
    statement: str = field(kw_only=True, repr=False)
    read_records: Callable[[], pd.DataFrame] = field(kw_only=True, repr=False, compare=False)

    @property
    def data(self) -> pd.DataFrame:
        """The figures: value, interval and what they are made of, one row each."""
        return self.frame

    @property
    def definition(self) -> Definitions:
        """What the metric means, what it leaves out and how it is measured."""
        return Definitions([self.card], languages=self.languages)

    @property
    def sql(self) -> str:
        """The statement that reads the records behind the figures."""
        return self.statement

    @property
    def records(self) -> pd.DataFrame:
        """The unit's own records that the figures of the period count, one row each."""
        return self.read_records()
