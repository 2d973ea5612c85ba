"""The sheets of a report's workbook, gathered while its sections are made: each table and chart with its title, and
what the page says in words on one sheet of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from analysis.presentation.block import Block
from analysis.presentation.figure import Figure
from analysis.presentation.language import LANGUAGES, Text, both, pick
from analysis.presentation.page import Sentences
from analysis.presentation.tables import SUPPRESSED, Table

SENTENCES = "sentences"


@dataclass(frozen=True)
class Sheet:
    """The figures behind one part of the page, and what that part is called there."""

    title: Text
    frame: pd.DataFrame


@dataclass
class Sheets:
    """What the sections have shown so far. A part shown twice, as by a cell run again, is kept once."""

    _shown: dict[str, Sheet] = field(default_factory=dict)
    _said: dict[str, tuple[Text, Sentences]] = field(default_factory=dict)

    def add(self, part: Block, headline: Text) -> None:
        """Keep what a part of the section under that headline shows; parts without figures have no sheet."""
        if isinstance(part, Sentences):
            self._said.setdefault(str(part.items), (headline, part))
        elif len(part.data):
            self._keep(part, headline)
        behind = getattr(part, "table", None)
        # the workbook says what is withheld; a chart's own table has no name: its chart's sheet gives the reasons
        if behind is not None and behind.name and (behind.data == SUPPRESSED).to_numpy().any():
            self._keep(behind, headline)

    def all(self) -> Mapping[str, Sheet]:
        """Sheet name → sheet, in the order of the page; the sentences last."""
        rows = [
            {f"{column} ({language})": pick(said, language) for language in LANGUAGES for column, said in cells}
            for headline, part in self._said.values()
            for sentence in part.items
            for cells in [(("section", headline), ("sentence", sentence))]
        ]
        told = {SENTENCES: Sheet(both("What the page says in words"), pd.DataFrame(rows))} if rows else {}
        return {**self._shown, **told}

    def _keep(self, part: Block, headline: Text) -> None:
        name = getattr(part, "name", "") or f"table_{len(self._shown) + 1}"
        self._shown.setdefault(name, Sheet(_title(part) or headline, part.data))


def _title(part: Block) -> Text | None:
    if isinstance(part, Figure):
        return part.title
    return part.caption if isinstance(part, Table) else None
