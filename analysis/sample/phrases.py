"""Texts of the sample's customers, in Chinese and English, put together from phrases.yml. No two sentences of a
kind need be alike.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from analysis.sample.writing import labels

UNUSUAL_SHARE = 0.012
MOODS = ("bad", "fair", "good")
ENGLISH_SHARE = {"Mainland China": 0.03, "Overseas": 0.7}
WRITTEN_SHARE = 0.93
"""Share of complaints with a text."""


def complaint_texts(
    categories: Sequence[str],
    category: np.ndarray,
    line: np.ndarray,
    days: np.ndarray,
    parent: str,
    rng: np.random.Generator,
) -> pa.Array:
    """A text for each complaint.

    category, line : index of the category and of the product line: nobody says that the air conditioner does not spin.
    days : how long the customer has waited. parent : group of the business unit; decides which language is usual.
    """
    n, spoken = len(category), _phrases()["complaints"]
    english = rng.random(n) < ENGLISH_SHARE[parent]
    choices = {language: _choices(spoken, categories, language) for language in ("zh", "en")}
    groups = (None, category * len(spoken["lines"]) + line, line, None)
    stops = {"zh": ("", "。", "", ""), "en": ("", ". ", "", "")}
    parts = []
    for number, group in enumerate(groups):
        zh, en = (
            _add(_draw(choices[language][number], group, days, n, rng), stops[language][number])
            for language in ("zh", "en")
        )
        parts.append(pc.if_else(pa.array(english), en, zh))
    text = pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, ""))
    return _with_rare(text, spoken["unusual"], WRITTEN_SHARE, rng)


def comment_texts(mood: np.ndarray, parent: str, rng: np.random.Generator, *, written: np.ndarray) -> pa.Array:
    """A comment for each survey answer; mood indexes MOODS, `written` says who wrote one."""
    n, spoken = len(mood), _phrases()["comments"]
    english = rng.random(n) < ENGLISH_SHARE[parent]
    parts = []
    for number in range(2):
        zh, en = (
            _draw([spoken[name][language] for name in MOODS], mood, np.zeros(n), n, rng) for language in ("zh", "en")
        )
        text = pc.if_else(pa.array(english), en, zh)
        if number:
            joined = pc.if_else(pa.array(english), _add(text, "", before="; "), _add(text, "", before="，"))
            text = pc.if_else(pa.array(rng.random(n) < 0.35), joined, "")
        parts.append(text)
    text = pc.binary_join_element_wise(*parts, "")
    whole = _with_rare(text, spoken["unusual"], 1.0, rng)
    return pc.if_else(pa.array(written), whole, pa.scalar(None, pa.string()))


@cache
def _phrases() -> Mapping[str, Any]:
    return yaml.safe_load(files("analysis.sample").joinpath("phrases.yml").read_text(encoding="utf-8"))


def _choices(spoken: Mapping[str, Any], categories: Sequence[str], language: str) -> tuple[list[list[str]], ...]:
    """The phrases of openings, bodies (by category and line), details (by line) and endings."""
    own = [entry[language] for entry in spoken["lines"]]
    bodies = [spoken[name][language] + line.get(name, []) for name in categories for line in own]
    details = [spoken["details"][language] + line["details"] for line in own]
    return [spoken["openings"][language]], bodies, details, [spoken["endings"][language]]


def _draw(
    phrases: list[list[str]], group: np.ndarray | None, days: np.ndarray, n: int, rng: np.random.Generator
) -> pa.Array:
    """One phrase each, out of the list of its group (the first list without groups), with {days} filled in."""
    flat = [phrase for entries in phrases for phrase in entries]
    size = np.array([len(entries) for entries in phrases])
    start = np.cumsum(size) - size
    place = np.zeros(n, dtype="int64") if group is None else group
    index = start[place] + np.floor(rng.random(n) * size[place]).astype("int64")
    before, _, after = zip(*(phrase.partition("{days}") for phrase in flat), strict=True)
    counted = np.array(["{days}" in phrase for phrase in flat])[index]
    number = pc.if_else(pa.array(counted), pc.cast(pa.array(days.astype("int64")), pa.string()), "")
    return pc.binary_join_element_wise(labels(before, index), number, labels(after, index), "")


def _add(text: pa.Array, after: str, *, before: str = "") -> pa.Array:
    return pc.binary_join_element_wise(before, text, after, "")


def _with_rare(text: pa.Array, unusual: list[str], written: float, rng: np.random.Generator) -> pa.Array:
    uniform = rng.random(len(text))
    rare = labels(unusual, np.floor(rng.random(len(text)) * len(unusual)).astype("int64"))
    text = pc.if_else(pa.array(uniform < UNUSUAL_SHARE), rare, text)
    return pc.if_else(pa.array(uniform < written), text, pa.scalar(None, pa.string()))
