"""What a notebook cell shows: blocks that hold their data and write themselves as HTML, once per language.

Every text is escaped and freed of identifiers where it enters the page; a block never trusts what it was given.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from analysis.presentation.language import LANGUAGES, Text, Value, pick
from analysis.presentation.masking import mask_text
from analysis.presentation.theme import DARK, LIGHT, css_variables

if TYPE_CHECKING:
    import pandas as pd

BLOCK_MIME = "application/vnd.after-sales.block+json"

# browsers may break a line between a sign and the currency's: a word joiner holds "−¥32.6" together
_SIGNED_AMOUNT = re.compile(r"(?<=[−+])(?=[$£¤¥\u20a0-\u20cf])")
_WORD_JOINER = "\u2060"

# JupyterLab has no stylesheet of ours: enough colour and shape for an analyst to read a block there, on its light and
# its dark theme (VS Code's too). Everything is said of `.after-sales` alone, so that nothing else in Lab changes.
_NOTEBOOK_STYLE = (
    f"<style>.after-sales{{{css_variables(LIGHT)}--paper:var(--jp-layout-color0,#fff);color:var(--ink)}}"
    f':is([data-jp-theme-light="false"],.vscode-dark) .after-sales{{{css_variables(DARK)}'
    "--paper:var(--jp-layout-color0,#15181b)}"
    ".after-sales{:is(h1,h2,h3){color:inherit;margin:.6em 0 .3em}h1{font-size:1.5em}h2{font-size:1.2em}"
    "h3{font-size:1em}.chart{margin:0 0 1em}.chart svg{display:block;width:100%;max-width:620px;height:auto}"
    "dt,dd{float:none;width:auto;margin:0;padding:0;font-weight:inherit}.vh{display:none}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:12px;list-style:none;padding:0;"
    "margin:0}.card{padding:8px 10px;border-top:3px solid var(--flat)}.card.good{border-color:var(--good)}"
    ".card.bad{border-color:var(--bad)}.card p,.card dl{margin:.2em 0}.card>svg{max-width:100%}"
    ".number{font-size:1.7em;font-weight:600}.good{color:inherit}:is(dd,.verdict).good{color:var(--good)}"
    ":is(dd,.verdict).bad{color:var(--bad)}.verdict{display:flex;gap:6px;align-items:center}"
    ".verdict svg{width:18px;height:18px;flex:none}"
    ".changes div,.facts div{display:flex;gap:8px}.changes div{justify-content:space-between}"
    ".facts dt,.subtitle,.interval,.about,.remark,.marks,.aside,.status,.kicker{color:var(--muted)}"
    ".status{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;padding:0}"
    ":is(td,th).n{text-align:right;font-variant-numeric:tabular-nums}caption{text-align:left}}</style>"
)


def shown(text: Value, language: str) -> str:
    """A text as it may stand in the page: masked, without control characters, escaped for element content and
    attributes, signed amounts unbroken.
    """
    return escape(_SIGNED_AMOUNT.sub(_WORD_JOINER, mask_text(pick(text, language), language)), quote=True)


@dataclass(frozen=True)
class Block:
    """Something a page shows. `.data` is the frame behind it, `.html(language)` its markup."""

    kind: ClassVar[str] = "block"
    languages: tuple[str, ...] = field(default=LANGUAGES, kw_only=True)

    @property
    def data(self) -> "pd.DataFrame":
        """The figures behind the block, for the analyst who wants to go on from here."""
        import pandas as pd  # the index draws with blocks too, and holds no frame

        return pd.DataFrame()

    def html(self, language: str) -> str:
        """The block's markup in one language: self-contained, no script, no reference to anything outside."""
        raise NotImplementedError(type(self).__name__)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        html = {language: self.html(language) for language in self.languages}
        return {
            "text/plain": f"<{type(self).__name__}>",  # what it holds, such as other units' names, is not for the file
            "text/html": f'{_NOTEBOOK_STYLE}<div class="after-sales">{html[self.languages[0]]}</div>',
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
