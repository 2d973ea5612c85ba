"""What an analyst's own cells show, made harmless: an allow-list for HTML, pictures as data, text escaped."""

import base64
import re
from collections.abc import Mapping
from html import escape

import mistune
import nh3

from analysis.presentation.masking import clean_text, mask_text

PRINTED_AT_MOST = 20_000

_TAGS = frozenset(nh3.ALLOWED_TAGS) - {
    "h1",
    "img",
    "map",
    "area",
    "article",
    "aside",
    "header",
    "footer",
    "nav",
    "hgroup",
}
_TEXT_NODE = re.compile(r">([^<]+)<")
_TOP_HEADING = re.compile(r"<(/?)h1\b", re.IGNORECASE)
_MARKDOWN = mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg")


def safe_html(html: str, language: str) -> str:
    """HTML through the allow-list: no script, no style, no handler, no picture, no address outside; identifiers masked.

    A first-level heading becomes a second-level one, since the page has its own.
    """
    kept = nh3.clean(
        _TOP_HEADING.sub(r"<\1h2", html),
        tags=set(_TAGS),
        url_schemes={"mailto"},
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
    )
    return mask_html(kept, language)


def mask_html(html: str, language: str = "en") -> str:
    """Markup with what names a person masked in its texts; tags and attributes stay as they are."""
    return _TEXT_NODE.sub(lambda node: ">" + _masked(node[1], language) + "<", f">{html}<")[1:-1]


def safe_markdown(text: str, language: str) -> str:
    """A markdown cell's text as HTML, through the same allow-list."""
    return safe_html(str(_MARKDOWN(text)), language)


def safe_text(text: str, language: str) -> str:
    """What a cell printed: escaped, masked, cut to what a page can bear."""
    shown = mask_text(text, language)
    return escape(shown if len(shown) <= PRINTED_AT_MOST else shown[:PRINTED_AT_MOST] + " …")


def picture(mime: str, content: str, alternative: str) -> str:
    """A picture as an <img> of data. There an SVG runs no script, loads nothing and keeps its styles to itself."""
    data = content if mime != "image/svg+xml" else base64.b64encode(clean_text(content).encode()).decode()
    address = f"data:{mime};base64,{''.join(data.split())}"
    return f'<figure class="picture"><img alt="{escape(alternative)}" src="{address}"></figure>'


def picture_type(data: Mapping[str, object]) -> str | None:
    """The kind of picture that an output holds, the sharpest first; None for none."""
    return next((mime for mime in _PICTURES if mime in data), None)


def _masked(node: str, language: str) -> str:
    """A text node masked without touching its entities."""
    return "&".join(mask_text(part, language) for part in node.split("&")) if "&" in node else mask_text(node, language)
