"""A list of codes beside the answers (variable, code, label): which number of a column means what.

Such a list is the only place where many surveys say that 1 is the best. Found by its values: one column names headings
of another file, one holds numbers, one words of satisfaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.intake.naming import fold
from analysis.intake.proposing.profiles import ColumnProfile
from analysis.intake.proposing.samples import SampledContent
from analysis.intake.proposing.values import KNOWN, translate

FEWEST = 2
Profiles = Mapping[str, ColumnProfile]


def with_their_labels(
    contents: Sequence[SampledContent], profiles: Mapping[str, Profiles]
) -> tuple[dict[str, Profiles], frozenset[str]]:
    """The profiles, numbers with the labels that a list of codes gives them; and the stems that are such lists."""
    headings = {fold(name) for found in profiles.values() for name in found}
    labels: dict[str, dict[int, str]] = {}
    lists = set()
    for content in contents:
        found = _labels_of(profiles[content.stem], headings - {fold(name) for name in profiles[content.stem]})
        if found:
            lists.add(content.stem)
            labels |= found
    made: dict[str, Profiles] = {
        stem: {
            name: replace(told, labelled=labels[fold(name)]) if fold(name) in labels and told.numbers else told
            for name, told in found.items()
        }
        for stem, found in profiles.items()
    }
    return made, frozenset(lists)


def _labels_of(columns: Profiles, headings: set[str]) -> dict[str, dict[int, str]]:
    named = next((c for c in columns.values() if {fold(value) for value in c.common} & headings), None)
    codes = next((c for c in columns.values() if c is not named and c.numbers is not None and c.whole), None)
    words = next((c for c in columns.values() if translate(c.common, "satisfaction")[1] >= KNOWN), None)
    if named is None or codes is None or words is None:
        return {}
    found: dict[str, dict[int, str]] = {}
    for name, code, word in zip(named.values, codes.values, words.values, strict=True):
        if name and code and word and fold(name) in headings:
            found.setdefault(fold(name), {})[int(float(code))] = word
    return {name: dict(sorted(some.items())) for name, some in found.items() if len(some) >= FEWEST}
