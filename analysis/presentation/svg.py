"""A drawn sheet as inline SVG: few bytes, the same bytes every time, text as text, colours left to the page's
stylesheet.
"""

import base64
import hashlib
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from PIL import Image

from analysis.presentation.block import anchor, shown
from analysis.presentation.canvas import Sheet, Words
from analysis.presentation.language import Text
from analysis.presentation.theme import FONT, LIGHT

_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "after-sales",
    "path.simplify": False,
    "hatch.linewidth": 1.2,
    "hatch.color": "edge",
}
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_USEFUL = {
    "fill",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "opacity",
    "fill-opacity",
    "stroke-opacity",
}
_IMPLIED = {("stroke-width", "1"), ("stroke-linecap", "butt"), ("stroke-linejoin", "miter"), ("stroke-dashoffset", "0")}
_PREFIX = "\x00"
_XLINK = "{http://www.w3.org/1999/xlink}href"


def to_svg(sheet: Sheet, *, title: Text, description: Text, name: str) -> dict[str, str]:
    """The sheet in each of its languages.

    The marks are written once; only the words differ. Ids start with `name` and a hash of the content, so that
    several drawings live on one page. The title and the description are what a screen reader says.
    """
    marks, definitions = _marks(sheet)
    return {
        language: _page(sheet, marks, definitions, title, description, name, language) for language in sheet.languages
    }


def _page(sheet: Sheet, marks: str, definitions: str, title: Text, description: Text, name: str, language: str) -> str:
    words = "".join(_text(text, language) for text in sheet.words)
    said = f"<title>{shown(title, language)}</title><desc>{shown(description, language)}</desc>"
    digest = hashlib.sha256((said + definitions + marks + words).encode()).hexdigest()[:8]
    prefix = f"{anchor(name)}-{digest}"
    said = said.replace("<title>", f'<title id="{prefix}-t">', 1).replace("<desc>", f'<desc id="{prefix}-d">', 1)
    body = ((f"<defs>{definitions}</defs>" if definitions else "") + marks + words).replace(_PREFIX, prefix)
    return (
        f'<svg viewBox="0 0 {_short(sheet.width)} {_short(sheet.height)}" role="img" '
        f'aria-labelledby="{prefix}-t" aria-describedby="{prefix}-d" '
        f'font-size="{_short(FONT)}">{said}{body}</svg>'
    )


def _text(text: Words, language: str) -> str:
    said = shown(text.text, language)
    if not said:
        return ""
    style = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    style += f' font-size="{_short(text.size)}"' if text.size != FONT else ""
    style += f' fill="{_colour(LIGHT[text.role])}"'
    style += ' font-weight="600"' if text.bold else ""
    style += ' class="halo"' if text.halo else ""
    return f'<text x="{_short(text.x)}" y="{_short(text.y)}"{style}>{said}</text>'


def _marks(sheet: Sheet) -> tuple[str, str]:
    file = io.BytesIO()
    with mpl.rc_context(cast(Any, _SETTINGS)):
        FigureCanvasSVG(sheet.drawing).print_svg(file, metadata=_NO_METADATA)
    root = ET.fromstring(file.getvalue())
    patterns = {pattern.get("id", ""): pattern for pattern in root.iter("{http://www.w3.org/2000/svg}pattern")}
    numbers = {old: f"{_PREFIX}-{index}" for index, old in enumerate(patterns)}
    definitions = "".join(_pattern(pattern, numbers[old]) for old, pattern in patterns.items())
    return "".join(_mark(element, numbers) for element in _drawn(root)), definitions


def _drawn(root: ET.Element) -> Iterator[ET.Element]:
    for element in root:
        tag = element.tag.rpartition("}")[2]
        if tag in ("path", "image"):
            yield element
        elif tag == "g":
            yield from _drawn(element)


def _mark(element: ET.Element, numbers: dict[str, str]) -> str:
    if element.tag.endswith("image"):
        box = "".join(f' {name}="{_rounded(element.get(name, "0"))}"' for name in ("x", "y", "width", "height"))
        turn = f' transform="{_rounded(element.get("transform", ""))}"' if element.get("transform") else ""
        return f'<image{box}{turn} href="{_few_colours(element.get(_XLINK, ""))}"/>'
    style = _declarations(element.get("style", ""))
    if style.get("fill", "").startswith("url"):
        style["fill"] = _REFERENCE.sub(lambda found: f"url(#{numbers[found[1]]})", style["fill"])
    attributes = "".join(f' {name}="{value}"' for name, value in style.items())
    return f'<path d="{_path(element.get("d", ""))}"{attributes}/>'


def _few_colours(picture: str) -> str:
    image = Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2])))
    file = io.BytesIO()
    image.quantize(8, method=Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _pattern(pattern: ET.Element, number: str) -> str:
    # matplotlib's tile holds dozens of lines; one line in a small turned tile is the same hatching
    lines = next(child for child in pattern if child.tag.endswith("path"))
    stroke = _declarations(lines.get("style", "")).get("stroke", "currentColor")
    return (
        f'<pattern id="{number}" patternUnits="userSpaceOnUse" width="5" height="5" patternTransform="rotate(45)">'
        f'<path d="M0 0V5" stroke="{stroke}" stroke-width="2.4"/></pattern>'
    )


def _declarations(style: str) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    found = {name.strip(): value.strip() for name, value in pairs}
    kept = {name: value for name, value in found.items() if name in _USEFUL and (name, value) not in _IMPLIED}
    if "stroke" not in kept or kept.get("stroke-width") == "0":
        kept = {name: value for name, value in kept.items() if not name.startswith("stroke")}
    return {name: _colour(value) if value.startswith("#") else _rounded(value) for name, value in kept.items()}


def _path(d: str) -> str:
    joined = " ".join(_rounded(d).split())
    return re.sub(r" ?([MLCQzZ]) ?", r"\1", joined)


def _colour(value: str) -> str:
    role = _roles().get(value.lower())
    if role is None:
        return value
    return "currentColor" if role == "ink" else f"var(--{role})"


def _rounded(text: str) -> str:
    return _NUMBER.sub(lambda found: _short(float(found[0])), text)


def _short(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


@cache
def _roles() -> dict[str, str]:
    return {colour: role for role, colour in LIGHT.items()}
