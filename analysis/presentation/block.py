"""What a notebook cell shows: blocks that hold their data and write themselves as HTML, once per language.

Every text is escaped and freed of identifiers where it enters the page; a block never trusts what it was given.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any, ClassVar

import pandas as pd

from analysis.presentation.language import LANGUAGES, Text, Value, pick
from analysis.presentation.masking import mask_text
from analysis.presentation.theme import LIGHT, css_variables

BLOCK_MIME = "application/vnd.after-sales.block+json"

# JupyterLab has no stylesheet of ours: enough colour and shape for an analyst to read a block there.
_NOTEBOOK_STYLE = (
    f"<style>:root{{{css_variables(LIGHT)}}}.chart svg{{max-width:620px}}.cards{{display:flex;flex-wrap:wrap;gap:16px;"
    "list-style:none;padding:0}.card{width:200px;padding:8px;border-top:2px solid}.card svg{max-width:100%}"
    ".vh{display:none}</style>"
)


def shown(text: Value, language: str) -> str:
    """A text as it may stand in the page: masked, without control characters, escaped for element content and
    attributes.
    """
    return escape(mask_text(pick(text, language), language), quote=True)


@dataclass(frozen=True)
class Block:
    """Something a page shows. `.data` is the frame behind it, `.html(language)` its markup."""

    kind: ClassVar[str] = "block"
    languages: tuple[str, ...] = field(default=LANGUAGES, kw_only=True)

    @property
    def data(self) -> pd.DataFrame:
        """The figures behind the block, for the analyst who wants to go on from here."""
        return pd.DataFrame()

    def html(self, language: str) -> str:
        """The block's markup in one language: self-contained, no script, no reference to anything outside."""
        raise NotImplementedError(type(self).__name__)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        html = {language: self.html(language) for language in self.languages}
        return {
            "text/plain": f"<{type(self).__name__}>",  # what it holds, such as other units' names, is not for the file
            "text/html": _NOTEBOOK_STYLE + html[self.languages[0]],
            BLOCK_MIME: {"kind": self.kind, "html": html},
        }


@dataclass(frozen=True)
class Nested(Block):
    """A block with a heading of its own that fits itself under a section's."""

    def inside(self, headline: Text, level: int, language: str) -> str:
        """The markup under a heading of that level and those words."""
        raise NotImplementedError(type(self).__name__)


def facts_list(facts: Sequence[tuple[Text, Value]], language: str, css: str = "facts") -> str:
    """Label and value pairs as a description list."""
    rows = "".join(
        f"<div><dt>{shown(label, language)}</dt><dd>{shown(value, language)}</dd></div>" for label, value in facts
    )
    return f'<dl class="{css}">{rows}</dl>'


def anchor(name: str) -> str:
    """A stable id made of a name: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "x"
