"""A chart on the page: the finding as its title, a statistical subtitle, the drawing, and its figures as a table to
unfold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from analysis.presentation.block import Nested, shown
from analysis.presentation.language import Text, words
from analysis.presentation.tables import Table


@dataclass(frozen=True)
class Figure(Nested):
    """One drawing in every language asked. Made by the `chart_*` functions.

    Parameters
    ----------
    title : the finding; not repeated under a section whose headline says the same.
    svg : language → inline SVG.
    frame : what was drawn.
    subtitle : measure, unit, period, population; None where the section says it.
    table : the figures behind it, folded under the drawing; None for none.
    """

    kind: ClassVar[str] = "figure"
    title: Text
    svg: Mapping[str, str]
    frame: pd.DataFrame
    subtitle: Text | None = None
    table: Table | None = None
    name: str = field(default="", kw_only=True)

    @property
    def data(self) -> pd.DataFrame:
        return self.frame

    def html(self, language: str) -> str:
        return self.inside({}, 2, language)

    def inside(self, headline: Text, level: int, language: str) -> str:
        title = "" if headline == self.title else f"<h{level + 1}>{shown(self.title, language)}</h{level + 1}>"
        subtitle = f'<p class="subtitle">{shown(self.subtitle, language)}</p>' if self.subtitle else ""
        caption = f"<figcaption>{title}{subtitle}</figcaption>" if title or subtitle else ""
        return f'<figure class="chart">{caption}{self.svg[language]}{self._details(language)}</figure>'

    def _details(self, language: str) -> str:
        if self.table is None:
            return ""
        summary = words("The figures as a table", language)
        return f"<details><summary>{summary}</summary>{self.table.html(language)}</details>"
