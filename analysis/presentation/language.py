"""Every word a reader sees, in English and Chinese: patterns with {named} places, looked up in the catalogues under
`locale/`.

The English pattern is the key. Nothing in a pattern or a value is ever evaluated: a place is a plain name and nothing
else.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("en", "zh")
LOCALE_FOLDER = Path(__file__).parent / "locale"

Text = Mapping[str, str]
Value = Text | str | int | float

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TOUCHING = re.compile(r"\{(\w+)\}(?=\{(\w+)\})")
_SPEAKERS = ("words", "both")


def words(msgid: str, language: str, **values: Value) -> str:
    """The sentence in one language, its places filled.

    Parameters
    ----------
    msgid : the English pattern, for example ``"{n} work orders"``; a markdown cell's whole text works too.
    language : "en" or "zh". A pattern without a translation is shown as written.
    values : what fills the places; a Text is picked by language, numbers are written as they are (format them before).

    Raises
    ------
    KeyError : a place of the pattern has no value, where at least one value is given.

    Example
    -------
    >>> words("{n} work orders", "en", n="1,204")
    '1,204 work orders'
    """
    pattern = msgid if language == "en" else translations(language).get(msgid.strip(), msgid)
    if not values:
        return pattern
    if language != "en" and "}{" in pattern:
        pattern = _TOUCHING.sub(lambda two: _apart(two[0], values[two[1]], values[two[2]], language), pattern)
    filled = _PLACE.sub(lambda place: pick(values[place[1]], language), pattern)
    return (
        filled.replace("为不到", "不到").replace("为超过", "超过") if language == "zh" else filled
    )  # no "is less than"


def both(msgid: str, **values: Value) -> dict[str, str]:
    """The sentence in every language: what blocks, cards and charts take as their texts."""
    return {language: words(msgid, language, **values) for language in LANGUAGES}


def each(function: Callable[[str], str]) -> dict[str, str]:
    """A Text made by asking `function(language)` for every language, such as a figure written in each."""
    return {language: function(language) for language in LANGUAGES}


def plain(text: object) -> dict[str, str]:
    """A name that reads the same in every language, such as a product's code."""
    return {language: str(text) for language in LANGUAGES}


def join(texts: Iterable[Value], separator: str | Text = " ") -> dict[str, str]:
    """Several texts as one, language by language; the separator may differ between languages."""
    parts = tuple(texts)
    return {language: pick(separator, language).join(pick(part, language) for part in parts) for language in LANGUAGES}


def pick(value: Value, language: str) -> str:
    """A Text's words in one language (English where it has no other); anything else as it is written."""
    if isinstance(value, Mapping):
        return str(value[language] if language in value else value["en"])
    return str(value)


@cache
def translations(language: str) -> Mapping[str, str]:
    """English pattern → translation, merged from all `locale/<language>*.po`; fuzzy and empty entries do not count."""
    merged: dict[str, str] = {}
    for path in sorted(LOCALE_FOLDER.glob(f"{language}*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        merged |= {str(e.id): str(e.string) for e in catalogue if e.id and e.string and not e.fuzzy}
    return merged


def missing_translations(sources: Iterable[Path | str]) -> list[str]:
    """What a Chinese reader would see in English: one line per call or markdown cell that has no sound translation.

    Parameters
    ----------
    sources : folders, Python files and notebooks. In Python every call ``words(…)`` or ``both(…)`` with a literal
        pattern is read from the syntax tree; an f-string there is a fault of its own, since no catalogue can hold it.
        In notebooks every markdown cell is read, whole.

    Returns
    -------
    Lines "file:line: …", sorted by file; empty when all is translated and every translation has its pattern's places.
    """
    known = translations("zh")
    return [
        f"{path}:{line}: {fault}"
        for path in _source_files(sources)
        for line, msgid in _patterns(path)
        if (fault := _fault(msgid, known))
    ]


def translation_fault(english: str) -> str:
    """What a Chinese reader would miss of an English text: no translation, or places lost in it; or nothing."""
    return _fault(english, translations("zh"))


def _apart(place: str, first: Value, second: Value, language: str) -> str:
    """Chinese sets no blank between two places; two that would run together as Latin words do take one: "EIRE 6.8%"."""
    left, right = pick(first, language)[-1:], pick(second, language)[:1]
    runs_together = left.isascii() and left.isalnum() and (right in "¥+−" or (right.isascii() and right.isalnum()))
    return f"{place} " if runs_together and right else place


def _fault(msgid: str | None, known: Mapping[str, str]) -> str:
    if msgid is None:
        return "an f-string cannot be translated; use {named} places and pass the values"
    if not msgid.strip():
        return ""
    if msgid.strip() not in known:
        return f"no Chinese for {msgid.strip()!r}"
    lost = set(_PLACE.findall(msgid)) ^ set(_PLACE.findall(known[msgid.strip()]))
    return f"{msgid!r} and its Chinese differ in the places {sorted(lost)}" if lost else ""


def _source_files(sources: Iterable[Path | str]) -> Iterator[Path]:
    for source in map(Path, sources):
        found = source.rglob("*") if source.is_dir() else [source]
        yield from sorted(
            path for path in found if path.suffix in (".py", ".ipynb") and ".ipynb_checkpoints" not in path.parts
        )


def _patterns(path: Path) -> Iterator[tuple[int, str | None]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from _spoken(ast.parse(text))
        return
    for number, cell in enumerate(json.loads(text)["cells"], start=1):
        if cell["cell_type"] == "markdown":
            yield number, "".join(cell["source"])


def _spoken(tree: ast.AST) -> Iterator[tuple[int, str | None]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in _SPEAKERS:
            for literal in _literals(node.args[0]):
                yield node.lineno, literal


def _literals(node: ast.expr) -> Iterator[str | None]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield None
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
