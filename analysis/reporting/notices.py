"""What stands above a page's headline when it is not simply a first version of whole data: corrected, partial.

Published pages hold it between two marks, so that a replaced page can be told that it is.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from html import escape
from typing import Any

from analysis.presentation.formatting import common_decimals, fmt_date, fmt_number, fmt_value, is_currency
from analysis.presentation.language import Text, pick, words
from analysis.reporting.folders import href
from analysis.reporting.look import NOTICES
from analysis.reporting.moments import day_of
from analysis.reporting.records import Published

SHOWN = 6
END = "<!--/notices-->"
_BLOCK = re.compile(re.escape(NOTICES) + ".*?" + re.escape(END), re.DOTALL)
_LINK = re.compile(r'href="(?!#|[a-z][a-z0-9+.-]*:)([^"]+)"')


def notices(
    report: str, published: Published, older: Sequence[Published], language: str, *, remarks: Sequence[Text] = ()
) -> str:
    """The notices of the newest page: its remarks, what was corrected, and links to the versions before.

    Parameters
    ----------
    older : versions that this one replaced and that are still kept, newest first
    """
    lines = [escape(pick(remark, language)) for remark in remarks]
    if published.version > 1:
        lines.append(escape(correction(published, language)))
    links = [
        f'<a href="{href("versions", str(old.version), f"{report}.{language}.html")}">'
        f"{escape(version_told(old, language))}</a>"
        for old in older
        if language in old.languages
    ]
    if links:
        gap, between = (" ", ", ") if language == "en" else ("", "、")
        lines.append(f"{escape(words('Earlier versions:', language))}{gap}{between.join(links)}")
    return _block(lines)


def replaced_page(
    html: str, report: str, old: Published, new: Published, language: str, *, own: Collection[str]
) -> str:
    """A page as it is kept once a newer version replaced it: it says so, and its links lead on from two folders deeper.

    Parameters
    ----------
    own : the report's own files, which move along
    """
    newest = (
        f'<a href="{href("..", "..", f"{report}.{language}.html")}">{escape(words("the newest version", language))}</a>'
    )
    told = words(
        "This is version {old}, replaced on {day} by version {new}: {link}.",
        language, old=old.version, new=new.version, day=_day(new, language), link="{link}",
    )  # fmt: skip
    block = _block([escape(told).replace("{link}", newest)])
    moved = _LINK.sub(lambda link: link[0] if link[1] in own else f'href="../../{link[1]}"', html)
    return _BLOCK.sub(lambda _: block, moved, count=1)


def correction(published: Published, language: str) -> str:
    """ "Version 2, corrected on 5 July 2026: Median repair cycle 2.31 → 2.36 days"; as a reader sees figures."""
    told = [one for one in published.corrections if one["old"] is not None and one["new"] is not None]
    shown = [line for line in (_change(one, language) for one in told) if line]
    more = [words("{n} more", language, n=len(shown) - SHOWN)] if len(shown) > SHOWN else []
    first, gone = (sum(one[side] is None for one in published.corrections) for side in ("old", "new"))
    more += [words("figures told for the first time: {n}", language, n=first)] if first else []
    more += [words("figures no longer told: {n}", language, n=gone)] if gone else []
    values: dict[str, Any] = {"version": published.version, "day": _day(published, language)}
    if not shown and not more:
        return words(
            "Version {version}, corrected on {day}: no figure changed as it is shown; details did.", language, **values
        )
    changes = reduce(lambda told, one: words("{told}; {one}", language, told=told, one=one), [*shown[:SHOWN], *more])
    return words("Version {version}, corrected on {day}: {changes}", language, **values, changes=changes)


def version_told(published: Published, language: str) -> str:
    """ "version 1 of 3 July 2026"."""
    return words("version {version} of {day}", language, version=published.version, day=_day(published, language))


def named(corrections: Sequence[Mapping[str, Any]], definitions: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The corrections with each metric's name, as far as the catalogue of the run knows it."""
    return tuple({**change, "name": definitions.get(change["metric"], {}).get("name") or {}} for change in corrections)


def _change(change: Mapping[str, Any], language: str) -> str:
    """ "Median 2.31 → 2.36 days", or nothing where both read the same."""
    unit, both_sides = change.get("unit") or "n", (change["old"], change["new"])
    decimals = common_decimals(both_sides)
    old, new = (fmt_value(side, unit, language, decimals=decimals) for side in both_sides)
    if old == new:
        return ""
    bare = old if is_currency(unit) else fmt_number(change["old"], unit, language, decimals=decimals)
    name = pick(change["name"], language) if change.get("name") else change["metric"]
    gap = " " if name[-1:].isascii() else ""  # none beside a Chinese character
    return f"{name}{gap}{bare} → {new}"


def _day(published: Published, language: str) -> str:
    return fmt_date(day_of(published.since or published.published_at), language)


def _block(lines: Sequence[str]) -> str:
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return f'{NOTICES}<div class="alert" role="note">{paragraphs}</div>{END}' if lines else f"{NOTICES}{END}"
